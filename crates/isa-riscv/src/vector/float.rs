//! Floating-point instructions, by softfloat.

use super::{Unit, form, form_of, function_of};
use crate::slots;
use lodge_softfloat::{self as soft, Class, Env, Flags, Format, Fused, IntegerRule, Rounding};

/// The format of elements of 2^`sew` bytes.
fn format(sew: u8) -> Format {
    match sew {
        1 => Format::F16,
        2 => Format::F32,
        _ => Format::F64,
    }
}

impl<const S: u8> Unit<'_, S> {
    /// The floating-point register in the place of vs1.
    pub(super) fn scalar_float(&self) -> u64 {
        let bits = self.frame.slots[usize::from(slots::f(self.i.rs1))];
        if S < 2 { bits } else { format(S).unboxed(bits) }
    }

    /// Forms FVV and FVF.
    pub(super) fn floats(&mut self) -> Option<u64> {
        let (function, f) = (function_of(&self.i), format(S));
        let vector = form_of(&self.i) == form::FVV;
        match function {
            0x01 | 0x03 => self.fold(0, |_, a| a, |u, sum, a| soft::add(f, sum, a, &mut u.env)),
            0x05 => self.fold(0, |_, a| a, |u, sum, a| soft::minimum_number(f, sum, a, &mut u.env)),
            0x07 => self.fold(0, |_, a| a, |u, sum, a| soft::maximum_number(f, sum, a, &mut u.env)),
            0x00 => self.map(|u, a, b| soft::add(f, a, b, &mut u.env)),
            0x02 => self.map(|u, a, b| soft::sub(f, a, b, &mut u.env)),
            0x27 => self.map(|u, a, b| soft::sub(f, b, a, &mut u.env)),
            0x04 => self.map(|u, a, b| soft::minimum_number(f, a, b, &mut u.env)),
            0x06 => self.map(|u, a, b| soft::maximum_number(f, a, b, &mut u.env)),
            0x08 => self.map(|_, a, b| a & !f.sign_bit() | b & f.sign_bit()),
            0x09 => self.map(|_, a, b| a & !f.sign_bit() | !b & f.sign_bit()),
            0x0a => self.map(|_, a, b| a ^ b & f.sign_bit()),
            0x0e | 0x0f => self.slide_one(function == 0x0e),
            0x10 if vector => return Some(if S == 3 { self.a(0) } else { f.boxed(self.a(0)) }),
            0x10 => {
                if self.start < self.vl {
                    let value = self.b(0);
                    self.put(self.i.rd, S, 0, value);
                }
            }
            0x12 => self.convert(),
            0x13 => self.one_operand(),
            0x17 => self.merge(),
            0x18 => self.compare(|u, a, b| soft::eq_quiet(f, a, b, &mut u.env)),
            0x19 => self.compare(|u, a, b| soft::le_signaling(f, a, b, &mut u.env)),
            0x1b => self.compare(|u, a, b| soft::lt_signaling(f, a, b, &mut u.env)),
            0x1c => self.compare(|u, a, b| !soft::eq_quiet(f, a, b, &mut u.env)),
            0x1d => self.compare(|u, a, b| soft::lt_signaling(f, b, a, &mut u.env)),
            0x1f => self.compare(|u, a, b| soft::le_signaling(f, b, a, &mut u.env)),
            0x20 => self.map(|u, a, b| soft::div(f, a, b, &mut u.env)),
            0x21 => self.map(|u, a, b| soft::div(f, b, a, &mut u.env)),
            0x24 => self.map(|u, a, b| soft::mul(f, a, b, &mut u.env)),
            0x28..=0x2f => self.fused(function),
            _ => self.wide_floats(function),
        }
        None
    }

    /// madd, nmadd, msub, nmsub multiply d; macc, nmacc, msac, nmsac add it.
    fn fused(&mut self, function: u32) {
        let f = format(S);
        let signs = signs(function);
        self.each(|u, index| {
            let (a, b, d) = (u.a(index), u.b(index), u.d(index));
            let value = match function & 4 {
                0 => soft::mul_add(f, b, d, a, signs, &mut u.env),
                _ => soft::mul_add(f, b, a, d, signs, &mut u.env),
            };
            u.put(u.i.rd, S, index, value);
        });
    }

    /// Results of twice the width.
    fn wide_floats(&mut self, function: u32) {
        let (f, wide) = (format(S), format(S + 1));
        let sum = |u: &mut Self, sum, a| soft::add(wide, sum, a, &mut u.env);
        match function {
            0x31 | 0x33 => return self.fold(1, |u, a| soft::convert(f, wide, a, &mut u.env), sum),
            _ => {}
        }
        self.each(|u, index| {
            // The operand of double width is as it is; the others are converted, which is exact.
            let a = match function {
                0x34 | 0x36 => u.get(u.i.rs2, S + 1, index),
                _ => soft::convert(f, wide, u.a(index), &mut u.env),
            };
            let b = soft::convert(f, wide, u.b(index), &mut u.env);
            let value = match function {
                0x30 | 0x34 => soft::add(wide, a, b, &mut u.env),
                0x32 | 0x36 => soft::sub(wide, a, b, &mut u.env),
                0x38 => soft::mul(wide, a, b, &mut u.env),
                _ => {
                    let d = u.get(u.i.rd, S + 1, index);
                    soft::mul_add(wide, b, a, d, signs(function), &mut u.env)
                }
            };
            u.put(u.i.rd, S + 1, index, value);
        });
    }

    fn one_operand(&mut self) {
        let f = format(S);
        let kind = self.i.rs1;
        self.each(|u, index| {
            let a = u.a(index);
            let value = match kind {
                0 => soft::sqrt(f, a, &mut u.env),
                4 => reciprocal_root(f, a, &mut u.env),
                5 => reciprocal(f, a, &mut u.env),
                _ => f.classify(a).mask(),
            };
            u.put(u.i.rd, S, index, value);
        });
    }

    /// The vfcvt, vfwcvt and vfncvt families; bits 4:3 of vs1 say same width, wider or narrower.
    fn convert(&mut self) {
        let kind = self.i.rs1 & 7;
        let (from, to) = match self.i.rs1 >> 3 {
            0 => (S, S),
            1 => (S, S + 1),
            _ => (S + 1, S),
        };
        // The last two are conversions towards zero, narrowing 5 rounds to odd.
        let rounding = if kind >= 5 { Rounding::TowardZero } else { self.env.rounding };
        let dynamic = std::mem::replace(&mut self.env.rounding, rounding);
        self.each(|u, index| {
            let a = u.get(u.i.rs2, from, index);
            let env = &mut u.env;
            let value = match kind {
                0 | 6 => to_integer(format(from), a, false, to, env),
                1 | 7 => to_integer(format(from), a, true, to, env),
                2 => soft::from_u64(format(to), a, env),
                3 => soft::from_i64(format(to), super::signed(a, from), env),
                4 => soft::convert(format(from), format(to), a, env),
                _ => round_to_odd(format(from), format(to), a, env),
            };
            u.put(u.i.rd, to, index, value);
        });
        self.env.rounding = dynamic;
    }
}

/// Signs of product and addend, by the function's low bits.
fn signs(function: u32) -> Fused {
    match function & 3 {
        0 => Fused::new(false, false),
        1 => Fused::new(true, true),
        2 => Fused::new(false, true),
        _ => Fused::new(true, false),
    }
}

/// An integer of 2^`size` bytes; out of range saturates and is invalid, NaN is the largest.
fn to_integer(f: Format, a: u64, sign: bool, size: u8, env: &mut Env) -> u64 {
    let rule = IntegerRule::Riscv;
    match (size, sign) {
        (3, true) => soft::to_i64(f, a, rule, env) as u64,
        (3, false) => soft::to_u64(f, a, rule, env),
        (2, true) => soft::to_i32(f, a, rule, env) as u64,
        (2, false) => u64::from(soft::to_u32(f, a, rule, env)),
        _ => {
            let mut exact = Env::riscv(env.rounding);
            let wide = i64::from(soft::to_i32(f, a, rule, &mut exact));
            let (low, high) = if sign {
                (-(1 << ((8 << size) - 1)), (1 << ((8 << size) - 1)) - 1)
            } else {
                (0, (1 << (8 << size)) - 1)
            };
            let kept = wide.clamp(low, high);
            env.raise(if kept == wide { exact.flags } else { Flags::NV });
            kept as u64
        }
    }
}

/// Cut short, with the last bit set when that lost something.
fn round_to_odd(from: Format, to: Format, a: u64, env: &mut Env) -> u64 {
    let before = std::mem::take(&mut env.flags);
    let value = soft::convert(from, to, a, env);
    let inexact = env.flags.contains(Flags::NX);
    env.raise(before);
    if inexact { value | 1 } else { value }
}

/// Bits of the fraction and of the exponent.
fn widths(f: Format) -> (u32, u32) {
    match f {
        Format::F16 => (10, 5),
        Format::F32 => (23, 8),
        _ => (52, 11),
    }
}

/// A positive finite number's exponent field, below zero for subnormals, and fraction without the leading one.
fn normalized(f: Format, a: u64) -> (i64, u64) {
    let (fraction_bits, exponent_bits) = widths(f);
    let exponent = (a >> fraction_bits & ((1 << exponent_bits) - 1)) as i64;
    let fraction = a & ((1 << fraction_bits) - 1);
    if exponent != 0 {
        return (exponent, fraction);
    }
    let shift = fraction.leading_zeros() - (63 - fraction_bits);
    (1 - i64::from(shift), fraction << shift & ((1 << fraction_bits) - 1))
}

fn canonical(f: Format, env: &mut Env) -> u64 {
    env.raise(Flags::NV);
    nan(f)
}

fn nan(f: Format) -> u64 {
    let (fraction_bits, exponent_bits) = widths(f);
    ((1 << (exponent_bits + 1)) - 1) << (fraction_bits - 1)
}

/// vfrsqrt7: an estimate of 1 / sqrt(a) to 7 bits (manual, "Vector Floating-Point Reciprocal Square-Root Estimate").
fn reciprocal_root(f: Format, a: u64, env: &mut Env) -> u64 {
    let (fraction_bits, exponent_bits) = widths(f);
    let infinity = ((1 << exponent_bits) - 1) << fraction_bits;
    match f.classify(a) {
        Class::QuietNan => return nan(f),
        Class::PositiveInfinity => return 0,
        Class::PositiveZero | Class::NegativeZero => {
            env.raise(Flags::DZ);
            return a & f.sign_bit() | infinity;
        }
        Class::PositiveNormal | Class::PositiveSubnormal => {}
        _ => return canonical(f, env),
    }
    let (exponent, fraction) = normalized(f, a);
    let bias = (1 << (exponent_bits - 1)) - 1;
    // An odd exponent field is an even power of two: the root of [1, 2); else of [2, 4).
    let odd = exponent & 1 != 0;
    let middle = 1.0 + ((fraction >> (fraction_bits - 6)) as f64 + 0.5) / 64.0;
    let root = 1.0 / if odd { middle } else { 2.0 * middle }.sqrt();
    let estimate = ((2.0 * root - 1.0) * 128.0 + 0.5) as u64;
    let exponent = (3 * bias - 1 - exponent) / 2;
    (exponent as u64) << fraction_bits | estimate << (fraction_bits - 7)
}

/// vfrec7: an estimate of 1 / a to 7 bits (manual, "Vector Floating-Point Reciprocal Estimate Instruction").
fn reciprocal(f: Format, a: u64, env: &mut Env) -> u64 {
    let (fraction_bits, exponent_bits) = widths(f);
    let (sign, infinity) = (a & f.sign_bit(), ((1 << exponent_bits) - 1) << fraction_bits);
    match f.classify(a) {
        Class::QuietNan => return nan(f),
        Class::SignalingNan => return canonical(f, env),
        Class::PositiveInfinity | Class::NegativeInfinity => return sign,
        Class::PositiveZero | Class::NegativeZero => {
            env.raise(Flags::DZ);
            return sign | infinity;
        }
        _ => {}
    }
    let (exponent, fraction) = normalized(f, a & !f.sign_bit());
    let bias = (1 << (exponent_bits - 1)) - 1;
    if exponent < -1 {
        // Too small: the reciprocal overflows.
        env.raise(Flags::OF | Flags::NX);
        let largest = match env.rounding {
            Rounding::TowardZero => true,
            Rounding::Down => sign == 0,
            Rounding::Up => sign != 0,
            _ => false,
        };
        return sign | if largest { infinity - 1 } else { infinity };
    }
    let divisor = 257 + 2 * (fraction >> (fraction_bits - 7));
    let estimate = (131_072 + divisor) / (2 * divisor) - 128;
    let (exponent, fraction) = (2 * bias - 1 - exponent, estimate << (fraction_bits - 7));
    if exponent > 0 {
        return sign | (exponent as u64) << fraction_bits | fraction;
    }
    // Subnormal: the leading one becomes a bit of the fraction.
    let fraction = (fraction | 1 << fraction_bits) >> (1 - exponent);
    sign | fraction
}
