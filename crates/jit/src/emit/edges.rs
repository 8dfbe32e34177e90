//! What stays dirty on the way from one block of a region to the next, and what is known of addresses there.
//!
//! ```text
//!   loop: lw a5, (a0)           block         where it begins                    where it ends
//!         addw a4, a4, a5       loop          a4, a5: sign extensions on every   a4: dirty, a5: whole
//!         addi a0, a0, 4                      way here; a4: dirty on one of them
//!         bne a0, a1, loop
//! ```
//! A register may be dirty where a block begins if on every way there it is a sign extension, or about to become one: then
//! to extend it once more does no harm. Likewise with NaNs: on every way there it must be the result of arithmetic. The
//! region's entry is such a way too: there the values are looked at.

use super::asm::{Place, Registers};
use super::dirty::{Dirty, Wants, handed_on, seen_by};
use super::reach::{Reach, accessed};
use crate::ir::{BinOp, Dst, End, Fmt, Hint, Op, Slot, Val, Width};
use crate::region::Plan;
use crate::simplify::Narrow;
use rustc_hash::FxHashMap;

/// Rounds in which a distance may grow; after those, what grows is given up.
const GROWING: u32 = 6;

/// What holds where a block begins.
#[derive(Debug, Clone, Default, PartialEq)]
struct Begin {
    /// Sign extensions.
    narrow: Vec<Slot>,
    /// No NaNs, or the canonical one.
    canonical: Vec<(Slot, Fmt)>,
    /// Those of both that may be dirty.
    dirty: Vec<Dirty>,
    /// Addresses.
    reach: Reach,
}

impl Begin {
    /// Whether to do what `dirty` wants would do no harm.
    fn bears(&self, dirty: &Dirty) -> bool {
        match dirty.wants {
            Wants::Sign => self.narrow.contains(&dirty.slot),
            Wants::Nan(fmt) => self.canonical.contains(&(dirty.slot, fmt)),
        }
    }

    /// Keeps of what is known what `other` knows too; what is dirty there may be dirty here. `grow`: see [`Reach::meet`].
    fn meet(&mut self, other: &Begin, grow: bool) {
        self.reach.meet(&other.reach, grow);
        self.narrow.retain(|slot| other.narrow.contains(slot));
        self.canonical.retain(|known| other.canonical.contains(known));
        let more: Vec<Dirty> = other.dirty.iter().filter(|d| !self.dirty.contains(d)).copied().collect();
        self.dirty.extend(more);
        let dirty = std::mem::take(&mut self.dirty);
        self.dirty = dirty.into_iter().filter(|dirty| self.bears(dirty)).collect();
    }
}

/// See the module's head.
pub(super) struct Edges {
    first: u64,
    /// Registers that must be addresses in the mirror's window at the entry.
    pub(super) bases: Vec<Slot>,
    begins: FxHashMap<u64, Begin>,
}

impl Edges {
    /// Of the region in this layout.
    pub(super) fn of(plan: &Plan, registers: &Registers) -> Edges {
        let first = plan.parts[0].block.pc;
        let scalars = crate::SLOTS as Slot;
        let gpr = |slot: &Slot| matches!(registers.place(*slot), Place::Gpr(_));
        let xmm = |slot: &Slot| matches!(registers.place(*slot), Place::Xmm(_));
        let everything = Begin {
            narrow: (0..scalars).filter(gpr).collect(),
            canonical: (0..scalars).filter(xmm).flat_map(|slot| [(slot, Fmt::S), (slot, Fmt::D)]).collect(),
            dirty: Vec::new(),
            reach: Reach::within(addresses(plan)),
        };
        let begins = plan.parts.iter().map(|part| (part.block.pc, everything.clone())).collect();
        let bases = first_bases(plan);
        let mut edges = Edges { first, bases, begins };
        if let Some(entry) = edges.begins.get_mut(&first) {
            entry.reach = Reach::within(edges.bases.iter().copied());
        }
        for rounds in 0.. {
            // Each round takes something from what is known or adds to what is dirty, or is the last. Distances may only
            // grow for a while.
            let mut grow = GROWING;
            while edges.round(plan, registers, grow > 0) {
                grow = grow.saturating_sub(1 + rounds);
            }
            // What is not dirty at the entry is not looked at there, and so not known.
            let Some(entry) = edges.begins.get_mut(&first) else { break };
            let before = entry.clone();
            let sure = |slot: &Slot| before.dirty.iter().any(|dirty| dirty.slot == *slot);
            entry.narrow.retain(sure);
            entry.canonical.retain(|(slot, _)| sure(slot));
            if *entry == before {
                break;
            }
        }
        edges
    }

    /// Follows every block once; whether that changed anything.
    fn round(&mut self, plan: &Plan, registers: &Registers, grow: bool) -> bool {
        let mut changed = false;
        for part in &plan.parts {
            let mut now = self.begins[&part.block.pc].clone();
            let mut narrow = Narrow::from_slots(std::mem::take(&mut now.narrow));
            for op in &part.block.ops {
                step(op, &mut narrow, &mut now, registers);
            }
            let seen = self.seen_by_compare(&part.block.end, &now.dirty, &narrow);
            now.dirty.retain(|dirty| !seen.contains(dirty));
            now.narrow = narrow.slots().to_vec();
            for pc in onward(&part.block.end, plan) {
                let Some(next) = self.begins.get_mut(&pc) else { continue };
                let before = next.clone();
                next.meet(&now, grow);
                changed |= *next != before;
            }
        }
        changed
    }

    /// What must do no harm at the region's entry.
    pub(super) fn sure_at_entry(&self) -> Vec<Dirty> {
        self.dirty(self.first).to_vec()
    }

    /// What may be dirty where the block at `pc` begins.
    pub(super) fn dirty(&self, pc: u64) -> &[Dirty] {
        self.begins.get(&pc).map_or(&[], |begin| &begin.dirty)
    }

    /// What is near the mirror's window there.
    pub(super) fn reach(&self, pc: u64) -> Reach {
        self.begins.get(&pc).map_or(Reach::default(), |begin| begin.reach.clone())
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
            !compared.contains(dirty) && inside.iter().all(|begin| begin.dirty.contains(dirty))
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

/// What `op` does to all that is known, as the emitter will find it; `now.narrow` is in `narrow`.
fn step(op: &Op, narrow: &mut Narrow, now: &mut Begin, registers: &Registers) {
    let handed_on = handed_on(op, &now.dirty, narrow, registers);
    if handed_on.is_none() {
        let seen = seen_by(op, &now.dirty, narrow);
        now.dirty.retain(|dirty| !seen.contains(dirty));
    }
    if !op.shows_all() {
        now.canonical.clear();
    }
    let computed = computed_in(op, &now.canonical);
    let mut written = None;
    op.visit(|_| {}, |dst| written = Some(dst));
    if let Some(Dst::Slot(slot)) = written {
        now.dirty.retain(|dirty| dirty.slot != slot);
        now.canonical.retain(|known| known.0 != slot);
        now.canonical.extend(computed.iter().map(|fmt| (slot, *fmt)));
        match (op, registers.place(slot)) {
            (Op::Bin { w: Width::S32, .. }, Place::Gpr(register)) => {
                now.dirty.push(Dirty { slot, register, wants: Wants::Sign });
            }
            (Op::Fp { fmt, .. } | Op::Sqrt { fmt, .. }, Place::Xmm(register)) if *fmt != Fmt::H => {
                now.dirty.push(Dirty { slot, register, wants: Wants::Nan(*fmt) });
            }
            _ => {}
        }
    }
    now.dirty.extend(handed_on);
    narrow.follow(op);
    now.reach.follow(op);
}

/// Registers that are used as addresses, or that some may come from.
fn addresses(plan: &Plan) -> Vec<Slot> {
    let ops = plan.parts.iter().flat_map(|part| &part.block.ops);
    let mut slots: Vec<Slot> = ops
        .filter_map(|op| match *op {
            Op::Bin { op: BinOp::Add, w: Width::W64, a: Val::Slot(a), b: Val::Imm(_), .. } => Some(a),
            Op::Move { a: Val::Slot(a), .. } => Some(a),
            _ => accessed(op).map(|(base, _)| base),
        })
        .collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// Registers that the region's first block uses as addresses as they are at the entry, and those that are used as addresses
/// and never written.
fn first_bases(plan: &Plan) -> Vec<Slot> {
    let mut bases = plan.fixed_bases();
    let mut written = Vec::new();
    for op in &plan.parts[0].block.ops {
        if !op.shows_all() {
            break;
        }
        bases.extend(accessed(op).map(|(base, _)| base).filter(|base| !written.contains(&Dst::Slot(*base))));
        op.visit(|_| {}, |dst| written.push(dst));
    }
    bases.sort_unstable();
    bases.dedup();
    bases
}

/// The formats in which the operation's result is not a NaN, or the canonical one.
fn computed_in(op: &Op, canonical: &[(Slot, Fmt)]) -> Vec<Fmt> {
    match *op {
        Op::Fp { fmt, .. } | Op::Fma { fmt, .. } | Op::Sqrt { fmt, .. } | Op::IntToFp { fmt, .. } => {
            vec![fmt]
        }
        Op::FpToFp { to, .. } => vec![to],
        Op::Move { a: Val::Imm(0), .. } => vec![Fmt::S, Fmt::D],
        Op::Move { a: Val::Slot(from), .. } => {
            canonical.iter().filter(|known| known.0 == from).map(|known| known.1).collect()
        }
        _ => Vec::new(),
    }
}
