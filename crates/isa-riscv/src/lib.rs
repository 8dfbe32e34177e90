//! RISC-V front end: what the jit needs to know of this guest architecture.
#![forbid(unsafe_code)]

pub mod decode;
pub mod disasm;
pub mod inst;
pub mod rvc;

pub use decode::{Extension, Op, decode, encode};
pub use inst::Inst;
pub use rvc::{decode_compressed, length};
