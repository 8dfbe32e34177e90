//! Sets of guest registers.

use crate::SLOTS;
use crate::ir::Slot;
use std::ops::BitAnd;

/// A set of guest registers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct SlotSet([u64; SLOTS / 64]);

impl SlotSet {
    pub(crate) fn has(&self, slot: Slot) -> bool {
        self.0[usize::from(slot) / 64] >> (slot % 64) & 1 != 0
    }

    /// Puts the register in, or takes it out.
    pub(crate) fn set(&mut self, slot: Slot, is_in: bool) {
        let word = &mut self.0[usize::from(slot) / 64];
        *word = *word & !(1 << (slot % 64)) | u64::from(is_in) << (slot % 64);
    }
}

impl BitAnd for SlotSet {
    type Output = SlotSet;

    fn bitand(self, other: SlotSet) -> SlotSet {
        SlotSet(std::array::from_fn(|i| self.0[i] & other.0[i]))
    }
}

impl FromIterator<Slot> for SlotSet {
    fn from_iter<I: IntoIterator<Item = Slot>>(slots: I) -> SlotSet {
        let mut set = SlotSet::default();
        slots.into_iter().for_each(|slot| set.set(slot, true));
        set
    }
}
