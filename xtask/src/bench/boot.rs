//! Boot: CPU seconds from exec to the shell's prompt, cold and warm.
//!
//! Cold is lodge's first start of a guest, with nothing kept from earlier runs. Warm is its second, with whatever
//! the first one left in lodge's cache when it ended in good order. QEMU keeps nothing, so both are held against
//! the same start of it.

use std::time::Duration;

use super::machine::{Contender, Kept, Setup};
use super::numbers::median;
use super::table::{Figures, Row, Section};
use crate::guests::BootFiles;

const COLD_BAR: f64 = 1.2;
const WARM_BAR: f64 = 2.0;

const PROMPT: &str = "root@lodge";
const WITHIN: Duration = Duration::from_secs(300);

/// Boots with one hart and with four; the sections are cold and warm.
pub fn measure(contenders: &[Contender], files: &BootFiles, rounds: usize) -> Result<[Section; 2], String> {
    let mut cold = section("boot-cold", "exec to the shell's prompt, first start", COLD_BAR);
    let mut warm =
        section("boot-warm", "exec to the shell's prompt, second start with the same cache", WARM_BAR);
    for cpus in [1, 4] {
        let append = "console=ttyS0 quiet lodge.name=lodge";
        let first = Setup { cpus, ..Setup::new(files, append) };
        let second = Setup { kept: Kept::FromBefore, ..first };
        let [mut firsts, mut seconds, mut theirs] = <[Vec<Figures>; 3]>::default();
        for _ in 0..rounds {
            for contender in contenders {
                if contender.keeps_a_cache() {
                    firsts.push(once(contender, &first)?);
                    seconds.push(once(contender, &second)?);
                } else {
                    theirs.push(once(contender, &first)?);
                }
            }
        }
        let name = format!("{cpus} hart{}", if cpus == 1 { "" } else { "s" });
        let row = |ours: &[Figures]| Row {
            name: name.clone(),
            lodge: middle(ours),
            qemu: middle(&theirs),
            ..Row::default()
        };
        cold.rows.push(row(&firsts));
        warm.rows.push(row(&seconds));
    }
    Ok([cold, warm])
}

fn section(name: &'static str, what: &str, bar: f64) -> Section {
    Section {
        name,
        what: what.to_string(),
        bar: Some(bar),
        metal_bar: None,
        rows: Vec::new(),
        remarks: Vec::new(),
    }
}

fn once(contender: &Contender, setup: &Setup<'_>) -> Result<Figures, String> {
    let named = |why: String| format!("{}: {why}", contender.name);
    let mut running = contender.start(setup).map_err(named)?;
    running.expect(PROMPT, WITHIN).map_err(named)?;
    let figures = Figures { cpu: running.cpu_seconds()?, wall: running.wall_seconds() };
    running.say("poweroff -f\n").map_err(named)?;
    running.end(true);
    Ok(figures)
}

fn middle(figures: &[Figures]) -> Option<Figures> {
    let of = |part: fn(&Figures) -> f64| median(&figures.iter().map(part).collect::<Vec<_>>());
    (!figures.is_empty()).then(|| Figures { cpu: of(|f| f.cpu), wall: of(|f| f.wall) })
}
