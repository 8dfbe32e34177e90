//! `lodge doctor`: what this host offers, and what to do about what is missing.

use lodge_host::survey;
use lodge_template::Cache;
use std::process::ExitCode;

/// What it is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Prints what was found; fails when something lodge cannot do without is missing.
pub(crate) fn run(_: &Args) -> anyhow::Result<ExitCode> {
    let mut missing = 0;
    let mut show = |name: &str, mark: &str, says: &str, remedy: &str| {
        println!("{mark:>7}  {name:<16} {says}");
        if !remedy.is_empty() {
            println!("{:>7}  {:<16} → {remedy}", "", "");
        }
        missing += u32::from(mark == "missing");
    };
    println!("this host");
    for found in survey::survey() {
        let mark = match found.state {
            survey::State::Ok => "ok",
            survey::State::Limited => "limited",
            survey::State::Missing => "missing",
        };
        show(found.name, mark, &found.says, found.remedy);
    }
    println!("\ntemplates (lodge run, lodge run debian)");
    for found in lodge_template::checks(&Cache::of_user()?) {
        let mark = match found.state {
            lodge_template::State::Ok => "ok",
            lodge_template::State::Limited => "limited",
            lodge_template::State::Missing => "missing",
        };
        show(found.name, mark, &found.says, &found.remedy);
    }
    Ok(if missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
