//! The switch itself, or a machine's way to it: one thread between a machine's own link and sockets.
//!
//! As the switch it learns behind which port an address is and sends frames there; a frame for a group, or for an
//! address it has not seen, goes to all. Connected to a switch it has one socket, and everything goes there.

use super::port::Port;
use super::{Role, find_role};
use crate::link::{Link, MAX_FRAME, Offload};
use crate::pair::Pair;
use lodge_host::event::{Ready, wait};
use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

/// Sockets of one switch.
const MAX_PORTS: usize = 64;
/// Addresses it remembers; when there are more it begins anew.
const MAX_ADDRESSES: usize = 4096;
/// Frames of one port before others get their turn.
const TURN: usize = 256;
/// Between attempts to find the switch again.
const PAUSE: Duration = Duration::from_millis(50);
/// The machine's own port; sockets have numbers from 1.
const OWN: u64 = 0;

/// See the module's head.
pub(super) struct Hub {
    path: PathBuf,
    own: Pair,
    /// As the switch: where others come in, and what says that we are it.
    listener: Option<(UnixListener, File)>,
    ports: Vec<(u64, Port)>,
    next: u64,
    addresses: HashMap<[u8; 6], u64>,
    room: Box<[u8]>,
}

impl Hub {
    pub(super) fn new(path: PathBuf, own: Pair, role: Option<Role>) -> io::Result<Hub> {
        let mut hub = Hub {
            path,
            own,
            listener: None,
            ports: Vec::new(),
            next: OWN + 1,
            addresses: HashMap::new(),
            room: vec![0; MAX_FRAME].into(),
        };
        hub.assume(role)?;
        Ok(hub)
    }

    fn assume(&mut self, role: Option<Role>) -> io::Result<()> {
        match role {
            Some(Role::Listens(listener, lock)) => {
                listener.set_nonblocking(true)?;
                self.listener = Some((listener, lock));
            }
            Some(Role::Connected(stream)) => self.ports.push((self.next, Port::new(stream)?)),
            None => {}
        }
        self.next += 1;
        Ok(())
    }

    /// Until the machine's own link is gone.
    pub(super) fn run(mut self) {
        while self.own.connected() {
            if self.listener.is_none() && self.ports.is_empty() && !self.find() {
                continue;
            }
            self.turn();
            self.ports.retain(|(_, port)| !port.over);
            if self.addresses.len() > MAX_ADDRESSES {
                self.addresses.clear();
            }
        }
        if self.listener.take().is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }

    /// The switch has ended: becomes it, or connects to who has. Says whether it did.
    fn find(&mut self) -> bool {
        // Also after a success: a switch that is full closes every new connection.
        let _ = wait(&[], Some(PAUSE));
        // Frames of our own lead nowhere meanwhile.
        while self.own.receive(&mut self.room).is_some() {}
        self.addresses.clear();
        let found = find_role(&self.path).ok().flatten();
        found.is_some() && self.assume(found).is_ok()
    }

    /// Waits for something to do, and does it.
    fn turn(&mut self) {
        let read = Ready { read: true, write: false };
        let mut fds = vec![(self.own.ready(), read)];
        fds.extend(
            self.ports.iter().map(|(_, port)| (port.as_fd(), Ready { read: true, write: port.is_full() })),
        );
        fds.extend(self.listener.iter().map(|(listener, _)| (listener.as_fd(), read)));
        let Ok(ready) = wait(&fds, None) else { return };
        let came = |n: usize| ready.get(n).copied().unwrap_or_default();
        if came(0).read {
            self.own_frames();
        }
        for n in 0..self.ports.len() {
            if came(n + 1).read {
                self.port_frames(n);
            }
        }
        if came(self.ports.len() + 1).read {
            self.accept();
        }
        for (_, port) in &mut self.ports {
            port.flush();
        }
    }

    fn accept(&mut self) {
        let Some((listener, _)) = &self.listener else { return };
        while let Ok((stream, _)) = listener.accept() {
            // One too many is closed again; whoever it was tries again, or tells its user.
            if self.ports.len() < MAX_PORTS
                && let Ok(port) = Port::new(stream)
            {
                self.ports.push((self.next, port));
                self.next += 1;
            }
        }
    }

    fn own_frames(&mut self) {
        for _ in 0..TURN {
            let Some(received) = self.own.receive(&mut self.room) else { break };
            let frame = &self.room[..received.len];
            let Some(to) = learn(&mut self.addresses, frame, OWN) else { continue };
            for (number, port) in &mut self.ports {
                if to.is_none_or(|to| to == *number) {
                    port.send(frame);
                }
            }
        }
    }

    fn port_frames(&mut self, n: usize) {
        self.ports[n].1.fill();
        // The others' turn to send is while this one's frames are looked at: it steps aside.
        let (from, mut source) = self.ports.swap_remove(n);
        while let Some(frame) = source.next_frame() {
            let Some(to) = learn(&mut self.addresses, frame, from) else { continue };
            if to.is_none_or(|to| to == OWN) {
                self.own.send(frame, Offload::default());
            }
            for (number, port) in &mut self.ports {
                if to.is_none_or(|to| to == *number) {
                    port.send(frame);
                }
            }
        }
        self.ports.push((from, source));
        let last = self.ports.len() - 1;
        self.ports.swap(n, last);
    }
}

/// Remembers whose frame this is, and says where it goes: `Some(None)` is to all others, `None` is nowhere.
fn learn(addresses: &mut HashMap<[u8; 6], u64>, frame: &[u8], from: u64) -> Option<Option<u64>> {
    let (to, rest) = frame.split_first_chunk::<6>()?;
    let (source, rest) = rest.split_first_chunk::<6>()?;
    if rest.len() < 2 || source[0] & 1 != 0 {
        return None;
    }
    addresses.insert(*source, from);
    let group = to[0] & 1 != 0;
    match addresses.get(to).filter(|_| !group) {
        Some(port) if *port == from => None,
        known => Some(known.copied()),
    }
}
