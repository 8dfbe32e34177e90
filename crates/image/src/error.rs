//! What can go wrong with an image, in words that say what to do.

use std::io;
use std::path::PathBuf;

/// Why an image could not be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// No such file.
    #[error(
        "cannot open disk {path}: there is no such file; check the path, or make an empty disk with 'truncate -s 10G {path}'", path = path.display()
    )]
    Absent {
        /// The file.
        path: PathBuf,
    },
    /// The kernel refused.
    #[error("cannot open disk {path} for {wanted}: permission denied; {hint}", path = path.display())]
    Denied {
        /// The file.
        path: PathBuf,
        /// `reading` or `writing`.
        wanted: &'static str,
        /// What to try.
        hint: &'static str,
    },
    /// Not something that holds a disk.
    #[error("cannot use {path} as a disk: it is {what}; give a regular file or a block device", path = path.display())]
    NotADisk {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A file of no bytes.
    #[error("cannot use {path} as a disk: it is empty; give it a size with 'truncate -s 10G {path}'", path = path.display())]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// Another program or another disk of this machine uses it.
    #[error(
        "cannot use {path}: {who}; stop the other user, or work on a copy or on a throw-away overlay of the file", path = path.display()
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// Who has it, in a few words.
        who: &'static str,
    },
    /// Any other failure to open or create.
    #[error("cannot open {path}: {source}", path = path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// The host failed a transfer.
    #[error("cannot {action} {name} at byte {offset}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The image.
        name: String,
        /// Where in the storage.
        offset: u64,
        /// What the kernel said.
        source: io::Error,
    },
    /// Data once could not be made durable, so no later flush can promise anything.
    #[error("{name} lost writes earlier ({why}); check the host's storage and restart the machine")]
    LostWrites {
        /// The image.
        name: String,
        /// The first failure.
        why: String,
    },
    /// A write to a read-only image.
    #[error("{name} is read-only")]
    ReadOnly {
        /// The image.
        name: String,
    },
    /// Beyond the end.
    #[error("bytes {offset}+{len} are beyond the end of {name} ({size} bytes)")]
    OutOfRange {
        /// The image.
        name: String,
        /// First byte asked for.
        offset: u64,
        /// Bytes asked for.
        len: u64,
        /// Bytes there are.
        size: u64,
    },
}
