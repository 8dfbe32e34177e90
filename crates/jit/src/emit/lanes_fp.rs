//! Vector arithmetic on floating-point lanes, on the host's unit: flags collect in MXCSR as those of scalars do, NaNs are
//! made canonical, and lanes that are not at work compute with zeroes and ones, which raise nothing.

use super::asm::{ACCRUED, Label, RAX, RCX, slot_offset, x64};
use super::block::Emitter;

use super::vector::{BITS, CONTROL, EQUAL, NAN32, NAN64, ONE32, ONE64, Piece, Ready, SCRATCH};
use super::vex::{self, AND, ANDN, OR, Rm, Vex, XOR, frame, i38, i66};
use crate::frame::MASKS;
use crate::ir::{FloatCond, LaneOp, Lanes, Length, Other, Size};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_softfloat::NanRule;

/// Predicates of cmpps (Intel SDM vol. 2, table 3-1): quiet where the guest's are.
const EQ_QUIET: u8 = 0;
const LT_SIGNALING: u8 = 1;
const LE_SIGNALING: u8 = 2;
const UNORDERED: u8 = 3;
const NE_QUIET: u8 = 4;
const LT_QUIET: u8 = 0x11;
const GT_QUIET: u8 = 0x1e;

/// Of the invalid flag, from MXCSR's bit to RISC-V's.
const INVALID_SHIFT: i8 = 4;

/// Scratch beside the mask vector's.
pub(super) const X: i32 = SCRATCH + 32;
pub(super) const Y: i32 = SCRATCH + 64;

/// `op`ps or `op`pd.
pub(super) const fn packed(opcode: u8, lane: Size) -> Vex {
    Vex { prefix: if matches!(lane, Size::B8) { 1 } else { 0 }, map: 1, opcode, w: false }
}

/// `op`ss or `op`sd.
const fn single(opcode: u8, lane: Size) -> Vex {
    Vex { prefix: if matches!(lane, Size::B8) { 3 } else { 2 }, map: 1, opcode, w: false }
}

/// `vfmadd231ps` and its kin.
pub(super) fn fused_opcode(negate_product: bool, negate_addend: bool) -> u8 {
    0xb8 + 4 * u8::from(negate_product) + 2 * u8::from(negate_addend)
}

impl Emitter<'_> {
    /// Emits a floating-point operation if there is code for its shape; else `false`.
    pub(super) fn float_lanes(&mut self, l: &Lanes, slow: Label) -> bool {
        if self.fp.nan != NanRule::Canonical || !matches!(l.lane, Size::B4 | Size::B8) {
            return false;
        }
        match l.op {
            LaneOp::FAdd
            | LaneOp::FSub
            | LaneOp::FSubFrom
            | LaneOp::FMul
            | LaneOp::FDiv
            | LaneOp::FDivInto => {
                if l.rm != self.rounding {
                    return false;
                }
                let b = self.ready(l, slow);
                self.pieces(l, true, false, |e, p| e.float_arithmetic(l, p, b));
            }
            LaneOp::FSqrt => {
                if l.rm != self.rounding {
                    return false;
                }
                self.pieces(l, true, false, |e, p| {
                    e.float_operand(0, p, frame(slot_offset(l.a) + p.offset));
                    e.v(packed(0x51, l.lane), p.long, 0, 0, Rm::Reg(0));
                    e.canonical_lanes(l.lane, p.long);
                });
            }
            LaneOp::FMulAdd { negate_product, negate_addend, accumulate } => {
                if l.rm != self.rounding {
                    return false;
                }
                let b = self.ready(l, slow);
                let opcode = fused_opcode(negate_product, negate_addend);
                self.pieces(l, true, false, |e, p| e.multiply_add(l, p, b, opcode, accumulate));
            }
            LaneOp::FMin | LaneOp::FMax => {
                let b = self.ready(l, slow);
                self.pieces(l, true, false, |e, p| e.float_pick(l, p, b));
            }
            LaneOp::FSign | LaneOp::FSignNot | LaneOp::FSignXor => {
                let b = self.ready(l, slow);
                self.pieces(l, false, false, |e, p| e.float_sign(l, p, b));
            }
            LaneOp::FCompare(cond) => {
                let b = self.ready(l, slow);
                self.mask_pieces(l, true, false, |e, p| e.float_compare(l, p, b, cond));
            }
            LaneOp::FromInteger { .. }
            | LaneOp::ToInteger { .. }
            | LaneOp::FWiden
            | LaneOp::FNarrow
            | LaneOp::FWide { .. }
            | LaneOp::FWideMulAdd { .. } => return self.conversions(l, slow),
            LaneOp::FSum => return l.rm == self.rounding && l.mask.is_none() && self.float_sum(l),
            _ => return false,
        }
        true
    }

    /// reg = an operand, zero in lanes that are not at work.
    pub(super) fn float_operand(&mut self, reg: u8, p: Piece, rm: Rm) {
        self.v_load(p.long, reg, rm);
        if p.guarded {
            self.v(AND, p.long, reg, reg, frame(SCRATCH));
        }
    }

    /// xmm0 = xmm0 with canonical NaNs; clobbers xmm1.
    pub(super) fn canonical_lanes(&mut self, lane: Size, long: bool) {
        self.vi(packed(0xc2, lane), long, 1, 0, Rm::Reg(0), UNORDERED);
        self.blend_nan(lane, long);
    }

    /// xmm0 = the canonical NaN where xmm1 is ones.
    fn blend_nan(&mut self, lane: Size, long: bool) {
        let nan = if lane == Size::B8 { NAN64 } else { NAN32 };
        self.v_blend(long, 0, 0, frame(nan), 1);
    }

    fn float_arithmetic(&mut self, l: &Lanes, p: Piece, b: Ready) {
        let (a, b) = (frame(slot_offset(l.a) + p.offset), b.at(p.offset));
        let (x, y, opcode) = match l.op {
            LaneOp::FAdd => (a, b, 0x58),
            LaneOp::FSub => (a, b, 0x5c),
            LaneOp::FSubFrom => (b, a, 0x5c),
            LaneOp::FMul => (a, b, 0x59),
            LaneOp::FDiv => (a, b, 0x5e),
            _ => (b, a, 0x5e),
        };
        self.float_operand(0, p, x);
        let y = match (p.guarded, opcode) {
            (false, _) => y,
            (true, 0x5e) => {
                // Zero by one.
                let one = if l.lane == Size::B8 { ONE64 } else { ONE32 };
                self.v_load(p.long, 2, frame(SCRATCH));
                self.v_load(p.long, 1, frame(one));
                self.v_blend(p.long, 1, 1, y, 2);
                Rm::Reg(1)
            }
            (true, _) => {
                self.float_operand(1, p, y);
                Rm::Reg(1)
            }
        };
        self.v(packed(opcode, l.lane), p.long, 0, 0, y);
        self.canonical_lanes(l.lane, p.long);
    }

    fn multiply_add(&mut self, l: &Lanes, p: Piece, b: Ready, opcode: u8, accumulate: bool) {
        let (a, d) = (frame(slot_offset(l.a) + p.offset), frame(slot_offset(l.dst) + p.offset));
        let (mut x, mut y, z) = if accumulate { (a, b.at(p.offset), d) } else { (d, b.at(p.offset), a) };
        if p.guarded {
            for (operand, at) in [(&mut x, X), (&mut y, Y)] {
                self.float_operand(0, p, *operand);
                self.v_store(p.long, 0, frame(at));
                *operand = frame(at);
            }
        }
        self.fused_lanes(l, p, opcode, [x, y, z]);
    }

    /// xmm0 = ±(x * y) ± z; x and y are in memory and safe to compute with.
    pub(super) fn fused_lanes(&mut self, l: &Lanes, p: Piece, opcode: u8, [x, y, z]: [Rm; 3]) {
        self.float_operand(0, p, z);
        self.v_load(p.long, 1, x);
        let row = i38(opcode);
        let row = if l.lane == Size::B8 { vex::wide(row) } else { row };
        self.v(row, p.long, 0, 1, y);
        // A NaN from it may lack the invalid flag that infinity times zero plus NaN must raise.
        let numbers = self.asm.new_dynamic_label();
        self.vi(packed(0xc2, l.lane), p.long, 1, 0, Rm::Reg(0), UNORDERED);
        self.v(i38(0x17), p.long, 1, 0, Rm::Reg(1));
        x64!(self.asm ; je =>numbers);
        self.v_store(p.long, 1, frame(BITS));
        self.v(AND, p.long, 2, 1, x);
        self.v(AND, p.long, 1, 1, y);
        // The product may raise what the guest has not: it must not trap, and only the one flag counts.
        x64!(self.asm
            ; stmxcsr [rbp + CONTROL]
            ; mov ecx, [rbp + CONTROL]
            ; or ecx, MASKS as i32
            ; mov [rbp + CONTROL + 4], ecx
            ; ldmxcsr [rbp + CONTROL + 4]);
        self.v(packed(0x59, l.lane), p.long, 1, 1, Rm::Reg(2));
        x64!(self.asm
            ; stmxcsr [rbp + CONTROL + 4]
            ; mov ecx, [rbp + CONTROL + 4]
            ; and ecx, 1
            ; shl ecx, INVALID_SHIFT
            ; or [rbp + ACCRUED], ecx
            ; ldmxcsr [rbp + CONTROL]);
        self.v_load(p.long, 1, frame(BITS));
        self.blend_nan(l.lane, p.long);
        x64!(self.asm ; =>numbers);
    }

    /// minimumNumber or maximumNumber.
    fn float_pick(&mut self, l: &Lanes, p: Piece, b: Ready) {
        let compare = packed(0xc2, l.lane);
        self.float_operand(0, p, frame(slot_offset(l.a) + p.offset));
        self.float_operand(1, p, b.at(p.offset));
        // Each NaN gives way to the other operand.
        self.vi(compare, p.long, 2, 0, Rm::Reg(0), UNORDERED);
        self.v_blend(p.long, 2, 0, Rm::Reg(1), 2);
        self.v_store(p.long, 2, frame(X));
        self.vi(compare, p.long, 2, 1, Rm::Reg(1), UNORDERED);
        self.v_blend(p.long, 1, 1, Rm::Reg(0), 2);
        self.v_load(p.long, 0, frame(X));
        let (closer, both) = if l.op == LaneOp::FMin { (LT_QUIET, OR) } else { (GT_QUIET, AND) };
        self.vi(compare, p.long, 2, 0, Rm::Reg(1), closer);
        self.v_blend(p.long, 2, 1, Rm::Reg(0), 2);
        self.v_store(p.long, 2, frame(Y));
        // Equal ones may be zeroes of both signs.
        self.vi(compare, p.long, 2, 0, Rm::Reg(1), EQ_QUIET);
        self.v(both, p.long, 0, 0, Rm::Reg(1));
        self.v_load(p.long, 1, frame(Y));
        self.v_blend(p.long, 0, 1, Rm::Reg(0), 2);
        self.canonical_lanes(l.lane, p.long);
    }

    fn float_sign(&mut self, l: &Lanes, p: Piece, b: Ready) {
        let (a, b) = (frame(slot_offset(l.a) + p.offset), b.at(p.offset));
        let (shift, bit) = if l.lane == Size::B8 { (i66(0x73), 63) } else { (i66(0x72), 31) };
        self.v(EQUAL[2], p.long, 2, 2, Rm::Reg(2));
        self.vi(shift, p.long, 6, 2, Rm::Reg(2), bit);
        if l.op == LaneOp::FSignXor {
            self.v(AND, p.long, 0, 2, b);
            return self.v(XOR, p.long, 0, 0, a);
        }
        if l.op == LaneOp::FSign {
            self.v(AND, p.long, 1, 2, b);
        } else {
            self.v_load(p.long, 1, b);
            self.v(ANDN, p.long, 1, 1, Rm::Reg(2));
        }
        self.v(ANDN, p.long, 0, 2, a);
        self.v(OR, p.long, 0, 0, Rm::Reg(1));
    }

    fn float_compare(&mut self, l: &Lanes, p: Piece, b: Ready, cond: FloatCond) {
        let (a, b) = (frame(slot_offset(l.a) + p.offset), b.at(p.offset));
        let (x, y, predicate) = match cond {
            FloatCond::Eq => (a, b, EQ_QUIET),
            FloatCond::Ne => (a, b, NE_QUIET),
            FloatCond::Lt => (a, b, LT_SIGNALING),
            FloatCond::Le => (a, b, LE_SIGNALING),
            FloatCond::Gt => (b, a, LT_SIGNALING),
            FloatCond::Ge => (b, a, LE_SIGNALING),
        };
        self.float_operand(0, p, x);
        self.float_operand(1, p, y);
        self.vi(packed(0xc2, l.lane), p.long, 0, 0, Rm::Reg(1), predicate);
    }

    /// Lane 0 = lane 0 of b plus the lanes of a, one after the other: the order is part of the result.
    fn float_sum(&mut self, l: &Lanes) -> bool {
        let Other::Group(first) = l.b else { return false };
        let (again, done) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        let wide = l.lane == Size::B8;
        match l.length {
            Length::Full => self.constant(RCX, i64::from(l.bytes / u16::from(l.lane.bytes()))),
            Length::Part(vl) => x64!(self.asm ; mov ecx, [rbp + slot_offset(vl)] ; test ecx, ecx ; je =>done),
        }
        self.v(single(0x10, l.lane), false, 0, 0, frame(slot_offset(first)));
        x64!(self.asm ; lea rax, [rbp + slot_offset(l.a)] ; =>again);
        self.v(single(0x58, l.lane), false, 0, 0, Rm::Mem(RAX, 0));
        x64!(self.asm ; add rax, i32::from(l.lane.bytes()) ; dec ecx ; jne =>again);
        self.canonical_lanes(l.lane, false);
        vex::to_general(&mut self.asm, RAX, 0, wide);
        let at = slot_offset(l.dst);
        if wide {
            x64!(self.asm ; mov [rbp + at], rax);
        } else {
            x64!(self.asm ; mov [rbp + at], eax);
        }
        x64!(self.asm ; =>done);
        true
    }
}
