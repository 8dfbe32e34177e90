//! Bytes that arrived before those in front of them.

use std::collections::BTreeMap;

/// Pieces that are kept; what comes beyond has to be sent again.
const MAX_PIECES: usize = 128;

/// Pieces by how far from the next expected byte of the *stream* they begin; disjoint.
#[derive(Debug, Default)]
pub(super) struct Reassembly {
    /// Keyed by the distance from a base that only grows.
    pieces: BTreeMap<u64, Vec<u8>>,
    base: u64,
}

impl Reassembly {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Keeps what is new of `bytes`, which begin `ahead` bytes behind the next expected.
    pub(super) fn add(&mut self, ahead: usize, mut bytes: &[u8]) {
        let mut at = self.base + ahead as u64;
        if let Some((begin, piece)) = self.pieces.range(..=at).next_back() {
            let end = begin + piece.len() as u64;
            let known = end.saturating_sub(at) as usize;
            bytes = bytes.get(known..).unwrap_or_default();
            at = at.max(end);
        }
        while !bytes.is_empty() && self.pieces.len() < MAX_PIECES {
            let next = self.pieces.range(at..).next().map(|(begin, piece)| (*begin, piece.len()));
            let gap = next.map_or(usize::MAX, |(begin, _)| (begin - at) as usize);
            let fresh = bytes.len().min(gap);
            if fresh > 0 {
                self.pieces.insert(at, bytes[..fresh].to_vec());
            }
            let skip = fresh + next.map_or(0, |(_, len)| len);
            at += skip as u64;
            bytes = bytes.get(skip..).unwrap_or_default();
        }
    }

    /// `count` bytes of the stream have arrived in order.
    pub(super) fn advance(&mut self, count: usize) {
        self.base += count as u64;
    }

    /// The piece that is next, without what is known already.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let entry = self.pieces.first_entry()?;
            if *entry.key() > self.base {
                return None;
            }
            let (begin, mut piece) = entry.remove_entry();
            let known = (self.base - begin) as usize;
            if known < piece.len() {
                piece.drain(..known);
                return Some(piece);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_order_and_overlap_gives_the_stream() {
        let stream: Vec<u8> = (0..5000u32).map(|i| ((i * 31) >> 3) as u8).collect();
        let mut seed = 99u32;
        for _ in 0..200 {
            let (mut all, mut got) = (Reassembly::default(), Vec::new());
            let mut rounds = 0;
            while got.len() < stream.len() {
                rounds += 1;
                assert!(rounds < 100_000);
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = got.len() + (seed >> 16) as usize % 900;
                let at = if seed & 0x700 == 0 { got.len() } else { at.min(stream.len() - 1) };
                let end = (at + 1 + (seed >> 8) as usize % 300).min(stream.len());
                all.add(at - got.len(), &stream[at..end]);
                while let Some(piece) = all.next() {
                    all.advance(piece.len());
                    got.extend(piece);
                }
                assert!(all.pieces.len() <= MAX_PIECES);
            }
            assert_eq!(got, stream);
        }
    }
}
