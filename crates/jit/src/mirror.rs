//! Mirrored page tables: the low part of a guest address space as a window of the host's, so that the host's MMU
//! translates.
//!
//! ```text
//!   r15 ─► MmuContext │ guard │ window: 2^38 bytes, guest address 0 first │ guard │
//!                               pages of guest RAM, mapped when first missed, hidden by fences
//! ```
//! Code of regions reads and writes `[r15 + OFFSET + address]` after it has made sure that the address is below
//! [`WINDOW`]; what is not there faults and goes on in the slow path (see [`lodge_host::faults`]). The window shows a page
//! only with the rights that the translation cache would give it: not writable before it is dirty, nor while it holds
//! translated code. It must not know what a page table looks like.

use crate::softmmu::MmuContext;
use lodge_host::Reserve;
use lodge_memory::PAGE_SIZE;
use rustc_hash::{FxHashMap, FxHashSet};
use std::ops::{Deref, DerefMut};
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Guest addresses below this one may be mirrored (RISC-V's Sv39 gives user programs as much).
pub(crate) const WINDOW: u64 = 1 << 38;
/// Bytes around the window that never show anything: what an instruction may add to an address that was checked.
pub(crate) const GUARD: u64 = 1 << 20;
/// From the context to guest address 0.
pub(crate) const OFFSET: usize =
    size_of::<MmuContext>().next_multiple_of(PAGE_SIZE as usize) + GUARD as usize;

/// Windows that one process may have: each takes 256 GiB of the 128 TiB that x86-64 gives a process.
const MOST_WINDOWS: usize = 256;
/// Bytes of a large page: what RISC-V and x86 have on the second level.
pub(crate) const LARGE: u64 = 1 << 21;
/// Pages remembered as shown before.
const MOST_REMEMBERED: usize = 1 << 18;
/// Pages and large pages that may be shown in one process: each may cost two mappings, its own and the rest of the nothing
/// that it splits, and Linux allows a process 65,530 (`vm.max_map_count`).
const MOST_PIECES: usize = 24_000;
/// With fewer pieces than this a vCPU gains nothing by hiding its own when there are too many in the process.
const FEW_PIECES: usize = MOST_PIECES / 16;

static WINDOWS: AtomicUsize = AtomicUsize::new(0);
static PIECES: AtomicUsize = AtomicUsize::new(0);

/// The right to some windows.
pub(crate) struct Quota(usize);

impl Quota {
    /// For `windows` windows; `None` when others have too many.
    pub(crate) fn claim(windows: usize) -> Option<Quota> {
        let quota = Quota(windows);
        // Given back by the drop when it is too much.
        let before = WINDOWS.fetch_add(windows, Ordering::Relaxed);
        (before + windows <= MOST_WINDOWS).then_some(quota)
    }
}

impl Drop for Quota {
    fn drop(&mut self) {
        WINDOWS.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// A context and, if it has one, the window behind it.
pub(crate) struct Home {
    context: *mut MmuContext,
    /// What `context` lies in; without it, the context is a box of its own.
    reserve: Option<Reserve>,
    /// By first virtual address.
    shown: FxHashMap<u64, Piece>,
    /// By first physical address, the virtual one that shows it writable.
    writable: FxHashMap<u64, u64>,
    /// What was shown once, as far back as is remembered.
    ever: FxHashSet<u64>,
}

/// A page or a large page of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// First virtual address.
    pub page: u64,
    /// First physical address.
    pub physical: u64,
    /// Bytes: those of a page, or [`LARGE`].
    pub len: u64,
    pub writable: bool,
}

/// What has come of an attempt to show something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Showing {
    /// It is there for the first time.
    New,
    /// It is there again: it had been hidden, or was there with other rights.
    Again,
    /// It cannot be, or was there already.
    Useless,
    /// The host refused, and the window was emptied.
    Refused,
}

// SAFETY: the context is owned by this value.
unsafe impl Send for Home {}

impl Home {
    /// A home without a window.
    pub(crate) fn plain(context: MmuContext) -> Home {
        let context = Box::into_raw(Box::new(context));
        Home::over(context, None)
    }

    /// A home with a window, which must be within somebody's [`Quota`]; `None` when the host has no room for it.
    pub(crate) fn with_window(context: MmuContext) -> Option<Home> {
        let mut reserve = Reserve::new(OFFSET + (WINDOW + GUARD) as usize).ok()?;
        let place = reserve.open(0, OFFSET - GUARD as usize).ok()?.cast::<MmuContext>();
        // SAFETY: fresh memory, large enough and aligned to a page.
        unsafe { place.write(context) };
        Some(Home::over(place, Some(reserve)))
    }

    fn over(context: *mut MmuContext, reserve: Option<Reserve>) -> Home {
        let (shown, writable) = (FxHashMap::default(), FxHashMap::default());
        Home { context, reserve, shown, writable, ever: FxHashSet::default() }
    }

    /// Where the context is, for translated code.
    pub(crate) fn address(&self) -> *mut MmuContext {
        self.context
    }

    /// Shows a piece of guest RAM, which is at `backing`.
    pub(crate) fn show(&mut self, piece: Piece, backing: (BorrowedFd<'_>, u64)) -> Showing {
        // Page zero is never shown: see the emitter's checks.
        let fits = (1..WINDOW).contains(&piece.page);
        if !fits || self.reserve.is_none() || self.shown.get(&piece.page) == Some(&piece) {
            return Showing::Useless;
        }
        // A page shown writable at two addresses would have to be hidden at both when it becomes code: one must do.
        let large = piece.physical & !(LARGE - 1);
        for physical in [piece.physical, large] {
            if let Some(other) = self.writable.get(&physical).copied().filter(|_| piece.writable) {
                self.hide(other);
            }
        }
        if piece.len == LARGE && !self.shown.is_empty() {
            let pages = (piece.page..piece.page + LARGE).step_by(PAGE_SIZE as usize);
            pages.for_each(|page| self.hide(page));
            let pages = (piece.physical..piece.physical + LARGE).step_by(PAGE_SIZE as usize);
            self.protect(&pages.collect::<Vec<_>>());
        }
        self.hide(piece.page);
        let Some(reserve) = &mut self.reserve else { return Showing::Useless };
        if reserve.show(OFFSET + piece.page as usize, piece.len as usize, backing, piece.writable).is_err() {
            self.empty_window();
            return Showing::Refused;
        }
        PIECES.fetch_add(1, Ordering::Relaxed);
        self.shown.insert(piece.page, piece);
        if piece.writable {
            self.writable.insert(piece.physical, piece.page);
        }
        if self.ever.len() == MOST_REMEMBERED {
            self.ever.clear();
        }
        if self.ever.insert(piece.page) { Showing::New } else { Showing::Again }
    }

    /// Hides what shows the page, if something does.
    pub(crate) fn hide(&mut self, page: u64) {
        let large = page & !(LARGE - 1);
        let found = [page, large].into_iter().find_map(|first| self.shown.get(&first).copied());
        let Some(piece) = found.filter(|piece| page - piece.page < piece.len) else { return };
        let Some(reserve) = &mut self.reserve else { return };
        self.shown.remove(&piece.page);
        PIECES.fetch_sub(1, Ordering::Relaxed);
        if piece.writable {
            self.writable.remove(&piece.physical);
        }
        if reserve.hide(OFFSET + piece.page as usize, piece.len as usize).is_err() {
            self.empty_window();
        }
    }

    /// Hides everything.
    pub(crate) fn hide_all(&mut self) {
        if !self.shown.is_empty() {
            self.empty_window();
        }
    }

    /// Hides everything, also what may have been left half shown or half hidden.
    fn empty_window(&mut self) {
        let Some(reserve) = &mut self.reserve else { return };
        PIECES.fetch_sub(self.shown.len(), Ordering::Relaxed);
        self.shown.clear();
        self.writable.clear();
        // One mapping in place of many. Without it the guest could see what it must not see: then there is no going on.
        reserve.hide(OFFSET, WINDOW as usize).expect("empty a window");
    }

    /// Pieces shown.
    pub(crate) fn pieces(&self) -> usize {
        self.shown.len()
    }

    /// What shows a physical page writable.
    fn writer(&self, physical: u64) -> Option<Piece> {
        let large = physical & !(LARGE - 1);
        let covers = |piece: &Piece| physical - piece.physical < piece.len;
        [physical, large].into_iter().find_map(|first| {
            self.writable.get(&first).and_then(|page| self.shown.get(page)).copied().filter(covers)
        })
    }

    /// Takes the right to write from the physical pages; those for which it was there.
    pub(crate) fn protect(&mut self, pages: &[u64]) -> Vec<u64> {
        // All are asked for before the first is hidden: several may be in one large piece.
        let found: Vec<(u64, Piece)> =
            pages.iter().filter_map(|page| Some((*page, self.writer(*page)?))).collect();
        found.iter().for_each(|(_, piece)| self.hide(piece.page));
        found.into_iter().map(|(page, _)| page).collect()
    }
}

/// What to do before showing more, for a vCPU that shows `own` pieces.
pub(crate) fn room(own: usize) -> Room {
    match PIECES.load(Ordering::Relaxed) {
        ..MOST_PIECES => Room::Enough,
        _ if own < FEW_PIECES => Room::None,
        _ => Room::AfterHiding,
    }
}

/// See [`room`].
pub(crate) enum Room {
    /// Show it.
    Enough,
    /// Hide all of one's own first.
    AfterHiding,
    /// Do not: others show too much.
    None,
}

impl Deref for Home {
    type Target = MmuContext;

    fn deref(&self) -> &MmuContext {
        // SAFETY: valid and owned since `plain` or `with_window`; translated code only uses it while nobody borrows it.
        unsafe { &*self.context }
    }
}

impl DerefMut for Home {
    fn deref_mut(&mut self) -> &mut MmuContext {
        // SAFETY: as above.
        unsafe { &mut *self.context }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.hide_all();
        // SAFETY: made by `Box::into_raw`, or in memory that goes with the reserve behind this.
        unsafe {
            if self.reserve.is_some() {
                self.context.drop_in_place();
            } else {
                drop(Box::from_raw(self.context));
            }
        }
    }
}
