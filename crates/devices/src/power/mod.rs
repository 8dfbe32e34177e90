//! Switching off and starting anew.

mod syscon;

pub use syscon::{Finisher, FinisherSaved};
