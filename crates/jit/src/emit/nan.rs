//! NaNs that are not canonical yet.
//!
//! The host's operations return some quiet NaN, the guest's the canonical one. Arithmetic does not care which it is given,
//! so a region leaves results as they come ("dirty") until somebody could see the difference: a store, a move of bits, the
//! end of the block; and, in rare code, whenever registers might become visible. A loop that only computes never looks.

use super::asm::{Place, const_offset, x64};
use super::block::{Cold, Emitter};
use crate::frame::Const;
use crate::ir::{Fmt, Op, Slot, Val};
use dynasmrt::{DynasmApi, DynasmLabelApi};

/// A guest register in an FP register of the host that may hold another NaN than the canonical one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dirty {
    pub slot: Slot,
    pub register: u8,
    pub fmt: Fmt,
}

/// Whether the operation gives the same whichever quiet NaN it reads.
fn is_indifferent(op: &Op) -> bool {
    matches!(
        op,
        Op::Fp { .. }
            | Op::Fma { .. }
            | Op::Sqrt { .. }
            | Op::FpSet { .. }
            | Op::FpClass { .. }
            | Op::FpToInt { .. }
            | Op::FpToFp { .. }
    )
}

impl Emitter<'_> {
    /// Whether results may stay dirty in `place`.
    pub(super) fn may_stay_dirty(&self, place: Option<Place>) -> bool {
        self.inside.is_some() && matches!(place, Some(Place::Xmm(_)))
    }

    /// Makes canonical what `op` would see.
    pub(super) fn settle_for(&mut self, op: &Op) {
        if self.dirty.is_empty() || is_indifferent(op) {
            return;
        }
        if !op.shows_all() {
            return self.settle_all();
        }
        let mut seen = Vec::new();
        op.visit(
            |val| {
                if let Val::Slot(slot) = val {
                    seen.push(slot)
                }
            },
            |_| {},
        );
        for dirty in self.dirty.clone().into_iter().filter(|dirty| seen.contains(&dirty.slot)) {
            self.settle(dirty);
        }
    }

    /// Makes everything canonical.
    pub(super) fn settle_all(&mut self) {
        for dirty in std::mem::take(&mut self.dirty) {
            self.settle(dirty);
        }
    }

    fn settle(&mut self, Dirty { slot, register, fmt }: Dirty) {
        let (at, back) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        self.before.clear();
        self.aside(Cold::Nan { at, back, register, fmt });
        self.compare_with_itself(register, fmt);
        x64!(self.asm ; jp =>at ; =>back);
        self.dirty.retain(|dirty| dirty.slot != slot);
    }

    /// The same in rare code, clobbering nothing.
    pub(super) fn settle_aside(&mut self) {
        for Dirty { register, fmt, .. } in std::mem::take(&mut self.dirty) {
            let back = self.asm.new_dynamic_label();
            self.compare_with_itself(register, fmt);
            x64!(self.asm ; jnp =>back);
            self.load_nan(register, fmt);
            x64!(self.asm ; =>back);
        }
    }

    fn compare_with_itself(&mut self, register: u8, fmt: Fmt) {
        if fmt == Fmt::D {
            x64!(self.asm ; ucomisd Rx(register), Rx(register));
        } else {
            x64!(self.asm ; ucomiss Rx(register), Rx(register));
        }
    }

    /// register = the canonical NaN
    pub(super) fn load_nan(&mut self, register: u8, fmt: Fmt) {
        let nan = const_offset(if fmt == Fmt::D { Const::NanD } else { Const::NanS });
        x64!(self.asm ; movsd Rx(register), [rbp + nan]);
    }
}
