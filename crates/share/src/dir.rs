//! Listing directories.

use crate::attr::Kind;
use crate::file::{Handle, HandleId, Open};
use crate::table::NodeId;
use crate::tree::Tree;
use crate::{Errno, Result};
use rustix::fs::{FileType, OFlags, RawDir, SeekFrom};
use std::collections::VecDeque;
use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// Bytes that the kernel is asked for at a time.
const PIECE: usize = 32 << 10;

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// Inode number as the host counts.
    pub ino: u64,
    /// Where to go on after it.
    pub next: u64,
    /// What it is, `DT_*` of Linux; 0: the file system does not say.
    pub kind: u8,
    /// Its name.
    pub name: CString,
}

impl DirEntry {
    /// Whether it is `.` or `..`.
    pub fn is_dots(&self) -> bool {
        matches!(self.name.to_bytes(), b"." | b"..")
    }
}

/// How far a listing has got.
#[derive(Debug, Default)]
pub(crate) struct DirState {
    /// The position of the first of `ahead`, or of the descriptor.
    position: u64,
    /// Read, but not asked for yet.
    ahead: VecDeque<DirEntry>,
}

impl DirState {
    /// Reads on, from `position`.
    fn fill(&mut self, dir: &OwnedFd, position: u64) -> Result<()> {
        if position != self.position {
            self.ahead.clear();
            rustix::fs::seek(dir, SeekFrom::Start(position))?;
            self.position = position;
        }
        if !self.ahead.is_empty() {
            return Ok(());
        }
        let mut buffer = vec![MaybeUninit::uninit(); PIECE];
        let mut list = RawDir::new(dir, &mut buffer);
        while let Some(entry) = list.next() {
            let entry = entry?;
            self.ahead.push_back(DirEntry {
                ino: entry.ino(),
                next: entry.next_entry_cookie(),
                kind: kind_number(entry.file_type()),
                name: entry.file_name().to_owned(),
            });
            if list.is_buffer_empty() {
                break;
            }
        }
        Ok(())
    }
}

fn kind_number(kind: FileType) -> u8 {
    if kind == FileType::Unknown { 0 } else { Kind(kind).entry_type() }
}

impl Tree {
    /// Opens a directory for listing.
    ///
    /// # Errors
    /// `ENOTDIR`; what else the host says.
    pub fn open_dir(&mut self, id: NodeId) -> Result<HandleId> {
        let fd = self.dir(id)?;
        let file = self.reopen(&fd, OFlags::RDONLY | OFlags::DIRECTORY)?;
        let (file, dir) = (Arc::new(file), Some(DirState::default()));
        self.hold(Handle { node: id, file, open: Open(0), dir })
    }

    /// The entry of an open directory at position `at` (0: the first), `None` at the end. It stays the next one until the
    /// caller asks for another position.
    ///
    /// # Errors
    /// `ENOTDIR`, `EBADF`; what else the host says.
    pub fn list(&mut self, id: HandleId, at: u64) -> Result<Option<DirEntry>> {
        let handle = self.handles.get_mut(id)?;
        let (node, file) = (handle.node, &handle.file);
        let state = handle.dir.as_mut().ok_or(Errno::NOTDIR)?;
        if at == 0 && state.position != 0 {
            // From the beginning: what has come since must be seen.
            state.ahead.clear();
            state.position = u64::MAX;
        }
        // The usual case: on from the one that was given last.
        if state.ahead.front().is_some_and(|front| front.next == at && state.position != at) {
            state.ahead.pop_front();
            state.position = at;
        }
        if i64::try_from(at).is_err() {
            return Err(Errno::INVAL);
        }
        state.fill(file, at)?;
        let Some(mut entry) = state.ahead.front().cloned() else { return Ok(None) };
        // What lies outside of the folder does not exist, and a removed directory's parent is nobody's business.
        if entry.name.as_c_str() == c".." && node == NodeId::ROOT {
            entry.ino = self.table.node(NodeId::ROOT)?.key.ino;
        }
        Ok(Some(entry))
    }

    /// The node of an open directory.
    ///
    /// # Errors
    /// `EBADF`.
    pub fn listed(&self, id: HandleId) -> Result<NodeId> {
        Ok(self.handles.get(id).ok_or(Errno::BADF)?.node)
    }
}

/// A name of a directory entry, checked again: the host's kernel does not give others.
pub(crate) fn name_of(entry: &CStr) -> Result<crate::Name<'_>> {
    crate::Name::new(entry)
}
