//! Frames that no guest should send, by the hundred thousand: nothing panics, nothing grows.

use super::*;
use std::net::SocketAddr;
use std::os::unix::net::{UnixDatagram, UnixStream};

/// Nothing outside but sockets whose other ends are gone, or say something.
struct Nowhere;

impl Outside for Nowhere {
    fn connect(&self, to: SocketAddr) -> io::Result<(OwnedFd, bool)> {
        let (near, mut far) = UnixStream::pair()?;
        near.set_nonblocking(true)?;
        if to.port().is_multiple_of(2) {
            io::Write::write_all(&mut far, &[9; 3000])?;
        }
        Ok((near.into(), to.port().is_multiple_of(3)))
    }

    fn datagrams(&self, _: bool) -> io::Result<OwnedFd> {
        Ok(UnixDatagram::unbound()?.into())
    }

    fn echo(&self, _: bool) -> io::Result<OwnedFd> {
        Err(io::ErrorKind::PermissionDenied.into())
    }

    fn resolvers(&self) -> Resolvers {
        Resolvers::default()
    }
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

/// Frames that make sense, to be spoilt.
fn seeds() -> Vec<Vec<u8>> {
    let from = [0x52, 0x54, 0, 0x12, 0x34, 0x56];
    let to = Config::default().mac;
    let mut all = Vec::new();
    let pairs = [("10.0.2.15", "10.0.2.2"), ("10.0.2.15", "192.0.2.1"), ("fec0::15", "fec0::2")];
    for (src, dst) in pairs {
        let route = frame::Route { from, to, src: src.parse().unwrap(), dst: dst.parse().unwrap() };
        let mut bodies = vec![(IpProtocol::Udp, vec![0x9c, 0x40, 0, 67, 0, 8, 0, 0])];
        for flags in [2, 16, 17, 18, 4, 24] {
            let mut tcp =
                vec![0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x60, flags, 0xff, 0xff, 0, 0, 0, 0];
            tcp.extend([2, 4, 5, 0xb4]);
            tcp.extend([7; 40]);
            bodies.push((IpProtocol::Tcp, tcp));
        }
        bodies.push((IpProtocol::Icmp, vec![8, 0, 0, 0, 0, 1, 0, 1, 1, 2, 3]));
        bodies.push((IpProtocol::Icmpv6, [vec![135, 0, 0, 0, 0, 0, 0, 0], vec![0xfe; 16]].concat()));
        let mut dhcp = vec![0, 68, 0, 67, 1, 8, 0, 0];
        dhcp.extend([1, 1, 6, 0]);
        dhcp.resize(8 + 236, 0);
        dhcp.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 1, 255]);
        dhcp.resize(264, 0);
        bodies.push((IpProtocol::Udp, dhcp));
        for (protocol, body) in bodies {
            let mut bytes = vec![0; route.header_len() + body.len()];
            let at = route.write(&mut bytes, protocol, body.len());
            bytes[at..].copy_from_slice(&body);
            all.push(bytes);
        }
    }
    all
}

#[test]
fn spoilt_frames_do_no_harm() {
    let (mut dice, seeds) = (Dice(1), seeds());
    let config = Config { flows: 32, ..Config::default() };
    let mut user = User::with_outside(config, Box::new(Nowhere)).unwrap();
    user.start(Offloads::ALL);
    let mut room = vec![0; MAX_FRAME];
    for _ in 0..200_000 {
        let mut bytes = seeds[dice.roll(seeds.len())].clone();
        for _ in 0..dice.roll(4) {
            let at = dice.roll(bytes.len());
            bytes[at] = dice.roll(256) as u8;
        }
        if dice.roll(8) == 0 {
            bytes.truncate(dice.roll(bytes.len()));
        }
        // IPv4 headers are mostly right, so that what is behind them is looked at.
        if dice.roll(10) > 0 && bytes.len() >= 34 && bytes[12..14] == [8, 0] {
            bytes[24..26].fill(0);
            let sum = !frame::fold(frame::sum(&bytes[14..34]));
            bytes[24..26].copy_from_slice(&sum.to_be_bytes());
        }
        let mut offload = Offload::default();
        if dice.roll(10) > 0 {
            offload.checksum = Some(crate::Checksum { start: dice.roll(65_536) as u16, offset: 16 });
        }
        if dice.roll(10) == 0 {
            let size = dice.roll(2000) as u16;
            let kind = crate::SegmentKind::Udp;
            offload.segmentation = Some(crate::Segmentation { kind, size, header_len: 0 });
        }
        user.send(&bytes, offload);
        for _ in 0..8 {
            if user.receive(&mut room).is_none() {
                break;
            }
        }
    }
    assert!(user.tcp.len() <= 32 && user.udp.len() <= 64);
    assert!(user.core.outbox.len() <= 1024);
}

#[test]
fn a_guest_that_never_answers_is_given_up() {
    let micros = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let clock = Clock::Fake(micros.clone());
    let mut user = User::build(Config::default(), Box::new(Nowhere), clock).unwrap();
    user.start(Offloads::NONE);
    let seed = &seeds()[1];
    assert_eq!((seed[23], seed[47]), (6, 2), "a SYN");
    let offload = Offload { checksum: Some(crate::Checksum { start: 34, offset: 16 }), segmentation: None };
    user.send(seed, offload);
    let mut room = vec![0; MAX_FRAME];
    let mut answers = 0;
    for second in 0..600 {
        micros.store(second * 1_000_000, Ordering::Relaxed);
        while let Some(received) = user.receive(&mut room) {
            let tcp = received.len > 47 && room[12..14] == [8, 0] && room[23] == 6;
            answers += usize::from(tcp && room[47] == 18);
        }
    }
    assert_eq!(user.tcp.len(), 0);
    assert!((5..20).contains(&answers), "{answers} answers");
}
