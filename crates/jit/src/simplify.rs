//! Fewer and shorter operations that do the same: what a region's blocks go through before they are compiled.
//!
//! ```text
//!   x5 = 0x77000              x5 = 0x76de8           constants meet what is added to them (lui, addi)
//!   x5 = add x5, -536    ──►
//!   x6 = shl x6, 32           x6 = zext32 x6         shifts that only cut off (unsigned indices without Zba)
//!   x6 = shr x6, 32
//!   x7 = shl x6, 3            x7 = x8 + x6 << 3      addresses of elements
//!   x7 = add x7, x8
//!   x9 = xor x6, x5           x9 = xor x6, x5        sign extensions of what is sign-extended (32-bit arithmetic)
//!   x9 = add32 x9, 0
//! ```
//! Two neighbours become one when the second overwrites the first's result: nothing can look at a guest register between
//! two operations that neither fault nor call, so an instruction whose result is overwritten at once need not have one.

use crate::interp;
use crate::ir::{BinOp, Block, Dst, Extend, Op, Size, UnOp, Val, Width};
use crate::slots::SlotSet;

/// Simplifies the block in place.
pub(crate) fn simplify(block: &mut Block) {
    let mut out: Vec<Op> = Vec::with_capacity(block.ops.len());
    // Index in `out` of the operation before this one, if only markers of instructions came since.
    let mut last: Option<usize> = None;
    let mut narrow = Narrow::default();
    for &op in &block.ops {
        if matches!(op, Op::Guest { .. }) {
            out.push(op);
            continue;
        }
        let op = narrow.shorten(op);
        narrow.follow(&op);
        if matches!(op, Op::Move { dst, a } if Val::from(dst) == a) {
            continue;
        }
        match last.and_then(|at| pair(&out[at], &op).map(|one| (at, one))) {
            Some((at, (first, second))) => {
                // The second instruction's marker stays before what is left of it.
                match first {
                    Some(first) => out[at] = first,
                    None => {
                        out.remove(at);
                    }
                }
                last = Some(out.len());
                out.push(second);
            }
            None => {
                last = Some(out.len());
                out.push(op);
            }
        }
    }
    block.ops = out;
}

/// Registers that hold a 32-bit value, sign-extended.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Narrow {
    pub(crate) slots: SlotSet,
}

impl Narrow {
    /// Whether `val` is one.
    pub(crate) fn has(&self, val: Val) -> bool {
        match val {
            Val::Slot(slot) => self.slots.has(slot),
            Val::Imm(imm) => i32::try_from(imm).is_ok(),
            Val::Tmp(_) => false,
        }
    }

    /// The same as a move, if the operation only sign-extends what is.
    fn shorten(&self, op: Op) -> Op {
        match op {
            Op::Bin { op: BinOp::Add, w: Width::S32, dst, a, b: Val::Imm(0) }
            | Op::Un { op: UnOp::Sext32, w: Width::W64, dst, a }
                if self.has(a) =>
            {
                Op::Move { dst, a }
            }
            op => op,
        }
    }

    /// Whether the operation's result is one.
    fn makes(&self, op: &Op) -> bool {
        match *op {
            Op::Bin { w: Width::S32, .. }
            | Op::Un {
                op: UnOp::Sext8 | UnOp::Sext16 | UnOp::Sext32 | UnOp::Zext8 | UnOp::Zext16,
                w: Width::W64,
                ..
            }
            | Op::Set { .. }
            | Op::Load { size: Size::B1 | Size::B2, extend: Extend::Zero | Extend::Sign, .. }
            | Op::Load { size: Size::B4, extend: Extend::Sign, .. } => true,
            Op::Bin { op: BinOp::And | BinOp::Or | BinOp::Xor, w: Width::W64, a, b, .. } => {
                self.has(a) && self.has(b)
            }
            Op::Move { a, .. } => self.has(a),
            _ => false,
        }
    }

    /// Keeps up with what `op` writes.
    pub(crate) fn follow(&mut self, op: &Op) {
        if !op.shows_all() {
            self.slots = SlotSet::default();
            return;
        }
        let makes = self.makes(op);
        let mut written = None;
        op.visit(|_| {}, |dst| written = Some(dst));
        if let Some(Dst::Slot(slot)) = written {
            self.slots.set(slot, makes);
        }
    }
}

/// What the operations `a` and then `b` come to, if that is less or simpler: what is left of each.
fn pair(a: &Op, b: &Op) -> Option<(Option<Op>, Op)> {
    let (dst, source) = (result(a)?, result(b)?);
    let over = dst == source;
    let from = Val::from(dst);
    let done = |op: Op| Some((None, op));
    let constant = match *a {
        Op::Move { a: Val::Imm(value), .. } => Some(value),
        Op::Address { address, .. } => Some(address as i64),
        _ => None,
    };
    match (*a, *b) {
        // A constant and what is done to it.
        (_, Op::Bin { op, w, dst: d, a: y, b: Val::Imm(z) })
            if constant.is_some() && y == from && folds(op) =>
        {
            let value = Val::Imm(interp::bin(op, w, constant? as u64, z as u64) as i64);
            Some((if over { None } else { Some(*a) }, Op::Move { dst: d, a: value }))
        }
        _ if !over => None,
        // Shifts to the top and back.
        (
            Op::Bin { op: BinOp::Shl, w: Width::W64, a: x, b: Val::Imm(up), .. },
            Op::Bin {
                op: down_op @ (BinOp::Shr | BinOp::Sar),
                w: Width::W64,
                dst: d,
                a: y,
                b: Val::Imm(down),
            },
        ) if y == from => {
            let (up, down) = (up & 63, down & 63);
            let cut = match (down_op, up) {
                (BinOp::Shr, 32) => UnOp::Zext32,
                (BinOp::Shr, 48) => UnOp::Zext16,
                (BinOp::Sar, 32) => UnOp::Sext32,
                (BinOp::Sar, 48) => UnOp::Sext16,
                (BinOp::Sar, 56) => UnOp::Sext8,
                _ => return None,
            };
            let cut = Op::Un { op: cut, w: Width::W64, dst: d, a: x };
            if up == down {
                done(cut)
            } else if down < up {
                let b = Val::Imm(up - down);
                Some((Some(cut), Op::Bin { op: BinOp::Shl, w: Width::W64, dst: d, a: from, b }))
            } else {
                None
            }
        }
        // The address of an element.
        (
            Op::Bin { op: BinOp::Shl, w: Width::W64, a: x, b: Val::Imm(shift @ 1..=3), .. },
            Op::Bin { op: BinOp::Add, w: Width::W64, dst: d, a: y, b: z },
        ) if (y == from) != (z == from) => {
            let base = if y == from { z } else { y };
            if matches!(base, Val::Imm(_)) {
                return None;
            }
            done(Op::AddShifted { dst: d, a: base, b: x, shift: shift as u8 })
        }
        _ => None,
    }
}

/// What the operation writes, if it is one that only computes.
fn result(op: &Op) -> Option<Dst> {
    match *op {
        Op::Move { dst, .. } | Op::Address { dst, .. } | Op::Bin { dst, .. } | Op::Un { dst, .. } => {
            Some(dst)
        }
        _ => None,
    }
}

/// Whether the operation is cheap enough to do now.
fn folds(op: BinOp) -> bool {
    matches!(
        op,
        BinOp::Add | BinOp::Sub | BinOp::And | BinOp::Or | BinOp::Xor | BinOp::Shl | BinOp::Shr | BinOp::Sar
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Builder;

    fn simplified(build: impl FnOnce(&mut Builder)) -> String {
        let mut builder = Builder::new(0x1000);
        builder.instruction(4);
        build(&mut builder);
        let mut block = builder.finish();
        simplify(&mut block);
        let ops = block.ops.iter().filter(|op| !matches!(op, Op::Guest { .. }));
        ops.map(Op::to_string).collect::<Vec<_>>().join("; ")
    }

    fn two(a: (BinOp, u16, Val, Val), b: (BinOp, u16, Val, Val)) -> String {
        simplified(|block| {
            for (op, dst, a, b) in [a, b] {
                block.instruction(4);
                block.bin(op, Width::W64, Dst::Slot(dst), a, b);
            }
        })
    }

    const X5: Val = Val::Slot(5);
    const X6: Val = Val::Slot(6);

    #[test]
    fn constants_meet_what_is_added_to_them() {
        let text = simplified(|block| {
            block.mov(Dst::Slot(5), Val::Imm(0x77000));
            block.instruction(4);
            block.bin(BinOp::Add, Width::W64, Dst::Slot(5), X5, Val::Imm(-0x218));
            block.bin(BinOp::Shl, Width::W64, Dst::Slot(6), X5, Val::Imm(4));
        });
        assert_eq!(text, "$5 = 0x76de8; $6 = 0x76de80");
    }

    #[test]
    fn shifts_up_and_down_are_cuts() {
        let shl = |by| (BinOp::Shl, 5, X6, Val::Imm(by));
        assert_eq!(two(shl(32), (BinOp::Shr, 5, X5, Val::Imm(32))), "$5 = zext32 $6");
        assert_eq!(two(shl(48), (BinOp::Sar, 5, X5, Val::Imm(48))), "$5 = sext16 $6");
        assert_eq!(two(shl(32), (BinOp::Shr, 5, X5, Val::Imm(29))), "$5 = zext32 $6; $5 = shl $5, 3");
        // The first result is still wanted.
        assert_eq!(two(shl(32), (BinOp::Shr, 7, X5, Val::Imm(32))), "$5 = shl $6, 32; $7 = shr $5, 32");
    }

    #[test]
    fn what_is_sign_extended_is_not_extended_again() {
        let text = simplified(|block| {
            block.bin(BinOp::Add, Width::S32, Dst::Slot(5), X6, Val::Imm(1));
            block.bin(BinOp::Shr, Width::S32, Dst::Slot(6), X6, Val::Imm(8));
            block.bin(BinOp::Xor, Width::W64, Dst::Slot(5), X5, X6);
            block.bin(BinOp::Add, Width::S32, Dst::Slot(5), X5, Val::Imm(0));
            block.bin(BinOp::Add, Width::W64, Dst::Slot(5), X5, X5);
            block.bin(BinOp::Add, Width::S32, Dst::Slot(5), X5, Val::Imm(0));
        });
        let want =
            "$5 = add.s32 $6, 1; $6 = shr.s32 $6, 8; $5 = xor $5, $6; $5 = add $5, $5; $5 = add.s32 $5, 0";
        assert_eq!(text, want);
    }

    #[test]
    fn elements_are_addressed_in_one() {
        let shl = (BinOp::Shl, 5, X6, Val::Imm(3));
        assert_eq!(two(shl, (BinOp::Add, 5, X5, Val::Slot(7))), "$5 = $7 + ($6 << 3)");
        assert_eq!(two(shl, (BinOp::Add, 5, X5, X5)), "$5 = shl $6, 3; $5 = add $5, $5");
    }
}
