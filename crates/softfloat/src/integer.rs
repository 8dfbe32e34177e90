//! Conversions from and to integers, and rounding to an integral value (IEEE 754-2019 clauses 5.4.1, 5.8, 5.9).
//!
//! An operand that no integer of the destination stands for is invalid and raises NV alone; what the
//! destination then holds is the architecture's choice, an [`IntegerRule`].

use crate::number::{Finite, Magnitude, Number, shift_right_sticky};
use crate::round::round;
use crate::{Env, Flags, Format, Rounding, nan};

/// The result of an invalid conversion to an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IntegerRule {
    /// The nearest integer there is; the greatest for a NaN.
    Riscv,
    /// The nearest integer there is; 0 for a NaN.
    Arm,
    /// "Integer indefinite": the sign bit alone, or all ones if unsigned (SDM volume 1, table 4-1; AVX-512).
    X86,
}

/// The `i32` as a value of `format`, rounded.
pub fn from_i32(format: Format, value: i32, env: &mut Env) -> u64 {
    from_i64(format, value.into(), env)
}

/// The `u32` as a value of `format`, rounded.
pub fn from_u32(format: Format, value: u32, env: &mut Env) -> u64 {
    from_u64(format, value.into(), env)
}

/// The `i64` as a value of `format`, rounded.
pub fn from_i64(format: Format, value: i64, env: &mut Env) -> u64 {
    round(format, Number::whole(value < 0, value.unsigned_abs()), env)
}

/// The `u64` as a value of `format`, rounded.
pub fn from_u64(format: Format, value: u64, env: &mut Env) -> u64 {
    round(format, Number::whole(false, value), env)
}

/// `a` as an `i32`, rounded as `env` says, NX if that changed it.
pub fn to_i32(format: Format, a: u64, rule: IntegerRule, env: &mut Env) -> i32 {
    to_integer(format, a, Range { width: 32, signed: true }, rule, env) as i32
}

/// `a` as a `u32`, rounded as `env` says, NX if that changed it.
pub fn to_u32(format: Format, a: u64, rule: IntegerRule, env: &mut Env) -> u32 {
    to_integer(format, a, Range { width: 32, signed: false }, rule, env) as u32
}

/// `a` as an `i64`, rounded as `env` says, NX if that changed it.
pub fn to_i64(format: Format, a: u64, rule: IntegerRule, env: &mut Env) -> i64 {
    to_integer(format, a, Range { width: 64, signed: true }, rule, env) as i64
}

/// `a` as a `u64`, rounded as `env` says, NX if that changed it.
pub fn to_u64(format: Format, a: u64, rule: IntegerRule, env: &mut Env) -> u64 {
    to_integer(format, a, Range { width: 64, signed: false }, rule, env)
}

/// `a` rounded toward zero and then taken modulo 2³², 0 for NaNs and infinities: RISC-V `fcvtmod.w.d` and,
/// flags apart, ECMAScript's ToInt32. Raises what the saturating conversion raises.
pub fn to_i32_modular(format: Format, a: u64, env: &mut Env) -> i32 {
    let mut truncating = Env { rounding: Rounding::TowardZero, ..*env };
    to_i32(format, a, IntegerRule::Riscv, &mut truncating);
    env.flags = truncating.flags;
    if format.is_nan(a) {
        return 0;
    }
    let number = Number::unpack(format, a);
    let modulus = match number.magnitude {
        // Below it everything is fraction; above it a 53-bit significand is a multiple of 2³².
        Magnitude::Finite(Finite { exponent: exponent @ 0..=127, significand }) => {
            (significand >> (127 - exponent)) as u32
        }
        Magnitude::Finite(_) | Magnitude::Zero | Magnitude::Infinity => 0,
    };
    if number.negative { modulus.wrapping_neg() as i32 } else { modulus as i32 }
}

/// `a` rounded to an integral value of the same format, without NX: RISC-V `fround`, ARM `frinti`.
pub fn round_to_integral(format: Format, a: u64, env: &mut Env) -> u64 {
    let mut quiet = *env;
    let result = round_to_integral_exact(format, a, &mut quiet);
    if quiet.flags.contains(Flags::NV) {
        env.raise(Flags::NV);
    }
    result
}

/// `a` rounded to an integral value of the same format, NX if that changed it: RISC-V `froundnx`, ARM `frintx`.
pub fn round_to_integral_exact(format: Format, a: u64, env: &mut Env) -> u64 {
    if format.is_nan(a) {
        return nan::propagate(format, [a], env);
    }
    let number = Number::unpack(format, a);
    match number.magnitude {
        // All bits of the significand weigh one or more from here on.
        Magnitude::Finite(finite) if finite.exponent < format.fraction_bits() as i32 => {
            let (whole, inexact) = nearby(number.negative, finite, env.rounding);
            if inexact {
                env.raise(Flags::NX);
            }
            round(format, Number::whole(number.negative, whole as u64), env)
        }
        _ => a & format.mask(),
    }
}

/// The integers a conversion can deliver.
#[derive(Clone, Copy)]
struct Range {
    width: u32,
    signed: bool,
}

impl Range {
    /// The greatest magnitude of that sign.
    fn bound(self, negative: bool) -> u128 {
        match (self.signed, negative) {
            (true, true) => 1 << (self.width - 1),
            (true, false) => (1 << (self.width - 1)) - 1,
            (false, true) => 0,
            (false, false) => (1 << self.width) - 1,
        }
    }

    /// What an invalid conversion delivers; `negative` is the operand's sign, `None` if it is a NaN.
    fn invalid(self, negative: Option<bool>, rule: IntegerRule) -> u64 {
        match (rule, negative) {
            (IntegerRule::X86, _) if self.signed => 1 << (self.width - 1),
            (IntegerRule::X86, _) => self.bound(false) as u64,
            (IntegerRule::Arm, None) => 0,
            (IntegerRule::Riscv, None) => self.bound(false) as u64,
            (_, Some(false)) => self.bound(false) as u64,
            (_, Some(true)) => (self.bound(true) as u64).wrapping_neg(),
        }
    }
}

fn to_integer(format: Format, a: u64, range: Range, rule: IntegerRule, env: &mut Env) -> u64 {
    if format.is_nan(a) {
        env.raise(Flags::NV);
        return range.invalid(None, rule);
    }
    let number = Number::unpack(format, a);
    let rounded = match number.magnitude {
        Magnitude::Zero => Some((0, false)),
        Magnitude::Finite(finite) if finite.exponent < 64 => {
            let (whole, inexact) = nearby(number.negative, finite, env.rounding);
            (whole <= range.bound(number.negative)).then_some((whole as u64, inexact))
        }
        Magnitude::Finite(_) | Magnitude::Infinity => None,
    };
    let Some((whole, inexact)) = rounded else {
        env.raise(Flags::NV);
        return range.invalid(Some(number.negative), rule);
    };
    if inexact {
        env.raise(Flags::NX);
    }
    if number.negative { whole.wrapping_neg() } else { whole }
}

/// The magnitude rounded to a whole number, and whether that changed it; the exponent must be below 64.
fn nearby(negative: bool, finite: Finite, rounding: Rounding) -> (u128, bool) {
    // 64 bits of whole number, then 64 of fraction.
    let fixed = shift_right_sticky(finite.significand, (63 - finite.exponent) as u32);
    let (whole, fraction) = (fixed >> 64, fixed as u64);
    let up = rounding.increments(negative, whole & 1 != 0, fraction, 1 << 63);
    (whole + u128::from(up), fraction != 0)
}
