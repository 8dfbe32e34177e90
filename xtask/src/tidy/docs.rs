//! Documents must not rot: every path and crate they name exists, and ARCHITECTURE.md's layer table says what
//! the manifests say.

use std::path::{Path, PathBuf};

use super::{Finding, House};

/// The documents at the top; everything in docs/ is read too.
const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];

/// Checks every document.
pub fn check(house: &House, findings: &mut Vec<Finding>) {
    let mut documents: Vec<PathBuf> = DOCUMENTS.iter().map(PathBuf::from).collect();
    if let Ok(entries) = std::fs::read_dir(house.top.join("docs")) {
        let pages = entries.flatten().map(|entry| Path::new("docs").join(entry.file_name()));
        documents.extend(pages.filter(|page| page.extension().is_some_and(|extension| extension == "md")));
    }
    for document in documents {
        let Ok(text) = std::fs::read_to_string(house.top.join(&document)) else {
            let what = "this document is missing".to_string();
            findings.push(Finding { place: document.display().to_string(), what });
            continue;
        };
        for (number, line) in prose(&text) {
            for name in names(line) {
                if let Some(what) = unresolved(house, &document, name) {
                    findings.push(Finding { place: format!("{}:{number}", document.display()), what });
                }
            }
        }
        if document == Path::new("ARCHITECTURE.md") {
            layer_table(house, &text, findings);
        }
    }
}

/// Numbered lines outside code fences.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// What stands between backticks, and the targets of links.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2);
    let linked = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    quoted.chain(linked)
}

/// Why `name` does not resolve, if it is a path or crate of this repository and does not.
fn unresolved(house: &House, document: &Path, name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    if name.is_empty()
        || !name.chars().all(plain)
        || name.starts_with(['/', '.', '-']) && !name.starts_with(".ci")
    {
        return None;
    }
    if let Some(folder) = name.strip_prefix("lodge-").filter(|rest| !rest.contains(['/', '.'])) {
        let known = house.crates.iter().any(|krate| krate.name == name);
        return (!known).then(|| format!("names the crate {name}, but there is no crates/{folder}"));
    }
    let is_file = [".rs", ".md", ".toml", ".c", ".table"].iter().any(|end| name.ends_with(end));
    let top_level = name.split('/').next().filter(|_| name.contains('/')).unwrap_or_default();
    let in_house = !top_level.is_empty()
        && (house.top.join(top_level).is_dir() || house.top.join("crates").join(top_level).is_dir());
    if !is_file && !in_house {
        return None;
    }
    (!exists(house, document, name)).then(|| format!("names {name}, which does not exist"))
}

/// A path may be written from the top, from the document, or from a crate's sources (`virtio/blk.rs`).
fn exists(house: &House, document: &Path, name: &str) -> bool {
    let beside = document.parent().unwrap_or(Path::new("")).join(name);
    if house.top.join(name).exists() || house.top.join(beside).exists() {
        return true;
    }
    let (krate, rest) = name.split_once('/').unwrap_or(("", name));
    let folder = house.top.join("crates").join(krate);
    let inside = folder.join("src").join(rest);
    (!krate.is_empty()
        && (inside.exists() || inside.with_extension("rs").exists() || folder.join(rest).exists()))
        || house.sources.iter().any(|source| source.path.ends_with(name))
}

/// Rows of the form "| 3 | `bus` | ..." against the manifests, both ways.
fn layer_table(house: &House, text: &str, findings: &mut Vec<Finding>) {
    let mut finding = |number: usize, what: String| {
        findings.push(Finding { place: format!("ARCHITECTURE.md:{number}"), what });
    };
    let mut listed = Vec::new();
    for (number, line) in prose(text) {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let (Some(layer), Some(cell)) =
            (cells.next().and_then(|cell| cell.parse::<u64>().ok()), cells.next())
        else {
            continue;
        };
        let name = cell.trim_matches('`');
        match house.crates.iter().find(|krate| krate.folder == Path::new("crates").join(name)) {
            None => finding(number, format!("lists `{name}`, but there is no crates/{name}")),
            Some(krate) if krate.layer != Some(layer) => {
                finding(number, format!("puts `{name}` on layer {layer}, its manifest on {:?}", krate.layer));
            }
            Some(_) => {}
        }
        listed.push(name.to_string());
    }
    for krate in house.crates.iter().filter(|krate| krate.folder.starts_with("crates")) {
        let folder = krate.folder.file_name().unwrap_or_default().to_string_lossy();
        if !listed.iter().any(|name| *name == folder) {
            finding(1, format!("the layer table does not list `{folder}`"));
        }
    }
}
