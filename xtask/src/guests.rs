//! `cargo xtask guests`: fetches or builds every guest the tests and benchmarks boot, once, into lodge's own
//! cache, and leaves a list of them there for the tests to read.
//!
//! ```text
//! lodge_template ──► kernel, busybox initrd, Debian disk ─┐
//! mmdebstrap ──► firmware, suites' disk ──────────────────┴─► tests/guests.list: NAME PATH a line
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lodge_template::{Cache, DEFAULT_SUITE, Installed, Progress, Recipe};

use crate::{shell, unpacked};

/// What goes on the suites' disk and beside it. The firmware comes from the same release as the kernel, whatever
/// the host runs.
const PACKAGES: &[&str] = &[
    "base-files",
    "coreutils",
    "dash",
    "grep",
    "libpython3.13-testsuite",
    "opensbi",
    "python3",
    "qemu-efi-riscv64",
    "sed",
    "stress-ng",
    "u-boot-qemu",
];

/// Firmware: name in the list, and where its package has it.
const FIRMWARE: &[(&str, &str)] = &[
    ("opensbi", "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin"),
    ("opensbi-dynamic", "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"),
    ("u-boot", "usr/lib/u-boot/qemu-riscv64_smode/uboot.elf"),
    ("u-boot-machine", "usr/lib/u-boot/qemu-riscv64/uboot.elf"),
    ("edk2", "usr/share/qemu-efi-riscv64/RISCV_VIRT_CODE.fd"),
    ("edk2-variables", "usr/share/qemu-efi-riscv64/RISCV_VIRT_VARS.fd"),
];

/// What a machine boots in the benchmarks.
pub struct BootFiles {
    /// The stock kernel.
    pub kernel: PathBuf,
    /// The busybox initial file system.
    pub initrd: PathBuf,
}

/// Fetches and builds what is missing.
pub fn run(_arguments: &[String]) -> Result<(), String> {
    shell::build_lodge()?;
    let cache = Cache::of_user().map_err(|why| why.to_string())?;
    let boot = boot_files()?;
    let folder = suite(cache.root())?;
    let mut list = format!("kernel {}\ninitrd {}\n", boot.kernel.display(), boot.initrd.display());
    let debian = debian(&cache)?;
    list += &format!("debian {}\ndebian-initrd {}\n", debian.disk.display(), debian.boot.initrd.display());
    list += &format!("suite {}\n", folder.join("suite.img").display());
    for (name, path) in FIRMWARE {
        let file = Path::new(path).file_name().unwrap_or_default();
        list += &format!("{name} {}\n", folder.join(name).join(file).display());
    }
    let path = cache.root().join("tests/guests.list");
    std::fs::write(&path, &list).map_err(|why| format!("cannot write {}: {why}", path.display()))?;
    print!("guests are in place:\n{list}");
    Ok(())
}

/// The stock kernel and busybox.
pub fn boot_files() -> Result<BootFiles, String> {
    let cache = Cache::of_user().map_err(|why| why.to_string())?;
    let boot = lodge_template::busybox(&cache, "riscv64", &Lines).map_err(|why| why.to_string())?;
    Ok(BootFiles { kernel: boot.kernel, initrd: boot.initrd })
}

/// Progress as lines, which also serve a log.
struct Lines;

impl Progress for Lines {
    fn begin(&self, what: &str) {
        println!("guests: {what}");
    }

    fn fraction(&self, _done: f64) {}

    fn note(&self, text: &str) {
        println!("guests: {text}");
    }
}

/// Debian's disk with its installation finished, which takes minutes inside the guest and is done once. Left
/// unfinished, with a note, when this lodge cannot do it: then the tests that boot it say what is wrong.
fn debian(cache: &Cache) -> Result<Installed, String> {
    let recipe = Recipe::new("riscv64");
    let fetched = lodge_template::debian(cache, &recipe, &Lines).map_err(|why| why.to_string())?;
    if fetched.finished {
        return Ok(fetched);
    }
    println!("guests: finishing Debian's installation inside the guest");
    let copy = cache.root().join("tests/debian.partial");
    let done = finish(&fetched, &copy).and_then(|()| {
        lodge_template::keep_finished(cache, &recipe, &copy, &Lines).map_err(|why| why.to_string())
    });
    // A file the next run overwrites; nothing depends on its going away now.
    let _ = std::fs::remove_file(&copy);
    Ok(done.unwrap_or_else(|why| {
        println!("guests: Debian's installation is not finished: {why}");
        fetched
    }))
}

fn finish(fetched: &Installed, copy: &Path) -> Result<(), String> {
    lodge_template::copy_disk(&fetched.disk, copy).map_err(|why| why.to_string())?;
    let mut lodge = Command::new(shell::tested_lodge());
    lodge.args(["run", "--arch", "riscv64", "--cpus", "2", "--memory", "1G", "--kernel"]);
    lodge.arg(&fetched.boot.kernel).arg("--initrd").arg(&fetched.boot.initrd);
    lodge.arg("--append").arg(fetched.finishing_cmdline()).arg("--disk").arg(copy);
    shell::run(lodge.stdin(Stdio::null()))
}

/// The folder with the firmware and the suites' disk; built beside its place and moved there when complete.
fn suite(cache: &Path) -> Result<PathBuf, String> {
    // The list of packages is part of the name, so that a change of it builds anew.
    let folder = cache.join("tests").join(format!(
        "suite-{DEFAULT_SUITE}-{:08x}",
        unpacked::digest(&format!("{PACKAGES:?} {FIRMWARE:?}"))
    ));
    if folder.is_dir() {
        return Ok(folder);
    }
    let partial = folder.with_extension("partial");
    let cannot = |what: &str, path: &Path, why: &dyn std::fmt::Display| {
        format!("cannot {what} {}: {why}", path.display())
    };
    match std::fs::remove_dir_all(&partial) {
        Err(why) if partial.exists() => return Err(cannot("clear", &partial, &why)),
        _ => {}
    }
    std::fs::create_dir_all(&partial).map_err(|why| cannot("make", &partial, &why))?;

    let root = unpacked::tree(PACKAGES, &partial)?;
    for (name, path) in FIRMWARE {
        let from = root.join(path);
        let to = partial.join(name);
        std::fs::create_dir_all(&to).map_err(|why| cannot("make", &to, &why))?;
        let to = to.join(from.file_name().unwrap_or_default());
        std::fs::copy(&from, &to).map_err(|why| cannot("copy", &from, &why))?;
    }
    unpacked::disk(&root, &partial.join("suite.img"), "suite", "1G")?;
    std::fs::rename(&partial, &folder).map_err(|why| cannot("move", &partial, &why))?;
    Ok(folder)
}
