//! Time as the stack sees it, and what is due when.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Time since the stack began.
pub(crate) type Time = Duration;

/// Where time comes from.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    /// The host's.
    Real(Instant),
    /// Microseconds that a test sets.
    #[allow(dead_code, reason = "tests make it")]
    Fake(Arc<AtomicU64>),
}

impl Clock {
    pub(crate) fn now(&self) -> Time {
        match self {
            Clock::Real(begin) => begin.elapsed(),
            Clock::Fake(micros) => Duration::from_micros(micros.load(Ordering::Relaxed)),
        }
    }
}

/// What is to be looked at when. An entry may come too early: who moves his time back needs not tell.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    entries: BTreeSet<(Time, u64)>,
}

impl Timers {
    /// Has `token` looked at, at `when`.
    pub(crate) fn add(&mut self, when: Time, token: u64) {
        self.entries.insert((when, token));
    }

    /// Forgets an entry.
    pub(crate) fn remove(&mut self, when: Time, token: u64) {
        self.entries.remove(&(when, token));
    }

    /// The next that is due.
    pub(crate) fn due(&mut self, now: Time) -> Option<u64> {
        let first = self.entries.first().filter(|(when, _)| *when <= now)?;
        let token = first.1;
        self.entries.pop_first();
        Some(token)
    }

    /// When there will be something.
    pub(crate) fn next(&self) -> Option<Time> {
        self.entries.first().map(|(when, _)| *when)
    }
}
