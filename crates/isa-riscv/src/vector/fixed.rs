//! Fixed-point instructions: saturation notes itself in `vxsat`, rounding follows `vxrm`.

use super::{Unit, function_of, ones, signed};
use crate::slots;

/// `value` shifted right by `count`, rounded as `vxrm` says (manual, "Vector Fixed-Point Rounding Mode Register").
fn round(value: i128, count: u32, vxrm: u64) -> i128 {
    if count == 0 {
        return value;
    }
    let bit = |n: u32| value >> n & 1;
    let rest = value & ((1 << (count - 1)) - 1) != 0;
    let up = match vxrm {
        0 => bit(count - 1),
        1 => i128::from(bit(count - 1) != 0 && (rest || bit(count) != 0)),
        2 => 0,
        _ => i128::from(bit(count) == 0 && (rest || bit(count - 1) != 0)),
    };
    (value >> count) + up
}

impl<const S: u8> Unit<'_, S> {
    fn vxrm(&self) -> u64 {
        self.frame.slots[usize::from(slots::VCSR)] >> 1 & 3
    }

    /// `value`, or the nearest that an element can hold.
    fn saturate(&mut self, value: i128, sign: bool) -> u64 {
        let (low, high) = match sign {
            true => (-(1 << (self.bits() - 1)), (1 << (self.bits() - 1)) - 1),
            false => (0, i128::from(ones(S))),
        };
        let kept = value.clamp(low, high);
        if kept != value {
            self.frame.slots[usize::from(slots::VCSR)] |= 1;
        }
        kept as u64
    }

    pub(super) fn fixed_point(&mut self, function: u32) {
        let (sew, vxrm, bits) = (S, self.vxrm(), self.bits());
        let s = move |v| i128::from(signed(v, sew));
        let u = |v: u64| i128::from(v);
        match function {
            0x20 => self.map(|unit, a, b| unit.saturate(u(a) + u(b), false)),
            0x21 => self.map(|unit, a, b| unit.saturate(s(a) + s(b), true)),
            0x22 => self.map(|unit, a, b| unit.saturate(u(a) - u(b), false)),
            0x23 => self.map(|unit, a, b| unit.saturate(s(a) - s(b), true)),
            0x27 => self.map(|unit, a, b| unit.saturate(round(s(a) * s(b), bits - 1, vxrm), true)),
            0x2a => self.map(|_, a, b| round(u(a), b as u32 & (bits - 1), vxrm) as u64),
            0x2b => self.map(|_, a, b| round(s(a), b as u32 & (bits - 1), vxrm) as u64),
            0x2e => self.narrow(|unit, a, count| unit.saturate(round(u(a), count, vxrm), false)),
            0x2f => self.narrow(|unit, a, count| {
                unit.saturate(round(i128::from(signed(a, sew + 1)), count, vxrm), true)
            }),
            _ => debug_assert!(false, "the decoder knows no function {:#x}", function_of(&self.i)),
        }
    }

    /// vaaddu, vaadd, vasubu, vasub
    pub(super) fn averages(&mut self, function: u32) {
        let (sew, vxrm) = (S, self.vxrm());
        self.map(|_, a, b| {
            let number = |v| if function & 1 == 0 { i128::from(v) } else { i128::from(signed(v, sew)) };
            let sum = if function < 0x0a { number(a) + number(b) } else { number(a) - number(b) };
            round(sum, 1, vxrm) as u64
        });
    }
}
