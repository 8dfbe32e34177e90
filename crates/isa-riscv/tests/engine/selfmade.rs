//! Random programs that rewrite themselves, with every accelerator against single steps, which remember nothing.
//!
//! ```text
//!   AREA   function │ data │ function │ data …   over two pages; functions of 64 bytes, data that they use of 64 bytes
//!   driver: for each action of a list: write (1 to 8 bytes, an atomic, or a whole function over another),
//!           fence.i, call a function some times, note what came out
//! ```

use crate::assembly::{Assembly, bare, i, r, s};
use crate::cases;
use crate::random::Random;
use crate::rig::{ACCELS, FS_DIRTY, Rig, WFI, difference, machine};
use lodge_cpu::Stop;
use lodge_isa_riscv::Op::*;

const RAM: u64 = 0x8000_0000;
const LEN: u64 = 0x1_0000;
const HANDLER: u64 = RAM + 0x1000;
const CODE: u64 = RAM + 0x2000;
const AREA: u64 = RAM + 0x4000;
const LIST: u64 = RAM + 0x6000;
const RESULTS: u64 = RAM + 0xa000;
/// From one function to the next; data takes the second half.
const STRIDE: u64 = 128;
const FUNCTIONS: u64 = 0x2000 / STRIDE;
/// Instructions of a function before its return.
const BODY: u64 = 15;
const RET: u32 = 0x0000_8067;
const ACTIONS: u64 = 60;

/// What the driver does with an action's address and value.
const KINDS: u64 = 6;
const COPY: u64 = 5;

/// An instruction for a function: x8 is what it computes, x9 is its own, x13 is the middle of the first page.
fn instruction(random: &mut Random) -> u32 {
    let imm = random.below(4096) as i64 - 2048;
    let data = (STRIDE * random.below(32) + 64 + 8 * random.below(8)) as i64 - 2048;
    match random.below(8) {
        0 => i(Addi, 8, 8, imm),
        1 => i(Xori, 8, 8, imm),
        2 => i(Slli, 9, 8, random.below(64) as i64),
        3 => i(Srli, 9, 8, random.below(64) as i64),
        4 => r(Add, 8, 8, 9),
        5 => r(Xor, 8, 8, 9),
        6 => i(Ld, 9, 13, data),
        _ => s(Sd, 13, 8, data),
    }
}

/// One action: address, value, kind, function to call, how often.
fn action(random: &mut Random) -> [u64; 5] {
    let function = |random: &mut Random| AREA + STRIDE * random.below(FUNCTIONS);
    // Most calls are of a few functions, so that they become hot, and most writes change what is called.
    let call = if random.one_in(4) { function(random) } else { AREA + STRIDE * random.below(4) * 9 };
    let target = if random.one_in(3) { function(random) } else { call };
    let at = target + 4 * random.below(BODY);
    let (first, second) = (instruction(random), instruction(random));
    let (address, value, kind) = match random.below(KINDS) {
        // In bytes, in halves, whole; two at once.
        kind @ 0..2 => (at, u64::from(first), kind),
        2 => (target + 8 * random.below(BODY / 2), u64::from(first) | u64::from(second) << 32, 3),
        3 => (at, u64::from(first), 4),
        4 if random.one_in(2) => (at, u64::from(first), 2),
        4 => (target, function(random), COPY),
        // Data beside it.
        _ => (target + 64 + 8 * random.below(8), random.next(), 3),
    };
    [address, value, kind, call, 1 + random.below(6)]
}

/// x5 the list, x6 actions left, x7 results; x10.. an action.
fn driver() -> Vec<u32> {
    let mut code = Assembly::at(CODE).label("loop");
    for (n, register) in (10..13).chain(14..16).enumerate() {
        code = code.put(&[i(Ld, register, 5, 8 * n as i64)]);
    }
    // x12 = kind
    let names = ["0", "1", "2", "3", "4", "5"];
    let writes = [
        (0..4).flat_map(|n| [i(Srli, 16, 11, 8 * n), s(Sb, 10, 16, n)]).collect(),
        (0..2).flat_map(|n| [i(Srli, 16, 11, 16 * n), s(Sh, 10, 16, 2 * n)]).collect(),
        vec![s(Sw, 10, 11, 0)],
        vec![s(Sd, 10, 11, 0)],
        vec![r(AmoswapW, 16, 10, 11)],
        (0..8).flat_map(|n| [i(Ld, 16, 11, 8 * n), s(Sd, 10, 16, 8 * n)]).collect(),
    ];
    for (n, name) in names.into_iter().enumerate() {
        code = code.put(&[i(Addi, 17, 0, n as i64)]).branch(Beq, 12, 17, name);
    }
    for (write, name) in writes.iter().zip(names) {
        code = code.label(name).put(write).jump(0, "written");
    }
    code.label("written")
        .put(&[bare(FenceI)])
        .label("call")
        .put(&[i(Jalr, 1, 14, 0), i(Addi, 15, 15, -1)])
        .branch(Bne, 15, 0, "call")
        .put(&[s(Sd, 7, 8, 0), i(Addi, 7, 7, 8), i(Addi, 5, 5, 40), i(Addi, 6, 6, -1)])
        .branch(Bne, 6, 0, "loop")
        .put(&[WFI])
        .finish()
}

fn put(rig: &Rig, random: &mut Random) {
    rig.put_words(HANDLER, &[WFI]);
    rig.put_words(CODE, &driver());
    for function in 0..FUNCTIONS {
        let mut body: Vec<u32> = (0..BODY).map(|_| instruction(random)).collect();
        body.push(RET);
        rig.put_words(AREA + STRIDE * function, &body);
        let data: Vec<u8> = (0..8).flat_map(|_| random.next().to_le_bytes()).collect();
        rig.put(AREA + STRIDE * function + 64, &data);
    }
    let list: Vec<u8> = (0..ACTIONS).flat_map(|_| action(random)).flat_map(u64::to_le_bytes).collect();
    rig.put(LIST, &list);
}

#[test]
fn programs_that_rewrite_themselves_run_as_they_stand_in_memory() {
    // The rigs stay: what one program has left behind must not matter to the next.
    let mut rigs = ACCELS.map(|accel| Rig::new(accel, 1, RAM, LEN, true));
    for seed in cases(150, 20_000) {
        let mut registers = machine(CODE, HANDLER, FS_DIRTY);
        registers.x[5..9].copy_from_slice(&[LIST, ACTIONS, RESULTS, seed]);
        registers.x[13] = AREA + 2048;
        let mut golden = Rig::new(ACCELS[0], 1, RAM, LEN, true);
        put(&golden, &mut Random::new(seed));
        golden.set(0, registers.clone());
        while let Stop::Debug(_) = golden.harts[0].step(&golden.space) {}
        let (end, ram) = (golden.registers(0), golden.get(AREA, RAM + LEN - AREA));
        assert_eq!(end.pc, CODE + 4 * driver().len() as u64, "seed {seed} comes to its end: {end:x?}");
        for (rig, accel) in rigs.iter_mut().zip(ACCELS) {
            put(rig, &mut Random::new(seed));
            rig.put(RESULTS, &vec![0; 8 * ACTIONS as usize]);
            rig.set(0, registers.clone());
            assert_eq!(rig.run(0), Stop::Idle);
            let first = (0..ACTIONS)
                .find(|n| rig.u64(RESULTS + 8 * n) != golden.u64(RESULTS + 8 * n))
                .map(|n| (n, (0..5).map(|k| golden.u64(LIST + 40 * n + 8 * k)).collect::<Vec<_>>()));
            let different = difference(&end, &rig.registers(0));
            let same = rig.get(AREA, RAM + LEN - AREA) == ram;
            assert!(
                first.is_none() && different.is_empty() && same,
                "seed {seed}, {accel:?}: goes wrong at {first:x?}\n{different}"
            );
        }
    }
}
