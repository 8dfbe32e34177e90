//! Regions: hot blocks that belong together, to be compiled as one.
//!
//! ```text
//!   a block ran often ─► gather: it, its successors that ran too, calls followed, until there is enough
//!                     ─► Plan: parts in the order they will be laid out, which of them are loop heads, how deep
//!                     ─► weights: which guest registers deserve host registers in here
//! ```
//! Everything here is about IR; what a host makes of a plan is the emitter's. Whoever runs a region has made sure that
//! all its pages are mapped as they were when it was planned.

use crate::blocks::{Lifted, Page, Piece};
use crate::ir::{Block, Dst, End, Hint, Op, Slot, Val};
use crate::simplify::simplify;
use lodge_memory::PAGE_SIZE;
use rustc_hash::FxHashMap;

/// Most blocks of a region.
const MAX_PARTS: usize = 40;
/// Most operations.
const MAX_OPS: usize = 800;
/// How much more a use counts for each loop around it.
const PER_LOOP: u64 = 8;
/// Loops around a use that are counted.
const MAX_DEPTH: u32 = 4;
/// See [`Part::heat`].
pub(crate) const FULL_HEAT: u32 = 16;

/// A block of a region.
pub(crate) struct Part {
    pub block: Block,
    pub physical: u64,
    /// Something behind it in the layout, or itself, jumps to it.
    pub head: bool,
    /// Loops around it.
    pub depth: u32,
    /// How often it ran before it was gathered, in [`FULL_HEAT`]ths of what makes a block hot.
    pub heat: u32,
}

/// Blocks to be compiled together; the first is where the region is entered.
pub(crate) struct Plan {
    pub parts: Vec<Part>,
    /// Where calls inside the region return to inside the region.
    pub returns: Vec<u64>,
    /// The pages that the parts come from besides the first one's.
    pub more: Vec<Page>,
}

/// How often a guest register is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    pub slot: Slot,
    pub uses: u64,
    /// Used as a floating-point register.
    pub float: bool,
    /// Written in the region.
    pub written: bool,
}

/// Where a block may go on that is known before it runs, likeliest last.
pub(crate) fn successors(block: &Block) -> Vec<u64> {
    match block.end {
        End::Jump { target, hint: Hint::Call } => vec![block.pc.wrapping_add(u64::from(block.len)), target],
        End::Jump { target, .. } => vec![target],
        End::Branch { taken, fall, .. } => vec![fall, taken],
        End::Indirect { .. } | End::Raise { .. } | End::Leave { .. } => Vec::new(),
    }
}

/// Collects blocks: offered one after another, until [`Gather::full`].
#[derive(Default)]
pub(crate) struct Gather {
    parts: Vec<Part>,
    ops: usize,
}

impl Gather {
    pub(crate) fn full(&self) -> bool {
        self.parts.len() >= MAX_PARTS || self.ops >= MAX_OPS
    }

    pub(crate) fn has(&self, pc: u64) -> bool {
        self.parts.iter().any(|part| part.block.pc == pc)
    }

    pub(crate) fn add(&mut self, mut lifted: Lifted, physical: u64, heat: u32) {
        simplify(&mut lifted.block);
        self.ops += lifted.block.ops.len();
        self.parts.push(Part { block: lifted.block, physical, head: false, depth: 0, heat });
    }

    /// The plan, unless nothing was gathered.
    pub(crate) fn plan(self) -> Option<Plan> {
        let first = self.parts.first()?;
        let here = page(first);
        let mut more: Vec<Page> = self.parts.iter().map(page).filter(|p| *p != here).collect();
        more.sort_unstable();
        more.dedup();
        let mut plan = Plan { parts: self.parts, returns: Vec::new(), more };
        plan.find_returns();
        plan.find_loops();
        Some(plan)
    }
}

/// The parts of a loop: its head, and those from which one of the jumps `back` to it is reached without passing it.
fn loop_of(head: usize, back: &[usize], onward: &[Vec<usize>]) -> Vec<usize> {
    let mut parts = vec![head];
    let mut open = back.to_vec();
    while let Some(part) = open.pop() {
        if !parts.contains(&part) {
            parts.push(part);
            open.extend((0..onward.len()).filter(|from| onward[*from].contains(&part)));
        }
    }
    parts
}

fn page(part: &Part) -> Page {
    (part.block.pc & !(PAGE_SIZE - 1), part.physical & !(PAGE_SIZE - 1))
}

impl Plan {
    fn find_returns(&mut self) {
        let inside = |pc| self.parts.iter().any(|part| part.block.pc == pc);
        let returns = self.parts.iter().filter_map(|part| match part.block.end {
            End::Jump { target, hint: Hint::Call } if inside(target) => {
                Some(part.block.pc.wrapping_add(u64::from(part.block.len))).filter(|pc| inside(*pc))
            }
            _ => None,
        });
        self.returns = returns.collect();
        self.returns.sort_unstable();
        self.returns.dedup();
    }

    fn find_loops(&mut self) {
        let index: FxHashMap<u64, usize> =
            self.parts.iter().enumerate().map(|(i, part)| (part.block.pc, i)).collect();
        let onward: Vec<Vec<usize>> = self
            .parts
            .iter()
            .map(|part| {
                let next = match part.block.end {
                    End::Indirect { hint: Hint::Return, .. } => self.returns.clone(),
                    _ => successors(&part.block),
                };
                next.iter().filter_map(|pc| index.get(pc).copied()).collect()
            })
            .collect();
        for head in 0..self.parts.len() {
            let back: Vec<usize> =
                (head..self.parts.len()).filter(|from| onward[*from].contains(&head)).collect();
            if back.is_empty() {
                continue;
            }
            self.parts[head].head = true;
            for part in loop_of(head, &back, &onward) {
                self.parts[part].depth = (self.parts[part].depth + 1).min(MAX_DEPTH);
            }
        }
    }

    /// Whether it has a loop.
    pub(crate) fn loops(&self) -> bool {
        self.parts.iter().any(|part| part.head)
    }

    /// What it is made from.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        self.parts.iter().map(|p| Piece { start: p.physical, len: u64::from(p.block.len) }).collect()
    }

    /// Registers that are used as addresses and never written; none if something may write registers unseen.
    pub(crate) fn fixed_bases(&self) -> Vec<Slot> {
        let ops = || self.parts.iter().flat_map(|part| &part.block.ops);
        if !ops().all(Op::shows_all) {
            return Vec::new();
        }
        let (mut bases, mut written) = (Vec::new(), Vec::new());
        for op in ops() {
            if let Op::Load { base: Val::Slot(base), .. } | Op::Store { base: Val::Slot(base), .. } = op {
                bases.push(*base);
            }
            op.visit(|_| {}, |dst| written.push(dst));
        }
        bases.sort_unstable();
        bases.dedup();
        bases.retain(|base| !written.contains(&Dst::Slot(*base)));
        bases
    }

    /// How often each register below `scalars` is used.
    pub(crate) fn weights(&self, scalars: Slot) -> Vec<Weight> {
        let mut weights: Vec<Weight> = Vec::new();
        let mut note = |slot: Slot, each: u64, float: bool, written: bool| {
            if slot >= scalars {
                return;
            }
            // Only as long as the highest register used: `scalars` may be far above that.
            for slot in weights.len() as Slot..=slot {
                weights.push(Weight { slot, uses: 0, float: false, written: false });
            }
            let weight = &mut weights[usize::from(slot)];
            weight.uses += each;
            weight.float |= float;
            weight.written |= written;
        };
        for part in &self.parts {
            let each = PER_LOOP.pow(part.depth) * u64::from(part.heat.clamp(1, FULL_HEAT));
            for op in &part.block.ops {
                let float = op.is_float();
                let mut written = None;
                let read = |val| match val {
                    Val::Slot(slot) => note(slot, each, float, false),
                    Val::Tmp(_) | Val::Imm(_) => {}
                };
                op.visit(read, |dst| written = Some(dst));
                if let Some(Dst::Slot(slot)) = written {
                    note(slot, each, float, true);
                }
            }
            if let End::Branch { a, b, .. } = part.block.end {
                for val in [a, b] {
                    if let Val::Slot(slot) = val {
                        note(slot, each, false, false);
                    }
                }
            }
        }
        weights.retain(|weight| weight.uses > 0);
        weights
    }
}
