//! What came from the store and what went into it, over all vCPUs of a machine.

use std::sync::atomic::{AtomicU64, Ordering};

/// Sums over all vCPUs. Each adds what it did when it stops.
#[derive(Debug, Default)]
pub struct Tally {
    /// Blocks translated.
    pub translated: AtomicU64,
    /// Blocks taken from the store instead.
    pub reused: AtomicU64,
    /// Blocks of which the kept translation was compared with a fresh one.
    pub checked: AtomicU64,
    /// How many of them were not equal: a bug.
    pub differences: AtomicU64,
}

/// One vCPU's part that is not in the sums yet: plain, because an atomic addition for each block would cost a tenth of
/// its translation.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub translated: u64,
    pub reused: u64,
    pub checked: u64,
    pub differences: u64,
}

impl Tally {
    /// Adds one vCPU's part, which starts again at zero.
    pub(crate) fn add(&self, counts: &mut Counts) {
        let Counts { translated, reused, checked, differences } = std::mem::take(counts);
        for (sum, more) in [
            (&self.translated, translated),
            (&self.reused, reused),
            (&self.checked, checked),
            (&self.differences, differences),
        ] {
            if more != 0 {
                sum.fetch_add(more, Ordering::Relaxed);
            }
        }
    }
}
