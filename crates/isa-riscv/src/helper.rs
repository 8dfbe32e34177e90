//! Instructions too rare or too entangled with the vCPU's system state to lift: the numbers of their helpers, and what
//! the lifter gives them.
//!
//! ```text
//!   lift ─► ir::Op::Call { helper, dst, args } ─► engine ─► Isa::call ─► hart
//! ```
//! Those that [`Helper::leaves`] are the last of their block: mode, mapping or code may be others after them. The rest
//! stay in the block unless the helper itself leaves it, having set the frame's pc behind the instruction.
//!
//! Every helper also gets the instruction's bits, for the trap value of an illegal instruction; see [`raw`].

/// Number of a helper. The lines below name `args`; those not named are 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum Helper {
    /// CSR access: a [`CsrAccess`] in bits 0..32, the operand, the instruction's length in bytes. Returns the old value.
    Csr,
    /// Sets mstatus.FS to dirty; the instruction is run again, in the new mode.
    MarkFsDirty,
    /// `mret`
    Mret,
    /// `sret`
    Sret,
    /// `wfi`
    Wfi,
    /// `wrs.nto`: waits for the reservation to be lost or an interrupt.
    WrsNto,
    /// `wrs.sto`: likewise, for a short time at most.
    WrsSto,
    /// `sfence.vma`, `sinval.vma`: address, address-space number, bit 0: there is an address (rs1 is not x0),
    /// bit 1: there is an address-space number (rs2 is not x0).
    SfenceVma,
    /// `sfence.w.inval`
    SfenceWInval,
    /// `sfence.inval.ir`
    SfenceInvalIr,
    /// `fence.i`
    FenceI,
    /// `cbo.zero`: any address in the block.
    CboZero,
    /// `cbo.clean`: likewise.
    CboClean,
    /// `cbo.flush`: likewise.
    CboFlush,
    /// `cbo.inval`: likewise.
    CboInval,
    /// Sets mstatus.VS to dirty; the instruction is run again, in the new mode.
    MarkVsDirty,
    /// `vsetvl`: wanted length, new vtype. Returns the length.
    SetVector,
    /// A vector instruction other than loads and stores. Returns what goes to an integer or floating-point register.
    Vector,
    /// Behind an instruction that has enabled interrupts, when one is due: the instruction's length.
    Poll,
}

impl Helper {
    /// All, by number.
    pub const ALL: [Helper; 19] = [
        Helper::Csr,
        Helper::MarkFsDirty,
        Helper::Mret,
        Helper::Sret,
        Helper::Wfi,
        Helper::WrsNto,
        Helper::WrsSto,
        Helper::SfenceVma,
        Helper::SfenceWInval,
        Helper::SfenceInvalIr,
        Helper::FenceI,
        Helper::CboZero,
        Helper::CboClean,
        Helper::CboFlush,
        Helper::CboInval,
        Helper::MarkVsDirty,
        Helper::SetVector,
        Helper::Vector,
        Helper::Poll,
    ];

    /// Whether its call ends the block.
    pub const fn leaves(self) -> bool {
        use Helper::*;
        !matches!(self, Csr | CboZero | CboClean | CboFlush | CboInval | SetVector | Vector | Poll)
    }
}

impl TryFrom<u16> for Helper {
    type Error = u16;

    fn try_from(number: u16) -> Result<Helper, u16> {
        Helper::ALL.get(usize::from(number)).copied().ok_or(number)
    }
}

/// The instruction's bits from a helper's arguments: bits 32..64 of the first for [`Helper::Csr`], else of the last.
pub const fn raw(helper: Helper, args: &[u64; 3]) -> u64 {
    match helper {
        Helper::Csr => args[0] >> 32,
        _ => args[2] >> 32,
    }
}

/// What a CSR instruction does to the CSR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CsrOp {
    /// CSR = operand
    Write = 1,
    /// CSR |= operand
    Set = 2,
    /// CSR &= !operand
    Clear = 3,
}

/// First argument of [`Helper::Csr`].
///
/// ```text
///   63      32 31   18 17    16     15 12 11     0
///  ┌──────────┬───────┬──────┬───────┬─────┬────────┐
///  │ raw bits │   0   │ reads│ writes│ op  │ number │
///  └──────────┴───────┴──────┴───────┴─────┴────────┘
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CsrAccess {
    /// CSR number, 12 bits.
    pub number: u16,
    /// What is done.
    pub op: CsrOp,
    /// Whether it is written at all (`csrrs rd, csr, x0` is not a write: no side effects, no read-only trap).
    pub writes: bool,
    /// Whether it is read (`csrrw x0, csr, rs1` is not).
    pub reads: bool,
}

impl CsrAccess {
    /// As an argument.
    pub const fn encode(self) -> u64 {
        self.number as u64 | (self.op as u64) << 12 | (self.writes as u64) << 16 | (self.reads as u64) << 17
    }

    /// From an argument; the instruction's bits are ignored.
    pub const fn decode(arg: u64) -> CsrAccess {
        let op = match arg >> 12 & 15 {
            2 => CsrOp::Set,
            3 => CsrOp::Clear,
            _ => CsrOp::Write,
        };
        CsrAccess { number: (arg & 0xfff) as u16, op, writes: arg >> 16 & 1 != 0, reads: arg >> 17 & 1 != 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_list_agree() {
        for (number, helper) in (0u16..).zip(Helper::ALL) {
            assert_eq!(helper as u16, number);
            assert_eq!(Helper::try_from(number), Ok(helper));
        }
        assert_eq!(Helper::try_from(Helper::ALL.len() as u16), Err(Helper::ALL.len() as u16));
    }

    #[test]
    fn csr_accesses_survive_their_encoding() {
        for op in [CsrOp::Write, CsrOp::Set, CsrOp::Clear] {
            for (writes, reads) in [(false, true), (true, false), (true, true)] {
                let access = CsrAccess { number: 0xc01, op, writes, reads };
                assert_eq!(CsrAccess::decode(access.encode() | 0xffff_ffff << 32), access);
            }
        }
    }
}
