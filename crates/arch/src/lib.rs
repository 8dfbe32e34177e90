//! Facts per guest ISA: registers, numbers, CPU models. One type per ISA, shared by every accelerator, so that a
//! guest saved under one resumes under another.
//!
//! It must not know any engine: only what the manuals say.
#![forbid(unsafe_code)]

pub mod riscv;

/// Everything a program can see of one vCPU, for any ISA.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Registers {
    /// A RISC-V hart.
    Riscv(Box<riscv::Registers>),
}
