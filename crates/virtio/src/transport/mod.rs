//! Transports: how a driver finds a device's registers. All are shells around the same `Core`.

pub(crate) mod mmio;
pub(crate) mod pci;
