//! A private apt: the machine's mirrors, proxy and keys, but its own state, cache and architecture.
//!
//! Nothing of the host's package state is read or changed, and no root is needed. Signatures and checksums are
//! apt's work. A download cut short is resumed by apt at the next try.

use crate::cache::{Cache, Lock};
use crate::error::{At, Error, Result};
use crate::sources::{self, Scope};
use crate::{Progress, tool};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

/// Indexes younger than this are not fetched again.
const FRESH: Duration = Duration::from_secs(3600);

/// The private apt of one release and architecture, locked for this process.
#[derive(Debug)]
pub(crate) struct Apt {
    dir: PathBuf,
    suite: String,
    arch: String,
    _lock: Lock,
}

/// A package file in the private cache.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    name: String,
    size: u64,
}

impl Apt {
    /// Sets up the private apt of `suite` and Debian architecture `arch`, with fresh indexes.
    pub(crate) fn open(cache: &Cache, suite: &str, arch: &str, progress: &dyn Progress) -> Result<Self> {
        tool::require(&[tool::APT_GET, tool::APT_CACHE, tool::APT_CONFIG, tool::DPKG_DEB])?;
        let name = format!("apt-{suite}-{arch}");
        let lock = cache.lock(&name, progress)?;
        let dir = cache.root().join(name);
        if dir.to_str().is_none_or(|path| path.contains(['"', ';', '\n'])) {
            // apt.conf(5) has no way to write such a path.
            return Err(Error::Refused(format!(
                "apt cannot work in {}; set XDG_CACHE_HOME to another place",
                dir.display()
            )));
        }
        let apt = Self { dir, suite: suite.to_owned(), arch: arch.to_owned(), _lock: lock };
        for sub in ["state/lists/partial", "cache/archives/partial", "sources", "preferences"] {
            let sub = apt.dir.join(sub);
            fs::create_dir_all(&sub).at("create", &sub)?;
        }
        apt.write("state/status", "")?;
        apt.write("apt.conf", &apt.configuration())?;
        apt.update(progress)?;
        Ok(apt)
    }

    /// What differs from the machine's own configuration, read by apt after it (`apt-get -c`).
    fn configuration(&self) -> String {
        let dir = self.dir.display();
        let arch = &self.arch;
        format!(
            "#clear APT::Architectures;\n\
             #clear APT::Update::Pre-Invoke;\n\
             #clear APT::Update::Post-Invoke;\n\
             #clear APT::Update::Post-Invoke-Success;\n\
             #clear DPkg::Pre-Install-Pkgs;\n\
             #clear DPkg::Pre-Invoke;\n\
             #clear DPkg::Post-Invoke;\n\
             APT::Architecture \"{arch}\";\n\
             APT::Architectures {{ \"{arch}\"; }};\n\
             APT::Default-Release \"\";\n\
             APT::Install-Recommends \"false\";\n\
             APT::Get::AllowUnauthenticated \"false\";\n\
             APT::Get::List-Cleanup \"true\";\n\
             APT::Update::Error-Mode \"any\";\n\
             APT::Sandbox::User \"root\";\n\
             Acquire::AllowInsecureRepositories \"false\";\n\
             Acquire::Languages \"none\";\n\
             Acquire::Retries \"3\";\n\
             Dir::State \"{dir}/state\";\n\
             Dir::State::status \"{dir}/state/status\";\n\
             Dir::State::lists \"lists/\";\n\
             Dir::Cache \"{dir}/cache\";\n\
             Dir::Cache::archives \"archives/\";\n\
             Dir::Etc::sourcelist \"/dev/null\";\n\
             Dir::Etc::sourceparts \"{dir}/sources\";\n\
             Dir::Etc::preferences \"/dev/null\";\n\
             Dir::Etc::preferencesparts \"{dir}/preferences\";\n\
             Dir::Log \"{dir}/state\";\n"
        )
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.dir.join(name);
        fs::write(&path, text).at("write", &path)
    }

    /// Where package files are kept.
    pub(crate) fn archives(&self) -> PathBuf {
        self.dir.join("cache/archives")
    }

    /// Fetches the indexes unless they are young and of the same sources.
    fn update(&self, progress: &dyn Progress) -> Result<()> {
        let machine = sources::of_machine()?;
        let all = sources::rewrite(&machine, &self.suite, Scope::All)?;
        let stamp = self.dir.join("updated");
        let age = |path: &Path| SystemTime::now().duration_since(path.metadata().ok()?.modified().ok()?).ok();
        let same = fs::read_to_string(&stamp).is_ok_and(|text| text == all);
        if same && age(&stamp).is_some_and(|age| age < FRESH) {
            return Ok(());
        }
        progress.begin(&format!("fetching the package indexes of {} for {}", self.suite, self.arch));
        self.write("sources/lodge.sources", &all)?;
        if let Err(error) = self.fetch(&["update"], &self.dir, "fetching the package indexes", progress) {
            // A mirror in the middle of a sync often breaks the small indexes only. The release alone will do.
            let base = sources::rewrite(&machine, &self.suite, Scope::Base)?;
            if base == all {
                return Err(error);
            }
            self.write("sources/lodge.sources", &base)?;
            self.fetch(&["update"], &self.dir, "fetching the package indexes", progress)?;
            progress
                .note(&format!("going on without the updates and security fixes of {}: {error}", self.suite));
        }
        self.write("updated", &all)
    }

    fn command(&self, tool: tool::Tool) -> Result<Command> {
        let mut command = tool.command()?;
        command.arg("-c").arg(self.dir.join("apt.conf")).env("DEBIAN_FRONTEND", "noninteractive");
        Ok(command)
    }

    /// One field of what the index says about the newest version of `package`.
    pub(crate) fn field(&self, package: &str, field: &str) -> Result<String> {
        let mut command = self.command(tool::APT_CACHE)?;
        command.args(["show", "--no-all-versions", "--", package]);
        let output = command
            .output()
            .map_err(|error| tool::failed("apt-cache", "could not start", &error.to_string()))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        let value = stdout.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        value.map(|value| value.trim().to_owned()).ok_or_else(|| Error::NoPackage {
            package: package.to_owned(),
            arch: self.arch.clone(),
            suite: self.suite.clone(),
            why: tool::last_words(&String::from_utf8_lossy(&output.stderr)),
        })
    }

    /// Downloads exactly `packages`.
    pub(crate) fn download(&self, packages: &[&str], progress: &dyn Progress) -> Result<Vec<PathBuf>> {
        self.download_by(&["download"], packages, progress)
    }

    /// Downloads `packages` and all they depend on. `?essential` and the like are apt-patterns(7).
    pub(crate) fn download_closure(
        &self,
        packages: &[&str],
        progress: &dyn Progress,
    ) -> Result<Vec<PathBuf>> {
        self.download_by(
            &["install", "--download-only", "--assume-yes", "--no-install-recommends"],
            packages,
            progress,
        )
    }

    fn download_by(&self, verb: &[&str], packages: &[&str], progress: &dyn Progress) -> Result<Vec<PathBuf>> {
        let archives = self.archives();
        let mut list = self.command(tool::APT_GET)?;
        // apt leaves out what is downloaded already, so it is asked about an empty place.
        let empty = self.dir.join("cache/empty");
        fs::create_dir_all(empty.join("partial")).at("create", &empty)?;
        list.arg("-o").arg(format!("Dir::Cache::archives={}/", empty.display())).current_dir(&empty);
        list.args(["-qq", "--print-uris"]).args(verb).arg("--").args(packages);
        let doing = format!("looking for {} in {} for {}", packages.join(" "), self.suite, self.arch);
        let listed = parse_uris(&String::from_utf8_lossy(&tool::run(&mut list, &doing)?))?;
        let total: u64 = listed.iter().map(|file| file.size).sum();
        progress.begin(&format!("fetching {} packages ({} MB)", listed.len(), total.div_ceil(1_000_000)));
        let mut args = verb.to_vec();
        args.push("--");
        args.extend(packages);
        self.fetch(&args, &archives, "fetching packages", progress)?;
        let path_of = |file: &Listed| {
            let path = archives.join(&file.name);
            let have = path.metadata().map(|meta| meta.len()).ok();
            if have == Some(file.size) {
                return Ok(path);
            }
            let why = format!("{have:?} bytes on disk, {} in the index", file.size);
            Err(Error::Broken { what: file.name.clone(), why, remove: self.dir.clone() })
        };
        listed.iter().map(path_of).collect()
    }

    /// Runs `apt-get` and passes on how far it is, which it writes as `dlstatus:FILE:PERCENT:TEXT` lines.
    fn fetch(&self, args: &[&str], cwd: &Path, doing: &str, progress: &dyn Progress) -> Result<()> {
        let mut command = self.command(tool::APT_GET)?;
        command.args(["-q=2", "-o", "APT::Status-Fd=1"]).args(args).current_dir(cwd);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let could_not = |error: std::io::Error| tool::failed(doing, "could not run", &error.to_string());
        let mut child = command.spawn().map_err(could_not)?;
        let stdout = child.stdout.take().expect("piped above");
        let stderr = child.stderr.take().expect("piped above");
        // Both pipes are drained at once: a full one would stop apt.
        let errors = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.take(1 << 20).read_to_end(&mut text);
            text
        });
        for line in BufReader::new(stdout).lines().map_while(std::io::Result::ok) {
            if let Some(done) = parse_status(&line) {
                progress.fraction(done);
            }
        }
        let status = child.wait().map_err(could_not)?;
        let stderr = errors.join().unwrap_or_default();
        tool::check(&std::process::Output { status, stdout: Vec::new(), stderr }, doing)
    }
}

/// The fraction in a `dlstatus:3:41.5:Retrieving file 3 of 9` line.
fn parse_status(line: &str) -> Option<f64> {
    let percent: f64 = line.strip_prefix("dlstatus:")?.split(':').nth(1)?.parse().ok()?;
    percent.is_finite().then(|| (percent / 100.0).clamp(0.0, 1.0))
}

/// Reads the `'URI' FILE SIZE HASH` lines of `apt-get --print-uris`.
fn parse_uris(text: &str) -> Result<Vec<Listed>> {
    let parse = |line: &str| {
        let mut words = line.strip_prefix('\'')?.split_once("' ")?.1.split_whitespace();
        let listed = Listed { name: words.next()?.to_owned(), size: words.next()?.parse().ok()? };
        (!listed.name.contains('/') && !listed.name.starts_with('.')).then_some(listed)
    };
    let lines = text.lines().filter(|line| line.starts_with('\''));
    let listed: Option<Vec<Listed>> = lines.map(parse).collect();
    listed.ok_or_else(|| tool::failed("reading apt-get's list of files", "not understood", text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apts_progress_is_read() {
        assert_eq!(parse_status("dlstatus:3:41.5:Retrieving file 3 of 9"), Some(0.415));
        assert_eq!(parse_status("dlstatus:3:141.5:x"), Some(1.0));
        for line in ["", "dlstatus:", "dlstatus:1", "dlstatus:1:NaN:x", "pmstatus:1:5:x"] {
            assert_eq!(parse_status(line), None);
        }
    }

    #[test]
    fn apts_file_list_is_read() {
        let text = "'http://m.example/a.deb' a_1%3a2_riscv64.deb 942 SHA256:00\nnoise\n'http://m.example/b.deb' b.deb 7 \n";
        let listed = parse_uris(text).unwrap();
        assert_eq!(listed[0], Listed { name: "a_1%3a2_riscv64.deb".into(), size: 942 });
        assert_eq!(listed.len(), 2);
        assert!(parse_uris("'http://m.example/b.deb' ../b.deb 7").is_err());
        assert!(parse_uris("'http://m.example/b.deb' b.deb big").is_err());
    }
}
