//! `cargo xtask bench [boot|cpu] [--rounds N]`: lodge against `qemu-system-riscv64`, paired in one run.
//!
//! Both get the same kernel, initial file system, harts and memory, in turns, and what counts is CPU seconds of
//! the emulator's process, user and system, since machines are noisy. `LODGE_QEMU` names another QEMU,
//! `LODGE_BIN` another lodge.

mod boot;
mod cpu;
mod machine;
mod numbers;

use crate::{guests, setup, shell};
use machine::Contender;

/// How many turns each contender gets unless `--rounds` says otherwise.
const ROUNDS: usize = 5;

/// Measures and prints; fails only if something could not be measured.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let mut rounds = ROUNDS;
    let mut wanted = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "boot" | "cpu" => wanted.push(argument.as_str()),
            "--rounds" => {
                let number = rest.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
                rounds = number.ok_or("--rounds wants a number above 0")?;
            }
            other => return Err(format!("no benchmark called {other}; there are: boot cpu")),
        }
    }
    setup::run(&[])?;
    let files = guests::boot_files()?;
    shell::build_lodge()?;
    let contenders = [Contender::lodge(), Contender::qemu()?];
    for contender in &contenders {
        println!("{:<6} {}", contender.name, contender.version()?);
    }
    if wanted.is_empty() || wanted.contains(&"boot") {
        boot::run(&contenders, &files, rounds)?;
    }
    if wanted.is_empty() || wanted.contains(&"cpu") {
        cpu::run(&contenders, &files, rounds)?;
    }
    Ok(())
}
