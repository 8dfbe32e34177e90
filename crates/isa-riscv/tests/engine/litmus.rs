//! Several harts on as many threads over one RAM: what the memory model promises comes out exactly.
//!
//! Register use in all programs: x5.. addresses, x6 how many rounds, x20 errors seen by the guest itself.

use crate::assembly::{Assembly, fence, i, r, s};
use crate::rig::{ACCELS, Rig, WFI, machine, run};
use lodge_cpu::Stop;
use lodge_isa_riscv::Op::*;
use lodge_jit::Accel;

const RAM: u64 = 0x8000_0000;
const LEN: u64 = 192 << 20;
const HANDLER: u64 = RAM + 0x1000;
const CODE: u64 = RAM + 0x2000;
/// Each hart's code, so far apart.
const APART: u64 = 0x1000;
const DATA: u64 = RAM + 0x1_0000;
/// How many harts have come to the start.
const ARRIVED: u64 = DATA + 0x800;
/// Room for long results.
const LOGS: [u64; 2] = [RAM + (8 << 20), RAM + (96 << 20)];
const RW: i64 = 3;

/// As many rounds of the translator, or of the interpreter; many times more with `LODGE_LONG=1`.
fn rounds(accel: Accel, jit: u64, interp: u64) -> u64 {
    longer() * if matches!(accel, Accel::Jit(_)) { jit } else { interp }
}

fn longer() -> u64 {
    if std::env::var_os("LODGE_LONG").is_some() { 40 } else { 1 }
}

/// All harts wait here for each other: x31 the counter's address, x30 how many.
fn start(pc: u64) -> Assembly {
    let one = i(Addi, 29, 0, 1);
    Assembly::at(pc)
        .put(&[one, r(AmoaddD, 0, 31, 29)])
        .label("wait")
        .put(&[i(Ld, 29, 31, 0)])
        .branch(Bltu, 29, 30, "wait")
}

/// Runs `programs`, one a hart, each with these registers set; their registers at the end.
fn race(accel: Accel, programs: &[Vec<u32>], set: &[(usize, u64)]) -> (Rig, Vec<[u64; 32]>) {
    race_with(accel, programs, set, (HANDLER, &[WFI]))
}

/// As [`race`], with a function that all may call.
fn race_with(
    accel: Accel,
    programs: &[Vec<u32>],
    set: &[(usize, u64)],
    function: (u64, &[u32]),
) -> (Rig, Vec<[u64; 32]>) {
    let mut rig = Rig::new(accel, programs.len() as u32, RAM, LEN, true);
    rig.put_words(HANDLER, &[WFI]);
    rig.put_words(function.0, function.1);
    for (n, program) in programs.iter().enumerate() {
        let pc = CODE + APART * n as u64;
        rig.put_words(pc, program);
        let mut registers = machine(pc, HANDLER, 0);
        set.iter().for_each(|&(register, value)| registers.x[register] = value);
        (registers.x[31], registers.x[30]) = (ARRIVED, programs.len() as u64);
        rig.set(n, registers);
    }
    let space = &rig.space;
    std::thread::scope(|scope| {
        for (n, hart) in rig.harts.iter_mut().enumerate() {
            scope.spawn(move || assert_eq!(run(&mut **hart, space), Stop::Idle, "hart {n}"));
        }
    });
    let ends = (0..programs.len()).map(|n| rig.registers(n)).collect::<Vec<_>>();
    for (n, end) in ends.iter().enumerate() {
        let pc = CODE + APART * n as u64;
        assert_eq!(
            end.pc,
            pc + 4 * programs[n].len() as u64,
            "{accel:?}: hart {n} did not come to its end: {end:x?}"
        );
    }
    (rig, ends.into_iter().map(|end| end.x).collect())
}

/// Ends a loop of x6 rounds.
fn again(assembly: Assembly) -> Vec<u32> {
    assembly.put(&[i(Addi, 6, 6, -1)]).branch(Bne, 6, 0, "loop").put(&[WFI]).finish()
}

fn at(hart: usize) -> Assembly {
    start(CODE + APART * hart as u64)
}

#[test]
fn atomic_adds_lose_nothing() {
    for accel in ACCELS {
        let n = rounds(accel, 100_000, 5_000);
        let program = |hart| again(at(hart).label("loop").put(&[r(AmoaddD, 0, 5, 7), r(AmoaddW, 0, 8, 7)]));
        let programs: Vec<_> = (0..4).map(program).collect();
        let (rig, _) = race(accel, &programs, &[(5, DATA), (8, DATA + 12), (6, n), (7, 3)]);
        assert_eq!(rig.u64(DATA), 12 * n, "{accel:?}");
        assert_eq!(rig.u64(DATA + 8), (12 * n) << 32, "{accel:?}");
    }
}

#[test]
fn every_read_modify_write_is_one_step() {
    // Each hart flips its own bit with another instruction and checks that only it does.
    for accel in ACCELS {
        let n = rounds(accel, 50_000, 3_000);
        let program = |hart: usize| {
            // x10 = own bit, x11 = the others; or sets it, and clears it; it must have been clear, then set.
            let own = 1 << (5 * hart);
            again(
                at(hart)
                    .put(&[i(Addi, 10, 0, own), i(Xori, 11, 10, -1)])
                    .label("loop")
                    .put(&[r(AmoorW, 12, 5, 10), r(And, 12, 12, 10), r(Add, 20, 20, 12)])
                    .put(&[r(AmoandW, 12, 5, 11), r(And, 12, 12, 10), r(Xor, 12, 12, 10), r(Add, 20, 20, 12)])
                    .put(&[
                        r(AmoxorD, 12, 8, 10),
                        r(AmoxorD, 12, 8, 10),
                        r(And, 12, 12, 10),
                        r(Xor, 12, 12, 10),
                    ])
                    .put(&[r(Add, 20, 20, 12)]),
            )
        };
        let (rig, ends) = race(accel, &[program(0), program(1)], &[(5, DATA), (8, DATA + 64), (6, n)]);
        assert!(ends.iter().all(|x| x[20] == 0), "{accel:?}: {ends:x?}");
        assert_eq!((rig.u64(DATA), rig.u64(DATA + 64)), (0, 0), "{accel:?}");
    }
}

#[test]
fn reservations_lose_nothing() {
    for accel in ACCELS {
        for (load, store) in [(LrD, ScD), (LrW, ScW)] {
            let n = rounds(accel, 50_000, 3_000);
            let program = |hart| {
                let body = [r(load, 8, 5, 0), i(Addi, 8, 8, 1), r(store, 9, 5, 8)];
                again(at(hart).label("loop").put(&body).branch(Bne, 9, 0, "loop"))
            };
            let programs: Vec<_> = (0..4).map(program).collect();
            let (rig, _) = race(accel, &programs, &[(5, DATA), (6, n)]);
            assert_eq!(rig.u64(DATA), 4 * n, "{accel:?}, {load:?}");
        }
    }
}

#[test]
fn compare_and_swap_loses_nothing() {
    for accel in ACCELS {
        let n = rounds(accel, 30_000, 3_000);
        // x8 expects, x9 is new; amocas.q counts in both halves.
        let narrow = |hart| {
            let body = [i(Ld, 8, 5, 0), i(Addi, 9, 8, 1), i(Addi, 10, 8, 0), r(AmocasD, 8, 5, 9)];
            again(at(hart).label("loop").put(&body).branch(Bne, 8, 10, "loop"))
        };
        let wide = |hart| {
            let load = [i(Ld, 8, 5, 0), i(Ld, 9, 5, 8), i(Addi, 12, 8, 0), i(Addi, 13, 9, 0)];
            let swap = [i(Addi, 10, 8, 1), i(Addi, 11, 9, 2), r(AmocasQ, 8, 5, 10)];
            let tried = at(hart).label("loop").put(&load).put(&swap).branch(Bne, 8, 12, "loop");
            again(tried.branch(Bne, 9, 13, "loop"))
        };
        let (rig, _) = race(accel, &[narrow(0), narrow(1), narrow(2)], &[(5, DATA), (6, n)]);
        assert_eq!(rig.u64(DATA), 3 * n, "{accel:?}");
        let (rig, _) = race(accel, &[wide(0), wide(1)], &[(5, DATA), (6, n)]);
        assert_eq!((rig.u64(DATA), rig.u64(DATA + 8)), (2 * n, 4 * n), "{accel:?}");
    }
}

#[test]
fn a_spinlock_keeps_others_out() {
    for accel in ACCELS {
        let n = rounds(accel, 20_000, 2_000);
        let program = |hart| {
            let inside = [i(Ld, 9, 10, 0), i(Addi, 9, 9, 1), s(Sd, 10, 9, 0)];
            let lock =
                at(hart).label("loop").jump(0, "take").label("busy").put(&[crate::assembly::bare(WrsNto)]);
            let lock = lock.label("take").put(&[r(AmoswapW, 8, 5, 7)]).branch(Bne, 8, 0, "busy");
            again(lock.put(&[fence(RW, RW)]).put(&inside).put(&[fence(RW, RW), r(AmoswapW, 0, 5, 0)]))
        };
        let programs: Vec<_> = (0..3).map(program).collect();
        let (rig, _) = race(accel, &programs, &[(5, DATA), (10, DATA + 128), (6, n), (7, 1)]);
        assert_eq!(rig.u64(DATA + 128), 3 * n, "{accel:?}");
    }
}

#[test]
fn messages_come_after_what_they_announce() {
    for accel in ACCELS {
        let n = rounds(accel, 500_000, 20_000);
        // One writes data then flag, both counting up; the other, flag then data, must never see data behind flag.
        let count = [i(Addi, 8, 8, 1), s(Sd, 5, 8, 0), fence(1, 1), s(Sd, 10, 8, 0)];
        let writer = again(at(0).label("loop").put(&count));
        let look = [i(Ld, 8, 10, 0), fence(2, 2), i(Ld, 9, 5, 0), r(Sltu, 9, 9, 8), r(Add, 20, 20, 9)];
        let reader = again(at(1).label("loop").put(&look));
        let (_, ends) = race(accel, &[writer, reader], &[(5, DATA), (10, DATA + 256), (6, n)]);
        assert_eq!(ends[1][20], 0, "{accel:?}: saw a message before what it announces");
    }
}

#[test]
fn full_fences_order_stores_before_loads() {
    for accel in ACCELS {
        let n = rounds(accel, 200_000, 10_000);
        // Each counts its own word up, fences, and logs the other's.
        let program = |hart: usize| {
            let (own, other) = if hart == 0 { (5, 10) } else { (10, 5) };
            let body = [i(Addi, 8, 8, 1), s(Sd, own, 8, 0), fence(RW, RW), i(Ld, 9, other, 0)];
            let log = [s(Sd, 11 + hart as u8, 9, 0), i(Addi, 11 + hart as u8, 11 + hart as u8, 8)];
            again(at(hart).label("loop").put(&body).put(&log))
        };
        let set = [(5, DATA), (10, DATA + 256), (6, n), (11, LOGS[0]), (12, LOGS[1])];
        let (rig, _) = race(accel, &[program(0), program(1)], &set);
        let log = |hart: usize| -> Vec<u64> { (0..n).map(|i| rig.u64(LOGS[hart] + 8 * i)).collect() };
        let (first, second) = (log(0), log(1));
        for (round, seen) in (1u64..).zip(&first) {
            // The other's store number `seen + 1` came later, so that the other must have seen this round's.
            if let Some(other) = second.get(*seen as usize) {
                assert!(*other >= round, "{accel:?}: both missed, rounds {round} and {}", seen + 1);
            }
        }
    }
}

/// Hart 0 rewrites the function at `function` and tells hart 1, which fences, calls it, and tells hart 0.
fn rewrite_across(accel: Accel, function: u64, n: u64) {
    let wait = crate::assembly::bare(WrsNto);
    // x5 flag, x10 answer, x12 function, x11 "addi x8, x0, 0"
    let writer = at(0)
        .label("loop")
        .put(&[
            i(Addi, 7, 7, 1),
            i(Slli, 9, 7, 20),
            r(Addw, 9, 9, 11),
            s(Sw, 12, 9, 0),
            fence(RW, RW),
            s(Sd, 5, 7, 0),
        ])
        .jump(0, "look")
        .label("pause")
        .put(&[wait])
        .label("look")
        .put(&[i(Ld, 9, 10, 0)])
        .branch(Bne, 9, 7, "pause");
    let reader = at(1)
        .label("loop")
        .put(&[i(Addi, 7, 7, 1)])
        .jump(0, "look")
        .label("pause")
        .put(&[wait])
        .label("look")
        .put(&[i(Ld, 9, 5, 0)])
        .branch(Bne, 9, 7, "pause")
        .put(&[fence(RW, RW), crate::assembly::bare(FenceI), i(Jalr, 1, 12, 0)])
        .put(&[r(Xor, 8, 8, 7), r(Sltu, 8, 0, 8), r(Add, 20, 20, 8), fence(RW, RW), s(Sd, 10, 7, 0)]);
    let set = [(5, DATA), (10, DATA + 64), (12, function), (11, u64::from(i(Addi, 8, 0, 0))), (6, n)];
    let body = [i(Addi, 8, 0, 0), i(Jalr, 0, 1, 0)];
    let (_, ends) = race_with(accel, &[again(writer), again(reader)], &set, (function, &body));
    assert_eq!(ends[1][20], 0, "{accel:?}: stale code of {function:#x} was executed");
}

#[test]
fn code_rewritten_by_another_hart_is_seen_after_fence_i() {
    for accel in ACCELS {
        // On a page of its own; on the page of the flags; behind the caller's own code; behind the writer's.
        for function in [RAM + 0x8000, DATA + 0x400, CODE + APART + 0x800, CODE + 0x800] {
            // What is written has 11 bits for its round.
            (0..longer()).for_each(|_| rewrite_across(accel, function, 400));
        }
    }
}

#[test]
fn harts_write_code_for_one_another_in_one_page() {
    for accel in ACCELS {
        let n = if matches!(accel, Accel::Jit(_)) { 1_500 } else { 150 };
        (0..longer()).for_each(|_| write_for_one_another(accel, n));
    }
}

/// Rounds: below 2048, which is what an immediate holds.
fn write_for_one_another(accel: Accel, n: u64) {
    const HARTS: u64 = 3;
    let wait = crate::assembly::bare(WrsNto);
    // Each round a hart writes the next one's function, and a word beside it, then waits for its own to be written and
    // calls it a few times. Functions, words and flags share a page.
    let program = |hart: usize| {
        let (own, next) = (hart as i64 * 64, (hart as i64 + 1) % HARTS as i64 * 64);
        let write = [i(Addi, 7, 7, 1), i(Slli, 9, 7, 20), r(Addw, 9, 9, 11), s(Sw, 12, 9, next)];
        let tell = [s(Sd, 12, 7, next + 8), fence(RW, RW), s(Sd, 5, 7, next)];
        let look = at(hart).put(&[i(Addi, 13, 12, own)]).label("loop").put(&write).put(&tell);
        let look = look.jump(0, "look").label("pause").put(&[wait]).label("look");
        let called = look.put(&[i(Ld, 9, 5, own)]).branch(Bltu, 9, 7, "pause");
        let called = called.put(&[fence(RW, RW), crate::assembly::bare(FenceI), i(Addi, 14, 0, 5)]);
        // The writer may be two rounds ahead, but not more.
        let called = called.label("call").put(&[i(Jalr, 1, 13, 0), r(Sub, 8, 8, 7), i(Sltiu, 8, 8, 3)]);
        let called = called.put(&[i(Xori, 8, 8, 1), r(Add, 20, 20, 8), i(Addi, 14, 14, -1)]);
        again(called.branch(Bne, 14, 0, "call"))
    };
    let programs: Vec<_> = (0..HARTS as usize).map(program).collect();
    let page = RAM + 0x8000;
    let set = [(5, page + 0x400), (12, page), (11, u64::from(i(Addi, 8, 0, 0))), (6, n)];
    let body = [i(Addi, 8, 0, 0), i(Jalr, 0, 1, 0)];
    let mut functions = vec![0; 16 * HARTS as usize];
    for hart in 0..HARTS as usize {
        functions[16 * hart..16 * hart + 2].copy_from_slice(&body);
    }
    let (_, ends) = race_with(accel, &programs, &set, (page, &functions));
    for (hart, end) in ends.iter().enumerate() {
        assert_eq!(end[20], 0, "{accel:?}: hart {hart} ran stale code");
    }
}

#[test]
fn code_rewritten_by_the_host_is_seen_after_fence_i() {
    let wait = crate::assembly::bare(WrsNto);
    for accel in ACCELS {
        let n = rounds(accel, 2_000, 500);
        // Two harts answer, each to its own word, that they run what the host wrote before it set the flag. x10 the answer,
        // x5 the flag, x12 the function: the first has it beside its own code.
        let reader = |hart: usize| {
            let look = at(hart).label("loop").put(&[i(Addi, 7, 7, 1)]).jump(0, "look").label("pause");
            let look = look.put(&[wait]).label("look").put(&[i(Ld, 9, 5, 0)]).branch(Bltu, 9, 7, "pause");
            let call = [fence(RW, RW), crate::assembly::bare(FenceI), i(Jalr, 1, 12, 0)];
            let wrong = [r(Xor, 8, 8, 7), r(Sltu, 8, 0, 8), r(Add, 20, 20, 8), fence(RW, RW)];
            again(look.put(&call).put(&wrong).put(&[s(Sd, 10, 7, 0)]))
        };
        let mut rig = Rig::new(accel, 2, RAM, LEN, true);
        rig.put_words(HANDLER, &[WFI]);
        let (flag, function) = (DATA, CODE + 0x800);
        let answers = [DATA + 64, DATA + 128];
        for (hart, answer) in answers.into_iter().enumerate() {
            let pc = CODE + APART * hart as u64;
            rig.put_words(pc, &reader(hart));
            let mut registers = machine(pc, HANDLER, 0);
            (registers.x[5], registers.x[6], registers.x[10], registers.x[12]) = (flag, n, answer, function);
            (registers.x[31], registers.x[30]) = (ARRIVED, 2);
            rig.set(hart, registers);
        }
        let (space, harts) = (&rig.space, &mut rig.harts);
        std::thread::scope(|scope| {
            for hart in harts.iter_mut() {
                scope.spawn(|| assert_eq!(run(&mut **hart, space), Stop::Idle));
            }
            // A device's way to RAM.
            let memory = space.memory();
            for round in 1..=n {
                let code = crate::assembly::bytes(&body(round));
                memory.write(function, &code).expect("RAM");
                memory.write(flag, &round.to_le_bytes()).expect("RAM");
                while answers.iter().any(|at| memory.read_u64(*at).expect("RAM") < round) {
                    std::thread::yield_now();
                }
            }
        });
        for hart in 0..2 {
            assert_eq!(rig.registers(hart).x[20], 0, "{accel:?}: hart {hart} ran stale code");
        }
    }
}

/// x8 = `round`, in two shapes.
fn body(round: u64) -> Vec<u32> {
    let ret = i(Jalr, 0, 1, 0);
    let [high, low] = crate::assembly::li(8, round as i64);
    if round.is_multiple_of(3) {
        // Over an instruction that would spoil it.
        vec![high, low, crate::assembly::s(Beq, 0, 0, 8), i(Addi, 8, 0, -1), ret]
    } else {
        vec![high, low, ret]
    }
}
