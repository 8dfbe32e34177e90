//! Interrupt controllers.

mod plic;

pub use plic::{Plic, PlicSaved};
