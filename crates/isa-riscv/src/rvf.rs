//! F, D, Zfhmin, Zfa: floating point. S is binary32, D binary64, H binary16.
//!
//! Every function first asks the lifter whether it may go on: `fp_on` when it changes no floating-point state, `fp` when
//! it writes an f register or may raise a flag, `fp_rounding` when it also has a rounding mode. Comparisons and
//! conversions to integers are done even for x0, for their flags.
//!
//! Source: unprivileged manual, "F", "D", "Zfh and Zfhmin", "Zfa" extensions.

use lodge_jit::ir::{BinOp, Extend, Fmt, Fmt::*, FpCond, FpOp, FpSign, Int, Int::*, Op, Size, Size::*, UnOp, Val, Width};

use crate::inst::Inst;
use crate::lifter::{Lifter, boxing};

// Loads, stores, moves: bits as they are.

pub fn flh(l: &mut Lifter, i: &Inst) { load(l, i, B2, Extend::Ones) }
pub fn flw(l: &mut Lifter, i: &Inst) { load(l, i, B4, Extend::Ones) }
pub fn fld(l: &mut Lifter, i: &Inst) { load(l, i, B8, Extend::Zero) }
pub fn fsh(l: &mut Lifter, i: &Inst) { store(l, i, B2) }
pub fn fsw(l: &mut Lifter, i: &Inst) { store(l, i, B4) }
pub fn fsd(l: &mut Lifter, i: &Inst) { store(l, i, B8) }

pub fn fmv_x_h(l: &mut Lifter, i: &Inst) { to_x(l, i, UnOp::Sext16) }
pub fn fmv_x_w(l: &mut Lifter, i: &Inst) { to_x(l, i, UnOp::Sext32) }
pub fn fmv_x_d(l: &mut Lifter, i: &Inst) { if l.fp_on(i) { l.put(i, l.f(i.rs1)) } }
pub fn fmv_h_x(l: &mut Lifter, i: &Inst) { from_x(l, i, H) }
pub fn fmv_w_x(l: &mut Lifter, i: &Inst) { from_x(l, i, S) }
pub fn fmv_d_x(l: &mut Lifter, i: &Inst) { if l.fp(i) { l.block.mov(l.fd(i.rd), l.x(i.rs1)) } }
pub fn fli_s  (l: &mut Lifter, i: &Inst) { constant(l, i, boxing(S) | i64::from(FLI_S[usize::from(i.rs1)])) }
pub fn fli_d  (l: &mut Lifter, i: &Inst) { constant(l, i, fli_double(FLI_S[usize::from(i.rs1)])) }

// Fused: which of product and addend is negated follows from the name, whose n negates both.

pub fn fmadd_s (l: &mut Lifter, i: &Inst) { fma(l, i, S, false, false) }
pub fn fmsub_s (l: &mut Lifter, i: &Inst) { fma(l, i, S, false, true) }
pub fn fnmsub_s(l: &mut Lifter, i: &Inst) { fma(l, i, S, true, false) }
pub fn fnmadd_s(l: &mut Lifter, i: &Inst) { fma(l, i, S, true, true) }
pub fn fmadd_d (l: &mut Lifter, i: &Inst) { fma(l, i, D, false, false) }
pub fn fmsub_d (l: &mut Lifter, i: &Inst) { fma(l, i, D, false, true) }
pub fn fnmsub_d(l: &mut Lifter, i: &Inst) { fma(l, i, D, true, false) }
pub fn fnmadd_d(l: &mut Lifter, i: &Inst) { fma(l, i, D, true, true) }

// Arithmetic.

pub fn fadd_s (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Add, S) }
pub fn fsub_s (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Sub, S) }
pub fn fmul_s (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Mul, S) }
pub fn fdiv_s (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Div, S) }
pub fn fsqrt_s(l: &mut Lifter, i: &Inst) { sqrt(l, i, S) }
pub fn fadd_d (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Add, D) }
pub fn fsub_d (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Sub, D) }
pub fn fmul_d (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Mul, D) }
pub fn fdiv_d (l: &mut Lifter, i: &Inst) { arithmetic(l, i, FpOp::Div, D) }
pub fn fsqrt_d(l: &mut Lifter, i: &Inst) { sqrt(l, i, D) }

// Minimum and maximum: fmin passes over NaNs, fminm (Zfa) does not.

pub fn fmin_s (l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::MinNum, S) }
pub fn fmax_s (l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::MaxNum, S) }
pub fn fmin_d (l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::MinNum, D) }
pub fn fmax_d (l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::MaxNum, D) }
pub fn fminm_s(l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::Min, S) }
pub fn fmaxm_s(l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::Max, S) }
pub fn fminm_d(l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::Min, D) }
pub fn fmaxm_d(l: &mut Lifter, i: &Inst) { extremum(l, i, FpOp::Max, D) }

// Signs.

pub fn fsgnj_s (l: &mut Lifter, i: &Inst) { sign(l, i, FpSign::Copy, S) }
pub fn fsgnjn_s(l: &mut Lifter, i: &Inst) { sign(l, i, FpSign::Negate, S) }
pub fn fsgnjx_s(l: &mut Lifter, i: &Inst) { sign(l, i, FpSign::Xor, S) }
pub fn fsgnjn_d(l: &mut Lifter, i: &Inst) { sign(l, i, FpSign::Negate, D) }
pub fn fsgnjx_d(l: &mut Lifter, i: &Inst) { sign(l, i, FpSign::Xor, D) }

/// `fmv.d` when both sources are one. (`fmv.s` is no plain move: it makes a NaN of what is not boxed.)
pub fn fsgnj_d(l: &mut Lifter, i: &Inst) {
    if i.rs1 != i.rs2 {
        return sign(l, i, FpSign::Copy, D);
    }
    if l.fp(i) {
        l.block.mov(l.fd(i.rd), l.f(i.rs1));
    }
}

// Comparisons: feq and Zfa's with q are quiet.

pub fn feq_s (l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Eq, true, S) }
pub fn flt_s (l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Lt, false, S) }
pub fn fle_s (l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Le, false, S) }
pub fn feq_d (l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Eq, true, D) }
pub fn flt_d (l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Lt, false, D) }
pub fn fle_d (l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Le, false, D) }
pub fn fltq_s(l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Lt, true, S) }
pub fn fleq_s(l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Le, true, S) }
pub fn fltq_d(l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Lt, true, D) }
pub fn fleq_d(l: &mut Lifter, i: &Inst) { compare(l, i, FpCond::Le, true, D) }

pub fn fclass_s(l: &mut Lifter, i: &Inst) { class(l, i, S) }
pub fn fclass_d(l: &mut Lifter, i: &Inst) { class(l, i, D) }

// Conversions: fcvt.TO.FROM.

pub fn fcvt_w_s (l: &mut Lifter, i: &Inst) { to_int(l, i, I32, S) }
pub fn fcvt_wu_s(l: &mut Lifter, i: &Inst) { to_int(l, i, U32, S) }
pub fn fcvt_l_s (l: &mut Lifter, i: &Inst) { to_int(l, i, I64, S) }
pub fn fcvt_lu_s(l: &mut Lifter, i: &Inst) { to_int(l, i, U64, S) }
pub fn fcvt_w_d (l: &mut Lifter, i: &Inst) { to_int(l, i, I32, D) }
pub fn fcvt_wu_d(l: &mut Lifter, i: &Inst) { to_int(l, i, U32, D) }
pub fn fcvt_l_d (l: &mut Lifter, i: &Inst) { to_int(l, i, I64, D) }
pub fn fcvt_lu_d(l: &mut Lifter, i: &Inst) { to_int(l, i, U64, D) }
pub fn fcvt_s_w (l: &mut Lifter, i: &Inst) { from_int(l, i, S, I32) }
pub fn fcvt_s_wu(l: &mut Lifter, i: &Inst) { from_int(l, i, S, U32) }
pub fn fcvt_s_l (l: &mut Lifter, i: &Inst) { from_int(l, i, S, I64) }
pub fn fcvt_s_lu(l: &mut Lifter, i: &Inst) { from_int(l, i, S, U64) }
pub fn fcvt_d_w (l: &mut Lifter, i: &Inst) { from_int(l, i, D, I32) }
pub fn fcvt_d_wu(l: &mut Lifter, i: &Inst) { from_int(l, i, D, U32) }
pub fn fcvt_d_l (l: &mut Lifter, i: &Inst) { from_int(l, i, D, I64) }
pub fn fcvt_d_lu(l: &mut Lifter, i: &Inst) { from_int(l, i, D, U64) }
pub fn fcvt_s_d (l: &mut Lifter, i: &Inst) { convert(l, i, S, D) }
pub fn fcvt_d_s (l: &mut Lifter, i: &Inst) { convert(l, i, D, S) }
pub fn fcvt_s_h (l: &mut Lifter, i: &Inst) { convert(l, i, S, H) }
pub fn fcvt_h_s (l: &mut Lifter, i: &Inst) { convert(l, i, H, S) }
pub fn fcvt_d_h (l: &mut Lifter, i: &Inst) { convert(l, i, D, H) }
pub fn fcvt_h_d (l: &mut Lifter, i: &Inst) { convert(l, i, H, D) }

pub fn fround_s  (l: &mut Lifter, i: &Inst) { round(l, i, S, false) }
pub fn froundnx_s(l: &mut Lifter, i: &Inst) { round(l, i, S, true) }
pub fn fround_d  (l: &mut Lifter, i: &Inst) { round(l, i, D, false) }
pub fn froundnx_d(l: &mut Lifter, i: &Inst) { round(l, i, D, true) }

pub fn fcvtmod_w_d(l: &mut Lifter, i: &Inst) {
    if l.fp(i) {
        let (dst, a) = (l.result(i.rd), l.f(i.rs1));
        l.block.push(Op::FpToIntMod { dst, a });
    }
}

fn load(l: &mut Lifter, i: &Inst, size: Size, extend: Extend) {
    if l.fp(i) {
        l.load(i, l.fd(i.rd), size, extend);
    }
}

fn store(l: &mut Lifter, i: &Inst, size: Size) {
    if l.fp_on(i) {
        l.store(i, l.f(i.rs2), size);
    }
}

fn to_x(l: &mut Lifter, i: &Inst, extension: UnOp) {
    if let (true, Some(dst)) = (l.fp_on(i), l.pure(i.rd)) {
        l.block.un(extension, Width::W64, dst, l.f(i.rs1));
    }
}

fn from_x(l: &mut Lifter, i: &Inst, fmt: Fmt) {
    if l.fp(i) {
        l.block.bin(BinOp::Or, Width::W64, l.fd(i.rd), l.x(i.rs1), Val::Imm(boxing(fmt)));
    }
}

fn constant(l: &mut Lifter, i: &Inst, bits: i64) {
    if l.fp(i) {
        l.block.mov(l.fd(i.rd), Val::Imm(bits));
    }
}

fn fma(l: &mut Lifter, i: &Inst, fmt: Fmt, negate_product: bool, negate_addend: bool) {
    if let Some(rm) = l.fp_rounding(i) {
        let (dst, a, b, c) = (l.fd(i.rd), l.f(i.rs1), l.f(i.rs2), l.f(i.rs3));
        l.block.push(Op::Fma { fmt, rm, negate_product, negate_addend, dst, a, b, c });
    }
}

fn arithmetic(l: &mut Lifter, i: &Inst, op: FpOp, fmt: Fmt) {
    if let Some(rm) = l.fp_rounding(i) {
        l.block.push(Op::Fp { op, fmt, rm, dst: l.fd(i.rd), a: l.f(i.rs1), b: l.f(i.rs2) });
    }
}

/// Nothing is rounded: the mode given is not looked at.
fn extremum(l: &mut Lifter, i: &Inst, op: FpOp, fmt: Fmt) {
    if l.fp(i) {
        let rm = lodge_jit::ir::Rounding::NearestEven;
        l.block.push(Op::Fp { op, fmt, rm, dst: l.fd(i.rd), a: l.f(i.rs1), b: l.f(i.rs2) });
    }
}

fn sqrt(l: &mut Lifter, i: &Inst, fmt: Fmt) {
    if let Some(rm) = l.fp_rounding(i) {
        l.block.push(Op::Sqrt { fmt, rm, dst: l.fd(i.rd), a: l.f(i.rs1) });
    }
}

fn sign(l: &mut Lifter, i: &Inst, sign: FpSign, fmt: Fmt) {
    if l.fp(i) {
        l.block.push(Op::FpSign { sign, fmt, dst: l.fd(i.rd), a: l.f(i.rs1), b: l.f(i.rs2) });
    }
}

fn compare(l: &mut Lifter, i: &Inst, cond: FpCond, quiet: bool, fmt: Fmt) {
    if l.fp(i) {
        let (dst, a, b) = (l.result(i.rd), l.f(i.rs1), l.f(i.rs2));
        l.block.push(Op::FpSet { cond, quiet, fmt, dst, a, b });
    }
}

fn class(l: &mut Lifter, i: &Inst, fmt: Fmt) {
    if let (true, Some(dst)) = (l.fp_on(i), l.pure(i.rd)) {
        l.block.push(Op::FpClass { fmt, dst, a: l.f(i.rs1) });
    }
}

fn to_int(l: &mut Lifter, i: &Inst, int: Int, fmt: Fmt) {
    if let Some(rm) = l.fp_rounding(i) {
        let (dst, a) = (l.result(i.rd), l.f(i.rs1));
        l.block.push(Op::FpToInt { fmt, int, rm, dst, a });
    }
}

fn from_int(l: &mut Lifter, i: &Inst, fmt: Fmt, int: Int) {
    if let Some(rm) = l.fp_rounding(i) {
        l.block.push(Op::IntToFp { int, fmt, rm, dst: l.fd(i.rd), a: l.x(i.rs1) });
    }
}

fn convert(l: &mut Lifter, i: &Inst, to: Fmt, from: Fmt) {
    if let Some(rm) = l.fp_rounding(i) {
        l.block.push(Op::FpToFp { from, to, rm, dst: l.fd(i.rd), a: l.f(i.rs1) });
    }
}

fn round(l: &mut Lifter, i: &Inst, fmt: Fmt, exact: bool) {
    if let Some(rm) = l.fp_rounding(i) {
        l.block.push(Op::FpRound { fmt, rm, exact, dst: l.fd(i.rd), a: l.f(i.rs1) });
    }
}

/// Constants of fli in binary32 (Zfa, table "Immediate values loaded by the FLI instructions").
const FLI_S: [u32; 32] = [
    0xbf80_0000, // -1.0
    0x0080_0000, // smallest positive normal
    0x3780_0000, // 2^-16
    0x3800_0000, // 2^-15
    0x3b80_0000, // 2^-8
    0x3c00_0000, // 2^-7
    0x3d80_0000, // 2^-4
    0x3e00_0000, // 2^-3
    0x3e80_0000, // 0.25
    0x3ea0_0000, // 0.3125
    0x3ec0_0000, // 0.375
    0x3ee0_0000, // 0.4375
    0x3f00_0000, // 0.5
    0x3f20_0000, // 0.625
    0x3f40_0000, // 0.75
    0x3f60_0000, // 0.875
    0x3f80_0000, // 1.0
    0x3fa0_0000, // 1.25
    0x3fc0_0000, // 1.5
    0x3fe0_0000, // 1.75
    0x4000_0000, // 2.0
    0x4020_0000, // 2.5
    0x4040_0000, // 3
    0x4080_0000, // 4
    0x4100_0000, // 8
    0x4180_0000, // 16
    0x4300_0000, // 128
    0x4380_0000, // 256
    0x4700_0000, // 2^15
    0x4780_0000, // 2^16
    0x7f80_0000, // infinity
    0x7fc0_0000, // canonical NaN
];

/// The same constant in binary64: all but three have small exponents and convert by moving fields.
const fn fli_double(single: u32) -> i64 {
    match single {
        0x0080_0000 => 0x0010_0000_0000_0000, // its own smallest positive normal
        0x7f80_0000 => 0x7ff0_0000_0000_0000,
        0x7fc0_0000 => 0x7ff8_0000_0000_0000,
        _ => {
            let sign = (single as u64 >> 31) << 63;
            let exponent = ((single as u64 >> 23 & 0xff) + 1023 - 127) << 52;
            let fraction = (single as u64 & 0x7f_ffff) << (52 - 23);
            (sign | exponent | fraction) as i64
        }
    }
}
