//! Messages about what files hold and what there is to know about them.

use super::Server;
use super::fids::Xattr;
use super::wire::{Fields, HEADER, header, msg};
use crate::attr::{SetAttr, SetTime, Time};
use crate::exchange::{Exchange, Fault};
use crate::table::NodeId;
use crate::{Errno, Result};
use lodge_host::lock::Kind;
use std::ffi::CString;

/// `valid` of SETATTR.
mod set {
    pub(super) const MODE: u32 = 1 << 0;
    pub(super) const UID: u32 = 1 << 1;
    pub(super) const GID: u32 = 1 << 2;
    pub(super) const SIZE: u32 = 1 << 3;
    pub(super) const ATIME: u32 = 1 << 4;
    pub(super) const MTIME: u32 = 1 << 5;
    pub(super) const ATIME_SET: u32 = 1 << 7;
    pub(super) const MTIME_SET: u32 = 1 << 8;
}

/// Outcomes of LOCK.
mod status {
    pub(super) const SUCCESS: u8 = 0;
    pub(super) const BLOCKED: u8 = 1;
}

fn lock_kind(kind: u8) -> Result<Kind> {
    match kind {
        0 => Ok(Kind::Read),
        1 => Ok(Kind::Write),
        2 => Ok(Kind::None),
        _ => Err(Errno::INVAL),
    }
}

impl Server {
    /// READ: fid u32, offset u64, count u32; gives count u32, data. WRITE: the same, data; gives count u32. `None`: it is
    /// another message.
    pub(super) fn serve_data(
        &mut self,
        kind: u8,
        tag: u16,
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<Option<Result<()>>, Fault> {
        if kind != msg::READ && kind != msg::WRITE {
            return Ok(None);
        }
        let mut args = [0; 16];
        if exchange.readable() < args.len() as u64 {
            return Ok(Some(Err(Errno::INVAL)));
        }
        exchange.read(&mut args)?;
        let mut fields = Fields(&args);
        let parsed = (|| Ok((fields.u32()?, fields.u64()?, fields.u32()?)))();
        let (fid, offset, count): (u32, u64, u32) = match parsed {
            Ok(parsed) => parsed,
            Err(errno) => return Ok(Some(Err(errno))),
        };
        let is_xattr = self.fids.get(fid).is_ok_and(|fid| fid.xattr.is_some());
        let outcome = match (kind, is_xattr) {
            (msg::READ, true) => self.read_xattr((fid, tag), offset, count, exchange)?,
            (msg::READ, false) => self.read((fid, tag), offset, count, exchange)?,
            _ if u64::from(count) != exchange.readable() => Err(Errno::INVAL),
            (_, true) => self.write_xattr((fid, tag), offset, count, exchange)?,
            (_, false) => self.write((fid, tag), offset, count, exchange)?,
        };
        Ok(Some(outcome))
    }

    fn read(
        &mut self,
        (fid, tag): (u32, u16),
        offset: u64,
        count: u32,
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<Result<()>, Fault> {
        let handle = match self.fids.handle(fid) {
            Ok(handle) => handle,
            Err(errno) => return Ok(Err(errno)),
        };
        let before = HEADER + 4;
        let count = u64::from(count).min(u64::from(self.size) - before as u64);
        match self.tree.read(handle, offset, (before as u64, count), exchange)? {
            Ok(n) => {
                exchange.write(&header(before + n, msg::READ + 1, tag))?;
                exchange.write(&(n as u32).to_le_bytes())?;
                exchange.pass(n as u64)?;
                Ok(Ok(()))
            }
            Err(errno) => Ok(Err(errno)),
        }
    }

    fn read_xattr(
        &mut self,
        (fid, tag): (u32, u16),
        offset: u64,
        count: u32,
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<Result<()>, Fault> {
        let value = match self.fids.get(fid) {
            Ok(known) => known.xattr.as_ref().map(|xattr| xattr.value.as_slice()).unwrap_or_default(),
            Err(errno) => return Ok(Err(errno)),
        };
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(value.len());
        let room = exchange.writable().saturating_sub(HEADER as u64 + 4) as usize;
        let n = (count as usize).min(value.len() - from).min(room);
        exchange.write(&header(HEADER + 4 + n, msg::READ + 1, tag))?;
        exchange.write(&(n as u32).to_le_bytes())?;
        exchange.write(&value[from..from + n])?;
        Ok(Ok(()))
    }

    fn write(
        &mut self,
        (fid, tag): (u32, u16),
        offset: u64,
        count: u32,
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<Result<()>, Fault> {
        let handle = match self.fids.handle(fid) {
            Ok(handle) => handle,
            Err(errno) => return Ok(Err(errno)),
        };
        // The protocol does not say what rights the writer has; the guest's kernel removes such bits itself.
        match self.tree.write(handle, offset, (count.into(), false), exchange)? {
            Ok(n) => written(tag, n, exchange).map(Ok),
            Err(errno) => Ok(Err(errno)),
        }
    }

    fn write_xattr(
        &mut self,
        (fid, tag): (u32, u16),
        offset: u64,
        count: u32,
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<Result<()>, Fault> {
        let xattr = self.fids.get_mut(fid).ok().and_then(|known| known.xattr.as_mut());
        let Some(xattr) = xattr.filter(|xattr| xattr.write.is_some()) else { return Ok(Err(Errno::BADF)) };
        let end = usize::try_from(offset).ok().and_then(|from| from.checked_add(count as usize));
        let Some(place) = end.and_then(|end| xattr.value.get_mut(offset as usize..end)) else {
            return Ok(Err(Errno::NOSPC));
        };
        exchange.read(place)?;
        written(tag, count as usize, exchange).map(Ok)
    }

    /// fid u32; gives type, block size u32; blocks, free, available, files, free, id u64; longest name u32.
    pub(super) fn statistics(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        /// The number of 9P among file systems (`V9FS_MAGIC`).
        const MAGIC: u32 = 0x0102_1997;
        let node = self.fids.get(fields.u32()?)?.node;
        let found = self.tree.statistics(node)?;
        self.reply.u32(MAGIC);
        self.reply.u32(u32::try_from(found.block_size).unwrap_or(u32::MAX));
        found.blocks.into_iter().chain(found.files).for_each(|value| self.reply.u64(value));
        self.reply.u64(0);
        self.reply.u32(u32::try_from(found.name_max).unwrap_or(255));
        Ok(())
    }

    /// fid u32; gives the target.
    pub(super) fn read_link(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let node = self.fids.get(fields.u32()?)?.node;
        let target = self.tree.read_link(node)?;
        self.reply.string(&target);
        Ok(())
    }

    /// fid u32, wanted u64.
    pub(super) fn get_attr(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let known = self.fids.get(fields.u32()?)?;
        let attr = self.tree.get_attr(known.node, known.handle)?;
        self.reply.attr(&attr);
        Ok(())
    }

    /// fid, valid, mode, user, group u32; size, times (read, written) in seconds and nanoseconds u64.
    pub(super) fn set_attr(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let known = self.fids.get(fields.u32()?)?;
        let (node, handle) = (known.node, known.handle);
        let valid = fields.u32()?;
        let is = |bit: u32| valid & bit != 0;
        let (mode, uid, gid, size) = (fields.u32()?, fields.u32()?, fields.u32()?, fields.u64()?);
        let mut time = |given: u32, exact: u32| -> Result<Option<SetTime>> {
            let (seconds, nanoseconds) = (fields.u64()? as i64, fields.u64()?.min(999_999_999) as u32);
            let to = SetTime::To(Time { seconds, nanoseconds });
            Ok(is(given).then(|| if is(exact) { to } else { SetTime::Now }))
        };
        let change = SetAttr {
            mode: is(set::MODE).then_some(mode),
            uid: is(set::UID).then_some(uid),
            gid: is(set::GID).then_some(gid),
            size: is(set::SIZE).then_some(size),
            atime: time(set::ATIME, set::ATIME_SET)?,
            mtime: time(set::MTIME, set::MTIME_SET)?,
            drop_privileges: false,
        };
        self.tree.set_attr(node, &change, handle)?;
        Ok(())
    }

    /// fid, new fid u32, name (none: the list of names); gives the size u64, and its bytes by reading the new fid.
    pub(super) fn xattr_walk(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, new, name) = (fields.u32()?, fields.u32()?, fields.string()?);
        let (node, uid) = (self.fids.get(fid)?.node, self.fids.get(fid)?.uid);
        self.fids.free(new)?;
        let value =
            if name.is_empty() { self.tree.list_xattr(node)? } else { self.tree.get_xattr(node, &name)? };
        self.tree.again(node)?;
        self.fids.set(new, node, uid);
        self.reply.u64(value.len() as u64);
        self.fids.get_mut(new)?.xattr = Some(Xattr { write: None, value });
        Ok(())
    }

    /// fid u32, name, size u64, flags u32: what is written to the fid becomes the value. No bytes: it is removed.
    pub(super) fn xattr_create(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, name, size, flags) = (fields.u32()?, fields.string()?, fields.u64()?, fields.u32()?);
        let size = usize::try_from(size).ok().filter(|size| *size <= crate::xattr::LONGEST);
        let value = vec![0; size.ok_or(Errno::TOOBIG)?];
        self.tree.writable()?;
        let known = self.fids.get_mut(fid)?;
        if known.handle.is_some() || known.xattr.is_some() {
            return Err(Errno::BADF);
        }
        known.xattr = Some(Xattr { write: Some((name.into_bytes(), flags)), value });
        Ok(())
    }

    /// A fid with an attribute is given up.
    pub(super) fn xattr_done(&mut self, node: NodeId, xattr: &Xattr) -> Result<()> {
        let Some((name, flags)) = &xattr.write else { return Ok(()) };
        let name = CString::new(name.as_slice()).map_err(|_| Errno::INVAL)?;
        match xattr.value.as_slice() {
            [] => self.tree.remove_xattr(node, &name),
            value => self.tree.set_xattr(node, &name, value, *flags),
        }
    }

    /// fid u32, offset u64, count u32; gives count u32, entries: qid, next offset u64, type u8, name.
    pub(super) fn list(&mut self, fields: &mut Fields<'_>, room: usize) -> Result<()> {
        let (fid, mut at, count) = (fields.u32()?, fields.u64()?, fields.u32()?);
        let handle = self.fids.handle(fid)?;
        let room = room.min(4 + count as usize);
        self.reply.u32(0);
        while let Some(entry) = self.tree.list(handle, at)? {
            let name = entry.name.as_bytes();
            if self.reply.0.len() + 24 + name.len() > room {
                break;
            }
            self.reply.qid_of(entry.kind, entry.ino);
            self.reply.u64(entry.next);
            self.reply.u8(entry.kind);
            self.reply.string(name);
            at = entry.next;
        }
        let len = (self.reply.0.len() - 4) as u32;
        self.reply.0[..4].copy_from_slice(&len.to_le_bytes());
        Ok(())
    }

    /// fid u32, data only u32.
    pub(super) fn sync(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, data_only) = (fields.u32()?, fields.u32().unwrap_or(0));
        self.tree.sync(self.fids.handle(fid)?, data_only != 0)
    }

    /// fid u32, type u8, flags u32, start, length u64, process u32, client; gives the outcome u8. A client that wants to
    /// wait asks again.
    pub(super) fn lock(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, kind, _flags) = (fields.u32()?, fields.u8()?, fields.u32()?);
        let (start, len) = (fields.u64()?, fields.u64()?);
        let outcome = self.tree.set_lock(self.fids.handle(fid)?, lock_kind(kind)?, start, len);
        self.reply.u8(match outcome {
            Ok(()) => status::SUCCESS,
            Err(Errno::AGAIN | Errno::ACCESS) => status::BLOCKED,
            Err(errno) => return Err(errno),
        });
        Ok(())
    }

    /// fid u32, type u8, start, length u64, process u32, client; gives the same of the lock in the way, or type 2.
    pub(super) fn get_lock(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (fid, kind, start, len) = (fields.u32()?, fields.u8()?, fields.u64()?, fields.u64()?);
        let (process, client) = (fields.u32()?, fields.string()?);
        let (found, at, n) = self.tree.get_lock(self.fids.handle(fid)?, lock_kind(kind)?, start, len)?;
        let (number, at, n) = match found {
            Kind::Read => (0, at, n),
            Kind::Write => (1, at, n),
            Kind::None => (2, start, len),
        };
        self.reply.u8(number);
        self.reply.u64(at);
        self.reply.u64(n);
        self.reply.u32(process);
        self.reply.string(client.as_bytes());
        Ok(())
    }
}

fn written(tag: u16, n: usize, exchange: &mut dyn Exchange) -> std::result::Result<(), Fault> {
    exchange.write(&header(HEADER + 4, msg::WRITE + 1, tag))?;
    exchange.write(&(n as u32).to_le_bytes())
}
