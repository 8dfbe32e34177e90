//! Integer instructions: arithmetic, comparisons, merges, extensions, reductions.

use super::{Unit, form, form_of, function_of, ones, signed};

impl<const S: u8> Unit<'_, S> {
    /// Forms IVV, IVX and IVI.
    pub(super) fn integers(&mut self) -> Option<u64> {
        let (function, sew, shift) = (function_of(&self.i), S, self.bits() - 1);
        let s = move |v| signed(v, sew);
        let count = move |v: u64| v as u32 & shift;
        match function {
            0x00 => self.map(|_, a, b| a.wrapping_add(b)),
            0x02 => self.map(|_, a, b| a.wrapping_sub(b)),
            0x03 => self.map(|_, a, b| b.wrapping_sub(a)),
            0x04 => self.map(|_, a, b| a.min(b)),
            0x05 => self.map(|_, a, b| s(a).min(s(b)) as u64),
            0x06 => self.map(|_, a, b| a.max(b)),
            0x07 => self.map(|_, a, b| s(a).max(s(b)) as u64),
            0x09 => self.map(|_, a, b| a & b),
            0x0a => self.map(|_, a, b| a | b),
            0x0b => self.map(|_, a, b| a ^ b),
            0x0c | 0x0e | 0x0f => self.move_elements(function),
            0x10..=0x13 => self.carries(function),
            0x17 => self.merge(),
            0x18 => self.compare(|_, a, b| a == b),
            0x19 => self.compare(|_, a, b| a != b),
            0x1a => self.compare(|_, a, b| a < b),
            0x1b => self.compare(|_, a, b| s(a) < s(b)),
            0x1c => self.compare(|_, a, b| a <= b),
            0x1d => self.compare(|_, a, b| s(a) <= s(b)),
            0x1e => self.compare(|_, a, b| a > b),
            0x1f => self.compare(|_, a, b| s(a) > s(b)),
            0x25 => self.map(|_, a, b| a << count(b)),
            0x28 => self.map(|_, a, b| a >> count(b)),
            0x29 => self.map(|_, a, b| (s(a) >> count(b)) as u64),
            0x27 if form_of(&self.i) == form::IVI => self.move_registers(),
            0x2c => self.narrow(|_, a, count| a >> count),
            0x2d => self.narrow(|_, a, count| (signed(a, S + 1) >> count) as u64),
            0x30 => self.fold(1, |_, a| a, |_, sum, a| sum.wrapping_add(a)),
            0x31 => self.fold(1, move |_, a| s(a) as u64, |_, sum, a| sum.wrapping_add(a)),
            _ => self.fixed_point(function),
        }
        None
    }

    /// Forms MVV and MVX.
    pub(super) fn multiplies(&mut self) -> Option<u64> {
        let (function, sew) = (function_of(&self.i), S);
        let vector = form_of(&self.i) == form::MVV;
        let s = move |v| signed(v, sew);
        match function {
            0x00 if vector => self.fold(0, |_, a| a, |_, sum, a| sum.wrapping_add(a)),
            0x01 if vector => self.fold(0, |_, a| a, |_, sum, a| sum & a),
            0x02 if vector => self.fold(0, |_, a| a, |_, sum, a| sum | a),
            0x03 if vector => self.fold(0, |_, a| a, |_, sum, a| sum ^ a),
            0x04 if vector => self.fold(0, |_, a| a, |_, sum, a| sum.min(a)),
            0x05 if vector => self.fold(0, |_, a| a, move |_, sum, a| s(sum).min(s(a)) as u64),
            0x06 if vector => self.fold(0, |_, a| a, |_, sum, a| sum.max(a)),
            0x07 if vector => self.fold(0, |_, a| a, move |_, sum, a| s(sum).max(s(a)) as u64),
            0x08..=0x0b => self.averages(function),
            0x0e | 0x0f => self.slide_one(function == 0x0e),
            0x10 => return self.scalar_result(),
            0x12 => self.extend(),
            0x14 => self.mask_unary(),
            0x17 => self.compress(),
            0x18..=0x1f => self.mask_logic(function),
            0x20 => self.map(|_, a, b| a.checked_div(b).unwrap_or(u64::MAX)),
            0x21 => self.map(move |_, a, b| if b == 0 { u64::MAX } else { s(a).wrapping_div(s(b)) as u64 }),
            0x22 => self.map(|_, a, b| a.checked_rem(b).unwrap_or(a)),
            0x23 => self.map(move |_, a, b| if b == 0 { a } else { s(a).wrapping_rem(s(b)) as u64 }),
            0x24 => self.map(|u, a, b| ((u128::from(a) * u128::from(b)) >> u.bits()) as u64),
            0x25 => self.map(|_, a, b| a.wrapping_mul(b)),
            0x26 => self.map(move |u, a, b| ((i128::from(s(a)) * i128::from(b)) >> u.bits()) as u64),
            0x27 => self.map(move |u, a, b| ((i128::from(s(a)) * i128::from(s(b))) >> u.bits()) as u64),
            // These have d for a multiplicand (madd, nmsub) or for the addend (macc, nmsac).
            0x29 => self.accumulate(|d, a, b| b.wrapping_mul(d).wrapping_add(a)),
            0x2b => self.accumulate(|d, a, b| a.wrapping_sub(b.wrapping_mul(d))),
            0x2d => self.accumulate(|d, a, b| d.wrapping_add(a.wrapping_mul(b))),
            0x2f => self.accumulate(|d, a, b| d.wrapping_sub(a.wrapping_mul(b))),
            _ => self.widens(function),
        }
        None
    }

    fn accumulate(&mut self, f: impl Fn(u64, u64, u64) -> u64) {
        self.each(|u, index| {
            let value = f(u.d(index), u.a(index), u.b(index));
            u.put(u.i.rd, S, index, value);
        });
    }

    /// Results of twice the width.
    fn widens(&mut self, function: u32) {
        let (sew, wide) = (S, S + 1);
        let s = |v| signed(v, sew) as u64;
        self.each(|u, index| {
            let (a, b) =
                (if function & 0x3c == 0x34 { u.get(u.i.rs2, wide, index) } else { u.a(index) }, u.b(index));
            let d = u.get(u.i.rd, wide, index);
            let value = match function {
                0x30 => a.wrapping_add(b),
                0x31 => s(a).wrapping_add(s(b)),
                0x32 => a.wrapping_sub(b),
                0x33 => s(a).wrapping_sub(s(b)),
                0x34 => a.wrapping_add(b),
                0x35 => a.wrapping_add(s(b)),
                0x36 => a.wrapping_sub(b),
                0x37 => a.wrapping_sub(s(b)),
                0x38 => a.wrapping_mul(b),
                0x3a => s(a).wrapping_mul(b),
                0x3b => s(a).wrapping_mul(s(b)),
                0x3c => d.wrapping_add(a.wrapping_mul(b)),
                0x3d => d.wrapping_add(s(a).wrapping_mul(s(b))),
                // Named by the scalar first: unsigned scalar times signed vector, and the other way round.
                0x3e => d.wrapping_add(s(a).wrapping_mul(b)),
                _ => d.wrapping_add(a.wrapping_mul(s(b))),
            };
            u.put(u.i.rd, wide, index, value);
        });
    }

    /// vd = f(vs2 of twice the width, shift count)
    pub(super) fn narrow(&mut self, f: impl Fn(&mut Self, u64, u32) -> u64) {
        self.each(|u, index| {
            let (a, b) = (u.get(u.i.rs2, S + 1, index), u.b(index));
            let value = f(u, a, b as u32 & (2 * u.bits() - 1));
            u.put(u.i.rd, S, index, value);
        });
    }

    /// vzext and vsext; the amount is in the place of vs1.
    fn extend(&mut self) {
        let (from, sign) = (S - (4 - (self.i.raw >> 16 & 7) as u8), self.i.raw >> 15 & 1 != 0);
        self.each(|u, index| {
            let value = u.get(u.i.rs2, from, index);
            u.put(u.i.rd, S, index, if sign { signed(value, from) as u64 } else { value });
        });
    }

    /// vadc, vmadc, vsbc, vmsbc: the mask register is an operand, and all elements are active.
    fn carries(&mut self, function: u32) {
        let carry_in = !self.i.vm;
        for index in self.start..self.vl {
            let (a, b) = (u128::from(self.a(index)), u128::from(self.b(index)));
            let carry = u128::from(carry_in && self.bit(0, index));
            let sum = if function < 0x12 { a + b + carry } else { a.wrapping_sub(b).wrapping_sub(carry) };
            if function & 1 == 0 {
                self.put(self.i.rd, S, index, sum as u64);
            } else {
                self.put_bit(self.i.rd, index, sum > u128::from(ones(S)));
            }
        }
    }

    /// vmerge and vmv.v: all elements are active.
    pub(super) fn merge(&mut self) {
        for index in self.start..self.vl {
            let value = if self.active(index) { self.b(index) } else { self.a(index) };
            self.put(self.i.rd, S, index, value);
        }
    }
}
