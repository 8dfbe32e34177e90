//! The chips of a machine that are not virtio: serial ports, interrupt controllers, timers, clocks, flash.
//!
//! ```text
//!   vCPU ── Space ──► Mmio of a chip ──► Effect
//!                        ├── Irq ──► an interrupt controller here, or a vCPU's lines
//!                        ├── Clock, WallClock: guest time, the world's time
//!                        └── Port, flash file: the outside
//! ```
//! Each chip is a folder entry of its own: `X` is live, `XSaved` beside it is its saved form, `X::reset` is what the
//! machine's reset line does to it. A chip must not know its address, its interrupt number, an engine or a board.
#![forbid(unsafe_code)]

mod bits;
pub mod flash;
pub mod fwcfg;
pub mod irq;
pub mod power;
pub mod rtc;
pub mod serial;
pub mod timer;

#[cfg(test)]
mod hostile;
