//! Fetches a template and says where it is: `cargo run -p lodge-template --example template -- busybox riscv64`.

use lodge_template::{Cache, Progress, Recipe, Result};

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
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words[..] {
        ["busybox", arch] => Ok(format!("{:#?}", lodge_template::busybox(&cache, arch, &Lines)?)),
        ["debian", arch, ref packages @ ..] => {
            let packages = packages.iter().map(|name| (*name).to_owned()).collect();
            let recipe = Recipe { packages, ..Recipe::new(arch) };
            Ok(format!("{:#?}", lodge_template::debian(&cache, &recipe, &Lines)?))
        }
        ["finished", arch, disk] => {
            let disk = std::path::Path::new(disk);
            Ok(format!("{:#?}", lodge_template::keep_finished(&cache, &Recipe::new(arch), disk, &Lines)?))
        }
        ["copy", from, to] => lodge_template::copy_disk(from.as_ref(), to.as_ref()).map(|()| to.to_owned()),
        ["doctor"] => Ok(format!("{:#?}", lodge_template::checks(&cache))),
        _ => Ok(
            "template busybox ARCH | debian ARCH [PACKAGE]... | finished ARCH DISK | copy FROM TO | doctor"
                .into(),
        ),
    }
}
