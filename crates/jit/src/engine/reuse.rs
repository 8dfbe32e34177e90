//! Blocks from the store instead of from the translator, and new ones into it.
//!
//! ```text
//!   find ─► reuse: claim the page, read it, ask the store ─┬─ same bytes ─► back end puts the code in its place
//!                                                          └─ else lift, compile, keep
//! ```
//! The order of [`crate::smp`] holds here as for lifting: page and bytes are marked, and then read again.

use super::{Adopted, Backend, Engine};
use crate::blocks::{Entry, Key, Piece};
use crate::emit::Portable;
use crate::ir::Op;
use crate::warm::{Counts, Cursor, Found, Pen, Probe, Store};
use crate::{Access, Builder, Code, Exception, Isa};
use lodge_memory::PAGE_SIZE;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Bytes of guest code that are read to look a block up; longer blocks are not found.
const REACH: u64 = 256;

/// One vCPU's way to the store.
pub(super) struct Warm {
    store: Arc<Store>,
    cursor: Cursor,
    pen: Pen,
    counts: Counts,
    /// The block found last.
    found: Portable,
}

impl Warm {
    pub(super) fn new(store: Arc<Store>) -> Warm {
        Warm {
            store,
            cursor: Cursor::default(),
            pen: Pen::default(),
            counts: Counts::default(),
            found: Portable::default(),
        }
    }
}

impl Drop for Warm {
    fn drop(&mut self) {
        self.store.take_over(&mut self.pen);
        self.store.tally().add(&mut self.counts);
    }
}

/// What became of the wish to reuse.
pub(super) enum Reused {
    /// The block.
    Handle(u64),
    /// The back end is full.
    Full,
    /// There is none: translate.
    No,
}

impl<I: Isa, B: Backend<I>> Engine<I, B> {
    /// The block at `key` from the store. In the store's checking mode there never is one: see [`Engine::keep`].
    pub(super) fn reuse(&mut self, key: Key) -> Result<Reused, Exception> {
        // Blocks end at breakpoints: what is kept does not.
        if self.warm.is_none() || !self.breakpoints.is_empty() {
            return Ok(Reused::No);
        }
        self.claim(key.physical);
        self.page.resize((PAGE_SIZE - key.pc % PAGE_SIZE).min(REACH) as usize, 0);
        // Only RAM: what devices hold is fetched in their own ways.
        if self.core.memory.read(key.physical, &mut self.page).is_err() {
            return Ok(Reused::No);
        }
        let began = self.stats_clock();
        let found = self.search(key).filter(|_| !self.warm.as_ref().is_some_and(|w| w.store.checks()));
        let Some(Found { len }) = found else { return Ok(Reused::No) };
        if !self.is_marked(key.physical, len.into()) {
            return Ok(Reused::No);
        }
        let Some(warm) = &mut self.warm else { return Ok(Reused::No) };
        let ops = match warm.found.keeps_ops {
            true => operations::<I>(self.core.isa.mode(&self.core.frame), key.pc, &self.page[..len as usize]),
            false => Vec::new(),
        };
        match self.backend.adopt(&mut warm.found, key.pc, ops) {
            Adopted::Handle(handle) => {
                warm.counts.reused += 1;
                let instructions = u32::from(warm.found.instructions);
                let pieces = [Piece { start: key.physical, len: u64::from(len) }];
                self.blocks.insert(key, Entry { handle, more: None, region: false }, &pieces, true);
                self.note(|stats| &mut stats.reused, instructions, began);
                Ok(Reused::Handle(handle))
            }
            Adopted::Full => Ok(Reused::Full),
            Adopted::Unfit => Ok(Reused::No),
        }
    }

    /// Looks for the code in `page`; on success it is in `warm.found`.
    fn search(&mut self, key: Key) -> Option<Found> {
        let variant = self.backend.variant(&self.core.frame);
        let warm = self.warm.as_mut()?;
        let probe = Probe { pc: key.pc, assume: key.assume as u32, variant, code: &self.page };
        warm.store.find(&probe, &mut warm.cursor, &mut warm.found)
    }

    /// Keeps the block compiled last, which was made from the first `len` of the bytes in `page`, all in RAM. In the
    /// store's checking mode compares it with what the store has, if it has it.
    pub(super) fn keep(&mut self, key: Key, len: u32) {
        let whole = self.breakpoints.is_empty();
        let Some(warm) = self.warm.as_mut().filter(|_| whole) else { return };
        warm.counts.translated += 1;
        if warm.store.checks() && self.search(key).is_some_and(|found| found.len == len) {
            return self.compare(key);
        }
        let variant = self.backend.variant(&self.core.frame);
        let (Some(warm), Some(portable)) = (&mut self.warm, self.backend.portable()) else { return };
        let probe = Probe { pc: key.pc, assume: key.assume as u32, variant, code: &self.page };
        warm.store.add(&mut warm.pen, &probe, len, portable);
    }

    /// The vCPU stops: what was made since is for others too, and for the file.
    pub(super) fn share(&mut self) {
        let Some(warm) = &mut self.warm else { return };
        warm.store.tally().add(&mut warm.counts);
        if warm.store.wants(&warm.pen) {
            warm.store.take_over(&mut warm.pen);
        }
    }

    /// What the store has must be what the translator makes.
    fn compare(&mut self, key: Key) {
        let (Some(warm), Some(fresh)) = (&mut self.warm, self.backend.portable()) else { return };
        if !warm.found.same_code(fresh) {
            warm.counts.differences += 1;
            tracing::error!("the kept translation of {:#x} is not what the translator makes of it", key.pc);
        }
        warm.counts.checked += 1;
    }
}

/// The operations of the block that is exactly `code`.
fn operations<I: Isa>(mode: crate::Mode, pc: u64, code: &[u8]) -> Vec<Op> {
    let nowhere = Exception { cause: I::bus_error(Access::Execute), value: pc };
    let (mut next_page, none) = (|_| Err(nowhere), BTreeSet::new());
    let mut builder = Builder::new(pc);
    I::lift(mode, &mut Code::new(pc, code, &mut next_page, &none), &mut builder);
    builder.finish().ops
}
