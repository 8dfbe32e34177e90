//! Registers of a hart at its first instruction.

use lodge_arch::riscv::Registers;

/// CSR numbers (privileged manual, "CSR Listing").
pub(crate) mod csr {
    pub(crate) const STIMECMP: u16 = 0x14d;
}

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

/// S-mode at `pc`, as firmware leaves a hart to a kernel; what an earlier life of the hart left is gone.
pub(crate) fn supervisor(registers: &mut Registers, hart: u32, pc: u64, opaque: u64) {
    *registers = lodge_isa_riscv::supervisor_entry(u64::from(hart), pc, opaque);
}
