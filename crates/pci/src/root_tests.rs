//! A made-up operating system on a root complex.

use crate::hostile::{endpoint, machine};
use crate::testing::{Found, HIGH_MEMORY, MEMORY, Messages, Os, Pins};
use crate::{Root, Window};
use lodge_bus::{Effect, Mmio};
use lodge_state::Saved;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

const EXPRESS: u8 = 0x10;
const SLOT_CONTROL: u16 = 0x18;
const SLOT_STATUS: u16 = 0x1a;
const LINK_STATUS: u16 = 0x12;

fn at(found: &[Found], place: (u8, u8)) -> Found {
    found.iter().find(|f| f.place == place).unwrap_or_else(|| panic!("nothing at {place:?}")).clone()
}

#[test]
fn an_empty_root_complex_has_its_host_bridge() {
    let root = Root::new(Pins::new().1);
    let found: Vec<u64> = (0..256 << 8).filter(|f| root.read(f << 12, 4) != 0xffff_ffff).collect();
    assert_eq!(found, [0]);
    assert_eq!((root.read(0, 2), root.read(2, 2), root.read(0x0a, 2)), (0x1b36, 8, 0x0600));
    assert_eq!((root.read(0x0e, 1), root.read(0x34, 1), root.read(0x100, 4)), (0, 0, 0));
    root.write(4, 2, 0xffff);
    assert_eq!((root.read(4, 4), root.read(0, 8)), (0x547, 0x547_0008_1b36));
    root.write(0x3c, 2, 0x010b);
    assert_eq!(root.read(0x3c, 2), 0x0b);
    let memory = Window::memory(Arc::new(root), MEMORY);
    assert_eq!((memory.read(0, 4), memory.write(0, 4, 1)), (0xffff_ffff, Effect::None));
}

#[test]
fn an_operating_system_finds_and_places_everything() {
    let (root, ..) = machine();
    let mut os = Os::new(root);
    let found = os.enumerate();
    let places: Vec<_> = found.iter().map(|f| f.place).collect();
    assert_eq!(places, [(0, 0), (0, 1), (0, 2), (1, 0), (0, 3)]);
    for place in [(0, 1), (1, 0)] {
        let device = at(&found, place);
        let sizes: Vec<_> = device.bars.iter().map(|bar| (bar.index, bar.size, bar.ports)).collect();
        assert_eq!(sizes, [(0, 0x4000, false), (2, 0x1000, false), (3, 0x20, true)]);
        assert!(device.bars[0].address >= HIGH_MEMORY && device.bars[1].address < HIGH_MEMORY);
        let ids: Vec<_> = device.capabilities.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [0x01, EXPRESS, 0x11, 0x09]);
        for bar in [&device.bars[0], &device.bars[2]] {
            assert_eq!(os.load(bar, 0x10, 4), 0x10, "{place:?} {bar:?}");
        }
    }
    // An integrated endpoint, a root port with a slot, an endpoint at the end of a link.
    let flags = |place| {
        let found = at(&found, place);
        os.read(place, Os::capability(&found, EXPRESS) + 2, 2)
    };
    assert_eq!((flags((0, 1)), flags((0, 2)), flags((1, 0))), (0x92, 0x142, 0x02));
}

#[test]
fn bars_move_when_they_are_rewritten() {
    let (root, ..) = machine();
    let mut os = Os::new(root);
    let mut bar = at(&os.enumerate(), (0, 1)).bars[0];
    let old = bar;
    bar.address += 1 << 32;
    os.write((0, 1), 0x14, 4, (bar.address >> 32) as u32);
    assert_eq!((os.load(&bar, 8, 8), os.load(&old, 8, 8)), (8, u64::MAX));
    os.write((0, 1), 4, 2, 5);
    assert_eq!(os.load(&bar, 8, 4), 0xffff_ffff, "memory is off");
    os.write((0, 1), 4, 2, 6);
    assert_eq!(os.load(&bar, 8, 4), 8);
    let device = at(&Os::new(Arc::new(Root::new(Pins::new().1))).enumerate(), (0, 0));
    assert_eq!(device.bars, []);
    // Asleep in D3hot nothing but configuration space answers.
    os.write((0, 1), 0x44, 2, 3);
    assert_eq!((os.load(&bar, 8, 4), os.read((0, 1), 0, 2)), (0xffff_ffff, 0x1af4));
    os.write((0, 1), 0x44, 2, 0);
    assert_eq!((os.load(&bar, 8, 4), os.load(&bar, 0x3ffc, 8)), (8, u64::MAX));
}

#[test]
fn a_port_hands_down_its_windows_only() {
    let (root, ..) = machine();
    let mut os = Os::new(root);
    let found = os.enumerate();
    let bars = at(&found, (1, 0)).bars;
    let reach = |os: &Os| [0, 2].map(|n| os.load(&bars[n], 0x10, 4) != 0xffff_ffff);
    assert_eq!(reach(&os), [true, true]);
    let prefetch = os.read((0, 2), 0x24, 4);
    os.write((0, 2), 0x24, 4, 0x0000_fff0);
    assert_eq!(reach(&os), [false, true]);
    os.write((0, 2), 0x24, 4, prefetch);
    os.write((0, 2), 0x1c, 2, 0x00f0);
    assert_eq!(reach(&os), [true, false]);
    os.write((0, 2), 4, 2, 0);
    assert_eq!(reach(&os), [false, false]);
    os.write((0, 2), 0x18, 4, 0);
    assert_eq!(os.read((1, 0), 0, 4), 0xffff_ffff, "the bus has no number any more");
}

#[test]
fn pins_swizzle_and_are_shared() {
    let (pins, irqs) = Pins::new();
    let messages = Arc::new(Messages::default());
    let root = Arc::new(Root::new(irqs));
    let (first, on_first) = endpoint(messages.clone());
    let (fifth, on_fifth) = endpoint(messages.clone());
    let (below, on_below) = endpoint(messages);
    root.add(1, first);
    root.add(5, fifth);
    root.add_port(2, 1).plug_cold(below);
    let mut os = Os::new(root);
    os.enumerate();
    on_first.set_pin(true);
    assert_eq!(pins.levels(), 1 << 1);
    assert_eq!((os.read((0, 1), 6, 2) & 8, os.read((0, 5), 6, 2) & 8), (8, 0));
    on_fifth.set_pin(true);
    on_first.set_pin(false);
    assert_eq!(pins.levels(), 1 << 1, "device 5 holds the line still");
    os.write((0, 5), 4, 2, 0x407);
    assert_eq!(pins.levels(), 0, "interrupt disable");
    os.write((0, 5), 4, 2, 0x007);
    on_below.set_pin(true);
    assert_eq!(pins.levels(), 1 << 1 | 1 << 2);
}

#[test]
fn messages_come_instead_of_the_pin() {
    let (pins, irqs) = Pins::new();
    let messages = Arc::new(Messages::default());
    let root = Arc::new(Root::new(irqs));
    let (device, interrupts) = endpoint(messages.clone());
    root.add(1, device.clone());
    let mut os = Os::new(root);
    let found = at(&os.enumerate(), (0, 1));
    let msix = Os::capability(&found, 0x11);
    assert_eq!((os.read((0, 1), msix + 2, 2), os.read((0, 1), msix + 4, 4)), (4, 2));
    let table = found.bars[1];
    os.store(&table, 16, 8, 0x2800_0000);
    os.store(&table, 24, 4, 42);
    os.store(&table, 28, 4, 0);
    interrupts.set_pin(true);
    os.write((0, 1), msix + 2, 2, 0x8000);
    assert_eq!(pins.levels(), 0);
    interrupts.notify(1);
    interrupts.notify(2);
    assert_eq!(messages.take(), [(0x2800_0000, 42)]);
    assert_eq!(os.load(&table, 0x800, 8), 1 << 2, "vector 2 is masked");
    let record = device.save();
    os.write((0, 1), msix + 2, 2, 0);
    assert_eq!(pins.levels(), 2);
    device.load(&record).unwrap();
    assert_eq!((pins.levels(), os.load(&table, 0x800, 8), os.read((0, 1), msix + 2, 2)), (0, 4, 0x8004));
    let mut bad = record;
    bad.value["config"] = bad.value["config"].as_str().unwrap().replacen("f41a", "f51a", 1).into();
    assert!(device.load(&bad).is_err());
}

#[test]
fn configuration_space_leads_to_the_bars_for_those_who_cannot_map_them() {
    let (root, ..) = machine();
    let os = Os::new(root);
    let place = (0, 1);
    let cap = 0x40 + 8 + 0x3c + 12;
    assert_eq!(os.read(place, cap, 1), 9);
    os.write(place, cap + 8, 4, 0x124);
    os.write(place, cap + 12, 4, 4);
    assert_eq!(os.read(place, cap + 16, 4), 0x124);
    os.write(place, cap + 12, 4, 3);
    assert_eq!(os.read(place, cap + 16, 4), 0x124, "an impossible length leads nowhere");
    for (bar, offset) in [(1, 0), (3, 0), (0, 0x4000), (0, u32::MAX - 3)] {
        os.write(place, cap + 4, 1, bar);
        os.write(place, cap + 8, 4, offset);
        os.write(place, cap + 12, 4, 4);
        os.write(place, cap + 16, 4, 1);
        os.read(place, cap + 16, 4);
    }
}

#[test]
fn a_function_level_reset_forgets() {
    let (root, ..) = machine();
    let mut os = Os::new(root);
    let found = at(&os.enumerate(), (0, 1));
    let express = Os::capability(&found, EXPRESS);
    assert_eq!(os.read((0, 1), 4, 2), 7);
    os.write((0, 1), express + 8, 2, 0x8000);
    assert_eq!((os.read((0, 1), 4, 2), os.read((0, 1), 0x10, 4)), (0, 0xc));
    assert_eq!(os.read((0, 1), express + 8, 2), 0x2810);
}

/// The whole life of a device in a slot, as a kernel's hotplug driver leads it.
#[test]
fn a_device_comes_and_goes_while_the_machine_runs() {
    let (root, [_, port], pins, messages) = machine();
    let mut os = Os::new(root);
    let found = at(&os.enumerate(), (0, 3));
    let express = Os::capability(&found, EXPRESS);
    let slot = |os: &Os| os.read((0, 3), express + SLOT_STATUS, 2);
    let link = |os: &Os| os.read((0, 3), express + LINK_STATUS, 2) >> 13 & 1;
    let control = |os: &Os, value| os.write((0, 3), express + SLOT_CONTROL, 2, value);
    let bus = os.read((0, 3), 0x19, 1) as u8;
    // Button, presence and link events, hotplug interrupt; the slot is dark.
    control(&os, 0x17f9 & !0x10);
    assert_eq!((slot(&os), link(&os), pins.levels()), (0, 0, 0));

    let (device, interrupts) = endpoint(messages.clone());
    port.plug(device).unwrap_or_else(|_| panic!("an empty slot"));
    assert!(port.plug(endpoint(messages.clone()).0).is_err(), "there is one already");
    assert_eq!((slot(&os), link(&os), pins.levels()), (0x48, 0, 1 << 3), "present, not powered");
    os.write((0, 3), express + SLOT_STATUS, 2, 0xffff);
    assert_eq!((slot(&os), pins.levels()), (0x40, 0));
    assert_eq!(os.read((bus, 0), 0, 4), 0xffff_ffff);
    control(&os, 0x11e9);
    assert_eq!((slot(&os), link(&os), pins.levels()), (0x140, 1, 1 << 3), "powered: the link is up");
    os.write((0, 3), express + SLOT_STATUS, 2, 0x100);
    assert!(port.is_lit());
    let mut below = Vec::new();
    // The windows that were left for it serve it.
    os.scan(bus, &mut below);
    assert_eq!(below.len(), 1);
    interrupts.set_pin(true);
    assert_eq!(pins.levels(), 1 << 3);
    interrupts.set_pin(false);

    let out = Arc::new(AtomicU32::new(0));
    let released = out.clone();
    assert!(port.ask_out(move |_| _ = released.fetch_add(1, Ordering::SeqCst)));
    assert!(!port.ask_out(drop), "it is being asked");
    assert_eq!((slot(&os), pins.levels()), (0x41, 1 << 3), "the button");
    os.write((0, 3), express + SLOT_STATUS, 2, 1);
    assert_eq!(out.load(Ordering::SeqCst), 0);
    control(&os, 0x17e9);
    assert_eq!((out.load(Ordering::SeqCst), port.is_occupied()), (1, false));
    assert_eq!((slot(&os) & 0x40, link(&os)), (0, 0));
    assert_eq!(os.read((bus, 0), 0, 4), 0xffff_ffff);

    port.plug(endpoint(messages).0).unwrap_or_else(|_| panic!("an empty slot"));
    control(&os, 0x11e9);
    os.write((0, 3), express + SLOT_STATUS, 2, 0xffff);
    assert!(port.pull().is_some());
    assert_eq!((slot(&os), link(&os), pins.levels()), (0x108, 0, 1 << 3), "a surprise");
}

#[test]
fn a_port_is_saved_with_its_slot() {
    let (root, [full, empty], ..) = machine();
    let mut os = Os::new(root);
    os.enumerate();
    let record = full.save();
    assert!(empty.load(&record).is_err(), "nothing is in that slot");
    os.write((0, 2), 0x18, 4, 0);
    full.load(&record).unwrap();
    assert_ne!(os.read((1, 0), 0, 4), 0xffff_ffff);
    full.reset();
    assert_eq!((os.read((0, 2), 0x18, 4), os.read((0, 2), 4, 2)), (0, 0));
}
