//! Entropy source (§5.4): fills the driver's buffers with random bytes.

use crate::device::{Broken, Device, Kind};
use crate::queue::Queues;
use lodge_state::{Record, Saved, StateError};
use std::sync::Mutex;

const QUEUE_SIZES: [u16; 1] = [64];
/// Most bytes for one request; a driver that wants more asks again.
const MOST: u64 = 64 << 10;
const PIECE: usize = 4096;
const TAG: &str = "virtio-rng";

/// Where random bytes come from: the host's kernel, or a recording.
pub trait Entropy: Send + Sync {
    /// Fills `into`.
    ///
    /// # Errors
    /// What the host said; the guest gets fewer bytes then.
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()>;
}

/// The host kernel's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostEntropy;

impl Entropy for HostEntropy {
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()> {
        lodge_host::random::fill(into)
    }
}

/// The entropy source.
pub struct Rng {
    entropy: Box<dyn Entropy>,
    buffer: Mutex<Box<[u8; PIECE]>>,
}

impl Rng {
    /// A device that hands out what `entropy` gives.
    pub fn new(entropy: impl Entropy + 'static) -> Rng {
        Rng { entropy: Box::new(entropy), buffer: Mutex::new(Box::new([0; PIECE])) }
    }
}

impl Default for Rng {
    fn default() -> Rng {
        Rng::new(HostEntropy)
    }
}

impl Device for Rng {
    fn kind(&self) -> Kind {
        Kind::Rng
    }

    fn name(&self) -> String {
        "virtio-rng".into()
    }

    fn features(&self) -> u64 {
        0
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    fn config(&self, _offset: u64, into: &mut [u8]) {
        into.fill(0);
    }

    fn serve(&self, queues: &mut Queues, _kicked: u64) -> Result<(), Broken> {
        let mut buffer = self.buffer.lock().unwrap_or_else(|e| e.into_inner());
        let mut failed = None;
        queues.drain(0, |memory, chain| {
            while chain.writable() > 0 && chain.written() < MOST {
                let n = chain.writable().min(MOST - chain.written()).min(PIECE as u64) as usize;
                if let Err(e) = self.entropy.fill(&mut buffer[..n]) {
                    failed = Some(e);
                    break;
                }
                chain.write(memory, &buffer[..n])?;
            }
            Ok(())
        })?;
        if let Some(e) = failed {
            queues.complain(&format_args!("the host has no random bytes: {e}"));
        }
        Ok(())
    }
}

impl Saved for Rng {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &())
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        record.open::<()>(TAG, 1)
    }
}
