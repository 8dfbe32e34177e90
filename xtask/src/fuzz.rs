//! `cargo xtask fuzz [SECONDS [TARGET]]`: libFuzzer on the stable toolchain, by compiler flags alone.
//!
//! The corpus grows in the target directory and is kept between runs; `fuzz/seeds/TARGET` starts it. A crash
//! leaves its input beside the corpus and fails the run.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::shell;

/// Coverage counters and compare tracing for libFuzzer, and the checks a release build leaves out.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
                     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
                     -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares \
                     -Ccodegen-units=1 -Cdebug-assertions -Coverflow-checks";

/// Runs every target, or the one named.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let seconds = arguments.first().map_or(Ok(10), |text| text.parse());
    let seconds = seconds.map_err(|_| format!("{:?} is no number of seconds", arguments[0]))?;
    some(seconds, arguments.get(1).map(String::as_str))
}

/// Runs every target for `seconds`.
pub fn all(seconds: u32) -> Result<(), String> {
    some(seconds, None)
}

fn some(seconds: u32, only: Option<&str>) -> Result<(), String> {
    let folder = shell::top().join("fuzz");
    let host = host()?;
    let target = shell::target_dir().join("fuzz");
    // An explicit target keeps the flags away from build scripts and procedural macros.
    let mut build = shell::cargo(&["build", "--quiet", "--release", "--target", &host, "--target-dir"]);
    build.arg(&target).arg("--manifest-path").arg(folder.join("Cargo.toml"));
    shell::run(build.env("RUSTFLAGS", FLAGS).env_remove("CARGO_TARGET_DIR"))?;
    let mut names = targets(&folder.join("targets"))?;
    names.retain(|name| only.is_none_or(|wanted| wanted == name));
    if names.is_empty() {
        return Err(format!("no fuzz target called {}", only.unwrap_or_default()));
    }
    for name in &names {
        one(name, seconds, &target, &target.join(&host).join("release").join(name), &folder)?;
    }
    println!("fuzz: {} targets, {seconds} s each, nothing found", names.len());
    Ok(())
}

fn one(name: &str, seconds: u32, target: &Path, program: &Path, folder: &Path) -> Result<(), String> {
    let corpus = target.join("corpus").join(name);
    let crashes = target.join("crashes");
    for folder in [&corpus, &crashes] {
        std::fs::create_dir_all(folder).map_err(|why| format!("cannot make {}: {why}", folder.display()))?;
    }
    let mut command = Command::new(program);
    command.arg(format!("-max_total_time={seconds}")).args([
        "-timeout=5",
        "-rss_limit_mb=1024",
        "-verbosity=1",
    ]);
    command.arg(format!("-artifact_prefix={}/{name}-", crashes.display())).arg(&corpus);
    let seeds = folder.join("seeds").join(name);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    let out = command.stdin(Stdio::null()).output().map_err(|why| format!("cannot start {name}: {why}"))?;
    let log = String::from_utf8_lossy(&out.stderr);
    if !out.status.success() {
        return Err(format!("fuzz target {name} failed; its input is in {}\n{log}", crashes.display()));
    }
    let runs = log.lines().rev().find(|line| line.contains("Done ")).unwrap_or("Done");
    println!("fuzz: {name}: {}", runs.trim());
    Ok(())
}

/// Every file of fuzz/targets is one.
fn targets(folder: &Path) -> Result<Vec<String>, String> {
    let entries =
        std::fs::read_dir(folder).map_err(|why| format!("cannot list {}: {why}", folder.display()))?;
    let stem = |entry: std::fs::DirEntry| Some(entry.path().file_stem()?.to_string_lossy().into_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(stem).collect();
    names.sort();
    Ok(names)
}

fn host() -> Result<String, String> {
    let text = shell::output(Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_string).ok_or_else(|| "rustc -vV names no host".to_string())
}
