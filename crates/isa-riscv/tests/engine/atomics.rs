//! Atomics that must fault: whatever the translation cache holds, they reach nothing outside the guest.

use crate::assembly::{Assembly, i, r};
use crate::rig::{ACCELS, Rig, machine, supervisor};
use lodge_cpu::Stop;
use lodge_isa_riscv::Op::{self, *};
use lodge_isa_riscv::csr;

const RAM: u64 = 0x8000_0000;
const HANDLER: u64 = RAM + 0x1000;
const CODE: u64 = RAM + 0x2000;
const ECALL: u32 = 0x73;
const MISALIGNED_LOAD: u64 = 4;
const MISALIGNED_STORE: u64 = 6;

/// Runs `op` on `address` with everything else as the closure sets it up; cause and value of the exception.
fn faults(rig: &mut Rig, before: &[u32], op: Op, address: u64, satp: Option<u64>) -> (u64, u64) {
    rig.put_words(HANDLER, &[if satp.is_some() { ECALL } else { crate::rig::WFI }]);
    let source = if matches!(op, LrW | LrD) { 0 } else { 11 };
    let program = Assembly::at(CODE).put(before).put(&[r(op, 10, 12, source)]).finish();
    rig.put_words(CODE, &program);
    let mut registers = match satp {
        Some(satp) => supervisor(CODE, HANDLER, satp),
        None => machine(CODE, HANDLER, 0),
    };
    (registers.x[12], registers.x[13]) = (address, FIRST);
    rig.set(0, registers);
    assert!(matches!(rig.run(0), Stop::Idle | Stop::Call(_)));
    let csr = |number| rig.registers(0).csrs.iter().find(|(n, _)| *n == number).map_or(0, |(_, v)| *v);
    if satp.is_some() { (csr(csr::SCAUSE), csr(csr::STVAL)) } else { (csr(csr::MCAUSE), csr(csr::MTVAL)) }
}

/// A page whose entry of the translation cache is that of page 0 too.
const FIRST: u64 = 0x4000_0000;

#[test]
fn misaligned_atomics_in_page_zero_fault_like_everywhere() {
    for accel in ACCELS {
        for address in [1, 2, 3, 5, 9, 0xfff, RAM + 1, RAM + 0xfff] {
            for (op, cause) in [
                (LrW, MISALIGNED_LOAD),
                (AmoaddW, MISALIGNED_STORE),
                (AmoswapD, MISALIGNED_STORE),
                (AmocasW, MISALIGNED_STORE),
                (AmocasD, MISALIGNED_STORE),
            ] {
                let mut rig = Rig::new(accel, 1, RAM, 1 << 20, true);
                let got = faults(&mut rig, &[], op, address, None);
                assert_eq!(got, (cause, address), "{op:?} at {address:#x} under {accel:?}");
            }
        }
    }
}

#[test]
fn a_page_that_may_only_be_read_lends_page_zero_nothing() {
    const TABLES: [u64; 3] = [RAM + 0x2_0000, RAM + 0x2_1000, RAM + 0x2_2000];
    for accel in ACCELS {
        let mut rig = Rig::new(accel, 1, RAM, 1 << 20, false);
        let table = |physical: u64| physical >> 2 | 1;
        rig.put(TABLES[0] + 8, &table(TABLES[1]).to_le_bytes());
        // RAM where it is: valid, readable, writable, executable, accessed, dirty.
        rig.put(TABLES[0] + 16, &(RAM >> 2 | 0xcf).to_le_bytes());
        rig.put(TABLES[1], &table(TABLES[2]).to_le_bytes());
        // FIRST: valid, readable, accessed.
        rig.put(TABLES[2], &((RAM + 0x1_0000) >> 2 | 0x43).to_le_bytes());
        let satp = 8 << 60 | TABLES[0] >> 12;
        let got = faults(&mut rig, &[i(Ld, 14, 13, 0)], AmoswapD, 9, Some(satp));
        assert_eq!(got, (MISALIGNED_STORE, 9), "{accel:?}");
    }
}
