//! Floating point on the host's unit, where its results and flags are the guest's.
//!
//! MXCSR's sticky flags collect across blocks and are read when the guest asks. A guest that asks often has exceptions not
//! yet accrued trap instead (see [`lodge_host::fp_traps`]), and its flags are known without asking. Where host and guest differ the
//! operation goes to the interpreter: another rounding mode than the block's, conversions out of range, unboxed
//! narrow operands, equal or unordered operands of minimum and maximum. NaN results are made canonical aside.

use super::asm::{ACCRUED, FLAG_READS_LEFT, FLAGS_OF_HOST, Label, MXCSR, Place, RAX, const_offset, x64};
use super::block::{Cold, Emitter};
use super::dirty::{Dirty, Wants};
use crate::frame::{Const, MASKS, STICKY, UNSURE};
use crate::ir::{Dst, Fmt, FpCond, FpOp, FpSign, Int, Op, Slot, Val};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_softfloat::{NanRule, Rounding};

/// Emits `$name` + `sd` or `ss` by format.
macro_rules! scalar {
    ($self:ident, $fmt:expr, $double:ident, $single:ident, $d:expr, $s:expr) => {
        if $fmt == Fmt::D {
            x64!($self.asm ; $double Rx($d), Rx($s));
        } else {
            x64!($self.asm ; $single Rx($d), Rx($s));
        }
    };
}

impl Emitter<'_> {
    /// Emits `op` if it is a floating-point one with host code.
    pub(super) fn float(&mut self, op: &Op) -> bool {
        match *op {
            Op::FpFlags { dst } => {
                self.read_flags(op, dst);
                return true;
            }
            Op::SetFpFlags { a } => {
                self.write_flags(a);
                return true;
            }
            _ => {}
        }
        if self.fp.nan != NanRule::Canonical || !self.fp.boxed {
            return false;
        }
        match *op {
            Op::Fp { op: kind, fmt, rm, dst, a, b } if fmt != Fmt::H => match kind {
                FpOp::Add | FpOp::Sub | FpOp::Mul | FpOp::Div => {
                    rm == self.rounding && self.arithmetic(op, kind, fmt, dst, a, b)
                }
                FpOp::MinNum | FpOp::MaxNum => self.min_max_number(op, kind, fmt, dst, a, b),
                FpOp::Min | FpOp::Max => false,
            },
            Op::Fma { fmt, rm, .. } if fmt != Fmt::H => rm == self.rounding && self.fused(op),
            Op::Sqrt { fmt, rm, dst, a } if fmt != Fmt::H && rm == self.rounding => {
                if let Some((slot, d)) = self.in_place(dst) {
                    self.computed_in_place(op, fmt, (slot, d), &[a], |e, [a, ..]| {
                        if fmt == Fmt::D {
                            x64!(e.asm ; vsqrtsd Rx(d), Rx(a), Rx(a));
                        } else {
                            x64!(e.asm ; vsqrtss Rx(d), Rx(a), Rx(a));
                        }
                    });
                    return true;
                }
                self.with_result(op, fmt, dst, &[a], |e, operands| {
                    x64!(e.asm ; movaps xmm0, Rx(operands[0]));
                    scalar!(e, fmt, sqrtsd, sqrtss, 0, operands[0]);
                });
                true
            }
            Op::FpSet { cond, quiet, fmt, dst, a, b } if fmt != Fmt::H => {
                self.compare_fp(op, cond, quiet, fmt, dst, [a, b]);
                true
            }
            Op::FpSign { sign, fmt, dst, a, b } if fmt != Fmt::H => {
                self.sign(op, sign, fmt, dst, a, b);
                true
            }
            Op::FpToInt { fmt, int, rm, dst, a } if fmt != Fmt::H => {
                self.float_to_int(op, fmt, int, rm, dst, a)
            }
            Op::IntToFp { int, fmt, rm, dst, a } if fmt != Fmt::H => self.int_to_fp(op, int, fmt, rm, dst, a),
            Op::FpToFp { from: Fmt::S, to: Fmt::D, dst, a, .. } => {
                self.with_operands(
                    op,
                    Fmt::S,
                    dst,
                    Fmt::D,
                    &[a],
                    |e, x| x64!(e.asm ; cvtss2sd xmm0, Rx(x[0])),
                );
                true
            }
            Op::FpToFp { from: Fmt::D, to: Fmt::S, rm, dst, a } if rm == self.rounding => {
                self.with_operands(op, Fmt::D, dst, Fmt::S, &[a], |e, x| {
                    // The upper half of the result is the destination's: ones. The operand may be in xmm0 itself.
                    x64!(e.asm ; pcmpeqd xmm1, xmm1 ; cvtsd2ss xmm1, Rx(x[0]) ; movaps xmm0, xmm1);
                });
                true
            }
            _ => false,
        }
    }

    /// dst = what accrued, if all of it is known; else what accrued in the host's unit too.
    fn read_flags(&mut self, op: &Op, dst: Dst) {
        let [at, back, end] = std::array::from_fn(|_| self.asm.new_dynamic_label());
        let slow = self.slow_aside(op, end);
        let d = self.target(dst, RAX);
        x64!(self.asm ; mov Rd(d), [rbp + ACCRUED] ; test Rd(d), Rd(d) ; js =>at ; =>back);
        self.aside(Cold::ReadFlags { at, back, register: d, slow });
        self.write(dst, d);
        x64!(self.asm ; =>end);
    }

    /// Asks the host's unit. When that was done often, the interpreter is asked, and has exceptions trap.
    pub(super) fn read_unsure(&mut self, back: Label, register: u8, slow: Label) {
        x64!(self.asm
            ; sub DWORD [rbp + FLAG_READS_LEFT], 1
            ; jz =>slow
            ; stmxcsr [rbp + MXCSR]
            ; mov eax, [rbp + MXCSR]
            ; and eax, STICKY as i32
            ; movzx eax, BYTE [rbp + rax + FLAGS_OF_HOST]
            ; or eax, [rbp + ACCRUED]
            ; and eax, 31
            ; mov Rd(register), eax
            ; jmp =>back);
    }

    /// accrued flags = a: nothing to do when that is what is known of them.
    fn write_flags(&mut self, a: Val) {
        let (at, back) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        self.load_into(RAX, a);
        x64!(self.asm ; and eax, 31 ; cmp eax, [rbp + ACCRUED] ; jne =>at ; =>back);
        self.aside(Cold::WriteFlags { at, back });
    }

    /// As [`Frame::set_fp_flags`](crate::Frame::set_fp_flags), to what is in eax. Loading MXCSR is slow: what it has is
    /// left there if it may be.
    pub(super) fn write_unsure(&mut self, back: Label) {
        let (unsure, fewer) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        x64!(self.asm
            ; mov ecx, [rbp + ACCRUED]
            ; mov edx, eax
            ; not edx
            ; test ecx, ecx
            ; js =>unsure
            ; mov [rbp + ACCRUED], eax
            ; test ecx, edx
            ; jz =>back
            ; stmxcsr [rbp + MXCSR]
            ; or DWORD [rbp + MXCSR], MASKS as i32
            ; jmp =>fewer
            ; =>unsure
            ; mov [rbp + ACCRUED], eax
            ; or DWORD [rbp + ACCRUED], UNSURE as i32
            ; stmxcsr [rbp + MXCSR]
            ; mov ecx, [rbp + MXCSR]
            ; and ecx, STICKY as i32
            ; movzx ecx, BYTE [rbp + rcx + FLAGS_OF_HOST]
            ; test ecx, edx
            ; jz =>back
            ; =>fewer
            ; or DWORD [rbp + ACCRUED], UNSURE as i32
            ; and DWORD [rbp + MXCSR], !STICKY as i32
            ; ldmxcsr [rbp + MXCSR]
            ; jmp =>back);
    }

    /// dst = a, when either lives in the FP unit.
    pub(super) fn move_fp(&mut self, dst: Dst, a: Val) {
        let boxed = matches!(a, Val::Slot(slot) if self.boxed.contains(&slot));
        match (self.place(dst.into()), self.place(a)) {
            (Some(Place::Xmm(d)), Some(Place::Xmm(s))) => x64!(self.asm ; movaps Rx(d), Rx(s)),
            (Some(Place::Xmm(d)), Some(Place::Mem(at))) => x64!(self.asm ; movsd Rx(d), [rbp + at]),
            (Some(Place::Xmm(d)), Some(Place::Gpr(r))) => x64!(self.asm ; movq Rx(d), Rq(r)),
            (Some(Place::Mem(at)), Some(Place::Xmm(s))) => x64!(self.asm ; movsd [rbp + at], Rx(s)),
            _ => {
                let d = self.target(dst, RAX);
                self.load_into(d, a);
                self.write(dst, d);
            }
        }
        if let Dst::Slot(slot) = dst {
            self.unbox(slot);
            if boxed {
                self.boxed.push(slot);
            }
        }
    }

    /// An FP register that holds `val`: its own, or `scratch`.
    pub(super) fn read_fp(&mut self, val: Val, scratch: u8) -> u8 {
        match self.place(val) {
            Some(Place::Xmm(x)) => return x,
            Some(Place::Mem(at)) => x64!(self.asm ; movsd Rx(scratch), [rbp + at]),
            Some(Place::Gpr(r)) => x64!(self.asm ; movq Rx(scratch), Rq(r)),
            None => {
                self.load_into(RAX, val);
                x64!(self.asm ; movq Rx(scratch), rax);
            }
        }
        scratch
    }

    /// dst = FP register
    fn write_fp(&mut self, dst: Dst, x: u8, fmt: Fmt) {
        match self.place(dst.into()) {
            Some(Place::Xmm(d)) if d != x => x64!(self.asm ; movaps Rx(d), Rx(x)),
            Some(Place::Mem(at)) => x64!(self.asm ; movsd [rbp + at], Rx(x)),
            Some(Place::Gpr(r)) => x64!(self.asm ; movq Rq(r), Rx(x)),
            _ => {}
        }
        if let Dst::Slot(slot) = dst {
            self.unbox(slot);
            if fmt == Fmt::S {
                self.boxed.push(slot);
            }
        }
    }

    /// Reads operands of `fmt` into registers (scratch: xmm0, 1, 2 in order); an unboxed binary32 goes to `slow`.
    fn operands(&mut self, fmt: Fmt, vals: &[Val], slow: Label) -> [u8; 3] {
        let mut registers = [0; 3];
        for (i, &val) in vals.iter().enumerate() {
            let x = self.read_fp(val, i as u8);
            registers[i] = x;
            let known = matches!(val, Val::Slot(slot) if self.boxed.contains(&slot));
            if fmt == Fmt::S && !known {
                x64!(self.asm ; movq rax, Rx(x) ; shr rax, 32 ; inc eax ; jnz =>slow);
                // On this path it is boxed from here on; the slow path comes back behind the operation, where the
                // operand is what it was, so only a fresh check may be skipped there: do not record it.
            }
        }
        registers
    }

    /// An operation whose result `emit` leaves in xmm0; NaNs are made canonical, the result written.
    fn with_operands(
        &mut self,
        op: &Op,
        from: Fmt,
        dst: Dst,
        to: Fmt,
        vals: &[Val],
        emit: impl FnOnce(&mut Self, [u8; 3]),
    ) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let registers = self.operands(from, vals, slow);
        emit(self, registers);
        self.canonical_nan(0, to);
        self.write_fp(dst, 0, to);
        x64!(self.asm ; =>back);
    }

    /// Makes a NaN in the register the canonical one.
    fn canonical_nan(&mut self, register: u8, fmt: Fmt) {
        let (at, back) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        self.aside(Cold::Nan { at, back, register, fmt });
        scalar!(self, fmt, ucomisd, ucomiss, register, register);
        x64!(self.asm ; jp =>at ; =>back);
    }

    fn with_result(
        &mut self,
        op: &Op,
        fmt: Fmt,
        dst: Dst,
        vals: &[Val],
        emit: impl FnOnce(&mut Self, [u8; 3]),
    ) {
        self.with_operands(op, fmt, dst, fmt, vals, emit);
    }

    /// The FP register that `dst` is in, if results may stay dirty there.
    fn in_place(&self, dst: Dst) -> Option<(Slot, u8)> {
        match (dst, self.place(dst.into())) {
            (Dst::Slot(slot), Some(Place::Xmm(d)))
                if self.may_stay_dirty(Some(Place::Xmm(d))) && std::arch::is_x86_feature_detected!("avx") =>
            {
                Some((slot, d))
            }
            _ => None,
        }
    }

    /// The same, but that `emit` leaves the result in its place, whatever NaN it is.
    fn computed_in_place(
        &mut self,
        op: &Op,
        fmt: Fmt,
        (slot, register): (Slot, u8),
        vals: &[Val],
        emit: impl FnOnce(&mut Self, [u8; 3]),
    ) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let operands = self.operands(fmt, vals, slow);
        emit(self, operands);
        x64!(self.asm ; =>back);
        self.unbox(slot);
        if fmt == Fmt::S {
            self.boxed.push(slot);
        }
        self.dirty.push(Dirty { slot, register, wants: Wants::Nan(fmt) });
    }

    fn arithmetic(&mut self, op: &Op, kind: FpOp, fmt: Fmt, dst: Dst, a: Val, b: Val) -> bool {
        if let Some((slot, d)) = self.in_place(dst) {
            self.computed_in_place(op, fmt, (slot, d), &[a, b], |e, [a, b, _]| match (kind, fmt == Fmt::D) {
                (FpOp::Add, true) => x64!(e.asm ; vaddsd Rx(d), Rx(a), Rx(b)),
                (FpOp::Add, false) => x64!(e.asm ; vaddss Rx(d), Rx(a), Rx(b)),
                (FpOp::Sub, true) => x64!(e.asm ; vsubsd Rx(d), Rx(a), Rx(b)),
                (FpOp::Sub, false) => x64!(e.asm ; vsubss Rx(d), Rx(a), Rx(b)),
                (FpOp::Mul, true) => x64!(e.asm ; vmulsd Rx(d), Rx(a), Rx(b)),
                (FpOp::Mul, false) => x64!(e.asm ; vmulss Rx(d), Rx(a), Rx(b)),
                (_, true) => x64!(e.asm ; vdivsd Rx(d), Rx(a), Rx(b)),
                (_, false) => x64!(e.asm ; vdivss Rx(d), Rx(a), Rx(b)),
            });
            return true;
        }
        self.with_result(op, fmt, dst, &[a, b], |e, [a, b, _]| {
            // b is never xmm0 (scratch of the first operand), so a may move there.
            if a != 0 {
                x64!(e.asm ; movaps xmm0, Rx(a));
            }
            match kind {
                FpOp::Add => scalar!(e, fmt, addsd, addss, 0, b),
                FpOp::Sub => scalar!(e, fmt, subsd, subss, 0, b),
                FpOp::Mul => scalar!(e, fmt, mulsd, mulss, 0, b),
                _ => scalar!(e, fmt, divsd, divss, 0, b),
            }
        });
        true
    }

    /// ±(a * b) ± c by FMA3. A NaN from it may lack the invalid flag that infinity times zero plus NaN must raise:
    /// all NaNs go to the interpreter.
    fn fused(&mut self, op: &Op) -> bool {
        let Op::Fma { fmt, negate_product, negate_addend, dst, a, b, c, .. } = *op else { return false };
        if !std::arch::is_x86_feature_detected!("fma") {
            return false;
        }
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let [ra, rb, rc] = self.operands(fmt, &[a, b, c], slow);
        if ra != 0 {
            x64!(self.asm ; movaps xmm0, Rx(ra));
        }
        let d = fmt == Fmt::D;
        match (negate_product, negate_addend, d) {
            (false, false, true) => x64!(self.asm ; vfmadd213sd xmm0, Rx(rb), Rx(rc)),
            (false, false, false) => x64!(self.asm ; vfmadd213ss xmm0, Rx(rb), Rx(rc)),
            (false, true, true) => x64!(self.asm ; vfmsub213sd xmm0, Rx(rb), Rx(rc)),
            (false, true, false) => x64!(self.asm ; vfmsub213ss xmm0, Rx(rb), Rx(rc)),
            (true, false, true) => x64!(self.asm ; vfnmadd213sd xmm0, Rx(rb), Rx(rc)),
            (true, false, false) => x64!(self.asm ; vfnmadd213ss xmm0, Rx(rb), Rx(rc)),
            (true, true, true) => x64!(self.asm ; vfnmsub213sd xmm0, Rx(rb), Rx(rc)),
            (true, true, false) => x64!(self.asm ; vfnmsub213ss xmm0, Rx(rb), Rx(rc)),
        }
        scalar!(self, fmt, ucomisd, ucomiss, 0, 0);
        x64!(self.asm ; jp =>slow);
        self.write_fp(dst, 0, fmt);
        x64!(self.asm ; =>back);
        true
    }

    fn compare_fp(&mut self, op: &Op, cond: FpCond, quiet: bool, fmt: Fmt, dst: Dst, [a, b]: [Val; 2]) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let [ra, rb, _] = self.operands(fmt, &[a, b], slow);
        // a < b is read off as b > a: unordered then counts as false.
        let (first, second) = if cond == FpCond::Eq { (ra, rb) } else { (rb, ra) };
        if quiet {
            scalar!(self, fmt, ucomisd, ucomiss, first, second);
        } else {
            scalar!(self, fmt, comisd, comiss, first, second);
        }
        match cond {
            FpCond::Eq => x64!(self.asm ; sete al ; setnp cl ; and al, cl),
            FpCond::Lt => x64!(self.asm ; seta al),
            FpCond::Le => x64!(self.asm ; setae al),
        }
        let d = self.target(dst, RAX);
        x64!(self.asm ; movzx Rd(d), al);
        self.write(dst, d);
        x64!(self.asm ; =>back);
    }

    fn sign(&mut self, op: &Op, sign: FpSign, fmt: Fmt, dst: Dst, a: Val, b: Val) {
        let (mask, rest) =
            if fmt == Fmt::D { (Const::SignD, Const::MagnitudeD) } else { (Const::SignS, Const::MagnitudeS) };
        let (mask, rest) = (const_offset(mask), const_offset(rest));
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let [ra, rb, _] = self.operands(fmt, &[a, b], slow);
        // xmm2 = the sign wanted; xmm0 = a without its own. Upper halves of boxed values come from a.
        x64!(self.asm ; movaps xmm2, Rx(rb));
        match sign {
            FpSign::Copy => {}
            FpSign::Negate => x64!(self.asm ; xorps xmm2, [rbp + mask]),
            FpSign::Xor => x64!(self.asm ; xorps xmm2, Rx(ra)),
        }
        x64!(self.asm ; andps xmm2, [rbp + mask]);
        if ra != 0 {
            x64!(self.asm ; movaps xmm0, Rx(ra));
        }
        x64!(self.asm ; andps xmm0, [rbp + rest] ; orps xmm0, xmm2);
        if fmt == Fmt::S {
            x64!(self.asm ; orps xmm0, [rbp + const_offset(Const::BoxS)]);
        }
        self.write_fp(dst, 0, fmt);
        x64!(self.asm ; =>back);
    }

    /// Ordered and unequal operands only; the rest (zeroes of either sign, NaNs) is the interpreter's.
    fn min_max_number(&mut self, op: &Op, kind: FpOp, fmt: Fmt, dst: Dst, a: Val, b: Val) -> bool {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let [ra, rb, _] = self.operands(fmt, &[a, b], slow);
        scalar!(self, fmt, ucomisd, ucomiss, ra, rb);
        // Unordered sets the zero flag too.
        x64!(self.asm ; je =>slow);
        if ra != 0 {
            x64!(self.asm ; movaps xmm0, Rx(ra));
        }
        if kind == FpOp::MinNum {
            scalar!(self, fmt, minsd, minss, 0, rb);
        } else {
            scalar!(self, fmt, maxsd, maxss, 0, rb);
        }
        self.write_fp(dst, 0, fmt);
        x64!(self.asm ; =>back);
        true
    }

    /// Signed conversions; the host's "integer indefinite" sends out-of-range operands (and one that is not) aside.
    fn float_to_int(&mut self, op: &Op, fmt: Fmt, int: Int, rm: Rounding, dst: Dst, a: Val) -> bool {
        let truncate = rm == Rounding::TowardZero;
        if !matches!(int, Int::I32 | Int::I64) || !truncate && rm != self.rounding {
            return false;
        }
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let [x, ..] = self.operands(fmt, &[a], slow);
        match (fmt == Fmt::D, int, truncate) {
            (true, Int::I32, true) => x64!(self.asm ; cvttsd2si eax, Rx(x)),
            (true, Int::I32, false) => x64!(self.asm ; cvtsd2si eax, Rx(x)),
            (true, _, true) => x64!(self.asm ; cvttsd2si rax, Rx(x)),
            (true, _, false) => x64!(self.asm ; cvtsd2si rax, Rx(x)),
            (false, Int::I32, true) => x64!(self.asm ; cvttss2si eax, Rx(x)),
            (false, Int::I32, false) => x64!(self.asm ; cvtss2si eax, Rx(x)),
            (false, _, true) => x64!(self.asm ; cvttss2si rax, Rx(x)),
            (false, _, false) => x64!(self.asm ; cvtss2si rax, Rx(x)),
        }
        if int == Int::I32 {
            x64!(self.asm ; cmp eax, i32::MIN ; je =>slow ; movsxd rax, eax);
        } else {
            x64!(self.asm ; mov rcx, QWORD i64::MIN ; cmp rax, rcx ; je =>slow);
        }
        self.write(dst, RAX);
        x64!(self.asm ; =>back);
        true
    }

    fn int_to_fp(&mut self, op: &Op, int: Int, fmt: Fmt, rm: Rounding, dst: Dst, a: Val) -> bool {
        let exact = fmt == Fmt::D && matches!(int, Int::I32 | Int::U32);
        if !exact && rm != self.rounding {
            return false;
        }
        let back = self.asm.new_dynamic_label();
        let r = self.read(a, RAX);
        let x = match self.place(dst.into()) {
            Some(Place::Xmm(x)) => x,
            _ => 0,
        };
        if int == Int::U64 {
            // Before the operand is gone, which may be where the result goes.
            let slow = self.slow_aside(op, back);
            x64!(self.asm ; test Rq(r), Rq(r) ; js =>slow);
        }
        // The upper half of a binary32 is ones; and the host waits for what was there before, if it is not made anew.
        if fmt == Fmt::D {
            x64!(self.asm ; xorps Rx(x), Rx(x));
        } else {
            x64!(self.asm ; pcmpeqd Rx(x), Rx(x));
        }
        match (int, fmt == Fmt::D) {
            (Int::I32, true) => x64!(self.asm ; cvtsi2sd Rx(x), Rd(r)),
            (Int::I32, false) => x64!(self.asm ; cvtsi2ss Rx(x), Rd(r)),
            (Int::I64, true) => x64!(self.asm ; cvtsi2sd Rx(x), Rq(r)),
            (Int::I64, false) => x64!(self.asm ; cvtsi2ss Rx(x), Rq(r)),
            (Int::U32, true) => x64!(self.asm ; mov eax, Rd(r) ; cvtsi2sd Rx(x), rax),
            (Int::U32, false) => x64!(self.asm ; mov eax, Rd(r) ; cvtsi2ss Rx(x), rax),
            (Int::U64, d) => {
                if d {
                    x64!(self.asm ; cvtsi2sd Rx(x), Rq(r));
                } else {
                    x64!(self.asm ; cvtsi2ss Rx(x), Rq(r));
                }
            }
        }
        self.write_fp(dst, x, fmt);
        x64!(self.asm ; =>back);
        true
    }
}
