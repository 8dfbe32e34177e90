//! Devices on PCI, driven through what a driver finds there.

use crate::blk::Blk;
use crate::console::Console;
use crate::rng::{Entropy, Rng};
use crate::testing::{Driver, RAM, memory};
use crate::testing_pci::PciRegisters;
use crate::transport::mmio::reg;
use crate::{Device, PciTransport, feature};
use lodge_console::Memory;
use lodge_image::{Image, MemoryStorage, Raw};
use lodge_memory::GuestMemory;
use lodge_pci::testing::{Messages, Os, Pins};
use lodge_pci::{Endpoint, Root};
use lodge_state::Saved;
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);

struct Machine {
    driver: Driver,
    registers: Arc<PciRegisters>,
    transport: Arc<PciTransport>,
    endpoint: Arc<Endpoint>,
    pins: Arc<Pins>,
    messages: Arc<Messages>,
}

/// `device` as device 3 of a root complex, found and placed.
fn machine(device: Arc<dyn Device>, memory: Arc<GuestMemory>) -> Machine {
    let (pins, irqs) = Pins::new();
    let messages = Arc::new(Messages::default());
    let (transport, endpoint) = PciTransport::new(device, memory.clone(), Some(messages.clone())).unwrap();
    let root = Arc::new(Root::new(irqs));
    root.add(3, endpoint.clone());
    let mut os = Os::new(root);
    let found = os.enumerate().remove(1);
    let registers = Arc::new(PciRegisters::new(os, found));
    let driver = Driver::new(registers.clone(), memory, RAM);
    Machine { driver, registers, transport, endpoint, pins, messages }
}

struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()> {
        into.fill(7);
        Ok(())
    }
}

fn rng() -> Machine {
    machine(Arc::new(Rng::new(Sevens)), memory(1 << 20))
}

const LAYOUTS: [u64; 4] =
    [0, feature::EVENT_IDX, feature::RING_PACKED, feature::RING_PACKED | feature::EVENT_IDX];

#[test]
fn a_function_says_what_it_is() {
    let m = rng();
    let os = m.registers.os();
    assert_eq!(m.registers.found().id, 0x1044_1af4);
    assert_eq!((os.read((0, 3), 8, 4), os.read((0, 3), 0x2c, 4)), (0xff00_0001, 0x1100_1af4));
    assert_eq!((os.read((0, 3), 0x0e, 1), os.read((0, 3), 0x3d, 1)), (0, 1));
    assert_eq!((m.registers.get(0x12, 2), m.registers.get(0x18, 2)), (1, 64));
    m.registers.set(0x16, 2, 9);
    assert_eq!((m.registers.get(0x18, 2), m.registers.get(0x1c, 2)), (0, 0), "there is no queue 9");
    m.transport.offer_packed(false);
    assert_eq!(m.driver.offered(), feature::VERSION_1 | feature::EVENT_IDX | feature::INDIRECT_DESC);
}

#[test]
fn requests_are_served_and_interrupt_by_the_pin() {
    for wanted in LAYOUTS {
        let Machine { mut driver, transport, pins, .. } = rng();
        driver.start(wanted, 8);
        for _ in 0..20 {
            let buffer = driver.writable(100);
            assert_eq!(driver.ask(0, &[buffer]), 100);
            assert_eq!(driver.bytes(buffer), [7; 100]);
            transport.settle(LONG);
            if wanted & feature::EVENT_IDX == 0 {
                // INTA of device 3 is the last of the four lines; reading the reasons is acknowledging.
                assert_eq!(pins.levels(), 1 << 3);
                assert_eq!(driver.acknowledge(), 1);
                assert_eq!(pins.levels(), 0);
            }
        }
    }
}

#[test]
fn requests_are_served_and_interrupt_by_messages() {
    for layout in [0, feature::RING_PACKED] {
        let Machine { mut driver, registers, transport, pins, messages, .. } = rng();
        driver.start(layout, 8);
        registers.use_messages(0xfee0_0000);
        for _ in 0..3 {
            let buffer = driver.writable(1);
            driver.ask(0, &[buffer]);
            transport.settle(LONG);
            assert_eq!(messages.take(), [(0xfee0_0000, 1)]);
        }
        registers.set(0x16, 2, 0);
        registers.set(0x1a, 2, 2);
        assert_eq!(registers.get(0x1a, 2), 0xffff, "there is no vector 2");
        let buffer = driver.writable(1);
        driver.ask(0, &[buffer]);
        transport.settle(LONG);
        assert_eq!((messages.take(), pins.levels(), driver.acknowledge()), (vec![], 0, 0));
        // A driver that breaks the rules is told as of a new configuration.
        let at = driver.rings[0].descriptors;
        let buffer = driver.writable(1);
        driver.add(0, &[buffer; 2]);
        for slot in 0..8 {
            driver.memory().write_u64(at + slot * 16, 1).unwrap();
        }
        driver.kick(0);
        transport.settle(LONG);
        assert_eq!((driver.status(), messages.take()), (15 | 64, vec![(0xfee0_0000, 0)]));
        driver.start(layout, 8);
        assert_eq!(registers.get(0x10, 2), 0xffff, "a reset forgets vectors");
    }
}

#[test]
fn the_configuration_is_there_byte_by_byte() {
    let disk = Arc::new(Image::new(Box::new(Raw::new(MemoryStorage::new(vec![3; 1 << 20]))), None, false));
    let Machine { mut driver, .. } = machine(Arc::new(Blk::new(disk, "pci", 2)), memory(8 << 20));
    driver.start(u64::MAX, 64);
    assert_eq!((driver.config(0, 8), driver.config(34, 2), driver.config(32, 1)), (2048, 2, 1));
    driver.set_config(32, 1, 0);
    assert_eq!(driver.config(32, 1), 0);
    for queue in 0..2 {
        let header = driver.readable(&[0; 16]);
        let (data, status) = (driver.writable(4096), driver.writable(1));
        assert_eq!(driver.ask(queue, &[header, data, status]), 4097);
        assert_eq!(driver.bytes(data), [3; 4096]);
    }
}

#[test]
fn registers_are_reached_through_configuration_space() {
    let (port, outside) = Memory::new();
    let Machine { registers, .. } = machine(Arc::new(Console::new(port)), memory(1 << 20));
    let (os, place) = (registers.os(), (0, 3));
    let vendor = registers.found().capabilities.iter().filter(|(id, _)| *id == 9);
    let cap = vendor.map(|(_, at)| *at).find(|at| os.read(place, at + 3, 1) == 5).unwrap();
    let select = |offset: u32, len: u32| {
        os.write(place, cap + 4, 1, 4);
        os.write(place, cap + 8, 4, offset);
        os.write(place, cap + 12, 4, len);
    };
    select(0x12, 2);
    assert_eq!(os.read(place, cap + 16, 2), 2, "queues");
    select(0x2000, 4);
    assert_eq!(os.read(place, cap + 16, 4), 80 | 25 << 16);
    select(0x2008, 4);
    os.write(place, cap + 16, 4, b'!'.into());
    assert_eq!(outside.take(), b"!");
}

#[test]
fn queues_need_no_size_and_cannot_be_stopped() {
    let Machine { mut driver, registers, .. } = rng();
    driver.negotiate(0);
    registers.set(0x16, 2, 0);
    let [ring, available, used] = [64 * 16, 6 + 64 * 2, 6 + 64 * 8].map(|len| driver.allocate(len));
    for (at, address) in [(0x20, ring), (0x28, available), (0x30, used)] {
        registers.set(at, 8, address);
    }
    registers.set(0x1c, 2, 1);
    driver.write(reg::STATUS, 15);
    assert_eq!((driver.status(), registers.get(0x18, 2), registers.get(0x20, 8)), (15, 64, ring));
    registers.set(0x1c, 2, 0);
    assert_eq!(registers.get(0x1c, 2), 1);
}

#[test]
fn saved_and_loaded_in_the_middle_of_work() {
    for layout in LAYOUTS {
        let Machine { mut driver, registers, transport, endpoint, .. } = rng();
        driver.start(layout, 8);
        registers.use_messages(0x2800_0000);
        for _ in 0..13 {
            let buffer = driver.writable(1);
            driver.ask(0, &[buffer]);
        }
        transport.pause();
        let buffer = driver.writable(9);
        let head = driver.add(0, &[buffer]);
        driver.kick(0);
        let record = endpoint.save();
        let memory = driver.memory().clone();
        drop((transport, endpoint));
        let other = machine(Arc::new(Rng::new(Sevens)), memory);
        other.endpoint.load(&record).unwrap();
        driver.replace(other.registers.clone());
        assert_eq!(driver.wait(0), (head, 9));
        other.transport.settle(LONG);
        assert!(other.messages.take().iter().all(|message| *message == (0x2800_0000, 1)));
        assert_eq!(driver.status(), 15);
        let mut bad = record.clone();
        bad.value["function"]["value"]["queue_vectors"][0] = 7.into();
        assert!(other.endpoint.load(&bad).is_err());
        let buffer = driver.writable(4);
        assert_eq!(driver.ask(0, &[buffer]), 4, "nothing has changed");
    }
}

#[test]
fn a_function_level_reset_stops_the_device() {
    let Machine { mut driver, registers, transport, .. } = rng();
    driver.start(feature::RING_PACKED, 8);
    let found = registers.found();
    registers.os().write(found.place, Os::capability(found, 0x10) + 8, 2, 0x8000);
    let bars = registers.os().read(found.place, 0x20, 4);
    assert_eq!((bars, transport.save().value["core"]["status"].as_u64()), (0xc, Some(0)));
}

#[test]
fn a_device_leaves_memory_alone_until_it_is_a_bus_master() {
    let Machine { mut driver, registers, transport, .. } = rng();
    registers.os().write((0, 3), 4, 2, 2);
    driver.start(0, 8);
    let buffer = driver.writable(5);
    let head = driver.add(0, &[buffer]);
    driver.kick(0);
    assert!(transport.settle(LONG));
    assert_eq!(driver.used(0), None);
    transport.pause();
    registers.os().write((0, 3), 4, 2, 6);
    assert_eq!(driver.used(0), None, "a machine that stands");
    transport.resume();
    assert_eq!(driver.wait(0), (head, 5));
    driver.write(reg::STATUS, 0);
    assert_eq!(driver.status(), 0);
}
