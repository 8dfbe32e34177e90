//! Messages and their fields. All integers are little-endian.

use crate::attr::Attr;
use crate::{Errno, Result};
use std::ffi::CString;

/// Bytes of a message before its fields.
pub const HEADER: usize = 7;

/// Message types of requests; the reply's is one more.
pub mod msg {
    #![allow(missing_docs)]
    pub const LERROR: u8 = 6;
    pub const STATFS: u8 = 8;
    pub const LOPEN: u8 = 12;
    pub const LCREATE: u8 = 14;
    pub const SYMLINK: u8 = 16;
    pub const MKNOD: u8 = 18;
    pub const RENAME: u8 = 20;
    pub const READLINK: u8 = 22;
    pub const GETATTR: u8 = 24;
    pub const SETATTR: u8 = 26;
    pub const XATTRWALK: u8 = 30;
    pub const XATTRCREATE: u8 = 32;
    pub const READDIR: u8 = 40;
    pub const FSYNC: u8 = 50;
    pub const LOCK: u8 = 52;
    pub const GETLOCK: u8 = 54;
    pub const LINK: u8 = 70;
    pub const MKDIR: u8 = 72;
    pub const RENAMEAT: u8 = 74;
    pub const UNLINKAT: u8 = 76;
    pub const VERSION: u8 = 100;
    pub const AUTH: u8 = 102;
    pub const ATTACH: u8 = 104;
    pub const FLUSH: u8 = 108;
    pub const WALK: u8 = 110;
    pub const READ: u8 = 116;
    pub const WRITE: u8 = 118;
    pub const CLUNK: u8 = 120;
    pub const REMOVE: u8 = 122;
}

/// The fields of a request, front to back.
#[derive(Debug)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(len).ok_or(Errno::INVAL)?;
        self.0 = rest;
        Ok(field)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| Errno::INVAL)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn string(&mut self) -> Result<CString> {
        let len = self.u16()?;
        CString::new(self.take(len.into())?).map_err(|_| Errno::INVAL)
    }
}

/// A reply being put together, without its header.
#[derive(Debug, Default)]
pub(crate) struct Reply(pub(crate) Vec<u8>);

impl Reply {
    pub(crate) fn u8(&mut self, value: u8) {
        self.0.push(value);
    }

    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn string(&mut self, value: &[u8]) {
        let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
        self.u16(len);
        self.0.extend(&value[..len.into()]);
    }

    /// `qid`: kind u8 (0x80 directory, 2 link), version u32, path u64.
    pub(crate) fn qid(&mut self, attr: &Attr) {
        self.qid_of(attr.kind().entry_type(), attr.ino);
    }

    /// As [`Reply::qid`], from what a directory entry tells.
    pub(crate) fn qid_of(&mut self, kind: u8, ino: u64) {
        self.u8(match kind {
            4 => 0x80,
            10 => 2,
            _ => 0,
        });
        self.u32(0);
        self.u64(ino);
    }

    /// Answer of GETATTR: valid u64, qid, mode, uid, gid u32; nlink, rdev, size, block size, blocks, and times (read,
    /// written, changed, born) in seconds and nanoseconds, generation, data version, all u64.
    pub(crate) fn attr(&mut self, attr: &Attr) {
        /// What `stat(2)` tells.
        const BASIC: u64 = 0x7ff;
        self.u64(BASIC);
        self.qid(attr);
        [attr.mode, attr.owner.uid, attr.owner.gid].into_iter().for_each(|value| self.u32(value));
        let (major, minor) = attr.device;
        // The kernel's own packing (`new_encode_dev`).
        let device = (minor & 0xff) | (major & 0xfff) << 8 | (minor & !0xff) << 12;
        let sizes = [u64::from(attr.nlink), device.into(), attr.size, attr.block_size.into(), attr.blocks];
        sizes.into_iter().for_each(|value| self.u64(value));
        for time in [attr.atime, attr.mtime, attr.ctime] {
            self.u64(time.seconds as u64);
            self.u64(time.nanoseconds.into());
        }
        [0; 4].into_iter().for_each(|value| self.u64(value));
    }
}

/// The header of a message with `len` bytes in all.
pub(crate) fn header(len: usize, kind: u8, tag: u16) -> [u8; HEADER] {
    let mut bytes = [0; HEADER];
    bytes[..4].copy_from_slice(&(len as u32).to_le_bytes());
    bytes[4] = kind;
    bytes[5..].copy_from_slice(&tag.to_le_bytes());
    bytes
}
