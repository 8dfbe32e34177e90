//! Debian package files: their contents put into a directory, their control information read.
//!
//! `dpkg-deb` opens the package, `tar` writes the files; no script of a package runs on the host.

use crate::error::{At, Result};
use crate::tar::{self, Member};
use crate::tool;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Puts the files of `package` under `root` and returns what they are. The user owns them all; permissions are
/// the package's.
pub(crate) fn extract(package: &Path, root: &Path) -> Result<Vec<Member>> {
    let doing = format!("unpacking {}", name_of(package));
    let could_not = |error: std::io::Error| tool::failed(&doing, "could not run", &error.to_string());
    let mut open = tool::DPKG_DEB.command()?;
    open.arg("--fsys-tarfile").arg(package).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut open = open.spawn().map_err(could_not)?;
    let mut write = tool::TAR.command()?;
    // A package's ./lib/ must not replace the link lib -> usr/lib. Device nodes are the guest's devtmpfs's work.
    write.args([
        "-x",
        "-p",
        "-f",
        "-",
        "--no-same-owner",
        "--keep-directory-symlink",
        "--exclude=./dev/*",
        "-C",
    ]);
    write.arg(root).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut write = write.spawn().map_err(could_not)?;
    let mut from = open.stdout.take().expect("piped above");
    let mut to = write.stdin.take().expect("piped above");
    let mut errors = write.stderr.take().expect("piped above");
    // Drained from beside: a full disk is one line a file, more than a pipe holds.
    let errors = std::thread::spawn(move || {
        let mut text = Vec::new();
        let _ = (&mut errors).take(1 << 20).read_to_end(&mut text);
        let _ = std::io::copy(&mut errors, &mut std::io::sink());
        text
    });
    let members = tar::tee(&mut from, &mut to);
    drop((from, to)); // lets both see the end
    let opened = open.wait().map_err(could_not)?;
    let status = write.wait().map_err(could_not)?;
    let stderr = errors.join().unwrap_or_default();
    let written = std::process::Output { status, stdout: Vec::new(), stderr };
    tool::check(&written, &doing)?;
    if !opened.success() {
        return Err(tool::failed(&doing, &opened.to_string(), "the package file is damaged"));
    }
    members.map_err(could_not)
}

/// Puts the control files of `package` (control, postinst, …) into `dir`, which is made.
pub(crate) fn extract_control(package: &Path, dir: &Path) -> Result<()> {
    let mut command = tool::DPKG_DEB.command()?;
    command.arg("--control").arg(package).arg(dir);
    tool::run(&mut command, &format!("reading {}", name_of(package))).map(drop)
}

/// The one file under `dir` whose name begins with `prefix`.
pub(crate) fn file_named(dir: &Path, prefix: &str) -> Result<Option<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        other => other.at("list", dir)?,
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)));
    paths.sort();
    Ok(paths.pop())
}

fn name_of(package: &Path) -> String {
    package.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
