//! `vtype`: what the bits say.
//!
//! Source: unprivileged manual, "V" extension, "Vector type register, vtype".

/// A value of the `vtype` register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Vtype(pub u64);

impl Vtype {
    /// `vill` and nothing else: vector instructions that depend on `vtype` are illegal.
    pub const ILL: Vtype = Vtype(1 << 63);

    /// This value if the unit can hold it, else [`Vtype::ILL`]. Widest element: 64 bits.
    pub fn checked(self) -> Vtype {
        let reserved = self.0 >> 8 != 0 || self.0 & 7 == 4 || self.0 >> 3 & 7 > 3;
        // An element must fit the part of a register that a fraction leaves.
        if reserved || i32::from(self.lmul()) < i32::from(self.sew()) - 3 { Vtype::ILL } else { self }
    }

    /// Whether vector instructions that depend on it are illegal.
    pub fn ill(self) -> bool {
        self.0 >> 63 != 0
    }

    /// log2 of an element's bytes, 0 to 3.
    pub fn sew(self) -> u8 {
        (self.0 >> 3 & 3) as u8
    }

    /// log2 of the registers in a group, -3 to 3.
    pub fn lmul(self) -> i8 {
        ((self.0 & 7) as i8) << 5 >> 5
    }

    /// Elements of a group of registers of `vlenb` bytes.
    pub fn vlmax(self, vlenb: usize) -> usize {
        if self.ill() {
            return 0;
        }
        (vlenb << (self.lmul() + 3)) >> (3 + self.sew())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_fractions() {
        // e8,m8; e64,m1; e32,mf2; e8,mf8
        let sizes = [3, 0o30, 0o27, 5].map(|bits| Vtype(bits).checked().vlmax(16));
        assert_eq!(sizes, [128, 2, 2, 2]);
        // e64,mf2 does not fit; LMUL 4 and SEW 4 are reserved; so are bits above 7.
        assert!([0o37, 4, 0o40, 1 << 8, 1 << 63].iter().all(|&bits| Vtype(bits).checked().ill()));
        assert_eq!(Vtype::ILL.vlmax(16), 0);
    }
}
