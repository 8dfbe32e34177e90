//! Minimum and maximum (IEEE 754-2019 clause 9.6). All of them take −0 to be less than +0.

use std::cmp::Ordering;

use crate::compare::compare_quiet;
use crate::{Env, Format, nan};

/// minimumNumber: the lesser, or the operand that is a number. RISC-V `fmin`.
pub fn minimum_number(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    pick_number(format, a, b, Ordering::Less, env)
}

/// maximumNumber: the greater, or the operand that is a number. RISC-V `fmax`.
pub fn maximum_number(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    pick_number(format, a, b, Ordering::Greater, env)
}

/// minimum: the lesser, or a NaN if either is one. RISC-V `fminm`, ARM `fmin`.
pub fn minimum(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    pick(format, a, b, Ordering::Less, env)
}

/// maximum: the greater, or a NaN if either is one. RISC-V `fmaxm`, ARM `fmax`.
pub fn maximum(format: Format, a: u64, b: u64, env: &mut Env) -> u64 {
    pick(format, a, b, Ordering::Greater, env)
}

fn pick_number(format: Format, a: u64, b: u64, wanted: Ordering, env: &mut Env) -> u64 {
    match (format.is_nan(a), format.is_nan(b)) {
        (true, true) | (false, false) => pick(format, a, b, wanted, env),
        (a_is_nan, _) => {
            compare_quiet(format, a, b, env); // for NV
            (if a_is_nan { b } else { a }) & format.mask()
        }
    }
}

/// Whichever stands in the `wanted` relation to the other.
fn pick(format: Format, a: u64, b: u64, wanted: Ordering, env: &mut Env) -> u64 {
    let relation = match compare_quiet(format, a, b, env) {
        None => return nan::propagate(format, [a, b], env),
        // Equal numbers differ in sign only if they are zeros.
        Some(Ordering::Equal) => format.is_negative(b).cmp(&format.is_negative(a)),
        Some(relation) => relation,
    };
    (if relation == wanted { a } else { b }) & format.mask()
}
