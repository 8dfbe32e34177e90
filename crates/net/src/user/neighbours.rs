//! Who lives where on the guest's network: ARP (RFC 826), neighbour and router discovery (RFC 4861, 8106).
//!
//! The router answers for its own addresses and asks for the guest's when a connection comes from outside.

use super::core::{Core, Whom};
use super::frame::{Mac, Packet, Route};
use crate::link::{ETHERNET_HEADER, Offload};
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol,
};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

const BROADCAST: Mac = [0xff; 6];
/// All hosts of a link, and all routers.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// ICMPv6 types.
pub(super) const ROUTER_SOLICITATION: u8 = 133;
const ROUTER_ADVERTISEMENT: u8 = 134;
pub(super) const NEIGHBOUR_SOLICITATION: u8 = 135;
pub(super) const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
/// How often guests hear of the router without asking, and how long they believe it.
const ADVERTISE_EVERY: Duration = Duration::from_secs(300);
const LIFETIME: u16 = 1800;

/// The Ethernet address for a multicast one (RFC 2464, 7).
fn multicast(address: Ipv6Addr) -> Mac {
    let o = address.octets();
    [0x33, 0x33, o[12], o[13], o[14], o[15]]
}

/// An ARP packet from the guest; says whether it taught us something.
pub(super) fn arp(core: &mut Core, bytes: &[u8]) -> bool {
    let Ok(packet) = ArpPacket::new_checked(bytes) else { return false };
    let Ok(ArpRepr::EthernetIpv4 {
        operation,
        source_hardware_addr,
        source_protocol_addr,
        target_protocol_addr,
        ..
    }) = ArpRepr::parse(&packet)
    else {
        return false;
    };
    let learnt = core.learn(source_protocol_addr.into(), source_hardware_addr.0);
    let target = IpAddr::from(target_protocol_addr);
    if operation == ArpOperation::Request && (core.config.is_gateway(target) || core.config.is_dns(target)) {
        let reply = ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Reply,
            source_hardware_addr: EthernetAddress(core.config.mac),
            source_protocol_addr: target_protocol_addr,
            target_hardware_addr: source_hardware_addr,
            target_protocol_addr: source_protocol_addr,
        };
        push_arp(core, source_hardware_addr.0, &reply);
    }
    learnt
}

fn push_arp(core: &mut Core, to: Mac, arp: &ArpRepr) {
    let mut frame = vec![0; ETHERNET_HEADER + arp.buffer_len()];
    let mut ethernet = EthernetFrame::new_unchecked(&mut frame[..]);
    ethernet.set_dst_addr(EthernetAddress(to));
    ethernet.set_src_addr(EthernetAddress(core.config.mac));
    ethernet.set_ethertype(EthernetProtocol::Arp);
    arp.emit(&mut ArpPacket::new_unchecked(ethernet.payload_mut()));
    core.push(frame, Offload::default());
}

/// Asks the guest's network where `address` lives.
pub(super) fn ask(core: &mut Core, address: IpAddr) {
    match (address, core.config.v4) {
        (IpAddr::V4(target), Some(v4)) => {
            let request = ArpRepr::EthernetIpv4 {
                operation: ArpOperation::Request,
                source_hardware_addr: EthernetAddress(core.config.mac),
                source_protocol_addr: v4.gateway,
                target_hardware_addr: EthernetAddress([0; 6]),
                target_protocol_addr: target,
            };
            push_arp(core, BROADCAST, &request);
        }
        (IpAddr::V6(target), _) => {
            // The solicited-node address (RFC 4291, 2.7.1).
            let [.., a, b, c] = target.octets();
            let low = u16::from_be_bytes([b, c]);
            let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | u16::from(a), low);
            let mut message = vec![NEIGHBOUR_SOLICITATION, 0, 0, 0, 0, 0, 0, 0];
            message.extend(target.octets());
            message.extend([1, 1]);
            message.extend(core.config.mac);
            let src = core.config.link_local().into();
            let route = Route { from: core.config.mac, to: multicast(group), src, dst: group.into() };
            core.push_ip(&route, IpProtocol::Icmpv6, &message, Some(2));
        }
        _ => {}
    }
}

/// A neighbour or router message; says whether it taught us something.
pub(super) fn discovery(core: &mut Core, packet: &Packet<'_>) -> bool {
    let (IpAddr::V6(src), Some(_)) = (packet.src, core.config.v6) else { return false };
    if packet.hop_limit != 255 {
        return false; // it was forwarded (RFC 4861, 7.1)
    }
    let target = packet.payload.get(8..24).and_then(|b| <[u8; 16]>::try_from(b).ok()).map(Ipv6Addr::from);
    match (packet.payload[0], target) {
        (ROUTER_SOLICITATION, _) => {
            advertise(core, (!src.is_unspecified()).then_some((src, packet.from)));
            false
        }
        (NEIGHBOUR_SOLICITATION, Some(target)) => {
            if core.config.is_gateway(target.into()) || core.config.is_dns(target.into()) {
                answer(core, target, src, packet.from);
            }
            core.learn(src.into(), packet.from)
        }
        (NEIGHBOUR_ADVERTISEMENT, Some(target)) => core.learn(target.into(), packet.from),
        _ => false,
    }
}

fn answer(core: &mut Core, target: Ipv6Addr, asker: Ipv6Addr, mac: Mac) {
    let probe = asker.is_unspecified(); // somebody wants to have our address
    let flags = if probe { 0xa0 } else { 0xe0 }; // router, solicited, override
    let mut message = vec![NEIGHBOUR_ADVERTISEMENT, 0, 0, 0, flags, 0, 0, 0];
    message.extend(target.octets());
    message.extend([2, 1]);
    message.extend(core.config.mac);
    let (dst, to) = if probe { (ALL_NODES, multicast(ALL_NODES)) } else { (asker, mac) };
    let route = Route { from: core.config.mac, to, src: target.into(), dst: dst.into() };
    core.push_ip(&route, IpProtocol::Icmpv6, &message, Some(2));
}

/// Says that there is a router: to who asked, or to all.
pub(super) fn advertise(core: &mut Core, asker: Option<(Ipv6Addr, Mac)>) {
    let Some(v6) = core.config.v6 else { return };
    let outward = !core.config.restrict;
    let lifetime = if outward { LIFETIME } else { 0 };
    let mut message = vec![ROUTER_ADVERTISEMENT, 0, 0, 0, 64, 0];
    message.extend(lifetime.to_be_bytes());
    message.extend([0; 8]); // reachable and retransmission times: as the guest likes
    message.extend([1, 1]); // our Ethernet address
    message.extend(core.config.mac);
    message.extend([5, 1, 0, 0]); // the MTU
    message.extend(u32::from(core.config.mtu).to_be_bytes());
    message.extend([3, 4, 64, 0xc0]); // the prefix: on the link, and to make addresses of
    message.extend(86_400u32.to_be_bytes());
    message.extend(14_400u32.to_be_bytes());
    message.extend([0; 4]);
    message.extend(v6.prefix.octets());
    if outward {
        message.extend([25, 3, 0, 0]); // the name server (RFC 8106, 5.1)
        message.extend(u32::from(LIFETIME).to_be_bytes());
        message.extend(v6.dns.octets());
    }
    let (dst, to) = asker.unwrap_or((ALL_NODES, multicast(ALL_NODES)));
    let src = core.config.link_local().into();
    let route = Route { from: core.config.mac, to, src, dst: dst.into() };
    core.push_ip(&route, IpProtocol::Icmpv6, &message, Some(2));
}

/// Tells all of the router, and again later.
pub(super) fn advertise_regularly(core: &mut Core) {
    if core.config.v6.is_some() {
        advertise(core, None);
        let when = core.now + ADVERTISE_EVERY;
        core.timers.add(when, Whom::Router.token(0));
    }
}
