//! Test help: a guest gone mad, and a line to look at.

use lodge_bus::{Effect, Irq, IrqSink, Mmio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A deterministic stream of numbers (xorshift64*).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

/// Reads and writes anything anywhere in a window of `len` bytes, half of the time near one of `near`. Nothing may
/// panic, and no read may give more bits than its size.
pub(crate) fn hammer(device: &dyn Mmio, len: u64, near: &[u64], rounds: u32) -> Vec<Effect> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ len);
    let mut effects = Vec::new();
    for _ in 0..rounds {
        let pick = random.next();
        let size = 1u8 << (pick & 3);
        let mut offset = random.next() % len;
        if pick & 4 != 0 && !near.is_empty() {
            offset = near[(random.next() % near.len() as u64) as usize] + random.next() % 8;
        }
        if pick & 8 != 0 {
            offset &= !7;
        }
        offset = offset.min(len - u64::from(size));
        if pick & 16 != 0 {
            let value = device.read(offset, size);
            assert!(size == 8 || value >> (8 * size) == 0, "{offset:#x}/{size} read {value:#x}");
        } else {
            // Small values reach more states than noise does.
            let value = if pick & 32 != 0 { random.next() } else { random.next() & 0xff };
            effects.push(device.write(offset, size, value));
        }
    }
    device.read(u64::MAX, 8);
    device.write(u64::MAX - 7, 8, u64::MAX);
    effects.retain(|e| *e != Effect::None);
    effects
}

/// Remembers the levels of up to 64 lines.
#[derive(Default)]
pub(crate) struct Lines(AtomicU64);

impl Lines {
    pub(crate) fn new() -> Arc<Lines> {
        Arc::default()
    }

    pub(crate) fn line(self: &Arc<Lines>, number: u32) -> Irq {
        Irq::new(self.clone(), number)
    }

    pub(crate) fn high(&self, number: u32) -> bool {
        self.0.load(Ordering::SeqCst) >> number & 1 != 0
    }

    pub(crate) fn all(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl IrqSink for Lines {
    fn set(&self, line: u32, high: bool) {
        let bit = 1 << line;
        if high {
            self.0.fetch_or(bit, Ordering::SeqCst);
        } else {
            self.0.fetch_and(!bit, Ordering::SeqCst);
        }
    }
}
