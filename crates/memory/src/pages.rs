//! One mark a page: which vCPUs hold translations of code in it.
//!
//! A vCPU that translates from a page sets its bit here. Whoever then writes the page (a device by DMA, a vCPU by
//! a store) tells each vCPU whose bit is set, through its [`CodeWatch`].

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, RwLock};

/// log2 of the granule in which pages are watched (4 KiB, the smallest page of every guest we have).
pub const PAGE_SHIFT: u32 = 12;
/// Bytes in such a granule.
pub const PAGE_SIZE: u64 = 1 << PAGE_SHIFT;

/// Told that bytes were written which the vCPU may have translated. Called on the writer's thread: it may only
/// queue the news and kick its vCPU.
pub trait CodeWatch: Send + Sync {
    /// `len` bytes at guest physical `address` (within one page) have changed.
    fn written(&self, address: u64, len: u64);
    /// The page at guest physical `address` holds code of some vCPU from now on: writes must come to be noticed.
    fn now_code(&self, address: u64);
}

/// The marks of one RAM region.
pub(crate) struct Marks {
    pages: Box<[AtomicU32]>,
}

impl Marks {
    pub(crate) fn new(pages: usize) -> Marks {
        // A zeroed Vec comes lazily from the kernel; a loop over 16 million atomics for 64 GiB would not.
        let zeroed: Box<[u32]> = vec![0; pages].into_boxed_slice();
        let raw = Box::into_raw(zeroed) as *mut [AtomicU32];
        // SAFETY: AtomicU32 has the size, alignment and valid values of u32, and ownership moves along.
        Marks { pages: unsafe { Box::from_raw(raw) } }
    }

    pub(crate) fn get(&self, page: usize) -> u32 {
        self.pages[page].load(Ordering::Acquire)
    }

    pub(crate) fn set(&self, page: usize, bits: u32) -> u32 {
        self.pages[page].fetch_or(bits, Ordering::AcqRel)
    }

    pub(crate) fn clear(&self, page: usize, bits: u32) {
        self.pages[page].fetch_and(!bits, Ordering::AcqRel);
    }
}

/// The watchers, by vCPU number (at most 32: one bit each).
#[derive(Default)]
pub(crate) struct Watchers(RwLock<Vec<(u32, Arc<dyn CodeWatch>)>>);

impl Watchers {
    pub(crate) fn add(&self, cpu: u32, watch: Arc<dyn CodeWatch>) {
        let mut watchers = self.0.write().unwrap_or_else(|e| e.into_inner());
        watchers.retain(|(n, _)| *n != cpu);
        watchers.push((cpu, watch));
    }

    pub(crate) fn each(&self, mask: u32, tell: impl Fn(&dyn CodeWatch)) {
        for (cpu, watch) in self.0.read().unwrap_or_else(|e| e.into_inner()).iter() {
            if mask & (1 << cpu) != 0 {
                tell(watch.as_ref());
            }
        }
    }
}
