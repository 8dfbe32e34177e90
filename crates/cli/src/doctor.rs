//! `lodge doctor`: what this host offers, and what to do about what is missing.

use lodge_host::private::{PrivateDir, user_cache};
use lodge_host::survey::{self, Finding, State};
use lodge_template::Cache;
use std::io::{self, Write};
use std::process::ExitCode;

/// What it is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Prints what was found; fails when something lodge cannot do without is missing.
pub(crate) fn run(_: &Args) -> anyhow::Result<ExitCode> {
    let templates = lodge_template::checks(&Cache::of_user()?);
    let mut host = survey::survey();
    host.push(translations());
    let parts = [("this host", host), ("templates (lodge run, lodge run debian)", templates)];
    let text: Vec<String> = parts
        .iter()
        .map(|(part, found)| format!("{part}\n{}", found.iter().map(show).collect::<String>()))
        .collect();
    // A reader that has seen enough is no error.
    let _ = io::stdout().write_all(text.join("\n").as_bytes());
    let missing = parts.iter().flat_map(|(_, findings)| findings).any(|f| f.state == State::Missing);
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The translator's cache.
fn translations() -> Finding {
    const NAME: &str = "translations";
    let Some(dir) = user_cache().map(|root| root.join("translations")) else {
        let remedy = "set XDG_CACHE_HOME or HOME, so that guests start faster the second time";
        return Finding::new(NAME, State::Limited, "no place to keep them", remedy);
    };
    match PrivateDir::open(&dir).and_then(|dir| dir.list()) {
        Ok(files) => {
            let kept = files.iter().map(|file| file.len).sum::<u64>() >> 20;
            let says = format!("{kept} MiB kept in {}, which may be deleted at any time", dir.display());
            Finding::new(NAME, State::Ok, says, "")
        }
        Err(error) => {
            let remedy = format!("make {} a directory that only you can use", dir.display());
            Finding::new(NAME, State::Limited, format!("not kept: {error}"), remedy)
        }
    }
}

/// The lines of one finding.
fn show(Finding { name, state, says, remedy }: &Finding) -> String {
    let mark = match state {
        State::Ok => "ok",
        State::Limited => "limited",
        State::Missing => "missing",
    };
    let mut text = format!("{mark:>7}  {name:<16} {says}\n");
    if !remedy.is_empty() {
        text += &format!("{:>7}  {:<16} → {remedy}\n", "", "");
    }
    text
}
