//! Whole cache lines, and calls of helpers that are rarely needed.

use super::asm::{RCX, x64};
use super::block::Emitter;
use super::memory::{Alignment, WRITE};
use crate::ir::{Op, Size, Val};
use dynasmrt::{DynasmApi, DynasmLabelApi};

impl Emitter<'_> {
    /// Calls a helper, aside, if `guard` is not 0.
    pub(super) fn call_if(&mut self, whole: &Op, guard: Val) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(whole, back);
        let r = self.read(guard, RCX);
        x64!(self.asm ; test Rq(r), Rq(r) ; jnz =>slow ; =>back);
        // The way by the helper joins here.
        self.boxed.clear();
    }

    /// Zeroes the 64 bytes around `addr`.
    pub(super) fn zero_line(&mut self, whole: &Op, addr: Val) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(whole, back);
        self.load_into(RCX, addr);
        x64!(self.asm ; and rcx, -64);
        self.probe(Size::B1, WRITE, Alignment::Any, slow);
        x64!(self.asm
            ; pxor xmm0, xmm0
            ; movaps [rcx + rdx], xmm0
            ; movaps [rcx + rdx + 16], xmm0
            ; movaps [rcx + rdx + 32], xmm0
            ; movaps [rcx + rdx + 48], xmm0
            ; =>back);
    }
}
