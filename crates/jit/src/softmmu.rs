//! The software MMU: a small translation cache per address space that translated code probes inline.
//!
//! ```text
//!   r15 ─► MmuContext   tlb[512]   read/write tag (page address or NEVER), addend (host = guest + addend), physical page
//!                       jumps[…]   guest pc ^ jump key → host code
//!                       second ─►  a larger jump cache, shared by all contexts, its entries told apart by epochs
//!                       behind it, in its `Home`: the window of the mirror
//!   a few contexts are kept alive, one per recent (root, view): switching address space or privilege is a pointer swap
//! ```
//! A page that holds translated code never has a write tag: stores to it go by a routine that looks at the bits of
//! [`GuestMemory::code_bits`], found by way of `code_bits`, and takes the slow path, which reports them, if one is set.

use crate::blocks::Page;
use crate::mirror::{self, Home, LARGE, Piece, Quota, Room, Showing};
use crate::{Mapping, Mode};
use lodge_memory::{GuestMemory, PAGE_SHIFT, PAGE_SIZE};
use rustc_hash::FxHashSet;

/// Entries of a context's translation cache; a power of two.
pub(crate) const TLB_ENTRIES: usize = 512;
/// Entries of a context's jump cache; a power of two.
pub(crate) const JUMPS: usize = 2048;
// Bits 1 to 11 of an address choose its entry, so that keys may have something else there: see `Mode::jump_key`.
const _: () = assert!(JUMPS >= 2048);
/// Entries of a context's cache of fetch translations; a power of two.
const FETCHES: usize = 256;
/// Bits of [`MmuContext::jump_pages`]; a power of two.
const JUMP_PAGES: usize = 4096;
/// Address spaces kept alive.
const CONTEXTS: usize = 16;
/// Root and view of a context that was never used.
const NOBODY: (u64, u16) = (u64::MAX, u16::MAX);
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
    /// Virtual and physical page of recent fetches; only the dispatcher looks here.
    fetches: [(u64, u64); FETCHES],
    /// Which entries of `tlb`, `jumps` and `fetches` are global ([`Mapping::global`]).
    global_tlb: Bits<{ TLB_ENTRIES / 64 }>,
    global_jumps: Bits<{ JUMPS / 64 }>,
    global_fetches: Bits<{ FETCHES / 64 }>,
    /// Hashes of the pages that jumps may lead to: most fences are for others.
    jump_pages: Bits<{ JUMP_PAGES / 64 }>,
    /// The second jump cache, which all contexts share: what the first one has no room for.
    pub second: *const SecondJump,
    /// What of it is this context's: entries of this epoch, which changes when jumps are forgotten,
    pub epoch: u64,
    /// and of this one, which is of all address spaces. 0: none.
    pub global_epoch: u64,
    /// Changes when pages that regions rely on may be mapped otherwise; never the same in two contexts.
    pub generation: u64,
    /// Virtual pages that regions rely on in this generation.
    relied: FxHashSet<u64>,
    /// Nothing cached: skip it in scans.
    clean: bool,
    /// No jumps cached. Fences are frequent and most contexts idle: this keeps a fence cheap.
    no_jumps: bool,
}

/// One jump target in the second jump cache.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(32))]
pub(crate) struct SecondJump {
    /// As in [`Jump`].
    pub key: u64,
    /// See [`MmuContext::epoch`].
    pub epoch: u64,
    /// Host address.
    pub code: u64,
}

/// Entries of the second jump cache; a power of two.
pub(crate) const SECOND_JUMPS: usize = 16384;
/// Of entries that are nobody's.
const NO_EPOCH: u64 = u64::MAX;

/// Index of a guest pc in the second jump cache.
fn second_index(pc: u64) -> usize {
    (pc >> 1 ^ pc >> PAGE_SHIFT) as usize & (SECOND_JUMPS - 1)
}

/// A set of small numbers.
#[derive(Debug, Clone, Copy)]
struct Bits<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Bits<WORDS> {
    const NONE: Bits<WORDS> = Bits([0; WORDS]);

    fn get(&self, n: usize) -> bool {
        self.0[n / 64] >> (n % 64) & 1 != 0
    }

    fn set(&mut self, n: usize, to: bool) {
        let bit = 1 << (n % 64);
        self.0[n / 64] = if to { self.0[n / 64] | bit } else { self.0[n / 64] & !bit };
    }
}

/// All of a vCPU's contexts.
pub(crate) struct SoftMmu {
    contexts: Vec<Home>,
    /// Root and view of each context, and when it was last selected; apart, since contexts are far from each other.
    keys: Vec<(u64, u16)>,
    used: Vec<u64>,
    /// Every context has a window; or none has.
    quota: Option<Quota>,
    current: usize,
    tick: u64,
    /// Generations given out.
    generations: u64,
    second: Box<[SecondJump]>,
    /// Epochs given out; the one of global entries, and the pages those lead to.
    epochs: u64,
    global_epoch: u64,
    global_pages: Bits<{ JUMP_PAGES / 64 }>,
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

/// Index of a page in [`MmuContext::jump_pages`].
fn jump_page(address: u64) -> usize {
    ((address >> PAGE_SHIFT).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52) as usize & (JUMP_PAGES - 1)
}

impl MmuContext {
    fn new(miss: u64, second: *const SecondJump) -> MmuContext {
        let empty = Jump { key: 0, code: miss };
        MmuContext {
            tlb: [EMPTY; TLB_ENTRIES],
            jumps: [empty; JUMPS],
            code_bits: [0; TLB_ENTRIES],
            fetches: [(NEVER, 0); FETCHES],
            global_tlb: Bits::NONE,
            global_jumps: Bits::NONE,
            global_fetches: Bits::NONE,
            jump_pages: Bits::NONE,
            second,
            epoch: 0,
            global_epoch: 0,
            generation: 0,
            relied: FxHashSet::default(),
            clean: true,
            no_jumps: true,
        }
    }

    fn forget_jumps(&mut self, miss: u64) {
        if !self.no_jumps {
            self.jumps.fill(Jump { key: 0, code: miss });
            self.jump_pages = Bits::NONE;
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

    /// Forgets all but what is global.
    fn forget_local(&mut self, miss: u64) {
        if self.clean {
            return;
        }
        for i in (0..TLB_ENTRIES).filter(|i| !self.global_tlb.get(*i)) {
            self.tlb[i] = EMPTY;
        }
        for i in (0..FETCHES).filter(|i| !self.global_fetches.get(*i)) {
            self.fetches[i] = (NEVER, 0);
        }
        for i in (0..JUMPS).filter(|i| !self.global_jumps.get(*i)) {
            self.jumps[i] = Jump { key: 0, code: miss };
        }
        self.rely_on_nothing();
    }

    /// Begins with what is global in `other`.
    fn seed(&mut self, other: &MmuContext) {
        for i in (0..TLB_ENTRIES).filter(|i| other.global_tlb.get(*i)) {
            (self.tlb[i], self.code_bits[i]) = (other.tlb[i], other.code_bits[i]);
        }
        for i in (0..FETCHES).filter(|i| other.global_fetches.get(*i)) {
            self.fetches[i] = other.fetches[i];
        }
        for i in (0..JUMPS).filter(|i| other.global_jumps.get(*i)) {
            self.jumps[i] = other.jumps[i];
        }
        (self.global_tlb, self.global_fetches) = (other.global_tlb, other.global_fetches);
        (self.global_jumps, self.jump_pages) = (other.global_jumps, other.jump_pages);
        (self.clean, self.no_jumps) = (other.clean, other.no_jumps);
    }

    /// Forgets what is remembered of one page, but for what regions rely on.
    fn forget_page(&mut self, page: u64, miss: u64) {
        let entry = &mut self.tlb[tlb_index(page)];
        if entry.read == page || entry.write == page {
            *entry = EMPTY;
        }
        let fetch = &mut self.fetches[(page >> PAGE_SHIFT) as usize % FETCHES];
        if fetch.0 == page {
            *fetch = (NEVER, 0);
        }
        if self.relied.contains(&page) {
            self.rely_on_nothing();
        }
        if !self.jump_pages.get(jump_page(page)) {
            return;
        }
        // Also from the page before: its last instruction may end in this one. The key's top bits are not the
        // address's.
        const ADDRESS: u64 = (1 << 57) - 1;
        for jump in self.jumps.iter_mut().filter(|jump| jump.code != miss) {
            let after = (page & ADDRESS).wrapping_sub(jump.key & ADDRESS & PAGE_MASK);
            if after & ADDRESS <= PAGE_SIZE {
                *jump = Jump { key: 0, code: miss };
            }
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
        let nothing = SecondJump { key: 0, epoch: NO_EPOCH, code: miss };
        let second = vec![nothing; SECOND_JUMPS].into_boxed_slice();
        let fresh = || MmuContext::new(miss, second.as_ptr());
        let quota = if mirror { Quota::claim(CONTEXTS) } else { None };
        let window = if quota.is_some() { Home::with_window(fresh()) } else { None };
        let quota = quota.filter(|_| window.is_some());
        let first = window.unwrap_or_else(|| Home::plain(fresh()));
        SoftMmu {
            contexts: vec![first],
            quota,
            keys: vec![NOBODY],
            used: vec![0],
            current: 0,
            tick: 0,
            generations: 0,
            second,
            epochs: 1,
            global_epoch: 1,
            global_pages: Bits::NONE,
            miss,
        }
    }

    /// Selects the context of `mode`, recycling the one unused for longest.
    pub(crate) fn select(&mut self, mode: Mode) -> *mut MmuContext {
        let wanted = (mode.root, mode.view);
        if self.keys[self.current] != wanted {
            self.tick += 1;
            let found = self.keys.iter().position(|key| *key == wanted);
            self.current = found.unwrap_or_else(|| self.recycle(wanted));
            self.used[self.current] = self.tick;
        }
        self.contexts[self.current].address()
    }

    /// Whether there is a context for the mode, so that none must be recycled.
    pub(crate) fn has(&self, mode: Mode) -> bool {
        let wanted = (mode.root, mode.view);
        self.keys[self.current] == wanted || self.keys.contains(&wanted)
    }

    /// A fresh context for this root and view.
    fn recycle(&mut self, wanted: (u64, u16)) -> usize {
        let index = match self.another() {
            Some(home) => {
                self.contexts.push(home);
                self.keys.push(NOBODY);
                self.used.push(0);
                self.contexts.len() - 1
            }
            None => (0..self.contexts.len()).min_by_key(|&i| self.used[i]).unwrap_or(0),
        };
        self.contexts[index].hide_all();
        self.contexts[index].forget(self.miss);
        self.keys[index] = wanted;
        self.new_epoch(index);
        self.contexts[index].global_epoch = if wanted.0 == 0 { 0 } else { self.global_epoch };
        // What is global is known already to whoever looked at it in the same way from another address space.
        let like = |i: &usize| *i != index && self.keys[*i].1 == wanted.1 && self.keys[*i].0 != 0;
        let model = (0..self.contexts.len()).filter(like).max_by_key(|i| self.used[*i]);
        if let (Some(model), true) = (model, wanted.0 != 0)
            && let Ok([fresh, model]) = self.contexts.get_disjoint_mut([index, model])
        {
            fresh.seed(model);
        }
        index
    }

    /// Of the second jump cache, nothing is context `index`'s any more.
    fn new_epoch(&mut self, index: usize) {
        self.epochs += 1;
        self.contexts[index].epoch = self.epochs;
    }

    /// Nor is anything global.
    fn new_global_epoch(&mut self) {
        self.epochs += 1;
        self.global_epoch = self.epochs;
        self.global_pages = Bits::NONE;
        for context in self.contexts.iter_mut().filter(|context| context.global_epoch != 0) {
            context.global_epoch = self.epochs;
        }
    }

    fn another(&self) -> Option<Home> {
        if self.contexts.len() == CONTEXTS {
            return None;
        }
        let context = MmuContext::new(self.miss, self.second.as_ptr());
        if self.mirrors() { Home::with_window(context) } else { Some(Home::plain(context)) }
    }

    /// Whether there are windows.
    pub(crate) fn mirrors(&self) -> bool {
        self.quota.is_some()
    }

    /// Shows what is around `address` in the current context's window as `mapping` allows: the page, or all of a large
    /// one unless there is code in it.
    pub(crate) fn show(&mut self, address: u64, mapping: Mapping, memory: &GuestMemory) -> Showing {
        if !mapping.readable || !mapping.whole_page {
            return Showing::Useless;
        }
        match mirror::room(self.contexts.iter().map(Home::pieces).sum()) {
            Room::Enough => {}
            Room::AfterHiding => self.contexts.iter_mut().for_each(Home::hide_all),
            Room::None => return Showing::Useless,
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
        let Some(backing) = memory.backing(piece.physical) else { return Showing::Useless };
        self.current().clean = false;
        let showing = self.contexts[self.current].show(piece, backing);
        if showing == Showing::Refused {
            // Most likely there are too many mappings: be content with few for a while.
            self.contexts.iter_mut().for_each(Home::hide_all);
        }
        showing
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
        context.global_tlb.set(tlb_index(address), mapping.global);
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
    pub(crate) fn remember_fetch(&mut self, pc: u64, mapping: Mapping) {
        let context = self.current();
        context.clean = false;
        let index = (pc >> PAGE_SHIFT) as usize % FETCHES;
        context.fetches[index] = (pc & PAGE_MASK, mapping.address & PAGE_MASK);
        context.global_fetches.set(index, mapping.global);
    }

    /// Remembers where `pc` was translated to.
    /// `lasting`: it looks at nothing when entered, and may be remembered for long.
    pub(crate) fn remember_jump(&mut self, pc: u64, key: u64, code: u64, lasting: bool) {
        // More than the longest instruction: it may end in the next page.
        const LONGEST: u64 = 16;
        let last = pc.wrapping_add(LONGEST - 1);
        let context = self.current();
        (context.clean, context.no_jumps) = (false, false);
        context.jumps[jump_index(pc)] = Jump { key: pc ^ key, code };
        let mut global = true;
        for address in [pc, last] {
            let fetch = (address >> PAGE_SHIFT) as usize % FETCHES;
            global &= context.fetches[fetch].0 == address & PAGE_MASK && context.global_fetches.get(fetch);
            context.jump_pages.set(jump_page(address), true);
        }
        context.global_jumps.set(jump_index(pc), global);
        if lasting {
            let epoch = if global { context.global_epoch } else { context.epoch };
            self.second[second_index(pc)] = SecondJump { key: pc ^ key, epoch, code };
            if global {
                [pc, last].iter().for_each(|address| self.global_pages.set(jump_page(*address), true));
            }
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

    /// Forgets translations. Jumps go too: what a virtual address leads to may have changed. `of`: of contexts with
    /// such a root only; `local`: global ones stay.
    pub(crate) fn flush(&mut self, range: Option<(u64, u64)>, of: impl Fn(u64) -> bool, local: bool) {
        let small = range.filter(|(_, len)| *len <= 16 * PAGE_SIZE).map(|(start, len)| {
            let first = start & PAGE_MASK;
            let pages = start.wrapping_add(len.max(1) - 1).wrapping_sub(first) / PAGE_SIZE + 1;
            (0..pages).map(move |n| first.wrapping_add(n * PAGE_SIZE))
        });
        let global = match &small {
            Some(pages) => pages.clone().any(|page| self.global_pages.get(jump_page(page))),
            None => !local,
        };
        if global {
            self.new_global_epoch();
        }
        for index in 0..self.contexts.len() {
            let context = &mut self.contexts[index];
            if context.clean || !of(self.keys[index].0) {
                continue;
            }
            let mut jumps = true;
            match &small {
                Some(pages) => {
                    jumps = pages.clone().any(|page| context.jump_pages.get(jump_page(page)));
                    for page in pages.clone() {
                        context.hide(page);
                        context.forget_page(page, self.miss);
                    }
                }
                None => {
                    context.hide_all();
                    if local { context.forget_local(self.miss) } else { context.forget(self.miss) }
                }
            }
            if jumps {
                self.new_epoch(index);
            }
        }
    }

    /// Forgets everything.
    pub(crate) fn flush_all(&mut self) {
        self.flush(None, |_| true, false);
    }

    /// Forgets jumps to one address, in any mode: the code there was thrown away.
    pub(crate) fn forget_jump(&mut self, pc: u64) {
        let empty = Jump { key: 0, code: self.miss };
        for context in self.contexts.iter_mut().filter(|c| !c.no_jumps) {
            context.jumps[jump_index(pc)] = empty;
        }
        self.second[second_index(pc)] = SecondJump { key: 0, epoch: NO_EPOCH, code: self.miss };
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
            had.extend(context.protect(pages));
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

#[cfg(test)]
#[path = "softmmu_tests.rs"]
mod tests;
