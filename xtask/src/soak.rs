//! `cargo xtask soak`: the same tests with `LODGE_LONG=1`, in release, where each runs its full length:
//! millions of random cases, every encoding, whole test suites inside guests, minutes a fuzz target.

use crate::{fuzz, guests, test};

/// Runs every long test; hours, not minutes.
pub fn run(arguments: &[String]) -> Result<(), String> {
    guests::run(&[])?;
    if arguments.is_empty() {
        fuzz::all(300)?;
    }
    test::suites(&test::Slice { long: true, filter: arguments.to_vec() })
}
