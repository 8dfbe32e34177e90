//! An ext4 disk image made of a directory, as the current user.
//!
//! `mke2fs -d` copies the directory as it stands, so every file would belong to the user who made it. The owners
//! the packages ask for are then written into the image with `debugfs`. No mount, no user namespace, no fakeroot:
//! this works in any container.

use crate::error::{At, Error, Result};
use crate::tool;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;

/// How the boot finds the root file system.
pub(crate) const LABEL: &str = "lodge-root";

/// Who owns a file and what is allowed, when it is not root with the permissions the file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ownership {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) mode: u32,
}

/// Makes the sparse image `disk` of `size` bytes with the contents of `tree`. Files not in `owned`, by their
/// absolute path in the guest, belong to root.
pub(crate) fn build(tree: &Path, disk: &Path, size: u64, owned: &BTreeMap<String, Ownership>) -> Result<()> {
    let mut make = tool::MKE2FS.command()?;
    // Blocks of 1 KiB are mke2fs's unit for the size whatever the block size is.
    make.args(["-q", "-F", "-t", "ext4", "-b", "4096", "-m", "1", "-L", LABEL, "-d"]).arg(tree);
    make.arg(disk).arg(format!("{}k", size / 1024));
    tool::run(&mut make, "making the file system with mke2fs")?;
    let mut script = String::new();
    corrections(tree, "", owned, &mut script)?;
    if !script.is_empty() {
        debugfs(disk, &script)?;
    }
    let file = fs::File::open(disk).at("open", disk)?;
    file.sync_all().at("flush", disk)
}

/// Appends to `script` what differs between the files below `dir` and what the guest should see.
fn corrections(
    dir: &Path,
    inside: &str,
    owned: &BTreeMap<String, Ownership>,
    script: &mut String,
) -> Result<()> {
    let mut entries: Vec<_> =
        fs::read_dir(dir).at("list", dir)?.collect::<std::io::Result<_>>().at("list", dir)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = entry.path();
        let name = entry.file_name().into_string().ok().filter(|name| !name.contains('\n'));
        let name = name.ok_or_else(|| {
            Error::Refused(format!("a package has a file name lodge cannot write: {path:?}"))
        })?;
        let guest = format!("{inside}/{name}");
        let have = entry.metadata().at("look at", &path)?;
        let want = owned.get(&guest);
        let (uid, gid) = want.map_or((0, 0), |want| (want.uid, want.gid));
        let quoted = guest.replace('"', "\"\"");
        for (field, want, have) in [("uid", uid, have.uid()), ("gid", gid, have.gid())] {
            if want != have {
                let _ = writeln!(script, "sif \"{quoted}\" {field} {want}");
            }
        }
        if let Some(want) = want
            && want.mode != have.mode() & 0o7777
            && !have.is_symlink()
        {
            let _ = writeln!(script, "sif \"{quoted}\" mode 0{:o}", have.mode() & 0o170_000 | want.mode);
        }
        if have.is_dir() {
            corrections(&path, &guest, owned, script)?;
        }
    }
    Ok(())
}

/// Runs a script of debugfs commands on `disk`.
fn debugfs(disk: &Path, script: &str) -> Result<()> {
    const DOING: &str = "writing the owners of files with debugfs";
    let could_not = |error: std::io::Error| tool::failed(DOING, "could not run", &error.to_string());
    let mut command = tool::DEBUGFS.command()?;
    command
        .args(["-w", "-f", "-"])
        .arg(disk)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(could_not)?;
    let mut input = child.stdin.take().expect("piped above");
    // Fed from beside: debugfs may fill its error pipe before it has read everything.
    let script = script.to_owned();
    let feeder = std::thread::spawn(move || input.write_all(script.as_bytes()));
    let output = child.wait_with_output().map_err(could_not)?;
    let fed = feeder.join();
    tool::check(&output, DOING)?;
    // It ends well even when a command fails; what it says then is more than its version line.
    let stderr = String::from_utf8_lossy(&output.stderr);
    let complaint = stderr.lines().find(|line| !line.trim().is_empty() && !line.starts_with("debugfs "));
    match (complaint, fed) {
        (Some(complaint), _) => Err(tool::failed(DOING, "it complained", complaint)),
        (None, Ok(Ok(()))) => Ok(()),
        (None, _) => Err(tool::failed(DOING, "it stopped early", "not all commands were read")),
    }
}

/// Whether the file system on `disk` has the file `path`.
pub(crate) fn has(disk: &Path, path: &str) -> Result<bool> {
    let mut command = tool::DEBUGFS.command()?;
    command.arg("-R").arg(format!("stat \"{path}\"")).arg(disk);
    let output = tool::run(&mut command, "looking into the disk with debugfs")?;
    Ok(String::from_utf8_lossy(&output).contains("Inode:"))
}

/// Copies the disk `from` to `to`, which must not exist, keeping its holes; shares the blocks where the host's
/// file system can. Half a copy is never seen under the name `to`.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    const CP: tool::Tool = tool::Tool { name: "cp", package: "coreutils" };
    let mut partial = to.as_os_str().to_owned();
    partial.push(format!(".{}.partial", std::process::id()));
    let partial = Path::new(&partial);
    let mut command = CP.command()?;
    command.args(["--reflink=auto", "--sparse=always", "--no-preserve=mode", "--"]).arg(from).arg(partial);
    let copied = tool::run(&mut command, &format!("copying {}", from.display()));
    let result = copied.and_then(|_| fs::hard_link(partial, to).at("create", to)); // fails where a rename replaces
    let _ = fs::remove_file(partial);
    result
}
