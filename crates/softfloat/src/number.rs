//! Exact values between unpacking and rounding, and the arithmetic on them.
//!
//! Knows nothing of flags and rounding, save that what it hands on must round right: a value too long for 128
//! bits keeps a *sticky* lowest bit, set if anything nonzero was cut off below it.

use crate::Format;

/// What the bits of a value that is not a NaN stand for.
#[derive(Clone, Copy)]
pub(crate) struct Number {
    pub(crate) negative: bool,
    pub(crate) magnitude: Magnitude,
}

/// A number without its sign.
#[derive(Clone, Copy)]
pub(crate) enum Magnitude {
    Zero,
    Finite(Finite),
    Infinity,
}

/// `significand` / 2¹²⁷ × 2^`exponent`, with bit 127 set, so that the significand is in [1, 2).
#[derive(Clone, Copy)]
pub(crate) struct Finite {
    pub(crate) exponent: i32,
    pub(crate) significand: u128,
}

impl Number {
    pub(crate) const fn zero(negative: bool) -> Self {
        Self { negative, magnitude: Magnitude::Zero }
    }

    /// The number `bits` stands for; `bits` must not be a NaN.
    #[inline]
    pub(crate) fn unpack(format: Format, bits: u64) -> Self {
        debug_assert!(!format.is_nan(bits));
        let negative = format.is_negative(bits);
        let magnitude = format.magnitude(bits);
        let fraction = magnitude & format.fraction_mask();
        let biased = (magnitude >> format.fraction_bits()) as i32;
        let magnitude = if magnitude >= format.infinity() {
            Magnitude::Infinity
        } else if biased != 0 {
            let significand = (fraction | (1 << format.fraction_bits())) << (64 - format.precision());
            Magnitude::Finite(Finite {
                exponent: biased - format.emax(),
                significand: u128::from(significand) << 64,
            })
        } else if fraction != 0 {
            Magnitude::Finite(Finite::scaled(fraction, format.emin() - format.fraction_bits() as i32))
        } else {
            Magnitude::Zero
        };
        Self { negative, magnitude }
    }

    /// The whole number of this sign and magnitude.
    pub(crate) fn whole(negative: bool, magnitude: u64) -> Self {
        match magnitude {
            0 => Self::zero(negative),
            _ => Self { negative, magnitude: Magnitude::Finite(Finite::scaled(magnitude, 0)) },
        }
    }

    pub(crate) fn negated(self, negate: bool) -> Self {
        Self { negative: self.negative ^ negate, ..self }
    }
}

impl Finite {
    /// `value` × 2^`exponent`; `value` must not be zero.
    pub(crate) fn scaled(value: u64, exponent: i32) -> Self {
        let shift = value.leading_zeros();
        Self { exponent: exponent + 63 - shift as i32, significand: u128::from(value << shift) << 64 }
    }

    /// The exact product. Operands of 64 significant bits at most, which all unpacked ones have.
    #[inline]
    pub(crate) fn product(self, other: Self) -> Self {
        let product =
            u128::from((self.significand >> 64) as u64) * u128::from((other.significand >> 64) as u64);
        let shift = product.leading_zeros(); // 0 or 1: the product of two numbers in [1, 2) is in [1, 4)
        Self { exponent: self.exponent + other.exponent + 1 - shift as i32, significand: product << shift }
    }

    /// The sum. Exact but for the sticky bit: the operands have 106 significant bits at most, those of a
    /// product of two binary64 significands, so there is room below them.
    #[inline]
    pub(crate) fn sum(self, other: Self) -> Self {
        let (large, small, _) = self.aligned(other);
        let sum = large.significand + small;
        let shift = sum.leading_zeros();
        Self { exponent: large.exponent - shift as i32, significand: sum << shift }
    }

    /// `self` − `other`: whether it is negative, and its magnitude; `None` if it is zero. Exact as
    /// [`Finite::sum`] is, for bits are only cut off where at most one leading bit cancels.
    #[inline]
    pub(crate) fn difference(self, other: Self) -> Option<(bool, Self)> {
        let (large, small, swapped) = self.aligned(other);
        let difference = large.significand - small;
        if difference == 0 {
            return None;
        }
        let shift = difference.leading_zeros();
        Some((swapped, Self { exponent: large.exponent - shift as i32, significand: difference << shift }))
    }

    /// The quotient, to 64 bits and a sticky bit. Operands of 64 significant bits at most.
    #[inline]
    pub(crate) fn quotient(self, divisor: Self) -> Self {
        let less = self.significand < divisor.significand; // then the quotient is in (½, 1)
        let divisor_significand = divisor.significand >> 64;
        let dividend = self.significand >> u32::from(!less);
        // At least 2⁶³ and below 2⁶⁴. The bit shifted out to get there is one of the dividend's 64 zeros.
        let quotient = dividend / divisor_significand;
        let sticky = u128::from(quotient * divisor_significand != dividend);
        Self {
            exponent: self.exponent - divisor.exponent - i32::from(less),
            significand: (quotient << 64) | sticky,
        }
    }

    /// The square root, to 64 bits and a sticky bit. Operands of 63 significant bits at most.
    #[inline]
    pub(crate) fn root(self) -> Self {
        // value = radicand / 2¹²⁶ × 2^(even exponent), so root = √radicand / 2⁶³ × 2^(half of it).
        let radicand = self.significand >> u32::from(self.exponent & 1 == 0);
        let root = isqrt(radicand);
        let sticky = u128::from(root * root != radicand);
        Self { exponent: self.exponent >> 1, significand: (root << 64) | sticky }
    }

    /// The larger operand, the smaller's significand at the larger's exponent, and whether `other` is the
    /// larger. Both are one bit lower than usual, to leave room for a carry.
    #[inline]
    fn aligned(self, other: Self) -> (Self, u128, bool) {
        let swapped = (self.exponent, self.significand) < (other.exponent, other.significand);
        let (large, small) = if swapped { (other, self) } else { (self, other) };
        let distance = (large.exponent - small.exponent) as u32;
        let halved = Self { exponent: large.exponent + 1, significand: large.significand >> 1 };
        (halved, shift_right_sticky(small.significand >> 1, distance), swapped)
    }
}

/// The integer square root of a radicand of at least 2¹²⁶ with 64 zero bits at its end: the root of the upper
/// half, then as many bits again from one division (Zimmermann, "Karatsuba Square Root", 1999). The standard
/// library's takes half as long again, for it cannot count on the zeros.
#[inline]
fn isqrt(radicand: u128) -> u128 {
    let upper = (radicand >> 64) as u64;
    let upper_root = upper.isqrt();
    let remainder = upper - upper_root * upper_root; // at most 2 × upper_root, below 2³³
    let root = (u128::from(upper_root) << 32) + u128::from((remainder << 31) / upper_root);
    root - u128::from(root * root > radicand)
}

/// `value` / 2^`distance`, its lowest bit set if any bit was lost.
#[inline]
pub(crate) fn shift_right_sticky(value: u128, distance: u32) -> u128 {
    if distance == 0 {
        value
    } else if distance < 128 {
        (value >> distance) | u128::from(value << (128 - distance) != 0)
    } else {
        u128::from(value != 0)
    }
}
