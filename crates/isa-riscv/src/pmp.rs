//! Physical memory protection (privileged manual, "Physical Memory Protection"): 16 entries, granularity 4 bytes.
//!
//! ```text
//!   pmpcfg, pmpaddr ─ write ─► rules, by priority ─ page ─► what the page permits, and whether all of it does
//! ```
//! It must not know virtual addresses.

/// Entries.
pub(crate) const ENTRIES: usize = 16;
/// Permission bits, in `pmpcfg` and in page-table order alike.
pub(crate) const READ: u8 = 1;
/// See [`READ`].
pub(crate) const WRITE: u8 = 2;
/// See [`READ`].
pub(crate) const EXECUTE: u8 = 4;
const ALL: u8 = READ | WRITE | EXECUTE;
const LOCK: u8 = 0x80;
const MACHINE: u8 = 3;
/// `pmpaddr` holds bits 55..2 of an address.
const ADDR_MASK: u64 = (1 << 54) - 1;

/// An active entry: first and last byte, and its `pmpcfg` byte.
#[derive(Debug, Clone, Copy, Default)]
struct Rule {
    first: u64,
    last: u64,
    cfg: u8,
}

/// The registers and what follows from them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pmp {
    cfg: [u8; ENTRIES],
    addr: [u64; ENTRIES],
    rules: [Rule; ENTRIES],
    active: usize,
}

/// What a page permits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Permit {
    /// [`READ`], [`WRITE`], [`EXECUTE`] at the byte asked for.
    pub bits: u8,
    /// The same holds for the whole 4 KiB page.
    pub whole: bool,
}

impl Pmp {
    /// `pmpcfg` number `register` (even: eight entries each).
    pub(crate) fn read_cfg(&self, register: usize) -> u64 {
        self.cfg[register * 4..][..8].iter().rev().fold(0, |value, byte| value << 8 | u64::from(*byte))
    }

    /// Writes `pmpcfg` number `register`; locked entries stay. Reserved bits read zero; W without R is reserved and
    /// loses its W.
    pub(crate) fn write_cfg(&mut self, register: usize, value: u64) {
        for (entry, byte) in self.cfg[register * 4..][..8].iter_mut().zip(value.to_le_bytes()) {
            if *entry & LOCK == 0 {
                let clean = byte & 0x9f;
                *entry = if clean & (READ | WRITE) == WRITE { clean & !WRITE } else { clean };
            }
        }
        self.rebuild();
    }

    /// `pmpaddr` number `entry`.
    pub(crate) fn read_addr(&self, entry: usize) -> u64 {
        self.addr[entry]
    }

    /// Writes `pmpaddr` number `entry`, unless that is locked, or is the lower bound of a locked range.
    pub(crate) fn write_addr(&mut self, entry: usize, value: u64) {
        let bounds_locked =
            self.cfg.get(entry + 1).is_some_and(|next| next & LOCK != 0 && next >> 3 & 3 == 1);
        if self.cfg[entry] & LOCK == 0 && !bounds_locked {
            self.addr[entry] = value & ADDR_MASK;
            self.rebuild();
        }
    }

    fn rebuild(&mut self) {
        self.active = 0;
        for entry in 0..ENTRIES {
            let addr = self.addr[entry];
            let (first, last) = match self.cfg[entry] >> 3 & 3 {
                1 => {
                    let bottom = if entry == 0 { 0 } else { self.addr[entry - 1] };
                    if bottom >= addr {
                        continue; // Matches nothing.
                    }
                    (bottom << 2, (addr << 2) - 1)
                }
                2 => (addr << 2, addr << 2 | 3),
                3 => {
                    // 2^(ones + 3) bytes, for as many ones as `addr` ends in.
                    let low = addr ^ (addr + 1);
                    ((addr & !low) << 2, (addr | low) << 2 | 3)
                }
                _ => continue,
            };
            self.rules[self.active] = Rule { first, last, cfg: self.cfg[entry] };
            self.active += 1;
        }
    }

    /// Whether each rule holds for all of the `len` bytes at `first` or for none.
    pub(crate) fn is_uniform(&self, first: u64, len: u64) -> bool {
        let last = first + (len - 1);
        self.rules[..self.active]
            .iter()
            .all(|rule| rule.last < first || rule.first > last || rule.first <= first && rule.last >= last)
    }

    /// What `privilege` may do at physical `address`.
    pub(crate) fn permit(&self, address: u64, privilege: u8) -> Permit {
        let (page, page_end) = (address & !0xfff, address | 0xfff);
        let mut whole = true;
        for rule in &self.rules[..self.active] {
            if rule.last < page || rule.first > page_end {
                continue;
            }
            whole &= rule.first <= page && rule.last >= page_end;
            if (rule.first..=rule.last).contains(&address) {
                let free = privilege == MACHINE && rule.cfg & LOCK == 0;
                return Permit { bits: if free { ALL } else { rule.cfg & ALL }, whole };
            }
        }
        Permit { bits: if privilege == MACHINE { ALL } else { 0 }, whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pmp(entries: &[(u8, u64)]) -> Pmp {
        let mut pmp = Pmp::default();
        for (i, (_, addr)) in entries.iter().enumerate() {
            pmp.write_addr(i, *addr);
        }
        let cfg = entries.iter().rev().fold(0, |value, (cfg, _)| value << 8 | u64::from(*cfg));
        pmp.write_cfg(0, cfg);
        pmp
    }

    fn bits(pmp: &Pmp, address: u64, privilege: u8) -> (u8, bool) {
        let permit = pmp.permit(address, privilege);
        (permit.bits, permit.whole)
    }

    #[test]
    fn without_entries_only_machine_mode_may() {
        let none = Pmp::default();
        assert_eq!(bits(&none, 0x8000_0000, 3), (7, true));
        assert_eq!(bits(&none, 0x8000_0000, 1), (0, true));
        assert_eq!(bits(&none, 0x8000_0000, 0), (0, true));
    }

    #[test]
    fn the_lowest_entry_that_matches_decides() {
        // NAPOT 64 KiB at 0x8000_0000 without permission, then everything.
        let pmp = pmp(&[(0x18, 0x8000_0000 >> 2 | 0x1fff), (0x1f, u64::MAX)]);
        assert_eq!(bits(&pmp, 0x8000_ffff, 1), (0, true));
        assert_eq!(bits(&pmp, 0x8001_0000, 1), (7, true));
        assert_eq!(bits(&pmp, 0x7fff_ffff, 0), (7, true));
        assert_eq!(bits(&pmp, 0x8000_0000, 3), (7, true), "entries without lock do not bind machine mode");
        assert_eq!(bits(&pmp, (1 << 56) - 1, 0), (7, true));
        assert_eq!(bits(&pmp, 1 << 57, 0), (0, true));
    }

    #[test]
    fn ranges_and_words_split_pages() {
        // TOR 0..0x1008 read-only, NA4 at 0x2ffc executable and locked, TOR 0x2ffc..0x4000 read-write.
        let pmp = pmp(&[(0x09, 0x1008 >> 2), (0x94, 0x2ffc >> 2), (0x0b, 0x4000 >> 2)]);
        assert_eq!(bits(&pmp, 0xfff, 0), (1, true));
        assert_eq!(bits(&pmp, 0x1007, 0), (1, false));
        assert_eq!(bits(&pmp, 0x1008, 0), (0, false));
        assert_eq!(bits(&pmp, 0x2ffb, 1), (0, false));
        assert_eq!(bits(&pmp, 0x2ffc, 1), (4, false));
        assert_eq!(bits(&pmp, 0x2ffc, 3), (4, false), "locked entries bind machine mode");
        assert_eq!(bits(&pmp, 0x3000, 1), (3, true));
        assert_eq!(bits(&pmp, 0x4000, 1), (0, true));
    }

    #[test]
    fn locks_hold() {
        let mut pmp = pmp(&[(0, 0x1000 >> 2), (0x89, 0x2000 >> 2)]);
        pmp.write_addr(0, 0);
        pmp.write_addr(1, 0);
        pmp.write_cfg(0, 0x0f0f);
        assert_eq!((pmp.read_addr(0), pmp.read_addr(1), pmp.read_cfg(0)), (0x400, 0x800, 0x890f));
    }

    #[test]
    fn reserved_bits_read_zero() {
        let mut pmp = Pmp::default();
        pmp.write_cfg(2, 0x62);
        assert_eq!(pmp.read_cfg(2), 0);
        pmp.write_addr(15, u64::MAX);
        assert_eq!(pmp.read_addr(15), ADDR_MASK);
    }
}
