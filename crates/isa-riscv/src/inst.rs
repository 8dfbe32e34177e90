//! One decoded instruction, whatever its length was: what decode.rs and rvc.rs make and the lifter reads.
//!
//! It must not know what instructions do.

use crate::decode::Op;

/// A decoded instruction. Fields that its row in rv.table does not name are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// Destination register number, integer or floating by `op`.
    pub rd: u8,
    /// First source register; the 5-bit immediate of csrrwi, csrrsi, csrrci; the constant's number in fli.
    pub rs1: u8,
    /// Second source register.
    pub rs2: u8,
    /// Third source register (fused multiply-add); fields of a vector segment, less one.
    pub rs3: u8,
    /// Immediate, sign-extended and in its place (lui's low 12 bits are zero); shift amount; CSR number; or a fence's
    /// `fm << 8 | pred << 4 | succ`.
    pub imm: i64,
    /// Rounding mode field as it stands: 0..=4, 7 dynamic, 5 and 6 reserved.
    pub rm: u8,
    /// Acquire bit.
    pub aq: bool,
    /// Release bit.
    pub rl: bool,
    /// Unmasked (vector instructions).
    pub vm: bool,
    /// Bytes it takes in memory: 2 or 4.
    pub len: u8,
    /// The bits that were decoded: 16 of them when `len` is 2.
    pub raw: u32,
}

impl Inst {
    /// A 4-byte instruction without operands.
    #[inline(always)]
    pub const fn bare(op: Op, raw: u32) -> Inst {
        Inst {
            op,
            rd: 0,
            rs1: 0,
            rs2: 0,
            rs3: 0,
            imm: 0,
            rm: 0,
            aq: false,
            rl: false,
            vm: false,
            len: 4,
            raw,
        }
    }
}
