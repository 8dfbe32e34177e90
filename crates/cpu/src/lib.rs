//! What every accelerator promises of a vCPU, and the thread that drives one.
//!
//! ```text
//!   vmm/board ── Link (kick, lines, requests, want) ──► vCPU thread: run::drive
//!                                                         │  Vcpu::run(&Space) -> Stop
//!                                                         ▼
//!                                                   jit · interp · kvm
//! ```
//! It must not know which accelerator, board or device there is.
#![forbid(unsafe_code)]

mod link;
pub mod run;
mod vcpu;

pub use link::{Link, ROOM, Request, Want};
pub use vcpu::{Debug, Flush, Stop, Vcpu};
