//! Locks on bytes of a file that belong to the open file, not to the process ("OFD locks", `fcntl(2)`).
//!
//! Two opens of one file exclude each other even inside one process, and closing some other descriptor of the
//! file loses nothing, which is what plain POSIX locks get wrong.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

fn flock(kind: i32, offset: u64, len: u64) -> libc::flock {
    // SAFETY: `flock` is plain integers, for which all zeroes is a valid value.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = kind as libc::c_short;
    lock.l_whence = libc::SEEK_SET as libc::c_short;
    lock.l_start = offset as libc::off_t;
    lock.l_len = len as libc::off_t;
    lock
}

/// Takes a shared lock on `len` bytes at `offset`; held until `file` is closed. The bytes need not exist.
///
/// # Errors
/// `WouldBlock` when somebody holds an exclusive lock there; `EINVAL` or `ENOLCK` where the file system has no locks.
pub fn share(file: impl AsFd, offset: u64, len: u64) -> io::Result<()> {
    let lock = flock(libc::F_RDLCK, offset, len);
    // SAFETY: the descriptor is open for the length of the call and the kernel only reads `lock`.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Gives up this open file's locks on `len` bytes at `offset`.
///
/// # Errors
/// As for [`share`].
pub fn release(file: impl AsFd, offset: u64, len: u64) -> io::Result<()> {
    let lock = flock(libc::F_UNLCK, offset, len);
    // SAFETY: as in `share`.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether another open file holds any lock on `len` bytes at `offset`.
///
/// # Errors
/// As for [`share`].
pub fn taken(file: impl AsFd, offset: u64, len: u64) -> io::Result<bool> {
    let mut lock = flock(libc::F_WRLCK, offset, len);
    // SAFETY: the descriptor is open and `lock` is ours to be written for the length of the call.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) };
    if result == 0 { Ok(i32::from(lock.l_type) != libc::F_UNLCK) } else { Err(io::Error::last_os_error()) }
}

/// What a lock on bytes of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Others may read-lock too.
    Read,
    /// Nobody else may lock.
    Write,
    /// No lock.
    None,
}

impl Kind {
    fn number(self) -> i32 {
        match self {
            Kind::Read => libc::F_RDLCK,
            Kind::Write => libc::F_WRLCK,
            Kind::None => libc::F_UNLCK,
        }
    }
}

/// Makes this open file's lock on `len` bytes (0: to the end) at `offset` be `kind`.
///
/// # Errors
/// `WouldBlock` when another's lock is in the way; otherwise as for [`share`].
pub fn set(file: impl AsFd, kind: Kind, offset: u64, len: u64) -> io::Result<()> {
    let lock = flock(kind.number(), offset, len);
    // SAFETY: as in `share`.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The lock of another open file that is in the way of one of `kind` there: its kind ([`Kind::None`]: there is none),
/// offset and length.
///
/// # Errors
/// As for [`share`].
pub fn conflict(file: impl AsFd, kind: Kind, offset: u64, len: u64) -> io::Result<(Kind, u64, u64)> {
    let mut lock = flock(kind.number(), offset, len);
    // SAFETY: as in `taken`.
    let result = unsafe { libc::fcntl(file.as_fd().as_raw_fd(), libc::F_OFD_GETLK, &raw mut lock) };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    let kind = match i32::from(lock.l_type) {
        libc::F_RDLCK => Kind::Read,
        libc::F_WRLCK => Kind::Write,
        _ => Kind::None,
    };
    Ok((kind, lock.l_start as u64, lock.l_len as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_opens_in_one_process_see_each_other() {
        let path = std::env::temp_dir().join(format!("lodge-lock-{}", std::process::id()));
        let (one, two) = (std::fs::File::create(&path).unwrap(), std::fs::File::open(&path).unwrap());
        share(&two, 100, 1).unwrap();
        assert!(taken(&one, 100, 1).unwrap());
        assert!(!taken(&one, 101, 1).unwrap());
        assert!(!taken(&two, 100, 1).unwrap(), "its own lock is not another's");
        drop(two);
        assert!(!taken(&one, 100, 1).unwrap());
        std::fs::remove_file(path).unwrap();
    }
}
