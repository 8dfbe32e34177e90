//! The devices, driven with real requests.

use crate::balloon::Balloon;
use crate::blk::Blk;
use crate::console::Console;
use crate::testing::{Buffer, Driver, Line, RAM, memory};
use crate::{Device, MmioTransport};
use lodge_bus::Irq;
use lodge_console::Memory;
use lodge_image::{Disk, Image, MemoryStorage, Raw};
use lodge_state::Saved;
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const MIB: usize = 1 << 20;

fn driver_of(device: Arc<dyn Device>, ram: u64) -> (Driver, Arc<MmioTransport>) {
    let memory = memory(ram);
    let transport = Arc::new(MmioTransport::new(device, memory.clone(), Irq::unconnected()).unwrap());
    (Driver::new(transport.clone(), memory, RAM), transport)
}

fn disk(bytes: Vec<u8>, read_only: bool) -> Arc<dyn Disk> {
    Arc::new(Image::new(Box::new(Raw::new(MemoryStorage::new(bytes))), None, read_only))
}

fn blk(bytes: Vec<u8>) -> (Driver, Arc<dyn Disk>) {
    let disk = disk(bytes, false);
    let (mut driver, _) = driver_of(Arc::new(Blk::new(disk.clone(), "disk0", 2)), 32 * MIB as u64);
    driver.start(u64::MAX, 64);
    (driver, disk)
}

/// One block request; answers its status and what the device wrote before it.
fn request(driver: &mut Driver, kind: u32, sector: u64, data: &[u8], room: u32) -> (u8, Vec<u8>) {
    let mut header = kind.to_le_bytes().to_vec();
    header.extend([0; 4]);
    header.extend(sector.to_le_bytes());
    let header = driver.readable(&header);
    let (data, into, status) = (driver.readable(data), driver.writable(room), driver.writable(1));
    driver.ask(1, &[header, data, into, status]);
    (driver.bytes(status)[0], driver.bytes(into))
}

#[test]
fn blocks_are_written_and_read_back() {
    let (mut driver, disk) = blk(vec![0; 8 * MIB]);
    assert_eq!(driver.config(0, 8), 8 * MIB as u64 / 512);
    assert_eq!(driver.config(34, 2), 2, "queues");
    // Longer than one piece, and over many buffers of odd sizes.
    let data: Vec<u8> = (0..3 * MIB).map(|i| (i % 251) as u8).collect();
    assert_eq!(request(&mut driver, 1, 3, &data, 0).0, 0);
    let mut back = vec![0; data.len()];
    disk.read_at(3 * 512, &mut back).unwrap();
    assert!(back == data);
    let mut header = vec![0; 8];
    header.extend(3u64.to_le_bytes());
    let header = driver.readable(&header);
    let mut buffers = vec![header];
    let mut left = data.len() as u32 + 1;
    while left > 0 {
        let n = (left / 3 + 1).min(left);
        buffers.push(driver.writable(n));
        left -= n;
    }
    assert_eq!(driver.ask(0, &buffers), data.len() as u32 + 1);
    let mut back: Vec<u8> = buffers[1..].iter().flat_map(|b| driver.bytes(*b)).collect();
    assert_eq!(back.pop(), Some(0));
    assert!(back == data);
}

#[test]
fn blocks_flush_identify_discard_and_clear() {
    let (mut driver, disk) = blk(vec![9; MIB]);
    assert_eq!(request(&mut driver, 4, 0, &[], 0).0, 0);
    let (status, id) = request(&mut driver, 8, 0, &[], 20);
    assert_eq!((status, &id[..6]), (0, &b"disk0\0"[..]));
    let range = |sector: u64, sectors: u32, flags: u32| {
        let mut bytes = sector.to_le_bytes().to_vec();
        bytes.extend(sectors.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes
    };
    assert_eq!(request(&mut driver, 11, 0, &range(8, 8, 0), 0).0, 0);
    assert_eq!(request(&mut driver, 13, 0, &[range(20, 1, 0), range(22, 2, 1)].concat(), 0).0, 0);
    let sector = |n: u64| {
        let mut bytes = [0; 512];
        disk.read_at(n * 512, &mut bytes).unwrap();
        bytes
    };
    let kept: Vec<u64> = (18..26).filter(|n| sector(*n) == [9; 512]).collect();
    assert_eq!(kept, [18, 19, 21, 24, 25]);
    for (kind, data, status) in [
        (11, range(0, 1, 1), 2),
        (13, range(0, 1, 2), 2),
        (13, range(u64::MAX, 1, 0), 1),
        (11, range(2047, 2, 0), 1),
        (13, range(0, u32::MAX, 0), 1),
        (13, vec![0; 15], 1),
        (13, vec![], 1),
        (99, vec![], 2),
    ] {
        assert_eq!(request(&mut driver, kind, 0, &data, 0).0, status, "{kind} {data:?}");
    }
}

#[test]
fn bad_blocks_are_errors_not_ends() {
    let (mut driver, _) = blk(vec![1; MIB]);
    assert_eq!(request(&mut driver, 0, 2048, &[], 512).0, 1, "past the end");
    assert_eq!(request(&mut driver, 0, u64::MAX / 512, &[], 512).0, 1);
    assert_eq!(request(&mut driver, 0, 2047, &[], 1024).0, 1, "over the end");
    assert_eq!(request(&mut driver, 0, 0, &[], 100).0, 1, "no sector");
    assert_eq!(request(&mut driver, 0, 0, &[], 512), (0, vec![1; 512]));
    assert_eq!(driver.status(), 15);
    let short = driver.readable(&[0; 15]);
    let status = driver.writable(1);
    driver.add(0, &[short, status]);
    driver.kick(0);
    while driver.status() != 15 | 64 {
        std::thread::yield_now();
    }
}

#[test]
fn a_read_only_disk_says_so_and_refuses() {
    let (mut driver, _) = driver_of(Arc::new(Blk::new(disk(vec![1; MIB], true), "", 1)), 4 * MIB as u64);
    driver.start(u64::MAX, 64);
    assert_eq!(driver.features & (1 << 5 | 1 << 13), 1 << 5);
    let mut header = 1u32.to_le_bytes().to_vec();
    header.extend([0; 12]);
    let (header, data, status) = (driver.readable(&header), driver.readable(&[2; 512]), driver.writable(1));
    driver.ask(0, &[header, data, status]);
    assert_eq!(driver.bytes(status), [1]);
}

#[test]
fn the_write_cache_can_be_turned_off() {
    let (driver, _) = blk(vec![1; MIB]);
    assert_eq!(driver.config(32, 1), 1);
    driver.set_config(32, 1, 0);
    driver.set_config(0, 8, 5);
    assert_eq!((driver.config(32, 1), driver.config(0, 8)), (0, 2048));
}

#[test]
fn the_console_carries_both_ways() {
    let (port, outside) = Memory::new();
    let (mut driver, transport) = driver_of(Arc::new(Console::new(port)), MIB as u64);
    driver.set_config(8, 4, b'!'.into());
    assert_eq!(outside.take(), b"!", "emergency write before set-up");
    outside.put(b"early ");
    driver.start(u64::MAX, 8);
    assert_eq!((driver.config(0, 2), driver.config(2, 2)), (80, 25));
    let (one, two) = (driver.readable(b"hello "), driver.readable(b"world"));
    driver.ask(1, &[one, two]);
    assert_eq!(outside.take(), b"hello world");
    let buffer = driver.writable(8);
    assert_eq!(driver.ask(0, &[buffer]), 6);
    let second = driver.writable(4);
    driver.add(0, &[second]);
    driver.kick(0);
    transport.settle(LONG);
    assert_eq!(driver.used(0), None, "no input, no answer");
    outside.put(b"typed");
    assert_eq!((driver.wait(0).1, driver.bytes(second)), (4, b"type".to_vec()));
    let third = driver.writable(4);
    assert_eq!(driver.ask(0, &[third]), 1);
}

#[test]
fn console_output_waits_for_room_and_survives_a_save() {
    let (port, outside) = Memory::new();
    let console = Arc::new(Console::new(port));
    let (mut driver, transport) = driver_of(console, 4 * MIB as u64);
    driver.start(0, 8);
    let data: Vec<u8> = (0..lodge_console::OUTPUT_LIMIT + 5000).map(|i| (i % 253) as u8).collect();
    let buffer = driver.readable(&data);
    driver.add(1, &[buffer]);
    driver.kick(1);
    assert!(transport.settle(LONG));
    assert_eq!(driver.used(1), None, "it does not fit");
    let record = transport.save();
    let first = outside.take();
    driver.wait(1);
    let mut all = [first.clone(), outside.take()].concat();
    assert!(all == data);
    // From the record, on another machine with the same memory, the rest comes again.
    let (port, elsewhere) = Memory::new();
    let memory = driver.memory().clone();
    let other = MmioTransport::new(Arc::new(Console::new(port)), memory, Irq::unconnected()).unwrap();
    other.load(&record).unwrap();
    assert!(other.settle(LONG));
    all = [first, elsewhere.take()].concat();
    assert!(all == data);
}

#[test]
fn the_balloon_gives_pages_to_the_host() {
    let balloon = Arc::new(Balloon::new());
    let ram = memory(4 * MIB as u64);
    let (line, irq) = Line::new();
    let transport = Arc::new(MmioTransport::new(balloon.clone(), ram.clone(), irq).unwrap());
    let mut driver = Driver::new(transport.clone(), ram.clone(), RAM);
    driver.start(u64::MAX, 8);
    transport.settle(LONG);
    let pages = RAM + 2 * MIB as u64;
    ram.write(pages, &[5; 0x6000]).unwrap();
    balloon.set_target(0x3000);
    while !line.is_high() {
        std::thread::yield_now();
    }
    assert_eq!(driver.acknowledge() & 2, 2, "a config change");
    assert_eq!(driver.config(0, 4), 3);
    let number = |n: u64| ((pages >> 12) + n).to_le_bytes()[..4].to_vec();
    let numbers = driver.readable(&[number(0), number(1), number(4), vec![1, 0, 0, 0]].concat());
    driver.ask(0, &[numbers]);
    let left: Vec<u64> = (0..6).filter(|n| ram.read_u8(pages + n * 0x1000).unwrap() == 5).collect();
    assert_eq!(left, [2, 3, 5]);
    driver.set_config(4, 4, 3);
    assert_eq!(balloon.actual(), 0x3000);
    driver.ask(1, &[numbers]);
    // Free page reporting: at either place it may have; parts of pages stay.
    driver.ask(3, &[Buffer { address: pages + 0x2000, len: 0x1000, writable: true }]);
    driver.ask(4, &[Buffer { address: pages + 0x3001, len: 0x2fff, writable: true }]);
    let left: Vec<u64> = (0..6).filter(|n| ram.read_u8(pages + n * 0x1000).unwrap() == 5).collect();
    assert_eq!(left, [3]);
    assert_eq!(driver.status(), 15);
}

#[test]
fn the_balloon_hands_on_statistics() {
    let balloon = Arc::new(Balloon::new());
    let (mut driver, transport) = driver_of(balloon.clone(), MIB as u64);
    driver.start(u64::MAX, 8);
    let entry = |tag: u16, value: u64| [&tag.to_le_bytes()[..], &value.to_le_bytes()].concat();
    let buffer = driver.readable(&[entry(4, 1000), entry(5, 2000)].concat());
    driver.add(2, &[buffer]);
    driver.kick(2);
    transport.settle(LONG);
    assert_eq!(balloon.statistics().into_iter().collect::<Vec<_>>(), [(4, 1000), (5, 2000)]);
    assert_eq!(driver.used(2), None, "kept until asked for");
    balloon.ask_statistics();
    driver.wait(2);
}
