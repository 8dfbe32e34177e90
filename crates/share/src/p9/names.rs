//! Messages about names: finding, making, renaming, removing.

use super::Server;
use super::wire::{Fields, msg};
use crate::file::Open;
use crate::name::Name;
use crate::owner::Caller;
use crate::table::NodeId;
use crate::{Errno, Result};
use rustix::fs::OFlags;

/// Steps of one walk.
const MOST_STEPS: u16 = 16;
/// The flag of UNLINKAT for a directory.
const REMOVE_DIR: u32 = 0x200;

impl Server {
    /// fid, authentication's fid u32, user, path, user's number u32; gives the root's qid.
    pub(super) fn attach(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, _auth, _user, _path) = (fields.u32()?, fields.u32()?, fields.string()?, fields.string()?);
        let uid = fields.u32()?;
        self.fids.free(fid)?;
        let attr = self.tree.again(NodeId::ROOT)?;
        self.fids.set(fid, NodeId::ROOT, uid);
        self.reply.qid(&attr);
        Ok(())
    }

    /// fid, new fid u32, number u16 of names, names; gives the number of qids u16, qids. Where a later name is not
    /// found, it is fewer qids and no new fid.
    pub(super) fn walk(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, new, steps) = (fields.u32()?, fields.u32()?, fields.u16()?);
        if steps > MOST_STEPS {
            return Err(Errno::INVAL);
        }
        let (start, uid) = (self.fids.get(fid)?.node, self.fids.get(fid)?.uid);
        if new != fid {
            self.fids.free(new)?;
        }
        let mut at = start;
        self.tree.again(start)?;
        self.reply.u16(0);
        let mut done = 0;
        while done < steps {
            let step = self.step(at, fields);
            let (next, attr) = match step {
                Ok(step) => step,
                Err(errno) if done == 0 => {
                    self.tree.forget(at, 1);
                    return Err(errno);
                }
                Err(_) => break,
            };
            self.tree.forget(at, 1);
            at = next;
            self.reply.qid(&attr);
            done += 1;
        }
        self.reply.0[..2].copy_from_slice(&done.to_le_bytes());
        if done < steps {
            self.tree.forget(at, 1);
            return Ok(());
        }
        if new == fid {
            self.fids.clunk(fid, &mut self.tree)?;
        }
        self.fids.set(new, at, uid);
        Ok(())
    }

    fn step(&mut self, at: NodeId, fields: &mut Fields<'_>) -> Result<(NodeId, crate::Attr)> {
        let name = fields.string()?;
        match name.to_bytes() {
            b".." => self.tree.parent(at),
            _ => self.tree.lookup(at, Name::new(&name)?),
        }
    }

    /// fid u32. An attribute that was written to it is set now.
    pub(super) fn clunk(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let fid = fields.u32()?;
        let known = self.fids.get(fid)?.clone();
        let set = match &known.xattr {
            Some(xattr) => self.xattr_done(known.node, xattr),
            None => Ok(()),
        };
        self.fids.clunk(fid, &mut self.tree)?;
        set
    }

    /// fid u32: removes the file, by the name it was last known by, and gives up the fid in any case.
    pub(super) fn remove(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let fid = fields.u32()?;
        let node = self.fids.get(fid)?.node;
        let removed = self.tree.remove_node(node);
        self.fids.clunk(fid, &mut self.tree)?;
        removed
    }

    /// Of the directory: fid u32, name; and by message: LCREATE flags, mode, group u32; SYMLINK target, group; MKNOD
    /// mode, major, minor, group u32; MKDIR mode, group u32. Gives a qid; LCREATE also the size of a read u32.
    pub(super) fn make(&mut self, kind: u8, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, name) = (fields.u32()?, fields.string()?);
        let name = Name::new(&name)?;
        let (parent, uid) = (self.fids.get(fid)?.node, self.fids.get(fid)?.uid);
        let (node, attr) = match kind {
            msg::LCREATE => {
                let (flags, mode, gid) = (fields.u32()?, fields.u32()?, fields.u32()?);
                if self.fids.get(fid)?.handle.is_some() {
                    return Err(Errno::BADF);
                }
                let caller = Caller { uid, gid };
                let (node, attr, handle) = self.tree.create(parent, name, Open(flags), mode, caller)?;
                // The fid is the file's from now on.
                self.fids.clunk(fid, &mut self.tree)?;
                self.fids.set(fid, node, uid);
                self.fids.get_mut(fid)?.handle = Some(handle);
                self.reply.qid(&attr);
                self.reply.u32(0);
                return Ok(());
            }
            msg::SYMLINK => {
                let (target, gid) = (fields.string()?, fields.u32()?);
                self.tree.make_link(parent, name, &target, Caller { uid, gid })?
            }
            msg::MKNOD => {
                let (mode, _, _, gid) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u32()?);
                self.tree.make_node(parent, name, mode, Caller { uid, gid })?
            }
            _ => {
                let (mode, gid) = (fields.u32()?, fields.u32()?);
                self.tree.make_dir(parent, name, mode, Caller { uid, gid })?
            }
        };
        // It was looked up, and no fid stands for it.
        self.tree.forget(node, 1);
        self.reply.qid(&attr);
        Ok(())
    }

    /// RENAME: fid, directory's fid u32, name. RENAMEAT: directory's fid u32, name, of old and new. LINK: directory's fid,
    /// fid u32, name. UNLINKAT: directory's fid u32, name, flags u32.
    pub(super) fn name(&mut self, kind: u8, fields: &mut Fields<'_>) -> Result<()> {
        let first = self.fids.get(fields.u32()?)?.node;
        if kind == msg::RENAME || kind == msg::LINK {
            let second = self.fids.get(fields.u32()?)?.node;
            let name = fields.string()?;
            let name = Name::new(&name)?;
            if kind == msg::RENAME {
                return self.tree.rename_node(first, (second, name));
            }
            let (node, _) = self.tree.link(second, first, name)?;
            self.tree.forget(node, 1);
            return Ok(());
        }
        let name = fields.string()?;
        let name = Name::new(&name)?;
        if kind == msg::UNLINKAT {
            return self.tree.unlink(first, name, fields.u32()? & REMOVE_DIR != 0);
        }
        let to = self.fids.get(fields.u32()?)?.node;
        let new = fields.string()?;
        self.tree.rename((first, name), (to, Name::new(&new)?), 0)
    }

    /// fid, flags u32; gives qid, size of a read u32 (0: as long as a message).
    pub(super) fn open(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, flags) = (fields.u32()?, fields.u32()?);
        let known = self.fids.get(fid)?;
        if known.handle.is_some() || known.xattr.is_some() {
            return Err(Errno::BADF);
        }
        let node = known.node;
        let attr = self.tree.get_attr(node, None)?;
        let handle = if attr.kind().is_dir() {
            self.tree.open_dir(node)?
        } else {
            self.tree.open(node, Open(flags & !OFlags::CREATE.bits()))?
        };
        self.fids.get_mut(fid)?.handle = Some(handle);
        self.reply.qid(&attr);
        self.reply.u32(0);
        Ok(())
    }
}
