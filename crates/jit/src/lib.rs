//! The translator: guest code is lifted once to a small IR; an interpreter runs that IR, or an emitter compiles it.
//!
//! ```text
//!   guest bytes ─ Isa::lift ─► ir::Block ─┬─► interp                        (the reference)
//!                                          ├─► emit, block by block            (x86-64 host code) ─► cache, warm: on disk
//!                                          └─► region ─► simplify ─► emit      (blocks that run often, together)
//!   all reach memory through softmmu and, in regions, mirror; both ask Isa::walk. The engine drives them (the Vcpu promise)
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
mod simplify;
mod slots;
mod smp;
mod softfp;
mod softmmu;
mod tuning;
mod unrest;
mod vector;
mod warm;

#[cfg(test)]
mod differential_tests;
#[cfg(test)]
mod rights_tests;

pub use accel::{Accel, vcpu};
pub use build::Builder;
pub use code::Code;
pub use emit::show::{Shown, show};
pub use frame::{Frame, SLOTS};
pub use isa::{Access, Context, Exception, FpRules, Isa, Mapping, Mode, Outcome};
pub use smp::Peers;
pub use tuning::{Made, Stats, Tuning, regions_compiled};
pub use warm::{Store, Tally, read_anything};
