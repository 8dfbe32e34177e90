//! What stays dirty on the way from one block of a region to the next.
//!
//! ```text
//!   loop: lw a5, (a0)           block         where it begins                    where it ends
//!         addw a4, a4, a5       loop          a4, a5: sign extensions on every   a4: dirty, a5: whole
//!         addi a0, a0, 4                      way here; a4: dirty on one of them
//!         bne a0, a1, loop
//! ```
//! A register may be dirty where a block begins if on every way there it is a sign extension, or about to become one: then
//! to extend it once more does no harm. The region's entry is such a way too: there the values are looked at.

use super::asm::{Place, Registers};
use super::dirty::{Dirty, Wants, handed_on, seen_by};
use crate::ir::{Dst, End, Hint, Op, Slot, Val, Width};
use crate::region::Plan;
use crate::simplify::Narrow;
use rustc_hash::FxHashMap;

/// What holds where a block begins.
#[derive(Debug, Clone, Default, PartialEq)]
struct Begin {
    /// Sign extensions.
    narrow: Vec<Slot>,
    /// Those of them that may be dirty.
    dirty: Vec<Dirty>,
}

/// See the module's head.
pub(super) struct Edges {
    first: u64,
    begins: FxHashMap<u64, Begin>,
}

impl Edges {
    /// Of the region in this layout.
    pub(super) fn of(plan: &Plan, registers: &Registers) -> Edges {
        let first = plan.parts[0].block.pc;
        let scalars = crate::SLOTS as Slot;
        let gpr = |slot: &Slot| matches!(registers.place(*slot), Place::Gpr(_));
        let all: Vec<Slot> = (0..scalars).filter(gpr).collect();
        let begins = plan
            .parts
            .iter()
            .map(|part| (part.block.pc, Begin { narrow: all.clone(), dirty: Vec::new() }))
            .collect();
        let mut edges = Edges { first, begins };
        loop {
            // Each round takes something from what is narrow or adds to what is dirty, or is the last.
            while edges.round(plan, registers) {}
            // What is not dirty at the entry is not looked at there, and so not known.
            let sure = edges.sure_at_entry();
            let Some(entry) = edges.begins.get_mut(&first) else { break };
            let known = entry.narrow.len();
            entry.narrow.retain(|slot| sure.contains(slot));
            if entry.narrow.len() == known {
                break;
            }
        }
        edges
    }

    /// Follows every block once; whether that changed anything.
    fn round(&mut self, plan: &Plan, registers: &Registers) -> bool {
        let mut changed = false;
        for part in &plan.parts {
            let begin = self.begins[&part.block.pc].clone();
            let (mut narrow, mut dirty) = (Narrow::from_slots(begin.narrow), begin.dirty);
            for op in &part.block.ops {
                step(op, &mut narrow, &mut dirty, registers);
            }
            let sight = self.seen_by_compare(&part.block.end, &dirty, &narrow);
            dirty.retain(|dirty| !sight.contains(dirty));
            for pc in onward(&part.block.end, plan) {
                let Some(next) = self.begins.get_mut(&pc) else { continue };
                let before = next.clone();
                next.narrow.retain(|slot| narrow.slots().contains(slot));
                next.dirty.extend(dirty.iter().filter(|dirty| !before.dirty.contains(dirty)));
                let narrow = &next.narrow;
                next.dirty.retain(|dirty| narrow.contains(&dirty.slot));
                changed |= *next != before;
            }
        }
        changed
    }

    /// Registers that must be sign extensions at the region's entry.
    pub(super) fn sure_at_entry(&self) -> Vec<Slot> {
        self.dirty(self.first).iter().map(|dirty| dirty.slot).collect()
    }

    /// What may be dirty where the block at `pc` begins.
    pub(super) fn dirty(&self, pc: u64) -> &[Dirty] {
        self.begins.get(&pc).map_or(&[], |begin| &begin.dirty)
    }

    /// The sign extensions there.
    pub(super) fn narrow(&self, pc: u64) -> Narrow {
        Narrow::from_slots(self.begins.get(&pc).map_or(Vec::new(), |begin| begin.narrow.clone()))
    }

    /// Those of `dirty` that the end of a block would see as they are, or a block behind it. (Ways out of the region finish
    /// what is dirty themselves.)
    pub(super) fn seen_by_end(&self, end: &End, dirty: &[Dirty], narrow: &Narrow) -> Vec<Dirty> {
        let next = match *end {
            End::Jump { target, .. } => vec![target],
            End::Branch { taken, fall, .. } => vec![taken, fall],
            _ => return dirty.to_vec(),
        };
        let compared = self.seen_by_compare(end, dirty, narrow);
        let inside: Vec<&Begin> = next.iter().filter_map(|pc| self.begins.get(pc)).collect();
        let stays = |dirty: &Dirty| {
            matches!(dirty.wants, Wants::Sign)
                && !compared.contains(dirty)
                && inside.iter().all(|begin| begin.dirty.contains(dirty))
        };
        dirty.iter().filter(|dirty| !stays(dirty)).copied().collect()
    }

    /// Those that a branch compares by more than the lower half.
    fn seen_by_compare(&self, end: &End, dirty: &[Dirty], narrow: &Narrow) -> Vec<Dirty> {
        match *end {
            End::Branch { a, b, .. } if !(narrow.has(a) && narrow.has(b)) => {
                dirty.iter().filter(|d| [a, b].contains(&Val::Slot(d.slot))).copied().collect()
            }
            End::Jump { .. } | End::Branch { .. } => Vec::new(),
            _ => dirty.to_vec(),
        }
    }
}

/// Where a block may go on in the region, as it runs.
fn onward(end: &End, plan: &Plan) -> Vec<u64> {
    match *end {
        End::Jump { target, .. } => vec![target],
        End::Branch { taken, fall, .. } => vec![taken, fall],
        End::Indirect { hint: Hint::Return, .. } => plan.returns.clone(),
        _ => Vec::new(),
    }
}

/// What `op` does to both, as the emitter will find it.
fn step(op: &Op, narrow: &mut Narrow, dirty: &mut Vec<Dirty>, registers: &Registers) {
    let handed_on = handed_on(op, dirty, narrow, registers);
    if handed_on.is_none() {
        let seen = seen_by(op, dirty, narrow);
        dirty.retain(|dirty| !seen.contains(dirty));
    }
    let mut written = None;
    op.visit(|_| {}, |dst| written = Some(dst));
    if let Some(Dst::Slot(slot)) = written {
        dirty.retain(|dirty| dirty.slot != slot);
        if let (Op::Bin { w: Width::S32, .. }, Place::Gpr(register)) = (op, registers.place(slot)) {
            dirty.push(Dirty { slot, register, wants: Wants::Sign });
        }
    }
    dirty.extend(handed_on);
    narrow.follow(op);
}
