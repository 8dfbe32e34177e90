//! The user network: a router, its NAT and its servers, in this process and without any rights.
//!
//! ```text
//!   guest ── frames ──► frame ── fragments ─┬─ neighbours   ARP, neighbour and router discovery
//!                                           ├─ dhcp         addresses
//!                                           ├─ icmp ─────── echo sockets ──┐
//!                                           ├─ udp ──────── UDP sockets ───┼── outside: the host
//!                                           └─ tcp ──────── TCP sockets ───┘
//!   forwards: the host's ports ──────────────► udp, tcp
//! ```
//! The guest is at 10.0.2.15 and fec0::/64; the router at .2, which is also the host's loopback; the name server at .3
//! is the host's. Everything happens on the thread that calls [`Link::send`] and [`Link::receive`]: a segment from
//! the guest is in the host's socket when `send` returns, and data from the host is read when the guest has room. All
//! tables and buffers are bounded. Nothing is trusted that the guest says of lengths, numbers or addresses.

mod clock;
mod config;
mod control;
mod core;
mod dhcp;
mod forward;
mod fragments;
mod frame;
mod icmp;
mod neighbours;
mod outside;
mod slab;
mod tcp;
mod udp;

#[cfg(test)]
mod hostile_tests;

pub use config::{Config, ConfigError, V4, V6};
pub use control::{Control, Status};
pub use forward::{Forward, ForwardError, MAX_RANGE, Protocol};
pub use outside::{Host, Outside, Resolvers};

use self::core::{Core, Whom};
use crate::link::{ETHERNET_HEADER, Features, Link, MAX_FRAME, Offload, Offloads, Received};
use clock::Clock;
use dhcp::Dhcp;
use fragments::Fragments;
use frame::Packet;
use icmp::Echo;
use rustix::event::epoll::{self, EventFlags};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol};
use std::io;
use std::mem::MaybeUninit;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tcp::Tcp;
use udp::Udp;

/// Frames given out before events are looked at again.
const TURN: u32 = 32;
/// Events taken at once.
const EVENTS: usize = 64;

/// A user network cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// It cannot be.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// One of its forwards cannot be.
    #[error(transparent)]
    Forward(#[from] ForwardError),
    /// The host refuses a descriptor.
    #[error("cannot make a user network: {0}; more descriptors may help (ulimit -n)")]
    Host(#[from] io::Error),
}

/// The network, as a link.
#[derive(Debug)]
pub struct User {
    core: Core,
    fragments: Fragments,
    dhcp: Dhcp,
    echo: Echo,
    udp: Udp,
    tcp: Tcp,
    scratch: Vec<u8>,
    timer: OwnedFd,
    /// When it is set to ring.
    alarm: Option<Duration>,
    since_events: u32,
    up: bool,
    /// A driver has been there.
    begun: bool,
}

impl User {
    /// A network on the host's own.
    ///
    /// # Errors
    /// [`UserError`]: it cannot be, or a forward's port is not free.
    pub fn new(config: Config) -> Result<User, UserError> {
        User::with_outside(config, Box::new(Host))
    }

    /// A network with another world outside.
    ///
    /// # Errors
    /// As [`User::new`].
    pub fn with_outside(config: Config, outside: Box<dyn Outside>) -> Result<User, UserError> {
        User::build(config, outside, Clock::Real(Instant::now()))
    }

    fn build(config: Config, outside: Box<dyn Outside>, clock: Clock) -> Result<User, UserError> {
        config.check()?;
        let shared = Arc::new(control::Shared::new()?);
        for rule in &config.forwards {
            shared.add(rule.clone())?;
        }
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)
            .map_err(io::Error::from)?;
        let flows = config.flows.max(16);
        let core = Core::new(config, clock, outside, shared);
        core.watch(&timer, Whom::Timer.token(0), EventFlags::IN)?;
        Ok(User {
            core,
            fragments: Fragments::default(),
            dhcp: Dhcp::default(),
            echo: Echo::new(),
            udp: Udp::new(flows),
            tcp: Tcp::new(flows),
            scratch: vec![0; MAX_FRAME],
            timer,
            alarm: None,
            since_events: 0,
            up: true,
            begun: false,
        })
    }

    /// A handle to look at it and to change its forwards, for any thread.
    #[must_use]
    pub fn control(&self) -> Control {
        Control::new(&self.core.shared)
    }

    fn frame(&mut self, bytes: &[u8], offload: Offload) -> Option<()> {
        let ethernet = EthernetFrame::new_checked(bytes).ok()?;
        let (from, to) = (ethernet.src_addr().0, ethernet.dst_addr().0);
        if to != self.core.config.mac && to[0] & 1 == 0 {
            return None; // for another of the guest's own
        }
        let body = &bytes[ETHERNET_HEADER..];
        let summed = offload.checksum.is_none();
        let (packet, fragment) = match ethernet.ethertype() {
            EthernetProtocol::Arp => {
                if neighbours::arp(&mut self.core, body) {
                    self.tcp.learnt(&mut self.core);
                }
                return Some(());
            }
            EthernetProtocol::Ipv4 if self.core.config.v4.is_some() => frame::parse_v4(from, body, summed)?,
            EthernetProtocol::Ipv6 if self.core.config.v6.is_some() => frame::parse_v6(from, body, summed)?,
            _ => return None,
        };
        if self.core.learn(packet.src, from) {
            self.tcp.learnt(&mut self.core);
        }
        match fragment {
            None => self.packet(&packet, offload),
            Some(part) => {
                let payload = self.fragments.add(&packet, part, self.core.now)?;
                self.packet(&Packet { payload: &payload, summed: true, ..packet }, Offload::default())
            }
        }
    }

    fn packet(&mut self, packet: &Packet<'_>, offload: Offload) -> Option<()> {
        let core = &mut self.core;
        let is_dhcp = packet.protocol == IpProtocol::Udp
            && packet.dst.is_ipv4()
            && packet.payload.get(2..4) == Some(&dhcp::SERVER_PORT.to_be_bytes());
        let here = core.config.is_gateway(packet.dst) || packet.dst == IpAddr::from([255; 4]);
        if is_dhcp && here {
            let whole = !packet.summed || packet.payload.get(6..8) == Some(&[0; 2]) || frame::verify(packet);
            if whole {
                self.dhcp.message(core, packet.from, packet.payload.get(8..)?);
            }
            return Some(());
        }
        if packet.protocol == IpProtocol::Icmpv6 {
            if packet.dst.is_ipv4() || packet.payload.is_empty() || (packet.summed && !frame::verify(packet))
            {
                return None;
            }
            let discovery = neighbours::ROUTER_SOLICITATION..=neighbours::NEIGHBOUR_ADVERTISEMENT;
            if discovery.contains(&packet.payload[0]) {
                if neighbours::discovery(core, packet) {
                    self.tcp.learnt(core);
                }
                return Some(());
            }
        }
        if !core.config.is_guest(packet.src) {
            // Nothing could come back.
            let (src, config) = (packet.src, &core.config);
            if let (IpAddr::V4(a), Some(v4)) = (src, config.v4)
                && !a.is_unspecified()
                && !a.is_link_local()
            {
                let network = format!("{}/{}", v4.network, v4.prefix);
                core.complain("address", || {
                    format!(
                        "the guest sends from {src}, which is not of its network {network}: have it use DHCP"
                    )
                });
            }
            return None;
        }
        let near = here || core.config.is_dns(packet.dst) || packet.dst.is_multicast();
        // An error is never answered with an error.
        let carries = matches!(packet.protocol, IpProtocol::Tcp | IpProtocol::Udp) || icmp::is_echo(packet);
        if packet.hop_limit <= 1 && !near && carries {
            icmp::time_exceeded(core, packet);
            return Some(());
        }
        match packet.protocol {
            IpProtocol::Tcp => self.tcp.segment(core, packet),
            IpProtocol::Udp => self.udp.datagram(core, packet, offload.segmentation),
            IpProtocol::Icmp | IpProtocol::Icmpv6 if icmp::is_echo(packet) => self.echo.request(core, packet),
            _ => return None,
        }
        Some(())
    }

    /// Looks at what has happened outside, and at the time. Says whether anything did.
    fn events(&mut self) -> bool {
        self.since_events = 0;
        let mut any = false;
        while let Some(token) = self.core.timers.due(self.core.now) {
            any = true;
            match Whom::of(token) {
                Some((Whom::Tcp, id)) => self.tcp.timer(&mut self.core, id),
                Some((Whom::Udp, id)) => self.udp.timer(&mut self.core, id),
                Some((Whom::Echo, id)) => self.echo.timer(&mut self.core, id),
                Some((Whom::Router, _)) => neighbours::advertise_regularly(&mut self.core),
                _ => {}
            }
        }
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut events = [const { MaybeUninit::uninit() }; EVENTS];
        let (events, _) = match epoll::wait(&self.core.shared.epoll, &mut events, Some(&now)) {
            Ok(taken) => taken,
            Err(_) => return any, // interrupted; it is asked again soon
        };
        for event in events {
            any = true;
            let (token, flags) = (event.data.u64(), event.flags);
            match Whom::of(token) {
                Some((Whom::Tcp, id)) => self.tcp.event(&mut self.core, id, flags),
                Some((Whom::Udp, id)) => self.udp.event(Whom::Udp, id),
                Some((Whom::Echo, id)) => self.echo.event(&mut self.core, id, &mut self.scratch),
                Some((Whom::Forward, number)) => self.arrival(number),
                Some((Whom::Timer, _)) => {
                    // The alarm has rung; it says nothing that the clock does not.
                    let _ = rustix::io::read(&self.timer, &mut [0; 8]);
                    self.alarm = None;
                }
                _ => {}
            }
        }
        let counters = &self.core.shared.counters;
        counters.tcp.store(self.tcp.len() as u64, Ordering::Relaxed);
        counters.udp.store(self.udp.len() as u64, Ordering::Relaxed);
        any
    }

    fn arrival(&mut self, number: u64) {
        match self.core.shared.clone().with_socket(number, |a| a.protocol) {
            Some(Protocol::Tcp) => self.tcp.arrive(&mut self.core, number),
            Some(Protocol::Udp) => self.udp.event(Whom::Forward, number),
            None => {}
        }
    }

    /// Has the descriptor become readable when the next timer is due.
    fn set_alarm(&mut self) {
        let Some(when) = self.core.timers.next() else { return };
        if self.alarm.is_some_and(|alarm| alarm <= when) {
            return;
        }
        let wait = when.saturating_sub(self.core.now).max(Duration::from_micros(1));
        let value = Timespec { tv_sec: wait.as_secs() as i64, tv_nsec: wait.subsec_nanos().into() };
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let set = Itimerspec { it_interval: zero, it_value: value };
        // It fails for values out of range only, and these are not.
        let _ = timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &set);
        self.alarm = Some(when);
    }

    fn next(&mut self, room: &mut [u8]) -> Option<Received> {
        loop {
            if let Some((frame, offload)) = self.core.outbox.pop_front() {
                let Some(room) = room.get_mut(..frame.len()) else { continue };
                room.copy_from_slice(&frame);
                return Some(Received { len: frame.len(), offload });
            }
            if self.since_events >= TURN {
                self.events();
            }
            if self.udp.is_ready() && (self.since_events.is_multiple_of(2) || !self.tcp.is_ready()) {
                self.udp.pull(&mut self.core, &mut self.scratch);
                self.since_events += 1;
                continue;
            }
            if let Some(received) = self.tcp.output(&mut self.core, room) {
                return Some(received);
            }
            if !self.udp.is_ready() && !self.events() && self.core.outbox.is_empty() {
                return None;
            }
        }
    }
}

impl Link for User {
    fn features(&self) -> Features {
        Features {
            mtu: self.core.config.mtu,
            takes: Offloads::ALL,
            gives: Offloads { udp: false, ..Offloads::ALL },
        }
    }

    fn start(&mut self, accepts: Offloads) {
        self.core.now = self.core.clock.now();
        self.core.accepts = accepts;
        if std::mem::replace(&mut self.begun, true) {
            neighbours::advertise(&mut self.core, None);
        } else {
            neighbours::advertise_regularly(&mut self.core);
        }
    }

    fn set_up(&mut self, up: bool) {
        self.up = up;
    }

    fn send(&mut self, frame: &[u8], offload: Offload) {
        if !self.up {
            return;
        }
        self.core.now = self.core.clock.now();
        self.core.shared.counters.from_guest.fetch_add(1, Ordering::Relaxed);
        if frame.len() > MAX_FRAME || self.frame(frame, offload).is_none() {
            self.core.shared.counters.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn receive(&mut self, room: &mut [u8]) -> Option<Received> {
        self.core.now = self.core.clock.now();
        loop {
            let received = self.next(room);
            if received.is_none() {
                self.set_alarm();
                return None;
            }
            self.since_events += 1;
            if self.up {
                self.core.shared.counters.to_guest.fetch_add(1, Ordering::Relaxed);
                return received;
            }
        }
    }

    fn ready(&self) -> BorrowedFd<'_> {
        self.core.shared.epoll.as_fd()
    }
}
