//! A link to the host's kernel: a tap interface, its own or one on a bridge.
//!
//! ```text
//!   Link::send ──► header, frame ──► one write ──► /dev/net/tun ══ the kernel's interface ══ (bridge)
//! ```
//! The kernel takes frames whose checksum is still to be made and TCP in large units, and gives such frames too. It
//! must not know how the interface is used on the host's side: routes, addresses and filters are somebody else's.

use crate::link::{Features, Link, MAX_FRAME, Offload, Offloads, Received};
use crate::vnet;
use lodge_host::tap::{self, Tap, Undone};
use rustix::event::epoll;
use std::io::{self, ErrorKind, IoSlice, IoSliceMut, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// What the kernel does with a frame.
const KERNEL: Offloads = Offloads { checksum: true, tcp4: true, tcp6: true, udp: false };

/// An interface that cannot be used. One line, with what to try.
#[derive(Debug, thiserror::Error)]
pub enum TapError {
    /// The host has no tap interfaces at all.
    #[error("this host has no /dev/net/tun; load it as root with: modprobe tun")]
    NoTun,
    /// There is no such interface.
    #[error(
        "there is no tap interface {name}; make it as root with: ip tuntap add {name} mode tap user {} && ip link \
         set {name} up",
        user()
    )]
    Missing {
        /// Its name.
        name: String,
    },
    /// It is not ours.
    #[error(
        "you may not use the tap interface {name}: it belongs to somebody else; as root, delete it and make it with: \
         ip tuntap add {name} mode tap user {}",
        user()
    )]
    Forbidden {
        /// Its name.
        name: String,
    },
    /// Somebody has it open.
    #[error("the tap interface {name} is in use by another program; give each machine one of its own")]
    Busy {
        /// Its name.
        name: String,
    },
    /// Another kind of interface.
    #[error("{name} is no plain tap interface; make one with: ip tuntap add NAME mode tap")]
    NotTap {
        /// Its name.
        name: String,
    },
    /// There is no such bridge.
    #[error(
        "there is no bridge {name}; make it as root with: ip link add {name} type bridge && ip link set {name} up"
    )]
    NoBridge {
        /// Its name.
        name: String,
    },
    /// We may not make an interface on it.
    #[error(
        "only root may put a machine on the bridge {name}; as root, make a tap interface on it with: ip tuntap add \
         tap0 mode tap user {} && ip link set tap0 master {name} up, and use --net tap=tap0",
        user()
    )]
    ForbiddenBridge {
        /// Its name.
        name: String,
    },
    /// Anything else.
    #[error("cannot use the tap interface {name}: {source}")]
    Other {
        /// Its name.
        name: String,
        /// What the kernel said.
        source: io::Error,
    },
}

/// Who runs us, for advice.
fn user() -> String {
    std::env::var("USER").unwrap_or_else(|_| rustix::process::getuid().as_raw().to_string())
}

/// See the module's head.
#[derive(Debug)]
pub struct TapLink {
    tap: Tap,
    /// Waits for the interface; the interface is taken out of it when it is gone.
    ready: OwnedFd,
    mtu: u16,
    up: bool,
    gone: bool,
}

/// The tap interface `name`, which is there already.
///
/// # Errors
/// [`TapError`].
pub fn open(name: &str) -> Result<TapLink, TapError> {
    // Root would make the interface by opening it, and a misspelt name would work without leading anywhere.
    if !tap::exists(name) {
        return Err(TapError::Missing { name: name.into() });
    }
    TapLink::new(open_tap(name)?)
}

/// An interface of our own on the bridge `bridge`; it is gone with the link.
///
/// # Errors
/// [`TapError`].
pub fn on_bridge(bridge: &str) -> Result<TapLink, TapError> {
    if !tap::may_be_bridge(bridge) {
        return Err(TapError::NoBridge { name: bridge.into() });
    }
    let forbidden = || TapError::ForbiddenBridge { name: bridge.into() };
    let tap = open_tap("lodge%d").map_err(|e| match e {
        TapError::Forbidden { .. } => forbidden(),
        e => e,
    })?;
    tap.join(bridge).and_then(|()| tap.up()).map_err(|source| match source.kind() {
        ErrorKind::PermissionDenied => forbidden(),
        ErrorKind::Unsupported | ErrorKind::InvalidInput => TapError::NoBridge { name: bridge.into() },
        _ => TapError::Other { name: format!("{} on the bridge {bridge}", tap.name()), source },
    })?;
    TapLink::new(tap)
}

fn open_tap(name: &str) -> Result<Tap, TapError> {
    Tap::open(name).map_err(|source| {
        let name = name.to_owned();
        match source.kind() {
            ErrorKind::NotFound => TapError::NoTun,
            _ if source.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error()) => TapError::NoTun,
            ErrorKind::PermissionDenied => TapError::Forbidden { name },
            ErrorKind::ResourceBusy => TapError::Busy { name },
            ErrorKind::InvalidInput => TapError::NotTap { name },
            _ => TapError::Other { name, source },
        }
    })
}

impl TapLink {
    fn new(tap: Tap) -> Result<TapLink, TapError> {
        let failed = |source| TapError::Other { name: tap.name().to_owned(), source };
        let ready = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|e| failed(e.into()))?;
        epoll::add(&ready, tap.file(), epoll::EventData::new_u64(0), epoll::EventFlags::IN)
            .map_err(|e| failed(e.into()))?;
        let mtu = tap::mtu(tap.name()).map_err(failed)?;
        // Until a driver says more: nothing undone.
        tap.set_undone(Undone::default()).map_err(failed)?;
        let mtu = u16::try_from(mtu).unwrap_or(u16::MAX).max(1280);
        Ok(TapLink { tap, ready, mtu, up: true, gone: false })
    }

    /// The interface's name.
    pub fn name(&self) -> &str {
        self.tap.name()
    }

    /// What an error of a read or write means.
    fn failed(&mut self, error: &io::Error) {
        // Full, interrupted, or switched off for now: nothing to remember.
        let passing = [rustix::io::Errno::IO.raw_os_error(), rustix::io::Errno::INVAL.raw_os_error()];
        let waits = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted);
        if !waits && !error.raw_os_error().is_some_and(|e| passing.contains(&e)) {
            // The interface was deleted, which would show as "ready" for ever.
            self.gone = true;
            let _ = epoll::delete(&self.ready, self.tap.file());
        }
    }
}

impl Link for TapLink {
    fn features(&self) -> Features {
        Features { mtu: self.mtu, takes: KERNEL, gives: KERNEL }
    }

    fn start(&mut self, accepts: Offloads) {
        let Offloads { checksum, tcp4, tcp6, .. } = accepts;
        let undone = Undone { checksum, tso4: checksum && tcp4, tso6: checksum && tcp6, ecn: false };
        if let Err(e) = self.tap.set_undone(undone) {
            self.failed(&e);
        }
    }

    fn set_up(&mut self, up: bool) {
        self.up = up;
    }

    fn connected(&self) -> bool {
        !self.gone
    }

    fn send(&mut self, frame: &[u8], offload: Offload) {
        if !self.up || self.gone || frame.len() > MAX_FRAME {
            return;
        }
        let header = vnet::build(&offload, 0);
        let sent = self.tap.file().write_vectored(&[IoSlice::new(&header), IoSlice::new(frame)]);
        if let Err(e) = sent {
            self.failed(&e);
        }
    }

    fn receive(&mut self, room: &mut [u8]) -> Option<Received> {
        while !self.gone {
            let mut header = [0; vnet::LEN];
            let parts = &mut [IoSliceMut::new(&mut header), IoSliceMut::new(room)];
            match self.tap.file().read_vectored(parts) {
                Ok(len) => {
                    let len = len.saturating_sub(vnet::LEN);
                    let offload = vnet::parse(header, len, KERNEL);
                    if let (true, Some(offload)) = (self.up && len > 0, offload) {
                        return Some(Received { len, offload });
                    }
                }
                Err(e) => {
                    self.failed(&e);
                    if e.kind() != ErrorKind::Interrupted {
                        break;
                    }
                }
            }
        }
        None
    }

    fn ready(&self) -> BorrowedFd<'_> {
        self.ready.as_fd()
    }
}

#[cfg(test)]
#[path = "tap_tests.rs"]
mod tap_tests;
