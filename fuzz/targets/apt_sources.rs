//! Any text as a machine's apt sources: reading it and turning it to another release never panics, and what comes
//! out reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lodge_template::sources::{Scope, parse_deb822, parse_one_line, rewrite};

fuzz_target!(|text: &str| {
    for parsed in [parse_deb822(text), parse_one_line(text)] {
        if let Ok(turned) = rewrite(&parsed, "trixie", Scope::All) {
            assert!(!parse_deb822(&turned).is_empty());
        }
    }
});
