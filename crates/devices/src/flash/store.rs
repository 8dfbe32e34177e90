//! The bytes in a flash bank: sparse blocks, in memory, written through to a file if there is one.
//!
//! ```text
//!   image or file ──► blocks at start ──(first write copies a block)──► blocks now ──► file
//! ```
//! An erased block takes no memory. It must not know commands: only that bits go from 1 to 0 one by one, and back
//! by whole blocks.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// Why a flash bank could not be filled.
#[derive(Debug, thiserror::Error)]
pub enum FlashError {
    /// The file could not be read.
    #[error("cannot read flash image {path}: {source}")]
    Read {
        /// The file.
        path: String,
        /// What the host said.
        source: io::Error,
    },
    /// The file could not be opened for reading and writing.
    #[error(
        "cannot open flash variables {path} for writing: {source}; copy the firmware's template to a file of yours"
    )]
    Write {
        /// The file.
        path: String,
        /// What the host said.
        source: io::Error,
    },
    /// More than the bank holds.
    #[error("cannot put {what} of more than {size} bytes into a flash bank of {size} bytes")]
    TooLarge {
        /// The file, or "an image".
        what: String,
        /// Bytes of the bank.
        size: u64,
    },
}

type Block = Option<Arc<[u8]>>;

/// The contents of one bank.
pub struct FlashStore {
    block_size: usize,
    /// As found at start, for telling what has changed. `None`: erased.
    start: Vec<Block>,
    now: Vec<Block>,
    file: Option<File>,
    read_only: bool,
}

impl FlashStore {
    /// Bytes of a block of both chips of a bank together.
    pub const BLOCK: u64 = 256 << 10;

    fn from_reader(size: u64, what: &str, mut input: impl Read) -> Result<FlashStore, FlashError> {
        let block_size = Self::BLOCK as usize;
        let count = size.div_ceil(Self::BLOCK) as usize;
        let mut start = Vec::with_capacity(count);
        let mut buffer = vec![0xff; block_size];
        let read = |source| FlashError::Read { path: what.to_owned(), source };
        while start.len() < count {
            let mut filled = 0;
            while filled < block_size {
                match input.read(&mut buffer[filled..]) {
                    Ok(0) => break,
                    Ok(n) => filled += n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(read(e)),
                }
            }
            if filled == 0 {
                start.resize(count, None);
                break;
            }
            buffer[filled..].fill(0xff);
            start.push(buffer.iter().any(|byte| *byte != 0xff).then(|| Arc::from(buffer.as_slice())));
        }
        if input.read(&mut [0]).map_err(read)? > 0 {
            return Err(FlashError::TooLarge { what: what.to_owned(), size });
        }
        Ok(FlashStore { block_size, now: start.clone(), start, file: None, read_only: false })
    }

    /// A bank of `size` bytes (whole blocks) that begins with `image`; the rest is erased. What the guest writes
    /// is forgotten at the end.
    ///
    /// # Errors
    /// [`FlashError::TooLarge`].
    pub fn from_image(size: u64, image: &[u8]) -> Result<FlashStore, FlashError> {
        FlashStore::from_reader(size, "an image", image)
    }

    /// A bank that begins with what is in the file at `path`, and that the guest cannot write.
    ///
    /// # Errors
    /// [`FlashError`].
    pub fn read_only(size: u64, path: &Path) -> Result<FlashStore, FlashError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| FlashError::Read { path: name.clone(), source })?;
        Ok(FlashStore { read_only: true, ..FlashStore::from_reader(size, &name, file)? })
    }

    /// A bank whose contents are those of the file at `path`: what the guest writes goes there at once. A shorter
    /// file, even an empty one, grows when written.
    ///
    /// # Errors
    /// [`FlashError`].
    pub fn file(size: u64, path: &Path) -> Result<FlashStore, FlashError> {
        let name = path.display().to_string();
        let open = File::options().read(true).write(true).open(path);
        let file = open.map_err(|source| FlashError::Write { path: name.clone(), source })?;
        let store = FlashStore::from_reader(size, &name, &file)?;
        Ok(FlashStore { file: Some(file), ..store })
    }

    /// The same contents, which the guest cannot write.
    #[must_use]
    pub fn locked(mut self) -> FlashStore {
        self.read_only = true;
        self
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        (self.now.len() * self.block_size) as u64
    }

    /// Blocks.
    pub(crate) fn blocks(&self) -> usize {
        self.now.len()
    }

    /// The number of the block that `offset` lies in.
    pub(crate) fn block_of(&self, offset: u64) -> usize {
        (offset / self.block_size as u64) as usize
    }

    /// Whether the guest's writes are refused.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Copies out; bytes beyond the end read as erased.
    pub(crate) fn read(&self, offset: u64, into: &mut [u8]) {
        let (mut block, mut at) = (self.block_of(offset), (offset % self.block_size as u64) as usize);
        let mut done = 0;
        while done < into.len() {
            let count = (into.len() - done).min(self.block_size - at);
            match self.now.get(block).and_then(Option::as_ref) {
                Some(bytes) => into[done..done + count].copy_from_slice(&bytes[at..at + count]),
                None => into[done..done + count].fill(0xff),
            }
            done += count;
            block += 1;
            at = 0;
        }
    }

    /// Programs: clears the bits that are 0 in `bytes`. The range must lie within one block.
    ///
    /// # Errors
    /// What the host said to writing the file; nothing has changed then.
    pub(crate) fn program(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut new = vec![0; bytes.len()];
        self.read(offset, &mut new);
        let old = new.clone();
        new.iter_mut().zip(bytes).for_each(|(new, byte)| *new &= byte);
        if new == old {
            return Ok(());
        }
        if let Some(file) = &self.file {
            file.write_all_at(&new, offset)?;
        }
        let (index, at) = (self.block_of(offset), (offset % self.block_size as u64) as usize);
        if let Some(block) = self.now.get_mut(index) {
            let block = block.get_or_insert_with(|| vec![0xff; self.block_size].into());
            Arc::make_mut(block)[at..at + new.len()].copy_from_slice(&new);
        }
        Ok(())
    }

    /// Erases a block to ones.
    ///
    /// # Errors
    /// As for [`FlashStore::program`].
    pub(crate) fn erase(&mut self, block: usize) -> io::Result<()> {
        self.put(block, None)
    }

    /// Replaces a block (`None`: erased), as a restored snapshot does.
    ///
    /// # Errors
    /// As for [`FlashStore::program`].
    pub(crate) fn put(&mut self, block: usize, bytes: Option<&[u8]>) -> io::Result<()> {
        if let (Some(file), true) = (&self.file, self.now[block].as_deref() != bytes) {
            let at = (block * self.block_size) as u64;
            match bytes {
                Some(bytes) => file.write_all_at(bytes, at)?,
                None => file.write_all_at(&vec![0xff; self.block_size], at)?,
            }
        }
        self.now[block] = bytes.map(Arc::from);
        Ok(())
    }

    /// The bytes of a block.
    pub(crate) fn block(&self, block: usize) -> Option<&[u8]> {
        self.now[block].as_deref()
    }

    /// The bytes of a block at start.
    pub(crate) fn start(&self, block: usize) -> Option<&[u8]> {
        self.start[block].as_deref()
    }

    /// Bytes of a block.
    pub(crate) fn block_size(&self) -> usize {
        self.block_size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: u64 = 4 * FlashStore::BLOCK;

    fn path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("lodge-flash-{}-{name}", std::process::id()))
    }

    #[test]
    fn bits_go_to_zero_one_by_one_and_to_one_by_blocks() {
        let mut store = FlashStore::from_image(SIZE, b"code").unwrap();
        let at = FlashStore::BLOCK - 2;
        store.program(at, &[0xf0, 0x55]).unwrap();
        store.program(at, &[0x3f, 0xff]).unwrap();
        let mut bytes = [0; 4];
        store.read(at, &mut bytes);
        assert_eq!(bytes, [0x30, 0x55, 0xff, 0xff]);
        store.read(SIZE - 1, &mut bytes);
        assert_eq!(bytes, [0xff; 4]);
        store.erase(0).unwrap();
        store.read(0, &mut bytes);
        assert_eq!((bytes, store.start(0).map(|b| &b[..4])), ([0xff; 4], Some(&b"code"[..])));
    }

    #[test]
    fn a_file_is_written_through() {
        let path = path("vars");
        std::fs::write(&path, b"abc").unwrap();
        let mut store = FlashStore::file(SIZE, &path).unwrap();
        store.program(0x100, b"new").unwrap();
        let found = std::fs::read(&path).unwrap();
        assert_eq!((&found[..3], &found[0x100..]), (&b"abc"[..], &b"new"[..]));
        store.erase(0).unwrap();
        assert!(std::fs::read(&path).unwrap().iter().all(|byte| *byte == 0xff));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(FlashStore::file(SIZE, &path), Err(FlashError::Write { .. })));
        assert!(matches!(FlashStore::read_only(SIZE, &path), Err(FlashError::Read { .. })));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert!(FlashStore::from_image(SIZE, &vec![0; SIZE as usize]).is_ok());
        assert!(matches!(
            FlashStore::from_image(SIZE, &vec![0; SIZE as usize + 1]),
            Err(FlashError::TooLarge { .. })
        ));
    }
}
