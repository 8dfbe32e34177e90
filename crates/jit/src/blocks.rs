//! The table of translated blocks: found by address, thrown away by what they were made from.

use crate::ir::Block;
use lodge_memory::PAGE_SIZE;
use rustc_hash::FxHashMap;

/// What makes two blocks the same. The virtual address is part of it: blocks hold it as a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub physical: u64,
    pub pc: u64,
    pub assume: u32,
}

/// A block's place in the table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    /// What the back end runs.
    pub handle: u64,
    /// Bytes of guest code.
    pub len: u32,
    /// Physical page in which the last instruction ends, if it is another than it begins in.
    pub second: Option<u64>,
}

/// All blocks of one vCPU.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    table: FxHashMap<Key, Entry>,
    pages: FxHashMap<u64, Vec<Key>>,
    /// Blocks not made from RAM: no store tells when those change, so instruction fences drop them.
    from_devices: Vec<Key>,
}

fn page_of(address: u64) -> u64 {
    address & !(PAGE_SIZE - 1)
}

impl Blocks {
    pub(crate) fn get(&self, key: Key) -> Option<Entry> {
        self.table.get(&key).copied()
    }

    pub(crate) fn insert(&mut self, key: Key, entry: Entry, ram: bool) {
        self.table.insert(key, entry);
        self.pages.entry(page_of(key.physical)).or_default().push(key);
        if let Some(second) = entry.second {
            self.pages.entry(second).or_default().push(key);
        }
        if !ram {
            self.from_devices.push(key);
        }
    }

    /// Takes out one block; its handle.
    pub(crate) fn remove(&mut self, key: Key) -> Option<u64> {
        self.take(key, None)
    }

    /// Takes out one block, which the list of page `done` does not name any more.
    fn take(&mut self, key: Key, done: Option<u64>) -> Option<u64> {
        let entry = self.table.remove(&key)?;
        let pages = [Some(page_of(key.physical)), entry.second];
        for page in pages.into_iter().flatten().filter(|page| Some(*page) != done) {
            if let Some(keys) = self.pages.get_mut(&page) {
                keys.retain(|k| *k != key);
            }
        }
        Some(entry.handle)
    }

    /// Takes out every block made from a byte of the range (within one page). The handles, and whether the page is
    /// free of code now.
    pub(crate) fn invalidate(&mut self, address: u64, len: u64) -> (Vec<u64>, bool) {
        let page = page_of(address);
        let Some(keys) = self.pages.remove(&page) else { return (Vec::new(), true) };
        let (hit, rest): (Vec<Key>, Vec<Key>) =
            keys.into_iter().partition(|k| self.overlaps(*k, page, address, len));
        let free = rest.is_empty();
        if !free {
            self.pages.insert(page, rest);
        }
        let handles = hit.into_iter().filter_map(|key| self.take(key, Some(page))).collect();
        (handles, free)
    }

    fn overlaps(&self, key: Key, page: u64, address: u64, len: u64) -> bool {
        let Some(entry) = self.table.get(&key) else { return false };
        let (start, end) = if page_of(key.physical) == page {
            (key.physical, key.physical + u64::from(entry.len))
        } else {
            let first = PAGE_SIZE - key.physical % PAGE_SIZE;
            (page, page + (u64::from(entry.len).saturating_sub(first)))
        };
        address < end && start < address + len
    }

    /// Takes out the blocks that were not made from RAM.
    pub(crate) fn drop_from_devices(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.from_devices).into_iter().filter_map(|key| self.remove(key)).collect()
    }

    /// Takes out everything; the pages that held code.
    pub(crate) fn clear(&mut self) -> Vec<u64> {
        self.table.clear();
        self.from_devices.clear();
        std::mem::take(&mut self.pages).into_keys().collect()
    }
}

/// A block with what the engine knows about where it came from.
pub(crate) struct Lifted {
    pub block: Block,
    /// See [`Entry::second`].
    pub second: Option<u64>,
}
