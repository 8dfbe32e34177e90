//! Running other programs: echo the command, run it, turn failure into one line. Knows no verb.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The workspace's top directory.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies one level below the top").to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => top().join(dir),
        None => top().join("target"),
    }
}

/// The program under test and measurement: `LODGE_BIN`, or the release build.
pub fn tested_lodge() -> PathBuf {
    std::env::var_os("LODGE_BIN").map_or_else(|| target_dir().join("release").join("lodge"), PathBuf::from)
}

/// Builds the program under test, unless `LODGE_BIN` names another.
///
/// # Errors
/// One line if it does not build.
pub fn build_lodge() -> Result<(), String> {
    if std::env::var_os("LODGE_BIN").is_some() {
        return Ok(());
    }
    run(&mut cargo(&["build", "--release", "-p", "lodge"]))
}

/// The cargo that started this xtask, in the top directory, reading nothing from the terminal.
pub fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(top()).stdin(Stdio::null());
    command
}

/// Runs `command` with its output on ours and says how long it took.
///
/// # Errors
/// One line naming the command if it cannot start or ends unsuccessfully.
pub fn run(command: &mut Command) -> Result<(), String> {
    let text = spelled(command);
    println!("$ {text}");
    let start = Instant::now();
    let status = command.status().map_err(|why| format!("cannot start `{text}`: {why}"))?;
    if !status.success() {
        return Err(format!("`{text}` failed ({status})"));
    }
    println!("  ({:.1} s)", start.elapsed().as_secs_f64());
    Ok(())
}

/// Runs `command` quietly and hands back its standard output.
///
/// # Errors
/// One line naming the command and the end of its standard error if it cannot start or ends unsuccessfully.
pub fn output(command: &mut Command) -> Result<String, String> {
    let text = spelled(command);
    let out = command.stdin(Stdio::null()).output().map_err(|why| format!("cannot start `{text}`: {why}"))?;
    if !out.status.success() {
        let errors = String::from_utf8_lossy(&out.stderr);
        let last = errors.trim().lines().last().unwrap_or("no message").to_string();
        return Err(format!("`{text}` failed ({}): {last}", out.status));
    }
    Ok(String::from_utf8_lossy(&out.stdout).into_owned())
}

/// Where `program` lies on PATH, if anywhere.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    std::env::split_paths(&path).chain(system).map(|dir| dir.join(program)).find(|file| file.is_file())
}

fn spelled(command: &Command) -> String {
    let mut text = String::new();
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            text += &format!("{}={} ", name.display(), value.display());
        }
    }
    text += &command.get_program().to_string_lossy();
    for argument in command.get_args() {
        text += &format!(" {}", argument.display());
    }
    if text.len() > 300 { text.chars().take(297).collect::<String>() + "..." } else { text }
}
