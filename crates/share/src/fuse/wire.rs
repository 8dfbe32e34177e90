//! The structures of `linux/fuse.h`, by offset. All integers are little-endian, as virtio-fs wants it (virtio 1.2,
//! 5.11.6.1).

use crate::attr::Attr;
use crate::table::NodeId;

/// Bytes of `fuse_in_header`.
pub const IN_HEADER: usize = 40;
/// Bytes of `fuse_out_header`.
pub const OUT_HEADER: usize = 16;
/// Bytes of `fuse_entry_out`.
pub const ENTRY: usize = 128;
/// Bytes of `fuse_dirent` without the name.
pub const DIRENT: usize = 24;
/// Protocol version.
pub const VERSION: (u32, u32) = (7, 38);

/// Operations (`enum fuse_opcode`).
pub mod op {
    #![allow(missing_docs)]
    pub const LOOKUP: u32 = 1;
    pub const FORGET: u32 = 2;
    pub const GETATTR: u32 = 3;
    pub const SETATTR: u32 = 4;
    pub const READLINK: u32 = 5;
    pub const SYMLINK: u32 = 6;
    pub const MKNOD: u32 = 8;
    pub const MKDIR: u32 = 9;
    pub const UNLINK: u32 = 10;
    pub const RMDIR: u32 = 11;
    pub const RENAME: u32 = 12;
    pub const LINK: u32 = 13;
    pub const OPEN: u32 = 14;
    pub const READ: u32 = 15;
    pub const WRITE: u32 = 16;
    pub const STATFS: u32 = 17;
    pub const RELEASE: u32 = 18;
    pub const FSYNC: u32 = 20;
    pub const SETXATTR: u32 = 21;
    pub const GETXATTR: u32 = 22;
    pub const LISTXATTR: u32 = 23;
    pub const REMOVEXATTR: u32 = 24;
    pub const INIT: u32 = 26;
    pub const OPENDIR: u32 = 27;
    pub const READDIR: u32 = 28;
    pub const RELEASEDIR: u32 = 29;
    pub const FSYNCDIR: u32 = 30;
    pub const CREATE: u32 = 35;
    pub const INTERRUPT: u32 = 36;
    pub const DESTROY: u32 = 38;
    pub const BATCH_FORGET: u32 = 42;
    pub const FALLOCATE: u32 = 43;
    pub const READDIRPLUS: u32 = 44;
    pub const RENAME2: u32 = 45;
    pub const LSEEK: u32 = 46;
    pub const COPY_FILE_RANGE: u32 = 47;
    pub const SYNCFS: u32 = 50;
}

/// Flags of INIT.
pub(crate) mod init {
    pub(crate) const ASYNC_READ: u64 = 1 << 0;
    pub(crate) const ATOMIC_O_TRUNC: u64 = 1 << 3;
    pub(crate) const BIG_WRITES: u64 = 1 << 5;
    pub(crate) const AUTO_INVAL_DATA: u64 = 1 << 12;
    pub(crate) const DO_READDIRPLUS: u64 = 1 << 13;
    pub(crate) const READDIRPLUS_AUTO: u64 = 1 << 14;
    pub(crate) const ASYNC_DIO: u64 = 1 << 15;
    pub(crate) const PARALLEL_DIROPS: u64 = 1 << 18;
    pub(crate) const MAX_PAGES: u64 = 1 << 22;
    pub(crate) const HANDLE_KILLPRIV_V2: u64 = 1 << 28;
    pub(crate) const INIT_EXT: u64 = 1 << 30;

    /// What is taken of what the guest offers. The guest's kernel keeps no written data back (WRITEBACK_CACHE is not among
    /// them), so that the host sees it at once.
    pub(crate) const TAKEN: u64 = ASYNC_READ
        | ATOMIC_O_TRUNC
        | BIG_WRITES
        | AUTO_INVAL_DATA
        | DO_READDIRPLUS
        | READDIRPLUS_AUTO
        | ASYNC_DIO
        | PARALLEL_DIROPS
        | MAX_PAGES
        | HANDLE_KILLPRIV_V2
        | INIT_EXT;
}

/// `valid` of SETATTR.
pub(crate) mod set {
    pub(crate) const MODE: u32 = 1 << 0;
    pub(crate) const UID: u32 = 1 << 1;
    pub(crate) const GID: u32 = 1 << 2;
    pub(crate) const SIZE: u32 = 1 << 3;
    pub(crate) const ATIME: u32 = 1 << 4;
    pub(crate) const MTIME: u32 = 1 << 5;
    pub(crate) const FH: u32 = 1 << 6;
    pub(crate) const ATIME_NOW: u32 = 1 << 7;
    pub(crate) const MTIME_NOW: u32 = 1 << 8;
    pub(crate) const KILL_SUIDGID: u32 = 1 << 11;
}

/// How long the guest may believe what it was told, in seconds: what the host's user changes is seen after that.
pub(crate) const BELIEF: u64 = 1;

/// An integer at an offset; zero where there are no bytes, which the length of the request has been checked for.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..at + 4).and_then(|field| field.try_into().ok());
    field.map_or(0, u32::from_le_bytes)
}

/// As [`u32_at`].
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let field = bytes.get(at..at + 8).and_then(|field| field.try_into().ok());
    field.map_or(0, u64::from_le_bytes)
}

/// `fuse_in_header`: total length u32, operation u32, unique u64, node u64, uid u32, gid u32, pid u32, extension u16,
/// padding u16.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) len: u32,
    pub(crate) op: u32,
    pub(crate) unique: u64,
    pub(crate) node: NodeId,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl Header {
    pub(crate) fn parse(bytes: &[u8; IN_HEADER]) -> Header {
        Header {
            len: u32_at(bytes, 0),
            op: u32_at(bytes, 4),
            unique: u64_at(bytes, 8),
            node: NodeId(u64_at(bytes, 16)),
            uid: u32_at(bytes, 24),
            gid: u32_at(bytes, 28),
        }
    }
}

/// `fuse_out_header`: total length u32, negative error i32, unique u64.
pub(crate) fn out_header(len: usize, error: i32, unique: u64) -> [u8; OUT_HEADER] {
    let mut bytes = [0; OUT_HEADER];
    bytes[0..4].copy_from_slice(&(len as u32).to_le_bytes());
    bytes[4..8].copy_from_slice(&error.to_le_bytes());
    bytes[8..16].copy_from_slice(&unique.to_le_bytes());
    bytes
}

/// An answer being put together.
#[derive(Debug, Default)]
pub(crate) struct Output(pub(crate) Vec<u8>);

impl Output {
    pub(crate) fn u16(&mut self, value: u16) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn u32(&mut self, value: u32) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn u64(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    /// `fuse_attr`, 88 bytes: ino, size, blocks, three times in seconds u64; their nanoseconds, mode, nlink, uid, gid,
    /// rdev, blksize, flags u32.
    pub(crate) fn attr(&mut self, attr: &Attr) {
        let times = [attr.atime, attr.mtime, attr.ctime];
        [attr.ino, attr.size, attr.blocks].into_iter().for_each(|value| self.u64(value));
        times.iter().for_each(|time| self.u64(time.seconds as u64));
        times.iter().for_each(|time| self.u32(time.nanoseconds));
        let (major, minor) = attr.device;
        // The kernel's own packing (`new_encode_dev`).
        let device = (minor & 0xff) | (major & 0xfff) << 8 | (minor & !0xff) << 12;
        let rest = [attr.mode, attr.nlink, attr.owner.uid, attr.owner.gid, device, attr.block_size, 0];
        rest.into_iter().for_each(|value| self.u32(value));
    }

    /// `fuse_attr_out`, 104 bytes: how long it holds (seconds u64, nanoseconds u32), padding, `fuse_attr`.
    pub(crate) fn attr_out(&mut self, attr: &Attr) {
        self.u64(BELIEF);
        self.u64(0);
        self.attr(attr);
    }

    /// `fuse_entry_out`, 128 bytes: node, generation, how long the name and the attributes hold (seconds u64 each,
    /// nanoseconds u32 each), `fuse_attr`.
    pub(crate) fn entry(&mut self, node: NodeId, attr: &Attr) {
        [node.0, 0, BELIEF, BELIEF, 0].into_iter().for_each(|value| self.u64(value));
        self.attr(attr);
    }

    /// `fuse_open_out`: handle u64, flags u32, padding.
    pub(crate) fn open(&mut self, handle: u64, flags: u32) {
        self.u64(handle);
        self.u32(flags);
        self.u32(0);
    }

    /// `fuse_dirent`: ino u64, next offset u64, length u32, type u32, name, padded to 8.
    pub(crate) fn dirent(&mut self, entry: &crate::DirEntry) {
        let name = entry.name.as_bytes();
        self.u64(entry.ino);
        self.u64(entry.next);
        self.u32(name.len() as u32);
        self.u32(entry.kind.into());
        self.0.extend(name);
        self.0.resize(self.0.len().next_multiple_of(8), 0);
    }
}

/// Bytes that [`Output::dirent`] adds.
pub(crate) fn dirent_len(entry: &crate::DirEntry) -> usize {
    (DIRENT + entry.name.as_bytes().len()).next_multiple_of(8)
}
