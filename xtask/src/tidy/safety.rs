//! Where `unsafe` and the host's architecture may be named.
//!
//! `unsafe` lives in four crates and every block says why it is sound; every other crate forbids it. What the
//! guest is must never be decided by what the host is, so `target_arch` has its places too. A crate's own
//! integration tests may ask the host's processor for the right answer, and say why that is sound.

use super::source::Source;
use super::{Finding, House};

/// Crates that may hold `unsafe`.
const UNSAFE: &[&str] = &["host", "memory", "kvm", "jit"];

/// Crates that may ask for the host's architecture.
const TARGET_ARCH: &[&str] = &["host", "kvm", "jit"];

/// Lines above an `unsafe` block in which its `SAFETY:` comment may stand.
const SAFETY_REACH: usize = 6;

/// Checks both rules on every file of the workspace.
pub fn check(house: &House, findings: &mut Vec<Finding>) {
    for source in &house.sources {
        if source.path.starts_with("fuzz") {
            continue;
        }
        let allowed =
            |crates: &[&str]| crates.iter().any(|name| source.path.starts_with(format!("crates/{name}/src")));
        let oracle = source.path.starts_with("crates") && source.is_test();
        if oracle || allowed(UNSAFE) {
            explained(source, findings);
        } else {
            forbidden(source, findings);
        }
        if !oracle && !allowed(TARGET_ARCH) {
            for at in source.words("target_arch") {
                let what = format!("asks for the host's architecture; only {TARGET_ARCH:?} may");
                findings.push(Finding { place: source.place(at), what });
            }
        }
    }
}

fn explained(source: &Source, findings: &mut Vec<Finding>) {
    let lines: Vec<&str> = source.text.lines().collect();
    for at in source.words("unsafe") {
        let follows = source.code[at + "unsafe".len()..].trim_start();
        if !(follows.starts_with('{') || follows.starts_with("impl")) {
            continue;
        }
        let line = source.text[..at].matches('\n').count();
        let near = &lines[line.saturating_sub(SAFETY_REACH)..=line];
        if !near.iter().any(|text| text.contains("SAFETY:")) {
            let what = "unsafe without a `// SAFETY:` comment above it".to_string();
            findings.push(Finding { place: source.place(at), what });
        }
    }
}

fn forbidden(source: &Source, findings: &mut Vec<Finding>) {
    for at in source.words("unsafe") {
        let what = format!("`unsafe` outside {UNSAFE:?}; put it behind a safe function there");
        findings.push(Finding { place: source.place(at), what });
    }
    let root = ["src/lib.rs", "src/main.rs"].iter().any(|name| source.path.ends_with(name));
    if root && !source.code.contains("#![forbid(unsafe_code)]") {
        let what = "crate root without #![forbid(unsafe_code)]".to_string();
        findings.push(Finding { place: source.place(0), what });
    }
}
