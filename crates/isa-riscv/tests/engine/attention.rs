//! A hart that is wanted comes out of guest code soon, whatever loops that is.

use crate::assembly::{i, word};
use crate::rig::{ACCELS, FS_DIRTY, PLAIN, Rig, WFI, machine};
use lodge_cpu::{Stop, Want};
use lodge_isa_riscv::Inst;
use lodge_isa_riscv::Op::{Addi, Bne, Jal, Jalr, Ld};
use lodge_jit::Accel;
use std::sync::mpsc::channel;
use std::time::Duration;

const RAM: u64 = 0x8000_0000;
/// Blocks, with the one that leads back four times as many as a region has: regions then follow one another in a circle.
const BLOCKS: usize = 159;

/// Runs the program from its instruction `first` on until it is hot, then wants the hart back.
fn comes_out(accel: Accel, program: &[u32], first: usize) {
    comes_out_of(accel, RAM, program, first);
}

/// The same with RAM elsewhere, whose first word is its own address.
fn comes_out_of(accel: Accel, ram: u64, program: &[u32], first: usize) {
    let (handler, code) = (ram + 0x100, ram + 0x1000);
    let mut rig = Rig::new(accel, 1, ram, 1 << 20, true);
    rig.put_words(handler, &[WFI]);
    rig.put_words(code, program);
    rig.put(ram, &ram.to_le_bytes());
    let mut registers = machine(code + 4 * first as u64, handler, FS_DIRTY);
    (registers.x[6], registers.x[7], registers.x[9]) = (code, ram + 0x8000, ram);
    rig.set(0, registers);
    let link = rig.harts[0].link().clone();
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(rig.harts[0].run(&rig.space)));
    std::thread::sleep(Duration::from_millis(100));
    link.set_want(Want::Pause);
    let stop = told.recv_timeout(Duration::from_secs(60));
    assert_eq!(stop.as_ref(), Ok(&Stop::Kicked), "{accel:?}");
}

/// Blocks one behind the other, and `back`.
fn long_way_round(each: &[u32], back: u32) -> Vec<u32> {
    let end = crate::assembly::s(Bne, 5, 0, 4);
    let mut program: Vec<u32> = (0..BLOCKS).flat_map(|_| [each, &[end]].concat()).collect();
    program.push(back);
    program
}

#[test]
fn of_a_loop_over_several_regions() {
    let (count, load) = (i(Addi, 5, 5, 1), i(Ld, 8, 7, 0));
    for accel in ACCELS.into_iter().chain([PLAIN]) {
        for each in [&[count][..], &[load, count]] {
            let words = BLOCKS * (each.len() + 1);
            let back = word(&Inst { rd: 0, imm: -4 * words as i64, ..Inst::bare(Jal, 0) });
            for back in [back, i(Jalr, 0, 6, 0)] {
                let program = long_way_round(each, back);
                // Begun at block 60, the jump back is in the middle of a region, and all others go forward.
                for first in [0, 60] {
                    comes_out(accel, &program, first * (each.len() + 1));
                }
            }
        }
    }
}

#[test]
fn of_the_shortest_loop() {
    for accel in ACCELS.into_iter().chain([PLAIN]) {
        comes_out(accel, &[word(&Inst::bare(Jal, 0))], 0);
        comes_out(accel, &[i(Jalr, 0, 6, 0)], 0);
    }
}

/// The test that shows whether an address is too high shows attention too: whatever bits the address has.
#[test]
fn of_a_loop_whose_address_has_few_bits() {
    for shift in [31, 32, 37] {
        for accel in ACCELS.into_iter().chain([PLAIN]) {
            let back = word(&Inst { rd: 0, imm: -4, ..Inst::bare(Jal, 0) });
            comes_out_of(accel, 1 << shift, &[i(Ld, 9, 9, 0), back], 0);
        }
    }
}
