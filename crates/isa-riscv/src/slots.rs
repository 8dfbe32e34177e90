//! Where each RISC-V register lives in the frame: the one place where slot numbers are given out.
//!
//! ```text
//!   0        never used: x0 reads as the constant 0 and is not written
//!   1..32    x1..x31            64..192   v0..v31, one behind the other (two slots each, four when VLEN is 256)
//!   32..64   f0..f31            192..196  supervisor CSRs that are plain storage
//!                               196..201  the vector unit's
//!                               208..212  what lifted code knows of sstatus, interrupts and cbo.zero
//!                               254..256  results that nobody wants
//! ```
//! It must not know what the registers mean.

use lodge_jit::ir::Slot;

/// `sscratch`
pub const SSCRATCH: Slot = 192;
/// `sepc`; bit 0 is always zero (instructions are 2-byte aligned).
pub const SEPC: Slot = 193;
/// `scause`
pub const SCAUSE: Slot = 194;
/// `stval`
pub const STVAL: Slot = 195;
/// `vl`
pub const VL: Slot = 196;
/// `vtype`
pub const VTYPE: Slot = 197;
/// `vstart`
pub const VSTART: Slot = 198;
/// `vcsr`: vxsat and vxrm.
pub const VCSR: Slot = 199;
/// What blocks may assume of the three first: see [`crate::lift::VectorState`].
pub const VSTATE: Slot = 200;
/// Slot of the lowest bits of v0.
pub const V: Slot = 64;
/// `sstatus` as it reads. SIE is changed here by lifted code, the rest by the hart only.
pub const SSTATUS: Slot = 208;
/// SIE's bit if an interrupt would be due with it, else 0.
pub const DEFERRED: Slot = 209;
/// Not 0 where `cbo.zero` is illegal in S-mode.
pub const NO_ZERO_S: Slot = 210;
/// Likewise in U-mode.
pub const NO_ZERO_U: Slot = 211;
/// Takes the result of a pair operation whose destination is x0; nobody reads it.
pub const DISCARD: [Slot; 2] = [254, 255];

/// Slot of integer register `n`, 1 to 31.
pub const fn x(n: u8) -> Slot {
    debug_assert!(n >= 1 && n < 32);
    n as Slot
}

/// Slot of floating-point register `n`, 0 to 31.
pub const fn f(n: u8) -> Slot {
    debug_assert!(n < 32);
    32 + n as Slot
}

/// First slot of vector register `n`, 0 to 31, of `vlenb` bytes; lowest bits first. Groups lie in one piece.
pub const fn v(n: u8, vlenb: usize) -> Slot {
    debug_assert!(n < 32);
    V + n as Slot * (vlenb / 8) as Slot
}
