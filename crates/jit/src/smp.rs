//! News between vCPUs: which pages hold translated code, and which code was overwritten.
//!
//! Each vCPU translates for itself and has an inbox here, filled by other threads and emptied by its own between
//! blocks. The order that makes stale code impossible past an instruction fence:
//!
//! 1. A vCPU marks a page *before* it reads the code in it.
//! 2. Marking tells everybody to give up write access to the page; whoever had it reports the page as written, since
//!    it may have been between the marking and the news.
//!    Nobody gives up write access for another reason (a fence, room for something else) without having looked for
//!    such news, behind a full fence: whoever marks later reads later.
//! 3. An instruction fence waits until everybody who runs guest code has emptied its inbox, then empties its own.

use crate::Store;
use lodge_cpu::Link;
use lodge_memory::{CodeWatch, PAGE_SIZE};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// What a vCPU must hear of.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Pages that became code.
    pub code: Vec<u64>,
    /// Ranges overwritten: address, length; each within a page.
    pub written: Vec<(u64, u64)>,
    /// Length at which [`News::bound`] looks next.
    limit: usize,
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
        self.written.iter_mut().for_each(|range| *range = (range.0 & !(PAGE_SIZE - 1), PAGE_SIZE));
        self.written.sort_unstable();
        self.written.dedup();
        self.code.sort_unstable();
        self.code.dedup();
        self.limit = 2 * (self.code.len() + self.written.len());
    }
}

/// A vCPU's inbox.
pub(crate) struct Inbox {
    link: Arc<Link>,
    news: Mutex<News>,
    /// Whether `news` holds anything, or its owner is still working on what it took.
    open: AtomicBool,
    /// Whether the owner may run guest code.
    running: AtomicBool,
}

impl Inbox {
    pub(crate) fn new(link: Arc<Link>) -> Arc<Inbox> {
        let (open, running) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Inbox { link, news: Mutex::default(), open, running })
    }

    fn add(&self, add: impl FnOnce(&mut News)) {
        let mut news = self.news.lock().unwrap_or_else(|e| e.into_inner());
        add(&mut news);
        news.bound();
        self.open.store(true, Ordering::SeqCst);
        drop(news);
        self.link.kick();
    }

    /// Whether there is work to do.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// Takes all news.
    pub(crate) fn take(&self) -> News {
        std::mem::take(&mut *self.news.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// Takes the news of pages that became code; the rest stays, and the inbox is open until that is done too.
    pub(crate) fn take_code(&self) -> Vec<u64> {
        std::mem::take(&mut self.news.lock().unwrap_or_else(|e| e.into_inner()).code)
    }

    /// Says that what was taken has been acted on.
    pub(crate) fn done(&self) {
        let news = self.news.lock().unwrap_or_else(|e| e.into_inner());
        self.open.store(!news.is_empty(), Ordering::SeqCst);
    }

    pub(crate) fn set_running(&self, running: bool) {
        self.running.store(running, Ordering::SeqCst);
    }

    /// Whether a fence must wait for this vCPU.
    fn owes(&self) -> bool {
        self.is_open() && self.running.load(Ordering::SeqCst)
    }
}

impl CodeWatch for Inbox {
    fn written(&self, address: u64, len: u64) {
        self.add(|news| news.written.push((address, len)));
    }

    fn now_code(&self, address: u64) {
        self.add(|news| news.code.push(address));
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
