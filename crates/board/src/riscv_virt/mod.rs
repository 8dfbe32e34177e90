//! The RISC-V `virt` board.

pub mod fdt;
pub mod isa;
pub mod map;
pub mod sbi;
mod start;
