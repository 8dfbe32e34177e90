//! Which guests are here, and what to do when one is not: skip in a plain `cargo test`, fail under
//! `LODGE_GUESTS=1`, which `cargo xtask test` sets after `cargo xtask guests` has fetched them all.

use std::path::{Path, PathBuf};

/// Files a test boots or attaches. All are made by `cargo xtask guests`; none is in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guest {
    /// Debian's riscv64 kernel.
    Kernel,
    /// The busybox initramfs `lodge run` boots.
    Initrd,
    /// Debian's root file system on a disk, as `lodge run debian` starts from.
    DebianDisk,
    /// The initial file system that hands over to it.
    DebianInitrd,
    /// An ext4 disk with stress-ng, Python and Python's own tests, unpacked.
    SuiteDisk,
    /// OpenSBI that jumps to a fixed address.
    OpenSbi,
    /// OpenSBI that is told where to jump.
    OpenSbiDynamic,
    /// U-Boot that runs alone, in machine mode.
    UBootMachine,
    /// U-Boot that runs below an SBI.
    UBoot,
    /// EDK2's code, as it lies in the first flash bank.
    Edk2,
    /// EDK2's variables, for the second bank.
    Edk2Variables,
}

impl Guest {
    /// Its name in the list that `cargo xtask guests` leaves.
    fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Initrd => "initrd",
            Self::DebianDisk => "debian",
            Self::DebianInitrd => "debian-initrd",
            Self::SuiteDisk => "suite",
            Self::OpenSbi => "opensbi",
            Self::OpenSbiDynamic => "opensbi-dynamic",
            Self::UBootMachine => "u-boot-machine",
            Self::UBoot => "u-boot",
            Self::Edk2 => "edk2",
            Self::Edk2Variables => "edk2-variables",
        }
    }

    /// Where it lies; a path that does not exist when it is not here.
    pub fn path(self) -> PathBuf {
        let list = std::fs::read_to_string(cache().join("tests/guests.list")).unwrap_or_default();
        let entry = |line: &str| Some(PathBuf::from(line.strip_prefix(self.name())?.strip_prefix(' ')?));
        list.lines().find_map(entry).unwrap_or_else(|| cache().join("tests").join(self.name()))
    }
}

/// What a test needs beside the `lodge` program.
#[derive(Clone, Copy, Debug)]
pub enum Need<'a> {
    /// A guest's file.
    Guest(Guest),
    /// A program on PATH.
    Program(&'a str),
    /// Time: plain `cargo test` stays under two minutes without the tests that say this.
    Minutes,
}

/// Whether everything is here. If not, prints why the test is skipped, or fails it under `LODGE_GUESTS=1`.
///
/// Written first in every test that needs more than the workspace builds:
/// `if !need(&[Need::Guest(Guest::Kernel)]) { return }`.
#[track_caller]
pub fn need(needs: &[Need<'_>]) -> bool {
    let lodge = crate::machine::program();
    let mut missing: Vec<String> = needs.iter().filter_map(Need::missing).collect();
    if !lodge.is_file() {
        missing.push(format!("{} is not built (cargo build --release)", lodge.display()));
    }
    if missing.is_empty() {
        return true;
    }
    let why = missing.join("; ");
    assert!(!flag("LODGE_GUESTS"), "LODGE_GUESTS=1, but {why}; try: cargo xtask setup && cargo xtask guests");
    println!("skipped: {why}");
    false
}

impl Need<'_> {
    fn missing(&self) -> Option<String> {
        match self {
            Self::Guest(guest) => {
                let path = guest.path();
                let advice = format!("no {} (cargo xtask guests fetches it)", path.display());
                (!path.is_file()).then_some(advice)
            }
            Self::Minutes => {
                (!flag("LODGE_GUESTS")).then(|| "takes minutes (cargo xtask test runs it)".to_string())
            }
            Self::Program(name) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let here = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
                (!here).then(|| format!("no {name} on PATH (cargo xtask setup installs it)"))
            }
        }
    }
}

/// Whether tests run their full length (`cargo xtask soak`).
pub fn long() -> bool {
    flag("LODGE_LONG")
}

fn flag(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "1")
}

/// The cache that lodge itself uses.
fn cache() -> PathBuf {
    let home = || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    std::env::var_os("XDG_CACHE_HOME")
        .filter(|dir| !dir.is_empty())
        .map_or_else(home, PathBuf::from)
        .join("lodge")
}
