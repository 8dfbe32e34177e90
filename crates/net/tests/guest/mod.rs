//! A guest that is not ours: smoltcp's TCP/IP behind a link, on a cable that may lose, swap and spoil frames.
#![allow(dead_code, reason = "not every test uses all of it")]

use lodge_net::{Checksum, Link, MAX_FRAME, Offload, Offloads, SegmentKind, Segmentation};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use smoltcp::iface::{Config, Interface, PollResult, SocketHandle, SocketSet};
use smoltcp::phy::{Checksum as Sums, ChecksumCapabilities, Device, DeviceCapabilities, Medium};
use smoltcp::phy::{PacketMeta, RxToken, TxToken};
use smoltcp::socket::tcp;
use smoltcp::time::Instant as Moment;
use smoltcp::wire::{EthernetAddress, IpAddress, IpCidr, Ipv4Packet, Ipv6Packet, TcpPacket};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::num::{NonZeroU16, NonZeroUsize};
use std::time::{Duration, Instant};

pub const MAC: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

/// What the cable does to frames, out of 1000.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    pub lose: u32,
    pub swap: u32,
    pub double: u32,
}

pub struct Wire {
    pub link: Box<dyn Link>,
    pub offloads: Offloads,
    /// Frames of many segments are cut before the guest sees them, and their checksums computed.
    pub cut: bool,
    pub faults: Faults,
    pub seed: u64,
    incoming: VecDeque<Vec<u8>>,
    held: Option<(Vec<u8>, Offload)>,
    room: Vec<u8>,
    pub largest: usize,
    pub frames: u64,
}

impl Wire {
    fn chance(&mut self, of: u32) -> bool {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        of > 0 && ((self.seed >> 33) % 1000) < u64::from(of)
    }

    fn pull(&mut self) -> bool {
        let Some(received) = self.link.receive(&mut self.room) else { return false };
        self.frames += 1;
        self.largest = self.largest.max(received.len);
        let frame = self.room[..received.len].to_vec();
        let frames = if self.cut { cut(&frame, received.offload) } else { vec![frame] };
        for frame in frames {
            if self.chance(self.faults.lose) {
                continue;
            }
            let swap = self.chance(self.faults.swap);
            if self.chance(self.faults.double) {
                self.incoming.push_back(frame.clone());
            }
            self.incoming.push_back(frame);
            let n = self.incoming.len();
            if swap && n > 1 {
                self.incoming.swap(n - 1, n - 2);
            }
        }
        true
    }

    fn put(&mut self, frame: &[u8], offload: Offload) {
        if self.chance(self.faults.lose) {
            return;
        }
        if self.held.is_none() && self.chance(self.faults.swap) {
            self.held = Some((frame.to_vec(), offload));
            return;
        }
        self.link.send(frame, offload);
        if self.chance(self.faults.double) {
            self.link.send(frame, offload);
        }
        if let Some((frame, offload)) = self.held.take() {
            self.link.send(&frame, offload);
        }
    }
}

/// Does to a frame what its offloads say, as a network card would.
pub fn cut(frame: &[u8], offload: Offload) -> Vec<Vec<u8>> {
    let Some(Checksum { start, offset }) = offload.checksum else {
        assert!(offload.segmentation.is_none());
        return vec![frame.to_vec()];
    };
    let v4 = frame[12..14] == [8, 0];
    let Some(Segmentation { kind, size, header_len }) = offload.segmentation else {
        let mut frame = frame.to_vec();
        let sum = !fold(&frame[start.into()..]);
        let field = usize::from(start + offset);
        frame[field..field + 2].copy_from_slice(&sum.to_be_bytes());
        return vec![frame];
    };
    assert_eq!(kind, if v4 { SegmentKind::Tcp4 } else { SegmentKind::Tcp6 });
    let (head, body) = frame.split_at(header_len.into());
    let count = body.len().div_ceil(size.into());
    assert!(count > 1);
    let make = |(i, part): (usize, &[u8])| {
        let mut frame = [head, part].concat();
        let start = usize::from(start);
        let mut tcp = TcpPacket::new_unchecked(&mut frame[start..]);
        tcp.set_seq_number(tcp.seq_number() + i * usize::from(size));
        let last = i + 1 == count;
        tcp.set_fin(tcp.fin() && last);
        tcp.set_psh(tcp.psh() && last);
        let len = frame.len();
        let (src, dst): (IpAddress, IpAddress);
        if v4 {
            let mut ip = Ipv4Packet::new_unchecked(&mut frame[14..]);
            ip.set_total_len((len - 14) as u16);
            ip.fill_checksum();
            (src, dst) = (ip.src_addr().into(), ip.dst_addr().into());
        } else {
            let mut ip = Ipv6Packet::new_unchecked(&mut frame[14..]);
            ip.set_payload_len((len - 54) as u16);
            (src, dst) = (ip.src_addr().into(), ip.dst_addr().into());
        }
        TcpPacket::new_unchecked(&mut frame[start..]).fill_checksum(&src, &dst);
        frame
    };
    body.chunks(size.into()).enumerate().map(make).collect()
}

fn fold(bytes: &[u8]) -> u16 {
    let words = bytes.chunks(2).map(|c| u32::from(c[0]) << 8 | u32::from(*c.get(1).unwrap_or(&0)));
    let mut sum: u32 = 0;
    for word in words {
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

pub struct Incoming(Vec<u8>);

impl RxToken for Incoming {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

pub struct Outgoing<'a>(&'a mut Wire, PacketMeta);

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, f: F) -> R {
        let mut frame = vec![0; len];
        let result = f(&mut frame);
        let mut offload = Offload::default();
        let tcp = match (frame.get(12..14), frame.get(20), frame.get(23)) {
            (Some([8, 0]), _, Some(6)) => Some((34, SegmentKind::Tcp4)),
            (Some([0x86, 0xdd]), Some(6), _) => Some((54, SegmentKind::Tcp6)),
            _ => None,
        };
        if let (true, Some((start, kind))) = (self.0.offloads.checksum, tcp) {
            offload.checksum = Some(Checksum { start, offset: 16 });
            if let Some(size) = self.1.segmentation_offload_size {
                offload.segmentation = Some(Segmentation { kind, size: size.into(), header_len: start + 20 });
            }
        }
        self.0.put(&frame, offload);
        result
    }

    fn set_meta(&mut self, meta: PacketMeta) {
        self.1 = meta;
    }
}

impl Device for Wire {
    type RxToken<'a> = Incoming;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, _: Moment) -> Option<(Incoming, Outgoing<'_>)> {
        while self.incoming.is_empty() && self.pull() {}
        let frame = self.incoming.pop_front()?;
        Some((Incoming(frame), Outgoing(self, PacketMeta::default())))
    }

    fn transmit(&mut self, _: Moment) -> Option<Outgoing<'_>> {
        Some(Outgoing(self, PacketMeta::default()))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = usize::from(self.link.features().mtu) + 14;
        if self.offloads.checksum {
            capabilities.checksum = ChecksumCapabilities::default();
            capabilities.checksum.tcp = if self.cut { Sums::Rx } else { Sums::None };
            capabilities.checksum.udp = if self.cut { Sums::Both } else { Sums::Tx };
        }
        let many = NonZeroUsize::new(65_000).filter(|_| self.offloads.tcp4);
        capabilities.segmentation.tcpv4 = many;
        capabilities
    }
}

pub struct Guest {
    pub wire: Wire,
    pub face: Interface,
    pub sockets: SocketSet<'static>,
    begin: Instant,
    next_port: u16,
}

impl Guest {
    /// With the usual addresses.
    pub fn new(link: impl Link + 'static, offloads: Offloads) -> Guest {
        let mut guest = Guest::bare(link, offloads);
        guest.address();
        guest
    }

    /// Gives itself the usual addresses.
    pub fn address(&mut self) {
        self.face.update_ip_addrs(|addresses| {
            for (address, prefix) in [("10.0.2.15", 24), ("fec0::15", 64), ("fe80::15", 64)] {
                let address: IpAddr = address.parse().unwrap();
                addresses.push(IpCidr::new(address.into(), prefix)).unwrap();
            }
        });
        self.face.routes_mut().add_default_ipv4_route("10.0.2.2".parse().unwrap()).unwrap();
        self.face.routes_mut().add_default_ipv6_route("fec0::2".parse().unwrap()).unwrap();
    }

    /// Without any.
    pub fn bare(mut link: impl Link + 'static, offloads: Offloads) -> Guest {
        link.start(offloads);
        let mut wire = Wire {
            link: Box::new(link),
            offloads,
            cut: false,
            faults: Faults::default(),
            seed: 1,
            incoming: VecDeque::new(),
            held: None,
            room: vec![0; MAX_FRAME],
            largest: 0,
            frames: 0,
        };
        let config = Config::new(EthernetAddress(MAC).into());
        let face = Interface::new(config, &mut wire, Moment::ZERO);
        Guest { wire, face, sockets: SocketSet::new(vec![]), begin: Instant::now(), next_port: 40_000 }
    }

    pub fn now(&self) -> Moment {
        Moment::from_micros(self.begin.elapsed().as_micros() as i64)
    }

    /// Lets frames pass; waits a little if there are none.
    pub fn step(&mut self) {
        let now = self.now();
        let changed = self.face.poll(now, &mut self.wire, &mut self.sockets);
        while self.wire.incoming.is_empty() && self.wire.pull() {}
        if !self.wire.incoming.is_empty() || changed == PollResult::SocketStateChanged {
            return;
        }
        let delay = self.face.poll_delay(now, &self.sockets).map_or(10_000, |d| d.total_micros());
        let wait = Timespec { tv_sec: 0, tv_nsec: (delay.min(10_000) * 1000) as i64 };
        let mut fds = [PollFd::from_borrowed_fd(self.wire.link.ready(), PollFlags::IN)];
        poll(&mut fds, Some(&wait)).unwrap();
    }

    /// Steps until `done`, for at most a minute.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&mut Guest) -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !done(self) {
            assert!(Instant::now() < end, "{what} takes too long");
            self.step();
        }
    }

    pub fn tcp(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    pub fn socket(&mut self, buffer: usize) -> SocketHandle {
        let buffer = || tcp::SocketBuffer::new(vec![0; buffer]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        self.sockets.add(socket)
    }

    /// Begins to connect.
    pub fn connect(&mut self, address: &str, port: u16, buffer: usize) -> SocketHandle {
        let handle = self.socket(buffer);
        let address: IpAddr = address.parse().unwrap();
        self.next_port += 1;
        let local = self.next_port;
        let socket = self.sockets.get_mut::<tcp::Socket>(handle);
        socket.connect(self.face.context(), (IpAddress::from(address), port), local).unwrap();
        handle
    }

    /// Segments of `size` bytes are what it would send.
    pub fn size(&self) -> Option<NonZeroU16> {
        NonZeroU16::new(self.wire.link.features().mtu)
    }
}

/// Bytes that a mistake shows in.
pub fn pattern(at: usize) -> u8 {
    let at = at as u32;
    (at ^ (at >> 8).wrapping_mul(31) ^ (at >> 16).wrapping_mul(17)) as u8
}

pub fn pattern_bytes(at: usize, len: usize) -> Vec<u8> {
    (at..at + len).map(pattern).collect()
}
