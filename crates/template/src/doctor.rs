//! What this host offers for making templates, and what to do about what is missing.

use crate::apt::Apt;
use crate::cache::Cache;
use crate::{Arch, DEFAULT_SUITE, Silent, kernel, sources, tool};
use lodge_host::survey::{Finding, State};
use std::path::Path;

/// Room a Debian template takes while it is built.
const ROOM: u64 = 3 << 30;

/// Looks at everything templates need. Asks the package archive, unless the cache has what it would be asked for.
pub fn checks(cache: &Cache) -> Vec<Finding> {
    let mut found = vec![
        tools("apt", &[tool::APT_GET, tool::APT_CACHE, tool::APT_CONFIG, tool::DPKG_DEB, tool::TAR]),
        tools("mke2fs", &[tool::MKE2FS, tool::DEBUGFS]),
        keyring(),
        directory(cache),
    ];
    if found[0].state == State::Ok {
        found.push(debian_sources());
        found.push(archive(cache));
    }
    found
}

fn tools(name: &'static str, tools: &[tool::Tool]) -> Finding {
    match tool::require(tools) {
        Ok(()) => Finding::new(name, State::Ok, "installed", ""),
        Err(error) => {
            Finding::new(name, State::Missing, error.to_string(), format!("apt install {}", tools[0].package))
        }
    }
}

fn keyring() -> Finding {
    const NAME: &str = "archive keyring";
    let dir = Path::new("/usr/share/keyrings");
    let names: Vec<String> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("debian-archive-"))
        .collect();
    let remedy = "apt install debian-archive-keyring";
    if names.is_empty() {
        return Finding::new(
            NAME,
            State::Missing,
            "the keys of the Debian archive are not installed",
            remedy,
        );
    }
    if names.iter().any(|name| name.contains(DEFAULT_SUITE)) {
        return Finding::new(NAME, State::Ok, format!("knows {DEFAULT_SUITE}"), "");
    }
    let says = format!("older than {DEFAULT_SUITE}: its signatures may not be known");
    Finding::new(NAME, State::Limited, says, format!("{remedy} (the newest version)"))
}

fn debian_sources() -> Finding {
    const NAME: &str = "Debian sources";
    match sources::of_machine().and_then(|found| sources::rewrite(&found, DEFAULT_SUITE, sources::Scope::All))
    {
        Ok(_) => Finding::new(NAME, State::Ok, "this machine's apt has a Debian archive", ""),
        Err(error) => {
            Finding::new(NAME, State::Missing, error.to_string(), "set LODGE_APT_SOURCES to a sources file")
        }
    }
}

fn archive(cache: &Cache) -> Finding {
    const NAME: &str = "riscv64 packages";
    let Ok(arch) = Arch::named("riscv64") else {
        return Finding::new(NAME, State::Missing, "this lodge has no riscv64", "");
    };
    if let Some(says) = kernel::cached(cache, DEFAULT_SUITE, &arch) {
        return Finding::new(NAME, State::Ok, format!("kernel {says} is in the cache"), "");
    }
    let version = Apt::open(cache, DEFAULT_SUITE, arch.debian, &Silent)
        .and_then(|apt| apt.field(arch.kernel_package, "Version"));
    match version {
        Ok(version) => Finding::new(NAME, State::Ok, format!("the archive has kernel {version}"), ""),
        Err(error) => {
            let remedy =
                "see that `apt-get update` works on this machine; lodge uses the same mirrors and proxy";
            Finding::new(NAME, State::Missing, error.to_string(), remedy)
        }
    }
}

fn directory(cache: &Cache) -> Finding {
    const NAME: &str = "cache directory";
    let root = cache.root();
    let shown = root.display();
    let remedy = "set XDG_CACHE_HOME to a directory you may write to";
    let probe = root.join(format!(".probe-{}", std::process::id()));
    let tried = std::fs::create_dir_all(root).and_then(|()| std::fs::write(&probe, b""));
    let _ = std::fs::remove_file(&probe);
    if let Err(error) = tried {
        return Finding::new(NAME, State::Missing, format!("cannot write to {shown}: {error}"), remedy);
    }
    match rustix::fs::statvfs(root) {
        Ok(stat) => {
            let free = stat.f_bavail.saturating_mul(stat.f_frsize);
            let says = format!("{shown}, {} MB free", free / 1_000_000);
            if free < ROOM {
                let remedy = format!("free {} MB, or {remedy}", (ROOM - free).div_ceil(1_000_000));
                return Finding::new(NAME, State::Limited, says, remedy);
            }
            Finding::new(NAME, State::Ok, says, "")
        }
        Err(error) => Finding::new(NAME, State::Limited, format!("{shown}: free space unknown: {error}"), ""),
    }
}
