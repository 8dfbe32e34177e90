//! NaN results (IEEE 754-2019 clause 6.2): which NaN an operation delivers, and that signaling ones signal.

use crate::{Env, Flags, Format, NanRule};

/// The result of an operation at least one of whose `operands` is a NaN. The operands stand in the order in
/// which the architecture prefers them.
#[cold]
pub(crate) fn propagate<const N: usize>(format: Format, operands: [u64; N], env: &mut Env) -> u64 {
    let signaling = operands.into_iter().find(|&bits| format.is_signaling(bits));
    if signaling.is_some() {
        env.raise(Flags::NV);
    }
    let first = operands.into_iter().find(|&bits| format.is_nan(bits));
    let chosen = match env.nan {
        NanRule::Canonical => None,
        NanRule::PropagateArm => signaling.or(first),
        NanRule::PropagateX86 => first,
    };
    chosen.map_or(default_nan(format, env), |bits| (bits | format.quiet_bit()) & format.mask())
}

/// The result of an invalid operation on numbers (clause 7.2).
#[cold]
pub(crate) fn invalid(format: Format, env: &mut Env) -> u64 {
    env.raise(Flags::NV);
    default_nan(format, env)
}

/// The NaN an operation makes when no operand is one.
fn default_nan(format: Format, env: &Env) -> u64 {
    match env.nan {
        NanRule::Canonical | NanRule::PropagateArm => format.canonical_nan(),
        NanRule::PropagateX86 => format.canonical_nan() | format.sign_bit(),
    }
}
