//! The machine's own apt sources, turned to another Debian release.
//!
//! Mirrors, keys and options stay the machine's; only the release changes, the way an administrator edits
//! `bookworm-security` into `trixie-security`. Formats: sources.list(5), one-line and deb822.

use crate::error::{At, Error, Result};
use crate::tool;
use std::path::PathBuf;

/// One enabled `deb` source of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where the archive is.
    uris: Vec<String>,
    /// Releases, as in "bookworm bookworm-updates".
    suites: Vec<String>,
    /// Parts of the archive, as in "main".
    components: Vec<String>,
    /// Further fields in deb822 spelling; values may span lines (an embedded key).
    options: Vec<(String, String)>,
}

/// How much of a release is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The release with its updates and security fixes.
    All,
    /// Only the release itself, for when the indexes of the others cannot be had.
    Base,
}

/// Releases by codename and by role. A machine on a later release than these is known by its os-release file.
const RELEASES: [&str; 14] = [
    "buster",
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "unstable",
    "testing",
    "stable",
    "oldstable",
    "oldoldstable",
    "rc-buggy",
    "experimental",
];

/// Fields worth carrying over. Trusted is not: what lodge boots is always checked against the archive's key.
const KEPT: [&str; 7] = [
    "signed-by",
    "check-valid-until",
    "check-date",
    "valid-until-min",
    "valid-until-max",
    "date-max-future",
    "by-hash",
];

/// All enabled sources of this machine, or those of the file LODGE_APT_SOURCES names.
pub fn of_machine() -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in files_of_machine()? {
        let text = std::fs::read_to_string(&path).at("read", &path)?;
        let deb822 = path.extension().is_some_and(|ext| ext == "sources");
        sources.extend(if deb822 { parse_deb822(&text) } else { parse_one_line(&text) });
    }
    Ok(sources)
}

/// The files [`of_machine`] reads.
pub fn files_of_machine() -> Result<Vec<PathBuf>> {
    if let Some(path) = std::env::var_os("LODGE_APT_SOURCES") {
        return Ok(vec![path.into()]);
    }
    let mut command = tool::APT_CONFIG.command()?;
    command.args(["shell", "MAIN", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"]);
    let output = tool::run(&mut command, "asking apt-config for the apt sources")?;
    let output = String::from_utf8_lossy(&output);
    let value = |name: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))?;
        Some(PathBuf::from(line.trim_matches('\'')))
    };
    let mut files: Vec<PathBuf> = value("MAIN").filter(|path| path.is_file()).into_iter().collect();
    if let Some(entries) = value("PARTS").and_then(|dir| std::fs::read_dir(dir).ok()) {
        let mut parts: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        parts.retain(|path| path.extension().is_some_and(|ext| ext == "list" || ext == "sources"));
        parts.sort();
        files.extend(parts);
    }
    Ok(files)
}

/// `sources` turned to `suite`, as a deb822 file; an error when none of them is a Debian archive.
pub fn rewrite(sources: &[Source], suite: &str, scope: Scope) -> Result<String> {
    let own = own_codename();
    let mut text = String::new();
    let mut seen = Vec::new();
    for source in sources {
        if !source.components.iter().any(|component| component == "main") {
            continue;
        }
        let mut suites: Vec<String> =
            source.suites.iter().filter_map(|from| turned(from, suite, scope, own.as_deref())).collect();
        suites.dedup();
        suites.retain(|wanted| {
            let key = (source.uris.clone(), wanted.clone());
            let new = !seen.contains(&key);
            seen.push(key);
            new
        });
        if suites.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "Types: deb\nURIs: {}\nSuites: {}\nComponents: main\nTargets: Packages\n",
            source.uris.join(" "),
            suites.join(" ")
        ));
        for (field, value) in &source.options {
            text.push_str(&format!("{field}: {value}\n"));
        }
        text.push('\n');
    }
    if text.is_empty() {
        let names: Vec<String> = sources.iter().flat_map(|source| source.suites.clone()).collect();
        let found =
            if names.is_empty() { "none at all".into() } else { format!("only {}", names.join(", ")) };
        return Err(Error::NoSources(found));
    }
    Ok(text)
}

/// The name in `suite` of what `from` is in its release: the release itself, its updates or its security fixes.
fn turned(from: &str, suite: &str, scope: Scope, own: Option<&str>) -> Option<String> {
    let (release, part) = from.split_once('-').map_or((from, ""), |(release, part)| (release, part));
    if !(RELEASES.contains(&release) || own == Some(release)) {
        return None;
    }
    match (part, scope) {
        ("", _) => Some(suite.to_owned()),
        ("updates" | "security", Scope::All) => Some(format!("{suite}-{part}")),
        _ => None, // backports, proposed updates: not part of a stock release
    }
}

/// The codename of the Debian release this machine runs.
fn own_codename() -> Option<String> {
    let text = std::fs::read_to_string("/etc/os-release").ok()?;
    let field = |name: &str| {
        text.lines()
            .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix('=')?.trim_matches('"').to_owned()))
    };
    (field("ID")? == "debian").then(|| field("VERSION_CODENAME")).flatten()
}

/// Reads `deb [options] uri suite component…` lines.
pub fn parse_one_line(text: &str) -> Vec<Source> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Source> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let mut rest = line.strip_prefix("deb")?.strip_prefix([' ', '\t'])?.trim_start();
    let mut options = Vec::new();
    if let Some(inside) = rest.strip_prefix('[') {
        let (inside, after) = inside.split_once(']')?;
        rest = after;
        for option in inside.split_whitespace() {
            let (name, value) = option.split_once('=')?;
            keep(&mut options, name, &value.replace(',', " "));
        }
    }
    let mut words = rest.split_whitespace().map(str::to_owned);
    let source = Source {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        options,
    };
    usable(source)
}

/// Reads the paragraphs of a `.sources` file.
pub fn parse_deb822(text: &str) -> Vec<Source> {
    let uncommented: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    uncommented.split(|line| line.trim().is_empty()).filter_map(parse_paragraph).collect()
}

fn parse_paragraph(lines: &[&str]) -> Option<Source> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            let (_, value) = fields.last_mut()?;
            value.push('\n');
            value.push_str(line.trim_end());
        } else {
            let (name, value) = line.split_once(':')?;
            fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let words = |name: &str| -> Vec<String> {
        let value = fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        value.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    let enabled =
        words("enabled").first().is_none_or(|word| !matches!(&**word, "no" | "false" | "0" | "off"));
    if !enabled || !words("types").iter().any(|kind| kind == "deb") {
        return None;
    }
    let mut options = Vec::new();
    for (name, value) in &fields {
        keep(&mut options, name, value);
    }
    usable(Source { uris: words("uris"), suites: words("suites"), components: words("components"), options })
}

fn keep(options: &mut Vec<(String, String)>, name: &str, value: &str) {
    let name = name.to_ascii_lowercase();
    if KEPT.contains(&&*name) {
        options.push((name, value.to_owned()));
    }
}

/// A source that can be fetched from without somebody changing discs.
fn usable(mut source: Source) -> Option<Source> {
    source.uris.retain(|uri| !uri.starts_with("cdrom:"));
    (!source.uris.is_empty() && !source.suites.is_empty()).then_some(source)
}

/// What a Debian guest of `suite` should have as its own sources: public mirrors only, without options, checked
/// against the keyring every Debian has.
pub fn for_guest(sources: &[Source], suite: &str) -> Result<String> {
    let public = |uri: &String| {
        let authority = uri.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
        uri.starts_with("http") && authority.is_some_and(|authority| !authority.contains('@'))
    };
    let mut fit: Vec<Source> = sources.to_vec();
    fit.retain(|source| source.uris.iter().all(public));
    for source in &mut fit {
        source.options = vec![("Signed-By".into(), "/usr/share/keyrings/debian-archive-keyring.gpg".into())];
    }
    Ok(rewrite(&fit, suite, Scope::All)?.replace("Targets: Packages\n", ""))
}

#[cfg(test)]
#[path = "sources_tests.rs"]
mod tests;
