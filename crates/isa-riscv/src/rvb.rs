//! Zba, Zbb, Zbc, Zbs: bit manipulation.
//!
//! Source: unprivileged manual, "B" extension for bit manipulation.

use lodge_jit::ir::{BinOp, BinOp::*, Op, UnOp, UnOp::*, Val, Width::*};

use crate::inst::Inst;
use crate::lifter::Lifter;

// Zba: addresses. The shifted operand is rs1, and in the .uw forms its low 32 bits.

/// `zext.w` when rs2 = x0.
pub fn add_uw(l: &mut Lifter, i: &Inst) {
    if i.rs2 == 0 {
        return l.unary(i, Zext32, W64);
    }
    let low = l.un_tmp(Zext32, l.x(i.rs1));
    l.bin(i, Add, W64, l.x(i.rs2), low);
}

pub fn sh1add   (l: &mut Lifter, i: &Inst) { shifted(l, i, l.x(i.rs1), 1) }
pub fn sh1add_uw(l: &mut Lifter, i: &Inst) { shifted_uw(l, i, 1) }
pub fn sh2add   (l: &mut Lifter, i: &Inst) { shifted(l, i, l.x(i.rs1), 2) }
pub fn sh2add_uw(l: &mut Lifter, i: &Inst) { shifted_uw(l, i, 2) }
pub fn sh3add   (l: &mut Lifter, i: &Inst) { shifted(l, i, l.x(i.rs1), 3) }
pub fn sh3add_uw(l: &mut Lifter, i: &Inst) { shifted_uw(l, i, 3) }

pub fn slli_uw(l: &mut Lifter, i: &Inst) {
    let low = l.un_tmp(Zext32, l.x(i.rs1));
    l.bin(i, Shl, W64, low, Val::Imm(i.imm));
}

// Zbb: the everyday ones.

pub fn andn(l: &mut Lifter, i: &Inst) { l.binary(i, AndNot, W64) }

pub fn orn(l: &mut Lifter, i: &Inst) {
    let inverse = l.un_tmp(Not, l.x(i.rs2));
    l.bin(i, Or, W64, l.x(i.rs1), inverse);
}

pub fn xnor(l: &mut Lifter, i: &Inst) {
    let xor = l.bin_tmp(Xor, l.x(i.rs1), l.x(i.rs2));
    l.bin(i, Xor, W64, xor, Val::Imm(-1));
}

pub fn clz   (l: &mut Lifter, i: &Inst) { l.unary(i, Clz, W64) }
pub fn ctz   (l: &mut Lifter, i: &Inst) { l.unary(i, Ctz, W64) }
pub fn cpop  (l: &mut Lifter, i: &Inst) { l.unary(i, Popcnt, W64) }
pub fn clzw  (l: &mut Lifter, i: &Inst) { l.unary(i, Clz, S32) }
pub fn ctzw  (l: &mut Lifter, i: &Inst) { l.unary(i, Ctz, S32) }
pub fn cpopw (l: &mut Lifter, i: &Inst) { l.unary(i, Popcnt, S32) }
pub fn max   (l: &mut Lifter, i: &Inst) { l.binary(i, MaxS, W64) }
pub fn maxu  (l: &mut Lifter, i: &Inst) { l.binary(i, MaxU, W64) }
pub fn min   (l: &mut Lifter, i: &Inst) { l.binary(i, MinS, W64) }
pub fn minu  (l: &mut Lifter, i: &Inst) { l.binary(i, MinU, W64) }
pub fn sext_b(l: &mut Lifter, i: &Inst) { l.unary(i, Sext8, W64) }
pub fn sext_h(l: &mut Lifter, i: &Inst) { l.unary(i, Sext16, W64) }
pub fn zext_h(l: &mut Lifter, i: &Inst) { l.unary(i, Zext16, W64) }
pub fn rol   (l: &mut Lifter, i: &Inst) { l.binary(i, Rotl, W64) }
pub fn rolw  (l: &mut Lifter, i: &Inst) { l.binary(i, Rotl, S32) }
pub fn ror   (l: &mut Lifter, i: &Inst) { l.binary(i, Rotr, W64) }
pub fn rorw  (l: &mut Lifter, i: &Inst) { l.binary(i, Rotr, S32) }
pub fn rori  (l: &mut Lifter, i: &Inst) { l.immediate(i, Rotr, W64) }
pub fn roriw (l: &mut Lifter, i: &Inst) { l.immediate(i, Rotr, S32) }
pub fn orc_b (l: &mut Lifter, i: &Inst) { l.unary(i, OrCombine, W64) }
pub fn rev8  (l: &mut Lifter, i: &Inst) { l.unary(i, UnOp::ByteSwap, W64) }

// Zbc: carry-less products.

pub fn clmul (l: &mut Lifter, i: &Inst) { l.binary(i, Clmul, W64) }
pub fn clmulh(l: &mut Lifter, i: &Inst) { l.binary(i, ClmulHigh, W64) }
pub fn clmulr(l: &mut Lifter, i: &Inst) { l.binary(i, ClmulRev, W64) }

// Zbs: single bits, by the low six bits of rs2 or by shamt.

pub fn bclr (l: &mut Lifter, i: &Inst) { with_bit(l, i, AndNot) }
pub fn bclri(l: &mut Lifter, i: &Inst) { l.bin(i, And, W64, l.x(i.rs1), Val::Imm(!(1 << i.imm))) }
pub fn binv (l: &mut Lifter, i: &Inst) { with_bit(l, i, Xor) }
pub fn binvi(l: &mut Lifter, i: &Inst) { l.bin(i, Xor, W64, l.x(i.rs1), Val::Imm(1 << i.imm)) }
pub fn bset (l: &mut Lifter, i: &Inst) { with_bit(l, i, Or) }
pub fn bseti(l: &mut Lifter, i: &Inst) { l.bin(i, Or, W64, l.x(i.rs1), Val::Imm(1 << i.imm)) }
pub fn bext (l: &mut Lifter, i: &Inst) { extract(l, i, l.x(i.rs2)) }
pub fn bexti(l: &mut Lifter, i: &Inst) { extract(l, i, Val::Imm(i.imm)) }

/// rd = rs2 + (b << shift)
fn shifted(l: &mut Lifter, i: &Inst, b: Val, shift: u8) {
    if let Some(dst) = l.pure(i.rd) {
        l.block.push(Op::AddShifted { dst, a: l.x(i.rs2), b, shift });
    }
}

fn shifted_uw(l: &mut Lifter, i: &Inst, shift: u8) {
    let low = l.un_tmp(Zext32, l.x(i.rs1));
    shifted(l, i, low, shift);
}

/// rd = rs1 op (1 << rs2)
fn with_bit(l: &mut Lifter, i: &Inst, op: BinOp) {
    let bit = l.bin_tmp(Shl, Val::Imm(1), l.x(i.rs2));
    l.bin(i, op, W64, l.x(i.rs1), bit);
}

fn extract(l: &mut Lifter, i: &Inst, at: Val) {
    let moved = l.bin_tmp(Shr, l.x(i.rs1), at);
    l.bin(i, And, W64, moved, Val::Imm(1));
}
