//! The RISC-V `virt` board.
//!
//! ```text
//!   plan (boot) ─┬─► fdt ──┐
//!                └─────────┴─► wire: RAM · devices · harts ──► Machine
//! ```

pub mod fdt;
pub mod map;
mod reset;
pub mod sbi;
mod start;
mod wire;

use crate::boot::{FDT_ROOM, Layout, Plan, plan};
use crate::dts;
use crate::machine::{Board, BoardError, Description, Function, Machine, MapLine, Outside, World};
use lodge_spec::{MachineSpec, Transport};
use map::Window;

/// The board.
#[derive(Debug, Clone, Copy)]
pub struct RiscvVirt;

impl Board for RiscvVirt {
    fn describe(&self, spec: &MachineSpec) -> Result<Description, BoardError> {
        let plan = plan(&spec.boot, layout(spec))?;
        let tree = device_tree(spec, &plan, World::Host)?;
        Ok(Description {
            title: format!(
                "{}: {} board, {} CPU{}, {} of RAM, accelerator {}",
                spec.name,
                spec.board,
                spec.cpus,
                if spec.cpus.get() == 1 { "" } else { "s" },
                spec.memory,
                spec.accel
            ),
            translations: crate::engine::keeping(spec),
            map: memory_map(spec, &plan),
            functions: functions(spec),
            chain: plan.chain,
            tree: dts::print(&tree).ok_or_else(|| BoardError::Inconsistent("device tree".into()))?,
        })
    }

    fn build(&self, spec: &MachineSpec, outside: &Outside) -> Result<Machine, BoardError> {
        let plan = plan(&spec.boot, layout(spec))?;
        let tree = device_tree(spec, &plan, outside.world)?;
        wire::machine(spec, outside, plan, &tree)
    }
}

fn layout(spec: &MachineSpec) -> Layout {
    let flash = map::flash_bank(0).base;
    Layout { ram: map::RAM, ram_len: spec.memory.bytes(), kernel: map::KERNEL, flash }
}

fn device_tree(spec: &MachineSpec, plan: &Plan, world: World) -> Result<Vec<u8>, BoardError> {
    let mut seed = [0; 32];
    if world == World::Host {
        lodge_host::random::fill(&mut seed)
            .map_err(|e| BoardError::Inconsistent(format!("randomness: {e}")))?;
    }
    let facts = fdt::Facts {
        cpus: spec.cpus.get(),
        vlen: spec.vectors.bits(),
        ram_len: spec.memory.bytes(),
        append: &plan.append,
        initrd: plan.initrd.clone(),
        seed: &seed,
    };
    let tree = fdt::write(&facts).map_err(|e| BoardError::Inconsistent(format!("device tree: {e:?}")))?;
    if tree.len() as u64 > FDT_ROOM {
        return Err(BoardError::Inconsistent("the device tree is larger than its room".into()));
    }
    Ok(tree)
}

/// The virtio device number `number`, for people.
fn device_name(spec: &MachineSpec, number: usize) -> Option<String> {
    match spec.disks.get(number) {
        Some(disk) => Some(format!("virtio-blk {}", disk.path.display())),
        None => wire::after_disks(spec, number).map(|kind| format!("virtio-{kind}")),
    }
}

/// What is plugged into the window `slot` of virtio-mmio, for people.
pub(crate) fn slot_name(spec: &MachineSpec, slot: usize) -> String {
    let device = match spec.virtio.transport {
        Transport::Mmio => device_name(spec, slot),
        Transport::Pci => None,
    };
    device.unwrap_or_else(|| "virtio slot, empty".into())
}

fn functions(spec: &MachineSpec) -> Vec<Function> {
    let mut functions = vec![Function { device: 0, what: "host bridge".into(), irq: None }];
    if spec.virtio.transport == Transport::Pci {
        let mut add =
            |device: u8, what| functions.push(Function { device, what, irq: Some(map::pcie_irq(device)) });
        let devices = (0..).map_while(|number| device_name(spec, number));
        devices.enumerate().for_each(|(number, what)| add(map::pcie_device(number), what));
        for n in 0..map::PCIE_SLOTS {
            add(map::pcie_port(n), format!("root port, slot {} empty", n + 1));
        }
    }
    functions
}

fn memory_map(spec: &MachineSpec, plan: &Plan) -> Vec<MapLine> {
    let mut lines = Vec::new();
    let mut add = |Window { base, len }: Window, what: &str, irq: Option<u32>| {
        lines.push(MapLine { base, len, what: what.to_owned(), irq });
    };
    add(map::RESET, "reset vector", None);
    add(map::TEST, "test finisher: power off, reset", None);
    add(map::RTC, "goldfish real-time clock", Some(map::RTC_IRQ));
    add(map::CLINT, "ACLINT: software interrupts, timers", None);
    add(map::PCIE_PORTS, "PCIe ports", None);
    add(map::PLIC, "PLIC: interrupt controller", None);
    add(map::UART, "UART 16550", Some(map::UART_IRQ));
    for slot in 0..map::VIRTIO_SLOTS {
        let (window, irq) = map::virtio(slot);
        add(window, &slot_name(spec, slot), Some(irq));
    }
    add(map::FW_CFG, "firmware configuration", None);
    add(map::flash_bank(0), "flash 0", None);
    add(map::flash_bank(1), "flash 1", None);
    add(map::PCIE_ECAM, "PCIe configuration", None);
    add(map::PCIE_MEMORY, "PCIe memory", None);
    add(Window { base: map::RAM, len: spec.memory.bytes() }, "RAM", None);
    add(map::pcie_high(spec.memory.bytes()), "PCIe memory, 64-bit", None);
    for load in &plan.loads {
        add(Window { base: load.address, len: load.len }, &format!("  in RAM: {}", load.what), None);
    }
    add(Window { base: plan.fdt, len: FDT_ROOM }, "  in RAM: device tree", None);
    lines.sort_by_key(|line| (line.base, std::cmp::Reverse(line.len)));
    lines
}
