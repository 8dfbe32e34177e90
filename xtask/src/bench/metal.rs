//! The second yardstick: the same source, compiled for the host and run on it.

use std::process::Command;

use super::compile;
use super::guest::Answer;
use super::programs::Program;
use crate::shell;

/// How often the host runs each compilation of a program.
const ROUNDS: usize = 3;

/// The least CPU seconds that the host needs.
#[derive(Clone, Copy)]
pub struct Metal {
    /// For the same kind of code as the guest's: its instruction set has no vectors unless it is said to.
    pub scalar: f64,
    /// Where the compiler may turn loops into vector instructions.
    pub vector: f64,
}

/// Both, and the checksum.
pub fn run(program: &Program) -> Result<(Metal, String), String> {
    let (scalar, _) = least(program, false)?;
    let (vector, sum) = least(program, true)?;
    Ok((Metal { scalar, vector }, sum))
}

fn least(program: &Program, vectors: bool) -> Result<(f64, String), String> {
    let binary = compile::for_host(program, vectors)?;
    let mut best = f64::INFINITY;
    let mut checksum = String::new();
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
    Ok((best, checksum))
}
