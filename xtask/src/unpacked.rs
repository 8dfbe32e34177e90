//! Disks with unpacked riscv64 packages for tests and benchmarks. Nothing of the foreign architecture is run:
//! packages are unpacked, not configured. Knows no test.
//!
//! ```text
//! the machine's apt sources ─► mmdebstrap ─► tree (files may be added) ─► mke2fs ─► disk image
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use lodge_template::{DEFAULT_SUITE, sources};

use crate::shell;

/// Unpacks `packages` and all they depend on into `folder`/root, which must not exist.
pub fn tree(packages: &[&str], folder: &Path) -> Result<PathBuf, String> {
    let root = folder.join("root");
    let machine = sources::of_machine().map_err(|why| why.to_string())?;
    let list = folder.join("lodge.sources");
    let text =
        sources::rewrite(&machine, DEFAULT_SUITE, sources::Scope::Base).map_err(|why| why.to_string())?;
    std::fs::write(&list, text).map_err(|why| format!("cannot write {}: {why}", list.display()))?;
    let user = shell::output(Command::new("id").arg("-u"))?;
    let mode = if user.trim() == "0" { "root" } else { "chrootless" };
    let mut unpack = Command::new("mmdebstrap");
    unpack.args(["--quiet", "--variant=extract", "--architectures=riscv64", "--format=directory"]);
    unpack.arg(format!("--mode={mode}")).arg(format!("--include={}", packages.join(",")));
    unpack.arg(DEFAULT_SUITE).arg(&root).arg(&list);
    shell::run(&mut unpack)?;
    Ok(root)
}

/// Turns the tree `root` into the ext4 `image` of `size` (as in "1G") and removes the tree.
pub fn disk(root: &Path, image: &Path, label: &str, size: &str) -> Result<(), String> {
    let mut make = Command::new("fakeroot");
    make.args(["mke2fs", "-q", "-t", "ext4", "-L", label, "-d"]).arg(root).arg(image).arg(size);
    shell::run(make.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"))?;
    std::fs::remove_dir_all(root).map_err(|why| format!("cannot remove {}: {why}", root.display()))
}

/// FNV-1a, enough to tell lists apart: whatever decides what is on a disk goes into its name.
pub fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
