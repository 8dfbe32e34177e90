//! Compressed instructions: every 16-bit encoding becomes the `Inst` of the 32-bit instruction it stands for, so that
//! nobody else knows there are two sizes (but for `len`, which moves pc).
//!
//! ```text
//! half --bits 1:0--> quadrant 0, 1, 2 --bits 15:13--> one arm per row of the manual's tables --> Inst { len: 2, .. }
//!                    quadrant 3: first half of a 32-bit instruction
//! ```
//!
//! HINTs need no care: they expand to instructions that write x0. Reserved encodings are illegal. Covers RV64C with
//! the D loads and stores, and Zcb. It must not know what instructions do.
//!
//! Source: unprivileged manual, "C" extension, tables of instruction listings for RVC quadrants 0, 1, 2; "Zc*", Zcb.

use crate::decode::Op;
use crate::inst::Inst;

/// Bytes of the instruction whose first 16 bits are `half`: 2 or 4. Longer formats are not used by any ratified
/// extension; they count as 4 and decode refuses them.
#[inline(always)]
pub const fn length(half: u16) -> u8 {
    if half & 3 == 3 { 4 } else { 2 }
}

/// Decodes a 16-bit instruction; `None` is an illegal instruction, as is anything whose length is not 2.
pub fn decode_compressed(half: u16) -> Option<Inst> {
    let c = Half(u32::from(half));
    match half & 3 {
        0 => quadrant_0(c),
        1 => quadrant_1(c),
        2 => quadrant_2(c),
        _ => None,
    }
}

const ZERO: u8 = 0;
const RA: u8 = 1;
const SP: u8 = 2;

/// The 16 bits, and the places where fields lie in them.
#[derive(Clone, Copy)]
struct Half(u32);

impl Half {
    /// Bits `high..=low`, moved to bit 0.
    #[inline(always)]
    fn bits(self, high: u32, low: u32) -> u32 {
        (self.0 >> low) & ((1 << (high - low + 1)) - 1)
    }

    /// Bits `high..=low`, moved to bit `to`: one piece of a scattered immediate.
    #[inline(always)]
    fn put(self, high: u32, low: u32, to: u32) -> i64 {
        i64::from(self.bits(high, low) << to)
    }

    /// Like `put`, for the piece with the sign: bit 12 is the immediate's bit `to` and all above.
    #[inline(always)]
    fn sign(self, to: u32) -> i64 {
        -(self.put(12, 12, 0) << to)
    }

    /// rd and rs1 of the full-width formats.
    #[inline(always)]
    fn rd(self) -> u8 {
        self.bits(11, 7) as u8
    }

    /// rs2 of the full-width formats.
    #[inline(always)]
    fn rs2(self) -> u8 {
        self.bits(6, 2) as u8
    }

    /// rs1' (rd' in quadrant 1): x8 to x15.
    #[inline(always)]
    fn rs1_short(self) -> u8 {
        8 + self.bits(9, 7) as u8
    }

    /// rs2' (rd' in quadrant 0): x8 to x15.
    #[inline(always)]
    fn rs2_short(self) -> u8 {
        8 + self.bits(4, 2) as u8
    }

    /// imm[5] in bit 12, imm[4:0] in bits 6:2.
    #[inline(always)]
    fn imm(self) -> i64 {
        self.sign(5) | self.put(6, 2, 0)
    }

    #[inline(always)]
    fn shamt(self) -> i64 {
        self.put(12, 12, 5) | self.put(6, 2, 0)
    }

    /// uimm[5:3] in bits 12:10, uimm[7:6] in bits 6:5.
    #[inline(always)]
    fn double_offset(self) -> i64 {
        self.put(12, 10, 3) | self.put(6, 5, 6)
    }

    /// uimm[5:3] in bits 12:10, uimm[2|6] in bits 6:5.
    #[inline(always)]
    fn word_offset(self) -> i64 {
        self.put(12, 10, 3) | self.put(6, 6, 2) | self.put(5, 5, 6)
    }

    // The five shapes an expansion can have.

    #[inline(always)]
    fn none(self, op: Op) -> Inst {
        Inst { len: 2, ..Inst::bare(op, self.0) }
    }

    #[inline(always)]
    fn r(self, op: Op, rd: u8, rs1: u8, rs2: u8) -> Option<Inst> {
        Some(Inst { rd, rs1, rs2, ..self.none(op) })
    }

    /// Immediates, loads and shifts.
    #[inline(always)]
    fn i(self, op: Op, rd: u8, rs1: u8, imm: i64) -> Option<Inst> {
        Some(Inst { rd, rs1, imm, ..self.none(op) })
    }

    /// Stores and branches.
    #[inline(always)]
    fn s(self, op: Op, rs1: u8, rs2: u8, imm: i64) -> Option<Inst> {
        Some(Inst { rs1, rs2, imm, ..self.none(op) })
    }

    /// rd' = rd' op rs2'.
    #[inline(always)]
    fn both(self, op: Op) -> Option<Inst> {
        self.r(op, self.rs1_short(), self.rs1_short(), self.rs2_short())
    }
}

fn quadrant_0(c: Half) -> Option<Inst> {
    let (base, reg) = (c.rs1_short(), c.rs2_short());
    match c.bits(15, 13) {
        0b000 => match c.put(12, 11, 4) | c.put(10, 7, 6) | c.put(6, 6, 2) | c.put(5, 5, 3) {
            0 => None, // reserved; with rd' zero too it is the word defined to be illegal
            imm => c.i(Op::Addi, reg, SP, imm), // c.addi4spn
        },
        0b001 => c.i(Op::Fld, reg, base, c.double_offset()), // c.fld
        0b010 => c.i(Op::Lw, reg, base, c.word_offset()),    // c.lw
        0b011 => c.i(Op::Ld, reg, base, c.double_offset()),  // c.ld
        0b100 => zcb_memory(c),
        0b101 => c.s(Op::Fsd, base, reg, c.double_offset()), // c.fsd
        0b110 => c.s(Op::Sw, base, reg, c.word_offset()),    // c.sw
        _ => c.s(Op::Sd, base, reg, c.double_offset()),      // c.sd
    }
}

/// Zcb's byte and halfword loads and stores.
fn zcb_memory(c: Half) -> Option<Inst> {
    let (base, reg) = (c.rs1_short(), c.rs2_short());
    let byte = c.put(6, 6, 0) | c.put(5, 5, 1);
    let half = c.put(5, 5, 1);
    match (c.bits(12, 10), c.bits(6, 6)) {
        (0b000, _) => c.i(Op::Lbu, reg, base, byte), // c.lbu
        (0b001, 0) => c.i(Op::Lhu, reg, base, half), // c.lhu
        (0b001, _) => c.i(Op::Lh, reg, base, half),  // c.lh
        (0b010, _) => c.s(Op::Sb, base, reg, byte),  // c.sb
        (0b011, 0) => c.s(Op::Sh, base, reg, half),  // c.sh
        _ => None,
    }
}

fn quadrant_1(c: Half) -> Option<Inst> {
    let rd = c.rd();
    match c.bits(15, 13) {
        0b000 => c.i(Op::Addi, rd, rd, c.imm()), // c.nop, c.addi
        0b001 if rd == 0 => None,
        0b001 => c.i(Op::Addiw, rd, rd, c.imm()),  // c.addiw
        0b010 => c.i(Op::Addi, rd, ZERO, c.imm()), // c.li
        0b011 => stack_or_upper(c),
        0b100 => arithmetic(c),
        0b101 => {
            let near = c.put(11, 11, 4) | c.put(7, 7, 6) | c.put(6, 6, 7) | c.put(5, 3, 1) | c.put(2, 2, 5);
            let far = c.sign(11) | c.put(10, 9, 8) | c.put(8, 8, 10);
            c.i(Op::Jal, ZERO, 0, near | far) // c.j
        }
        branch => {
            let distance = c.sign(8) | c.put(11, 10, 3) | c.put(6, 5, 6) | c.put(4, 3, 1) | c.put(2, 2, 5);
            let op = if branch == 0b110 { Op::Beq } else { Op::Bne }; // c.beqz, c.bnez
            c.s(op, c.rs1_short(), ZERO, distance)
        }
    }
}

/// c.addi16sp and c.lui; a zero immediate is reserved in both.
fn stack_or_upper(c: Half) -> Option<Inst> {
    match c.rd() {
        _ if c.imm() == 0 => None,
        SP => {
            let low = c.put(6, 6, 4) | c.put(5, 5, 6) | c.put(4, 3, 7) | c.put(2, 2, 5);
            c.i(Op::Addi, SP, SP, c.sign(9) | low) // c.addi16sp
        }
        rd => c.i(Op::Lui, rd, 0, c.imm() << 12), // c.lui
    }
}

/// Shifts right, c.andi and the register-register operations on rd' (quadrant 1, funct3 100).
fn arithmetic(c: Half) -> Option<Inst> {
    let rd = c.rs1_short();
    match (c.bits(11, 10), c.bits(12, 12), c.bits(6, 5)) {
        (0b00, _, _) => c.i(Op::Srli, rd, rd, c.shamt()), // c.srli
        (0b01, _, _) => c.i(Op::Srai, rd, rd, c.shamt()), // c.srai
        (0b10, _, _) => c.i(Op::Andi, rd, rd, c.imm()),   // c.andi
        (_, 0, 0b00) => c.both(Op::Sub),                  // c.sub
        (_, 0, 0b01) => c.both(Op::Xor),                  // c.xor
        (_, 0, 0b10) => c.both(Op::Or),                   // c.or
        (_, 0, _) => c.both(Op::And),                     // c.and
        (_, _, 0b00) => c.both(Op::Subw),                 // c.subw
        (_, _, 0b01) => c.both(Op::Addw),                 // c.addw
        (_, _, 0b10) => c.both(Op::Mul),                  // c.mul (Zcb)
        _ => match c.bits(4, 2) {
            0b000 => c.i(Op::Andi, rd, rd, 0xff),  // c.zext.b (Zcb, as all below)
            0b001 => c.r(Op::SextB, rd, rd, 0),    // c.sext.b
            0b010 => c.r(Op::ZextH, rd, rd, 0),    // c.zext.h
            0b011 => c.r(Op::SextH, rd, rd, 0),    // c.sext.h
            0b100 => c.r(Op::AddUw, rd, rd, ZERO), // c.zext.w
            0b101 => c.i(Op::Xori, rd, rd, -1),    // c.not
            _ => None,
        },
    }
}

fn quadrant_2(c: Half) -> Option<Inst> {
    let (rd, rs2) = (c.rd(), c.rs2());
    let load_double = c.put(12, 12, 5) | c.put(6, 5, 3) | c.put(4, 2, 6);
    let store_double = c.put(12, 10, 3) | c.put(9, 7, 6);
    match c.bits(15, 13) {
        0b000 => c.i(Op::Slli, rd, rd, c.shamt()),  // c.slli
        0b001 => c.i(Op::Fld, rd, SP, load_double), // c.fldsp
        0b010 | 0b011 if rd == 0 => None,
        0b010 => c.i(Op::Lw, rd, SP, c.put(12, 12, 5) | c.put(6, 4, 2) | c.put(3, 2, 6)), // c.lwsp
        0b011 => c.i(Op::Ld, rd, SP, load_double),                                        // c.ldsp
        0b100 => match (c.bits(12, 12), rd, rs2) {
            (0, 0, 0) => None,
            (0, rs1, 0) => c.i(Op::Jalr, ZERO, rs1, 0), // c.jr
            (0, _, _) => c.r(Op::Add, rd, ZERO, rs2),   // c.mv
            (_, 0, 0) => Some(c.none(Op::Ebreak)),      // c.ebreak
            (_, rs1, 0) => c.i(Op::Jalr, RA, rs1, 0),   // c.jalr
            (_, _, _) => c.r(Op::Add, rd, rd, rs2),     // c.add
        },
        0b101 => c.s(Op::Fsd, SP, rs2, store_double), // c.fsdsp
        0b110 => c.s(Op::Sw, SP, rs2, c.put(12, 9, 2) | c.put(8, 7, 6)), // c.swsp
        _ => c.s(Op::Sd, SP, rs2, store_double),      // c.sdsp
    }
}
