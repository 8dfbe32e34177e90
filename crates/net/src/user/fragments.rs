//! Packets that a guest sends in parts are put together again, a few at a time and not for ever.
//!
//! Parts that overlap make the whole packet vanish (RFC 5722), since who sends such wants to fool somebody.

use super::clock::Time;
use super::frame::{Fragment, Packet};
use smoltcp::wire::IpProtocol;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

/// Packets that wait for parts; the oldest makes room for a new one.
const MAX_PACKETS: usize = 16;
/// Parts of one packet.
const MAX_PARTS: usize = 64;
/// Bytes of a packet's payload.
const MAX_LEN: usize = 65_535;
const PATIENCE: Duration = Duration::from_secs(15);

#[derive(Debug, PartialEq, Eq)]
struct Key {
    src: IpAddr,
    dst: IpAddr,
    protocol: IpProtocol,
    ident: u32,
}

#[derive(Debug)]
struct Partial {
    key: Key,
    since: Time,
    /// Sorted, disjoint: begin and bytes.
    parts: Vec<(usize, Vec<u8>)>,
    len: Option<usize>,
    spoilt: bool,
}

/// All packets that wait.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    waiting: VecDeque<Partial>,
}

impl Fragments {
    /// Takes one part; gives the whole payload when it was the last.
    pub(super) fn add(&mut self, packet: &Packet<'_>, part: Fragment, now: Time) -> Option<Vec<u8>> {
        self.waiting.retain(|p| now < p.since + PATIENCE);
        let key = Key { src: packet.src, dst: packet.dst, protocol: packet.protocol, ident: part.ident };
        let index = self.waiting.iter().position(|p| p.key == key).unwrap_or_else(|| {
            if self.waiting.len() == MAX_PACKETS {
                self.waiting.pop_front();
            }
            self.waiting.push_back(Partial { key, since: now, parts: Vec::new(), len: None, spoilt: false });
            self.waiting.len() - 1
        });
        let partial = &mut self.waiting[index];
        if !partial.add(packet.payload, part) {
            partial.spoilt = true;
            partial.parts.clear();
        }
        let whole = partial.whole()?;
        self.waiting.remove(index);
        Some(whole)
    }
}

impl Partial {
    fn add(&mut self, bytes: &[u8], part: Fragment) -> bool {
        let end = part.offset + bytes.len();
        let aligned = !part.more || bytes.len().is_multiple_of(8);
        if self.spoilt || bytes.is_empty() || end > MAX_LEN || !aligned || self.parts.len() == MAX_PARTS {
            return false;
        }
        if !part.more && self.len.replace(end).is_some_and(|len| len != end) {
            return false;
        }
        let at = self.parts.partition_point(|(begin, _)| *begin < part.offset);
        let same =
            self.parts.get(at).is_some_and(|(begin, b)| *begin == part.offset && b.len() == bytes.len());
        if same {
            return true; // the guest sends it again
        }
        let before = at.checked_sub(1).map_or(0, |i| self.parts[i].0 + self.parts[i].1.len());
        let after = self.parts.get(at).map_or(MAX_LEN, |(begin, _)| *begin);
        if before > part.offset || after < end {
            return false;
        }
        self.parts.insert(at, (part.offset, bytes.to_vec()));
        true
    }

    fn whole(&self) -> Option<Vec<u8>> {
        let len = self.len?;
        let have: usize = self.parts.iter().map(|(_, b)| b.len()).sum();
        let last = self.parts.last().map_or(0, |(begin, b)| begin + b.len());
        (!self.spoilt && have == len && last == len)
            .then(|| self.parts.iter().flat_map(|(_, b)| b).copied().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(payload: &[u8]) -> Packet<'_> {
        Packet {
            from: [2; 6],
            src: IpAddr::from([10, 0, 2, 15]),
            dst: IpAddr::from([10, 0, 2, 2]),
            protocol: IpProtocol::Udp,
            payload,
            quote: &[],
            hop_limit: 64,
            summed: true,
        }
    }

    fn part(ident: u32, offset: usize, more: bool) -> Fragment {
        Fragment { ident, offset, more }
    }

    #[test]
    fn any_order_makes_the_whole() {
        let mut all = Fragments::default();
        let now = Time::ZERO;
        assert_eq!(all.add(&packet(&[3; 5]), part(1, 16, false), now), None);
        assert_eq!(all.add(&packet(&[1; 8]), part(1, 0, true), now), None);
        assert_eq!(all.add(&packet(&[1; 8]), part(1, 0, true), now), None);
        assert_eq!(all.add(&packet(&[9; 8]), part(2, 8, true), now), None);
        let whole = all.add(&packet(&[2; 8]), part(1, 8, true), now).unwrap();
        assert_eq!(whole, [&[1; 8][..], &[2; 8], &[3; 5]].concat());
        assert_eq!(all.waiting.len(), 1);
    }

    #[test]
    fn overlaps_and_nonsense_are_dropped() {
        let mut all = Fragments::default();
        let now = Time::ZERO;
        all.add(&packet(&[1; 16]), part(1, 0, true), now);
        assert_eq!(all.add(&packet(&[2; 8]), part(1, 8, false), now), None);
        assert_eq!(all.add(&packet(&[1; 8]), part(1, 0, true), now), None);
        assert_eq!(all.add(&packet(&[2; 8]), part(1, 8, false), now), None, "spoilt for good");
        assert_eq!(all.add(&packet(&[0; 16]), part(3, 65_528, false), now), None);
        for ident in 0..100 {
            all.add(&packet(&[1; 8]), part(ident, 8, true), now);
        }
        assert!(all.waiting.len() <= MAX_PACKETS);
        all.add(&packet(&[1; 8]), part(1000, 8, true), now + PATIENCE * 2);
        assert_eq!(all.waiting.len(), 1);
    }
}
