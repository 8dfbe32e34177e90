//! Registers of a hart at its first instruction.

use lodge_arch::riscv::Registers;

/// CSR numbers (privileged manual, "CSR Listing").
pub(crate) mod csr {
    pub(crate) const STVEC: u16 = 0x105;
    pub(crate) const SCOUNTEREN: u16 = 0x106;
    pub(crate) const SSCRATCH: u16 = 0x140;
    pub(crate) const STIMECMP: u16 = 0x14d;
    pub(crate) const SATP: u16 = 0x180;
    pub(crate) const MSTATUS: u16 = 0x300;
    pub(crate) const MEDELEG: u16 = 0x302;
    pub(crate) const MIDELEG: u16 = 0x303;
    pub(crate) const MIE: u16 = 0x304;
    pub(crate) const MCOUNTEREN: u16 = 0x306;
    pub(crate) const MENVCFG: u16 = 0x30a;
    pub(crate) const MSTATEEN0: u16 = 0x30c;
    pub(crate) const PMPCFG0: u16 = 0x3a0;
    pub(crate) const PMPADDR0: u16 = 0x3b0;
}

/// Every exception that S-mode can take itself: all but the calls of S-mode, which are for the firmware.
const DELEGATED_EXCEPTIONS: u64 = 0xb1ff;
/// Software, timer and external interrupts of S-mode.
const DELEGATED_INTERRUPTS: u64 = 0x222;
/// Sstc, Svpbmt, Svadu on; cache-block operations allowed (CBZE, CBCFE, CBIE = invalidate).
const ENVIRONMENT: u64 = 1 << 63 | 1 << 62 | 1 << 61 | 0xf0;
/// cycle, time, instret.
const COUNTERS: u64 = 7;
/// `sstatus` fields that an earlier life of the hart may have left: SIE, SPIE, SPP, SUM, MXR.
const STATUS_CLEARED: u64 = 1 << 1 | 1 << 5 | 1 << 8 | 1 << 18 | 1 << 19;

/// Sets a CSR, listed so far or not.
pub(crate) fn set_csr(registers: &mut Registers, number: u16, value: u64) {
    match registers.csrs.iter_mut().find(|(n, _)| *n == number) {
        Some(csr) => csr.1 = value,
        None => {
            let at = registers.csrs.partition_point(|(n, _)| *n < number);
            registers.csrs.insert(at, (number, value));
        }
    }
}

/// Reads a CSR that holds state of its own.
pub(crate) fn get_csr(registers: &Registers, number: u16) -> Option<u64> {
    registers.csrs.iter().find(|(n, _)| *n == number).map(|(_, value)| *value)
}

/// S-mode at `pc`, as firmware leaves a hart to a kernel (SBI specification 2.0, chapter 9: satp and SIE are 0, a0
/// is the hart's number, a1 whatever the starter wants): traps delegated, all memory open, timer and counters
/// usable.
pub(crate) fn supervisor(registers: &mut Registers, hart: u32, pc: u64, opaque: u64) {
    registers.x[10] = u64::from(hart);
    registers.x[11] = opaque;
    registers.pc = pc;
    registers.mode = 1;
    let status = get_csr(registers, csr::MSTATUS).unwrap_or(0) & !STATUS_CLEARED;
    for (number, value) in [
        (csr::STVEC, 0),
        (csr::SCOUNTEREN, COUNTERS),
        (csr::SSCRATCH, 0),
        (csr::STIMECMP, u64::MAX),
        (csr::SATP, 0),
        (csr::MSTATUS, status),
        (csr::MEDELEG, DELEGATED_EXCEPTIONS),
        (csr::MIDELEG, DELEGATED_INTERRUPTS),
        (csr::MIE, 0),
        (csr::MCOUNTEREN, COUNTERS),
        (csr::MENVCFG, ENVIRONMENT),
        // One region that is all memory, open to S and U (privileged manual, "Physical Memory Protection": without
        // a match S-mode gets nothing).
        (csr::PMPCFG0, 0x1f),
        (csr::PMPADDR0, u64::MAX >> 10),
    ] {
        set_csr(registers, number, value);
    }
    // Only where the hart has it: it gates state that S-mode owns anyway.
    if get_csr(registers, csr::MSTATEEN0).is_some() {
        set_csr(registers, csr::MSTATEEN0, u64::MAX);
    }
}
