//! Boot: CPU seconds from exec to the shell's prompt.

use std::time::Duration;

use super::machine::{Contender, Setup};
use super::numbers::{median, verdict};
use crate::guests::BootFiles;

/// lodge may cost at most this many times QEMU's CPU seconds.
const BAR: f64 = 1.2;

const PROMPT: &str = "root@lodge";
const WITHIN: Duration = Duration::from_secs(300);

/// Boots each contender in turns, with one hart and with four.
pub fn run(contenders: &[Contender; 2], files: &BootFiles, rounds: usize) -> Result<(), String> {
    println!(
        "\nboot to the shell's prompt, {rounds} rounds, median CPU s (wall s); bar: at most {BAR} x QEMU"
    );
    println!("{:<8} {:>16} {:>16} {:>8}", "harts", "lodge", "qemu", "ratio");
    for cpus in [1, 4] {
        let setup = Setup { files, append: "console=ttyS0 quiet lodge.name=lodge", cpus, memory: 1024 };
        let mut times = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
        for _ in 0..rounds {
            for (contender, (cpu, wall)) in contenders.iter().zip(&mut times) {
                let mut running =
                    contender.start(&setup).map_err(|why| format!("{}: {why}", contender.name))?;
                running.expect(PROMPT, WITHIN).map_err(|why| format!("{}: {why}", contender.name))?;
                cpu.push(running.cpu_seconds()?);
                wall.push(running.wall_seconds());
            }
        }
        let [ours, theirs] = times.map(|(cpu, wall)| (median(&cpu), median(&wall)));
        let ratio = ours.0 / theirs.0;
        println!(
            "{cpus:<8} {:>8.2} ({:>5.2}) {:>8.2} ({:>5.2}) {ratio:>8.2}  {}",
            ours.0,
            ours.1,
            theirs.0,
            theirs.1,
            verdict(ratio <= BAR)
        );
    }
    Ok(())
}
