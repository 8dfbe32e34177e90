//! Storage in a regular file or block device of the host.
//!
//! Users of one file keep out of each other's way by locks on single bytes far inside it, at the offsets and with
//! the meaning that QEMU gives them, so that a machine of either kind keeps the other's disks safe:
//! byte 100 + n: "I use permission n", byte 200 + n: "I do not share permission n"; 1 is writing, 3 resizing.

use crate::{ImageError, Storage};
use lodge_host::lock;
use rustix::fs::{FallocateFlags, FileType, Mode, OFlags, fallocate, fstat, open, openat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const USED: u64 = 100;
const NOT_SHARED: u64 = 200;
const READING: u64 = 0;
const WRITING: u64 = 1;
const RESIZING: u64 = 3;

/// A file or block device of the host.
#[derive(Debug)]
pub struct HostFile {
    path: PathBuf,
    file: File,
    device: bool,
    writable: bool,
    /// Whether the host can punch holes here, and zero a range without data; found out by trying.
    can_punch: AtomicBool,
    can_zero: AtomicBool,
}

impl HostFile {
    /// Opens `path` and locks it against writers (and, with `write`, against anybody who counts on its content).
    ///
    /// # Errors
    /// [`ImageError`]'s opening half.
    pub fn open(path: &Path, write: bool) -> Result<HostFile, ImageError> {
        let mode = if write { OFlags::RDWR } else { OFlags::RDONLY };
        // NONBLOCK: a FIFO must be refused, not waited for; it means nothing for files and block devices.
        let fd = open(path, mode | OFlags::CLOEXEC | OFlags::NONBLOCK, Mode::empty())
            .map_err(|e| explain(path, write, e))?;
        let stat = fstat(&fd).map_err(|e| opening(path, e))?;
        let what = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile | FileType::BlockDevice => None,
            FileType::Directory => Some("a directory"),
            FileType::Fifo => Some("a pipe"),
            FileType::CharacterDevice => Some("a character device"),
            _ => Some("not a file"),
        };
        if let Some(what) = what {
            return Err(ImageError::NotADisk { path: path.to_owned(), what });
        }
        let device = FileType::from_raw_mode(stat.st_mode) == FileType::BlockDevice;
        let file = HostFile::wrap(path.to_owned(), File::from(fd), device, write);
        file.lock()?;
        Ok(file)
    }

    /// A nameless file in the directory `dir`, gone when closed.
    ///
    /// # Errors
    /// [`ImageError::Open`].
    pub fn temporary(dir: &Path) -> Result<HostFile, ImageError> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let fd = match open(dir, flags | OFlags::TMPFILE, mode) {
            // A file system without nameless files: name one and take the name away.
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => {
                let path = dir.join(format!(".lodge-{}-{:p}", std::process::id(), &raw const flags));
                let fd = openat(rustix::fs::CWD, &path, flags | OFlags::CREATE | OFlags::EXCL, mode);
                let fd = fd.map_err(|e| opening(&path, e))?;
                std::fs::remove_file(&path).map_err(|source| ImageError::Open { path, source })?;
                Ok(fd)
            }
            other => other,
        };
        let fd = fd.map_err(|e| opening(dir, e))?;
        let path = dir.join("(temporary)");
        Ok(HostFile::wrap(path, File::from(fd), false, true))
    }

    fn wrap(path: PathBuf, file: File, device: bool, writable: bool) -> HostFile {
        let (can_punch, can_zero) = (AtomicBool::new(true), AtomicBool::new(true));
        HostFile { path, file, device, writable, can_punch, can_zero }
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is a block device: its size is what it is.
    pub fn is_device(&self) -> bool {
        self.device
    }

    fn lock(&self) -> Result<(), ImageError> {
        let mut ours = vec![USED + READING, NOT_SHARED + WRITING, NOT_SHARED + RESIZING];
        let mut theirs = vec![(NOT_SHARED + READING, "another program wants it for itself")];
        if self.writable {
            ours.extend([USED + WRITING, USED + RESIZING]);
            theirs.push((NOT_SHARED + WRITING, "another machine or program uses it"));
        }
        theirs.push((USED + WRITING, "another machine or program writes to it"));
        // Take first, look after: of two who come together at least one sees the other.
        for byte in ours {
            match lock::share(&self.file, byte, 1) {
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    let who = "another program holds it exclusively";
                    return Err(ImageError::InUse { path: self.path.clone(), who });
                }
                Err(e) => {
                    tracing::warn!(path = %self.path.display(), error = %e, "the host cannot lock this disk: let nobody else write to it");
                    return Ok(());
                }
                Ok(()) => {}
            }
        }
        for (byte, who) in theirs {
            if lock::taken(&self.file, byte, 1).unwrap_or(false) {
                return Err(ImageError::InUse { path: self.path.clone(), who });
            }
        }
        Ok(())
    }

    fn failed(&self, action: &'static str, offset: u64) -> impl Fn(io::Error) -> ImageError + '_ {
        move |source| ImageError::Io { action, name: self.name(), offset, source }
    }

    /// `fallocate`; `false` when it cannot be done here, or not anywhere on this file, which `able` remembers.
    fn allocate(
        &self,
        able: &AtomicBool,
        flags: FallocateFlags,
        offset: u64,
        len: u64,
    ) -> Result<bool, ImageError> {
        if !able.load(Ordering::Relaxed) {
            return Ok(false);
        }
        loop {
            return match fallocate(&self.file, flags | FallocateFlags::KEEP_SIZE, offset, len) {
                Ok(()) => Ok(true),
                Err(Errno::INTR) => continue,
                Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::NODEV) => {
                    able.store(false, Ordering::Relaxed);
                    Ok(false)
                }
                // Block devices want whole blocks.
                Err(Errno::INVAL | Errno::PERM) => Ok(false),
                Err(e) => Err(self.failed("clear", offset)(e.into())),
            };
        }
    }
}

fn opening(path: &Path, e: Errno) -> ImageError {
    ImageError::Open { path: path.to_owned(), source: e.into() }
}

fn explain(path: &Path, write: bool, e: Errno) -> ImageError {
    let path = path.to_owned();
    match e {
        Errno::NOENT => ImageError::Absent { path },
        Errno::ISDIR => ImageError::NotADisk { path, what: "a directory" },
        Errno::NXIO | Errno::NODEV => ImageError::NotADisk { path, what: "not a file" },
        Errno::ACCESS | Errno::PERM | Errno::ROFS if write => ImageError::Denied {
            path,
            wanted: "writing",
            hint: "use it read-only, work on a copy, or change its permissions",
        },
        Errno::ACCESS | Errno::PERM => {
            ImageError::Denied { path, wanted: "reading", hint: "change its permissions" }
        }
        e => opening(&path, e),
    }
}

impl Storage for HostFile {
    fn name(&self) -> String {
        self.path.display().to_string()
    }

    fn len(&self) -> u64 {
        // A block device has no length in its metadata; its end can be sought.
        (&self.file).seek(SeekFrom::End(0)).unwrap_or(0)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ImageError> {
        let mut done = 0;
        while done < into.len() {
            let at = offset + done as u64;
            match self.file.read_at(&mut into[done..], at) {
                Ok(0) => {
                    into[done..].fill(0);
                    break;
                }
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(self.failed("read", at)(e)),
            }
        }
        Ok(())
    }

    fn write_at(&self, offset: u64, from: &[u8]) -> Result<(), ImageError> {
        self.file.write_all_at(from, offset).map_err(self.failed("write", offset))
    }

    fn flush(&self) -> Result<(), ImageError> {
        if !self.writable {
            return Ok(());
        }
        self.file.sync_data().map_err(self.failed("flush", 0))
    }

    fn zero(&self, offset: u64, len: u64, unmap: bool) -> Result<bool, ImageError> {
        if unmap && self.allocate(&self.can_punch, FallocateFlags::PUNCH_HOLE, offset, len)? {
            return Ok(true);
        }
        self.allocate(&self.can_zero, FallocateFlags::ZERO_RANGE, offset, len)
    }
}
