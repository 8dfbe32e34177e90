//! News between vCPUs: which pages hold translated code, and which code was overwritten.
//!
//! Each vCPU translates for itself and has an inbox here, filled by whoever writes code (itself too) and emptied by its own
//! thread between blocks. The order that makes stale code impossible past an instruction fence:
//!
//! 1. A vCPU marks a page, and the bytes in it, *before* it reads the code there. As a block's length is known only when
//!    it has been lifted, it reads, lifts, marks, and reads again: what it translates is what it read after marking.
//! 2. Marking a page that had no mark tells everybody to give up write access to it. Whoever had it reports all of the
//!    page as written, since it may have stored there between the marking and the news.
//!    Nobody gives up write access for another reason (a fence, room for something else) without having looked for
//!    such news, behind a full fence: whoever marks later reads later.
//! 3. Without write access stores look at the bits of the bytes they wrote, behind a full fence. If translator and writer
//!    run at once, either the writer finds the bit or the translator reads what was written.
//! 4. A report is in the inboxes before its bits are cleared (see [`lodge_memory::CodeWatch`]). Whoever finds a bit clear
//!    may go on: everybody concerned has been told of that granule, and looks at its inbox before its next fence is done.
//! 5. A vCPU takes its news only between blocks and never between marking bytes and putting what it made from them into
//!    the table: news that came after the marking find it there.
//! 6. An instruction fence waits until everybody who runs guest code has acted on pages that became code (2), then acts on
//!    its own inbox.
//!
//! Until its fence a vCPU may run what it translated before, as the architecture allows. So overwritten code is no reason to
//! interrupt anybody: news of it wait for the fence, or for the next look at the attention flag. Only when a page
//! brings many of them is its owner kicked, to throw all of the page away at once: it is being filled with other things.

use crate::Store;
use lodge_cpu::Link;
use lodge_memory::{CodeWatch, PAGE_SIZE};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

/// What a vCPU must hear of.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Pages that became code.
    pub code: Vec<u64>,
    /// What was overwritten.
    pub written: Vec<Written>,
    /// Length at which [`News::bound`] looks next.
    limit: usize,
}

/// Bytes overwritten, all in one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Written {
    /// First byte.
    pub start: u64,
    /// Behind the last one.
    pub end: u64,
    /// Reports about them.
    pub reports: u32,
}

/// Reports about a page, with nobody acting on them in between, that mean that it is being overwritten as a whole.
const MANY: u32 = 8;
/// News that are looked at to find others of the same page.
const NEAR: usize = 4;

impl Written {
    fn page(&self) -> u64 {
        self.start & !(PAGE_SIZE - 1)
    }

    /// What is to be thrown away: address and length.
    pub(crate) fn range(&self) -> (u64, u64) {
        if self.reports >= MANY { (self.page(), PAGE_SIZE) } else { (self.start, self.end - self.start) }
    }
}

impl News {
    fn is_empty(&self) -> bool {
        self.code.is_empty() && self.written.is_empty()
    }

    /// An owner that does not run must not collect without end: whole pages then, each once.
    fn bound(&mut self) {
        if self.code.len() + self.written.len() < self.limit.max(4096) {
            return;
        }
        for written in &mut self.written {
            let start = written.page();
            *written = Written { start, end: start + PAGE_SIZE, reports: MANY };
        }
        self.written.sort_unstable();
        self.written.dedup();
        self.code.sort_unstable();
        self.code.dedup();
        self.limit = 2 * (self.code.len() + self.written.len());
    }

    /// Adds bytes overwritten; whether that makes many for their page.
    fn add_written(&mut self, new: Written) -> bool {
        let near = self.written.iter_mut().rev().take(NEAR).find(|other| other.page() == new.page());
        let Some(other) = near else {
            self.written.push(new);
            return false;
        };
        (other.start, other.end) = (other.start.min(new.start), other.end.max(new.end));
        other.reports = other.reports.saturating_add(1);
        other.reports == MANY
    }
}

/// A vCPU's inbox.
pub(crate) struct Inbox {
    link: Arc<Link>,
    news: Mutex<News>,
    /// Whether `news` holds anything, or its owner is still working on what it took.
    open: AtomicBool,
    /// Likewise for pages that became code.
    owing: AtomicBool,
    /// Whether the owner may run guest code.
    running: AtomicBool,
}

impl Inbox {
    pub(crate) fn new(link: Arc<Link>) -> Arc<Inbox> {
        let flag = || AtomicBool::new(false);
        Arc::new(Inbox { link, news: Mutex::default(), open: flag(), owing: flag(), running: flag() })
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Whether there is work to do.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Takes all news.
    pub(crate) fn take(&self) -> News {
        std::mem::take(&mut *self.news())
    }

    /// Takes the news of pages that became code; the rest stays, and the inbox is open until that is done too.
    pub(crate) fn take_code(&self) -> Vec<u64> {
        std::mem::take(&mut self.news.lock().unwrap_or_else(|e| e.into_inner()).code)
    }

    /// Says that what was taken has been acted on.
    pub(crate) fn done(&self) {
        let news = self.news();
        self.open.store(!news.is_empty(), Ordering::SeqCst);
        self.owing.store(!news.code.is_empty(), Ordering::SeqCst);
    }

    pub(crate) fn set_running(&self, running: bool) {
        self.running.store(running, Ordering::SeqCst);
    }

    /// Whether a fence must wait for this vCPU.
    fn owes(&self) -> bool {
        self.owing.load(Ordering::SeqCst) && self.running.load(Ordering::SeqCst)
    }
}

impl CodeWatch for Inbox {
    fn written(&self, address: u64, len: u64) {
        let mut news = self.news();
        let many = news.add_written(Written { start: address, end: address + len, reports: 1 });
        news.bound();
        self.open.store(true, Ordering::SeqCst);
        drop(news);
        if many {
            self.link.kick();
        }
    }

    fn now_code(&self, address: u64) {
        let mut news = self.news();
        news.code.push(address);
        news.bound();
        self.open.store(true, Ordering::SeqCst);
        self.owing.store(true, Ordering::SeqCst);
        drop(news);
        self.link.kick();
    }
}

/// What all vCPUs of a machine share: their inboxes, and kept translations.
#[derive(Default, Clone)]
pub struct Peers {
    inboxes: Arc<Mutex<Vec<Arc<Inbox>>>>,
    store: Option<Arc<Store>>,
}

impl Peers {
    /// vCPUs that share `store`.
    pub fn with_store(store: Option<Arc<Store>>) -> Peers {
        Peers { store, ..Peers::default() }
    }

    pub(crate) fn store(&self) -> Option<Arc<Store>> {
        self.store.clone()
    }

    pub(crate) fn join(&self, inbox: Arc<Inbox>) {
        self.inboxes.lock().unwrap_or_else(|e| e.into_inner()).push(inbox);
    }

    /// Whether some vCPU that runs guest code has not yet acted on its news.
    pub(crate) fn owe(&self) -> bool {
        self.inboxes.lock().unwrap_or_else(|e| e.into_inner()).iter().any(|inbox| inbox.owes())
    }
}
