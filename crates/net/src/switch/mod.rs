//! An Ethernet switch in user space, shared by machines that meet at a socket.
//!
//! ```text
//!   machine A: Link ═ pair ═ thread ── listens at PATH ──┬── thread ═ pair ═ Link: machine B
//!                            (the switch)                └── any program that speaks the same protocol
//! ```
//! The first machine that comes is the switch for all; those that come later connect to it. When it ends, the first
//! of the others to notice takes its place, and the rest connect again. Frames on a socket are a 32-bit length, most
//! significant byte first, and the frame, as in QEMU's `-netdev stream`. Nothing is left undone in a frame here, since
//! nobody on the way would do it. A port that takes frames too slowly loses some, as on any switch.
//!
//! Whoever can reach the socket is on the network: a name stands for a socket in a folder that is the user's alone.

mod hub;
mod port;

use crate::link::{Features, Link, Offload, Offloads, Received};
use crate::pair::{Pair, pair};
use hub::Hub;
use lodge_host::private::{PrivateDir, user_cache};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// Longest path of a socket: `sun_path` of `unix(7)` with its final zero.
const MAX_PATH: usize = 107;

/// A switch that cannot be met. One line, with what to try.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// The path is too long for a socket.
    #[error(
        "the path of the switch {} has {} bytes, and a socket's has at most {MAX_PATH}; choose a shorter one",
        path.display(),
        path.as_os_str().len()
    )]
    Long {
        /// The path.
        path: PathBuf,
    },
    /// There is no folder for switches with names.
    #[error("cannot keep switches in {}: {source}; name a socket instead, like switch=./lan", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// There is no place for such a folder.
    #[error("no place for switches: set XDG_RUNTIME_DIR or HOME, or name a socket, like switch=./lan")]
    NoFolder,
    /// The socket cannot be used.
    #[error("cannot use the switch at {}: {source}; choose a path in a folder you may write to", path.display())]
    Socket {
        /// Its path.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

/// What a machine is on a switch at the moment.
#[derive(Debug)]
enum Role {
    /// Everybody connects to it. The lock keeps others from becoming the switch as well.
    Listens(UnixListener, File),
    /// It is connected to whoever that is.
    Connected(UnixStream),
}

/// A machine's place on a switch.
#[derive(Debug)]
pub struct SwitchLink {
    pair: Pair,
}

/// Joins the switch `name` of this user, or makes it.
///
/// # Errors
/// [`SwitchError`].
pub fn join_named(name: &str) -> Result<SwitchLink, SwitchError> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|dir| dir.is_dir());
    let root = runtime.map(|dir| dir.join("lodge")).or_else(user_cache).ok_or(SwitchError::NoFolder)?;
    let path = root.join("switches");
    let folder = PrivateDir::open(&path).map_err(|source| SwitchError::Folder { path, source })?;
    join(&folder.path().join(name))
}

/// Joins the switch at the socket `path`, or makes it.
///
/// # Errors
/// [`SwitchError`].
pub fn join(path: &Path) -> Result<SwitchLink, SwitchError> {
    if path.as_os_str().len() > MAX_PATH {
        return Err(SwitchError::Long { path: path.into() });
    }
    let failed = |source| SwitchError::Socket { path: path.into(), source };
    let role = find_role(path).map_err(failed)?;
    let (near, far) = pair(1500).map_err(failed)?;
    let hub = Hub::new(path.into(), far, role).map_err(failed)?;
    std::thread::Builder::new().name("lodge-switch".into()).spawn(move || hub.run()).map_err(failed)?;
    Ok(SwitchLink { pair: near })
}

/// One attempt to be the switch, or to reach it. `None`: somebody is about to become it.
fn find_role(path: &Path) -> io::Result<Option<Role>> {
    match UnixStream::connect(path) {
        Ok(stream) => return Ok(Some(Role::Connected(stream))),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {}
        Err(e) => return Err(e),
    }
    let mut lock = OsString::from(path);
    lock.push(".lock");
    let lock = File::options().create(true).truncate(false).write(true).open(lock)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Ok(None),
        Err(std::fs::TryLockError::Error(e)) => return Err(e),
    }
    // Somebody may have come and gone, or be there, since we looked.
    match UnixStream::connect(path) {
        Ok(stream) => return Ok(Some(Role::Connected(stream))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        // A socket that nobody listens at is left over from a process that was killed.
        Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => remove_socket(path)?,
        Err(e) => return Err(e),
    }
    Ok(Some(Role::Listens(UnixListener::bind(path)?, lock)))
}

/// Removes `path` if it is a socket; anything else is not ours.
fn remove_socket(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::FileTypeExt;
    if !std::fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "there is a file that is no socket"));
    }
    std::fs::remove_file(path)
}

impl Link for SwitchLink {
    fn features(&self) -> Features {
        Features { mtu: 1500, takes: Offloads::NONE, gives: Offloads::NONE }
    }

    fn start(&mut self, _accepts: Offloads) {
        self.pair.start(Offloads::NONE);
    }

    fn set_up(&mut self, up: bool) {
        self.pair.set_up(up);
    }

    fn connected(&self) -> bool {
        self.pair.connected()
    }

    fn send(&mut self, frame: &[u8], offload: Offload) {
        self.pair.send(frame, offload);
    }

    fn receive(&mut self, room: &mut [u8]) -> Option<Received> {
        self.pair.receive(room)
    }

    fn ready(&self) -> BorrowedFd<'_> {
        self.pair.ready()
    }
}

#[cfg(test)]
mod switch_tests;
