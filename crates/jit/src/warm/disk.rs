//! The file of translations: read lazily, added to at its end by any number of processes, replaced when it is full.
//!
//! ```text
//!   <key>.jit   grows under the lock; replaced by renaming a new file over it, so that whoever has the old one open
//!               goes on reading that
//!   lock        held while somebody writes
//! ```
//! Nothing is flushed: what a power cut leaves behind is found out by the checksums. A reader that finds less than it
//! expects takes it as a miss. Files are read, never mapped, because a mapping dies with the file it shows.

use super::format::{self, HEADER, IndexEntry, SEGMENT_HEADER, SegmentHeader, checksum};
use super::store::Waiting;
use lodge_host::private::PrivateDir;
use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Arc;
use std::time::Duration;

/// What ends the names of our files.
const SUFFIX: &str = ".jit";
const LOCK: &str = "lock";
/// Tries to get the lock, 10 ms apart.
const TRIES: u32 = 100;

/// The records of one segment of a file.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    file: Arc<File>,
    /// Offset of the segment.
    at: u64,
    header: SegmentHeader,
}

impl Stored {
    /// Reads the records. `None` when they are not what was written.
    pub(super) fn read(&self, into: &mut Vec<u8>) -> Option<()> {
        into.resize(self.header.len, 0);
        let from = self.at + (SEGMENT_HEADER + self.header.index_len()) as u64;
        self.file.read_exact_at(into, from).ok()?;
        (checksum(&[into]) == self.header.checksum).then_some(())
    }

    /// All of the segment, as it is in the file. `None` when it is spoilt.
    fn whole(&self) -> Option<Vec<u8>> {
        let mut bytes = vec![0; self.header.total()];
        self.file.read_exact_at(&mut bytes, self.at).ok()?;
        let (head, rest) = bytes.split_first_chunk::<SEGMENT_HEADER>()?;
        let header = SegmentHeader::read(head).filter(|header| *header == self.header)?;
        header.index(head, rest.get(..header.index_len())?)?;
        (checksum(&[&rest[header.index_len()..]]) == header.checksum).then_some(bytes)
    }
}

/// A segment of a file, and its index.
pub(super) type Indexed = (Stored, Vec<IndexEntry>);

/// The file, and the right to write to it.
pub(super) struct Disk {
    dir: PrivateDir,
    key: u64,
    limit: u64,
    /// The file, and up to where it is known.
    file: Option<(Arc<File>, u64)>,
    tidied: bool,
}

/// Reads the segments from `at` on, until the end or the first spoilt one; where that is.
fn scan(file: &Arc<File>, mut at: u64) -> (Vec<Indexed>, u64) {
    let mut found = Vec::new();
    loop {
        let mut head = [0; SEGMENT_HEADER];
        let header = file.read_exact_at(&mut head, at).ok().and_then(|()| SegmentHeader::read(&head));
        let Some(header) = header else { return (found, at) };
        let mut index = vec![0; header.index_len()];
        let read = file.read_exact_at(&mut index, at + SEGMENT_HEADER as u64).ok();
        let Some(index) = read.and_then(|()| header.index(&head, &index)) else { return (found, at) };
        // Its records may be missing all the same: then reading them fails.
        found.push((Stored { file: Arc::clone(file), at, header }, index));
        at += header.total() as u64;
    }
}

impl Disk {
    /// Opens the file of `key` in `dir`, if there is a good one; what is in it.
    pub(super) fn open(dir: PrivateDir, key: u64, limit: u64) -> (Disk, Vec<Indexed>) {
        let mut disk = Disk { dir, key, limit, file: None, tidied: false };
        let stored = match disk.reopen() {
            Ok(stored) => stored,
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    tracing::warn!(
                        "translations kept in {} are not used: {error}",
                        disk.dir.path().display()
                    );
                }
                Vec::new()
            }
        };
        (disk, stored)
    }

    fn name(&self) -> String {
        format!("{:016x}{SUFFIX}", self.key)
    }

    /// Opens what has the file's name now.
    fn reopen(&mut self) -> io::Result<Vec<Indexed>> {
        self.file = None;
        let file = Arc::new(self.dir.existing(&self.name())?);
        let mut head = [0; HEADER];
        let whole = file.read_exact_at(&mut head, 0).is_ok();
        if !whole || head != format::header(self.key) {
            return Err(ErrorKind::NotFound.into());
        }
        let (stored, end) = scan(&file, HEADER as u64);
        self.file = Some((file, end));
        Ok(stored)
    }

    /// The lock, which others hold for milliseconds.
    fn lock(&self) -> io::Result<File> {
        let file = self.dir.existing_or_new(LOCK)?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::new(ErrorKind::WouldBlock, "another lodge is writing and does not come to an end"))
    }

    /// Writes `waiting` behind what is there, or into a new file with what of the old one has been `used`, or is new.
    ///
    /// # Errors
    /// What the kernel said; the file is as it was then.
    pub(super) fn append(&mut self, waiting: &[Waiting], used: &[Stored]) -> io::Result<Vec<Stored>> {
        self.try_append(waiting, used)
            .map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", self.dir.path().display())))
    }

    fn try_append(&mut self, waiting: &[Waiting], used: &[Stored]) -> io::Result<Vec<Stored>> {
        let _lock = self.lock()?;
        let heads: Vec<Vec<u8>> =
            waiting.iter().map(|w| format::segment_head(&w.index, &w.records)).collect();
        let parts: Vec<&[u8]> =
            heads.iter().zip(waiting).flat_map(|(head, w)| [&head[..], &w.records[..]]).collect();
        let more: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let fresh = self.catch_up();
        let end = match &self.file {
            Some((_, end)) if end + more <= self.limit => *end,
            _ => self.replace(more, fresh, used)?,
        };
        let Some((file, known)) = &mut self.file else { return Err(ErrorKind::NotFound.into()) };
        let mut at = end;
        for part in parts {
            if let Err(error) = file.write_all_at(part, at) {
                // Half a segment would end the file for everybody who comes later.
                let _ = file.set_len(end);
                return Err(error);
            }
            at += part.len() as u64;
        }
        // Remains of somebody's torn writing.
        if file.metadata()?.len() > at {
            file.set_len(at)?;
        }
        *known = at;
        Ok(scan(file, end).0.into_iter().map(|(stored, _)| stored).collect())
    }

    /// Looks at what others wrote. What is in the file when it is not the one we knew.
    fn catch_up(&mut self) -> Option<Vec<Indexed>> {
        let known = self.file.clone();
        let id = |file: &File| file.metadata().map(|m| (m.dev(), m.ino())).ok();
        let now = self.dir.existing(&self.name()).ok();
        match (known, now) {
            (Some((file, end)), Some(now)) if id(&file) == id(&now) => {
                let (_, end) = scan(&file, end);
                self.file = Some((file, end));
                None
            }
            _ => self.reopen().ok(),
        }
    }

    /// Puts a new file in the place of the old one, with the best of it and room for `more` bytes; its end.
    fn replace(&mut self, more: u64, fresh: Option<Vec<Indexed>>, used: &[Stored]) -> io::Result<u64> {
        let old = match (fresh, &self.file) {
            (Some(fresh), _) => fresh,
            (None, Some((file, _))) => scan(file, HEADER as u64).0,
            (None, None) => Vec::new(),
        };
        let name = format!("new-{}", std::process::id());
        let _ = self.dir.remove(&name);
        let file = self.dir.new_file(&name)?;
        match self.fill(&file, &old, more, used).and_then(|end| {
            self.dir.rename(&name, &self.name())?;
            Ok(end)
        }) {
            Ok(end) => {
                self.file = Some((Arc::new(file), end));
                self.tidy();
                Ok(end)
            }
            Err(error) => {
                let _ = self.dir.remove(&name);
                Err(error)
            }
        }
    }

    /// Copies into `file` what is best of `old`: what this run used, then the newest, up to half of the limit.
    fn fill(&self, file: &File, old: &[Indexed], more: u64, used: &[Stored]) -> io::Result<u64> {
        file.write_all_at(&format::header(self.key), 0)?;
        let mut room = (self.limit / 2).saturating_sub(more + HEADER as u64);
        let was_used = |s: &Stored| used.iter().any(|u| u.header == s.header);
        let (first, second): (Vec<&Stored>, Vec<&Stored>) =
            old.iter().rev().map(|(stored, _)| stored).partition(|stored| was_used(stored));
        let mut chosen: Vec<&Stored> = Vec::new();
        for stored in first.into_iter().chain(second) {
            let len = stored.header.total() as u64;
            // Two runs that began together may have written the same.
            let twice = chosen.iter().any(|c| c.header == stored.header);
            if len <= room && !twice {
                room -= len;
                chosen.push(stored);
            }
        }
        chosen.sort_by_key(|stored| stored.at);
        let mut at = HEADER as u64;
        for bytes in chosen.into_iter().filter_map(Stored::whole) {
            file.write_all_at(&bytes, at)?;
            at += bytes.len() as u64;
        }
        Ok(at)
    }

    /// Deletes files of other builds, the oldest first, until all files together keep the limit; and what a run that
    /// died left behind.
    fn tidy(&mut self) {
        if std::mem::replace(&mut self.tidied, true) {
            return;
        }
        let mut others = self.dir.list().unwrap_or_default();
        let own = self.name();
        others.retain(|file| {
            let abandoned = file.name.starts_with("new-");
            if abandoned {
                let _ = self.dir.remove(&file.name);
            }
            !abandoned && file.name != own && file.name.ends_with(SUFFIX)
        });
        others.sort_by_key(|file| file.modified);
        // Half is for our own file to grow into.
        let mut total: u64 = others.iter().map(|file| file.len).sum();
        for file in others {
            if total <= self.limit / 2 {
                break;
            }
            total -= file.len;
            let _ = self.dir.remove(&file.name);
        }
    }
}
