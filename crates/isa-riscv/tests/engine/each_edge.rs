//! An interrupt at every block edge of a program in turn: wherever it is taken, the hart is at a place, and in a state, that
//! single steps come by; and the program's end is as without it.
//!
//! ```text
//!   single steps ─► trail: pc, registers and data after every instruction
//!   block at P, its n-th run: its last operation raises an interrupt ─► handler: ecall ─► this file looks for the state in the
//!                                                                        sret ◄────────── trail, not before P's n-th time
//! ```
//! Only the block at P is made with such an operation; all others, and what the engine does with them, are as always.

use crate::assembly::{bare, i, listing, s};
use crate::cases;
use crate::generate::Language;
use crate::paged::*;
use crate::random::Random;
use crate::rig::{EAGER, PLAIN, Rig, TIER_ONE, difference};
use crate::tables::{SATP, Tables};
use lodge_arch::riscv::Registers;
use lodge_bus::{Clock, Space};
use lodge_cpu::{Link, Stop, Want};
use lodge_isa_riscv::{Hart, Op, Options, Paging, csr};
use lodge_jit::ir::{self, Slot, Val};
use lodge_jit::{
    Accel, Access, Builder, Code, Context, Exception, FpRules, Frame, Isa, Mapping, Mode, Outcome, Peers,
};
use lodge_memory::{GuestMemory, Ram};
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

const ACCELS: [Accel; 4] = [Accel::Interp, TIER_ONE, EAGER, PLAIN];
const PROGRAM: u64 = COPIES[0];
const DATA: u64 = RAM + 0x20_0000;
const DATA_LEN: u64 = DATA_PAGES * PAGE;
/// The helper that raises the interrupt: no hart has one of this number.
const RAISE: u16 = u16::MAX;

thread_local! {
    /// Where the block begins that raises an interrupt.
    static SITE: Cell<u64> = const { Cell::new(0) };
    /// At which of its runs, from 0; and how many there were.
    static WHEN: Cell<u64> = const { Cell::new(u64::MAX) };
    static RUNS: Cell<u64> = const { Cell::new(0) };
    /// Where blocks began.
    static BEGINNINGS: RefCell<BTreeSet<u64>> = const { RefCell::new(BTreeSet::new()) };
}

/// A hart one of whose blocks may raise an interrupt.
struct Raising(Hart);

impl Isa for Raising {
    const HOT: &'static [Slot] = Hart::HOT;
    const HOT_FP: &'static [Slot] = Hart::HOT_FP;
    const SCALARS: Slot = Hart::SCALARS;
    const FP: FpRules = Hart::FP;

    fn misaligned(access: Access) -> u64 {
        Hart::misaligned(access)
    }

    fn bus_error(access: Access) -> u64 {
        Hart::bus_error(access)
    }

    fn mode(&self, frame: &Frame) -> Mode {
        self.0.mode(frame)
    }

    fn is_low(mode: Mode) -> bool {
        Hart::is_low(mode)
    }

    fn lift(mode: Mode, code: &mut Code<'_>, block: &mut Builder) {
        let pc = block.next_pc();
        BEGINNINGS.with_borrow_mut(|beginnings| beginnings.insert(pc));
        Hart::lift(mode, code, block);
        if pc == SITE.get() {
            block.push(ir::Op::Call { helper: RAISE, dst: None, args: [Val::Imm(0); 3] });
        }
    }

    fn walk(&mut self, cx: &mut Context<'_>, address: u64, access: Access) -> Result<Mapping, Exception> {
        self.0.walk(cx, address, access)
    }

    fn widen(&self, range: (u64, u64)) -> Option<(u64, u64)> {
        self.0.widen(range)
    }

    fn has_asid(root: u64, asid: u16) -> bool {
        Hart::has_asid(root, asid)
    }

    fn peek(&self, frame: &Frame, space: &Space, address: u64) -> Option<u64> {
        self.0.peek(frame, space, address)
    }

    fn call(&mut self, cx: &mut Context<'_>, helper: u16, args: [u64; 3]) -> Outcome {
        if helper != RAISE {
            return self.0.call(cx, helper, args);
        }
        let run = RUNS.replace(RUNS.get() + 1);
        if run == WHEN.get() {
            cx.link.pulse(SOFTWARE);
        }
        Outcome::Value(0)
    }

    fn raise(&mut self, cx: &mut Context<'_>, exception: Exception) -> Option<Stop> {
        self.0.raise(cx, exception)
    }

    fn poll(&mut self, cx: &mut Context<'_>) {
        self.0.poll(cx);
    }

    fn registers(&self, frame: &Frame) -> lodge_arch::Registers {
        self.0.registers(frame)
    }

    fn set_registers(&mut self, frame: &mut Frame, registers: &lodge_arch::Registers) -> Result<(), String> {
        self.0.set_registers(frame, registers)
    }

    fn answer(&mut self, frame: &mut Frame, results: [u64; 2]) {
        self.0.answer(frame, results);
    }
}

fn rig(accel: Accel) -> Rig {
    let memory = Arc::new(GuestMemory::new(vec![Ram::new(RAM, 4 << 20).expect("RAM")]).expect("one region"));
    let link = Link::new(0, true);
    link.set_want(Want::Run);
    let options = Options { firmware: false, paging: Paging::Sv39, vlen: 128 };
    let hart = Raising(Hart::new(0, Clock::manual(), link.clone(), options));
    let vcpu = lodge_jit::vcpu(accel, hart, link, memory.clone(), Peers::default()).expect("memory for code");
    Rig { harts: vec![vcpu], space: Space::new(memory, Vec::new()) }
}

/// Tells; takes the interrupt's request back, or goes on behind the instruction, if it is an exception.
fn handler() -> Vec<u32> {
    let a0 = 10;
    let swap = i(Op::Csrrw, a0, a0, csr::SSCRATCH.into());
    let sepc = csr::SEPC.into();
    let behind = [i(Op::Csrrs, a0, 0, sepc), i(Op::Addi, a0, a0, 4), i(Op::Csrrw, 0, a0, sepc)];
    let mut out = vec![bare(Op::Ecall), swap, i(Op::Csrrs, a0, 0, csr::SCAUSE.into())];
    out.push(s(Op::Blt, a0, 0, 20));
    out.extend(behind);
    out.extend([jump(0, 8), i(Op::Csrrci, 0, SOFTWARE as u8, csr::SIP.into()), swap, bare(Op::Sret)]);
    out
}

/// What a program has done so far.
#[derive(PartialEq)]
struct State {
    pc: u64,
    x: [u64; 32],
    f: [u64; 32],
    fcsr: u64,
    data: u64,
}

impl State {
    /// Of a rig at `pc`.
    fn of(rig: &Rig, pc: u64, registers: &Registers) -> State {
        let mut hasher = DefaultHasher::new();
        hasher.write(&rig.get(DATA, DATA_LEN));
        let fcsr = get(registers, csr::FCSR);
        State { pc, x: registers.x, f: registers.f, fcsr, data: hasher.finish() }
    }

    fn tell(&self, other: &State) -> String {
        let full = |state: &State| Registers { pc: state.pc, x: state.x, f: state.f, ..Registers::default() };
        let same = self.data == other.data;
        format!(
            "{}  data the same: {same}, fcsr {:#x} {:#x}",
            difference(&full(self), &full(other)),
            self.fcsr,
            other.fcsr
        )
    }
}

/// A program, its data, and what single steps make of it.
struct Case {
    seed: u64,
    program: Program,
    start: Registers,
    data: Vec<u8>,
    end: u64,
    trail: Vec<State>,
}

impl Case {
    fn begin(&self, rig: &mut Rig) {
        rig.put(DATA, &self.data);
        rig.set(0, self.start.clone());
    }

    /// Follows the program by single steps; whether it comes to its end soon.
    fn follow(&mut self, rig: &mut Rig) -> bool {
        const LONG: usize = 3_000;
        self.begin(rig);
        let mut registers = rig.registers(0);
        while self.trail.len() < LONG {
            if registers.pc < HANDLER || registers.pc >= HANDLER + PAGE {
                self.trail.push(State::of(rig, registers.pc, &registers));
            }
            if registers.pc == self.end {
                return true;
            }
            let stop = rig.harts[0].step(&rig.space);
            assert!(matches!(stop, Stop::Debug(_) | Stop::Call(_)), "seed {}: {stop:?}", self.seed);
            registers = rig.registers(0);
        }
        false
    }

    /// When the trail comes by `pc` for the n-th time.
    fn passes(&self, pc: u64, n: u64) -> usize {
        self.trail
            .iter()
            .enumerate()
            .filter(|(_, state)| state.pc == pc)
            .nth(n as usize)
            .map_or(0, |(at, _)| at)
    }

    /// Runs it once, with an interrupt at the n-th run of the block at `site`; whether it was taken before the end, if that
    /// run came at all.
    fn interrupted(&self, rig: &mut Rig, accel: Accel, site: u64, n: u64) -> Option<bool> {
        WHEN.set(n);
        RUNS.set(0);
        self.begin(rig);
        let mut taken = false;
        loop {
            let stop = rig.run(0);
            let registers = rig.registers(0);
            let tell = || {
                format!(
                    "seed {}, block {site:#x}, run {n}, {accel:?}\n{}",
                    self.seed,
                    listing(CODE, &self.program.code)
                )
            };
            assert!(matches!(stop, Stop::Call(_)), "{stop:?}: {}", tell());
            let [pc, cause] = [csr::SEPC, csr::SCAUSE].map(|number| get(&registers, number));
            let state = State::of(rig, pc, &registers);
            if cause >> 63 != 0 {
                let from = self.passes(site, n);
                let found = self.trail[from..].contains(&state);
                let near = self.trail[from..].iter().find(|step| step.pc == pc);
                let near = near.map(|near| near.tell(&state));
                assert!(
                    found && !taken,
                    "interrupted at {pc:#x}, in a state that steps do not come by: {}\n{near:?}",
                    tell()
                );
                taken = true;
            } else if pc == self.end {
                let last = self.trail.last().expect("an end");
                assert!(*last == state, "another end: {}\n{}", tell(), last.tell(&state));
                return (RUNS.get() > n).then_some(taken);
            }
        }
    }
}

fn case(seed: u64, language: &Language) -> Case {
    let program = program(seed, language);
    let mut random = Random::new(!seed);
    let mut start = program.registers.clone();
    start.mode = if program.user { 0 } else { 1 };
    start.x[usize::from(program.counter)] = 3 + random.below(4);
    let status = FS_DIRTY | SUM | if program.user { 0 } else { SSTATUS_SPP | SSTATUS_SIE };
    start.csrs.extend([
        (csr::STVEC, HANDLER),
        (csr::SATP, SATP),
        (csr::MSTATUS, status),
        (csr::MIE, SOFTWARE),
        (csr::FCSR, random.below(5) << 5),
    ]);
    start.csrs.sort_unstable();
    let data = (0..DATA_LEN / 8)
        .flat_map(|_| if random.one_in(2) { random.float() } else { random.integer() }.to_le_bytes())
        .collect();
    let end = CODE + program.code.len() as u64 - 8;
    Case { seed, program, start, data, end, trail: Vec::new() }
}

fn place(rigs: &[Rig], case: &Case) {
    let mut tables = Tables::new(rigs, &handler());
    let user = if case.program.user { U } else { 0 };
    for (first, pages) in AREAS {
        let (physical, flags) =
            if first == CODE { (PROGRAM, V | R | X | A) } else { (DATA, V | R | W | A | D) };
        for page in 0..pages {
            tables.map(rigs, first + PAGE * page, physical + PAGE * page, flags | user);
        }
    }
    let mut code = case.program.code.clone();
    code.resize((CODE_PAGES * PAGE) as usize, 0);
    put(rigs, PROGRAM, &code);
}

/// Interrupts one program at every edge, on all rigs; how many edges there were, and interrupts before the end.
fn check(seed: u64, rigs: &mut [Rig], language: &Language) -> (u64, u64) {
    let mut case = case(seed, language);
    place(rigs, &case);
    SITE.set(0);
    if !case.follow(&mut rigs[0]) {
        return (0, 0);
    }
    let (mut edges, mut interrupts) = (0, 0);
    for (rig, accel) in rigs.iter_mut().zip(ACCELS) {
        BEGINNINGS.with_borrow_mut(BTreeSet::clear);
        // What was made of an earlier program goes.
        rig.harts[0].set_breakpoints(&[]);
        assert_eq!(case.interrupted(rig, accel, 0, u64::MAX), None);
        let blocks = BEGINNINGS
            .with_borrow(|beginnings| beginnings.range(CODE..case.end).copied().collect::<Vec<_>>());
        for block in blocks {
            SITE.set(block);
            rig.harts[0].set_breakpoints(&[]);
            // Warm first.
            case.interrupted(rig, accel, block, u64::MAX);
            for n in 0.. {
                let Some(taken) = case.interrupted(rig, accel, block, n) else { break };
                (edges, interrupts) = (edges + 1, interrupts + u64::from(taken));
            }
        }
        SITE.set(0);
    }
    (edges, interrupts)
}

#[test]
fn an_interrupt_at_any_edge_changes_nothing() {
    // Without reservations, which interrupts end.
    let language = Language::new(false, true, |op| !matches!(op, Op::LrW | Op::LrD | Op::ScW | Op::ScD));
    let mut rigs = ACCELS.map(rig);
    let before = lodge_jit::regions_compiled();
    let (mut edges, mut interrupts) = (0, 0);
    for seed in cases(12, 6_000) {
        let (found, taken) = check(seed, &mut rigs, &language);
        (edges, interrupts) = (edges + found, interrupts + taken);
    }
    let after = lodge_jit::regions_compiled();
    let (regions, mirrored) = (after.0 - before.0, after.1 - before.1);
    println!("{edges} edges, {interrupts} interrupts, {regions} regions, {mirrored} of them mirrored");
    assert!(interrupts > edges / 20 * 19 && mirrored > 0, "most edges let an interrupt in");
}
