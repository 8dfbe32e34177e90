//! Log lines that a guest can cause: at most one a second for each device.

use std::fmt::Display;
use std::sync::Mutex;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_secs(1);

/// Rate limit of one device's complaints.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<(Option<Instant>, u32)>);

impl Complaints {
    /// Logs `what` about `device`, unless the last line was just now.
    pub(crate) fn say(&self, device: &str, what: &dyn Display) {
        let mut last = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if last.0.is_some_and(|at| at.elapsed() < PAUSE) {
            last.1 = last.1.saturating_add(1);
            return;
        }
        tracing::warn!(device, unsaid = last.1, "virtio: {what}");
        *last = (Some(Instant::now()), 0);
    }
}
