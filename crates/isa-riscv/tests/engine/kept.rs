//! Translations that were made for the same code at another address: what they do, and that they are the ones that would
//! be made here.

use crate::assembly::listing;
use crate::cases;
use crate::generate::{Language, Writer};
use crate::random::Random;
use crate::rig::{EAGER, FS_DIRTY, Rig, WFI, difference, machine};
use lodge_arch::riscv;
use lodge_isa_riscv::csr;
use lodge_jit::{Accel, Peers, Store};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const RAM: u64 = 0x8000_0000;
const LEN: u64 = 0x8000;
const HANDLER: u64 = RAM + 0x100;
const CODE: u64 = RAM + 0x2000;
const PAGE: u64 = 0x1000;

fn start(random: &mut Random, base: u8) -> riscv::Registers {
    let mut registers = machine(0, HANDLER, FS_DIRTY);
    registers.x[1..].fill_with(|| random.integer());
    registers.f.fill_with(|| random.float());
    registers.x[usize::from(base)] = RAM + 0x6000;
    let frm = random.below(5);
    registers.csrs.insert(0, (csr::FCSR, frm << 5));
    registers
}

/// Puts `code` at `pc` and runs it on RAM that is otherwise the same every time.
fn run(
    rig: &mut Rig,
    pc: u64,
    code: &[u8],
    registers: &riscv::Registers,
) -> (String, riscv::Registers, Vec<u8>) {
    rig.put(RAM, &vec![0x5a; LEN as usize]);
    rig.put_words(HANDLER, &[WFI]);
    rig.put(pc, code);
    rig.set(0, riscv::Registers { pc, ..registers.clone() });
    let stop = format!("{:?}", rig.run(0));
    (stop, rig.registers(0), rig.get(RAM, LEN))
}

#[test]
fn translations_made_elsewhere_do_what_the_interpreter_does() {
    let language = Language::new(true, true, |_| true);
    let store = Arc::new(Store::in_memory());
    let peers = Peers::with_store(Some(store.clone()));
    let mut interpreter = Rig::new(Accel::Interp, 1, RAM, LEN, true);
    let mut warm = Rig::with_peers(EAGER, 1, RAM, LEN, true, peers);
    let (seeds, mut reused) = (cases(2_000, 200_000), 0);
    for seed in seeds.clone() {
        let mut writer = Writer::new(seed, &language);
        let mut code = writer.program();
        let (base, mut random) = (writer.base, Random::new(!seed));
        let (pc, registers) = (CODE + 2 * random.below(0x800), start(&mut random, base));
        code.extend(WFI.to_le_bytes());
        run(&mut warm, pc, &code, &registers);
        let before = store.tally().reused.load(Ordering::Relaxed);
        let moved = pc + PAGE;
        let expected = run(&mut interpreter, moved, &code, &registers);
        let found = run(&mut warm, moved, &code, &registers);
        reused += u64::from(store.tally().reused.load(Ordering::Relaxed) > before);
        let different = difference(&expected.1, &found.1);
        assert!(
            different.is_empty() && expected.0 == found.0 && expected.2 == found.2,
            "seed {seed}, base x{base}:\n{}\n{} {}\n{different}",
            listing(moved, &code),
            expected.0,
            found.0,
        );
    }
    let all = seeds.end - seeds.start;
    assert!(reused > all * 9 / 10, "only {reused} of {all} programs reused anything");
}

#[test]
fn translations_made_elsewhere_are_those_that_would_be_made_here() {
    let language = Language::new(true, true, |_| true);
    let store = Arc::new(Store::in_memory().checking());
    let peers = Peers::with_store(Some(store.clone()));
    let mut rig = Rig::with_peers(EAGER, 1, RAM, LEN, true, peers);
    for seed in cases(2_000, 200_000) {
        let mut writer = Writer::new(seed, &language);
        let mut code = writer.program();
        let (base, mut random) = (writer.base, Random::new(!seed));
        let (pc, registers) = (CODE + 2 * random.below(0x800), start(&mut random, base));
        code.extend(WFI.to_le_bytes());
        for pc in [pc, pc + PAGE] {
            run(&mut rig, pc, &code, &registers);
        }
        assert_eq!(
            store.tally().differences.load(Ordering::Relaxed),
            0,
            "seed {seed}:\n{}",
            listing(pc, &code)
        );
    }
    assert!(store.tally().checked.load(Ordering::Relaxed) > 2_000);
}
