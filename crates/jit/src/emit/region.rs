//! Regions: several blocks as one piece of host code, with guest registers where the region wants them.
//!
//! ```text
//!   entry   pages still mapped as they were? ─no─► dispatcher
//!           registers what the region takes them for (see edges)? ─no─► the first block by itself
//!           usual layout ─► own layout
//!   parts   in the plan's order; jumps among them are host jumps; loop heads look for attention, unless their block asks
//!           for it with an address (see mirror)
//!   exits   own layout ─► usual layout, then as any block's end
//! ```
//! Slow paths change to the usual layout and back: the routines they call know no other.

use super::asm::{Label, Place, RCX, Registers, slot_offset, x64};
use super::block::{Cold, Done, Emitter};
use super::dirty::{Dirty, Wants};
use super::edges::Edges;
use crate::ir::{End, Fmt, Hint, Slot, Val};
use crate::region::Plan;
use crate::softmmu::MmuContext;
use dynasmrt::{DynasmApi, DynasmLabelApi};
use rustc_hash::FxHashMap;
use std::mem::offset_of;

const GENERATION: i32 = offset_of!(MmuContext, generation) as i32;

/// Moves that are worth a routine rather than repeating them.
const FEW_MOVES: usize = 6;

/// What a region must know of what is around it.
pub(super) struct Outside<'a> {
    /// The layout outside.
    pub usual: &'a Registers,
    /// Address of the generation in which its pages were found mapped right, if it has more than the one it begins in.
    pub generation: Option<usize>,
    /// Host code that does the same as the region's first block.
    pub body: usize,
    /// Its number, if it uses the mirror.
    pub mirror: Option<u32>,
}

/// What the emitter knows while it writes a region.
pub(super) struct Inside<'a> {
    labels: FxHashMap<u64, Label>,
    returns: Vec<(u64, Label)>,
    next: Option<u64>,
    /// What is dirty where a block begins, by its address.
    edges: Edges,
    /// The layout outside.
    usual: &'a Registers,
    /// Guest registers that the region writes.
    written: Vec<Slot>,
    to_usual: Option<Label>,
    to_own: Option<Label>,
    moves: usize,
}

impl<'a> Emitter<'a> {
    /// Translates the region; `self.registers` is its own layout.
    pub(super) fn region(mut self, plan: &Plan, outside: &Outside<'a>) -> Done {
        let Outside { usual, generation, body, mirror } = *outside;
        let labels: FxHashMap<u64, Label> =
            plan.parts.iter().map(|part| (part.block.pc, self.asm.new_dynamic_label())).collect();
        let returns = plan.returns.iter().map(|pc| (*pc, labels[pc])).collect();
        let weights = plan.weights(crate::SLOTS as Slot);
        let written = weights.iter().filter(|w| w.written).map(|w| w.slot).collect();
        let moves = self.registers.differing(usual).count();
        let routine = moves > FEW_MOVES;
        let to_usual = routine.then(|| self.asm.new_dynamic_label());
        let to_own = routine.then(|| self.asm.new_dynamic_label());
        let edges = Edges::of(plan, self.registers);
        let sure = edges.sure_at_entry();
        let bases = if mirror.is_some() { edges.bases.clone() } else { Vec::new() };
        self.inside =
            Some(Inside { labels, returns, next: None, edges, usual, written, to_usual, to_own, moves });
        self.start = plan.parts[0].block.pc;
        self.chains();
        let entry = self.entry;
        x64!(self.asm ; =>entry);
        if let Some(generation) = generation {
            let at = self.asm.new_dynamic_label();
            x64!(self.asm ; mov rax, [r15 + GENERATION] ; cmp rax, [extern generation] ; jne =>at);
            self.aside(Cold::Go { at, target: self.start });
        }
        let own = std::mem::replace(&mut self.registers, usual);
        self.check_all(&bases, body);
        self.check_finished(&sure, body);
        self.registers = own;
        self.mirror = mirror;
        self.move_to_own();
        for (i, part) in plan.parts.iter().enumerate() {
            let next = plan.parts.get(i + 1).map(|part| part.block.pc);
            let Some(inside) = &mut self.inside else { unreachable!("set a few lines up") };
            inside.next = next;
            let label = inside.labels[&part.block.pc];
            x64!(self.asm ; =>label);
            self.pc = part.block.pc;
            self.boxed.clear();
            self.dirty = inside.edges.dirty(part.block.pc).to_vec();
            self.narrow = inside.edges.narrow(part.block.pc);
            self.before.clone_from(&self.dirty);
            self.reach = inside.edges.reach(part.block.pc);
            // Also at the entry: a loop may lead through several regions and never jump back within one.
            if (part.head || i == 0) && (self.counts || !self.will_check(&part.block)) {
                let at = self.asm.new_dynamic_label();
                self.aside(Cold::GoOut { at, target: part.block.pc });
                self.look_up(at);
            }
            self.ops(&part.block);
        }
        self.done(0)
    }

    /// Goes to host address `elsewhere` unless these registers, which are as usual, are what they would be made.
    fn check_finished(&mut self, all: &[Dirty], elsewhere: usize) {
        for dirty in all {
            let val = Val::Slot(dirty.slot);
            match dirty.wants {
                Wants::Sign => {
                    let r = self.read(val, RCX);
                    x64!(self.asm ; movsxd rax, Rd(r) ; cmp rax, Rq(r) ; jne extern elsewhere);
                }
                // By its bits: to compare it might raise a flag.
                Wants::Nan(fmt) => {
                    let x = self.read_fp(val, 0);
                    if fmt == Fmt::D {
                        x64!(self.asm
                            ; movq rax, Rx(x)
                            ; add rax, rax
                            ; mov rcx, QWORD (0x7ff << 53)
                            ; cmp rax, rcx);
                    } else {
                        x64!(self.asm ; movd eax, Rx(x) ; add eax, eax ; cmp eax, 0xff << 24);
                    }
                    x64!(self.asm ; ja extern elsewhere);
                }
            }
        }
    }

    /// Finishes what the end of a block would see, or what comes behind it in the region.
    pub(super) fn settle_for_end(&mut self, end: &End) {
        let Some(inside) = &self.inside else { return self.settle_all() };
        let seen = inside.edges.seen_by_end(end, &self.dirty, &self.narrow);
        for dirty in seen {
            self.settle(dirty);
        }
    }

    /// The code of `pc` in this region.
    pub(super) fn label(&self, pc: u64) -> Option<Label> {
        self.inside.as_ref().and_then(|inside| inside.labels.get(&pc).copied())
    }

    /// Whether the code of `pc` comes next.
    pub(super) fn is_next(&self, pc: u64) -> bool {
        self.inside.as_ref().is_some_and(|inside| inside.next == Some(pc))
    }

    /// A return to the address in rax: tries the calls of this region first.
    pub(super) fn returns_inside(&mut self, end: &End) {
        let (Some(inside), End::Indirect { hint: Hint::Return, .. }) = (&self.inside, end) else { return };
        for (pc, label) in inside.returns.clone() {
            match i32::try_from(pc as i64) {
                Ok(pc) => x64!(self.asm ; cmp rax, pc ; je =>label),
                Err(_) => x64!(self.asm ; mov rdx, QWORD pc as i64 ; cmp rax, rdx ; je =>label),
            }
        }
    }

    /// Changes to the usual layout; clobbers nothing but what changes place.
    pub(super) fn usual_layout(&mut self) {
        self.settle_aside();
        match self.inside.as_ref().map(|inside| inside.to_usual) {
            Some(Some(routine)) => x64!(self.asm ; call =>routine),
            Some(None) => self.move_to_usual(),
            None => {}
        }
    }

    /// And back.
    pub(super) fn own_layout(&mut self) {
        match self.inside.as_ref().map(|inside| inside.to_own) {
            Some(Some(routine)) => x64!(self.asm ; call =>routine),
            Some(None) => self.move_to_own(),
            None => {}
        }
    }

    /// The routines that [`Emitter::usual_layout`] and [`Emitter::own_layout`] call.
    pub(super) fn layout_routines(&mut self) {
        if let Some(Inside { to_usual: Some(to_usual), to_own: Some(to_own), .. }) = self.inside {
            x64!(self.asm ; =>to_usual);
            self.move_to_usual();
            x64!(self.asm ; ret ; =>to_own);
            self.move_to_own();
            x64!(self.asm ; ret);
        }
    }

    fn move_to_usual(&mut self) {
        let Some(inside) = self.inside.take() else { return };
        if inside.moves > 0 {
            // What the region never wrote is in the frame as it was at the entry.
            for (slot, place) in self.registers.differing(inside.usual) {
                if inside.written.contains(&slot) {
                    self.spill(slot, place);
                }
            }
            for (slot, place) in inside.usual.differing(self.registers) {
                self.fill(slot, place);
            }
        }
        self.inside = Some(inside);
    }

    fn move_to_own(&mut self) {
        let Some(inside) = self.inside.take() else { return };
        if inside.moves > 0 {
            for (slot, place) in inside.usual.differing(self.registers) {
                self.spill(slot, place);
            }
            for (slot, place) in self.registers.differing(inside.usual) {
                self.fill(slot, place);
            }
        }
        self.inside = Some(inside);
    }

    fn spill(&mut self, slot: Slot, place: Place) {
        match place {
            Place::Gpr(r) => x64!(self.asm ; mov [rbp + slot_offset(slot)], Rq(r)),
            Place::Xmm(x) => x64!(self.asm ; movsd [rbp + slot_offset(slot)], Rx(x)),
            Place::Mem(_) => {}
        }
    }

    fn fill(&mut self, slot: Slot, place: Place) {
        match place {
            Place::Gpr(r) => x64!(self.asm ; mov Rq(r), [rbp + slot_offset(slot)]),
            Place::Xmm(x) => x64!(self.asm ; movsd Rx(x), [rbp + slot_offset(slot)]),
            Place::Mem(_) => {}
        }
    }
}
