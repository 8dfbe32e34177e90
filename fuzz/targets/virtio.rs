//! A virtio device of each kind against a driver made of bytes: registers, rings, chains and notifications in any
//! order. It must come back.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| lodge_virtio::hostile::run(bytes));
