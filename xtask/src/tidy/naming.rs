//! Module heads, module names, and words that mean "not done".

use super::{Finding, House};

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "common", "helpers", "misc"];

/// Code that stands where work is missing.
const UNDONE: &[(&str, &str)] = &[
    ("todo!", "write it, or return an error that says what is not supported"),
    ("unimplemented!", "write it, or return an error that says what is not supported"),
    ("#[ignore", "a test runs or is gone; long ones look at LODGE_LONG"),
    ("dbg!", "use tracing"),
];

/// Checks every file of the workspace.
pub fn check(house: &House, findings: &mut Vec<Finding>) {
    for source in &house.sources {
        if !source.text.trim_start().starts_with("//!") {
            let what = "does not open with `//!`: say what it is and what it must not know".to_string();
            findings.push(Finding { place: source.place(0), what });
        }
        let stem = source.path.file_stem().unwrap_or_default();
        let folder = source.path.parent().and_then(|parent| parent.file_name()).unwrap_or_default();
        for name in EMPTY_NAMES.iter().filter(|name| stem == **name || folder == **name) {
            let what = format!("a module called {name} says nothing; name it after what it holds");
            findings.push(Finding { place: source.place(0), what });
        }
        for (word, instead) in UNDONE {
            for (at, _) in source.code.match_indices(word) {
                let before = source.code[..at].bytes().next_back();
                if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                    continue;
                }
                findings.push(Finding { place: source.place(at), what: format!("{word}: {instead}") });
            }
        }
    }
}
