//! Vector instructions by the manual, one element at a time: the reference that all faster code is measured against,
//! and what runs whenever there is none.
//!
//! ```text
//!   hart ─ call ─► execute ─► Unit: vd, vs2, vs1 or a scalar, mask, vl, vstart ─► integer, fixed, float, mask, permute
//! ```
//! Loads and stores are not here: they lift to [`lodge_jit::ir::Op::Stream`]. Tail and masked-off elements stay as they
//! were, which both agnostic policies allow. What is illegal never gets here ([`rules`] is asked when lifting).
//!
//! Source: unprivileged manual, "V" extension, version 1.0.

mod fixed;
mod float;
mod integer;
mod mask;
mod permute;
pub mod rules;
pub(crate) mod shape;
mod types;

pub use types::Vtype;

use crate::inst::Inst;
use crate::slots;
use lodge_jit::{Frame, SLOTS};
use lodge_softfloat::{Env, Rounding};

/// Minor opcodes of OP-V: what the second operand is.
pub(crate) mod form {
    /// Vector, integer.
    pub const IVV: u32 = 0;
    /// Vector, floating point.
    pub const FVV: u32 = 1;
    /// Vector, masks, multiplication and the like.
    pub const MVV: u32 = 2;
    /// Immediate.
    pub const IVI: u32 = 3;
    /// Integer register.
    pub const IVX: u32 = 4;
    /// Floating-point register.
    pub const FVF: u32 = 5;
    /// Integer register, multiplication and the like.
    pub const MVX: u32 = 6;
}

/// Bits 14:12 of an OP-V instruction.
pub(crate) fn form_of(i: &Inst) -> u32 {
    i.raw >> 12 & 7
}

/// Bits 31:26 of an OP-V instruction.
pub(crate) fn function_of(i: &Inst) -> u32 {
    i.raw >> 26
}

/// `i` with the register fields and the mask bit as they stand in the word, also where the table has them fixed.
pub(crate) fn with_fields(i: &Inst) -> Inst {
    let field = |at: u32| (i.raw >> at & 31) as u8;
    Inst { rd: field(7), rs1: field(15), rs2: field(20), vm: i.raw >> 25 & 1 != 0, ..*i }
}

/// One instruction at work, on elements of 2^`S` bytes (SEW).
struct Unit<'a, const S: u8> {
    frame: &'a mut Frame,
    i: Inst,
    /// Bytes of a register.
    vlenb: usize,
    vlmax: usize,
    vl: usize,
    start: usize,
    /// What stands in the place of vs1, unless that is a vector.
    scalar: Option<u64>,
    env: Env,
}

/// Bits of an element of 2^`sew` bytes.
fn ones(sew: u8) -> u64 {
    u64::MAX >> (64 - (8 << sew))
}

/// An element of 2^`sew` bytes as a signed number.
fn signed(value: u64, sew: u8) -> i64 {
    let unused = 64 - (8 << sew);
    (value << unused) as i64 >> unused
}

impl<const S: u8> Unit<'_, S> {
    fn bits(&self) -> u32 {
        8 << S
    }

    /// Element `index` of the group at `register`, of 2^`size` bytes.
    #[inline(always)]
    fn get(&self, register: u8, size: u8, index: usize) -> u64 {
        let at = usize::from(register) * self.vlenb + (index << size);
        let word = self.frame.slots[(usize::from(slots::V) + at / 8) % SLOTS];
        word >> (at % 8 * 8) & ones(size)
    }

    #[inline(always)]
    fn put(&mut self, register: u8, size: u8, index: usize, value: u64) {
        let at = usize::from(register) * self.vlenb + (index << size);
        let (word, shift) = (&mut self.frame.slots[(usize::from(slots::V) + at / 8) % SLOTS], at % 8 * 8);
        *word = *word & !(ones(size) << shift) | (value & ones(size)) << shift;
    }

    fn bit(&self, register: u8, index: usize) -> bool {
        self.get(register, 0, index / 8) >> (index % 8) & 1 != 0
    }

    fn put_bit(&mut self, register: u8, index: usize, value: bool) {
        let byte = self.get(register, 0, index / 8);
        self.put(register, 0, index / 8, byte & !(1 << (index % 8)) | u64::from(value) << (index % 8));
    }

    /// Whether the mask lets element `index` through.
    fn active(&self, index: usize) -> bool {
        self.i.vm || self.bit(0, index)
    }

    /// Does something for each active element of the body.
    #[inline(always)]
    fn each(&mut self, mut what: impl FnMut(&mut Self, usize)) {
        if self.i.vm {
            (self.start..self.vl).for_each(|index| what(self, index));
            return;
        }
        for index in self.start..self.vl {
            if self.bit(0, index) {
                what(self, index);
            }
        }
    }

    fn x(&self, number: u8) -> u64 {
        if number == 0 { 0 } else { self.frame.slots[usize::from(slots::x(number))] }
    }

    /// Element of vs2.
    #[inline(always)]
    fn a(&self, index: usize) -> u64 {
        self.get(self.i.rs2, S, index)
    }

    /// Element of vs1, or the scalar in its place.
    #[inline(always)]
    fn b(&self, index: usize) -> u64 {
        match self.scalar {
            Some(value) => value,
            None => self.get(self.i.rs1, S, index),
        }
    }

    /// What stands in the place of vs1 as an element, unless that is a vector.
    fn scalar(&self) -> Option<u64> {
        let value = match form_of(&self.i) {
            form::IVV | form::FVV | form::MVV => return None,
            // Shifts, slides and the like have numbers without a sign.
            form::IVI if matches!(function_of(&self.i), 0x0c..=0x0f | 0x25 | 0x28..) => u64::from(self.i.rs1),
            form::IVI => self.i.imm as u64,
            form::FVF => self.scalar_float(),
            _ => self.x(self.i.rs1),
        };
        Some(value & ones(S))
    }

    /// Element of vd as it was.
    fn d(&self, index: usize) -> u64 {
        self.get(self.i.rd, S, index)
    }

    /// vd = f(vs2, vs1) for each element
    #[inline(always)]
    fn map(&mut self, f: impl Fn(&mut Self, u64, u64) -> u64) {
        self.each(|u, index| {
            let (a, b) = (u.a(index), u.b(index));
            let value = f(u, a, b);
            u.put(u.i.rd, S, index, value);
        });
    }

    /// Mask vd = f(vs2, vs1) for each element
    #[inline(always)]
    fn compare(&mut self, f: impl Fn(&mut Self, u64, u64) -> bool) {
        self.each(|u, index| {
            let (a, b) = (u.a(index), u.b(index));
            let value = f(u, a, b);
            u.put_bit(u.i.rd, index, value);
        });
    }

    /// Element 0 of vd = all active elements of vs2 folded into element 0 of vs1, in order; `wide`: into elements
    /// twice as wide, of which `widen` makes the operands.
    #[inline(always)]
    fn fold(
        &mut self,
        wide: u8,
        widen: impl Fn(&mut Self, u64) -> u64,
        f: impl Fn(&mut Self, u64, u64) -> u64,
    ) {
        if self.vl == 0 {
            return;
        }
        let size = S + wide;
        let mut sum = self.get(self.i.rs1, size, 0);
        self.each(|u, index| {
            let a = u.a(index);
            let a = widen(u, a);
            sum = f(u, sum, a) & ones(size);
        });
        self.put(self.i.rd, size, 0, sum);
    }
}

/// Runs one instruction of OP-V, given as it stands in memory, on the frame; what it gives for an integer or
/// floating-point register. `rounding` is `frm`'s.
pub(crate) fn execute(frame: &mut Frame, raw: u32, vlenb: usize, rounding: Rounding) -> Option<u64> {
    let vtype = Vtype(frame.slots[usize::from(slots::VTYPE)]);
    match vtype.sew() {
        0 => run::<0>(frame, raw, vtype, vlenb, rounding),
        1 => run::<1>(frame, raw, vtype, vlenb, rounding),
        2 => run::<2>(frame, raw, vtype, vlenb, rounding),
        _ => run::<3>(frame, raw, vtype, vlenb, rounding),
    }
}

fn run<const S: u8>(
    frame: &mut Frame,
    raw: u32,
    vtype: Vtype,
    vlenb: usize,
    rounding: Rounding,
) -> Option<u64> {
    let slot = |slot: lodge_jit::ir::Slot| usize::from(slot);
    let (vl, start) = (frame.slots[slot(slots::VL)] as usize, frame.slots[slot(slots::VSTART)] as usize);
    let (env, vlmax) = (Env::riscv(rounding), vtype.vlmax(vlenb));
    // Which instruction it is says the word; only fields are looked at here.
    let imm = i64::from((raw << 12) as i32 >> 27);
    let i = with_fields(&Inst { imm, ..Inst::bare(crate::Op::VaddVv, raw) });
    let mut unit = Unit::<S> { frame, i, vlenb, vlmax, vl, start, scalar: None, env };
    unit.scalar = unit.scalar();
    let result = match form_of(&unit.i) {
        form::IVV | form::IVX | form::IVI => unit.integers(),
        form::MVV | form::MVX => unit.multiplies(),
        _ => unit.floats(),
    };
    let flags = unit.env.flags;
    frame.accrue(flags);
    frame.slots[slot(slots::VSTART)] = 0;
    result
}
