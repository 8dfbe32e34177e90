//! Everything else: the session itself, attributes, open files and directories.

use super::Server;
use super::wire::{DIRENT, ENTRY, Header, Output, VERSION, dirent_len, init, op, set, u32_at, u64_at};
use crate::attr::{SetAttr, SetTime, Time};
use crate::dir::name_of;
use crate::file::{HandleId, Open};
use crate::table::NodeId;
use crate::{Errno, Result};

/// Most pages of data in a request: what the guest's kernel can do.
const MAX_PAGES: u16 = 256;
/// Bytes of one write: as many pages.
const MAX_WRITE: u32 = 1 << 20;
/// Bytes of one listing.
const MAX_LIST: usize = 1 << 20;
/// Requests that the guest may have under way in the background (read-ahead), and when it thinks itself congested.
const BACKGROUND: (u16, u16) = (64, 48);

/// Handle, offset and size of `fuse_read_in` and `fuse_write_in`.
pub(super) fn read_args(args: &[u8]) -> (HandleId, u64, u32) {
    (HandleId(u64_at(args, 0)), u64_at(args, 8), u32_at(args, 16))
}

/// Arguments of exactly `len` bytes.
fn exactly(body: &[u8], len: usize) -> Result<&[u8]> {
    if body.len() == len { Ok(body) } else { Err(Errno::INVAL) }
}

impl Server {
    pub(super) fn act_on_files(&mut self, header: &Header, body: &[u8], room: usize) -> Result<()> {
        let node = header.node;
        match header.op {
            op::INIT => self.init(body),
            op::DESTROY => self.reset(),
            op::GETATTR => self.get_attr(node, exactly(body, 16)?),
            op::SETATTR => self.set_attr(node, exactly(body, 88)?),
            op::READLINK => {
                self.output.0 = self.tree.read_link(node)?;
                Ok(())
            }
            op::OPEN => self.open(node, exactly(body, 8)?),
            op::OPENDIR => {
                let handle = self.tree.open_dir(node)?;
                self.output.open(handle.0, 0);
                Ok(())
            }
            // `fuse_release_in`: handle u64, and what does not matter here.
            op::RELEASE | op::RELEASEDIR => {
                self.tree.release(HandleId(u64_at(exactly(body, 24)?, 0)));
                Ok(())
            }
            // `fuse_fsync_in`: handle u64, flags u32 (1: data only), padding.
            op::FSYNC | op::FSYNCDIR => {
                let args = exactly(body, 16)?;
                self.tree.sync(HandleId(u64_at(args, 0)), u32_at(args, 8) & 1 != 0)
            }
            op::READDIR | op::READDIRPLUS => self.list(body, header.op == op::READDIRPLUS, room),
            op::STATFS => self.statistics(node),
            op::SETXATTR | op::GETXATTR | op::LISTXATTR | op::REMOVEXATTR => {
                self.xattr(header.op, node, body)
            }
            // `fuse_fallocate_in`: handle, offset, length u64, mode u32, padding.
            op::FALLOCATE => {
                let args = exactly(body, 32)?;
                let (offset, len) = (u64_at(args, 8), u64_at(args, 16));
                self.tree.allocate(HandleId(u64_at(args, 0)), u32_at(args, 24), offset, len)
            }
            // `fuse_lseek_in`: handle, offset u64, whence u32, padding. Out: offset u64.
            op::LSEEK => {
                let args = exactly(body, 24)?;
                let at = self.tree.seek(HandleId(u64_at(args, 0)), u64_at(args, 8), u32_at(args, 16))?;
                self.output.u64(at);
                Ok(())
            }
            // `fuse_copy_file_range_in`: handle, offset, target node, handle, offset, length, flags, all u64.
            op::COPY_FILE_RANGE => {
                let args = exactly(body, 56)?;
                let from = (HandleId(u64_at(args, 0)), u64_at(args, 8));
                let to = (HandleId(u64_at(args, 24)), u64_at(args, 32));
                if u64_at(args, 48) != 0 {
                    return Err(Errno::INVAL);
                }
                let n = self.tree.copy(from, to, u64_at(args, 40))?;
                self.output.u64(n as u64);
                Ok(())
            }
            op::SYNCFS => self.tree.sync_all(),
            // Among them FLUSH, ACCESS, locks and POLL: the guest's kernel then does them itself and does not ask again.
            _ => Err(Errno::NOSYS),
        }
    }

    /// `fuse_init_in`: major, minor, read-ahead, flags u32, more flags u32, …. Older kernels send the first 16 bytes.
    fn init(&mut self, body: &[u8]) -> Result<()> {
        if body.len() < 16 {
            return Err(Errno::INVAL);
        }
        let (major, minor, read_ahead) = (u32_at(body, 0), u32_at(body, 4), u32_at(body, 8));
        if major < VERSION.0 || (major == VERSION.0 && minor < 31) {
            return Err(Errno::PROTO);
        }
        self.reset()?;
        let output = &mut self.output;
        // To a newer one we say which version we have; it asks again with that.
        let flags = u64::from(u32_at(body, 12)) & init::TAKEN;
        [VERSION.0, VERSION.1, read_ahead, flags as u32].into_iter().for_each(|value| output.u32(value));
        output.u16(BACKGROUND.0);
        output.u16(BACKGROUND.1);
        output.u32(MAX_WRITE);
        output.u32(1); // granularity of times, in nanoseconds
        output.u16(MAX_PAGES);
        output.u16(0);
        output.u32((flags >> 32) as u32);
        output.0.resize(64, 0);
        Ok(())
    }

    /// `fuse_forget_in`: times u64. `fuse_batch_forget_in`: count u32, padding; then node, times u64 each.
    pub(super) fn forget(&mut self, header: &Header, body: &[u8]) {
        if header.op == op::FORGET {
            self.tree.forget(header.node, u64_at(body, 0));
            return;
        }
        let count = u32_at(body, 0) as usize;
        for one in body.get(8..).unwrap_or_default().chunks_exact(16).take(count) {
            self.tree.forget(NodeId(u64_at(one, 0)), u64_at(one, 8));
        }
    }

    /// `fuse_getattr_in`: flags u32 (1: there is a handle), padding, handle u64.
    fn get_attr(&mut self, node: NodeId, args: &[u8]) -> Result<()> {
        let handle = (u32_at(args, 0) & 1 != 0).then(|| HandleId(u64_at(args, 8)));
        let attr = self.tree.get_attr(node, handle)?;
        self.output.attr_out(&attr);
        Ok(())
    }

    /// `fuse_setattr_in`: valid u32, padding, handle, size, lock owner, three times in seconds u64 each; their
    /// nanoseconds, mode, unused, uid, gid, unused u32 each.
    fn set_attr(&mut self, node: NodeId, args: &[u8]) -> Result<()> {
        let valid = u32_at(args, 0);
        let is = |bit: u32| valid & bit != 0;
        let time = |given: u32, now: u32, seconds: usize, nanoseconds: usize| {
            let to = Time { seconds: u64_at(args, seconds) as i64, nanoseconds: u32_at(args, nanoseconds) };
            is(given).then(|| if is(now) { SetTime::Now } else { SetTime::To(to) })
        };
        let change = SetAttr {
            mode: is(set::MODE).then(|| u32_at(args, 68)),
            uid: is(set::UID).then(|| u32_at(args, 76)),
            gid: is(set::GID).then(|| u32_at(args, 80)),
            size: is(set::SIZE).then(|| u64_at(args, 16)),
            atime: time(set::ATIME, set::ATIME_NOW, 32, 56),
            mtime: time(set::MTIME, set::MTIME_NOW, 40, 60),
            drop_privileges: is(set::KILL_SUIDGID),
        };
        let handle = is(set::FH).then(|| HandleId(u64_at(args, 8)));
        let attr = self.tree.set_attr(node, &change, handle)?;
        self.output.attr_out(&attr);
        Ok(())
    }

    /// `fuse_open_in`: flags u32, flags of the opening u32 (1: set-user-id bits go if the file is truncated).
    fn open(&mut self, node: NodeId, args: &[u8]) -> Result<()> {
        let handle = self.tree.open(node, Open(u32_at(args, 0)))?;
        if u32_at(args, 4) & 1 != 0 && self.tree.writable().is_ok() {
            crate::tree::drop_set_id(self.tree.file(handle)?)?;
        }
        /// The guest keeps what it has read of the file.
        const KEEP_CACHE: u32 = 1 << 1;
        let keep = if self.tree.unchanged(handle) { KEEP_CACHE } else { 0 };
        self.output.open(handle.0, keep);
        Ok(())
    }

    /// Arguments as for READ. Each entry of the plain list is a `fuse_dirent`; of the other, a `fuse_entry_out` before
    /// it, which counts as a lookup unless its node is 0.
    fn list(&mut self, body: &[u8], plus: bool, room: usize) -> Result<()> {
        let (handle, mut at, size) = read_args(exactly(body, 40)?);
        let room = room.min(size as usize).min(MAX_LIST);
        let dir = self.tree.listed(handle)?;
        while let Some(entry) = self.tree.list(handle, at)? {
            let len = dirent_len(&entry) + if plus { ENTRY } else { 0 };
            if self.output.0.len() + len > room {
                if self.output.0.is_empty() && room < ENTRY + DIRENT + 256 {
                    return Err(Errno::INVAL);
                }
                break;
            }
            if plus {
                self.entry_before(dir, &entry);
            }
            self.output.dirent(&entry);
            at = entry.next;
        }
        Ok(())
    }

    fn entry_before(&mut self, dir: NodeId, entry: &crate::DirEntry) {
        let found = match name_of(&entry.name) {
            Ok(name) => self.tree.lookup(dir, name).ok(),
            Err(_) => None,
        };
        match found {
            Some((node, attr)) => self.output.entry(node, &attr),
            None => {
                // Only number and kind, which is what the guest takes of an entry without a node.
                let mut bytes = [0; ENTRY];
                bytes[40..48].copy_from_slice(&entry.ino.to_le_bytes());
                bytes[100..104].copy_from_slice(&(u32::from(entry.kind) << 12).to_le_bytes());
                self.output.0.extend(bytes);
            }
        }
    }

    /// `fuse_statfs_out`, 80 bytes: blocks, free, available, files, free u64; block size, longest name, fragment size,
    /// padding u32, spare.
    fn statistics(&mut self, node: NodeId) -> Result<()> {
        let found = self.tree.statistics(node)?;
        found.blocks.into_iter().chain(found.files).for_each(|value| self.output.u64(value));
        let size = u32::try_from(found.block_size).unwrap_or(u32::MAX);
        let name = u32::try_from(found.name_max).unwrap_or(255);
        [size, name, size, 0].into_iter().for_each(|value| self.output.u32(value));
        self.output.0.resize(80, 0);
        Ok(())
    }

    /// `fuse_setxattr_in`: size, flags u32; name, value. `fuse_getxattr_in`: size u32 (0: how large is it?), padding;
    /// name.
    fn xattr(&mut self, what: u32, node: NodeId, body: &[u8]) -> Result<()> {
        let answer = |output: &mut Output, size: u32, bytes: &[u8]| {
            match size as usize {
                0 => output.u64(bytes.len() as u64),
                size if size < bytes.len() => return Err(Errno::RANGE),
                _ => output.0.extend(bytes),
            }
            Ok(())
        };
        match what {
            op::SETXATTR => {
                let (name, value) = Server::name_and_value(body, 8)?;
                let value = value.get(..u32_at(body, 0) as usize).ok_or(Errno::INVAL)?;
                self.tree.set_xattr(node, name, value, u32_at(body, 4))
            }
            op::GETXATTR => {
                let (name, _) = Server::name_and_value(body, 8)?;
                let value = self.tree.get_xattr(node, name)?;
                answer(&mut self.output, u32_at(body, 0), &value)
            }
            op::LISTXATTR => {
                let list = self.tree.list_xattr(node)?;
                answer(&mut self.output, u32_at(exactly(body, 8)?, 0), &list)
            }
            _ => {
                let (name, _) = Server::name_and_value(body, 0)?;
                self.tree.remove_xattr(node, name)
            }
        }
    }
}
