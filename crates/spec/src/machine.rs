//! A machine: its CPUs, its RAM, its board and what is plugged into it.

use crate::{
    Boot, Disk, Jit, Link, MAX_DISKS, MAX_FORWARDS, MAX_NICS, Nic, Share, Size, SpecError, Virtio,
    parse_size, word,
};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;

/// Most harts of one machine.
pub const MAX_CPUS: u32 = 16;
/// Least RAM of a machine.
pub const MIN_MEMORY: Size = Size(16 << 20);
/// Most RAM of a machine.
pub const MAX_MEMORY: Size = Size(64 << 30);
/// RAM comes in pieces of this: the largest alignment that a boot protocol asks for.
const GRANULE: u64 = 2 << 20;

/// Guest instruction set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Arch {
    /// RV64GC and what `lodge run --dry-run` lists beyond it.
    #[default]
    Riscv64,
}

/// Machine model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Board {
    /// RISC-V, with the memory map and devices that software for the well-known `virt` board expects.
    #[default]
    RiscvVirt,
}

/// Who runs the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Accel {
    /// The fastest this host has for the guest.
    #[default]
    Auto,
    /// The translator.
    Jit,
    /// The interpreter: slow, the reference.
    Interp,
}

/// Whether translations are kept for later runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum JitCache {
    /// Kept in the user's cache directory.
    #[default]
    On,
    /// Neither kept nor used.
    Off,
    /// Kept, and compared with fresh ones instead of used.
    Check,
    /// Kept in this directory, which must be the user's alone.
    In(PathBuf),
}

/// The vector unit of the CPUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Vectors {
    /// None.
    Off,
    /// Registers of 128 bits.
    #[default]
    V128,
    /// Registers of 256 bits.
    V256,
}

impl Vectors {
    /// Bits of a register; 0: there is no unit.
    pub fn bits(self) -> u16 {
        match self {
            Vectors::Off => 0,
            Vectors::V128 => 128,
            Vectors::V256 => 256,
        }
    }
}

/// The guest device that the terminal is connected to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Console {
    /// The UART (`ttyS0`).
    #[default]
    Serial,
    /// The virtio console (`hvc0`).
    Virtio,
}

/// Number of harts, 1 to [`MAX_CPUS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cpus(u32);

/// RAM in bytes, [`MIN_MEMORY`] to [`MAX_MEMORY`], a multiple of 2 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory(u64);

/// A machine's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// A debugger's way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gdb {
    /// Where to listen.
    pub address: SocketAddr,
    /// Whether the guest stands at its first instruction until a debugger lets it go.
    pub wait: bool,
}

/// Everything one can ask of one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineSpec {
    /// What people call it.
    pub name: Name,
    /// Machine model.
    pub board: Board,
    /// Who runs its instructions.
    pub accel: Accel,
    /// Their vector unit.
    pub vectors: Vectors,
    /// How the translator works, if it does.
    pub jit: Jit,
    /// Whether translations are kept for later runs.
    pub jit_cache: JitCache,
    /// Harts.
    pub cpus: Cpus,
    /// RAM.
    pub memory: Memory,
    /// What it starts with.
    pub boot: Boot,
    /// Its disks, in the guest's order. At most [`MAX_DISKS`]: see [`MachineSpec::checked`].
    pub disks: Vec<Disk>,
    /// Its network devices, in the guest's order. At most [`MAX_NICS`]: see [`MachineSpec::checked`].
    pub nics: Vec<Nic>,
    /// Folders of the host that the guest sees.
    pub shares: Vec<Share>,
    /// Where the terminal goes.
    pub console: Console,
    /// How its virtio devices are attached.
    pub virtio: Virtio,
    /// A debugger's way in.
    pub gdb: Option<Gdb>,
}

impl MachineSpec {
    /// The default machine that boots `boot`.
    pub fn new(boot: Boot) -> MachineSpec {
        MachineSpec {
            name: Name::default(),
            board: Board::default(),
            accel: Accel::default(),
            vectors: Vectors::default(),
            jit: Jit::default(),
            jit_cache: JitCache::default(),
            cpus: Cpus::default(),
            memory: Memory::default(),
            boot,
            disks: Vec::new(),
            nics: vec![Nic::default()],
            shares: Vec::new(),
            console: Console::default(),
            virtio: Virtio::default(),
            gdb: None,
        }
    }

    /// Says what does not fit together although each part is right.
    ///
    /// # Errors
    /// [`SpecError::Disks`], [`SpecError::Nics`], [`SpecError::MacTwice`], [`SpecError::Forwards`],
    /// [`SpecError::ForwardTwice`], [`SpecError::Shares`], [`SpecError::ShareTwice`].
    pub fn checked(self) -> Result<MachineSpec, SpecError> {
        crate::share::check_all(&self.shares)?;
        if self.disks.len() > MAX_DISKS {
            return Err(SpecError::Disks { asked: self.disks.len() });
        }
        self.check_nics()?;
        Ok(self)
    }

    fn check_nics(&self) -> Result<(), SpecError> {
        if self.nics.len() > MAX_NICS {
            return Err(SpecError::Nics { asked: self.nics.len() });
        }
        let macs: Vec<_> = self.nics.iter().filter_map(|nic| nic.mac).collect();
        if let Some(mac) =
            macs.iter().enumerate().find_map(|(n, mac)| macs[..n].contains(mac).then_some(*mac))
        {
            return Err(SpecError::MacTwice { mac });
        }
        let forwards = self.nics.iter().flat_map(|nic| match &nic.link {
            Link::User(user) => &user.forwards[..],
            _ => &[],
        });
        let forwards: Vec<_> = forwards.collect();
        if forwards.len() > MAX_FORWARDS {
            return Err(SpecError::Forwards { asked: forwards.len() });
        }
        for (n, one) in forwards.iter().enumerate() {
            if let Some(other) = forwards[..n].iter().find(|other| one.collides(other)) {
                return Err(SpecError::ForwardTwice { one: other.to_string(), other: one.to_string() });
            }
        }
        Ok(())
    }
}

impl Board {
    /// Its instruction set.
    pub fn arch(self) -> Arch {
        match self {
            Board::RiscvVirt => Arch::Riscv64,
        }
    }

    /// The usual board of an instruction set.
    pub fn of(arch: Arch) -> Board {
        match arch {
            Arch::Riscv64 => Board::RiscvVirt,
        }
    }
}

macro_rules! words {
    ($type:ident, $what:literal, $($word:literal => $value:expr),+) => {
        impl FromStr for $type {
            type Err = SpecError;
            fn from_str(text: &str) -> Result<$type, SpecError> {
                word($what, &[$(($word, $value)),+], text)
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                for (word, value) in [$(($word, $value)),+] {
                    if value == *self {
                        return f.write_str(word);
                    }
                }
                Ok(())
            }
        }
    };
}

words!(Arch, "architecture", "riscv64" => Arch::Riscv64);
words!(Board, "board", "virt" => Board::RiscvVirt);
words!(Accel, "accelerator", "auto" => Accel::Auto, "jit" => Accel::Jit, "interp" => Accel::Interp);
words!(Vectors, "vector length", "off" => Vectors::Off, "128" => Vectors::V128, "256" => Vectors::V256);
words!(Console, "console", "serial" => Console::Serial, "virtio" => Console::Virtio);

impl FromStr for JitCache {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<JitCache, SpecError> {
        match text {
            "on" => Ok(JitCache::On),
            "off" => Ok(JitCache::Off),
            "check" => Ok(JitCache::Check),
            // A directory is written with a slash, so that a misspelt word does not become one.
            dir if dir.contains('/') => Ok(JitCache::In(dir.into())),
            _ => Err(SpecError::Word {
                what: "translation cache",
                text: text.to_owned(),
                known: "on, off, check, or a directory written with a `/`".into(),
            }),
        }
    }
}

impl fmt::Display for JitCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JitCache::On => f.write_str("on"),
            JitCache::Off => f.write_str("off"),
            JitCache::Check => f.write_str("check"),
            JitCache::In(dir) => dir.display().fmt(f),
        }
    }
}

impl Cpus {
    /// `count` harts; `None` when there cannot be that many.
    pub fn new(count: u32) -> Option<Cpus> {
        (1..=MAX_CPUS).contains(&count).then_some(Cpus(count))
    }

    /// How many.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Default for Cpus {
    fn default() -> Cpus {
        Cpus(1)
    }
}

impl FromStr for Cpus {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Cpus, SpecError> {
        text.parse().ok().and_then(Cpus::new).ok_or_else(|| SpecError::Cpus { text: text.to_owned() })
    }
}

impl fmt::Display for Cpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Memory {
    /// `bytes` of RAM.
    ///
    /// # Errors
    /// [`SpecError::Memory`], [`SpecError::MemoryGranule`].
    pub fn new(bytes: u64) -> Result<Memory, SpecError> {
        if !(MIN_MEMORY..=MAX_MEMORY).contains(&Size(bytes)) {
            return Err(SpecError::Memory { asked: Size(bytes) });
        }
        if !bytes.is_multiple_of(GRANULE) {
            let nearest = Size(bytes.next_multiple_of(GRANULE));
            return Err(SpecError::MemoryGranule { asked: bytes, nearest });
        }
        Ok(Memory(bytes))
    }

    /// Bytes.
    pub fn bytes(self) -> u64 {
        self.0
    }
}

impl Default for Memory {
    fn default() -> Memory {
        Memory(1 << 30)
    }
}

impl FromStr for Memory {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Memory, SpecError> {
        Memory::new(parse_size(text)?.0)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Size(self.0).fmt(f)
    }
}

impl Default for Name {
    fn default() -> Name {
        Name("lodge".into())
    }
}

impl FromStr for Name {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Name, SpecError> {
        let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let first = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
        if first && text.len() <= 64 && text.chars().all(good) {
            Ok(Name(text.to_owned()))
        } else {
            Err(SpecError::Name { text: text.to_owned() })
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Gdb {
    /// Parses `PORT`, `:PORT` or `ADDRESS:PORT`; without an address it is this host only. `tcp:` before it is
    /// allowed.
    ///
    /// # Errors
    /// [`SpecError::Address`].
    pub fn parse_address(text: &str) -> Result<SocketAddr, SpecError> {
        let bare = text.strip_prefix("tcp:").unwrap_or(text);
        let port = bare.strip_prefix(':').unwrap_or(bare);
        let bare = bare.replace("localhost:", "127.0.0.1:");
        (port.parse().map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)))
            .or_else(|_| bare.parse())
            .map_err(|_| SpecError::Address { text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_parse_or_say_what_is_possible() {
        assert_eq!("jit".parse(), Ok(Accel::Jit));
        assert_eq!(["off", "128", "256"].map(|word| word.parse::<Vectors>().unwrap().bits()), [0, 128, 256]);
        let error = "kvm".parse::<Accel>().unwrap_err().to_string();
        assert_eq!(error, "unknown accelerator `kvm`: choose one of auto, jit, interp");
        for word in ["on", "off", "check", "./dir"] {
            assert_eq!(word.parse::<JitCache>().unwrap().to_string(), word);
        }
        assert!("onn".parse::<JitCache>().unwrap_err().to_string().contains("off, check, or a directory"));
        assert_eq!("16".parse::<Cpus>().unwrap().get(), 16);
        for bad in ["0", "17", "-1", "x", "", "4294967297"] {
            assert!(bad.parse::<Cpus>().is_err(), "{bad}");
        }
        assert_eq!("512M".parse::<Memory>().unwrap().bytes(), 512 << 20);
        for bad in ["1M", "65G", "17M", "512Q", "100000001"] {
            assert!(bad.parse::<Memory>().is_err(), "{bad}");
        }
        assert!("deb-1.test".parse::<Name>().is_ok());
        for bad in ["", "-x", "a b", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn debugger_addresses_default_to_this_host() {
        for text in ["1234", ":1234", "tcp::1234", "127.0.0.1:1234", "localhost:1234"] {
            assert_eq!(Gdb::parse_address(text).unwrap().to_string(), "127.0.0.1:1234", "{text}");
        }
        assert_eq!(Gdb::parse_address("[::1]:9").unwrap().to_string(), "[::1]:9");
        for bad in ["", "host", "1.2.3.4", "70000", "1.2.3.4:"] {
            assert!(Gdb::parse_address(bad).is_err(), "{bad}");
        }
    }
}
