//! The thread that serves a device, and how others deal with it.
//!
//! ```text
//!   vCPU: kick ──► kicks (atomic) ─┐
//!                                  ▼
//!   Slot { active queues } ◄──► thread takes them, serves, puts them back
//!     ▲ hold: nobody takes them until release (pause, save, reset)
//! ```
//! A device that watches a descriptor has its thread sleep in `poll` on that and a bell instead of the condition.
//! The slot's lock is held for a few instructions only, never while serving; so pausing waits for the request in
//! hand, never for a vCPU.

use crate::{Device, Queues};
use lodge_host::event::{Bell, Ready, wait};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

#[derive(Default)]
struct Slot {
    /// Here when the device is active and not being served.
    active: Option<Box<Queues>>,
    /// The thread has taken the queues.
    busy: bool,
    /// How many want the thread to stand still.
    holds: u32,
    /// One of them is the machine's pause.
    paused: bool,
    /// One of them is that the device must not touch memory.
    halted: bool,
    exit: bool,
}

struct Shared {
    slot: Mutex<Slot>,
    /// The thread waits here for work.
    work: Condvar,
    /// Or in a poll that this is part of.
    bell: Option<Bell>,
    /// Others wait here for the thread to put the queues back.
    still: Condvar,
    kicks: AtomicU64,
    sleeping: AtomicBool,
    stop: Arc<AtomicBool>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn kick(&self, bits: u64) {
        self.kicks.fetch_or(bits, Ordering::SeqCst);
        if self.sleeping.load(Ordering::SeqCst) {
            let _slot = self.lock();
            self.wake();
        }
    }

    /// Gets the thread out of its sleep. To be called with the slot locked.
    fn wake(&self) {
        match &self.bell {
            Some(bell) => bell.ring(),
            None => self.work.notify_one(),
        }
    }

    /// Sleeps until [`Shared::wake`], or until what `device` watches is readable.
    fn sleep<'a>(&'a self, slot: MutexGuard<'a, Slot>, device: &dyn Device) -> MutexGuard<'a, Slot> {
        let Some(bell) = &self.bell else {
            return self.work.wait(slot).unwrap_or_else(|e| e.into_inner());
        };
        let watch = slot.holds == 0 && slot.active.is_some();
        drop(slot);
        let read = Ready { read: true, write: false };
        let mut fds = vec![(bell.as_fd(), read)];
        fds.extend(device.watched().filter(|_| watch).map(|fd| (fd, read)));
        // An error would be a descriptor that is none: then the bell alone would be waited for.
        let ready = wait(&fds, None).or_else(|_| wait(&fds[..1], None)).unwrap_or_default();
        bell.silence();
        if ready.get(1).is_some_and(|ready| ready.read) {
            self.kicks.fetch_or(Waker::BIT, Ordering::SeqCst);
        }
        self.lock()
    }
}

/// How the world outside of a guest (input, a new balloon target) gets a device's thread going.
#[derive(Clone)]
pub struct Waker(Weak<Shared>);

impl Waker {
    /// The bit of `kicked` in [`Device::serve`] that says the waker was used.
    pub const BIT: u64 = 1 << 63;

    /// Has the device served soon. Does nothing once the device is gone.
    pub fn wake(&self) {
        if let Some(shared) = self.0.upgrade() {
            shared.kick(Waker::BIT);
        }
    }
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waker")
    }
}

/// One device's thread.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// The thread stands still as long as this lives.
pub(crate) struct Hold<'a>(&'a Worker);

impl Worker {
    pub(crate) fn start(device: Arc<dyn Device>) -> std::io::Result<Worker> {
        let shared = Arc::new(Shared {
            slot: Mutex::new(Slot::default()),
            work: Condvar::new(),
            bell: if device.watches() { Some(Bell::new()?) } else { None },
            still: Condvar::new(),
            kicks: AtomicU64::new(0),
            sleeping: AtomicBool::new(false),
            stop: Arc::new(AtomicBool::new(false)),
        });
        let theirs = shared.clone();
        let name: String = device.name().chars().take(15).collect();
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            let _guard = AbortOnPanic;
            serve(&theirs, device.as_ref());
        })?;
        Ok(Worker { shared, thread: Some(thread) })
    }

    pub(crate) fn waker(&self) -> Waker {
        Waker(Arc::downgrade(&self.shared))
    }

    /// The flag that tells a device in the middle of its queue to come back.
    pub(crate) fn stop_flag(&self) -> Arc<AtomicBool> {
        self.shared.stop.clone()
    }

    /// Has queue `queue` served.
    pub(crate) fn notify(&self, queue: u32) {
        self.shared.kick(1 << queue);
    }

    fn wait_still(&self, mut slot: MutexGuard<'_, Slot>) {
        while slot.busy {
            slot = self.shared.still.wait(slot).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// Waits until the thread stands still, and keeps it there.
    pub(crate) fn hold(&self) -> Hold<'_> {
        self.add_hold(self.shared.lock());
        Hold(self)
    }

    fn add_hold(&self, mut slot: MutexGuard<'_, Slot>) {
        slot.holds += 1;
        self.shared.stop.store(true, Ordering::SeqCst);
        self.wait_still(slot);
    }

    fn drop_hold(&self, slot: &mut Slot) {
        slot.holds -= 1;
        if slot.holds == 0 {
            self.shared.stop.store(false, Ordering::SeqCst);
            self.shared.wake();
        }
    }

    /// As [`Worker::hold`], until `resume`. Pausing twice is pausing once.
    pub(crate) fn pause(&self) {
        let mut slot = self.shared.lock();
        if slot.paused {
            self.wait_still(slot);
        } else {
            slot.paused = true;
            self.add_hold(slot);
        }
    }

    pub(crate) fn resume(&self) {
        let mut slot = self.shared.lock();
        if std::mem::take(&mut slot.paused) {
            self.drop_hold(&mut slot);
        }
    }

    /// As a pause of its own: whether the device must leave memory alone.
    pub(crate) fn halt(&self, halted: bool) {
        let mut slot = self.shared.lock();
        if std::mem::replace(&mut slot.halted, halted) == halted {
            return;
        }
        if halted {
            self.add_hold(slot);
        } else {
            self.drop_hold(&mut slot);
        }
    }

    /// Waits until all kicks so far are served (or the thread is held), at most `patience`; says whether they are.
    pub(crate) fn settle(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut slot = self.shared.lock();
        loop {
            let kicked = self.shared.kicks.load(Ordering::SeqCst) != 0;
            if !slot.busy && (slot.holds > 0 || slot.active.is_none() || !kicked) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            slot = self.shared.still.wait_timeout(slot, left).unwrap_or_else(|e| e.into_inner()).0;
        }
    }
}

impl Hold<'_> {
    /// Lends `queues` to the thread from the release on; it looks at all of them once. `None` takes them away.
    pub(crate) fn set_queues(&self, queues: Option<Queues>) {
        let kicks = if queues.is_some() { u64::MAX } else { 0 };
        self.0.shared.kicks.store(kicks, Ordering::SeqCst);
        self.0.shared.lock().active = queues.map(Box::new);
    }

    /// Looks at the queues, if the device is active.
    pub(crate) fn with_queues<R>(&self, look: impl FnOnce(Option<&Queues>) -> R) -> R {
        look(self.0.shared.lock().active.as_deref())
    }
}

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        let mut slot = self.0.shared.lock();
        self.0.drop_hold(&mut slot);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let mut slot = self.shared.lock();
        slot.exit = true;
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.wake();
        drop(slot);
        if let Some(thread) = self.thread.take() {
            // An error would be a panic over there, and that has ended the process.
            let _ = thread.join();
        }
    }
}

/// A device that died would leave its guest waiting for ever, and whoever pauses it too.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

fn serve(shared: &Shared, device: &dyn Device) {
    let mut slot = shared.lock();
    while !slot.exit {
        if slot.holds == 0
            && shared.kicks.load(Ordering::SeqCst) != 0
            && let Some(mut queues) = slot.active.take()
        {
            slot.busy = true;
            drop(slot);
            let kicked = shared.kicks.swap(0, Ordering::SeqCst);
            queues.serve(device, kicked);
            shared.kicks.fetch_or(queues.take_again(), Ordering::SeqCst);
            slot = shared.lock();
            slot.busy = false;
            slot.active = Some(queues);
            shared.still.notify_all();
            continue;
        }
        shared.sleeping.store(true, Ordering::SeqCst);
        let wait = slot.holds > 0 || slot.active.is_none() || shared.kicks.load(Ordering::SeqCst) == 0;
        if wait {
            slot = shared.sleep(slot, device);
        }
        shared.sleeping.store(false, Ordering::SeqCst);
    }
}
