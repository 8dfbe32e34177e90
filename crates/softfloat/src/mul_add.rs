//! Fused multiply-add (IEEE 754-2019 clause 5.4.1): a product and a sum with one rounding, in four sign variants.

use crate::arithmetic::{product, sum};
use crate::nan;
use crate::number::Number;
use crate::round::deliver;
use crate::{Env, Flags, Format, NanRule};

/// Which of the four fused operations. Named by formula, for the mnemonics differ: RISC-V's `fnmadd` is ARM's
/// `fnmadd` but x86's `vfnmsub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fused {
    /// a × b + c: RISC-V `fmadd`.
    ProductPlus,
    /// a × b − c: RISC-V `fmsub`.
    ProductMinus,
    /// −(a × b) + c: RISC-V `fnmsub`.
    MinusProductPlus,
    /// −(a × b) − c: RISC-V `fnmadd`.
    MinusProductMinus,
}

impl Fused {
    /// The operation that negates the product, the addend, both or none.
    pub const fn new(negate_product: bool, negate_addend: bool) -> Self {
        match (negate_product, negate_addend) {
            (false, false) => Self::ProductPlus,
            (false, true) => Self::ProductMinus,
            (true, false) => Self::MinusProductPlus,
            (true, true) => Self::MinusProductMinus,
        }
    }

    const fn negates_product(self) -> bool {
        matches!(self, Self::MinusProductPlus | Self::MinusProductMinus)
    }

    const fn negates_addend(self) -> bool {
        matches!(self, Self::ProductMinus | Self::MinusProductMinus)
    }
}

/// ±(`a` × `b`) ± `c`, rounded once; `fused` says which signs.
pub fn mul_add(format: Format, a: u64, b: u64, c: u64, fused: Fused, env: &mut Env) -> u64 {
    if format.is_nan(a) || format.is_nan(b) || format.is_nan(c) {
        return propagate(format, [a, b, c], fused, env);
    }
    let product = product(Number::unpack(format, a), Number::unpack(format, b));
    let addend = Number::unpack(format, c).negated(fused.negates_addend());
    let result =
        product.and_then(|product| sum(product.negated(fused.negates_product()), addend, env.rounding));
    deliver(format, result, env)
}

/// The result when an operand is a NaN. Clause 7.2 leaves it open whether ∞ × 0 + quiet NaN is invalid: RISC-V
/// and ARM say yes (and ARM then drops the addend's payload), x86 says no.
#[cold]
fn propagate(format: Format, [a, b, c]: [u64; 3], fused: Fused, env: &mut Env) -> u64 {
    let product_is_invalid = !format.is_nan(a)
        && !format.is_nan(b)
        && product(Number::unpack(format, a), Number::unpack(format, b)).is_none();
    match env.nan {
        NanRule::Canonical => {
            if product_is_invalid {
                env.raise(Flags::NV);
            }
            nan::propagate(format, [a, b, c], env)
        }
        NanRule::PropagateArm if product_is_invalid && !format.is_signaling(c) => nan::invalid(format, env),
        NanRule::PropagateArm => {
            // ARM negates the operands themselves, NaNs too (`FPNeg` before `FPMulAdd`), and looks at the addend first.
            let a = if fused.negates_product() { a ^ format.sign_bit() } else { a };
            let c = if fused.negates_addend() { c ^ format.sign_bit() } else { c };
            nan::propagate(format, [c, a, b], env)
        }
        NanRule::PropagateX86 => nan::propagate(format, [a, b, c], env),
    }
}
