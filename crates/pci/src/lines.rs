//! INTx: the four interrupt lines of a root complex, which all functions share (§ 2.2.8.1).
//!
//! A function's pin A to D reaches the line `(pin + device) mod 4` of its bus, and each bridge turns once more by its
//! own device number (bridge § 9.1). A line is high while anybody holds it.

use lodge_bus::Irq;
use std::sync::{Arc, Mutex};

/// The lines, and how many functions hold each.
pub(crate) struct Lines {
    irqs: [Irq; 4],
    holders: Mutex<[u32; 4]>,
}

impl Lines {
    pub(crate) fn new(irqs: [Irq; 4]) -> Arc<Lines> {
        Arc::new(Lines { irqs, holders: Mutex::new([0; 4]) })
    }
}

/// One function's hold on a line.
pub(crate) struct Wire {
    lines: Arc<Lines>,
    line: usize,
    high: bool,
}

impl Wire {
    /// The wire of pin A of `device`, on a bus that bridges turn by `turn`.
    pub(crate) fn new(lines: Arc<Lines>, device: u8, turn: u8) -> Wire {
        Wire { lines, line: usize::from((device + turn) % 4), high: false }
    }

    /// Holds the line or lets it go.
    pub(crate) fn set(&mut self, high: bool) {
        if std::mem::replace(&mut self.high, high) == high {
            return;
        }
        // The line is driven under the lock, so that the last change wins.
        let mut holders = self.lines.holders.lock().unwrap_or_else(|e| e.into_inner());
        let count = &mut holders[self.line];
        *count = if high { *count + 1 } else { *count - 1 };
        if *count == u32::from(high) {
            self.lines.irqs[self.line].set(high);
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.set(false);
    }
}
