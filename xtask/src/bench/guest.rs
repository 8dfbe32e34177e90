//! Inside the guest: small programs, compiled once, run by each contender in one boot per round and machine.
//!
//! A line before and after each program tells the host when to look at the emulator's CPU time, so neither boot
//! nor the neighbours count. The guest's own clock is printed beside it; the checksums must agree, and agree with
//! the host's own run of the same source.
//!
//! ```text
//! guest: start NAME │ work │ bench NAME WALL CPU SUM      or: bench NAME missing REASON
//! host:    CPU time ┘      └ CPU time
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use lodge_template::cpio::Archive;

use super::machine::{Contender, Running, Setup};
use super::numbers::median;
use super::programs::{Boot, Group, Metal};
use super::table::{Figures, Row, Section};
use super::{compile, metal, stats};
use crate::guests::BootFiles;

const BOOT: Duration = Duration::from_secs(300);
const EACH: Duration = Duration::from_secs(120);

/// What one contender did in a row, over the rounds.
#[derive(Default)]
pub struct Sample {
    cpu: Vec<f64>,
    wall: Vec<f64>,
    sum: String,
    /// Why it is not complete.
    trouble: String,
}

impl Sample {
    fn figures(&self) -> Option<Figures> {
        (self.trouble.is_empty() && !self.cpu.is_empty())
            .then(|| Figures { cpu: median(&self.cpu), wall: median(&self.wall) })
    }
}

/// Samples of one contender by row.
pub type Samples = BTreeMap<String, Sample>;

/// Runs every program of `group` on each contender in turns, and on the host where the group asks for that.
pub fn measure(
    group: &Group,
    contenders: &[Contender],
    files: &BootFiles,
    rounds: usize,
) -> Result<Section, String> {
    let (mut rows, mut remarks) = (Vec::new(), Vec::new());
    for (number, boot) in group.boots.iter().enumerate() {
        let initrd = initrd(boot, files, &format!("initrd-{}-{number}", group.name))?;
        let files = BootFiles { kernel: files.kernel.clone(), initrd };
        let append = "console=ttyS0 quiet";
        let setup =
            Setup { cpus: boot.cpus, memory: boot.memory, vector: boot.vector, ..Setup::new(&files, append) };
        let names: Vec<&str> = boot.programs.iter().map(|program| program.name).collect();
        let samples = in_turns(contenders, &setup, &names, rounds);
        remarks.extend(stats::of_last_run());
        remarks.extend(shares(contenders, &setup, &names));
        for program in boot.programs {
            let mut row = row(program.name, &samples);
            if group.metal != Metal::No {
                let (seconds, sum) = metal::run(program)?;
                row.metal = Some(seconds);
                if samples
                    .iter()
                    .map(|samples| &samples[program.name].sum)
                    .any(|it| !it.is_empty() && *it != sum)
                {
                    row.note += &format!(" the host computed {sum}");
                }
            }
            rows.push(row);
        }
    }
    let metal_bar = if let Metal::Bar(bar) = group.metal { Some(bar) } else { None };
    let bar = group.bar.filter(|_| contenders.len() > 1);
    Ok(Section { name: group.name, what: group.what.to_string(), bar, metal_bar, rows, remarks })
}

/// Boots each contender `rounds` times, in turns, and measures the rows `names` in each boot.
pub fn in_turns(contenders: &[Contender], setup: &Setup<'_>, names: &[&str], rounds: usize) -> Vec<Samples> {
    let empty = || names.iter().map(|name| ((*name).to_string(), Sample::default())).collect();
    let mut samples: Vec<Samples> = contenders.iter().map(|_| empty()).collect();
    for _ in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            one_boot(contender, setup, names, samples);
        }
    }
    samples
}

/// Which tiers lodge ran all of this in: one boot more, which is not timed.
pub fn shares(contenders: &[Contender], setup: &Setup<'_>, names: &[&str]) -> Vec<String> {
    let counting = contenders.iter().find_map(Contender::counting);
    counting.map_or(Vec::new(), |counting| {
        in_turns(&[counting], setup, names, 1);
        stats::shares_of_last_run()
    })
}

/// One boot. What goes wrong is noted in the row it happens in and in those that never got their turn.
fn one_boot(contender: &Contender, setup: &Setup<'_>, names: &[&str], samples: &mut Samples) {
    let (mut running, mut failed) = match contender.start(setup) {
        Ok(mut running) => {
            let failed = running.expect("programs follow", BOOT).err();
            (Some(running), failed)
        }
        Err(why) => (None, Some(why)),
    };
    for name in names {
        let sample = samples.get_mut(*name).expect("made for every name");
        if let (None, Some(running)) = (&failed, &mut running) {
            failed = one_program(running, name, sample).err();
        }
        if let Some(why) = &failed
            && sample.trouble.is_empty()
        {
            sample.trouble = format!("{}: {why}", contender.name);
        }
    }
    if let Some(running) = running {
        running.end(failed.is_none());
    }
}

fn one_program(running: &mut Running, name: &str, sample: &mut Sample) -> Result<(), String> {
    running.expect(&format!("start {name}"), EACH)?;
    let before = running.cpu_seconds()?;
    running.say("\n")?;
    running.expect(&format!("bench {name} "), EACH)?;
    let after = running.cpu_seconds()?;
    let line = running.expect("\n", EACH)?;
    match Answer::parse(&line)? {
        Answer::Done { wall, sum, .. } => {
            if !sample.sum.is_empty() && sample.sum != sum {
                sample.trouble = format!("gave {sum} after {}", sample.sum);
            }
            sample.sum = sum;
            sample.cpu.push(after - before);
            sample.wall.push(wall);
        }
        Answer::Missing(why) => sample.trouble = format!("{}: {why}", running.name()),
    }
    Ok(())
}

/// What a program says of itself.
pub enum Answer {
    /// Seconds and checksum.
    Done { wall: f64, cpu: f64, sum: String },
    /// It cannot run there, or found the machine wrong; why.
    Missing(String),
}

impl Answer {
    /// Reads what follows `bench NAME`.
    pub fn parse(line: &str) -> Result<Self, String> {
        let odd = || format!("odd answer {line:?}");
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["missing" | "broken", ref why @ ..] => Ok(Self::Missing(why.join(" "))),
            [wall, cpu, sum] => Ok(Self::Done {
                wall: wall.parse().map_err(|_| odd())?,
                cpu: cpu.parse().map_err(|_| odd())?,
                sum: sum.to_string(),
            }),
            _ => Err(odd()),
        }
    }
}

/// The row `name` from every contender's samples; the contenders are lodge and perhaps QEMU.
pub fn row(name: &str, samples: &[Samples]) -> Row {
    let of = |which: usize| samples.get(which).map(|samples: &Samples| &samples[name]);
    let mut notes: Vec<String> =
        [of(0), of(1)].into_iter().flatten().map(|sample| sample.trouble.clone()).collect();
    if let (Some(ours), Some(theirs)) = (of(0), of(1))
        && !ours.sum.is_empty()
        && !theirs.sum.is_empty()
        && ours.sum != theirs.sum
    {
        notes.push(format!("lodge computed {}, QEMU {}", ours.sum, theirs.sum));
    }
    notes.retain(|note| !note.is_empty());
    Row {
        name: name.to_string(),
        lodge: of(0).and_then(Sample::figures),
        qemu: of(1).and_then(Sample::figures),
        metal: None,
        note: notes.join("; "),
    }
}

/// The initial file system with the programs of `boot` and an init that runs them.
fn initrd(boot: &Boot, files: &BootFiles, name: &str) -> Result<PathBuf, String> {
    let mut init = String::from(
        "#!/bin/busybox sh\n/bin/busybox mount -t devtmpfs dev /dev\n/bin/busybox mount -t proc proc /proc\n\
         exec </dev/console >/dev/console 2>&1\necho programs follow\n",
    );
    let mut entries = Archive::new();
    entries.directory("bench");
    for program in boot.programs {
        let binary = compile::for_guest(program)?;
        let bytes =
            std::fs::read(&binary).map_err(|why| format!("cannot read {}: {why}", binary.display()))?;
        entries.file(&format!("bench/{}", program.name), 0o755, &bytes);
        writeln!(init, "/bench/{} {}", program.name, program.size).map_err(|why| why.to_string())?;
    }
    init.push_str("/bin/busybox poweroff -f\n");
    entries.file("init", 0o755, init.as_bytes());
    let mut whole = std::fs::read(&files.initrd)
        .map_err(|why| format!("cannot read {}: {why}", files.initrd.display()))?;
    // Archives may follow one another, each on a boundary of 4 bytes.
    whole.resize(whole.len().next_multiple_of(4), 0);
    whole.extend(entries.finish());
    let initrd = compile::folder()?.join(name);
    std::fs::write(&initrd, whole).map_err(|why| format!("cannot write {}: {why}", initrd.display()))?;
    Ok(initrd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        assert!(matches!(
            Answer::parse(" 1.5 1.25 00ff\r"),
            Ok(Answer::Done { wall, cpu, sum }) if wall == 1.5 && cpu == 1.25 && sum == "00ff"
        ));
        assert!(
            matches!(Answer::parse("missing no vector unit\r"), Ok(Answer::Missing(why)) if why == "no vector unit")
        );
        for odd in ["", "1.5 0", "x y z"] {
            assert!(Answer::parse(odd).is_err());
        }
    }
}
