//! Tap interfaces: Ethernet frames between a process and the host's kernel (`tun(4)`; Linux,
//! Documentation/networking/tuntap.rst), and attaching one to a bridge (`SIOCBRADDIF`).
//!
//! Each frame is one read or write, behind a header of [`HEADER`] bytes that says what checksums and segments are
//! still to be made (`struct virtio_net_hdr_mrg_rxbuf` of `linux/virtio_net.h`, little-endian).

use rustix::fs::{Mode, OFlags, open};
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// Bytes before each frame.
pub const HEADER: usize = 12;

/// What is left undone in frames that the process takes (`TUN_F_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Undone {
    /// Transport checksums.
    pub checksum: bool,
    /// Segments of TCP over IPv4, IPv6, and those with ECN; need `checksum`.
    pub tso4: bool,
    /// See `tso4`.
    pub tso6: bool,
    /// See `tso4`.
    pub ecn: bool,
}

/// A tap interface, open. It is non-blocking.
#[derive(Debug)]
pub struct Tap {
    file: File,
    name: String,
}

fn request(name: &str) -> libc::ifreq {
    // SAFETY: `ifreq` is plain integers and a union of such, for which all zeroes is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    // One less than there is room for, so that the name ends with a zero.
    for (to, from) in request.ifr_name[..libc::IFNAMSIZ - 1].iter_mut().zip(name.bytes()) {
        *to = from as libc::c_char;
    }
    request
}

/// One control call that passes `argument` to the kernel, which reads or writes no more than it.
fn control<T>(file: &impl AsRawFd, number: libc::c_ulong, argument: &mut T) -> io::Result<()> {
    // SAFETY: the descriptor is open, and every `number` this file passes takes a pointer to the type that it is
    // called with here, which is valid for reads and writes during the call.
    let result = unsafe { libc::ioctl(file.as_raw_fd(), number as _, std::ptr::from_mut(argument)) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A socket that interface requests go through.
fn socket() -> io::Result<OwnedFd> {
    // SAFETY: makes a descriptor that nobody else has; checked before it is owned.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: `fd` was just made and is ours alone.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Whether there is an interface of this name.
pub fn exists(name: &str) -> bool {
    index(name).is_ok()
}

/// The kernel's number of the interface `name`.
///
/// # Errors
/// `ENODEV`: there is none.
pub fn index(name: &str) -> io::Result<i32> {
    const SIOCGIFINDEX: libc::c_ulong = 0x8933;
    let mut request = request(name);
    control(&socket()?, SIOCGIFINDEX, &mut request)?;
    // SAFETY: SIOCGIFINDEX has filled in this member of the union; any bytes are a valid integer.
    Ok(unsafe { request.ifr_ifru.ifru_ifindex })
}

/// Bytes of the largest packet of the interface `name`.
///
/// # Errors
/// `ENODEV`: there is none.
pub fn mtu(name: &str) -> io::Result<u32> {
    const SIOCGIFMTU: libc::c_ulong = 0x8921;
    let mut request = request(name);
    control(&socket()?, SIOCGIFMTU, &mut request)?;
    // SAFETY: SIOCGIFMTU has filled in this member of the union; any bytes are a valid integer.
    Ok(unsafe { request.ifr_ifru.ifru_mtu }.unsigned_abs())
}

/// Whether `name` may be a bridge: [`Tap::join`] finds out for certain, where `/sys` shows another network namespace.
pub fn may_be_bridge(name: &str) -> bool {
    let interface = std::path::Path::new("/sys/class/net").join(name);
    exists(name) && (!interface.exists() || interface.join("bridge").is_dir())
}

impl Tap {
    /// Opens the tap interface `name`, or makes it for as long as it is open; a name with `%d` lets the kernel
    /// choose a number.
    ///
    /// # Errors
    /// What the kernel said: `EPERM` to whoever neither owns the interface nor may make one, `EBUSY` when somebody has
    /// it open, `EINVAL` when the name is that of another kind of interface.
    pub fn open(name: &str) -> io::Result<Tap> {
        const TUNSETIFF: libc::c_ulong = 0x4004_54ca;
        const TUNSETVNETHDRSZ: libc::c_ulong = 0x4004_54d8;
        const TUNSETVNETLE: libc::c_ulong = 0x4004_54dc;
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = File::from(open("/dev/net/tun", flags, Mode::empty())?);
        let mut request = request(name);
        request.ifr_ifru.ifru_flags = (libc::IFF_TAP | libc::IFF_NO_PI | libc::IFF_VNET_HDR) as libc::c_short;
        control(&file, TUNSETIFF, &mut request)?;
        control(&file, TUNSETVNETHDRSZ, &mut (HEADER as libc::c_int))?;
        // Native order is little-endian on the hosts there are; where the call is unknown the order is native.
        let _ = control(&file, TUNSETVNETLE, &mut 1i32);
        let name = request.ifr_name.iter().map(|c| *c as u8).take_while(|b| *b != 0).collect();
        Ok(Tap { file, name: String::from_utf8(name).map_err(io::Error::other)? })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Says what the process will do itself for the frames that it takes.
    ///
    /// # Errors
    /// `EINVAL`: a kernel that does not know one of them.
    pub fn set_undone(&self, undone: Undone) -> io::Result<()> {
        const TUNSETOFFLOAD: libc::c_ulong = 0x4004_54d0;
        let bit = |on: bool, bit: libc::c_ulong| if on { bit } else { 0 };
        let bits = bit(undone.checksum, 1) | bit(undone.tso4, 2) | bit(undone.tso6, 4) | bit(undone.ecn, 8);
        // SAFETY: TUNSETOFFLOAD takes its bits by value and touches no memory of ours.
        let result = unsafe { libc::ioctl(self.file.as_raw_fd(), TUNSETOFFLOAD as _, bits) };
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Switches the interface on.
    ///
    /// # Errors
    /// `EPERM`.
    pub fn up(&self) -> io::Result<()> {
        const SIOCGIFFLAGS: libc::c_ulong = 0x8913;
        const SIOCSIFFLAGS: libc::c_ulong = 0x8914;
        let (socket, mut request) = (socket()?, request(&self.name));
        control(&socket, SIOCGIFFLAGS, &mut request)?;
        // SAFETY: SIOCGIFFLAGS has filled in this member of the union; any bytes are a valid integer.
        let flags = unsafe { request.ifr_ifru.ifru_flags };
        request.ifr_ifru.ifru_flags = flags | libc::IFF_UP as libc::c_short;
        control(&socket, SIOCSIFFLAGS, &mut request)
    }

    /// Makes the interface a port of the bridge `bridge`.
    ///
    /// # Errors
    /// `EPERM`; `ENODEV`, `EINVAL` or `EOPNOTSUPP` when there is no such bridge; `EBUSY` when it is a port already.
    pub fn join(&self, bridge: &str) -> io::Result<()> {
        const SIOCBRADDIF: libc::c_ulong = 0x89a2;
        let mut request = request(bridge);
        request.ifr_ifru.ifru_ifindex = index(&self.name)?;
        control(&socket()?, SIOCBRADDIF, &mut request)
    }

    /// The open file.
    pub fn file(&self) -> &File {
        &self.file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_found_by_name() {
        assert!(index("lo").is_ok_and(|index| index > 0));
        assert!(!exists("lodge-nowhere"));
        assert!(!may_be_bridge("lo") && !may_be_bridge("lodge-nowhere"));
    }

    #[test]
    fn what_is_no_tap_is_refused() {
        // As root it is another kind of interface, otherwise it is forbidden; both without doing anything to it.
        assert!(Tap::open("lo").is_err());
    }
}
