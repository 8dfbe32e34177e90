//! Natural numbers of any length: just what a definition of rounding needs.

use std::cmp::Ordering;

/// Base 2³² digits, least first, no leading zeros.
#[derive(Clone, Debug)]
pub struct Big(Vec<u32>);

impl From<u64> for Big {
    fn from(value: u64) -> Self {
        Self::trimmed(vec![value as u32, (value >> 32) as u32])
    }
}

impl Big {
    fn trimmed(mut digits: Vec<u32>) -> Self {
        while digits.last() == Some(&0) {
            digits.pop();
        }
        Self(digits)
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    pub fn shl(&self, distance: u32) -> Self {
        let mut digits = vec![0; (distance / 32) as usize];
        let mut carry = 0u64;
        for &digit in &self.0 {
            carry |= u64::from(digit) << (distance % 32);
            digits.push(carry as u32);
            carry >>= 32;
        }
        digits.push(carry as u32);
        Self::trimmed(digits)
    }

    pub fn add(&self, other: &Self) -> Self {
        let mut carry = 0u64;
        let mut digits = Vec::new();
        for i in 0..=self.0.len().max(other.0.len()) {
            carry += u64::from(*self.0.get(i).unwrap_or(&0)) + u64::from(*other.0.get(i).unwrap_or(&0));
            digits.push(carry as u32);
            carry >>= 32;
        }
        Self::trimmed(digits)
    }

    /// `self` − `other`, which must not be greater.
    pub fn sub(&self, other: &Self) -> Self {
        let mut borrow = 0i64;
        let mut digits = Vec::new();
        for i in 0..self.0.len() {
            borrow += i64::from(self.0[i]) - i64::from(*other.0.get(i).unwrap_or(&0));
            digits.push(borrow as u32);
            borrow >>= 32;
        }
        assert_eq!(borrow, 0, "a difference below zero");
        Self::trimmed(digits)
    }

    pub fn mul(&self, other: &Self) -> Self {
        let mut digits = vec![0; self.0.len() + other.0.len()];
        for (i, &a) in self.0.iter().enumerate() {
            let mut carry = 0u64;
            for (j, &b) in other.0.iter().enumerate() {
                carry += u64::from(a) * u64::from(b) + u64::from(digits[i + j]);
                digits[i + j] = carry as u32;
                carry >>= 32;
            }
            digits[i + other.0.len()] = carry as u32;
        }
        Self::trimmed(digits)
    }

    pub fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}
