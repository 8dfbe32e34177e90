//! A back end in memory: tests type and read through it.

use crate::{Backend, Port, port};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The outside of a port, held by a program instead of a person. What the guest sends is kept until asked for;
/// between two questions it may send [`crate::OUTPUT_LIMIT`] bytes.
pub struct Memory {
    backend: Backend,
    seen: Mutex<Vec<u8>>,
}

impl Memory {
    /// A port and its outside.
    pub fn new() -> (Port, Memory) {
        let (port, backend) = port();
        (port, Memory { backend, seen: Mutex::default() })
    }

    /// Types: hands `bytes` to the guest, waiting while its queue is full.
    pub fn put(&self, bytes: &[u8]) {
        self.backend.put(bytes);
    }

    /// Types what fits without waiting; returns how many bytes did.
    pub fn offer(&self, bytes: &[u8]) -> usize {
        self.backend.offer(bytes)
    }

    /// Everything the guest has sent so far.
    pub fn output(&self) -> Vec<u8> {
        let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
        self.backend.take(&mut seen, usize::MAX);
        seen.clone()
    }

    /// Takes everything the guest has sent since the last `take`.
    pub fn take(&self) -> Vec<u8> {
        self.output();
        std::mem::take(&mut self.seen.lock().unwrap_or_else(|e| e.into_inner()))
    }

    /// Waits until the output contains `text`; says whether it does.
    pub fn wait_for(&self, text: &str, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        loop {
            if self.output().windows(text.len().max(1)).any(|w| w == text.as_bytes()) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            self.backend.wait(left);
        }
    }
}
