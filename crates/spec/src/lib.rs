//! What a user can ask for, as plain enums and structs with their defaults.
//!
//! ```text
//!   flags, XML, JSON ── parsed once, at the edge ──► MachineSpec ──► board ──► a live machine
//! ```
//! It knows nobody: no file is opened here, no device named by type. What the types can hold is what can be built:
//! an initrd without a kernel, 0 harts or 3 bytes of RAM have no value. Defaults live here and nowhere else.
#![forbid(unsafe_code)]

mod boot;
mod disk;
mod jit;
mod machine;
mod net;
mod share;
mod size;
mod virtio;

pub use boot::{Boot, Kernel};
pub use disk::{Disk, DiskMode, MAX_DISKS};
pub use jit::{Jit, JitStats, Tier};
pub use machine::{
    Accel, Arch, Board, Console, Cpus, Gdb, JitCache, MAX_CPUS, MAX_MEMORY, MIN_MEMORY, MachineSpec, Memory,
    Name, Vectors,
};
pub use net::{Forward, Link, MAX_FORWARDS, MAX_NICS, Mac, Nic, Protocol, Switch, User, parse_nic};
pub use share::{MAX_SHARES, Share, ShareProtocol};
pub use size::{Size, parse_size};
pub use virtio::{Transport, Virtio};

/// A wish that no machine can be built from. One line, with what to try.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Not a size.
    #[error(
        "`{text}` is not a size: {why}; write bytes or a number with K, M, G or T, like 512M, 2G or 1.5G"
    )]
    Size {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// More or less RAM than a machine can have.
    #[error("{asked} of memory is out of range: a machine has {MIN_MEMORY} to {MAX_MEMORY}")]
    Memory {
        /// What was asked for.
        asked: Size,
    },
    /// RAM comes in pages.
    #[error("memory of {asked} bytes is not a multiple of 2 MiB; try {nearest}")]
    MemoryGranule {
        /// Bytes asked for.
        asked: u64,
        /// Rounded up.
        nearest: Size,
    },
    /// Not a possible number of harts.
    #[error("`{text}` is not a number of CPUs: a machine has 1 to {MAX_CPUS}")]
    Cpus {
        /// What was given.
        text: String,
    },
    /// A word that is not one of those known.
    #[error("unknown {what} `{text}`: choose one of {known}")]
    Word {
        /// What kind of word was expected.
        what: &'static str,
        /// What was given.
        text: String,
        /// The words there are, with commas.
        known: String,
    },
    /// Not a machine's name.
    #[error(
        "`{text}` cannot name a machine: use 1 to 64 letters, digits, `-`, `_` or `.`, first a letter or digit"
    )]
    Name {
        /// What was given.
        text: String,
    },
    /// Not an address to listen at.
    #[error(
        "`{text}` is not an address for the debugger: write PORT, :PORT or ADDRESS:PORT, like 127.0.0.1:1234"
    )]
    Address {
        /// What was given.
        text: String,
    },
    /// A disk's description does not parse.
    #[error("disk `{text}`: {why}; write FILE[,ro|snapshot][,serial=TEXT], like disk.img,snapshot")]
    Disk {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// More disks than slots.
    #[error("{asked} disks are too many: a machine has room for {MAX_DISKS}")]
    Disks {
        /// How many were asked for.
        asked: usize,
    },
    /// A network does not parse.
    #[error(
        "network `{text}`: {why}; write none, user, tap=NAME, bridge=NAME or switch=NAME, like user,restrict=on"
    )]
    Net {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// Not a hardware address for a network device.
    #[error("`{text}` is no hardware address for a network device: {why}; write one like 52:54:00:12:34:56")]
    Mac {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A port forwarding that does not parse.
    #[error("cannot forward `{text}`: {why}; write [tcp:|udp:][ADDRESS:]PORT[-END]:GUESTPORT, like 2222:22")]
    Forward {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// Two forwardings of one port.
    #[error("{one} and {other} are to listen at the same port; change one of them")]
    ForwardTwice {
        /// The first rule.
        one: String,
        /// The second.
        other: String,
    },
    /// More rules than a machine can have.
    #[error("{asked} port forwardings are too many: a machine has room for {MAX_FORWARDS}")]
    Forwards {
        /// How many were asked for.
        asked: usize,
    },
    /// More network devices than slots.
    #[error("{asked} network devices are too many: a machine has room for {MAX_NICS}")]
    Nics {
        /// How many were asked for.
        asked: usize,
    },
    /// Two network devices with one hardware address.
    #[error("two network devices have the hardware address {mac}; change one of them, or leave it out")]
    MacTwice {
        /// The address.
        mac: Mac,
    },
    /// A flag that needs a network it does not have.
    #[error("{what} needs {needs}; add --net {needs}, or leave {what} out")]
    NeedsNet {
        /// The flag.
        what: &'static str,
        /// The kind of network.
        needs: &'static str,
    },
    /// A shared folder does not parse.
    #[error("share `{text}`: {why}; write DIR[:MOUNTPOINT][,ro], like ~/src:/srv/src,ro")]
    Share {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: String,
    },
    /// More shared folders than slots.
    #[error("{asked} shared folders are too many: a machine has room for {MAX_SHARES}")]
    Shares {
        /// How many were asked for.
        asked: usize,
    },
    /// Two shared folders are to be the same to the guest.
    #[error("two shares have {what}; give one another, like --share DIR:/another/place")]
    ShareTwice {
        /// What they have in common.
        what: String,
    },
    /// Something that only makes sense with a kernel.
    #[error("{what} needs a kernel to be given to; add --kernel FILE")]
    NeedsKernel {
        /// The thing given, as a flag.
        what: &'static str,
    },
    /// Nothing to boot.
    #[error("nothing to boot: give --kernel FILE, --firmware FILE, or the name of a template")]
    NothingToBoot,
    /// A kernel command line that no kernel takes.
    #[error("the kernel command line {why}")]
    Append {
        /// What is wrong with it.
        why: &'static str,
    },
}

/// Parses one of a fixed set of words.
fn word<T: Copy>(what: &'static str, words: &[(&str, T)], text: &str) -> Result<T, SpecError> {
    words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| SpecError::Word {
        what,
        text: text.to_owned(),
        known: words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "),
    })
}
