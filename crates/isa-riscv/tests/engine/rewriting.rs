//! Code that changes under the hart's feet: rewritten, remapped, and straddling pages of which one is.
//!
//! ```text
//!   Sv39, S-mode   RAM where it is (one gigapage); FIRST and the page behind it: pages that the tests choose
//! ```

use crate::assembly::{Assembly, bare, i, r, s, word};
use crate::rig::{ACCELS, FS_DIRTY, Rig, WFI, machine, supervisor};
use lodge_cpu::Stop;
use lodge_isa_riscv::Inst;
use lodge_isa_riscv::Op::*;
use lodge_jit::Accel;

const RAM: u64 = 0x8000_0000;
const HANDLER: u64 = RAM + 0x1000;
const CODE: u64 = RAM + 0x2000;
/// Physical pages to choose from.
const A: u64 = RAM + 0x1_0000;
const B: u64 = RAM + 0x1_1000;
/// Root, middle and last page table.
const TABLES: [u64; 3] = [RAM + 0x2_0000, RAM + 0x2_1000, RAM + 0x2_2000];
/// Virtual address of the first page under the last table.
const FIRST: u64 = 0x4000_0000;
const SATP: u64 = 8 << 60 | TABLES[0] >> 12;
const ECALL: u32 = 0x73;
const RET: u32 = 0x0000_8067;

fn rig(accel: Accel, firmware: bool) -> Rig {
    let rig = Rig::new(accel, 1, RAM, 1 << 20, firmware);
    rig.put_words(HANDLER, &[if firmware { WFI } else { ECALL }]);
    rig
}

/// A leaf that allows everything to S-mode, accessed and dirty; 0 for none.
fn leaf(physical: u64) -> u64 {
    if physical == 0 { 0 } else { physical >> 2 | 0xcf }
}

/// The tables, with nothing mapped at [`FIRST`].
fn map(rig: &Rig) {
    let table = |physical: u64| physical >> 2 | 1;
    rig.put(TABLES[0] + 8, &table(TABLES[1]).to_le_bytes());
    rig.put(TABLES[0] + 16, &leaf(RAM).to_le_bytes());
    rig.put(TABLES[1], &table(TABLES[2]).to_le_bytes());
}

fn csr(rig: &Rig, number: u16) -> u64 {
    rig.registers(0).csrs.iter().find(|(n, _)| *n == number).map_or(0, |(_, value)| *value)
}

/// Rewrites an instruction ahead, `near` bytes on, and executes it, many times.
fn rewrites_ahead(accel: Accel, padding: usize) -> u64 {
    let mut rig = rig(accel, true);
    let nops = vec![i(Addi, 0, 0, 0); padding];
    // x7 counts up, x9 = "addi x8, x8, x7", x12 where to
    let program = Assembly::at(CODE)
        .label("loop")
        .put(&[i(Addi, 7, 7, 1), i(Slli, 9, 7, 20), r(Addw, 9, 9, 11), s(Sw, 12, 9, 0), bare(FenceI)])
        .put(&nops)
        .label("target")
        .put(&[i(Addi, 8, 8, 0)])
        .branch(Beq, 7, 6, "end")
        .jump(0, "loop")
        .label("end")
        .put(&[WFI]);
    let mut registers = machine(CODE, HANDLER, FS_DIRTY);
    (registers.x[6], registers.x[12], registers.x[11]) =
        (300, program.address("target"), u64::from(i(Addi, 8, 8, 0)));
    rig.put_words(CODE, &program.finish());
    rig.set(0, registers);
    assert_eq!(rig.run(0), Stop::Idle);
    rig.registers(0).x[8]
}

#[test]
fn the_next_instructions_can_be_rewritten() {
    for accel in ACCELS {
        // Next to the fence, in the next block, on the next page.
        for padding in [0, 1, 70, 1100] {
            assert_eq!(
                rewrites_ahead(accel, padding),
                300 * 301 / 2,
                "{accel:?}, {padding} instructions ahead"
            );
        }
    }
}

#[test]
fn data_beside_code_is_only_data() {
    for accel in ACCELS {
        let mut rig = rig(accel, true);
        // Counts in memory, in the words right behind the loop and in the page's last.
        let body = [
            i(Ld, 8, 5, 0),
            i(Addi, 8, 8, 1),
            s(Sd, 5, 8, 0),
            r(AmoaddD, 0, 10, 7),
            i(Fld, 1, 5, 0),
            s(Fsd, 11, 1, 0),
        ];
        let program =
            Assembly::at(CODE).label("loop").put(&body).put(&[i(Addi, 6, 6, -1)]).branch(Bne, 6, 0, "loop");
        let program = program.put(&[WFI]).finish();
        let mut registers = machine(CODE, HANDLER, FS_DIRTY);
        let behind = (CODE + 4 * program.len() as u64).next_multiple_of(8);
        registers.x[5..8].copy_from_slice(&[behind, 5000, 3]);
        registers.x[10..12].copy_from_slice(&[behind + 8, CODE + 0xff8]);
        rig.put_words(CODE, &program);
        rig.set(0, registers);
        assert_eq!(rig.run(0), Stop::Idle);
        assert_eq!(rig.registers(0).pc, CODE + 4 * program.len() as u64, "{accel:?}");
        assert_eq!(
            [behind, behind + 8, CODE + 0xff8].map(|at| rig.u64(at)),
            [5000, 15000, 5000],
            "{accel:?}"
        );
    }
}

/// Maps `at` alternately to `first` and `second` and calls `function`, `rounds` times each; the sum of the results.
fn alternate(rig: &mut Rig, at: u64, [first, second]: [u64; 2], function: u64, rounds: u64) -> u64 {
    map(rig);
    // x5 the page table entry, x10 and x11 its values, x12 the function, x13 the page
    let fence = word(&Inst { rs1: 13, ..Inst::bare(SfenceVma, 0) });
    let half = |entry| [s(Sd, 5, entry, 0), fence, i(Jalr, 1, 12, 0), r(Add, 20, 20, 8)];
    let program = Assembly::at(CODE).label("loop").put(&half(10)).put(&half(11)).put(&[i(Addi, 6, 6, -1)]);
    rig.put_words(CODE, &program.branch(Bne, 6, 0, "loop").put(&[ECALL]).finish());
    let mut registers = supervisor(CODE, HANDLER, SATP);
    registers.x[5..7].copy_from_slice(&[TABLES[2] + (at - FIRST) / 512, rounds]);
    registers.x[10..14].copy_from_slice(&[leaf(first), leaf(second), function, at]);
    rig.set(0, registers);
    assert!(matches!(rig.run(0), Stop::Call(_)));
    assert_eq!(csr(rig, 0x142), 0, "no exception: {:x?}", rig.registers(0));
    rig.registers(0).x[20]
}

#[test]
fn a_remapped_page_brings_other_code() {
    for accel in ACCELS {
        let mut rig = rig(accel, false);
        // Several blocks, tied to each other within the page.
        let function = |result| {
            let start = Assembly::at(FIRST).put(&[i(Addi, 8, 0, 0), i(Addi, 9, 0, 4)]).label("loop");
            let body = start.put(&[i(Addi, 8, 8, result), i(Addi, 9, 9, -1)]).branch(Bne, 9, 0, "loop");
            body.jump(0, "end").put(&[0]).label("end").put(&[RET]).finish()
        };
        rig.put_words(A, &function(1));
        rig.put_words(B, &function(100));
        assert_eq!(alternate(&mut rig, FIRST, [A, B], FIRST, 200), 4 * 101 * 200, "{accel:?}");
    }
}

/// `addi x8, x0, value` at the last two bytes of the page at `first`, its second half and `ret` in each of `seconds`.
fn straddle(rig: &Rig, first: u64, seconds: &[(u64, i64)]) {
    for &(second, value) in seconds {
        let inst = i(Addi, 8, 0, value).to_le_bytes();
        rig.put(first + 0xffe, &inst[..2]);
        rig.put(second, &inst[2..]);
        rig.put(second + 2, &RET.to_le_bytes());
    }
}

#[test]
fn a_straddling_instruction_follows_its_second_page() {
    for accel in ACCELS {
        let mut rig = rig(accel, false);
        let first = RAM + 0x1_2000;
        straddle(&rig, first, &[(A, 1), (B, 100)]);
        rig.put(TABLES[2], &leaf(first).to_le_bytes());
        let sum = alternate(&mut rig, FIRST + 0x1000, [A, B], FIRST + 0xffe, 200);
        assert_eq!(sum, 101 * 200, "{accel:?}");
    }
}

#[test]
fn a_straddling_instruction_faults_on_its_second_page() {
    for accel in ACCELS {
        let mut rig = rig(accel, false);
        let (first, function) = (RAM + 0x1_2000, FIRST + 0xffe);
        straddle(&rig, first, &[(A, 7)]);
        map(&rig);
        rig.put(TABLES[2], &leaf(first).to_le_bytes());
        let mut call = |second: u64| {
            rig.put(TABLES[2] + 8, &leaf(second).to_le_bytes());
            rig.put_words(CODE, &[word(&Inst::bare(SfenceVma, 0)), i(Jalr, 1, 12, 0), ECALL]);
            let mut registers = supervisor(CODE, HANDLER, SATP);
            (registers.x[12], registers.x[8]) = (function, 55);
            rig.set(0, registers);
            assert!(matches!(rig.run(0), Stop::Call(_)), "{accel:?}");
            (csr(&rig, 0x142), csr(&rig, 0x143), csr(&rig, 0x141), rig.registers(0).x[8])
        };
        let fault = (12, FIRST + 0x1000, function, 55);
        assert_eq!(call(0), fault, "{accel:?}: at first sight");
        assert_eq!(call(A), (0, 0, 0, 7), "{accel:?}: mapped");
        assert_eq!(call(0), fault, "{accel:?}: unmapped again, when it was translated");
        assert_eq!(call(A), (0, 0, 0, 7), "{accel:?}: and back");
    }
}

#[test]
fn a_straddling_instruction_can_be_rewritten_in_either_half() {
    for accel in ACCELS {
        let mut rig = rig(accel, true);
        // No page tables: the function ends one page and begins the next. x10 counts; the immediate is in the second
        // half's upper bits, the destination's number in the first half.
        let function = A + 0xffe;
        let inst = i(Addi, 8, 0, 0);
        rig.put(function, &inst.to_le_bytes());
        rig.put(function + 4, &RET.to_le_bytes());
        let program = Assembly::at(CODE)
            .label("loop")
            // addi x8 or x9, x0, count
            .put(&[i(Addi, 7, 7, 1), i(Slli, 13, 7, 4), s(Sh, 12, 13, 2), bare(FenceI), i(Jalr, 1, 12, 0)])
            .put(&[
                r(Add, 20, 20, 8),
                i(Xori, 14, 14, 0x80),
                s(Sh, 12, 14, 0),
                bare(FenceI),
                i(Jalr, 1, 12, 0),
            ])
            .put(&[r(Add, 21, 21, 9), i(Xori, 14, 14, 0x80), s(Sh, 12, 14, 0)])
            .branch(Bne, 7, 6, "loop")
            .put(&[WFI])
            .finish();
        rig.put_words(CODE, &program);
        let mut registers = machine(CODE, HANDLER, 0);
        (registers.x[6], registers.x[12], registers.x[14]) = (200, function, u64::from(inst & 0xffff));
        rig.set(0, registers);
        assert_eq!(rig.run(0), Stop::Idle);
        let x = rig.registers(0).x;
        assert_eq!((x[20], x[21]), (200 * 201 / 2, 200 * 201 / 2), "{accel:?}");
    }
}

#[test]
fn code_rewritten_through_another_address_is_seen() {
    for accel in ACCELS {
        let mut rig = rig(accel, false);
        map(&rig);
        rig.put(TABLES[2], &leaf(A).to_le_bytes());
        rig.put(TABLES[2] + 8, &leaf(A).to_le_bytes());
        rig.put_words(A, &[i(Addi, 8, 0, 0), RET]);
        // Called at its first address, written at its second.
        let program = Assembly::at(CODE)
            .label("loop")
            .put(&[i(Addi, 7, 7, 1), i(Slli, 9, 7, 20), r(Addw, 9, 9, 11), s(Sw, 12, 9, 0), bare(FenceI)])
            .put(&[i(Jalr, 1, 13, 0), r(Add, 20, 20, 8)])
            .branch(Bne, 7, 6, "loop")
            .put(&[ECALL])
            .finish();
        rig.put_words(CODE, &program);
        let mut registers = supervisor(CODE, HANDLER, SATP);
        (registers.x[6], registers.x[11]) = (300, u64::from(i(Addi, 8, 0, 0)));
        (registers.x[12], registers.x[13]) = (FIRST + 0x1000, FIRST);
        rig.set(0, registers);
        assert!(matches!(rig.run(0), Stop::Call(_)));
        assert_eq!(rig.registers(0).x[20], 300 * 301 / 2, "{accel:?}");
    }
}
