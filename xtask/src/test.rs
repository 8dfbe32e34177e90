//! `cargo xtask test`: everything CI checks, in the order that fails soonest, closing on the summary line of
//! the test runner.

use std::process::Stdio;
use std::time::Instant;

use crate::{fuzz, guests, setup, shell, tidy};

/// Seconds given to each fuzz target here; `cargo xtask soak` gives minutes.
const FUZZ_SECONDS: u32 = 3;

/// Checks everything.
pub fn run(arguments: &[String]) -> Result<(), String> {
    setup::run(&[])?;
    shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]))?;
    shell::run(&mut shell::cargo(&["fmt", "--check", "--manifest-path", "fuzz/Cargo.toml"]))?;
    tidy::run(&[])?;
    shell::run(&mut shell::cargo(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))?;
    guests::run(&[])?;
    fuzz::all(FUZZ_SECONDS)?;
    suites(arguments)
}

/// Runs the workspace's tests, whole guests included, with nextest where it is installed.
fn suites(filter: &[String]) -> Result<(), String> {
    if nextest() {
        // nextest does not run the examples in documentation.
        if filter.is_empty() {
            shell::run(&mut shell::cargo(&["test", "--quiet", "--workspace", "--doc"]))?;
        }
        let mut command = shell::cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
        return shell::run(with_guests(command.args(filter), false));
    }
    cargo_test(filter)
}

fn nextest() -> bool {
    shell::cargo(&["nextest", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Plain `cargo test` prints a summary for each test program; this adds them up in the same words at the end.
fn cargo_test(filter: &[String]) -> Result<(), String> {
    use std::io::{BufRead, BufReader};
    let start = Instant::now();
    let mut command = shell::cargo(&["test", "--workspace", "--no-fail-fast"]);
    command.args(filter).stdout(Stdio::piped());
    println!("$ cargo test --workspace --no-fail-fast");
    let mut child =
        with_guests(&mut command, false).spawn().map_err(|why| format!("cannot start cargo test: {why}"))?;
    let mut total = Total::default();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            println!("{line}");
            total.add(&line);
        }
    }
    let status = child.wait().map_err(|why| format!("cannot wait for cargo test: {why}"))?;
    let verdict = if status.success() { "ok" } else { "FAILED" };
    println!("\nall test programs together:\n{}", total.line(verdict, start.elapsed().as_secs_f64()));
    if status.success() { Ok(()) } else { Err("some tests failed; the names are above".to_string()) }
}

/// Tells the tests that guests are here and which program to boot them with; `long`: at their full length.
pub fn with_guests(command: &mut std::process::Command, long: bool) -> &mut std::process::Command {
    command.env("LODGE_GUESTS", "1").env("LODGE_BIN", shell::tested_lodge());
    if long {
        command.env("LODGE_LONG", "1");
    }
    command
}

/// The numbers of several `test result:` lines added up.
#[derive(Default)]
struct Total {
    counts: [u64; 5],
}

const COUNTED: [&str; 5] = ["passed", "failed", "ignored", "measured", "filtered out"];

impl Total {
    fn add(&mut self, line: &str) {
        let Some(rest) = line.trim().strip_prefix("test result:") else { return };
        for part in rest.split(['.', ';']) {
            for (count, name) in self.counts.iter_mut().zip(COUNTED) {
                let number = part.trim().strip_suffix(name).and_then(|n| n.trim().parse::<u64>().ok());
                *count += number.unwrap_or(0);
            }
        }
    }

    fn line(&self, verdict: &str, seconds: f64) -> String {
        let counts: Vec<String> =
            self.counts.iter().zip(COUNTED).map(|(count, name)| format!("{count} {name}")).collect();
        format!("test result: {verdict}. {}; finished in {seconds:.2}s", counts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::Total;

    #[test]
    fn summaries_add_up() {
        let mut total = Total::default();
        total.add(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 2 filtered out; finished in 0.1s",
        );
        total.add("test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out");
        total.add("running 4 tests");
        assert_eq!(
            total.line("FAILED", 1.5),
            "test result: FAILED. 7 passed; 1 failed; 1 ignored; 0 measured; 2 filtered out; finished in 1.50s"
        );
    }
}
