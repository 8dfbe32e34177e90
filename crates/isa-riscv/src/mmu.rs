//! Address translation: Sv39, Sv48, Sv57 with Svnapot, Svpbmt, Svadu (privileged manual, "Supervisor-Level ISA").
//!
//! ```text
//!   address ─► canonical? ─► table ─► table ─► leaf ─ permissions ─ A, D ─► physical ─ PMP ─► Mapping
//!                              every entry read atomically from RAM, A and D set by compare-and-swap
//! ```
//! It must not know how translations are cached; it only says what may be.

use crate::csr::{envcfg, status};
use crate::hart::Hart;
use crate::pmp::{EXECUTE, READ, WRITE};
use crate::trap::{MACHINE, SUPERVISOR, USER, access_fault, page_fault};
use lodge_cpu::Flush;
use lodge_jit::{Access, Exception, Mapping};
use lodge_memory::GuestMemory;

const V: u64 = 1 << 0;
const G: u64 = 1 << 5;
const R: u64 = 1 << 1;
const W: u64 = 1 << 2;
const X: u64 = 1 << 3;
const U: u64 = 1 << 4;
const A: u64 = 1 << 6;
const D: u64 = 1 << 7;
const PPN: u64 = (1 << 44) - 1;
const RESERVED: u64 = 0x7f << 54;
const PBMT: u64 = 3 << 61;
const N: u64 = 1 << 63;

/// Why there is no translation.
enum Fault {
    Page,
    Access,
}

/// What a walk found.
struct Leaf {
    physical: u64,
    /// What may be done there ([`WRITE`] only when the page is dirty already).
    bits: u8,
    /// log2 of the bytes that the leaf maps.
    shift: u32,
    /// See [`Mapping::global`].
    global: bool,
}

/// Which address ranges may have been remembered from one large page, so that a fence of one address in it can make
/// the engine forget all of it. A Bloom filter for each half of the address space (kernels map all of RAM by large pages
/// in theirs): a false hit only forgets more.
#[derive(Debug, Clone)]
pub(crate) struct LargePages([Noted; 2]);

#[derive(Debug, Clone)]
struct Noted {
    /// Bit 0 for the first of [`LargePages::SHIFTS`], and so on: sizes noted at all.
    sizes: u8,
    count: u32,
    bits: [u64; 64],
}

impl Default for LargePages {
    fn default() -> LargePages {
        const NONE: Noted = Noted { sizes: 0, count: 0, bits: [0; 64] };
        LargePages([NONE; 2])
    }
}

impl LargePages {
    /// log2 of page sizes above 4 KiB: NAPOT, then superpages by level.
    const SHIFTS: [u32; 5] = [16, 21, 30, 39, 48];
    /// Filters fuller than this are as good as none.
    const FULL: u32 = 1024;

    fn place(address: u64, shift: u32) -> (usize, u64) {
        let hash = ((address >> shift) ^ u64::from(shift) << 58).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
        (hash as usize / 64, 1 << (hash % 64))
    }

    fn note(&mut self, address: u64, shift: u32) {
        let (word, bit) = Self::place(address, shift);
        let half = &mut self.0[(address >> 63) as usize];
        half.count += u32::from(half.bits[word] & bit == 0);
        half.bits[word] |= bit;
        half.sizes |= Self::SHIFTS.iter().zip(0..).fold(0, |all, (&s, n)| all | u8::from(s == shift) << n);
    }

    /// First byte and length of what a fence of `address` must forget; `None`: everything.
    fn around(&self, address: u64) -> Option<(u64, u64)> {
        let half = &self.0[(address >> 63) as usize];
        let mut around = 12;
        for (n, &shift) in Self::SHIFTS.iter().enumerate() {
            let (word, bit) = Self::place(address, shift);
            if half.sizes >> n & 1 != 0 && half.bits[word] & bit != 0 {
                around = shift;
            }
        }
        (around == 12 || half.count <= Self::FULL).then_some((address >> around << around, 1 << around))
    }

    /// See [`lodge_jit::Isa::widen`].
    pub(crate) fn widen(&self, (start, len): (u64, u64)) -> Option<(u64, u64)> {
        // The engine forgets everything rather than many pages anyway.
        const MANY: u64 = 16 << 12;
        if len > MANY {
            return None;
        }
        let first = start & !0xfff;
        let pages = ((start & 0xfff) + len.max(1)).div_ceil(1 << 12);
        let small = |page| self.around(page) == Some((page, 1 << 12));
        (0..pages).all(|n| small(first.wrapping_add(n << 12))).then_some((start, len))
    }
}

/// Levels of page tables that `satp` says; `None`: no translation.
fn levels(satp: u64) -> Option<u32> {
    match satp >> 60 {
        8 => Some(3),
        9 => Some(4),
        10 => Some(5),
        _ => None,
    }
}

/// Whether the bits above those translated repeat the highest one.
fn canonical(address: u64, levels: u32) -> bool {
    let unused = 64 - (12 + 9 * levels);
    ((address << unused) as i64 >> unused) as u64 == address
}

/// Physical address from a leaf of 2^`shift` bytes.
fn join(pte: u64, shift: u32, address: u64) -> u64 {
    let offset = (1 << shift) - 1;
    (pte >> 10 & PPN) << 12 & !offset | address & offset
}

impl Hart {
    /// See [`lodge_jit::Isa::walk`].
    pub(crate) fn translate(
        &mut self,
        memory: &GuestMemory,
        address: u64,
        access: Access,
    ) -> Result<Mapping, Exception> {
        self.find(memory, address, access).map_err(|fault| {
            let cause = match fault {
                Fault::Page => page_fault(access),
                Fault::Access => access_fault(access),
            };
            Exception { cause, value: address }
        })
    }

    /// The privilege that loads and stores have.
    pub(crate) fn data_privilege(&self) -> u8 {
        let m = self.csrs.mstatus;
        if m & status::MPRV != 0 && self.privilege == MACHINE { (m >> 11 & 3) as u8 } else { self.privilege }
    }

    fn find(&mut self, memory: &GuestMemory, address: u64, access: Access) -> Result<Mapping, Fault> {
        let data = self.data_privilege();
        let privilege = if access == Access::Execute { self.privilege } else { data };
        let Leaf { physical, mut bits, shift, global } = match levels(self.csrs.satp) {
            Some(levels) if privilege != MACHINE => {
                self.walk_tables(memory, levels, privilege, address, access)?
            }
            _ => Leaf { physical: address, bits: READ | WRITE | EXECUTE, shift: 12, global: false },
        };
        let permit = self.pmp.permit(physical, privilege);
        bits &= permit.bits;
        let needed = match access {
            Access::Read => READ,
            Access::Write => WRITE,
            Access::Execute => EXECUTE,
        };
        if permit.bits & needed == 0 {
            return Err(Fault::Access);
        }
        // What a fetch found says nothing of loads when those have another privilege (MPRV).
        let telling = privilege == data;
        Ok(Mapping {
            address: physical,
            readable: telling && bits & READ != 0,
            writable: telling && bits & WRITE != 0,
            // Regions of physical memory protection may end within a large page.
            leaf: if self.pmp.is_uniform(physical >> shift << shift, 1 << shift) {
                1 << shift
            } else {
                1 << 12
            },
            whole_page: permit.whole,
            global,
        })
    }

    fn walk_tables(
        &mut self,
        memory: &GuestMemory,
        levels: u32,
        privilege: u8,
        address: u64,
        access: Access,
    ) -> Result<Leaf, Fault> {
        if !canonical(address, levels) {
            return Err(Fault::Page);
        }
        let mut table = (self.csrs.satp & PPN) << 12;
        let mut level = levels - 1;
        let mut global = 0;
        loop {
            let entry = table + (address >> (12 + 9 * level) & 511) * 8;
            let entry_permit = self.pmp.permit(entry, SUPERVISOR).bits;
            if entry_permit & READ == 0 {
                return Err(Fault::Access);
            }
            let pte = memory.read_u64(entry).map_err(|_| Fault::Access)?;
            if pte & V == 0 || pte & (R | W) == W || pte & RESERVED != 0 {
                return Err(Fault::Page);
            }
            global |= pte & G;
            if pte & (R | X) == 0 {
                if pte & (U | A | D | PBMT | N) != 0 || level == 0 {
                    return Err(Fault::Page);
                }
                table = (pte >> 10 & PPN) << 12;
                level -= 1;
                continue;
            }
            let shift = self.leaf_shift(pte, level).ok_or(Fault::Page)?;
            let bits = self.leaf_permits(pte, privilege);
            let (needed, marks) = match access {
                Access::Read => (READ, A),
                Access::Write => (WRITE, A | D),
                Access::Execute => (EXECUTE, A),
            };
            if bits & needed == 0 {
                return Err(Fault::Page);
            }
            if pte & marks != marks {
                if self.csrs.menvcfg & envcfg::ADUE == 0 {
                    return Err(Fault::Page);
                }
                if entry_permit & WRITE == 0 {
                    return Err(Fault::Access);
                }
                if memory.compare_exchange_u64(entry, pte, pte | marks).map_err(|_| Fault::Access)?.is_err() {
                    continue; // Another hart was faster: look at what it wrote.
                }
            }
            if shift > 12 {
                self.large.note(address, shift);
            }
            let clean = if (pte | marks) & D == 0 { WRITE } else { 0 };
            let physical = join(pte, shift, address);
            return Ok(Leaf { physical, bits: bits & !clean, shift, global: global != 0 });
        }
    }

    /// log2 of the bytes that a leaf at `level` maps; `None` when it is malformed.
    fn leaf_shift(&self, pte: u64, level: u32) -> Option<u32> {
        let ppn = pte >> 10 & PPN;
        let pbmt = pte & PBMT;
        if pbmt == PBMT || pbmt != 0 && self.csrs.menvcfg & envcfg::PBMTE == 0 {
            return None;
        }
        if pte & N != 0 {
            // The one size there is: 64 KiB.
            return (level == 0 && ppn & 15 == 8).then_some(16);
        }
        (ppn & ((1 << (9 * level)) - 1) == 0).then_some(12 + 9 * level)
    }

    /// What a leaf lets `privilege` do, whatever A and D say.
    fn leaf_permits(&self, pte: u64, privilege: u8) -> u8 {
        let m = self.csrs.mstatus;
        let mut bits = (pte >> 1 & 7) as u8;
        if m & status::MXR != 0 && bits & EXECUTE != 0 {
            bits |= READ;
        }
        match (privilege, pte & U != 0) {
            (USER, false) => 0,
            (SUPERVISOR, true) if m & status::SUM == 0 => 0,
            (SUPERVISOR, true) => bits & !EXECUTE,
            _ => bits,
        }
    }

    /// See [`lodge_jit::Isa::peek`].
    pub(crate) fn look_up(&self, memory: &GuestMemory, address: u64) -> Option<u64> {
        let Some(levels) = levels(self.csrs.satp).filter(|_| self.privilege != MACHINE) else {
            return Some(address);
        };
        if !canonical(address, levels) {
            return None;
        }
        let mut table = (self.csrs.satp & PPN) << 12;
        for level in (0..levels).rev() {
            let pte = memory.read_u64(table + (address >> (12 + 9 * level) & 511) * 8).ok()?;
            if pte & V == 0 {
                return None;
            }
            if pte & (R | W | X) != 0 {
                return self.leaf_shift(pte, level).map(|shift| join(pte, shift, address));
            }
            table = (pte >> 10 & PPN) << 12;
        }
        None
    }

    /// `sfence.vma` of an address and an address-space number, each possibly all.
    pub(crate) fn fence(&mut self, flush: &mut Vec<Flush>, address: Option<u64>, asid: Option<u16>) {
        let range = address.and_then(|address| self.large.around(address));
        let asid = asid.filter(|_| address.is_none() == range.is_none());
        if range.is_none() && asid.is_none() {
            self.large = LargePages::default();
        }
        flush.push(Flush::Translations { range, asid });
    }

    /// All translations are void.
    pub(crate) fn flush_all(&mut self, flush: &mut Vec<Flush>) {
        self.fence(flush, None, None);
    }
}

#[cfg(test)]
#[path = "mmu_tests.rs"]
mod tests;
