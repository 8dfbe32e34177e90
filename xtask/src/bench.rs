//! `cargo xtask bench [GROUP...] [--rounds N] [--json]`: lodge against `qemu-system-riscv64`, paired in one run.
//!
//! Both get the same kernel, initial file system, harts and memory, in turns, and what counts is CPU seconds of
//! the emulator's process, user and system, since machines are noisy. `LODGE_QEMU` names another QEMU,
//! `LODGE_BIN` another lodge.
//!
//! ```text
//! programs (which) ─► compile ─┬─► guest (in both emulators) ─┐
//!                              └─► metal (on the host) ───────┤
//!      real (Debian's own programs), share, boot, growth ─────┴─► table: rows, means, bars ─► people, JSON
//!             machine: an emulator's process, below them all
//! ```

mod boot;
mod compile;
mod growth;
mod guest;
mod machine;
mod metal;
mod numbers;
mod programs;
mod real;
mod share;
mod stats;
mod table;

use crate::{guests, setup, shell};
use machine::Contender;
use programs::{GROUPS, Group, Metal};
use table::Section;

/// How many turns each contender gets unless `--rounds` says otherwise.
const ROUNDS: usize = 5;

/// What can be asked for beside the names of [`GROUPS`]. `cpu` is every group of programs; `metal` is lodge against
/// the host alone, without QEMU.
const OTHERS: [&str; 5] = ["boot", "cpu", "metal", "real", "share"];

/// What was asked for.
struct Wish {
    rounds: usize,
    json: bool,
    names: Vec<String>,
}

impl Wish {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut wish = Self { rounds: ROUNDS, json: false, names: Vec::new() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--json" => wish.json = true,
                "--rounds" => {
                    let number = rest.next().and_then(|text| text.parse().ok()).filter(|number| *number > 0);
                    wish.rounds = number.ok_or("--rounds wants a number above 0")?;
                }
                name if OTHERS.contains(&name) || GROUPS.iter().any(|group| group.name == name) => {
                    wish.names.push(name.to_string());
                }
                other => {
                    let groups = GROUPS.iter().map(|group| group.name);
                    let all: Vec<&str> = OTHERS.into_iter().chain(groups).collect();
                    return Err(format!("no benchmark called {other}; there are: {}", all.join(" ")));
                }
            }
        }
        Ok(wish)
    }

    fn named(&self, name: &str) -> bool {
        self.names.iter().any(|wanted| wanted == name)
    }

    fn boot(&self) -> bool {
        self.names.is_empty() || self.named("boot")
    }

    fn real(&self) -> bool {
        self.names.is_empty() || self.named("real") || self.named("cpu")
    }

    fn share(&self) -> bool {
        self.names.is_empty() || self.named("share")
    }

    fn group(&self, group: &Group) -> bool {
        self.names.is_empty() || self.named(group.name) || self.named("cpu")
    }

    fn metal_only(&self, group: &Group) -> bool {
        self.named("metal") && matches!(group.metal, Metal::Bar(_))
    }
}

/// Measures and prints; fails only if something could not be measured.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let wish = Wish::parse(arguments)?;
    setup::run(&[])?;
    let files = guests::boot_files()?;
    shell::build_lodge()?;
    let contenders = [Contender::lodge()?, Contender::qemu()?];
    for contender in &contenders {
        println!("{:<6} {}", contender.name, contender.version()?);
    }
    println!("{} rounds, medians", wish.rounds);
    let mut sections: Vec<Section> = Vec::new();
    let mut done = |section: Section| {
        section.print();
        sections.push(section);
    };
    for group in GROUPS {
        let taking_part = if wish.group(group) {
            &contenders[..]
        } else if wish.metal_only(group) {
            &contenders[..1]
        } else {
            continue;
        };
        let mut section = guest::measure(group, taking_part, &files, wish.rounds)?;
        if group.name == "growth" {
            growth::remark(&mut section);
        }
        done(section);
    }
    if wish.real() {
        done(real::measure(&contenders, &files, wish.rounds)?);
    }
    if wish.share() {
        done(share::measure(&contenders, &files, wish.rounds)?);
    }
    if wish.boot() {
        boot::measure(&contenders, &files, wish.rounds)?.into_iter().for_each(done);
    }
    table::summary(&sections);
    if wish.json {
        let path = compile::folder()?.join("table.json");
        std::fs::write(&path, format!("{:#}\n", table::json(&sections)))
            .map_err(|why| format!("cannot write {}: {why}", path.display()))?;
        println!("for scripts: {}", path.display());
    }
    let incomplete: Vec<&str> = sections.iter().flat_map(Section::incomplete).collect();
    if incomplete.is_empty() { Ok(()) } else { Err(format!("not measured: {}", incomplete.join(", "))) }
}
