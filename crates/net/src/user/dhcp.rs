//! A DHCP server for the guest (RFC 2131, 2132): one network, a handful of addresses, nothing to configure.
//!
//! The first that asks gets the guest's address; whoever comes with another Ethernet address, bridged behind the
//! guest for instance, gets one of those above it.

use super::config::V4;
use super::core::Core;
use super::frame::{Mac, Route};
use smoltcp::wire::{DhcpMessageType, DhcpOpCode, DhcpPacket, IpProtocol};
use std::net::Ipv4Addr;

pub(super) const SERVER_PORT: u16 = 67;
const CLIENT_PORT: u16 = 68;
/// Addresses given away.
const MAX_LEASES: usize = 64;
/// Options (RFC 2132, and 3397 for the last).
mod option {
    pub(super) const SUBNET_MASK: u8 = 1;
    pub(super) const ROUTER: u8 = 3;
    pub(super) const NAME_SERVER: u8 = 6;
    pub(super) const HOST_NAME: u8 = 12;
    pub(super) const DOMAIN_NAME: u8 = 15;
    pub(super) const MTU: u8 = 26;
    pub(super) const REQUESTED_ADDRESS: u8 = 50;
    pub(super) const LEASE_TIME: u8 = 51;
    pub(super) const MESSAGE_TYPE: u8 = 53;
    pub(super) const SERVER: u8 = 54;
    pub(super) const MESSAGE: u8 = 56;
    pub(super) const RENEWAL_TIME: u8 = 58;
    pub(super) const REBINDING_TIME: u8 = 59;
    pub(super) const DOMAIN_SEARCH: u8 = 119;
    pub(super) const END: u8 = 255;
}
/// Where the name of a booting machine's server and its file would be, and the options behind them.
const FIXED: usize = 236;
const MAGIC: [u8; 4] = [0x63, 0x82, 0x53, 0x63];
/// Old clients want as much as BOOTP had.
const MIN_MESSAGE: usize = 300;

/// Who has which address.
#[derive(Debug, Default)]
pub(super) struct Dhcp {
    leases: Vec<(Mac, Ipv4Addr)>,
}

impl Dhcp {
    /// A client's message, as a UDP payload.
    pub(super) fn message(&mut self, core: &mut Core, from: Mac, payload: &[u8]) {
        let Some(v4) = core.config.v4 else { return };
        let Ok(request) = DhcpPacket::new_checked(payload) else { return };
        if request.opcode() != DhcpOpCode::Request || payload.len() < FIXED + 4 {
            return;
        }
        let find = |code| request.options().find(|o| o.kind == code).map(|o| o.data);
        let address = |code| find(code).and_then(|d| <[u8; 4]>::try_from(d).ok()).map(Ipv4Addr::from);
        let Some(&[kind]) = find(option::MESSAGE_TYPE) else { return };
        let mac = request.client_hardware_address().0;
        let server = address(option::SERVER);
        if server.is_some_and(|s| s != v4.gateway) {
            return; // meant for another
        }
        let wanted = address(option::REQUESTED_ADDRESS).unwrap_or(request.client_ip());
        let (answer, lease) = match DhcpMessageType::from(kind) {
            DhcpMessageType::Discover => (DhcpMessageType::Offer, self.lease(mac, &v4)),
            DhcpMessageType::Request => match self.lease(mac, &v4) {
                Some(lease) if lease == wanted => (DhcpMessageType::Ack, Some(lease)),
                _ => (DhcpMessageType::Nak, None),
            },
            DhcpMessageType::Inform => (DhcpMessageType::Ack, None),
            DhcpMessageType::Release | DhcpMessageType::Decline => {
                self.leases.retain(|(owner, _)| *owner != mac);
                return;
            }
            _ => return,
        };
        if answer == DhcpMessageType::Offer && lease.is_none() {
            core.complain("leases", || "no address is left for one more DHCP client of the guest".into());
            return;
        }
        let reply = reply(core, &v4, payload, answer, lease);
        send(core, &v4, from, &request, lease.filter(|_| answer != DhcpMessageType::Nak), &reply);
    }

    /// The address that belongs to `mac`.
    fn lease(&mut self, mac: Mac, v4: &V4) -> Option<Ipv4Addr> {
        if let Some((_, address)) = self.leases.iter().find(|(owner, _)| *owner == mac) {
            return Some(*address);
        }
        let free = (u32::from(v4.guest)..u32::from(v4.broadcast()))
            .map(Ipv4Addr::from)
            .take(MAX_LEASES)
            .find(|a| *a != v4.gateway && *a != v4.dns && !self.leases.iter().any(|(_, taken)| taken == a))?;
        self.leases.push((mac, free));
        Some(free)
    }
}

fn reply(
    core: &mut Core,
    v4: &V4,
    request: &[u8],
    answer: DhcpMessageType,
    lease: Option<Ipv4Addr>,
) -> Vec<u8> {
    let mut bytes = vec![0; FIXED];
    bytes[..4].copy_from_slice(&[2, 1, 6, 0]); // a reply, Ethernet
    bytes[4..8].copy_from_slice(&request[4..8]); // transaction
    bytes[10..12].copy_from_slice(&request[10..12]); // flags
    if answer != DhcpMessageType::Nak {
        bytes[12..16].copy_from_slice(&request[12..16]); // the client's address, if it has one
    }
    bytes[16..20].copy_from_slice(&lease.unwrap_or(Ipv4Addr::UNSPECIFIED).octets());
    bytes[24..44].copy_from_slice(&request[24..44]); // relay agent and the client's Ethernet address
    bytes.extend(MAGIC);
    put(&mut bytes, option::MESSAGE_TYPE, &[answer.into()]);
    put(&mut bytes, option::SERVER, &v4.gateway.octets());
    if answer == DhcpMessageType::Nak {
        put(&mut bytes, option::MESSAGE, b"that address is not yours");
    } else {
        let search = core.resolvers().search.clone();
        if lease.is_some() {
            let seconds = core.config.lease.as_secs().clamp(60, u64::from(u32::MAX - 1)) as u32;
            put(&mut bytes, option::LEASE_TIME, &seconds.to_be_bytes());
            put(&mut bytes, option::RENEWAL_TIME, &(seconds / 2).to_be_bytes());
            put(&mut bytes, option::REBINDING_TIME, &(seconds / 8 * 7).to_be_bytes());
        }
        put(&mut bytes, option::SUBNET_MASK, &v4.netmask().octets());
        if !core.config.restrict {
            put(&mut bytes, option::ROUTER, &v4.gateway.octets());
            put(&mut bytes, option::NAME_SERVER, &v4.dns.octets());
            if let Some(first) = search.first() {
                put(&mut bytes, option::DOMAIN_NAME, first.as_bytes());
                put(&mut bytes, option::DOMAIN_SEARCH, &names(&search));
            }
        }
        put(&mut bytes, option::MTU, &core.config.mtu.to_be_bytes());
        if let Some(name) = &core.config.hostname {
            put(&mut bytes, option::HOST_NAME, name.as_bytes());
        }
    }
    bytes.push(option::END);
    bytes.resize(bytes.len().max(MIN_MESSAGE), 0);
    bytes
}

/// Domain names as in a DNS message, without compression.
fn names(domains: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for domain in domains {
        let labels: Vec<&str> = domain.split('.').filter(|l| !l.is_empty()).collect();
        if labels.iter().all(|l| l.len() < 64) && bytes.len() + domain.len() + 2 < 255 {
            for label in labels {
                bytes.push(label.len() as u8);
                bytes.extend(label.as_bytes());
            }
            bytes.push(0);
        }
    }
    bytes
}

fn put(bytes: &mut Vec<u8>, code: u8, value: &[u8]) {
    let len = value.len().min(255);
    if len > 0 {
        bytes.extend([code, len as u8]);
        bytes.extend(&value[..len]);
    }
}

fn send(
    core: &mut Core,
    v4: &V4,
    from: Mac,
    request: &DhcpPacket<&[u8]>,
    lease: Option<Ipv4Addr>,
    reply: &[u8],
) {
    // To where the client listens already, else to all (RFC 2131, 4.1).
    let (to, dst) = match (request.client_ip(), lease) {
        (ip, _) if !ip.is_unspecified() => (from, ip),
        (_, Some(lease)) if !request.flags().contains(smoltcp::wire::DhcpFlags::BROADCAST) => (from, lease),
        _ => ([0xff; 6], Ipv4Addr::BROADCAST),
    };
    let mut datagram = Vec::with_capacity(8 + reply.len());
    for word in [SERVER_PORT, CLIENT_PORT, (8 + reply.len()) as u16, 0] {
        datagram.extend(word.to_be_bytes());
    }
    datagram.extend(reply);
    let route = Route { from: core.config.mac, to, src: v4.gateway.into(), dst: dst.into() };
    core.push_ip(&route, IpProtocol::Udp, &datagram, Some(6));
}
