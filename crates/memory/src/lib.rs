//! Guest RAM: sparse, shared, and watched for code.
//!
//! ```text
//!  devices ── read/write (volatile copies, marks pages) ──┐
//!  engines ── host pointers (their own soft MMU)  ────────┼──► Ram ── host::Mapping (memfd)
//!                                     page marks (code) ──┘
//! ```
//! Nobody gets a `&[u8]` to guest memory: a guest changes it at any time. It must not know what a device is.

mod pages;
mod ram;

pub use pages::{CodeWatch, GRANULE_SHIFT, PAGE_SHIFT, PAGE_SIZE};
pub use ram::{GuestMemory, MemoryError, Ram};
