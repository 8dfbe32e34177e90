//! The seam between a transport and a device.

use crate::{Queues, Waker};
use lodge_state::Saved;
use std::os::fd::BorrowedFd;

/// Feature bits that belong to the queues and the transport (§6).
pub mod feature {
    /// Descriptors may point to tables of descriptors.
    pub const INDIRECT_DESC: u64 = 1 << 28;
    /// Both sides say at which index they want to hear next.
    pub const EVENT_IDX: u64 = 1 << 29;
    /// The device follows the standard, not the legacy interface.
    pub const VERSION_1: u64 = 1 << 32;
    /// Queues are packed rings.
    pub const RING_PACKED: u64 = 1 << 34;
    /// All that lodge's queues can do.
    pub const QUEUE: u64 = INDIRECT_DESC | EVENT_IDX | VERSION_1 | RING_PACKED;
}

/// What a device is (§5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Network card.
    Net = 1,
    /// Block device.
    Block = 2,
    /// Console.
    Console = 3,
    /// Entropy source.
    Rng = 4,
    /// Memory balloon.
    Balloon = 5,
    /// Shared folder by 9P.
    P9 = 9,
    /// Shared folder by FUSE.
    Fs = 26,
}

/// The driver broke the rules; the device needs a reset (§2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

impl From<lodge_memory::MemoryError> for Broken {
    fn from(e: lodge_memory::MemoryError) -> Broken {
        Broken(e.to_string())
    }
}

/// A virtio device: serves descriptor chains and config bytes, whatever the transport.
///
/// `serve` runs on the device's own thread, everything else on any thread at any time. A device keeps no chain
/// from one `serve` to the next: what it cannot complete now it leaves in the queue. So the queues' indices and the
/// device's [`Saved`] record are all there is to save.
pub trait Device: Saved {
    /// What it is.
    fn kind(&self) -> Kind;

    /// Name for people, and of the thread (15 bytes of it).
    fn name(&self) -> String;

    /// The device's own feature bits on offer. Those of the queues are not its business.
    fn features(&self) -> u64;

    /// Largest size of each queue.
    fn queue_sizes(&self) -> &[u16];

    /// Copies config bytes from `offset`; bytes that do not exist read as zero.
    fn config(&self, offset: u64, into: &mut [u8]);

    /// The driver writes config bytes. Fields that are read-only or do not exist ignore it.
    fn write_config(&self, _offset: u64, _from: &[u8]) {}

    /// Called once, before anything else: how the outside world gets the device's thread going.
    fn attach(&self, _waker: Waker) {}

    /// The driver is set up with these feature bits; `serve` may be called from now on.
    fn activate(&self, _features: u64) {}

    /// Back to the state at power-on. `serve` is not running and will not until the next `activate`.
    fn reset(&self) {}

    /// Whether the device's thread is to watch a descriptor. Does not change.
    fn watches(&self) -> bool {
        false
    }

    /// The descriptor, asked for whenever the thread goes to sleep: once it is readable `serve` is called with
    /// [`Waker::BIT`]. `None`: not now.
    fn watched(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Serves `queues`: bit n of `kicked` says that queue n was notified, [`Waker::BIT`] that the waker was used.
    /// May be called for no reason.
    ///
    /// # Errors
    /// [`Broken`]: the driver cannot be served any more.
    fn serve(&self, queues: &mut Queues, kicked: u64) -> Result<(), Broken>;
}
