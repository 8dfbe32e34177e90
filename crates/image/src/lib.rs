//! Disk images: bytes at an offset ⊃ where they are ⊃ how to fetch them.
//!
//! ```text
//!   a device ──► Disk            bytes at an offset, all a device sees
//!                 └ Image        copy-on-write, sticky failures, bounds: written once for every format
//!                    ├ Format    which storage holds which bytes (raw, overlay; qcow2 and others later)
//!                    │  └ Storage  a file or block device on the host
//!                    └ backing: another Disk, read only
//! ```
//! The format is what the caller says, never probed from content; no path named inside an image is opened.
//! It must not know what a guest or a device is.
#![forbid(unsafe_code)]

mod disk;
mod error;
mod format;
mod image;
mod overlay;
mod raw;
mod storage;

pub use disk::{Disk, SECTOR, Topology};
pub use error::ImageError;
pub use format::{Extent, Format, Place, Target};
pub use image::Image;
pub use overlay::overlay;
pub use raw::{Access, Raw, open_raw};
pub use storage::Storage;
pub use storage::file::HostFile;
pub use storage::memory::MemoryStorage;

#[cfg(test)]
mod image_tests;
