//! House tasks: `cargo xtask VERB`. One file per verb; each verb is a function that returns a line saying what
//! went wrong and what to try. Nothing here ships to users, and no crate may depend on it.

#![forbid(unsafe_code)]

mod bench;
mod codegen;
mod fuzz;
mod guests;
mod setup;
mod shell;
mod soak;
mod test;
mod tidy;
mod unpacked;

use std::process::ExitCode;

/// What a verb does: arguments in, one line of failure out.
type Verb = fn(&[String]) -> Result<(), String>;

/// Name, function, and the line `cargo xtask` prints for it.
const VERBS: &[(&str, Verb, &str)] = &[
    ("setup", setup::run, "install the Debian packages that building, testing and measuring need"),
    ("test", test::run, "everything CI checks: format, lints, tidy, release build, fuzz slice, all tests"),
    (
        "soak",
        soak::run,
        "[PART...] the long tests, in release: millions of cases, whole test suites inside guests",
    ),
    ("tidy", tidy::run, "house rules a program can check: layers, unsafe, module heads, doc paths, sizes"),
    (
        "bench",
        bench::run,
        "[GROUP...] [--rounds N] [--json] lodge against qemu-system-riscv64 and the host, in CPU seconds",
    ),
    ("guests", guests::run, "fetch, build and cache every guest the tests boot"),
    ("codegen", write_tables, "write the decoder from its table; --check only compares"),
    ("fuzz", fuzz::run, "[SECONDS [TARGET]] build and run the fuzz targets"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((verb, rest)) = arguments.split_first() else {
        return usage();
    };
    let Some((name, run, _)) = VERBS.iter().find(|(name, ..)| name == verb) else {
        return usage();
    };
    match run(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("cargo xtask {name}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn write_tables(arguments: &[String]) -> Result<(), String> {
    codegen::run(arguments.iter().any(|argument| argument == "--check"))
}

fn usage() -> ExitCode {
    eprintln!("usage: cargo xtask VERB\n");
    for (name, _, what) in VERBS {
        eprintln!("  {name:<8} {what}");
    }
    ExitCode::from(2)
}
