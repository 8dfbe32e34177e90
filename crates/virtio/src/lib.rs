//! virtio 1.2: queues, the transports MMIO and PCI, and the devices.
//!
//! ```text
//!   vCPU ── register ──► transport mmio, pci ──► Core  negotiation, queue set-up (frozen at DRIVER_OK)
//!             notify ─────────────────────────────┼──► Worker  one thread a device
//!                                                 │      └─ lends the Queues to Device::serve
//!   Irq, message ◄── Signal ◄── used buffers ◄────┴──────────── blk net console rng balloon fs p9
//! ```
//! A vCPU thread only sets registers and kicks; a device's work is done on the device's own thread. Guest memory is
//! copied in and out, never borrowed. A driver that breaks the rules gets DEVICE_NEEDS_RESET and a line in the log.
//! It must not know a board, an engine or a file format. "§" in comments is a section of the virtio 1.2 standard.
#![forbid(unsafe_code)]

pub mod balloon;
pub mod blk;
mod complaint;
pub mod console;
mod core;
mod device;
pub mod fs;
pub mod hostile;
mod lent;
pub mod net;
pub mod p9;
pub mod queue;
pub mod rng;
mod signal;
pub mod testing;
pub mod testing_pci;
mod transport;
mod worker;

pub use crate::core::CoreSaved;
pub use device::{Broken, Device, Kind, feature};
pub use queue::{Chain, Queues};
pub use transport::mmio::{EmptySlot, MmioTransport, WINDOW};
pub use transport::pci::PciTransport;
pub use worker::Waker;

/// Why a device could not be made.
#[derive(Debug, thiserror::Error)]
pub enum VirtioError {
    /// The host has no descriptors left.
    #[error("cannot watch the link of a network device: {source}; check the host's limits (ulimit -n)")]
    Watch {
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The host refuses a thread.
    #[error(
        "cannot start the thread of virtio device {device}: {source}; check the host's limits (ulimit -u)"
    )]
    Thread {
        /// Name of the device.
        device: String,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// The host refuses descriptors.
    #[error("cannot serve the shared folder {folder}: {source}; check the host's limits (ulimit -n)")]
    Share {
        /// The folder.
        folder: String,
        /// What the kernel said.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod device_tests;
#[cfg(test)]
mod net_tests;
#[cfg(test)]
mod pci_tests;
#[cfg(test)]
mod share_tests;
#[cfg(test)]
mod transport_tests;
