//! UDP: each port of the guest that sends gets a socket on the host, for as long as it is used.
//!
//! ```text
//!   guest 10.0.2.15:40000 ──► socket ──► any destination          one socket for all, so that programs which tell
//!                         ◄── filter ◄── those it has sent to     others where they are found can be found
//!
//!   somebody on the host ──► forward's socket ──► guest           answers find their way back by who was asked
//! ```

use super::clock::Time;
use super::core::{Core, Whom};
use super::frame::{Fragment, Mac, Packet, Route, verify};
use super::icmp;
use super::slab::Slab;
use crate::link::{Offload, Segmentation};
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recvfrom, sendto};
use smoltcp::wire::{IpProtocol, UdpPacket};
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// An address and a port.
pub(super) type End = (IpAddr, u16);

const HEADER: usize = 8;
const DNS: u16 = 53;
/// How long a flow lives without a datagram: one that was answered, one that was not, a question for a name.
/// (RFC 4787, REQ-5, wants two minutes.)
const IDLE: Duration = Duration::from_secs(180);
const UNANSWERED: Duration = Duration::from_secs(30);
const IDLE_DNS: Duration = Duration::from_secs(10);
/// How long a name server may think.
const PATIENCE: Duration = Duration::from_secs(1);
/// Destinations from which one port of the guest takes answers.
const MAX_PEERS: usize = 64;
/// Datagrams taken from one socket before another has its turn.
const TURN: usize = 16;

#[derive(Debug)]
struct Peer {
    host: End,
    seen: End,
    last: Time,
}

#[derive(Debug)]
struct Flow {
    guest: End,
    mac: Mac,
    fd: OwnedFd,
    peers: Vec<Peer>,
    last: Time,
    answered: bool,
    /// The first question to a name server that has no answer yet: when, and to which server.
    question: Option<(Time, usize)>,
    only_dns: bool,
    waiting: bool,
    /// When it is looked at next.
    armed: Time,
}

impl Flow {
    fn end(&self) -> Time {
        self.last
            + match (self.only_dns, self.answered) {
                (true, _) => IDLE_DNS,
                (_, true) => IDLE,
                _ => UNANSWERED,
            }
    }
}

/// Somebody who came by a forward.
#[derive(Debug)]
struct Visitor {
    number: u64,
    peer: SocketAddr,
    last: Time,
}

/// All flows.
#[derive(Debug)]
pub(super) struct Udp {
    flows: Slab<Flow>,
    by_guest: HashMap<(End, bool), u64>,
    visitors: HashMap<(End, End), Visitor>,
    limit: usize,
    /// The name server that is asked now.
    server: usize,
    /// Sockets that may have datagrams for the guest.
    ready: VecDeque<(Whom, u64)>,
}

impl Udp {
    pub(super) fn new(limit: usize) -> Udp {
        Udp {
            flows: Slab::new(limit),
            by_guest: HashMap::new(),
            visitors: HashMap::new(),
            limit,
            server: 0,
            ready: VecDeque::new(),
        }
    }

    /// A datagram from the guest, or many behind one header.
    pub(super) fn datagram(&mut self, core: &mut Core, packet: &Packet<'_>, cut: Option<Segmentation>) {
        let Ok(udp) = UdpPacket::new_checked(packet.payload) else { return };
        if packet.summed && udp.checksum() != 0 && !verify(packet) {
            return;
        }
        let (guest, to) = ((packet.src, udp.src_port()), (packet.dst, udp.dst_port()));
        // A header for many may have the length of one, or of all.
        let payload = if cut.is_some() { &packet.payload[HEADER..] } else { udp.payload() };
        let size = cut.map_or(payload.len(), |c| usize::from(c.size)).max(1);
        if guest.1 == 0 || to.1 == 0 {
            return;
        }
        if let Some(visitor) = self.visitors.get_mut(&(guest, to)).filter(|v| core.now < v.last + IDLE) {
            visitor.last = core.now;
            let peer = visitor.peer;
            core.shared.with_socket(visitor.number, |arrival| {
                for piece in pieces(payload, size) {
                    // What does not go is lost, as datagrams are.
                    let _ = sendto(arrival.socket, piece, SendFlags::NOSIGNAL, &peer);
                }
            });
            return;
        }
        let asks = to.1 == DNS && core.config.is_dns(to.0);
        if asks {
            self.choose_server(guest, core.now);
        }
        let host = match core.destination(to.0, to.1, self.server) {
            Ok(host) => host,
            Err(why) => return icmp::refuse(core, packet, why),
        };
        let Some(id) = self.flow(core, guest, packet, host.is_ipv6()) else { return };
        let Some(flow) = self.flows.get_mut(id) else { return };
        (flow.last, flow.mac) = (core.now, packet.from);
        flow.only_dns &= to.1 == DNS;
        if asks {
            flow.question.get_or_insert((core.now, self.server));
        }
        note_peer(flow, (host.ip(), host.port()), to, core.now);
        for piece in pieces(payload, size) {
            match sendto(&flow.fd, piece, SendFlags::NOSIGNAL, &host) {
                Err(Errno::CONNREFUSED) => return icmp::port_unreachable(core, packet),
                Err(e) if icmp::is_unreachable(e.into()) => {
                    return icmp::refuse(core, packet, super::core::Refusal::Unreachable);
                }
                Err(Errno::ACCESS | Errno::PERM) => {
                    return icmp::refuse(core, packet, super::core::Refusal::Prohibited);
                }
                // Full, too long: lost, as datagrams are.
                Err(_) => _ = core.shared.counters.dropped.fetch_add(1, Ordering::Relaxed),
                Ok(_) => {}
            }
        }
    }

    /// A name server that leaves a question open when it is asked again is not asked any more.
    fn choose_server(&mut self, guest: End, now: Time) {
        for v6 in [false, true] {
            let id = self.by_guest.get(&(guest, v6)).copied();
            let flow = id.and_then(|id| self.flows.get_mut(id));
            if let Some((since, server)) = flow.and_then(|f| f.question.take_if(|q| now >= q.0 + PATIENCE))
                && server == self.server
                && since < now
            {
                self.server = self.server.wrapping_add(1);
            }
        }
    }

    fn flow(&mut self, core: &mut Core, guest: End, packet: &Packet<'_>, v6: bool) -> Option<u64> {
        // A name server of the other family needs a socket of its own.
        let key = (guest, v6);
        if let Some(id) = self.by_guest.get(&key) {
            return Some(*id);
        }
        if self.flows.is_full() {
            let oldest = self.flows.iter().min_by_key(|(_, f)| f.last).map(|(id, _)| id);
            oldest.into_iter().for_each(|id| self.remove(core, id));
        }
        let fd = match core.outside.datagrams(v6) {
            Ok(fd) => fd,
            Err(why) => {
                icmp::refuse(core, packet, super::core::Refusal::Unreachable);
                core.complain("datagrams", || {
                    format!("no socket for the guest's UDP: {why}; more descriptors may help (ulimit -n)")
                });
                return None;
            }
        };
        let flow = Flow {
            guest,
            mac: packet.from,
            fd,
            peers: Vec::new(),
            last: core.now,
            answered: false,
            question: None,
            only_dns: true,
            waiting: false,
            armed: core.now + IDLE_DNS,
        };
        let id = self.flows.insert(flow)?;
        let token = Whom::Udp.token(id);
        if core.watch(&self.flows.get_mut(id)?.fd, token, EventFlags::IN).is_err() {
            self.flows.remove(id);
            return None;
        }
        self.by_guest.insert(key, id);
        core.timers.add(core.now + IDLE_DNS, token);
        Some(id)
    }

    fn remove(&mut self, core: &mut Core, id: u64) {
        if let Some(flow) = self.flows.remove(id) {
            core.timers.remove(flow.armed, Whom::Udp.token(id));
            for v6 in [false, true] {
                if self.by_guest.get(&(flow.guest, v6)) == Some(&id) {
                    self.by_guest.remove(&(flow.guest, v6));
                }
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.flows.len() + self.visitors.len()
    }

    /// A flow's socket, or a forward's, may have something.
    pub(super) fn event(&mut self, whom: Whom, id: u64) {
        if whom == Whom::Udp {
            match self.flows.get_mut(id) {
                Some(flow) if !flow.waiting => flow.waiting = true,
                _ => return,
            }
        } else if self.ready.contains(&(whom, id)) {
            return;
        }
        self.ready.push_back((whom, id));
    }

    /// Takes some datagrams for the guest from sockets that have them.
    pub(super) fn pull(&mut self, core: &mut Core, scratch: &mut [u8]) {
        let Some((whom, id)) = self.ready.pop_front() else { return };
        let more = if whom == Whom::Udp {
            self.pull_flow(core, id, scratch)
        } else {
            self.pull_forward(core, id, scratch)
        };
        if more {
            self.ready.push_back((whom, id));
        } else if let Some(flow) = self.flows.get_mut(id).filter(|_| whom == Whom::Udp) {
            flow.waiting = false;
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Says whether there may be more.
    fn pull_flow(&mut self, core: &mut Core, id: u64, scratch: &mut [u8]) -> bool {
        let Some(flow) = self.flows.get_mut(id) else { return false };
        for _ in 0..TURN {
            let (len, from) = match recvfrom(&flow.fd, &mut *scratch, RecvFlags::DONTWAIT) {
                Ok((len, _, Some(from))) => (len, from),
                // An ICMP error that came for something sent before.
                Err(Errno::CONNREFUSED | Errno::HOSTUNREACH | Errno::NETUNREACH) => continue,
                _ => return false,
            };
            let Ok(from) = SocketAddr::try_from(from) else { continue };
            let from = (from.ip(), from.port());
            let Some(peer) = flow.peers.iter_mut().find(|p| p.host == from) else {
                core.shared.counters.dropped.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            peer.last = core.now;
            (flow.last, flow.answered, flow.question) = (core.now, true, None);
            let (seen, guest, mac) = (peer.seen, flow.guest, flow.mac);
            push(core, seen, guest, mac, &scratch[..len]);
        }
        true
    }

    fn pull_forward(&mut self, core: &mut Core, number: u64, scratch: &mut [u8]) -> bool {
        for _ in 0..TURN {
            let shared = core.shared.clone();
            let taken = shared.with_socket(number, |arrival| {
                let (len, _, from) = recvfrom(arrival.socket, &mut *scratch, RecvFlags::DONTWAIT).ok()?;
                let from = SocketAddr::try_from(from?).ok()?;
                Some((len, from, arrival.guest, arrival.guest_port))
            });
            let Some(Some((len, peer, guest, port))) = taken else { return false };
            let Some(guest) = guest.or(core.config.v4.map(|v4| v4.guest.into())) else { return false };
            let Some(mac) = core.neighbour(guest) else {
                super::neighbours::ask(core, guest);
                core.shared.counters.dropped.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let guest = (guest, port);
            if let Some(seen) = self.visitor(core, number, peer, guest) {
                push(core, seen, guest, mac, &scratch[..len]);
            }
        }
        true
    }

    /// As whom the guest sees `peer`.
    fn visitor(&mut self, core: &Core, number: u64, peer: SocketAddr, guest: End) -> Option<End> {
        let address = core.seen(peer.ip(), guest.0);
        let ports = std::iter::once(peer.port()).chain(49_152..=65_535);
        for port in ports.take(256) {
            let seen = (address, port);
            match self.visitors.get_mut(&(guest, seen)) {
                Some(visitor) if visitor.peer == peer && visitor.number == number => {
                    visitor.last = core.now;
                    return Some(seen);
                }
                Some(_) => {}
                None => {
                    self.make_room(core.now);
                    self.visitors.insert((guest, seen), Visitor { number, peer, last: core.now });
                    return Some(seen);
                }
            }
        }
        None
    }

    fn make_room(&mut self, now: Time) {
        if self.visitors.len() >= self.limit {
            self.visitors.retain(|_, v| now < v.last + IDLE);
        }
        if self.visitors.len() >= self.limit {
            let oldest = self.visitors.iter().min_by_key(|(_, v)| v.last).map(|(k, _)| *k);
            if let Some(key) = oldest {
                self.visitors.remove(&key);
            }
        }
    }

    /// A flow's time may have come.
    pub(super) fn timer(&mut self, core: &mut Core, id: u64) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        let end = flow.end();
        if core.now >= end {
            self.remove(core, id);
        } else {
            flow.armed = end;
            core.timers.add(end, Whom::Udp.token(id));
        }
    }
}

/// The datagrams of `size` bytes that `payload` is; one that is empty is one too.
fn pieces(payload: &[u8], size: usize) -> impl Iterator<Item = &[u8]> {
    let empty = payload.is_empty().then_some(payload);
    empty.into_iter().chain(payload.chunks(size))
}

fn note_peer(flow: &mut Flow, host: End, seen: End, now: Time) {
    if let Some(peer) = flow.peers.iter_mut().find(|p| p.host == host) {
        (peer.seen, peer.last) = (seen, now);
        return;
    }
    if flow.peers.len() == MAX_PEERS
        && let Some(oldest) = (0..MAX_PEERS).min_by_key(|i| flow.peers[*i].last)
    {
        flow.peers.swap_remove(oldest);
    }
    flow.peers.push(Peer { host, seen, last: now });
}

/// Sends a datagram to the guest.
fn push(core: &mut Core, src: End, dst: End, mac: Mac, payload: &[u8]) {
    let route = Route { from: core.config.mac, to: mac, src: src.0, dst: dst.0 };
    let len = HEADER + payload.len();
    if len > 65_535 - 40 {
        return;
    }
    let at = route.header_len();
    let mut frame = vec![0; at + len];
    let mut udp = UdpPacket::new_unchecked(&mut frame[at..]);
    udp.set_src_port(src.1);
    udp.set_dst_port(dst.1);
    udp.set_len(len as u16);
    frame[at + HEADER..].copy_from_slice(payload);
    let whole = at - crate::link::ETHERNET_HEADER + len <= usize::from(core.config.mtu);
    let left_to_guest = whole && core.accepts.checksum;
    let checksum = route.checksum(&mut frame, IpProtocol::Udp, (at, len), 6, left_to_guest);
    if whole {
        route.write(&mut frame, IpProtocol::Udp, len);
        core.push(frame, Offload { checksum, segmentation: None });
    } else {
        push_parts(core, &route, IpProtocol::Udp, &frame[at..]);
    }
}

/// Sends an IP packet, in parts if it is longer than the MTU.
pub(super) fn push_parts(core: &mut Core, route: &Route, protocol: IpProtocol, payload: &[u8]) {
    let v4 = route.dst.is_ipv4();
    let head = if v4 { 20 } else { 48 };
    let mtu = usize::from(core.config.mtu);
    let short = if v4 { 20 } else { 40 } + payload.len() <= mtu;
    if short {
        core.push_ip(route, protocol, payload, None);
        return;
    }
    let size = (mtu - head) & !7;
    // Unpredictable is not needed: nobody but the guest sees it.
    let ident = core.now.as_micros() as u32;
    for (i, bytes) in payload.chunks(size).enumerate() {
        let offset = i * size;
        let more = offset + bytes.len() < payload.len();
        let part = Fragment { ident, offset, more };
        let mut frame = vec![0; crate::link::ETHERNET_HEADER + head + bytes.len()];
        if v4 {
            let at = route.write_part(&mut frame, protocol, bytes.len(), Some(part));
            frame[at..].copy_from_slice(bytes);
        } else {
            let at = route.write(&mut frame, IpProtocol::Ipv6Frag, 8 + bytes.len());
            frame[at..at + 2].copy_from_slice(&[protocol.into(), 0]);
            frame[at + 2..at + 4].copy_from_slice(&(offset as u16 | u16::from(more)).to_be_bytes());
            frame[at + 4..at + 8].copy_from_slice(&ident.to_be_bytes());
            frame[at + 8..].copy_from_slice(bytes);
        }
        core.push(frame, Offload::default());
    }
}
