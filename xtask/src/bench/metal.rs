//! The second yardstick: the same source, compiled for the host and run on it.

use std::process::Command;

use super::compile;
use super::guest::Answer;
use super::programs::Program;
use crate::shell;

/// How often the host runs each compilation of a program.
const ROUNDS: usize = 3;

/// The least CPU seconds the host needs, and the checksum. Loops turned into vector instructions are not always
/// the faster ones, so the better of both ways counts.
pub fn run(program: &Program) -> Result<(f64, String), String> {
    let mut best = f64::INFINITY;
    let mut checksum = String::new();
    for vectors in [true, false] {
        let binary = compile::for_host(program, vectors)?;
        for _ in 0..ROUNDS {
            let text = shell::output(Command::new(&binary).arg(program.size.to_string()))?;
            let odd = || format!("{}: odd answer {text:?}", binary.display());
            let answer = text.lines().find_map(|line| line.strip_prefix("bench ")?.split_once(' '));
            let Answer::Done { cpu, sum, .. } = Answer::parse(answer.ok_or_else(odd)?.1)? else {
                return Err(odd());
            };
            best = best.min(cpu);
            checksum = sum;
        }
    }
    Ok((best, checksum))
}
