//! Where fetched and built things are kept: `$XDG_CACHE_HOME/lodge`, else `~/.cache/lodge`.
//!
//! ```text
//! lodge/
//!   kernel-trixie-riscv64-…/    an entry: complete, or absent
//!   debian-….partial/           being built under its lock, or left by a run that died
//!   apt-trixie-riscv64/         apt's own private state, which knows how to resume
//!   translations/               the translator's, see crates/jit/src/warm
//!   locks/<name>.lock           held while <name> is built or used for building
//! ```
//!
//! An entry is built beside its place, flushed, then renamed into it: nobody ever sees half of one, not even
//! after a power cut.

use crate::Progress;
use crate::error::{At, Error, Result};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// The directory of finished templates.
#[derive(Debug, Clone)]
pub struct Cache {
    root: PathBuf,
}

/// Held while something is built; given back on drop, and by the kernel if the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Cache {
    /// The user's cache, as the XDG base directory specification places it.
    pub fn of_user() -> Result<Self> {
        lodge_host::private::user_cache().map(|root| Self::at(&root)).ok_or(Error::NoCacheDir)
    }

    /// A cache in `root`, which is created when first needed.
    pub fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The directory all of it is in.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where entry `name` is, when it is complete.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        let path = self.root.join(name);
        path.is_dir().then_some(path)
    }

    /// The entry `name`; built by `build` in an empty directory unless it is there already. Of several processes
    /// that ask at once, one builds and the others wait for it.
    pub(crate) fn entry(
        &self,
        name: &str,
        progress: &dyn Progress,
        build: impl FnOnce(&Path) -> Result<()>,
    ) -> Result<PathBuf> {
        if let Some(path) = self.find(name) {
            return Ok(path);
        }
        let _lock = self.lock(name, progress)?;
        if let Some(path) = self.find(name) {
            return Ok(path); // somebody else built it while we waited
        }
        let partial = self.root.join(format!("{name}.partial"));
        remove_tree(&partial)?;
        fs::create_dir_all(&partial).at("create", &partial)?;
        if let Err(error) = build(&partial) {
            let _ = remove_tree(&partial); // the first error is the one to tell
            return Err(error);
        }
        let path = self.root.join(name);
        self.publish(&partial, &path)?;
        Ok(path)
    }

    /// Flushes `from` and everything in it, then gives it the name `to`.
    pub(crate) fn publish(&self, from: &Path, to: &Path) -> Result<()> {
        let opened = File::open(from).at("open", from)?;
        rustix::fs::syncfs(&opened).map_err(std::io::Error::from).at("flush", from)?;
        fs::rename(from, to).at("rename", from)?;
        File::open(&self.root).and_then(|dir| dir.sync_all()).at("flush", &self.root)
    }

    /// Waits until nobody else holds the lock called `name`.
    pub(crate) fn lock(&self, name: &str, progress: &dyn Progress) -> Result<Lock> {
        let dir = self.root.join("locks");
        fs::create_dir_all(&dir).at("create", &dir)?;
        let path = dir.join(format!("{name}.lock"));
        let file = File::create(&path).at("create", &path)?;
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                progress.note(&format!("waiting for another lodge that works on {name}"))
            }
            Err(TryLockError::Error(error)) => return Err(error).at("lock", &path),
        }
        file.lock().at("lock", &path)?;
        Ok(Lock { _file: file })
    }
}

/// Deletes a directory tree, also one whose directories forbid it; absent is fine.
pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fn open_up(dir: &Path) {
        let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                open_up(&entry.path());
            }
        }
    }
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            open_up(path);
            fs::remove_dir_all(path).at("remove", path)
        }
        other => other.at("remove", path),
    }
}

/// A short, stable name for `text`: 64-bit FNV-1a in hex. Guards against mix-ups, not against malice.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // The length goes in too, so that ["ab", "c"] and ["a", "bc"] differ.
        for byte in (part.len() as u64).to_le_bytes().iter().chain(*part) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn scratch(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("lodge-template-{}-{name}", std::process::id()));
        remove_tree(&dir).unwrap();
        dir
    }

    #[test]
    fn an_entry_is_built_once_however_many_ask() {
        let root = scratch("once");
        let built = AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let path = Cache::at(&root)
                        .entry("thing", &Silent, |dir| {
                            built.fetch_add(1, Ordering::SeqCst);
                            std::thread::sleep(std::time::Duration::from_millis(20));
                            fs::write(dir.join("file"), "whole").at("write", dir)
                        })
                        .unwrap();
                    assert_eq!(fs::read_to_string(path.join("file")).unwrap(), "whole");
                });
            }
        });
        assert_eq!(built.load(Ordering::SeqCst), 1);
        remove_tree(&root).unwrap();
    }

    #[test]
    fn a_failed_or_interrupted_build_does_not_count() {
        let root = scratch("failed");
        let cache = Cache::at(&root);
        let refused = cache.entry("thing", &Silent, |dir| {
            fs::write(dir.join("file"), "half").at("write", dir)?;
            Err(Error::Refused("no".into()))
        });
        assert_eq!(refused.unwrap_err().to_string(), "no");
        assert!(cache.find("thing").is_none());
        // As a run leaves it that was killed in the middle.
        fs::create_dir_all(root.join("thing.partial")).unwrap();
        fs::write(root.join("thing.partial/old"), "half").unwrap();
        let path = cache.entry("thing", &Silent, |_| Ok(())).unwrap();
        assert!(!path.join("old").exists());
        remove_tree(&root).unwrap();
    }

    #[test]
    fn digests_tell_parts_apart() {
        assert_eq!(digest(&[b"ab", b"c"]), digest(&[b"ab", b"c"]));
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
