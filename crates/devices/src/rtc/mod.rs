//! Clocks that know the date.

mod goldfish;

pub use goldfish::{GoldfishRtc, GoldfishRtcSaved, HostWall, WallClock};
