//! The table of bars: rows, groups, verdicts, and how both people and programs read them.
//!
//! ```text
//! row:     lodge  qemu  │ ratio = qemu / lodge │ metal  slowdown = lodge / metal  (metal with vectors) │ note
//! group:   geometric mean of its ratios, held against a bar
//! overall: every bar, and no row below FLOOR
//! ```

use serde_json::{Value, json};

use super::metal::Metal;
use super::numbers::{geomean, verdict};

/// No single row may have a ratio below this.
const FLOOR: f64 = 1.2;

/// What one contender needed for a row: medians over the rounds.
#[derive(Clone, Copy)]
pub struct Figures {
    /// CPU seconds of the emulator's process.
    pub cpu: f64,
    /// Seconds by the guest's clock, or the host's where the guest has not started.
    pub wall: f64,
}

/// One line of the table.
#[derive(Default)]
pub struct Row {
    /// Unique in its group.
    pub name: String,
    /// Ours.
    pub lodge: Option<Figures>,
    /// The peer's.
    pub qemu: Option<Figures>,
    /// What the same source, compiled for the host, needs.
    pub metal: Option<Metal>,
    /// Why figures are missing.
    pub note: String,
}

impl Row {
    /// How many times our speed is QEMU's.
    pub fn ratio(&self) -> Option<f64> {
        Some(self.qemu?.cpu.max(0.01) / self.lodge?.cpu.max(0.01))
    }

    /// How many times slower than the metal we are.
    fn slowdown(&self) -> Option<f64> {
        Some(self.lodge?.cpu / self.metal?.scalar.max(1e-3))
    }

    fn line(&self) -> String {
        let pair = |figures: Option<Figures>| match figures {
            Some(Figures { cpu, wall }) => format!("{cpu:>8.2} ({wall:>6.2})"),
            None => format!("{:>17}", "-"),
        };
        let number = |value: Option<f64>| value.map_or("-".to_string(), |value| format!("{value:.2}"));
        let guest = self.qemu.zip(self.lodge).map(|(theirs, ours)| theirs.wall / ours.wall.max(1e-4));
        let line = format!(
            "{:<15} {} {} {:>7} {:>8} {:>7} {:>7} {:>8}  {}",
            self.name,
            pair(self.lodge),
            pair(self.qemu),
            number(self.ratio()),
            number(guest),
            number(self.metal.map(|metal| metal.scalar)),
            number(self.slowdown()),
            number(self.metal.map(|metal| metal.vector)),
            self.note
        );
        line.trim_end().to_string()
    }

    fn json(&self) -> Value {
        let figures = |figures: Option<Figures>| figures.map(|f| json!({ "cpu": f.cpu, "wall": f.wall }));
        json!({
            "name": self.name, "lodge": figures(self.lodge), "qemu": figures(self.qemu), "metal": self.metal.map(|metal| json!({ "scalar": metal.scalar, "vector": metal.vector })),
            "ratio": self.ratio(), "slowdown": self.slowdown(), "note": self.note,
        })
    }
}

/// Rows with one bar.
pub struct Section {
    /// As given on the command line.
    pub name: &'static str,
    /// What the rows have in common.
    pub what: String,
    /// The least geometric mean of the ratios.
    pub bar: Option<f64>,
    /// The most that the geometric mean of the slowdowns against the metal may be.
    pub metal_bar: Option<f64>,
    /// The rows.
    pub rows: Vec<Row>,
    /// Further lines, printed below the rows.
    pub remarks: Vec<String>,
}

/// One figure held against its bar.
struct Judged {
    text: String,
    met: bool,
}

impl Section {
    fn ratios(&self) -> Vec<f64> {
        self.rows.iter().filter_map(Row::ratio).collect()
    }

    /// The section's figures against its bars. A row without figures is no excuse: it misses the bar.
    fn judged(&self) -> Vec<Judged> {
        let slowdowns: Vec<f64> = self.rows.iter().filter_map(Row::slowdown).collect();
        let complete = |values: &[f64]| values.len() == self.rows.len() && !values.is_empty();
        let mut judged = Vec::new();
        let mut judge = |name: String, bar: &str, values: &[f64], good: &dyn Fn(f64) -> bool| {
            let met = complete(values) && good(geomean(values));
            let mean = if values.is_empty() { "-".to_string() } else { format!("{:.2}", geomean(values)) };
            let part = if complete(values) {
                String::new()
            } else {
                format!(" of {}/{}", values.len(), self.rows.len())
            };
            judged.push(Judged {
                text: format!("{name:<22} {mean:>6}{part}  bar {bar}: {}", verdict(met)),
                met,
            });
        };
        if let Some(bar) = self.bar {
            judge(self.name.to_string(), &format!(">= {bar}"), &self.ratios(), &|mean| mean >= bar);
        }
        if let Some(bar) = self.metal_bar {
            judge(format!("{} / metal", self.name), &format!("<= {bar}"), &slowdowns, &|mean| mean <= bar);
        }
        judged
    }

    /// The rows that carry a note: something could not be measured, or was measured and is wrong.
    pub fn incomplete(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter(|row| !row.note.is_empty()).map(|row| row.name.as_str())
    }

    /// Prints the section as soon as it is measured.
    pub fn print(&self) {
        println!("\n{}: {}; CPU s (wall s)", self.name, self.what);
        println!(
            "{:<15} {:>17} {:>17} {:>7} {:>8} {:>7} {:>7} {:>8}",
            "", "lodge", "qemu", "ratio", "wall", "metal", "x metal", "(vector)"
        );
        for row in &self.rows {
            println!("{}", row.line());
        }
        for line in &self.remarks {
            println!("{line}");
        }
        for Judged { text, .. } in self.judged() {
            println!("{text}");
        }
    }

    fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
        let ratios = self.ratios();
        let mean = (!ratios.is_empty()).then(|| geomean(&ratios));
        json!({
            "name": self.name, "bar": self.bar, "geomean": mean, "metal_bar": self.metal_bar, "rows": rows,
            "remarks": self.remarks,
        })
    }
}

/// Prints every bar once more, together.
pub fn summary(sections: &[Section]) {
    println!("\nall bars; ratio = QEMU's CPU s / lodge's");
    let judged: Vec<Judged> = sections.iter().flat_map(Section::judged).collect();
    for Judged { text, .. } in &judged {
        println!("{text}");
    }
    let held: Vec<&Row> =
        sections.iter().filter(|section| section.bar.is_some()).flat_map(|section| &section.rows).collect();
    let low: Vec<String> = held
        .iter()
        .filter_map(|row| {
            row.ratio().filter(|ratio| *ratio < FLOOR).map(|ratio| format!("{} {ratio:.2}", row.name))
        })
        .collect();
    if held.iter().any(|row| row.ratio().is_some()) {
        println!("no row below {FLOOR}: {} {}", verdict(low.is_empty()), low.join(", "));
    }
    println!("{} of {} bars met", judged.iter().filter(|one| one.met).count(), judged.len());
}

/// The whole table for programs.
pub fn json(sections: &[Section]) -> Value {
    json!({ "floor": FLOOR, "sections": sections.iter().map(Section::json).collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, lodge: f64, qemu: f64) -> Row {
        let figures = |cpu| Some(Figures { cpu, wall: cpu });
        Row { name: name.to_string(), lodge: figures(lodge), qemu: figures(qemu), ..Row::default() }
    }

    fn section(rows: Vec<Row>) -> Section {
        Section { name: "x", what: String::new(), bar: Some(3.0), metal_bar: None, rows, remarks: Vec::new() }
    }

    #[test]
    fn a_mean_is_held_against_its_bar() {
        assert!(section(vec![row("a", 1.0, 2.0), row("b", 1.0, 8.0)]).judged()[0].met);
        assert!(!section(vec![row("a", 1.0, 2.0), row("b", 1.0, 2.0)]).judged()[0].met);
    }

    #[test]
    fn a_row_without_figures_misses() {
        let absent = Row { name: "b".to_string(), note: "no vector unit".to_string(), ..Row::default() };
        let section = section(vec![row("a", 1.0, 9.0), absent]);
        assert!(!section.judged()[0].met);
        assert!(section.rows[1].line().ends_with("no vector unit"));
    }
}
