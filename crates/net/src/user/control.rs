//! The handle by which others look at a running network and change its forwards.
//!
//! ```text
//!   Control (any thread) ── rules and their sockets, under one lock ── the stack (the device's thread)
//!                                     └── told by the stack's own epoll when somebody comes
//! ```
//! The lock is held for single system calls that do not block.

use super::core::Whom;
use super::forward::{Forward, ForwardError, Protocol};
use rustix::event::epoll;
use rustix::net::getsockname;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// Bits of a token that say which port of a rule.
const OFFSET_BITS: u32 = 16;

/// What has passed so far.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) from_guest: AtomicU64,
    pub(super) to_guest: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) tcp: AtomicU64,
    pub(super) udp: AtomicU64,
    pub(super) connections: AtomicU64,
}

/// What a network is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Frames the guest has sent.
    pub from_guest: u64,
    /// Frames it has received.
    pub to_guest: u64,
    /// Frames and packets of either direction that were dropped for want of sense or room.
    pub dropped: u64,
    /// TCP connections now.
    pub tcp: u64,
    /// Flows of UDP now.
    pub udp: u64,
    /// TCP connections so far.
    pub connections: u64,
}

struct Active {
    id: u64,
    rule: Forward,
    sockets: Vec<OwnedFd>,
}

/// What the stack and its handles share.
pub(super) struct Shared {
    rules: Mutex<(u64, Vec<Active>)>,
    pub(super) epoll: OwnedFd,
    pub(super) counters: Counters,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

/// A socket of a rule, as the stack finds it by the token of an event.
pub(super) struct Arrival<'a> {
    pub(super) socket: &'a OwnedFd,
    pub(super) protocol: Protocol,
    pub(super) guest: Option<IpAddr>,
    pub(super) guest_port: u16,
}

impl Shared {
    pub(super) fn new() -> std::io::Result<Shared> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Shared { rules: Mutex::default(), epoll, counters: Counters::default() })
    }

    fn lock(&self) -> MutexGuard<'_, (u64, Vec<Active>)> {
        self.rules.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Looks at the socket that an event's number means; nothing if its rule has gone meanwhile.
    pub(super) fn with_socket<R>(&self, number: u64, look: impl FnOnce(Arrival<'_>) -> R) -> Option<R> {
        let rules = self.lock();
        let active = rules.1.iter().find(|a| a.id == number >> OFFSET_BITS)?;
        let offset = (number & ((1 << OFFSET_BITS) - 1)) as u16;
        Some(look(Arrival {
            socket: active.sockets.get(usize::from(offset))?,
            protocol: active.rule.protocol,
            guest: active.rule.guest,
            guest_port: active.rule.guest_port.saturating_add(offset),
        }))
    }

    pub(super) fn add(&self, mut rule: Forward) -> Result<Forward, ForwardError> {
        let sockets = rule.open()?;
        if rule.port == 0
            && let Some(first) = sockets.first()
            && let Ok(bound) = getsockname(first).and_then(SocketAddr::try_from)
        {
            rule.port = bound.port();
        }
        let mut rules = self.lock();
        rules.0 += 1;
        let id = rules.0;
        for (offset, socket) in sockets.iter().enumerate() {
            let token = epoll::EventData::new_u64(Whom::Forward.token(id << OFFSET_BITS | offset as u64));
            let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
            epoll::add(&self.epoll, socket, token, flags).map_err(|why| ForwardError::Listen {
                protocol: rule.protocol,
                address: SocketAddr::new(rule.address, rule.port),
                why: why.into(),
            })?;
        }
        rules.1.push(Active { id, rule: rule.clone(), sockets });
        Ok(rule)
    }
}

/// A handle to a running network. Cheap to clone; it does not keep the network alive.
#[derive(Debug, Clone)]
pub struct Control(Weak<Shared>);

impl Control {
    pub(super) fn new(shared: &Arc<Shared>) -> Control {
        Control(Arc::downgrade(shared))
    }

    fn shared(&self) -> Result<Arc<Shared>, ForwardError> {
        self.0.upgrade().ok_or(ForwardError::Gone)
    }

    /// Forwards one more port or range; it works when this returns. Gives back the rule, with its port chosen if that
    /// was left to the host.
    ///
    /// # Errors
    /// [`ForwardError`]: the host does not let us listen there.
    pub fn add_forward(&self, rule: Forward) -> Result<Forward, ForwardError> {
        self.shared()?.add(rule)
    }

    /// Ends a forward; the port is free when this returns. Connections that came in by it go on.
    ///
    /// # Errors
    /// [`ForwardError::Missing`]: there is no such rule.
    pub fn remove_forward(&self, rule: &Forward) -> Result<(), ForwardError> {
        let shared = self.shared()?;
        let mut rules = shared.lock();
        let at = rules.1.iter().position(|a| a.rule == *rule);
        let at = at.ok_or_else(|| ForwardError::Missing { rule: Box::new(rule.clone()) })?;
        rules.1.remove(at);
        Ok(())
    }

    /// What is forwarded now.
    #[must_use]
    pub fn forwards(&self) -> Vec<Forward> {
        let shared = self.0.upgrade();
        shared.map_or_else(Vec::new, |s| s.lock().1.iter().map(|a| a.rule.clone()).collect())
    }

    /// What the network is doing; all zero once it has ended.
    #[must_use]
    pub fn status(&self) -> Status {
        let Some(shared) = self.0.upgrade() else { return Status::default() };
        let c = &shared.counters;
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        Status {
            from_guest: get(&c.from_guest),
            to_guest: get(&c.to_guest),
            dropped: get(&c.dropped),
            tcp: get(&c.tcp),
            udp: get(&c.udp),
            connections: get(&c.connections),
        }
    }
}
