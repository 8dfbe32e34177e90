//! Vector arithmetic on integers: from a shape to AVX2. What is not here calls the reference.

use super::asm::{Label, RAX, RCX, slot_offset, x64};
use super::block::Emitter;
use super::vector::{EQUAL, INDEX, ONES_END, Ready, SPLAT, by_lane, log};
use super::vex::{self, AND, OR, Rm, Vex, XOR, frame, i3a, i38, i66};
use crate::ir::{Cond, LaneOp, Lanes, Length, Op, Other, Size, Val, WideOp};
use dynasmrt::{DynasmApi, DynasmLabelApi};

pub(super) const ADD: [Vex; 4] = [i66(0xfc), i66(0xfd), i66(0xfe), i66(0xd4)];
pub(super) const SUB: [Vex; 4] = [i66(0xf8), i66(0xf9), i66(0xfa), i66(0xfb)];
const GREATER: [Vex; 4] = [i66(0x64), i66(0x65), i66(0x66), i38(0x37)];
// There are none for lanes of 64 bits: those rows are never used.
const MIN_S: [Vex; 4] = [i38(0x38), i66(0xea), i38(0x39), i38(0x39)];
const MIN_U: [Vex; 4] = [i66(0xda), i38(0x3a), i38(0x3b), i38(0x3b)];
const MAX_S: [Vex; 4] = [i38(0x3c), i66(0xee), i38(0x3d), i38(0x3d)];
const MAX_U: [Vex; 4] = [i66(0xde), i38(0x3e), i38(0x3f), i38(0x3f)];
/// Shifts by a count in memory; none for lanes of 8 bits, none arithmetic for 64.
const SHL: [Vex; 4] = [i66(0xf1), i66(0xf1), i66(0xf2), i66(0xf3)];
const SHR: [Vex; 4] = [i66(0xd1), i66(0xd1), i66(0xd2), i66(0xd3)];
const SAR: [Vex; 4] = [i66(0xe1), i66(0xe1), i66(0xe2), i66(0xe2)];
/// Shifts by a constant: the register field says which.
pub(super) const SHIFT: [Vex; 4] = [i66(0x71), i66(0x71), i66(0x72), i66(0x73)];
pub(super) const BY_SHR: u8 = 2;
const BY_SAR: u8 = 4;
pub(super) const BY_SHL: u8 = 6;
pub(super) const MULTIPLY_UNSIGNED: Vex = i66(0xf4);
pub(super) const MULTIPLY_SIGNED: Vex = i38(0x28);
const PERMUTE_QUARTERS: Vex = vex::wide(i3a(0x00));

/// Half a width.
pub(super) fn half(lane: Size) -> Option<Size> {
    match lane {
        Size::B1 => None,
        Size::B2 => Some(Size::B1),
        Size::B4 => Some(Size::B2),
        Size::B8 => Some(Size::B4),
    }
}

impl Emitter<'_> {
    /// Emits `op` if there is code for its shape; else `false`.
    pub(super) fn lanes(&mut self, op: &Op, l: &Lanes) -> bool {
        if !self.has_vectors() {
            return false;
        }
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let done = match l.op {
            LaneOp::Other => false,
            LaneOp::Copy | LaneOp::Merge => {
                let b = self.ready(l, slow);
                self.copy_or_merge(l, b);
                true
            }
            LaneOp::Shl | LaneOp::Shr | LaneOp::Sar => self.shifts(l),
            LaneOp::Compare { cond, swap } => {
                let b = self.ready(l, slow);
                self.compare_lanes(l, cond, swap, b);
                true
            }
            LaneOp::Extend { from, sign } => {
                self.pieces(l, false, false, |e, p| {
                    e.extend(p.long, 0, slot_offset(l.a), p.offset, (from, l.lane), sign)
                });
                true
            }
            LaneOp::Widen { op, sign, wide } => self.widen(l, op, sign, wide),
            LaneOp::NarrowShift { sign } => self.narrow_shift(l, sign),
            LaneOp::Iota => {
                let from = Size::B1;
                self.pieces(l, false, false, |e, p| match l.lane {
                    Size::B1 => e.v_load(p.long, 0, frame(INDEX + p.offset)),
                    lane => e.extend(p.long, 0, INDEX, p.offset, (from, lane), false),
                });
                true
            }
            LaneOp::SlideDown1 | LaneOp::SlideUp1 | LaneOp::SlideDown | LaneOp::SlideUp => {
                self.slides(l, slow)
            }
            LaneOp::Gather { .. } | LaneOp::GatherOne | LaneOp::Compress => self.gather(l),
            LaneOp::Saturate { subtract, sign, flag } => {
                matches!(l.lane, Size::B1 | Size::B2) && {
                    let b = self.ready(l, slow);
                    self.saturate(l, b, (subtract, sign), flag);
                    true
                }
            }
            LaneOp::MulHigh { sign } => {
                matches!(l.lane, Size::B2 | Size::B4) && {
                    let b = self.ready(l, slow);
                    self.multiply_high(l, b, sign);
                    true
                }
            }
            LaneOp::SetLane0 => self.set_lane_0(l, slow),
            LaneOp::Lane0 | LaneOp::Lane0Float | LaneOp::First | LaneOp::Count => self.scalar_result(l),
            LaneOp::BeforeFirst | LaneOp::OnlyFirst | LaneOp::UpToFirst => self.set_first(l),
            LaneOp::MaskAnd
            | LaneOp::MaskAndNot
            | LaneOp::MaskOr
            | LaneOp::MaskXor
            | LaneOp::MaskOrNot
            | LaneOp::MaskNand
            | LaneOp::MaskNor
            | LaneOp::MaskXnor => self.mask_logic(l),
            LaneOp::Sum
            | LaneOp::WideSum { .. }
            | LaneOp::AllAnd
            | LaneOp::AllOr
            | LaneOp::AllXor
            | LaneOp::LeastU
            | LaneOp::LeastS
            | LaneOp::MostU
            | LaneOp::MostS => self.reduce(l),
            _ => self.two_operands(l, slow) || self.float_lanes(l, slow),
        };
        // Bound even when there is no code: the cold code that was made ready names it.
        x64!(self.asm ; =>back);
        done
    }

    fn copy_or_merge(&mut self, l: &Lanes, b: Ready) {
        if l.op == LaneOp::Copy {
            return self.pieces(l, false, false, |e, p| e.v_load(p.long, 0, b.at(p.offset)));
        }
        let all = Lanes { mask: None, ..*l };
        self.pieces(&all, false, false, |e, p| {
            if let Some(mask) = l.mask {
                e.spread_mask(mask, l.lane, p.offset, p.long);
            }
            e.v_load(p.long, 1, frame(slot_offset(l.a) + p.offset));
            e.v_blend(p.long, 0, 1, b.at(p.offset), 2);
        });
    }

    /// Operations with one result lane for each pair of operand lanes.
    fn two_operands(&mut self, l: &Lanes, slow: Label) -> bool {
        let known = matches!(
            l.op,
            LaneOp::Add
                | LaneOp::Sub
                | LaneOp::SubFrom
                | LaneOp::And
                | LaneOp::Or
                | LaneOp::Xor
                | LaneOp::MinU
                | LaneOp::MinS
                | LaneOp::MaxU
                | LaneOp::MaxS
                | LaneOp::Mul
                | LaneOp::MulAdd
                | LaneOp::MulSub
                | LaneOp::AddMul
                | LaneOp::SubMul
        );
        if !known {
            return false;
        }
        let b = self.ready(l, slow);
        self.pieces(l, false, false, |e, p| {
            let (a, b) = (frame(slot_offset(l.a) + p.offset), b.at(p.offset));
            let d = frame(slot_offset(l.dst) + p.offset);
            match l.op {
                LaneOp::SubFrom => {
                    e.v_load(p.long, 0, b);
                    e.v(by_lane(SUB, l.lane), p.long, 0, 0, a);
                }
                LaneOp::Mul => e.multiply(l.lane, p.long, a, b),
                LaneOp::MulAdd => {
                    e.multiply(l.lane, p.long, a, b);
                    e.v(by_lane(ADD, l.lane), p.long, 0, 0, d);
                }
                LaneOp::AddMul => {
                    e.multiply(l.lane, p.long, d, b);
                    e.v(by_lane(ADD, l.lane), p.long, 0, 0, a);
                }
                LaneOp::MulSub | LaneOp::SubMul => {
                    let (x, y) = if l.op == LaneOp::MulSub { (a, d) } else { (d, a) };
                    e.multiply(l.lane, p.long, x, b);
                    e.v_load(p.long, 1, y);
                    e.v(by_lane(SUB, l.lane), p.long, 0, 1, Rm::Reg(0));
                }
                kind => {
                    e.v_load(p.long, 0, a);
                    e.simple(kind, l.lane, p.long, b);
                }
            }
        });
        true
    }

    /// xmm0 = xmm0 op b; may use xmm1 and xmm2.
    pub(super) fn simple(&mut self, op: LaneOp, lane: Size, long: bool, b: Rm) {
        let row = match op {
            LaneOp::Add | LaneOp::Sum | LaneOp::WideSum { .. } => by_lane(ADD, lane),
            LaneOp::Sub => by_lane(SUB, lane),
            LaneOp::And | LaneOp::AllAnd => AND,
            LaneOp::Or | LaneOp::AllOr => OR,
            LaneOp::Xor | LaneOp::AllXor => XOR,
            _ if lane == Size::B8 => return self.pick_wide(op, long, b),
            LaneOp::MinU | LaneOp::LeastU => by_lane(MIN_U, lane),
            LaneOp::MinS | LaneOp::LeastS => by_lane(MIN_S, lane),
            LaneOp::MaxU | LaneOp::MostU => by_lane(MAX_U, lane),
            _ => by_lane(MAX_S, lane),
        };
        self.v(row, long, 0, 0, b);
    }

    /// Minimum and maximum of lanes of 64 bits.
    fn pick_wide(&mut self, op: LaneOp, long: bool, b: Rm) {
        let unsigned = matches!(op, LaneOp::MinU | LaneOp::MaxU | LaneOp::LeastU | LaneOp::MostU);
        let least = matches!(op, LaneOp::MinU | LaneOp::MinS | LaneOp::LeastU | LaneOp::LeastS);
        self.v_load(long, 1, b);
        if unsigned {
            self.sign_bits(long, 2);
            self.v(XOR, long, 0, 0, Rm::Reg(2));
            self.v(XOR, long, 1, 1, Rm::Reg(2));
        }
        self.v(GREATER[3], long, 2, 0, Rm::Reg(1));
        if least {
            self.v_blend(long, 0, 0, Rm::Reg(1), 2);
        } else {
            self.v_blend(long, 0, 1, Rm::Reg(0), 2);
        }
        if unsigned {
            self.sign_bits(long, 2);
            self.v(XOR, long, 0, 0, Rm::Reg(2));
        }
    }

    /// reg = the highest bit of each lane of 64 bits.
    fn sign_bits(&mut self, long: bool, reg: u8) {
        self.v(EQUAL[2], long, reg, reg, Rm::Reg(reg));
        self.vi(SHIFT[3], long, BY_SHL, reg, Rm::Reg(reg), 63);
    }

    /// xmm0 = low halves of x * y; uses xmm1 and xmm2.
    fn multiply(&mut self, lane: Size, long: bool, x: Rm, y: Rm) {
        self.v_load(long, 0, x);
        match lane {
            Size::B1 => {
                self.v_load(long, 1, y);
                self.v(i66(0xd5), long, 2, 0, Rm::Reg(1));
                for reg in [0, 1] {
                    self.vi(SHIFT[1], long, BY_SHR, reg, Rm::Reg(reg), 8);
                }
                self.v(i66(0xd5), long, 0, 0, Rm::Reg(1));
                self.vi(SHIFT[1], long, BY_SHL, 0, Rm::Reg(0), 8);
                self.vi(SHIFT[1], long, BY_SHL, 2, Rm::Reg(2), 8);
                self.vi(SHIFT[1], long, BY_SHR, 2, Rm::Reg(2), 8);
                self.v(OR, long, 0, 0, Rm::Reg(2));
            }
            Size::B2 => self.v(i66(0xd5), long, 0, 0, y),
            Size::B4 => self.v(i38(0x40), long, 0, 0, y),
            Size::B8 => {
                self.vi(SHIFT[3], long, BY_SHR, 2, Rm::Reg(0), 32);
                self.v(MULTIPLY_UNSIGNED, long, 2, 2, y);
                self.v_load(long, 1, y);
                self.vi(SHIFT[3], long, BY_SHR, 1, Rm::Reg(1), 32);
                self.v(MULTIPLY_UNSIGNED, long, 1, 1, Rm::Reg(0));
                self.v(ADD[3], long, 2, 2, Rm::Reg(1));
                self.vi(SHIFT[3], long, BY_SHL, 2, Rm::Reg(2), 32);
                self.v(MULTIPLY_UNSIGNED, long, 0, 0, y);
                self.v(ADD[3], long, 0, 0, Rm::Reg(2));
            }
        }
    }

    fn shifts(&mut self, l: &Lanes) -> bool {
        let width = 8 * i64::from(l.lane.bytes());
        match l.b {
            Other::Integer(Val::Imm(count)) => self.shift_constant(l, (count & (width - 1)) as u8),
            Other::Integer(val) => {
                let arithmetic = l.op == LaneOp::Sar && l.lane == Size::B8;
                if l.lane == Size::B1 || arithmetic {
                    return false;
                }
                self.load_into(RAX, val);
                x64!(self.asm ; and eax, width as i32 - 1 ; mov [rbp + SPLAT], rax ; mov QWORD [rbp + SPLAT + 8], 0);
                let row = match l.op {
                    LaneOp::Shl => by_lane(SHL, l.lane),
                    LaneOp::Shr => by_lane(SHR, l.lane),
                    _ => by_lane(SAR, l.lane),
                };
                self.pieces(l, false, false, |e, p| {
                    e.v_load(p.long, 0, frame(slot_offset(l.a) + p.offset));
                    e.v(row, p.long, 0, 0, frame(SPLAT));
                });
                true
            }
            Other::Group(b) => {
                let row = match (l.op, l.lane) {
                    (LaneOp::Shl, Size::B4) => i38(0x47),
                    (LaneOp::Shl, Size::B8) => vex::wide(i38(0x47)),
                    (LaneOp::Shr, Size::B4) => i38(0x45),
                    (LaneOp::Shr, Size::B8) => vex::wide(i38(0x45)),
                    (LaneOp::Sar, Size::B4) => i38(0x46),
                    _ => return false,
                };
                self.constant(RAX, width - 1);
                self.splat_rax(l.lane);
                self.pieces(l, false, false, |e, p| {
                    e.v_load(p.long, 1, frame(slot_offset(b) + p.offset));
                    e.v(AND, p.long, 1, 1, frame(SPLAT));
                    e.v_load(p.long, 0, frame(slot_offset(l.a) + p.offset));
                    e.v(row, p.long, 0, 0, Rm::Reg(1));
                });
                true
            }
            Other::Float(_) => false,
        }
    }

    fn shift_constant(&mut self, l: &Lanes, count: u8) -> bool {
        let by = match l.op {
            LaneOp::Shl => BY_SHL,
            LaneOp::Shr => BY_SHR,
            _ => BY_SAR,
        };
        let byte = l.lane == Size::B1;
        if byte && by == BY_SAR {
            self.pieces(l, false, false, |e, p| {
                e.v_load(p.long, 0, frame(slot_offset(l.a) + p.offset));
                // Bytes in the lower halves of words, then those in the upper halves.
                e.vi(SHIFT[1], p.long, BY_SHL, 1, Rm::Reg(0), 8);
                e.vi(SHIFT[1], p.long, BY_SAR, 1, Rm::Reg(1), count);
                e.vi(SHIFT[1], p.long, BY_SHR, 1, Rm::Reg(1), 8);
                e.vi(SHIFT[1], p.long, BY_SAR, 0, Rm::Reg(0), 8 + count);
                e.vi(SHIFT[1], p.long, BY_SHL, 0, Rm::Reg(0), 8);
                e.v(OR, p.long, 0, 0, Rm::Reg(1));
            });
            return true;
        }
        if byte {
            let kept = if by == BY_SHL { 0xff << count & 0xff } else { 0xff >> count };
            self.constant(RAX, kept);
            self.splat_rax(Size::B1);
        }
        self.pieces(l, false, false, |e, p| {
            e.v_load(p.long, 0, frame(slot_offset(l.a) + p.offset));
            if by == BY_SAR && l.lane == Size::B8 {
                // Signs, moved to where the shift leaves room. A count of 64 leaves nothing.
                e.v(XOR, p.long, 1, 1, Rm::Reg(1));
                e.v(GREATER[3], p.long, 1, 1, Rm::Reg(0));
                e.vi(SHIFT[3], p.long, BY_SHR, 0, Rm::Reg(0), count);
                e.vi(SHIFT[3], p.long, BY_SHL, 1, Rm::Reg(1), 64 - count);
                e.v(OR, p.long, 0, 0, Rm::Reg(1));
                return;
            }
            e.vi(by_lane(SHIFT, l.lane), p.long, by, 0, Rm::Reg(0), count);
            if byte {
                e.v(AND, p.long, 0, 0, frame(SPLAT));
            }
        });
        true
    }

    fn compare_lanes(&mut self, l: &Lanes, cond: Cond, swap: bool, b: Ready) {
        let unsigned = matches!(cond, Cond::LtU | Cond::GeU);
        // Which is computed: equal, greater, or for unsigned lanes at least; the others are their opposites.
        let invert = match cond {
            Cond::Eq | Cond::LtS => false,
            Cond::GeU => l.lane == Size::B8,
            Cond::Ne | Cond::GeS => true,
            Cond::LtU => l.lane != Size::B8,
        };
        self.mask_pieces(l, false, invert, |e, p| {
            let (mut x, mut y) = (frame(slot_offset(l.a) + p.offset), b.at(p.offset));
            if swap {
                (x, y) = (y, x);
            }
            match cond {
                Cond::Eq | Cond::Ne => {
                    e.v_load(p.long, 0, x);
                    e.v(by_lane(EQUAL, l.lane), p.long, 0, 0, y);
                }
                _ if !unsigned => {
                    // x < y: y > x
                    e.v_load(p.long, 0, y);
                    e.v(by_lane(GREATER, l.lane), p.long, 0, 0, x);
                }
                _ if l.lane == Size::B8 => {
                    e.sign_bits(p.long, 2);
                    e.v(XOR, p.long, 0, 2, y);
                    e.v(XOR, p.long, 2, 2, x);
                    e.v(GREATER[3], p.long, 0, 0, Rm::Reg(2));
                }
                _ => {
                    // x >= y: x is the larger one.
                    e.v_load(p.long, 1, x);
                    e.v(by_lane(MAX_U, l.lane), p.long, 0, 1, y);
                    e.v(by_lane(EQUAL, l.lane), p.long, 0, 0, Rm::Reg(1));
                }
            }
        });
    }

    /// reg = lanes of `from` at `base`, extended to those of a piece at `offset`.
    pub(super) fn extend(
        &mut self,
        long: bool,
        reg: u8,
        base: i32,
        offset: i32,
        (from, to): (Size, Size),
        sign: bool,
    ) {
        let opcode = match (from, to) {
            (Size::B1, Size::B2) => 0x30,
            (Size::B1, Size::B4) => 0x31,
            (Size::B1, _) => 0x32,
            (Size::B2, Size::B4) => 0x33,
            (Size::B2, _) => 0x34,
            _ => 0x35,
        };
        let row = i38(if sign { opcode - 0x10 } else { opcode });
        self.v(row, long, reg, 0, frame(base + (offset >> (log(to) - log(from)))));
    }

    fn widen(&mut self, l: &Lanes, op: WideOp, sign: bool, wide: bool) -> bool {
        let Some(half) = half(l.lane) else { return false };
        let group = match l.b {
            Other::Group(slot) => Some(slot_offset(slot)),
            Other::Integer(val) => {
                self.load_into(RAX, val);
                match (half, sign) {
                    (Size::B1, true) => x64!(self.asm ; movsx rax, al),
                    (Size::B1, false) => x64!(self.asm ; movzx eax, al),
                    (Size::B2, true) => x64!(self.asm ; movsx rax, ax),
                    (Size::B2, false) => x64!(self.asm ; movzx eax, ax),
                    (_, true) => x64!(self.asm ; movsxd rax, eax),
                    (_, false) => x64!(self.asm ; mov eax, eax),
                }
                self.splat_rax(l.lane);
                None
            }
            Other::Float(_) => return false,
        };
        self.pieces(l, false, false, |e, p| {
            let (a, shape) = (slot_offset(l.a), (half, l.lane));
            if wide {
                e.v_load(p.long, 0, frame(a + p.offset));
            } else {
                e.extend(p.long, 0, a, p.offset, shape, sign);
            }
            let b = match group {
                Some(at) => {
                    e.extend(p.long, 1, at, p.offset, shape, sign);
                    Rm::Reg(1)
                }
                None => frame(SPLAT),
            };
            match op {
                WideOp::Add => e.v(by_lane(ADD, l.lane), p.long, 0, 0, b),
                WideOp::Sub => e.v(by_lane(SUB, l.lane), p.long, 0, 0, b),
                WideOp::Mul | WideOp::MulAdd => {
                    let row = match (l.lane, sign) {
                        (Size::B2, _) => i66(0xd5),
                        (Size::B4, _) => i38(0x40),
                        (_, true) => MULTIPLY_SIGNED,
                        (_, false) => MULTIPLY_UNSIGNED,
                    };
                    e.v(row, p.long, 0, 0, b);
                    if op == WideOp::MulAdd {
                        e.v(by_lane(ADD, l.lane), p.long, 0, 0, frame(slot_offset(l.dst) + p.offset));
                    }
                }
            }
        });
        true
    }

    fn narrow_shift(&mut self, l: &Lanes, sign: bool) -> bool {
        let width = 8 * i64::from(l.lane.bytes());
        let wide = match l.lane {
            Size::B1 => 1,
            Size::B2 => 2,
            Size::B4 => 3,
            Size::B8 => return false,
        };
        let constant = match l.b {
            Other::Integer(Val::Imm(count)) => Some(count & (2 * width - 1)),
            Other::Integer(_) if !sign => None,
            _ => return false,
        };
        // What comes in from above is cut off as long as the shift is not beyond the width.
        if sign && constant.is_some_and(|count| count > width) {
            return false;
        }
        if let (None, Other::Integer(val)) = (constant, l.b) {
            self.load_into(RAX, val);
            x64!(self.asm ; and eax, 2 * width as i32 - 1 ; mov [rbp + SPLAT], rax ; mov QWORD [rbp + SPLAT + 8], 0);
        }
        self.pieces(l, false, true, |e, p| {
            e.v_load(true, 0, frame(slot_offset(l.a) + 2 * p.offset));
            match constant {
                Some(0) => {}
                Some(count) => e.vi(SHIFT[wide], true, BY_SHR, 0, Rm::Reg(0), count as u8),
                None => e.v(SHR[wide], true, 0, 0, frame(SPLAT)),
            }
            match l.lane {
                Size::B1 | Size::B2 => {
                    e.vi(SHIFT[wide], true, BY_SHL, 0, Rm::Reg(0), width as u8);
                    e.vi(SHIFT[wide], true, BY_SHR, 0, Rm::Reg(0), width as u8);
                    let pack = if l.lane == Size::B1 { i66(0x67) } else { i38(0x2b) };
                    e.v(pack, true, 0, 0, Rm::Reg(0));
                }
                _ => e.vi(Vex { prefix: 0, map: 1, opcode: 0xc6, w: false }, true, 0, 0, Rm::Reg(0), 0x88),
            }
            e.vi(PERMUTE_QUARTERS, true, 0, 0, Rm::Reg(0), 0x08);
        });
        true
    }

    /// [lane 0 of the destination] = rax
    pub(super) fn store_lane_0(&mut self, l: &Lanes) {
        let at = slot_offset(l.dst);
        match l.lane {
            Size::B1 => x64!(self.asm ; mov [rbp + at], al),
            Size::B2 => x64!(self.asm ; mov [rbp + at], ax),
            Size::B4 => x64!(self.asm ; mov [rbp + at], eax),
            Size::B8 => x64!(self.asm ; mov [rbp + at], rax),
        }
    }

    /// rax = the scalar operand; `false` when there is none.
    fn scalar(&mut self, l: &Lanes, slow: Label) -> bool {
        match l.b {
            Other::Integer(val) => self.load_into(RAX, val),
            Other::Float(slot) => self.float_bits(slot, l.lane, slow),
            Other::Group(_) => return false,
        }
        true
    }

    fn set_lane_0(&mut self, l: &Lanes, slow: Label) -> bool {
        let done = self.asm.new_dynamic_label();
        if !self.scalar(l, slow) {
            return false;
        }
        if let Length::Part(vl) = l.length {
            x64!(self.asm ; cmp QWORD [rbp + slot_offset(vl)], 0 ; je =>done);
        }
        self.store_lane_0(l);
        x64!(self.asm ; =>done);
        true
    }

    fn slides(&mut self, l: &Lanes, slow: Label) -> bool {
        let (a, lane) = (slot_offset(l.a), i32::from(l.lane.bytes()));
        let by = match (l.op, l.b) {
            (LaneOp::SlideDown1 | LaneOp::SlideUp1, _) if l.mask.is_some() => return false,
            (LaneOp::SlideDown1 | LaneOp::SlideUp1, _) => lane,
            (_, Other::Integer(Val::Imm(count))) => (count as i32).min(1 << 10) * lane,
            (_, Other::Integer(count)) => return self.slide_by(l, count),
            _ => return false,
        };
        let bytes = i32::from(l.bytes);
        match l.op {
            LaneOp::SlideDown1 => {
                // A scalar that is not boxed must be found before anything is written.
                self.scalar(l, slow);
                x64!(self.asm ; mov [rbp + SPLAT], rax);
                self.pieces(l, false, false, |e, p| e.v_load(p.long, 0, frame(a + p.offset + by)));
                self.last_lane(l);
            }
            LaneOp::SlideUp1 => {
                self.scalar(l, slow);
                x64!(self.asm ; mov [rbp + SPLAT], rax);
                self.pieces(l, false, false, |e, p| e.v_load(p.long, 0, frame(a + p.offset - by)));
                let none = self.asm.new_dynamic_label();
                if let Length::Part(vl) = l.length {
                    x64!(self.asm ; cmp QWORD [rbp + slot_offset(vl)], 0 ; je =>none);
                }
                x64!(self.asm ; mov rax, [rbp + SPLAT]);
                self.store_lane_0(l);
                x64!(self.asm ; =>none);
            }
            LaneOp::SlideDown => self.pieces(l, false, false, |e, p| {
                let (from, step) = (p.offset + by, if p.long { 32 } else { 16 });
                match bytes - from {
                    ..=0 => e.v(XOR, p.long, 0, 0, Rm::Reg(0)),
                    left => {
                        e.v_load(p.long, 0, frame(a + from));
                        if left < step {
                            e.v(AND, p.long, 0, 0, frame(ONES_END - left));
                        }
                    }
                }
            }),
            _ => self.pieces(l, false, false, |e, p| {
                let (kept, step) = (by - p.offset, if p.long { 32 } else { 16 });
                let old = frame(slot_offset(l.dst) + p.offset);
                if kept >= step {
                    return e.v_load(p.long, 0, old);
                }
                e.v_load(p.long, 0, frame(a + p.offset - by));
                if kept > 0 {
                    e.v_load(p.long, 2, frame(ONES_END - kept));
                    e.v_blend(p.long, 0, 0, old, 2);
                }
            }),
        }
        true
    }

    /// The last lane at work = the low bits of [`SPLAT`]
    fn last_lane(&mut self, l: &Lanes) {
        let (at, lane) = (slot_offset(l.dst), i32::from(l.lane.bytes()));
        let done = self.asm.new_dynamic_label();
        x64!(self.asm ; mov rax, [rbp + SPLAT]);
        match l.length {
            Length::Full => self.constant(RCX, i64::from(i32::from(l.bytes) - lane)),
            Length::Part(vl) => {
                x64!(self.asm ; mov ecx, [rbp + slot_offset(vl)] ; sub ecx, 1 ; jb =>done);
                if lane > 1 {
                    x64!(self.asm ; shl ecx, log(l.lane) as i8);
                }
            }
        }
        match l.lane {
            Size::B1 => x64!(self.asm ; mov [rbp + rcx + at], al),
            Size::B2 => x64!(self.asm ; mov [rbp + rcx + at], ax),
            Size::B4 => x64!(self.asm ; mov [rbp + rcx + at], eax),
            Size::B8 => x64!(self.asm ; mov [rbp + rcx + at], rax),
        }
        x64!(self.asm ; =>done);
    }
}
