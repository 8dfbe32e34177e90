//! A driver without a guest: sets up a device through its registers and works its queues with real rings in guest
//! memory. For the tests of this crate and of those above it.

use crate::feature;
use crate::transport::mmio::reg;
use lodge_bus::{Irq, IrqSink, Mmio};
use lodge_memory::{GuestMemory, Ram};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Where the RAM of [`memory`] starts.
pub const RAM: u64 = 0x8000_0000;
const PATIENCE: Duration = Duration::from_secs(20);

/// `len` bytes of RAM at [`RAM`].
///
/// # Panics
/// When the host has no memory.
pub fn memory(len: u64) -> Arc<GuestMemory> {
    let ram = Ram::new(RAM, len).expect("RAM for a test");
    Arc::new(GuestMemory::new(vec![ram]).expect("one region"))
}

/// An interrupt line that remembers.
#[derive(Debug, Default)]
pub struct Line {
    high: AtomicBool,
    raised: AtomicU32,
}

impl Line {
    /// A line and its device's end.
    pub fn new() -> (Arc<Line>, Irq) {
        let line = Arc::new(Line::default());
        (line.clone(), Irq::new(line, 0))
    }

    /// Its level.
    pub fn is_high(&self) -> bool {
        self.high.load(Ordering::SeqCst)
    }

    /// How often it went from low to high.
    pub fn raised(&self) -> u32 {
        self.raised.load(Ordering::SeqCst)
    }
}

impl IrqSink for Line {
    fn set(&self, _line: u32, high: bool) {
        if !self.high.swap(high, Ordering::SeqCst) && high {
            self.raised.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// A buffer of a request.
#[derive(Debug, Clone, Copy)]
pub struct Buffer {
    /// Guest physical address.
    pub address: u64,
    /// Bytes.
    pub len: u32,
    /// The device writes it.
    pub writable: bool,
}

/// One ring as the driver sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ring {
    /// Number of descriptors; 0: the queue is not used.
    pub size: u16,
    /// Guest physical address of the descriptor table, or of the packed ring.
    pub descriptors: u64,
    /// Of the available ring, or of the driver area of a packed one.
    pub available: u64,
    /// Of the used ring, or of the device area of a packed one.
    pub used: u64,
    /// It is a packed one; `added` and `seen` count its slots then.
    packed: bool,
    next_descriptor: u16,
    /// Entries made available, and used entries seen.
    added: u16,
    seen: u16,
}

/// A driver of one device.
pub struct Driver {
    mmio: Arc<dyn Mmio>,
    memory: Arc<GuestMemory>,
    free: u64,
    /// Negotiated feature bits.
    pub features: u64,
    /// By queue number.
    pub rings: Vec<Ring>,
    /// Slots that a chain takes in a packed ring, by queue and id.
    slots: BTreeMap<(usize, u16), u16>,
}

impl Driver {
    /// A driver for the device behind `mmio` that places its rings and buffers from `free` on.
    pub fn new(mmio: Arc<dyn Mmio>, memory: Arc<GuestMemory>, free: u64) -> Driver {
        Driver { mmio, memory, free, features: 0, rings: Vec::new(), slots: BTreeMap::new() }
    }

    /// The guest's RAM.
    pub fn memory(&self) -> &Arc<GuestMemory> {
        &self.memory
    }

    /// Goes on with the same rings on another device, as after a restore.
    pub fn replace(&mut self, mmio: Arc<dyn Mmio>) {
        self.mmio = mmio;
    }

    /// Reads a register.
    pub fn read(&self, offset: u64) -> u32 {
        self.mmio.read(offset, 4) as u32
    }

    /// Writes a register.
    pub fn write(&self, offset: u64, value: u32) {
        self.mmio.write(offset, 4, value.into());
    }

    /// Reads `size` bytes of config.
    pub fn config(&self, offset: u64, size: u8) -> u64 {
        self.mmio.read(reg::CONFIG + offset, size)
    }

    /// Writes `size` bytes of config.
    pub fn set_config(&self, offset: u64, size: u8, value: u64) {
        self.mmio.write(reg::CONFIG + offset, size, value);
    }

    /// The device status.
    pub fn status(&self) -> u32 {
        self.read(reg::STATUS)
    }

    /// Feature bits on offer.
    pub fn offered(&self) -> u64 {
        let half = |sel| {
            self.write(reg::DEVICE_FEATURES_SEL, sel);
            u64::from(self.read(reg::DEVICE_FEATURES))
        };
        half(0) | half(1) << 32
    }

    /// Resets, negotiates what is both offered and in `wanted`, sets up every queue with at most `size` descriptors
    /// and goes.
    ///
    /// # Panics
    /// When the device does not take the features.
    pub fn start(&mut self, wanted: u64, size: u16) {
        self.negotiate(wanted);
        let mut queue = 0;
        self.rings.clear();
        loop {
            self.write(reg::QUEUE_SEL, queue);
            let max = self.read(reg::QUEUE_SIZE_MAX);
            if max == 0 {
                break;
            }
            self.add_ring(size.min(max as u16));
            queue += 1;
        }
        self.write(reg::STATUS, 15);
    }

    /// The first half of [`Driver::start`].
    ///
    /// # Panics
    /// When the device does not take the features.
    pub fn negotiate(&mut self, wanted: u64) {
        self.write(reg::STATUS, 0);
        self.write(reg::STATUS, 1);
        self.write(reg::STATUS, 3);
        self.features = self.offered() & wanted | feature::VERSION_1;
        for sel in 0..2 {
            self.write(reg::DRIVER_FEATURES_SEL, sel);
            self.write(reg::DRIVER_FEATURES, (self.features >> (32 * sel)) as u32);
        }
        self.write(reg::STATUS, 11);
        assert_eq!(self.status() & 8, 8, "features {:#x} refused", self.features);
    }

    /// Sets up the selected queue.
    pub fn add_ring(&mut self, size: u16) {
        let n = u64::from(size);
        let descriptors = self.allocate(n * 16);
        let available = self.allocate(6 + n * 2);
        let used = self.allocate(6 + n * 8);
        let packed = self.features & feature::RING_PACKED != 0;
        let ring = Ring { size, descriptors, available, used, packed, ..Ring::default() };
        self.write(reg::QUEUE_SIZE, size.into());
        for (low, high, address) in [
            (reg::QUEUE_DESC_LOW, reg::QUEUE_DESC_HIGH, descriptors),
            (reg::QUEUE_DRIVER_LOW, reg::QUEUE_DRIVER_HIGH, available),
            (reg::QUEUE_DEVICE_LOW, reg::QUEUE_DEVICE_HIGH, used),
        ] {
            self.write(low, address as u32);
            self.write(high, (address >> 32) as u32);
        }
        self.write(reg::QUEUE_READY, 1);
        self.rings.push(ring);
    }

    /// Room for `len` bytes of zeroes, aligned to 16.
    ///
    /// # Panics
    /// When RAM is full.
    pub fn allocate(&mut self, len: u64) -> u64 {
        let address = self.free.next_multiple_of(16);
        self.free = address + len;
        self.memory.write(address, &vec![0; len as usize]).expect("room in RAM");
        address
    }

    /// A readable buffer that holds `bytes`.
    ///
    /// # Panics
    /// When RAM is full.
    pub fn readable(&mut self, bytes: &[u8]) -> Buffer {
        let address = self.allocate(bytes.len() as u64);
        self.memory.write(address, bytes).expect("just allocated");
        Buffer { address, len: bytes.len() as u32, writable: false }
    }

    /// A writable buffer of `len` bytes.
    pub fn writable(&mut self, len: u32) -> Buffer {
        Buffer { address: self.allocate(len.into()), len, writable: true }
    }

    /// What is in a buffer now.
    ///
    /// # Panics
    /// When it is not in RAM.
    pub fn bytes(&self, buffer: Buffer) -> Vec<u8> {
        let mut bytes = vec![0; buffer.len as usize];
        self.memory.read(buffer.address, &mut bytes).expect("a buffer in RAM");
        bytes
    }

    fn put_descriptor(&self, at: u64, buffer: Buffer, flags: u16, next: u16) {
        let mut bytes = buffer.address.to_le_bytes().to_vec();
        bytes.extend(buffer.len.to_le_bytes());
        bytes.extend((flags | if buffer.writable { 2 } else { 0 }).to_le_bytes());
        bytes.extend(next.to_le_bytes());
        self.memory.write(at, &bytes).expect("a table in RAM");
    }

    /// Makes a chain of `buffers` available, without a kick; returns its head.
    pub fn add(&mut self, queue: usize, buffers: &[Buffer]) -> u16 {
        if self.rings[queue].packed {
            return self.add_packed(queue, buffers, 0);
        }
        let Ring { size, descriptors, next_descriptor: head, .. } = self.rings[queue];
        for (i, buffer) in buffers.iter().enumerate() {
            let (this, next) = ((head + i as u16) % size, (head + i as u16 + 1) % size);
            let more = u16::from(i + 1 < buffers.len());
            self.put_descriptor(descriptors + u64::from(this) * 16, *buffer, more, next);
        }
        self.rings[queue].next_descriptor = (head + buffers.len() as u16) % size;
        self.make_available(queue, head);
        head
    }

    /// Puts descriptors into a packed ring, all with `flags` beside their own. The first one's flags are written last.
    fn add_packed(&mut self, queue: usize, buffers: &[Buffer], flags: u16) -> u16 {
        let Ring { size, descriptors, added, .. } = self.rings[queue];
        let id = added % size;
        for (i, buffer) in buffers.iter().enumerate().rev() {
            let place = added.wrapping_add(i as u16);
            let at = descriptors + u64::from(place % size) * 16;
            let more = u16::from(i + 1 < buffers.len());
            let around = if (place / size).is_multiple_of(2) { 1 << 7 } else { 1 << 15 };
            let own = flags | more | around | if buffer.writable { 2 } else { 0 };
            let mut bytes = buffer.address.to_le_bytes().to_vec();
            bytes.extend(buffer.len.to_le_bytes());
            bytes.extend(id.to_le_bytes());
            self.memory.write(at, &bytes).expect("a ring in RAM");
            self.memory.write_u16(at + 14, own).expect("a ring in RAM");
        }
        let slots = buffers.len() as u16;
        self.slots.insert((queue, id), slots);
        // Kept below two rounds, so that slot and wrap counter both follow from it.
        self.rings[queue].added = (added + slots) % (2 * size);
        id
    }

    /// As [`Driver::add`], with the chain in a table of its own.
    pub fn add_indirect(&mut self, queue: usize, buffers: &[Buffer]) -> u16 {
        let table = self.allocate(buffers.len() as u64 * 16);
        for (i, buffer) in buffers.iter().enumerate() {
            let more = u16::from(i + 1 < buffers.len());
            self.put_descriptor(table + i as u64 * 16, *buffer, more, i as u16 + 1);
            if self.rings[queue].packed {
                // An id that means nothing, then the flags.
                let flags = if buffer.writable { [0, 0, 2, 0] } else { [0; 4] };
                self.memory.write(table + i as u64 * 16 + 12, &flags).expect("a table in RAM");
            }
        }
        let Ring { size, descriptors, next_descriptor: head, packed, .. } = self.rings[queue];
        let table = Buffer { address: table, len: buffers.len() as u32 * 16, writable: false };
        if packed {
            return self.add_packed(queue, &[table], 4);
        }
        self.put_descriptor(descriptors + u64::from(head) * 16, table, 4, 0);
        self.rings[queue].next_descriptor = (head + 1) % size;
        self.make_available(queue, head);
        head
    }

    /// Puts `head` into the available ring.
    ///
    /// # Panics
    /// When the ring is not in RAM.
    pub fn make_available(&mut self, queue: usize, head: u16) {
        let ring = &mut self.rings[queue];
        let slot = ring.available + 4 + u64::from(ring.added % ring.size) * 2;
        ring.added = ring.added.wrapping_add(1);
        self.memory.write_u16(slot, head).expect("a ring in RAM");
        self.memory.write_u16(ring.available + 2, ring.added).expect("a ring in RAM");
    }

    /// Says at which used index to interrupt (event index feature); of a packed ring, at which slot of the first round.
    ///
    /// # Panics
    /// When the ring is not in RAM.
    pub fn set_used_event(&self, queue: usize, event: u16) {
        let ring = &self.rings[queue];
        if ring.packed {
            self.memory.write_u16(ring.available, event | 1 << 15).expect("a ring in RAM");
            self.memory.write_u16(ring.available + 2, 2).expect("a ring in RAM");
            return;
        }
        self.memory.write_u16(ring.available + 4 + u64::from(ring.size) * 2, event).expect("a ring in RAM");
    }

    /// Says that no interrupt is wanted.
    ///
    /// # Panics
    /// When the ring is not in RAM.
    pub fn set_no_interrupt(&self, queue: usize) {
        let ring = &self.rings[queue];
        let at = if ring.packed { ring.available + 2 } else { ring.available };
        self.memory.write_u16(at, 1).expect("a ring in RAM");
    }

    /// Notifies the device.
    pub fn kick(&self, queue: usize) {
        self.write(reg::QUEUE_NOTIFY, queue as u32);
    }

    /// The next used entry (head, bytes written), if there is one.
    ///
    /// # Panics
    /// When the ring is not in RAM.
    pub fn used(&mut self, queue: usize) -> Option<(u16, u32)> {
        let ring = &mut self.rings[queue];
        if ring.packed {
            let at = ring.descriptors + u64::from(ring.seen % ring.size) * 16;
            let flags = self.memory.read_u16(at + 14).expect("a ring in RAM");
            let wrap = (ring.seen / ring.size).is_multiple_of(2);
            if (flags >> 7 & 1 != 0) != wrap || (flags >> 15 != 0) != wrap {
                return None;
            }
            let len = self.memory.read_u32(at + 8).expect("a ring in RAM");
            let id = self.memory.read_u16(at + 12).expect("a ring in RAM");
            let slots = self.slots.remove(&(queue, id)).expect("an id that was made available");
            ring.seen = (ring.seen + slots) % (2 * ring.size);
            return Some((id, len));
        }
        if self.memory.read_u16(ring.used + 2).expect("a ring in RAM") == ring.seen {
            return None;
        }
        let slot = ring.used + 4 + u64::from(ring.seen % ring.size) * 8;
        ring.seen = ring.seen.wrapping_add(1);
        let read = |at| self.memory.read_u32(at).expect("a ring in RAM");
        Some((read(slot) as u16, read(slot + 4)))
    }

    /// Waits for the next used entry.
    ///
    /// # Panics
    /// When none comes for long.
    pub fn wait(&mut self, queue: usize) -> (u16, u32) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(used) = self.used(queue) {
                return used;
            }
            assert!(Instant::now() < end, "no answer in queue {queue}, status {:#x}", self.status());
            std::thread::sleep(Duration::from_micros(50));
        }
    }

    /// One request and its answer: bytes written by the device.
    pub fn ask(&mut self, queue: usize, buffers: &[Buffer]) -> u32 {
        let head = self.add(queue, buffers);
        self.kick(queue);
        let (used, written) = self.wait(queue);
        assert_eq!(used, head);
        written
    }

    /// Acknowledges all interrupts; answers their reasons.
    pub fn acknowledge(&self) -> u32 {
        let status = self.read(reg::INTERRUPT_STATUS);
        self.write(reg::INTERRUPT_ACK, status);
        status
    }
}
