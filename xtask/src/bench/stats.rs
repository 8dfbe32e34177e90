//! What lodge says of its own translator at the end of a run: translation time, code bytes for each guest
//! instruction, shares of the tiers. The one place that knows how lodge is asked and how it answers; a lodge that
//! does not offer it is not asked, and nothing is printed.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::compile;
use crate::shell;

/// What lodge is asked; it prints the figures on its standard error when the machine has ended.
#[derive(Clone, Copy, PartialEq)]
pub enum Asked {
    /// Nothing: it does not offer any, or is not ours.
    Nothing,
    /// What costs it nothing to know.
    Figures,
    /// Also how much of the guest ran in which tier: not for runs that are timed.
    Shares,
}

impl Asked {
    /// On the command line.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Nothing => &[],
            Self::Figures => &["--jit", "stats=on"],
            Self::Shares => &["--jit", "stats=shares"],
        }
    }

    /// What this lodge can be asked in every run.
    pub fn of(lodge: &Path) -> Self {
        let help = help(lodge);
        if help.contains("--jit") && help.contains("stats") { Self::Figures } else { Self::Nothing }
    }
}

fn help(lodge: &Path) -> String {
    shell::output(Command::new(lodge).args(["run", "--help"])).unwrap_or_default()
}

/// Whether this lodge counts shares.
pub fn counts_shares(lodge: &Path) -> bool {
    help(lodge).contains("shares")
}

/// How each line of them begins.
const MARK: &str = "lodge: vCPU ";

/// Where lodge's standard error goes while it is asked.
pub fn file() -> Result<PathBuf, String> {
    Ok(compile::folder()?.join("stats.txt"))
}

/// The figures of the last run that ended in good order.
pub fn of_last_run() -> Vec<String> {
    lines().into_iter().filter(|line| line.starts_with(MARK)).collect()
}

/// The shares of the last run that was asked for them, the boot of the guest included.
pub fn shares_of_last_run() -> Vec<String> {
    let part = |line: String| {
        let (who, figures) =
            line.split_once(": ")?.1.split_once(": ").map(|(who, rest)| (who.to_string(), rest))?;
        Some(format!("tier shares: {who}: {}", figures.split_once("shares: ")?.1))
    };
    of_last_run().into_iter().filter_map(part).collect()
}

/// What else lodge had to say, for when something went wrong.
pub fn complaints() -> Vec<String> {
    lines().into_iter().filter(|line| !line.starts_with(MARK)).collect()
}

fn lines() -> Vec<String> {
    let text = file().and_then(|file| std::fs::read_to_string(file).map_err(|why| why.to_string()));
    text.unwrap_or_default().lines().map(str::to_string).collect()
}
