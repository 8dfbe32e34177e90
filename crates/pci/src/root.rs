//! The root complex: the host bridge, what is plugged in, and the two ways to it.
//!
//! ```text
//!   ECAM (§ 7.2.2): bus 8 bits │ device 5 │ function 3 │ register 12   ──► configuration space
//!   windows of memory and I/O ports                                    ──► BARs, by address
//! ```
//! Nobody there reads as all ones, and writes are lost (§ 2.3.2, unsupported request).

use crate::bus::{Bus, Node};
use crate::config::command;
use crate::endpoint::{Endpoint, EndpointSpec, Identity, Nothing};
use crate::interrupt::Interrupts;
use crate::lines::Lines;
use crate::port::Port;
use crate::routes::Routes;
use lodge_bus::{Effect, Irq, Mmio};
use lodge_state::{Record, Saved, StateError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Bytes of configuration space of a function.
const FUNCTION: u64 = 0x1000;

/// A root complex; as [`Mmio`] it is its ECAM window, which has 1 MiB a bus.
pub struct Root {
    bus: Bus,
    bridge: Arc<Endpoint>,
    routes: RwLock<(Routes, Routes)>,
    moved: Arc<AtomicBool>,
}

impl Root {
    /// A root complex with nothing but its host bridge, whose INTA to INTD of device 0 are `irqs`.
    pub fn new(irqs: [Irq; 4]) -> Root {
        let moved = Arc::new(AtomicBool::new(true));
        let bus = Bus::new(Lines::new(irqs), 0, false, moved.clone());
        let spec = EndpointSpec {
            // A generic PCIe host bridge of QEMU's vendor number.
            identity: Identity {
                vendor: 0x1b36,
                device: 0x0008,
                revision: 0,
                class: 0x06_0000,
                subsystem_vendor: 0x1af4,
                subsystem: 0x1100,
            },
            bars: Vec::new(),
            msix: None,
            vendor: Vec::new(),
            access: None,
            express: false,
            pin: false,
        };
        let bridge = Endpoint::new(&spec, Interrupts::new(0, None), Arc::new(Nothing));
        bus.insert(0, Node::Endpoint(bridge.clone()));
        Root { bus, bridge, routes: RwLock::default(), moved }
    }

    /// Makes `endpoint` device 1 to 31 of the root complex, for the machine's whole life.
    ///
    /// # Panics
    /// When that place is taken: a mistake in a board.
    pub fn add(&self, device: u8, endpoint: Arc<Endpoint>) {
        self.bus.insert(device, Node::Endpoint(endpoint));
    }

    /// Adds a port with an empty slot as device 1 to 31. The slot's number is what people call it.
    ///
    /// # Panics
    /// When that place is taken: a mistake in a board.
    pub fn add_port(&self, device: u8, slot: u16) -> Arc<Port> {
        let port = Port::new(&self.bus, device, slot, self.moved.clone());
        self.bus.insert(device, Node::Port(port.clone()));
        port
    }

    /// What the reset line does.
    pub fn reset(&self) {
        for node in self.bus.nodes() {
            match node {
                Node::Endpoint(endpoint) => endpoint.reset(),
                Node::Port(port) => port.reset(),
            }
        }
    }

    fn node(&self, offset: u64) -> Option<(Node, u16)> {
        let (bus, devfn) = (u8::try_from(offset >> 20).ok()?, (offset >> 12) as u8);
        let node = if devfn & 7 == 0 { self.bus.find(0, bus, devfn >> 3) } else { None };
        node.map(|node| (node, (offset % FUNCTION) as u16))
    }

    /// Who answers at a bus address.
    fn find(&self, ports: bool, address: u64, size: u8) -> Option<(Arc<Endpoint>, usize, u64)> {
        if self.moved.load(Ordering::SeqCst) {
            let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
            // Cleared first: what moves from here on is found by the next look.
            if self.moved.swap(false, Ordering::SeqCst) {
                *routes = (Routes::below(&self.bus, false), Routes::below(&self.bus, true));
            }
        }
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        if ports { routes.1.find(address, size) } else { routes.0.find(address, size) }
    }
}

/// All ones, `size` bytes of them.
fn ones(size: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(size.clamp(1, 8)))
}

impl Mmio for Root {
    fn read(&self, offset: u64, size: u8) -> u64 {
        let Some((node, at)) = self.node(offset) else { return ones(size) };
        if size == 8 {
            let low = u64::from(node.read_config(at, 4));
            return low | u64::from(node.read_config(at.saturating_add(4), 4)) << 32;
        }
        node.read_config(at, size).into()
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        let Some((node, at)) = self.node(offset) else { return Effect::None };
        let effect = node.write_config(at, size.min(4), value as u32);
        if size == 8 {
            return node.write_config(at.saturating_add(4), 4, (value >> 32) as u32);
        }
        effect
    }
}

impl Saved for Root {
    fn save(&self) -> Record {
        self.bridge.save()
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        self.bridge.load(record)
    }
}

/// A window of the machine's address space onto one of the root complex's.
pub struct Window {
    root: Arc<Root>,
    base: u64,
    ports: bool,
}

impl Window {
    /// Memory: offset 0 is bus address `base`.
    pub fn memory(root: Arc<Root>, base: u64) -> Window {
        Window { root, base, ports: false }
    }

    /// I/O ports, from port 0 on.
    pub fn ports(root: Arc<Root>) -> Window {
        Window { root, base: 0, ports: true }
    }
}

impl Mmio for Window {
    fn read(&self, offset: u64, size: u8) -> u64 {
        match self.root.find(self.ports, self.base.wrapping_add(offset), size) {
            Some((endpoint, bar, offset)) => endpoint.read(bar, offset, size),
            None => ones(size),
        }
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        match self.root.find(self.ports, self.base.wrapping_add(offset), size) {
            Some((endpoint, bar, offset)) => endpoint.write(bar, offset, size, value),
            None => Effect::None,
        }
    }
}

const _: () = assert!(command::WRITABLE == 0x547);
