//! The software MMU: a small translation cache per address space that translated code probes inline.
//!
//! ```text
//!   r15 ─► MmuContext   tlb[512]   read/write tag (page address or NEVER), addend (host = guest + addend), physical page
//!                       jumps[…]   guest pc ^ jump key → host code
//!   a few contexts are kept alive, one per recent (root, view): switching address space or privilege is a pointer swap
//! ```
//! A page that holds translated code never has a write tag: stores to it go by a routine that looks at the bits of
//! [`GuestMemory::code_bits`], found by way of `code_bits`, and takes the slow path, which reports them, if one is set.

use crate::blocks::Page;
use crate::mirror::{self, Home, LARGE, Piece, Showing};
use crate::{Mapping, Mode};
use lodge_memory::{GuestMemory, PAGE_SHIFT, PAGE_SIZE};
use rustc_hash::FxHashSet;

/// Entries of a context's translation cache; a power of two.
pub(crate) const TLB_ENTRIES: usize = 512;
/// Entries of a context's jump cache; a power of two.
pub(crate) const JUMPS: usize = 2048;
/// Bits of the sieve that tells which pages may have jumps into them; a power of two.
const JUMP_PAGES: usize = 4096;
/// Entries of a context's cache of fetch translations; a power of two.
const FETCHES: usize = 256;
/// Address spaces kept alive.
const CONTEXTS: usize = 16;
/// A tag that no probe can make: those have only page bits and, for atomics, the three lowest.
pub(crate) const NEVER: u64 = 1 << (PAGE_SHIFT - 1);
const PAGE_MASK: u64 = !(PAGE_SIZE - 1);

/// One cached translation.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct TlbEntry {
    /// Virtual page that may be read through this entry.
    pub read: u64,
    /// Virtual page that may be written.
    pub write: u64,
    /// Host address minus guest virtual address.
    pub addend: u64,
    /// Guest physical page, and [`WATCHED`].
    pub physical: u64,
}

/// In [`TlbEntry::physical`]: the page may be written but held code when it was remembered; `code_bits` is valid.
pub(crate) const WATCHED: u64 = 1;

impl TlbEntry {
    /// Guest physical page.
    pub(crate) fn page(&self) -> u64 {
        self.physical & PAGE_MASK
    }
}

const EMPTY: TlbEntry = TlbEntry { read: NEVER, write: NEVER, addend: 0, physical: NEVER };

/// One remembered jump target.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(crate) struct Jump {
    /// Guest pc ^ jump key.
    pub key: u64,
    /// Host address; the miss routine in an empty entry.
    pub code: u64,
}

/// One address space's caches. Translated code knows the layout.
#[repr(C, align(64))]
pub(crate) struct MmuContext {
    pub tlb: [TlbEntry; TLB_ENTRIES],
    pub jumps: [Jump; JUMPS],
    /// By entry of `tlb` that is watched, where its page's bits are.
    pub code_bits: [u64; TLB_ENTRIES],
    /// Which virtual pages, by their low bits, jumps were remembered into: a flush of any other page, as for every
    /// page fault of data, leaves the jumps alone.
    jump_pages: [u64; JUMP_PAGES / 64],
    /// Virtual and physical page of recent fetches; only the dispatcher looks here.
    fetches: [(u64, u64); FETCHES],
    /// Changes when pages that regions rely on may be mapped otherwise; never the same in two contexts.
    pub generation: u64,
    /// Virtual pages that regions rely on in this generation.
    relied: FxHashSet<u64>,
    root: u64,
    view: u16,
    /// Nothing cached: skip it in scans.
    clean: bool,
    /// No jumps cached. Fences are frequent and most contexts idle: this keeps a fence cheap.
    no_jumps: bool,
    used: u64,
}

/// All of a vCPU's contexts.
pub(crate) struct SoftMmu {
    contexts: Vec<Home>,
    /// Every context has a window; or none has.
    mirrors: bool,
    current: usize,
    tick: u64,
    /// Generations given out.
    generations: u64,
    /// Host address of the routine that empty jump entries lead to.
    miss: u64,
}

/// Index of a virtual address in a context's translation cache.
pub(crate) fn tlb_index(address: u64) -> usize {
    (address >> PAGE_SHIFT) as usize & (TLB_ENTRIES - 1)
}

/// Index of a guest pc in a context's jump cache.
pub(crate) fn jump_index(pc: u64) -> usize {
    (pc >> 1) as usize & (JUMPS - 1)
}

/// Word and bit of a page in the sieve of pages with jumps.
fn jump_page(pc: u64) -> (usize, u64) {
    let index = (pc >> PAGE_SHIFT) as usize & (JUMP_PAGES - 1);
    (index / 64, 1 << (index % 64))
}

impl MmuContext {
    fn new(miss: u64) -> MmuContext {
        let empty = Jump { key: 0, code: miss };
        MmuContext {
            tlb: [EMPTY; TLB_ENTRIES],
            jumps: [empty; JUMPS],
            code_bits: [0; TLB_ENTRIES],
            jump_pages: [0; JUMP_PAGES / 64],
            fetches: [(NEVER, 0); FETCHES],
            generation: 0,
            relied: FxHashSet::default(),
            root: u64::MAX,
            view: u16::MAX,
            clean: true,
            no_jumps: true,
            used: 0,
        }
    }

    fn forget_jumps(&mut self, miss: u64) {
        if !self.no_jumps {
            self.jumps.fill(Jump { key: 0, code: miss });
            self.jump_pages.fill(0);
            self.no_jumps = true;
        }
    }

    fn forget(&mut self, miss: u64) {
        if !self.clean {
            self.tlb.fill(EMPTY);
            self.fetches.fill((NEVER, 0));
            self.forget_jumps(miss);
            self.rely_on_nothing();
            self.clean = true;
        }
    }

    /// Regions must look at their pages again.
    fn rely_on_nothing(&mut self) {
        self.relied.clear();
        self.generation = 0;
    }
}

impl SoftMmu {
    /// `mirror`: with windows, if the host has room for them.
    pub(crate) fn new(miss: u64, mirror: bool) -> SoftMmu {
        let window = if mirror { Home::with_window(MmuContext::new(miss)) } else { None };
        let mirrors = window.is_some();
        let first = window.unwrap_or_else(|| Home::plain(MmuContext::new(miss)));
        SoftMmu { contexts: vec![first], mirrors, current: 0, tick: 0, generations: 0, miss }
    }

    /// Selects the context of `mode`, recycling the one unused for longest.
    pub(crate) fn select(&mut self, mode: Mode) -> *mut MmuContext {
        let wanted = |c: &MmuContext| c.root == mode.root && c.view == mode.view;
        if !wanted(&self.contexts[self.current]) {
            self.tick += 1;
            self.current = self.contexts.iter().position(|c| wanted(c)).unwrap_or_else(|| {
                let index = match self.another() {
                    Some(home) => {
                        self.contexts.push(home);
                        self.contexts.len() - 1
                    }
                    None => (0..self.contexts.len()).min_by_key(|&i| self.contexts[i].used).unwrap_or(0),
                };
                let context = &mut self.contexts[index];
                context.hide_all();
                context.forget(self.miss);
                (context.root, context.view) = (mode.root, mode.view);
                index
            });
            self.contexts[self.current].used = self.tick;
        }
        self.contexts[self.current].address()
    }

    fn another(&self) -> Option<Home> {
        if self.contexts.len() == CONTEXTS {
            return None;
        }
        let context = MmuContext::new(self.miss);
        if self.mirrors { Home::with_window(context) } else { Some(Home::plain(context)) }
    }

    /// Whether there are windows.
    pub(crate) fn mirrors(&self) -> bool {
        self.mirrors
    }

    /// Shows what is around `address` in the current context's window as `mapping` allows: the page, or all of a large
    /// one unless there is code in it.
    pub(crate) fn show(&mut self, address: u64, mapping: Mapping, memory: &GuestMemory) -> Showing {
        if !mapping.readable || !mapping.whole_page {
            return Showing::Useless;
        }
        if mirror::crowded() {
            self.contexts.iter_mut().for_each(Home::hide_all);
        }
        let piece = |len: u64, writable| Piece {
            page: address & !(len - 1),
            physical: mapping.address & !(len - 1),
            len,
            writable,
        };
        let code = |physical| memory.code_mask(physical) != 0;
        let large = piece(LARGE, mapping.writable);
        let small = piece(PAGE_SIZE, mapping.writable && !code(mapping.address));
        let pages = || (large.physical..large.physical + LARGE).step_by(PAGE_SIZE as usize);
        let whole =
            mapping.leaf >= LARGE && memory.find(large.physical, LARGE).is_some() && !pages().any(code);
        let piece = if whole { large } else { small };
        match memory.backing(piece.physical) {
            Some(backing) => self.contexts[self.current].show(piece, backing),
            None => Showing::Useless,
        }
    }

    pub(crate) fn current(&mut self) -> &mut MmuContext {
        &mut self.contexts[self.current]
    }

    /// Remembers a translation. `host`: host address of the byte at `mapping.address`; `code`: where the page's bits are,
    /// if it holds code.
    pub(crate) fn fill(&mut self, address: u64, mapping: Mapping, host: u64, code: Option<*const u64>) {
        let page = address & PAGE_MASK;
        let context = self.current();
        context.clean = false;
        let code = code.filter(|_| mapping.writable);
        context.code_bits[tlb_index(address)] = code.map_or(0, |bits| bits as u64);
        context.tlb[tlb_index(address)] = TlbEntry {
            read: if mapping.readable { page } else { NEVER },
            write: if mapping.writable && code.is_none() { page } else { NEVER },
            addend: host.wrapping_sub(address),
            physical: mapping.address & PAGE_MASK | if code.is_some() { WATCHED } else { 0 },
        };
    }

    /// Physical address of a fetch that was remembered.
    pub(crate) fn fetched(&mut self, pc: u64) -> Option<u64> {
        let (virtual_page, physical) = self.current().fetches[(pc >> PAGE_SHIFT) as usize % FETCHES];
        (virtual_page == pc & PAGE_MASK).then_some(physical | pc & !PAGE_MASK)
    }

    /// Remembers a fetch.
    pub(crate) fn remember_fetch(&mut self, pc: u64, physical: u64) {
        let context = self.current();
        context.clean = false;
        context.fetches[(pc >> PAGE_SHIFT) as usize % FETCHES] = (pc & PAGE_MASK, physical & PAGE_MASK);
    }

    /// Remembers where `pc` was translated to.
    pub(crate) fn remember_jump(&mut self, pc: u64, key: u64, code: u64) {
        let context = self.current();
        (context.clean, context.no_jumps) = (false, false);
        context.jumps[jump_index(pc)] = Jump { key: pc ^ key, code };
        // A block may reach into the next page. A region, into others, looks at its generation when entered.
        for (word, bit) in [jump_page(pc), jump_page(pc.wrapping_add(PAGE_SIZE))] {
            context.jump_pages[word] |= bit;
        }
    }

    /// A region over the page of `pc` and `more` was found to be mapped right; until when that holds: as long as
    /// the context has the generation returned.
    pub(crate) fn rely_on(&mut self, pc: u64, more: &[Page]) -> u64 {
        self.generations += 1;
        let fresh = self.generations;
        let context = self.current();
        if context.generation == 0 {
            context.generation = fresh;
        }
        context.clean = false;
        context.relied.extend(more.iter().map(|page| page.0));
        context.relied.insert(pc & PAGE_MASK);
        context.generation
    }

    /// Forgets translations. Jumps go too: what a virtual address leads to may have changed.
    pub(crate) fn flush(&mut self, range: Option<(u64, u64)>) {
        let miss = self.miss;
        for context in self.contexts.iter_mut().filter(|c| !c.clean) {
            match range {
                Some((start, len)) if len <= 16 * PAGE_SIZE => {
                    let first = start & PAGE_MASK;
                    let pages = start.wrapping_add(len.max(1) - 1).wrapping_sub(first) / PAGE_SIZE + 1;
                    for page in (0..pages).map(|n| first.wrapping_add(n * PAGE_SIZE)) {
                        let entry = &mut context.tlb[tlb_index(page)];
                        if entry.read == page || entry.write == page {
                            *entry = EMPTY;
                        }
                        let fetch = &mut context.fetches[(page >> PAGE_SHIFT) as usize % FETCHES];
                        if fetch.0 == page {
                            *fetch = (NEVER, 0);
                        }
                        context.hide(page);
                        if context.relied.contains(&page) {
                            context.rely_on_nothing();
                        }
                        let (word, bit) = jump_page(page);
                        if context.jump_pages[word] & bit != 0 {
                            context.forget_jumps(miss);
                        }
                    }
                }
                _ => {
                    context.hide_all();
                    context.forget(miss);
                }
            }
        }
    }

    /// Forgets jumps everywhere, because code was thrown away.
    pub(crate) fn flush_jumps(&mut self) {
        let miss = self.miss;
        self.contexts.iter_mut().for_each(|c| c.forget_jumps(miss));
    }

    /// Forgets jumps to one address, in any mode: the code there was thrown away.
    pub(crate) fn forget_jump(&mut self, pc: u64) {
        let empty = Jump { key: 0, code: self.miss };
        for context in self.contexts.iter_mut().filter(|c| !c.no_jumps) {
            context.jumps[jump_index(pc)] = empty;
        }
    }

    /// Takes the right to write from the physical pages `pages` (sorted); says for which of them it was there.
    pub(crate) fn protect(&mut self, pages: &[u64]) -> Vec<u64> {
        let mut had = Vec::new();
        for context in self.contexts.iter_mut().filter(|c| !c.clean) {
            for entry in &mut context.tlb {
                if entry.write != NEVER && pages.binary_search(&entry.page()).is_ok() {
                    entry.write = NEVER;
                    had.push(entry.page());
                }
            }
            had.extend(pages.iter().filter(|page| context.protect(**page)));
        }
        had
    }

    /// Lets stores to the physical page find their way to the fast path again: it holds no code any more.
    pub(crate) fn unprotect(&mut self, page: u64) {
        for context in self.contexts.iter_mut().filter(|c| !c.clean) {
            context.tlb.iter_mut().filter(|e| e.page() == page).for_each(|e| *e = EMPTY);
        }
    }
}
