//! Transports: how a driver finds a device's registers. PCI would be a sibling of `mmio` over the same core.

pub(crate) mod mmio;
