//! Both accelerators against qemu-riscv64, Debian's user-mode emulator, run as a program of its own.
//!
//! ```text
//!   0x1000_0000  ELF head    entry ─► per program: load registers from a record ─ program ─ store them back,
//!                                      a few records each; then write(1, records), exit(0)
//!                records     fcsr x1..x31 f0..f31  window of memory
//! ```
//! The same bytes run on a bare hart in M-mode; the records must come out equal. `QEMU_RISCV64` names another binary;
//! what it does not know of our extensions is left out, and said.

use crate::assembly::{bytes, i, li, listing, s, word};
use crate::cases;
use crate::generate::{Language, RECORD, WINDOW, Writer};
use crate::random::Random;
use crate::rig::{ACCELS, FS_DIRTY, Rig, WFI, machine};
use lodge_cpu::Stop;
use lodge_isa_riscv::{Extension, Inst, Op};
use std::fmt::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub const BASE: u64 = 0x1000_0000;
pub const HEAD: u64 = 0x1000;
/// Records that each program runs on.
const ROUNDS: u64 = 8;
/// Programs in one process.
const BATCH: u64 = 250;
pub const FCSR: i64 = 3;
/// Offset of the f registers in a record.
const FLOATS: i64 = 256;
pub const ECALL: u32 = 0x73;

/// The emulator and the `-cpu` that suits it.
pub struct Oracle {
    binary: String,
    cpu: String,
    known: Vec<Extension>,
    zcb: bool,
}

/// A static ELF file with one segment that may be read, written and executed.
pub fn elf(image: &[u8]) -> Vec<u8> {
    let size = HEAD + image.len() as u64;
    let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let half = |out: &mut Vec<u8>, v: u16| out.extend(v.to_le_bytes());
    half(&mut out, 2); // executable
    half(&mut out, 243); // RISC-V
    out.extend(1u32.to_le_bytes());
    // Entry, program headers, no sections.
    for v in [BASE + HEAD, 64, 0] {
        out.extend(v.to_le_bytes());
    }
    out.extend(5u32.to_le_bytes()); // compressed, double-precision ABI
    for v in [64, 56, 1, 0, 0, 0] {
        half(&mut out, v);
    }
    out.extend(1u32.to_le_bytes()); // load
    out.extend(7u32.to_le_bytes());
    for v in [0, BASE, BASE, size, size, 0x1000] {
        out.extend(v.to_le_bytes());
    }
    out.resize(HEAD as usize, 0);
    out.extend(image);
    out
}

impl Oracle {
    /// The emulator, if there is one; else a line that says so.
    pub fn find() -> Option<Oracle> {
        let binary = std::env::var("QEMU_RISCV64").unwrap_or("qemu-riscv64".into());
        let mut oracle = Oracle { binary, cpu: "rv64".into(), known: vec![], zcb: false };
        let mut nothing = Vec::new();
        exit(&mut nothing);
        let image = bytes(&nothing);
        if oracle.run(&image).is_none() {
            println!("SKIPPED: {} does not run (Debian's package qemu-user has it)", oracle.binary);
            return None;
        }
        use Extension::*;
        // The second name is older QEMU's.
        let names = [
            (Zba, ["zba", "x-zba"]),
            (Zbb, ["zbb", "x-zbb"]),
            (Zbc, ["zbc", "x-zbc"]),
            (Zbs, ["zbs", "x-zbs"]),
            (Zfhmin, ["zfhmin", "Zfhmin"]),
            (Zfa, ["zfa", "x-zfa"]),
            (Zicond, ["zicond", "x-zicond"]),
            (Zacas, ["zacas", "x-zacas"]),
            (Zicboz, ["zicboz", "x-zicboz"]),
        ];
        oracle.known = vec![I, M, A, F, D, Zicsr, Zifencei, Zihintpause, Zicbop];
        for (extension, names) in names {
            if names.iter().any(|name| oracle.takes(name, &image)) {
                oracle.known.push(extension);
            } else {
                println!("left out, unknown to {}: {extension:?}", oracle.binary);
            }
        }
        oracle.zcb = oracle.takes("zcb", &image);
        Some(oracle)
    }

    /// Switches an extension on, if there is one of this name.
    pub fn takes(&mut self, name: &str, image: &[u8]) -> bool {
        let plain = self.cpu.clone();
        self.cpu = format!("{plain},{name}=true");
        let known = self.run(image).is_some();
        if !known {
            self.cpu = plain;
        }
        known
    }

    /// What the program writes; `None` when it does not end well.
    pub fn run(&self, image: &[u8]) -> Option<Vec<u8>> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lodge-oracle-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, elf(image)).expect("a temporary file");
        let mut permissions = std::fs::metadata(&path).expect("just written").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
        std::fs::set_permissions(&path, permissions).expect("my own file");
        let out = path.with_extension("out");
        let file = std::fs::File::create(&out).expect("a temporary file");
        let mut command = Command::new(&self.binary);
        command.args(["-cpu", &self.cpu]).arg(&path).stdin(Stdio::null()).stdout(file).stderr(Stdio::null());
        let well = command.spawn().is_ok_and(ends_well);
        let written = std::fs::read(&out);
        for path in [path, out] {
            let _ = std::fs::remove_file(path);
        }
        written.ok().filter(|_| well)
    }
}

/// Whether a process ends, in good time, with success.
fn ends_well(mut child: Child) -> bool {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if start.elapsed() < Duration::from_secs(60) => {
                std::thread::sleep(Duration::from_millis(2))
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return false;
            }
        }
    }
}

pub fn exit(code: &mut Vec<u32>) {
    code.extend([i(Op::Addi, 10, 0, 0), i(Op::Addi, 17, 0, 93), ECALL]);
}

/// One program of a batch.
struct Program {
    code: Vec<u8>,
    /// Where `code` begins, in the batch's code.
    at: usize,
    base: u8,
    seed: u64,
}

/// Many programs in one image.
struct Batch {
    image: Vec<u8>,
    programs: Vec<Program>,
    /// Address of the first record.
    records: u64,
    /// Offset of the final system call.
    len: u64,
}

/// Registers from the record that `base` points to, the program, registers back to it, until `end`.
fn wrap(code: &mut Vec<u8>, program: &[u8], base: u8, first: u64, end: u64) -> usize {
    let others = || (1..32).filter(move |n| *n != base);
    let offset = |n: u8| 8 * i64::from(n);
    let mut before = li(base, first as i64).to_vec();
    let top = code.len() + 4 * before.len();
    let scratch = if base == 1 { 2 } else { 1 };
    before.extend([i(Op::Ld, scratch, base, 0), i(Op::Csrrw, 0, scratch, FCSR)]);
    before.extend((0..32).map(|n| i(Op::Fld, n, base, FLOATS + offset(n))));
    before.extend(others().map(|n| i(Op::Ld, n, base, offset(n))));
    code.extend(bytes(&before));
    let at = code.len();
    code.extend(program);
    let mut after: Vec<u32> = others().map(|n| s(Op::Sd, base, n, offset(n))).collect();
    after.extend((0..32).map(|n| s(Op::Fsd, base, n, FLOATS + offset(n))));
    after.extend([i(Op::Csrrs, scratch, 0, FCSR), s(Op::Sd, base, scratch, 0)]);
    after.push(i(Op::Addi, base, base, RECORD as i64));
    after.extend(li(scratch, end as i64));
    code.extend(bytes(&after));
    // Too far for a branch.
    let back = top as i64 - (code.len() as i64 + 4);
    code.extend(bytes(&[s(Op::Bgeu, base, scratch, 8), word(&Inst { imm: back, ..Inst::bare(Op::Jal, 0) })]));
    at
}

fn record(random: &mut Random) -> Vec<u8> {
    let mut out = Vec::with_capacity(RECORD as usize);
    out.extend((random.below(5) << 5 | random.below(32)).to_le_bytes());
    (1..32).for_each(|_| out.extend(random.integer().to_le_bytes()));
    (0..32).for_each(|_| out.extend(random.float().to_le_bytes()));
    out.resize(WINDOW.start as usize, 0);
    while out.len() < WINDOW.end as usize {
        let value = if random.one_in(2) { random.float() } else { random.integer() };
        out.extend(value.to_le_bytes());
    }
    out.resize(RECORD as usize, 0);
    out
}

fn batch(seeds: std::ops::Range<u64>, language: &Language) -> Batch {
    let drafts: Vec<(u64, u8, Vec<u8>)> = seeds
        .map(|seed| {
            let mut writer = Writer::new(seed, language);
            let program = writer.program();
            (seed, writer.base, program)
        })
        .collect();
    // Around each program, fewer than 160 instructions.
    let room: usize = drafts.iter().map(|(_, _, program)| program.len() + 4 * 160).sum();
    let records = (BASE + HEAD + room as u64).next_multiple_of(0x1000) + 64;
    let (mut code, mut data, mut programs) = (Vec::new(), Vec::new(), Vec::new());
    for (seed, base, program) in drafts {
        let first = records + data.len() as u64;
        let at = wrap(&mut code, &program, base, first, first + ROUNDS * RECORD);
        let mut random = Random::new(!seed);
        (0..ROUNDS).for_each(|_| data.extend(record(&mut random)));
        programs.push(Program { code: program, at, base, seed });
    }
    let len = data.len() as u64;
    let mut end = vec![i(Op::Addi, 10, 0, 1)];
    end.extend(li(11, records as i64));
    end.extend(li(12, len as i64));
    end.extend([i(Op::Addi, 17, 0, 64), ECALL]);
    exit(&mut end);
    code.extend(bytes(&end));
    let mut image = code;
    assert!(BASE + HEAD + image.len() as u64 <= records);
    image.resize((records - BASE - HEAD) as usize, 0);
    image.extend(data);
    Batch { image, programs, records, len }
}

/// Runs a batch on a bare hart: the records.
fn ours(rig: &mut Rig, batch: &Batch, handler: u64) -> Result<Vec<u8>, String> {
    rig.put(BASE + HEAD, &batch.image);
    rig.put_words(handler, &[WFI]);
    rig.set(0, machine(BASE + HEAD, handler, FS_DIRTY));
    let stop = rig.run(0);
    let end = rig.registers(0);
    let csr = |number| end.csrs.iter().find(|(n, _)| *n == number).map_or(0, |(_, value)| *value);
    let (cause, pc) = (csr(0x342), csr(0x341));
    if stop != Stop::Idle || cause != 11 {
        let at = batch.programs.iter().rfind(|p| BASE + HEAD + p.at as u64 <= pc);
        let text = at.map(|p| listing(BASE + HEAD + p.at as u64, &p.code)).unwrap_or_default();
        return Err(format!("{stop:?}, cause {cause}, at {pc:#x}, value {:#x}\n{text}", csr(0x343)));
    }
    Ok(rig.get(batch.records, batch.len))
}

/// The first difference, told in full.
fn tell(batch: &Batch, who: &str, ours: &[u8], theirs: &[u8]) -> String {
    let at = ours.iter().zip(theirs).position(|(a, b)| a != b).unwrap_or(0);
    let number = at / RECORD as usize;
    let program = &batch.programs[number / ROUNDS as usize];
    let slice = |all: &[u8]| all[number * RECORD as usize..][..RECORD as usize].to_vec();
    let start = &batch.image[(batch.records - BASE - HEAD) as usize..];
    let (before, a, b) = (slice(start), slice(ours), slice(theirs));
    let mut out = format!(
        "seed {}, base x{}, round {}; {who} differs from QEMU\n{}",
        program.seed,
        program.base,
        number % ROUNDS as usize,
        listing(BASE + HEAD + program.at as u64, &program.code)
    );
    let u64_at =
        |bytes: &[u8], i: usize| u64::from_le_bytes(bytes[8 * i..][..8].try_into().expect("eight bytes"));
    for i in 0..RECORD as usize / 8 {
        let name = match i {
            0 => "fcsr".into(),
            1..32 => format!("x{i}"),
            32..64 => format!("f{}", i - 32),
            _ => format!("window+{:#x}", 8 * i - 512),
        };
        let [was, x, y] = [&before, &a, &b].map(|bytes| u64_at(bytes, i));
        let mark = if x == y { "" } else { "   <---" };
        if i < 64 || x != y {
            writeln!(out, "  {name}: {was:#018x} became {x:#018x}, in QEMU {y:#018x}{mark}")
                .expect("strings");
        }
    }
    out
}

/// Which program QEMU does not run to its end.
fn refused(oracle: &Oracle, language: &Language, whole: &Batch) -> String {
    let bad =
        whole.programs.iter().find(|p| oracle.run(&batch(p.seed..p.seed + 1, language).image).is_none());
    match bad {
        Some(p) => format!("QEMU does not run seed {}, base x{}:\n{}", p.seed, p.base, listing(0, &p.code)),
        None => "QEMU does not run a batch whose programs it runs one by one".into(),
    }
}

#[test]
fn qemu_agrees() {
    let Some(oracle) = Oracle::find() else { return };
    // QEMU before 8 counts beyond bit 31 in ctzw; the manual says 32 for zero.
    let old = !oracle.known.contains(&Extension::Zicond);
    let knows = |op: Op| oracle.known.contains(&op.extension()) && !(old && op == Op::Ctzw);
    let language = Language::new(false, oracle.zcb, knows);
    let seeds = cases(2 * BATCH, 160_000);
    // Room for the largest batch, and the handler behind.
    let len = 16 << 20;
    let handler = BASE + len - 0x1000;
    let mut rigs = ACCELS.map(|accel| (accel, Rig::new(accel, 1, BASE, len, true)));
    let mut count = 0;
    let mut first = seeds.start;
    while first < seeds.end {
        let batch = batch(first..(first + BATCH).min(seeds.end), &language);
        first += BATCH;
        let theirs =
            oracle.run(&batch.image).unwrap_or_else(|| panic!("{}", refused(&oracle, &language, &batch)));
        assert_eq!(theirs.len() as u64, batch.len, "QEMU wrote another length");
        for (accel, rig) in &mut rigs {
            match ours(rig, &batch, handler) {
                Err(why) => panic!("{accel:?}: {why}"),
                Ok(records) => {
                    assert!(records == theirs, "{}", tell(&batch, &format!("{accel:?}"), &records, &theirs));
                }
            }
        }
        count += batch.programs.len() as u64 * ROUNDS;
    }
    println!("{count} runs of {} programs: QEMU, interpreter and translator agree", seeds.end - seeds.start);
}
