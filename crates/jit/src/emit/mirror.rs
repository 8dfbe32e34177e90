//! Accesses by way of the mirror: one instruction, once the base register is known to be within the window.
//!
//! ```text
//!   test [rbp + attention], base ─ not zero ─► out of the region, to this very instruction
//!   mov  dst, [r15 + base + (OFFSET + offset)] ─ faults ─► slow path, which mirrors the page
//! ```
//! That a register is within the window is remembered while it only moves by small constants: the guards around the window
//! are wide enough for those. An address that was not checked never reaches the second instruction: r15 plus anything
//! else could be memory of ours.
//!
//! The word tested has the bits that no address in the window has, and all lower ones when the vCPU is wanted: a block that
//! makes a check whenever it runs need not look for attention besides. Only zero passes such a test. Page zero is never
//! mirrored, so what is read and written there takes the slow path, which looks for itself.

use super::asm::{ATTENTION, Label, Place, RCX, x64};
use super::block::{Cold, Detour, Emitter};
use super::memory::HostPlace;
use crate::ir::{BinOp, Block, Dst, Op, Slot, Val, Width};
use crate::mirror::{GUARD, OFFSET, WINDOW};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_memory::PAGE_SIZE;

/// How far a checked register may have moved, and how far behind it an access may begin: half of a guard each.
const NEAR: i64 = GUARD as i64 / 2 - 64;

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
        let known = matches!(base, Val::Slot(slot) if self.drift(slot).is_some());
        if !known {
            let at = self.asm.new_dynamic_label();
            self.aside(Cold::Beyond { at, pc: self.pc });
            self.check(register, at);
            if let Val::Slot(slot) = base {
                self.checked.push((slot, 0));
            }
        }
        Some(HostPlace::Mirror { register, displacement: OFFSET as i32 + offset })
    }

    /// Goes to `beyond` unless the register is an address within the window.
    pub(super) fn check(&mut self, register: u8, beyond: Label) {
        x64!(self.asm ; test [BYTE rbp + ATTENTION], Rq(register) ; jnz =>beyond);
    }

    /// Whether the block, which comes next, checks an address whenever it runs, and the access that wanted it is near.
    pub(super) fn will_check(&mut self, block: &Block) -> bool {
        if self.mirror.is_none() {
            return false;
        }
        let before = self.checked.clone();
        let will = block.ops.iter().any(|op| {
            let checks = match *op {
                Op::Load { base: Val::Slot(base), offset, .. }
                | Op::Store { base: Val::Slot(base), offset, .. } => {
                    self.drift(base).is_none() && i64::from(offset).unsigned_abs() < PAGE_SIZE / 2
                }
                _ => false,
            };
            self.track(op);
            checks
        });
        self.checked = before;
        will
    }

    /// How far the register has moved since it was checked.
    fn drift(&self, slot: Slot) -> Option<i64> {
        self.checked.iter().find(|(s, _)| *s == slot).map(|(_, drift)| *drift)
    }

    /// Keeps up with what `op`, which has been emitted, means for the registers that are checked.
    pub(super) fn track(&mut self, op: &Op) {
        if self.mirror.is_none() {
            return;
        }
        if !op.shows_all() {
            return self.checked.clear();
        }
        let moved = match *op {
            Op::Bin { op: BinOp::Add, w: Width::W64, a: Val::Slot(a), b: Val::Imm(imm), .. } => self
                .drift(a)
                .and_then(|drift| drift.checked_add(imm))
                .filter(|drift| (-NEAR..=NEAR).contains(drift)),
            Op::Move { a: Val::Slot(a), .. } => self.drift(a),
            _ => None,
        };
        let mut written = None;
        op.visit(|_| {}, |dst| written = Some(dst));
        if let Some(Dst::Slot(slot)) = written {
            self.checked.retain(|(s, _)| *s != slot);
            self.checked.extend(moved.map(|drift| (slot, drift)));
        }
    }

    /// Begins the cold code of an access that was on its way through the mirror.
    pub(super) fn detour(&mut self, detour: Option<Detour>) {
        if let Some(Detour { site, base, offset }) = detour {
            self.detours.push((site, self.asm.offset().0));
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
