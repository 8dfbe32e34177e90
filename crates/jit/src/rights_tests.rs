//! Writes that nobody would hear of: a vCPU may write a page, another translates code of it, and before the first has read
//! that news it loses the right for a reason of its own. See [`crate::smp`], second rule.

use crate::core::Core;
use crate::differential_tests::{Side, Toy};
use lodge_cpu::Flush;
use lodge_memory::{CodeWatch, PAGE_SIZE};
use std::sync::{Arc, Mutex};

/// A page that the toy may write.
const PAGE: u64 = 3 * PAGE_SIZE;
/// The other vCPU's number.
const OTHER: u32 = 1;

/// What the other vCPU heard.
#[derive(Default)]
struct Heard(Mutex<Vec<(u64, u64)>>);

impl CodeWatch for Heard {
    fn written(&self, address: u64, len: u64) {
        self.0.lock().expect("nobody panics with it").push((address, len));
    }

    fn now_code(&self, _address: u64) {}
}

impl Heard {
    fn take(&self) -> Vec<(u64, u64)> {
        std::mem::take(&mut self.0.lock().expect("nobody panics with it"))
    }
}

/// Has a vCPU write, another translate, then the first lose its right by `lose`; what the other has heard.
fn lost(mirror: bool, lose: impl FnOnce(&mut Core<Toy>)) -> Vec<(u64, u64)> {
    let mut side = Side::new(0, mirror);
    let (core, heard) = (&mut side.core, Arc::new(Heard::default()));
    core.memory.watch_code(OTHER, heard.clone());
    core.store(PAGE, 8, 1).expect("it may be written");
    if mirror {
        core.missed(0, PAGE, 8);
    }
    core.memory.mark_code(PAGE, OTHER);
    core.memory.mark_bytes(PAGE + 64, 8);
    assert!(heard.take().is_empty() && core.inbox.has_code());
    // Here translated code may still write, unseen.
    lose(core);
    let told = heard.take();
    // Whatever it does now is seen.
    core.memory.mark_bytes(PAGE + 64, 8);
    core.store(PAGE + 64, 8, 2).expect("still");
    assert_eq!(heard.take(), [(PAGE + 64, 8)], "a store behind the loss");
    told
}

const ALL: [(u64, u64); 1] = [(PAGE, PAGE_SIZE)];

#[test]
fn a_fence_tells_before_it_forgets() {
    for mirror in [false, true] {
        for range in [None, Some((PAGE, PAGE_SIZE))] {
            let told = lost(mirror, |core| {
                core.flushes.push(Flush::Translations { range, asid: None });
                assert!(core.forget_translations());
            });
            assert_eq!(told, ALL, "mirror {mirror}, {range:?}");
        }
    }
}

#[test]
fn a_page_that_is_shown_anew_tells_first() {
    assert_eq!(lost(true, |core| core.missed(0, PAGE + 8, 8)), ALL);
}

#[test]
fn news_of_code_take_the_right_and_tell() {
    for mirror in [false, true] {
        let told = lost(mirror, |core| {
            let news = core.inbox.take();
            core.protect(news.code);
            core.inbox.done();
        });
        assert_eq!(told, ALL, "mirror {mirror}");
    }
}
