//! How fast the user network is by itself: a guest that does next to nothing but count, against a service on loopback.
//!
//! `cargo run --release -p lodge-net --example throughput`
//!
//! Figures are gigabits a second of wall clock, and CPU time a gigabyte of this process (the service's thread and the
//! kernel's work on its sockets included). The guest is a few lines that acknowledge everything, so that what is
//! measured is the network and not a guest's TCP.

use lodge_net::user::{Config, User};
use lodge_net::{Checksum, Link, MAX_FRAME, Offload, Offloads, SegmentKind, Segmentation};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::{ClockId, clock_gettime};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Instant;

const TOTAL: usize = 2 << 30;
const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
const SYN: u8 = 2;
const ACK: u8 = 16;
const SCALE: u8 = 7;

struct Guest {
    user: User,
    port: u16,
    seq: u32,
    expected: u32,
    frame: Vec<u8>,
    room: Vec<u8>,
}

impl Guest {
    /// Sends a segment whose payload of `len` bytes is already in the frame.
    fn send(&mut self, flags: u8, options: &[u8], len: usize, mss: usize) {
        let head = 20 + options.len();
        let frame = &mut self.frame[..34 + head + len];
        frame[..6].copy_from_slice(&[0x52, 0x55, 10, 0, 2, 2]);
        frame[6..12].copy_from_slice(&MAC);
        frame[12..14].copy_from_slice(&[8, 0]);
        let total = ((20 + head + len) as u16).to_be_bytes();
        frame[14..34].copy_from_slice(&[
            0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 2, 15, 10, 0, 2, 2,
        ]);
        let sum: u32 = frame[14..34].chunks(2).map(|w| u32::from(w[0]) << 8 | u32::from(w[1])).sum();
        let sum = !((sum & 0xffff) + (sum >> 16)) as u16;
        frame[24..26].copy_from_slice(&sum.to_be_bytes());
        frame[34..36].copy_from_slice(&40_000u16.to_be_bytes());
        frame[36..38].copy_from_slice(&self.port.to_be_bytes());
        frame[38..42].copy_from_slice(&self.seq.to_be_bytes());
        frame[42..46].copy_from_slice(&self.expected.to_be_bytes());
        frame[46..54].copy_from_slice(&[(head as u8 / 4) << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
        frame[54..34 + head].copy_from_slice(options);
        let segmentation =
            (len > mss).then_some(Segmentation { kind: SegmentKind::Tcp4, size: mss as u16, header_len: 54 });
        let checksum = Some(Checksum { start: 34, offset: 16 });
        self.user.send(frame, Offload { checksum, segmentation });
        self.seq = self.seq.wrapping_add((len + usize::from(flags & SYN != 0)) as u32);
    }

    /// One frame: flags, acknowledged up to, window, payload's length. Waits for one.
    fn receive(&mut self, wait: bool) -> Option<(u8, u32, u32, usize)> {
        loop {
            let Some(received) = self.user.receive(&mut self.room) else {
                if !wait {
                    return None;
                }
                poll(&mut [PollFd::from_borrowed_fd(self.user.ready(), PollFlags::IN)], None).unwrap();
                continue;
            };
            let frame = &self.room[..received.len];
            if frame[12..14] != [8, 0] || frame[23] != 6 {
                continue;
            }
            let word = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().unwrap());
            let head = usize::from(frame[46] >> 4) * 4;
            let len = received.len - 34 - head;
            let window = u32::from(u16::from_be_bytes([frame[48], frame[49]]));
            if frame[47] & SYN != 0 {
                self.expected = word(38).wrapping_add(1);
            } else if word(38) == self.expected {
                self.expected = self.expected.wrapping_add(len as u32 + u32::from(frame[47] & 1));
            }
            return Some((frame[47], word(42), window << 5, len));
        }
    }

    fn connect(port: u16, mtu: u16, offloads: Offloads) -> Guest {
        let mut user = User::new(Config { mtu, ..Config::default() }).unwrap();
        user.start(offloads);
        let mut guest =
            Guest { user, port, seq: 1000, expected: 0, frame: vec![0; MAX_FRAME], room: vec![0; MAX_FRAME] };
        let [high, low] = (mtu - 40).to_be_bytes();
        guest.send(SYN, &[2, 4, high, low, 3, 3, SCALE, 0], 0, 9999);
        while guest.receive(true).unwrap().0 & SYN == 0 {}
        guest.send(ACK, &[], 0, 9999);
        guest
    }
}

fn cpu() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

fn report(name: &str, mtu: u16, unit: usize, begin: (Instant, f64)) {
    let (wall, used) = (begin.0.elapsed().as_secs_f64(), cpu() - begin.1);
    let bits = TOTAL as f64 * 8.0 / wall / 1e9;
    println!(
        "{name} MTU {mtu:5}, units of {unit:5}: {bits:6.2} Gbit/s, {:.2} CPU s a GB",
        used / (TOTAL as f64 / 1e9)
    );
}

fn down(mtu: u16, offloads: Offloads) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let service = thread::spawn(move || {
        let (mut stream, block) = (listener.accept().unwrap().0, vec![5; 1 << 20]);
        (0..TOTAL / block.len()).for_each(|_| stream.write_all(&block).unwrap());
    });
    let mut guest = Guest::connect(port, mtu, offloads);
    let begin = (Instant::now(), cpu());
    let (mut got, mut unit, mut unacknowledged) = (0, 0, 0);
    while got < TOTAL {
        let received = guest.receive(unacknowledged == 0);
        if let Some((_, _, _, len)) = received {
            (got, unit, unacknowledged) = (got + len, unit.max(len), unacknowledged + len);
        }
        // As a guest does: an acknowledgement for a batch.
        if received.is_none() || unacknowledged > 256 << 10 {
            guest.send(ACK, &[], 0, 9999);
            unacknowledged = 0;
        }
    }
    report("host to guest", mtu, unit, begin);
    service.join().unwrap();
}

fn up(mtu: u16, unit: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let service = thread::spawn(move || {
        let (mut stream, mut block, mut got): (TcpStream, _, _) =
            (listener.accept().unwrap().0, vec![0; 1 << 20], 0);
        while got < TOTAL {
            match stream.read(&mut block).unwrap() {
                0 => break,
                count => got += count,
            }
        }
    });
    let mut guest = Guest::connect(port, mtu, Offloads::ALL);
    let begin = (Instant::now(), cpu());
    let mut sent = 0;
    // The window of a SYN is not scaled: something small first.
    guest.send(ACK, &[], 1, 9999);
    sent += 1;
    let (_, ack, window, _) = guest.receive(true).unwrap();
    let mut edge = ack.wrapping_add(window);
    while sent < TOTAL {
        let room = edge.wrapping_sub(guest.seq) as i32;
        if room >= unit as i32 {
            guest.send(ACK, &[], unit, usize::from(mtu) - 40);
            sent += unit;
        }
        let wait = (edge.wrapping_sub(guest.seq) as i32) < unit as i32;
        while let Some((_, ack, window, _)) =
            guest.receive(wait && (edge.wrapping_sub(guest.seq) as i32) < unit as i32)
        {
            edge = ack.wrapping_add(window);
        }
    }
    report("guest to host", mtu, unit, begin);
    drop(guest);
    drop(service);
}

fn main() {
    down(1500, Offloads::NONE);
    down(1500, Offloads { tcp4: false, ..Offloads::ALL });
    down(1500, Offloads::ALL);
    down(65_520, Offloads { tcp4: false, ..Offloads::ALL });
    up(1500, 1460);
    up(1500, 1460 * 44);
    up(65_520, 65_480 - 20);
}
