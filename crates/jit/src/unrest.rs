//! Which pages' code changes so often that regions made from it do not live long enough to be worth their making.
//!
//! A page is restless when writes have killed regions made from it a few times, until it has been quiet for a while: the
//! longer, the more often it happened.

use lodge_memory::PAGE_SHIFT;
use rustc_hash::FxHashMap;
use std::time::{Duration, Instant};

/// Regions that a page may lose before it is restless.
const PATIENCE: u32 = 4;
/// How long a page must be quiet for each region it has lost.
const QUIET: Duration = Duration::from_millis(100);
/// Most losses that count.
const MOST: u32 = 50;
/// Pages remembered.
const PAGES: usize = 4096;

#[derive(Debug, Clone, Copy)]
struct Losses {
    count: u32,
    last: Instant,
}

/// See the module's head.
#[derive(Debug, Default)]
pub(crate) struct Unrest(FxHashMap<u64, Losses>);

impl Unrest {
    /// A write to `address` has killed a region.
    pub(crate) fn note(&mut self, address: u64) {
        if self.0.len() == PAGES {
            self.0.clear();
        }
        let now = Instant::now();
        let losses = self.0.entry(address >> PAGE_SHIFT).or_insert(Losses { count: 0, last: now });
        *losses = Losses { count: (losses.count + 1).min(MOST), last: now };
    }

    /// Whether the page of `address` is restless.
    pub(crate) fn at(&mut self, address: u64) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let page = address >> PAGE_SHIFT;
        let Some(losses) = self.0.get(&page).copied().filter(|losses| losses.count >= PATIENCE) else {
            return false;
        };
        let restless = losses.last.elapsed() < QUIET * losses.count;
        if !restless {
            self.0.remove(&page);
        }
        restless
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_restless_after_some_losses_only() {
        let mut unrest = Unrest::default();
        for _ in 0..PATIENCE {
            assert!(!unrest.at(0x8000_1234));
            unrest.note(0x8000_1ff8);
        }
        assert!(unrest.at(0x8000_1234));
        assert!(!unrest.at(0x8000_2000));
    }
}
