//! Programs of the host that do the work a distribution's own tools do best: finding them and running them.

use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A program and the Debian package that brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// Name of the executable.
    pub name: &'static str,
    /// Debian package to install when it is missing.
    pub package: &'static str,
}

pub(crate) const APT_GET: Tool = Tool { name: "apt-get", package: "apt" };
pub(crate) const APT_CACHE: Tool = Tool { name: "apt-cache", package: "apt" };
pub(crate) const APT_CONFIG: Tool = Tool { name: "apt-config", package: "apt" };
pub(crate) const DPKG_DEB: Tool = Tool { name: "dpkg-deb", package: "dpkg" };
pub(crate) const TAR: Tool = Tool { name: "tar", package: "tar" };
pub(crate) const MD5SUM: Tool = Tool { name: "md5sum", package: "coreutils" };
pub(crate) const MKE2FS: Tool = Tool { name: "mke2fs", package: "e2fsprogs" };
pub(crate) const DEBUGFS: Tool = Tool { name: "debugfs", package: "e2fsprogs" };

/// Where administrators' programs live; not in the PATH of an ordinary Debian user.
const SYSTEM_DIRS: [&str; 3] = ["/usr/sbin", "/sbin", "/usr/local/sbin"];

impl Tool {
    /// Where the program is, looking through PATH and the system directories.
    pub fn find(&self) -> Option<PathBuf> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(SYSTEM_DIRS.iter().map(PathBuf::from))
            .map(|dir| dir.join(self.name))
            .find(|file| is_executable(file))
    }

    /// A command of it that reads nothing and speaks plain English.
    pub(crate) fn command(&self) -> Result<Command> {
        let program = self.find().ok_or_else(|| Error::Missing(vec![*self]))?;
        let mut command = Command::new(program);
        command
            .env("LC_ALL", "C.UTF-8")
            .env_remove("LANGUAGE")
            .env_remove("TAR_OPTIONS")
            .stdin(Stdio::null());
        Ok(command)
    }
}

/// Fails, naming every package to install, unless all of `tools` are there.
pub(crate) fn require(tools: &[Tool]) -> Result<()> {
    let missing: Vec<Tool> = tools.iter().copied().filter(|tool| tool.find().is_none()).collect();
    if missing.is_empty() { Ok(()) } else { Err(Error::Missing(missing)) }
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// Runs `command` to its end and returns what it printed. `doing` says what for, as in "listing packages".
pub(crate) fn run(command: &mut Command, doing: &str) -> Result<Vec<u8>> {
    let output = command.output().map_err(|error| failed(doing, "could not start", &error.to_string()))?;
    check(&output, doing)?;
    Ok(output.stdout)
}

/// Fails with the last words of a program that did not end well.
pub(crate) fn check(output: &Output, doing: &str) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(failed(doing, &output.status.to_string(), &last_words(&stderr)))
}

pub(crate) fn failed(doing: &str, status: &str, said: &str) -> Error {
    let said = if said.is_empty() { "it gave no reason" } else { said };
    Error::Failed { doing: doing.to_owned(), status: status.to_owned(), said: said.to_owned() }
}

/// The lines of an error output worth repeating: those that call themselves errors, else the last few.
pub(crate) fn last_words(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut errors: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with("E: ")).collect();
    if errors.is_empty() {
        errors = lines[lines.len().saturating_sub(3)..].to_vec();
    }
    errors.truncate(3);
    errors.join("; ")
}
