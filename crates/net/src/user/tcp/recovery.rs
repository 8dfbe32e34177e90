//! When to send again, and how much at once: round-trip times (RFC 6298) and congestion control (RFC 5681, 6582).
//!
//! The way to a guest loses nothing by itself, so there is no limit at the beginning. Only when something was lost
//! after all, on a path behind the guest or in a test, does it behave as on any network.

use super::segment::before;
use crate::user::clock::Time;
use std::time::Duration;

const FIRST_RTO: Duration = Duration::from_secs(1);
const MIN_RTO: Duration = Duration::from_millis(200);
const MAX_RTO: Duration = Duration::from_secs(60);
/// Duplicate acknowledgements that mean a loss.
const DUPLICATES: u8 = 3;

#[derive(Debug)]
pub(super) struct Recovery {
    smooth: Option<(Duration, Duration)>,
    rto: Duration,
    /// A byte whose way there and back is timed.
    timed: Option<(u32, Time)>,
    /// Bytes that may be on their way; not limited until something is lost.
    window: u32,
    threshold: u32,
    duplicates: u8,
    /// In fast recovery until this is acknowledged.
    until: Option<u32>,
}

impl Recovery {
    pub(super) fn new() -> Recovery {
        Recovery {
            smooth: None,
            rto: FIRST_RTO,
            timed: None,
            window: u32::MAX,
            threshold: u32::MAX,
            duplicates: 0,
            until: None,
        }
    }

    pub(super) fn rto(&self) -> Duration {
        self.rto
    }

    pub(super) fn window(&self) -> u32 {
        self.window
    }

    /// Bytes before `end` are sent for the first time.
    pub(super) fn sent(&mut self, end: u32, now: Time) {
        if self.timed.is_none() {
            self.timed = Some((end, now));
        }
    }

    /// `count` more bytes, all before `ack`, have arrived. Says whether the next is to be sent again at once.
    pub(super) fn acknowledged(&mut self, ack: u32, count: u32, mss: u32, now: Time) -> bool {
        if let Some((end, since)) = self.timed
            && !before(ack, end)
        {
            self.timed = None;
            self.measured(now.saturating_sub(since));
        }
        self.duplicates = 0;
        match self.until {
            Some(until) if before(ack, until) => {
                // Part of what was on its way is missing too (RFC 6582, 3.2).
                self.window = self.window.saturating_sub(count).saturating_add(mss).max(mss);
                return true;
            }
            Some(_) => {
                self.until = None;
                self.window = self.threshold;
            }
            None if self.window < self.threshold => {
                self.window = self.window.saturating_add(count.min(2 * mss));
            }
            None => {
                let more = (u64::from(mss) * u64::from(count) / u64::from(self.window.max(1))) as u32;
                self.window = self.window.saturating_add(more.max(1));
            }
        }
        false
    }

    fn measured(&mut self, rtt: Duration) {
        let (smooth, variance) = match self.smooth {
            None => (rtt, rtt / 2),
            Some((smooth, variance)) => ((smooth * 7 + rtt) / 8, (variance * 3 + smooth.abs_diff(rtt)) / 4),
        };
        self.smooth = Some((smooth, variance));
        self.rto = (smooth + variance * 4).clamp(MIN_RTO, MAX_RTO);
    }

    /// The guest says again what it said before, while `flight` bytes are on their way, up to `end`. Says whether
    /// the next is to be sent again at once.
    pub(super) fn duplicate(&mut self, flight: u32, end: u32, mss: u32) -> bool {
        self.duplicates = self.duplicates.saturating_add(1);
        if self.until.is_some() {
            self.window = self.window.saturating_add(mss);
            return false;
        }
        if self.duplicates < DUPLICATES {
            return false;
        }
        self.timed = None;
        self.until = Some(end);
        self.threshold = (flight / 2).max(2 * mss);
        self.window = self.threshold.saturating_add(3 * mss);
        true
    }

    /// Nothing was heard for the whole of `rto`.
    pub(super) fn timed_out(&mut self, flight: u32, mss: u32) {
        self.timed = None;
        self.until = None;
        self.duplicates = 0;
        self.threshold = (flight / 2).max(2 * mss);
        self.window = mss;
        self.back_off(MAX_RTO);
    }

    /// Waits longer next time.
    pub(super) fn back_off(&mut self, limit: Duration) {
        self.rto = (self.rto * 2).min(limit);
    }

    /// The guest answers again: times as measured.
    pub(super) fn answered(&mut self) {
        if let Some((smooth, variance)) = self.smooth {
            self.rto = (smooth + variance * 4).clamp(MIN_RTO, MAX_RTO);
        }
    }
}
