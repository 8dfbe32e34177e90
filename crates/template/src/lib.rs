//! Stock operating systems, fetched and built as the current user.
//!
//! A template is a kernel, an initial file system and perhaps a disk, made of packages the machine's own apt
//! fetches and checks. Everything is kept in the user's cache and made once. This crate knows Debian, apt and file
//! formats; it knows no machine, no device and no terminal: what it returns are paths and a kernel command line.
//!
//! ```text
//! sources (the machine's) ─► apt (private) ─► deb ─┬─► kernel, modules ─► initramfs (cpio) ─► Boot
//!                                                  └─► rootfs ─► disk (ext4) ─────────────► Installed
//! ```
#![forbid(unsafe_code)]

mod apt;
mod arch;
mod cache;
pub mod cpio;
mod deb;
mod error;
mod initramfs;
mod kernel;
mod module;
mod progress;
pub mod sources;
pub mod tar;
mod tool;

pub use arch::{Arch, DEFAULT_SUITE};
pub use cache::Cache;
pub use error::{Error, Result};
pub use progress::{Progress, Silent};
pub use tool::Tool;

use crate::apt::Apt;
use crate::cache::digest;
use crate::error::At;
use crate::initramfs::Purpose;
use crate::kernel::Kernel;
use std::fs;
use std::path::{Path, PathBuf};

/// What a machine needs to boot a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// The kernel, in whatever form the package has it.
    pub kernel: PathBuf,
    /// The initial file system.
    pub initrd: PathBuf,
    /// The kernel command line.
    pub cmdline: String,
}

/// A shell on a static busybox under the stock kernel of Debian architecture `arch` (as in "riscv64"), fetched
/// unless the cache has it. `poweroff`, `reboot` and `exit` in the guest do what they say.
pub fn busybox(cache: &Cache, arch: &str, progress: &dyn Progress) -> Result<Boot> {
    let arch = Arch::named(arch)?;
    let kernel = kernel::fetch(cache, DEFAULT_SUITE, &arch, progress)?;
    let initrd = initrd(cache, DEFAULT_SUITE, &arch, (&kernel, Purpose::Shell), progress)?;
    Ok(Boot { kernel: kernel.image, initrd, cmdline: format!("console={} quiet", arch.console) })
}

/// The initial file system of a kernel for a purpose.
fn initrd(
    cache: &Cache,
    suite: &str,
    arch: &Arch,
    (kernel, purpose): (&Kernel, Purpose),
    progress: &dyn Progress,
) -> Result<PathBuf> {
    let busybox = static_busybox(cache, suite, arch, progress)?;
    // Whatever goes into it is part of its name, so that a newer lodge or kernel gets its own.
    let modules = purpose.modules().join(" ");
    let parts = [initramfs::INIT, initramfs::PROFILE, &modules, &kernel.release].map(str::as_bytes);
    let name = format!("initrd-{suite}-{}-{}", arch.debian, digest(&parts));
    let dir = cache.entry(&name, progress, |dir| {
        progress.begin("building the initial file system");
        let path = dir.join("initrd");
        fs::write(&path, initramfs::build(kernel, &busybox, purpose)?).at("write", &path)
    })?;
    Ok(dir.join("initrd"))
}

/// The statically linked busybox of a release.
fn static_busybox(cache: &Cache, suite: &str, arch: &Arch, progress: &dyn Progress) -> Result<PathBuf> {
    let dir = cache.entry(&format!("busybox-{suite}-{}", arch.debian), progress, |dir| {
        let apt = Apt::open(cache, suite, arch.debian, progress)?;
        let tree = dir.join("tree");
        fs::create_dir(&tree).at("create", &tree)?;
        for package in apt.download(&["busybox-static"], progress)? {
            deb::extract(&package, &tree)?;
        }
        let found =
            ["usr/bin/busybox", "bin/busybox"].map(|path| tree.join(path)).into_iter().find(|p| p.is_file());
        let found = found.ok_or_else(|| Error::Broken {
            what: "the package busybox-static".to_owned(),
            why: "it has no busybox".to_owned(),
            remove: dir.to_owned(),
        })?;
        fs::rename(&found, dir.join("busybox")).at("move", &found)?;
        cache::remove_tree(&tree)
    })?;
    Ok(Path::join(&dir, "busybox"))
}
