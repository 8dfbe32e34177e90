//! Guest code as a lifter reads it: from one page, and if an instruction straddles its end, from the next.

use crate::Exception;
use lodge_memory::PAGE_SIZE;
use std::collections::BTreeSet;

/// Most guest instructions in a block.
const MAX_INSTRUCTIONS: u32 = 64;

/// Reads the page after the first one, when an instruction straddles: its bytes, or the fetch's exception.
pub type NextPage<'a> = &'a mut dyn FnMut(u64) -> Result<Vec<u8>, Exception>;

/// A window on guest code, starting at the block's first byte.
pub struct Code<'a> {
    start: u64,
    bytes: &'a [u8],
    next: Option<Vec<u8>>,
    next_page: NextPage<'a>,
    breakpoints: &'a BTreeSet<u64>,
    limit: u32,
}

impl<'a> Code<'a> {
    /// `bytes` from virtual address `start` to the end of its page.
    pub fn new(
        start: u64,
        bytes: &'a [u8],
        next_page: NextPage<'a>,
        breakpoints: &'a BTreeSet<u64>,
    ) -> Code<'a> {
        Code { start, bytes, next: None, next_page, breakpoints, limit: MAX_INSTRUCTIONS }
    }

    /// At most `limit` instructions.
    pub fn limit(mut self, limit: u32) -> Code<'a> {
        self.limit = limit.min(MAX_INSTRUCTIONS);
        self
    }

    /// Whether the block may take another instruction at `pc`, having `done` so far.
    pub fn more(&self, pc: u64, done: u32) -> bool {
        done == 0
            || (done < self.limit
                && pc.wrapping_sub(self.start) < self.bytes.len() as u64
                && (self.breakpoints.is_empty() || !self.breakpoints.contains(&pc)))
    }

    /// Whether the instruction at `pc` of `len` bytes ends in another page than the block starts in. Lifters do not
    /// append such an instruction to others: it gets a block of its own.
    pub fn straddles(&self, pc: u64, len: u8) -> bool {
        pc.wrapping_sub(self.start) + u64::from(len) > self.bytes.len() as u64
    }

    /// The little-endian halfword at `pc`.
    ///
    /// # Errors
    /// The fetch's exception, when `pc` is in the next page and that cannot be fetched.
    pub fn u16(&mut self, pc: u64) -> Result<u16, Exception> {
        Ok(u16::from_le_bytes([self.u8(pc)?, self.u8(pc.wrapping_add(1))?]))
    }

    /// The byte at `pc`.
    ///
    /// # Errors
    /// As for [`Code::u16`].
    pub fn u8(&mut self, pc: u64) -> Result<u8, Exception> {
        let offset = pc.wrapping_sub(self.start) as usize;
        if let Some(byte) = self.bytes.get(offset) {
            return Ok(*byte);
        }
        if self.next.is_none() {
            self.next = Some((self.next_page)(self.start.wrapping_add(self.bytes.len() as u64))?);
        }
        let beyond = self.next.as_ref().and_then(|page| page.get(offset - self.bytes.len()));
        debug_assert!(offset - self.bytes.len() < PAGE_SIZE as usize, "an instruction over three pages");
        Ok(beyond.copied().unwrap_or(0))
    }
}
