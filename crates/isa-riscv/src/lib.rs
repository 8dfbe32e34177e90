//! RISC-V front end: what the jit needs to know of this guest architecture.
//!
//! ```text
//!   rv.table ─codegen─► decode.rs ─► Inst ◄─ rvc.rs        lift.rs ─► rvi.rs rvm.rs rva.rs rvf.rs rvb.rs z*.rs ─► IR
//! ```
//! Files of lift functions are set as tables, one row an instruction.
#![forbid(unsafe_code)]

pub mod csr;
pub mod decode;
pub mod disasm;
pub mod extensions;
pub mod hart;
pub mod helper;
pub mod inst;
mod interrupt;
pub mod lift;
mod lifter;
mod mmu;
mod pmp;
pub mod rvc;
mod rvv;
mod save;
pub mod slots;
pub mod trap;
pub mod vector;

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
pub use extensions::{BASE, EXTENSIONS, extensions, isa_string};
pub use hart::{CACHE_BLOCK, Hart, Options, Paging};
pub use inst::Inst;
pub use interrupt::TIMEBASE;
pub use lift::lift;
pub use rvc::{decode_compressed, length};
pub use save::{reset, supervisor_entry};
