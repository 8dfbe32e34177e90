//! The raw format: byte n of the disk is byte n of the file.

use crate::storage::file::HostFile;
use crate::{Extent, Format, Image, ImageError, Place, SECTOR, Storage, Target, Topology};
use std::ops::Range;
use std::path::Path;

/// How a disk is to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and write; an error when that is not allowed.
    Write,
    /// Read only.
    Read,
    /// Read and write when allowed, otherwise read only (with a warning).
    WriteIfAllowed,
}

/// A raw image.
pub struct Raw<S> {
    storage: S,
    size: u64,
}

impl<S: Storage> Raw<S> {
    /// All of `storage`, its size rounded up to whole sectors (what is missing reads as zero).
    pub fn new(storage: S) -> Raw<S> {
        let size = storage.len().next_multiple_of(SECTOR);
        Raw { storage, size }
    }
}

impl<S: Storage> Format for Raw<S> {
    fn name(&self) -> String {
        self.storage.name()
    }

    fn size(&self) -> u64 {
        self.size
    }

    fn topology(&self) -> Topology {
        // Host file systems work in 4 KiB blocks, and the smallest hole that frees anything is one.
        Topology { logical_block: 512, physical_block: 4096, discard_granularity: 4096, optimal_io: 0 }
    }

    fn locate(&self, offset: u64, len: u64) -> Result<Extent<'_>, ImageError> {
        Ok(Extent { len, place: Place::At(&self.storage, offset), in_place: true })
    }

    fn prepare(&self, offset: u64, len: u64) -> Result<Target<'_>, ImageError> {
        Ok(Target { len, storage: &self.storage, offset, fresh: None })
    }

    fn commit(&self, _range: Range<u64>) -> Result<(), ImageError> {
        Ok(())
    }

    fn zero(&self, offset: u64, len: u64, unmap: bool) -> Result<u64, ImageError> {
        Ok(if self.storage.zero(offset, len, unmap)? { len } else { 0 })
    }

    fn flush(&self) -> Result<(), ImageError> {
        self.storage.flush()
    }
}

/// Opens the raw image (file or block device) at `path`. A file that is no multiple of 512 bytes is used as if it
/// were padded with zeroes, and grows to that size when its last sector is written.
///
/// # Errors
/// Absent, not a file, empty, not permitted, in use by somebody else: each in its own words.
pub fn open_raw(path: &Path, access: Access) -> Result<Image, ImageError> {
    let (file, writable) = match (HostFile::open(path, access != Access::Read), access) {
        (Err(ImageError::Denied { .. }), Access::WriteIfAllowed) => {
            tracing::warn!(path = %path.display(), "the disk may not be written: using it read-only");
            (HostFile::open(path, false)?, false)
        }
        (file, access) => (file?, access != Access::Read),
    };
    let len = file.len();
    if len == 0 {
        return Err(ImageError::Empty { path: path.to_owned() });
    }
    if !len.is_multiple_of(SECTOR) {
        tracing::warn!(path = %path.display(), bytes = len, "the disk is no multiple of 512 bytes: its last sector is padded with zeroes");
    }
    Ok(Image::new(Box::new(Raw::new(file)), None, !writable))
}
