//! The translator: guest code is lifted once to a small IR; an interpreter runs that IR, or an emitter compiles it.
//!
//! ```text
//!   guest bytes ─ Isa::lift ─► ir::Block ─┬─► interp   (the reference)
//!                                          └─► emit     (x86-64 host code) ─► cache
//!   both reach memory through softmmu, which asks Isa::walk, and both are driven by engine (the Vcpu promise)
//! ```
//! It must not know a device, a board, or which ISA it runs: that is `Isa`'s.

mod accel;
mod blocks;
mod build;
mod code;
mod core;
mod emit;
mod engine;
mod frame;
mod interp;
pub mod ir;
mod isa;
mod mirror;
mod print;
mod region;
mod smp;
mod softfp;
mod softmmu;
mod tuning;
mod unrest;
mod warm;

#[cfg(test)]
mod differential_tests;

pub use accel::{Accel, vcpu};
pub use build::Builder;
pub use code::Code;
pub use frame::{Frame, SLOTS};
pub use isa::{Access, Context, Exception, FpRules, Isa, Mapping, Mode, Outcome};
pub use smp::Peers;
pub use tuning::{Made, Stats, Tuning};
pub use warm::{Store, Tally, read_anything};
