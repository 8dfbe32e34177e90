//! Any bytes as a file of kept translations, past its checksums: reading it never panics, and neither does putting what
//! it holds anywhere.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    lodge_jit::read_anything(bytes);
});
