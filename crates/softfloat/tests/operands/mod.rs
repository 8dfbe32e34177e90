//! Random operands, biased to where floating point goes wrong, from a seeded generator, the same on every run.
#![allow(dead_code, reason = "each test binary uses a part")]

use lodge_softfloat::{Format, Rounding};

/// Marsaglia's xorshift64, shifts 13, 7, 17.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            random.bits();
        }
        random
    }

    pub fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.bits() >> 20) % bound
    }

    /// A word with few or long runs of ones: carries, ties and cancellations.
    pub fn runs(&mut self) -> u64 {
        match self.below(5) {
            0 => 0,
            1 => u64::MAX << self.below(64),
            2 => u64::MAX >> self.below(64),
            3 => (1 << self.below(64)) | (1 << self.below(64)),
            _ => self.bits(),
        }
    }

    /// An operand: any class, and exponents near each other, near the ends and near the integers.
    pub fn operand(&mut self, format: Format) -> u64 {
        let (exponent_bits, fraction_bits) = fields(format);
        let largest = (1u64 << exponent_bits) - 1;
        let bias = largest / 2;
        let exponent = match self.below(16) {
            0 => 0,
            1 => largest,
            2 => 1 + self.below(3),
            3 => largest - 1 - self.below(3),
            4..=7 => bias - 2 + self.below(5),
            8 => (bias + self.below(70)).min(largest),
            9 => (bias + fraction_bits as u64).wrapping_sub(2) + self.below(5),
            10 => self.below(2 * fraction_bits as u64).min(largest),
            11 => bias / 2 + self.below(5),
            _ => self.below(largest + 1),
        };
        let fraction = (self.runs() >> self.below(2)) & ((1 << fraction_bits) - 1);
        let sign = self.bits() & format.sign_bit();
        sign | (exponent << fraction_bits) | fraction
    }

    /// An operand near `other`: cancellation, and quotients near one.
    pub fn near(&mut self, other: u64, format: Format) -> u64 {
        let (_, fraction_bits) = fields(format);
        let offset = match self.below(3) {
            0 => self.below(5).wrapping_sub(2),
            1 => self.below(5).wrapping_sub(2) << fraction_bits,
            _ => 1 << self.below(fraction_bits as u64),
        };
        let sign = self.bits() & format.sign_bit();
        (other.wrapping_add(offset) ^ sign) & (u64::MAX >> (64 - format.width()))
    }

    /// Two operands, sometimes near each other.
    pub fn pair(&mut self, format: Format) -> (u64, u64) {
        let a = self.operand(format);
        (a, if self.below(4) == 0 { self.near(a, format) } else { self.operand(format) })
    }

    pub fn rounding(&mut self) -> Rounding {
        Rounding::ALL[self.below(5) as usize]
    }

    /// An integer: any length, and near the powers of two and the ends.
    pub fn integer(&mut self) -> u64 {
        let value = self.runs() >> self.below(64);
        let value = value.wrapping_add(self.below(5)).wrapping_sub(2);
        if self.below(2) == 0 { value.wrapping_neg() } else { value }
    }
}

/// Bits of the exponent and of the fraction field.
pub fn fields(format: Format) -> (u32, u32) {
    match format {
        Format::F16 => (5, 10),
        Format::F32 => (8, 23),
        Format::F64 => (11, 52),
    }
}

/// How many cases: `quick` normally, `quick` × `factor` when LODGE_LONG=1.
pub fn cases(quick: u64, factor: u64) -> u64 {
    if std::env::var("LODGE_LONG").is_ok_and(|value| value == "1") { quick * factor } else { quick }
}
