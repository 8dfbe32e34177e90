//! Memory shared with a guest, and memory for translated code.
//!
//! ```text
//!   Mapping      one memfd ──── one read-write view   (guest RAM: sparse, can be punched)
//!   CodeMapping  one memfd ─┬── read-write view       (the emitter writes here)
//!                           └── read-execute view     (the vCPU runs here): never both in one page; data behind it
//! ```

use rustix::fs::{FallocateFlags, MemfdFlags, fallocate, ftruncate, memfd_create};
use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, mmap_anonymous, munmap};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A read-write mapping of a memfd of its own. Pages cost nothing until touched.
#[derive(Debug)]
pub struct Mapping {
    fd: OwnedFd,
    ptr: *mut u8,
    len: usize,
}

// SAFETY: the mapping is plain shared memory owned by this value until drop; every access goes through raw
// pointers whose users take care of races themselves (guest memory is racy by nature).
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

fn memfd(name: &str, len: usize) -> io::Result<OwnedFd> {
    let fd = memfd_create(name, MemfdFlags::CLOEXEC)?;
    ftruncate(&fd, len as u64)?;
    Ok(fd)
}

fn map(fd: BorrowedFd<'_>, len: usize, prot: ProtFlags) -> io::Result<*mut u8> {
    // SAFETY: a fresh mapping at an address of the kernel's choice aliases no Rust object.
    let ptr =
        unsafe { mmap(std::ptr::null_mut(), len, prot, MapFlags::SHARED | MapFlags::NORESERVE, fd, 0) }?;
    Ok(ptr.cast())
}

/// Has the kernel make the pages of `ptr..ptr + len`, which are mapped, present at once: a fraction of what a fault
/// each costs. Only a favour: hosts that do not know it (before Linux 5.14) or have no memory left go on by faults.
fn make_present(ptr: *mut u8, len: usize, advice: Advice) {
    // SAFETY: the caller's own mapping; populating changes no contents.
    let _ = unsafe { madvise(ptr.cast(), len, advice) };
}

impl Mapping {
    /// Maps `len` bytes (rounded up to whole pages by the kernel) of zeroes; `name` shows in `/proc/PID/maps`.
    ///
    /// # Errors
    /// What `memfd_create`, `ftruncate` or `mmap` said; `ENOMEM` when the address space has no room.
    pub fn new(name: &str, len: usize) -> io::Result<Mapping> {
        let fd = memfd(name, len)?;
        let ptr = map(fd.as_fd(), len, ProtFlags::READ | ProtFlags::WRITE)?;
        Ok(Mapping { fd, ptr, len })
    }

    /// The first byte. Valid for `len()` bytes as long as `self` lives.
    pub fn as_ptr(&self) -> *mut u8 {
        self.ptr
    }

    /// Bytes mapped.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the mapping is empty (it never is: the kernel refuses a length of 0).
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The memfd, for sharing the same memory with another process or another view.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Makes the pages of `offset..offset + len`, whole pages of it, present before they are touched one by one.
    ///
    /// # Panics
    /// When they are not all in the mapping.
    pub fn make_present(&self, offset: usize, len: usize) {
        assert!(offset <= self.len && len <= self.len - offset, "pages outside of their mapping");
        // SAFETY: in bounds by the check above.
        make_present(unsafe { self.ptr.add(offset) }, len, Advice::LinuxPopulateWrite);
    }

    /// Gives the pages of `offset..offset + len` back to the host; they read as zero afterwards.
    ///
    /// # Errors
    /// What `fallocate(PUNCH_HOLE)` said.
    pub fn discard(&self, offset: usize, len: usize) -> io::Result<()> {
        fallocate(
            &self.fd,
            FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE,
            offset as u64,
            len as u64,
        )?;
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: ptr and len are what mmap returned, and nobody may hold pointers past our lifetime.
        let _ = unsafe { munmap(self.ptr.cast(), self.len) };
    }
}

/// Memory for translated code: written through one view, run through another (W^X); and behind the view that runs, in
/// reach of its relative addresses, plain data.
#[derive(Debug)]
pub struct CodeMapping {
    _fd: OwnedFd,
    write: *mut u8,
    run: *mut u8,
    len: usize,
    data_len: usize,
    /// Bytes of both views whose pages are present.
    present: usize,
}

/// Bytes of code that are made present at a time.
const CODE_STEP: usize = 256 << 10;

// SAFETY: as for `Mapping`; the owner alone writes, and runs only what it wrote.
unsafe impl Send for CodeMapping {}

impl CodeMapping {
    /// Maps `len` bytes of code (whole pages) twice, and `data_len` bytes of data.
    ///
    /// # Errors
    /// What the kernel said; `EACCES` or `EPERM` when the host forbids executable memory.
    pub fn new(len: usize, data_len: usize) -> io::Result<CodeMapping> {
        let fd = memfd("lodge-code", len)?;
        let write = map(fd.as_fd(), len, ProtFlags::READ | ProtFlags::WRITE)?;
        let run = data_behind_code(fd.as_fd(), len, data_len).inspect_err(|_| {
            // SAFETY: `write` was mapped with `len` a few lines up and is not used again.
            let _ = unsafe { munmap(write.cast(), len) };
        })?;
        Ok(CodeMapping { _fd: fd, write, run, len, data_len, present: 0 })
    }

    /// Bytes in each view.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no room at all.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Copies `code` to `offset`.
    ///
    /// # Panics
    /// When it does not fit: the caller checks room first.
    pub fn write(&mut self, offset: usize, code: &[u8]) {
        assert!(offset <= self.len && code.len() <= self.len - offset, "code does not fit its mapping");
        let end = offset + code.len();
        if end > self.present {
            let more = (end - self.present).next_multiple_of(CODE_STEP).min(self.len - self.present);
            // SAFETY: in bounds of both views, which are of the same length.
            let (write, run) = unsafe { (self.write.add(self.present), self.run.add(self.present)) };
            make_present(write, more, Advice::LinuxPopulateWrite);
            make_present(run, more, Advice::LinuxPopulateRead);
            self.present += more;
        }
        // SAFETY: in bounds by the check above; `&mut self` excludes another writer.
        unsafe { std::ptr::copy_nonoverlapping(code.as_ptr(), self.write.add(offset), code.len()) }
    }

    /// Address at which the byte at `offset` runs.
    pub fn address(&self, offset: usize) -> usize {
        self.run as usize + offset
    }

    /// Bytes of data.
    pub fn data_len(&self) -> usize {
        self.data_len
    }

    /// Address of the byte of data at `offset`.
    pub fn data_address(&self, offset: usize) -> usize {
        self.address(self.len) + offset
    }

    fn datum(&self, offset: usize) -> *mut u64 {
        let fits = offset.is_multiple_of(8) && self.data_len >= 8 && offset <= self.data_len - 8;
        assert!(fits, "no datum at {offset}");
        // SAFETY: the data are behind the code in one reservation; in bounds by the check above.
        unsafe { self.run.add(self.len + offset).cast() }
    }

    /// The aligned 8 bytes of data at `offset`.
    ///
    /// # Panics
    /// When there are none.
    pub fn read_data(&self, offset: usize) -> u64 {
        // SAFETY: aligned and in bounds; only the owner's thread and the code it runs touch the data.
        unsafe { self.datum(offset).read_volatile() }
    }

    /// Sets them.
    ///
    /// # Panics
    /// When there are none.
    pub fn write_data(&mut self, offset: usize, value: u64) {
        // SAFETY: as in `read_data`.
        unsafe { self.datum(offset).write_volatile(value) }
    }
}

/// Reserves room for both, maps the code to the front of it and makes the rest data. The code's address.
fn data_behind_code(fd: BorrowedFd<'_>, len: usize, data_len: usize) -> io::Result<*mut u8> {
    let private = MapFlags::PRIVATE | MapFlags::NORESERVE;
    let data = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: a fresh mapping at an address of the kernel's choice aliases no Rust object.
    let room = unsafe { mmap_anonymous(std::ptr::null_mut(), len + data_len, data, private) }?;
    let run = ProtFlags::READ | ProtFlags::EXEC;
    // SAFETY: replaces the front of the mapping just made, which nobody else knows.
    let code =
        unsafe { mmap(room, len, run, MapFlags::SHARED | MapFlags::NORESERVE | MapFlags::FIXED, fd, 0) };
    match code {
        Ok(code) => Ok(code.cast()),
        Err(e) => {
            // SAFETY: made a few lines up, not used again.
            let _ = unsafe { munmap(room, len + data_len) };
            Err(e.into())
        }
    }
}

impl Drop for CodeMapping {
    fn drop(&mut self) {
        // SAFETY: both views are ours, of `len` bytes, and nobody runs code of a dropped cache.
        unsafe {
            let _ = munmap(self.write.cast(), self.len);
            let _ = munmap(self.run.cast(), self.len + self.data_len);
        }
    }
}
