//! Guest time: starts at zero, stops with the guest, and is turned by hand in tests.
//!
//! One thread a clock serves all its timers; a timer's callback runs there and may only set lines and kick.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

type Callback = Arc<dyn Fn() + Send + Sync>;

struct State {
    /// Guest nanoseconds at `since`, or now when stopped.
    base: u64,
    /// When the clock was last started; `None`: it stands.
    since: Option<Instant>,
    /// Turned by hand only.
    manual: bool,
    armed: BTreeMap<(u64, u64), Callback>,
    next_id: u64,
    thread: bool,
}

struct Inner {
    state: Mutex<State>,
    changed: Condvar,
}

/// The clock of one guest; clones are the same clock.
#[derive(Clone)]
pub struct Clock(Arc<Inner>);

/// One alarm of a [`Clock`]. Dropping it disarms it.
pub struct Timer {
    clock: Clock,
    id: u64,
    callback: Callback,
    deadline: Mutex<Option<u64>>,
}

fn lock(inner: &Inner) -> MutexGuard<'_, State> {
    inner.state.lock().unwrap_or_else(|e| e.into_inner())
}

impl State {
    fn now(&self) -> u64 {
        self.base + self.since.map_or(0, |t| t.elapsed().as_nanos() as u64)
    }

    fn take_due(&mut self) -> Vec<Callback> {
        let now = self.now();
        let later = self.armed.split_off(&(now.saturating_add(1), 0));
        std::mem::replace(&mut self.armed, later).into_values().collect()
    }
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::new()
    }
}

impl Clock {
    fn with(manual: bool) -> Clock {
        let state =
            State { base: 0, since: None, manual, armed: BTreeMap::new(), next_id: 0, thread: manual };
        Clock(Arc::new(Inner { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// A clock at zero that stands until [`Clock::start`].
    pub fn new() -> Clock {
        Clock::with(false)
    }

    /// A clock for tests: moves only by [`Clock::advance`].
    pub fn manual() -> Clock {
        Clock::with(true)
    }

    /// Guest nanoseconds.
    pub fn now(&self) -> u64 {
        lock(&self.0).now()
    }

    /// Lets time run (again). A manual clock stays still.
    pub fn start(&self) {
        let mut state = lock(&self.0);
        if !state.manual && state.since.is_none() {
            state.since = Some(Instant::now());
        }
        self.0.changed.notify_all();
    }

    /// Stops time.
    pub fn stop(&self) {
        let mut state = lock(&self.0);
        state.base = state.now();
        state.since = None;
    }

    /// Sets guest time, when a saved guest is restored.
    pub fn set(&self, now: u64) {
        let mut state = lock(&self.0);
        state.base = now;
        if state.since.is_some() {
            state.since = Some(Instant::now());
        }
        self.0.changed.notify_all();
    }

    /// Moves a manual clock and runs what falls due.
    pub fn advance(&self, nanoseconds: u64) {
        let due = {
            let mut state = lock(&self.0);
            state.base += nanoseconds;
            state.take_due()
        };
        due.iter().for_each(|callback| callback());
    }

    /// A timer of this clock, not armed yet.
    pub fn timer(&self, callback: impl Fn() + Send + Sync + 'static) -> Timer {
        let mut state = lock(&self.0);
        state.next_id += 1;
        if !state.thread {
            state.thread = true;
            let weak = Arc::downgrade(&self.0);
            let spawned = std::thread::Builder::new().name("lodge-clock".into()).spawn(move || serve(&weak));
            // Without its thread a clock would be silently deaf: better to end here, at start-up.
            spawned.expect("the host refuses one more thread");
        }
        Timer {
            clock: self.clone(),
            id: state.next_id,
            callback: Arc::new(callback),
            deadline: Mutex::new(None),
        }
    }
}

/// The clock's thread: sleeps to the next deadline, runs what is due, ends when the clock is gone.
fn serve(weak: &Weak<Inner>) {
    while let Some(inner) = weak.upgrade() {
        let mut state = lock(&inner);
        let due = if state.since.is_some() { state.take_due() } else { Vec::new() };
        if due.is_empty() {
            // A long sleep is cut in pieces so that the thread notices when its clock is dropped.
            let mut sleep = Duration::from_secs(1);
            if let (Some((&(at, _), _)), true) = (state.armed.first_key_value(), state.since.is_some()) {
                sleep = sleep.min(Duration::from_nanos(at.saturating_sub(state.now())));
            }
            drop(inner.changed.wait_timeout(state, sleep));
        } else {
            drop(state);
            due.iter().for_each(|callback| callback());
        }
    }
}

impl Timer {
    /// Rings once at guest time `deadline` (at once when past), instead of whenever it was to ring before.
    pub fn arm(&self, deadline: u64) {
        let mut mine = self.deadline.lock().unwrap_or_else(|e| e.into_inner());
        let mut state = lock(&self.clock.0);
        if let Some(old) = mine.replace(deadline) {
            state.armed.remove(&(old, self.id));
        }
        let first = state.armed.first_key_value().map(|(&(at, _), _)| at);
        state.armed.insert((deadline, self.id), self.callback.clone());
        if first.is_none_or(|at| deadline < at) {
            self.clock.0.changed.notify_all();
        }
    }

    /// Does not ring any more (a call already on its way may still come).
    pub fn disarm(&self) {
        let mut mine = self.deadline.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(old) = mine.take() {
            lock(&self.clock.0).armed.remove(&(old, self.id));
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.disarm();
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Clock({} ns)", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn counter(clock: &Clock) -> (Timer, Arc<AtomicU32>) {
        let count = Arc::new(AtomicU32::new(0));
        let rung = count.clone();
        let ring = move || {
            rung.fetch_add(1, Ordering::SeqCst);
        };
        (clock.timer(ring), count)
    }

    #[test]
    fn a_manual_clock_rings_when_turned() {
        let clock = Clock::manual();
        let (timer, count) = counter(&clock);
        timer.arm(100);
        clock.advance(99);
        assert_eq!(count.load(Ordering::SeqCst), 0);
        clock.advance(1);
        assert_eq!(count.load(Ordering::SeqCst), 1);
        timer.arm(50);
        timer.disarm();
        clock.advance(1000);
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_stopped_clock_stands_and_its_timers_wait() {
        let clock = Clock::new();
        let (timer, count) = counter(&clock);
        timer.arm(2_000_000);
        std::thread::sleep(Duration::from_millis(10));
        assert_eq!((clock.now(), count.load(Ordering::SeqCst)), (0, 0));
        clock.start();
        while count.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        assert!(clock.now() >= 2_000_000);
        clock.stop();
        let stopped = clock.now();
        std::thread::sleep(Duration::from_millis(5));
        assert_eq!(clock.now(), stopped);
    }
}
