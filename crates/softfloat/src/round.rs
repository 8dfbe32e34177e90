//! Rounding to a format (IEEE 754-2019 clauses 4.3 and 7.4 to 7.6): the one place where results lose bits and
//! where inexact, underflow and overflow are raised.

use crate::nan;
use crate::number::{Finite, Magnitude, Number};
use crate::{Env, Flags, Format, Tininess};

/// The bits of an operation's result: the rounded number, or the default NaN if there is none.
#[inline]
pub(crate) fn deliver(format: Format, result: Option<Number>, env: &mut Env) -> u64 {
    match result {
        Some(number) => round(format, number, env),
        None => nan::invalid(format, env),
    }
}

/// `number` rounded to `format`.
#[inline]
pub(crate) fn round(format: Format, number: Number, env: &mut Env) -> u64 {
    let magnitude = match number.magnitude {
        Magnitude::Zero => 0,
        Magnitude::Infinity => format.infinity(),
        Magnitude::Finite(finite) if finite.exponent >= format.emin() => {
            round_normal(format, number.negative, finite, env)
        }
        Magnitude::Finite(finite) => round_subnormal(format, number.negative, finite, env),
    };
    if number.negative { magnitude | format.sign_bit() } else { magnitude }
}

/// Rounds what is, before rounding, not below the smallest normal number.
#[inline]
fn round_normal(format: Format, negative: bool, finite: Finite, env: &mut Env) -> u64 {
    if finite.exponent > format.emax() {
        return overflow(format, negative, env);
    }
    let cut = Cut::new(format, negative, sticky64(finite.significand), env);
    // The significand's leading bit adds one to the exponent field, and so does a carry out of rounding.
    let field = (finite.exponent + format.emax() - 1) as u64;
    let magnitude = (field << format.fraction_bits()) + cut.rounded();
    if magnitude >= format.infinity() {
        return overflow(format, negative, env);
    }
    if cut.inexact {
        env.raise(Flags::NX);
    }
    magnitude
}

/// Rounds what is, before rounding, below the smallest normal number.
#[cold]
fn round_subnormal(format: Format, negative: bool, finite: Finite, env: &mut Env) -> u64 {
    let significand = u128::from(sticky64(finite.significand));
    let distance = (format.emin() - finite.exponent) as u32;
    let shifted = crate::number::shift_right_sticky(significand, distance) as u64;
    let cut = Cut::new(format, negative, shifted, env);
    if cut.inexact {
        env.raise(Flags::NX);
        let tiny = match env.tininess {
            Tininess::BeforeRounding => true,
            Tininess::AfterRounding => {
                // Only what rounds up to the smallest normal number with all its bits is not tiny.
                let unbounded = Cut::new(format, negative, significand as u64, env);
                distance > 1 || unbounded.rounded() >> format.precision() == 0
            }
        };
        if tiny {
            env.raise(Flags::UF);
        }
    }
    cut.rounded()
}

/// The default result of an overflow (clause 7.4), without the sign.
#[cold]
fn overflow(format: Format, negative: bool, env: &mut Env) -> u64 {
    env.raise(Flags::OF | Flags::NX);
    if env.rounding.overflows_to_infinity(negative) { format.infinity() } else { format.largest() }
}

/// A significand cut to a format's precision.
struct Cut {
    kept: u64,
    up: bool,
    inexact: bool,
}

impl Cut {
    /// Cuts `significand`, the 64 bits of which end in a sticky one.
    #[inline]
    fn new(format: Format, negative: bool, significand: u64, env: &Env) -> Self {
        let below = 64 - format.precision();
        let kept = significand >> below;
        let rest = significand & ((1 << below) - 1);
        let up = env.rounding.increments(negative, kept & 1 != 0, rest, 1 << (below - 1));
        Self { kept, up, inexact: rest != 0 }
    }

    #[inline]
    fn rounded(&self) -> u64 {
        self.kept + u64::from(self.up)
    }
}

/// The upper 64 bits, the lowest of them set if any of the lower 64 is.
#[inline]
fn sticky64(significand: u128) -> u64 {
    (significand >> 64) as u64 | u64::from(significand as u64 != 0)
}
