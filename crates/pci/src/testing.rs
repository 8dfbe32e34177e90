//! An operating system without a guest: finds what is on the buses, gives out bus numbers, addresses and windows as
//! kernels do, and talks to devices. For the tests of this crate and of those above it.

use crate::interrupt::MessageSink;
use crate::{Root, Window};
use lodge_bus::{Irq, IrqSink, Mmio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// Where memory is given out: below 4 GiB, and above.
pub const MEMORY: u64 = 0x4000_0000;
/// The same for BARs of 64 bits.
pub const HIGH_MEMORY: u64 = 0x4_0000_0000;

/// Four interrupt lines that remember their levels.
#[derive(Debug, Default)]
pub struct Pins(AtomicU32);

impl Pins {
    /// The lines and their ends.
    pub fn new() -> (Arc<Pins>, [Irq; 4]) {
        let pins = Arc::new(Pins::default());
        let irqs = std::array::from_fn(|line| Irq::new(pins.clone(), line as u32));
        (pins, irqs)
    }

    /// The levels, a bit a line.
    pub fn levels(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl IrqSink for Pins {
    fn set(&self, line: u32, high: bool) {
        if high {
            self.0.fetch_or(1 << line, Ordering::SeqCst);
        } else {
            self.0.fetch_and(!(1 << line), Ordering::SeqCst);
        }
    }
}

/// An MSI controller that remembers what it was told.
#[derive(Debug, Default)]
pub struct Messages(Mutex<Vec<(u64, u32)>>);

impl Messages {
    /// What came since the last time.
    pub fn take(&self) -> Vec<(u64, u32)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

impl MessageSink for Messages {
    fn message(&self, address: u64, data: u32) {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).push((address, data));
    }
}

/// A function's place: bus and device.
pub type Place = (u8, u8);

/// A BAR that was found and placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundBar {
    /// Its register.
    pub index: usize,
    /// Where it is now.
    pub address: u64,
    /// Bytes.
    pub size: u64,
    /// It decodes ports.
    pub ports: bool,
}

/// A function that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where.
    pub place: Place,
    /// Vendor in the low half, device in the high half.
    pub id: u32,
    /// Whether it is a bridge.
    pub bridge: bool,
    /// Its BARs.
    pub bars: Vec<FoundBar>,
    /// Its capabilities: ids and where they are.
    pub capabilities: Vec<(u8, u16)>,
}

/// The operating system.
pub struct Os {
    root: Arc<Root>,
    memory: Window,
    ports: Window,
    next_bus: u8,
    low: u64,
    high: u64,
    port: u64,
}

impl Os {
    /// An operating system that has just started on a machine with `root`.
    pub fn new(root: Arc<Root>) -> Os {
        let (memory, ports) = (Window::memory(root.clone(), 0), Window::ports(root.clone()));
        Os { root, memory, ports, next_bus: 1, low: MEMORY, high: HIGH_MEMORY, port: 0x1000 }
    }

    fn ecam((bus, device): Place, at: u16) -> u64 {
        u64::from(bus) << 20 | u64::from(device) << 15 | u64::from(at)
    }

    /// Reads configuration space.
    pub fn read(&self, place: Place, at: u16, size: u8) -> u32 {
        self.root.read(Os::ecam(place, at), size) as u32
    }

    /// Writes configuration space.
    pub fn write(&self, place: Place, at: u16, size: u8, value: u32) {
        self.root.write(Os::ecam(place, at), size, value.into());
    }

    /// Reads from a BAR.
    pub fn load(&self, bar: &FoundBar, offset: u64, size: u8) -> u64 {
        (if bar.ports { &self.ports } else { &self.memory }).read(bar.address + offset, size)
    }

    /// Writes to a BAR.
    pub fn store(&self, bar: &FoundBar, offset: u64, size: u8, value: u64) {
        (if bar.ports { &self.ports } else { &self.memory }).write(bar.address + offset, size, value);
    }

    /// The first capability `id` of a function.
    ///
    /// # Panics
    /// When there is none.
    pub fn capability(found: &Found, id: u8) -> u16 {
        found.capabilities.iter().find(|(other, _)| *other == id).expect("the capability").1
    }

    /// Finds, places and switches on everything, depth first.
    pub fn enumerate(&mut self) -> Vec<Found> {
        let mut found = Vec::new();
        self.scan(0, &mut found);
        found
    }

    /// The same below one bus.
    pub fn scan(&mut self, bus: u8, found: &mut Vec<Found>) {
        for device in 0..32 {
            let place = (bus, device);
            if self.read(place, 0, 4) == 0xffff_ffff {
                continue;
            }
            let bridge = self.read(place, 0x0e, 1) & 0x7f == 1;
            let bars = self.place_bars(place, if bridge { 2 } else { 6 });
            let capabilities = self.capabilities(place);
            found.push(Found { place, id: self.read(place, 0, 4), bridge, bars, capabilities });
            if bridge {
                self.cross(place, found);
            }
            self.write(place, 4, 2, 7);
        }
    }

    /// Gives a bridge bus numbers and windows, and scans behind it.
    fn cross(&mut self, place: Place, found: &mut Vec<Found>) {
        let bus = self.next_bus;
        self.next_bus += 1;
        self.write(place, 0x18, 4, u32::from(place.0) | u32::from(bus) << 8 | 0xff_0000);
        let align = |value: u64, to: u64| value.next_multiple_of(to);
        (self.low, self.high, self.port) =
            (align(self.low, 1 << 20), align(self.high, 1 << 20), align(self.port, 1 << 12));
        let (low, high, port) = (self.low, self.high, self.port);
        self.scan(bus, found);
        // Room for what may come later, as kernels leave it below a slot.
        (self.low, self.high, self.port) =
            (align(self.low + 1, 1 << 21), align(self.high + 1, 1 << 21), align(self.port + 1, 1 << 12));
        self.write(place, 0x1a, 1, u32::from(self.next_bus - 1));
        let window =
            |first: u64, last: u64| (first >> 16) as u32 & 0xfff0 | ((last >> 16) as u32 & 0xfff0) << 16;
        self.write(place, 0x20, 4, window(low, self.low - 1));
        self.write(place, 0x24, 4, window(high, self.high - 1));
        self.write(place, 0x28, 4, (high >> 32) as u32);
        self.write(place, 0x2c, 4, ((self.high - 1) >> 32) as u32);
        self.write(place, 0x1c, 2, (port >> 8) as u32 & 0xf0 | (self.port - 1) as u32 & 0xf000);
    }

    /// Sizes and places BARs with decoding off.
    pub fn place_bars(&mut self, place: Place, registers: usize) -> Vec<FoundBar> {
        self.write(place, 4, 2, 0);
        let mut bars = Vec::new();
        let mut index = 0;
        while index < registers {
            let at = 0x10 + 4 * index as u16;
            self.write(place, at, 4, 0xffff_ffff);
            let low = self.read(place, at, 4);
            let (ports, wide) = (low & 1 != 0, low & 7 == 4);
            if low == 0 {
                index += 1;
                continue;
            }
            let mut mask = u64::from(low & if ports { !3 } else { !15 }) | 0xffff_ffff << 32;
            if wide {
                self.write(place, at + 4, 4, 0xffff_ffff);
                mask = mask & 0xffff_ffff | u64::from(self.read(place, at + 4, 4)) << 32;
            }
            let size = mask.wrapping_neg();
            let next = if ports {
                &mut self.port
            } else if wide {
                &mut self.high
            } else {
                &mut self.low
            };
            let address = next.next_multiple_of(size);
            *next = address + size;
            self.write(place, at, 4, address as u32);
            if wide {
                self.write(place, at + 4, 4, (address >> 32) as u32);
            }
            bars.push(FoundBar { index, address, size, ports });
            index += if wide { 2 } else { 1 };
        }
        bars
    }

    fn capabilities(&self, place: Place) -> Vec<(u8, u16)> {
        let mut list = Vec::new();
        let mut at = self.read(place, 0x34, 1) as u16;
        while at != 0 && list.len() < 48 {
            list.push((self.read(place, at, 1) as u8, at));
            at = self.read(place, at + 1, 1) as u16;
        }
        list
    }
}
