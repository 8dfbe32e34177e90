//! Any text where a user may put some: sizes, names, counts, addresses. What parses prints and parses again as the
//! same; what does not is one line.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use lodge_spec::{Cpus, Gdb, Memory, Name, Share, Size};

fn check<T: FromStr<Err: Display>>(text: &str) -> Option<T> {
    match text.parse() {
        Ok(value) => Some(value),
        Err(why) => {
            let line = why.to_string();
            assert!(!line.is_empty() && line.matches('\n').count() <= text.matches('\n').count(), "{line:?}");
            None
        }
    }
}

fuzz_target!(|text: &str| {
    if let Some(size) = check::<Size>(text) {
        // People read it with a space; without, it is what they may write.
        let again = size.to_string().replace(' ', "").replace("bytes", "");
        assert_eq!(again.parse::<Size>().ok(), Some(size), "{again}");
    }
    check::<Memory>(text);
    check::<Cpus>(text);
    check::<Name>(text);
    check::<Share>(text);
    drop(Gdb::parse_address(text));
});
