//! The table of translated blocks: found by address, thrown away by what they were made from.

use crate::ir::Block;
use lodge_memory::PAGE_SIZE;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What makes two blocks the same. The virtual address is part of it: blocks hold it as a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    pub physical: u64,
    pub pc: u64,
    /// Of the mode. As wide as the others: keys are copied by words, right after they were made.
    pub assume: u64,
}

/// A virtual page and the physical one it must lead to.
pub(crate) type Page = (u64, u64);

/// A block's or region's place in the table.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What the back end runs.
    pub handle: u64,
    /// The pages it was made from besides the one it begins in.
    pub more: Option<Arc<[Page]>>,
    /// Made of several blocks.
    pub region: bool,
}

/// A stretch of guest code that something was made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece {
    /// Physical address.
    pub start: u64,
    /// Bytes, all in one page.
    pub len: u64,
}

/// A block in a place that follows from its key.
#[derive(Debug, Clone, Copy)]
struct Near {
    key: Key,
    handle: u64,
}

/// Of a place that holds nothing: no code begins there.
const NO_KEY: Key = Key { physical: u64::MAX, pc: u64::MAX, assume: u64::MAX };
/// Places for blocks that are found fast; a power of two.
const NEAR: usize = 8192;

fn near_index(key: Key) -> usize {
    let mixed = (key.pc >> 1 ^ key.assume << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as usize & (NEAR - 1)
}

/// All blocks of one vCPU.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    table: FxHashMap<Key, Entry>,
    /// By page, what was made from it.
    pages: FxHashMap<u64, Vec<(Key, Piece)>>,
    /// Some of what `table` holds and is made from one page, where it is found faster.
    near: Vec<Near>,
    /// Blocks not made from RAM: no store tells when those change, so instruction fences drop them.
    from_devices: Vec<Key>,
    /// Pages that nothing is made from any more.
    freed: Vec<u64>,
}

fn page_of(address: u64) -> u64 {
    address & !(PAGE_SIZE - 1)
}

impl Blocks {
    pub(crate) fn get(&self, key: Key) -> Option<&Entry> {
        self.table.get(&key)
    }

    /// The handle of what was made from one page only, if it is at hand.
    pub(crate) fn near(&self, key: Key) -> Option<u64> {
        self.near.get(near_index(key)).filter(|near| near.key == key).map(|near| near.handle)
    }

    /// Puts a block that was found, and is made from one page, at hand.
    pub(crate) fn bring_near(&mut self, key: Key, handle: u64) {
        if self.near.is_empty() {
            self.near = vec![Near { key: NO_KEY, handle: 0 }; NEAR];
        }
        self.near[near_index(key)] = Near { key, handle };
    }

    fn not_near(&mut self, key: Key) {
        if let Some(near) = self.near.get_mut(near_index(key)).filter(|near| near.key == key) {
            near.key = NO_KEY;
        }
    }

    /// Puts in what was made from `pieces`; what was there under `key` stays bound to its own pieces too.
    pub(crate) fn insert(&mut self, key: Key, entry: Entry, pieces: &[Piece], ram: bool) {
        self.not_near(key);
        self.table.insert(key, entry);
        for &piece in pieces {
            self.pages.entry(page_of(piece.start)).or_default().push((key, piece));
        }
        if !ram {
            self.from_devices.push(key);
        }
    }

    /// Takes out one block.
    pub(crate) fn remove(&mut self, key: Key) -> Option<Entry> {
        self.take(key, None)
    }

    /// Takes out one block, which the list of page `done` does not name any more.
    fn take(&mut self, key: Key, done: Option<u64>) -> Option<Entry> {
        self.not_near(key);
        let entry = self.table.remove(&key)?;
        let more = entry.more.iter().flat_map(|pages| pages.iter().map(|page| page.1));
        for page in more.chain([page_of(key.physical)]).filter(|page| Some(*page) != done) {
            if let Some(made) = self.pages.get_mut(&page) {
                made.retain(|(k, _)| *k != key);
                if made.is_empty() {
                    self.pages.remove(&page);
                    self.freed.push(page);
                }
            }
        }
        Some(entry)
    }

    /// Takes out everything made from a byte of the range (within one page).
    pub(crate) fn invalidate(&mut self, address: u64, len: u64) -> Vec<(Key, Entry)> {
        let page = page_of(address);
        let Some(made) = self.pages.get_mut(&page) else {
            self.freed.push(page);
            return Vec::new();
        };
        let overlaps = |piece: &Piece| address < piece.start + piece.len && piece.start < address + len;
        let mut hit: Vec<Key> =
            made.iter().filter(|(_, piece)| overlaps(piece)).map(|(key, _)| *key).collect();
        if hit.is_empty() {
            return Vec::new();
        }
        hit.sort_unstable();
        hit.dedup();
        made.retain(|(key, _)| hit.binary_search(key).is_err());
        if made.is_empty() {
            self.pages.remove(&page);
            self.freed.push(page);
        }
        hit.into_iter().filter_map(|key| Some((key, self.take(key, Some(page))?))).collect()
    }

    /// The next page that was freed of code since it was asked for last, and still is.
    pub(crate) fn freed(&mut self) -> Option<u64> {
        loop {
            let page = self.freed.pop()?;
            if !self.pages.contains_key(&page) {
                return Some(page);
            }
        }
    }

    /// Takes out the blocks that were not made from RAM.
    pub(crate) fn drop_from_devices(&mut self) -> Vec<(Key, Entry)> {
        let keys = std::mem::take(&mut self.from_devices);
        keys.into_iter().filter_map(|key| Some((key, self.remove(key)?))).collect()
    }

    /// Takes out everything; the pages that held code.
    pub(crate) fn clear(&mut self) -> Vec<u64> {
        self.table.clear();
        self.near.clear();
        self.from_devices.clear();
        self.freed.clear();
        std::mem::take(&mut self.pages).into_keys().collect()
    }
}

/// A block with what the engine knows about where it came from.
pub(crate) struct Lifted {
    pub block: Block,
    /// The page its last instruction ends in, if it is another than it begins in.
    pub second: Option<Page>,
}

impl Lifted {
    /// What it was made from; it begins at `physical`.
    pub(crate) fn pieces(&self, physical: u64) -> Vec<Piece> {
        let len = u64::from(self.block.len);
        let first = len.min(PAGE_SIZE - physical % PAGE_SIZE);
        let rest = self.second.map(|(_, start)| Piece { start, len: len - first });
        [Piece { start: physical, len: first }].into_iter().chain(rest).collect()
    }
}
