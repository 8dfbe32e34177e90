//! What a connection has to send to the guest now, one frame at a time, straight into the guest's buffer.

use super::flow::{Due, Flow, State};
use super::segment::{ACK, FIN, HEADER, Head, PSH, RST, SYN, before};
use crate::link::{Offloads, Received};
use crate::user::clock::Time;
use crate::user::frame::{Mac, Route};

/// The longest IP packet.
const MAX_PACKET: usize = 65_535;

/// Where and how to write.
#[derive(Debug)]
pub(super) struct Room<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) mac: Mac,
    pub(super) mtu: u16,
    pub(super) accepts: Offloads,
    pub(super) now: Time,
}

impl Flow {
    fn route(&self, mac: Mac) -> Route {
        Route { from: mac, to: self.mac, src: self.key.remote.0, dst: self.key.guest.0 }
    }

    fn head(&self, seq: u32, flags: u8) -> Head {
        let scale = self.scale.unwrap_or(0);
        let window = self.right_edge().wrapping_sub(self.expected) >> scale;
        Head {
            src: self.key.remote.1,
            dst: self.key.guest.1,
            seq,
            ack: if flags & ACK != 0 { self.expected } else { 0 },
            flags,
            window: window.min(65_535) as u16,
            options: None,
        }
    }

    /// Writes a frame. All but the first have an acknowledgement with them.
    fn write(&mut self, room: &mut Room<'_>, head: &Head, at: usize, len: usize) -> Option<Received> {
        let route = self.route(room.mac);
        let payload = self.out.slices(at, len);
        let mss = if self.state == State::Open { self.mss } else { u16::MAX };
        let received = head.write(room.bytes, &route, payload, mss, room.accepts)?;
        if head.flags & ACK != 0 {
            self.ack = Due::No;
            self.duplicates = 0;
            self.acked = self.expected;
            let scale = if head.flags & SYN != 0 { 0 } else { self.scale.unwrap_or(0) };
            let edge = self.expected.wrapping_add(u32::from(head.window) << scale);
            if before(self.edge, edge) {
                self.edge = edge;
            }
        }
        Some(received)
    }

    /// The next frame, if there is one to send.
    pub(super) fn output(&mut self, room: &mut Room<'_>) -> Option<Received> {
        match self.state {
            State::Connecting => None,
            State::SynSent | State::SynReceived => self.syn(room),
            State::TimeWait => self.acknowledge(room),
            State::Open => {
                let sent = self.again(room).or_else(|| self.data(room)).or_else(|| self.probe(room));
                if self.flight() > 0 {
                    // The clock begins anew with each acknowledgement, whether there is more to send or not.
                    self.resend_at.get_or_insert(room.now + self.recovery.rto());
                }
                sent.or_else(|| self.acknowledge(room))
            }
        }
    }

    fn syn(&mut self, room: &mut Room<'_>) -> Option<Received> {
        if !std::mem::take(&mut self.syn_due) {
            return None;
        }
        let flags = if self.state == State::SynSent { SYN } else { SYN | ACK };
        let mut head = self.head(self.una, flags);
        head.window = self.limit.min(65_535) as u16;
        head.options = Some((self.largest(room.mtu), self.scale));
        self.next = self.una.wrapping_add(1);
        self.highest = self.next;
        self.recovery.sent(self.next, room.now);
        self.resend_at = Some(room.now + self.recovery.rto());
        self.write(room, &head, 0, 0)
    }

    fn acknowledge(&mut self, room: &mut Room<'_>) -> Option<Received> {
        if self.ack != Due::Now {
            return None;
        }
        let head = self.head(self.highest, ACK);
        let more = self.duplicates.saturating_sub(1);
        let received = self.write(room, &head, 0, 0)?;
        if more > 0 {
            (self.ack, self.duplicates) = (Due::Now, more);
        }
        Some(received)
    }

    /// Bytes of one segment that fit a frame.
    fn unit(&self, room: &Room<'_>) -> usize {
        let mss = usize::from(self.mss);
        let v4 = self.key.guest.0.is_ipv4();
        let many = if v4 { room.accepts.tcp4 } else { room.accepts.tcp6 } && room.accepts.checksum;
        let headers = self.route(room.mac).header_len() + HEADER;
        let most = (MAX_PACKET - 40 - HEADER).min(room.bytes.len().saturating_sub(headers));
        if many { (most / mss * mss).max(mss) } else { mss }.min(most)
    }

    /// One segment that was lost, without changing what is next.
    fn again(&mut self, room: &mut Room<'_>) -> Option<Received> {
        if !std::mem::take(&mut self.head_again) || self.flight() == 0 {
            return None;
        }
        let len = self.out.len().min(self.mss.into()).min(self.flight() as usize);
        let fin = len == self.out.len() && self.fin.is_some();
        let head = self.head(self.una, ACK | PSH | if fin { FIN } else { 0 });
        self.resend_at = Some(room.now + self.recovery.rto());
        self.write(room, &head, 0, len)
    }

    /// Data that may be sent now, and the FIN behind it.
    fn data(&mut self, room: &mut Room<'_>) -> Option<Received> {
        let flight = self.flight() as usize;
        let waiting = self.out.len().saturating_sub(flight);
        let window = (self.window.min(self.recovery.window()) as usize).saturating_sub(flight);
        let len = waiting.min(window).min(self.unit(room));
        let mss = usize::from(self.mss);
        // A small window is not filled with small segments (RFC 9293, 3.8.6.2.1): more will be acknowledged.
        if waiting > 0 && len < waiting.min(mss) && flight > 0 {
            return None;
        }
        // Whole segments, unless it is all there is.
        let len = if len > mss && len < waiting { len / mss * mss } else { len };
        let last = self.host_ended && len == waiting;
        // A FIN has to fit the window too, unless nothing else is left that would ask for room.
        let fits = flight + len < self.window as usize || (flight == 0 && waiting == 0);
        let fin = last && fits && flight <= self.out.len() && (len > 0 || waiting == 0);
        if len == 0 && !fin {
            if waiting > 0 && self.window == 0 && flight == 0 && self.resend_at.is_none() {
                self.resend_at = Some(room.now + self.recovery.rto());
            }
            return None;
        }
        let seq = self.next;
        let flags = ACK | if len == waiting { PSH } else { 0 } | if fin { FIN } else { 0 };
        let head = self.head(seq, flags);
        let received = self.write(room, &head, flight, len)?;
        self.next = seq.wrapping_add((len + usize::from(fin)) as u32);
        if fin {
            self.fin = Some(seq.wrapping_add(len as u32));
        }
        if before(self.highest, self.next) {
            if self.highest == seq {
                self.recovery.sent(self.next, room.now);
            }
            self.highest = self.next;
        }
        self.resend_at.get_or_insert(room.now + self.recovery.rto());
        Some(received)
    }

    /// Asks the guest whether it is there and has room: an old number, which it has to answer.
    fn probe(&mut self, room: &mut Room<'_>) -> Option<Received> {
        if !std::mem::take(&mut self.probe_due) {
            return None;
        }
        let head = self.head(self.una.wrapping_sub(1), ACK);
        self.write(room, &head, 0, 0)
    }

    /// Tells the guest that it is over.
    pub(super) fn reset(&mut self, room: &mut Room<'_>) -> Option<Received> {
        let head = match self.state {
            // As an answer to its SYN.
            State::Connecting => self.head(0, RST | ACK),
            State::SynSent => self.head(self.highest, RST),
            _ => self.head(self.highest, RST | ACK),
        };
        let route = self.route(room.mac);
        head.write(room.bytes, &route, (&[], &[]), self.mss, room.accepts)
    }
}
