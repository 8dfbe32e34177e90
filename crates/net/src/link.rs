//! The seam between a network card and what it is plugged into: frames in, frames out.
//!
//! ```text
//!   device's thread:   kicked ──► take frames from the guest ──► send, send, …
//!                      ready, or room in the guest's ring ──► receive, receive, … until None, or no room is left
//!                      wait for { kick, ready() }
//! ```
//! The device's thread owns the link. Frames to the guest are pulled, so the guest's ring is the only queue between
//! them that can fill: while it has no room nobody calls [`Link::receive`], and the link tells its far side to wait.
//! A link must not know which device holds it.

use std::os::fd::BorrowedFd;

/// Bytes of an Ethernet header: two addresses and a type.
pub const ETHERNET_HEADER: usize = 14;
/// Bytes of the longest frame that either side may hand over: a 64 KiB IP packet behind an Ethernet header with
/// one VLAN tag.
pub const MAX_FRAME: usize = 65_535 + ETHERNET_HEADER + 4;

/// What a link can do with frames beyond carrying them as they are, or what a guest accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offloads {
    /// Frames whose checksum is still to be computed ([`Offload::checksum`]).
    pub checksum: bool,
    /// TCP over IPv4 in units of up to 64 KiB. Needs `checksum`.
    pub tcp4: bool,
    /// TCP over IPv6 in units of up to 64 KiB. Needs `checksum`.
    pub tcp6: bool,
    /// UDP datagrams of equal size, up to 64 KiB of them behind one header. Needs `checksum`.
    pub udp: bool,
}

impl Offloads {
    /// Nothing: every frame is as it would be on a wire.
    pub const NONE: Offloads = Offloads { checksum: false, tcp4: false, tcp6: false, udp: false };
    /// Everything there is.
    pub const ALL: Offloads = Offloads { checksum: true, tcp4: true, tcp6: true, udp: true };

    /// What both have.
    #[must_use]
    pub fn and(self, other: Offloads) -> Offloads {
        Offloads {
            checksum: self.checksum && other.checksum,
            tcp4: self.tcp4 && other.tcp4,
            tcp6: self.tcp6 && other.tcp6,
            udp: self.udp && other.udp,
        }
    }
}

/// What a link offers to the device in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features {
    /// Bytes of the largest packet behind the Ethernet header, 1280 to 65535, segmentation aside.
    pub mtu: u16,
    /// What [`Link::send`] takes.
    pub takes: Offloads,
    /// What [`Link::receive`] may give, once a guest says in [`Link::start`] that it accepts it.
    pub gives: Offloads,
}

/// A checksum that is still to be computed: the ones' complement sum of all bytes from `start` to the frame's end,
/// to be stored `offset` bytes behind `start`. The field holds the sum of the pseudo header until then
/// (virtio 1.3, 5.1.6.2: `csum_start` and `csum_offset`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum {
    /// Bytes from the frame's begin to the first byte that is summed up.
    pub start: u16,
    /// Bytes from `start` to the field.
    pub offset: u16,
}

/// What kind of packets a frame is to be cut into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentKind {
    /// TCP over IPv4.
    Tcp4,
    /// TCP over IPv6.
    Tcp6,
    /// UDP, whole datagrams (virtio's `USO`).
    Udp,
}

/// The frame stands for many: the same headers, and `size` bytes of the payload each (virtio 1.3, 5.1.6.2: `gso_type`,
/// `gso_size`, `hdr_len`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segmentation {
    /// How to cut.
    pub kind: SegmentKind,
    /// Payload bytes a packet.
    pub size: u16,
    /// Bytes of all headers, Ethernet's included. A hint: whoever cuts has to look at the headers themselves.
    pub header_len: u16,
}

/// What is left to do for a frame; `default()` is a frame as on a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Offload {
    /// A checksum to compute. Who takes the frame in without sending it on may leave it.
    pub checksum: Option<Checksum>,
    /// Packets to cut it into.
    pub segmentation: Option<Segmentation>,
}

/// A frame that [`Link::receive`] has put into the room it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Its bytes, from the begin of the room.
    pub len: usize,
    /// What is left to do for it; only what the guest accepts.
    pub offload: Offload,
}

/// What a network card is plugged into. A frame is a contiguous Ethernet frame without its check sequence.
///
/// Neither direction blocks, and nothing a frame contains makes a link panic.
pub trait Link: Send {
    /// What it can do. Does not change.
    fn features(&self) -> Features;

    /// A driver is ready (again), and `accepts` these offloads in frames it receives. Until then, none.
    fn start(&mut self, accepts: Offloads);

    /// Plugs the cable in (as it is at the beginning) or out. While it is out, frames of both directions vanish.
    fn set_up(&mut self, up: bool);

    /// Is anybody at the other end? A card shows this as its carrier.
    fn connected(&self) -> bool {
        true
    }

    /// Takes a frame from the guest, at most [`MAX_FRAME`] bytes. It is dropped if it makes no sense, or if the link
    /// has no room for it now. There may be answers: who has sent some frames asks `receive` next, or when the guest
    /// has room again; [`Link::ready`] says nothing of them.
    fn send(&mut self, frame: &[u8], offload: Offload);

    /// Puts the next frame for the guest into `room`, which has [`MAX_FRAME`] bytes, or, if the guest accepts no
    /// segmentation, at least the MTU and 18. A frame that is longer than `room` is dropped.
    ///
    /// `None`: there is none now, and [`Link::ready`] says when to ask again. Whoever has not had `None` asks again of
    /// his own accord.
    fn receive(&mut self, room: &mut [u8]) -> Option<Received>;

    /// A descriptor for `poll` or `epoll`, level-triggered: readable when `receive` should be called, be it for a frame
    /// or for the link's own timers. Stays the same as long as the link lives.
    fn ready(&self) -> BorrowedFd<'_>;
}

impl Link for Box<dyn Link> {
    fn features(&self) -> Features {
        (**self).features()
    }

    fn start(&mut self, accepts: Offloads) {
        (**self).start(accepts);
    }

    fn set_up(&mut self, up: bool) {
        (**self).set_up(up);
    }

    fn connected(&self) -> bool {
        (**self).connected()
    }

    fn send(&mut self, frame: &[u8], offload: Offload) {
        (**self).send(frame, offload);
    }

    fn receive(&mut self, room: &mut [u8]) -> Option<Received> {
        (**self).receive(room)
    }

    fn ready(&self) -> BorrowedFd<'_> {
        (**self).ready()
    }
}
