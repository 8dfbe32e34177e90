//! What can be wrong with a file that should boot.

use lodge_spec::Size;
use std::path::PathBuf;

/// A machine could not be given what it boots from.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// A file that cannot be read.
    #[error("cannot read the {what} {}", .path.display())]
    Read {
        /// Its part in booting.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the host said.
        source: std::io::Error,
    },
    /// A file larger than anything of its kind.
    #[error("the {what} {} is larger than {limit}; is it the right file?", .path.display())]
    TooLarge {
        /// Its part in booting.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// Where reading stopped.
        limit: Size,
    },
    /// A file with the wrong content.
    #[error("cannot boot the {what} {}", .path.display())]
    Format {
        /// Its part in booting.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FormatError,
    },
    /// Things do not fit into RAM together.
    #[error("{memory} of memory is too little: {what} needs {need:#x} bytes at {at:#x}; try more --memory")]
    NoRoom {
        /// What did not fit.
        what: String,
        /// Where it would go.
        at: u64,
        /// Its size in bytes.
        need: u64,
        /// RAM of the machine.
        memory: Size,
    },
    /// Two things claim the same bytes.
    #[error("{first} and {second} would overlap at {at:#x}; try more --memory")]
    Overlap {
        /// The lower one.
        first: String,
        /// The higher one.
        second: String,
        /// Where they meet.
        at: u64,
    },
    /// A kernel for firmware that takes it by other means.
    #[error("{} is UEFI firmware, which finds its kernel on a disk; leave --kernel away", .path.display())]
    KernelForUefi {
        /// The firmware.
        path: PathBuf,
    },
}

/// Why some bytes are not a kernel or firmware that can be booted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Shorter than it says of itself.
    #[error("the file is truncated: {what} ends at byte {needed}, the file has {len}")]
    Truncated {
        /// The part that is not all there.
        what: &'static str,
        /// Length it must have at least.
        needed: u64,
        /// Length it has.
        len: u64,
    },
    /// Made for other CPUs.
    #[error("it is {found}, this machine is riscv64; choose a kernel for riscv64")]
    WrongArch {
        /// What it is.
        found: String,
    },
    /// An ELF file that is not a program to load.
    #[error("it is an ELF file that cannot be booted: {0}")]
    Elf(&'static str),
    /// A compressed kernel that does not unpack.
    #[error("its {method} data is damaged: {why}")]
    Damaged {
        /// Compression method.
        method: &'static str,
        /// What the unpacker said.
        why: String,
    },
    /// A compression that is not supported.
    #[error(
        "it is compressed with {method}, which is not supported; unpack it first (supported: gzip, xz, lzma, zstd)"
    )]
    Compression {
        /// The method's name, as far as it is known.
        method: String,
    },
    /// Unpacks to too much.
    #[error("it unpacks to more than {limit}")]
    TooLarge {
        /// Where unpacking stopped.
        limit: Size,
    },
    /// Nothing that is known.
    #[error("it is neither ELF, nor a RISC-V Linux Image, nor a gzip or EFI zboot of one{hint}")]
    Unknown {
        /// What it might be instead, beginning with a separator.
        hint: &'static str,
    },
}
