//! The transport and the queues, driven through registers.

use crate::blk::Blk;
use crate::rng::{Entropy, Rng};
use crate::testing::{Buffer, Driver, Line, RAM, memory};
use crate::transport::mmio::reg;
use crate::{EmptySlot, MmioTransport, feature};
use lodge_bus::Mmio;
use lodge_image::{Image, MemoryStorage, Raw};
use lodge_state::{Saved, StateError};
use std::sync::Arc;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(20);
const PACKED: u64 = feature::RING_PACKED;

/// Hands out a pattern.
struct Sevens;

impl Entropy for Sevens {
    fn fill(&self, into: &mut [u8]) -> std::io::Result<()> {
        into.fill(7);
        Ok(())
    }
}

fn rng() -> (Driver, Arc<MmioTransport>, Arc<Line>) {
    let memory = memory(1 << 20);
    let (line, irq) = Line::new();
    let transport = Arc::new(MmioTransport::new(Arc::new(Rng::new(Sevens)), memory.clone(), irq).unwrap());
    (Driver::new(transport.clone(), memory, RAM), transport, line)
}

#[test]
fn registers_say_who_they_are() {
    let (driver, ..) = rng();
    assert_eq!(driver.read(reg::MAGIC), 0x7472_6976);
    assert_eq!((driver.read(reg::VERSION), driver.read(reg::DEVICE_ID)), (2, 4));
    assert_eq!(driver.read(reg::SHM_LEN_LOW), u32::MAX);
    assert_eq!((EmptySlot.read(reg::MAGIC, 4), EmptySlot.read(reg::DEVICE_ID, 4)), (0x7472_6976, 0));
}

#[test]
fn features_not_on_offer_are_refused() {
    let (mut driver, ..) = rng();
    driver.negotiate(0);
    driver.write(reg::STATUS, 0);
    driver.write(reg::STATUS, 3);
    for (sel, bits) in [(0, 1), (1, 1)] {
        driver.write(reg::DRIVER_FEATURES_SEL, sel);
        driver.write(reg::DRIVER_FEATURES, bits);
    }
    driver.write(reg::STATUS, 11);
    assert_eq!(driver.status(), 3, "FEATURES_OK stays away");
    driver.write(reg::STATUS, 15);
    assert_eq!(driver.status(), 3, "and so does DRIVER_OK");
}

#[test]
fn a_request_is_served_and_interrupts() {
    for wanted in [0, feature::EVENT_IDX, PACKED, PACKED | feature::EVENT_IDX] {
        let (mut driver, transport, line) = rng();
        driver.start(wanted, 8);
        for _ in 0..20 {
            let buffer = driver.writable(100);
            assert_eq!(driver.ask(0, &[buffer]), 100);
            assert_eq!(driver.bytes(buffer), [7; 100]);
            transport.settle(LONG);
            if wanted & feature::EVENT_IDX == 0 {
                assert!(line.is_high());
                assert_eq!(driver.acknowledge(), 1);
                assert!(!line.is_high());
            }
        }
    }
}

#[test]
fn a_hungry_request_gets_a_bounded_answer() {
    let (mut driver, ..) = rng();
    driver.start(0, 8);
    let buffer = Buffer { len: 512 << 10, ..driver.writable(512 << 10) };
    assert_eq!(driver.ask(0, &[buffer]), 64 << 10);
}

#[test]
fn interrupts_come_when_the_event_index_is_passed() {
    for layout in [0, PACKED] {
        let (mut driver, transport, line) = rng();
        driver.start(feature::EVENT_IDX | layout, 8);
        driver.set_used_event(0, 2);
        let mut raised = Vec::new();
        for _ in 0..5 {
            let buffer = driver.writable(1);
            driver.ask(0, &[buffer]);
            transport.settle(LONG);
            raised.push(line.raised());
            driver.acknowledge();
        }
        assert_eq!(raised, [0, 0, 1, 1, 1]);
    }
}

#[test]
fn one_interrupt_serves_a_batch() {
    for layout in [0, PACKED] {
        let (mut driver, transport, line) = rng();
        driver.start(layout, 64);
        transport.pause();
        for _ in 0..10 {
            let buffer = driver.writable(1);
            driver.add(0, &[buffer]);
            driver.kick(0);
        }
        assert_eq!(driver.used(0), None, "a paused device serves nothing");
        transport.resume();
        transport.settle(LONG);
        assert_eq!((0..11).filter_map(|_| driver.used(0)).count(), 10);
        assert_eq!(line.raised(), 1);
    }
}

#[test]
fn a_driver_that_wants_no_interrupt_gets_none() {
    for layout in [0, PACKED] {
        let (mut driver, transport, line) = rng();
        driver.start(layout, 8);
        let buffer = driver.writable(1);
        driver.set_no_interrupt(0);
        driver.ask(0, &[buffer]);
        transport.settle(LONG);
        assert_eq!(line.raised(), 0);
    }
}

#[test]
fn indirect_chains_work_when_negotiated() {
    for layout in [0, PACKED] {
        let (mut driver, ..) = rng();
        driver.start(feature::INDIRECT_DESC | layout, 2);
        for _ in 0..5 {
            let buffers: Vec<Buffer> = (0..60).map(|_| driver.writable(3)).collect();
            let head = driver.add_indirect(0, &buffers);
            driver.kick(0);
            assert_eq!(driver.wait(0), (head, 180));
            assert!(buffers.iter().all(|b| driver.bytes(*b) == [7; 3]));
        }
    }
}

/// What a driver can do wrong with one chain.
#[test]
fn a_broken_chain_needs_a_reset_and_a_reset_heals() {
    type Deed = fn(&mut Driver);
    let deeds: [(&str, Deed); 8] = [
        ("a loop", |d| {
            let at = d.rings[0].descriptors;
            let buffer = d.writable(1);
            d.add(0, &[buffer, buffer, buffer]);
            d.memory().write_u16(at + 2 * 16 + 12, 3).unwrap();
            d.memory().write_u16(at + 2 * 16 + 14, 0).unwrap();
        }),
        ("a head beyond the table", |d| d.make_available(0, 8)),
        ("a buffer outside of RAM", |d| {
            d.add(0, &[Buffer { address: 64, len: 64, writable: true }]);
        }),
        ("a buffer that wraps", |d| {
            d.add(0, &[Buffer { address: u64::MAX - 3, len: 64, writable: true }]);
        }),
        ("readable after writable", |d| {
            let (first, second) = (d.writable(4), d.readable(b"late"));
            d.add(0, &[first, second]);
        }),
        ("an indirect table not negotiated", |d| {
            let buffer = d.writable(1);
            d.add_indirect(0, &[buffer]);
        }),
        ("too many available entries", |d| {
            let index = d.rings[0].available + 2;
            d.memory().write_u16(index, 100).unwrap();
        }),
        ("more than 4 GiB", |d| {
            let huge = Buffer { address: RAM, len: u32::MAX, writable: true };
            d.add(0, &[huge, huge]);
        }),
    ];
    for (name, deed) in deeds {
        let (mut driver, transport, line) = rng();
        driver.start(0, 8);
        deed(&mut driver);
        driver.kick(0);
        assert!(transport.settle(LONG), "{name}");
        assert_eq!(driver.status() & 64, 64, "{name}");
        assert!(line.is_high() && driver.acknowledge() & 2 != 0, "{name}: the driver is told");
        driver.start(0, 8);
        assert_eq!(driver.status(), 15, "{name}");
        let buffer = driver.writable(5);
        assert_eq!(driver.ask(0, &[buffer]), 5, "{name}");
    }
}

/// The same with a packed ring.
#[test]
fn a_broken_packed_chain_needs_a_reset_and_a_reset_heals() {
    type Deed = fn(&mut Driver);
    let deeds: [(&str, Deed); 6] = [
        ("a chain without an end", |d| {
            let at = d.rings[0].descriptors;
            let buffer = d.writable(1);
            d.add(0, &[buffer; 8]);
            d.memory().write_u16(at + 7 * 16 + 14, 1 | 2 | 1 << 7).unwrap();
        }),
        ("a buffer outside of RAM", |d| {
            d.add(0, &[Buffer { address: 64, len: 64, writable: true }]);
        }),
        ("readable after writable", |d| {
            let (first, second) = (d.writable(4), d.readable(b"late"));
            d.add(0, &[first, second]);
        }),
        ("an indirect table not negotiated", |d| {
            let buffer = d.writable(1);
            d.add_indirect(0, &[buffer]);
        }),
        ("a table that is no table", |d| {
            d.start(feature::INDIRECT_DESC | PACKED, 8);
            let buffer = d.writable(1);
            d.add_indirect(0, &[buffer]);
            let at = d.rings[0].descriptors + 8;
            d.memory().write_u32(at, 17).unwrap();
        }),
        ("an indirect descriptor in a chain", |d| {
            d.start(feature::INDIRECT_DESC | PACKED, 8);
            let buffer = d.writable(16);
            d.add(0, &[buffer, buffer]);
            let at = d.rings[0].descriptors + 16 + 14;
            d.memory().write_u16(at, 4 | 1 << 7).unwrap();
        }),
    ];
    for (name, deed) in deeds {
        let (mut driver, transport, line) = rng();
        driver.start(PACKED, 8);
        deed(&mut driver);
        driver.kick(0);
        assert!(transport.settle(LONG), "{name}");
        assert_eq!(driver.status() & 64, 64, "{name}");
        assert!(line.is_high() && driver.acknowledge() & 2 != 0, "{name}: the driver is told");
        driver.start(PACKED, 8);
        let buffer = driver.writable(5);
        assert_eq!(driver.ask(0, &[buffer]), 5, "{name}");
    }
}

/// Chains of one to three slots, several at once, over many rounds of a ring whose size is no power of two.
#[test]
fn a_packed_ring_goes_round_with_chains_of_any_length() {
    for events in [0, feature::EVENT_IDX] {
        let (mut driver, transport, _) = rng();
        driver.start(PACKED | events, 7);
        let buffers: Vec<Buffer> = (0..3).map(|_| driver.writable(2)).collect();
        for round in 0..200_usize {
            let lens = [round % 3 + 1, (round / 3) % 3 + 1];
            let ids = lens.map(|len| driver.add(0, &buffers[..len]));
            driver.kick(0);
            for (id, len) in ids.into_iter().zip(lens) {
                assert_eq!(driver.wait(0), (id, 2 * len as u32));
            }
            assert_eq!(driver.used(0), None);
        }
        transport.settle(LONG);
        assert_eq!(driver.status(), 15);
    }
}

#[test]
fn queues_are_frozen_at_driver_ok() {
    let (mut driver, ..) = rng();
    driver.start(0, 8);
    driver.write(reg::QUEUE_SEL, 0);
    driver.write(reg::QUEUE_SIZE, 4096);
    driver.write(reg::QUEUE_DESC_LOW, 0);
    driver.write(reg::QUEUE_READY, 0);
    assert_eq!(driver.read(reg::QUEUE_READY), 1);
    let buffer = driver.writable(5);
    assert_eq!(driver.ask(0, &[buffer]), 5);
}

#[test]
fn impossible_queues_need_a_reset() {
    let cases: [(u64, u32); 6] = [
        (reg::QUEUE_SIZE, 3),
        (reg::QUEUE_SIZE, 0),
        (reg::QUEUE_SIZE, 0x10008),
        (reg::QUEUE_DESC_LOW, RAM as u32 + 8),
        (reg::QUEUE_DRIVER_HIGH, 1),
        (reg::QUEUE_DEVICE_LOW, (RAM + (1 << 20)) as u32 - 16),
    ];
    for (register, value) in cases {
        let (mut driver, ..) = rng();
        driver.negotiate(0);
        driver.write(reg::QUEUE_SEL, 0);
        driver.add_ring(8);
        driver.write(register, value);
        driver.write(reg::STATUS, 15);
        driver.kick(0);
        assert_eq!(driver.status(), 15 | 64, "{register:#x} = {value:#x}");
    }
}

#[test]
fn saved_and_loaded_in_the_middle_of_work() {
    for layout in [0, PACKED] {
        move_in_the_middle_of_work(layout);
    }
}

fn move_in_the_middle_of_work(layout: u64) {
    let (mut driver, transport, _) = rng();
    driver.start(feature::EVENT_IDX | layout, 8);
    for _ in 0..13 {
        let buffer = driver.writable(1);
        driver.ask(0, &[buffer]);
    }
    transport.pause();
    let buffer = driver.writable(9);
    let head = driver.add(0, &[buffer]);
    driver.kick(0);
    let record = transport.save();
    let (line, irq) = Line::new();
    let memory = driver.memory().clone();
    drop(transport);
    let other = Arc::new(MmioTransport::new(Arc::new(Rng::new(Sevens)), memory, irq).unwrap());
    other.load(&record).unwrap();
    driver.replace(other.clone());
    assert_eq!(driver.wait(0), (head, 9));
    other.settle(LONG);
    assert_eq!(driver.status(), 15);
    assert!(line.raised() <= 1);
    let buffer = driver.writable(4);
    assert_eq!(driver.ask(0, &[buffer]), 4);
}

#[test]
fn a_record_of_another_or_impossible_device_is_refused() {
    let (mut driver, transport, _) = rng();
    driver.start(0, 8);
    let record = transport.save();
    let disk = Arc::new(Image::new(Box::new(Raw::new(MemoryStorage::new(vec![0; 512]))), None, false));
    let blk = Arc::new(Blk::new(disk, "", 1));
    let memory = driver.memory().clone();
    let other = MmioTransport::new(blk, memory, lodge_bus::Irq::unconnected()).unwrap();
    assert!(matches!(other.load(&record), Err(StateError::Invalid { .. })));
    for (path, value) in [
        ("/core/status", 512.into()),
        ("/core/queues/0/size", 3.into()),
        ("/core/queues/0/descriptors", u64::MAX.into()),
        ("/core/driver_features", u64::MAX.into()),
        ("/core/queues", serde_json::json!([])),
        ("/core/device/tag", "virtio-blk".into()),
    ] {
        let mut bad = record.clone();
        *bad.value.pointer_mut(path).unwrap() = value;
        assert!(transport.load(&bad).is_err(), "{path}");
    }
    let buffer = driver.writable(4);
    assert_eq!(driver.ask(0, &[buffer]), 4, "nothing has changed");
}

/// Pausing must not wait for a vCPU, nor a vCPU that resets for ever for a pause.
#[test]
fn pausing_and_saving_race_with_vcpus_that_reset_and_kick() {
    let (mut driver, transport, _) = rng();
    driver.start(0, 8);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (other, done) = (transport.clone(), &done);
        scope.spawn(move || {
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                other.write(reg::QUEUE_NOTIFY, 4, 0);
                other.write(reg::INTERRUPT_ACK, 4, 3);
            }
        });
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::SeqCst) {
                driver.start(0, 8);
                driver = Driver::new(transport.clone(), driver.memory().clone(), RAM);
                driver.start(0, 8);
                let buffer = driver.writable(4);
                driver.ask(0, &[buffer]);
            }
        });
        for _ in 0..500 {
            transport.pause();
            let record = transport.save();
            assert_eq!(record.tag, "virtio-mmio");
            std::thread::yield_now();
            transport.resume();
        }
        done.store(true, std::sync::atomic::Ordering::SeqCst);
    });
}

/// Two vCPUs work two queues of one disk at once, through pauses.
#[test]
fn queues_are_served_side_by_side() {
    let memory = memory(8 << 20);
    let disk = Arc::new(Image::new(Box::new(Raw::new(MemoryStorage::new(vec![3; 1 << 20]))), None, false));
    let transport = Arc::new(
        MmioTransport::new(Arc::new(Blk::new(disk, "", 2)), memory.clone(), lodge_bus::Irq::unconnected())
            .unwrap(),
    );
    let mut driver = Driver::new(transport.clone(), memory.clone(), RAM);
    driver.start(u64::MAX, 16);
    let rings = driver.rings.clone();
    std::thread::scope(|scope| {
        for queue in 0..2_u64 {
            let mut driver = Driver::new(transport.clone(), memory.clone(), RAM + ((queue + 1) << 21));
            driver.rings = rings.clone();
            scope.spawn(move || {
                let (header, data, status) =
                    (driver.readable(&[0; 16]), driver.writable(4096), driver.writable(1));
                for _ in 0..2000 {
                    assert_eq!(driver.ask(queue as usize, &[header, data, status]), 4097);
                }
                assert_eq!(driver.bytes(data), [3; 4096]);
            });
        }
        for _ in 0..50 {
            transport.pause();
            transport.resume();
            std::thread::sleep(Duration::from_micros(200));
        }
    });
}
