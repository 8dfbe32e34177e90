//! Address space set aside, into which pieces of files are shown and hidden again.
//!
//! ```text
//!   Reserve   ┌─ open: plain memory ─┬─ nothing ─┬─ show: pages of a memfd ─┬─ nothing ─ … ─┐
//!             └──────────────────────┴───────────┴──────────────────────────┴───────────────┘
//!   what is neither opened nor shown faults when touched (see `faults`)
//! ```

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};
use std::ffi::c_void;
use std::io;
use std::os::fd::BorrowedFd;

/// See the module's head. Costs address space only.
#[derive(Debug)]
pub struct Reserve {
    ptr: *mut u8,
    len: usize,
}

// SAFETY: plain address space owned by this value; users of what is mapped into it go through raw pointers.
unsafe impl Send for Reserve {}

const PAGE: usize = 4096;
const NOTHING: ProtFlags = ProtFlags::empty();

impl Reserve {
    /// `len` bytes (whole pages) of nothing.
    ///
    /// # Errors
    /// `ENOMEM` when the address space, or what the process may have of it, has no room.
    pub fn new(len: usize) -> io::Result<Reserve> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a fresh mapping at an address of the kernel's choice aliases no Rust object.
        let ptr = unsafe { mmap_anonymous(std::ptr::null_mut(), len, NOTHING, flags) }?;
        Ok(Reserve { ptr: ptr.cast(), len })
    }

    fn at(&self, offset: usize, len: usize) -> *mut c_void {
        assert!(offset <= self.len && len <= self.len - offset, "outside of the reserved range");
        // SAFETY: in bounds by the check above.
        unsafe { self.ptr.add(offset).cast() }
    }

    /// Makes `offset..offset + len` plain zeroed memory; its address. Valid until hidden, or `self` goes.
    ///
    /// # Errors
    /// What `mmap` said.
    pub fn open(&mut self, offset: usize, len: usize) -> io::Result<*mut u8> {
        let flags = MapFlags::PRIVATE | MapFlags::FIXED;
        // SAFETY: replaces a part of our own reservation.
        let ptr =
            unsafe { mmap_anonymous(self.at(offset, len), len, ProtFlags::READ | ProtFlags::WRITE, flags) }?;
        Ok(ptr.cast())
    }

    /// Shows `len` bytes of `file` from its byte `from` at `offset`.
    ///
    /// # Errors
    /// What `mmap` said; what was there before may be hidden then.
    pub fn show(
        &mut self,
        offset: usize,
        len: usize,
        (file, from): (BorrowedFd<'_>, u64),
        writable: bool,
    ) -> io::Result<()> {
        let prot = if writable { ProtFlags::READ | ProtFlags::WRITE } else { ProtFlags::READ };
        let mut flags = MapFlags::SHARED | MapFlags::NORESERVE | MapFlags::FIXED;
        // A page that is shown will be touched; of more, most may never be.
        if len <= PAGE {
            flags |= MapFlags::POPULATE;
        }
        // SAFETY: replaces a part of our own reservation.
        unsafe { mmap(self.at(offset, len), len, prot, flags, file, from) }?;
        Ok(())
    }

    /// Makes `offset..offset + len` nothing again.
    ///
    /// # Errors
    /// What `mmap` said; what was there may be there still.
    pub fn hide(&mut self, offset: usize, len: usize) -> io::Result<()> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE | MapFlags::FIXED;
        // SAFETY: replaces a part of our own reservation.
        unsafe { mmap_anonymous(self.at(offset, len), len, NOTHING, flags) }?;
        Ok(())
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        // SAFETY: ptr and len are what mmap returned, and nobody may hold pointers past our lifetime.
        let _ = unsafe { munmap(self.ptr.cast(), self.len) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mapping;

    #[test]
    fn shows_what_a_file_holds_and_hides_it_again() {
        let file = Mapping::new("test", 0x3000).unwrap();
        let mut reserve = Reserve::new(1 << 40).unwrap();
        let own = reserve.open(0, 0x1000).unwrap();
        reserve.show(0x5000, 0x1000, (file.fd(), 0x2000), true).unwrap();
        // SAFETY: both mapped just now.
        unsafe {
            own.write_volatile(7);
            own.add(0x5004).write_volatile(42);
            assert_eq!(file.as_ptr().add(0x2004).read_volatile(), 42);
        }
        reserve.hide(0x5000, 0x1000).unwrap();
        // SAFETY: still open.
        assert_eq!(unsafe { own.read_volatile() }, 7);
        assert!(Reserve::new(usize::MAX & !0xfff).is_err());
    }
}
