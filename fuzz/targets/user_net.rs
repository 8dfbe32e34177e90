//! Any frames from a guest into the user network, with a made-up world outside: connections lead to sockets in this
//! process that say some bytes and take whatever comes, datagrams lead nowhere. Nothing panics, hangs or grows.
//!
//! An input is a string of frames: two bytes of length and flags, then the frame. Half of them get a header that
//! is right, so that the fuzzer need not guess addresses and checksums.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lodge_net::user::{Config, Outside, Resolvers, User};
use lodge_net::{Checksum, Link, MAX_FRAME, Offload, Offloads, SegmentKind, Segmentation};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::sync::Mutex;

/// The far ends, so that they do not close at once.
struct Made(Mutex<Vec<UnixStream>>);

impl Outside for Made {
    fn connect(&self, to: SocketAddr) -> io::Result<(OwnedFd, bool)> {
        if to.port() % 5 == 0 {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (near, mut far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        far.set_nonblocking(true)?;
        let _ = far.write(&[7; 5000][..usize::from(to.port() % 5000)]);
        let mut kept = self.0.lock().unwrap();
        if to.port() % 3 != 0 && kept.len() < 32 {
            kept.push(far);
        }
        Ok((near.into(), to.port() % 2 == 0))
    }

    fn datagrams(&self, _: bool) -> io::Result<OwnedFd> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(socket.into())
    }

    fn echo(&self, _: bool) -> io::Result<OwnedFd> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn resolvers(&self) -> Resolvers {
        Resolvers { servers: vec!["127.0.0.1:53".parse().unwrap()], search: vec!["x.example".into()] }
    }
}

const HEAD: [u8; 34] = [
    0x52, 0x55, 10, 0, 2, 2, 0x52, 0x54, 0, 0x12, 0x34, 0x56, 8, 0, // Ethernet
    0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 2, 15, 192, 0, 2, 1, // IPv4
];

/// A frame whose IPv4 header is right.
fn dress(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut frame = HEAD.to_vec();
    frame.extend(body);
    frame[16..18].copy_from_slice(&((20 + body.len()) as u16).to_be_bytes());
    frame[23] = [6, 17, 1, 6][usize::from(kind & 3)];
    if kind & 4 != 0 {
        frame[30..34].copy_from_slice(&[10, 0, 2, 2]);
    }
    let sum: u32 = frame[14..34].chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum();
    let sum = (sum & 0xffff) + (sum >> 16);
    frame[24..26].copy_from_slice(&(!((sum & 0xffff) + (sum >> 16)) as u16).to_be_bytes());
    frame
}

fuzz_target!(|input: &[u8]| {
    let Some((&first, mut rest)) = input.split_first() else { return };
    let config = Config { restrict: first & 2 != 0, flows: 16, ..Config::default() };
    let Ok(mut user) = User::with_outside(config, Box::new(Made(Mutex::default()))) else { return };
    user.start(if first & 1 != 0 { Offloads::ALL } else { Offloads::NONE });
    let mut room = vec![0; MAX_FRAME];
    while let [length, flags, tail @ ..] = rest {
        let (frame, after) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = after;
        let dressed = if flags & 0x80 != 0 { dress(*flags, frame) } else { frame.to_vec() };
        let mut offload = Offload::default();
        if flags & 0x40 != 0 {
            offload.checksum = Some(Checksum { start: 34, offset: 16 });
        }
        if flags & 0x20 != 0 {
            let size = u16::from(flags & 0xf);
            offload.segmentation = Some(Segmentation { kind: SegmentKind::Udp, size, header_len: 42 });
        }
        user.send(&dressed, offload);
        // Each frame can ask for so much, and no more.
        for _ in 0..100 {
            let Some(received) = user.receive(&mut room) else { break };
            assert!(received.len <= room.len());
        }
    }
});
