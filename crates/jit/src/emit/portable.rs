//! A block's host code freed of its place, and put in another: what is kept of a translation.
//!
//! Code depends on where it is in few ways, and the emitter notes each as a [`Fixup`]. In the portable form the field
//! of a fixup holds what is left when the place is taken away:
//!
//! ```text
//!   field            in the cache                         portable
//!   Thunk            distance from behind the field       the thunk's offset in the cache
//!   Address64 …      an address                           its distance from the block's guest address
//!   Jump, JumpCode   displacement of a jump cache entry   distance of the entry's address from the block's
//!   Site             offset of a jump in the cache        its offset in the block
//!   Op               pointer to an operation              its number
//!   Count            distance to the block's count        0
//! ```
//! The offset of a thunk is the same wherever the cache lies: the thunks' text is constant for a build and a guest.

use super::asm::{Fix, Fixup, JUMP_CODE, jump_entry};
use crate::ir::Op;

/// Bits of a packed fixup that hold the offset; the kind is above.
const AT_BITS: u32 = 24;

/// See the module's head.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Portable {
    /// The code.
    pub host: Vec<u8>,
    /// Its fixups, packed: kind in the upper byte.
    pub fixups: Vec<u32>,
    /// Offset of the code to run when the block is dead.
    pub dead: u32,
    /// Offset of the code behind the count.
    pub body: u32,
    /// Whether there are fixups of kind [`Fix::Op`].
    pub keeps_ops: bool,
    /// Guest instructions in it.
    pub instructions: u16,
}

/// Where a block is.
pub(super) struct At<'a> {
    /// Guest address.
    pub pc: u64,
    /// Offset in the cache.
    pub offset: usize,
    /// Its operations.
    pub ops: &'a [Op],
    /// Offset in the cache of its count, if it has one.
    pub count: Option<usize>,
}

fn pack(fixup: Fixup) -> u32 {
    fixup.at | (fixup.kind as u32) << AT_BITS
}

fn unpack(packed: u32) -> Option<(usize, Fix)> {
    let kind = match packed >> AT_BITS {
        0 => Fix::Thunk,
        1 => Fix::Address64,
        2 => Fix::AddressZero32,
        3 => Fix::AddressSign32,
        4 => Fix::Jump,
        5 => Fix::JumpCode,
        6 => Fix::Site,
        7 => Fix::Op,
        8 => Fix::Count,
        _ => return None,
    };
    Some(((packed & ((1 << AT_BITS) - 1)) as usize, kind))
}

fn get32(code: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(code.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn get64(code: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(code.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// Changes a field that was read before.
fn set32(code: &mut [u8], at: usize, value: u32) {
    code[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

fn set64(code: &mut [u8], at: usize, value: u64) {
    code[at..at + 8].copy_from_slice(&value.to_le_bytes());
}

impl Portable {
    /// Becomes the portable form of `code`. `None` when it has none.
    pub(super) fn take(&mut self, code: &[u8], fixups: &[Fixup], at: &At<'_>) -> Option<()> {
        self.host.clear();
        self.host.extend_from_slice(code);
        self.fixups.clear();
        if code.len() >= 1 << AT_BITS {
            return None;
        }
        let host = &mut self.host[..];
        for &fixup in fixups {
            let field = fixup.at as usize;
            match fixup.kind {
                Fix::Thunk => {
                    let behind = (at.offset + field + 4) as u32;
                    set32(host, field, get32(host, field)?.wrapping_add(behind));
                }
                Fix::Address64 => set64(host, field, get64(host, field)?.wrapping_sub(at.pc)),
                Fix::AddressZero32 | Fix::AddressSign32 => {
                    set32(host, field, get32(host, field)?.wrapping_sub(at.pc as u32));
                }
                Fix::Jump | Fix::JumpCode => {
                    let distance = fixup.target.wrapping_sub(at.pc) as i64;
                    set32(host, field, i32::try_from(distance).ok()? as u32);
                }
                Fix::Count => set32(host, field, 0),
                Fix::Site => {
                    set64(host, field, get64(host, field)?.wrapping_sub((at.offset as u64) << 8));
                }
                Fix::Op => {
                    let byte = get64(host, field)?.wrapping_sub(at.ops.as_ptr() as u64);
                    let index = byte / size_of::<Op>() as u64;
                    // An operation that is not the block's own could not be found again.
                    (index < at.ops.len() as u64).then_some(())?;
                    set64(host, field, index);
                }
            }
            self.fixups.push(pack(fixup));
        }
        Some(())
    }

    /// Whether the block's addresses fit their fields when it is at `pc`; `false` too when it makes no sense.
    pub(crate) fn fits(&self, pc: u64) -> bool {
        self.dead as usize <= self.host.len()
            && self.body as usize <= self.host.len()
            && self.fixups.iter().all(|&packed| self.field_fits(packed, pc).unwrap_or(false))
    }

    fn field_fits(&self, packed: u32, pc: u64) -> Option<bool> {
        let (at, kind) = unpack(packed)?;
        let moved = |distance: u32| pc.wrapping_add(distance as i32 as u64);
        Some(match kind {
            Fix::Thunk | Fix::Jump | Fix::JumpCode | Fix::Count => get32(&self.host, at).is_some(),
            Fix::Address64 | Fix::Site | Fix::Op => get64(&self.host, at).is_some(),
            Fix::AddressZero32 => u32::try_from(moved(get32(&self.host, at)?)).is_ok(),
            Fix::AddressSign32 => i32::try_from(moved(get32(&self.host, at)?) as i64).is_ok(),
        })
    }

    /// Whether two forms of one block are the same code. True as well where the lengths of addresses differ, which
    /// follow from where a block was first.
    pub(crate) fn same_code(&self, other: &Portable) -> bool {
        let kind = |packed: &u32| match unpack(*packed).map(|(_, kind)| kind) {
            Some(Fix::AddressZero32 | Fix::AddressSign32) => Some(Fix::Address64),
            kind => kind,
        };
        self == other
            || self.fixups != other.fixups && self.fixups.iter().map(kind).eq(other.fixups.iter().map(kind))
    }

    /// Goes through all that reading a form does, for fuzzing.
    pub(crate) fn try_everywhere(&mut self) {
        let none = At { pc: 0xffff_ffff_8000_1000, offset: 4096, ops: &[], count: Some(0) };
        for pc in [0x1000, 0x5555_5555_6000, none.pc] {
            let _ = self.fits(pc);
        }
        let _ = self.place(&none);
    }

    /// Turns the code into what runs at `at`. `None` when it does not fit there or makes no sense.
    pub(super) fn place(&mut self, at: &At<'_>) -> Option<()> {
        if !self.fits(at.pc) {
            return None;
        }
        let host = &mut self.host[..];
        for &packed in &self.fixups {
            let (field, kind) = unpack(packed)?;
            match kind {
                Fix::Thunk => {
                    let behind = (at.offset + field + 4) as u32;
                    set32(host, field, get32(host, field)?.wrapping_sub(behind));
                }
                Fix::Address64 => set64(host, field, get64(host, field)?.wrapping_add(at.pc)),
                Fix::AddressZero32 | Fix::AddressSign32 => {
                    set32(host, field, get32(host, field)?.wrapping_add(at.pc as u32));
                }
                Fix::Jump | Fix::JumpCode => {
                    let target = at.pc.wrapping_add(get32(host, field)? as i32 as u64);
                    let code = if kind == Fix::Jump { 0 } else { JUMP_CODE };
                    set32(host, field, (jump_entry(target) + code) as u32);
                }
                Fix::Count => {
                    let behind = at.offset + field + 8;
                    set32(host, field, at.count?.wrapping_sub(behind) as u32);
                }
                Fix::Site => {
                    set64(host, field, get64(host, field)?.wrapping_add((at.offset as u64) << 8));
                }
                Fix::Op => {
                    let op = at.ops.get(usize::try_from(get64(host, field)?).ok()?)?;
                    set64(host, field, std::ptr::from_ref(op) as u64);
                }
            }
        }
        Some(())
    }
}
