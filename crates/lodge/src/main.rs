//! The `lodge` program.
fn main() {}
