//! A Debian root file system in a directory: packages unpacked, nothing of theirs run.
//!
//! This is what `mmdebstrap --variant=extract` makes, plus the package database with every package "unpacked", so
//! that the guest can finish the installation itself at its first start (guest/finish-install.sh).

use crate::apt::Apt;
use crate::arch::Arch;
use crate::disk::Ownership;
use crate::dpkg::Database;
use crate::error::{At, Result};
use crate::kernel::Kernel;
use crate::{Progress, Recipe, deb, depmod, sources};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Runs in the guest, once.
pub(crate) const FINISH: &str = include_str!("../guest/finish-install.sh");

/// Every Debian's packages, and those that make it a system one can log in to.
const BASE: &[&str] = &[
    "?essential",
    "apt",
    "ca-certificates",
    "dbus",
    "e2fsprogs",
    "iproute2",
    "kmod",
    "login",
    "netbase",
    "openssh-server",
    "passwd",
    "procps",
    "systemd",
    "systemd-resolved",
    "systemd-sysv",
    "udev",
];

/// Files a fresh installation has that no package brings: path, permissions, text.
const FILES: &[(&str, u32, &str)] = &[
    ("etc/fstab", 0o644, "LABEL=lodge-root / ext4 errors=remount-ro 0 1\n"),
    ("etc/hostname", 0o644, "debian\n"),
    ("etc/hosts", 0o644, "127.0.0.1 localhost\n127.0.1.1 debian\n::1 localhost ip6-localhost ip6-loopback\n"),
    ("etc/locale.conf", 0o644, "LANG=C.UTF-8\n"),
    (
        "etc/issue.d/lodge.issue",
        0o644,
        "Log in as root; there is no password. 'poweroff' ends the machine.\n\n",
    ),
    (
        // Whatever network a card is on: an address by DHCP and by router advertisement, names as told there.
        "etc/systemd/network/80-lodge.network",
        0o644,
        "[Match]\nType=ether\n\n[Network]\nDHCP=yes\n\n[DHCPv4]\nUseDomains=yes\n\n[IPv6AcceptRA]\nUseDomains=yes\n",
    ),
    (
        "etc/ssh/sshd_config.d/lodge.conf",
        0o644,
        "PermitRootLogin prohibit-password\nPermitEmptyPasswords no\n",
    ),
    ("usr/lib/lodge/finish-install", 0o755, FINISH),
    ("var/lib/lodge/unfinished", 0o644, ""),
];

/// Everything that decides what [`build`] makes, for the name of the result.
pub(crate) fn fingerprint() -> String {
    let files: Vec<String> =
        FILES.iter().map(|(path, mode, text)| format!("{path}\n{mode:o}\n{text}")).collect();
    format!("{}\n{}", BASE.join(" "), files.join("\n"))
}

/// Fills the empty directory `tree` and returns the owners of what is not root's.
pub(crate) fn build(
    apt: &Apt,
    (arch, kernel): (&Arch, &Kernel),
    recipe: &Recipe,
    tree: &Path,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Ownership>> {
    let wanted: Vec<&str> = BASE.iter().copied().chain(recipe.packages.iter().map(String::as_str)).collect();
    let mut packages = apt.download_closure(&wanted, progress)?;
    // base-files first: it brings the links /bin -> usr/bin and so on that the others rely on.
    let is_first =
        |path: &Path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("base-files_"));
    packages.sort_by_key(|path| (!is_first(path), path.clone()));

    progress.begin(&format!("unpacking {} packages", packages.len()));
    fs::set_permissions(tree, fs::Permissions::from_mode(0o755)).at("set permissions of", tree)?;
    let mut database = Database::create(tree)?;
    let mut owned = BTreeMap::new();
    for (index, package) in packages.iter().enumerate() {
        let members = deb::extract(package, tree)?;
        for member in &members {
            let (uid, gid, mode) = (member.uid, member.gid, member.mode);
            if (uid, gid) != (0, 0) || mode & 0o7000 != 0 {
                owned.insert(merged(&member.path), Ownership { uid, gid, mode });
            }
        }
        database.add(package, &members)?;
        progress.fraction((index + 1) as f64 / packages.len() as f64);
    }
    database.finish(arch.debian)?;

    for (path, mode, text) in FILES {
        write(tree, path, *mode, text)?;
    }
    if let Ok(text) = sources::for_guest(&sources::of_machine()?, &recipe.suite) {
        write(tree, "etc/apt/sources.list.d/debian.sources", 0o644, &text)?;
    }
    install_modules(kernel, tree, progress)?;
    Ok(owned)
}

/// Where a file of a path in one of the merged directories really is.
fn merged(path: &str) -> String {
    let moved = ["/bin/", "/sbin/", "/lib/", "/lib64/"].iter().any(|dir| path.starts_with(dir));
    if moved { format!("/usr{path}") } else { path.to_owned() }
}

fn write(tree: &Path, path: &str, mode: u32, text: &str) -> Result<()> {
    let path = tree.join(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).at("create", parent)?;
    }
    fs::write(&path, text).at("write", &path)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).at("set permissions of", &path)
}

/// Puts the kernel's modules into the tree, with their index.
fn install_modules(kernel: &Kernel, tree: &Path, progress: &dyn Progress) -> Result<()> {
    progress.begin("installing the kernel modules");
    let to = tree.join("usr/lib/modules").join(&kernel.release);
    link_tree(&kernel.modules, &to)?;
    depmod::index(&to)
}

/// The same files at another place of the same file system: links, or copies where links are not allowed.
fn link_tree(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).at("create", to)?;
    for entry in fs::read_dir(from).at("list", from)? {
        let entry = entry.at("list", from)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().at("look at", &path)?.is_dir() {
            link_tree(&path, &target)?;
        } else if fs::hard_link(&path, &target).is_err() {
            fs::copy(&path, &target).at("copy", &path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merged_directories_are_seen_through() {
        assert_eq!(merged("/bin/su"), "/usr/bin/su");
        assert_eq!(merged("/lib/x/y"), "/usr/lib/x/y");
        assert_eq!(merged("/bin"), "/bin");
        assert_eq!(merged("/usr/bin/su"), "/usr/bin/su");
        assert_eq!(merged("/library/x"), "/library/x");
    }
}
