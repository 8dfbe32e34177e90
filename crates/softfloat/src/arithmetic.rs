//! Addition, subtraction, multiplication, division, square root (IEEE 754-2019 clause 5.4.1).
//!
//! Each public function deals with NaNs, takes the exact result and rounds it; what is exact, or invalid (clause
//! 7.2), or a zero's sign (clause 6.3) is said once in the functions below them, which fused multiply-add shares.

use crate::nan;
use crate::number::{Magnitude, Number};
use crate::round::deliver;
use crate::{Env, Flags, Format, Rounding};

/// `a` + `b`.
pub fn add(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    if format.is_nan(a) || format.is_nan(b) {
        return nan::propagate(format, [a, b], env);
    }
    let result = sum(Number::unpack(format, a), Number::unpack(format, b), env.rounding);
    deliver(format, result, env)
}

/// `a` − `b`.
pub fn sub(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    if format.is_nan(a) || format.is_nan(b) {
        return nan::propagate(format, [a, b], env);
    }
    let result = sum(Number::unpack(format, a), Number::unpack(format, b).negated(true), env.rounding);
    deliver(format, result, env)
}

/// `a` × `b`.
pub fn mul(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    if format.is_nan(a) || format.is_nan(b) {
        return nan::propagate(format, [a, b], env);
    }
    let result = product(Number::unpack(format, a), Number::unpack(format, b));
    deliver(format, result, env)
}

/// `a` ÷ `b`.
pub fn div(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    if format.is_nan(a) || format.is_nan(b) {
        return nan::propagate(format, [a, b], env);
    }
    let result = quotient(Number::unpack(format, a), Number::unpack(format, b), env);
    deliver(format, result, env)
}

/// The square root of `a`.
pub fn sqrt(format: Format, a: u64, env: &mut Env) -> u64 {
    if format.is_nan(a) {
        return nan::propagate(format, [a], env);
    }
    let x = Number::unpack(format, a);
    let result = match x.magnitude {
        Magnitude::Zero => Some(x), // √−0 is −0
        _ if x.negative => None,
        Magnitude::Infinity => Some(x),
        Magnitude::Finite(finite) => {
            Some(Number { negative: false, magnitude: Magnitude::Finite(finite.root()) })
        }
    };
    deliver(format, result, env)
}

/// x + y, or `None` if invalid. The mode of rounding decides the sign of an exact zero sum of unlike signs.
#[inline]
pub(crate) fn sum(x: Number, y: Number, rounding: Rounding) -> Option<Number> {
    use Magnitude::{Finite, Infinity, Zero};
    let cancelled = Number::zero(rounding == Rounding::Down);
    let alike = x.negative == y.negative;
    match (x.magnitude, y.magnitude) {
        (Finite(a), Finite(b)) if alike => Some(Number { magnitude: Finite(a.sum(b)), ..x }),
        (Finite(a), Finite(b)) => Some(match a.difference(b) {
            Some((swapped, rest)) => Number { negative: x.negative ^ swapped, magnitude: Finite(rest) },
            None => cancelled,
        }),
        (Infinity, Infinity) => alike.then_some(x),
        (Infinity, _) => Some(x),
        (_, Infinity) => Some(y),
        (Zero, Zero) => Some(if alike { x } else { cancelled }),
        (Zero, _) => Some(y),
        (_, Zero) => Some(x),
    }
}

/// x × y, or `None` if invalid.
#[inline]
pub(crate) fn product(x: Number, y: Number) -> Option<Number> {
    use Magnitude::{Finite, Infinity, Zero};
    let magnitude = match (x.magnitude, y.magnitude) {
        (Finite(a), Finite(b)) => Finite(a.product(b)),
        (Infinity, Zero) | (Zero, Infinity) => return None,
        (Infinity, _) | (_, Infinity) => Infinity,
        (Zero, _) | (_, Zero) => Zero,
    };
    Some(Number { negative: x.negative ^ y.negative, magnitude })
}

/// x ÷ y, or `None` if invalid; raises the division-by-zero flag (clause 7.3).
#[inline]
fn quotient(x: Number, y: Number, env: &mut Env) -> Option<Number> {
    use Magnitude::{Finite, Infinity, Zero};
    let magnitude = match (x.magnitude, y.magnitude) {
        (Finite(a), Finite(b)) => Finite(a.quotient(b)),
        (Infinity, Infinity) | (Zero, Zero) => return None,
        (Infinity, _) => Infinity,
        (Zero, _) | (_, Infinity) => Zero,
        (Finite(_), Zero) => {
            env.raise(Flags::DZ);
            Infinity
        }
    };
    Some(Number { negative: x.negative ^ y.negative, magnitude })
}
