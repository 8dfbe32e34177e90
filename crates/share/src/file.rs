//! Open files and directories, and the work on their bytes.

use crate::attr::Attr;
use crate::dir::DirState;
use crate::exchange::{Exchange, Fault};
use crate::table::NodeId;
use crate::tree::{Tree, drop_set_id};
use crate::{Errno, Result};
use lodge_host::lock;
use rustix::fs::{FallocateFlags, OFlags, SeekFrom};
use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// Number of an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HandleId(pub u64);

/// How a file is to be opened: `open(2)`'s flags as Linux numbers them for all architectures that lodge knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open(pub u32);

impl Open {
    /// Read, write, both: the lowest two bits.
    const ACCESS: u32 = 3;

    /// Whether something may be written.
    pub(crate) fn writes(self) -> bool {
        self.0 & Open::ACCESS != 0 || self.0 & OFlags::TRUNC.bits() != 0
    }

    /// Those flags that mean something here. What the guest's kernel looks after itself (links, ttys, descriptors) does
    /// not; direct I/O would ask for alignment that guest memory does not have.
    pub(crate) fn flags(self) -> Result<OFlags> {
        let access = match self.0 & Open::ACCESS {
            0 => OFlags::RDONLY,
            1 => OFlags::WRONLY,
            2 => OFlags::RDWR,
            _ => return Err(Errno::INVAL),
        };
        let wanted = OFlags::from_bits_retain(self.0);
        Ok(access | wanted & (OFlags::APPEND | OFlags::TRUNC | OFlags::SYNC | OFlags::DSYNC))
    }
}

#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) node: NodeId,
    pub(crate) file: Arc<OwnedFd>,
    pub(crate) open: Open,
    /// Of a directory.
    pub(crate) dir: Option<DirState>,
}

impl Handle {
    pub(crate) fn writes(&self) -> bool {
        self.dir.is_none() && self.open.0 & Open::ACCESS != 0
    }
}

/// What is open.
#[derive(Debug)]
pub(crate) struct Handles {
    open: HashMap<HandleId, Handle>,
    next: u64,
    most: usize,
}

impl Handles {
    pub(crate) fn new(most: usize) -> Handles {
        Handles { open: HashMap::new(), next: 1, most }
    }

    pub(crate) fn get(&self, id: HandleId) -> Option<&Handle> {
        self.open.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: HandleId) -> Result<&mut Handle> {
        self.open.get_mut(&id).ok_or(Errno::BADF)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (HandleId, &Handle)> {
        self.open.iter().map(|(id, handle)| (*id, handle))
    }

    pub(crate) fn add(&mut self, handle: Handle) -> Result<HandleId> {
        if self.open.len() >= self.most {
            return Err(Errno::NFILE);
        }
        let id = HandleId(self.next);
        self.next += 1;
        self.open.insert(id, handle);
        Ok(id)
    }

    /// Gives what was just opened the number that it had before it was saved.
    pub(crate) fn rename(&mut self, from: HandleId, to: HandleId) {
        if let Some(handle) = self.open.remove(&from) {
            self.next = from.0.max(to.0.saturating_add(1));
            self.open.insert(to, handle);
        }
    }
}

impl Tree {
    pub(crate) fn file(&self, id: HandleId) -> Result<&OwnedFd> {
        let handle = self.handles.get(id).ok_or(Errno::BADF)?;
        if handle.dir.is_some() { Err(Errno::ISDIR) } else { Ok(&handle.file) }
    }

    /// Opens a regular file.
    ///
    /// # Errors
    /// What the host says; `ENXIO` for what is neither file nor directory.
    pub fn open(&mut self, id: NodeId, open: Open) -> Result<HandleId> {
        if open.writes() {
            self.writable()?;
        }
        let flags = open.flags()?;
        if self.table.node(id)?.kind.is_dir() {
            return Err(Errno::ISDIR);
        }
        let fd = self.table.fd(id)?;
        let file = self.reopen(&fd, flags)?;
        self.hold(Handle { node: id, file: Arc::new(file), open, dir: None })
    }

    pub(crate) fn hold(&mut self, handle: Handle) -> Result<HandleId> {
        let (node, file) = (handle.node, handle.file.clone());
        let id = self.handles.add(handle)?;
        self.table.pin(node, &file);
        Ok(id)
    }

    /// Whether the content of an open file, opened just now, is what it was when it was opened the last time before, so that
    /// the guest may keep what it has read of it.
    pub fn unchanged(&mut self, id: HandleId) -> bool {
        let Some(handle) = self.handles.get(id) else { return false };
        let node = handle.node;
        crate::table::stat_fd(&handle.file).is_ok_and(|stat| self.table.unchanged(node, &stat))
    }

    /// Closes a file or directory.
    pub fn release(&mut self, id: HandleId) {
        if let Some(handle) = self.handles.open.remove(&id) {
            self.table.unpin(handle.node);
        }
    }

    /// Reads at most `len` bytes at `offset` into the answer, `after` bytes behind its end; see
    /// [`Exchange::read_file`]. The number is that of the bytes read.
    ///
    /// # Errors
    /// [`Fault`]; the inner one is the host's.
    pub fn read(
        &self,
        id: HandleId,
        offset: u64,
        (after, len): (u64, u64),
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<Result<usize>, Fault> {
        let file = match self.file(id) {
            Ok(file) => file.as_fd(),
            Err(errno) => return Ok(Err(errno)),
        };
        let len = len.min(exchange.writable().saturating_sub(after));
        Ok(exchange.read_file(file, offset, after, len)?.map_err(number))
    }

    /// Writes the request's next `len` bytes at `offset`. `drop_privileges`: the caller may not keep set-user-id bits.
    ///
    /// # Errors
    /// [`Fault`]; the inner one is the host's.
    pub fn write(
        &self,
        id: HandleId,
        offset: u64,
        (len, drop_privileges): (u64, bool),
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<Result<usize>, Fault> {
        let file = match self.writable().and_then(|()| self.file(id)) {
            Ok(file) => file.as_fd(),
            Err(errno) => return Ok(Err(errno)),
        };
        if drop_privileges && let Err(errno) = drop_set_id(file) {
            return Ok(Err(errno));
        }
        Ok(exchange.write_file(file, offset, len)?.map_err(number))
    }

    /// Makes a file or directory durable; `data_only` leaves out what is not needed to read it again.
    ///
    /// # Errors
    /// What the host says.
    pub fn sync(&self, id: HandleId, data_only: bool) -> Result<()> {
        let file = &self.handles.get(id).ok_or(Errno::BADF)?.file;
        if data_only { rustix::fs::fdatasync(file) } else { rustix::fs::fsync(file) }
    }

    /// Makes everything of the file system below the folder durable.
    ///
    /// # Errors
    /// What the host says.
    pub fn sync_all(&mut self) -> Result<()> {
        let root = self.table.fd(NodeId::ROOT)?;
        let root = self.reopen(&root, OFlags::RDONLY | OFlags::DIRECTORY)?;
        rustix::fs::syncfs(&root)
    }

    /// `fallocate(2)` with `mode` as Linux numbers it.
    ///
    /// # Errors
    /// What the host says.
    pub fn allocate(&self, id: HandleId, mode: u32, offset: u64, len: u64) -> Result<()> {
        self.writable()?;
        let mode = FallocateFlags::from_bits(mode).ok_or(Errno::OPNOTSUPP)?;
        rustix::fs::fallocate(self.file(id)?, mode, offset, len)
    }

    /// Finds the next data or hole (`whence` as Linux numbers them: 3 and 4). Everything else the guest knows itself.
    ///
    /// # Errors
    /// `ENXIO` behind the end; `EINVAL`.
    pub fn seek(&self, id: HandleId, offset: u64, whence: u32) -> Result<u64> {
        let to = match whence {
            3 => SeekFrom::Data(offset),
            4 => SeekFrom::Hole(offset),
            _ => return Err(Errno::INVAL),
        };
        if i64::try_from(offset).is_err() {
            return Err(Errno::NXIO);
        }
        // Nothing else uses the descriptor's own position.
        rustix::fs::seek(self.file(id)?, to)
    }

    /// Copies bytes between two open files.
    ///
    /// # Errors
    /// What the host says.
    pub fn copy(&self, from: (HandleId, u64), to: (HandleId, u64), len: u64) -> Result<usize> {
        self.writable()?;
        let (source, target) = (self.file(from.0)?, self.file(to.0)?);
        // A guest's one request must not keep the device for long.
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(LONGEST_COPY);
        let (mut from, mut to) = (from.1, to.1);
        if i64::try_from(from).is_err() || i64::try_from(to).is_err() {
            return Err(Errno::OVERFLOW);
        }
        rustix::fs::copy_file_range(source, Some(&mut from), target, Some(&mut to), len)
    }

    /// Locks bytes (`len` 0: to the end), or unlocks them. The lock belongs to the open file. Never waits.
    ///
    /// # Errors
    /// `EAGAIN` when somebody else's lock is in the way.
    pub fn set_lock(&self, id: HandleId, kind: lock::Kind, offset: u64, len: u64) -> Result<()> {
        lock::set(self.file(id)?, kind, offset, len).map_err(number)
    }

    /// The lock in the way of one of `kind`: its kind, offset and length.
    ///
    /// # Errors
    /// What the host says.
    pub fn get_lock(
        &self,
        id: HandleId,
        kind: lock::Kind,
        offset: u64,
        len: u64,
    ) -> Result<(lock::Kind, u64, u64)> {
        lock::conflict(self.file(id)?, kind, offset, len).map_err(number)
    }

    /// What there is to know of an open file.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn attr_of(&self, id: HandleId) -> Result<Attr> {
        let handle = self.handles.get(id).ok_or(Errno::BADF)?;
        Ok(self.attr(&crate::table::stat_fd(&handle.file)?))
    }
}

/// Bytes that one request copies at most; the guest asks again for more.
const LONGEST_COPY: usize = 16 << 20;

/// The error's number.
fn number(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}
