//! Any bytes as RISC-V code: decoding refuses or gives an instruction that prints, and whose encoding decodes to
//! the same instruction again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lodge_isa_riscv::{decode, decode_compressed, encode, length};

fuzz_target!(|code: &[u8]| {
    let mut at = 0;
    while let Some(low) = code.get(at..at + 2) {
        let half = u16::from_le_bytes([low[0], low[1]]);
        let size = usize::from(length(half)).max(2);
        let found = match code.get(at..at + 4) {
            _ if size == 2 => decode_compressed(half),
            Some(word) if size == 4 => decode(u32::from_le_bytes([word[0], word[1], word[2], word[3]])),
            _ => None,
        };
        if let Some(inst) = found {
            assert!(!inst.to_string().is_empty());
            // Bits an instruction ignores are gone from then on, and a compressed one has its full size.
            let word = encode(&inst);
            let again = decode(word).expect("what is encoded decodes");
            assert_eq!(encode(&again), word);
        }
        at += size;
    }
});
