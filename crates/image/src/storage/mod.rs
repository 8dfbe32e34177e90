//! The seam to what keeps the bytes: a file or block device of the host, or memory in tests.

pub(crate) mod file;
pub(crate) mod memory;

use crate::ImageError;

/// A flat run of bytes. All calls may come from any thread.
pub trait Storage: Send + Sync {
    /// Name for people: the path.
    fn name(&self) -> String;

    /// Bytes there are now.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `into` from `offset`; bytes past the end read as zero.
    ///
    /// # Errors
    /// The host's I/O error.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ImageError>;

    /// Writes `from` at `offset`, growing the storage where it can grow.
    ///
    /// # Errors
    /// The host's I/O error.
    fn write_at(&self, offset: u64, from: &[u8]) -> Result<(), ImageError>;

    /// Makes all that was written durable.
    ///
    /// # Errors
    /// The host's I/O error.
    fn flush(&self) -> Result<(), ImageError>;

    /// Makes the range read as zero without writing it out, freeing it with `unmap`. `false`: the host cannot.
    ///
    /// # Errors
    /// The host's I/O error.
    fn zero(&self, offset: u64, len: u64, unmap: bool) -> Result<bool, ImageError>;
}
