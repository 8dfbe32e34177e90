//! What all protocols of the stack share: addresses, time, neighbours, the frames that wait for the guest.

use super::clock::{Clock, Time, Timers};
use super::config::Config;
use super::control::Shared;
use super::frame::{Mac, Packet, Route};
use super::outside::{Outside, Resolvers};
use crate::link::{Offload, Offloads};
use rustix::event::epoll;
use smoltcp::wire::IpProtocol;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Frames other than TCP's that wait for the guest. Beyond it they are lost, as on any network.
const OUTBOX: usize = 512;
/// Addresses whose Ethernet address is known.
const NEIGHBOURS: usize = 256;
/// How long `resolv.conf` is believed.
const RESOLVERS_LAST: Duration = Duration::from_secs(5);
/// The least time between two complaints of the same kind.
const COMPLAIN_EVERY: Duration = Duration::from_secs(60);

/// Whom an event or a timer is for; the rest of a token is a number in that one's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Whom {
    Tcp = 1,
    Udp = 2,
    Echo = 3,
    Forward = 4,
    Timer = 5,
    Router = 6,
}

impl Whom {
    pub(super) fn token(self, id: u64) -> u64 {
        u64::from(self as u8) << 56 | id
    }

    pub(super) fn of(token: u64) -> Option<(Whom, u64)> {
        use Whom::{Echo, Forward, Router, Tcp, Timer, Udp};
        let whom = [Tcp, Udp, Echo, Forward, Timer, Router]
            .into_iter()
            .find(|w| u64::from(*w as u8) == token >> 56)?;
        Some((whom, token & ((1 << 56) - 1)))
    }
}

/// Why a packet does not go where it wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No such host.
    Unreachable,
    /// The network is restricted.
    Prohibited,
    /// It makes no sense; no answer.
    Drop,
}

/// Shared by all protocols.
pub(super) struct Core {
    pub(super) config: Config,
    pub(super) clock: Clock,
    pub(super) now: Time,
    /// What the guest accepts.
    pub(super) accepts: Offloads,
    pub(super) outside: Box<dyn Outside>,
    pub(super) timers: Timers,
    pub(super) outbox: VecDeque<(Vec<u8>, Offload)>,
    pub(super) shared: Arc<Shared>,
    neighbours: HashMap<IpAddr, Mac>,
    resolvers: Option<(Time, Resolvers)>,
    complained: HashMap<&'static str, Time>,
}

impl Core {
    pub(super) fn new(config: Config, clock: Clock, outside: Box<dyn Outside>, shared: Arc<Shared>) -> Core {
        Core {
            config,
            now: clock.now(),
            clock,
            accepts: Offloads::NONE,
            outside,
            timers: Timers::default(),
            outbox: VecDeque::new(),
            shared,
            neighbours: HashMap::new(),
            resolvers: None,
            complained: HashMap::new(),
        }
    }

    /// Has events of `fd` told under `token`: once each time something changes.
    pub(super) fn watch(&self, fd: impl AsFd, token: u64, flags: epoll::EventFlags) -> io::Result<()> {
        let flags = flags | epoll::EventFlags::ET;
        Ok(epoll::add(&self.shared.epoll, fd, epoll::EventData::new_u64(token), flags)?)
    }

    /// Where a packet from the guest to `dst` goes on the host. `attempt` chooses among name servers.
    pub(super) fn destination(
        &mut self,
        dst: IpAddr,
        port: u16,
        attempt: usize,
    ) -> Result<SocketAddr, Refusal> {
        if self.config.restrict {
            return Err(Refusal::Prohibited);
        }
        if self.config.is_gateway(dst) {
            let loopback: IpAddr =
                if dst.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
            let to = SocketAddr::new(loopback, port);
            return if self.config.host_loopback { Ok(to) } else { Err(Refusal::Prohibited) };
        }
        if self.config.is_dns(dst) {
            let servers = &self.resolvers().servers;
            return match servers.len() {
                0 => Err(Refusal::Unreachable),
                _ if port != 53 => Err(Refusal::Unreachable),
                n => Ok(servers[attempt % n]),
            };
        }
        let (nonsense, ours) = match dst {
            IpAddr::V4(a) => {
                let first = a.octets()[0];
                let all = self.config.v4.is_some_and(|v4| v4.broadcast() == a);
                let nonsense = first == 0 || first == 127 || first >= 224 || all;
                (nonsense, self.config.v4.is_none_or(|v4| v4.contains(a)))
            }
            IpAddr::V6(a) => {
                // ::/96 and ::ffff:0:0/96 are IPv4 addresses in disguise, the host's loopback among them.
                let disguised = a.to_ipv4().is_some() || a.to_ipv4_mapped().is_some();
                let nonsense =
                    a.is_multicast() || a.is_unspecified() || a.is_unicast_link_local() || disguised;
                (nonsense, self.config.v6.is_none_or(|v6| v6.contains(a)))
            }
        };
        match (nonsense, ours) {
            (true, _) => Err(Refusal::Drop),
            (_, true) => Err(Refusal::Unreachable),
            _ => Ok(SocketAddr::new(dst, port)),
        }
    }

    /// As whom the guest sees a peer on the host's side that talks to `guest`.
    pub(super) fn seen(&self, peer: IpAddr, guest: IpAddr) -> IpAddr {
        let gateway = self.gateway(guest.is_ipv4());
        let peer = peer.to_canonical();
        let near = peer.is_loopback()
            || peer.is_unspecified()
            || peer.is_ipv4() != guest.is_ipv4()
            || self.config.is_guest(peer)
            || self.config.is_gateway(peer)
            || self.config.is_dns(peer);
        if near { gateway } else { peer }
    }

    /// The gateway's address of one family.
    pub(super) fn gateway(&self, v4: bool) -> IpAddr {
        if v4 {
            self.config.v4.map_or(Ipv4Addr::UNSPECIFIED, |v4| v4.gateway).into()
        } else {
            self.config.v6.map_or(Ipv6Addr::UNSPECIFIED, |v6| v6.gateway).into()
        }
    }

    /// How the host finds names, read again when it is some seconds old.
    pub(super) fn resolvers(&mut self) -> &Resolvers {
        let old = self.resolvers.as_ref().is_none_or(|(since, _)| self.now >= *since + RESOLVERS_LAST);
        if old {
            self.resolvers = Some((self.now, self.outside.resolvers()));
        }
        let (_, resolvers) = self.resolvers.get_or_insert_with(Default::default);
        resolvers
    }

    /// Remembers where a guest's address lives; says whether that is news.
    pub(super) fn learn(&mut self, address: IpAddr, mac: Mac) -> bool {
        let unicast = mac[0] & 1 == 0 && mac != [0; 6];
        if !unicast || !self.config.is_guest(address) || self.neighbours.get(&address) == Some(&mac) {
            return false;
        }
        if self.neighbours.len() >= NEIGHBOURS && !self.neighbours.contains_key(&address) {
            self.neighbours.clear(); // they are learnt again soon
        }
        self.neighbours.insert(address, mac);
        true
    }

    /// Where a guest's address lives, if that is known.
    pub(super) fn neighbour(&self, address: IpAddr) -> Option<Mac> {
        self.neighbours.get(&address).copied()
    }

    /// Has `frame` wait for the guest.
    pub(super) fn push(&mut self, frame: Vec<u8>, offload: Offload) {
        if self.outbox.len() < OUTBOX {
            self.outbox.push_back((frame, offload));
        } else {
            self.shared.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Sends an IP packet of `payload` whose checksum is at `offset` in it and is computed here. `None`: it has none
    /// to compute.
    pub(super) fn push_ip(
        &mut self,
        route: &Route,
        protocol: IpProtocol,
        payload: &[u8],
        offset: Option<usize>,
    ) {
        let mut frame = vec![0; route.header_len() + payload.len()];
        let at = route.write(&mut frame, protocol, payload.len());
        frame[at..].copy_from_slice(payload);
        if let Some(offset) = offset {
            route.checksum(&mut frame, protocol, (at, payload.len()), offset, false);
        }
        self.push(frame, Offload::default());
    }

    /// The way back to who sent `packet`.
    pub(super) fn back(&self, packet: &Packet<'_>) -> Route {
        Route { from: self.config.mac, to: packet.from, src: packet.dst, dst: packet.src }
    }

    /// One line for the user, not too often.
    pub(super) fn complain(&mut self, kind: &'static str, what: impl FnOnce() -> String) {
        let recent = self.complained.get(kind).is_some_and(|since| self.now < *since + COMPLAIN_EVERY);
        if !recent {
            self.complained.insert(kind, self.now);
            eprintln!("lodge: network: {}", what());
        }
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("config", &self.config).finish_non_exhaustive()
    }
}
