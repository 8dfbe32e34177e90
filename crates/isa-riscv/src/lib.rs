//! RISC-V front end: what the jit needs to know of this guest architecture.
//!
//! ```text
//!   rv.table ─codegen─► decode.rs ─► Inst ◄─ rvc.rs        lift.rs ─► rvi.rs rvm.rs rva.rs rvf.rs rvb.rs z*.rs ─► IR
//! ```
//! Files of lift functions are set as tables, one row an instruction.
#![forbid(unsafe_code)]

pub mod decode;
pub mod disasm;
pub mod helper;
pub mod inst;
pub mod lift;
mod lifter;
pub mod rvc;
pub mod slots;

#[rustfmt::skip]
mod privileged;
#[rustfmt::skip]
mod rva;
#[rustfmt::skip]
mod rvb;
#[rustfmt::skip]
mod rvf;
#[rustfmt::skip]
mod rvi;
#[rustfmt::skip]
mod rvm;
#[rustfmt::skip]
mod zacas;
#[rustfmt::skip]
mod zicbo;
#[rustfmt::skip]
mod zicond;
#[rustfmt::skip]
mod zicsr;

pub use decode::{Extension, Op, decode, encode};
pub use inst::Inst;
pub use lift::lift;
pub use rvc::{decode_compressed, length};
