//! Waiting for several descriptors at once, and a descriptor that a thread rings for another.

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// A bell: readable from the first ring until it is silenced.
#[derive(Debug)]
pub struct Bell(OwnedFd);

impl Bell {
    /// A bell that is silent.
    ///
    /// # Errors
    /// The host has no descriptors left.
    pub fn new() -> io::Result<Bell> {
        Ok(Bell(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
    }

    /// Rings. Never waits.
    pub fn ring(&self) {
        // A counter that is full says "readable" already.
        let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
    }

    /// Silences it; says whether it rang.
    pub fn silence(&self) -> bool {
        let mut count = [0; 8];
        rustix::io::read(&self.0, &mut count).is_ok()
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// What is waited for at a descriptor, and what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ready {
    /// There is something to read, or an end, or an error that a read will tell.
    pub read: bool,
    /// There is room to write, or an error that a write will tell.
    pub write: bool,
}

/// Waits until one of `fds` is ready for what is asked of it, at most `patience` (`None`: for ever). Answers what
/// came, in the same order; a signal may end the wait early, with nothing.
///
/// # Errors
/// What the kernel said to `poll`.
pub fn wait(fds: &[(BorrowedFd<'_>, Ready)], patience: Option<Duration>) -> io::Result<Vec<Ready>> {
    let mut asked: Vec<PollFd<'_>> = fds
        .iter()
        .map(|(fd, ready)| {
            let mut flags = PollFlags::empty();
            flags.set(PollFlags::IN, ready.read);
            flags.set(PollFlags::OUT, ready.write);
            PollFd::from_borrowed_fd(*fd, flags)
        })
        .collect();
    let patience = patience.map(|d| Timespec {
        tv_sec: i64::try_from(d.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(d.subsec_nanos()),
    });
    match poll(&mut asked, patience.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(e) => return Err(e.into()),
    }
    let trouble = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
    let came = asked.iter().zip(fds).map(|(fd, (_, asked))| {
        let came = fd.revents();
        Ready {
            read: asked.read && came.intersects(PollFlags::IN | trouble),
            write: asked.write && came.intersects(PollFlags::OUT | trouble),
        }
    });
    Ok(came.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Ready = Ready { read: true, write: false };

    #[test]
    fn a_bell_rings_until_it_is_silenced() {
        let (one, two) = (Bell::new().unwrap(), Bell::new().unwrap());
        let ready = |patience| {
            let fds = [(one.as_fd(), READ), (two.as_fd(), READ)];
            wait(&fds, patience).unwrap().iter().map(|r| r.read).collect::<Vec<_>>()
        };
        assert_eq!(ready(Some(Duration::ZERO)), [false, false]);
        two.ring();
        two.ring();
        assert_eq!(ready(None), [false, true]);
        assert!(two.silence());
        assert!(!two.silence());
        assert_eq!(ready(Some(Duration::from_millis(1))), [false, false]);
    }

    #[test]
    fn what_is_not_asked_for_is_not_told() {
        let (mut a, b) = std::os::unix::net::UnixStream::pair().unwrap();
        io::Write::write_all(&mut a, b"x").unwrap();
        let both = Ready { read: true, write: true };
        assert_eq!(wait(&[(b.as_fd(), both)], None).unwrap(), [both]);
        assert_eq!(wait(&[(b.as_fd(), READ)], None).unwrap(), [READ]);
        assert_eq!(wait(&[(b.as_fd(), Ready::default())], Some(Duration::ZERO)).unwrap(), [Ready::default()]);
    }
}
