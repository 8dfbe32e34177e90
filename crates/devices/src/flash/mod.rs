//! Flash memory.

mod cfi;
mod store;

pub use cfi::{CfiFlash, CfiFlashSaved};
pub use store::{FlashError, FlashStore};
