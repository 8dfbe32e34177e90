//! What a board promises and what it builds.

use crate::boot::BootError;
use crate::nic::{NicError, OpenNic};
use lodge_bus::{Clock, Effect, Space};
use lodge_console::Port;
use lodge_cpu::Vcpu;
use lodge_image::{Disk, ImageError};
use lodge_share::{Folder, ShareError};
use lodge_spec::MachineSpec;
use lodge_state::Saved;
use lodge_virtio::VirtioError;
use std::fmt;
use std::sync::Arc;

/// A machine could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// What it boots from is not right.
    #[error(transparent)]
    Boot(#[from] BootError),
    /// RAM.
    #[error("cannot give the guest its memory")]
    Memory(#[from] lodge_memory::MemoryError),
    /// A disk.
    #[error("cannot use the disk {path}")]
    Disk {
        /// As given.
        path: String,
        /// Why.
        source: ImageError,
    },
    /// A network device.
    #[error("cannot use the network `{nic}`")]
    Nic {
        /// Its kind.
        nic: String,
        /// Why, and what to try.
        source: NicError,
    },
    /// A shared folder.
    #[error("cannot share a folder with the guest")]
    Share(#[from] ShareError),
    /// A virtio device.
    #[error("cannot build a virtio device")]
    Virtio(#[from] VirtioError),
    /// An engine.
    #[error("cannot build vCPU {hart}: {why}")]
    Engine {
        /// Which.
        hart: u32,
        /// Why, and what to try.
        why: String,
    },
    /// Our own mistake: the parts do not fit.
    #[error("the machine cannot be put together: {0}; this is a bug in lodge")]
    Inconsistent(String),
}

/// Where time and chance come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum World {
    /// From the host.
    #[default]
    Host,
    /// Made up: time stands still unless turned by hand, chance always says the same, and vCPUs can be advanced by
    /// counted instructions ([`Vcpu::advance`]). Two machines of one spec then do the same, until a device with a thread
    /// of its own is used.
    Made,
}

/// What a machine is connected to; outlives its resets.
#[derive(Clone)]
pub struct Outside {
    /// The terminal, or what stands in for it.
    pub console: Port,
    /// The disks, in the spec's order.
    pub disks: Vec<Arc<dyn Disk>>,
    /// The network devices' links, in the spec's order.
    pub nics: Vec<OpenNic>,
    /// The shared folders, in the spec's order.
    pub shares: Vec<Arc<Folder>>,
    /// Where time and chance come from.
    pub world: World,
}

/// Answers the guest's calls of lodge's own firmware.
pub trait Firmware: Send + Sync {
    /// Answers one call through [`Vcpu::answer`]; what comes back is an effect on the whole machine.
    fn call(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> Effect;
}

/// Something with work of its own that must stand still while the machine does.
pub trait Worker: Send + Sync {
    /// Stops; returns when the work in hand is done.
    fn pause(&self);
    /// Goes on.
    fn resume(&self);
}

/// A wired machine, standing at its first instruction.
pub struct Machine {
    /// What the vCPUs see.
    pub space: Arc<Space>,
    /// Guest time.
    pub clock: Clock,
    /// The vCPUs, by number.
    pub vcpus: Vec<Box<dyn Vcpu>>,
    /// Devices with threads of their own.
    pub workers: Vec<Arc<dyn Worker>>,
    /// Everything but vCPUs and RAM that has guest-visible state, by name.
    pub devices: Vec<(String, Arc<dyn Saved>)>,
    /// lodge's own firmware, when it is there.
    pub firmware: Option<Arc<dyn Firmware>>,
    /// PCIe ports whose slots devices can come to and go from while the machine runs.
    pub slots: Vec<Arc<lodge_pci::Port>>,
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.devices.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Machine").field("vcpus", &self.vcpus.len()).field("devices", &names).finish()
    }
}

impl Machine {
    /// Answers a call that has no firmware to go to: there is none, so the vCPU cannot go on.
    pub fn answer(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> Effect {
        match &self.firmware {
            Some(firmware) => firmware.call(vcpu, args),
            None => Effect::Shutdown(1),
        }
    }
}

/// A line of the memory map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapLine {
    /// First address.
    pub base: u64,
    /// Bytes.
    pub len: u64,
    /// What is there.
    pub what: String,
    /// Its interrupt, if it has one.
    pub irq: Option<u32>,
}

/// A function on PCIe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Device number on bus 0.
    pub device: u8,
    /// What is there.
    pub what: String,
    /// Its interrupt, if it has one.
    pub irq: Option<u32>,
}

/// A machine in words: what `--dry-run` prints.
#[derive(Debug, Clone)]
pub struct Description {
    /// One line on the whole machine.
    pub title: String,
    /// What becomes of translated code.
    pub translations: String,
    /// The memory map, ascending.
    pub map: Vec<MapLine>,
    /// The functions on PCIe when the machine starts.
    pub functions: Vec<Function>,
    /// The steps of booting.
    pub chain: Vec<String>,
    /// The device tree as text.
    pub tree: String,
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wired = |irq: &Option<u32>| irq.map(|n| format!(" (irq {n})")).unwrap_or_default();
        writeln!(f, "{}\n{}\n\nmemory map", self.title, self.translations)?;
        for MapLine { base, len, what, irq } in &self.map {
            let irq = wired(irq);
            writeln!(f, "  {base:#013x}..{:#013x}  {what}{irq}", base + len)?;
        }
        writeln!(f, "\nPCIe")?;
        for Function { device, what, irq } in &self.functions {
            writeln!(f, "  00:{device:02x}.0  {what}{}", wired(irq))?;
        }
        writeln!(f, "\nboot")?;
        for (number, step) in self.chain.iter().enumerate() {
            writeln!(f, "  {}. {step}", number + 1)?;
        }
        write!(f, "\ndevice tree\n{}", self.tree)
    }
}

/// A machine model: spec in, wired machine out.
pub trait Board: Sync {
    /// Says what would be built. Reads what the machine boots from, opens no disk, touches nothing.
    ///
    /// # Errors
    /// [`BoardError`].
    fn describe(&self, spec: &MachineSpec) -> Result<Description, BoardError>;

    /// Builds the machine. Called again, with the same outside, for every reset.
    ///
    /// # Errors
    /// [`BoardError`].
    fn build(&self, spec: &MachineSpec, outside: &Outside) -> Result<Machine, BoardError>;
}

/// The model that a spec names.
pub fn board(spec: &MachineSpec) -> &'static dyn Board {
    match spec.board {
        lodge_spec::Board::RiscvVirt => &crate::riscv_virt::RiscvVirt,
    }
}
