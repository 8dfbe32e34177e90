//! All TCP connections: who belongs to which, when to look at one, and how they begin and end.
//!
//! ```text
//!   flow.rs          one connection: what arrives from guest and host
//!   output.rs        … and what leaves towards the guest
//!   ring.rs          bytes that wait          reassembly.rs   bytes that came too early
//!   recovery.rs      when to send again       segment.rs      headers
//! ```

mod flow;
mod output;
mod reassembly;
mod recovery;
mod ring;
mod segment;

use super::clock::Time;
use super::core::{Core, Refusal, Whom};
use super::frame::{Mac, Packet, Route, verify};
use super::icmp;
use super::neighbours;
use super::slab::Slab;
use super::udp::End;
use crate::link::{Offload, Offloads, Received};
use flow::{Flow, Key, Outcome, State, UNKNOWN};
use output::Room;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with, sockopt};
use segment::{ACK, Head, RST, SYN, Segment};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Connections that are being made; more SYNs than that are not heard.
const MAX_HALF_OPEN: usize = 256;
/// Bytes that may wait in one direction of one connection: all of it for one, less for each when there are many.
const MOST: usize = 1 << 20;
const LEAST: usize = 32 << 10;
const TOGETHER: usize = 16 << 20;
/// Connections accepted on one event.
const MAX_ACCEPTS: usize = 1024;
/// The longest frame without payload.
const BARE: usize = 14 + 40 + 60;
const EDGES: EventFlags = EventFlags::IN.union(EventFlags::OUT).union(EventFlags::RDHUP);

/// All connections.
#[derive(Debug)]
pub(super) struct Tcp {
    flows: Slab<Flow>,
    by_key: HashMap<Key, u64>,
    ready: VecDeque<u64>,
    half_open: usize,
    /// Those that are over, oldest first; some of them have gone already.
    over: VecDeque<u64>,
    secret: RandomState,
}

impl Tcp {
    pub(super) fn new(limit: usize) -> Tcp {
        Tcp {
            flows: Slab::new(limit),
            by_key: HashMap::new(),
            ready: VecDeque::new(),
            half_open: 0,
            over: VecDeque::new(),
            secret: RandomState::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.flows.len()
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// A first sequence number that nobody can guess (RFC 9293, 3.4.1).
    fn first(&self, key: &Key, now: Time) -> u32 {
        (self.secret.hash_one(key) as u32).wrapping_add((now.as_micros() / 4) as u32)
    }

    /// A segment from the guest.
    pub(super) fn segment(&mut self, core: &mut Core, packet: &Packet<'_>) {
        if packet.summed && !verify(packet) {
            return;
        }
        let Some(segment) = Segment::parse(packet.payload) else { return };
        let key = Key { guest: (packet.src, segment.src), remote: (packet.dst, segment.dst) };
        let opens = segment.has(SYN) && !segment.has(ACK) && !segment.has(RST);
        if let Some(id) = self.by_key.get(&key).copied()
            && let Some(flow) = self.flows.get_mut(id)
        {
            if !(opens && flow.state == State::TimeWait) {
                flow.mac = packet.from;
                let before = flow.state;
                let mut outcome = flow.input(&segment, core.config.mtu, core.now);
                if outcome == Outcome::Keep && flow.state == State::Open {
                    outcome = flow.fill();
                }
                self.changed(id, before);
                self.settle(core, id, outcome);
                return;
            }
            self.forget(core, id);
        }
        if opens {
            self.open(core, packet, key, &segment);
        } else if !segment.has(RST) {
            refuse(core, packet, &segment);
        }
    }

    /// The guest wants to connect.
    fn open(&mut self, core: &mut Core, packet: &Packet<'_>, key: Key, segment: &Segment<'_>) {
        if !core.config.is_guest(packet.src) || packet.dst.is_multicast() {
            return;
        }
        if self.half_open >= MAX_HALF_OPEN {
            core.shared.counters.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let servers = if core.config.is_dns(packet.dst) { core.resolvers().servers.len().max(1) } else { 1 };
        let mut attempt = 0;
        let joined = loop {
            let to = match core.destination(key.remote.0, key.remote.1, attempt) {
                Ok(to) => to,
                // A port of the name server that is not one.
                Err(Refusal::Unreachable) if servers > 1 || core.config.is_dns(packet.dst) => {
                    return refuse(core, packet, segment);
                }
                Err(why) => return icmp::refuse(core, packet, why),
            };
            match core.outside.connect(to) {
                Err(_) if attempt + 1 < servers => attempt += 1,
                other => break other,
            }
        };
        let (fd, done) = match joined {
            Ok(joined) => joined,
            Err(e) if icmp::is_unreachable(io::Error::from(e.kind())) => {
                return icmp::refuse(core, packet, Refusal::Unreachable);
            }
            Err(e) => {
                if e.kind() != io::ErrorKind::ConnectionRefused {
                    complain(core, &e);
                }
                return refuse(core, packet, segment);
            }
        };
        let state = if done { State::SynReceived } else { State::Connecting };
        let Some(id) = self.insert(core, key, packet.from, (fd, state)) else {
            return refuse(core, packet, segment);
        };
        if let Some(flow) = self.flows.get_mut(id) {
            flow.attempt = attempt;
            flow.greet(segment, core.config.mtu);
        }
        self.settle(core, id, Outcome::Keep);
    }

    fn insert(&mut self, core: &mut Core, key: Key, mac: Mac, end: (OwnedFd, State)) -> Option<u64> {
        while self.flows.is_full()
            && let Some(id) = self.over.pop_front()
        {
            if self.flows.get_mut(id).is_some_and(|f| f.state == State::TimeWait) {
                self.forget(core, id);
            }
        }
        if self.flows.is_full() {
            let most = self.flows.len();
            core.complain("full", || {
                format!("the guest has {most} TCP connections, which is all it may have")
            });
            return None;
        }
        let limit = (TOGETHER / (self.flows.len() + 1)).clamp(LEAST, MOST);
        let first = self.first(&key, core.now);
        let id = self.flows.insert(Flow::new(key, mac, end, first, limit, core.now))?;
        let watched = match self.flows.get_mut(id).map(|f| f.fd.as_ref()) {
            Some(Some(fd)) => core.watch(fd, Whom::Tcp.token(id), EDGES),
            _ => Ok(()),
        };
        if watched.is_err() {
            self.flows.remove(id);
            return None;
        }
        self.by_key.insert(key, id);
        self.half_open += 1;
        core.shared.counters.connections.fetch_add(1, Ordering::Relaxed);
        Some(id)
    }

    /// Somebody connects to a forwarded port.
    pub(super) fn arrive(&mut self, core: &mut Core, number: u64) {
        for _ in 0..MAX_ACCEPTS {
            let shared = core.shared.clone();
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let taken = shared.with_socket(number, |a| {
                acceptfrom_with(a.socket, flags).map(|(fd, peer)| (fd, peer, a.guest, a.guest_port))
            });
            let (fd, peer, guest, port) = match taken {
                Some(Ok(taken)) => taken,
                Some(Err(Errno::CONNABORTED | Errno::INTR)) => continue,
                Some(Err(Errno::AGAIN)) | None => return,
                Some(Err(e)) => return complain(core, &e.into()),
            };
            let Some(Ok(peer)) = peer.map(SocketAddr::try_from) else { continue };
            let Some(guest) = guest.or(core.config.v4.map(|v4| v4.guest.into())) else { return };
            let _ = sockopt::set_tcp_nodelay(&fd, true);
            let address = core.seen(peer.ip(), guest);
            let Some(remote) = self.free_port((guest, port), (address, peer.port())) else { continue };
            let key = Key { guest: (guest, port), remote };
            let mac = core.neighbour(guest).unwrap_or(UNKNOWN);
            if let Some(id) = self.insert(core, key, mac, (fd, State::SynSent)) {
                if mac == UNKNOWN {
                    neighbours::ask(core, guest);
                }
                self.settle(core, id, Outcome::Keep);
            }
        }
    }

    fn free_port(&self, guest: End, wanted: End) -> Option<End> {
        let ports = std::iter::once(wanted.1).chain(49_152..=65_535);
        ports
            .map(|port| (wanted.0, port))
            .find(|remote| !self.by_key.contains_key(&Key { guest, remote: *remote }))
    }

    /// The host's side of a connection changed.
    pub(super) fn event(&mut self, core: &mut Core, id: u64, flags: EventFlags) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        let before = flow.state;
        // The one event that says it is connected may also say that there is data.
        let ended = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
        flow.hung_up |= flags.intersects(ended);
        flow.readable |= flags.intersects(EventFlags::IN | ended);
        let outcome = match flow.state {
            State::Connecting => connected(flow),
            State::TimeWait => Outcome::Keep,
            _ => {
                let drained = if flags.contains(EventFlags::OUT) { flow.drain() } else { Outcome::Keep };
                if drained == Outcome::Keep && flow.state == State::Open { flow.fill() } else { drained }
            }
        };
        self.changed(id, before);
        self.settle(core, id, outcome);
    }

    /// A connection's time may have come.
    pub(super) fn timer(&mut self, core: &mut Core, id: u64) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        flow.armed = None;
        let before = flow.state;
        let outcome = flow.timer(core.now);
        if flow.state == State::SynSent && flow.syn_due && flow.mac == UNKNOWN {
            neighbours::ask(core, flow.key.guest.0);
        }
        self.changed(id, before);
        self.settle(core, id, outcome);
    }

    /// It is known now where a guest's address lives: those who wait for that go on.
    pub(super) fn learnt(&mut self, core: &mut Core) {
        let waiting: Vec<u64> = self
            .flows
            .iter()
            .filter(|(_, f)| f.state == State::SynSent && f.mac == UNKNOWN)
            .map(|(id, _)| id)
            .collect();
        for id in waiting {
            if let Some(flow) = self.flows.get_mut(id)
                && let Some(mac) = core.neighbour(flow.key.guest.0)
            {
                flow.mac = mac;
                flow.syn_due = true;
                self.settle(core, id, Outcome::Keep);
            }
        }
    }

    /// Keeps the count of those that are being made, and the list of those that are over.
    fn changed(&mut self, id: u64, before: State) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        let half = |state| matches!(state, State::Connecting | State::SynReceived | State::SynSent);
        if half(before) && !half(flow.state) {
            self.half_open -= 1;
        }
        if flow.state == State::TimeWait && before != State::TimeWait {
            self.over.push_back(id);
        }
    }

    /// After something happened to a connection: ends it, or has it looked at.
    fn settle(&mut self, core: &mut Core, id: u64, outcome: Outcome) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        match outcome {
            Outcome::Keep => {
                if !flow.queued {
                    flow.queued = true;
                    self.ready.push_back(id);
                }
                arm(core, id, flow);
                self.tidy();
            }
            Outcome::Remove => {
                // What the host's side has not read is lost with a reset, as the guest's own would be.
                if let (Some(fd), false) = (&flow.fd, flow.guest_ended && flow.host_ended) {
                    reset(fd);
                }
                self.forget(core, id);
            }
            Outcome::Reset => {
                push_reset(core, flow);
                flow.fd.iter().for_each(reset);
                self.forget(core, id);
            }
            Outcome::Refused(why) => self.refused(core, id, why),
        }
    }

    /// Takes those that have gone out of the queue, when nobody has asked for frames for long.
    fn tidy(&mut self) {
        if self.ready.len() > 2 * self.flows.len() + 1024 {
            let flows = &mut self.flows;
            self.ready.retain(|id| flows.get_mut(*id).is_some());
        }
    }

    /// The host cannot connect: another name server is tried, or the guest told.
    fn refused(&mut self, core: &mut Core, id: u64, why: Errno) {
        let Some(flow) = self.flows.get_mut(id) else { return };
        let (key, mac) = (flow.key, flow.mac);
        if core.config.is_dns(key.remote.0) && flow.attempt + 1 < core.resolvers().servers.len() {
            flow.attempt += 1;
            if let Ok(to) = core.destination(key.remote.0, key.remote.1, flow.attempt)
                && let Ok((fd, _)) = core.outside.connect(to)
                && core.watch(&fd, Whom::Tcp.token(id), EDGES).is_ok()
            {
                flow.fd = Some(fd);
                (flow.readable, flow.hung_up) = (false, false);
                return;
            }
        }
        let (from, seq) = (mac, flow.expected.wrapping_sub(1));
        if icmp::is_unreachable(why.into()) || why == Errno::TIMEDOUT {
            // The error quotes the guest's SYN, of which we have kept what matters.
            let mut frame = [0; BARE];
            let route = Route { from: mac, to: core.config.mac, src: key.guest.0, dst: key.remote.0 };
            let mut head = bare(key, seq, 0, SYN);
            (head.src, head.dst) = (key.guest.1, key.remote.1);
            let sent = head.write(&mut frame, &route, (&[], &[]), u16::MAX, Offloads::NONE);
            if let Some(Received { len, .. }) = sent {
                let quote = &frame[crate::link::ETHERNET_HEADER..len];
                let protocol = smoltcp::wire::IpProtocol::Tcp;
                let (src, dst) = (key.guest.0, key.remote.0);
                let packet =
                    Packet { from, src, dst, protocol, payload: &[], quote, hop_limit: 64, summed: true };
                icmp::refuse(core, &packet, Refusal::Unreachable);
            }
        } else {
            push_reset(core, flow);
        }
        self.forget(core, id);
    }

    fn forget(&mut self, core: &mut Core, id: u64) {
        let Some(flow) = self.flows.remove(id) else { return };
        self.by_key.remove(&flow.key);
        if matches!(flow.state, State::Connecting | State::SynReceived | State::SynSent) {
            self.half_open -= 1;
        }
        if let Some(when) = flow.armed {
            core.timers.remove(when, Whom::Tcp.token(id));
        }
        while self.over.front().is_some_and(|id| self.flows.get_mut(*id).is_none()) {
            self.over.pop_front();
        }
    }

    /// The next frame of any connection, each in its turn.
    pub(super) fn output(&mut self, core: &mut Core, room: &mut [u8]) -> Option<Received> {
        while let Some(id) = self.ready.pop_front() {
            let Some(flow) = self.flows.get_mut(id) else { continue };
            flow.queued = false;
            if flow.mac == UNKNOWN {
                continue;
            }
            let mut room = Room {
                bytes: &mut *room,
                mac: core.config.mac,
                mtu: core.config.mtu,
                accepts: core.accepts,
                now: core.now,
            };
            let received = flow.output(&mut room);
            if received.is_some() {
                flow.queued = true;
                self.ready.push_back(id);
            }
            arm(core, id, flow);
            if received.is_some() {
                return received;
            }
        }
        None
    }
}

/// Has the connection looked at when it wants to be, if that is before it will be anyway.
fn arm(core: &mut Core, id: u64, flow: &mut Flow) {
    let when = flow.deadline();
    if flow.armed.is_some_and(|armed| armed <= when) {
        return;
    }
    let token = Whom::Tcp.token(id);
    if let Some(armed) = flow.armed.replace(when) {
        core.timers.remove(armed, token);
    }
    core.timers.add(when, token);
}

/// The outcome of connecting.
fn connected(flow: &mut Flow) -> Outcome {
    let Some(fd) = &flow.fd else { return Outcome::Keep };
    match sockopt::socket_error(fd) {
        Ok(Ok(())) => {
            // An event can come from before the socket began to connect.
            if matches!(rustix::net::getpeername(fd), Err(Errno::NOTCONN)) {
                return Outcome::Keep;
            }
            flow.state = State::SynReceived;
            flow.syn_due = true;
            Outcome::Keep
        }
        Ok(Err(why)) | Err(why) => Outcome::Refused(why),
    }
}

/// Has the other side see a reset instead of an end.
fn reset(fd: &OwnedFd) {
    // For what is no TCP socket there is no reset.
    let _ = sockopt::set_socket_linger(fd, Some(Duration::ZERO));
}

fn complain(core: &mut Core, why: &io::Error) {
    core.complain("sockets", || {
        format!("no socket for a TCP connection of the guest: {why}; more descriptors may help (ulimit -n)")
    });
}

fn bare(key: Key, seq: u32, ack: u32, flags: u8) -> Head {
    Head { src: key.remote.1, dst: key.guest.1, seq, ack, flags, window: 0, options: None }
}

/// Answers a segment of no connection with a reset (RFC 9293, 3.10.7.1).
fn refuse(core: &mut Core, packet: &Packet<'_>, segment: &Segment<'_>) {
    let key = Key { guest: (packet.src, segment.src), remote: (packet.dst, segment.dst) };
    if !core.config.is_guest(packet.src) || packet.dst.is_multicast() {
        return;
    }
    let head = if segment.has(ACK) {
        bare(key, segment.ack, 0, RST)
    } else {
        bare(key, 0, segment.seq.wrapping_add(segment.len() as u32), RST | ACK)
    };
    let mut frame = [0; BARE];
    let route = core.back(packet);
    if let Some(sent) = head.write(&mut frame, &route, (&[], &[]), u16::MAX, Offloads::NONE) {
        core.push(frame[..sent.len].to_vec(), Offload::default());
    }
}

fn push_reset(core: &mut Core, flow: &mut Flow) {
    if flow.mac == UNKNOWN {
        return;
    }
    let mut frame = [0; BARE];
    let mut room = Room {
        bytes: &mut frame,
        mac: core.config.mac,
        mtu: core.config.mtu,
        accepts: Offloads::NONE,
        now: core.now,
    };
    if let Some(sent) = flow.reset(&mut room) {
        core.push(frame[..sent.len].to_vec(), Offload::default());
    }
}
