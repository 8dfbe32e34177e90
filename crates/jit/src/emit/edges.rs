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
use crate::slots::SlotSet;
use rustc_hash::FxHashMap;

/// Rounds in which a distance may grow; after those, what grows is given up.
const GROWING: u32 = 6;

/// What holds where a block begins.
#[derive(Debug, Clone, Default, PartialEq)]
struct Begin {
    /// Sign extensions.
    narrow: Narrow,
    /// No NaNs, or the canonical one.
    canonical: Canonical,
    /// Those of both that may be dirty.
    dirty: Vec<Dirty>,
    /// Addresses.
    reach: Reach,
}

impl Begin {
    /// Whether to do what `dirty` wants would do no harm.
    fn bears(&self, dirty: &Dirty) -> bool {
        match dirty.wants {
            Wants::Sign => self.narrow.slots.has(dirty.slot),
            Wants::Nan(fmt) => self.canonical.set_of(fmt).has(dirty.slot),
        }
    }

    /// What `op` does to all that is known, as the emitter will find it. Supposes that NaNs are to be canonical, as they are
    /// of every ISA whose arithmetic the emitter does in place.
    fn step(&mut self, op: &Op, registers: &Registers) {
        let handed_on = handed_on(op, &self.dirty, &self.narrow, registers);
        if handed_on.is_none() {
            let seen = seen_by(op, &self.dirty, &self.narrow);
            self.dirty.retain(|dirty| !seen.contains(dirty));
        }
        let mut written = None;
        op.visit(|_| {}, |dst| written = Some(dst));
        if let Some(Dst::Slot(slot)) = written {
            self.dirty.retain(|dirty| dirty.slot != slot);
            match (op, registers.place(slot)) {
                (Op::Bin { w: Width::S32, .. }, Place::Gpr(register)) => {
                    self.dirty.push(Dirty { slot, register, wants: Wants::Sign });
                }
                (Op::Fp { fmt, .. } | Op::Sqrt { fmt, .. }, Place::Xmm(register)) if *fmt != Fmt::H => {
                    self.dirty.push(Dirty { slot, register, wants: Wants::Nan(*fmt) });
                }
                _ => {}
            }
        }
        self.dirty.extend(handed_on);
        self.canonical.follow(op, written);
        self.narrow.follow(op);
        self.reach.follow(op);
    }

    /// Keeps of what is known what `other` knows too; what is dirty there may be dirty here. `grow`: see [`Reach::meet`].
    fn meet(&mut self, other: &Begin, grow: bool) {
        self.reach.meet(&other.reach, grow);
        self.narrow.slots = self.narrow.slots & other.narrow.slots;
        self.canonical = self.canonical.and(&other.canonical);
        let more: Vec<Dirty> = other.dirty.iter().filter(|d| !self.dirty.contains(d)).copied().collect();
        self.dirty.extend(more);
        let dirty = std::mem::take(&mut self.dirty);
        self.dirty = dirty.into_iter().filter(|dirty| self.bears(dirty)).collect();
    }
}

/// Registers that hold no NaN of a format, or its canonical one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Canonical {
    single: SlotSet,
    double: SlotSet,
}

impl Canonical {
    fn set_of(&self, fmt: Fmt) -> SlotSet {
        match fmt {
            Fmt::S => self.single,
            Fmt::D => self.double,
            Fmt::H => SlotSet::default(),
        }
    }

    fn and(&self, other: &Canonical) -> Canonical {
        Canonical { single: self.single & other.single, double: self.double & other.double }
    }

    /// Keeps up with `op`, which has `written` something.
    fn follow(&mut self, op: &Op, written: Option<Dst>) {
        if !op.shows_all() {
            *self = Canonical::default();
        }
        let (single, double) = match *op {
            Op::Fp { fmt, .. } | Op::Fma { fmt, .. } | Op::Sqrt { fmt, .. } | Op::IntToFp { fmt, .. } => {
                (fmt == Fmt::S, fmt == Fmt::D)
            }
            Op::FpToFp { to, .. } => (to == Fmt::S, to == Fmt::D),
            Op::Move { a: Val::Imm(0), .. } => (true, true),
            Op::Move { a: Val::Slot(from), .. } => (self.single.has(from), self.double.has(from)),
            _ => (false, false),
        };
        if let Some(Dst::Slot(slot)) = written {
            self.single.set(slot, single);
            self.double.set(slot, double);
        }
    }
}

/// See the module's head.
pub(super) struct Edges {
    /// Registers that must be addresses in the mirror's window at the entry.
    pub(super) bases: Vec<Slot>,
    /// In the plan's order.
    begins: Vec<Begin>,
    /// The places of blocks in it.
    index: FxHashMap<u64, usize>,
}

impl Edges {
    /// Of the region in this layout.
    pub(super) fn of(plan: &Plan, registers: &Registers) -> Edges {
        let scalars = crate::SLOTS as Slot;
        let gpr = |slot: &Slot| matches!(registers.place(*slot), Place::Gpr(_));
        let xmm = |slot: &Slot| matches!(registers.place(*slot), Place::Xmm(_));
        let floats = (0..scalars).filter(xmm).collect();
        let everything = Begin {
            narrow: Narrow { slots: (0..scalars).filter(gpr).collect() },
            canonical: Canonical { single: floats, double: floats },
            dirty: Vec::new(),
            reach: Reach::within(addresses(plan)),
        };
        let bases = first_bases(plan);
        let mut begins = vec![everything; plan.parts.len()];
        begins[0].reach = Reach::within(bases.iter().copied());
        let index = plan.parts.iter().enumerate().map(|(i, part)| (part.block.pc, i)).collect();
        let mut edges = Edges { bases, begins, index };
        let mut stale = vec![true; plan.parts.len()];
        for rounds in 0.. {
            // Each round takes something from what is known or adds to what is dirty, or is the last. Distances may only
            // grow for a while.
            let mut grow = GROWING;
            while edges.round(plan, registers, &mut stale, grow > 0) {
                grow = grow.saturating_sub(1 + rounds);
            }
            // What is not dirty at the entry is not looked at there, and so not known.
            let entry = &mut edges.begins[0];
            let before = entry.clone();
            let sure = before.dirty.iter().map(|dirty| dirty.slot).collect();
            entry.narrow.slots = entry.narrow.slots & sure;
            entry.canonical = entry.canonical.and(&Canonical { single: sure, double: sure });
            if *entry == before {
                break;
            }
            stale[0] = true;
        }
        edges
    }

    /// Follows every block whose beginning has changed since it was followed; whether there are such now.
    fn round(&mut self, plan: &Plan, registers: &Registers, stale: &mut [bool], grow: bool) -> bool {
        for (i, part) in plan.parts.iter().enumerate() {
            if !std::mem::take(&mut stale[i]) {
                continue;
            }
            let mut now = self.begins[i].clone();
            part.block.ops.iter().for_each(|op| now.step(op, registers));
            let seen = seen_by_compare(&part.block.end, &now.dirty, &now.narrow);
            now.dirty.retain(|dirty| !seen.contains(dirty));
            for pc in onward(&part.block.end, plan) {
                let Some(&next) = self.index.get(&pc) else { continue };
                let before = self.begins[next].clone();
                self.begins[next].meet(&now, grow);
                stale[next] |= self.begins[next] != before;
            }
        }
        stale.contains(&true)
    }

    fn begin(&self, pc: u64) -> Option<&Begin> {
        Some(&self.begins[*self.index.get(&pc)?])
    }

    /// What must do no harm at the region's entry.
    pub(super) fn sure_at_entry(&self) -> Vec<Dirty> {
        self.begins[0].dirty.clone()
    }

    /// What may be dirty where the block at `pc` begins.
    pub(super) fn dirty(&self, pc: u64) -> &[Dirty] {
        self.begin(pc).map_or(&[], |begin| &begin.dirty)
    }

    /// What is near the mirror's window there.
    pub(super) fn reach(&self, pc: u64) -> Reach {
        self.begin(pc).map_or(Reach::default(), |begin| begin.reach.clone())
    }

    /// The sign extensions there.
    pub(super) fn narrow(&self, pc: u64) -> Narrow {
        self.begin(pc).map_or(Narrow::default(), |begin| begin.narrow)
    }

    /// Those of `dirty` that the end of a block would see as they are, or a block behind it. (Ways out of the region finish
    /// what is dirty themselves.)
    pub(super) fn seen_by_end(&self, end: &End, dirty: &[Dirty], narrow: &Narrow) -> Vec<Dirty> {
        let next = match *end {
            End::Jump { target, .. } => vec![target],
            End::Branch { taken, fall, .. } => vec![taken, fall],
            _ => return dirty.to_vec(),
        };
        let compared = seen_by_compare(end, dirty, narrow);
        let inside: Vec<&Begin> = next.iter().filter_map(|pc| self.begin(*pc)).collect();
        let stays = |dirty: &Dirty| {
            !compared.contains(dirty) && inside.iter().all(|begin| begin.dirty.contains(dirty))
        };
        dirty.iter().filter(|dirty| !stays(dirty)).copied().collect()
    }
}

/// Those that a branch compares by more than the lower half.
fn seen_by_compare(end: &End, dirty: &[Dirty], narrow: &Narrow) -> Vec<Dirty> {
    match *end {
        End::Branch { a, b, .. } if !(narrow.has(a) && narrow.has(b)) => {
            dirty.iter().filter(|d| [a, b].contains(&Val::Slot(d.slot))).copied().collect()
        }
        End::Jump { .. } | End::Branch { .. } => Vec::new(),
        _ => dirty.to_vec(),
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
