//! The PCI Express host of boards: configuration space by memory access, and the windows behind it.

mod host;

pub use host::{EmptyWindow, PciHost, PciHostSaved};
