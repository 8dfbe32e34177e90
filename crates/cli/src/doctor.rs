//! `lodge doctor`: what this host offers, and what to do about what is missing.

use lodge_host::survey::{self, Finding, State};
use lodge_template::Cache;
use std::process::ExitCode;

/// What it is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Prints what was found; fails when something lodge cannot do without is missing.
pub(crate) fn run(_: &Args) -> anyhow::Result<ExitCode> {
    let templates = lodge_template::checks(&Cache::of_user()?);
    let parts = [("this host", survey::survey()), ("templates (lodge run, lodge run debian)", templates)];
    for (part, findings) in &parts {
        println!("{part}");
        findings.iter().for_each(show);
        println!();
    }
    let missing = parts.iter().flat_map(|(_, findings)| findings).any(|f| f.state == State::Missing);
    Ok(if missing { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn show(Finding { name, state, says, remedy }: &Finding) {
    let mark = match state {
        State::Ok => "ok",
        State::Limited => "limited",
        State::Missing => "missing",
    };
    println!("{mark:>7}  {name:<16} {says}");
    if !remedy.is_empty() {
        println!("{:>7}  {:<16} → {remedy}", "", "");
    }
}
