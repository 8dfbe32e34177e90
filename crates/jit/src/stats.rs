//! What the translator did: counters of each vCPU, and their sums over a machine.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

/// Sums over all vCPUs of a machine. A vCPU adds what it did when it stops, so they are exact while nobody runs.
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
    /// Nanoseconds spent translating. Only counted after [`Stats::set_timed`].
    pub translating: AtomicU64,
    /// Nanoseconds spent taking blocks from the store; likewise.
    pub reusing: AtomicU64,
    timed: AtomicBool,
}

/// One vCPU's counters since they were last added to the [`Stats`]: plain, because an atomic addition for each block
/// costs as much as a tenth of its translation.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub translated: u64,
    pub reused: u64,
    pub checked: u64,
    pub differences: u64,
    translating: u64,
    reusing: u64,
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

    /// Adds what one vCPU did, which starts again at zero.
    pub(crate) fn add(&self, counts: &mut Counts) {
        let Counts { translated, reused, checked, differences, translating, reusing } =
            std::mem::take(counts);
        for (sum, more) in [
            (&self.translated, translated),
            (&self.reused, reused),
            (&self.checked, checked),
            (&self.differences, differences),
            (&self.translating, translating),
            (&self.reusing, reusing),
        ] {
            if more != 0 {
                sum.fetch_add(more, Ordering::Relaxed);
            }
        }
    }
}

impl Counts {
    /// A block was translated, beginning at `start`.
    pub(crate) fn translated(&mut self, start: Option<Instant>) {
        self.translated += 1;
        self.translating += start.map_or(0, |start| start.elapsed().as_nanos() as u64);
    }

    /// A block was taken from the store, beginning at `start`.
    pub(crate) fn reused(&mut self, start: Option<Instant>) {
        self.reused += 1;
        self.reusing += start.map_or(0, |start| start.elapsed().as_nanos() as u64);
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
