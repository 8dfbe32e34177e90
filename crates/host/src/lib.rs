//! The door to the host's kernel: memory mappings, file descriptors, file locks, tap interfaces,
//! randomness, the terminal.
//!
//! Everything that talks to the kernel beyond what `std` offers lives here, behind safe types.
//! It must not know what a guest, a device or an engine is.

mod atomic;
pub mod event;
pub mod faults;
pub mod fp_traps;
pub mod lock;
pub mod mapping;
pub mod private;
pub mod random;
pub mod survey;
pub mod tap;
pub mod terminal;
pub mod vectored;
mod window;

pub use atomic::{cas128, has_cas128};
pub use mapping::{CodeMapping, Mapping};
pub use window::Reserve;
