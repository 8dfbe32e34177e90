//! Both kinds of shared folder through their queues, with data in several pieces of guest memory.

use crate::testing::{Driver, Line, RAM, memory};
use crate::{Device, MmioTransport, fs, p9};
use lodge_bus::Mmio;
use lodge_share::{Caller, Folder, Owners, Settings};
use lodge_state::Saved;
use std::sync::Arc;

struct Share {
    transport: Arc<MmioTransport>,
    driver: Driver,
    scratch: tempfile::TempDir,
}

fn share(make: impl Fn(Arc<Folder>) -> Arc<dyn Device>) -> Share {
    let scratch = tempfile::tempdir().unwrap();
    let owners = Owners::of_process(Some(Caller::default()));
    let folder = Folder::open(scratch.path(), Settings { read_only: false, owners }).unwrap();
    let memory = memory(8 << 20);
    let transport =
        Arc::new(MmioTransport::new(make(Arc::new(folder)), memory.clone(), Line::new().1).unwrap());
    let mut driver = Driver::new(transport.clone() as Arc<dyn Mmio>, memory, RAM);
    driver.start(u64::MAX, 64);
    Share { transport, driver, scratch }
}

fn file_system() -> Share {
    share(|folder| Arc::new(fs::Fs::new(folder, "tag").unwrap()))
}

fn fuse(op: u32, node: u64, body: &[u8]) -> Vec<u8> {
    let mut message = (40 + body.len() as u32).to_le_bytes().to_vec();
    message.extend(op.to_le_bytes());
    message.extend(5u64.to_le_bytes());
    message.extend(node.to_le_bytes());
    message.extend([0; 16]);
    message.extend(body);
    message
}

/// Handle u64, offset u64, size u32, and twenty bytes that do not matter.
fn io_args(handle: u64, offset: u64, size: u32) -> Vec<u8> {
    let mut args = [handle, offset].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
    args.extend(size.to_le_bytes());
    args.extend([0; 20]);
    args
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

impl Share {
    /// A request in two pieces, and its answer from pieces of these sizes.
    fn ask(&mut self, queue: usize, message: &[u8], room: &[u32]) -> Vec<u8> {
        let (one, two) = message.split_at(message.len().min(17));
        let mut buffers = vec![self.driver.readable(one), self.driver.readable(two)];
        let answers: Vec<_> = room.iter().map(|len| self.driver.writable(*len)).collect();
        buffers.extend(&answers);
        let written = self.driver.ask(queue, &buffers) as usize;
        let mut bytes: Vec<u8> = answers.iter().flat_map(|buffer| self.driver.bytes(*buffer)).collect();
        bytes.truncate(written);
        bytes
    }
}

#[test]
fn a_guest_finds_its_tag() {
    let share = file_system();
    let tag: Vec<u8> = (0..36).map(|at| share.driver.config(at, 1) as u8).collect();
    assert_eq!((&tag[..4], share.driver.config(36, 4)), (&b"tag\0"[..], 1));
    let share = self::share(|folder| Arc::new(p9::P9::new(folder, "shared").unwrap()));
    assert_eq!((share.driver.config(0, 2), share.driver.config(2, 1) as u8), (6, b's'));
    assert_eq!(share.driver.features & 1, 1);
}

#[test]
fn fuse_data_goes_between_file_and_guest() {
    let mut share = file_system();
    let text: Vec<u8> = (0..10_000u32).flat_map(|n| n.to_le_bytes()).collect();
    std::fs::write(share.scratch.path().join("f"), &text).unwrap();
    let entry = share.ask(1, &fuse(1, 1, b"f\0"), &[16, 128]);
    let node = word(&entry, 16);
    let open = share.ask(1, &fuse(14, node, &[2, 0, 0, 0, 0, 0, 0, 0]), &[32]);
    let handle = word(&open, 16);
    // The header and the data share pieces, and the file ends before the room does.
    let answer = share.ask(1, &fuse(15, node, &io_args(handle, 4, 50_000)), &[10, 100, 4096, 60_000]);
    assert_eq!(answer[..4], ((16 + text.len() - 4) as u32).to_le_bytes());
    assert_eq!(answer[16..], text[4..]);
    let write = fuse(16, node, &[io_args(handle, 1, 5), b"HELLO".to_vec()].concat());
    assert_eq!(share.ask(1, &write, &[24])[16], 5);
    assert_eq!(std::fs::read(share.scratch.path().join("f")).unwrap()[..7], *b"\0HELLO\0");
    // What the guest knows survives.
    let saved = share.transport.save();
    share.transport.load(&saved).unwrap();
    let answer = share.ask(1, &fuse(15, node, &io_args(handle, 1, 5)), &[16, 5]);
    assert_eq!(&answer[16..], b"HELLO");
    // Forgetting needs no answer.
    let forget = share.driver.readable(&fuse(2, node, &1u64.to_le_bytes()));
    assert_eq!(share.driver.ask(0, &[forget]), 0);
    // A new start knows nothing.
    share.driver.start(u64::MAX, 64);
    let answer = share.ask(1, &fuse(3, node, &[0; 16]), &[200]);
    assert_eq!(answer[4..8], (-116i32).to_le_bytes());
}

#[test]
fn requests_without_room_break_the_device_only() {
    let mut share = file_system();
    let short = share.driver.readable(&[0; 20]);
    share.driver.add(1, &[short]);
    share.driver.kick(1);
    share.transport.settle(std::time::Duration::from_secs(5));
    assert_eq!(share.driver.status() & 64, 64);
    share.driver.start(u64::MAX, 64);
    assert_eq!(share.driver.status() & 64, 0);
}

#[test]
fn p9_data_goes_between_file_and_guest() {
    let mut share = share(|folder| Arc::new(p9::P9::new(folder, "shared").unwrap()));
    std::fs::write(share.scratch.path().join("f"), "hello").unwrap();
    let message = |kind: u8, body: &[u8]| {
        let mut message = (7 + body.len() as u32).to_le_bytes().to_vec();
        message.extend([kind, 1, 0]);
        message.extend(body);
        message
    };
    share.ask(0, &message(100, b"\0\x20\0\0\x08\x009P2000.L"), &[64]);
    share.ask(0, &message(104, b"\0\0\0\0\xff\xff\xff\xff\0\0\0\0\0\0\0\0"), &[64]);
    share.ask(0, &message(110, b"\0\0\0\0\x01\0\0\0\x01\0\x01\0f"), &[64]);
    share.ask(0, &message(12, b"\x01\0\0\0\x02\0\0\0"), &[64]);
    let read = share.ask(0, &message(116, b"\x01\0\0\0\x01\0\0\0\0\0\0\0\x64\0\0\0"), &[11, 2, 500]);
    assert_eq!(read, b"\x0f\0\0\0\x75\x01\0\x04\0\0\0ello");
    let write = share.ask(0, &message(118, b"\x01\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0HE"), &[32]);
    assert_eq!(write[7..], 2u32.to_le_bytes());
    assert_eq!(std::fs::read(share.scratch.path().join("f")).unwrap(), b"HEllo");
}
