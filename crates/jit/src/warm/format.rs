//! The file of translations, field by field. All integers are little-endian.
//!
//! ```text
//!   file       header, segments one behind the other; a torn or spoilt one ends the file
//!
//!   header     0  8  magic "LODGEJIT"                    segment   0  8  magic "SEGMENT\0"
//!              8  8  key: build, host, guest                       8  4  bytes of records
//!             16  8  checksum of the 16 bytes before              12  4  number of records
//!                                                                 16  8  checksum of the records
//!                                                                 24  8  checksum of bytes 0 to 24 and the index
//!                                                                 32     index: 16 bytes for each record
//!                                                                        the records
//!
//!   index      0  4  hash of the record's address, mode and first bytes of guest code
//!   entry      4  4  offset among the records
//!              8  4  checksum of all of its guest code
//!             12  4  bytes of it
//!
//!   record     0  2  address of the guest code, modulo the page size
//!              2  2  bytes of guest code
//!              4  4  bytes of host code
//!              8  4  offset in the host code of what to run when the block is dead
//!             12  4  number of fixups
//!             16  2  `assume` of the mode, its low 16 bits
//!             18  2  variant (see `Backend::variant`)
//!             20  2  guest instructions
//!             22  2  bit 0: fixups point to operations; bits 1 to 15: bits 16 and up of `assume`
//!             24  4  offset in the host code of what is behind the count
//!             28     guest code; zeroes to a multiple of 4; fixups, 4 bytes each (see `emit::Portable`); host code;
//!                    zeroes to a multiple of 8
//! ```
//! The contents of a file depend on the build that its key names, so there are no versions beyond the key.

use crate::emit::Portable;

/// Bytes of the file's header.
pub(super) const HEADER: usize = 24;
/// Bytes of a segment's header.
pub(super) const SEGMENT_HEADER: usize = 32;
/// Bytes of an index entry.
const INDEX_ENTRY: usize = 16;
/// Bytes of a record before its variable parts.
const RECORD_HEADER: usize = 28;
/// Most bytes of records in a segment.
pub(super) const SEGMENT: usize = 256 << 10;

const MAGIC: [u8; 8] = *b"LODGEJIT";
const SEGMENT_MAGIC: [u8; 8] = *b"SEGMENT\0";

/// A record's entry in the index of its segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct IndexEntry {
    /// Finds it.
    pub hash: u32,
    /// Offset among the records.
    pub offset: u32,
    /// Of all of its guest code: whether the record is worth looking at.
    pub sum: u32,
    /// Bytes of guest code.
    pub len: u32,
}

/// What [`IndexEntry::sum`] is of.
pub(super) fn guest_sum(guest: &[u8]) -> u32 {
    (checksum(&[guest]) >> 32) as u32
}

/// What identifies guest code, besides its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    /// Address modulo the page size.
    pub page_offset: u16,
    pub assume: u32,
    pub variant: u16,
}

/// A record, where it lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub identity: Identity,
    pub guest: &'a [u8],
    pub host: &'a [u8],
    fixups: &'a [u8],
    dead: u32,
    body: u32,
    keeps_ops: bool,
    instructions: u16,
    /// Bytes of all of it.
    pub len: usize,
}

/// A segment's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// Bytes of records.
    pub len: usize,
    /// Records.
    pub count: usize,
    /// Checksum of the records.
    pub checksum: u64,
    index_checksum: u64,
}

/// A sum that no change of a few bits leaves as it is: each step can be undone, so one changed word always shows.
pub(super) fn checksum(parts: &[&[u8]]) -> u64 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut lanes = [1_u64, 2, 3, 4];
    let mut mix = |lane: usize, word: u64| {
        lanes[lane] = (lanes[lane] ^ word).wrapping_mul(ODD).rotate_left(29);
    };
    for part in parts {
        let mut chunks = part.chunks_exact(32);
        for chunk in &mut chunks {
            for lane in 0..4 {
                mix(lane, u64_at(chunk, 8 * lane).unwrap_or(0));
            }
        }
        for (lane, rest) in chunks.remainder().chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            mix(lane, u64::from_le_bytes(word));
        }
        mix(0, part.len() as u64);
    }
    lanes.iter().fold(0, |sum: u64, lane| (sum.rotate_left(23) ^ lane).wrapping_mul(ODD))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

/// A file's header.
pub(super) fn header(key: u64) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..16].copy_from_slice(&key.to_le_bytes());
    let sum = checksum(&[&bytes[..16]]);
    bytes[16..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// A segment's header and index.
pub(super) fn segment_head(index: &[IndexEntry], records: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SEGMENT_HEADER + index.len() * INDEX_ENTRY);
    bytes.extend_from_slice(&SEGMENT_MAGIC);
    bytes.extend_from_slice(&(records.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&(index.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&checksum(&[records]).to_le_bytes());
    bytes.extend_from_slice(&[0; 8]);
    for entry in index {
        for field in [entry.hash, entry.offset, entry.sum, entry.len] {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
    }
    let sum = checksum(&[&bytes[..24], &bytes[SEGMENT_HEADER..]]);
    bytes[24..SEGMENT_HEADER].copy_from_slice(&sum.to_le_bytes());
    bytes
}

impl SegmentHeader {
    /// Reads one; `None` when it is none.
    pub(super) fn read(bytes: &[u8; SEGMENT_HEADER]) -> Option<SegmentHeader> {
        let header = SegmentHeader {
            len: u32_at(bytes, 8)? as usize,
            count: u32_at(bytes, 12)? as usize,
            checksum: u64_at(bytes, 16)?,
            index_checksum: u64_at(bytes, 24)?,
        };
        let sane = bytes[..8] == SEGMENT_MAGIC
            && header.len <= SEGMENT
            && header.count <= header.len / RECORD_HEADER;
        sane.then_some(header)
    }

    /// Bytes of the index.
    pub(super) fn index_len(&self) -> usize {
        self.count * INDEX_ENTRY
    }

    /// Bytes of all of the segment.
    pub(super) fn total(&self) -> usize {
        SEGMENT_HEADER + self.index_len() + self.len
    }

    /// Reads the index; `None` when it or the header is spoilt.
    pub(super) fn index(&self, head: &[u8; SEGMENT_HEADER], index: &[u8]) -> Option<Vec<IndexEntry>> {
        let entry = |e: &[u8]| {
            let field = |at| u32_at(e, at);
            Some(IndexEntry { hash: field(0)?, offset: field(4)?, sum: field(8)?, len: field(12)? })
        };
        (checksum(&[&head[..24], index]) == self.index_checksum)
            .then(|| index.chunks_exact(INDEX_ENTRY).filter_map(entry).collect())
    }
}

/// Bytes of a record.
pub(super) fn record_len(guest: &[u8], portable: &Portable) -> usize {
    let guest = guest.len().next_multiple_of(4);
    let len = RECORD_HEADER + guest + 4 * portable.fixups.len() + portable.host.len();
    len.next_multiple_of(8)
}

/// Appends a record to `to`.
pub(super) fn append(to: &mut Vec<u8>, identity: Identity, guest: &[u8], portable: &Portable) {
    to.reserve(record_len(guest, portable));
    to.extend_from_slice(&identity.page_offset.to_le_bytes());
    to.extend_from_slice(&(guest.len() as u16).to_le_bytes());
    to.extend_from_slice(&(portable.host.len() as u32).to_le_bytes());
    to.extend_from_slice(&portable.dead.to_le_bytes());
    to.extend_from_slice(&(portable.fixups.len() as u32).to_le_bytes());
    to.extend_from_slice(&(identity.assume as u16).to_le_bytes());
    to.extend_from_slice(&identity.variant.to_le_bytes());
    to.extend_from_slice(&portable.instructions.to_le_bytes());
    let flags = u16::from(portable.keeps_ops) | ((identity.assume >> 16) as u16) << 1;
    to.extend_from_slice(&flags.to_le_bytes());
    to.extend_from_slice(&portable.body.to_le_bytes());
    to.extend_from_slice(guest);
    to.resize(to.len().next_multiple_of(4), 0);
    for fixup in &portable.fixups {
        to.extend_from_slice(&fixup.to_le_bytes());
    }
    to.extend_from_slice(&portable.host);
    to.resize(to.len().next_multiple_of(8), 0);
}

impl<'a> Record<'a> {
    /// The record at `at`; `None` when there is none.
    pub(super) fn read(records: &'a [u8], at: usize) -> Option<Record<'a>> {
        let bytes = records.get(at..)?;
        let head = bytes.get(..RECORD_HEADER)?;
        let guest = usize::from(u16_at(head, 2)?);
        let host = u32_at(head, 4)? as usize;
        let fixups = (u32_at(head, 12)? as usize).checked_mul(4)?;
        let (padded, rest) = bytes[RECORD_HEADER..].split_at_checked(guest.next_multiple_of(4))?;
        let (fixups, rest) = rest.split_at_checked(fixups)?;
        let host = rest.get(..host)?;
        let len = RECORD_HEADER + padded.len() + fixups.len() + host.len();
        let assume = u32::from(u16_at(head, 16)?) | u32::from(u16_at(head, 22)? >> 1) << 16;
        let identity = Identity { page_offset: u16_at(head, 0)?, assume, variant: u16_at(head, 18)? };
        Some(Record {
            identity,
            guest: &padded[..guest],
            host,
            fixups,
            dead: u32_at(head, 8)?,
            body: u32_at(head, 24)?,
            keeps_ops: u16_at(head, 22)? & 1 != 0,
            instructions: u16_at(head, 20)?,
            len: len.next_multiple_of(8),
        })
    }

    /// Copies the code out.
    pub(super) fn copy_to(&self, to: &mut Portable) {
        to.host.clear();
        to.host.extend_from_slice(self.host);
        to.fixups.clear();
        to.fixups.extend(self.fixups.chunks_exact(4).map(|f| u32_at(f, 0).unwrap_or(0)));
        (to.dead, to.body) = (self.dead, self.body);
        (to.keeps_ops, to.instructions) = (self.keeps_ops, self.instructions);
    }
}

/// Walks over `bytes` as over a file whose checksums all hold.
pub(super) fn read_anything(bytes: &[u8]) -> usize {
    let (mut at, mut found, mut portable) = (HEADER, 0, Portable::default());
    while let Some(head) = bytes.get(at..at + SEGMENT_HEADER).and_then(|b| b.try_into().ok()) {
        let Some(header) = SegmentHeader::read(head) else { break };
        let index = bytes.get(at + SEGMENT_HEADER..).and_then(|b| b.get(..header.index_len()));
        let records = bytes.get(at + SEGMENT_HEADER + header.index_len()..).unwrap_or_default();
        let records = &records[..records.len().min(header.len)];
        let _ = checksum(&[records]);
        for entry in index.unwrap_or_default().chunks_exact(INDEX_ENTRY) {
            let offset = u32_at(entry, 4).unwrap_or(0) as usize;
            let Some(record) = Record::read(records, offset) else { continue };
            record.copy_to(&mut portable);
            portable.try_everywhere();
            found += 1;
        }
        at += header.total();
    }
    found
}
