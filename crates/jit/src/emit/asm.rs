//! The assembler, and where guest registers live in the host.

use crate::frame::{ATTENTION_BEFORE, Frame};
use crate::ir::Slot;
use crate::region::{FULL_HEAT, Weight};
use crate::softmmu::{Jump, MmuContext, jump_index};
use crate::{Isa, SLOTS};
use lodge_host::fp_traps::FpTraps;
use std::mem::offset_of;

pub(super) type Asm = dynasmrt::VecAssembler<dynasmrt::x64::X64Relocation>;
pub(super) type Label = dynasmrt::DynamicLabel;

/// A place in a block's code that depends on where block, guest code or thunks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fixup {
    /// Offset of the field in the block's code.
    pub at: u32,
    /// What it holds.
    pub kind: Fix,
    /// Of a jump cache entry: whose it is.
    pub target: u64,
}

/// What a [`Fixup`]'s field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Fix {
    /// 32 bits: a jump's distance to a thunk.
    Thunk = 0,
    /// 64 bits: an address at a fixed distance from the block's guest address.
    Address64 = 1,
    /// 32 bits, zero-extended by the instruction: likewise.
    AddressZero32 = 2,
    /// 32 bits, sign-extended by the instruction: likewise.
    AddressSign32 = 3,
    /// 32 bits: displacement of the key of such an address in the jump cache.
    Jump = 4,
    /// 32 bits: likewise of the host code's address.
    JumpCode = 5,
    /// 64 bits: a chainable jump's place in the cache above the low byte.
    Site = 6,
    /// 64 bits: pointer to one of the block's operations.
    Op = 7,
    /// 32 bits, with another 32 behind them in the instruction: distance to the block's count.
    Count = 8,
}

/// Emits instructions of one or more lines.
macro_rules! x64 {
    ($e:expr ; $($t:tt)*) => { dynasmrt::dynasm!($e ; .arch x64 ; $($t)*) };
}
pub(super) use x64;

pub(super) const RAX: u8 = 0;
pub(super) const RCX: u8 = 1;
pub(super) const RDX: u8 = 2;

/// Host registers that hold guest registers: all but the scratch ones, rsp, rbp and r15.
pub(super) const PINNABLE: [u8; 10] = [3, 6, 7, 8, 9, 10, 11, 12, 13, 14];
/// Likewise of the FP unit.
pub(super) const PINNABLE_FP: [u8; 13] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

pub(super) const PC: i32 = offset_of!(Frame, pc) as i32;
pub(super) const CORE: i32 = offset_of!(Frame, core) as i32;
pub(super) const CONTEXT: i32 = offset_of!(Frame, context) as i32;
pub(super) const ATTENTION: i8 = -(ATTENTION_BEFORE as i8);
pub(super) const JUMP_KEY: i32 = offset_of!(Frame, jump_key) as i32;
pub(super) const MXCSR: i32 = offset_of!(Frame, mxcsr) as i32;
pub(super) const HOST_MXCSR: i32 = offset_of!(Frame, host_mxcsr) as i32;
pub(super) const ACCRUED: i32 = (offset_of!(Frame, accrued) + offset_of!(FpTraps, word)) as i32;
pub(super) const FLAG_READS_LEFT: i32 = offset_of!(Frame, flag_reads_left) as i32;
pub(super) const FLAGS_OF_HOST: i32 = offset_of!(Frame, flags_of_host) as i32;
pub(super) const EXECUTED: i32 = offset_of!(Frame, executed) as i32;
pub(super) const RAN: i32 = offset_of!(Frame, ran) as i32;
pub(super) const LIMIT: i32 = offset_of!(Frame, limit) as i32;
pub(super) const RESERVED: i32 = offset_of!(Frame, reserved) as i32;
pub(super) const RESERVED_VALUE: i32 = offset_of!(Frame, reserved_value) as i32;

/// Where a guest register or temporary is while translated code runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A general register.
    Gpr(u8),
    /// An FP register.
    Xmm(u8),
    /// Memory, at this displacement from rbp.
    Mem(i32),
}

/// Displacement of a guest register's place in the frame.
pub(super) fn slot_offset(slot: Slot) -> i32 {
    (offset_of!(Frame, slots) + 8 * usize::from(slot)) as i32
}

/// Displacement of a temporary.
pub(super) fn tmp_offset(tmp: u16) -> i32 {
    (offset_of!(Frame, tmps) + 8 * usize::from(tmp)) as i32
}

/// Displacement of a constant.
pub(super) const fn const_offset(index: crate::frame::Const) -> i32 {
    (offset_of!(Frame, consts) + 16 * index as usize) as i32
}

/// Displacement from r15 of a target's entry in the jump cache, and from there of the host code's address.
pub(super) fn jump_entry(target: u64) -> i32 {
    (offset_of!(MmuContext, jumps) + jump_index(target) * size_of::<Jump>()) as i32
}
pub(super) const JUMP_CODE: i32 = offset_of!(Jump, code) as i32;

/// Which guest register is where: the usual layout, fixed for the life of a vCPU, or a region's own.
#[derive(Clone)]
pub(super) struct Registers {
    places: [Place; SLOTS],
    pub pinned: Vec<(Slot, u8)>,
    pub pinned_fp: Vec<(Slot, u8)>,
}

/// Uses that a guest register must have in a region to be worth moving it to a host register at every entry and exit.
const WORTH_MOVING: u64 = 8 * FULL_HEAT as u64;

impl Registers {
    /// The usual layout.
    pub(super) fn of<I: Isa>() -> Registers {
        let mut places: [Place; SLOTS] = std::array::from_fn(|slot| Place::Mem(slot_offset(slot as Slot)));
        let pinned: Vec<_> = I::HOT.iter().copied().zip(PINNABLE).collect();
        let pinned_fp: Vec<_> = I::HOT_FP.iter().copied().zip(PINNABLE_FP).collect();
        for &(slot, register) in &pinned {
            places[usize::from(slot)] = Place::Gpr(register);
        }
        for &(slot, register) in &pinned_fp {
            places[usize::from(slot)] = Place::Xmm(register);
        }
        Registers { places, pinned, pinned_fp }
    }

    pub(super) fn place(&self, slot: Slot) -> Place {
        self.places[usize::from(slot)]
    }

    /// The layout of a region with these uses: as usual, but that registers it uses much take the places of those it
    /// uses little.
    pub(super) fn of_region(&self, weights: &[Weight]) -> Registers {
        let mut own = self.clone();
        let float = |w: &Weight| w.float || matches!(self.place(w.slot), Place::Xmm(_));
        let (fp, int): (Vec<Weight>, Vec<Weight>) = weights.iter().partition(|w| float(w));
        own.displace(&int, &mut self.pinned.clone(), Place::Gpr);
        own.displace(&fp, &mut self.pinned_fp.clone(), Place::Xmm);
        own
    }

    fn displace(&mut self, weights: &[Weight], pinned: &mut Vec<(Slot, u8)>, place: fn(u8) -> Place) {
        let uses = |slot| weights.iter().find(|w| w.slot == slot).map_or(0, |w| w.uses);
        let mut wanting: Vec<&Weight> =
            weights.iter().filter(|w| !pinned.iter().any(|(slot, _)| *slot == w.slot)).collect();
        wanting.sort_by_key(|w| std::cmp::Reverse(w.uses));
        pinned.sort_by_key(|(slot, _)| std::cmp::Reverse(uses(*slot)));
        for weight in wanting {
            let Some((slot, register)) = pinned.pop() else { return };
            if weight.uses < uses(slot) + WORTH_MOVING {
                return;
            }
            self.places[usize::from(slot)] = Place::Mem(slot_offset(slot));
            self.places[usize::from(weight.slot)] = place(register);
        }
    }

    /// Guest registers that are elsewhere in `other`, with where they are in `self`.
    pub(super) fn differing<'a>(&'a self, other: &'a Registers) -> impl Iterator<Item = (Slot, Place)> + 'a {
        let all = self.places.iter().zip(&other.places).enumerate();
        all.filter(|(_, (own, theirs))| own != theirs).map(|(slot, (own, _))| (slot as Slot, *own))
    }
}
