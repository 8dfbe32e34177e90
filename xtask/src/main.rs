//! House tasks.

mod codegen;

fn main() {
    let check = std::env::args().any(|a| a == "--check");
    if let Err(why) = codegen::run(check) {
        eprintln!("xtask codegen: {why}");
        std::process::exit(1);
    }
}
