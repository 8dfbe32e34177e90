//! The header that virtio puts before a frame (virtio 1.2, 5.1.6), also where a tap interface talks of what is left to
//! do for one: as bytes, and as an [`Offload`].
//!
//! ```text
//!   flags u8 · gso_type u8 · hdr_len u16 · gso_size u16 · csum_start u16 · csum_offset u16 · num_buffers u16
//! ```

use crate::link::{Checksum, Offload, Offloads, SegmentKind, Segmentation};

/// Its bytes.
pub const LEN: usize = 12;

const NEEDS_CSUM: u8 = 1;
const GSO_NONE: u8 = 0;
const GSO_TCPV4: u8 = 1;
const GSO_TCPV6: u8 = 4;
const GSO_UDP_L4: u8 = 5;
/// The unit has the ECN bit of TCP set; only with a feature that is not on offer.
const GSO_ECN: u8 = 0x80;

/// What the header of a frame of `len` bytes asks for; `None` when that makes no sense, or is not among `allowed`.
pub fn parse(header: [u8; LEN], len: usize, allowed: Offloads) -> Option<Offload> {
    let word = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let [flags, gso, ..] = header;
    let mut offload = Offload::default();
    if flags & NEEDS_CSUM != 0 {
        let (start, offset) = (word(6), word(8));
        if !allowed.checksum || usize::from(start) + usize::from(offset) + 2 > len {
            return None;
        }
        offload.checksum = Some(Checksum { start, offset });
    }
    let (kind, allowed) = match gso & !GSO_ECN {
        GSO_NONE => return Some(offload),
        GSO_TCPV4 => (SegmentKind::Tcp4, allowed.tcp4),
        GSO_TCPV6 => (SegmentKind::Tcp6, allowed.tcp6),
        GSO_UDP_L4 => (SegmentKind::Udp, allowed.udp),
        _ => return None,
    };
    let (header_len, size) = (word(2), word(4));
    // A unit is cut behind its headers, and each piece needs a checksum of its own.
    if !allowed || gso & GSO_ECN != 0 || size == 0 || offload.checksum.is_none() {
        return None;
    }
    offload.segmentation = Some(Segmentation { kind, size, header_len });
    Some(offload)
}

/// The header that tells a driver of `offload`, for a frame in `buffers` buffers.
pub fn build(offload: &Offload, buffers: u16) -> [u8; LEN] {
    let mut header = [0; LEN];
    let mut put = |at: usize, word: u16| header[at..at + 2].copy_from_slice(&word.to_le_bytes());
    if let Some(Segmentation { size, header_len, .. }) = offload.segmentation {
        put(2, header_len);
        put(4, size);
    }
    if let Some(Checksum { start, offset }) = offload.checksum {
        put(6, start);
        put(8, offset);
    }
    put(10, buffers);
    header[0] = if offload.checksum.is_some() { NEEDS_CSUM } else { 0 };
    header[1] = match offload.segmentation.map(|s| s.kind) {
        None => GSO_NONE,
        Some(SegmentKind::Tcp4) => GSO_TCPV4,
        Some(SegmentKind::Tcp6) => GSO_TCPV6,
        Some(SegmentKind::Udp) => GSO_UDP_L4,
    };
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_go_both_ways() {
        let checksum = Some(Checksum { start: 34, offset: 16 });
        for kind in [SegmentKind::Tcp4, SegmentKind::Tcp6, SegmentKind::Udp] {
            let segmentation = Some(Segmentation { kind, size: 1448, header_len: 66 });
            let offload = Offload { checksum, segmentation };
            assert_eq!(parse(build(&offload, 1), 60_000, Offloads::ALL), Some(offload));
        }
        let plain = Offload::default();
        assert_eq!(parse(build(&plain, 1), 60, Offloads::NONE), Some(plain));
    }

    #[test]
    fn nonsense_is_refused() {
        let checksum = Some(Checksum { start: 34, offset: 16 });
        let good = Offload {
            checksum,
            segmentation: Some(Segmentation { kind: SegmentKind::Tcp4, size: 1448, header_len: 66 }),
        };
        assert_eq!(parse(build(&good, 1), 51, Offloads::ALL), None, "a checksum beyond the end");
        assert_eq!(parse(build(&good, 1), 60, Offloads::NONE), None, "not negotiated");
        assert_eq!(parse(build(&good, 1), 60, Offloads { tcp4: false, ..Offloads::ALL }), None);
        let alone = Offload { checksum: None, ..good };
        assert_eq!(parse(build(&alone, 1), 60, Offloads::ALL), None, "segments without a checksum");
        let mut header = build(&good, 1);
        header[4..6].fill(0);
        assert_eq!(parse(header, 60, Offloads::ALL), None, "segments of no size");
        for gso in [2, 3, 6, 0x81] {
            let mut header = build(&good, 1);
            header[1] = gso;
            assert_eq!(parse(header, 60, Offloads::ALL), None, "type {gso:#x}");
        }
        let mut header = build(&good, 1);
        header[6..10].fill(0xff);
        assert_eq!(parse(header, 65_000, Offloads::ALL), None);
    }
}
