//! Translations kept across blocks, vCPUs and runs, found by the guest code they were made from.
//!
//! ```text
//!   Engine ── find/add ──► Store ──┬── table: hash of address in page, mode, first bytes ─► record
//!             (any vCPU)           ├── segments: records, 256 KiB each, in the order they were made
//!                                  └── a thread that writes finished segments ──► Disk: one file a build
//! ```
//! A record is used only when *all* guest bytes it was made from are the ones in RAM now; the hash merely finds it. Its
//! host code is in the portable form of [`crate::emit::Portable`], so it serves the same guest code at any page, and a
//! guest that lays out its programs anew at each start still finds them.
//!
//! What is trusted: the host code of a record is run as the user. It comes from this process, or from a file that only
//! the user can write ([`lodge_host::private`]), named after the build of this program and the host's instruction set,
//! with a checksum over everything. The checksum guards against accidents, the file's owner and mode against others.
//!
//! It must not know a guest instruction, nor where blocks lie in the cache.

mod disk;
mod format;
mod host;
mod store;
mod tally;

pub use store::Store;
pub(crate) use store::{Cursor, Found, Pen, Probe};
pub(crate) use tally::Counts;
pub use tally::Tally;

#[cfg(test)]
mod disk_tests;
#[cfg(test)]
mod store_tests;

/// Reads `bytes` as a file of translations and tries to use everything in it, for fuzzing; how many records it has.
#[doc(hidden)]
pub fn read_anything(bytes: &[u8]) -> usize {
    format::read_anything(bytes)
}
