//! What a region looks at where it is entered leaves nothing behind: registers may hold anything there.

use crate::assembly::{i, s};
use crate::rig::{ACCELS, FS_DIRTY, PLAIN, Rig, WFI, machine};
use lodge_isa_riscv::Op::{Addi, Bne, Jalr};

const RAM: u64 = 0x8000_0000;
const HANDLER: u64 = RAM + 0x100;
const CODE: u64 = RAM + 0x1000;

/// `add` writes f10, which held `before` when its loop was entered; the flags that were ever seen behind the loop.
fn flags_behind(accel: lodge_jit::Accel, before: u64, add: u32, one: u64) -> u64 {
    let mut rig = Rig::new(accel, 1, RAM, 1 << 20, true);
    rig.put_words(HANDLER, &[WFI]);
    let program = [
        0xf200_0053 | 10 << 15 | 10 << 7, // fmv.d.x f10, x10
        0x0010_5073,                      // csrwi fflags, 0
        i(Addi, 6, 0, 50),
        i(Jalr, 0, 12, 0), // to the loop, from outside
        add,
        i(Addi, 6, 6, -1),
        s(Bne, 6, 0, -8),
        0x0010_2473, // csrr x8, fflags
        0x0084_e4b3, // or x9, x9, x8
        i(Addi, 5, 5, -1),
        s(Bne, 5, 0, 8),
        WFI,
        i(Jalr, 0, 11, 0),
    ];
    rig.put_words(CODE, &program);
    let mut registers = machine(CODE, HANDLER, FS_DIRTY);
    (registers.x[5], registers.x[10]) = (100, before);
    (registers.x[11], registers.x[12]) = (CODE, CODE + 16);
    (registers.f[2], registers.f[3]) = (one, one);
    rig.set(0, registers);
    rig.run(0);
    let registers = rig.registers(0);
    assert_eq!(registers.x[5], 0, "{accel:?}: the program came to its end");
    registers.x[9]
}

#[test]
fn a_signalling_nan_that_nobody_reads_raises_nothing() {
    for accel in ACCELS.into_iter().chain([PLAIN]) {
        // fadd.d f10, f2, f3: 1 + 1.
        let double = flags_behind(accel, 0x7ff0_0000_0000_0001, 0x0231_7553, 0x3ff0_0000_0000_0000);
        // fadd.s: the lower half alone would be a signalling NaN.
        let single = flags_behind(accel, 0x3ff0_0000_7fa0_0000, 0x0031_7553, 0xffff_ffff_3f80_0000);
        assert_eq!((double, single), (0, 0), "{accel:?}");
    }
}
