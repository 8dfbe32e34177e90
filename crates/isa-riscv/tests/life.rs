//! The life of guest code as text, one page a concept: what it is lifted to, what a region makes of that, and the host code.
//! `LODGE_BLESS=1` writes `tests/data/life/` anew; read the difference as if it were a program's, for it is.
//!
//! ```text
//!   guest code ─► IR ─► in a region: order, loops, layout, simplified IR ─► host code
//! ```
//! In host code, `[$10]` is the frame's place for guest register 10, names are the fixed routines' and the frame's, and
//! guest instructions stand where theirs begins. What is rare comes last. Addresses of the host are left out.

use iced_x86::{Decoder, DecoderOptions, Formatter, Instruction, NasmFormatter, OpKind, Register};
use lodge_isa_riscv::Op::{self, *};
use lodge_isa_riscv::{Hart, Inst, csr, decode, encode};
use lodge_jit::{Mode, Shown, show};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

const PC: u64 = 0x1_0000;
/// U-mode, FP unit dirty, rounding to nearest.
const USER: u32 = 3 << 2;
const SUPERVISOR: u32 = 1 | 3 << 2;

fn r(op: Op, rd: u8, rs1: u8, rs2: u8) -> u32 {
    encode(&Inst { rd, rs1, rs2, rm: 7, ..Inst::bare(op, 0) })
}

fn i(op: Op, rd: u8, rs1: u8, imm: i64) -> u32 {
    encode(&Inst { rd, rs1, imm, ..Inst::bare(op, 0) })
}

fn s(op: Op, rs1: u8, rs2: u8, imm: i64) -> u32 {
    encode(&Inst { rs1, rs2, imm, ..Inst::bare(op, 0) })
}

const RET: u32 = 0x0000_8067;

/// Tier one, or tier two without or with the mirror.
#[derive(Clone, Copy)]
enum How {
    One,
    Two,
    Mirror,
}

/// A page: file name, what it is about, and the program.
struct Page {
    file: &'static str,
    title: &'static str,
    about: &'static str,
    how: How,
    assume: u32,
    code: Vec<u32>,
}

fn page(file: &'static str, title: &'static str, about: &'static str, how: How, code: Vec<u32>) -> Page {
    Page { file, title, about, how, assume: USER, code }
}

fn pages() -> Vec<Page> {
    let (a0, a1, a2, s4) = (10, 11, 12, 20);
    let mut pages = vec![
        page(
            "1-arithmetic",
            "Arithmetic",
            "Hot guest registers live in host registers, the others are memory operands. x20 is not hot.\n\
             The count at the beginning says when the block is hot; the return goes by the jump cache.",
            How::One,
            vec![r(Add, a0, a1, a2), i(Addiw, a1, a0, -5), r(Sltu, s4, a0, a1), r(Mul, a0, s4, a0), RET],
        ),
        page(
            "2-memory",
            "Loads and stores by the translation cache",
            "The entry for the address is probed in line: its tag must be the page of the last byte. What misses calls\n\
             `load` or `store`, which walk the page tables, and come back behind the access.",
            How::One,
            vec![i(Ld, a0, a1, 16), s(Sw, a1, a0, 4), RET],
        ),
        page(
            "3-mirror",
            "Loads and stores by the mirror",
            "A region checks a base register once against the window; the second access and the one behind the addition\n\
             need no check. An access whose page is not there faults, and goes on as `detour` says.",
            How::Mirror,
            vec![i(Ld, a0, a1, 16), i(Lw, a2, a1, 24), i(Addi, a1, a1, 32), s(Sd, a1, a0, 0), RET],
        ),
        page(
            "4-branch",
            "Branches, and blocks tied to each other",
            "Both ways out are jumps to code aside that asks for the target once; then the jump is patched to go there.\n\
             Backwards, the attention flag is looked at first.",
            How::One,
            vec![r(Xor, a0, a0, a1), s(Beq, a0, 0, 16), i(Addi, a0, a0, 1), RET],
        ),
    ];
    pages.extend(more_pages());
    pages
}

fn more_pages() -> Vec<Page> {
    let (a0, a1, a2, t0) = (10, 11, 12, 5);
    let sum = vec![i(Ld, t0, a0, 0), r(Add, a2, a2, t0), i(Addi, a0, a0, 8), s(Bne, a0, a1, -12), RET];
    let csr_page = Page {
        assume: SUPERVISOR,
        ..page(
            "8-helper",
            "What the emitter knows nothing of",
            "Control registers are the ISA's: an operation calls its helper by way of the interpreter, with all guest\n\
             registers in the frame (`slow` sees to that). fflags alone is read in place, and nearly always known.",
            How::One,
            vec![i(Csrrs, a0, 0, csr::SATP.into()), i(Csrrs, a1, 0, csr::FFLAGS.into()), RET],
        )
    };
    vec![
        page(
            "5-call",
            "A call and its return in a region",
            "The function is laid out with its caller. The return compares its target with the call sites inside, so that\n\
             nothing is looked up.",
            How::Two,
            vec![
                i(Jal, 1, 0, 12),
                r(Add, a0, a0, a0),
                i(Jal, 0, 0, 12),
                i(Addi, a0, a0, 1),
                RET,
                i(Addi, a1, 0, 0),
                RET,
            ],
        ),
        page(
            "6-loop",
            "A loop as a region",
            "The loop's registers have host registers of their own across the back edge; those that moved are exchanged at\n\
             the entry and on every way out. The head looks for attention.",
            How::Mirror,
            sum,
        ),
        page(
            "7-float",
            "Floating point, and NaNs left as they come",
            "Arithmetic runs on the host's unit, flags accrue there. In a region, results stay in place whichever NaN they\n\
             are, until the store: only that makes a NaN canonical.",
            How::Mirror,
            vec![
                i(Fld, 10, a0, 0),
                r(FmulD, 11, 10, 12),
                r(FaddD, 13, 13, 11),
                i(Addi, a0, a0, 8),
                s(Bne, a0, a1, -16),
                s(Fsd, a2, 13, 0),
                RET,
            ],
        ),
        csr_page,
        page(
            "9-simplified",
            "What a region's blocks lose before they are compiled",
            "Constants made in two steps, indices that are extended and scaled: pairs become one operation.",
            How::Two,
            vec![
                i(Lui, t0, 0, 0x77000),
                i(Addi, t0, t0, -536),
                i(Slli, a1, a1, 32),
                i(Srli, a1, a1, 32),
                i(Slli, a2, a1, 3),
                r(Add, a2, a2, a0),
                RET,
            ],
        ),
    ]
}

/// Name of a host register.
fn host_register(number: u8, float: bool) -> String {
    const NAMES: [&str; 16] = [
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
        "r14", "r15",
    ];
    if float { format!("xmm{number}") } else { NAMES[usize::from(number)].to_string() }
}

/// Text of one host instruction, with names instead of numbers that depend on the run or mean nothing.
fn host_line(shown: &Shown, inst: &Instruction, labels: &BTreeMap<u64, String>) -> String {
    let mut text = String::new();
    let mut formatter = NasmFormatter::new();
    formatter.options_mut().set_hex_prefix("0x");
    formatter.options_mut().set_hex_suffix("");
    formatter.options_mut().set_uppercase_hex(false);
    formatter.options_mut().set_branch_leading_zeros(false);
    formatter.options_mut().set_show_branch_size(false);
    formatter.options_mut().set_space_after_operand_separator(true);
    formatter.options_mut().set_rip_relative_addresses(false);
    formatter.format(inst, &mut text);
    let numbers = |text: String, value: u64, name: &str| {
        text.replace(&format!("{value:#x}"), name).replace(&format!("{}", value as i64), name)
    };
    if inst.op_count() > 0 && inst.op0_kind() == OpKind::NearBranch64 {
        let to = inst.near_branch64();
        let name = labels.get(&to).cloned().or_else(|| shown.name(to)).unwrap_or_else(|| "elsewhere".into());
        return numbers(text, to, &name);
    }
    if inst.op_count() > 1
        && inst.op1_kind() == OpKind::Immediate64
        && let Some(name) = shown.name(inst.immediate64())
    {
        return numbers(text, inst.immediate64(), &name);
    }
    let displacement = inst.memory_displacement64() as i32;
    let name = match inst.memory_base() {
        Register::RBP => Shown::in_frame(displacement),
        Register::RIP => shown.name(inst.memory_displacement64()),
        Register::R15 => {
            let (name, left) = Shown::in_context(displacement);
            let index = inst.memory_index();
            let index =
                if index == Register::None { String::new() } else { format!("{index:?} ").to_lowercase() };
            Some(match (name, left) {
                ("jumps.code" | "jumps.key", n) if index.is_empty() => format!("{name} {n}"),
                (_, 0) => format!("{name} {index}").trim_end().to_string(),
                (_, left) => format!("{name} {index}{left:+}"),
            })
        }
        _ => None,
    };
    if let (Some(name), Some(open), Some(close)) = (name, text.find('['), text.find(']')) {
        text.replace_range(open + 1..close, &name);
    }
    text
}

fn host(shown: &Shown, listing: &BTreeMap<u64, String>, out: &mut String) {
    let decoded: Vec<Instruction> =
        Decoder::with_ip(64, &shown.host, shown.base, DecoderOptions::NONE).into_iter().collect();
    let inside = shown.base..shown.base + shown.host.len() as u64;
    let mut targets: Vec<u64> = decoded
        .iter()
        .filter(|inst| inst.op_count() > 0 && inst.op0_kind() == OpKind::NearBranch64)
        .map(Instruction::near_branch64)
        .chain(shown.detours.iter().map(|(_, to)| shown.base + *to as u64))
        .filter(|to| inside.contains(to))
        .collect();
    targets.sort_unstable();
    targets.dedup();
    let labels: BTreeMap<u64, String> =
        targets.iter().enumerate().map(|(n, to)| (*to, format!("L{n}"))).collect();
    for inst in &decoded {
        let offset = (inst.ip() - shown.base) as usize;
        for (_, pc) in shown.marks.iter().filter(|(at, _)| *at == offset) {
            match listing.get(pc) {
                Some(text) => writeln!(out, "                                        ; {pc:x}  {text}"),
                None => writeln!(out, "                                        ; aside"),
            }
            .expect("strings take all");
        }
        let label = labels.get(&inst.ip()).map_or(String::new(), |label| format!("{label}:"));
        let detour = shown.detours.iter().find(|(at, _)| *at == offset);
        let detour = detour
            .map_or(String::new(), |(_, to)| format!("    ; detour {}", labels[&(shown.base + *to as u64)]));
        writeln!(out, "{label:4}  {}{detour}", host_line(shown, inst, &labels)).expect("strings take all");
    }
}

fn text(page: &Page) -> String {
    let bytes: Vec<u8> = page.code.iter().flat_map(|word| word.to_le_bytes()).collect();
    let region = match page.how {
        How::One => None,
        How::Two => Some(false),
        How::Mirror => Some(true),
    };
    let mode = Mode { root: 0, view: 0, assume: page.assume };
    let shown = show::<Hart>(mode, PC, &bytes, region).expect("the program has a block");
    let words = page.code.iter().zip(0u64..);
    let listing: BTreeMap<u64, String> = words
        .map(|(word, n)| (PC + 4 * n, decode(*word).map_or("illegal".into(), |inst| inst.to_string())))
        .collect();
    let mut out =
        format!("{}\n{}\n\n{}\n\nGuest code\n\n", page.title, "=".repeat(page.title.len()), page.about);
    listing.iter().for_each(|(pc, text)| writeln!(out, "  {pc:x}  {text}").expect("strings take all"));
    out.push_str(if region.is_some() {
        "\nThe region: its blocks in order, simplified\n\n"
    } else {
        "\nIR\n\n"
    });
    for (n, block) in shown.blocks.iter().enumerate() {
        if let Some((head, depth)) = shown.loops.get(n) {
            let head = if *head { ", a loop's head" } else { "" };
            writeln!(out, "block {:x}, {depth} loops around it{head}", block.pc).expect("strings take all");
        }
        writeln!(out, "{block}").expect("strings take all");
    }
    out.push_str("\nLayout: guest registers in host registers; the others are in the frame\n\n ");
    for (slot, number, float) in &shown.places {
        write!(out, " ${slot}={}", host_register(*number, *float)).expect("strings take all");
    }
    out.push_str("\n\nHost code\n\n");
    host(&shown, &listing, &mut out);
    let lines: Vec<&str> = out.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

#[test]
fn the_life_of_guest_code_reads_as_blessed() {
    if !std::arch::is_x86_feature_detected!("bmi2") {
        println!("skipped: this host's code is not the one that was blessed (no BMI2)");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/life");
    for page in pages() {
        let path = folder.join(format!("{}.txt", page.file));
        let text = text(&page);
        if std::env::var_os("LODGE_BLESS").is_some() {
            std::fs::write(&path, &text).expect("tests/data can be written");
        }
        let blessed = std::fs::read_to_string(&path).expect("tests/data can be read");
        for (line, (new, old)) in text.lines().zip(blessed.lines()).enumerate() {
            assert_eq!(new, old, "line {} of {}.txt; LODGE_BLESS=1 accepts", line + 1, page.file);
        }
        assert_eq!(text.len(), blessed.len(), "{}.txt has another length; LODGE_BLESS=1 accepts", page.file);
    }
}
