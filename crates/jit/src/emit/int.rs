//! Integer operations.

use super::asm::{Place, RAX, RCX, RDX, x64};
use super::block::Emitter;
use super::dirty::{Dirty, Wants};
use crate::ir::{BinOp, Cond, Dst, UnOp, Val, Width};
use dynasmrt::{DynasmApi, DynasmLabelApi};

/// A constant that fits an instruction's immediate.
fn imm32(val: Val) -> Option<i32> {
    match val {
        Val::Imm(imm) => i32::try_from(imm).ok(),
        _ => None,
    }
}

/// Emits one of the two-operand instructions at the width, with `$b` from wherever it is.
macro_rules! two_operand {
    ($self:ident, $name:ident, $wide:expr, $d:ident, $b:expr) => {
        match ($self.place($b), imm32($b)) {
            (_, Some(imm)) => match (i8::try_from(imm), $wide) {
                (Ok(imm), true) => x64!($self.asm ; $name Rq($d), BYTE imm),
                (Ok(imm), false) => x64!($self.asm ; $name Rd($d), BYTE imm),
                (Err(_), true) => x64!($self.asm ; $name Rq($d), imm),
                (Err(_), false) => x64!($self.asm ; $name Rd($d), imm),
            },
            (Some(Place::Mem(at)), _) if $wide => x64!($self.asm ; $name Rq($d), [rbp + at]),
            (Some(Place::Mem(at)), _) => x64!($self.asm ; $name Rd($d), [rbp + at]),
            _ => {
                let b = $self.read($b, RCX);
                if $wide {
                    x64!($self.asm ; $name Rq($d), Rq(b));
                } else {
                    x64!($self.asm ; $name Rd($d), Rd(b));
                }
            }
        }
    };
}

impl Emitter<'_> {
    /// dst = a
    pub(super) fn mov(&mut self, dst: Dst, a: Val) {
        if let (Some(Place::Xmm(_)), _) | (_, Some(Place::Xmm(_))) = (self.place(dst.into()), self.place(a)) {
            return self.move_fp(dst, a);
        }
        if let (Some(Place::Mem(at)), Some(imm)) = (self.place(dst.into()), imm32(a)) {
            if let Dst::Slot(slot) = dst {
                self.unbox(slot);
            }
            return x64!(self.asm ; mov QWORD [rbp + at], imm);
        }
        let d = self.target(dst, RAX);
        self.load_into(d, a);
        self.write(dst, d);
    }

    /// dst = a op b; `false` when there is no host code for it.
    pub(super) fn bin(&mut self, op: BinOp, w: Width, dst: Dst, a: Val, b: Val) -> bool {
        match op {
            BinOp::Add if self.lea(w, dst, a, b) => {}
            BinOp::Add | BinOp::Sub | BinOp::And | BinOp::Or | BinOp::Xor | BinOp::Mul => {
                self.plain(op, w, dst, a, b);
            }
            BinOp::AndNot => {
                let d = self.separate(dst, b);
                self.load_into(RCX, b);
                x64!(self.asm ; not rcx);
                self.load_into(d, a);
                x64!(self.asm ; and Rq(d), rcx);
                self.finish(w, dst, d, true);
            }
            BinOp::Shl | BinOp::Shr | BinOp::Sar | BinOp::Rotl | BinOp::Rotr => self.shift(op, w, dst, a, b),
            BinOp::MulHighS | BinOp::MulHighU | BinOp::MulHighSU if w == Width::W64 => {
                self.mul_high(op, dst, a, b);
            }
            BinOp::DivS | BinOp::DivU | BinOp::RemS | BinOp::RemU => self.divide(op, w, dst, a, b),
            BinOp::MinS | BinOp::MinU | BinOp::MaxS | BinOp::MaxU if w == Width::W64 => {
                self.min_max(op, dst, a, b);
            }
            BinOp::Clmul | BinOp::ClmulHigh if w == Width::W64 => return self.carryless(op, dst, a, b),
            _ => return false,
        }
        true
    }

    /// dst's register when it does not hold `other`, else rax: for results written before `other` is read.
    fn separate(&self, dst: Dst, other: Val) -> u8 {
        let d = self.target(dst, RAX);
        if self.place(other) == Some(Place::Gpr(d)) { RAX } else { d }
    }

    /// Writes dst from `d`, with the upper half that `w` wants. `dirty`: a 32-bit result may have garbage above it.
    fn finish(&mut self, w: Width, dst: Dst, d: u8, dirty: bool) {
        let place = self.place(dst.into());
        if let (Width::S32, Dst::Slot(slot), Some(Place::Gpr(register))) = (w, dst, place)
            && self.may_stay_dirty(place)
        {
            self.write(dst, d);
            return self.dirty.push(Dirty { slot, register, wants: Wants::Sign });
        }
        match w {
            Width::S32 => x64!(self.asm ; movsxd Rq(d), Rd(d)),
            Width::W32 if dirty => x64!(self.asm ; mov Rd(d), Rd(d)),
            _ => {}
        }
        self.write(dst, d);
    }

    /// Add with another register than an operand's as result: one lea. `false` when it does not pay.
    fn lea(&mut self, w: Width, dst: Dst, a: Val, b: Val) -> bool {
        let (Some(Place::Gpr(d)), Some(Place::Gpr(ra))) = (self.place(dst.into()), self.place(a)) else {
            return false;
        };
        if d == ra {
            return false;
        }
        match (self.place(b), imm32(b), w == Width::W64) {
            (_, Some(imm), wide) => match (i8::try_from(imm), wide) {
                (Ok(imm), true) => x64!(self.asm ; lea Rq(d), [BYTE Rq(ra) + imm]),
                (Ok(imm), false) => x64!(self.asm ; lea Rd(d), [BYTE Rq(ra) + imm]),
                (Err(_), true) => x64!(self.asm ; lea Rq(d), [Rq(ra) + imm]),
                (Err(_), false) => x64!(self.asm ; lea Rd(d), [Rq(ra) + imm]),
            },
            (Some(Place::Gpr(rb)), _, true) => x64!(self.asm ; lea Rq(d), [Rq(ra) + Rq(rb)]),
            (Some(Place::Gpr(rb)), _, false) => x64!(self.asm ; lea Rd(d), [Rq(ra) + Rq(rb)]),
            _ => return false,
        }
        self.finish(w, dst, d, false);
        true
    }

    fn plain(&mut self, op: BinOp, w: Width, dst: Dst, a: Val, b: Val) {
        let wide = w == Width::W64;
        let own = self.target(dst, RAX);
        let (mut a, mut b) = (a, b);
        if op != BinOp::Sub && self.place(b) == Some(Place::Gpr(own)) {
            (a, b) = (b, a);
        }
        let d = self.separate(dst, b);
        // dst = dst op dst reads both from one register, which is fine.
        let d = if a == b && self.place(a) == Some(Place::Gpr(own)) { own } else { d };
        self.load_into(d, a);
        match op {
            BinOp::Add => two_operand!(self, add, wide, d, b),
            BinOp::Sub => two_operand!(self, sub, wide, d, b),
            BinOp::And => two_operand!(self, and, wide, d, b),
            BinOp::Or => two_operand!(self, or, wide, d, b),
            BinOp::Xor => two_operand!(self, xor, wide, d, b),
            _ => {
                let rb = self.read(b, RCX);
                if wide {
                    x64!(self.asm ; imul Rq(d), Rq(rb));
                } else {
                    x64!(self.asm ; imul Rd(d), Rd(rb));
                }
            }
        }
        self.finish(w, dst, d, false);
    }

    fn shift(&mut self, op: BinOp, w: Width, dst: Dst, a: Val, b: Val) {
        let d = self.separate(dst, b);
        if let Val::Imm(count) = b {
            self.load_into(d, a);
            let count = count as i8 & if w == Width::W64 { 63 } else { 31 };
            match (op, w == Width::W64) {
                (BinOp::Shl, true) => x64!(self.asm ; shl Rq(d), count),
                (BinOp::Shl, false) => x64!(self.asm ; shl Rd(d), count),
                (BinOp::Shr, true) => x64!(self.asm ; shr Rq(d), count),
                (BinOp::Shr, false) => x64!(self.asm ; shr Rd(d), count),
                (BinOp::Sar, true) => x64!(self.asm ; sar Rq(d), count),
                (BinOp::Sar, false) => x64!(self.asm ; sar Rd(d), count),
                (BinOp::Rotl, true) => x64!(self.asm ; rol Rq(d), count),
                (BinOp::Rotl, false) => x64!(self.asm ; rol Rd(d), count),
                (_, true) => x64!(self.asm ; ror Rq(d), count),
                (_, false) => x64!(self.asm ; ror Rd(d), count),
            }
        } else {
            self.load_into(RCX, b);
            self.load_into(d, a);
            match (op, w == Width::W64) {
                (BinOp::Shl, true) => x64!(self.asm ; shl Rq(d), cl),
                (BinOp::Shl, false) => x64!(self.asm ; shl Rd(d), cl),
                (BinOp::Shr, true) => x64!(self.asm ; shr Rq(d), cl),
                (BinOp::Shr, false) => x64!(self.asm ; shr Rd(d), cl),
                (BinOp::Sar, true) => x64!(self.asm ; sar Rq(d), cl),
                (BinOp::Sar, false) => x64!(self.asm ; sar Rd(d), cl),
                (BinOp::Rotl, true) => x64!(self.asm ; rol Rq(d), cl),
                (BinOp::Rotl, false) => x64!(self.asm ; rol Rd(d), cl),
                (_, true) => x64!(self.asm ; ror Rq(d), cl),
                (_, false) => x64!(self.asm ; ror Rd(d), cl),
            }
        }
        // A 32-bit shift by zero still clears the upper half, but a count in cl of zero may not write at all.
        self.finish(w, dst, d, true);
    }

    fn mul_high(&mut self, op: BinOp, dst: Dst, a: Val, b: Val) {
        let rb = self.read(b, RCX);
        self.load_into(RAX, a);
        match op {
            BinOp::MulHighS => x64!(self.asm ; imul Rq(rb)),
            _ => x64!(self.asm ; mul Rq(rb)),
        }
        if op == BinOp::MulHighSU {
            // Signed a is unsigned a minus 2^64 when negative: take b off the high half then.
            let ra = self.read(a, RAX);
            x64!(self.asm ; mov rax, Rq(ra) ; sar rax, 63 ; and rax, Rq(rb) ; sub rdx, rax);
        }
        self.write(dst, RDX);
    }

    /// Division with RISC-V's results where x86 would trap: b = 0, and the most negative by -1.
    fn divide(&mut self, op: BinOp, w: Width, dst: Dst, a: Val, b: Val) {
        let wide = w == Width::W64;
        let signed = matches!(op, BinOp::DivS | BinOp::RemS);
        let quotient = matches!(op, BinOp::DivS | BinOp::DivU);
        let (zero, minus_one, done) =
            (self.asm.new_dynamic_label(), self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        self.load_into(RCX, b);
        self.load_into(RAX, a);
        if wide {
            x64!(self.asm ; test rcx, rcx ; je =>zero);
        } else {
            x64!(self.asm ; test ecx, ecx ; je =>zero);
        }
        match (signed, wide) {
            (true, true) => x64!(self.asm ; cmp rcx, -1 ; je =>minus_one ; cqo ; idiv rcx),
            (true, false) => x64!(self.asm ; cmp ecx, -1 ; je =>minus_one ; cdq ; idiv ecx),
            (false, true) => x64!(self.asm ; xor edx, edx ; div rcx),
            (false, false) => x64!(self.asm ; xor edx, edx ; div ecx),
        }
        if !quotient {
            x64!(self.asm ; mov rax, rdx);
        }
        x64!(self.asm ; jmp =>done);
        if signed {
            x64!(self.asm ; =>minus_one);
            if quotient {
                x64!(self.asm ; neg rax);
            } else {
                x64!(self.asm ; xor eax, eax);
            }
            x64!(self.asm ; jmp =>done);
        }
        x64!(self.asm ; =>zero);
        if quotient {
            x64!(self.asm ; mov rax, -1);
        }
        x64!(self.asm ; =>done);
        self.finish(w, dst, RAX, true);
    }

    fn min_max(&mut self, op: BinOp, dst: Dst, a: Val, b: Val) {
        self.load_into(RAX, a);
        let rb = self.read(b, RCX);
        x64!(self.asm ; cmp rax, Rq(rb));
        match op {
            BinOp::MinS => x64!(self.asm ; cmovg rax, Rq(rb)),
            BinOp::MinU => x64!(self.asm ; cmova rax, Rq(rb)),
            BinOp::MaxS => x64!(self.asm ; cmovl rax, Rq(rb)),
            _ => x64!(self.asm ; cmovb rax, Rq(rb)),
        }
        self.write(dst, RAX);
    }

    fn carryless(&mut self, op: BinOp, dst: Dst, a: Val, b: Val) -> bool {
        if !std::arch::is_x86_feature_detected!("pclmulqdq") {
            return false;
        }
        let ra = self.read(a, RAX);
        let rb = self.read(b, RCX);
        x64!(self.asm ; movq xmm0, Rq(ra) ; movq xmm1, Rq(rb) ; pclmulqdq xmm0, xmm1, 0);
        if op == BinOp::ClmulHigh {
            x64!(self.asm ; psrldq xmm0, 8);
        }
        x64!(self.asm ; movq rax, xmm0);
        self.write(dst, RAX);
        true
    }

    /// dst = a + (b << shift)
    pub(super) fn add_shifted(&mut self, dst: Dst, a: Val, b: Val, shift: u8) {
        let rb = self.read(b, RCX);
        let ra = self.read(a, RAX);
        let d = self.target(dst, RAX);
        match shift {
            0 => x64!(self.asm ; lea Rq(d), [Rq(ra) + Rq(rb)]),
            1 => x64!(self.asm ; lea Rq(d), [Rq(ra) + Rq(rb) * 2]),
            2 => x64!(self.asm ; lea Rq(d), [Rq(ra) + Rq(rb) * 4]),
            _ => x64!(self.asm ; lea Rq(d), [Rq(ra) + Rq(rb) * 8]),
        }
        self.write(dst, d);
    }

    /// dst = op a; `false` when there is no host code for it.
    pub(super) fn un(&mut self, op: UnOp, w: Width, dst: Dst, a: Val) -> bool {
        let wide = w == Width::W64;
        let counts = std::arch::is_x86_feature_detected!("lzcnt")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("popcnt");
        if matches!(op, UnOp::Clz | UnOp::Ctz | UnOp::Popcnt) && !counts || op == UnOp::BitSwapBytes {
            return false;
        }
        let ra = self.read(a, RAX);
        let d = self.target(dst, RAX);
        let mut dirty = !wide;
        match (op, wide) {
            (UnOp::Not, _) => {
                x64!(self.asm ; mov rax, Rq(ra) ; not rax ; mov Rq(d), rax);
            }
            (UnOp::Neg, _) => {
                x64!(self.asm ; mov rax, Rq(ra) ; neg rax ; mov Rq(d), rax);
            }
            (UnOp::Clz, true) => x64!(self.asm ; lzcnt Rq(d), Rq(ra)),
            (UnOp::Clz, false) => x64!(self.asm ; lzcnt Rd(d), Rd(ra)),
            (UnOp::Ctz, true) => x64!(self.asm ; tzcnt Rq(d), Rq(ra)),
            (UnOp::Ctz, false) => x64!(self.asm ; tzcnt Rd(d), Rd(ra)),
            (UnOp::Popcnt, true) => x64!(self.asm ; popcnt Rq(d), Rq(ra)),
            (UnOp::Popcnt, false) => x64!(self.asm ; popcnt Rd(d), Rd(ra)),
            (UnOp::ByteSwap, true) => x64!(self.asm ; mov rax, Rq(ra) ; bswap rax ; mov Rq(d), rax),
            (UnOp::ByteSwap, false) => x64!(self.asm ; mov eax, Rd(ra) ; bswap eax ; mov Rd(d), eax),
            (UnOp::OrCombine, _) => x64!(self.asm
                ; movq xmm0, Rq(ra)
                ; pxor xmm1, xmm1
                ; pcmpeqb xmm0, xmm1
                ; movq rax, xmm0
                ; not rax
                ; mov Rq(d), rax),
            (UnOp::Sext8, _) => x64!(self.asm ; movsx Rq(d), Rb(ra)),
            (UnOp::Sext16, _) => x64!(self.asm ; movsx Rq(d), Rw(ra)),
            (UnOp::Sext32, _) => x64!(self.asm ; movsxd Rq(d), Rd(ra)),
            (UnOp::Zext8, _) => x64!(self.asm ; movzx Rd(d), Rb(ra)),
            (UnOp::Zext16, _) => x64!(self.asm ; movzx Rd(d), Rw(ra)),
            (UnOp::Zext32, _) => x64!(self.asm ; mov Rd(d), Rd(ra)),
            (UnOp::BitSwapBytes, _) => {}
        }
        dirty &= !matches!(op, UnOp::Clz | UnOp::Ctz | UnOp::Popcnt);
        self.finish(w, dst, d, dirty);
        true
    }

    /// Sets the flags of a - b at the width.
    pub(super) fn compare(&mut self, w: Width, a: Val, b: Val) {
        let wide = w == Width::W64;
        if let Some(Place::Mem(at)) = self.place(a) {
            match (self.place(b), imm32(b)) {
                (_, Some(imm)) if wide => return x64!(self.asm ; cmp QWORD [rbp + at], imm),
                (_, Some(imm)) => return x64!(self.asm ; cmp DWORD [rbp + at], imm),
                (Some(Place::Gpr(b)), _) if wide => return x64!(self.asm ; cmp [rbp + at], Rq(b)),
                (Some(Place::Gpr(b)), _) => return x64!(self.asm ; cmp [rbp + at], Rd(b)),
                _ => {}
            }
        }
        let ra = self.read(a, RAX);
        match (imm32(b), wide) {
            (Some(0), true) => x64!(self.asm ; test Rq(ra), Rq(ra)),
            (Some(0), false) => x64!(self.asm ; test Rd(ra), Rd(ra)),
            (Some(imm), true) => x64!(self.asm ; cmp Rq(ra), imm),
            (Some(imm), false) => x64!(self.asm ; cmp Rd(ra), imm),
            (None, wide) => match (self.place(b), wide) {
                (Some(Place::Mem(at)), true) => x64!(self.asm ; cmp Rq(ra), [rbp + at]),
                (Some(Place::Mem(at)), false) => x64!(self.asm ; cmp Rd(ra), [rbp + at]),
                (_, wide) => {
                    let rb = self.read(b, RCX);
                    if wide {
                        x64!(self.asm ; cmp Rq(ra), Rq(rb));
                    } else {
                        x64!(self.asm ; cmp Rd(ra), Rd(rb));
                    }
                }
            },
        }
    }

    /// dst = (a cond b) ? 1 : 0
    pub(super) fn set(&mut self, cond: Cond, w: Width, dst: Dst, a: Val, b: Val) {
        let narrow = self.narrow.has(a) && self.narrow.has(b);
        self.compare(if narrow { Width::S32 } else { w }, a, b);
        match cond {
            Cond::Eq => x64!(self.asm ; sete al),
            Cond::Ne => x64!(self.asm ; setne al),
            Cond::LtS => x64!(self.asm ; setl al),
            Cond::GeS => x64!(self.asm ; setge al),
            Cond::LtU => x64!(self.asm ; setb al),
            Cond::GeU => x64!(self.asm ; setae al),
        }
        let d = self.target(dst, RAX);
        x64!(self.asm ; movzx Rd(d), al);
        self.write(dst, d);
    }

    /// dst = (test cond 0) ? a : b
    pub(super) fn select(&mut self, cond: Cond, dst: Dst, test: Val, a: Val, b: Val) {
        let ra = self.read(a, RCX);
        let rt = self.read(test, RDX);
        self.load_into(RAX, b);
        x64!(self.asm ; test Rq(rt), Rq(rt));
        match cond {
            Cond::Eq => x64!(self.asm ; cmove rax, Rq(ra)),
            Cond::Ne => x64!(self.asm ; cmovne rax, Rq(ra)),
            Cond::LtS => x64!(self.asm ; cmovl rax, Rq(ra)),
            Cond::GeS => x64!(self.asm ; cmovge rax, Rq(ra)),
            Cond::LtU => x64!(self.asm ; cmovb rax, Rq(ra)),
            Cond::GeU => x64!(self.asm ; cmovae rax, Rq(ra)),
        }
        self.write(dst, RAX);
    }
}
