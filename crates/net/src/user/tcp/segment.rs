//! TCP segments as bytes (RFC 9293, 3.1), and arithmetic on sequence numbers.

use crate::link::{Offload, Offloads, Received, SegmentKind, Segmentation};
use crate::user::frame::Route;
use smoltcp::wire::{IpProtocol, TcpOption, TcpPacket, TcpSeqNumber};

/// Bytes of a header without options.
pub(super) const HEADER: usize = 20;
/// Where its checksum is.
const CHECKSUM: usize = 16;

pub(super) const FIN: u8 = 1;
pub(super) const SYN: u8 = 2;
pub(super) const RST: u8 = 4;
pub(super) const PSH: u8 = 8;
pub(super) const ACK: u8 = 16;

/// `a - b` on the circle of sequence numbers.
pub(super) fn distance(a: u32, b: u32) -> i32 {
    a.wrapping_sub(b) as i32
}

/// Does `a` come before `b`?
pub(super) fn before(a: u32, b: u32) -> bool {
    distance(a, b) < 0
}

/// A segment from the guest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) src: u16,
    pub(super) dst: u16,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) flags: u8,
    pub(super) window: u16,
    pub(super) mss: Option<u16>,
    pub(super) scale: Option<u8>,
    pub(super) payload: &'a [u8],
}

impl<'a> Segment<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Segment<'a>> {
        let tcp = TcpPacket::new_checked(bytes).ok()?;
        if usize::from(tcp.header_len()) < HEADER || tcp.src_port() == 0 || tcp.dst_port() == 0 {
            return None;
        }
        let (mut mss, mut scale) = (None, None);
        let mut options = tcp.options();
        while tcp.syn() && !options.is_empty() {
            let Ok((rest, option)) = TcpOption::parse(options) else { break };
            match option {
                TcpOption::EndOfList => break,
                TcpOption::MaxSegmentSize(size) => mss = Some(size),
                TcpOption::WindowScale(shift) => scale = Some(shift.min(14)),
                _ => {}
            }
            options = rest;
        }
        let flag = |set: bool, bit: u8| if set { bit } else { 0 };
        Some(Segment {
            src: tcp.src_port(),
            dst: tcp.dst_port(),
            seq: tcp.seq_number().0 as u32,
            ack: tcp.ack_number().0 as u32,
            flags: flag(tcp.fin(), FIN) | flag(tcp.syn(), SYN) | flag(tcp.rst(), RST) | flag(tcp.ack(), ACK),
            window: tcp.window_len(),
            mss,
            scale,
            payload: tcp.payload(),
        })
    }

    pub(super) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// What it takes of the sequence space.
    pub(super) fn len(&self) -> usize {
        self.payload.len() + usize::from(self.has(SYN)) + usize::from(self.has(FIN))
    }
}

/// A segment to the guest, without its payload.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) src: u16,
    pub(super) dst: u16,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) flags: u8,
    pub(super) window: u16,
    /// Options of a SYN: our largest segment and our window's scale.
    pub(super) options: Option<(u16, Option<u8>)>,
}

impl Head {
    pub(super) fn len(&self) -> usize {
        match self.options {
            None => HEADER,
            Some((_, None)) => HEADER + 4,
            Some((_, Some(_))) => HEADER + 8,
        }
    }

    /// Writes the whole frame into `room`. A payload longer than `mss` is left to be cut.
    pub(super) fn write(
        &self,
        room: &mut [u8],
        route: &Route,
        payload: (&[u8], &[u8]),
        mss: u16,
        accepts: Offloads,
    ) -> Option<Received> {
        let count = payload.0.len() + payload.1.len();
        let (at, header) = (route.header_len(), self.len());
        let len = header + count;
        let room = room.get_mut(..at + len)?;
        route.write(room, IpProtocol::Tcp, len);
        let mut tcp = TcpPacket::new_unchecked(&mut room[at..]);
        tcp.set_src_port(self.src);
        tcp.set_dst_port(self.dst);
        tcp.set_seq_number(TcpSeqNumber(self.seq as i32));
        tcp.set_ack_number(TcpSeqNumber(self.ack as i32));
        tcp.clear_flags();
        tcp.set_header_len(header as u8);
        tcp.set_fin(self.flags & FIN != 0);
        tcp.set_syn(self.flags & SYN != 0);
        tcp.set_rst(self.flags & RST != 0);
        tcp.set_psh(self.flags & PSH != 0);
        tcp.set_ack(self.flags & ACK != 0);
        tcp.set_window_len(self.window);
        tcp.set_urgent_at(0);
        let body = at + header;
        if let Some((mss, scale)) = self.options {
            let [high, low] = mss.to_be_bytes();
            room[at + HEADER..at + HEADER + 4].copy_from_slice(&[2, 4, high, low]);
            if let Some(scale) = scale {
                room[at + HEADER + 4..body].copy_from_slice(&[3, 3, scale, 0]);
            }
        }
        room[body..body + payload.0.len()].copy_from_slice(payload.0);
        room[body + payload.0.len()..].copy_from_slice(payload.1);
        let checksum = route.checksum(room, IpProtocol::Tcp, (at, len), CHECKSUM, accepts.checksum);
        let kind = if route.dst.is_ipv4() { SegmentKind::Tcp4 } else { SegmentKind::Tcp6 };
        let segmentation =
            (count > usize::from(mss)).then_some(Segmentation { kind, size: mss, header_len: body as u16 });
        Some(Received { len: at + len, offload: Offload { checksum, segmentation } })
    }
}
