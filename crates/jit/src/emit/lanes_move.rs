//! Vector lanes to other places by numbers known only at run time; and integer arithmetic of which the host has only
//! some widths.

use super::asm::{RAX, RCX, RDX, slot_offset, x64};
use super::block::Emitter;
use super::lanes::{ADD, BY_SHR, MULTIPLY_SIGNED, MULTIPLY_UNSIGNED, SHIFT, SUB};
use super::vector::{ROOM, Ready, by_lane, log};
use super::vex::{self, Rm, XOR, frame, i3a, i38, i66};
use crate::ir::{LaneOp, Lanes, Length, Other, Size, Slot, Val};
use dynasmrt::{DynasmApi, DynasmLabelApi};

impl Emitter<'_> {
    /// Slides by a register: through memory, where lanes lie one behind the other with room beside them.
    pub(super) fn slide_by(&mut self, l: &Lanes, count: Val) -> bool {
        let (a, d, bytes) = (slot_offset(l.a), slot_offset(l.dst), i32::from(l.bytes));
        let lanes = bytes >> log(l.lane);
        let step = if bytes >= 32 { 32 } else { 16 };
        let long = step == 32;
        self.load_into(RCX, count);
        // Beyond the group is as far as just behind it.
        x64!(self.asm ; mov eax, lanes ; cmp rcx, rax ; cmova rcx, rax);
        if l.lane != Size::B1 {
            x64!(self.asm ; shl ecx, log(l.lane) as i8);
        }
        if l.op == LaneOp::SlideDown {
            if bytes < 16 {
                // What is behind a short group is not part of it.
                self.v_load(false, 0, frame(a));
                self.v(vex::AND, false, 0, 0, frame(super::vector::ONES_END - bytes));
                self.v_store(false, 0, frame(ROOM));
            } else {
                for at in (0..bytes).step_by(step as usize) {
                    self.v_load(long, 0, frame(a + at));
                    self.v_store(long, 0, frame(ROOM + at));
                }
            }
            self.v(XOR, true, 0, 0, Rm::Reg(0));
            let zeroes = bytes.max(16);
            for at in (0..zeroes.max(32)).step_by(32) {
                self.v_store(true, 0, frame(ROOM + zeroes + at));
            }
            // The pieces themselves want rcx: what is wanted goes to a place of its own first.
            let moved = super::vector::CONTROL + 16;
            x64!(self.asm ; mov [rbp + moved], rcx);
            self.pieces(l, false, false, |e, p| {
                x64!(e.asm ; mov rcx, [rbp + moved]);
                e.v_load(p.long, 0, Rm::Sum(5, RCX, ROOM + p.offset));
            });
        } else {
            for at in (0..bytes).step_by(step as usize) {
                self.v_load(long, 0, frame(d + at));
                self.v_store(long, 0, frame(ROOM + at));
            }
            for at in (0..bytes).step_by(step as usize) {
                self.v_load(long, 0, frame(a + at));
                self.v_store(long, 0, Rm::Sum(5, RCX, ROOM + at));
            }
            self.pieces(l, false, false, |e, p| e.v_load(p.long, 0, frame(ROOM + p.offset)));
        }
        true
    }

    /// register = a lane at rbp + index + at
    fn load_lane(&mut self, lane: Size, index: u8, at: i32) {
        match lane {
            Size::B1 => x64!(self.asm ; movzx eax, BYTE [rbp + Rq(index) + at]),
            Size::B2 => x64!(self.asm ; movzx eax, WORD [rbp + Rq(index) * 2 + at]),
            Size::B4 => x64!(self.asm ; mov eax, [rbp + Rq(index) * 4 + at]),
            Size::B8 => x64!(self.asm ; mov rax, [rbp + Rq(index) * 8 + at]),
        }
    }

    /// lane at rbp + index + at = rax
    fn store_lane(&mut self, lane: Size, index: u8, at: i32) {
        match lane {
            Size::B1 => x64!(self.asm ; mov [rbp + Rq(index) + at], al),
            Size::B2 => x64!(self.asm ; mov [rbp + Rq(index) * 2 + at], ax),
            Size::B4 => x64!(self.asm ; mov [rbp + Rq(index) * 4 + at], eax),
            Size::B8 => x64!(self.asm ; mov [rbp + Rq(index) * 8 + at], rax),
        }
    }

    pub(super) fn gather(&mut self, l: &Lanes) -> bool {
        let lanes = i32::from(l.bytes) >> log(l.lane);
        let a = slot_offset(l.a);
        match (l.op, l.b) {
            (LaneOp::GatherOne, Other::Integer(val)) => {
                let zero = self.asm.new_dynamic_label();
                self.load_into(RCX, val);
                x64!(self.asm ; xor eax, eax ; cmp rcx, lanes ; jae =>zero);
                self.load_lane(l.lane, RCX, a);
                x64!(self.asm ; =>zero);
                self.splat_rax(l.lane);
                self.pieces(l, false, false, |e, p| e.v_load(p.long, 0, Ready::Splat.at(p.offset)));
                true
            }
            (LaneOp::Gather { index }, Other::Group(b)) if l.mask.is_none() => {
                let short = l.lane == Size::B1 && index == Size::B1 && lanes == 16;
                if short && l.length == Length::Full {
                    // Numbers from 16 on get their highest bit set, which means zero.
                    self.constant(RAX, 0x70);
                    self.splat_rax(Size::B1);
                    self.v_load(false, 1, frame(slot_offset(b)));
                    self.v(i66(0xdc), false, 1, 1, Ready::Splat.at(0));
                    self.v_load(false, 0, frame(a));
                    self.v(i38(0x00), false, 0, 0, Rm::Reg(1));
                    self.v_store(false, 0, frame(slot_offset(l.dst)));
                    vex::done(&mut self.asm);
                    return true;
                }
                self.gather_loop(l, index, b, lanes);
                true
            }
            (LaneOp::Compress, Other::Group(b)) => {
                self.compress_loop(l, slot_offset(b), lanes);
                true
            }
            _ => false,
        }
    }

    /// From the last lane to the first: nothing of the destination is an operand.
    fn gather_loop(&mut self, l: &Lanes, index: Size, b: Slot, lanes: i32) {
        let (again, zero, done) =
            (self.asm.new_dynamic_label(), self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        match l.length {
            Length::Full => self.constant(RDX, i64::from(lanes)),
            Length::Part(vl) => x64!(self.asm ; mov edx, [rbp + slot_offset(vl)]),
        }
        x64!(self.asm ; =>again ; sub edx, 1 ; jb =>done);
        self.load_lane(index, RDX, slot_offset(b));
        x64!(self.asm ; mov rcx, rax ; xor eax, eax ; cmp rcx, lanes ; jae =>zero);
        self.load_lane(l.lane, RCX, slot_offset(l.a));
        x64!(self.asm ; =>zero);
        self.store_lane(l.lane, RDX, slot_offset(l.dst));
        x64!(self.asm ; jmp =>again ; =>done);
    }

    fn compress_loop(&mut self, l: &Lanes, mask: i32, lanes: i32) {
        let done = self.asm.new_dynamic_label();
        let bits = ROOM;
        // rcx: next lane of the destination.
        x64!(self.asm ; xor ecx, ecx);
        for word in 0..(lanes + 63) / 64 {
            let (again, next) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
            let at = mask + 8 * word;
            match l.length {
                Length::Part(vl) => {
                    x64!(self.asm ; mov eax, [rbp + slot_offset(vl)]);
                    if word > 0 {
                        x64!(self.asm ; sub eax, 64 * word ; jbe =>done);
                    }
                    x64!(self.asm ; bzhi rax, [rbp + at], rax);
                }
                Length::Full if lanes - 64 * word < 64 => {
                    x64!(self.asm ; mov eax, lanes - 64 * word ; bzhi rax, [rbp + at], rax);
                }
                Length::Full => x64!(self.asm ; mov rax, [rbp + at]),
            }
            x64!(self.asm
                ; mov [rbp + bits], rax
                ; =>again
                ; mov rax, [rbp + bits]
                ; tzcnt rdx, rax
                ; jc =>next
                ; blsr rax, rax
                ; mov [rbp + bits], rax);
            self.load_lane(l.lane, RDX, slot_offset(l.a) + ((64 * word) << log(l.lane)));
            self.store_lane(l.lane, RCX, slot_offset(l.dst));
            x64!(self.asm ; inc ecx ; jmp =>again ; =>next);
        }
        x64!(self.asm ; =>done);
    }

    /// Sums and differences that stay within lanes of 8 or 16 bits.
    pub(super) fn saturate(&mut self, l: &Lanes, b: Ready, (subtract, sign): (bool, bool), flag: Slot) {
        let opcode = match (subtract, sign) {
            (false, false) => 0xdc,
            (false, true) => 0xec,
            (true, false) => 0xd8,
            (true, true) => 0xe8,
        };
        let row = i66(opcode + u8::from(l.lane == Size::B2));
        let plain = by_lane(if subtract { SUB } else { ADD }, l.lane);
        self.pieces(l, true, false, |e, p| {
            e.float_operand(0, p, frame(slot_offset(l.a) + p.offset));
            e.float_operand(1, p, b.at(p.offset));
            e.v(plain, p.long, 2, 0, Rm::Reg(1));
            e.v(row, p.long, 0, 0, Rm::Reg(1));
            // Whatever differs from the plain result was saturated.
            e.v(XOR, p.long, 2, 2, Rm::Reg(0));
            e.v(i38(0x17), p.long, 2, 0, Rm::Reg(2));
            x64!(e.asm ; setne cl ; or [rbp + slot_offset(flag)], cl);
        });
    }

    pub(super) fn multiply_high(&mut self, l: &Lanes, b: Ready, sign: bool) {
        self.pieces(l, false, false, |e, p| {
            let (a, b) = (frame(slot_offset(l.a) + p.offset), b.at(p.offset));
            e.v_load(p.long, 0, a);
            if l.lane == Size::B2 {
                return e.v(i66(if sign { 0xe5 } else { 0xe4 }), p.long, 0, 0, b);
            }
            let row = if sign { MULTIPLY_SIGNED } else { MULTIPLY_UNSIGNED };
            // Even lanes' products give their upper halves to even lanes, odd lanes' keep theirs in place.
            e.v_load(p.long, 1, b);
            e.v(row, p.long, 2, 0, Rm::Reg(1));
            e.vi(SHIFT[3], p.long, BY_SHR, 2, Rm::Reg(2), 32);
            e.vi(SHIFT[3], p.long, BY_SHR, 0, Rm::Reg(0), 32);
            e.vi(SHIFT[3], p.long, BY_SHR, 1, Rm::Reg(1), 32);
            e.v(row, p.long, 0, 0, Rm::Reg(1));
            e.vi(i3a(0x02), p.long, 0, 2, Rm::Reg(0), 0xaa);
        });
    }
}
