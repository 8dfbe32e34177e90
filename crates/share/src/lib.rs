//! A host folder given to a guest: its files by two wire protocols, FUSE (virtio-fs) and 9P2000.L (virtio-9p).
//!
//! ```text
//!   device ── Exchange (a request's bytes) ──► fuse::Server ─┐
//!                                              p9::Server  ──┴─► Tree  inodes, open files, owners
//!                                                                 └─► Folder  the opened host folder
//! ```
//! A path can never leave the folder: names are single components, every step is taken from an open directory, and
//! where several steps are taken at once the kernel is told to stay beneath it (`openat2(2)`) and to follow no link.
//! Nothing but regular files and directories is ever opened. What a guest can make us hold (inodes, open files,
//! bytes of a request) is bounded. The crate knows no queue and no guest memory; it must not know a device.
#![forbid(unsafe_code)]

mod attr;
mod dir;
mod exchange;
mod file;
mod folder;
pub mod fuse;
pub mod hostile;
mod make;
mod name;
mod owner;
pub mod p9;
mod saved;
mod table;
mod tree;
mod xattr;

pub use attr::{Attr, Kind, SetAttr, SetTime, Statistics, Time};
pub use dir::DirEntry;
pub use exchange::{Exchange, Fault, MemoryExchange};
pub use file::{HandleId, Open};
pub use folder::{Folder, Settings, ShareError};
pub use name::Name;
pub use owner::{Caller, Owners};
pub use saved::TreeSaved;
pub use table::NodeId;
pub use tree::Tree;

/// Why the host refuses something: an error number of Linux, which both protocols carry as it is. Its numbers are the
/// same on all architectures that lodge runs and runs on.
pub type Errno = rustix::io::Errno;

/// What an operation on a shared folder comes to.
pub type Result<T> = std::result::Result<T, Errno>;

#[cfg(test)]
mod fuse_tests;
#[cfg(test)]
mod p9_tests;
#[cfg(test)]
mod tree_tests;
