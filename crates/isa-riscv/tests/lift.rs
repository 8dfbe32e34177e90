//! What each instruction means, as blessed text: one block an instruction, for every row of the table and for the forms
//! that are lifted specially. `LODGE_BLESS=1` writes tests/data/lift.txt anew; read the difference against the manual.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use lodge_isa_riscv::{Extension, Inst, Op, decode, encode, lift};
use lodge_jit::ir::{Block, End, Val};
use lodge_jit::{Builder, Code, Exception, Mode};

const PC: u64 = 0x8000_0000;
const PAGE: usize = 4096;

/// Supervisor, FP state dirty, round up.
const SUPERVISOR: u32 = 1 | 3 << 2 | 3 << 4;
/// The same with vector state dirty; and known: e32,m1, vl = VLMAX; and less than that.
const VECTORS_ON: u32 = SUPERVISOR | 3 << 7;
const VECTORS: u32 = VECTORS_ON | 1 << 9 | 2 << 10 | 1 << 15;
const VECTORS_PART: u32 = VECTORS_ON | 1 << 9 | 2 << 10;
const USER: u32 = 3 << 2;
const MACHINE: u32 = 3 | 3 << 2;
const FP_OFF: u32 = 1;
const FP_CLEAN: u32 = 1 | 2 << 2;
const BAD_FRM: u32 = 1 | 3 << 2 | 5 << 4;

fn block(assume: u32, start: u64, bytes: &[u8], next: Result<Vec<u8>, Exception>) -> Block {
    let breakpoints = BTreeSet::new();
    let mut next_page = |_| next.clone();
    let mut code = Code::new(start, bytes, &mut next_page, &breakpoints);
    let mut builder = Builder::new(start);
    lift(Mode { root: 0, view: 0, assume }, &mut code, &mut builder);
    builder.finish()
}

fn words(assume: u32, words: &[u32]) -> Block {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    block(assume, PC, &bytes, Ok(vec![0; PAGE]))
}

/// `op` with operands that tell them apart: rd 10, rs1 11, rs2 12, rs3 13.
fn typical(op: Op) -> u32 {
    let imm = match op.operands() {
        o if o.contains("target") => 16,
        o if o.contains("upper") => 0x12345 << 12,
        o if o.contains("shamt") => 5,
        o if o.contains("csr") => 0x300,
        o if o.contains("pred") => 0x0ff,
        o if o.contains("imm") => -32,
        _ => 0,
    };
    let rm = if op.operands().ends_with("rm") { 7 } else { 0 };
    // Of segments there is one field.
    let rs3 = if op.extension() == Extension::V { 0 } else { 13 };
    let plain = Inst { rd: 10, rs1: 11, rs2: 12, rs3, imm, rm, vm: true, ..Inst::bare(op, 0) };
    let word = encode(&plain);
    assert_eq!(decode(word).map(|inst| inst.op), Some(op), "{word:#010x}");
    word
}

/// Title, `assume`, words.
type Case = (&'static str, u32, &'static [u32]);

#[rustfmt::skip]
const SPECIAL: &[Case] = &[
    ("li a0, -1", SUPERVISOR, &[0xfff0_0513]),
    ("mv a0, a1", SUPERVISOR, &[0x0005_8513]),
    ("c.li a0, 5", SUPERVISOR, &[0x0001_4515]),
    ("c.mv a0, a1", SUPERVISOR, &[0x0001_852e]),
    ("sext.w a0, a1", SUPERVISOR, &[0x0005_851b]),
    ("zext.w a0, a1", SUPERVISOR, &[0x0805_853b]),
    ("nop", SUPERVISOR, &[0x0000_0013]),
    ("add zero, a0, a1", SUPERVISOR, &[0x00b5_0033]),
    ("sub a0, zero, a1", SUPERVISOR, &[0x40b0_0533]),
    ("ld zero, 0(a1): faults all the same", SUPERVISOR, &[0x0005_b003]),
    ("sd zero, 8(a1)", SUPERVISOR, &[0x0005_b423]),
    ("lw a0, 16(zero)", SUPERVISOR, &[0x0100_2503]),
    ("amoadd.w zero, a2, (a1)", SUPERVISOR, &[0x00c5_a02f]),
    ("amocas.w zero, a2, (a1)", SUPERVISOR, &[0x28c5_a02f]),
    ("amocas.q zero, zero, (a1)", SUPERVISOR, &[0x2805_c02f]),
    ("jal ra, .+16", SUPERVISOR, &[0x0100_00ef]),
    ("jal zero, .-16", SUPERVISOR, &[0xff1f_f06f]),
    ("ret", SUPERVISOR, &[0x0000_8067]),
    ("c.jr ra", SUPERVISOR, &[0x0001_8082]),
    ("c.jalr a1: links behind 2 bytes", SUPERVISOR, &[0x0001_9582]),
    ("jalr ra, 4(ra): target before link", SUPERVISOR, &[0x0040_80e7]),
    ("jalr t0, 0(ra): coroutine", SUPERVISOR, &[0x0000_82e7]),
    ("beq zero, zero", SUPERVISOR, &[0x0000_0863]),
    ("bne a0, a0", SUPERVISOR, &[0x00a5_1863]),
    ("blt zero, a1", SUPERVISOR, &[0x00b0_4863]),
    ("c.beqz a0", SUPERVISOR, &[0x0001_c511]),
    ("fence w,r", SUPERVISOR, &[0x0120_000f]),
    ("fence r,rw", SUPERVISOR, &[0x0230_000f]),
    ("fence rw,w", SUPERVISOR, &[0x0310_000f]),
    ("fence o,i", SUPERVISOR, &[0x0480_000f]),
    ("ecall from user", USER, &[0x0000_0073]),
    ("ecall from machine", MACHINE, &[0x0000_0073]),
    ("c.ebreak", SUPERVISOR, &[0x0001_9002]),
    ("illegal 32 bits", SUPERVISOR, &[0xffff_ffff]),
    ("illegal 16 bits", SUPERVISOR, &[0x0000_0000]),
    ("csrrw zero, mstatus, a1: no read", SUPERVISOR, &[0x3005_9073]),
    ("csrrs a0, mstatus, zero: no write", SUPERVISOR, &[0x3000_2573]),
    ("csrrc zero, mstatus, a1: reads", SUPERVISOR, &[0x3005_b073]),
    ("csrrsi a0, mstatus, 0: no write", SUPERVISOR, &[0x3000_6573]),
    ("csrrwi a0, mstatus, 0: writes", SUPERVISOR, &[0x3000_5573]),
    ("csrrw tp, sscratch, tp", SUPERVISOR, &[0x1402_1273]),
    ("csrrw tp, sscratch, tp from user", USER, &[0x1402_1273]),
    ("csrrw zero, sscratch, a1", SUPERVISOR, &[0x1405_9073]),
    ("csrrw a0, sepc, a0", SUPERVISOR, &[0x1415_1573]),
    ("csrrs a0, scause, zero", SUPERVISOR, &[0x1420_2573]),
    ("csrrs a0, stval, a0", SUPERVISOR, &[0x1435_2573]),
    ("csrrc a0, stval, a1", SUPERVISOR, &[0x1435_b573]),
    ("csrrwi a0, sscratch, 10", SUPERVISOR, &[0x1405_5573]),
    ("csrrci a0, sepc, 3", SUPERVISOR, &[0x1411_f573]),
    ("sfence.vma", SUPERVISOR, &[0x1200_0073]),
    ("bexti a0, a1, 63", SUPERVISOR, &[0x4bf5_d513]),
    ("bclri a0, a1, 63", SUPERVISOR, &[0x4bf5_9513]),
    ("feq.d zero, fa1, fa2: for its flags", SUPERVISOR, &[0xa2c5_a053]),
    ("fcvt.w.d zero, fa1, rtz: for its flags", SUPERVISOR, &[0xc205_9053]),
    ("fmv.x.d zero, fa1", SUPERVISOR, &[0xe205_8053]),
    ("fclass.d zero, fa1", SUPERVISOR, &[0xe205_9053]),
    ("fmv.d.x fa0, zero", SUPERVISOR, &[0xf200_0553]),
    ("fmv.d fa0, fa1", SUPERVISOR, &[0x22b5_8553]),
    ("fmv.s fa0, fa1", SUPERVISOR, &[0x20b5_8553]),
    ("fadd.d rtz", SUPERVISOR, &[0x02c5_9553]),
    ("fadd.d rmm", SUPERVISOR, &[0x02c5_c553]),
    ("fadd.d rounding 5: reserved", SUPERVISOR, &[0x02c5_d553]),
    ("fadd.d dyn, frm 5", BAD_FRM, &[0x02c5_f553]),
    ("fadd.d rne, frm 5", BAD_FRM, &[0x02c5_8553]),
    ("fadd.d, FP off", FP_OFF, &[0x02c5_f553]),
    ("fsd, FP off", FP_OFF, &[0xfec5_b027]),
    ("fadd.d, FP clean", FP_CLEAN, &[0x02c5_f553]),
    ("fld, FP clean, behind another", FP_CLEAN, &[0x0005_8513, 0x0005_b507]),
    ("fsd, FP clean", FP_CLEAN, &[0xfec5_b027]),
    ("fmv.x.d, FP clean", FP_CLEAN, &[0xe205_8553]),
    ("fclass.d, FP clean", FP_CLEAN, &[0xe205_9553]),
    ("vadd.vv: vector unit off", SUPERVISOR, &[0x02c5_8557]),
    ("vadd.vv: vector state clean", SUPERVISOR | 2 << 7, &[0x02c5_8557]),
    ("vadd.vv: vtype not known here", VECTORS_ON, &[0x02c5_8557]),
    ("vadd.vv, some lanes", VECTORS_PART, &[0x02c5_8557]),
    ("vadd.vv, some lanes, masked", VECTORS_PART, &[0x00c5_8557]),
    ("vsetvli a0, a1, e8, m8: forks", VECTORS_ON, &[0x0035_f557, 0x02c5_8557]),
    ("vsetvli a0, zero, e8, m1: known", VECTORS_ON, &[0x0000_7557, 0x02c5_8557]),
    ("vle8ff.v: forks, as it may cut short", VECTORS, &[0x0305_8507]),
    ("csrr a0, vl", VECTORS_ON, &[0xc200_2573]),
    ("three instructions and a branch", SUPERVISOR, &[0x0015_8593, 0x00b5_0533, 0x0805_853b, 0xfea5_9ae3]),
];

fn text() -> String {
    let mut out = String::new();
    let case = |title: &str, block: &Block, out: &mut String| {
        let body = block.to_string();
        let lines: Vec<&str> = body.lines().skip(1).collect();
        writeln!(out, "{title}\n{}\n", lines.join("\n")).expect("strings take all");
    };
    for op in Op::ALL {
        let word = typical(op);
        let inst = decode(word).expect("just decoded");
        let assume = if op.extension() == Extension::V { VECTORS } else { SUPERVISOR };
        case(&format!("{word:08x} {inst}"), &words(assume, &[word]), &mut out);
    }
    for number in 0..32 {
        for op in [Op::FliS, Op::FliD] {
            let word = encode(&Inst { rd: 10, rs1: number, ..Inst::bare(op, 0) });
            let inst = decode(word).expect("fli is an instruction");
            case(&format!("{word:08x} {inst}"), &words(SUPERVISOR, &[word]), &mut out);
        }
    }
    for (title, assume, bits) in SPECIAL {
        let short = bits.len() == 1 && bits[0] & 3 != 3;
        let block = if short {
            block(*assume, PC, &bits[0].to_le_bytes()[..2], Ok(vec![0; PAGE]))
        } else {
            words(*assume, bits)
        };
        case(title, &block, &mut out);
    }
    out
}

#[test]
fn every_instruction_lifts_as_blessed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lift.txt");
    let text = text();
    if std::env::var_os("LODGE_BLESS").is_some() {
        std::fs::write(&path, &text).expect("tests/data can be written");
    }
    let blessed = std::fs::read_to_string(&path).expect("tests/data/lift.txt can be read");
    for (line, (new, old)) in text.lines().zip(blessed.lines()).enumerate() {
        assert_eq!(new, old, "line {} of lift.txt; LODGE_BLESS=1 accepts", line + 1);
    }
    assert_eq!(text.len(), blessed.len(), "lift.txt has another length; LODGE_BLESS=1 accepts");
}

const FAULT: Exception = Exception { cause: 12, value: 0x8000_1000 };

/// The last `bytes` of the page at PC.
fn at_page_end(assume: u32, bytes: &[u8], next: Result<Vec<u8>, Exception>) -> Block {
    block(assume, PC + PAGE as u64 - bytes.len() as u64, bytes, next)
}

#[test]
fn a_straddling_instruction_has_a_block_of_its_own() {
    // addi a1, a1, 1; then the first half of addi a0, a1, 1
    let alone = at_page_end(SUPERVISOR, &[0x93, 0x85, 0x15, 0x00, 0x13, 0x85], Ok(vec![0x15, 0x00]));
    assert_eq!((alone.len, alone.instructions), (4, 1));
    assert_eq!(alone.end, End::Jump { target: PC + 0xffe, hint: lodge_jit::ir::Hint::None });
    let straddling = at_page_end(SUPERVISOR, &[0x13, 0x85], Ok(vec![0x15, 0x00, 0x01, 0x00]));
    assert_eq!((straddling.len, straddling.instructions), (4, 1));
    assert!(straddling.to_string().contains("$10 = add $11, 1"), "{straddling}");
}

#[test]
fn a_fetch_fault_is_raised_by_its_own_instruction_only() {
    let before = at_page_end(SUPERVISOR, &[0x93, 0x85, 0x15, 0x00, 0x13, 0x85], Err(FAULT));
    assert_eq!((before.len, before.instructions), (4, 1));
    let raised = at_page_end(SUPERVISOR, &[0x13, 0x85], Err(FAULT));
    assert_eq!(raised.end, End::Raise { cause: 12, value: Val::Imm(0x8000_1000) });
    // Two bytes at the very end need no other page.
    let short = at_page_end(SUPERVISOR, &[0x01, 0x00], Err(FAULT));
    assert_eq!((short.len, short.instructions), (2, 1));
    assert_eq!(short.end, End::Jump { target: PC + 0x1000, hint: lodge_jit::ir::Hint::None });
}

#[test]
fn any_bytes_lift_to_blocks_the_engine_can_take() {
    let mut random = 1u64;
    let mut step = || {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 32) as u32
    };
    for round in 0..20_000 {
        // Half of them pure noise, half real instructions with random operands.
        let code: Vec<u8> = (0..32)
            .flat_map(|_| {
                let op = Op::ALL[step() as usize % Op::ALL.len()];
                let (mask, fixed) = op.fixed();
                let noise = step();
                (if round % 2 == 0 { noise } else { fixed | noise & !mask }).to_le_bytes()
            })
            .collect();
        let lifted = block(step() & 0x7f, PC, &code, Ok(vec![0; PAGE]));
        assert!(lifted.instructions > 0 && u64::from(lifted.len) <= 128 + 2, "{lifted}");
        assert!(lifted.tmps <= 4, "temporaries are not reused: {lifted}");
        let text = lifted.to_string();
        let x0 = |word: &str| word.trim_matches(['[', ']', ',']) == "$0";
        assert!(!text.split_whitespace().any(x0), "x0 is no slot: {text}");
    }
}
