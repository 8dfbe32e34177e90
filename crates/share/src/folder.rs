//! The host's folder, opened once, and what the guest may do with it.

use crate::owner::Owners;
use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

/// A folder cannot be shared.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// It is not there.
    #[error("there is no folder {}; create it, or check the spelling", .path.display())]
    Missing {
        /// As given.
        path: PathBuf,
    },
    /// It is something else.
    #[error("{} is not a folder; give the folder it lies in", .path.display())]
    NotAFolder {
        /// As given.
        path: PathBuf,
    },
    /// The user may not.
    #[error("no permission to {what} {}; run lodge as a user who may, or share another folder", .path.display())]
    NotAllowed {
        /// To do what.
        what: &'static str,
        /// As given.
        path: PathBuf,
    },
    /// The kernel is too old.
    #[error(
        "this host's kernel has no openat2, which keeps a guest inside the folder; Linux 5.6 or newer has it"
    )]
    OldKernel,
    /// Anything else.
    #[error("cannot open the folder {}: {source}", .path.display())]
    Open {
        /// As given.
        path: PathBuf,
        /// What the kernel said.
        source: std::io::Error,
    },
}

/// What a guest may do with a folder, and whose its files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Nothing can be changed.
    pub read_only: bool,
    /// Whose files are.
    pub owners: Owners,
}

/// An opened folder: the root of what a guest sees. Opened once; what becomes of its path later does not matter.
#[derive(Debug)]
pub struct Folder {
    pub(crate) root: OwnedFd,
    pub(crate) settings: Settings,
    /// Descriptors for inodes, and open files, at most.
    pub(crate) descriptors: usize,
    /// The process's own mask for new files, which is not the guest's.
    pub(crate) umask: u32,
    path: PathBuf,
}

/// Descriptors that one share may use for each purpose, at least and at most.
const DESCRIPTORS: std::ops::RangeInclusive<usize> = 64..=16384;

impl Folder {
    /// Opens `path`.
    ///
    /// # Errors
    /// [`ShareError`].
    pub fn open(path: &Path, settings: Settings) -> Result<Folder, ShareError> {
        let path = path.to_owned();
        let open = || {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let root = rustix::fs::openat(rustix::fs::CWD, &path, flags, Mode::empty())?;
            // Also finds out whether the kernel has the call, and the user the right to list.
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            rustix::fs::openat2(&root, c".", flags, Mode::empty(), ResolveFlags::BENEATH)?;
            Ok(root)
        };
        let root = open().map_err(|errno| match errno {
            rustix::io::Errno::NOENT => ShareError::Missing { path: path.clone() },
            rustix::io::Errno::NOTDIR => ShareError::NotAFolder { path: path.clone() },
            rustix::io::Errno::ACCESS | rustix::io::Errno::PERM => {
                ShareError::NotAllowed { what: "list", path: path.clone() }
            }
            rustix::io::Errno::NOSYS => ShareError::OldKernel,
            errno => ShareError::Open { path: path.clone(), source: errno.into() },
        })?;
        let descriptors = (descriptor_limit() / 12).clamp(*DESCRIPTORS.start(), *DESCRIPTORS.end());
        Ok(Folder { root, settings, descriptors, umask: umask(), path })
    }

    /// As it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the guest may do.
    pub fn settings(&self) -> Settings {
        self.settings
    }
}

/// Fields of a file that are asked for.
pub(crate) const FIELDS: StatxFlags = StatxFlags::BASIC_STATS.union(StatxFlags::BTIME);
/// How a name is looked at: itself, not what it points or leads to.
pub(crate) const ITSELF: AtFlags = AtFlags::SYMLINK_NOFOLLOW.union(AtFlags::NO_AUTOMOUNT);

/// Descriptors that the process may have. Takes as many as the host's administrator allows: a guest's inodes are many.
fn descriptor_limit() -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(1 << 20).min(1 << 20);
    if limit.current.is_some_and(|current| current < wanted) {
        let before = limit.current;
        limit.current = Some(wanted);
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit.current = before;
        }
    }
    limit.current.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX))
}

/// The process's mask for new files. Asking by `umask(2)` would change it for a moment, under other threads' feet.
fn umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    // If in doubt, permissions are set again.
    mask.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o777)
}
