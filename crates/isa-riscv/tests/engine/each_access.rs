//! A fault at every access of a program in turn: the one at which it comes, all before it done, none behind it.
//!
//! ```text
//!   round   base ─► window 0 │ before each access base goes on to the next window; all windows are the same two pages
//!                   window 1 │ …                                                                  ▲
//!                   window k │ one of its pages is away, or lacks a right: access k faults here ──┤
//!                   …        │                                                                    └─ it comes, and once more
//! ```
//! All accesses of a warm program hit, in translation cache or mirror, but the one that is to fault. Registers, data and page
//! tables are compared with the interpreter's at every fault and at the end of every round.

use crate::assembly::{bare, i, listing};
use crate::cases;
use crate::generate::{Language, Writer};
use crate::paged::*;
use crate::random::Random;
use crate::rig::{EAGER, FS_DIRTY, PLAIN, Rig, TIER_ONE, difference};
use crate::tables::{SATP, TABLES, TABLES_LEN, Tables};
use lodge_arch::riscv::Registers;
use lodge_cpu::Stop;
use lodge_isa_riscv::{Op, csr, supervisor_entry};
use lodge_jit::Accel;

const ACCELS: [Accel; 4] = [Accel::Interp, TIER_ONE, EAGER, PLAIN];
/// Where the program and its two pages of data are.
const PROGRAM: u64 = COPIES[0];
const PAIR: u64 = RAM + 0x20_0000;
const WINDOW: u64 = 2 * PAGE;
/// Windows: their leaves are one table's.
const WINDOWS: u64 = 256;
const SPAN: u64 = WINDOWS * WINDOW;
/// Rounds before the first fault.
const WARM: u64 = 5;

struct Walk {
    code: Vec<u8>,
    base: u8,
    registers: Registers,
    /// First address of the windows.
    first: u64,
    user: bool,
}

/// A loop that moves on by a window before each access.
fn walk(seed: u64, language: &Language) -> Walk {
    let mut writer = Writer::new(seed, language);
    let mut random = Random::new(seed ^ 0x6163_6373);
    let mut free: Vec<u8> = (1..32).collect();
    let mut take = |random: &mut Random| free.swap_remove(random.below(free.len() as u64) as usize);
    let [base, start, stride] = [0; 3].map(|_| take(&mut random));
    [base, start, stride].iter().for_each(|register| writer.keep(*register));
    (writer.base, writer.stride) = (base, Some(stride));
    let mut code = i(Op::Addi, base, start, 0).to_le_bytes().to_vec();
    for _ in 0..4 + random.below(12) {
        code.extend(writer.piece(2));
        // Arithmetic whose results regions may not have made canonical yet when the access comes.
        if random.one_in(2) {
            code.extend(writer.one(|operands| operands.starts_with("fd")));
        }
        if random.one_in(2) {
            code.extend(writer.one(|operands| operands.contains("(rs1)")));
        }
    }
    code.extend(bare(Op::Ebreak).to_le_bytes());
    code.extend(jump(0, -(code.len() as i64)).to_le_bytes());
    let user = !random.one_in(4);
    let first = random.pick(&[LOW, LOW, LOW, (1 << 38) - SPAN, HIGH]);
    let mut registers = supervisor_entry(0, CODE, 0);
    registers.x[1..].fill_with(|| random.integer());
    registers.f.fill_with(|| random.float());
    // Accesses are around the border of a window's pages.
    registers.x[usize::from(start)] = first + PAGE - 768;
    registers.x[usize::from(stride)] = WINDOW;
    registers.mode = if user { 0 } else { 1 };
    let status = FS_DIRTY | SUM & random.next() | if user { 0 } else { SSTATUS_SPP };
    let menvcfg = get(&registers, csr::MENVCFG) & !ADUE | ADUE & random.next();
    registers.csrs.retain(|(number, _)| *number != csr::MENVCFG);
    registers.csrs.extend([
        (csr::STVEC, HANDLER),
        (csr::SATP, SATP),
        (csr::MSTATUS, status),
        (csr::MENVCFG, menvcfg),
        (csr::FCSR, random.below(5) << 5 | random.below(32)),
    ]);
    registers.csrs.sort_unstable();
    Walk { code, base, registers, first, user }
}

/// A program in all rigs.
struct Case<'a> {
    seed: u64,
    rigs: &'a mut [Rig],
    tables: Tables,
    walk: Walk,
    /// What the interpreter's registers were at the last exception.
    now: Registers,
}

impl Case<'_> {
    fn flags(&self, flags: u64) -> u64 {
        if flags == 0 { 0 } else { flags | if self.walk.user { U } else { 0 } }
    }

    /// Window `window`'s page 0 or 1.
    fn page(&self, window: u64, page: u64) -> u64 {
        self.walk.first + WINDOW * window + PAGE * page
    }

    fn map(&mut self, address: u64, flags: u64) {
        let flags = self.flags(flags);
        self.tables.map(self.rigs, address, PAIR + address % WINDOW / PAGE * PAGE, flags);
    }

    /// The guest goes on at `pc`, with a fence for `page` first, or none.
    fn resume(&mut self, pc: u64, page: Option<u64>) {
        // 1: no fence.
        for (n, word) in [page.unwrap_or(1), pc, 0].into_iter().enumerate() {
            put(self.rigs, MAILBOX + 8 * n as u64, &word.to_le_bytes());
        }
    }

    /// Runs all rigs to the next exception, and compares.
    fn run(&mut self, what: &str) {
        let stops: Vec<Stop> = self.rigs.iter_mut().map(|rig| rig.run(0)).collect();
        let mut ends: Vec<Registers> = self.rigs.iter().map(|rig| rig.registers(0)).collect();
        for n in 1..ends.len() {
            let different = difference(&ends[0], &ends[n]);
            let memory = [(PAIR, WINDOW), (TABLES, TABLES_LEN)]
                .into_iter()
                .find(|&(start, len)| self.rigs[0].get(start, len) != self.rigs[n].get(start, len));
            assert!(
                different.is_empty() && memory.is_none() && stops[0] == stops[n],
                "seed {}, {what} (sepc {:#x}, scause {}, stval {:#x}): {:?} differs from the interpreter\n{}\n\
                 {:x?}, {:x?}; memory at {memory:x?}\n{different}",
                self.seed,
                get(&ends[0], csr::SEPC),
                get(&ends[0], csr::SCAUSE),
                get(&ends[0], csr::STVAL),
                ACCELS[n],
                listing(CODE, &self.walk.code),
                stops[0],
                stops[n],
            );
        }
        self.now = ends.swap_remove(0);
        assert!(matches!(stops[0], Stop::Call(_)), "seed {}: {:?}", self.seed, stops[0]);
    }

    /// The last exception: pc, cause, and what goes with it.
    fn exception(&self) -> (u64, u64, u64) {
        let [pc, cause, value] = [csr::SEPC, csr::SCAUSE, csr::STVAL].map(|number| get(&self.now, number));
        (pc, cause, value)
    }

    /// Runs a round whose first faults are expected on `away`; how many there were. What is away comes when missed, and at
    /// the end.
    fn round(&mut self, what: &str, away: Option<u64>) -> u64 {
        let mut faults = 0;
        loop {
            self.run(what);
            let (pc, cause, value) = self.exception();
            if cause == BREAKPOINT {
                // What lacked something that nobody wanted has it again; who saw it lacking will look once more.
                away.iter().for_each(|page| self.map(*page, FULL));
                return faults;
            }
            if cause == ILLEGAL {
                self.resume(pc + 4, None);
                continue;
            }
            let page = value & !(PAGE - 1);
            assert!(
                Some(page) == away && matches!(cause, 13 | 15) && faults < 4,
                "seed {}, {what}: exception {cause} at {pc:#x} for {value:#x}, which nobody took away\n{}",
                self.seed,
                listing(CODE, &self.walk.code)
            );
            faults += 1;
            self.map(page, FULL);
            self.resume(pc, Some(page));
        }
    }

    /// How many accesses a round has, from where base is at its end.
    fn accesses(&self) -> u64 {
        self.now.x[usize::from(self.walk.base)].wrapping_sub(self.walk.first) / WINDOW
    }
}

/// Exceptions (privileged manual, `scause`).
const BREAKPOINT: u64 = 3;
/// For users, what works on cache blocks is.
const ILLEGAL: u64 = 2;

const FULL: u64 = V | R | W | A | D;
/// Each lacks something: reading, writing, having been accessed, having been written to.
const LACKING: [u64; 4] = [V | X | A, V | R | A, V | R | W | D, V | R | W | A];

/// Sets a program up and has it run hot; `None` when it is not fit.
fn prepare<'a>(seed: u64, rigs: &'a mut [Rig], language: &Language) -> Option<Case<'a>> {
    let walk = walk(seed, language);
    if walk.code.len() as u64 > CODE_PAGES * PAGE {
        return None;
    }
    let mut tables = Tables::new(rigs, &handler());
    put(rigs, MAILBOX, &[0; 64]);
    let mut random = Random::new(!seed);
    let data: Vec<u8> = (0..WINDOW / 8)
        .flat_map(|_| if random.one_in(2) { random.float() } else { random.integer() }.to_le_bytes())
        .collect();
    put(rigs, PAIR, &data);
    put(rigs, PROGRAM, &walk.code);
    let user = if walk.user { U } else { 0 };
    for page in 0..CODE_PAGES {
        tables.map(rigs, CODE + PAGE * page, PROGRAM + PAGE * page, V | R | X | A | user);
    }
    rigs.iter_mut().for_each(|rig| rig.set(0, walk.registers.clone()));
    let now = walk.registers.clone();
    let mut case = Case { seed, rigs, tables, walk, now };
    for window in 0..WINDOWS {
        [0, 1].iter().for_each(|page| case.map(case.page(window, *page), FULL));
    }
    let mut rounds = 0;
    while rounds < WARM {
        case.run("warming up");
        let (pc, cause, _) = case.exception();
        // Too long, so that it left its windows.
        if !matches!(cause, BREAKPOINT | ILLEGAL) {
            return None;
        }
        rounds += u64::from(cause == BREAKPOINT);
        case.resume(pc + 4, None);
    }
    (1..WINDOWS).contains(&case.accesses()).then_some(case)
}

/// Lets every access of a program fault in turn; how many accesses there were, and how many faults.
fn check(seed: u64, rigs: &mut [Rig], language: &Language) -> Option<(u64, u64)> {
    let mut case = prepare(seed, rigs, language)?;
    let mut random = Random::new(seed);
    let (mut total, mut faults) = (0, 0);
    let mut access = 1;
    // A program may come to more accesses in a later round than in an earlier one.
    while access <= case.accesses() {
        total += 1;
        for page in [0, 1].map(|n| case.page(access, n)) {
            for flags in [0, random.pick(&LACKING)] {
                case.map(page, flags);
                let next = get(&case.now, csr::SEPC) + 4;
                case.resume(next, Some(page));
                let what = format!("access {access} to {page:#x} as {flags:#x}");
                faults += case.round(&what, Some(page)).min(1);
                if case.accesses() >= WINDOWS {
                    return Some((total, faults));
                }
            }
        }
        access += 1;
    }
    Some((total, faults))
}

#[test]
fn a_fault_at_any_access_is_precise() {
    let language = Language::new(false, true, |_| true);
    let mut rigs = ACCELS.map(|accel| Rig::new(accel, 1, RAM, 4 << 20, false));
    let before = lodge_jit::regions_compiled();
    let seeds = cases(40, 20_000);
    let (mut programs, mut accesses, mut faults) = (0, 0, 0);
    for seed in seeds {
        if let Some((total, came)) = check(seed, &mut rigs, &language) {
            (programs, accesses, faults) = (programs + 1, accesses + total, faults + came);
        }
    }
    let after = lodge_jit::regions_compiled();
    let (regions, mirrored) = (after.0 - before.0, after.1 - before.1);
    println!(
        "{programs} programs, {accesses} accesses, {faults} faults, {regions} regions, {mirrored} of them mirrored"
    );
    assert!(faults > accesses && mirrored > programs, "most accesses fault, most programs are mirrored");
}
