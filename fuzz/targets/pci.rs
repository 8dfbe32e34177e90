//! Configuration space, BARs and slots of a root complex, accessed as bytes say. It must come back, and no device may
//! see an access outside of its BARs.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| lodge_pci::hostile::run(bytes));
