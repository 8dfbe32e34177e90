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
use rustc_hash::FxHashMap;
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
const MOST_WINDOWS: usize = 192;
/// Pages that may be shown in one process: each may be a mapping of its own, and Linux allows 65,530
/// (`vm.max_map_count`).
const MOST_PAGES: usize = 40_000;

static WINDOWS: AtomicUsize = AtomicUsize::new(0);
static PAGES: AtomicUsize = AtomicUsize::new(0);

/// A context and, if it has one, the window behind it.
pub(crate) struct Home {
    context: *mut MmuContext,
    /// What `context` lies in; without it, the context is a box of its own.
    reserve: Option<Reserve>,
    shown: FxHashMap<u64, Shown>,
    /// By physical page, the virtual page that shows it writable.
    writable: FxHashMap<u64, u64>,
}

/// A page in the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    physical: u64,
    writable: bool,
}

// SAFETY: the context is owned by this value.
unsafe impl Send for Home {}

impl Home {
    /// A home without a window.
    pub(crate) fn plain(context: MmuContext) -> Home {
        let context = Box::into_raw(Box::new(context));
        Home { context, reserve: None, shown: FxHashMap::default(), writable: FxHashMap::default() }
    }

    /// A home with a window; `None` when the host has no room for it.
    pub(crate) fn with_window(context: MmuContext) -> Option<Home> {
        if WINDOWS.fetch_add(1, Ordering::Relaxed) >= MOST_WINDOWS {
            WINDOWS.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let made = Reserve::new(OFFSET + (WINDOW + GUARD) as usize).and_then(|mut reserve| {
            let front = OFFSET - GUARD as usize;
            let place = reserve.open(0, front)?.cast::<MmuContext>();
            // SAFETY: fresh memory, large enough and aligned to a page.
            unsafe { place.write(context) };
            Ok((reserve, place))
        });
        match made {
            Ok((reserve, context)) => Some(Home {
                context,
                reserve: Some(reserve),
                shown: FxHashMap::default(),
                writable: FxHashMap::default(),
            }),
            Err(_) => {
                WINDOWS.fetch_sub(1, Ordering::Relaxed);
                None
            }
        }
    }

    /// Where the context is, for translated code.
    pub(crate) fn address(&self) -> *mut MmuContext {
        self.context
    }

    /// Shows a page of guest RAM that is at `backing`. Whether it was not shown like this before.
    pub(crate) fn show(
        &mut self,
        page: u64,
        physical: u64,
        backing: (BorrowedFd<'_>, u64),
        writable: bool,
    ) -> bool {
        let wanted = Shown { physical, writable };
        if page >= WINDOW || self.shown.get(&page) == Some(&wanted) {
            return false;
        }
        // A page shown writable at two addresses would have to be hidden at both when it becomes code: one must do.
        if let Some(other) = self.writable.get(&physical).copied().filter(|_| writable) {
            self.hide(other);
        }
        self.hide(page);
        let Some(reserve) = &mut self.reserve else { return false };
        if reserve.show(OFFSET + page as usize, PAGE_SIZE as usize, backing, writable).is_err() {
            self.hide_all();
            return false;
        }
        PAGES.fetch_add(1, Ordering::Relaxed);
        self.shown.insert(page, wanted);
        if writable {
            self.writable.insert(physical, page);
        }
        true
    }

    /// Hides a page, if it is shown.
    pub(crate) fn hide(&mut self, page: u64) {
        let (Some(shown), Some(reserve)) = (self.shown.remove(&page), &mut self.reserve) else { return };
        PAGES.fetch_sub(1, Ordering::Relaxed);
        if shown.writable {
            self.writable.remove(&shown.physical);
        }
        if reserve.hide(OFFSET + page as usize, PAGE_SIZE as usize).is_err() {
            self.hide_all();
        }
    }

    /// Hides everything.
    pub(crate) fn hide_all(&mut self) {
        let Some(reserve) = &mut self.reserve else { return };
        if self.shown.is_empty() {
            return;
        }
        PAGES.fetch_sub(self.shown.len(), Ordering::Relaxed);
        self.shown.clear();
        self.writable.clear();
        // One mapping in place of many: it needs nothing of the kernel that could be missing. And without it the guest
        // would see what it must not see: then there is no going on.
        reserve.hide(OFFSET, WINDOW as usize).expect("hide a window");
    }

    /// Takes the right to write from a physical page; whether it was there.
    pub(crate) fn protect(&mut self, physical: u64) -> bool {
        let page = self.writable.get(&physical).copied();
        page.into_iter().for_each(|page| self.hide(page));
        page.is_some()
    }
}

/// Whether so much is shown in this process that some of it should be hidden.
pub(crate) fn crowded() -> bool {
    PAGES.load(Ordering::Relaxed) >= MOST_PAGES
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
                WINDOWS.fetch_sub(1, Ordering::Relaxed);
                self.context.drop_in_place();
            } else {
                drop(Box::from_raw(self.context));
            }
        }
    }
}
