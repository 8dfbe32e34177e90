//! What lodge says of its own translator at the end of a run: translation time, code bytes for each guest
//! instruction, shares of the tiers. The one place that knows how lodge is asked and how it answers; a lodge that
//! does not offer it is not asked, and nothing is printed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::compile;
use crate::shell;

/// Asks for the figures; lodge prints them on its standard error when the machine has ended.
pub const ARGUMENTS: [&str; 2] = ["--jit", "stats=on"];

/// How each line of them begins.
const MARK: &str = "lodge: vCPU ";

/// Whether this lodge offers the figures.
pub fn offered(lodge: &Path) -> bool {
    let help = shell::output(Command::new(lodge).args(["run", "--help"])).unwrap_or_default();
    help.contains("--jit") && help.contains("stats")
}

/// Where lodge's standard error goes while it is asked.
pub fn file() -> Result<PathBuf, String> {
    Ok(compile::folder()?.join("stats.txt"))
}

/// The figures of the last run that ended in good order.
pub fn of_last_run() -> Vec<String> {
    lines().into_iter().filter(|line| line.starts_with(MARK)).collect()
}

/// What else lodge had to say, for when something went wrong.
pub fn complaints() -> Vec<String> {
    lines().into_iter().filter(|line| !line.starts_with(MARK)).collect()
}

fn lines() -> Vec<String> {
    let text = file().and_then(|file| std::fs::read_to_string(file).map_err(|why| why.to_string()));
    text.unwrap_or_default().lines().map(str::to_string).collect()
}
