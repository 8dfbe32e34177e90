//! Accesses by way of the mirror: one instruction, once the base register is known to be within the window.
//!
//! ```text
//!   test [rbp + attention], base ─ not zero ─► out of the region, to this very instruction
//!   mov  dst, [r15 + base + (OFFSET + offset)] ─ faults ─► slow path, which mirrors the page
//! ```
//! That a register is within the window, or near it, is remembered: see [`super::reach`]. When an access near it faults, its
//! register is checked before anything else. An address that nothing is known of never reaches the second instruction: r15
//! plus anything else could be memory of ours.
//!
//! The word tested has the bits that no address in the window has, and all lower ones when the vCPU is wanted: a block that
//! makes a check whenever it runs need not look for attention besides. Only zero passes such a test. Page zero is never
//! mirrored, so what is read and written there takes the slow path, which looks for itself.

use super::asm::{ATTENTION, Label, Place, RCX, x64};
use super::block::{Cold, Detour, Emitter};
use super::memory::HostPlace;
use super::reach::{NEAR, accessed};
use crate::ir::{Block, Slot, Val};
use crate::mirror::{OFFSET, WINDOW};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_memory::PAGE_SIZE;

impl Emitter<'_> {
    /// Where base + offset is in the mirror; `None` when the access cannot go there. The access must be the very next
    /// instruction.
    pub(super) fn mirrored(&mut self, base: Val, offset: i32) -> Option<HostPlace> {
        self.mirror?;
        let (base, offset) = match base {
            Val::Imm(imm) => {
                let address = imm.wrapping_add(offset.into());
                if !(0..WINDOW as i64).contains(&address) {
                    return None;
                }
                self.constant(RCX, address);
                return Some(HostPlace::Mirror { register: RCX, displacement: OFFSET as i32 });
            }
            _ if i64::from(offset).abs() > NEAR => return None,
            base => (base, offset),
        };
        let register = self.read(base, RCX);
        let known = matches!(base, Val::Slot(slot) if self.reach.of(slot).is_some());
        if !known {
            let at = self.asm.new_dynamic_label();
            self.aside(Cold::Beyond { at, pc: self.pc });
            self.check(register, at);
        }
        Some(HostPlace::Mirror { register, displacement: OFFSET as i32 + offset })
    }

    /// Goes to `beyond` unless the register is an address within the window.
    pub(super) fn check(&mut self, register: u8, beyond: Label) {
        x64!(self.asm ; test [BYTE rbp + ATTENTION], Rq(register) ; jnz =>beyond);
    }

    /// Whether the block, which comes next, checks an address whenever it runs, and the access that wanted it is near.
    pub(super) fn will_check(&self, block: &Block) -> bool {
        let mut reach = self.reach.clone();
        self.mirror.is_some()
            && block.ops.iter().any(|op| {
                let checks = accessed(op).is_some_and(|(base, offset)| {
                    reach.of(base).is_none() && offset.unsigned_abs() < PAGE_SIZE / 2
                });
                reach.follow(op);
                checks
            })
    }

    /// Begins the cold code of an access that was on its way through the mirror, for the instruction at `pc`.
    pub(super) fn detour(&mut self, detour: Option<Detour>, pc: u64) {
        if let Some(Detour { site, base, offset }) = detour {
            self.detours.push((site, self.asm.offset().0));
            if let Val::Slot(_) = base {
                let beyond = self.asm.new_dynamic_label();
                let register = self.read(base, RCX);
                self.check(register, beyond);
                self.aside_with(Cold::Beyond { at: beyond, pc }, self.dirty.clone());
            }
            self.address(base, offset);
        }
    }

    /// Checks at a region's entry, where registers are as usual, those that it only ever reads; `elsewhere`: host
    /// address to go to when one is beyond.
    pub(super) fn check_all(&mut self, bases: &[Slot], elsewhere: usize) {
        for &base in bases {
            let register = match self.place(Val::Slot(base)) {
                Some(Place::Gpr(r)) => r,
                _ => {
                    self.load_into(RCX, Val::Slot(base));
                    RCX
                }
            };
            x64!(self.asm ; test [BYTE rbp + ATTENTION], Rq(register) ; jnz extern elsewhere);
        }
    }
}
