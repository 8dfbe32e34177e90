//! ICMP and ICMPv6 (RFC 792, 4443): echo, answered here for the router and sent on for others; and errors.
//!
//! Echo goes out by sockets that need no rights, where the host's `net.ipv4.ping_group_range` has our group in it.

use super::clock::Time;
use super::core::{Core, Refusal, Whom};
use super::frame::{Mac, Packet, Route, fold, pseudo, sum};
use super::slab::Slab;
use super::udp::push_parts;
use rustix::event::epoll::EventFlags;
use rustix::net::{RecvFlags, SendFlags, recvfrom, sendto};
use smoltcp::wire::IpProtocol;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::Duration;

const ECHO_REQUEST: u8 = 8;
const ECHO_REPLY: u8 = 0;
const ECHO_REQUEST_V6: u8 = 128;
const ECHO_REPLY_V6: u8 = 129;
/// Programs of the guest that ping at one time.
const MAX_PINGERS: usize = 64;
const IDLE: Duration = Duration::from_secs(30);
/// What an error quotes: the header and 64 bits (RFC 792), or as much as fits 1280 bytes (RFC 4443).
const QUOTE_V6: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    guest: IpAddr,
    ident: [u8; 2],
}

#[derive(Debug)]
struct Pinger {
    key: Key,
    mac: Mac,
    fd: OwnedFd,
    last: Time,
    /// When it is looked at next.
    armed: Time,
}

/// Those who ping.
#[derive(Debug)]
pub(super) struct Echo {
    pingers: Slab<Pinger>,
    by_key: HashMap<Key, u64>,
}

impl Echo {
    pub(super) fn new() -> Echo {
        Echo { pingers: Slab::new(MAX_PINGERS), by_key: HashMap::new() }
    }

    /// An echo request from the guest.
    pub(super) fn request(&mut self, core: &mut Core, packet: &Packet<'_>) {
        let v6 = packet.dst.is_ipv6();
        if core.config.is_gateway(packet.dst) || (core.config.is_dns(packet.dst) && !core.config.restrict) {
            let mut reply = packet.payload.to_vec();
            reply[0] = if v6 { ECHO_REPLY_V6 } else { ECHO_REPLY };
            reply[2..4].fill(0);
            let route = core.back(packet);
            push_message(core, &route, reply);
            return;
        }
        let to = match core.destination(packet.dst, 0, 0) {
            Ok(to) => to,
            Err(why) => return refuse(core, packet, why),
        };
        let key = Key { guest: packet.src, ident: [packet.payload[4], packet.payload[5]] };
        let Some(id) = self.pinger(core, key, packet) else { return };
        let Some(pinger) = self.pingers.get_mut(id) else { return };
        (pinger.last, pinger.mac) = (core.now, packet.from);
        if let Err(e) = sendto(&pinger.fd, packet.payload, SendFlags::NOSIGNAL, &to)
            && is_unreachable(e.into())
        {
            refuse(core, packet, Refusal::Unreachable);
        }
    }

    fn pinger(&mut self, core: &mut Core, key: Key, packet: &Packet<'_>) -> Option<u64> {
        if let Some(id) = self.by_key.get(&key) {
            return Some(*id);
        }
        if self.pingers.is_full() {
            let oldest = self.pingers.iter().min_by_key(|(_, p)| p.last).map(|(id, _)| id);
            oldest.into_iter().for_each(|id| self.remove(core, id));
        }
        let fd = match core.outside.echo(key.guest.is_ipv6()) {
            Ok(fd) => fd,
            Err(why) => {
                refuse(core, packet, Refusal::Prohibited);
                core.complain("echo", || {
                    format!(
                        "the guest cannot ping beyond the host: {why}; the host lets groups ping by \
                         `sysctl net.ipv4.ping_group_range=\"0 2147483647\"`"
                    )
                });
                return None;
            }
        };
        let (last, armed) = (core.now, core.now + IDLE);
        let id = self.pingers.insert(Pinger { key, mac: packet.from, fd, last, armed })?;
        let token = Whom::Echo.token(id);
        if core.watch(&self.pingers.get_mut(id)?.fd, token, EventFlags::IN).is_err() {
            self.pingers.remove(id);
            return None;
        }
        self.by_key.insert(key, id);
        core.timers.add(core.now + IDLE, token);
        Some(id)
    }

    fn remove(&mut self, core: &mut Core, id: u64) {
        if let Some(pinger) = self.pingers.remove(id) {
            core.timers.remove(pinger.armed, Whom::Echo.token(id));
            self.by_key.remove(&pinger.key);
        }
    }

    /// Answers have come.
    pub(super) fn event(&mut self, core: &mut Core, id: u64, scratch: &mut [u8]) {
        let Some(pinger) = self.pingers.get_mut(id) else { return };
        // A bound, so that a flood does not keep us here: what is left is lost.
        for _ in 0..64 {
            let Ok((bytes, _, Some(from))) = recvfrom(&pinger.fd, &mut *scratch, RecvFlags::DONTWAIT) else {
                return;
            };
            let (Ok(from), len) = (SocketAddr::try_from(from), bytes) else { continue };
            let reply = &scratch[..len];
            let expected = if from.is_ipv6() { ECHO_REPLY_V6 } else { ECHO_REPLY };
            if len < 8 || reply[0] != expected {
                continue;
            }
            let mut message = reply.to_vec();
            message[4..6].copy_from_slice(&pinger.key.ident); // the host's socket has one of its own
            message[2..4].fill(0);
            let (src, dst) = (core.seen(from.ip(), pinger.key.guest), pinger.key.guest);
            let route = Route { from: core.config.mac, to: pinger.mac, src, dst };
            push_message(core, &route, message);
        }
    }

    /// A pinger's time may have come.
    pub(super) fn timer(&mut self, core: &mut Core, id: u64) {
        let Some(pinger) = self.pingers.get_mut(id) else { return };
        let end = pinger.last + IDLE;
        if core.now >= end {
            self.remove(core, id);
        } else {
            pinger.armed = end;
            core.timers.add(end, Whom::Echo.token(id));
        }
    }
}

/// Is it an echo request that can be answered?
pub(super) fn is_echo(packet: &Packet<'_>) -> bool {
    let kind = if packet.dst.is_ipv6() { ECHO_REQUEST_V6 } else { ECHO_REQUEST };
    packet.payload.len() >= 8 && packet.payload[0] == kind && packet.payload[1] == 0
}

/// Did the host say that there is no way there?
pub(super) fn is_unreachable(e: io::Error) -> bool {
    use io::ErrorKind::{HostUnreachable, NetworkDown, NetworkUnreachable};
    matches!(e.kind(), HostUnreachable | NetworkUnreachable | NetworkDown)
}

/// Sends an ICMP message of the route's family, in parts if it is longer than the MTU.
fn push_message(core: &mut Core, route: &Route, mut message: Vec<u8>) {
    let v6 = route.dst.is_ipv6();
    let protocol = if v6 { IpProtocol::Icmpv6 } else { IpProtocol::Icmp };
    // Only ICMPv6 counts the addresses in.
    let head = if v6 { pseudo(route.src, route.dst, protocol, message.len()) } else { 0 };
    let sum = !fold(head + sum(&message));
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    push_parts(core, route, protocol, &message);
}

/// Tells the sender of `packet` why it goes nowhere.
pub(super) fn refuse(core: &mut Core, packet: &Packet<'_>, why: Refusal) {
    let multicast = packet.dst.is_multicast() || packet.dst == IpAddr::from([255; 4]);
    if why == Refusal::Drop || multicast || packet.src.is_unspecified() {
        return;
    }
    // RFC 792 and 1812: host unreachable, prohibited; RFC 4443: no route, prohibited.
    let code = match (why, packet.dst.is_ipv6()) {
        (Refusal::Prohibited, false) => 13,
        (_, false) => 1,
        (Refusal::Prohibited, true) => 1,
        (_, true) => 0,
    };
    error(core, packet, code);
}

/// Nobody listens at the port `packet` was for.
pub(super) fn port_unreachable(core: &mut Core, packet: &Packet<'_>) {
    error(core, packet, if packet.dst.is_ipv6() { 4 } else { 3 });
}

/// `packet` has come too far (RFC 792, 4443).
pub(super) fn time_exceeded(core: &mut Core, packet: &Packet<'_>) {
    error_of(core, packet, if packet.dst.is_ipv6() { 3 } else { 11 }, 0);
}

fn error(core: &mut Core, packet: &Packet<'_>, code: u8) {
    error_of(core, packet, if packet.dst.is_ipv6() { 1 } else { 3 }, code);
}

fn error_of(core: &mut Core, packet: &Packet<'_>, kind: u8, code: u8) {
    let v6 = packet.dst.is_ipv6();
    let src = core.gateway(!v6);
    let route = Route { from: core.config.mac, to: packet.from, src, dst: packet.src };
    let mut message = vec![kind, code, 0, 0, 0, 0, 0, 0];
    let head = packet.quote.first().map_or(0, |b| usize::from(b & 15) * 4);
    let quote = if v6 { QUOTE_V6 } else { head + 8 };
    message.extend(&packet.quote[..packet.quote.len().min(quote)]);
    push_message(core, &route, message);
}
