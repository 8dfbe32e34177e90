//! The `lodge` program: everything is in the library crates.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    lodge_cli::main()
}
