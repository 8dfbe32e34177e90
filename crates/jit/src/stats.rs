//! What the translator did: counters of all vCPUs of a machine.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// Counters, added to by every vCPU.
#[derive(Debug, Default)]
pub struct Stats {
    /// Blocks translated.
    pub translated: AtomicU64,
    /// Blocks taken from the store of kept translations instead.
    pub reused: AtomicU64,
    /// Blocks of which the kept translation was compared with a fresh one.
    pub checked: AtomicU64,
    /// How many of them were not equal: a bug.
    pub differences: AtomicU64,
    /// Nanoseconds spent translating, and taking from the store. Only counted when [`Stats::set_timed`].
    pub translating: AtomicU64,
    /// See `translating`.
    pub reusing: AtomicU64,
    timed: AtomicBool,
}

impl Stats {
    /// Has time measured too, which costs a little.
    pub fn set_timed(&self) {
        self.timed.store(true, Ordering::Relaxed);
    }

    /// Now, if time is measured.
    pub(crate) fn clock(&self) -> Option<Instant> {
        self.timed.load(Ordering::Relaxed).then(Instant::now)
    }

    fn count(start: Option<Instant>, blocks: &AtomicU64, time: &AtomicU64) {
        blocks.fetch_add(1, Ordering::Relaxed);
        if let Some(start) = start {
            time.fetch_add(start.elapsed().as_nanos() as u64, Ordering::Relaxed);
        }
    }

    /// A block was translated.
    pub(crate) fn translated(&self, start: Option<Instant>) {
        Self::count(start, &self.translated, &self.translating);
    }

    /// A block was taken from the store.
    pub(crate) fn reused(&self, start: Option<Instant>) {
        Self::count(start, &self.reused, &self.reusing);
    }
}

impl Drop for Stats {
    fn drop(&mut self) {
        tracing::debug!(
            translated = self.translated.get_mut(),
            reused = self.reused.get_mut(),
            checked = self.checked.get_mut(),
            differences = self.differences.get_mut(),
            translating_us = *self.translating.get_mut() / 1000,
            reusing_us = *self.reusing.get_mut() / 1000,
            "blocks of translated code"
        );
    }
}
