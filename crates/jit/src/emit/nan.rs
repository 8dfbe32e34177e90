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

/// The format that the operation reads its operands in, if it then gives the same whichever quiet NaN of that format it
/// reads. (A NaN of one format may be a number of another: boxed in it.)
fn indifferent_in(op: &Op) -> Option<Fmt> {
    match *op {
        Op::Fp { fmt, .. }
        | Op::Fma { fmt, .. }
        | Op::Sqrt { fmt, .. }
        | Op::FpSet { fmt, .. }
        | Op::FpClass { fmt, .. }
        | Op::FpToInt { fmt, .. } => Some(fmt),
        Op::FpToFp { from, .. } => Some(from),
        _ => None,
    }
}

impl Emitter<'_> {
    /// Whether results may stay dirty in `place`.
    pub(super) fn may_stay_dirty(&self, place: Option<Place>) -> bool {
        self.inside.is_some() && matches!(place, Some(Place::Xmm(_)))
    }

    /// Makes canonical what `op` would see.
    pub(super) fn settle_for(&mut self, op: &Op) {
        if self.dirty.is_empty() {
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
        let fmt = indifferent_in(op);
        let shows = |dirty: &Dirty| seen.contains(&dirty.slot) && fmt != Some(dirty.fmt);
        for dirty in self.dirty.clone().into_iter().filter(shows) {
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
