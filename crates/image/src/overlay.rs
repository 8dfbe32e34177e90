//! Throw-away changes over a disk that stays pristine: what `lodge run debian` boots from.
//!
//! ```text
//!   here:  one bit a 64 KiB cluster          0 ─► base, at the same offset
//!                                            1 ─► the temporary file, at the same offset (it is sparse)
//! ```
//! Nothing of it survives the machine: the file has no name and the bits live in memory.

use crate::storage::file::HostFile;
use crate::{Disk, Extent, Format, Image, ImageError, Place, Storage, Target, Topology};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a cluster.
const CLUSTER: u64 = 64 << 10;

struct Overlay<S> {
    name: String,
    size: u64,
    changes: S,
    /// A bit a cluster: its content is in `changes`.
    here: Box<[AtomicU64]>,
}

impl<S: Storage> Overlay<S> {
    fn new(base: &dyn Disk, changes: S) -> Overlay<S> {
        let size = base.size();
        let words = size.div_ceil(CLUSTER).div_ceil(64);
        let here = (0..words).map(|_| AtomicU64::new(0)).collect();
        Overlay { name: format!("throw-away overlay of {}", base.name()), size, changes, here }
    }

    fn is_here(&self, cluster: u64) -> bool {
        self.here[(cluster / 64) as usize].load(Ordering::Acquire) & (1 << (cluster % 64)) != 0
    }

    fn set_here(&self, clusters: Range<u64>) {
        for cluster in clusters {
            self.here[(cluster / 64) as usize].fetch_or(1 << (cluster % 64), Ordering::AcqRel);
        }
    }

    /// Whether the cluster at `offset` is here, and how many of `len` bytes that answer holds for.
    fn run(&self, offset: u64, len: u64) -> (bool, u64) {
        let here = self.is_here(offset / CLUSTER);
        let end = offset + len;
        let mut at = (offset / CLUSTER + 1) * CLUSTER;
        while at < end && self.is_here(at / CLUSTER) == here {
            at += CLUSTER;
        }
        (here, at.min(end) - offset)
    }
}

impl<S: Storage> Format for Overlay<S> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn topology(&self) -> Topology {
        let discard_granularity = CLUSTER as u32;
        Topology { logical_block: 512, physical_block: 4096, discard_granularity, optimal_io: 0 }
    }

    fn locate(&self, offset: u64, len: u64) -> Result<Extent<'_>, ImageError> {
        let (here, len) = self.run(offset, len);
        let place = if here { Place::At(&self.changes, offset) } else { Place::Backing };
        Ok(Extent { len, place, in_place: here })
    }

    fn prepare(&self, offset: u64, len: u64) -> Result<Target<'_>, ImageError> {
        let (here, run) = self.run(offset, len);
        let (len, fresh) = if here {
            (run, None)
        } else {
            // One cluster at a time, so that at most one is read around a write; whole ones together.
            let start = offset / CLUSTER * CLUSTER;
            let whole = run / CLUSTER * CLUSTER;
            let end = if start == offset && whole > 0 { start + whole } else { start + CLUSTER };
            (run.min(end - offset), Some(start..end.min(self.size)))
        };
        Ok(Target { len, storage: &self.changes, offset, fresh })
    }

    fn commit(&self, range: Range<u64>) -> Result<(), ImageError> {
        self.set_here(range.start / CLUSTER..range.end.div_ceil(CLUSTER));
        Ok(())
    }

    fn zero(&self, offset: u64, len: u64, unmap: bool) -> Result<u64, ImageError> {
        let (here, run) = self.run(offset, len);
        if here {
            return Ok(if self.changes.zero(offset, run, unmap)? { run } else { 0 });
        }
        // Clusters never written are holes of the temporary file: taking them from there makes them zero. The last
        // one may be cut short by the end of the disk.
        let end = if offset + run == self.size { self.size } else { (offset + run) / CLUSTER * CLUSTER };
        if !offset.is_multiple_of(CLUSTER) || end <= offset {
            return Ok(0);
        }
        // A failed write may have left bytes in the hole.
        if !self.changes.zero(offset, end - offset, true)? {
            return Ok(0);
        }
        self.set_here(offset / CLUSTER..end.div_ceil(CLUSTER));
        Ok(end - offset)
    }

    fn flush(&self) -> Result<(), ImageError> {
        Ok(()) // nothing of it is meant to survive a power cut
    }
}

/// A disk that starts with the content of `base` and keeps its changes in a nameless file in `dir`.
///
/// # Errors
/// [`ImageError::Open`] when `dir` takes no file.
pub fn overlay(base: Arc<dyn Disk>, dir: &Path) -> Result<Image, ImageError> {
    let changes = HostFile::temporary(dir)?;
    Ok(Image::new(Box::new(Overlay::new(base.as_ref(), changes)), Some(base), false))
}

#[cfg(test)]
pub(crate) fn overlay_on(base: Arc<dyn Disk>, changes: impl Storage + 'static) -> Image {
    Image::new(Box::new(Overlay::new(base.as_ref(), changes)), Some(base), false)
}
