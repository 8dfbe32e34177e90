//! The interpreter against the translator, and both against single steps, on random programs in M-mode.

use crate::assembly::{Assembly, i, listing, r, word};
use crate::cases;
use crate::generate::{Language, RECORD, Writer};
use crate::random::Random;
use crate::rig::{ACCELS, EAGER, FS_DIRTY, Rig, TIER_ONE, WFI, difference, machine};
use lodge_arch::riscv;
use lodge_cpu::Stop;
use lodge_isa_riscv::{Inst, Op, csr};
use lodge_jit::Accel;

const RAM: u64 = 0x8000_0000;
const LEN: u64 = 0x8000;
const HANDLER: u64 = RAM + 0x100;
const CODE: u64 = RAM + 0x2000;

/// Where a hart starts and with what.
fn start(random: &mut Random, base: u8, pc: u64) -> riscv::Registers {
    let fs = random.pick(&[3, 3, 3, 3, 3, 3, 2, 1, 0]) << 13;
    let mut registers = machine(pc, HANDLER, fs);
    registers.x[1..].fill_with(|| random.integer());
    registers.f.fill_with(|| random.float());
    // Where the window meets a page's end, is within one, or reaches beyond RAM.
    let window = random.pick(&[RAM + 0x5000 - 768, RAM + 0x6000, RAM + LEN - 512 - 480, RAM + 0x6a40]);
    registers.x[usize::from(base)] = window & !63;
    let frm = random.below(5);
    registers.csrs.insert(0, (csr::FCSR, frm << 5 | random.below(32)));
    registers
}

fn step_to_end(rig: &mut Rig) -> Option<Stop> {
    // Bounded by the longest program: nested loops of 4 times 4 times 3 pieces.
    for _ in 0..20_000 {
        match rig.harts[0].step(&rig.space) {
            Stop::Debug(_) => {}
            stop => return Some(stop),
        }
    }
    None
}

#[test]
fn accelerators_agree() {
    let language = Language::new(true, true, |_| true);
    let accels = [Accel::Interp, TIER_ONE, EAGER, TIER_ONE];
    let mut rigs = accels.map(|accel| Rig::new(accel, 1, RAM, LEN, true));
    let seeds = cases(6_000, 1_200_000);
    for seed in seeds.clone() {
        let mut writer = Writer::new(seed, &language);
        let program = writer.program();
        let (base, mut random) = (writer.base, Random::new(!seed));
        // Programs start anywhere in a page, so that they straddle its end.
        let pc = CODE + 2 * random.below(0x800);
        let registers = start(&mut random, base, pc);
        let mut code = program.clone();
        code.extend(WFI.to_le_bytes());
        let data: Vec<u8> = (0..0x2000 / 8).flat_map(|_| random.integer().to_le_bytes()).collect();
        // Steps are slow, and mean the same.
        let count = if seed % 8 == 0 { 4 } else { 3 };
        let mut ends = Vec::new();
        // The rig that steps has missed what earlier programs left behind.
        if count == 4 {
            let before = rigs[0].get(RAM, LEN);
            rigs[3].put(RAM, &before);
        }
        for (n, rig) in rigs[..count].iter_mut().enumerate() {
            rig.put_words(HANDLER, &[WFI]);
            rig.put(pc, &code);
            rig.put(RAM + LEN - data.len() as u64, &data);
            rig.set(0, registers.clone());
            let stop = if n == 3 { step_to_end(rig) } else { Some(rig.run(0)) };
            ends.push((stop, rig.registers(0), rig.get(RAM, LEN)));
        }
        for (n, (stop, end, ram)) in ends.iter().enumerate().skip(1) {
            let different = difference(&ends[0].1, end);
            let at = ends[0].2.iter().zip(ram).position(|(a, b)| a != b);
            assert!(
                different.is_empty() && at.is_none() && ends[0].0 == *stop,
                "seed {seed}, base x{base}, {}:\n{}\ninterpreter {:x?}, other {stop:x?}; RAM differs at {at:x?}\n{different}",
                ["", "translator", "regions", "steps"][n],
                listing(pc, &program),
                ends[0].0,
            );
        }
    }
    println!("{} programs: interpreter, translator and steps agree", seeds.end - seeds.start);
}

/// The product of a boxed single, which is a NaN as a double, is the canonical NaN: nothing that looks boxed.
#[test]
fn a_nan_of_one_format_is_none_of_another_in_loops() {
    for accel in ACCELS {
        let mut rig = Rig::new(accel, 1, RAM, LEN, true);
        rig.put_words(HANDLER, &[WFI]);
        let program = Assembly::at(CODE)
            .label("loop")
            .put(&[word(&Inst { rd: 3, rs1: 1, rs2: 2, rm: 7, ..Inst::bare(Op::FmulD, 0) })])
            .put(&[r(Op::FeqS, 20, 1, 3), r(Op::Add, 21, 21, 20), i(Op::Addi, 6, 6, -1)])
            .branch(Op::Bne, 6, 0, "loop")
            .put(&[WFI])
            .finish();
        rig.put_words(CODE, &program);
        let mut registers = machine(CODE, HANDLER, FS_DIRTY);
        (registers.f[1], registers.f[2]) = (0xffff_ffff_3f80_0000, 1 << 62);
        registers.x[6] = 100;
        rig.set(0, registers);
        assert_eq!(rig.run(0), Stop::Idle);
        let end = rig.registers(0);
        assert_eq!((end.x[21], end.f[3]), (0, 0x7ff8 << 48), "{accel:?}");
    }
}

/// So that a failure of the generator is not a success of the test.
#[test]
fn programs_mostly_come_to_their_end() {
    let language = Language::new(true, true, |_| true);
    let mut rig = Rig::new(Accel::Interp, 1, RAM, LEN, true);
    rig.put_words(HANDLER, &[WFI]);
    let mut whole = 0;
    for seed in 0..200 {
        let mut writer = Writer::new(seed, &language);
        let mut code = writer.program();
        let end = CODE + code.len() as u64 + 4;
        code.extend(WFI.to_le_bytes());
        rig.put(CODE, &code);
        let mut registers = machine(CODE, HANDLER, crate::rig::FS_DIRTY);
        registers.x[usize::from(writer.base)] = RAM + 0x6000;
        rig.set(0, registers);
        assert_eq!(rig.run(0), Stop::Idle, "seed {seed}");
        whole += u64::from(rig.registers(0).pc == end);
    }
    assert!(whole > 100, "only {whole} of 200 programs ran to their end");
    assert!(RECORD.is_multiple_of(64), "cache blocks in the window are whole");
}
