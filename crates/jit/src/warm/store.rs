//! The translations of one machine: those of its file and those made since, in one table.
//!
//! One lock guards the table. It is held for a lookup, a fraction of a microsecond, and for reading a segment of the
//! file when a record of it is first wanted. Each vCPU collects new records in a segment of its own, a [`Pen`], and
//! hands that over when it is full, so that adding takes no lock. Blocks are looked up in the order they are first run, which
//! is much the same every time: the record behind the last one found is tried before the table.

use super::disk::{Disk, Stored};
use super::format::{self, Identity, IndexEntry, Record, SEGMENT};
use super::host;
use super::tally::Tally;
use crate::emit::Portable;
use lodge_host::private::PrivateDir;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

/// Bytes that the files of translations may take together, unless told otherwise.
const LIMIT: u64 = 256 << 20;
/// Bytes of new records that one process keeps; beyond, it adds no more.
const NEW_MOST: usize = 128 << 20;
/// Segments of the file that are held in memory at a time.
const LOADED_MOST: usize = 128;
/// Buffers for segments that are kept to be used again: fresh memory costs more than reading into it.
const SPARE_MOST: usize = 16;
/// Records of one hash that are looked at.
const CHAIN_MOST: usize = 16;
/// Segments waiting to be written that wake the writer.
const WAITING: usize = 4;
/// How long a segment may wait to be written.
const PATIENCE: Duration = Duration::from_secs(2);
/// "No entry" in a chain.
const NONE: u32 = u32::MAX;
/// Bytes of guest code that make the hash.
const HASHED: usize = 8;

/// What is looked for, or added.
pub(crate) struct Probe<'a> {
    /// Guest address.
    pub pc: u64,
    /// The mode's `assume`.
    pub assume: u32,
    /// See `Backend::variant`.
    pub variant: u16,
    /// The guest's bytes from `pc` to the end of the page.
    pub code: &'a [u8],
}

/// What was found; the code is where the caller wanted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Bytes of guest code.
    pub len: u32,
}

/// Where a vCPU found its last record.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Cursor {
    segment: u32,
    next: u32,
}

/// A segment that one vCPU is filling. What is in it is not found yet.
#[derive(Default)]
pub(crate) struct Pen {
    records: Vec<u8>,
    index: Vec<IndexEntry>,
}

/// See the module's head.
pub struct Store {
    shared: Arc<Shared>,
    checks: bool,
    has_file: bool,
    tally: Tally,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    table: Mutex<Table>,
    wake: Condvar,
}

/// Records of one segment, and where they are.
enum Segment {
    /// In the file, unread.
    Stored(Stored),
    /// In the file, and read; the file's part is kept to forget the bytes again. The last: whether anything was found
    /// in it since that was last considered.
    Loaded(Stored, Arc<Vec<u8>>, bool),
    /// Made here, not in a file (yet).
    New(Arc<Vec<u8>>),
    /// In the file, but spoilt.
    Spoilt,
}

#[derive(Clone, Copy)]
struct Entry {
    segment: u32,
    offset: u32,
    /// Of the guest code it was made from: how many bytes, and a checksum.
    len: u32,
    sum: u32,
    /// The entry of the same hash that was added before.
    older: u32,
}

#[derive(Default)]
struct Table {
    newest: FxHashMap<u32, u32>,
    entries: Vec<Entry>,
    segments: Vec<Segment>,
    /// Those in state `Loaded`, in the order they were loaded.
    loaded: VecDeque<u32>,
    /// Buffers for segments.
    spare: Vec<Vec<u8>>,
    /// Made here and not handed to the writer yet, with their indexes.
    waiting: Vec<Waiting>,
    /// Bytes of records made here.
    new: usize,
    /// Whether there is a file to write to.
    writable: bool,
    ending: bool,
}

/// A segment to be written.
pub(super) struct Waiting {
    number: u32,
    pub index: Vec<IndexEntry>,
    pub records: Arc<Vec<u8>>,
}

fn identity(probe: &Probe<'_>) -> Identity {
    let page_offset = (probe.pc % lodge_memory::PAGE_SIZE) as u16;
    Identity { page_offset, assume: probe.assume, variant: probe.variant }
}

fn hash(identity: Identity, code: &[u8]) -> u32 {
    const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut first = [0; 8];
    let len = code.len().min(HASHED);
    first[..len].copy_from_slice(&code[..len]);
    let about = u64::from(identity.page_offset)
        | u64::from(identity.assume) << 16
        | u64::from(identity.variant) << 32;
    let mixed = (u64::from_le_bytes(first) ^ about.wrapping_mul(ODD)).wrapping_mul(ODD);
    ((mixed ^ mixed >> 29).wrapping_mul(ODD) >> 32) as u32
}

impl Store {
    /// A store without a file: what one vCPU translated serves the others, and the same code elsewhere.
    pub fn in_memory() -> Store {
        Store {
            shared: Arc::default(),
            checks: false,
            has_file: false,
            tally: Tally::default(),
            writer: Mutex::default(),
        }
    }

    /// A store from which nothing is taken: each translation is made anew and compared with the one that is kept.
    pub fn checking(mut self) -> Store {
        self.checks = true;
        self
    }

    /// The store kept in `dir` for guests of type `I`.
    ///
    /// # Errors
    /// When `dir` cannot be used or is not the user's alone; what is wrong with a file in it is no error.
    pub fn open<I: 'static>(dir: &Path) -> std::io::Result<Store> {
        let key =
            host::key::<I>().ok_or_else(|| std::io::Error::other("cannot tell this build from others"))?;
        Ok(Store::with_key(PrivateDir::open(dir)?, key, LIMIT))
    }

    pub(super) fn with_key(dir: PrivateDir, key: u64, limit: u64) -> Store {
        let mut table = Table { writable: true, ..Table::default() };
        let (disk, stored) = Disk::open(dir, key, limit);
        table.newest.reserve(stored.iter().map(|(_, index)| index.len()).sum());
        for (segment, index) in stored {
            table.add_stored(segment, &index);
        }
        let shared = Arc::new(Shared { table: Mutex::new(table), wake: Condvar::new() });
        let for_writer = Arc::clone(&shared);
        let writer = std::thread::Builder::new()
            .name("translations".into())
            .spawn(move || write_back(&for_writer, disk))
            .inspect_err(|e| tracing::warn!("translations will not be kept: no thread to write them ({e})"))
            .ok();
        shared.lock().writable = writer.is_some();
        Store { shared, checks: false, has_file: true, tally: Tally::default(), writer: Mutex::new(writer) }
    }

    /// What it was good for so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether translations are compared instead of used.
    pub(crate) fn checks(&self) -> bool {
        self.checks
    }

    /// Looks for a translation of the code at the start of `probe.code`; puts it into `into`.
    pub(crate) fn find(&self, probe: &Probe<'_>, cursor: &mut Cursor, into: &mut Portable) -> Option<Found> {
        let identity = identity(probe);
        let mut table = self.shared.lock();
        if let Some(found) = table.take(*cursor, identity, probe, into, cursor) {
            return Some(found);
        }
        let mut next = *table.newest.get(&hash(identity, probe.code))?;
        for _ in 0..CHAIN_MOST {
            let entry = *table.entries.get(next as usize)?;
            next = entry.older;
            // Most that begin alike go on differently: that must not cost a look at the record.
            let guest = probe.code.get(..entry.len as usize);
            if !guest.is_some_and(|guest| format::guest_sum(guest) == entry.sum) {
                continue;
            }
            let at = Cursor { segment: entry.segment, next: entry.offset };
            if let Some(found) = table.take(at, identity, probe, into, cursor) {
                return Some(found);
            }
        }
        None
    }

    /// Adds the translation of the first `len` bytes of `probe.code`.
    pub(crate) fn add(&self, pen: &mut Pen, probe: &Probe<'_>, len: u32, portable: &Portable) {
        let Some(guest) = probe.code.get(..len as usize) else { return };
        let identity = identity(probe);
        let size = format::record_len(guest, portable);
        if size > SEGMENT {
            return;
        }
        if pen.records.len() + size > SEGMENT {
            self.take_over(pen);
        }
        if pen.records.is_empty() {
            pen.records.reserve_exact(if self.has_file { SEGMENT } else { 0 });
        }
        let (hash, sum) = (hash(identity, probe.code), format::guest_sum(guest));
        pen.index.push(IndexEntry { hash, offset: pen.records.len() as u32, sum, len });
        format::append(&mut pen.records, identity, guest, portable);
    }

    /// Whether there is enough in `pen` to be taken over before it is full.
    pub(crate) fn wants(&self, pen: &Pen) -> bool {
        // Small segments cost little in memory.
        pen.records.len() > if self.has_file { SEGMENT / 8 } else { 0 }
    }

    /// Takes what `pen` has collected, so that it is found from now on and will be written.
    pub(crate) fn take_over(&self, pen: &mut Pen) {
        if pen.records.is_empty() {
            return;
        }
        let mut records = std::mem::take(&mut pen.records);
        if !self.has_file {
            // It stays for good, and may be small.
            records.shrink_to_fit();
        }
        let index = std::mem::take(&mut pen.index);
        let mut table = self.shared.lock();
        if table.new > NEW_MOST {
            return;
        }
        table.add_new(index, records);
        pen.records = table.spare.pop().unwrap_or_default();
        pen.records.clear();
        if table.writable && (table.waiting.len() == 1 || table.waiting.len() == WAITING) {
            drop(table);
            self.shared.wake.notify_one();
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.wake.notify_one();
        tracing::debug!(
            translated = self.tally.translated.get_mut(),
            reused = self.tally.reused.get_mut(),
            checked = self.tally.checked.get_mut(),
            differences = self.tally.differences.get_mut(),
            "translations"
        );
        let writer = self.writer.get_mut().unwrap_or_else(|e| e.into_inner()).take();
        // If it panicked there is nothing left to do: what it did not write is not kept.
        let _ = writer.map(JoinHandle::join);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Table {
    fn add_entry(&mut self, segment: u32, entry: &IndexEntry) {
        let IndexEntry { hash, offset, sum, len } = *entry;
        let number = self.entries.len() as u32;
        let older = self.newest.insert(hash, number).unwrap_or(NONE);
        self.entries.push(Entry { segment, offset, len, sum, older });
    }

    fn add_stored(&mut self, stored: Stored, index: &[IndexEntry]) {
        let segment = self.segments.len() as u32;
        self.segments.push(Segment::Stored(stored));
        self.entries.reserve(index.len());
        for entry in index {
            self.add_entry(segment, entry);
        }
    }

    fn add_new(&mut self, index: Vec<IndexEntry>, records: Vec<u8>) {
        let number = self.segments.len() as u32;
        self.new += records.len();
        self.entries.reserve(index.len());
        for entry in &index {
            self.add_entry(number, entry);
        }
        let records = Arc::new(records);
        if self.writable {
            self.waiting.push(Waiting { number, index, records: Arc::clone(&records) });
        }
        self.segments.push(Segment::New(records));
    }

    /// Brings a segment's records into memory.
    fn load(&mut self, number: u32) {
        let Some(Segment::Stored(stored)) = self.segments.get(number as usize) else { return };
        let stored = stored.clone();
        let mut records = self.spare.pop().unwrap_or_default();
        if stored.read(&mut records).is_none() {
            tracing::debug!("translations of a spoilt segment are left out");
            self.segments[number as usize] = Segment::Spoilt;
            return;
        }
        self.segments[number as usize] = Segment::Loaded(stored, Arc::new(records), false);
        self.loaded.push_back(number);
        if self.loaded.len() > LOADED_MOST {
            self.unload_one();
        }
    }

    /// Makes room for one: the oldest that nobody used since it was last its turn.
    fn unload_one(&mut self) {
        while let Some(oldest) = self.loaded.pop_front() {
            let Some(Segment::Loaded(stored, _, used)) = self.segments.get_mut(oldest as usize) else {
                return;
            };
            if !std::mem::take(used) {
                let stored = stored.clone();
                return self.forget(oldest, stored);
            }
            self.loaded.push_back(oldest);
        }
    }

    /// Copies out the record at `at` if it is the one looked for; moves the cursor behind it.
    fn take(
        &mut self,
        at: Cursor,
        identity: Identity,
        probe: &Probe<'_>,
        into: &mut Portable,
        cursor: &mut Cursor,
    ) -> Option<Found> {
        self.load(at.segment);
        let records = match self.segments.get_mut(at.segment as usize) {
            Some(Segment::Loaded(_, records, used)) => {
                *used = true;
                &records[..]
            }
            Some(Segment::New(records)) => &records[..],
            _ => return None,
        };
        let record = Record::read(records, at.next as usize)?;
        // All of the guest's bytes: a hash proves nothing.
        let same = record.identity == identity
            && !record.guest.is_empty()
            && probe.code.get(..record.guest.len()) == Some(record.guest);
        if !same {
            return None;
        }
        record.copy_to(into);
        if !into.fits(probe.pc) {
            return None;
        }
        let len = record.guest.len() as u32;
        *cursor = match at.next as usize + record.len {
            end if end < records.len() => Cursor { segment: at.segment, next: end as u32 },
            _ => Cursor { segment: at.segment + 1, next: 0 },
        };
        Some(Found { len })
    }

    /// What was written is in the file now: it need not be in memory.
    fn written(&mut self, number: u32, stored: Stored) {
        let Some(segment) = self.segments.get_mut(number as usize) else { return };
        if let Segment::New(_) = segment {
            self.forget(number, stored);
        }
    }

    /// Leaves a segment's records to the file.
    fn forget(&mut self, number: u32, stored: Stored) {
        let segment = std::mem::replace(&mut self.segments[number as usize], Segment::Stored(stored));
        let (Segment::Loaded(_, records, _) | Segment::New(records)) = segment else { return };
        if let (Ok(buffer), true) = (Arc::try_unwrap(records), self.spare.len() < SPARE_MOST) {
            self.spare.push(buffer);
        }
    }
}

/// The writer's thread: writes what waits when there is enough of it, when it has waited long enough, and at the end.
fn write_back(shared: &Shared, mut disk: Disk) {
    loop {
        let mut table = shared.lock();
        while !table.ending && table.waiting.is_empty() {
            table = shared.wake.wait(table).unwrap_or_else(|e| e.into_inner());
        }
        let enough = |t: &mut Table| !t.ending && t.waiting.len() < WAITING;
        let waited = shared.wake.wait_timeout_while(table, PATIENCE, enough);
        let (mut table, _) = waited.unwrap_or_else(|e| e.into_inner());
        let (waiting, ending) = (std::mem::take(&mut table.waiting), table.ending);
        let used: Vec<Stored> = (table.segments.iter())
            .filter_map(|segment| match segment {
                Segment::Loaded(stored, ..) => Some(stored.clone()),
                _ => None,
            })
            .collect();
        drop(table);
        let result = if waiting.is_empty() { Ok(Vec::new()) } else { disk.append(&waiting, &used) };
        let mut table = shared.lock();
        match result {
            Ok(stored) => {
                for (waiting, stored) in waiting.into_iter().zip(stored) {
                    let number = waiting.number;
                    drop(waiting);
                    table.written(number, stored);
                }
            }
            Err(error) => {
                tracing::warn!("translations are not kept from here on: {error}");
                table.writable = false;
                table.waiting.clear();
                return;
            }
        }
        if ending && table.waiting.is_empty() {
            return;
        }
    }
}
