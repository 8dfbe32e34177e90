//! Inside the guest: small programs, compiled once, run by both contenders in one boot each per round.
//!
//! A line before and after each program tells the host when to look at the emulator's CPU time, so neither boot
//! nor the neighbours count. The guest's own clock is printed beside it; the checksums must agree.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::machine::{Contender, Setup};
use super::numbers::{geomean, median, verdict};
use lodge_template::cpio::Archive;

use crate::guests::BootFiles;
use crate::shell;

/// A program of guests/bench and how long to make it: about a second or two under QEMU.
struct Program {
    name: &'static str,
    size: u32,
    float: bool,
}

const fn integer(name: &'static str, size: u32) -> Program {
    Program { name, size, float: false }
}

const fn float(name: &'static str, size: u32) -> Program {
    Program { name, size, float: true }
}

const PROGRAMS: &[Program] = &[
    integer("crc32", 10),
    integer("sha256", 4),
    integer("sort", 10),
    integer("lz", 20),
    integer("records", 10),
    integer("mixed", 8),
    integer("sieve", 20),
    integer("memcopy", 50),
    integer("calls", 12),
    integer("bytecode", 4),
    integer("virtual", 4),
    float("matmul", 8),
    float("nbody", 8),
    float("mandelbrot", 14),
    float("spectral", 18),
];

/// Geometric means, QEMU's CPU seconds over lodge's.
const INTEGER_BAR: f64 = 1.5;
const FLOAT_BAR: f64 = 3.0;

const BOOT: Duration = Duration::from_secs(300);
const EACH: Duration = Duration::from_secs(300);

/// CPU seconds, guest seconds, checksum.
#[derive(Default)]
struct Sample {
    cpu: Vec<f64>,
    guest: Vec<f64>,
    sum: String,
}

/// Runs every program on each contender in turns.
pub fn run(contenders: &[Contender; 2], files: &BootFiles, rounds: usize) -> Result<(), String> {
    let folder = shell::target_dir().join("bench");
    std::fs::create_dir_all(&folder).map_err(|why| format!("cannot make {}: {why}", folder.display()))?;
    let initrd = folder.join("initrd");
    build(&folder, files, &initrd)?;
    let files = BootFiles { kernel: files.kernel.clone(), initrd };
    let setup = Setup { files: &files, append: "console=ttyS0 quiet", cpus: 1, memory: 512 };

    let mut samples: [BTreeMap<&str, Sample>; 2] = Default::default();
    for _ in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            one_boot(contender, &setup, samples).map_err(|why| format!("{}: {why}", contender.name))?;
        }
    }
    report(&samples, rounds)
}

fn one_boot(
    contender: &Contender,
    setup: &Setup<'_>,
    samples: &mut BTreeMap<&str, Sample>,
) -> Result<(), String> {
    let mut running = contender.start(setup)?;
    running.expect("programs follow", BOOT)?;
    for program in PROGRAMS {
        running.expect(&format!("start {}", program.name), EACH)?;
        let before = running.cpu_seconds()?;
        running.expect(&format!("bench {} ", program.name), EACH)?;
        let after = running.cpu_seconds()?;
        let line = running.expect("\n", EACH)?;
        let (seconds, sum) = line.trim().split_once(' ').ok_or_else(|| format!("odd answer {line:?}"))?;
        let seconds = seconds.parse().map_err(|_| format!("odd answer {line:?}"))?;
        let sample = samples.entry(program.name).or_default();
        if !sample.sum.is_empty() && sample.sum != sum {
            return Err(format!("{} gave {sum} after {}", program.name, sample.sum));
        }
        sample.sum = sum.to_string();
        sample.cpu.push(after - before);
        sample.guest.push(seconds);
    }
    Ok(())
}

fn report(samples: &[BTreeMap<&str, Sample>; 2], rounds: usize) -> Result<(), String> {
    println!(
        "\ninside the guest, one hart, {rounds} rounds, median CPU s (guest s); ratio = QEMU's CPU s / ours"
    );
    println!("{:<12} {:>16} {:>16} {:>8} {:>12}", "program", "lodge", "qemu", "ratio", "guest ratio");
    let mut ratios: [Vec<f64>; 2] = Default::default();
    for program in PROGRAMS {
        let [ours, theirs] = [0, 1].map(|which| &samples[which][program.name]);
        if ours.sum != theirs.sum {
            return Err(format!("{}: lodge computed {}, QEMU {}", program.name, ours.sum, theirs.sum));
        }
        let figures = |sample: &Sample| (median(&sample.cpu).max(0.01), median(&sample.guest).max(1e-4));
        let (ours, theirs) = (figures(ours), figures(theirs));
        let ratio = theirs.0 / ours.0;
        ratios[usize::from(program.float)].push(ratio);
        println!(
            "{:<12} {:>8.2} ({:>5.2}) {:>8.2} ({:>5.2}) {ratio:>8.2} {:>12.2}",
            program.name,
            ours.0,
            ours.1,
            theirs.0,
            theirs.1,
            theirs.1 / ours.1
        );
    }
    for (name, ratios, bar) in
        [("integer and calls", &ratios[0], INTEGER_BAR), ("float", &ratios[1], FLOAT_BAR)]
    {
        let mean = geomean(ratios);
        println!("{name}: {mean:.2} x QEMU's speed, bar {bar}: {}", verdict(mean >= bar));
    }
    Ok(())
}

/// Compiles the programs and appends them, with an init that runs them, to the initial file system.
fn build(folder: &Path, files: &BootFiles, initrd: &Path) -> Result<(), String> {
    let sources = shell::top().join("guests/bench");
    let mut init = String::from(
        "#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\nexec </dev/console >/dev/console 2>&1\n\
         echo programs follow\n",
    );
    let mut entries = Archive::new();
    entries.directory("bench");
    for Program { name, size, .. } in PROGRAMS {
        let binary = folder.join(name);
        shell::output(
            Command::new("riscv64-linux-gnu-gcc")
                .args(["-O2", "-static", "-ffp-contract=off", "-o"])
                .arg(&binary)
                .arg(sources.join(name).with_extension("c"))
                .arg("-lm"),
        )?;
        let bytes =
            std::fs::read(&binary).map_err(|why| format!("cannot read {}: {why}", binary.display()))?;
        entries.file(&format!("bench/{name}"), 0o755, &bytes);
        writeln!(init, "echo start {name}; /bench/{name} {size}").map_err(|why| why.to_string())?;
    }
    init.push_str("/bin/busybox poweroff -f\n");
    entries.file("init", 0o755, init.as_bytes());
    let mut whole = std::fs::read(&files.initrd)
        .map_err(|why| format!("cannot read {}: {why}", files.initrd.display()))?;
    // Archives may follow one another, each on a boundary of 4 bytes.
    whole.resize(whole.len().next_multiple_of(4), 0);
    whole.extend(entries.finish());
    std::fs::write(initrd, whole).map_err(|why| format!("cannot write {}: {why}", initrd.display()))
}
