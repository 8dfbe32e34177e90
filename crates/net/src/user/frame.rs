//! Frames as bytes: what comes from the guest is taken apart by value and length, what goes there is put together.
//!
//! ```text
//!   Ethernet 14 │ IPv4 20 or IPv6 40 │ TCP 20…, UDP 8, ICMP │ payload
//! ```
//! Nothing here knows a flow.

use crate::link::{Checksum, ETHERNET_HEADER};
use smoltcp::wire::{EthernetAddress, EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, Ipv6Packet};
use std::net::IpAddr;

/// An Ethernet address.
pub(crate) type Mac = [u8; 6];

/// Headers that may stand between IPv6's and the payload's; more are nonsense.
const MAX_EXTENSIONS: usize = 8;

/// An IP packet without its header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packet<'a> {
    pub(crate) from: Mac,
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
    pub(crate) protocol: IpProtocol,
    pub(crate) payload: &'a [u8],
    /// The packet from its IP header on, as much as an ICMP error quotes.
    pub(crate) quote: &'a [u8],
    pub(crate) hop_limit: u8,
    /// The payload's checksum has been computed and may be verified.
    pub(crate) summed: bool,
}

/// Part of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fragment {
    pub(crate) ident: u32,
    pub(crate) offset: usize,
    pub(crate) more: bool,
}

/// Takes an IPv4 packet apart.
pub(crate) fn parse_v4(from: Mac, bytes: &[u8], summed: bool) -> Option<(Packet<'_>, Option<Fragment>)> {
    let ip = Ipv4Packet::new_checked(bytes).ok()?;
    if ip.version() != 4 || ip.header_len() < 20 || !ip.verify_checksum() {
        return None;
    }
    let fragment = (ip.more_frags() || ip.frag_offset() != 0).then(|| Fragment {
        ident: ip.ident().into(),
        offset: ip.frag_offset().into(),
        more: ip.more_frags(),
    });
    let packet = Packet {
        from,
        src: ip.src_addr().into(),
        dst: ip.dst_addr().into(),
        protocol: ip.next_header(),
        payload: ip.payload(),
        quote: quote(bytes),
        hop_limit: ip.hop_limit(),
        summed,
    };
    Some((packet, fragment))
}

/// Takes an IPv6 packet apart, extension headers too.
pub(crate) fn parse_v6(from: Mac, bytes: &[u8], summed: bool) -> Option<(Packet<'_>, Option<Fragment>)> {
    let ip = Ipv6Packet::new_checked(bytes).ok()?;
    if ip.version() != 6 {
        return None;
    }
    let (mut protocol, mut payload, mut fragment) = (ip.next_header(), ip.payload(), None);
    for _ in 0..MAX_EXTENSIONS {
        let length = match protocol {
            IpProtocol::HopByHop | IpProtocol::Ipv6Opts | IpProtocol::Ipv6Route => {
                8 + 8 * usize::from(*payload.get(1)?)
            }
            IpProtocol::Ipv6Frag => {
                let head: &[u8; 8] = payload.first_chunk()?;
                let at = u16::from_be_bytes([head[2], head[3]]);
                let ident = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
                let (offset, more) = (usize::from(at & !7), at & 1 != 0);
                // A packet in one fragment (RFC 6946) is a packet.
                fragment = (more || offset != 0).then_some(Fragment { ident, offset, more });
                8
            }
            _ => break,
        };
        protocol = IpProtocol::from(*payload.first()?);
        payload = payload.get(length..)?;
        if fragment.is_some() {
            break;
        }
    }
    let packet = Packet {
        from,
        src: ip.src_addr().into(),
        dst: ip.dst_addr().into(),
        protocol,
        payload,
        quote: quote(bytes),
        hop_limit: ip.hop_limit(),
        summed,
    };
    Some((packet, fragment))
}

fn quote(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(512)]
}

/// The ones' complement sum of `bytes` as 16-bit words, not folded.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    // Adding wider words in the host's order gives the same sum, its bytes swapped (RFC 1071, 2).
    let mut words = bytes.chunks_exact(4);
    let mut total: u64 =
        words.by_ref().map(|w| u64::from(u32::from_ne_bytes([w[0], w[1], w[2], w[3]]))).sum();
    let mut rest = [0; 4];
    rest[..words.remainder().len()].copy_from_slice(words.remainder());
    total += u64::from(u32::from_ne_bytes(rest));
    u64::from(u16::from_be(fold(total)))
}

/// Folds a sum to 16 bits.
pub(crate) fn fold(mut sum: u64) -> u16 {
    while sum >> 16 != 0 {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// The sum of the pseudo header that TCP, UDP and ICMPv6 count in.
pub(crate) fn pseudo(src: IpAddr, dst: IpAddr, protocol: IpProtocol, len: usize) -> u64 {
    let address = |a: IpAddr| match a {
        IpAddr::V4(a) => sum(&a.octets()),
        IpAddr::V6(a) => sum(&a.octets()),
    };
    address(src) + address(dst) + u64::from(u8::from(protocol)) + len as u64
}

/// Is the checksum of a TCP segment, UDP datagram or ICMPv6 message right?
pub(crate) fn verify(packet: &Packet<'_>) -> bool {
    let with = pseudo(packet.src, packet.dst, packet.protocol, packet.payload.len());
    fold(with + sum(packet.payload)) == 0xffff
}

/// Who talks to whom in a packet to the guest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) from: Mac,
    pub(crate) to: Mac,
    pub(crate) src: IpAddr,
    pub(crate) dst: IpAddr,
}

impl Route {
    /// Bytes in front of the IP payload.
    pub(crate) fn header_len(&self) -> usize {
        ETHERNET_HEADER + if self.dst.is_ipv4() { 20 } else { 40 }
    }

    /// Writes Ethernet and IP headers in front of a payload of `len` bytes; gives back where that begins.
    /// `room` has to have space for all of it.
    pub(crate) fn write(&self, room: &mut [u8], protocol: IpProtocol, len: usize) -> usize {
        self.write_part(room, protocol, len, None)
    }

    /// As `write`, for an IPv4 fragment.
    pub(crate) fn write_part(
        &self,
        room: &mut [u8],
        protocol: IpProtocol,
        len: usize,
        part: Option<Fragment>,
    ) -> usize {
        let mut ethernet = EthernetFrame::new_unchecked(&mut *room);
        ethernet.set_dst_addr(EthernetAddress(self.to));
        ethernet.set_src_addr(EthernetAddress(self.from));
        match (self.src, self.dst) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                ethernet.set_ethertype(EthernetProtocol::Ipv4);
                let mut ip = Ipv4Packet::new_unchecked(&mut room[ETHERNET_HEADER..]);
                ip.set_version(4);
                ip.set_header_len(20);
                ip.set_dscp(0);
                ip.set_ecn(0);
                ip.set_total_len((20 + len) as u16);
                ip.set_ident(part.map_or(0, |p| p.ident as u16));
                ip.clear_flags();
                ip.set_dont_frag(part.is_none());
                ip.set_more_frags(part.is_some_and(|p| p.more));
                ip.set_frag_offset(part.map_or(0, |p| p.offset as u16));
                ip.set_hop_limit(64);
                ip.set_next_header(protocol);
                ip.set_src_addr(src);
                ip.set_dst_addr(dst);
                ip.fill_checksum();
            }
            (IpAddr::V6(src), IpAddr::V6(dst)) => {
                ethernet.set_ethertype(EthernetProtocol::Ipv6);
                let mut ip = Ipv6Packet::new_unchecked(&mut room[ETHERNET_HEADER..]);
                ip.set_version(6);
                ip.set_traffic_class(0);
                ip.set_flow_label(0);
                ip.set_payload_len(len as u16);
                ip.set_next_header(protocol);
                // Neighbour discovery wants 255 (RFC 4861, 7.1), and nothing else minds.
                ip.set_hop_limit(255);
                ip.set_src_addr(src);
                ip.set_dst_addr(dst);
            }
            // Callers take both from one flow; a frame that means nothing is the least harm.
            _ => ethernet.set_ethertype(EthernetProtocol::Unknown(0)),
        }
        self.header_len()
    }

    /// Finishes the checksum field `offset` bytes behind the payload's begin `at`: left to the guest, or computed.
    /// `len` bytes of payload are in their place.
    pub(crate) fn checksum(
        &self,
        room: &mut [u8],
        protocol: IpProtocol,
        (at, len): (usize, usize),
        offset: usize,
        left_to_guest: bool,
    ) -> Option<Checksum> {
        let field = at + offset..at + offset + 2;
        let pseudo = pseudo(self.src, self.dst, protocol, len);
        if left_to_guest {
            room[field].copy_from_slice(&fold(pseudo).to_be_bytes());
            return Some(Checksum { start: at as u16, offset: offset as u16 });
        }
        room[field.clone()].fill(0);
        let mut value = !fold(pseudo + sum(&room[at..at + len]));
        if protocol == IpProtocol::Udp && value == 0 {
            value = 0xffff; // zero would mean that there is none
        }
        room[field].copy_from_slice(&value.to_be_bytes());
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_as_the_standard_says() {
        // RFC 1071, section 3.
        assert_eq!(fold(sum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7])), 0xddf2);
        assert_eq!(fold(sum(&[0x12])), 0x1200);
        let bytes: Vec<u8> = (0..1001).map(|i| (i * 7) as u8).collect();
        let plain: u64 =
            bytes.chunks(2).map(|c| u64::from(c[0]) << 8 | u64::from(*c.get(1).unwrap_or(&0))).sum();
        for end in [0, 1, 2, 3, 4, 5, 999, 1001] {
            let plain: u64 = bytes[..end]
                .chunks(2)
                .map(|c| u64::from(c[0]) << 8 | u64::from(*c.get(1).unwrap_or(&0)))
                .sum();
            assert_eq!(fold(sum(&bytes[..end])), fold(plain), "{end}");
        }
        assert_eq!(fold(plain), fold(sum(&bytes)));
    }

    #[test]
    fn what_is_written_reads_back() {
        let from = [2, 0, 0, 0, 0, 1];
        for (src, dst) in [("10.0.2.2", "10.0.2.15"), ("fec0::2", "fec0::15")] {
            let route = Route { from, to: [2; 6], src: src.parse().unwrap(), dst: dst.parse().unwrap() };
            let mut room = vec![0; 100];
            let at = route.write(&mut room, IpProtocol::Udp, 20);
            room[at..at + 20].fill(7);
            assert_eq!(route.checksum(&mut room, IpProtocol::Udp, (at, 20), 6, false), None);
            let bytes = &room[ETHERNET_HEADER..at + 20];
            let parsed =
                if route.src.is_ipv4() { parse_v4(from, bytes, true) } else { parse_v6(from, bytes, true) };
            let (packet, fragment) = parsed.unwrap();
            assert_eq!((packet.src, packet.dst, packet.payload.len()), (route.src, route.dst, 20));
            assert!(fragment.is_none() && verify(&packet));
        }
    }

    #[test]
    fn extension_headers_are_passed_over_and_bounded() {
        let mut bytes = vec![0x60, 0, 0, 0, 0, 24, 0, 64];
        bytes.extend([0; 32]);
        bytes.extend([44, 0, 0, 0, 0, 0, 0, 0]); // hop by hop, then a fragment
        bytes.extend([17, 0, 0, 9, 0, 0, 0, 5]); // UDP at offset 8, more to come
        bytes.extend([1; 8]);
        let (packet, fragment) = parse_v6([2; 6], &bytes, true).unwrap();
        assert_eq!(packet.protocol, IpProtocol::Udp);
        assert_eq!(packet.payload, [1; 8]);
        assert_eq!(fragment, Some(Fragment { ident: 5, offset: 8, more: true }));
        for end in 0..bytes.len() {
            parse_v6([2; 6], &bytes[..end], true);
        }
    }
}
