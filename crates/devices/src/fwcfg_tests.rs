//! fw_cfg driven as firmware does, with no vCPU.

use super::*;
use crate::hostile::hammer;
use lodge_memory::Ram;

const RAM: u64 = 0x8000_0000;

fn bench() -> (FwCfg, Arc<GuestMemory>) {
    let memory = Arc::new(GuestMemory::new(vec![Ram::new(RAM, 0x1_0000).unwrap()]).unwrap());
    let mut items = Items::new();
    items.add(key::CPUS, 4u16.to_le_bytes().as_slice()).unwrap();
    items.file("opt/second", b"hello firmware".as_slice()).unwrap();
    items.file("etc/first", vec![0xaa; 5000]).unwrap();
    (FwCfg::new(items, memory.clone()), memory)
}

fn select(device: &FwCfg, key: u16) {
    device.write(SELECTOR, 2, u64::from(key.swap_bytes()));
}

fn bytes(device: &FwCfg, count: usize) -> Vec<u8> {
    (0..count).map(|_| device.read(0, 1) as u8).collect()
}

/// Runs one DMA request whose words lie at the start of RAM; returns the control word afterwards.
fn dma(device: &FwCfg, memory: &GuestMemory, control: u32, length: u32, address: u64) -> u32 {
    memory.write(RAM, &control.to_be_bytes()).unwrap();
    memory.write(RAM + 4, &length.to_be_bytes()).unwrap();
    memory.write(RAM + 8, &address.to_be_bytes()).unwrap();
    device.write(DMA, 4, u64::from((RAM >> 32) as u32).swap_bytes() >> 32);
    device.write(DMA + 4, 4, u64::from((RAM as u32).swap_bytes()));
    memory.read_u32(RAM).unwrap().swap_bytes()
}

#[test]
fn probing_as_linux_and_edk2_do() {
    let (device, _) = bench();
    select(&device, key::SIGNATURE);
    assert_eq!(bytes(&device, 6), b"QEMU\0\0");
    select(&device, key::ID);
    assert_eq!(device.read(0, 4), 3);
    assert_eq!(device.read(DMA, 8).swap_bytes(), 0x5145_4d55_2043_4647);
    assert_eq!(device.read(DMA, 4).to_le_bytes()[..4], *b"QEMU");
    assert_eq!(device.read(DMA + 4, 4).to_le_bytes()[..4], *b" CFG");
    select(&device, key::CPUS);
    assert_eq!(device.read(0, 2), 4);
}

#[test]
fn files_are_found_by_the_directory() {
    let (device, _) = bench();
    select(&device, key::DIRECTORY);
    assert_eq!(bytes(&device, 4), [0, 0, 0, 2]);
    let first = bytes(&device, 64);
    assert_eq!((&first[..8], &first[8..18]), (&[0, 0, 0x13, 0x88, 0, 0x20, 0, 0][..], &b"etc/first\0"[..]));
    let second = bytes(&device, 64);
    assert_eq!((&second[..8], &second[8..19]), (&[0, 0, 0, 14, 0, 0x21, 0, 0][..], &b"opt/second\0"[..]));
    select(&device, 0x21);
    assert_eq!(device.read(0, 8).to_le_bytes(), *b"hello fi");
    assert_eq!(bytes(&device, 8), b"rmware\0\0");
    select(&device, 0x22);
    assert_eq!(device.read(0, 8), 0, "no such item");
}

#[test]
fn dma_selects_skips_reads_and_refuses() {
    let (device, memory) = bench();
    let target = RAM + 0x1001;
    memory.write(target, &[0xff; 32]).unwrap();
    let select = 0x21 << 16 | control::SELECT;
    assert_eq!(dma(&device, &memory, select | control::SKIP, 6, 0), 0);
    assert_eq!(dma(&device, &memory, control::READ, 12, target), 0);
    let mut got = [0; 13];
    memory.read(target, &mut got).unwrap();
    assert_eq!(&got, b"firmware\0\0\0\0\xff");
    for (control, length, address) in [
        (control::READ, 16, 0x10),
        (control::READ, u32::MAX, RAM),
        (control::READ, 8, u64::MAX - 3),
        (control::WRITE, 4, target),
    ] {
        assert_eq!(dma(&device, &memory, control, length, address), control::ERROR);
    }
    assert_eq!(dma(&device, &memory, control::READ, 0, 0), 0);
    device.write(DMA, 8, 0x1234_u64.swap_bytes());
}

#[test]
fn items_that_do_not_fit_are_refused() {
    let mut items = Items::new();
    assert!(items.add(key::SIGNATURE, vec![1]).is_err());
    assert!(items.add(0x20, vec![1]).is_err());
    assert!(items.file("", vec![]).is_err());
    assert!(items.file(&"x".repeat(56), vec![]).is_err());
    items.file(&"x".repeat(55), vec![]).unwrap();
    assert!(items.file(&"x".repeat(55), vec![]).is_err());
}

#[test]
fn hostile_accesses_do_no_harm() {
    let (device, memory) = bench();
    memory.write(RAM, &[0x02; 0x1000]).unwrap();
    hammer(&device, FwCfg::WINDOW, &[0, SELECTOR, DMA, DMA + 4], 20_000);
    for i in 0..0x100 {
        device.write(DMA, 8, (RAM + i * 7).swap_bytes());
    }
    device.reset();
    select(&device, key::SIGNATURE);
    assert_eq!(bytes(&device, 4), b"QEMU");
}

#[test]
fn a_saved_device_goes_on_where_it_was() {
    let (a, _) = bench();
    select(&a, 0x21);
    bytes(&a, 6);
    let record = a.save();
    let (b, _) = bench();
    b.load(&record).unwrap();
    assert_eq!(bytes(&b, 8), b"firmware");
    assert_eq!(bytes(&a, 8), b"firmware");
    assert_eq!(a.save(), b.save());
    let mut bad = record;
    bad.value["offset"] = (-1).into();
    assert!(b.load(&bad).is_err());
}
