//! The PLIC driven as Linux's driver does, with no vCPU.

use super::*;
use crate::hostile::{Lines, hammer};
use std::sync::Arc;

const M: usize = 0;
const S: usize = 1;

fn bench() -> (Plic, Arc<Lines>) {
    let lines = Lines::new();
    (Plic::new(95, (0..4).map(|context| lines.line(context)).collect()), lines)
}

fn enable(plic: &Plic, context: usize, source: u64, priority: u64) {
    plic.write(source * 4, 4, priority);
    let at = ENABLE + context as u64 * ENABLE_STRIDE + source / 32 * 4;
    plic.write(at, 4, plic.read(at, 4) | 1 << (source % 32));
}

fn claim_at(context: usize) -> u64 {
    CONTEXT + context as u64 * CONTEXT_STRIDE + 4
}

#[test]
fn a_level_is_claimed_served_and_completed() {
    let (plic, lines) = bench();
    enable(&plic, S, 10, 1);
    plic.set(10, true);
    assert_eq!(lines.all(), 1 << S);
    assert_eq!(plic.read(PENDING, 4), 1 << 10);
    assert_eq!(plic.read(claim_at(M), 4), 0, "not enabled there");
    assert_eq!(plic.read(claim_at(S), 4), 10);
    assert_eq!((lines.all(), plic.read(PENDING, 4)), (0, 0));
    plic.set(10, true);
    assert_eq!(lines.all(), 0, "in flight");
    plic.write(claim_at(M), 4, 10);
    assert_eq!(lines.all(), 0, "not M's to complete");
    plic.write(claim_at(S), 4, 10);
    assert_eq!(lines.all(), 1 << S, "the level is still high");
    plic.read(claim_at(S), 4);
    plic.set(10, false);
    plic.write(claim_at(S), 4, 10);
    assert_eq!((lines.all(), plic.read(claim_at(S), 4)), (0, 0));
}

#[test]
fn priority_then_number_above_the_threshold() {
    let (plic, lines) = bench();
    for (source, priority) in [(33, 2), (5, 2), (95, 7), (7, 0)] {
        enable(&plic, S, source, priority);
        plic.set(source as u32, true);
    }
    plic.write(CONTEXT + CONTEXT_STRIDE, 4, 2);
    assert!(lines.high(S as u32));
    assert_eq!(plic.read(claim_at(S), 4), 95);
    assert!(!lines.high(S as u32), "2 is not above 2");
    assert_eq!(
        [0; 3].map(|_| plic.read(claim_at(S), 4)),
        [5, 33, 0],
        "a claim ignores it; priority 0 is never"
    );
    plic.write(28, 4, 0xff);
    assert_eq!((plic.read(28, 4), plic.read(CONTEXT + CONTEXT_STRIDE, 4)), (7, 2));
    assert!(lines.high(S as u32));
}

#[test]
fn sources_that_do_not_exist_stay_so() {
    let (plic, lines) = bench();
    for word in 0..32 {
        plic.write(ENABLE + word * 4, 4, u64::MAX);
        assert_eq!(
            plic.read(ENABLE + word * 4, 4),
            [0xffff_fffe, 0xffff_ffff, 0xffff_ffff].get(word as usize).copied().unwrap_or(0)
        );
    }
    [0, 96, 1023, u32::MAX].iter().for_each(|line| plic.set(*line, true));
    assert_eq!((lines.all(), plic.read(claim_at(M), 4)), (0, 0));
    plic.write(0, 4, 7);
    assert_eq!(plic.read(0, 4), 0);
    assert_eq!(plic.read(claim_at(4), 4), 0);
    assert_eq!(Plic::new(1, vec![]).existing(0), 2);
}

#[test]
fn hostile_accesses_do_no_harm() {
    let (plic, lines) = bench();
    (1..96).for_each(|line| plic.set(line, true));
    let near =
        [0, PENDING, ENABLE, ENABLE + ENABLE_STRIDE, CONTEXT, CONTEXT + CONTEXT_STRIDE, Plic::WINDOW - 8];
    hammer(&plic, Plic::WINDOW, &near, 50_000);
    plic.reset();
    assert_eq!((lines.all(), plic.read(PENDING, 4)), (0, 0xffff_fffe), "the levels are still high");
    (1..96).for_each(|line| plic.set(line, false));
}

#[test]
fn a_saved_plic_goes_on_where_it_was() {
    let (a, _) = bench();
    enable(&a, S, 10, 3);
    enable(&a, M, 11, 1);
    a.set(10, true);
    a.set(11, true);
    a.read(claim_at(S), 4);
    let record = a.save();
    let (b, lines) = bench();
    b.load(&record).unwrap();
    assert_eq!((b.save(), lines.all()), (record.clone(), 1 << M));
    b.write(claim_at(S), 4, 10);
    assert_eq!(lines.all(), 3);
    assert!(Plic::new(96, vec![]).load(&record).is_err());
    let mut bad = record;
    bad.value["pending"][0] = 1.into();
    assert!(b.load(&bad).is_err());
}
