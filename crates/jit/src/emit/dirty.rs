//! Guest registers whose last step is put off.
//!
//! ```text
//!   fadd.d f1 …    the host's quiet NaN is not the guest's canonical one      wants: compare with itself, replace
//!   addw x5 …      the upper half is not the sign extension of the lower yet   wants: movsxd
//! ```
//! Most operations that read such a register give the same either way: arithmetic does not care which NaN it is given, nor
//! 32-bit operations for an upper half. So a region leaves results as they come ("dirty") until somebody could see the
//! difference: a store, an address, the end of the block (but see [`super::edges`]); and, in rare code, whenever registers
//! might become visible.

use super::asm::{Place, Registers, const_offset, x64};
use super::block::{Cold, Emitter};
use crate::frame::Const;
use crate::ir::{BinOp, Dst, Fmt, Int, Op, Size, Slot, UnOp, Val, Width};
use crate::simplify::Narrow;
use dynasmrt::{DynasmApi, DynasmLabelApi};

/// A guest register in a host register that is not quite its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dirty {
    pub slot: Slot,
    pub register: u8,
    pub wants: Wants,
}

/// What is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    /// If it is a NaN of this format, it is to be the canonical one.
    Nan(Fmt),
    /// The lower half is to be extended by its sign.
    Sign,
}

/// The format that the operation reads its operands in, if it then gives the same whichever quiet NaN of that format it
/// reads. (A NaN of one format may be a number of another: boxed in it.)
fn indifferent_in(op: &Op) -> Option<Fmt> {
    match *op {
        Op::Fp { fmt, .. }
        | Op::Fma { fmt, .. }
        | Op::Sqrt { fmt, .. }
        | Op::FpSet { fmt, .. }
        | Op::FpClass { fmt, .. }
        | Op::FpToInt { fmt, .. } => Some(fmt),
        Op::FpToFp { from, .. } => Some(from),
        _ => None,
    }
}

/// The operands of which the operation's host code reads more than the lower half; `None` stands for all.
fn read_whole(op: &Op) -> Option<Vec<Val>> {
    let none = Some(Vec::new());
    match *op {
        Op::Bin { op: BinOp::MulHighS | BinOp::MulHighU | BinOp::MulHighSU, .. }
        | Op::Bin { op: BinOp::MinS | BinOp::MinU | BinOp::MaxS | BinOp::MaxU, .. }
        | Op::Bin { op: BinOp::Clmul | BinOp::ClmulHigh, .. } => None,
        Op::Bin { w: Width::W32 | Width::S32, .. } | Op::Set { w: Width::W32 | Width::S32, .. } => none,
        Op::Bin { op: BinOp::And, b: Val::Imm(0..=0x7fff_ffff), .. } => none,
        Op::Bin { op: BinOp::Shl | BinOp::Shr | BinOp::Sar | BinOp::Rotl | BinOp::Rotr, a, .. } => {
            Some(vec![a])
        }
        Op::Un { op: UnOp::Clz | UnOp::Ctz | UnOp::Popcnt, w: Width::W32 | Width::S32, .. } => none,
        Op::Un { op: UnOp::Sext8 | UnOp::Sext16 | UnOp::Sext32, .. }
        | Op::Un { op: UnOp::Zext8 | UnOp::Zext16 | UnOp::Zext32, .. } => none,
        Op::IntToFp { int: Int::I32 | Int::U32, .. } => none,
        Op::Store { size: Size::B1 | Size::B2 | Size::B4, base, .. } => Some(vec![base]),
        _ => None,
    }
}

/// The result of an operation that does the same to the sign extension as to what is to be extended, if it has a dirty
/// operand: nothing is done about the operand, and the result wants what it wanted.
pub(super) fn handed_on(op: &Op, dirty: &[Dirty], narrow: &Narrow, registers: &Registers) -> Option<Dirty> {
    let (dst, operands) = match *op {
        // This one does away with the upper half.
        Op::Bin { op: BinOp::And, b: Val::Imm(0..=0x7fff_ffff), .. } => return None,
        Op::Move { dst, a } => (dst, [a, a]),
        Op::Bin { op: BinOp::And | BinOp::Or | BinOp::Xor, w: Width::W64, dst, a, b } => (dst, [a, b]),
        _ => return None,
    };
    let Dst::Slot(slot) = dst else { return None };
    let Place::Gpr(register) = registers.place(slot) else { return None };
    let wants =
        |val: &Val| dirty.iter().any(|dirty| Val::Slot(dirty.slot) == *val && dirty.wants == Wants::Sign);
    let extends = operands.iter().all(|val| narrow.has(*val));
    (extends && operands.iter().any(wants)).then_some(Dirty { slot, register, wants: Wants::Sign })
}

/// Those of `dirty` that the operation would see as they are.
pub(super) fn seen_by(op: &Op, dirty: &[Dirty], narrow: &Narrow) -> Vec<Dirty> {
    if dirty.is_empty() || !op.shows_all() {
        return dirty.to_vec();
    }
    let mut read = Vec::new();
    op.visit(|val| read.push(val), |_| {});
    let fmt = indifferent_in(op);
    let whole = match *op {
        Op::Set { a, b, .. } if narrow.has(a) && narrow.has(b) => Some(Vec::new()),
        _ => read_whole(op),
    };
    let seen = |dirty: &&Dirty| {
        let val = Val::Slot(dirty.slot);
        read.contains(&val)
            && match dirty.wants {
                Wants::Nan(own) => fmt != Some(own),
                Wants::Sign => whole.as_ref().is_none_or(|vals| vals.contains(&val)),
            }
    };
    dirty.iter().filter(seen).copied().collect()
}

impl Emitter<'_> {
    /// Whether results may stay dirty in `place`.
    pub(super) fn may_stay_dirty(&self, place: Option<Place>) -> bool {
        self.inside.is_some() && matches!(place, Some(Place::Xmm(_) | Place::Gpr(_)))
    }

    /// Finishes what `op` would see.
    pub(super) fn settle_for(&mut self, op: &Op) {
        for dirty in seen_by(op, &self.dirty, &self.narrow) {
            self.settle(dirty);
        }
    }

    /// Finishes everything.
    pub(super) fn settle_all(&mut self) {
        for dirty in std::mem::take(&mut self.dirty) {
            self.settle(dirty);
        }
    }

    pub(super) fn settle(&mut self, Dirty { slot, register, wants }: Dirty) {
        match wants {
            Wants::Nan(fmt) => {
                let (at, back) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
                self.before.clear();
                self.aside(Cold::Nan { at, back, register, fmt });
                self.compare_with_itself(register, fmt);
                x64!(self.asm ; jp =>at ; =>back);
            }
            Wants::Sign => x64!(self.asm ; movsxd Rq(register), Rd(register)),
        }
        self.dirty.retain(|dirty| dirty.slot != slot);
    }

    /// The same in rare code, clobbering nothing.
    pub(super) fn settle_aside(&mut self) {
        for Dirty { register, wants, .. } in std::mem::take(&mut self.dirty) {
            match wants {
                Wants::Nan(fmt) => {
                    let back = self.asm.new_dynamic_label();
                    self.compare_with_itself(register, fmt);
                    x64!(self.asm ; jnp =>back);
                    self.load_nan(register, fmt);
                    x64!(self.asm ; =>back);
                }
                Wants::Sign => x64!(self.asm ; movsxd Rq(register), Rd(register)),
            }
        }
    }

    pub(super) fn compare_with_itself(&mut self, register: u8, fmt: Fmt) {
        if fmt == Fmt::D {
            x64!(self.asm ; ucomisd Rx(register), Rx(register));
        } else {
            x64!(self.asm ; ucomiss Rx(register), Rx(register));
        }
    }

    /// register = the canonical NaN
    pub(super) fn load_nan(&mut self, register: u8, fmt: Fmt) {
        let nan = const_offset(if fmt == Fmt::D { Const::NanD } else { Const::NanS });
        x64!(self.asm ; movsd Rx(register), [rbp + nan]);
    }
}
