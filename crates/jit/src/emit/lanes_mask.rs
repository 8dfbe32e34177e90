//! Vector lanes into one: reductions; and into bits: masks, and what is read off them.

use super::asm::{Label, RAX, RCX, RDX, slot_offset, x64};
use super::block::Emitter;
use super::lanes::{SHIFT, half};
use super::vector::{BITS, Piece, SCRATCH, SPLAT, log};
use super::vex::{self, Rm, Vex, frame, i3a, i66};
use crate::ir::{Dst, LaneOp, Lanes, Length, Other, Size};
use dynasmrt::{DynasmApi, DynasmLabelApi};

impl Emitter<'_> {
    /// All lanes and the second operand's first one together.
    pub(super) fn reduce(&mut self, l: &Lanes) -> bool {
        let Other::Group(first) = l.b else { return false };
        let part = matches!(l.length, Length::Part(_));
        let guarded = part || l.mask.is_some() || l.bytes < 16;
        let done = self.asm.new_dynamic_label();
        let bits = 8 * u32::from(l.lane.bytes());
        // What lanes that are not at work count as.
        let nothing = match l.op {
            LaneOp::AllAnd | LaneOp::LeastU => -1,
            LaneOp::LeastS => i64::MAX >> (64 - bits),
            LaneOp::MostS => 1 << (bits - 1),
            _ => 0,
        };
        self.constant(RAX, nothing);
        self.splat_rax(l.lane);
        if let Length::Part(vl) = l.length {
            self.part_bytes(vl, l.lane);
            x64!(self.asm ; test eax, eax ; je =>done);
        }
        let long = l.bytes >= 32;
        let step = if long { 32 } else { 16 };
        // The sum so far is in memory, as operations may need all three registers.
        let sum = frame(SCRATCH + 32);
        let gathered = self.asm.new_dynamic_label();
        for offset in (0..i32::from(l.bytes)).step_by(step) {
            let a = frame(slot_offset(l.a) + offset);
            if part && offset > 0 {
                x64!(self.asm ; cmp eax, offset ; jbe =>gathered);
            }
            let a = match (l.op, half(l.lane)) {
                (LaneOp::WideSum { sign }, Some(half)) => {
                    self.extend(long, 0, slot_offset(l.a), offset, (half, l.lane), sign);
                    Rm::Reg(0)
                }
                _ => a,
            };
            if guarded {
                self.lanes_at_work(l, offset, long);
                self.v_load(long, 1, frame(SPLAT));
                self.v_blend(long, 0, 1, a, 2);
            } else if a != Rm::Reg(0) {
                self.v_load(long, 0, a);
            }
            if offset > 0 {
                self.simple(l.op, l.lane, long, sum);
            }
            self.v_store(long, 0, sum);
        }
        x64!(self.asm ; =>gathered);
        self.v_load(false, 0, sum);
        if long {
            self.v_load(false, 0, frame(SCRATCH + 48));
            self.simple(l.op, l.lane, false, sum);
        }
        for half in [8u8, 4, 2, 1].into_iter().filter(|half| *half >= l.lane.bytes()) {
            self.v_store(false, 0, sum);
            self.vi(SHIFT[3], false, 3, 0, Rm::Reg(0), half);
            self.simple(l.op, l.lane, false, sum);
        }
        self.v_store(false, 0, sum);
        self.v_load(false, 0, frame(slot_offset(first)));
        self.simple(l.op, l.lane, false, sum);
        vex::to_general(&mut self.asm, RAX, 0, true);
        self.store_lane_0(l);
        x64!(self.asm ; =>done);
        vex::done(&mut self.asm);
        true
    }

    /// -1, a bit's number or a count, or an element, to a scalar register.
    pub(super) fn scalar_result(&mut self, l: &Lanes) -> bool {
        let Some(result) = l.result else { return false };
        let a = slot_offset(l.a);
        match (l.op, l.lane) {
            (LaneOp::Lane0Float, Size::B4) => {
                x64!(self.asm ; mov eax, [rbp + a] ; mov rcx, QWORD 0xffff_ffff_0000_0000_u64 as i64 ; or rax, rcx);
            }
            (LaneOp::Lane0 | LaneOp::Lane0Float, Size::B8) => x64!(self.asm ; mov rax, [rbp + a]),
            (LaneOp::Lane0Float, _) => return false,
            (LaneOp::Lane0, Size::B4) => x64!(self.asm ; movsxd rax, DWORD [rbp + a]),
            (LaneOp::Lane0, Size::B2) => x64!(self.asm ; movsx rax, WORD [rbp + a]),
            (LaneOp::Lane0, Size::B1) => x64!(self.asm ; movsx rax, BYTE [rbp + a]),
            _ => self.scan_bits(l, a),
        }
        self.write(Dst::Slot(result), RAX);
        true
    }

    /// rax = where the first bit of the mask is, or how many there are.
    fn scan_bits(&mut self, l: &Lanes, a: i32) {
        let (found, done) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        let lanes = i32::from(l.bytes) >> log(l.lane);
        let first = l.op == LaneOp::First;
        if !first {
            x64!(self.asm ; xor edx, edx);
        }
        for word in 0..(lanes + 63) / 64 {
            let (at, before) = (8 * word, 64 * word);
            match l.length {
                Length::Part(vl) => {
                    x64!(self.asm ; mov eax, [rbp + slot_offset(vl)]);
                    if word > 0 {
                        x64!(self.asm ; sub eax, before ; jbe =>done);
                    }
                    x64!(self.asm ; bzhi rcx, [rbp + a + at], rax);
                }
                Length::Full if lanes - before < 64 => {
                    x64!(self.asm ; mov eax, lanes - before ; bzhi rcx, [rbp + a + at], rax);
                }
                Length::Full => x64!(self.asm ; mov rcx, [rbp + a + at]),
            }
            if let Some(mask) = l.mask {
                x64!(self.asm ; and rcx, [rbp + slot_offset(mask) + at]);
            }
            if first {
                let next = self.asm.new_dynamic_label();
                x64!(self.asm ; test rcx, rcx ; je =>next ; tzcnt rax, rcx);
                if before > 0 {
                    x64!(self.asm ; add eax, before);
                }
                x64!(self.asm ; jmp =>found ; =>next);
            } else {
                x64!(self.asm ; popcnt rcx, rcx ; add edx, ecx);
            }
        }
        x64!(self.asm ; =>done);
        if first {
            x64!(self.asm ; mov rax, -1);
        } else {
            x64!(self.asm ; mov eax, edx);
        }
        x64!(self.asm ; =>found);
    }

    pub(super) fn mask_logic(&mut self, l: &Lanes) -> bool {
        let Other::Group(b) = l.b else { return false };
        let (a, b) = (slot_offset(l.a), slot_offset(b));
        let lanes = i32::from(l.bytes) >> log(l.lane);
        let done = self.asm.new_dynamic_label();
        for word in 0..(lanes + 63) / 64 {
            let at = 8 * word;
            x64!(self.asm ; mov rcx, [rbp + b + at]);
            match l.op {
                LaneOp::MaskAnd => x64!(self.asm ; and rcx, [rbp + a + at]),
                LaneOp::MaskAndNot => x64!(self.asm ; not rcx ; and rcx, [rbp + a + at]),
                LaneOp::MaskOr => x64!(self.asm ; or rcx, [rbp + a + at]),
                LaneOp::MaskXor => x64!(self.asm ; xor rcx, [rbp + a + at]),
                LaneOp::MaskOrNot => x64!(self.asm ; not rcx ; or rcx, [rbp + a + at]),
                LaneOp::MaskNand => x64!(self.asm ; and rcx, [rbp + a + at] ; not rcx),
                LaneOp::MaskNor => x64!(self.asm ; or rcx, [rbp + a + at] ; not rcx),
                _ => x64!(self.asm ; xor rcx, [rbp + a + at] ; not rcx),
            }
            self.write_bits(l, word, done);
        }
        x64!(self.asm ; =>done);
        true
    }

    /// Bits around the first one of a mask. Bits behind the lanes at work need no care: they change none before them.
    pub(super) fn set_first(&mut self, l: &Lanes) -> bool {
        if l.mask.is_some() {
            return false;
        }
        let (a, done) = (slot_offset(l.a), self.asm.new_dynamic_label());
        let lanes = i32::from(l.bytes) >> log(l.lane);
        for word in 0..(lanes + 63) / 64 {
            x64!(self.asm ; mov rax, [rbp + a + 8 * word]);
            match l.op {
                LaneOp::OnlyFirst => x64!(self.asm ; blsi rcx, rax),
                LaneOp::UpToFirst => x64!(self.asm ; blsmsk rcx, rax),
                _ => x64!(self.asm ; blsmsk rcx, rax ; blsi rax, rax ; xor rcx, rax),
            }
            if word > 0 {
                // Nothing, if an earlier word has the first one.
                x64!(self.asm ; xor eax, eax ; mov rdx, [rbp + a]);
                for earlier in 1..word {
                    x64!(self.asm ; or rdx, [rbp + a + 8 * earlier]);
                }
                x64!(self.asm ; test rdx, rdx ; cmovne rcx, rax);
            }
            self.write_bits(l, word, done);
        }
        x64!(self.asm ; =>done);
        true
    }

    /// Writes word `word` of the mask that is the destination from rcx, as far as its lanes are at work; goes to `done`
    /// when no lane from here on is.
    fn write_bits(&mut self, l: &Lanes, word: i32, done: Label) {
        let lanes = i32::from(l.bytes) >> log(l.lane);
        let (at, left) = (8 * word, lanes - 64 * word);
        let place = slot_offset(l.dst) + at;
        let mut some = true;
        match l.length {
            Length::Part(vl) => {
                x64!(self.asm ; mov eax, [rbp + slot_offset(vl)]);
                if word > 0 {
                    x64!(self.asm ; sub eax, 64 * word ; jbe =>done);
                }
                x64!(self.asm ; mov rdx, -1 ; bzhi rdx, rdx, rax);
            }
            Length::Full if left < 64 => self.constant(RDX, (1 << left) - 1),
            Length::Full if l.mask.is_some() => x64!(self.asm ; mov rdx, -1),
            Length::Full => some = false,
        }
        if let Some(mask) = l.mask {
            x64!(self.asm ; and rdx, [rbp + slot_offset(mask) + at]);
        }
        if some {
            x64!(self.asm
                ; mov rax, [rbp + place]
                ; xor rcx, rax
                ; and rcx, rdx
                ; xor rcx, rax);
        }
        x64!(self.asm ; mov [rbp + place], rcx);
    }

    /// Runs `body` for each piece of the operands; it leaves lanes of ones and zeroes in xmm0, which become the bits of
    /// the mask that is the destination, or with `invert` their opposites. It may use xmm1, xmm2, rcx and rdx.
    pub(super) fn mask_pieces(
        &mut self,
        l: &Lanes,
        float: bool,
        invert: bool,
        body: impl Fn(&mut Self, Piece),
    ) {
        let (enough, done) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        let part = matches!(l.length, Length::Part(_));
        let guarded = float && (part || l.mask.is_some() || l.bytes < 16);
        let long = l.bytes >= 32;
        let step = if long { 32 } else { 16 };
        if let Length::Part(vl) = l.length {
            self.part_bytes(vl, l.lane);
        }
        for offset in (0..i32::from(l.bytes)).step_by(step) {
            if part && offset > 0 {
                x64!(self.asm ; cmp eax, offset ; jbe =>enough);
            }
            if guarded {
                self.lanes_at_work(l, offset, long);
                self.v_store(long, 2, frame(SCRATCH));
            }
            body(self, Piece { offset, long, guarded });
            let bits = BITS + (offset >> log(l.lane)) / 8;
            match l.lane {
                Size::B1 => {
                    self.v(i66(0xd7), long, RCX, 0, Rm::Reg(0));
                    x64!(self.asm ; mov [rbp + bits], ecx);
                }
                Size::B2 => {
                    if long {
                        // The upper half; the destination is in the place of a source.
                        self.vi(i3a(0x39), true, 0, 0, Rm::Reg(1), 1);
                    }
                    self.pack_words(long);
                    self.v(i66(0xd7), false, RCX, 0, Rm::Reg(0));
                    x64!(self.asm ; mov [rbp + bits], cx);
                }
                Size::B4 => {
                    self.v(Vex { prefix: 0, map: 1, opcode: 0x50, w: false }, long, RCX, 0, Rm::Reg(0));
                    x64!(self.asm ; mov [rbp + bits], cl);
                }
                Size::B8 => {
                    self.v(i66(0x50), long, RCX, 0, Rm::Reg(0));
                    if offset & 32 == 0 {
                        x64!(self.asm ; mov [rbp + bits], cl);
                    } else {
                        x64!(self.asm ; shl ecx, 4 ; or [rbp + bits], cl);
                    }
                }
            }
        }
        x64!(self.asm ; =>enough);
        vex::done(&mut self.asm);
        let lanes = i32::from(l.bytes) >> log(l.lane);
        for word in 0..(lanes + 63) / 64 {
            x64!(self.asm ; mov rcx, [rbp + BITS + 8 * word]);
            if invert {
                x64!(self.asm ; not rcx);
            }
            self.write_bits(l, word, done);
        }
        x64!(self.asm ; =>done);
    }

    /// xmm0 = one byte for each of the words in xmm0.
    fn pack_words(&mut self, long: bool) {
        if long {
            self.v(i66(0x63), false, 0, 0, Rm::Reg(1));
        } else {
            self.v(i66(0x63), false, 0, 0, Rm::Reg(0));
        }
    }
}
