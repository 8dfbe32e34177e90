//! The command line: one file for each command, and the only place where text becomes a spec.
//!
//! ```text
//!   argv ──clap──► Command ──► run: flags → MachineSpec → vmm   ssh   cp   doctor   completion   man
//!                                  errors: one line "lodge: what: why" on standard error
//! ```
//! Exit codes: what the guest powered off with (0 for a plain `poweroff`), 0 when the user ended it, 1 for an error,
//! 2 for a command line that makes no sense, 128 + n when signal n ended it. It must not know devices or engines.
#![forbid(unsafe_code)]

mod completion;
mod doctor;
mod log;
mod man;
mod progress;
mod reach;
mod run;
mod ssh;

use clap::{CommandFactory, Parser, Subcommand};
use std::io::Write;
use std::process::ExitCode;

/// The whole Linux virtualization stack as one program.
#[derive(Debug, Parser)]
#[command(name = "lodge", version, max_term_width = 110, disable_help_subcommand = true)]
#[command(after_help = "The first thing to try: lodge run")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a machine on this terminal
    #[command(after_long_help = run::EXIT_CODES)]
    Run(Box<run::Args>),
    /// Log in to a running machine, or run a command there
    Ssh(ssh::SshArgs),
    /// Copy files to or from a running machine
    Cp(ssh::CopyArgs),
    /// Say what this host offers, and what to do about what is missing
    Doctor(doctor::Args),
    /// Print a completion script for a shell
    Completion(completion::Args),
    /// Write the manual pages to a folder
    Man(man::Args),
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_parsed(&error),
    };
    log::start();
    let done = match cli.command {
        Command::Run(args) => run::run(*args),
        Command::Ssh(args) => ssh::ssh(args),
        Command::Cp(args) => ssh::copy(args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Completion(args) => completion::run(&args, Cli::command()),
        Command::Man(args) => man::run(&args, Cli::command()),
    };
    done.unwrap_or_else(|error| {
        let (error, code) = match error.downcast::<Usage>() {
            Ok(Usage(error)) => (error, 2),
            Err(error) => (error, 1),
        };
        // "{:#}": the whole chain in one line.
        say(&format!("{error:#}"));
        ExitCode::from(code)
    })
}

/// An error whose cause is the command line itself.
#[derive(Debug)]
struct Usage(anyhow::Error);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Usage {}

/// Makes `error` one of the command line.
fn usage(error: impl Into<anyhow::Error>) -> anyhow::Error {
    anyhow::Error::new(Usage(error.into()))
}

/// One line on standard error, if anybody listens.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "lodge: {}", one_line(text));
}

/// Nothing that came from a file or a path breaks the line or writes to the terminal.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Help and version as asked; otherwise clap's message as one line.
fn not_parsed(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let words: Vec<&str> = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"))
        .flat_map(str::split_whitespace)
        .collect();
    let text = words.join(" ");
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    say(&format!("{text}; see lodge --help"));
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
