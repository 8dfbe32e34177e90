//! Where translated code came from: one mark a page for each vCPU, and one bit for each 8 bytes.
//!
//! ```text
//!   page      u32: which vCPUs hold translations of code in it; 0: nobody looks at the bits
//!   granule   bit: some translation was made from these 8 bytes, and no write to them has been reported since
//! ```
//! A vCPU that translates marks the page, then the bytes, then reads them. Whoever writes a page that has a mark (a device
//! by DMA, a vCPU by a store) looks at the bits *after* writing, and if one is set tells each vCPU whose mark is there,
//! through its [`CodeWatch`], and clears the bits: those who were told will throw away whatever they made from there,
//! so that the next writes to the same bytes are nobody's business until they are translated again. Data beside
//! code costs a look at a bit, and code that is written costs one report for each granule of it.
//!
//! Marking and reporting exclude each other by a lock: a report is in the inbox of everybody concerned before its bits are
//! clear, so whoever finds them clear may take it that everybody has been told of all earlier writes.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use std::sync::{Arc, Mutex, MutexGuard, RwLock};

/// log2 of the granule in which pages are watched (4 KiB, the smallest page of every guest we have).
pub const PAGE_SHIFT: u32 = 12;
/// Bytes in such a granule.
pub const PAGE_SIZE: u64 = 1 << PAGE_SHIFT;
/// log2 of the bytes that one bit stands for.
pub const GRANULE_SHIFT: u32 = 3;
/// Words of bits for a page.
const WORDS: usize = 1 << (PAGE_SHIFT - GRANULE_SHIFT - 6);

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
    granules: Box<[[AtomicU64; WORDS]]>,
    /// Held while marks change, and until those concerned have been told.
    order: Mutex<()>,
}

/// Word and bits of it for granules `first..end` of a page.
fn masks(first: u32, end: u32) -> impl Iterator<Item = (usize, u64)> {
    let words = first / 64..end.div_ceil(64);
    words.map(move |word| {
        let (from, to) = (first.max(word * 64) - word * 64, end.min(word * 64 + 64) - word * 64);
        (word as usize, (u64::MAX >> (64 - (to - from))) << from)
    })
}

/// Granules of a page that the bytes `offset..offset + len` of it touch; `len` is not 0.
fn granules(offset: u64, len: u64) -> (u32, u32) {
    ((offset >> GRANULE_SHIFT) as u32, ((offset + len - 1) >> GRANULE_SHIFT) as u32 + 1)
}

impl Marks {
    pub(crate) fn new(pages: usize) -> Marks {
        // Zeroed Vecs come lazily from the kernel; a loop over 16 million atomics for 64 GiB would not.
        let zeroed: Box<[u32]> = vec![0; pages].into_boxed_slice();
        let raw = Box::into_raw(zeroed) as *mut [AtomicU32];
        let zeroed: Box<[[u64; WORDS]]> = vec![[0; WORDS]; pages].into_boxed_slice();
        let raw_granules = Box::into_raw(zeroed) as *mut [[AtomicU64; WORDS]];
        // SAFETY: the atomics have the size and valid values of the plain integers, and on 64-bit hosts their alignment;
        // ownership moves along.
        let (pages, granules) = unsafe { (Box::from_raw(raw), Box::from_raw(raw_granules)) };
        Marks { pages, granules, order: Mutex::default() }
    }

    fn order(&self) -> MutexGuard<'_, ()> {
        self.order.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn get(&self, page: usize) -> u32 {
        self.pages[page].load(Ordering::Acquire)
    }

    /// Where the bits of a page are.
    pub(crate) fn bits(&self, page: usize) -> *const u64 {
        self.granules[page].as_ptr().cast()
    }

    /// Marks a page for the vCPUs `bits`; if there was no mark, does `first` before anybody else can mark it.
    pub(crate) fn set(&self, page: usize, bits: u32, first: impl FnOnce()) {
        let _order = self.order();
        if self.pages[page].load(Ordering::Acquire) == 0 {
            self.granules[page].iter().for_each(|word| word.store(0, Ordering::SeqCst));
            self.pages[page].store(bits, Ordering::SeqCst);
            first();
        } else {
            self.pages[page].fetch_or(bits, Ordering::SeqCst);
        }
    }

    /// Marks `len` bytes of a page, before they are read.
    pub(crate) fn set_bytes(&self, page: usize, offset: u64, len: u64) {
        let (first, end) = granules(offset, len);
        {
            let _order = self.order();
            for (word, bits) in masks(first, end) {
                self.granules[page][word].fetch_or(bits, Ordering::SeqCst);
            }
        }
        // The other half of the fence of whoever writes and then looks.
        fence(Ordering::SeqCst);
    }

    pub(crate) fn clear(&self, page: usize, bits: u32) {
        let _order = self.order();
        if self.pages[page].fetch_and(!bits, Ordering::SeqCst) & !bits == 0 {
            // Nobody looks at the bits of a page without marks, but those who still think that it has some: let them
            // look again.
            self.granules[page].iter().for_each(|word| word.store(u64::MAX, Ordering::SeqCst));
        }
    }

    /// Bytes of a page were written, and a fence is behind that: if some of them are marked, calls `tell` with the mask of
    /// vCPUs and the bytes (offset and length, whole granules) that they are to be told of.
    pub(crate) fn report(&self, page: usize, offset: u64, len: u64, tell: impl FnOnce(u32, u64, u64)) {
        let (first, end) = granules(offset, len);
        let words = &self.granules[page];
        let marked = || masks(first, end).any(|(word, bits)| words[word].load(Ordering::SeqCst) & bits != 0);
        if self.get(page) == 0 || !marked() {
            return;
        }
        let _order = self.order();
        let mask = self.get(page);
        if mask != 0 && marked() {
            tell(mask, u64::from(first) << GRANULE_SHIFT, u64::from(end - first) << GRANULE_SHIFT);
            for (word, bits) in masks(first, end) {
                words[word].fetch_and(!bits, Ordering::SeqCst);
            }
        }
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
