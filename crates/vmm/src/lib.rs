//! One machine, one process: the threads, the state machine, the debugger's door.
//!
//! ```text
//!   Control (Ctrl-a x, signals) ──┐
//!   vCPU threads: run::drive ─────┼──► events ──► driver ──► Life (the wired machine between two resets)
//!   gdb server ───────────────────┘                │            pause · resume · end
//!                                                  └──► End: why it is over, and the exit code
//! ```
//! It must not know command lines, terminals or templates, nor match over devices.
#![forbid(unsafe_code)]

mod driver;
mod error;
mod gdb;
mod life;
mod signals;

pub use driver::{Control, End, Machine};
pub use error::VmmError;
