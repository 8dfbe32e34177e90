//! One connection: our end of the guest's TCP (RFC 9293), joined to a socket of the host.
//!
//! ```text
//!   guest ══ segments ══►  in order? ──► socket        what the socket does not take now waits in `up`;
//!                          pieces        │  up          its size is the window the guest is told
//!   guest ◄══ segments ══  out (ring) ◄──┘ socket      what the guest has not acknowledged stays in `out`;
//!                                                       when it is full, the socket is not read
//! ```
//! Either side may close its half first. This file is what arrives; `output.rs` is what leaves.

use super::reassembly::Reassembly;
use super::recovery::Recovery;
use super::ring::Ring;
use super::segment::{ACK, FIN, RST, SYN, Segment, before, distance};
use crate::user::clock::Time;
use crate::user::frame::Mac;
use crate::user::udp::End;
use rustix::io::Errno;
use rustix::net::{SendFlags, Shutdown, send, shutdown};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// An acknowledgement waits so long for data to go with it.
const DELAY: Duration = Duration::from_millis(2);
/// A guest that is silent for so long is asked whether it still knows the connection.
const KEEPALIVE: Duration = Duration::from_secs(300);
const KEEPALIVE_AGAIN: Duration = Duration::from_secs(30);
/// Times that something is sent without an answer.
const MAX_RETRIES: u32 = 10;
/// A connection from outside waits so long for the guest, asking at least so often: it may be booting.
const MAX_KNOCKS: u32 = 32;
/// A window without room is asked about at least so often.
const PROBE: Duration = Duration::from_secs(10);
/// What comes late is answered for so long.
const LINGER: Duration = Duration::from_secs(2);
const KNOCK: Duration = Duration::from_secs(2);
/// Segments from the guest that are acknowledged at once. RFC 9293 has two; but nothing is lost on the way from a guest,
/// each acknowledgement costs it an interrupt, and it begins with ten.
const ACK_AFTER: u32 = 8;
/// Acknowledgements of the same that wait to be sent.
const MAX_DUPLICATES: u8 = 64;
/// The segment size of a guest that does not say one, and the least that is believed.
const DEFAULT_MSS: u16 = 536;
const MIN_MSS: u16 = 64;
/// Bits that our window is shifted.
pub(super) const SCALE: u8 = 5;

/// The Ethernet address of a guest that has not been heard of.
pub(super) const UNKNOWN: Mac = [0; 6];

/// Which connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) guest: End,
    pub(super) remote: End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// The guest wants to connect; the host's socket is at it.
    Connecting,
    /// The host has; the guest has to hear of it.
    SynReceived,
    /// Somebody outside wants to connect to the guest.
    SynSent,
    /// Both sides know.
    Open,
    /// All is over; only what comes late is answered.
    TimeWait,
}

/// What becomes of a connection after something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It goes on.
    Keep,
    /// It is over, in good order or because the guest said so.
    Remove,
    /// It broke: the guest is told, and the host's side reset.
    Reset,
    /// The host's side cannot connect.
    Refused(Errno),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    No,
    By(Time),
    Now,
}

#[derive(Debug)]
pub(super) struct Flow {
    pub(super) key: Key,
    pub(super) mac: Mac,
    pub(super) fd: Option<OwnedFd>,
    pub(super) state: State,
    /// To the guest: first byte not acknowledged, next to send, highest sent.
    pub(super) una: u32,
    pub(super) next: u32,
    pub(super) highest: u32,
    pub(super) out: Ring,
    pub(super) host_ended: bool,
    /// Our FIN's number, once it has been sent.
    pub(super) fin: Option<u32>,
    /// What the guest takes beyond `una`, and the segment that said so.
    pub(super) window: u32,
    window_from: (u32, u32),
    pub(super) guest_scale: u8,
    pub(super) mss: u16,
    pub(super) recovery: Recovery,
    pub(super) head_again: bool,
    pub(super) syn_due: bool,
    pub(super) probe_due: bool,
    pub(super) resend_at: Option<Time>,
    retries: u32,
    probes: u32,
    /// From the guest: next expected byte, last acknowledged, right edge of the window it was told.
    pub(super) expected: u32,
    pub(super) acked: u32,
    pub(super) edge: u32,
    pub(super) limit: usize,
    pub(super) scale: Option<u8>,
    up: Ring,
    pieces: Reassembly,
    fin_at: Option<u32>,
    pub(super) guest_ended: bool,
    guest_first: bool,
    shut: bool,
    pub(super) ack: Due,
    /// Acknowledgements that say the same again: from three on the guest knows that something was lost.
    pub(super) duplicates: u8,
    /// The host's socket.
    pub(super) readable: bool,
    pub(super) hung_up: bool,
    quiet_until: Time,
    /// In the queue of those that may have something to send; the timer that is set.
    pub(super) queued: bool,
    pub(super) armed: Option<Time>,
    /// Which name server is tried.
    pub(super) attempt: usize,
}

impl Flow {
    /// A connection in `state`, our first sequence number being `first`. `limit` bytes may wait in each direction.
    pub(super) fn new(
        key: Key,
        mac: Mac,
        (fd, state): (OwnedFd, State),
        first: u32,
        limit: usize,
        now: Time,
    ) -> Flow {
        Flow {
            key,
            mac,
            fd: Some(fd),
            state,
            una: first,
            next: first,
            highest: first,
            out: Ring::default(),
            host_ended: false,
            fin: None,
            window: 0,
            window_from: (0, 0),
            guest_scale: 0,
            mss: DEFAULT_MSS,
            recovery: Recovery::new(),
            head_again: false,
            syn_due: matches!(state, State::SynReceived | State::SynSent),
            probe_due: false,
            // Nobody knows yet where the guest is: it is asked for, again and again.
            resend_at: (mac == UNKNOWN).then_some(now + KNOCK),
            retries: 0,
            probes: 0,
            expected: 0,
            acked: 0,
            edge: 0,
            limit,
            scale: Some(SCALE),
            up: Ring::default(),
            pieces: Reassembly::default(),
            fin_at: None,
            guest_ended: false,
            guest_first: false,
            shut: false,
            ack: Due::No,
            duplicates: 0,
            readable: false,
            hung_up: false,
            quiet_until: now + KEEPALIVE,
            queued: false,
            armed: None,
            attempt: 0,
        }
    }

    /// The guest's SYN: what it said of itself.
    pub(super) fn greet(&mut self, segment: &Segment<'_>, mtu: u16) {
        let ours = self.largest(mtu);
        self.mss = segment.mss.unwrap_or(DEFAULT_MSS).clamp(MIN_MSS, ours);
        match segment.scale {
            Some(scale) => self.guest_scale = scale,
            None => {
                self.scale = None;
                self.limit = self.limit.min(65_535);
            }
        }
        self.expected = segment.seq.wrapping_add(1);
        self.acked = self.expected;
        self.edge = self.expected.wrapping_add(self.limit.min(65_535) as u32);
        self.window = segment.window.into();
        self.window_from = (segment.seq, segment.ack);
    }

    /// The largest segment of this connection's family.
    pub(super) fn largest(&self, mtu: u16) -> u16 {
        mtu - if self.key.guest.0.is_ipv4() { 40 } else { 60 }
    }

    /// A segment from the guest.
    pub(super) fn input(&mut self, segment: &Segment<'_>, mtu: u16, now: Time) -> Outcome {
        self.quiet_until = now + if self.state == State::TimeWait { LINGER } else { KEEPALIVE };
        self.probes = 0;
        match self.state {
            State::Connecting => {
                // The same SYN again, or it has given up.
                return if segment.has(RST) { Outcome::Remove } else { Outcome::Keep };
            }
            State::SynSent => return self.greeted(segment, mtu, now),
            _ => {}
        }
        let offset = distance(segment.seq, self.expected);
        let window = distance(self.edge, self.expected).max(0);
        let end = i64::from(offset) + segment.len() as i64;
        let fits = offset <= window && (end > 0 || (offset == 0 && segment.len() == 0));
        if segment.has(RST) {
            if offset == 0 {
                return Outcome::Remove;
            }
            if fits {
                self.ack = Due::Now; // somebody guesses (RFC 5961, 3.2)
            }
            return Outcome::Keep;
        }
        if segment.has(SYN) {
            self.syn_due |= self.state == State::SynReceived;
            self.ack = Due::Now;
            return Outcome::Keep;
        }
        if !segment.has(ACK) {
            return Outcome::Keep;
        }
        if !fits {
            self.ack = Due::Now;
            // An old segment can be the one that says all has arrived.
            if offset > window || self.state == State::TimeWait {
                return Outcome::Keep;
            }
        }
        if self.state == State::SynReceived {
            if segment.ack != self.highest {
                return Outcome::Reset;
            }
            self.opened(now);
        }
        self.acknowledged(segment, now);
        if fits && self.state == State::Open {
            match self.take(segment, offset, now) {
                Outcome::Keep => {}
                other => return other,
            }
        }
        self.finished()
    }

    /// The answer to our SYN.
    fn greeted(&mut self, segment: &Segment<'_>, mtu: u16, now: Time) -> Outcome {
        let ours = segment.has(ACK) && segment.ack == self.highest && self.highest != self.una;
        if segment.has(RST) {
            return if ours { Outcome::Remove } else { Outcome::Keep };
        }
        if !ours || !segment.has(SYN) {
            return Outcome::Keep;
        }
        self.greet(segment, mtu);
        self.opened(now);
        self.ack = Due::Now;
        self.fill()
    }

    fn opened(&mut self, now: Time) {
        self.state = State::Open;
        (self.una, self.next) = (self.highest, self.highest);
        self.syn_due = false;
        self.retries = 0;
        self.resend_at = None;
        self.recovery.acknowledged(self.una, 1, self.mss.into(), now);
    }

    /// Bytes on their way to the guest, a FIN among them.
    pub(super) fn flight(&self) -> u32 {
        self.next.wrapping_sub(self.una)
    }

    fn acknowledged(&mut self, segment: &Segment<'_>, now: Time) {
        let ack = segment.ack;
        if before(self.highest, ack) {
            self.ack = Due::Now;
            return;
        }
        let window = u32::from(segment.window) << self.guest_scale;
        let (seq_before, ack_before) = self.window_from;
        let newer =
            before(seq_before, segment.seq) || (seq_before == segment.seq && !before(ack, ack_before));
        let same_window = window == self.window;
        if newer && !before(ack, self.una) {
            self.window = window;
            self.window_from = (segment.seq, ack);
        }
        if before(self.una, ack) {
            let count = ack.wrapping_sub(self.una);
            self.out.consume(count as usize);
            self.una = ack;
            if before(self.next, ack) {
                self.next = ack; // what was sent before the last time-out has arrived
            }
            self.retries = 0;
            self.head_again |= self.recovery.acknowledged(ack, count, self.mss.into(), now);
            self.recovery.answered();
            self.resend_at = None;
        } else if ack == self.una && segment.len() == 0 && same_window && self.flight() > 0 {
            self.head_again |= self.recovery.duplicate(self.flight(), self.highest, self.mss.into());
        } else if self.flight() == 0 && self.window == 0 {
            self.retries = 0; // a probe was answered: it lives, and has no room
        }
        if self.window > 0 && self.flight() == 0 {
            self.resend_at = None;
        }
    }

    /// Data and FIN of a segment that begins `offset` bytes behind what is expected.
    fn take(&mut self, segment: &Segment<'_>, offset: i32, now: Time) -> Outcome {
        if segment.has(FIN) {
            let at = segment.seq.wrapping_add(segment.payload.len() as u32);
            // A FIN has one place; beyond the window it comes again.
            if distance(at, self.edge) <= 0 {
                self.fin_at.get_or_insert(at);
            }
        }
        let mut payload = segment.payload;
        if self.guest_ended || payload.is_empty() {
            payload = &[];
        }
        let room = distance(self.edge, self.expected).max(0) as usize;
        if offset > 0 && !payload.is_empty() {
            let ahead = offset as usize;
            let keep = payload.len().min(room.saturating_sub(ahead));
            self.pieces.add(ahead, &payload[..keep]);
            self.duplicates = (self.duplicates + 1).min(MAX_DUPLICATES);
            self.ack = Due::Now;
        } else if !payload.is_empty() {
            let known = offset.unsigned_abs() as usize;
            let fresh = payload.get(known..).unwrap_or_default();
            let fresh = &fresh[..fresh.len().min(room)];
            if known + fresh.len() < payload.len() {
                self.ack = Due::Now; // a probe of our window, or beyond it
            }
            if let Err(e) = self.accept(fresh) {
                return broken(e);
            }
            while let Some(piece) = self.pieces.next() {
                self.ack = Due::Now;
                if let Err(e) = self.accept(&piece) {
                    return broken(e);
                }
            }
            if !self.pieces.is_empty() || known > 0 {
                self.ack = Due::Now;
            }
            self.delay_ack(now);
        }
        if self.fin_at == Some(self.expected) && !self.guest_ended {
            self.guest_ended = true;
            self.guest_first = self.fin.is_none();
            self.expected = self.expected.wrapping_add(1);
            self.ack = Due::Now;
            return self.pass_on_end();
        }
        Outcome::Keep
    }

    fn delay_ack(&mut self, now: Time) {
        let pending = self.expected.wrapping_sub(self.acked);
        if pending >= ACK_AFTER * u32::from(self.mss) {
            self.ack = Due::Now;
        } else if pending > 0 && self.ack == Due::No {
            self.ack = Due::By(now + DELAY);
        }
    }

    /// Bytes that are next in the stream go to the host, or wait for it.
    fn accept(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        let sent = if self.up.is_empty() { self.send(bytes)? } else { 0 };
        // The window is never larger than what fits, so all of it does.
        let kept = self.up.push(&bytes[sent..], self.limit);
        let count = sent + kept;
        self.expected = self.expected.wrapping_add(count as u32);
        self.pieces.advance(count);
        Ok(())
    }

    fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let (Some(fd), false) = (&self.fd, bytes.is_empty()) else { return Ok(0) };
        match send(fd, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Err(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => Ok(0),
            other => other,
        }
    }

    /// The host's socket takes more.
    pub(super) fn drain(&mut self) -> Outcome {
        while !self.up.is_empty() {
            let (first, _) = self.up.slices(0, self.up.len());
            match self.send(first) {
                Ok(0) => break,
                Ok(count) => self.up.consume(count),
                Err(e) => return broken(e),
            }
        }
        if self.up.is_empty() {
            self.up.shrink();
        }
        let grown = distance(self.right_edge(), self.edge).max(0) as usize;
        if grown >= (self.limit / 2).min(2 * usize::from(self.mss)) && !self.guest_ended {
            self.ack = Due::Now;
        }
        self.pass_on_end()
    }

    /// The end of the window that the guest may be told now.
    pub(super) fn right_edge(&self) -> u32 {
        let edge = self.expected.wrapping_add((self.limit - self.up.len().min(self.limit)) as u32);
        if before(edge, self.edge) { self.edge } else { edge }
    }

    /// When the guest has closed its half and all of it is with the host, the host's half is closed too.
    fn pass_on_end(&mut self) -> Outcome {
        if self.guest_ended && self.up.is_empty() && !self.shut {
            self.shut = true;
            if let Some(fd) = &self.fd {
                // It fails only if the other side has reset, which reading will tell.
                let _ = shutdown(fd, Shutdown::Write);
            }
        }
        self.finished()
    }

    /// Reads from the host while there is something and room for it.
    pub(super) fn fill(&mut self) -> Outcome {
        // What the guest will not take now need not be here.
        let useful = (self.window as usize).saturating_mul(2).max(64 << 10).min(self.limit);
        while self.readable && !self.host_ended {
            let Some(fd) = &self.fd else { break };
            if self.out.free() < (self.limit / 8).min(16 << 10) {
                self.out.grow(useful);
            }
            let free = self.out.free();
            if free == 0 {
                break;
            }
            match self.out.read_from(fd.as_fd()) {
                Ok(0) => self.host_ended = true,
                Ok(count) if count < free && !self.hung_up => self.readable = false,
                Ok(_) => {}
                Err(Errno::AGAIN | Errno::INTR) => self.readable = false,
                Err(e) => return broken(e),
            }
        }
        Outcome::Keep
    }

    /// Is there nothing left to do?
    fn finished(&mut self) -> Outcome {
        let arrived = self.fin.is_some_and(|fin| before(fin, self.una));
        if !(arrived && self.shut && self.state == State::Open) {
            return Outcome::Keep;
        }
        if self.guest_first {
            return Outcome::Remove;
        }
        // Who closes first has to be there for what comes late (RFC 9293, 3.6.1). The host's port is free meanwhile.
        self.state = State::TimeWait;
        self.quiet_until = self.quiet_until - KEEPALIVE + LINGER;
        self.fd = None;
        self.resend_at = None;
        (self.out, self.up) = (Ring::default(), Ring::default());
        Outcome::Keep
    }

    /// When something is to be done without anybody coming.
    pub(super) fn deadline(&self) -> Time {
        let idle = self.quiet_until;
        let ack = if let Due::By(when) = self.ack { when } else { idle };
        idle.min(ack).min(self.resend_at.unwrap_or(idle))
    }

    /// Does what is due.
    pub(super) fn timer(&mut self, now: Time) -> Outcome {
        if let Due::By(when) = self.ack
            && when <= now
        {
            self.ack = Due::Now;
        }
        if self.state == State::TimeWait {
            return if now >= self.quiet_until { Outcome::Remove } else { Outcome::Keep };
        }
        if self.resend_at.is_some_and(|when| when <= now) {
            self.resend_at = None;
            self.retries += 1;
            let knocking = self.state == State::SynSent;
            if self.retries > if knocking { MAX_KNOCKS } else { MAX_RETRIES } {
                return Outcome::Reset;
            }
            if matches!(self.state, State::SynSent | State::SynReceived) {
                self.syn_due = true;
                self.recovery.back_off(KNOCK);
                if self.mac == UNKNOWN {
                    self.resend_at = Some(now + KNOCK);
                }
            } else {
                let flight = self.flight();
                self.probe_due = self.window == 0;
                self.next = self.una;
                if flight > 0 {
                    self.recovery.timed_out(flight, self.mss.into());
                } else {
                    self.recovery.back_off(PROBE);
                }
            }
        }
        if now >= self.quiet_until {
            self.quiet_until = now + KEEPALIVE_AGAIN;
            self.out.shrink();
            if self.state == State::Open {
                self.probes += 1;
                self.probe_due = true;
            }
            if self.probes > MAX_RETRIES {
                return Outcome::Reset;
            }
        }
        Outcome::Keep
    }
}

/// The host's side has gone.
fn broken(_: Errno) -> Outcome {
    Outcome::Reset
}
