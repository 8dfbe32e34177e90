//! `cargo xtask soak [PART...]`: the same tests with `LODGE_LONG=1`, in release, where each runs its full length: millions
//! of random cases, every encoding, a hundred million instructions in lock-step, half an hour of stress-ng.
//!
//! ```text
//!   build ─┬─► lane: engine ─► lockstep ─► crates ─► fuzz ──┐   each part's output in target/soak/PART.log
//!          └─► lane: stress ─► guests ──────────────────────┴─► a line for each: how it went, how long it took
//! ```
//! Two lanes, since the machines that this was made for have two processors at least, and a guest needs little of the second.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{guests, shell, test};

/// Seconds given to each fuzz target.
const FUZZ_SECONDS: &str = "300";

/// Something that can be run by itself.
struct Part {
    name: &'static str,
    /// For people.
    what: &'static str,
    /// Which of the two lanes.
    lane: usize,
    /// Arguments for cargo; what begins with `xtask` is a verb of ours.
    arguments: &'static [&'static str],
}

const PARTS: [Part; 6] = [
    Part {
        name: "engine",
        what: "interpreter, translator, regions and mirror against one another and another emulator; races of harts",
        lane: 0,
        arguments: &["test", "--release", "-p", "lodge-isa-riscv", "--", "--nocapture", "--test-threads=1"],
    },
    Part {
        name: "lockstep",
        what: "two engines over a kernel's boot, compared at every block",
        lane: 0,
        arguments: &[
            "test",
            "--release",
            "-p",
            "lodge-tests",
            "--test",
            "lockstep",
            "--",
            "--nocapture",
            "--test-threads=1",
        ],
    },
    Part {
        name: "crates",
        what: "every other crate's tests",
        lane: 0,
        arguments: &[
            "test",
            "--release",
            "--workspace",
            "--exclude",
            "lodge-isa-riscv",
            "--exclude",
            "lodge-tests",
        ],
    },
    Part {
        name: "fuzz",
        what: "minutes of each fuzz target",
        lane: 0,
        arguments: &["xtask", "fuzz", FUZZ_SECONDS],
    },
    Part {
        name: "stress",
        what: "half an hour of stress-ng --verify in a guest",
        lane: 1,
        arguments: &[
            "test",
            "--release",
            "-p",
            "lodge-tests",
            "--test",
            "debian",
            "stress_ng",
            "--",
            "--nocapture",
        ],
    },
    Part {
        name: "guests",
        what: "every other test that boots a guest",
        lane: 1,
        arguments: &[
            "test",
            "--release",
            "-p",
            "lodge-tests",
            "--",
            "--test-threads=1",
            "--skip",
            "stress_ng",
            "--skip",
            "tier_",
        ],
    },
];

/// How a part went.
struct Outcome {
    name: &'static str,
    ok: bool,
    time: Duration,
    /// The summaries in its output.
    summary: Vec<String>,
}

/// Runs every part, or those named; hours, not minutes.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let known = |name: &String| PARTS.iter().any(|part| part.name == *name);
    if let Some(wrong) = arguments.iter().find(|name| !known(name)) {
        let parts: Vec<String> =
            PARTS.iter().map(|part| format!("  {:<9} {}", part.name, part.what)).collect();
        return Err(format!("no part called {wrong}; there are\n{}", parts.join("\n")));
    }
    guests::run(&[])?;
    let wanted = |part: &&Part| arguments.is_empty() || arguments.iter().any(|name| name == part.name);
    // First of all, so that the lanes do not wait for each other's compiler.
    shell::run(&mut shell::cargo(&["build", "--quiet", "--release", "-p", "lodge"]))?;
    PARTS.iter().filter(wanted).try_for_each(Part::build)?;
    let folder = shell::target_dir().join("soak");
    std::fs::create_dir_all(&folder).map_err(|why| format!("cannot make {}: {why}", folder.display()))?;
    let commit =
        shell::output(Command::new("git").args(["log", "-1", "--format=%h %s"]).current_dir(shell::top()));
    println!("soak: {}", commit.as_deref().unwrap_or("no commit").trim());
    let lane = |lane: usize| {
        let parts = PARTS.iter().filter(wanted).filter(|part| part.lane == lane);
        parts.map(|part| part.run(&folder)).collect::<Vec<_>>()
    };
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let lanes = [0, 1].map(|n| scope.spawn(move || lane(n)));
        lanes.into_iter().flat_map(|lane| lane.join().unwrap_or_default()).collect()
    });
    println!("\nsoak: {}", commit.as_deref().unwrap_or("no commit").trim());
    outcomes.iter().for_each(Outcome::print);
    let failed: Vec<&str> =
        outcomes.iter().filter(|outcome| !outcome.ok).map(|outcome| outcome.name).collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(format!("failed: {}; see {}", failed.join(", "), folder.display())),
    }
}

impl Part {
    fn build(&self) -> Result<(), String> {
        let ["test", ..] = self.arguments else { return Ok(()) };
        let arguments = self.arguments.iter().take_while(|argument| **argument != "--");
        shell::run(shell::cargo(&["--quiet"]).args(arguments).arg("--no-run"))
    }

    fn run(&self, folder: &Path) -> Outcome {
        println!("soak: {}: {}", self.name, self.what);
        let began = Instant::now();
        let log = folder.join(format!("{}.log", self.name));
        let ok = self.logged(&log).unwrap_or_else(|why| {
            println!("soak: {}: {why}", self.name);
            false
        });
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let tells = |line: &&str| line.starts_with("test result:") && !line.contains(" 0 passed; 0 failed");
        let summary = text.lines().filter(tells).map(str::to_string).collect();
        let outcome = Outcome { name: self.name, ok, time: began.elapsed(), summary };
        outcome.print();
        outcome
    }

    /// Runs it with all output in `log`; whether it went well.
    fn logged(&self, log: &PathBuf) -> Result<bool, String> {
        let broken = |why: std::io::Error| format!("cannot write {}: {why}", log.display());
        let out = File::create(log).map_err(broken)?;
        let errors = out.try_clone().map_err(broken)?;
        let mut command = match self.arguments {
            ["xtask", verb @ ..] => {
                let ourselves =
                    std::env::current_exe().map_err(|why| format!("cannot find myself: {why}"))?;
                let mut command = Command::new(ourselves);
                command.args(verb).current_dir(shell::top()).stdin(Stdio::null());
                command
            }
            arguments => shell::cargo(arguments),
        };
        test::with_guests(&mut command, true).stdout(out).stderr(errors);
        let status = command.status().map_err(|why| format!("cannot start {}: {why}", self.name))?;
        Ok(status.success())
    }
}

impl Outcome {
    fn print(&self) {
        let verdict = if self.ok { "ok" } else { "FAILED" };
        println!("soak: {:<9} {verdict:<7} {:>7.1} s", self.name, self.time.as_secs_f64());
        self.summary.iter().for_each(|line| println!("        {line}"));
    }
}
