//! `lodge man DIR`: manual pages from the same definitions as the command line.

use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// What it is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder, which must exist
    folder: PathBuf,
}

/// Writes the pages.
pub(crate) fn run(args: &Args, command: clap::Command) -> anyhow::Result<ExitCode> {
    clap_mangen::generate_to(command, &args.folder)
        .with_context(|| format!("cannot write manual pages to {}", args.folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
