//! Vectors.

use super::asm::{JUMP_KEY, RAX, x64};
use super::block::Emitter;
use crate::ir::{Lanes, Op, Stream, Val};
use dynasmrt::DynasmApi;

impl Emitter<'_> {
    /// What code may assume is `bits` from here on.
    pub(super) fn assume(&mut self, bits: Val) {
        self.rekeyed = true;
        match bits {
            Val::Imm(bits) => x64!(self.asm ; mov WORD [rbp + JUMP_KEY], bits as i16),
            _ => {
                let r = self.read(bits, RAX);
                x64!(self.asm ; mov WORD [rbp + JUMP_KEY], Rw(r));
            }
        }
    }

    pub(super) fn lanes(&mut self, _op: &Op, _l: &Lanes) -> bool {
        false
    }

    pub(super) fn stream(&mut self, _op: &Op, _s: &Stream) -> bool {
        false
    }
}
