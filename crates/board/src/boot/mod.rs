//! Boot: from the files that were named to bytes at addresses and a first instruction.
//!
//! ```text
//!   file ── source (bounded read) ── unpack (gzip, zboot) ── kernel (ELF | Image) ──┐
//!   file ── source ── firmware (ELF | raw | EDK2 volume) ───────────────────────────┼── plan ──► Plan
//!                                              RAM size, initrd, device tree ────────┘
//! ```
//! Nothing here touches a live machine: a [`Plan`] can be printed as well as carried out. Every parser takes bytes
//! from anywhere, and answers with a value or one clear line.

mod elf;
mod error;
mod firmware;
mod kernel;
mod plan;
mod source;
mod unpack;

pub use elf::{Elf, Segment};
pub use error::{BootError, FormatError};
pub use firmware::{Firmware, parse_firmware};
pub use kernel::{Image, Payload, parse_kernel};
pub(crate) use plan::FDT_ROOM;
pub use plan::{Layout, Load, Plan, Start, plan};

#[cfg(test)]
mod boot_tests;
