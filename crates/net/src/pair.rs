//! Two links that are each other's far side, in memory: for tests, and for two guests of one process.
//!
//! ```text
//!   send ──► queue (bounded) ──► receive          each end has one queue and one event
//! ```
//! A full queue drops, as a switch does.

use crate::event::Event;
use crate::link::{Features, Link, MAX_FRAME, Offload, Offloads, Received};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, MutexGuard};

/// Frames that wait in one direction.
const DEPTH: usize = 1024;

#[derive(Debug)]
struct Queue {
    state: Mutex<State>,
    event: Event,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<(Vec<u8>, Offload)>,
    accepts: Offloads,
    closed: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// One end.
#[derive(Debug)]
pub struct Pair {
    incoming: Arc<Queue>,
    outgoing: Arc<Queue>,
    mtu: u16,
    up: bool,
}

/// Two ends that are joined.
///
/// # Errors
/// What the host said to one more descriptor.
pub fn pair(mtu: u16) -> io::Result<(Pair, Pair)> {
    let queue = || Ok::<_, io::Error>(Arc::new(Queue { state: Mutex::default(), event: Event::new()? }));
    let (a, b) = (queue()?, queue()?);
    let left = Pair { incoming: a.clone(), outgoing: b.clone(), mtu, up: true };
    Ok((left, Pair { incoming: b, outgoing: a, mtu, up: true }))
}

impl Pair {
    /// Frames that wait to be received at this end.
    pub fn waiting(&self) -> usize {
        self.incoming.lock().frames.len()
    }
}

impl Link for Pair {
    fn features(&self) -> Features {
        // Whatever one guest sends, the other has to accept: nobody in between would cut or sum it up.
        let far = self.outgoing.lock().accepts;
        Features { mtu: self.mtu, takes: far, gives: Offloads::ALL }
    }

    fn start(&mut self, accepts: Offloads) {
        self.incoming.lock().accepts = accepts;
    }

    fn set_up(&mut self, up: bool) {
        self.up = up;
    }

    fn connected(&self) -> bool {
        !self.incoming.lock().closed
    }

    fn send(&mut self, frame: &[u8], offload: Offload) {
        if !self.up || frame.len() > MAX_FRAME {
            return;
        }
        let mut state = self.outgoing.lock();
        if state.frames.len() < DEPTH {
            state.frames.push_back((frame.to_vec(), offload));
            if state.frames.len() == 1 {
                self.outgoing.event.set();
            }
        }
    }

    fn receive(&mut self, room: &mut [u8]) -> Option<Received> {
        loop {
            let mut state = self.incoming.lock();
            let Some((frame, offload)) = state.frames.pop_front() else {
                self.incoming.event.clear();
                return None;
            };
            drop(state);
            if self.up && frame.len() <= room.len() {
                room[..frame.len()].copy_from_slice(&frame);
                return Some(Received { len: frame.len(), offload });
            }
        }
    }

    fn ready(&self) -> BorrowedFd<'_> {
        self.incoming.event.as_fd()
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.outgoing.lock().closed = true;
        self.outgoing.event.set();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    fn readable(link: &impl Link) -> bool {
        let mut fds = [PollFd::from_borrowed_fd(link.ready(), PollFlags::IN)];
        poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).unwrap() == 1
    }

    #[test]
    fn frames_arrive_in_order_and_the_descriptor_says_so() {
        let (mut a, mut b) = pair(1500).unwrap();
        let mut room = vec![0; MAX_FRAME];
        assert!(!readable(&b));
        a.send(b"first", Offload::default());
        a.send(b"second", Offload::default());
        assert!(readable(&b) && !readable(&a));
        assert_eq!(b.receive(&mut room).unwrap().len, 5);
        assert!(readable(&b));
        assert_eq!(b.receive(&mut room).unwrap().len, 6);
        assert_eq!(&room[..6], b"second");
        assert_eq!(b.receive(&mut room), None);
        assert!(!readable(&b));
    }

    #[test]
    fn what_does_not_fit_is_dropped() {
        let (mut a, mut b) = pair(1500).unwrap();
        for _ in 0..2 * DEPTH {
            a.send(&[0; 64], Offload::default());
        }
        assert_eq!(b.waiting(), DEPTH);
        a.set_up(false);
        let mut room = [0; 32];
        assert_eq!(b.receive(&mut room), None);
        drop(a);
        assert!(!b.connected());
    }
}
