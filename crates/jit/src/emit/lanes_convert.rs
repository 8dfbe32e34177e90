//! Vector lanes between widths and between integers and floating point, and arithmetic that widens on the way.

use super::asm::{Label, RAX, slot_offset, x64};
use super::block::Emitter;
use super::lanes_fp::{X, Y, fused_opcode, packed};
use super::vector::{EQUAL, Piece, SCRATCH, SPLAT};
use super::vex::{self, AND, Rm, Vex, frame, i38, i66};
use crate::ir::{LaneOp, Lanes, Length, Other, Size, WideOp};
use dynasmrt::{DynasmApi, DynasmLabelApi};

const fn f3(opcode: u8) -> Vex {
    Vex { prefix: 2, map: 1, opcode, w: false }
}

const fn f2(opcode: u8) -> Vex {
    Vex { prefix: 3, map: 1, opcode, w: false }
}

const NONE: Vex = Vex { prefix: 0, map: 1, opcode: 0, w: false };
const SINGLE_TO_DOUBLE: Vex = Vex { opcode: 0x5a, ..NONE };
const DOUBLE_TO_SINGLE: Vex = i66(0x5a);
const INTEGER_TO_SINGLE: Vex = Vex { opcode: 0x5b, ..NONE };
const INTEGER_TO_DOUBLE: Vex = f3(0xe6);
const SHUFFLE: Vex = Vex { opcode: 0xc6, ..NONE };
/// vpmovsxdq
const SIGN_EXTEND: Vex = i38(0x25);

impl Emitter<'_> {
    /// `false` when there is no code for the shape.
    pub(super) fn conversions(&mut self, l: &Lanes, slow: Label) -> bool {
        let exact = matches!(l.op, LaneOp::FWiden | LaneOp::FromInteger { wide: true });
        let truncates = matches!(l.op, LaneOp::ToInteger { truncate: true, .. });
        if !exact && !truncates && l.rm != self.rounding {
            return false;
        }
        let a = slot_offset(l.a);
        match (l.op, l.lane) {
            (LaneOp::FromInteger { wide: false }, Size::B4) => self.pieces(l, true, false, |e, p| {
                e.float_operand(0, p, frame(a + p.offset));
                e.v(INTEGER_TO_SINGLE, p.long, 0, 0, Rm::Reg(0));
            }),
            (LaneOp::FromInteger { wide: true }, Size::B8) => self.pieces(l, false, false, |e, p| {
                e.v(INTEGER_TO_DOUBLE, p.long, 0, 0, frame(a + p.offset / 2));
            }),
            (LaneOp::FWiden, Size::B8) => self.pieces(l, true, false, |e, p| {
                e.widened(0, p, frame(a + p.offset / 2));
                e.canonical_lanes(Size::B8, p.long);
            }),
            (LaneOp::FNarrow, Size::B4) => self.pieces(l, true, true, |e, p| {
                e.wide_source(p, a);
                e.v(DOUBLE_TO_SINGLE, true, 0, 0, Rm::Reg(0));
                e.canonical_lanes(Size::B4, false);
            }),
            (LaneOp::ToInteger { wide, truncate }, Size::B4) => self.make_integers(l, wide, truncate, slow),
            (LaneOp::FWide { op, wide }, Size::B8) => return self.float_wide(l, op, wide, slow),
            (LaneOp::FWideMulAdd { negate_product, negate_addend }, Size::B8) => {
                let Some(b) = self.wide_scalar(l, slow) else { return false };
                let opcode = fused_opcode(negate_product, negate_addend);
                self.pieces(l, true, false, |e, p| {
                    e.widened(0, p, frame(a + p.offset / 2));
                    e.v_store(p.long, 0, frame(X));
                    e.wide_other(0, p, b);
                    e.v_store(p.long, 0, frame(Y));
                    let d = frame(slot_offset(l.dst) + p.offset);
                    e.fused_lanes(l, p, opcode, [frame(X), frame(Y), d]);
                });
            }
            _ => return false,
        }
        true
    }

    /// xmm`reg` = single precision at `rm` as double precision, zero in lanes that are not at work; clobbers the
    /// other two when guarded.
    fn widened(&mut self, reg: u8, p: Piece, rm: Rm) {
        if !p.guarded {
            return self.v(SINGLE_TO_DOUBLE, p.long, reg, 0, rm);
        }
        let other = if reg == 1 { 0 } else { 1 };
        debug_assert!(reg != 2 && other != reg);
        // The mask of half as wide lanes.
        self.v_load(false, 2, frame(SCRATCH));
        self.vi(SHUFFLE, false, 2, 2, frame(if p.long { SCRATCH + 16 } else { SCRATCH }), 0x88);
        self.v(AND, false, 2, 2, rm);
        self.v(SINGLE_TO_DOUBLE, p.long, reg, 0, Rm::Reg(2));
    }

    /// ymm0 = 32 bytes of double precision (or twice as wide lanes) for a piece of 16.
    fn wide_source(&mut self, p: Piece, a: i32) {
        self.v_load(true, 0, frame(a + 2 * p.offset));
        if p.guarded {
            self.v(SIGN_EXTEND, true, 2, 0, frame(SCRATCH));
            self.v(AND, true, 0, 0, Rm::Reg(2));
        }
    }

    /// Prepares a second operand of half the width; `Some(None)`: it is in [`SPLAT`], made wide.
    fn wide_scalar(&mut self, l: &Lanes, slow: Label) -> Option<Option<i32>> {
        match l.b {
            Other::Group(slot) => Some(Some(slot_offset(slot))),
            // A mask may be empty: then nothing may be raised, not even for a signalling NaN.
            Other::Float(_) if l.mask.is_some() => None,
            Other::Float(slot) => {
                self.float_bits(slot, Size::B4, slow);
                vex::from_general(&mut self.asm, 0, RAX, false);
                let quiet = self.asm.new_dynamic_label();
                if let Length::Part(vl) = l.length {
                    x64!(self.asm ; cmp QWORD [rbp + slot_offset(vl)], 0 ; je =>quiet);
                }
                self.v(f3(0x5a), false, 0, 0, Rm::Reg(0));
                x64!(self.asm ; =>quiet);
                vex::to_general(&mut self.asm, RAX, 0, true);
                self.splat_rax(Size::B8);
                Some(None)
            }
            Other::Integer(_) => None,
        }
    }

    /// xmm`reg` = the second operand's piece.
    fn wide_other(&mut self, reg: u8, p: Piece, b: Option<i32>) {
        match b {
            Some(at) => self.widened(reg, p, frame(at + p.offset / 2)),
            None => self.float_operand(reg, p, frame(SPLAT)),
        }
    }

    fn float_wide(&mut self, l: &Lanes, op: WideOp, wide: bool, slow: Label) -> bool {
        let a = slot_offset(l.a);
        let opcode = match op {
            WideOp::Add => 0x58,
            WideOp::Sub => 0x5c,
            WideOp::Mul => 0x59,
            WideOp::MulAdd => return false,
        };
        let Some(b) = self.wide_scalar(l, slow) else { return false };
        self.pieces(l, true, false, |e, p| {
            e.wide_other(0, p, b);
            e.v_store(p.long, 0, frame(Y));
            if wide {
                e.float_operand(0, p, frame(a + p.offset));
            } else {
                e.widened(0, p, frame(a + p.offset / 2));
            }
            e.v(packed(opcode, Size::B8), p.long, 0, 0, frame(Y));
            e.canonical_lanes(Size::B8, p.long);
        });
        true
    }

    /// All pieces are tried before the first is written: what does not fit is the reference's, from unchanged operands.
    /// Trying raises the same flags as doing.
    fn make_integers(&mut self, l: &Lanes, wide: bool, truncate: bool, slow: Label) {
        let row = match (wide, truncate) {
            (false, false) => i66(0x5b),
            (false, true) => f3(0x5b),
            (true, false) => f2(0xe6),
            (true, true) => i66(0xe6),
        };
        let a = slot_offset(l.a);
        let convert = |e: &mut Self, p: Piece| {
            if wide {
                e.wide_source(p, a);
            } else {
                e.float_operand(0, p, frame(a + p.offset));
            }
            e.v(row, wide || p.long, 0, 0, Rm::Reg(0));
        };
        let part = matches!(l.length, Length::Part(_));
        let guarded = part || l.mask.is_some() || l.bytes < 16;
        let long = l.bytes >= 32 && !wide;
        let tried = self.asm.new_dynamic_label();
        self.constant(RAX, 1 << 31);
        self.splat_rax(Size::B4);
        if let Length::Part(vl) = l.length {
            self.part_bytes(vl, l.lane);
        }
        for offset in (0..i32::from(l.bytes)).step_by(if long { 32 } else { 16 }) {
            if part && offset > 0 {
                x64!(self.asm ; cmp eax, offset ; jbe =>tried);
            }
            if guarded {
                self.lanes_at_work(l, offset, long);
                self.v_store(long, 2, frame(SCRATCH));
            }
            convert(self, Piece { offset, long, guarded });
            self.v(EQUAL[2], long, 0, 0, frame(SPLAT));
            self.v(i38(0x17), long, 0, 0, Rm::Reg(0));
            x64!(self.asm ; jne =>slow);
        }
        x64!(self.asm ; =>tried);
        self.pieces(l, true, wide, convert);
    }
}
