//! The tree that a guest sees: finding files, and what there is to know and to change about them.

use crate::attr::{Attr, SetAttr, SetTime, Statistics};
use crate::file::Handles;
use crate::folder::{FIELDS, Folder, ITSELF};
use crate::name::Name;
use crate::table::{NodeId, Table};
use crate::{Errno, HandleId, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Statx, Timespec, Timestamps, statx};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::Arc;

/// Set-user-id and set-group-id.
pub(crate) const SET_ID: u32 = 0o6000;
/// The latter alone; on a directory it means that what is made in it has its group.
pub(crate) const SET_GID: u32 = 0o2000;

/// A folder as one guest knows it.
#[derive(Debug)]
pub struct Tree {
    pub(crate) folder: Arc<Folder>,
    pub(crate) table: Table,
    pub(crate) handles: Handles,
    device: (u32, u32),
}

/// The path by which the kernel opens again what is behind a descriptor of ours, whatever its name is now.
pub(crate) fn through(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

impl Tree {
    /// A guest that knows nothing of `folder` yet.
    ///
    /// # Errors
    /// When the host is out of descriptors.
    pub fn new(folder: Arc<Folder>) -> Result<Tree> {
        let table = Table::new(&folder)?;
        let device = table.node(NodeId::ROOT)?.key.device;
        let handles = Handles::new(folder.descriptors);
        Ok(Tree { folder, table, handles, device })
    }

    /// The folder.
    pub fn folder(&self) -> &Arc<Folder> {
        &self.folder
    }

    /// Inodes that the guest knows.
    pub fn known(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn attr(&self, stat: &Statx) -> Attr {
        let foreign = (stat.stx_dev_major, stat.stx_dev_minor) != self.device;
        Attr::new(stat, self.folder.settings.owners, foreign)
    }

    /// Fails when nothing may be changed.
    pub(crate) fn writable(&self) -> Result<()> {
        if self.folder.settings.read_only { Err(Errno::ROFS) } else { Ok(()) }
    }

    pub(crate) fn dir(&mut self, id: NodeId) -> Result<Arc<OwnedFd>> {
        if !self.table.node(id)?.kind.is_dir() {
            return Err(Errno::NOTDIR);
        }
        self.table.fd(id)
    }

    /// Finds `name` in `parent`. The guest knows the file once more then, until it forgets it.
    ///
    /// # Errors
    /// `ENOENT` and what else the host says.
    pub fn lookup(&mut self, parent: NodeId, name: Name<'_>) -> Result<(NodeId, Attr)> {
        let dir = self.dir(parent)?;
        let stat = statx(&dir, name.as_c_str(), ITSELF, FIELDS)?;
        let id = self.table.enter(parent, name.as_c_str(), &stat)?;
        Ok((id, self.attr(&stat)))
    }

    /// The directory that `id` lies in; the root lies in itself. Counts as a lookup.
    ///
    /// # Errors
    /// When the guest does not know `id`.
    pub fn parent(&mut self, id: NodeId) -> Result<(NodeId, Attr)> {
        let parent = self.table.node(id)?.parent;
        let attr = self.again(parent)?;
        Ok((parent, attr))
    }

    /// One more lookup of what is known.
    ///
    /// # Errors
    /// When the guest does not know `id`.
    pub fn again(&mut self, id: NodeId) -> Result<Attr> {
        let stat = self.table.stat(id)?;
        let node = self.table.node(id)?;
        if id != NodeId::ROOT {
            let (parent, name) = (node.parent, node.name.clone());
            self.table.enter(parent, &name, &stat)?;
        }
        Ok(self.attr(&stat))
    }

    /// The guest forgets `times` lookups of `id`.
    pub fn forget(&mut self, id: NodeId, times: u64) {
        self.table.forget(id, times);
        self.table.tidy();
    }

    /// What there is to know of a file; an open file of it (`handle`) serves as well.
    ///
    /// # Errors
    /// What the host says.
    pub fn get_attr(&mut self, id: NodeId, handle: Option<HandleId>) -> Result<Attr> {
        if let Some(open) = handle.and_then(|handle| self.handles.get(handle)) {
            let stat = crate::table::stat_fd(&open.file)?;
            return Ok(self.attr(&stat));
        }
        let stat = self.table.stat(id)?;
        Ok(self.attr(&stat))
    }

    /// Changes what there is to change of a file.
    ///
    /// # Errors
    /// `EPERM` for owners that the host's user cannot give; what else the host says.
    pub fn set_attr(&mut self, id: NodeId, set: &SetAttr, handle: Option<HandleId>) -> Result<Attr> {
        self.writable()?;
        let fd = self.table.fd(id)?;
        let before = crate::table::stat_fd(&fd)?;
        if let Some(mode) = set.mode {
            self.set_mode(&fd, &before, mode)?;
        }
        if set.uid.is_some() || set.gid.is_some() {
            let owners = self.folder.settings.owners.to_host(set.uid, set.gid);
            let (uid, gid) = owners.ok_or(Errno::PERM)?;
            if uid.is_some() || gid.is_some() {
                rustix::fs::chownat(&fd, c"", uid, gid, AtFlags::EMPTY_PATH)?;
            }
        }
        if let Some(size) = set.size {
            self.set_size(&fd, size, handle)?;
            if set.drop_privileges {
                drop_set_id(&fd)?;
            }
        }
        if set.atime.is_some() || set.mtime.is_some() {
            let times = Timestamps { last_access: time(set.atime), last_modification: time(set.mtime) };
            let path = through(&fd);
            rustix::fs::utimensat(rustix::fs::CWD, path, &times, AtFlags::empty())?;
        }
        let stat = crate::table::stat_fd(&fd)?;
        Ok(self.attr(&stat))
    }

    fn set_mode(&self, fd: &OwnedFd, before: &Statx, mode: u32) -> Result<()> {
        if FileType::from_raw_mode(before.stx_mode.into()) == FileType::Symlink {
            return Err(Errno::OPNOTSUPP);
        }
        let mode = Mode::from_raw_mode(mode & 0o7777);
        rustix::fs::chmodat(rustix::fs::CWD, through(fd), mode, AtFlags::empty())
    }

    fn set_size(&mut self, fd: &OwnedFd, size: u64, handle: Option<HandleId>) -> Result<()> {
        let open = handle.and_then(|handle| self.handles.get(handle));
        if let Some(open) = open.filter(|open| open.writes()) {
            return rustix::fs::ftruncate(&open.file, size);
        }
        let file = self.reopen(fd, OFlags::WRONLY)?;
        rustix::fs::ftruncate(&file, size)
    }

    /// Opens what `fd` names, for work. Regular files and directories only: opening anything else does things.
    pub(crate) fn reopen(&mut self, fd: &OwnedFd, flags: OFlags) -> Result<OwnedFd> {
        match FileType::from_raw_mode(crate::table::stat_fd(fd)?.stx_mode.into()) {
            FileType::RegularFile | FileType::Directory => {}
            FileType::Symlink => return Err(Errno::LOOP),
            _ => return Err(Errno::NXIO),
        }
        let flags = flags | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let open = || rustix::fs::open(through(fd), flags, Mode::empty());
        match open() {
            Err(Errno::MFILE | Errno::NFILE) => {
                self.table.close_idle();
                open()
            }
            done => done,
        }
    }

    /// Where a symbolic link points. It is text for the guest; nobody here follows it.
    ///
    /// # Errors
    /// `EINVAL` when it is no link.
    pub fn read_link(&mut self, id: NodeId) -> Result<Vec<u8>> {
        let fd = self.table.fd(id)?;
        match rustix::fs::readlinkat(&fd, c"", Vec::new()) {
            Ok(target) => Ok(target.into_bytes()),
            // What the kernel says of an empty name of something else.
            Err(Errno::NOENT) => Err(Errno::INVAL),
            Err(errno) => Err(errno),
        }
    }

    /// The file system below `id`.
    ///
    /// # Errors
    /// What the host says.
    pub fn statistics(&mut self, id: NodeId) -> Result<Statistics> {
        let fd = self.table.fd(id)?;
        let found = rustix::fs::fstatvfs(&fd)?;
        Ok(Statistics {
            block_size: found.f_frsize.max(512),
            blocks: [found.f_blocks, found.f_bfree, found.f_bavail],
            files: [found.f_files, found.f_ffree],
            name_max: found.f_namemax,
        })
    }
}

/// What the kernel does itself when somebody without rights over the file changes its bytes.
pub(crate) fn drop_set_id(file: impl AsFd) -> Result<()> {
    let mode = u32::from(crate::table::stat_fd(&file)?.stx_mode);
    // Set-group-id without execution by the group is an old sign for mandatory locks, not a privilege.
    let group = if mode & 0o010 != 0 { SET_ID } else { 0o4000 };
    if mode & group != 0 && FileType::from_raw_mode(mode) == FileType::RegularFile {
        let path = format!("/proc/self/fd/{}", file.as_fd().as_raw_fd());
        let mode = Mode::from_raw_mode(mode & !group & 0o7777);
        rustix::fs::chmodat(rustix::fs::CWD, path, mode, AtFlags::empty())?;
    }
    Ok(())
}

fn time(set: Option<SetTime>) -> Timespec {
    match set {
        None => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT },
        Some(SetTime::Now) => Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_NOW },
        Some(SetTime::To(time)) => {
            Timespec { tv_sec: time.seconds, tv_nsec: i64::from(time.nanoseconds.min(999_999_999)) }
        }
    }
}
