//! Conversion between formats (IEEE 754-2019 clause 5.4.2, convertFormat).

use crate::number::Number;
use crate::round::round;
use crate::{Env, Format, NanRule, nan};

/// `a` of format `from` in format `to`. A signaling NaN raises NV; where NaNs propagate, payloads keep their
/// upper bits.
pub fn convert(from: Format, to: Format, a: u64, env: &mut Env) -> u64 {
    if !from.is_nan(a) {
        return round(to, Number::unpack(from, a), env);
    }
    let quiet = nan::propagate(from, [a], env);
    if env.nan == NanRule::Canonical {
        return to.canonical_nan();
    }
    let payload = quiet << (64 - from.fraction_bits()) >> (64 - to.fraction_bits());
    let sign = if from.is_negative(quiet) { to.sign_bit() } else { 0 };
    sign | to.infinity() | payload
}
