//! Fetches a template and says where it is: `cargo run -p lodge-template --example template -- busybox riscv64`.

use lodge_template::{Cache, Progress, Result};

struct Lines;

impl Progress for Lines {
    fn begin(&self, what: &str) {
        eprintln!("{what}");
    }
    fn fraction(&self, _done: f64) {}
    fn note(&self, text: &str) {
        eprintln!("note: {text}");
    }
}

fn main() -> std::process::ExitCode {
    match run() {
        Ok(text) => {
            println!("{text}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String> {
    let cache = Cache::of_user()?;
    let arch = std::env::args().nth(1).unwrap_or_else(|| "riscv64".into());
    Ok(format!("{:#?}", lodge_template::busybox(&cache, &arch, &Lines)?))
}
