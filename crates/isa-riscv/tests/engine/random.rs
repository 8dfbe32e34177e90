//! Random numbers, and those that bugs like.

/// xorshift64*: small, and the same everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 32) % n
    }

    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A value for an integer register.
    pub fn integer(&mut self) -> u64 {
        const EDGES: [u64; 12] =
            [0, 1, 2, 31, 63, 64, 0x7f, 0x8000, 0x7fff_ffff, 0x8000_0000, 1 << 32, 1 << 63];
        let edge = self.pick(&EDGES);
        match self.below(6) {
            0 => edge,
            1 => edge.wrapping_neg(),
            2 => !edge,
            3 => self.next() >> self.below(64),
            4 => self.next() as i32 as u64,
            _ => self.next(),
        }
    }

    /// A value for a floating-point register: of any width, boxed or not, special or not.
    pub fn float(&mut self) -> u64 {
        /// Zero, one, infinity, quiet and signalling NaN, largest, smallest normal and subnormal, limits of integers.
        const D: [u64; 14] = [
            0,
            0x3ff0 << 48,
            0x7ff0 << 48,
            0x7ff8 << 48,
            0x7ff0 << 48 | 1,
            (0x7ff0 << 48) - 1,
            0x0010 << 48,
            1,
            0x41df_ffff_ffc0_0000,
            0x41e0_0000_0000_0000,
            0x41ef_ffff_ffe0_0000,
            0x43e0 << 48,
            0x43f0 << 48,
            0x3fe0 << 48,
        ];
        const S: [u64; 12] = [
            0,
            0x3f80_0000,
            0x7f80_0000,
            0x7fc0_0000,
            0x7f80_0001,
            0x7f7f_ffff,
            0x0080_0000,
            1,
            0x4eff_ffff,
            0x4f00_0000,
            0x5f00_0000,
            0x3f00_0000,
        ];
        const H: [u64; 7] = [0, 0x3c00, 0x7c00, 0x7e00, 0x7c01, 0x7bff, 0x0001];
        const BOX: u64 = 0xffff_ffff << 32;
        let sign = self.below(2);
        match self.below(12) {
            0 | 1 => self.pick(&D) | sign << 63,
            2 | 3 => self.pick(&S) | sign << 31 | BOX,
            4 => self.pick(&S) | sign << 31 | self.next() << 32,
            5 => self.pick(&H) | sign << 15 | !0xffff,
            6 => self.next() & 0xffff | !0xffff,
            7 => self.next() & 0xffff_ffff | BOX,
            // Near to one, so that sums and products stay in range and round.
            8 => self.next() & !(0x7ff << 52) | (1000 + self.below(48)) << 52,
            9 => self.next() & 0x807f_ffff | (115 + self.below(24)) << 23 | BOX,
            10 => (self.integer() as i64 as f64).to_bits(),
            _ => self.next(),
        }
    }
}
