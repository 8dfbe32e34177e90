//! FUSE as virtio-fs carries it: protocol 7.38 (`linux/fuse.h`; virtio 1.2, 5.11.6).
//!
//! ```text
//!   request  in header (40) · arguments · names or data        one descriptor chain
//!   answer   out header (16) · result or data                  its writable part
//! ```
//! What the guest's kernel can do alone it is left to: permissions, locks between its own processes, `poll`. File data
//! goes straight between the file and the exchange. It knows what the [`Tree`] can do, and no queue.

mod answer;
mod names;
mod server;
mod session;
pub mod wire;

pub use server::{Server, ServerSaved};
