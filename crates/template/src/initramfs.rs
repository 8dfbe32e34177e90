//! The initial file system lodge boots: a static busybox, drivers, and one script as PID 1.
//!
//! The same script (guest/init.sh) serves two ends: an interactive shell, or the way to a root file system on a
//! disk. Only the drivers packed along differ.

use crate::cpio::Archive;
use crate::depmod;
use crate::error::{At, Result};
use crate::kernel::Kernel;
use crate::module::{Modules, Packing};
use std::path::Path;

/// PID 1 of the guest until another init takes over.
pub(crate) const INIT: &str = include_str!("../guest/init.sh");
/// What the login shell reads.
pub(crate) const PROFILE: &str = include_str!("../guest/profile.sh");

/// What the DHCP client runs.
pub(crate) const DHCP: &str = include_str!("../guest/dhcp.sh");

/// Drivers of the machine itself.
const MACHINE: &[&str] = &["virtio_mmio", "virtio_blk", "virtio_rng", "virtio_balloon"];
/// What a disk's root file system needs.
const ROOT: &[&str] = &["ext4", "crc32c_generic"];
/// What a shell on the network needs.
const NETWORK: &[&str] = &["virtio_net"];
/// What is good to have in a shell.
const EXTRA: &[&str] = &["vfat", "nls_cp437", "nls_ascii", "overlay", "loop", "9p", "9pnet_virtio"];

/// What an initial file system is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The whole guest: an interactive shell.
    Shell,
    /// To find a disk, mount it and hand over.
    Disk,
}

impl Purpose {
    pub(crate) fn modules(self) -> Vec<(&'static str, Packing)> {
        let machine = MACHINE.iter().map(|name| (*name, Packing::Plain));
        let root = ROOT
            .iter()
            .map(|name| (*name, if self == Self::Disk { Packing::Plain } else { Packing::Shipped }));
        let network = NETWORK.iter().filter(|_| self == Self::Shell).map(|name| (*name, Packing::Plain));
        let extra = EXTRA.iter().filter(|_| self == Self::Shell).map(|name| (*name, Packing::Shipped));
        machine.chain(root).chain(network).chain(extra).collect()
    }
}

/// Builds the archive for `kernel` around the `busybox` executable.
pub(crate) fn build(kernel: &Kernel, busybox: &Path, purpose: Purpose) -> Result<Vec<u8>> {
    let busybox = std::fs::read(busybox).at("read", busybox)?;
    let mut archive = Archive::new();
    for directory in [
        "bin",
        "dev",
        "etc",
        "etc/udhcpc",
        "mnt",
        "newroot",
        "proc",
        "root",
        "run",
        "sbin",
        "sys",
        "tmp",
        "usr/bin",
        "usr/sbin",
    ] {
        archive.directory(directory);
    }
    archive.character_device("dev/console", 0o600, (5, 1));
    archive.character_device("dev/null", 0o666, (1, 3));
    archive.file("init", 0o755, INIT.as_bytes());
    archive.file("bin/busybox", 0o755, &busybox);
    archive.symlink("bin/sh", "busybox");
    archive.file("etc/profile", 0o644, PROFILE.as_bytes());
    archive.file("etc/udhcpc/default.script", 0o755, DHCP.as_bytes());
    archive.file("etc/hosts", 0o644, b"127.0.0.1 localhost\n::1 localhost\n");
    archive.file("etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\n");
    archive.file("etc/group", 0o644, b"root:x:0:\ntty:x:5:\n");

    let modules = Modules::find(&kernel.modules)?.closure(&purpose.modules())?;
    let tree = format!("lib/modules/{}", kernel.release);
    for module in &modules {
        archive.file(&format!("{tree}/{}", module.path), 0o644, &module.contents);
    }
    archive.file(&format!("{tree}/modules.dep"), 0o644, depmod::dependency_index(&modules).as_bytes());
    archive.file(&format!("{tree}/modules.alias"), 0o644, depmod::alias_index(&modules).as_bytes());
    archive.file(&format!("{tree}/modules.symbols"), 0o644, b"");
    for name in ["modules.builtin", "modules.order"] {
        let path = kernel.modules.join(name);
        if let Ok(text) = std::fs::read(&path) {
            archive.file(&format!("{tree}/{name}"), 0o644, &text);
        }
    }
    Ok(archive.finish())
}
