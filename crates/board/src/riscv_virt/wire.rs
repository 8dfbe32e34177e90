//! Putting the machine together: one function a group of devices, each handing its windows to the space.

use super::sbi::Sbi;
use super::{map, reset, start};
use crate::boot::{Plan, Start};
use crate::engine;
use crate::machine::{BoardError, Firmware, Machine, Outside, Worker, World};
use lodge_arch::Registers;
use lodge_bus::{Clock, Effect, Irq, Mmio, Region, Space};
use lodge_cpu::{Link, Vcpu};
use lodge_devices::flash::{CfiFlash, FlashStore};
use lodge_devices::fwcfg::{FwCfg, Items, key};
use lodge_devices::irq::Plic;
use lodge_devices::power::Finisher;
use lodge_devices::rtc::{GoldfishRtc, HostWall, WallClock};
use lodge_devices::serial::Uart16550;
use lodge_devices::timer::{Aclint, AclintHart};
use lodge_memory::{GuestMemory, Ram};
use lodge_pci::{Port, Root};
use lodge_spec::{Console, MachineSpec, ShareProtocol, Transport};
use lodge_state::Saved;
use lodge_virtio::{Device, EmptySlot, MmioTransport, PciTransport};
use map::Window;
use std::sync::Arc;

/// Bits of `mip`, which are the inputs of a hart (privileged manual, "Machine Interrupt Registers").
const M_SOFTWARE: u32 = 3;
const M_TIMER: u32 = 7;
const S_EXTERNAL: u32 = 9;
const M_EXTERNAL: u32 = 11;

/// The devices behind the disks, in slot order.
pub(super) fn after_disks(spec: &MachineSpec, slot: usize) -> Option<String> {
    let mut kinds = vec!["rng".to_owned(), "balloon".to_owned()];
    if spec.console == Console::Virtio {
        kinds.push("console".to_owned());
    }
    kinds.extend(spec.nics.iter().map(|nic| format!("net: {nic}")));
    kinds.extend(spec.shares.iter().enumerate().map(|(number, share)| {
        let kind = match share.protocol {
            ShareProtocol::Fs => "fs",
            ShareProtocol::P9 => "9p",
        };
        format!("{kind}: {share} (tag {})", share.tag(number))
    }));
    slot.checked_sub(spec.disks.len()).and_then(|n| kinds.get(n).cloned())
}

/// What is being put together.
struct Parts {
    memory: Arc<GuestMemory>,
    clock: Clock,
    regions: Vec<Region>,
    devices: Vec<(String, Arc<dyn Saved>)>,
    workers: Vec<Arc<dyn Worker>>,
}

impl Parts {
    /// Puts `device` into a window.
    fn window(&mut self, name: &str, Window { base, len }: Window, device: Arc<dyn Mmio>) {
        self.regions.push(Region { name: name.to_owned(), base, len, device });
    }

    /// Puts a device with saved state into a window.
    fn device<D: Mmio + Saved + 'static>(&mut self, name: &str, window: Window, device: Arc<D>) {
        self.window(name, window, device.clone());
        self.devices.push((name.to_owned(), device));
    }
}

/// Builds the machine of `spec` around `plan` and the device tree `tree`.
pub(super) fn machine(
    spec: &MachineSpec,
    outside: &Outside,
    plan: Plan,
    tree: &[u8],
) -> Result<Machine, BoardError> {
    let memory = Arc::new(GuestMemory::new(vec![Ram::new(map::RAM, spec.memory.bytes())?])?);
    for load in &plan.loads {
        memory.write(load.address, load.content())?;
    }
    memory.write(plan.fdt, tree)?;
    let all_on = matches!(plan.start, Start::Machine { .. });
    let links: Vec<Arc<Link>> = (0..spec.cpus.get()).map(|n| Link::new(n, n == 0 || all_on)).collect();
    let clock = match outside.world {
        World::Host => Clock::new(),
        World::Made => Clock::manual(),
    };
    let mut parts = Parts { memory, clock, regions: Vec::new(), devices: Vec::new(), workers: Vec::new() };
    let plic = interrupts(&mut parts, &links);
    let line = |number: u32| Irq::new(plic.clone(), number);
    let (serial, virtio_console) = match spec.console {
        Console::Serial => (outside.console.clone(), None),
        Console::Virtio => (lodge_console::Port::null(), Some(outside.console.clone())),
    };
    simple_devices(&mut parts, serial, outside.world, &line);
    storage(&mut parts, spec, &plan)?;
    let root = pcie(&mut parts, spec.memory.bytes(), &line);
    let devices = virtio_devices(outside, spec, virtio_console)?;
    let slots = match spec.virtio.transport {
        Transport::Mmio => {
            on_mmio(&mut parts, devices, spec.virtio.packed, &line)?;
            Vec::new()
        }
        Transport::Pci => {
            on_mmio(&mut parts, Vec::new(), false, &line)?;
            on_pcie(&mut parts, devices, spec.virtio.packed, &root)?
        }
    };
    let vcpus = harts(spec, outside.world, &plan, &links, &mut parts)?;
    let firmware = (!all_on).then(|| {
        let sbi = Sbi::new(links, outside.console.clone(), parts.memory.clone());
        Arc::new(sbi) as Arc<dyn Firmware>
    });
    Ok(Machine {
        space: Arc::new(Space::new(parts.memory, parts.regions)),
        clock: parts.clock,
        vcpus,
        workers: parts.workers,
        devices: parts.devices,
        firmware,
        slots,
    })
}

fn interrupts(parts: &mut Parts, links: &[Arc<Link>]) -> Arc<Plic> {
    let to = |link: &Arc<Link>, line| Irq::new(link.clone(), line);
    let outputs = links.iter().flat_map(|l| [to(l, M_EXTERNAL), to(l, S_EXTERNAL)]).collect();
    let plic = Arc::new(Plic::new(map::SOURCES as usize - 1, outputs));
    parts.device("plic", map::PLIC, plic.clone());
    let harts = links.iter().map(|l| AclintHart { software: to(l, M_SOFTWARE), timer: to(l, M_TIMER) });
    let aclint = Aclint::new(&parts.clock, harts.collect());
    parts.device("aclint", map::CLINT, aclint);
    plic
}

fn simple_devices(parts: &mut Parts, console: lodge_console::Port, world: World, line: &dyn Fn(u32) -> Irq) {
    parts.device("test", map::TEST, Arc::new(Finisher));
    let wall: Arc<dyn WallClock> = match world {
        World::Host => Arc::new(HostWall),
        World::Made => Arc::new(StillWall),
    };
    let rtc = GoldfishRtc::new(wall, &parts.clock, line(map::RTC_IRQ));
    parts.device("rtc", map::RTC, rtc);
    let uart = Uart16550::new(console, line(map::UART_IRQ), &parts.clock);
    parts.device("uart", map::UART, uart);
}

/// The date in a made-up world.
struct StillWall;

impl WallClock for StillWall {
    fn now(&self) -> u64 {
        // 2025-01-01, in nanoseconds since 1970.
        1_735_689_600_000_000_000
    }
}

/// The reset vector, flash, and what firmware reads about its machine.
fn storage(parts: &mut Parts, spec: &MachineSpec, plan: &Plan) -> Result<(), BoardError> {
    let rom = match plan.start {
        Start::Machine { entry, next } => reset::Rom::new(entry, plan.fdt, next),
        Start::Supervisor { .. } => reset::Rom::empty(),
    };
    parts.window("reset", map::RESET, Arc::new(rom));
    for (bank, content) in plan.flash.iter().enumerate() {
        let window = map::flash_bank(bank as u64);
        let store = FlashStore::from_image(window.len, content.as_deref().unwrap_or(&[]))
            .map_err(|e| BoardError::Inconsistent(e.to_string()))?;
        parts.device(&format!("flash{bank}"), window, Arc::new(CfiFlash::new(store)));
    }
    let mut items = Items::new();
    let cpus = u16::try_from(spec.cpus.get()).unwrap_or(u16::MAX).to_le_bytes();
    for (key, bytes) in [(key::CPUS, cpus.to_vec()), (key::MAX_CPUS, cpus.to_vec())] {
        items.add(key, bytes).map_err(|e| BoardError::Inconsistent(e.to_string()))?;
    }
    let fw_cfg = FwCfg::new(items, parts.memory.clone());
    parts.device("fw_cfg", map::FW_CFG, Arc::new(fw_cfg));
    Ok(())
}

/// A virtio device and what it is called.
type Named = (String, Arc<dyn Device>);

/// The virtio devices, in the order of their slots.
fn virtio_devices(
    outside: &Outside,
    spec: &MachineSpec,
    console: Option<lodge_console::Port>,
) -> Result<Vec<Named>, BoardError> {
    let mut devices: Vec<Named> = Vec::new();
    for (number, (disk, spec)) in outside.disks.iter().zip(&spec.disks).enumerate() {
        let serial = spec.serial.clone().unwrap_or_else(|| format!("lodge-{number}"));
        let blk = lodge_virtio::blk::Blk::new(disk.clone(), &serial, 1);
        devices.push((format!("disk{number}"), Arc::new(blk)));
    }
    devices.push(("rng".into(), Arc::new(lodge_virtio::rng::Rng::default())));
    devices.push(("balloon".into(), Arc::new(lodge_virtio::balloon::Balloon::new())));
    if let Some(port) = console {
        devices.push(("console".into(), Arc::new(lodge_virtio::console::Console::new(port))));
    }
    for (number, nic) in outside.nics.iter().enumerate() {
        let net = lodge_virtio::net::Net::new(nic.cable.clone(), nic.card)?;
        devices.push((format!("net{number}"), Arc::new(net)));
    }
    for (number, (folder, spec)) in outside.shares.iter().zip(&spec.shares).enumerate() {
        let (folder, tag) = (folder.clone(), spec.tag(number));
        let device: Arc<dyn Device> = match spec.protocol {
            ShareProtocol::Fs => Arc::new(lodge_virtio::fs::Fs::new(folder, &tag)?),
            ShareProtocol::P9 => Arc::new(lodge_virtio::p9::P9::new(folder, &tag)?),
        };
        devices.push((format!("share{number}"), device));
    }
    Ok(devices)
}

/// Puts devices into the windows of virtio-mmio; the windows behind them stay empty.
fn on_mmio(
    parts: &mut Parts,
    devices: Vec<Named>,
    packed: bool,
    line: &dyn Fn(u32) -> Irq,
) -> Result<(), BoardError> {
    if devices.len() > map::VIRTIO_SLOTS {
        return Err(BoardError::Inconsistent("more virtio devices than slots".into()));
    }
    let mut devices = devices.into_iter();
    for slot in 0..map::VIRTIO_SLOTS {
        let (window, irq) = map::virtio(slot);
        let Some((name, device)) = devices.next() else {
            parts.window(&format!("virtio{slot}"), window, Arc::new(EmptySlot));
            continue;
        };
        let transport = Arc::new(MmioTransport::new(device, parts.memory.clone(), line(irq))?);
        transport.offer_packed(packed);
        parts.device(&name, window, transport.clone());
        parts.workers.push(transport);
    }
    Ok(())
}

/// Makes devices functions of the root complex, and adds ports with empty slots, which it returns.
fn on_pcie(
    parts: &mut Parts,
    devices: Vec<Named>,
    packed: bool,
    root: &Root,
) -> Result<Vec<Arc<Port>>, BoardError> {
    if devices.len() > map::PCIE_DEVICES {
        return Err(BoardError::Inconsistent("more virtio devices than PCIe has places".into()));
    }
    for (number, (name, device)) in devices.into_iter().enumerate() {
        // There is no MSI controller on this board without an advanced interrupt architecture: pins it is.
        let (transport, endpoint) = PciTransport::new(device, parts.memory.clone(), None)?;
        transport.offer_packed(packed);
        root.add(map::pcie_device(number), endpoint.clone());
        parts.devices.push((name, endpoint));
        parts.workers.push(transport);
    }
    let ports = (0..map::PCIE_SLOTS).map(|n| {
        let port = root.add_port(map::pcie_port(n), u16::from(n) + 1);
        parts.devices.push((format!("slot{}", n + 1), port.clone()));
        port
    });
    Ok(ports.collect())
}

impl Worker for MmioTransport {
    fn pause(&self) {
        MmioTransport::pause(self);
    }
    fn resume(&self) {
        MmioTransport::resume(self);
    }
}

impl Worker for PciTransport {
    fn pause(&self) {
        PciTransport::pause(self);
    }
    fn resume(&self) {
        PciTransport::resume(self);
    }
}

/// The PCIe root complex and the windows onto it.
fn pcie(parts: &mut Parts, ram_len: u64, line: &dyn Fn(u32) -> Irq) -> Arc<Root> {
    let root = Arc::new(Root::new(std::array::from_fn(|pin| line(map::PCIE_IRQ + pin as u32))));
    parts.device("pcie", map::PCIE_ECAM, root.clone());
    parts.window("pcie-ports", map::PCIE_PORTS, Arc::new(lodge_pci::Window::ports(root.clone())));
    for (name, window) in [("pcie-memory", map::PCIE_MEMORY), ("pcie-high", map::pcie_high(ram_len))] {
        parts.window(name, window, Arc::new(lodge_pci::Window::memory(root.clone(), window.base)));
    }
    root
}

/// The harts, at their first instruction.
fn harts(
    spec: &MachineSpec,
    world: World,
    plan: &Plan,
    links: &[Arc<Link>],
    parts: &mut Parts,
) -> Result<Vec<Box<dyn Vcpu>>, BoardError> {
    let own_firmware = matches!(plan.start, Start::Supervisor { .. });
    let mut harts =
        engine::riscv(spec, links, &parts.memory, &parts.clock, own_firmware, world == World::Made)?;
    for (hart, vcpu) in (0..).zip(&mut harts) {
        let Registers::Riscv(mut registers) = vcpu.registers();
        match plan.start {
            Start::Supervisor { entry } => start::supervisor(&mut registers, hart, entry, plan.fdt),
            Start::Machine { .. } => {
                registers.pc = map::RESET.base;
                registers.mode = 3;
            }
        }
        vcpu.set_registers(&Registers::Riscv(registers)).map_err(|why| BoardError::Engine { hart, why })?;
    }
    Ok(harts)
}

impl Firmware for Sbi {
    fn call(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> Effect {
        Sbi::call(self, vcpu, args)
    }
}
