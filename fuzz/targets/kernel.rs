//! Any bytes as a kernel or firmware: ELF, raw image, gzip, zboot. Parsing gives a value or one line, quickly and
//! within bounded memory.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lodge_board::boot::{parse_firmware, parse_kernel};

fuzz_target!(|bytes: &[u8]| {
    for error in [parse_kernel(bytes.to_vec()).err(), parse_firmware(bytes).err()].into_iter().flatten() {
        let line = error.to_string();
        assert!(!line.is_empty() && !line.contains('\n'), "{line}");
    }
});
