//! The decoder against what others say, over a dense sample of every row and all compressed encodings:
//!
//! - a committed text that people can read and re-bless (LODGE_BLESS=1);
//! - objdump of binutils where it is installed (Debian: binutils-riscv64-linux-gnu);
//! - the LLVM inside rustc, which assembles our text: it knows what is too young for Debian's binutils.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use lodge_isa_riscv::{Extension, Inst, Op, decode, decode_compressed, encode};

/// Words of every row: its fixed bits with all-zero, all-one and `more` random free bits; and, where `flips`, the
/// same with one fixed bit wrong, so that what must be refused is asked too.
fn sample(more: usize, flips: bool) -> Vec<u32> {
    let (mut words, mut random) = (Vec::new(), 0x5eed_u32);
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        random
    };
    for op in Op::ALL {
        let (mask, bits) = op.fixed();
        words.extend([bits, bits | !mask]);
        words.extend((0..more).map(|_| bits | next() & !mask));
        if flips {
            words.extend((2..32).filter(|i| mask >> i & 1 == 1).map(|i| (bits | next() & !mask) ^ 1 << i));
        }
    }
    words.retain(|word| word & 0x1f != 0x1f); // longer than 32 bits
    words.sort_unstable();
    words.dedup();
    words
}

fn text(word: u32) -> String {
    decode(word).map_or("illegal".into(), |inst| inst.to_string())
}

#[test]
fn disassembly_is_as_blessed() {
    let mut fresh = String::new();
    for word in sample(2, false) {
        let _ = writeln!(fresh, "{word:08x}  {}", text(word));
    }
    for half in (0..=u16::MAX).step_by(53).filter(|half| half & 3 != 3) {
        let text = decode_compressed(half).map_or("illegal".into(), |inst| inst.to_string());
        let _ = writeln!(fresh, "{half:04x}      {text}");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/disasm.txt");
    if std::env::var_os("LODGE_BLESS").is_some() {
        std::fs::write(&path, &fresh).expect("write the blessed text");
    }
    let blessed = std::fs::read_to_string(&path).expect("read the blessed text");
    for (number, (is, should)) in fresh.lines().zip(blessed.lines()).enumerate() {
        assert_eq!(is, should, "line {}; if this is right, LODGE_BLESS=1 writes it down", number + 1);
    }
    assert_eq!(fresh.len(), blessed.len(), "the sample changed: look, then LODGE_BLESS=1");
}

/// What Debian 12's binutils 2.40 knows of what we decode; newer versions know it too.
const MARCH: &str =
    "rv64gc_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_zfhmin_zicbom_zicbop_zicboz_zawrs_svinval";

/// objdump's address and text of each of `instructions` (hexadecimal, 4 or 8 digits), or None, with a line that says
/// so, where there is no binutils for riscv64. The assembler makes the object, as objdump believes only its header.
fn objdump(
    name: &str,
    instructions: impl Iterator<Item = String>,
    options: &[&str],
) -> Option<Vec<(i64, String)>> {
    // Vectors only among whole words: halves that nobody knows look like theirs.
    let march = if name == "words" { format!("{MARCH}_v") } else { MARCH.to_string() };
    let tool = |tool: &str| format!("riscv64-linux-gnu-{tool}");
    if !["as", "objdump"].iter().all(|t| Command::new(tool(t)).arg("--version").output().is_ok()) {
        println!("SKIPPED: no {} (Debian package: binutils-riscv64-linux-gnu)", tool("objdump"));
        return None;
    }
    let file = |end: &str| std::env::temp_dir().join(format!("lodge-{name}-{}.{end}", std::process::id()));
    let (source, object) = (file("s"), file("o"));
    let lines: String = instructions.map(|hex| format!(".insn 0x{hex}\n")).collect();
    std::fs::write(&source, lines).expect("write the assembler's source");
    let run = |command: &mut Command| {
        let out = command.output().expect("start binutils");
        assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    run(Command::new(tool("as")).arg(format!("-march={march}")).arg(&source).arg("-o").arg(&object));
    let listing = run(Command::new(tool("objdump")).args(["-d", "-z"]).args(options).arg(&object));
    for path in [source, object] {
        let _ = std::fs::remove_file(path);
    }
    Some(listing.lines().filter_map(line).collect())
}

/// `  10:<tab>00812503  <tab>lw<tab>a0,8(sp) # comment` is (0x10, "lw a0,8(sp)").
fn line(line: &str) -> Option<(i64, String)> {
    let (address, rest) = line.split_once(":\t")?;
    let address = i64::from_str_radix(address.trim(), 16).ok()?;
    let (_bytes, text) = rest.split_once('\t')?;
    let text = text.split(" <").next()?.split(" #").next()?.trim().replace('\t', " ");
    Some((address, text))
}

/// objdump's text in our words: a branch's address becomes a distance.
fn ours(address: i64, text: &str, op: Option<Op>) -> String {
    if op.is_some_and(|op| op.operands().ends_with("target")) {
        let cut = text.rfind([',', ' ']).map_or(0, |at| at + 1);
        let target = u64::from_str_radix(text[cut..].trim_start_matches("0x"), 16);
        if let Ok(target) = target {
            return format!("{}.{:+}", &text[..cut], target as i64 - address);
        }
    }
    text.to_string()
}

/// Where binutils 2.40 and we differ on purpose.
fn excused(word: u32, their: &str) -> bool {
    let refused = their.starts_with(".4byte");
    let Some(inst) = decode(word) else {
        // Instructions of old drafts that binutils still knows.
        return refused || ["uret", "hret", "sfence.vm"].contains(&their);
    };
    match inst.op {
        // Younger than 2.40, or printed as the plain fence it is.
        _ if matches!(inst.op.extension(), Extension::Zfa | Extension::Zacas | Extension::Zicond) => refused,
        Op::Pause => their == "fence w,unknown",
        // Reserved fm and registers: the manual asks to ignore them.
        Op::Fence | Op::FenceTso | Op::FenceI => refused && (encode(&inst) != word || inst.imm >> 8 != 0),
        // Rounding modes of exact conversions: allowed, and without effect.
        op if op.operands().ends_with("rm0") => refused && inst.rm != 0,
        // CSRs have names there and numbers here.
        op if op.operands().contains("csr") => {
            let (is, ours) = (their.split(',').collect::<Vec<_>>(), text(word));
            let should: Vec<_> = ours.split(',').collect();
            (is[0], is[2], is[1].starts_with("0x")) == (should[0], should[2], false)
        }
        _ => false,
    }
}

#[test]
fn objdump_agrees() {
    let words = sample(40, true);
    let hex = words.iter().map(|word| format!("{word:08x}"));
    let Some(theirs) = objdump("words", hex, &["-M", "no-aliases"]) else { return };
    assert_eq!(theirs.len(), words.len(), "objdump's lines");
    let mut wrong = Vec::new();
    for (word, (address, their)) in words.iter().zip(&theirs) {
        let (our, their) = (text(*word), ours(*address, their, decode(*word).map(|inst| inst.op)));
        if their != our && !excused(*word, &their) {
            wrong.push(format!("{word:08x}  ours {our:40} objdump {their}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), words.len(), wrong.join("\n"));
}

/// A 32-bit word that is no instruction (custom-3 opcode).
const ILLEGAL: u32 = 0x0000_007b;

/// Where objdump's text of a compressed instruction is not that of its expansion, on purpose.
fn excused_compressed(half: u16, short: &str, long: &str) -> bool {
    let refused = short.starts_with(".2byte");
    let Some(inst) = decode_compressed(half) else {
        // `unimp` is what it calls all zeros; addi16sp by zero is reserved but it prints it.
        return refused || ["unimp", "add sp,sp,0"].contains(&short);
    };
    let zcb = half & 0xe003 == 0x8000 || half & 0xfc43 == 0x9c41;
    // HINTs keep their own spelling: those that write x0, shift by zero or add zero.
    let hint =
        inst.rd == 0 || (inst.imm == 0 && matches!(inst.op, Op::Slli | Op::Srli | Op::Srai | Op::Addi));
    let spelled = short.starts_with("c.") || short.strip_suffix(",0").is_some_and(|s| s.starts_with("add "));
    let moved = long.replacen("add ", "mv ", 1).replacen(",zero,", ",", 1);
    (zcb && refused) || (hint && spelled) || (inst.op == Op::Add && moved == short)
}

#[test]
fn objdump_agrees_on_what_compressed_instructions_mean() {
    // With aliases on, objdump prints a compressed instruction just like the instruction it stands for.
    let halves: Vec<u16> = (0..=u16::MAX).filter(|half| half & 3 != 3).collect();
    let Some(short) = objdump("short", halves.iter().map(|half| format!("{half:04x}")), &[]) else { return };
    let stands_for = |half: &u16| decode_compressed(*half).map_or(ILLEGAL, |inst| encode(&inst));
    let long = halves.iter().map(|half| format!("{:08x}", stands_for(half)));
    let Some(long) = objdump("long", long, &[]) else { return };
    assert_eq!((short.len(), long.len()), (halves.len(), halves.len()), "objdump's lines");
    let mut wrong = Vec::new();
    for (half, ((at, short), (long_at, long))) in halves.iter().zip(short.iter().zip(&long)) {
        let op = decode_compressed(*half).map(|inst| inst.op);
        let (short, long) = (ours(*at, short, op), ours(*long_at, long, op));
        if short != long && !excused_compressed(*half, &short, &long) {
            wrong.push(format!("{half:04x}  ours {long:40} objdump {short}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Bytes of the section .text of the ELF64 object at `path`.
fn text_section(path: &Path) -> Vec<u8> {
    let file = std::fs::read(path).expect("read the object");
    let number = |at: usize, size: usize| {
        file[at..at + size].iter().rev().fold(0usize, |value, byte| value << 8 | usize::from(*byte))
    };
    let (headers, count, names) = (number(0x28, 8), number(0x3c, 2), number(0x3e, 2));
    let place = |header: usize| (number(header + 0x18, 8), number(header + 0x20, 8));
    let names = place(headers + names * 64).0;
    let text = (0..count).map(|i| headers + i * 64).find(|header| {
        let name = names + number(*header, 4);
        file[name..].starts_with(b".text\0")
    });
    let (start, size) = place(text.expect("the object has a .text"));
    file[start..start + size].to_vec()
}

/// Assembles `lines` with the LLVM inside rustc, which knows extensions that binutils 2.40 does not. A crate of
/// nothing but `global_asm!` needs no RISC-V standard library, but the compiler's internal `no_core`.
fn llvm(name: &str, options: &str, lines: impl Iterator<Item = String>) -> Result<Vec<u8>, String> {
    let file = |end: &str| std::env::temp_dir().join(format!("lodge-{name}-{}.{end}", std::process::id()));
    let (source, object) = (file("rs"), file("o"));
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    let program = format!(
        r#"#![feature(no_core, lang_items, rustc_attrs)] #![allow(internal_features)] #![no_core] #![crate_type = "lib"]
        #[lang = "sized"] trait Sized: MetaSized {{}} #[lang = "meta_sized"] trait MetaSized: PointeeSized {{}}
        #[lang = "pointee_sized"] trait PointeeSized {{}} #[rustc_builtin_macro] macro_rules! global_asm {{ () => {{}}; }}
        global_asm!("{options}\n{lines}");"#
    );
    std::fs::write(&source, program).expect("write the assembler's source");
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let mut command = Command::new(rustc);
    command.env("RUSTC_BOOTSTRAP", "1").args(["--target", "riscv64gc-unknown-none-elf", "--emit", "obj"]);
    let out = command.arg("-o").arg(&object).arg(&source).output().expect("start rustc");
    let errors = String::from_utf8_lossy(&out.stderr).into_owned();
    let bytes = out.status.success().then(|| text_section(&object));
    for path in [source, object] {
        let _ = std::fs::remove_file(path);
    }
    bytes.ok_or(errors)
}

#[test]
fn llvm_assembles_our_text_back() {
    let options = ".option arch, +zba, +zbb, +zbc, +zbs, +zihintpause, +zfa, +zfhmin, +zicond, +zicbom, +zicbop, +zicboz, +zawrs, \
                   +zacas, +svinval\n.option norvc\n.option norelax";
    // Reserved fence sets and rounding modes have no spelling; ignored bits are not in the text.
    let spelt =
        |word: &u32| decode(*word).is_some_and(|i| encode(&i) == *word) && !text(*word).contains("unknown");
    // Of vector instructions LLVM takes those only whose registers suit some vtype; objdump reads all of them.
    let spelt = |word: &u32| spelt(word) && decode(*word).is_some_and(|i| i.op.extension() != Extension::V);
    let words: Vec<u32> = sample(20, false).into_iter().filter(spelt).collect();
    // An assembler takes a distance as a plain number.
    let line = |word: &u32| text(*word).replace(".+", "").replace(",.-", ",-");
    if let Err(why) = llvm("nothing", ".option norvc", ["nop".to_string()].into_iter()) {
        println!("SKIPPED: this rustc assembles no RISC-V: {}", why.lines().next().unwrap_or_default());
        return;
    }
    let bytes = llvm("assemble", options, words.iter().map(line))
        .unwrap_or_else(|why| panic!("LLVM refuses our text:\n{why}"));
    assert_eq!(bytes.len(), words.len() * 4);
    for (word, bytes) in words.iter().zip(bytes.chunks(4)) {
        let again = u32::from_le_bytes(bytes.try_into().expect("four bytes"));
        assert_eq!(again, *word, "{} is {again:08x} to LLVM, {word:08x} to us", text(*word));
    }
}

#[test]
fn llvm_compresses_to_what_we_expand() {
    // LLVM picks a 16-bit form for our text where there is one; it must find one, and it must mean the same to us.
    let options = ".option arch, +zba, +zbb, +zcb\n.option norelax";
    if llvm("nothing-short", options, ["nop".to_string()].into_iter()).is_err() {
        println!("SKIPPED: this rustc assembles no RISC-V");
        return;
    }
    let line = |inst: &Inst| inst.to_string().replace(".+", "").replace(",.-", ",-");
    // HINTs have no 16-bit spelling in this assembler: what writes x0 and what adds or shifts by zero.
    let writes = |op: Op| matches!(op, Op::Addi | Op::Lui | Op::Add | Op::Slli | Op::Srli | Op::Srai);
    let hint = |i: &Inst| writes(i.op) && (i.rd == 0 || (i.imm == 0 && i.op != Op::Add && i.rs1 == i.rd));
    let insts: Vec<Inst> = (0..=u16::MAX).filter_map(decode_compressed).filter(|inst| !hint(inst)).collect();
    let bytes = llvm("compress", options, insts.iter().map(line))
        .unwrap_or_else(|why| panic!("LLVM refuses:\n{why}"));
    assert_eq!(bytes.len(), insts.len() * 2, "LLVM left some at 32 bits");
    for (inst, bytes) in insts.iter().zip(bytes.chunks(2)) {
        let half = u16::from_le_bytes([bytes[0], bytes[1]]);
        let again = decode_compressed(half).map(|again| Inst { raw: inst.raw, ..again });
        assert_eq!(again, Some(*inst), "{:04x} is {inst} to us, which LLVM writes {half:04x}", inst.raw);
    }
}
