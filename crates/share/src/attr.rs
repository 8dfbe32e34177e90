//! What there is to know about a file, in the guest's numbers.

use crate::owner::{Caller, Owners};
use rustix::fs::{FileType, Statx, StatxTimestamp};

/// A point in time, since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Time {
    /// Whole seconds.
    pub seconds: i64,
    /// And nanoseconds.
    pub nanoseconds: u32,
}

impl From<StatxTimestamp> for Time {
    fn from(time: StatxTimestamp) -> Time {
        Time { seconds: time.tv_sec, nanoseconds: time.tv_nsec }
    }
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(pub(crate) FileType);

impl Kind {
    /// Its number in a directory entry (`DT_*` of Linux).
    pub fn entry_type(self) -> u8 {
        (self.0.as_raw_mode() >> 12) as u8
    }

    /// Whether it is a directory.
    pub fn is_dir(self) -> bool {
        self.0 == FileType::Directory
    }
}

/// What `stat(2)` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attr {
    /// Inode number, unique in the folder.
    pub ino: u64,
    /// Bytes.
    pub size: u64,
    /// Room it takes, in units of 512 bytes.
    pub blocks: u64,
    /// Last read.
    pub atime: Time,
    /// Last write.
    pub mtime: Time,
    /// Last change of anything.
    pub ctime: Time,
    /// Kind and permissions (`st_mode`).
    pub mode: u32,
    /// Names it has.
    pub nlink: u32,
    /// Owner, as the guest counts.
    pub owner: Caller,
    /// Device number of a device node: major and minor.
    pub device: (u32, u32),
    /// Good size for reads and writes.
    pub block_size: u32,
}

impl Attr {
    /// From what the host's kernel says of a file on a file system that is `foreign` (another than the folder's own).
    pub(crate) fn new(stat: &Statx, owners: Owners, foreign: bool) -> Attr {
        // Two file systems number their inodes alike.
        let salt = u64::from(stat.stx_dev_major) << 20 | u64::from(stat.stx_dev_minor);
        let salt = if foreign { salt.wrapping_mul(0x9e37_79b9_7f4a_7c15) << 32 } else { 0 };
        Attr {
            ino: stat.stx_ino ^ salt,
            size: stat.stx_size,
            blocks: stat.stx_blocks,
            atime: stat.stx_atime.into(),
            mtime: stat.stx_mtime.into(),
            ctime: stat.stx_ctime.into(),
            mode: stat.stx_mode.into(),
            nlink: stat.stx_nlink,
            owner: owners.to_guest(Caller { uid: stat.stx_uid, gid: stat.stx_gid }),
            device: (stat.stx_rdev_major, stat.stx_rdev_minor),
            block_size: stat.stx_blksize,
        }
    }

    /// What kind of file it is.
    pub fn kind(&self) -> Kind {
        Kind(FileType::from_raw_mode(self.mode))
    }
}

/// A time to set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetTime {
    /// The host's clock.
    Now,
    /// This.
    To(Time),
}

/// What to change of a file; `None` stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SetAttr {
    /// Permissions (the low twelve bits).
    pub mode: Option<u32>,
    /// User.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Bytes.
    pub size: Option<u64>,
    /// Last read.
    pub atime: Option<SetTime>,
    /// Last write.
    pub mtime: Option<SetTime>,
    /// The caller may not keep set-user-id bits through the change of size.
    pub drop_privileges: bool,
}

/// What `statfs(2)` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistics {
    /// Size of a block.
    pub block_size: u64,
    /// Blocks in all, free, and free to users.
    pub blocks: [u64; 3],
    /// Inodes in all, and free.
    pub files: [u64; 2],
    /// Longest name.
    pub name_max: u64,
}
