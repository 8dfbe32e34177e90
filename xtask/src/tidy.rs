//! `cargo xtask tidy`: the house rules a program can check, one rule a file. Every finding is printed as
//! `file:line: what is wrong, what to do`; all rules run before it fails. Knows rules, not what the code does.

mod docs;
mod layers;
mod naming;
mod safety;
mod size;
mod source;

use std::path::{Path, PathBuf};

use crate::{codegen, shell};
use source::Source;

/// What the rules look at.
pub struct House {
    /// The workspace's top directory.
    top: PathBuf,
    /// Every Rust file of the workspace, with comments and strings blanked beside the text.
    sources: Vec<Source>,
    /// Every crate and what its manifest says.
    crates: Vec<layers::Crate>,
}

/// One finding: where, and one line on what to do.
struct Finding {
    place: String,
    what: String,
}

impl House {
    fn read() -> Result<Self, String> {
        let top = shell::top();
        let mut sources = Vec::new();
        for folder in ["crates", "tests", "xtask", "fuzz", "benches"] {
            collect(&top, &top.join(folder), &mut sources)?;
        }
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { crates: layers::read(&top)?, top, sources })
    }
}

/// Checks every rule.
pub fn run(_arguments: &[String]) -> Result<(), String> {
    let house = House::read()?;
    let mut findings = Vec::new();
    for rule in [layers::check, safety::check, naming::check, size::check, docs::check] {
        rule(&house, &mut findings);
    }
    if let Err(what) = codegen::run(true) {
        findings.push(Finding { place: "xtask codegen".to_string(), what });
    }
    for Finding { place, what } in &findings {
        println!("{place}: {what}");
    }
    if !findings.is_empty() {
        return Err(format!("{} to tidy up", findings.len()));
    }
    println!("tidy: {} files, {} crates, all in order", house.sources.len(), house.crates.len());
    Ok(())
}

fn collect(top: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<(), String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && !name.to_string_lossy().starts_with('.') {
                collect(top, &path, sources)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)
                .map_err(|why| format!("cannot read {} as text: {why}", path.display()))?;
            let relative = path.strip_prefix(top).unwrap_or(&path).to_path_buf();
            sources.push(Source::new(relative, text));
        }
    }
    Ok(())
}
