//! The seam that devices see.

use crate::ImageError;

/// Bytes of the unit in which disk sizes are counted.
pub const SECTOR: u64 = 512;

/// How a disk likes to be used; all in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Topology {
    /// Smallest unit the disk can address (512 or 4096).
    pub logical_block: u32,
    /// Smallest unit written without reading around it; a power-of-two multiple of the logical block.
    pub physical_block: u32,
    /// Unit in which discards free storage.
    pub discard_granularity: u32,
    /// Largest transfer that is still a good idea, 0: no opinion.
    pub optimal_io: u32,
}

/// A disk: `size` bytes, any range of which can be read and written from any thread.
///
/// Reads and writes are complete when they return; they are durable once a later `flush` has returned without an
/// error. Concurrent writes to overlapping ranges leave one or the other, sector by sector.
pub trait Disk: Send + Sync {
    /// Bytes, a multiple of [`SECTOR`].
    fn size(&self) -> u64;

    /// Name for people: a path, mostly.
    fn name(&self) -> String;

    /// Whether every change is refused.
    fn read_only(&self) -> bool;

    /// How the disk likes to be used.
    fn topology(&self) -> Topology;

    /// Fills `into` from `offset`.
    ///
    /// # Errors
    /// Out of range, or the host's I/O error.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ImageError>;

    /// Writes `from` at `offset`.
    ///
    /// # Errors
    /// Out of range, read-only, or the host's I/O error.
    fn write_at(&self, offset: u64, from: &[u8]) -> Result<(), ImageError>;

    /// Makes everything written so far survive a power cut. Once it has failed it fails for ever: the kernel may
    /// have dropped what it could not write, and nobody can tell which.
    ///
    /// # Errors
    /// The host's I/O error, now or at an earlier flush.
    fn flush(&self) -> Result<(), ImageError>;

    /// The content of the range no longer matters; it may be freed and reads as anything (zeroes, here) after.
    ///
    /// # Errors
    /// Out of range, read-only, or the host's I/O error. A host that cannot discard is not an error.
    fn discard(&self, offset: u64, len: u64) -> Result<(), ImageError>;

    /// The range reads as zeroes afterwards; with `unmap` its storage may be freed.
    ///
    /// # Errors
    /// Out of range, read-only, or the host's I/O error.
    fn write_zeroes(&self, offset: u64, len: u64, unmap: bool) -> Result<(), ImageError>;
}
