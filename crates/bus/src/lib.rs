//! The seam between CPUs and devices: offset and size in, value or effect out.
//!
//! ```text
//!   vCPU ── Space::read/write ──► Mmio (a device) ──► Effect (up to the vCPU's loop)
//!                                   │
//!                                   └── Irq ──► interrupt controller ──► Irq ──► vCPU's lines
//!                                   └── Clock: guest time, which can stop
//! ```
//! It must not know any device, engine or board. Do not add a VM handle here: a device that needs one is two devices.
#![forbid(unsafe_code)]

mod clock;
mod irq;
mod mmio;
mod space;

pub use clock::{Clock, Timer};
pub use irq::{Irq, IrqSink};
pub use mmio::{Effect, Mmio};
pub use space::{BusError, Region, Space};
