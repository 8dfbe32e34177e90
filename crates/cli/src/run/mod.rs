//! `lodge run`: a machine on this terminal.
//!
//! ```text
//!   Args ──wish──► Wish (template or files) ──template──► Boot, disks ──► MachineSpec ──► dry run, or vmm
//! ```

mod args;
mod template;
mod terminal;

pub(crate) use args::{Args, EXIT_CODES};

use crate::reach;
use anyhow::Context;
use lodge_board::board;
use lodge_spec::MachineSpec;
use std::process::ExitCode;
use template::Ready;
use terminal::Talk;

/// Runs what was asked for.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let dry_run = args.dry_run;
    // Before minutes of fetching and building, not after.
    lodge_board::open_shares(&args.shares)?;
    let spec = match template::spec(args)? {
        Ready::Spec(spec) => spec,
        Ready::Ended(end) => return Ok(ExitCode::from(end.exit_code())),
    };
    if dry_run {
        return describe(&spec);
    }
    let _announced = reach::announce(&spec);
    terminal::run(&spec, Talk::Guest).map(|end| ExitCode::from(end.exit_code()))
}

fn describe(spec: &MachineSpec) -> anyhow::Result<ExitCode> {
    let text = board(spec).describe(spec)?.to_string();
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).context("cannot print")?;
    Ok(ExitCode::SUCCESS)
}
