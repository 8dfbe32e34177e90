//! The seam between an image and its format: where are the bytes?
//!
//! A format does no guest I/O itself. It answers where a range lies (`locate`), makes room for a write
//! (`prepare`) and publishes that room once the data is there (`commit`), so that a mapping never points at data
//! that was not written yet.

use crate::{ImageError, Storage, Topology};
use std::ops::Range;

/// Where the first bytes of a range are.
pub struct Extent<'a> {
    /// How many bytes of the range this answer covers; at least 1.
    pub len: u64,
    /// Where they are.
    pub place: Place<'a>,
    /// Whether a write may go to that place as it is ([`Place::At`] only).
    pub in_place: bool,
}

/// The place of some bytes of an image.
pub enum Place<'a> {
    /// In this storage at this offset.
    At(&'a dyn Storage, u64),
    /// In the backing disk at the same offset as in the image (zeroes when there is none, or past its end).
    Backing,
    /// Nowhere: they read as zero.
    Zero,
}

/// Room for a write.
pub struct Target<'a> {
    /// How many bytes of the range this answer covers; at least 1.
    pub len: u64,
    /// Where to write them.
    pub storage: &'a dyn Storage,
    /// Offset in that storage of the first byte of the range.
    pub offset: u64,
    /// The room is fresh: this whole range of the image must be filled (old content around the new bytes) and
    /// then committed. `None`: write in place. The storage offset of its start is `offset - (start - fresh.start)`
    /// where `start` is the first byte of the range that was asked for.
    pub fresh: Option<Range<u64>>,
}

/// Which storage holds which bytes. Called by [`crate::Image`], which lets one thread at a time into `prepare`,
/// `commit` and `zero`, with nobody in `locate` meanwhile.
pub trait Format: Send + Sync {
    /// Name for people.
    fn name(&self) -> String;

    /// Bytes of the disk inside, a multiple of 512.
    fn size(&self) -> u64;

    /// How the disk likes to be used.
    fn topology(&self) -> Topology;

    /// Where the bytes at `offset` are; `len` is at least 1 and in range.
    ///
    /// # Errors
    /// A damaged image, or the host's I/O error.
    fn locate(&self, offset: u64, len: u64) -> Result<Extent<'_>, ImageError>;

    /// Makes room for `len` bytes at `offset`, of which `locate` has not said `in_place`.
    ///
    /// # Errors
    /// A damaged or full image, or the host's I/O error.
    fn prepare(&self, offset: u64, len: u64) -> Result<Target<'_>, ImageError>;

    /// The fresh room for `range` is filled: it is where `range` is from now on.
    ///
    /// # Errors
    /// The host's I/O error.
    fn commit(&self, range: Range<u64>) -> Result<(), ImageError>;

    /// Frees what it can of the range; answers how many bytes from its start now read as zero (0: the format
    /// cannot do it there, and the caller leaves the content or writes zeroes).
    ///
    /// # Errors
    /// The host's I/O error.
    fn zero(&self, offset: u64, len: u64, unmap: bool) -> Result<u64, ImageError>;

    /// Makes data and mapping durable, in the right order.
    ///
    /// # Errors
    /// The host's I/O error.
    fn flush(&self) -> Result<(), ImageError>;
}
