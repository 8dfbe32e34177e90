//! Instructions as bytes, for programs by hand; and bytes as text, for failures.

use lodge_isa_riscv::{Inst, Op, decode, decode_compressed, encode, length};
use std::fmt::Write;

pub fn word(inst: &Inst) -> u32 {
    let word = encode(inst);
    let again = decode(word);
    assert!(again.is_some_and(|again| again.op == inst.op && again.imm == inst.imm), "{inst:?} is {again:?}");
    word
}

/// rd, rs1, rs2
pub fn r(op: Op, rd: u8, rs1: u8, rs2: u8) -> u32 {
    word(&Inst { rd, rs1, rs2, ..Inst::bare(op, 0) })
}

/// rd, rs1, imm; also for loads and csr instructions
pub fn i(op: Op, rd: u8, rs1: u8, imm: i64) -> u32 {
    word(&Inst { rd, rs1, imm, ..Inst::bare(op, 0) })
}

/// rs1, rs2, imm: stores and branches
pub fn s(op: Op, rs1: u8, rs2: u8, imm: i64) -> u32 {
    word(&Inst { rs1, rs2, imm, ..Inst::bare(op, 0) })
}

/// No operands.
pub fn bare(op: Op) -> u32 {
    word(&Inst::bare(op, 0))
}

/// `fence pred,succ`, sets as letters of "iorw" count from bit 3 down.
pub fn fence(pred: i64, succ: i64) -> u32 {
    word(&Inst { imm: pred << 4 | succ, ..Inst::bare(Op::Fence, 0) })
}

/// rd = value, whose sign is bit 31.
pub fn li(rd: u8, value: i64) -> [u32; 2] {
    let low = value << 52 >> 52;
    let high = (value - low) as i32 as i64;
    [word(&Inst { rd, imm: high, ..Inst::bare(Op::Lui, 0) }), i(Op::Addiw, rd, rd, low)]
}

pub fn bytes(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// Listing of the instructions in `code`, which is at `pc`.
pub fn listing(pc: u64, code: &[u8]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at + 2 <= code.len() {
        let half = u16::from_le_bytes([code[at], code[at + 1]]);
        let (inst, len) = if length(half) == 2 || at + 4 > code.len() {
            (decode_compressed(half), 2)
        } else {
            (decode(u32::from(half) | u32::from(code[at + 2]) << 16 | u32::from(code[at + 3]) << 24), 4)
        };
        let raw: String = code[at..at + len].iter().rev().map(|b| format!("{b:02x}")).collect();
        let text = inst.map_or("illegal".to_string(), |inst| inst.to_string());
        writeln!(out, "  {:8x}: {raw:8}  {text}", pc + at as u64).expect("strings take all");
        at += len;
    }
    out
}

/// A program being written, with labels.
pub struct Assembly {
    pc: u64,
    words: Vec<u32>,
    labels: Vec<(&'static str, usize)>,
    uses: Vec<(usize, Inst, &'static str)>,
}

impl Assembly {
    pub fn at(pc: u64) -> Assembly {
        Assembly { pc, words: vec![], labels: vec![], uses: vec![] }
    }

    pub fn put(mut self, words: &[u32]) -> Assembly {
        self.words.extend(words);
        self
    }

    pub fn label(mut self, name: &'static str) -> Assembly {
        self.labels.push((name, self.words.len()));
        self
    }

    pub fn branch(mut self, op: Op, rs1: u8, rs2: u8, to: &'static str) -> Assembly {
        self.uses.push((self.words.len(), Inst { rs1, rs2, ..Inst::bare(op, 0) }, to));
        self.put(&[0])
    }

    pub fn jump(mut self, rd: u8, to: &'static str) -> Assembly {
        self.uses.push((self.words.len(), Inst { rd, ..Inst::bare(Op::Jal, 0) }, to));
        self.put(&[0])
    }

    fn place(&self, name: &str) -> usize {
        self.labels.iter().find(|(n, _)| *n == name).expect("the label exists").1
    }

    /// Address of a label.
    pub fn address(&self, name: &str) -> u64 {
        self.pc + 4 * self.place(name) as u64
    }

    pub fn finish(mut self) -> Vec<u32> {
        for (at, inst, to) in std::mem::take(&mut self.uses) {
            let imm = 4 * (self.place(to) as i64 - at as i64);
            self.words[at] = word(&Inst { imm, ..inst });
        }
        self.words
    }
}
