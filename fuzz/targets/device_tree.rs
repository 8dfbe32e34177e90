//! Any bytes as a flattened device tree: printing it gives text or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|blob: &[u8]| {
    if let Some(text) = lodge_board::dts::print(blob) {
        assert!(text.starts_with("/dts-v1/;"));
    }
});
