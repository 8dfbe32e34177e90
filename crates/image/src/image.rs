//! What every format shares: bounds, reading through to the backing disk, copy-on-write, sticky failures.

use crate::{Disk, Extent, Format, ImageError, Place, Target, Topology};
use std::sync::{Arc, OnceLock, RwLock};

/// Zeroes are written in pieces of this many bytes where the host has no better way.
const PIECE: u64 = 1 << 20;
static ZEROES: [u8; PIECE as usize] = [0; PIECE as usize];

/// A disk made of a format and, perhaps, a backing disk below it.
pub struct Image {
    format: Box<dyn Format>,
    backing: Option<Arc<dyn Disk>>,
    read_only: bool,
    size: u64,
    /// Shared: I/O on what is mapped. Exclusive: the mapping changes.
    mapping: RwLock<()>,
    /// The first failed flush.
    lost: OnceLock<String>,
}

impl Image {
    /// The disk that `format` describes, over `backing` where the format says so.
    pub fn new(format: Box<dyn Format>, backing: Option<Arc<dyn Disk>>, read_only: bool) -> Image {
        let size = format.size();
        Image { format, backing, read_only, size, mapping: RwLock::new(()), lost: OnceLock::new() }
    }

    fn check(&self, offset: u64, len: u64) -> Result<(), ImageError> {
        if offset <= self.size && len <= self.size - offset {
            return Ok(());
        }
        Err(ImageError::OutOfRange { name: self.name(), offset, len, size: self.size })
    }

    fn check_write(&self, offset: u64, len: u64) -> Result<(), ImageError> {
        if self.read_only {
            return Err(ImageError::ReadOnly { name: self.name() });
        }
        self.check(offset, len)
    }

    fn read_backing(&self, offset: u64, into: &mut [u8]) -> Result<(), ImageError> {
        let Some(backing) = &self.backing else {
            into.fill(0);
            return Ok(());
        };
        let here = backing.size().saturating_sub(offset).min(into.len() as u64) as usize;
        into[here..].fill(0);
        backing.read_at(offset, &mut into[..here])
    }

    /// Reads with the mapping lock held by the caller.
    fn read_mapped(&self, mut offset: u64, mut into: &mut [u8]) -> Result<(), ImageError> {
        while !into.is_empty() {
            let extent = self.format.locate(offset, into.len() as u64)?;
            let (now, later) = into.split_at_mut((extent.len as usize).clamp(1, into.len()));
            match extent.place {
                Place::At(storage, at) => storage.read_at(at, now)?,
                Place::Backing => self.read_backing(offset, now)?,
                Place::Zero => now.fill(0),
            }
            offset += now.len() as u64;
            into = later;
        }
        Ok(())
    }

    /// Writes what needs no fresh room; answers how much that was.
    fn write_in_place(&self, offset: u64, from: &[u8]) -> Result<usize, ImageError> {
        let _shared = self.mapping.read().unwrap_or_else(|e| e.into_inner());
        let mut done = 0;
        while done < from.len() {
            let rest = &from[done..];
            let extent = self.format.locate(offset + done as u64, rest.len() as u64)?;
            let Extent { len, place: Place::At(storage, at), in_place: true } = extent else { break };
            let n = (len as usize).clamp(1, rest.len());
            storage.write_at(at, &rest[..n])?;
            done += n;
        }
        Ok(done)
    }

    /// Writes the first bytes of `from` into fresh room, with the old content around them.
    fn write_fresh(&self, offset: u64, from: &[u8]) -> Result<usize, ImageError> {
        let _exclusive = self.mapping.write().unwrap_or_else(|e| e.into_inner());
        let target = self.format.prepare(offset, from.len() as u64)?;
        let n = (target.len as usize).clamp(1, from.len());
        let Target { storage, offset: at, fresh, .. } = target;
        let Some(fresh) = fresh else {
            // Another thread made the room meanwhile.
            storage.write_at(at, &from[..n])?;
            return Ok(n);
        };
        let (head, end) = (offset - fresh.start, offset + n as u64);
        if head > 0 || end < fresh.end {
            let mut whole = vec![0; (fresh.end - fresh.start) as usize];
            self.read_mapped(fresh.start, &mut whole)?;
            whole[head as usize..head as usize + n].copy_from_slice(&from[..n]);
            storage.write_at(at - head, &whole)?;
        } else {
            storage.write_at(at, &from[..n])?;
        }
        self.format.commit(fresh)?;
        Ok(n)
    }

    /// Clears what the format can clear by itself, and has `rest` deal with each stretch that it cannot.
    fn clear(
        &self,
        offset: u64,
        len: u64,
        unmap: bool,
        rest: impl Fn(u64, u64) -> Result<(), ImageError>,
    ) -> Result<(), ImageError> {
        self.check_write(offset, len)?;
        let (mut at, end) = (offset, offset + len);
        while at < end {
            let cleared = {
                let _exclusive = self.mapping.write().unwrap_or_else(|e| e.into_inner());
                self.format.zero(at, end - at, unmap)?.min(end - at)
            };
            if cleared > 0 {
                at += cleared;
            } else {
                // To the next boundary, where the format is asked again.
                let n = self.step(at).min(end - at);
                rest(at, n)?;
                at += n;
            }
        }
        Ok(())
    }

    /// Bytes from `at` to where a format may be able to clear again: a boundary of its grain; one piece from there.
    fn step(&self, at: u64) -> u64 {
        let grain = u64::from(self.format.topology().discard_granularity).max(crate::SECTOR);
        if at.is_multiple_of(grain) { PIECE } else { (grain - at % grain).min(PIECE) }
    }
}

impl Disk for Image {
    fn size(&self) -> u64 {
        self.size
    }

    fn name(&self) -> String {
        self.format.name()
    }

    fn read_only(&self) -> bool {
        self.read_only
    }

    fn topology(&self) -> Topology {
        self.format.topology()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ImageError> {
        self.check(offset, into.len() as u64)?;
        let _shared = self.mapping.read().unwrap_or_else(|e| e.into_inner());
        self.read_mapped(offset, into)
    }

    fn write_at(&self, offset: u64, from: &[u8]) -> Result<(), ImageError> {
        self.check_write(offset, from.len() as u64)?;
        let mut done = 0;
        while done < from.len() {
            done += self.write_in_place(offset + done as u64, &from[done..])?;
            if done < from.len() {
                done += self.write_fresh(offset + done as u64, &from[done..])?;
            }
        }
        Ok(())
    }

    fn flush(&self) -> Result<(), ImageError> {
        if let Some(why) = self.lost.get() {
            return Err(ImageError::LostWrites { name: self.name(), why: why.clone() });
        }
        self.format.flush().inspect_err(|e| drop(self.lost.set(e.to_string())))
    }

    fn discard(&self, offset: u64, len: u64) -> Result<(), ImageError> {
        self.clear(offset, len, true, |_, _| Ok(()))
    }

    fn write_zeroes(&self, offset: u64, len: u64, unmap: bool) -> Result<(), ImageError> {
        self.clear(offset, len, unmap, |at, n| self.write_at(at, &ZEROES[..n as usize]))
    }
}
