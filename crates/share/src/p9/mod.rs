//! 9P2000.L as virtio-9p carries it: the Linux variant of Plan 9's file protocol (its messages are described with the
//! Linux client, `net/9p` and `fs/9p`), for guests without virtio-fs.
//!
//! ```text
//!   message   size u32, type u8, tag u16, fields; strings are length u16 and bytes; a reply's type is one more
//!   fid       the client's number for a file it knows, or has open
//! ```
//! Requests are served one by one, so there is nothing to flush and no tag that matters.

mod fids;
mod io;
mod names;
mod server;
pub mod wire;

pub use server::{Server, ServerSaved};
