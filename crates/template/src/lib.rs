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
mod depmod;
mod disk;
mod doctor;
mod dpkg;
mod error;
mod initramfs;
mod kernel;
mod module;
mod progress;
mod rootfs;
pub mod sources;
pub mod tar;
mod tool;

pub use arch::{Arch, DEFAULT_SUITE};
pub use cache::Cache;
pub use disk::copy as copy_disk;
pub use doctor::checks;
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

/// Which Debian to install.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe {
    /// Debian's name of the architecture, as in "riscv64".
    pub arch: String,
    /// Codename of the release.
    pub suite: String,
    /// Packages beside the basic system.
    pub packages: Vec<String>,
    /// Size of the disk in bytes; only what is written takes room on the host.
    pub size: u64,
}

impl Recipe {
    /// The basic system of the default release for `arch`, on a disk of 4 GiB.
    pub fn new(arch: &str) -> Self {
        Self { arch: arch.to_owned(), suite: DEFAULT_SUITE.to_owned(), packages: Vec::new(), size: 4 << 30 }
    }

    /// Refuses what could not work or could be taken for an option or a path.
    fn check(&self) -> Result<()> {
        let word = |text: &str| {
            let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c);
            text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()) && text.chars().all(good)
        };
        if !word(&self.suite) {
            return Err(Error::Refused(format!("`{}` is not the codename of a Debian release", self.suite)));
        }
        if let Some(bad) = self.packages.iter().find(|name| !word(name)) {
            return Err(Error::Refused(format!("`{bad}` is not the name of a Debian package")));
        }
        if self.size < SMALLEST_DISK {
            return Err(Error::Refused(format!(
                "a disk of {} MiB is too small for Debian; give it {} MiB or more",
                self.size >> 20,
                SMALLEST_DISK >> 20
            )));
        }
        Ok(())
    }
}

/// Shows what is started; and waits for it as long as a busy host or a slow engine may take. With systemd's own
/// 90 seconds, a serial console that udev announces late never gets its login prompt.
const SYSTEMD: &str =
    "systemd.show_status=yes systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900";

/// The basic system with its package files' worth of work space.
const SMALLEST_DISK: u64 = 1 << 30;

/// A Debian on a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// What to boot; finds the disk by its label.
    pub boot: Boot,
    /// The disk image, raw. It is everybody's: boot a copy ([`copy_disk`]) or an overlay of it.
    pub disk: PathBuf,
    /// Whether its packages are set up. If not, the first boot does it, and takes minutes;
    /// [`Installed::finishing_cmdline`] does only that, and [`keep_finished`] saves the result for all later runs.
    pub finished: bool,
}

impl Installed {
    /// A kernel command line that finishes the installation and powers off.
    pub fn finishing_cmdline(&self) -> String {
        format!("{} lodge.setup=only", self.boot.cmdline)
    }
}

/// A Debian with systemd made by `recipe`, fetched and built unless the cache has it. Root logs in on the serial
/// console without a password.
pub fn debian(cache: &Cache, recipe: &Recipe, progress: &dyn Progress) -> Result<Installed> {
    let arch = Arch::named(&recipe.arch)?;
    recipe.check()?;
    let cached = kernel::cached(cache, &recipe.suite, &arch).is_some_and(|release| {
        let name = disk_name(recipe, &release);
        cache.find(&name).or_else(|| cache.find(&format!("{name}-finished"))).is_some()
    });
    // Before minutes of fetching, not after.
    if !cached {
        let fetching = [tool::APT_GET, tool::APT_CACHE, tool::APT_CONFIG, tool::DPKG_DEB];
        tool::require(&[&fetching[..], &[tool::TAR, tool::MD5SUM, tool::MKE2FS, tool::DEBUGFS]].concat())?;
    }
    let kernel = kernel::fetch(cache, &recipe.suite, &arch, progress)?;
    let initrd = initrd(cache, &recipe.suite, &arch, (&kernel, Purpose::Disk), progress)?;
    let name = disk_name(recipe, &kernel.release);
    let cmdline = format!("root=LABEL={} console={} quiet {SYSTEMD}", disk::LABEL, arch.console);
    let boot = Boot { kernel: kernel.image.clone(), initrd, cmdline };
    if let Some(dir) = cache.find(&format!("{name}-finished")) {
        return Ok(Installed { boot, disk: dir.join("disk"), finished: true });
    }
    let dir = cache.entry(&name, progress, |dir| {
        let apt = Apt::open(cache, &recipe.suite, arch.debian, progress)?;
        let tree = dir.join("tree");
        fs::create_dir(&tree).at("create", &tree)?;
        let owned = rootfs::build(&apt, (&arch, &kernel), recipe, &tree, progress)?;
        progress.begin("making the disk");
        let disk = dir.join("disk");
        disk::build(&tree, &disk, recipe.size, &owned)?;
        cache::remove_tree(&tree)?;
        protect(&disk)
    })?;
    Ok(Installed { boot, disk: dir.join("disk"), finished: false })
}

/// Takes `disk`, a copy of what [`debian`] returned for `recipe` whose installation has been finished in a guest
/// that is powered off, into the cache, so that later runs start at once. The file stays where it is.
pub fn keep_finished(
    cache: &Cache,
    recipe: &Recipe,
    disk: &Path,
    progress: &dyn Progress,
) -> Result<Installed> {
    if !disk::has(disk, "/var/lib/lodge/finished")? {
        return Err(Error::Refused(format!("the installation on {} is not finished", disk.display())));
    }
    let arch = Arch::named(&recipe.arch)?;
    let kernel = kernel::fetch(cache, &recipe.suite, &arch, progress)?;
    let name = disk_name(recipe, &kernel.release);
    cache.entry(&format!("{name}-finished"), progress, |dir| {
        let to = dir.join("disk");
        disk::copy(disk, &to)?;
        protect(&to)
    })?;
    debian(cache, recipe, progress)
}

/// The cache's name for the disk of `recipe`: whatever goes into it is part of it.
fn disk_name(recipe: &Recipe, release: &str) -> String {
    let (size, packages) = (recipe.size.to_string(), recipe.packages.join(" "));
    let contents = rootfs::fingerprint();
    let parts = [size.as_str(), packages.as_str(), release, &contents].map(str::as_bytes);
    format!("debian-{}-{}-{}", recipe.suite, recipe.arch, digest(&parts))
}

/// Makes a file of the cache read-only: a guest started on it by mistake cannot spoil it.
fn protect(file: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o444)).at("set permissions of", file)
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
    let modules = format!("{:?}", purpose.modules());
    let parts =
        [initramfs::INIT, initramfs::PROFILE, initramfs::DHCP, &modules, &kernel.release].map(str::as_bytes);
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
