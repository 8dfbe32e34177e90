//! The interchange formats (IEEE 754-2019 clause 3.4): field positions, special encodings, classes, NaN boxes.
//!
//! ```text
//!          ┌──────┬──────────────────┬──────────────────┐
//!          │ sign │  biased exponent │     fraction     │
//!          └──────┴──────────────────┴──────────────────┘
//!   F16       1             5                 10
//!   F32       1             8                 23
//!   F64       1            11                 52
//! ```
//!
//! A value is the low [`Format::width`] bits of a `u64`; operations ignore the bits above and return zeros there.

/// An interchange format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// binary16.
    F16,
    /// binary32.
    F32,
    /// binary64.
    F64,
}

impl Format {
    /// Bits in a value.
    #[inline]
    pub const fn width(self) -> u32 {
        match self {
            Self::F16 => 16,
            Self::F32 => 32,
            Self::F64 => 64,
        }
    }

    /// Bits of the fraction field.
    #[inline]
    pub(crate) const fn fraction_bits(self) -> u32 {
        match self {
            Self::F16 => 10,
            Self::F32 => 23,
            Self::F64 => 52,
        }
    }

    /// Bits of a normal number's significand (the standard's *p*), the hidden one included.
    #[inline]
    pub(crate) const fn precision(self) -> u32 {
        self.fraction_bits() + 1
    }

    /// Exponent of the largest normal numbers (the standard's *emax*), which is also the bias.
    #[inline]
    pub(crate) const fn emax(self) -> i32 {
        match self {
            Self::F16 => 15,
            Self::F32 => 127,
            Self::F64 => 1023,
        }
    }

    /// Exponent of the smallest normal number (the standard's *emin*).
    #[inline]
    pub(crate) const fn emin(self) -> i32 {
        1 - self.emax()
    }

    /// The sign bit.
    #[inline]
    pub const fn sign_bit(self) -> u64 {
        1 << (self.width() - 1)
    }

    /// The bits a value of this format occupies.
    #[inline]
    pub(crate) const fn mask(self) -> u64 {
        u64::MAX >> (64 - self.width())
    }

    /// The fraction field.
    #[inline]
    pub(crate) const fn fraction_mask(self) -> u64 {
        (1 << self.fraction_bits()) - 1
    }

    /// The fraction's top bit, which tells quiet NaNs from signaling ones (clause 6.2.1).
    #[inline]
    pub(crate) const fn quiet_bit(self) -> u64 {
        1 << (self.fraction_bits() - 1)
    }

    /// Positive infinity.
    #[inline]
    pub const fn infinity(self) -> u64 {
        (self.sign_bit() - 1) & !self.fraction_mask()
    }

    /// The largest finite number.
    #[inline]
    pub const fn largest(self) -> u64 {
        self.infinity() - 1
    }

    /// The positive quiet NaN with an empty payload: RISC-V's canonical NaN, ARM's default NaN.
    #[inline]
    pub const fn canonical_nan(self) -> u64 {
        self.infinity() | self.quiet_bit()
    }

    /// `bits` without its sign.
    #[inline]
    pub(crate) const fn magnitude(self, bits: u64) -> u64 {
        bits & (self.sign_bit() - 1)
    }

    /// Whether the sign bit is set (clause 5.7.2 isSignMinus).
    #[inline]
    pub const fn is_negative(self, bits: u64) -> bool {
        bits & self.sign_bit() != 0
    }

    /// Whether `bits` is a NaN.
    #[inline]
    pub const fn is_nan(self, bits: u64) -> bool {
        self.magnitude(bits) > self.infinity()
    }

    /// Whether `bits` is a signaling NaN.
    #[inline]
    pub const fn is_signaling(self, bits: u64) -> bool {
        self.is_nan(bits) && bits & self.quiet_bit() == 0
    }

    /// The class of `bits` (clause 5.7.2).
    pub const fn classify(self, bits: u64) -> Class {
        let negative = self.is_negative(bits);
        let magnitude = self.magnitude(bits);
        if self.is_nan(bits) {
            if self.is_signaling(bits) { Class::SignalingNan } else { Class::QuietNan }
        } else if magnitude == self.infinity() {
            if negative { Class::NegativeInfinity } else { Class::PositiveInfinity }
        } else if magnitude > self.fraction_mask() {
            if negative { Class::NegativeNormal } else { Class::PositiveNormal }
        } else if magnitude != 0 {
            if negative { Class::NegativeSubnormal } else { Class::PositiveSubnormal }
        } else if negative {
            Class::NegativeZero
        } else {
            Class::PositiveZero
        }
    }

    /// `bits` in a 64-bit register: all ones above the value (RISC-V unprivileged manual, "NaN Boxing of
    /// Narrower Values").
    #[inline]
    pub const fn boxed(self, bits: u64) -> u64 {
        bits | !self.mask()
    }

    /// The value a 64-bit register holds: its low bits if they are properly boxed, else the canonical NaN.
    #[inline]
    pub const fn unboxed(self, register: u64) -> u64 {
        if register | self.mask() == u64::MAX { register & self.mask() } else { self.canonical_nan() }
    }
}

/// The ten classes of clause 5.7.2, in the order of the bits of RISC-V's `fclass` result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// −∞.
    NegativeInfinity,
    /// A negative normal number.
    NegativeNormal,
    /// A negative subnormal number.
    NegativeSubnormal,
    /// −0.
    NegativeZero,
    /// +0.
    PositiveZero,
    /// A positive subnormal number.
    PositiveSubnormal,
    /// A positive normal number.
    PositiveNormal,
    /// +∞.
    PositiveInfinity,
    /// A signaling NaN.
    SignalingNan,
    /// A quiet NaN.
    QuietNan,
}

impl Class {
    /// RISC-V's `fclass` result: one of ten bits.
    #[inline]
    pub const fn mask(self) -> u64 {
        1 << self as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_encodings_are_the_standards() {
        assert_eq!(Format::F16.infinity(), 0x7c00);
        assert_eq!(Format::F32.infinity(), 0x7f80_0000);
        assert_eq!(Format::F64.infinity(), 0x7ff0_0000_0000_0000);
        assert_eq!(Format::F16.canonical_nan(), 0x7e00);
        assert_eq!(Format::F32.canonical_nan(), 0x7fc0_0000);
        assert_eq!(Format::F64.canonical_nan(), 0x7ff8_0000_0000_0000);
        assert_eq!(Format::F32.largest(), f32::MAX.to_bits().into());
        assert_eq!(Format::F64.largest(), f64::MAX.to_bits());
    }

    #[test]
    fn classes_have_the_bits_of_fclass() {
        let cases = [
            (0xfc00, 0),
            (0xbc00, 1),
            (0x8001, 2),
            (0x8000, 3),
            (0x0000, 4),
            (0x03ff, 5),
            (0x0400, 6),
            (0x7c00, 7),
            (0xfc01, 8),
            (0x7e00, 9),
        ];
        for (bits, position) in cases {
            assert_eq!(Format::F16.classify(bits).mask(), 1 << position, "{bits:#06x}");
        }
    }

    #[test]
    fn only_a_whole_box_is_opened() {
        assert_eq!(Format::F32.boxed(0x3f80_0000), 0xffff_ffff_3f80_0000);
        assert_eq!(Format::F32.unboxed(0xffff_ffff_3f80_0000), 0x3f80_0000);
        assert_eq!(Format::F32.unboxed(0xffff_fffe_3f80_0000), 0x7fc0_0000);
        assert_eq!(Format::F16.unboxed(0xffff_ffff_ffff_3c00), 0x3c00);
        assert_eq!(Format::F16.unboxed(0xffff_ffff_fffe_3c00), 0x7e00);
        assert_eq!(Format::F64.unboxed(5), 5);
        assert_eq!(Format::F64.boxed(5), 5);
    }
}
