//! Random programs that come to their end by construction: branches only go forward, but for counted loops; memory is
//! only touched in a window around a base register that nothing writes. What may fault on purpose is `wild`.
//!
//! ```text
//!   base ─► 0 ..512 the program's own record (see oracle.rs)    WINDOW: what it may load and store
//! ```

use crate::assembly::{i, r, word};
use crate::random::Random;
use lodge_isa_riscv::{Extension, Inst, Op, decode_compressed, encode};
use std::collections::BTreeMap;
use std::ops::Range;

/// Offsets from the base register that programs may touch.
pub const WINDOW: Range<i64> = 512..1024;
/// Bytes around the base that belong to one program.
pub const RECORD: u64 = 1088;

const FFLAGS: i64 = 1;
const FRM: i64 = 2;
const FCSR: i64 = 3;

/// What programs may be made of.
pub struct Language {
    ops: Vec<Op>,
    /// 16-bit instructions by what they mean.
    short: BTreeMap<Op, Vec<(u16, Inst)>>,
    /// Programs may fault, touch CSRs, and go where nothing is.
    pub wild: bool,
}

impl Language {
    /// All instructions that `known` knows.
    pub fn new(wild: bool, zcb: bool, known: impl Fn(Op) -> bool) -> Language {
        use Op::*;
        let system = [
            Ecall,
            Ebreak,
            Sret,
            Mret,
            Wfi,
            SfenceVma,
            SinvalVma,
            SfenceWInval,
            SfenceInvalIr,
            WrsNto,
            WrsSto,
            Csrrw,
            Csrrs,
            Csrrc,
            Csrrwi,
            Csrrsi,
            Csrrci,
            Beq,
            Bne,
            Blt,
            Bge,
            Bltu,
            Bgeu,
            Jal,
            Jalr,
        ];
        // Vectors have programs of their own (vectors.rs).
        let fits = |op: &Op| !system.contains(op) && op.extension() != Extension::V && known(*op);
        let ops = Op::ALL.iter().copied().filter(fits).collect();
        let mut short: BTreeMap<Op, Vec<(u16, Inst)>> = BTreeMap::new();
        for half in 0..=u16::MAX {
            let is_zcb = half & 3 == 0 && half >> 13 == 4 || half & 0xfc43 == 0x9c41;
            if let Some(inst) = decode_compressed(half).filter(|_| zcb || !is_zcb) {
                short.entry(inst.op).or_default().push((half, inst));
            }
        }
        Language { ops, short, wild }
    }
}

/// Writes one program.
pub struct Writer<'a> {
    pub random: Random,
    language: &'a Language,
    /// The register that leads to memory.
    pub base: u8,
    /// The register that is added to `base` before each access, if there is one.
    pub stride: Option<u8>,
    /// Registers that must keep their value, a bit each.
    kept: u32,
    favourites: [u8; 5],
}

impl<'a> Writer<'a> {
    pub fn new(seed: u64, language: &'a Language) -> Writer<'a> {
        let mut random = Random::new(seed);
        let base = 1 + random.below(31) as u8;
        let favourites = std::array::from_fn(|_| random.below(32) as u8);
        Writer { random, language, base, stride: None, kept: 1 << base, favourites }
    }

    /// The whole program, without an end.
    pub fn program(&mut self) -> Vec<u8> {
        let pieces = 3 + self.random.below(16);
        (0..pieces).flat_map(|_| self.piece(2)).collect()
    }

    fn any(&mut self) -> u8 {
        if self.random.one_in(2) { self.random.pick(&self.favourites) } else { self.random.below(32) as u8 }
    }

    fn keeps(&self, register: u8) -> bool {
        self.kept >> register & 1 != 0
    }

    /// A register that may be written; x0 now and then.
    fn free(&mut self) -> u8 {
        loop {
            let register = self.any();
            if !self.keeps(register) {
                return register;
            }
        }
    }

    /// Likewise, and not x0.
    fn real(&mut self) -> u8 {
        loop {
            let register = self.free();
            if register != 0 {
                return register;
            }
        }
    }

    fn rm(&mut self) -> u8 {
        if self.random.one_in(2) { 7 } else { self.random.below(5) as u8 }
    }

    /// An offset into the window for `size` bytes, aligned half the time, or always.
    fn offset(&mut self, size: u64, aligned: bool) -> i64 {
        let span = (WINDOW.end - WINDOW.start) as u64;
        let at = self.random.below(span - size + 1);
        // Few places, so that loads meet stores.
        let at = if self.random.one_in(3) { at & 0x18 } else { at };
        let at = if aligned || self.random.one_in(2) { at & !(size - 1) } else { at };
        WINDOW.start + at as i64
    }

    /// Has the program leave a register alone from here on.
    pub fn keep(&mut self, register: u8) {
        self.kept |= 1 << register;
    }

    /// A register that programs may write.
    pub fn unkept(&mut self) -> u8 {
        self.real()
    }

    /// A few instructions, with loops and branches nested at most `depth` deep.
    pub fn piece(&mut self, depth: u32) -> Vec<u8> {
        let wild = self.language.wild;
        match self.random.below(24) {
            0..2 if depth > 0 => self.skip(depth),
            2 if depth > 0 => self.around(depth),
            3 => self.csr(),
            4 if wild && self.random.one_in(4) => self.fault(),
            5..11 => self.short(),
            _ if self.stride.is_some() && self.random.one_in(2) => {
                self.one(|operands| operands.contains("(rs1)"))
            }
            _ => self.plain(),
        }
    }

    /// Something whose operands, as the table writes them, fit.
    pub fn one(&mut self, fits: impl Fn(&str) -> bool) -> Vec<u8> {
        loop {
            let op = self.random.pick(&self.language.ops);
            if fits(op.operands()) {
                return self.instruction(op);
            }
        }
    }

    /// Any instruction of the list, with what it needs before it.
    fn plain(&mut self) -> Vec<u8> {
        let op = self.random.pick(&self.language.ops);
        self.instruction(op)
    }

    fn instruction(&mut self, op: Op) -> Vec<u8> {
        let operands = op.operands();
        let memory = operands.contains("(rs1)");
        if memory {
            return self.memory(op, operands);
        }
        let imm = match operands {
            o if o.contains("upper") => i64::from(self.random.next() as i32 & !0xfff),
            o if o.contains("shamt") && op.mnemonic().ends_with('w') => self.random.below(32) as i64,
            o if o.contains("shamt") => self.random.below(64) as i64,
            o if o.contains("pred") => self.random.below(256) as i64,
            o if o.contains("imm") => (self.random.integer() as i64) << 52 >> 52,
            _ => 0,
        };
        let rm = if operands.contains("rm") { self.rm() } else { 0 };
        let rd = if operands.starts_with('f') { self.any() } else { self.free() };
        let (rs1, rs2, rs3) = (self.any(), self.any(), self.any());
        let mut out =
            encode(&Inst { rd, rs1, rs2, rs3, imm, rm, ..Inst::bare(op, 0) }).to_le_bytes().to_vec();
        if !self.language.wild && op.mnemonic().starts_with("fround") {
            // QEMU 10 drops these with their flags when the result is not read.
            let (rs1, imm) = (self.base, self.offset(8, true));
            out.extend(encode(&Inst { rs1, rs2: rd, imm, ..Inst::bare(Op::Fsd, 0) }).to_le_bytes());
        }
        out
    }

    fn memory(&mut self, op: Op, operands: &str) -> Vec<u8> {
        let name = op.mnemonic();
        let size = match op {
            _ if name.starts_with("cbo") || name.starts_with("prefetch") => 64,
            _ if name.ends_with(".q") => 16,
            _ if name.ends_with(".d") => 8,
            _ if name.ends_with(".w") => 4,
            Op::Lb | Op::Lbu | Op::Sb => 1,
            Op::Lh | Op::Lhu | Op::Sh | Op::Flh | Op::Fsh => 2,
            Op::Lw | Op::Lwu | Op::Sw | Op::Flw | Op::Fsw => 4,
            _ => 8,
        };
        let displaced = operands.contains("imm") && size != 64;
        // Misaligned ones of the kinds that must not be are faults.
        let aligned = !(displaced || self.language.wild && self.random.one_in(12));
        let mut offset = self.offset(size, aligned);
        if !self.language.wild && matches!(op, Op::LrW | Op::ScW) {
            // QEMU has sc.w after lr.d of the same address store and report failure: keep them apart.
            offset = offset & !7 | 4;
        }
        let mut rd = if operands.starts_with('f') { self.any() } else { self.free() };
        let mut rs2 = self.any();
        if op == Op::AmocasQ {
            (rd, rs2) = (rd & !1, rs2 & !1);
            // The pair's other half is written too.
            if self.keeps(rd) || self.keeps(rd + 1) {
                rd = 0;
            }
        }
        // QEMU 10 loses its zero register when it is compared and swapped into.
        while !self.language.wild && rd == 0 && matches!(op, Op::AmocasW | Op::AmocasD | Op::AmocasQ) {
            rd = self.real() & !1;
            rd = if self.keeps(rd) || self.keeps(rd + 1) { 0 } else { rd };
        }
        let (aq, rl) = (self.random.one_in(2), self.random.one_in(2));
        let whole = |rs1, imm| Inst { rd, rs1, rs2, imm, aq, rl, ..Inst::bare(op, 0) };
        let mut out = self.advance(op);
        if displaced && self.random.one_in(2) {
            out.extend(encode(&whole(self.base, offset)).to_le_bytes());
            return out;
        }
        let (temporary, imm) =
            (self.real(), if displaced { self.random.below(1024) as i64 - 512 } else { 0 });
        out.extend(i(Op::Addi, temporary, self.base, offset - imm).to_le_bytes());
        let imm = if size == 64 && displaced { 0 } else { imm };
        out.extend(encode(&whole(temporary, imm)).to_le_bytes());
        out
    }

    /// Moves the base on. A store-conditional stays where the load was.
    fn advance(&self, op: Op) -> Vec<u8> {
        let stride = self.stride.filter(|_| !matches!(op, Op::ScW | Op::ScD));
        stride.map_or(Vec::new(), |stride| r(Op::Add, self.base, self.base, stride).to_le_bytes().to_vec())
    }

    /// A 16-bit instruction that does not jump.
    fn short(&mut self) -> Vec<u8> {
        let ops: Vec<Op> = self.language.short.keys().copied().collect();
        loop {
            let op = self.random.pick(&ops);
            let (half, inst) = self.random.pick(&self.language.short[&op]);
            if matches!(op, Op::Jal | Op::Jalr | Op::Beq | Op::Bne | Op::Ebreak) {
                continue;
            }
            let operands = op.operands();
            let writes_x = operands.starts_with("rd");
            if writes_x && self.keeps(inst.rd) {
                continue;
            }
            if !operands.contains("(rs1)") {
                return half.to_le_bytes().to_vec();
            }
            if inst.rs1 == 0 || self.keeps(inst.rs1) {
                continue;
            }
            let offset = self.offset(8, false);
            let mut out = self.advance(op);
            out.extend(i(Op::Addi, inst.rs1, self.base, offset - inst.imm).to_le_bytes());
            out.extend(half.to_le_bytes());
            return out;
        }
    }

    /// The 16-bit form of `inst`, if there is one.
    fn shorten(&self, inst: &Inst) -> Option<u16> {
        let same = |short: &Inst| {
            (short.rd, short.rs1, short.rs2, short.imm) == (inst.rd, inst.rs1, inst.rs2, inst.imm)
        };
        self.language.short.get(&inst.op)?.iter().find(|(_, short)| same(short)).map(|(half, _)| *half)
    }

    /// A branch or jump, and what it may skip.
    fn skip(&mut self, depth: u32) -> Vec<u8> {
        use Op::{Beq, Bge, Bgeu, Blt, Bltu, Bne};
        let kind = self.random.below(6);
        let (link, target) = (self.free(), self.real());
        let body: Vec<u8> = (0..1 + self.random.below(3)).flat_map(|_| self.piece(depth - 1)).collect();
        let len = body.len() as i64;
        let (rs1, rs2) = (self.any(), self.any());
        let branch = self.random.pick(&[Beq, Bne, Blt, Bge, Bltu, Bgeu]);
        let long = match kind {
            0 => Inst { rd: link, imm: 4 + len, ..Inst::bare(Op::Jal, 0) },
            1 => Inst { rd: link, rs1: target, imm: 8 + len, ..Inst::bare(Op::Jalr, 0) },
            _ => Inst { rs1, rs2, imm: 4 + len, ..Inst::bare(branch, 0) },
        };
        let mut out = Vec::new();
        if kind == 1 {
            out.extend(word(&Inst { rd: target, ..Inst::bare(Op::Auipc, 0) }).to_le_bytes());
        }
        let zero = if self.random.one_in(2) { 0 } else { rs2 };
        let short = match kind {
            0 => Inst { rd: 0, imm: 2 + len, ..long },
            1 => long,
            _ => Inst { rs1: 8 + rs1 % 8, rs2: zero, imm: 2 + len, ..long },
        };
        match self.shorten(&short) {
            Some(half) if kind != 1 => out.extend(half.to_le_bytes()),
            _ => out.extend(word(&long).to_le_bytes()),
        }
        out.extend(body);
        out
    }

    /// A counted loop.
    fn around(&mut self, depth: u32) -> Vec<u8> {
        let counter = self.real();
        self.kept |= 1 << counter;
        let body: Vec<u8> = (0..1 + self.random.below(3)).flat_map(|_| self.piece(depth - 1)).collect();
        self.kept &= !(1 << counter);
        let mut out = i(Op::Addi, counter, 0, 1 + self.random.below(4) as i64).to_le_bytes().to_vec();
        let len = body.len() as i64;
        out.extend(body);
        out.extend(i(Op::Addi, counter, counter, -1).to_le_bytes());
        let back = Inst { rs1: counter, imm: -(len + 4), ..Inst::bare(Op::Bne, 0) };
        match self.shorten(&back) {
            Some(half) => out.extend(half.to_le_bytes()),
            None => out.extend(word(&back).to_le_bytes()),
        }
        out
    }

    /// The floating-point CSRs; when wild, some others.
    fn csr(&mut self) -> Vec<u8> {
        let (rd, rs1) = (self.free(), self.any());
        let number = self.random.pick(&[FFLAGS, FRM, FCSR]);
        let inst = match self.random.below(6) {
            0 => i(Op::Csrrwi, rd, self.random.below(5) as u8, FRM),
            1 => i(Op::Csrrw, rd, rs1, FFLAGS),
            2 => i(Op::Csrrc, rd, rs1, FFLAGS),
            3 => i(self.random.pick(&[Op::Csrrsi, Op::Csrrci]), rd, self.random.below(32) as u8, FFLAGS),
            4 if self.language.wild => {
                // frm may become a reserved mode, and the next instruction illegal.
                let number = self.random.pick(&[FRM, FCSR, 0x140, 0x141, 0x142, 0x143, 0x340, 0x341, 0x342]);
                i(self.random.pick(&[Op::Csrrw, Op::Csrrs, Op::Csrrc]), rd, rs1, number)
            }
            5 if self.language.wild => {
                let number =
                    self.random.pick(&[0xc00, 0xc01, 0xc02, 0x300, 0x301, 0xf14, 0x344, 0x100, 0x7b0]);
                i(Op::Csrrs, rd, 0, number)
            }
            _ => i(Op::Csrrs, rd, 0, number),
        };
        inst.to_le_bytes().to_vec()
    }

    /// What raises an exception: the program ends here.
    fn fault(&mut self) -> Vec<u8> {
        use Op::*;
        let (rd, temporary, rs2) = (self.free(), self.real(), self.any());
        let imm = (self.random.next() as i64) << 52 >> 52;
        // Far below or above where RAM is.
        let upper = i64::from(self.random.next() as i32 & 0x7000_f000);
        let mut out = word(&Inst { rd: temporary, imm: upper, ..Inst::bare(Lui, 0) }).to_le_bytes().to_vec();
        let last = match self.random.below(6) {
            0 => bare_or_garbage(self.random.below(4)),
            1 => encode(&Inst { rd, rs1: temporary, imm, ..Inst::bare(Jalr, 0) }),
            2 => {
                r(self.random.pick(&[AmoaddW, AmoswapD, AmomaxuW, ScW, AmoandD, AmocasD]), rd, temporary, rs2)
            }
            3 => i(
                self.random.pick(&[Flw, Fld, Flh, Ld, Lb, Lhu]),
                self.random.below(32) as u8,
                temporary,
                imm,
            ),
            _ => {
                let op = self.random.pick(&[Sb, Sh, Sw, Sd, Fsw, Fsd]);
                encode(&Inst { rs1: temporary, rs2, imm, ..Inst::bare(op, 0) })
            }
        };
        let clobbers = matches!(lodge_isa_riscv::decode(last), Some(inst) if inst.op.operands().starts_with("rd")
            && self.keeps(inst.rd));
        if !clobbers {
            out.extend(last.to_le_bytes());
        }
        out
    }
}

fn bare_or_garbage(kind: u64) -> u32 {
    match kind {
        0 => encode(&Inst::bare(Op::Ecall, 0)),
        1 => encode(&Inst::bare(Op::Ebreak, 0)),
        2 => 0xffff_ffff,
        _ => 0,
    }
}
