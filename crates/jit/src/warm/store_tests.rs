//! What is found is what was added for the same bytes, at any page; nothing else is found.

use super::store::{Cursor, Found, Pen, Probe, Store};
use crate::emit::Portable;

/// A translation like none other: `n` is in its code.
pub(super) fn portable(n: u32) -> Portable {
    let mut host = vec![0x90; 64 + n as usize % 64];
    host[..4].copy_from_slice(&n.to_le_bytes());
    // An address of 64 bits at 8, and a way to a thunk at 24.
    Portable {
        host,
        fixups: vec![1 << 24 | 8, 24],
        dead: 32,
        body: 10,
        keeps_ops: n.is_multiple_of(2),
        instructions: 3,
    }
}

/// Guest code like none other, with more behind it.
pub(super) fn code(n: u32) -> Vec<u8> {
    let mut code = n.wrapping_mul(0x9e37_79b9).to_le_bytes().to_vec();
    code.extend((0..60).map(|i| (n as u8).wrapping_add(i)));
    code
}

pub(super) fn probe(n: u32, code: &[u8]) -> Probe<'_> {
    Probe { pc: 0x5000 + u64::from(n % 1000) * 2, assume: 3, variant: 0x100, code }
}

/// Adds translations `numbers`, of 8 to 19 bytes of guest code each.
pub(super) fn add(store: &Store, numbers: std::ops::Range<u32>) {
    let mut pen = Pen::default();
    for n in numbers {
        let code = code(n);
        store.add(&mut pen, &probe(n, &code), 8 + n % 12, &portable(n));
    }
    store.take_over(&mut pen);
}

/// How many of `numbers` are found; what is found must be right.
pub(super) fn found(store: &Store, numbers: std::ops::Range<u32>) -> usize {
    let (mut cursor, mut into) = (Cursor::default(), Portable::default());
    let right = |&n: &u32| {
        let code = code(n);
        let found = store.find(&probe(n, &code), &mut cursor, &mut into);
        if let Some(Found { len }) = found {
            assert_eq!((len, &into), (8 + n % 12, &portable(n)), "{n}");
        }
        found.is_some()
    };
    numbers.filter(right).count()
}

fn find(store: &Store, probe: &Probe<'_>) -> Option<Found> {
    store.find(probe, &mut Cursor::default(), &mut Portable::default())
}

#[test]
fn what_was_added_is_found_in_any_order() {
    let store = Store::in_memory();
    add(&store, 0..5000);
    assert_eq!(found(&store, 0..5000), 5000);
    assert_eq!(found(&store, 5000..6000), 0);
    let (mut cursor, mut into) = (Cursor::default(), Portable::default());
    for n in (0..5000).rev() {
        let code = code(n);
        assert!(store.find(&probe(n, &code), &mut cursor, &mut into).is_some(), "{n}");
        assert_eq!(into, portable(n));
    }
}

#[test]
fn every_byte_of_the_code_counts_and_so_does_what_is_assumed() {
    let store = Store::in_memory();
    add(&store, 0..100);
    for n in 0..100 {
        let code = code(n);
        let same = probe(n, &code);
        assert!(find(&store, &same).is_some());
        // The same place in another page.
        assert!(find(&store, &Probe { pc: same.pc + 0x7000_0000, ..probe(n, &code) }).is_some());
        for other in [
            Probe { pc: same.pc + 2, ..probe(n, &code) },
            Probe { assume: 4, ..probe(n, &code) },
            Probe { variant: 0, ..probe(n, &code) },
            // The page ends before the code does.
            Probe { code: &code[..7], ..probe(n, &code) },
        ] {
            assert_eq!(find(&store, &other), None, "{n}");
        }
        let len = 8 + n as usize % 12;
        for at in 0..len {
            let mut changed = code.clone();
            changed[at] ^= 0x10;
            assert_eq!(find(&store, &probe(n, &changed)), None, "{n}: byte {at}");
        }
        let mut changed = code.clone();
        changed[len] ^= 0x10;
        assert!(find(&store, &probe(n, &changed)).is_some(), "what is behind it does not count");
    }
}

#[test]
fn addresses_that_do_not_fit_where_the_code_is_now_are_not_found() {
    let store = Store::in_memory();
    let code = code(1);
    let mut narrow = portable(1);
    // An address of 32 bits, zero-extended.
    narrow.fixups = vec![2 << 24 | 8];
    narrow.host[8..12].fill(1);
    let mut pen = Pen::default();
    store.add(&mut pen, &probe(1, &code), 10, &narrow);
    store.take_over(&mut pen);
    assert!(find(&store, &probe(1, &code)).is_some());
    let high = |pc| Probe { pc: pc + probe(1, &code).pc, ..probe(1, &code) };
    assert!(find(&store, &high(0x7fff_0000_0000)).is_none());
    // The wider form, added later, serves both.
    store.add(&mut pen, &probe(1, &code), 10, &portable(1));
    store.take_over(&mut pen);
    assert!(find(&store, &high(0x7fff_0000_0000)).is_some());
}
