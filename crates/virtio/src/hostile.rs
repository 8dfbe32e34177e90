//! A driver that is out to break its device, made from bytes: the entry of the fuzz target, and of a test that
//! feeds it random ones. Whatever it does, it must return.

use crate::balloon::Balloon;
use crate::blk::Blk;
use crate::console::Console;
use crate::fs::Fs;
use crate::net::{Card, Net};
use crate::p9::P9;
use crate::rng::Rng;
use crate::testing::{Driver, RAM, memory};
use crate::testing_pci::PciRegisters;
use crate::{Device, MmioTransport, PciTransport, VirtioError, feature};
use lodge_bus::{Irq, Mmio};
use lodge_console::Port;
use lodge_image::{Disk, Image, MemoryStorage, Raw};
use lodge_memory::GuestMemory;
use lodge_net::{Checksum, Link, Offload, Offloads};
use lodge_pci::testing::{Messages, Os, Pins};
use lodge_pci::{Function, Root};
use lodge_share::{Folder, Owners, Settings};
use lodge_state::Saved;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const RAM_BYTES: u64 = 1 << 20;
const DISK_BYTES: usize = 256 << 10;
const PATIENCE: Duration = Duration::from_millis(20);

/// Reads numbers off the input, zeroes at its end.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn u8(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, &[][..]), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.u8(), self.u8()])
    }

    fn u32(&mut self) -> u32 {
        u32::from(self.u16()) | u32::from(self.u16()) << 16
    }

    /// Mostly an address in RAM, sometimes any.
    fn address(&mut self) -> u64 {
        match self.u8() {
            0 => u64::from(self.u32()) << 32 | u64::from(self.u32()),
            1 => RAM + RAM_BYTES - u64::from(self.u8()),
            scale => RAM + u64::from(self.u16()) * u64::from(scale % 16 + 1),
        }
    }
}

/// A device of each kind, chosen by `which`.
fn device(which: u8) -> Arc<dyn Device> {
    match which % 7 {
        0 => {
            let storage = Raw::new(MemoryStorage::new(vec![0; DISK_BYTES]));
            let disk: Arc<dyn Disk> = Arc::new(Image::new(Box::new(storage), None, false));
            Arc::new(Blk::new(disk, "hostile", 2))
        }
        1 => Arc::new(Console::new(Port::null())),
        2 => Arc::new(Rng::default()),
        3 => card().unwrap_or_else(|| Arc::new(Rng::default())),
        4 => folder(|folder| Some(Arc::new(Fs::new(folder, "hostile").ok()?))),
        5 => folder(|folder| Some(Arc::new(P9::new(folder, "hostile").ok()?))),
        _ => Arc::new(Balloon::new()),
    }
}

/// A network card with frames for its driver; `None` when the host has no descriptors left.
fn card() -> Option<Arc<dyn Device>> {
    let (near, mut far) = lodge_net::pair(1500).ok()?;
    far.start(Offloads::ALL);
    let checksum = Some(Checksum { start: 34, offset: 6 });
    for n in 0..40 {
        far.send(&vec![n as u8; 20 + n * n * 20], Offload { checksum, segmentation: None });
    }
    let card = Card { mac: [2, 0, 0, 0, 0, 1], pairs: 2, mtu: Some(1500) };
    Some(Arc::new(Net::new(Arc::new(Mutex::new(Box::new(near))), card).ok()?))
}

/// A device on either transport.
struct Target {
    /// Its registers in the layout of the MMIO transport.
    registers: Arc<dyn Mmio>,
    saved: Arc<dyn Saved>,
    transport: Transport,
}

enum Transport {
    Mmio(Arc<MmioTransport>),
    Pci(Arc<PciTransport>),
}

impl Target {
    fn on_mmio(device: Arc<dyn Device>, memory: &Arc<GuestMemory>) -> Result<Target, VirtioError> {
        let transport = Arc::new(MmioTransport::new(device, memory.clone(), Irq::unconnected())?);
        let (registers, saved) = (transport.clone(), transport.clone());
        Ok(Target { registers, saved, transport: Transport::Mmio(transport) })
    }

    fn on_pci(
        device: Arc<dyn Device>,
        memory: &Arc<GuestMemory>,
        messages: bool,
    ) -> Result<Target, VirtioError> {
        let sink = Arc::new(Messages::default());
        let (transport, endpoint) = PciTransport::new(device, memory.clone(), Some(sink))?;
        let root = Arc::new(Root::new(Pins::new().1));
        root.add(1, endpoint.clone());
        let mut os = Os::new(root);
        let found = os.enumerate().remove(1);
        let registers = Arc::new(PciRegisters::new(os, found));
        if messages {
            registers.use_messages(0);
        }
        Ok(Target { registers, saved: endpoint, transport: Transport::Pci(transport) })
    }

    fn settle(&self) {
        match &self.transport {
            Transport::Mmio(transport) => transport.settle(PATIENCE),
            Transport::Pci(transport) => transport.settle(PATIENCE),
        };
    }

    fn end(&self) {
        match &self.transport {
            Transport::Mmio(transport) => {
                transport.pause();
                transport.resume();
                transport.reset();
            }
            Transport::Pci(transport) => {
                transport.pause();
                transport.resume();
                transport.reset();
            }
        }
    }
}

/// A device for the current folder, which it cannot change; another one when the host has no descriptors left.
fn folder(device: impl Fn(Arc<Folder>) -> Option<Arc<dyn Device>>) -> Arc<dyn Device> {
    let settings = Settings { read_only: true, owners: Owners::of_process(None) };
    let folder = Folder::open(std::path::Path::new("."), settings).ok().map(Arc::new);
    folder.and_then(device).unwrap_or_else(|| Arc::new(Rng::default()))
}

/// Drives a device as `bytes` say: registers, rings, descriptors, notifications, saving and loading, in any order.
pub fn run(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let memory = memory(RAM_BYTES);
    let which = bytes.u8();
    let device = device(which);
    let target = match which >> 6 {
        0 | 1 => Target::on_mmio(device, &memory),
        n => Target::on_pci(device, &memory, n == 3),
    };
    let Ok(target) = target else { return };
    let mut driver = Driver::new(target.registers.clone(), memory.clone(), RAM);
    if bytes.u8() % 8 != 0 {
        let layout = if bytes.u8() % 2 == 0 { feature::RING_PACKED } else { 0 };
        driver.start(u64::from(bytes.u32()) | 3 << 28 | layout, 1 << (bytes.u8() % 9));
    }
    while !bytes.0.is_empty() {
        step(&mut bytes, &target, &driver, &memory);
        if driver.status() & 64 != 0 && bytes.u8() % 4 == 0 {
            // Broken for good otherwise: go on with a fresh set-up over the same memory.
            driver = Driver::new(target.registers.clone(), memory.clone(), RAM);
            driver.start(u64::MAX, 1 << (bytes.u8() % 9));
        }
    }
    target.settle();
    target.end();
}

fn step(bytes: &mut Bytes<'_>, target: &Target, driver: &Driver, memory: &GuestMemory) {
    let pick = usize::from(bytes.u8());
    let ring = driver.rings.get(pick % driver.rings.len().max(1)).copied().unwrap_or_default();
    match bytes.u8() % 16 {
        0 => driver.write(u64::from(bytes.u8()) & !3, bytes.u32()),
        1 => drop(target.registers.write(bytes.u16().into(), 1 << (bytes.u8() % 4), bytes.u32().into())),
        2 => drop(target.registers.read(bytes.u16().into(), 1 << (bytes.u8() % 4))),
        3 => drop(memory.write_u16(ring.available + 2, bytes.u16())),
        4..=8 => {
            let mut descriptor = bytes.address().to_le_bytes().to_vec();
            let len = if bytes.u8() == 0 { bytes.u32() } else { bytes.u16().into() };
            descriptor.extend(len.to_le_bytes());
            if driver.features & feature::RING_PACKED == 0 {
                descriptor.extend((u16::from(bytes.u8()) & 7).to_le_bytes());
                descriptor.extend((u16::from(bytes.u8()) & 31).to_le_bytes());
            } else {
                descriptor.extend((u16::from(bytes.u8()) & 31).to_le_bytes());
                // Available in odd or even rounds, used, or anything.
                let pick = bytes.u8();
                let around = [1 << 7, 1 << 7, 1 << 15, 1 << 15 | 1 << 7][usize::from(pick >> 6)];
                descriptor.extend((around | u16::from(pick) & 7).to_le_bytes());
            }
            drop(memory.write(ring.descriptors + u64::from(bytes.u8() % 32) * 16, &descriptor));
        }
        9 | 10 if driver.features & feature::RING_PACKED != 0 => {
            // What the driver wants to hear of, and a kick.
            drop(memory.write_u32(ring.available, bytes.u32() & 0x3_803f));
            driver.kick(pick % 6);
        }
        9 | 10 => {
            // One more available chain, whatever its descriptors are.
            let index = memory.read_u16(ring.available + 2).unwrap_or(0);
            let slot = u64::from(index) % u64::from(ring.size.max(1));
            drop(memory.write_u16(ring.available + 4 + slot * 2, u16::from(bytes.u8() % 32)));
            drop(memory.write_u16(ring.available + 2, index.wrapping_add(1)));
            driver.kick(pick % 6);
        }
        11 => {
            // A request header of some kind where descriptors may point.
            drop(
                memory
                    .write(bytes.address(), &[bytes.u8() % 16, 0, 0, 0, 0, 0, 0, 0, bytes.u8(), bytes.u8()]),
            );
        }
        12 => driver.kick(usize::from(bytes.u8())),
        13 => drop(target.saved.load(&target.saved.save())),
        14 => drop(memory.write(bytes.address(), &bytes.u32().to_le_bytes())),
        _ => target.settle(),
    }
}

#[cfg(test)]
mod tests {
    /// Fixed seeds: a failure comes back.
    #[test]
    fn no_random_driver_gets_its_device_to_panic_or_hang() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let runs = std::env::var("LODGE_FUZZ_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
        for _ in 0..runs {
            let len = 64 + usize::from(next()) * 8;
            let bytes: Vec<u8> = (0..len).map(|_| next()).collect();
            super::run(&bytes);
        }
    }
}
