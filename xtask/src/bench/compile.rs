//! The programs of guests/bench, compiled for the guest and for the host, anew only when a source has changed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::programs::Program;
use crate::shell;

/// Where everything the benchmarks make is kept.
pub fn folder() -> Result<PathBuf, String> {
    let folder = shell::target_dir().join("bench");
    std::fs::create_dir_all(&folder).map_err(|why| format!("cannot make {}: {why}", folder.display()))?;
    Ok(folder)
}

/// The program as the guest runs it.
pub fn for_guest(program: &Program) -> Result<PathBuf, String> {
    compile("riscv64-linux-gnu-gcc", program, &[], &folder()?.join(program.name))
}

/// The program as the host runs it; the compiler may turn loops into vector instructions or not.
pub fn for_host(program: &Program, vectors: bool) -> Result<PathBuf, String> {
    let (option, suffix) =
        if vectors { ("-ftree-vectorize", "vector") } else { ("-fno-tree-vectorize", "scalar") };
    compile("gcc", program, &[option], &folder()?.join(format!("{}.host-{suffix}", program.name)))
}

fn compile(compiler: &str, program: &Program, options: &[&str], binary: &Path) -> Result<PathBuf, String> {
    let sources = shell::top().join("guests/bench");
    let source = sources.join(program.source).with_extension("c");
    let assembler = Some(source.with_extension("S")).filter(|file| file.exists());
    let age =
        |path: &Path| path.metadata().and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    // Options count as sources: they stand in the table next to this file, which ends up in this program.
    let itself = std::env::current_exe().unwrap_or_default();
    let headers = ["bench.h", "machine.h"].map(|name| sources.join(name));
    let mut made_from = [&source, &headers[0], &headers[1], &itself].into_iter().chain(&assembler);
    if made_from.all(|file| age(file) < age(binary)) {
        return Ok(binary.to_path_buf());
    }
    shell::output(
        Command::new(compiler)
            .args(["-O2", "-static", "-pthread", "-ffp-contract=off", "-s"])
            .arg(format!("-DBENCH=\"{}\"", program.name))
            .args(options)
            .args(program.flags)
            .arg("-o")
            .arg(binary)
            .arg(&source)
            .args(&assembler)
            .arg("-lm"),
    )?;
    Ok(binary.to_path_buf())
}
