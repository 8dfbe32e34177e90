//! House tasks: `cargo xtask codegen [--check]`.

mod codegen;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["codegen"] => codegen::run(false),
        ["codegen", "--check"] => codegen::run(true),
        _ => Err("tasks are: codegen [--check]".to_string()),
    };
    if let Err(why) = done {
        eprintln!("xtask: {why}");
        std::process::exit(1);
    }
}
