//! The package database of a root file system whose packages are unpacked but not set up: what dpkg itself
//! would have written, so that `dpkg --configure -a` in the guest does the rest.
//!
//! Files: /var/lib/dpkg/{status, info/*, triggers/*, …} (dpkg(1), deb-triggers(5)).

use crate::deb;
use crate::error::{At, Result};
use crate::tar::Member;
use crate::tool;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A database being written below `root`.
#[derive(Debug)]
pub(crate) struct Database {
    root: PathBuf,
    dir: PathBuf,
    status: String,
    /// Trigger file → lines, as the packages' `interest` directives ask.
    triggers: BTreeMap<String, String>,
}

impl Database {
    /// An empty database in the tree `root`.
    pub(crate) fn create(root: &Path) -> Result<Self> {
        let dir = root.join("var/lib/dpkg");
        for sub in ["info", "triggers", "updates", "parts", "alternatives"] {
            let sub = dir.join(sub);
            fs::create_dir_all(&sub).at("create", &sub)?;
        }
        Ok(Self { root: root.to_owned(), dir, status: String::new(), triggers: BTreeMap::new() })
    }

    /// Enters `package`, whose `members` are in the tree already.
    pub(crate) fn add(&mut self, package: &Path, members: &[Member]) -> Result<()> {
        let control_dir = self.dir.join("parts/control");
        deb::extract_control(package, &control_dir)?;
        let control = control_dir.join("control");
        let text = fs::read_to_string(&control).at("read", &control)?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let name = field("Package").unwrap_or_default();
        let same = field("Multi-Arch") == Some("same");
        let full = if same {
            format!("{name}:{}", field("Architecture").unwrap_or_default())
        } else {
            name.to_owned()
        };

        let mut conffiles = Vec::new();
        for entry in fs::read_dir(&control_dir).at("list", &control_dir)?.flatten() {
            let (path, kind) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            match &*kind {
                "control" => continue,
                "conffiles" => {
                    let list = fs::read_to_string(&path).at("read", &path)?;
                    // Lines may carry a flag; those are for files to remove, which are not there.
                    conffiles.extend(
                        list.lines().map(str::trim).filter(|l| l.starts_with('/')).map(str::to_owned),
                    );
                }
                "triggers" => {
                    let list = fs::read_to_string(&path).at("read", &path)?;
                    for (file, line) in list.lines().filter_map(|line| interest(line, &full)) {
                        self.triggers.entry(file).or_default().push_str(&line);
                    }
                }
                _ => {}
            }
            let to = self.dir.join("info").join(format!("{full}.{kind}"));
            fs::rename(&path, &to).at("move", &path)?;
        }
        fs::remove_dir_all(&control_dir).at("remove", &control_dir)?;

        let list: String = members
            .iter()
            .map(|member| if member.path == "/" { "/.\n".to_owned() } else { format!("{}\n", member.path) })
            .collect();
        let to = self.dir.join("info").join(format!("{full}.list"));
        fs::write(&to, list).at("write", &to)?;
        let sums = self.checksums(&conffiles)?;
        self.status.push_str(&status_paragraph(&text, &sums));
        Ok(())
    }

    /// MD5 sums of files in the tree: dpkg tells by them later whether an administrator changed a file.
    fn checksums(&self, conffiles: &[String]) -> Result<Vec<(String, String)>> {
        if conffiles.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = tool::MD5SUM.command()?;
        command.arg("--").args(conffiles.iter().map(|path| &path[1..])).current_dir(&self.root);
        let output = tool::run(&mut command, "summing configuration files with md5sum")?;
        let output = String::from_utf8_lossy(&output);
        let pairs = output.lines().filter_map(|line| line.trim_start_matches('\\').split_once("  "));
        Ok(pairs.map(|(sum, path)| (format!("/{path}"), sum.to_owned())).collect())
    }

    /// Writes the files that tell about all packages.
    pub(crate) fn finish(self, arch: &str) -> Result<()> {
        let write = |path: PathBuf, text: &str| fs::write(&path, text).at("write", &path);
        for (file, lines) in &self.triggers {
            write(self.dir.join("triggers").join(file), lines)?;
        }
        write(self.dir.join("status"), &self.status)?;
        write(self.dir.join("info/format"), "1\n")?;
        write(self.dir.join("arch"), &format!("{arch}\n"))?;
        for empty in ["available", "diversions", "statoverride"] {
            write(self.dir.join(empty), "")?;
        }
        Ok(())
    }
}

/// The paragraph of the status file for a package with control file `control`.
fn status_paragraph(control: &str, conffiles: &[(String, String)]) -> String {
    let mut text = String::new();
    for line in control.lines().filter(|line| !line.trim().is_empty()) {
        text.push_str(line);
        text.push('\n');
        if line.starts_with("Package: ") {
            text.push_str("Status: install ok unpacked\n");
        }
    }
    if !conffiles.is_empty() {
        text.push_str("Conffiles:\n");
        for (path, sum) in conffiles {
            let _ = writeln!(text, " {path} {sum}");
        }
    }
    text.push('\n');
    text
}

/// Which trigger file an `interest` directive belongs into, and the line: paths share one file, names have their
/// own.
fn interest(directive: &str, package: &str) -> Option<(String, String)> {
    let mut words = directive.split_whitespace();
    let no_await = match words.next()? {
        "interest" | "interest-await" => "",
        "interest-noawait" => "/noawait",
        _ => return None,
    };
    let name = words.next()?;
    if name.starts_with('/') {
        return Some(("File".to_owned(), format!("{name} {package}{no_await}\n")));
    }
    let plain = !name.contains('/') && name != "File" && name != "Unincorp" && name != "Lock";
    plain.then(|| (name.to_owned(), format!("{package}{no_await}\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unpacked_package_is_recorded_as_dpkg_does() {
        let control = "Package: hello\nVersion: 1\nDescription: x\n long\n";
        let sums = [("/etc/hello".to_owned(), "abc".to_owned())];
        assert_eq!(
            status_paragraph(control, &sums),
            "Package: hello\nStatus: install ok unpacked\nVersion: 1\nDescription: x\n long\nConffiles:\n \
             /etc/hello abc\n\n"
        );
    }

    #[test]
    fn triggers_go_to_the_file_of_their_kind() {
        let get = |line| interest(line, "p").map(|(file, line)| format!("{file}|{line}"));
        assert_eq!(get("interest-noawait /usr/lib/x").as_deref(), Some("File|/usr/lib/x p/noawait\n"));
        assert_eq!(get("interest-await ldconfig").as_deref(), Some("ldconfig|p\n"));
        for line in ["", "# interest x", "activate x", "interest", "interest ../x", "interest File"] {
            assert_eq!(get(line), None);
        }
    }
}
