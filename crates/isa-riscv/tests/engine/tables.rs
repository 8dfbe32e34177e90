//! Page tables by hand, the same in all rigs: Sv39, and RAM where it is for S-mode.

use crate::paged::{ALL, HANDLER, PAGE, RAM, pointer, put};
use crate::rig::Rig;

/// The tables; the root comes first.
pub const TABLES: u64 = RAM + 0x10_0000;
pub const TABLES_LEN: u64 = 16 * PAGE;
/// `satp` for them.
pub const SATP: u64 = 8 << 60 | TABLES >> 12;

/// See the module's head.
pub struct Tables {
    used: u64,
}

impl Tables {
    /// Nothing mapped but RAM for S-mode; and `handler` where traps go.
    pub fn new(rigs: &[Rig], handler: &[u32]) -> Tables {
        put(rigs, TABLES, &vec![0; TABLES_LEN as usize]);
        put(rigs, TABLES + 8 * (RAM >> 30), &(RAM >> 30 << 28 | ALL).to_le_bytes());
        put(rigs, HANDLER, &crate::assembly::bytes(handler));
        Tables { used: PAGE }
    }

    /// Where the leaf of an address is; what leads there is made if need be.
    pub fn leaf(&mut self, rigs: &[Rig], address: u64) -> u64 {
        let mut table = TABLES;
        for shift in [30, 21] {
            let at = table + 8 * (address >> shift & 511);
            table = match rigs[0].u64(at) {
                0 => {
                    let fresh = TABLES + self.used;
                    self.used += PAGE;
                    assert!(self.used <= TABLES_LEN, "room for tables");
                    put(rigs, at, &pointer(fresh).to_le_bytes());
                    fresh
                }
                entry => entry >> 10 << 12,
            };
        }
        table + 8 * (address >> 12 & 511)
    }

    /// Maps one page; no flags: nothing.
    pub fn map(&mut self, rigs: &[Rig], address: u64, physical: u64, flags: u64) {
        let leaf = if flags == 0 { 0 } else { physical >> 2 | flags };
        put(rigs, self.leaf(rigs, address), &leaf.to_le_bytes());
    }
}
