//! The flash driven as Linux, U-Boot and EDK2 do, with no vCPU.

use super::*;
use crate::hostile::hammer;

const SIZE: u64 = 32 << 20;
const BLOCK: u64 = FlashStore::BLOCK;

fn bench() -> CfiFlash {
    CfiFlash::new(FlashStore::from_image(SIZE, b"\x13\0\0\0firmware").unwrap())
}

/// A command to both chips.
fn send(flash: &CfiFlash, at: u64, code: u64) {
    flash.write(at, 4, code << 16 | code);
}

fn status_of(flash: &CfiFlash, at: u64) -> u64 {
    send(flash, at, 0x70);
    let status = flash.read(at, 4);
    send(flash, at, 0x50);
    send(flash, at, 0xff);
    status
}

#[test]
fn the_array_is_read_and_run() {
    let flash = bench();
    assert_eq!(
        (flash.size(), flash.read(0, 4), flash.read(4, 8)),
        (SIZE, 0x13, u64::from_le_bytes(*b"firmware"))
    );
    assert_eq!((flash.read(5, 1), flash.read(SIZE - 8, 8), flash.read(SIZE, 4)), (b'i'.into(), u64::MAX, 0));
    let mut code = [0; 6];
    assert!(flash.fetch(2, &mut code));
    assert_eq!(&code, b"\0\0firm");
    send(&flash, 0, 0x70);
    assert!(!flash.fetch(0, &mut code), "no code while the status shows");
    assert!(!flash.fetch(SIZE, &mut code));
}

#[test]
fn linux_finds_two_interleaved_intel_chips() {
    let flash = bench();
    send(&flash, 0, 0xf0);
    send(&flash, 0x55 * 4, 0x98);
    let query: Vec<u64> = (0..0x40).map(|index| flash.read(index * 4, 4)).collect();
    assert!(query.iter().all(|word| word >> 16 == word & 0xffff), "both chips answer alike");
    let byte = |index: usize| query[index] & 0xff;
    assert_eq!([byte(0x10), byte(0x11), byte(0x12)], [0x51, 0x52, 0x59]);
    assert_eq!([byte(0x13), byte(0x14), byte(0x15)], [1, 0, 0x31]);
    assert_eq!(byte(0x27), 24, "16 MiB a chip");
    let blocks = byte(0x2d) + (byte(0x2e) << 8) + 1;
    let block = (byte(0x2f) << 8) + (byte(0x30) << 16);
    assert_eq!((blocks, block, blocks * block), (128, 128 << 10, 16 << 20));
    assert_eq!([byte(0x31), byte(0x32), byte(0x33)], [0x50, 0x52, 0x49]);
    assert_eq!(
        (flash.read(0x40, 2), flash.read(0x42, 1), flash.read(0x40, 8)),
        (0x51, 0x51, 0x52_0052_0051_0051)
    );
    send(&flash, 0, 0x90);
    assert_eq!((flash.read(0, 4), flash.read(4, 4), flash.read(8, 4)), (0x89_0089, 0x18_0018, 0));
    send(&flash, 0, 0xff);
    assert_eq!(flash.read(0, 4), 0x13);
}

#[test]
fn words_are_programmed_and_blocks_erased() {
    let flash = bench();
    let at = 3 * BLOCK + 0x20;
    send(&flash, at, 0x40);
    flash.write(at, 4, 0x1234_5678);
    assert_eq!(flash.read(at, 4), 0x80_0080);
    assert_eq!(status_of(&flash, at), 0x80_0080);
    assert_eq!(flash.read(at, 4), 0x1234_5678);
    send(&flash, at, 0x10);
    flash.write(at, 4, 0xffff_00ff);
    send(&flash, at, 0xff);
    assert_eq!(flash.read(at, 4), 0x1234_0078, "bits only go to zero");
    send(&flash, at, 0x20);
    send(&flash, at, 0xd0);
    assert_eq!(status_of(&flash, at), 0x80_0080);
    assert_eq!((flash.read(at, 4), flash.read(0, 4)), (0xffff_ffff, 0x13));
    send(&flash, at, 0x20);
    send(&flash, at, 0xff);
    assert_eq!(status_of(&flash, at), 0xb0_00b0, "a wrong confirmation is a sequence error");
    assert_eq!(status_of(&flash, at), 0x80_0080, "cleared");
}

#[test]
fn edk2_writes_by_the_buffer() {
    let flash = bench();
    let at = 5 * BLOCK + 0x80;
    send(&flash, at, 0xe8);
    assert_eq!(flash.read(at, 4) & 0x80_0080, 0x80_0080, "the buffer is free");
    send(&flash, at, 31);
    for word in 0..32 {
        flash.write(at + word * 4, 4, word);
    }
    assert!(!flash.fetch(0, &mut [0]));
    send(&flash, at, 0xd0);
    assert_eq!(status_of(&flash, at), 0x80_0080);
    for word in 0..32 {
        assert_eq!(flash.read(at + word * 4, 4), word);
    }
    send(&flash, at, 0xe8);
    send(&flash, at, 1024);
    assert_eq!(status_of(&flash, at), 0x90_0090, "larger than the buffer");
    send(&flash, at, 0xe8);
    send(&flash, at, 1);
    flash.write(6 * BLOCK - 4, 4, 0);
    flash.write(6 * BLOCK, 4, 0);
    send(&flash, at, 0xd0);
    assert_eq!(status_of(&flash, at), 0xb0_00b0, "across two blocks");
    assert_eq!(flash.read(6 * BLOCK - 4, 8), u64::MAX);
}

#[test]
fn locked_blocks_and_read_only_banks_refuse() {
    let flash = bench();
    send(&flash, BLOCK, 0x60);
    send(&flash, BLOCK, 0x01);
    send(&flash, 0, 0x90);
    assert_eq!((flash.read(BLOCK + 8, 4), flash.read(8, 4)), (0x1_0001, 0));
    send(&flash, BLOCK, 0x40);
    flash.write(BLOCK, 4, 0);
    assert_eq!(status_of(&flash, BLOCK), 0x92_0092);
    assert_eq!(flash.read(BLOCK, 4), 0xffff_ffff);
    send(&flash, BLOCK, 0x60);
    send(&flash, BLOCK, 0xd0);
    send(&flash, BLOCK, 0x40);
    flash.write(BLOCK, 4, 0);
    assert_eq!(status_of(&flash, BLOCK), 0x80_0080);
    let rom = CfiFlash::new(FlashStore::from_image(SIZE, b"rom!").unwrap().locked());
    send(&rom, 0, 0x20);
    send(&rom, 0, 0xd0);
    assert_eq!(status_of(&rom, 0), 0xa2_00a2);
    assert_eq!(rom.read(0, 4), u64::from(u32::from_le_bytes(*b"rom!")));
}

#[test]
fn hostile_accesses_do_no_harm() {
    let flash = CfiFlash::new(FlashStore::from_image(4 * BLOCK, b"x").unwrap());
    hammer(&flash, 4 * BLOCK, &[0, 4, BLOCK - 4, BLOCK, 4 * BLOCK - 8], 50_000);
    flash.reset();
    assert!(flash.fetch(4 * BLOCK - 2, &mut [0; 4]), "a fetch across the end reads erased bytes");
}

#[test]
fn a_saved_bank_goes_on_where_it_was() {
    let a = bench();
    send(&a, BLOCK, 0x40);
    a.write(BLOCK, 4, 0xaa55);
    send(&a, 0, 0x20);
    send(&a, 0, 0xd0);
    send(&a, 2 * BLOCK, 0xe8);
    send(&a, 2 * BLOCK, 1);
    a.write(2 * BLOCK, 4, 1);
    let record = a.save();
    let b = bench();
    send(&b, 7 * BLOCK, 0x40);
    b.write(7 * BLOCK, 4, 0);
    b.load(&record).unwrap();
    assert_eq!(b.save(), record);
    b.write(2 * BLOCK + 4, 4, 2);
    send(&b, 2 * BLOCK, 0xd0);
    assert_eq!(status_of(&b, 0), 0x80_0080);
    assert_eq!(b.read(2 * BLOCK, 8), 0x2_0000_0001);
    assert_eq!((b.read(BLOCK, 4), b.read(0, 4), b.read(7 * BLOCK, 4)), (0xaa55, 0xffff_ffff, 0xffff_ffff));
    for (field, value) in [("status", 0x41.into()), ("locked", vec![true].into()), ("cycle", "X".into())] {
        let mut bad = record.clone();
        bad.value[field] = value;
        assert!(b.load(&bad).is_err(), "{field}");
    }
    let mut bad = record;
    bad.value["changed"][0][1] = "zz".into();
    assert!(b.load(&bad).is_err());
}
