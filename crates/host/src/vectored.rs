//! File bytes to and from several stretches of memory in one call (`preadv(2)`, `pwritev(2)`).
//!
//! The stretches are raw: memory that somebody else may change meanwhile, as a guest does with its RAM, must never be
//! a Rust reference.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Stretches for one system call (`IOV_MAX` of Linux).
const MOST: usize = 1024;

/// A stretch of memory.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its first byte.
    pub pointer: *mut u8,
    /// Bytes.
    pub len: usize,
}

/// Reads from `file` at `offset` into `parts`, one after the other. Fewer bytes than they have room for: the file ends.
///
/// # Errors
/// What the kernel said, when nothing was read at all.
///
/// # Safety
/// Each part must be valid for writes during the call; others may access it at the same time.
pub unsafe fn read_at(file: BorrowedFd<'_>, offset: u64, parts: &[Part]) -> io::Result<usize> {
    // SAFETY: `parts` are valid by this function's own contract, and the descriptor is open during the call.
    all(offset, parts, |iov, n, offset| unsafe { libc::preadv(file.as_raw_fd(), iov, n, offset) })
}

/// Writes `parts`, one after the other, to `file` at `offset`.
///
/// # Errors
/// What the kernel said, when nothing was written at all.
///
/// # Safety
/// Each part must be valid for reads during the call; others may access it at the same time.
pub unsafe fn write_at(file: BorrowedFd<'_>, offset: u64, parts: &[Part]) -> io::Result<usize> {
    // SAFETY: as in `read_at`.
    all(offset, parts, |iov, n, offset| unsafe { libc::pwritev(file.as_raw_fd(), iov, n, offset) })
}

/// Calls `move_some` until all is moved or it moves nothing.
fn all(
    offset: u64,
    parts: &[Part],
    mut move_some: impl FnMut(*const libc::iovec, i32, libc::off_t) -> isize,
) -> io::Result<usize> {
    let iovec = |part: &Part| libc::iovec { iov_base: part.pointer.cast(), iov_len: part.len };
    let mut left: Vec<libc::iovec> = parts.iter().filter(|part| part.len > 0).map(iovec).collect();
    let mut left = left.as_mut_slice();
    let mut done = 0usize;
    while !left.is_empty() {
        let at = offset.checked_add(done as u64).and_then(|at| libc::off_t::try_from(at).ok());
        let Some(at) = at else { return Err(io::Error::from_raw_os_error(libc::EINVAL)) };
        let moved = move_some(left.as_ptr(), left.len().min(MOST) as i32, at);
        let mut moved = match usize::try_from(moved) {
            Ok(0) => break,
            Ok(moved) => moved,
            Err(_) => match io::Error::last_os_error() {
                error if error.kind() == io::ErrorKind::Interrupted => continue,
                error if done == 0 => return Err(error),
                _ => break,
            },
        };
        done += moved;
        while let Some(first) = left.first_mut().filter(|_| moved > 0) {
            let n = moved.min(first.iov_len);
            first.iov_base = first.iov_base.wrapping_byte_add(n);
            first.iov_len -= n;
            moved -= n;
            if first.iov_len == 0 {
                left = &mut std::mem::take(&mut left)[1..];
            }
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;

    #[test]
    fn bytes_go_to_their_parts_and_back() {
        let path = std::env::temp_dir().join(format!("lodge-vectored-{}", std::process::id()));
        std::fs::write(&path, b"0123456789").unwrap();
        let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let mut memory = [0u8; 3000];
        let base = memory.as_mut_ptr();
        // More parts than one call takes, and an empty one.
        let part = |at: usize, len| Part { pointer: base.wrapping_add(at), len };
        let mut parts: Vec<Part> = (0..1100).map(|n| part(n, 1)).collect();
        parts.insert(1, part(2000, 0));
        // SAFETY: all parts lie in `memory`, which nobody else uses.
        assert_eq!(unsafe { read_at(file.as_fd(), 3, &parts) }.unwrap(), 7);
        assert_eq!(&memory[..8], b"3456789\0");
        // SAFETY: as above.
        assert_eq!(unsafe { write_at(file.as_fd(), 1, &parts) }.unwrap(), 1100);
        assert_eq!(&std::fs::read(&path).unwrap()[..9], b"03456789\0");
        // SAFETY: as above.
        assert!(unsafe { read_at(file.as_fd(), u64::MAX, &parts) }.is_err());
        std::fs::remove_file(path).unwrap();
    }
}
