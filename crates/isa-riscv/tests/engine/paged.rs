//! Random programs in U- and S-mode under page tables that change beneath them, the pager being this file.
//!
//! ```text
//!   program ── faults, or says that a round is over ─► handler (S-mode): ecall ─► the pager: compares all rigs, changes
//!      ▲                                                                           page tables, code, pages' rights
//!      └── sret ◄── fences as the pager says (mailbox) ◄───────────────────────────┘
//!
//!   virtual      CODE 8 pages    LOW 16 pages, or one large    TOP 16 pages up to 2^38    HIGH 16 pages, negative
//!   physical     two copies      all three lead to the same 16 pages of data
//! ```
//! At every exception, all registers, the data and the page tables of all rigs must be the same: regions and mirror are
//! as precise as the interpreter or this fails.

use crate::assembly::{bare, i, listing, s, word};
use crate::cases;
use crate::generate::{Language, Writer};
use crate::random::Random;
use crate::rig::{ACCELS, Rig, difference};
use lodge_arch::riscv::Registers;
use lodge_cpu::Stop;
use lodge_isa_riscv::{Inst, Op, csr, length, supervisor_entry};
use std::sync::atomic::{AtomicBool, Ordering};

pub const RAM: u64 = 0x8000_0000;
const LEN: u64 = 8 << 20;
pub const HANDLER: u64 = RAM + 0x1000;
/// What the pager tells the handler, and the handler's scratch.
pub const MAILBOX: u64 = RAM + 0x3000;
/// The root, then the tables that lead to each of [`AREAS`], then those of its leaves.
const ROOT: u64 = RAM + 0x4000;
const TABLES_END: u64 = ROOT + 0x1000 * (1 + 2 * AREAS.len() as u64);
/// Two copies of the program, which differ in some constants.
pub const COPIES: [u64; 2] = [RAM + 0x4_0000, RAM + 0x8_0000];
pub const CODE_PAGES: u64 = 8;
/// The data: in the first pages of a large one.
const DATA: u64 = RAM + 0x20_0000;
pub const DATA_PAGES: u64 = 16;
pub const PAGE: u64 = 0x1000;

pub const CODE: u64 = 0x1000_0000;
pub const LOW: u64 = 0x2000_0000;
pub const TOP: u64 = (1 << 38) - DATA_PAGES * PAGE;
pub const HIGH: u64 = 0xffff_ffff_c000_0000;
/// First address and number of pages; each has tables of its own.
pub const AREAS: [(u64, u64); 4] =
    [(CODE, CODE_PAGES), (LOW, DATA_PAGES), (TOP, DATA_PAGES), (HIGH, DATA_PAGES)];

pub const V: u64 = 1;
pub const R: u64 = 2;
pub const W: u64 = 4;
pub const X: u64 = 8;
pub const U: u64 = 16;
pub const A: u64 = 64;
pub const D: u64 = 128;
/// Everything an S-mode page may have.
pub const ALL: u64 = V | R | W | X | A | D;

pub const SSTATUS_SPP: u64 = 1 << 8;
pub const SSTATUS_SIE: u64 = 1 << 1;
pub const FS_DIRTY: u64 = 3 << 13;
pub const SUM: u64 = 1 << 18;
pub const ADUE: u64 = 1 << 61;
/// Supervisor software interrupt, in sip and sie.
pub const SOFTWARE: u64 = 1 << 1;

/// Exceptions (privileged manual, `scause`).
mod cause {
    pub const FETCH: [u64; 2] = [1, 12];
    pub const BREAKPOINT: u64 = 3;
    pub const PAGE: [u64; 2] = [13, 15];
    pub const STORE: u64 = 15;
}

/// The address of the leaf for a page of an area.
fn leaf_at(area: usize, page: u64) -> u64 {
    let first = AREAS[area].0 >> 12 & 511;
    ROOT + PAGE * (2 + 2 * area as u64) + 8 * (first + page)
}

/// The address of the entry above the leaves of an area.
fn middle_at(area: usize) -> u64 {
    // CODE and LOW share an entry of the root, and its table.
    let table = if area == LOW_AREA { 0 } else { area as u64 };
    ROOT + PAGE * (1 + 2 * table) + 8 * (AREAS[area].0 >> 21 & 511)
}

pub fn pointer(table: u64) -> u64 {
    table >> 2 | V
}

/// Page of an area that an address lies in.
fn place(address: u64) -> Option<(usize, u64)> {
    AREAS.iter().enumerate().find_map(|(area, (first, pages))| {
        let page = address.wrapping_sub(*first) / PAGE;
        (page < *pages).then_some((area, page))
    })
}

/// The trap handler: an interrupt is counted; an exception is told, and what comes back is obeyed.
pub fn handler() -> Vec<u32> {
    let a0 = 10;
    let swap = i(Op::Csrrw, a0, a0, csr::SSCRATCH.into());
    let mut out: Vec<u32> = Vec::new();
    let field = |out: &[u32], n: i64| {
        let at = 4 * out.len() as i64;
        let upper = (MAILBOX - HANDLER) as i64;
        (word(&Inst { rd: a0, imm: upper, ..Inst::bare(Op::Auipc, 0) }), 8 * n - at)
    };
    out.extend([swap, i(Op::Csrrs, a0, 0, csr::SCAUSE.into()), s(Op::Bge, a0, 0, 4 * 9)]);
    let (address, offset) = field(&out, 3);
    out.push(address);
    out.extend([s(Op::Sd, a0, 11, offset), i(Op::Ld, 11, a0, offset + 8), i(Op::Addi, 11, 11, 1)]);
    out.extend([s(Op::Sd, a0, 11, offset + 8), i(Op::Ld, 11, a0, offset)]);
    // Over the software interrupt's bit: sip is written with it clear.
    out.extend([i(Op::Csrrci, 0, SOFTWARE as u8, csr::SIP.into()), swap, bare(Op::Sret)]);
    assert_eq!(out.len(), 12);
    out[2] = s(Op::Bge, a0, 0, 4 * 10);
    out.extend([swap, bare(Op::Ecall), swap]);
    let (address, offset) = field(&out, 1);
    out.extend([address, i(Op::Ld, a0, a0, offset), i(Op::Csrrw, 0, a0, csr::SEPC.into())]);
    let (address, offset) = field(&out, 2);
    out.extend([address, i(Op::Ld, a0, a0, offset), s(Op::Beq, a0, 0, 8), bare(Op::FenceI)]);
    let (address, offset) = field(&out, 0);
    out.extend([address, i(Op::Ld, a0, a0, offset), s(Op::Beq, a0, 0, 24), i(Op::Addi, a0, a0, -1)]);
    out.extend([s(Op::Beq, a0, 0, 20), i(Op::Addi, a0, a0, 1)]);
    out.extend([word(&Inst { rs1: a0, ..Inst::bare(Op::SfenceVma, 0) }), s(Op::Beq, 0, 0, 8)]);
    out.extend([word(&Inst::bare(Op::SfenceVma, 0)), swap, bare(Op::Sret)]);
    out
}

/// What the pager has the handler do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fence {
    All,
    None,
    Page(u64),
}

/// A program, and what it starts with.
pub struct Program {
    pub code: Vec<u8>,
    /// Where constants differ between the copies.
    markers: Vec<u64>,
    pub registers: Registers,
    /// The register that counts rounds down.
    pub counter: u8,
    pub user: bool,
    /// Hardware sets accessed and dirty.
    marks: bool,
}

const MARKED: i64 = 0x155;

/// A loop of random pieces that call functions and each other, on several pages.
pub fn program(seed: u64, language: &Language) -> Program {
    let mut writer = Writer::new(seed, language);
    let mut random = Random::new(seed ^ 0x7061_6765);
    let user = !random.one_in(4);
    let mut free: Vec<u8> = (2..32).filter(|n| !matches!(n, 5 | 10)).collect();
    let mut take = |random: &mut Random| free.swap_remove(random.below(free.len() as u64) as usize);
    let bases: [u8; 4] = std::array::from_fn(|_| take(&mut random));
    let (counter, mask) = (take(&mut random), take(&mut random));
    [1, 5, counter, mask].iter().chain(&bases).for_each(|register| writer.keep(*register));
    let mut registers = supervisor_entry(0, CODE, 0);
    registers.x[1..].fill_with(|| random.integer());
    registers.f.fill_with(|| random.float());
    for base in bases {
        // Around the border of two pages, so that accesses meet both, and straddle.
        let area = random.pick(&[LOW, LOW, LOW, TOP, TOP, HIGH]);
        let border = area + PAGE * (1 + random.below(if area == TOP { DATA_PAGES } else { DATA_PAGES - 1 }));
        registers.x[usize::from(base)] = (border - 768) & !63;
    }
    // One base changes between the areas from round to round.
    let to = random.pick(&[LOW, TOP, HIGH]) ^ registers.x[usize::from(bases[0])] & !(DATA_PAGES * PAGE - 1);
    registers.x[usize::from(mask)] = if random.one_in(3) { to } else { 0 };
    registers.x[usize::from(counter)] = 3 + random.below(24);
    registers.mode = 0;
    let (mut code, mut markers) = (Vec::new(), Vec::new());
    let mut pieces = |code: &mut Vec<u8>, count: u64, random: &mut Random| {
        for _ in 0..count {
            writer.base = random.pick(&bases);
            if random.one_in(6) {
                markers.push(CODE + code.len() as u64);
                code.extend(i(Op::Addi, writer.unkept(), 0, MARKED).to_le_bytes());
            }
            code.extend(writer.piece(2));
        }
    };
    // Functions first: the second calls the first. Some begin on a page of their own.
    let skip = code.len();
    code.extend([0; 4]);
    let mut functions = Vec::new();
    for n in 0..2 {
        if random.one_in(2) {
            code.resize(code.len().next_multiple_of(PAGE as usize) - 2 * random.below(3) as usize, 0);
        }
        functions.push(code.len());
        let link = if n == 0 { 5 } else { 1 };
        pieces(&mut code, 1 + random.below(3), &mut random);
        if n == 1 {
            call(&mut code, functions[0], 5);
            pieces(&mut code, 1, &mut random);
        }
        code.extend(i(Op::Jalr, 0, link, 0).to_le_bytes());
    }
    let start = code.len();
    code.splice(skip..skip + 4, jump(0, start as i64).to_le_bytes());
    for _ in 0..1 + random.below(3) {
        pieces(&mut code, 1 + random.below(4), &mut random);
        match random.below(3) {
            0 => call(&mut code, functions[0], 5),
            1 => call(&mut code, functions[1], 1),
            _ => {}
        }
    }
    code.extend(
        word(&Inst { rd: bases[0], rs1: bases[0], rs2: mask, ..Inst::bare(Op::Xor, 0) }).to_le_bytes(),
    );
    if random.one_in(2) {
        code.extend(bare(Op::Ebreak).to_le_bytes());
    }
    code.extend(i(Op::Addi, counter, counter, -1).to_le_bytes());
    code.extend(s(Op::Beq, counter, 0, 8).to_le_bytes());
    let back = start as i64 - code.len() as i64;
    code.extend(jump(0, back).to_le_bytes());
    // The end.
    code.extend([bare(Op::Ebreak).to_le_bytes(), jump(0, 0).to_le_bytes()].concat());
    let marks = random.one_in(2);
    Program { code, markers, registers, counter, user, marks }
}

pub fn jump(rd: u8, by: i64) -> u32 {
    word(&Inst { rd, imm: by, ..Inst::bare(Op::Jal, 0) })
}

fn call(code: &mut Vec<u8>, function: usize, link: u8) {
    let by = function as i64 - code.len() as i64;
    code.extend(jump(link, by).to_le_bytes());
}

/// The side that knows what is mapped, and changes it.
struct Pager {
    random: Random,
    user: bool,
    marks: bool,
    /// How eagerly other pages go when one comes: 0 never.
    thrash: u64,
    large: bool,
    last: (u64, u32),
    end: u64,
    markers: Vec<u64>,
}

/// Writes the same into all rigs.
pub fn put(rigs: &[Rig], address: u64, bytes: &[u8]) {
    rigs.iter().for_each(|rig| rig.put(address, bytes));
}

pub fn get(registers: &Registers, number: u16) -> u64 {
    registers.csrs.iter().find(|(n, _)| *n == number).map_or(0, |(_, value)| *value)
}

impl Pager {
    fn flags(&self, flags: u64) -> u64 {
        flags | if self.user { U } else { 0 }
    }

    fn map(&self, rigs: &[Rig], (area, page): (usize, u64), physical: u64, flags: u64) {
        let leaf = if flags == 0 { 0 } else { physical >> 2 | self.flags(flags) };
        put(rigs, leaf_at(area, page), &leaf.to_le_bytes());
    }

    fn map_large(&mut self, rigs: &[Rig], large: bool) {
        self.large = large;
        let entry =
            if large { DATA >> 2 | self.flags(ALL) } else { pointer(leaf_at(LOW_AREA, 0) & !(PAGE - 1)) };
        put(rigs, middle_at(LOW_AREA), &entry.to_le_bytes());
    }

    /// Maps what lies at a page for real.
    fn bring(&mut self, rigs: &[Rig], (area, page): (usize, u64), store: bool) {
        if area == 0 {
            let copy = self.random.pick(&COPIES);
            // Not writable: without a fence, nobody can say when a store to code is seen.
            return self.map(rigs, (0, page), copy + PAGE * page, V | R | X | A);
        }
        let physical = DATA + PAGE * if self.random.one_in(8) { self.random.below(DATA_PAGES) } else { page };
        let mut flags = V | R | A;
        if store || self.random.one_in(2) {
            flags |= W;
            let clean = self.marks || !store;
            flags |= if clean && self.random.one_in(2) { 0 } else { D };
        }
        if self.marks && self.random.one_in(2) {
            flags &= !A;
        }
        self.map(rigs, (area, page), physical, flags);
    }

    /// Takes pages away, or rights from them.
    fn worsen(&mut self, rigs: &[Rig], (area, page): (usize, u64)) {
        let at = leaf_at(area, page);
        let old = rigs[0].u64(at);
        let new = match self.random.below(6) {
            // Accessed and dirty are for the data only: what is fetched, and when, is the engine's.
            0 if area != 0 => old & !D,
            1 if area != 0 => old & !(A | D),
            2 if area != 0 => old & !W,
            3 if area != 0 => old & !R & !W | X,
            _ => 0,
        };
        put(rigs, at, &new.to_le_bytes());
    }

    /// Some other page than these.
    fn another(&mut self, but: &[(usize, u64)]) -> (usize, u64) {
        loop {
            let area = self.random.pick(&[0, 1, 1, 2, 3]);
            let page = self.random.below(AREAS[area].1);
            if !but.contains(&(area, page)) {
                return (area, page);
            }
        }
    }

    /// After a fault: the page comes, and others may go.
    fn fault(&mut self, rigs: &[Rig], pc: u64, at: (usize, u64), store: bool) -> Fence {
        let again = self.last.0 == pc;
        self.last = (pc, if again { self.last.1 + 1 } else { 0 });
        self.bring(rigs, at, store);
        if again || self.thrash == 0 {
            let page = AREAS[at.0].0 + PAGE * at.1;
            return if self.random.one_in(2) { Fence::Page(page) } else { Fence::All };
        }
        let code = place(pc).unwrap_or((0, 0));
        let keep = [at, code, (0, code.1 + 1)];
        for _ in 0..self.thrash {
            let other = self.another(&keep);
            self.worsen(rigs, other);
        }
        Fence::All
    }

    /// Between rounds: anything.
    fn round(&mut self, rigs: &[Rig], pc: u64) -> Fence {
        let code = place(pc).unwrap_or((0, 0)).1;
        match self.random.below(8) {
            0 => self.map_large(rigs, !self.large),
            1 => {
                let page = self.another(&[(0, code), (0, code + 1)]);
                self.worsen(rigs, page);
                return Fence::Page(AREAS[page.0].0 + PAGE * page.1);
            }
            2 => {
                let page = self.another(&[(0, code), (0, code + 1)]);
                self.bring(rigs, page, true);
                return Fence::Page(AREAS[page.0].0 + PAGE * page.1);
            }
            3 if !self.markers.is_empty() => {
                let marker = self.random.pick(&self.markers) - CODE;
                let copy = self.random.pick(&COPIES);
                // Bits 20.. of an addi are its constant.
                let byte = rigs[0].get(copy + marker + 3, 1)[0];
                put(rigs, copy + marker + 3, &[byte.wrapping_add(1)]);
                return Fence::None;
            }
            _ => {
                for _ in 0..2 * self.thrash {
                    let page = self.another(&[(0, code), (0, code + 1)]);
                    self.worsen(rigs, page);
                }
            }
        }
        Fence::All
    }

    /// One exception: what to change, and where to go on; `None`: the program is over.
    fn trap(&mut self, rigs: &[Rig], registers: &Registers) -> Option<(u64, Fence)> {
        let [pc, cause, value] = [csr::SEPC, csr::SCAUSE, csr::STVAL].map(|number| get(registers, number));
        if pc == self.end {
            return None;
        }
        let next = || {
            let (_, page) = place(pc).filter(|(area, _)| *area == 0)?;
            let half = rigs[0].get(COPIES[0] + PAGE * page + pc % PAGE, 2);
            Some(pc + length(u16::from_le_bytes([half[0], half[1]])) as u64)
        };
        if cause::FETCH.contains(&cause) {
            let at = place(value).filter(|(area, _)| *area == 0)?;
            return Some((pc, self.fault(rigs, pc, at, false)));
        }
        if cause == cause::BREAKPOINT {
            self.last = (0, 0);
            return Some((next()?, self.round(rigs, pc)));
        }
        match place(value).filter(|_| cause::PAGE.contains(&cause) && !(self.last.0 == pc && self.last.1 > 4))
        {
            Some(at) if at.0 != 0 => Some((pc, self.fault(rigs, pc, at, cause == cause::STORE))),
            _ => Some((next()?, Fence::None)),
        }
    }
}

const LOW_AREA: usize = 1;

/// Puts tables, code and data in place, and sets the harts to the program's beginning.
fn set_up(rigs: &mut [Rig], program: &Program, random: &mut Random, interrupts: bool) -> Pager {
    put(rigs, ROOT, &vec![0; (TABLES_END - ROOT) as usize]);
    put(rigs, ROOT + 8 * (RAM >> 30), &(RAM >> 30 << 28 | ALL).to_le_bytes());
    for (area, (first, _)) in AREAS.iter().enumerate() {
        let middle = middle_at(area);
        put(rigs, ROOT + 8 * (first >> 30 & 511), &pointer(middle & !(PAGE - 1)).to_le_bytes());
        put(rigs, middle, &pointer(leaf_at(area, 0) & !(PAGE - 1)).to_le_bytes());
    }
    put(rigs, HANDLER, &crate::assembly::bytes(&handler()));
    put(rigs, MAILBOX, &[0; 64]);
    let mut code = program.code.clone();
    code.resize((CODE_PAGES * PAGE) as usize, 0);
    put(rigs, COPIES[0], &code);
    for marker in &program.markers {
        code[(marker - CODE) as usize + 3] ^= 0x20;
    }
    put(rigs, COPIES[1], &code);
    let data: Vec<u8> = (0..DATA_PAGES * PAGE / 8)
        .flat_map(|_| if random.one_in(2) { random.float() } else { random.integer() }.to_le_bytes())
        .collect();
    put(rigs, DATA, &data);
    let mut pager = Pager {
        random: Random::new(random.next()),
        user: program.user,
        marks: program.marks,
        thrash: random.pick(&[0, 1, 2, 6, 24]),
        large: false,
        last: (0, 0),
        end: CODE + program.code.len() as u64 - 8,
        markers: program.markers.clone(),
    };
    if random.one_in(2) {
        for (area, pages) in AREAS.iter().map(|area| area.1).enumerate() {
            (0..pages).for_each(|page| pager.bring(rigs, (area, page), true));
        }
    }
    let mut registers = program.registers.clone();
    registers.mode = if program.user { 0 } else { 1 };
    let menvcfg = get(&registers, csr::MENVCFG) & !ADUE | if program.marks { ADUE } else { 0 };
    registers.csrs.retain(|(number, _)| *number != csr::MENVCFG);
    let status = FS_DIRTY | SUM & random.next() | if program.user { 0 } else { SSTATUS_SPP | SSTATUS_SIE };
    registers.csrs.extend([
        (csr::STVEC, HANDLER),
        (csr::SATP, 8 << 60 | ROOT >> 12),
        (csr::MSTATUS, status),
        (csr::MENVCFG, menvcfg),
        (csr::FCSR, random.below(5) << 5 | random.below(32)),
    ]);
    if interrupts {
        // Long enough for many to come.
        registers.x[usize::from(program.counter)] *= 50;
        registers.csrs.push((csr::MIE, SOFTWARE));
    }
    registers.csrs.sort_unstable();
    rigs.iter_mut().for_each(|rig| rig.set(0, registers.clone()));
    pager
}

/// Where two rigs' guest memory differs, of what a program can see.
fn memory_difference(a: &Rig, b: &Rig) -> Option<u64> {
    [(ROOT, TABLES_END - ROOT), (DATA, DATA_PAGES * PAGE)].into_iter().find_map(|(start, len)| {
        let (a, b) = (a.get(start, len), b.get(start, len));
        if a == b {
            return None;
        }
        a.iter().zip(&b).position(|(a, b)| a != b).map(|at| start + at as u64)
    })
}

/// Runs one program on all rigs, comparing at every exception; how many there were.
fn check(seed: u64, rigs: &mut [Rig], language: &Language, interrupts: bool) -> u64 {
    /// Exceptions after which a program has shown enough.
    const ENOUGH: u64 = 400;
    let program = program(seed, language);
    let mut random = Random::new(!seed);
    let mut pager = set_up(rigs, &program, &mut random, interrupts);
    for count in 0..ENOUGH {
        let stops: Vec<Stop> = rigs.iter_mut().map(|rig| rig.run(0)).collect();
        let mut ends: Vec<Registers> = rigs.iter().map(|rig| rig.registers(0)).collect();
        if interrupts {
            // What is on its way to one rig is not to another.
            ends.iter_mut().for_each(|end| end.csrs.retain(|(number, _)| *number != csr::MIP));
        }
        for n in 1..rigs.len() {
            let different = difference(&ends[0], &ends[n]);
            let memory = memory_difference(&rigs[0], &rigs[n]);
            assert!(
                different.is_empty() && memory.is_none() && stops[0] == stops[n],
                "seed {seed}, exception {count} (sepc {:#x}, scause {}, stval {:#x}), {} mode, thrash {}: {:?} differs \
                 from the interpreter\n{}\n{:x?}, {:x?}; memory differs at {memory:x?}\n{different}",
                get(&ends[0], csr::SEPC),
                get(&ends[0], csr::SCAUSE),
                get(&ends[0], csr::STVAL),
                if program.user { "U" } else { "S" },
                pager.thrash,
                ACCELS[n],
                listing(CODE, &program.code),
                stops[0],
                stops[n],
            );
        }
        assert!(matches!(stops[0], Stop::Call(_)), "seed {seed}: {:?}", stops[0]);
        // An S-mode program's own calls come out directly.
        if ends[0].pc >> 12 != HANDLER >> 12 {
            continue;
        }
        let Some((next, fence)) = pager.trap(rigs, &ends[0]) else { return count };
        let fence_word = match fence {
            Fence::All => 0,
            Fence::None => 1,
            Fence::Page(page) => page,
        };
        for (n, value) in [fence_word, next, 1].into_iter().enumerate() {
            put(rigs, MAILBOX + 8 * n as u64, &value.to_le_bytes());
        }
    }
    ENOUGH
}

#[test]
fn regions_are_precise_under_changing_page_tables() {
    let language = Language::new(true, true, |_| true);
    let mut rigs = ACCELS.map(|accel| Rig::new(accel, 1, RAM, LEN, false));
    let before = lodge_jit::regions_compiled();
    let seeds = cases(600, 60_000);
    let mut exceptions = 0;
    for seed in seeds.clone() {
        exceptions += check(seed, &mut rigs, &language, false);
    }
    let after = lodge_jit::regions_compiled();
    let (regions, mirrored) = (after.0 - before.0, after.1 - before.1);
    println!(
        "{} programs, {exceptions} exceptions, {regions} regions, {mirrored} of them mirrored",
        seeds.end - seeds.start
    );
    let programs = seeds.end - seeds.start;
    assert!(
        exceptions > 10 * programs && regions > programs && mirrored > programs / 2,
        "only {exceptions} exceptions, {regions} regions, {mirrored} of them mirrored"
    );
}

#[test]
fn interrupts_between_any_two_blocks_change_nothing() {
    // Without reservations, which interrupts end, and without CSRs of the handler's.
    let language = Language::new(false, true, |op| !matches!(op, Op::LrW | Op::LrD | Op::ScW | Op::ScD));
    let mut rigs = ACCELS.map(|accel| Rig::new(accel, 1, RAM, LEN, false));
    let over = AtomicBool::new(false);
    let links = [1, 2].map(|n: usize| rigs[n].harts[0].link().clone());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut random = Random::new(7);
            while !over.load(Ordering::Relaxed) {
                links.iter().for_each(|link| link.pulse(SOFTWARE));
                (0..random.below(100)).for_each(|_| std::hint::spin_loop());
            }
        });
        let end = Over(&over);
        let seeds = cases(60, 6_000);
        let mut taken = 0;
        for seed in seeds.clone() {
            check(seed, &mut rigs, &language, true);
            taken += rigs[2].u64(MAILBOX + 32);
        }
        drop(end);
        println!("{} programs, {taken} interrupts taken in regions' rig", seeds.end - seeds.start);
        assert!(taken > seeds.end - seeds.start, "only {taken} interrupts");
    });
}

/// Ends the other thread also when this one panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
