//! A directory that belongs to the user alone, and files in it that nobody else could have written.
//!
//! What is opened is checked through its descriptor, so that nothing can be put in its place between check and use:
//!
//! ```text
//!   PrivateDir   a directory, not a link   owner = us   no access for group and others (0700)
//!   its files    plain, not a link         owner = us   no access for group and others (0600), one name only
//! ```

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// See the module's head.
#[derive(Debug)]
pub struct PrivateDir {
    fd: OwnedFd,
    path: PathBuf,
}

/// One file of a [`PrivateDir`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Bytes in it.
    pub len: u64,
    /// When it was last written.
    pub modified: SystemTime,
}

fn refused(path: &Path, why: &str) -> io::Error {
    let text = format!("{} {why}; remove it, or make it yours alone with chown and chmod", path.display());
    io::Error::new(ErrorKind::PermissionDenied, text)
}

/// Whether it is ours, and nobody else's.
fn ours(path: &Path, stat: &Stat) -> io::Result<()> {
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err(refused(path, "belongs to another user"));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(refused(path, "is open to other users"));
    }
    Ok(())
}

impl PrivateDir {
    /// Opens the directory at `path`; makes it, and what it lies in, if it is not there.
    ///
    /// # Errors
    /// `PermissionDenied` when it is not the user's alone, or a link; else what the kernel said.
    pub fn open(path: &Path) -> io::Result<PrivateDir> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        match rustix::fs::mkdir(path, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => {}
            Err(e) => return Err(e.into()),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(CWD, path, flags, Mode::empty())?;
        ours(path, &rustix::fs::fstat(&fd)?)?;
        Ok(PrivateDir { fd, path: path.to_owned() })
    }

    /// Whether [`PrivateDir::open`] and writing there would do, as far as can be told without touching anything.
    ///
    /// # Errors
    /// As for [`PrivateDir::open`].
    pub fn could_open(path: &Path) -> io::Result<()> {
        let writable = |dir: &Path| {
            let may = rustix::fs::access(dir, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK);
            may.map_err(|why| io::Error::other(format!("cannot write in {}: {why}", dir.display())))
        };
        let no_directory = |dir: &Path| {
            let text = format!("{} is not a directory; remove it, or name another", dir.display());
            io::Error::new(ErrorKind::NotADirectory, text)
        };
        match rustix::fs::lstat(path) {
            Ok(stat) if FileType::from_raw_mode(stat.st_mode) != FileType::Directory => {
                Err(no_directory(path))
            }
            Ok(stat) => ours(path, &stat).and_then(|()| writable(path)),
            Err(rustix::io::Errno::NOENT) => {
                let above = path.ancestors().skip(1).find(|dir| dir.as_os_str().is_empty() || dir.exists());
                let above = above.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
                if above.is_dir() { writable(above) } else { Err(no_directory(above)) }
            }
            Err(rustix::io::Errno::NOTDIR) => {
                let file = path.ancestors().skip(1).find(|dir| dir.is_file());
                Err(no_directory(file.unwrap_or(path)))
            }
            Err(why) => Err(why.into()),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn file(&self, name: &str, flags: OFlags) -> io::Result<File> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let fd = rustix::fs::openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR)?;
        let (stat, path) = (rustix::fs::fstat(&fd)?, self.path.join(name));
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink > 1 {
            return Err(refused(&path, "is not a plain file of one name"));
        }
        ours(&path, &stat)?;
        Ok(File::from(fd))
    }

    /// Opens a file for reading and writing.
    ///
    /// # Errors
    /// `NotFound`; `PermissionDenied` when it is not the user's alone, or not a plain file; else what the kernel said.
    pub fn existing(&self, name: &str) -> io::Result<File> {
        self.file(name, OFlags::RDWR)
    }

    /// Likewise; makes it if it is not there.
    ///
    /// # Errors
    /// As for [`PrivateDir::existing`].
    pub fn existing_or_new(&self, name: &str) -> io::Result<File> {
        self.file(name, OFlags::RDWR | OFlags::CREATE)
    }

    /// Makes a file that is not there yet.
    ///
    /// # Errors
    /// `AlreadyExists`; else as for [`PrivateDir::existing`].
    pub fn new_file(&self, name: &str) -> io::Result<File> {
        self.file(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)
    }

    /// Gives the file `from` the name `to`, in place of what had it.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.fd, from, &self.fd, to)?)
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.fd, name, AtFlags::empty())?)
    }

    /// Its plain files.
    ///
    /// # Errors
    /// What the kernel said.
    pub fn list(&self) -> io::Result<Vec<Listed>> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.path)?.flatten() {
            // A file that goes away while we look is no error.
            let (Ok(name), Ok(facts)) = (entry.file_name().into_string(), entry.metadata()) else { continue };
            if facts.is_file() {
                let modified = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                found.push(Listed { name, len: facts.len(), modified });
            }
        }
        Ok(found)
    }
}

/// The user's cache directory for lodge, as the XDG base directory specification places it; `None` when neither
/// `XDG_CACHE_HOME` nor `HOME` is an absolute path.
pub fn user_cache() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some(base.join("lodge"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("lodge-private-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir(&path).unwrap();
            Scratch(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_it_makes_is_private() {
        let scratch = Scratch::new("new");
        let path = scratch.0.join("a/b/private");
        let dir = PrivateDir::open(&path).unwrap();
        dir.new_file("x").unwrap().write_all(b"x").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(std::fs::metadata(path.join("x")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(dir.new_file("x").unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(dir.existing("y").unwrap_err().kind(), ErrorKind::NotFound);
        dir.rename("x", "y").unwrap();
        assert_eq!(dir.list().unwrap().iter().map(|f| (&*f.name, f.len)).collect::<Vec<_>>(), [("y", 1)]);
        dir.remove("y").unwrap();
        assert!(dir.list().unwrap().is_empty());
    }

    #[test]
    fn what_others_may_have_touched_is_refused() {
        let scratch = Scratch::new("refused");
        let path = scratch.0.join("private");
        let dir = PrivateDir::open(&path).unwrap();
        for bad in [0o640, 0o604, 0o666] {
            dir.existing_or_new("x").map(drop).unwrap();
            mode(&path.join("x"), bad);
            assert_eq!(dir.existing("x").unwrap_err().kind(), ErrorKind::PermissionDenied, "{bad:o}");
            dir.remove("x").unwrap();
        }
        dir.new_file("x").unwrap();
        symlink("x", path.join("link")).unwrap();
        std::fs::create_dir(path.join("dir")).unwrap();
        assert!(dir.existing("link").is_err() && dir.existing("dir").is_err());
        std::fs::hard_link(path.join("x"), scratch.0.join("second")).unwrap();
        assert_eq!(dir.existing("x").unwrap_err().kind(), ErrorKind::PermissionDenied);

        PrivateDir::could_open(&path).unwrap();
        mode(&path, 0o755);
        let said = PrivateDir::could_open(&path).unwrap_err().to_string();
        assert!(said.contains("open to other users"), "{said}");
        let said = PrivateDir::open(&path).unwrap_err().to_string();
        assert!(said.contains("open to other users"), "{said}");
        mode(&path, 0o700);
        symlink(&path, scratch.0.join("way")).unwrap();
        assert!(PrivateDir::open(&scratch.0.join("way")).is_err());
        assert!(PrivateDir::could_open(&scratch.0.join("way")).is_err());
    }

    #[test]
    fn what_is_not_there_is_judged_by_what_it_would_lie_in() {
        let scratch = Scratch::new("absent");
        PrivateDir::could_open(&scratch.0.join("a/b/c")).unwrap();
        assert!(!scratch.0.join("a").exists());
        std::fs::write(scratch.0.join("file"), "").unwrap();
        for inside in ["file", "file/x", "file/x/y"] {
            let said = PrivateDir::could_open(&scratch.0.join(inside)).unwrap_err().to_string();
            assert!(said.contains("file is not a directory"), "{said}");
        }
    }
}
