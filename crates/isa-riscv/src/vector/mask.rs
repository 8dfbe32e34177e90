//! Instructions on masks, and those that take an element to a scalar register.

use super::{Unit, signed};

impl<const S: u8> Unit<'_, S> {
    /// vmand and its kin, on all bits of the body.
    pub(super) fn mask_logic(&mut self, function: u32) {
        for index in self.start..self.vl {
            let (a, b) = (self.bit(self.i.rs2, index), self.bit(self.i.rs1, index));
            let value = match function {
                0x18 => a & !b,
                0x19 => a & b,
                0x1a => a | b,
                0x1b => a ^ b,
                0x1c => a | !b,
                0x1d => !(a & b),
                0x1e => !(a | b),
                _ => a == b,
            };
            self.put_bit(self.i.rd, index, value);
        }
    }

    /// vmv.x.s, vcpop.m, vfirst.m; vmv.s.x, which has no result.
    pub(super) fn scalar_result(&mut self) -> Option<u64> {
        if super::form_of(&self.i) == super::form::MVX {
            if self.start < self.vl {
                let value = self.x(self.i.rs1);
                self.put(self.i.rd, S, 0, value);
            }
            return None;
        }
        let set = |index: &usize| self.active(*index) && self.bit(self.i.rs2, *index);
        Some(match self.i.rs1 {
            0 => signed(self.a(0), S) as u64,
            0x10 => (0..self.vl).filter(set).count() as u64,
            _ => (0..self.vl).find(set).map_or(u64::MAX, |index| index as u64),
        })
    }

    /// vmsbf, vmsof, vmsif, viota, vid
    pub(super) fn mask_unary(&mut self) {
        let (mut count, kind) = (0, self.i.rs1);
        self.each(|u, index| {
            let set = u.bit(u.i.rs2, index);
            match kind {
                1 => u.put_bit(u.i.rd, index, count == 0 && !set),
                2 => u.put_bit(u.i.rd, index, count == 0 && set),
                3 => u.put_bit(u.i.rd, index, count == 0),
                0x10 => u.put(u.i.rd, S, index, count),
                _ => u.put(u.i.rd, S, index, index as u64),
            }
            count += u64::from(set);
        });
    }
}
