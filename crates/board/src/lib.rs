//! Machine models: the only place where engines and devices meet.
//!
//! ```text
//!   MachineSpec ──► boot::plan (what goes where) ──► fdt (what the guest is told) ──► riscv_virt (the wired machine)
//! ```
//! It must not know threads' life cycles, terminals' escape keys or command lines: that is for the layers above.
#![forbid(unsafe_code)]

pub mod boot;
pub mod dts;
mod engine;
mod machine;
mod nic;
mod outside;
pub mod riscv_virt;

pub use machine::{
    Board, BoardError, Description, Firmware, Function, Machine, MapLine, Outside, Worker, World, board,
};
pub use nic::{NicError, OpenNic};
pub use outside::open_shares;
