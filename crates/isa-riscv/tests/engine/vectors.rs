//! Random vector programs against qemu-riscv64, on both accelerators; see oracle.rs for the method.
//!
//! ```text
//!   record   fcsr x1..x30 | f0..f31 | v0..v31 | vl vtype vcsr vstart | a window of memory
//!   program  vset…, arithmetic, loads and stores into the window, short loops and branches; all legal by
//!            construction: the generator keeps track of vtype and asks the rules
//! ```
//! What QEMU 7.2 does otherwise is left out where it is made, with the reason.

use crate::assembly::{bytes, i, li, listing, s, word};
use crate::cases;
use crate::oracle::{BASE, ECALL, FCSR, HEAD, Oracle, exit};
use crate::random::Random;
use crate::rig::{ACCELS, Rig, WFI, difference, machine};
use lodge_cpu::Stop;
use lodge_isa_riscv::vector::{Vtype, rules};
use lodge_isa_riscv::{Extension, Inst, Op, encode};
use std::fmt::Write;

/// The register that points to the record; programs leave it alone.
const RECORDS: u8 = 31;
/// Another that loops count with.
const COUNTER: u8 = 30;
const V: i64 = 512;
const ROUNDS: u64 = 6;
const BATCH: u64 = 100;
/// FS and VS dirty.
const UNITS_ON: u64 = 3 << 13 | 3 << 9;
const FFLAGS: i64 = 1;
const VSTART: i64 = 8;
const VCSR: i64 = 15;
const VL: i64 = 0xc20;
const VTYPE: i64 = 0xc21;

/// Where things are in a record, by the size of vector registers.
#[derive(Clone, Copy)]
struct Layout {
    vlenb: i64,
}

impl Layout {
    fn unit(self) -> i64 {
        V + 32 * self.vlenb
    }

    fn window(self) -> i64 {
        self.unit() + 64
    }

    fn window_len(self) -> u64 {
        64 * self.vlenb as u64
    }

    /// Whole lines, so that records lie differently in pages.
    fn record(self) -> u64 {
        self.window() as u64 + self.window_len() + 320
    }
}

/// One program being written.
struct Writer {
    layout: Layout,
    random: Random,
    vtype: Vtype,
    code: Vec<u32>,
    /// Where RAM ends, for programs that may go beyond.
    edge: Option<u64>,
}

fn vsetvli(rd: u8, rs1: u8, vtype: u64) -> u32 {
    word(&Inst { rd, rs1, imm: vtype as i64, ..Inst::bare(Op::Vsetvli, 0) })
}

impl Writer {
    fn new(seed: u64, layout: Layout) -> Writer {
        Writer {
            layout,
            random: Random::new(seed ^ 0x7ec7_0000),
            vtype: Vtype(0),
            code: Vec::new(),
            edge: None,
        }
    }

    fn program(mut self) -> Vec<u32> {
        self.set();
        for _ in 0..4 + self.random.below(10) {
            match self.random.below(12) {
                0 => self.around(),
                1 => self.skip(),
                _ => self.piece(),
            }
        }
        self.code
    }

    /// An integer register that may be written, or read.
    fn x(&mut self) -> u8 {
        1 + self.random.below(29) as u8
    }

    fn piece(&mut self) {
        match self.random.below(16) {
            0..3 => self.set(),
            3..6 => self.memory(),
            6 => self.csr(),
            7 => {
                let (x, value) = (self.x(), self.random.integer());
                let value = if self.random.one_in(2) { value % 40 } else { value };
                self.code.extend(li(x, value as i32 as i64));
            }
            _ => self.arithmetic(),
        }
    }

    fn any_vtype(&mut self) -> Vtype {
        loop {
            // The policies do not matter: QEMU leaves agnostic elements alone, as we do.
            let vtype = Vtype(self.random.below(256));
            if !vtype.checked().ill() {
                return vtype;
            }
        }
    }

    fn set(&mut self) {
        let vtype = self.any_vtype();
        let (rd, rs1) = (self.x(), self.x());
        match self.random.below(8) {
            // Keeps vl; another VLMAX makes it the smaller one here and in QEMU.
            0 => self.code.push(vsetvli(0, 0, vtype.0)),
            1 | 2 => self.code.push(vsetvli(rd, 0, vtype.0)),
            3 => {
                let rs1 = self.random.below(32) as u8;
                let inst = Inst { rd, rs1, imm: vtype.0 as i64, ..Inst::bare(Op::Vsetivli, 0) };
                self.code.push(word(&inst));
            }
            4 => {
                self.code.extend(li(rd, vtype.0 as i64));
                let inst = Inst { rd: self.x(), rs1, rs2: rd, ..Inst::bare(Op::Vsetvl, 0) };
                self.code.push(word(&inst));
            }
            5 => {
                let length = self.random.below(300);
                self.code.extend(li(rs1, length as i64));
                self.code.push(vsetvli(rd, rs1, vtype.0));
            }
            _ => self.code.push(vsetvli(rd, rs1, vtype.0)),
        }
        self.vtype = vtype;
    }

    /// A vector register, aligned for a group more often than not.
    fn v(&mut self) -> u8 {
        let align = self.random.pick(&[1, 1, 2, 4, 8, 1 << self.vtype.lmul().max(0)]);
        let n = if self.random.one_in(3) { self.random.below(4) * 8 } else { self.random.below(32) };
        (n as u8) & !(align as u8 - 1)
    }

    fn arithmetic(&mut self) {
        for _ in 0..200 {
            let op = self.random.pick(&Op::ALL);
            if op.extension() != Extension::V
                || op.operands().contains("(rs1)")
                || op.mnemonic().starts_with("vset")
            {
                continue;
            }
            let words = op.operands();
            let rd = if words.starts_with("rd") { self.x() } else { self.v() };
            let rs1 = if words.contains("vs1") { self.v() } else { self.random.below(32) as u8 };
            let rs2 = self.v();
            let vm = !words.contains("vm") || self.random.one_in(2);
            let imm = self.random.below(32) as i64 - 16;
            let mask = op.fixed();
            let fixed = |at: u32, n: u32| mask.0 >> at & ((1 << n) - 1) != 0;
            let bits = encode(&Inst { rd, rs1, rs2, imm, vm, ..Inst::bare(op, 0) });
            let Some(inst) = lodge_isa_riscv::decode(bits) else { continue };
            if fixed(25, 1) && words.contains("vm")
                || inst.op != op
                || !rules::legal(&inst, self.vtype, false)
            {
                continue;
            }
            if self.excused(&inst) {
                continue;
            }
            self.code.push(bits);
            return;
        }
    }

    /// What QEMU 7.2 does otherwise.
    fn excused(&self, inst: &Inst) -> bool {
        let name = inst.op.mnemonic();
        // It refuses to convert 16-bit integers to binary32 and back without half-precision vectors.
        let halves = self.vtype.sew() == 1 && (name.starts_with("vfwcvt") || name.starts_with("vfncvt"));
        // It knows these but refuses them now and then.
        halves || name.contains(".rtz")
    }

    /// A load or a store in the window.
    fn memory(&mut self) {
        let ops: Vec<Op> = Op::ALL
            .into_iter()
            .filter(|op| op.extension() == Extension::V && op.operands().contains("(rs1)"))
            .collect();
        for _ in 0..100 {
            let op = self.random.pick(&ops);
            let words = op.operands();
            let (rd, rs1, vs2, by) = (self.v(), self.x(), self.v(), self.x());
            let vm = !words.contains("vm") || self.random.one_in(2);
            let fields =
                if words.contains("vm") && self.random.one_in(3) { self.random.below(8) as u8 } else { 0 };
            let rs2 = if words.contains("vs2") { vs2 } else { by };
            let bits = encode(&Inst { rd, rs1, rs2, rs3: fields, vm, ..Inst::bare(op, 0) });
            let Some(inst) = lodge_isa_riscv::decode(bits) else { continue };
            let registers = op.mnemonic().as_bytes()[2].wrapping_sub(b'0');
            let whole = op.mnemonic().contains("re") || (1..=8).contains(&registers);
            let legal = match whole {
                true => rd % registers == 0,
                false if op.mnemonic().ends_with("m.v") => true,
                false => rules::memory(&inst, self.vtype).is_some(),
            };
            if !legal || by == rs1 && words.contains("rs2") {
                continue;
            }
            let mut offset = self.random.below(self.layout.window_len() / 2);
            if words.contains("rs2") {
                // Few bytes apart, either way, or all in one place.
                let stride = self.random.pick(&[0i64, 1, 2, 4, 8, 3, -1, -4, -7]);
                let span = self.layout.vlenb as u64 * 8 * stride.unsigned_abs();
                if span > self.layout.window_len() / 2 && self.vtype.lmul() > 0 {
                    continue;
                }
                offset = if stride < 0 { self.layout.window_len() / 2 } else { offset / 4 };
                self.code.extend(li(by, stride));
            }
            if words.contains("vs2") {
                // Indices are made small first.
                let Some(index) = rules::memory(&inst, self.vtype).and_then(|memory| memory.index) else {
                    continue;
                };
                let vtype = u64::from(index.registers as u8 & 7) | (index.size as u64) << 3;
                if Vtype(vtype).checked().ill() || !vm && index.register == 0 {
                    continue;
                }
                let keep = [COUNTER - 1, COUNTER - 2];
                if keep.contains(&rs1) {
                    continue;
                }
                self.code.push(i(Op::Csrrs, keep[0], 0, VL));
                self.code.push(vsetvli(keep[1], 0, vtype));
                self.code.extend(li(keep[1], 0xff));
                let and = Inst { rd: vs2, rs2: vs2, rs1: keep[1], vm: true, ..Inst::bare(Op::VandVx, 0) };
                self.code.push(encode(&and));
                self.code.push(vsetvli(keep[1], keep[0], self.vtype.0));
                offset /= 2;
            }
            match self.edge.filter(|_| self.random.one_in(3)) {
                Some(edge) => self.code.extend(li(rs1, (edge - self.random.below(300)) as i64)),
                None => {
                    self.code.push(i(Op::Addi, rs1, RECORDS, self.layout.window()));
                    self.code.push(i(Op::Addi, rs1, rs1, offset as i64));
                }
            }
            self.code.push(bits);
            return;
        }
    }

    fn csr(&mut self) {
        let (rd, imm) = (self.x(), self.random.below(32) as u8);
        let inst = match self.random.below(9) {
            6 if self.edge.is_some() => i(Op::Csrrwi, rd, imm & 3, VSTART),
            0 => i(Op::Csrrwi, rd, imm & 7, VCSR),
            1 => i(Op::Csrrwi, rd, imm % 5, 2),
            2 => i(Op::Csrrs, rd, 0, VL),
            3 => i(Op::Csrrs, rd, 0, VTYPE),
            4 => i(Op::Csrrs, rd, 0, VCSR),
            7 => i(Op::Csrrs, rd, 0, FFLAGS),
            8 => i(Op::Csrrwi, rd, imm, FFLAGS),
            _ => i(Op::Csrrs, rd, 0, 0xc22),
        };
        self.code.push(inst);
    }

    /// A counted loop that begins by setting vtype.
    fn around(&mut self) {
        self.code.extend(li(COUNTER, 1 + self.random.below(4) as i64));
        let top = self.code.len();
        self.set();
        let vtype = self.vtype;
        (0..1 + self.random.below(5)).for_each(|_| self.piece());
        self.code.push(i(Op::Addi, COUNTER, COUNTER, -1));
        let back = (top as i64 - self.code.len() as i64) * 4;
        self.code.push(word(&Inst { rs1: COUNTER, imm: back, ..Inst::bare(Op::Bne, 0) }));
        let _ = vtype;
    }

    /// A branch over what does not change vtype.
    fn skip(&mut self) {
        let (rs1, rs2) = (self.x(), self.x());
        let at = self.code.len();
        self.code.push(0);
        let before = self.vtype;
        (0..1 + self.random.below(3)).for_each(|_| self.arithmetic());
        assert_eq!(before, self.vtype);
        let imm = (self.code.len() - at) as i64 * 4;
        let op = self.random.pick(&[Op::Beq, Op::Bne, Op::Blt, Op::Bgeu]);
        self.code[at] = word(&Inst { rs1, rs2, imm, ..Inst::bare(op, 0) });
    }
}

struct Program {
    code: Vec<u32>,
    at: usize,
    seed: u64,
}

struct Batch {
    layout: Layout,
    image: Vec<u8>,
    programs: Vec<Program>,
    records: u64,
    len: u64,
}

fn vector_registers(layout: Layout, op: Op, scratch: u8) -> Vec<u32> {
    let mut out = vec![vsetvli(scratch, 0, 3)];
    for n in 0..4 {
        out.push(i(Op::Addi, scratch, RECORDS, V + 8 * layout.vlenb * n));
        out.push(encode(&Inst { rd: 8 * n as u8, rs1: scratch, vm: true, ..Inst::bare(op, 0) }));
    }
    out
}

/// Registers from a record, the program, registers back to it, until `end`.
fn wrap(layout: Layout, code: &mut Vec<u32>, program: &[u32], first: u64, end: u64) -> usize {
    code.extend(li(RECORDS, first as i64));
    let top = code.len();
    code.extend(vector_registers(layout, Op::Vle8V, 1));
    code.extend([i(Op::Ld, 1, RECORDS, 0), i(Op::Csrrw, 0, 1, FCSR)]);
    code.extend([i(Op::Ld, 1, RECORDS, layout.unit() + 16), i(Op::Csrrw, 0, 1, VCSR)]);
    code.extend((0..32).map(|n| i(Op::Fld, n, RECORDS, 256 + 8 * i64::from(n))));
    code.extend((1..31).map(|n| i(Op::Ld, n, RECORDS, 8 * i64::from(n))));
    let at = code.len();
    code.extend(program);
    code.extend((1..31).map(|n| s(Op::Sd, RECORDS, n, 8 * i64::from(n))));
    code.extend((0..32).map(|n| s(Op::Fsd, RECORDS, n, 256 + 8 * i64::from(n))));
    for (n, csr) in [(0, VL), (8, VTYPE), (16, VCSR), (24, VSTART)] {
        code.extend([i(Op::Csrrs, 1, 0, csr), s(Op::Sd, RECORDS, 1, layout.unit() + n)]);
    }
    code.extend([i(Op::Csrrs, 1, 0, FCSR), s(Op::Sd, RECORDS, 1, 0)]);
    code.extend(vector_registers(layout, Op::Vse8V, 1));
    code.extend(li(1, layout.record() as i64));
    code.push(word(&Inst { rd: RECORDS, rs1: RECORDS, rs2: 1, ..Inst::bare(Op::Add, 0) }));
    code.extend(li(1, end as i64));
    let back = (top as i64 - code.len() as i64 - 1) * 4;
    code.extend([s(Op::Bgeu, RECORDS, 1, 8), word(&Inst { imm: back, ..Inst::bare(Op::Jal, 0) })]);
    at
}

fn record(layout: Layout, random: &mut Random) -> Vec<u8> {
    let mut out = Vec::with_capacity(layout.record() as usize);
    out.extend((random.below(5) << 5).to_le_bytes());
    (1..32).for_each(|_| {
        out.extend(if random.one_in(3) { random.below(130) } else { random.integer() }.to_le_bytes())
    });
    (0..32).for_each(|_| out.extend(random.float().to_le_bytes()));
    while out.len() < layout.unit() as usize {
        out.extend(element(random).to_le_bytes());
    }
    for value in [0, 0, random.below(8), 0] {
        out.extend(value.to_le_bytes());
    }
    out.resize(layout.window() as usize, 0);
    while out.len() < (layout.window() as u64 + layout.window_len()) as usize {
        out.extend(element(random).to_le_bytes());
    }
    out.resize(layout.record() as usize, 0);
    out
}

/// Eight bytes that are interesting at one width or another.
fn element(random: &mut Random) -> u64 {
    match random.below(5) {
        0 => random.float(),
        1 => random.float() << 32 | random.float() & 0xffff_ffff,
        2 => (0..8).fold(0, |sum, _| sum << 8 | random.pick(&[0u64, 1, 2, 0x7f, 0x80, 0x81, 0xff])),
        3 => (0..4).fold(0, |sum, _| sum << 16 | random.integer() & 0xffff),
        _ => random.integer(),
    }
}

fn batch(layout: Layout, seeds: std::ops::Range<u64>) -> Batch {
    of(layout, seeds.map(|seed| (seed, Writer::new(seed, layout).program())).collect())
}

fn of(layout: Layout, drafts: Vec<(u64, Vec<u32>)>) -> Batch {
    let room: usize = drafts.iter().map(|(_, program)| 4 * (program.len() + 260)).sum();
    let records = (BASE + HEAD + room as u64).next_multiple_of(0x1000) + 64;
    let (mut code, mut data, mut programs) = (Vec::new(), Vec::new(), Vec::new());
    for (seed, program) in drafts {
        let first = records + data.len() as u64;
        let at = wrap(layout, &mut code, &program, first, first + ROUNDS * layout.record());
        let mut random = Random::new(!seed);
        (0..ROUNDS).for_each(|_| data.extend(record(layout, &mut random)));
        programs.push(Program { code: program, at: 4 * at, seed });
    }
    let len = data.len() as u64;
    code.extend([i(Op::Addi, 10, 0, 1)]);
    code.extend(li(11, records as i64));
    code.extend(li(12, len as i64));
    code.extend([i(Op::Addi, 17, 0, 64), ECALL]);
    exit(&mut code);
    let mut image = bytes(&code);
    assert!(BASE + HEAD + image.len() as u64 <= records);
    image.resize((records - BASE - HEAD) as usize, 0);
    image.extend(data);
    Batch { layout, image, programs, records, len }
}

fn ours(rig: &mut Rig, batch: &Batch, handler: u64) -> Result<Vec<u8>, String> {
    rig.put(BASE + HEAD, &batch.image);
    rig.put_words(handler, &[WFI]);
    rig.set(0, machine(BASE + HEAD, handler, UNITS_ON));
    let stop = rig.run(0);
    let end = rig.registers(0);
    let csr = |number| end.csrs.iter().find(|(n, _)| *n == number).map_or(0, |(_, value)| *value);
    let (cause, pc) = (csr(0x342), csr(0x341));
    if stop != Stop::Idle || cause != 11 {
        let at = batch.programs.iter().rfind(|p| BASE + HEAD + p.at as u64 <= pc);
        let text = at.map(|p| listing(BASE + HEAD + p.at as u64, &bytes(&p.code))).unwrap_or_default();
        return Err(format!("{stop:?}, cause {cause}, at {pc:#x}, value {:#x}\n{text}", csr(0x343)));
    }
    Ok(rig.get(batch.records, batch.len))
}

fn tell(batch: &Batch, who: &str, ours: &[u8], theirs: &[u8]) -> String {
    let (layout, record) = (batch.layout, batch.layout.record() as usize);
    let at = ours.iter().zip(theirs).position(|(a, b)| a != b).unwrap_or(0);
    let number = at / record;
    let program = &batch.programs[number / ROUNDS as usize];
    let slice = |all: &[u8]| all[number * record..][..record].to_vec();
    let start = &batch.image[(batch.records - BASE - HEAD) as usize..];
    let (before, a, b) = (slice(start), slice(ours), slice(theirs));
    let mut out = format!(
        "seed {}, round {}; {who} differs from QEMU\n{}",
        program.seed,
        number % ROUNDS as usize,
        listing(BASE + HEAD + program.at as u64, &bytes(&program.code))
    );
    let word =
        |bytes: &[u8], i: usize| u64::from_le_bytes(bytes[8 * i..][..8].try_into().expect("eight bytes"));
    for i in 0..record / 8 {
        let name = match i {
            0 => "fcsr".into(),
            1..32 => format!("x{i}"),
            32..64 => format!("f{}", i - 32),
            _ => match 8 * i as i64 - layout.unit() {
                n if n < 0 => {
                    format!("v{}+{}", (8 * i as i64 - V) / layout.vlenb, (8 * i as i64 - V) % layout.vlenb)
                }
                0 => "vl".into(),
                8 => "vtype".into(),
                16 => "vcsr".into(),
                24 => "vstart".into(),
                n => format!("window{:+}", n - 64),
            },
        };
        let [was, x, y] = [&before, &a, &b].map(|bytes| word(bytes, i));
        if x != y || (8 * i as i64) < layout.unit() + 32 && was != x {
            let mark = if x == y { "" } else { "   <---" };
            writeln!(out, "  {name}: {was:#018x} became {x:#018x}, in QEMU {y:#018x}{mark}")
                .expect("strings");
        }
    }
    out
}

/// Tells which program QEMU does not run to its end, and for want of which instructions it would.
fn refused(oracle: &Oracle, batch: &Batch) -> ! {
    const NOP: u32 = 0x13;
    let runs = |code: &[u32]| oracle.run(&of(batch.layout, vec![(0, code.to_vec())]).image).is_some();
    let Some(bad) = batch.programs.iter().find(|p| !runs(&p.code)) else {
        panic!("QEMU does not run a batch whose programs it runs one by one")
    };
    let without = |n: &usize| {
        let mut code = bad.code.clone();
        code[*n] = NOP;
        runs(&code)
    };
    let guilty: Vec<u32> = (0..bad.code.len()).filter(without).map(|n| bad.code[n]).collect();
    let text = |code: &[u32]| listing(0, &bytes(code));
    panic!("QEMU does not run seed {}:\n{}but for\n{}", bad.seed, text(&bad.code), text(&guilty));
}

#[test]
fn qemu_agrees_on_vectors() {
    agree(128, cases(3 * BATCH, 100_000));
}

#[test]
fn qemu_agrees_on_wide_vectors() {
    agree(256, cases(2 * BATCH, 50_000));
}

fn agree(vlen: u16, seeds: std::ops::Range<u64>) {
    let Some(mut oracle) = Oracle::find() else { return };
    let layout = Layout { vlenb: i64::from(vlen / 8) };
    let mut nothing = Vec::new();
    exit(&mut nothing);
    if !oracle.takes(&format!("vlen={vlen},elen=64,vext_spec=v1.0,v"), &bytes(&nothing)) {
        println!("SKIPPED: no vectors in this emulator");
        return;
    }
    let len = 16 << 20;
    let handler = BASE + len - 0x1000;
    let mut rigs = ACCELS.map(|accel| (accel, Rig::with_vectors(accel, BASE, len, vlen)));
    let mut first = seeds.start;
    while first < seeds.end {
        let batch = batch(layout, first..(first + BATCH).min(seeds.end));
        first += BATCH;
        let Some(theirs) = oracle.run(&batch.image) else {
            refused(&oracle, &batch);
        };
        for (accel, rig) in &mut rigs {
            match ours(rig, &batch, handler) {
                Err(why) => panic!("{accel:?}: {why}"),
                Ok(records) => {
                    assert!(records == theirs, "{}", tell(&batch, &format!("{accel:?}"), &records, &theirs))
                }
            }
        }
    }
}

/// The same programs where memory may end under them, and begun in the middle: where a fault leaves off is part of the
/// result. QEMU's user mode cannot say; the accelerators are compared.
#[test]
fn vectors_fault_alike() {
    let layout = Layout { vlenb: 16 };
    let (len, seeds) = (1 << 17, cases(1200, 100_000));
    let handler = BASE + len - 0x2000;
    let mut rigs = ACCELS.map(|accel| (accel, Rig::new(accel, 1, BASE, len, true)));
    let (mut faults, mut trimmed) = (0, 0);
    for seed in seeds.clone() {
        let mut writer = Writer::new(seed ^ 0xfa17 << 32, layout);
        writer.edge = Some(BASE + len);
        let batch = of(layout, vec![(seed, writer.program())]);
        let mut results = Vec::new();
        for (accel, rig) in &mut rigs {
            rig.put(BASE, &vec![0; len as usize]);
            rig.put(BASE + HEAD, &batch.image);
            rig.put_words(handler, &[WFI]);
            rig.set(0, machine(BASE + HEAD, handler, UNITS_ON));
            let stop = rig.run(0);
            let mut registers = rig.registers(0);
            // Counters run by a clock that stands still; all else must be equal.
            registers.csrs.retain(|(number, _)| !matches!(number, 0xb00 | 0xb02));
            results.push((*accel, stop, registers, rig.get(BASE, len)));
        }
        let text = || listing(BASE + HEAD + batch.programs[0].at as u64, &bytes(&batch.programs[0].code));
        let (_, stop, first, memory) = &results[0];
        let csr = |number| first.csrs.iter().find(|(n, _)| *n == number).map_or(0, |(_, value)| *value);
        faults += u32::from(matches!(csr(0x342), 5 | 7));
        trimmed += u32::from(csr(8) != 0);
        for (accel, other_stop, other, other_memory) in &results[1..] {
            assert!(
                stop == other_stop && first == other,
                "seed {seed}: {stop:?}, {accel:?} {other_stop:?}\n{}{:x?}\n{:x?}\n{}",
                difference(first, other),
                first.v,
                other.v,
                text()
            );
            assert!(memory == other_memory, "seed {seed}: memory under {accel:?}\n{}", text());
        }
    }
    println!("{faults} of {} programs faulted, {trimmed} with elements done", seeds.end - seeds.start);
    assert!(faults > 100 && trimmed > 10, "{faults} faults, {trimmed} in the middle");
}
