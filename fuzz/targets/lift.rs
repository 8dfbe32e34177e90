//! Any bytes as guest code in any mode: lifting gives a block that ends.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use lodge_isa_riscv::lift;
use lodge_jit::{Builder, Code, Exception, Mode};

fuzz_target!(|input: (u32, u16, bool, &[u8])| {
    let (assume, offset, next, bytes) = input;
    let start = 0x8000_0000 + u64::from(offset & 0xffe);
    let mut page = bytes.to_vec();
    page.resize(4096 - usize::from(offset & 0xffe), 0);
    let breakpoints = BTreeSet::new();
    let mut next_page = |_| if next { Ok(page.clone()) } else { Err(Exception { cause: 12, value: 0 }) };
    let window = page.clone();
    let mut code = Code::new(start, &window, &mut next_page, &breakpoints);
    let mut block = Builder::new(start);
    lift(Mode { root: 0, view: 0, assume: assume & 0x7_ffff }, &mut code, &mut block);
    assert!((1..=64).contains(&block.instructions()));
    block.finish();
});
