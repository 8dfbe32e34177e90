//! A hart that is wanted comes out of guest code soon, whatever loops that is.

use crate::assembly::{Assembly, i};
use crate::rig::{ACCELS, FS_DIRTY, PLAIN, Rig, WFI, machine};
use lodge_cpu::{Stop, Want};
use lodge_isa_riscv::Op::*;
use lodge_jit::Accel;
use std::sync::mpsc::channel;
use std::time::Duration;

const RAM: u64 = 0x8000_0000;
const HANDLER: u64 = RAM + 0x100;
const CODE: u64 = RAM + 0x1000;
/// Blocks: many more than a region has.
const BLOCKS: usize = 150;

/// Runs the program until it is hot, then wants the hart back.
fn comes_out(accel: Accel, program: Vec<u32>) {
    let mut rig = Rig::new(accel, 1, RAM, 1 << 20, true);
    rig.put_words(HANDLER, &[WFI]);
    rig.put_words(CODE, &program);
    let mut registers = machine(CODE, HANDLER, FS_DIRTY);
    (registers.x[6], registers.x[7]) = (CODE, RAM + 0x8000);
    rig.set(0, registers);
    let link = rig.harts[0].link().clone();
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(rig.harts[0].run(&rig.space)));
    std::thread::sleep(Duration::from_millis(100));
    link.set_want(Want::Pause);
    let stop = told.recv_timeout(Duration::from_secs(60));
    assert_eq!(stop.as_ref(), Ok(&Stop::Kicked), "{accel:?}");
}

/// Blocks one behind the other, and a way back that nothing looks at: a computed jump.
fn long_way_round(each: &[u32]) -> Vec<u32> {
    let forward = (0..BLOCKS)
        .fold(Assembly::at(CODE), |program, _| program.put(each).put(&[crate::assembly::s(Bne, 5, 0, 4)]));
    forward.put(&[i(Jalr, 0, 6, 0)]).finish()
}

#[test]
fn of_a_loop_over_several_regions() {
    for accel in ACCELS.into_iter().chain([PLAIN]) {
        comes_out(accel, long_way_round(&[i(Addi, 5, 5, 1)]));
        comes_out(accel, long_way_round(&[i(Ld, 8, 7, 0), i(Addi, 5, 5, 1)]));
    }
}

#[test]
fn of_the_shortest_loop() {
    for accel in ACCELS.into_iter().chain([PLAIN]) {
        comes_out(accel, Assembly::at(CODE).label("loop").jump(0, "loop").finish());
        comes_out(accel, vec![i(Jalr, 0, 6, 0)]);
    }
}
