//! PCI Express: configuration space, bridges, BARs, interrupts, hotplug.
//!
//! ```text
//!   vCPU ── ECAM ──────► Root ── bus 0 ─┬─ Endpoint (host bridge)
//!        ── windows ───► routes ────────┼─ Endpoint ──► Function (a device: reads and writes in its BARs)
//!                                       └─ Port ── bus n ── Endpoint, which may come and go
//!   device's thread ──► Interrupts ──┬─ MSI-X: a message to the MessageSink
//!                                    └─ INTx: one of four lines, shared
//! ```
//! A device implements [`Function`] and describes itself by an [`EndpointSpec`]; all that an operating system does to
//! configuration space is done here. It must not know what a device is for, an interrupt controller, an engine or a
//! board's addresses. "§" in comments is a section of the PCI Express Base Specification, revision 5.0; "PCI" before
//! it means the PCI Local Bus Specification 3.0, "bridge" the PCI-to-PCI Bridge Architecture Specification 1.2.
#![forbid(unsafe_code)]

mod bar;
mod bus;
mod capability;
mod config;
mod endpoint;
pub mod hostile;
mod interrupt;
mod lines;
mod port;
mod root;
mod routes;
pub mod testing;

pub use bar::{BARS, Bar, BarKind};
pub use capability::{Access, VendorCapability};
pub use endpoint::{Endpoint, EndpointSpec, Function, Identity};
pub use interrupt::{Interrupts, MessageSink, MsixPlace};
pub use port::Port;
pub use root::{Root, Window};

#[cfg(test)]
mod root_tests;
