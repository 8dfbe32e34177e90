//! How far guest registers may be from the mirror's window.
//!
//! An address that was checked is within it, and so is one at which an access did not fault: around the window nothing is
//! ever mapped. From there a register may move by small constants, as long as all of it is less than the guards are wide.

use crate::ir::{BinOp, Dst, Op, Slot, Val, Width};
use crate::mirror::GUARD;

/// How far a register may be from the window, and an access from its register: half of a guard each.
pub(super) const NEAR: i64 = GUARD as i64 / 2 - 64;

/// Registers known to be within or near the window: at most how many bytes from it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reach {
    known: Vec<(Slot, i64)>,
}

impl Reach {
    /// These are within it.
    pub(super) fn within(slots: impl IntoIterator<Item = Slot>) -> Reach {
        Reach { known: slots.into_iter().map(|slot| (slot, 0)).collect() }
    }

    /// How far the register may be; `None`: anywhere.
    pub(super) fn of(&self, slot: Slot) -> Option<i64> {
        self.known.iter().find(|known| known.0 == slot).map(|known| known.1)
    }

    fn set(&mut self, slot: Slot, reach: Option<i64>) {
        self.known.retain(|known| known.0 != slot);
        self.known.extend(reach.filter(|reach| *reach <= NEAR).map(|reach| (slot, reach)));
    }

    /// Keeps up with an operation, whose access was checked if it had to be and did not fault.
    pub(super) fn follow(&mut self, op: &Op) {
        if !op.shows_all() {
            return self.known.clear();
        }
        if let Some((base, offset)) = accessed(op) {
            let reach = self.of(base).map_or(0, |reach| reach.min(offset.abs()));
            self.set(base, Some(reach));
        }
        let moved = match *op {
            Op::Bin { op: BinOp::Add, w: Width::W64, a: Val::Slot(a), b: Val::Imm(imm), .. } => {
                self.of(a).and_then(|reach| reach.checked_add(imm.checked_abs()?))
            }
            Op::Move { a: Val::Slot(a), .. } => self.of(a),
            _ => None,
        };
        let mut written = None;
        op.visit(|_| {}, |dst| written = Some(dst));
        if let Some(Dst::Slot(slot)) = written {
            self.set(slot, moved);
        }
    }

    /// Keeps what `other` knows too, at the greater distance. `grow`: whether a distance may become greater by that, rather
    /// than be given up.
    pub(super) fn meet(&mut self, other: &Reach, grow: bool) {
        self.known.retain_mut(|(slot, reach)| match other.of(*slot) {
            Some(theirs) if theirs <= *reach => true,
            Some(theirs) => {
                *reach = theirs;
                grow
            }
            None => false,
        });
    }
}

/// The register and the distance from it of an access that may go through the mirror.
pub(super) fn accessed(op: &Op) -> Option<(Slot, i64)> {
    match *op {
        Op::Load { base: Val::Slot(base), offset, .. } | Op::Store { base: Val::Slot(base), offset, .. } => {
            Some((base, i64::from(offset))).filter(|(_, offset)| offset.abs() <= NEAR)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::{Extend, Order, Size};

    fn add(dst: Slot, a: Slot, imm: i64) -> Op {
        Op::Bin { op: BinOp::Add, w: Width::W64, dst: Dst::Slot(dst), a: Val::Slot(a), b: Val::Imm(imm) }
    }

    fn load(dst: Slot, base: Slot, offset: i32) -> Op {
        let (size, extend) = (Size::B8, Extend::Zero);
        Op::Load { dst: Dst::Slot(dst), size, extend, base: Val::Slot(base), offset, order: Order::Relaxed }
    }

    #[test]
    fn distances_add_up_and_an_access_brings_them_back() {
        let mut reach = Reach::within([5]);
        reach.follow(&add(5, 5, 100));
        reach.follow(&add(6, 5, -60));
        assert_eq!((reach.of(5), reach.of(6)), (Some(100), Some(160)));
        reach.follow(&load(7, 6, -8));
        assert_eq!((reach.of(6), reach.of(7)), (Some(8), None));
        reach.follow(&add(6, 6, NEAR));
        assert_eq!(reach.of(6), None, "further than the guards are wide");
        reach.follow(&load(5, 5, 0));
        assert_eq!(reach.of(5), None, "what was loaded is another address");
    }

    #[test]
    fn where_two_ways_meet_the_greater_distance_counts() {
        let mut near = Reach::within([5, 6]);
        let mut far = Reach::within([5]);
        far.follow(&add(5, 5, 16));
        let mut stubborn = near.clone();
        near.meet(&far, true);
        assert_eq!((near.of(5), near.of(6)), (Some(16), None));
        stubborn.meet(&far, false);
        assert_eq!(stubborn.of(5), None);
    }
}
