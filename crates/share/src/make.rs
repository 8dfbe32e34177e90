//! Making, naming and removing files.

use crate::attr::Attr;
use crate::file::{Handle, HandleId, Open};
use crate::folder::{FIELDS, ITSELF};
use crate::name::Name;
use crate::owner::Caller;
use crate::table::NodeId;
use crate::table::{open_path, stat_fd};
use crate::tree::{SET_GID, SET_ID, Tree, through};
use crate::{Errno, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RenameFlags, ResolveFlags, openat2, statx};
use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::sync::Arc;

impl Tree {
    /// Makes and opens a regular file; without `O_EXCL` one that is there already is opened.
    ///
    /// # Errors
    /// What the host says.
    pub fn create(
        &mut self,
        parent: NodeId,
        name: Name<'_>,
        open: Open,
        mode: u32,
        caller: Caller,
    ) -> Result<(NodeId, Attr, HandleId)> {
        self.writable()?;
        let dir = self.dir(parent)?;
        let flags = open.flags()? | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
        let bits = Mode::from_raw_mode(mode & 0o7777);
        let made = openat2(&dir, name.as_c_str(), flags | OFlags::EXCL, bits, within);
        let file = match made {
            Ok(file) => {
                if let Err(errno) = self.settle(&dir, &file, Some(mode), caller) {
                    let _ = rustix::fs::unlinkat(&dir, name.as_c_str(), AtFlags::empty());
                    return Err(errno);
                }
                file
            }
            Err(Errno::EXIST) if open.0 & OFlags::EXCL.bits() == 0 => {
                let (id, attr) = self.lookup(parent, name)?;
                return match self.open(id, open) {
                    Ok(handle) => Ok((id, self.attr_of(handle).unwrap_or(attr), handle)),
                    Err(errno) => {
                        self.forget(id, 1);
                        Err(errno)
                    }
                };
            }
            Err(errno) => return Err(errno),
        };
        let stat = stat_fd(&file)?;
        let id = self.table.enter(parent, name.as_c_str(), &stat)?;
        match self.hold(Handle { node: id, file: Arc::new(file), open, dir: None }) {
            Ok(handle) => Ok((id, self.attr(&stat), handle)),
            Err(errno) => {
                self.forget(id, 1);
                Err(errno)
            }
        }
    }

    /// Gives what was just made, `fd`, to whom it belongs, with the permissions asked for (`None`: a link has none): our
    /// own mask for new files is not the guest's.
    fn settle(&self, dir: &OwnedFd, fd: &OwnedFd, mode: Option<u32>, caller: Caller) -> Result<()> {
        let owner = self.folder.settings.owners.of_new(caller);
        let mode = mode.filter(|mode| mode & (self.folder.umask | SET_ID) != 0);
        if owner.is_none() && mode.is_none() {
            return Ok(());
        }
        let stat = stat_fd(fd)?;
        let is_dir = FileType::from_raw_mode(stat.stx_mode.into()) == FileType::Directory;
        // Whoever on the host swaps it for something else meanwhile, a second name of a file of ours for one, must not
        // have that given away.
        if stat.stx_uid != rustix::process::geteuid().as_raw() || (!is_dir && stat.stx_nlink != 1) {
            return Err(Errno::STALE);
        }
        let inherits = u32::from(stat_fd(dir)?.stx_mode) & SET_GID;
        if let Some((uid, gid)) = owner {
            // A set-group-id directory gives its own group.
            let gid = (inherits == 0).then_some(gid);
            rustix::fs::chownat(fd, c"", Some(uid), gid, AtFlags::EMPTY_PATH)?;
        }
        if let Some(mode) = mode {
            let inherited = if is_dir { inherits } else { 0 };
            let mode = Mode::from_raw_mode(mode & 0o7777 | inherited);
            rustix::fs::chmodat(rustix::fs::CWD, through(fd), mode, AtFlags::empty())?;
        }
        Ok(())
    }

    /// `name` was just made: settles it, or removes it again, and tells the guest of it.
    fn made(
        &mut self,
        parent: NodeId,
        name: Name<'_>,
        mode: Option<u32>,
        caller: Caller,
    ) -> Result<(NodeId, Attr)> {
        let dir = self.dir(parent)?;
        let settled = open_path(&dir, name.as_c_str()).and_then(|fd| self.settle(&dir, &fd, mode, caller));
        if let Err(errno) = settled {
            let gone = rustix::fs::unlinkat(&dir, name.as_c_str(), AtFlags::empty());
            let _ = gone.or_else(|_| rustix::fs::unlinkat(&dir, name.as_c_str(), AtFlags::REMOVEDIR));
            return Err(errno);
        }
        self.lookup(parent, name)
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// What the host says.
    pub fn make_dir(
        &mut self,
        parent: NodeId,
        name: Name<'_>,
        mode: u32,
        caller: Caller,
    ) -> Result<(NodeId, Attr)> {
        self.writable()?;
        let dir = self.dir(parent)?;
        rustix::fs::mkdirat(&dir, name.as_c_str(), Mode::from_raw_mode(mode & 0o1777))?;
        self.made(parent, name, Some(mode), caller)
    }

    /// Makes a regular file, FIFO or socket. Device nodes are refused: on the host they would be the host's devices.
    ///
    /// # Errors
    /// `EPERM` for device nodes; what else the host says.
    pub fn make_node(
        &mut self,
        parent: NodeId,
        name: Name<'_>,
        mode: u32,
        caller: Caller,
    ) -> Result<(NodeId, Attr)> {
        self.writable()?;
        let kind = match FileType::from_raw_mode(mode) {
            kind @ (FileType::RegularFile | FileType::Fifo | FileType::Socket) => kind,
            FileType::CharacterDevice | FileType::BlockDevice => return Err(Errno::PERM),
            _ => return Err(Errno::INVAL),
        };
        let dir = self.dir(parent)?;
        rustix::fs::mknodat(&dir, name.as_c_str(), kind, Mode::from_raw_mode(mode & 0o777), 0)?;
        self.made(parent, name, Some(mode), caller)
    }

    /// Makes a symbolic link. Where it points is the guest's business.
    ///
    /// # Errors
    /// What the host says.
    pub fn make_link(
        &mut self,
        parent: NodeId,
        name: Name<'_>,
        target: &CStr,
        caller: Caller,
    ) -> Result<(NodeId, Attr)> {
        self.writable()?;
        let dir = self.dir(parent)?;
        rustix::fs::symlinkat(target, &dir, name.as_c_str())?;
        self.made(parent, name, None, caller)
    }

    /// Gives the file `id` one more name.
    ///
    /// # Errors
    /// What the host says.
    pub fn link(&mut self, id: NodeId, parent: NodeId, name: Name<'_>) -> Result<(NodeId, Attr)> {
        self.writable()?;
        let (fd, dir) = (self.table.fd(id)?, self.dir(parent)?);
        // Through /proc, since a link to a bare descriptor is for the host's root alone.
        rustix::fs::linkat(rustix::fs::CWD, through(&fd), &dir, name.as_c_str(), AtFlags::SYMLINK_FOLLOW)?;
        self.lookup(parent, name)
    }

    /// Removes a name; of an empty directory with `directory`.
    ///
    /// # Errors
    /// What the host says.
    pub fn unlink(&mut self, parent: NodeId, name: Name<'_>, directory: bool) -> Result<()> {
        self.writable()?;
        let dir = self.dir(parent)?;
        let flags = if directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        rustix::fs::unlinkat(&dir, name.as_c_str(), flags)
    }

    /// Renames; `flags` as Linux numbers those of `renameat2(2)` (1: not over another, 2: exchange).
    ///
    /// # Errors
    /// What the host says; `EINVAL` for other flags.
    pub fn rename(&mut self, from: (NodeId, Name<'_>), to: (NodeId, Name<'_>), flags: u32) -> Result<()> {
        self.writable()?;
        let possible = RenameFlags::NOREPLACE | RenameFlags::EXCHANGE;
        let flags = RenameFlags::from_bits(flags).filter(|f| possible.contains(*f)).ok_or(Errno::INVAL)?;
        let (source, target) = (self.dir(from.0)?, self.dir(to.0)?);
        rustix::fs::renameat_with(&source, from.1.as_c_str(), &target, to.1.as_c_str(), flags)?;
        // Those that the guest knows are called otherwise from now on.
        self.renamed(&target, to);
        if flags.contains(RenameFlags::EXCHANGE) {
            self.renamed(&source, from);
        }
        Ok(())
    }

    fn renamed(&mut self, dir: &OwnedFd, (parent, name): (NodeId, Name<'_>)) {
        if let Ok(stat) = statx(dir, name.as_c_str(), ITSELF, FIELDS) {
            self.table.moved(&stat, parent, name.as_c_str());
        }
    }

    /// Removes `id` by the name it was last known by.
    ///
    /// # Errors
    /// `EBUSY` for the folder itself; as for [`Tree::unlink`].
    pub fn remove_node(&mut self, id: NodeId) -> Result<()> {
        let (parent, name, directory) = self.place(id)?;
        self.unlink(parent, Name::new(&name)?, directory)
    }

    /// Renames `id`, by the name it was last known by.
    ///
    /// # Errors
    /// As for [`Tree::rename`].
    pub fn rename_node(&mut self, id: NodeId, to: (NodeId, Name<'_>)) -> Result<()> {
        let (parent, name, _) = self.place(id)?;
        self.rename((parent, Name::new(&name)?), to, 0)
    }

    fn place(&self, id: NodeId) -> Result<(NodeId, CString, bool)> {
        let node = self.table.node(id)?;
        if id == NodeId::ROOT {
            Err(Errno::BUSY)
        } else {
            Ok((node.parent, node.name.clone(), node.kind.is_dir()))
        }
    }
}
