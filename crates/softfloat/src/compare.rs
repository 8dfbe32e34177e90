//! Comparisons (IEEE 754-2019 clauses 5.6.1 and 5.11).
//!
//! Four relations are possible: less, equal, greater, and unordered when an operand is a NaN, which the
//! `Option<Ordering>` here spells as `None`. Quiet predicates raise NV for signaling NaNs only, signaling ones for any.

use std::cmp::Ordering;

use crate::{Env, Flags, Format};

/// The relation of `a` to `b`; NV if either is a signaling NaN.
pub fn compare_quiet(format: Format, a: u64, b: u64, env: &mut Env) -> Option<Ordering> {
    if format.is_signaling(a) || format.is_signaling(b) {
        env.raise(Flags::NV);
    }
    relation(format, a, b)
}

/// The relation of `a` to `b`; NV if either is a NaN.
pub fn compare_signaling(format: Format, a: u64, b: u64, env: &mut Env) -> Option<Ordering> {
    let relation = relation(format, a, b);
    if relation.is_none() {
        env.raise(Flags::NV);
    }
    relation
}

/// compareQuietEqual: RISC-V `feq`.
pub fn eq_quiet(format: Format, a: u64, b: u64, env: &mut Env) -> bool {
    compare_quiet(format, a, b, env) == Some(Ordering::Equal)
}

/// compareSignalingEqual.
pub fn eq_signaling(format: Format, a: u64, b: u64, env: &mut Env) -> bool {
    compare_signaling(format, a, b, env) == Some(Ordering::Equal)
}

/// compareQuietLess: RISC-V `fltq`.
pub fn lt_quiet(format: Format, a: u64, b: u64, env: &mut Env) -> bool {
    compare_quiet(format, a, b, env) == Some(Ordering::Less)
}

/// compareSignalingLess: RISC-V `flt`.
pub fn lt_signaling(format: Format, a: u64, b: u64, env: &mut Env) -> bool {
    compare_signaling(format, a, b, env) == Some(Ordering::Less)
}

/// compareQuietLessEqual: RISC-V `fleq`.
pub fn le_quiet(format: Format, a: u64, b: u64, env: &mut Env) -> bool {
    compare_quiet(format, a, b, env).is_some_and(Ordering::is_le)
}

/// compareSignalingLessEqual: RISC-V `fle`.
pub fn le_signaling(format: Format, a: u64, b: u64, env: &mut Env) -> bool {
    compare_signaling(format, a, b, env).is_some_and(Ordering::is_le)
}

fn relation(format: Format, a: u64, b: u64) -> Option<Ordering> {
    if format.is_nan(a) || format.is_nan(b) {
        return None;
    }
    Some(rank(format, a).cmp(&rank(format, b)))
}

/// An integer that orders as the number `bits` does; both zeros rank 0.
fn rank(format: Format, bits: u64) -> i64 {
    let magnitude = format.magnitude(bits) as i64;
    if format.is_negative(bits) { -magnitude } else { magnitude }
}
