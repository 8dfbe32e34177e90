//! RISC-V, RV64: the architectural state of a hart.

use serde::{Deserialize, Serialize};

/// A hart, as the unprivileged and privileged manuals define it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Registers {
    /// x0 (always 0) to x31.
    pub x: [u64; 32],
    /// f0 to f31, NaN-boxed when narrower than 64 bits.
    pub f: [u64; 32],
    /// v0 to v31, up to VLEN = 256, four little-endian words each.
    pub v: [[u64; 4]; 32],
    /// Program counter.
    pub pc: u64,
    /// Privilege mode: 0 U, 1 S, 3 M.
    pub mode: u8,
    /// Control and status registers that hold state of their own, by CSR number, ascending (views such as `sstatus`
    /// are not listed: `mstatus` is).
    pub csrs: Vec<(u16, u64)>,
}
