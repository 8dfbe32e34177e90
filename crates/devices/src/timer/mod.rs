//! Timers.

mod aclint;

pub use aclint::{Aclint, AclintHart, AclintSaved, TIMEBASE};
