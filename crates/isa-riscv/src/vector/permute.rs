//! Elements to other places: slides, gathers, compression, whole registers.

use super::{Unit, form, form_of};

impl<const S: u8> Unit<'_, S> {
    /// vrgather, vrgatherei16, vslideup, vslidedown
    pub(super) fn move_elements(&mut self, function: u32) {
        let vector = form_of(&self.i) == form::IVV;
        let index_size = if function == 0x0e { 1 } else { S };
        // A scalar offset is not cut to SEW bits.
        let offset = match form_of(&self.i) {
            form::IVX => self.x(self.i.rs1),
            _ => u64::from(self.i.rs1),
        };
        let vlmax = self.vlmax as u64;
        self.each(|u, index| {
            let at = index as u64;
            let from = match (function, vector) {
                (_, true) => u.get(u.i.rs1, index_size, index),
                (0x0c, _) => offset,
                (0x0e, _) if at < offset => return,
                (0x0e, _) => at - offset,
                _ => at.saturating_add(offset),
            };
            let value = if from < vlmax { u.a(from as usize) } else { 0 };
            u.put(u.i.rd, S, index, value);
        });
    }

    /// vslide1up, vslide1down and the same of floating point
    pub(super) fn slide_one(&mut self, up: bool) {
        let (scalar, last) = (self.b(0), self.vl.wrapping_sub(1));
        self.each(|u, index| {
            let value = match up {
                true if index == 0 => scalar,
                true => u.a(index - 1),
                false if index == last => scalar,
                false => u.a(index + 1),
            };
            u.put(u.i.rd, S, index, value);
        });
    }

    pub(super) fn compress(&mut self) {
        let mut to = 0;
        for index in 0..self.vl {
            if self.bit(self.i.rs1, index) {
                let value = self.a(index);
                self.put(self.i.rd, S, to, value);
                to += 1;
            }
        }
    }

    /// vmv1r.v and its kin: vl does not matter.
    pub(super) fn move_registers(&mut self) {
        let bytes = (usize::from(self.i.rs1) + 1) * self.vlenb;
        for index in (self.start << S).min(bytes)..bytes {
            let value = self.get(self.i.rs2, 0, index);
            self.put(self.i.rd, 0, index, value);
        }
    }
}
