//! The whole engine as guests see it: random and hand-written programs on harts, under both accelerators.
//!
//! ```text
//!   generate ─► a program ─┬─► accels     interpreter = translator, faults and all
//!                          ├─► oracle     both = qemu-riscv64
//!                          ├─► kept       translations of the same code elsewhere
//!                          └─► paged      in U- and S-mode, page tables and code changing at every exception
//!                 each_access: a fault at every access in turn     each_edge: an interrupt at every block edge in turn
//!   selfmade ─► programs that rewrite themselves: all = single steps
//!   assembly ─► programs by hand ─► attention, entry, litmus (several harts), rewriting (code that changes), straddling (over pages)
//! ```
//! A slice of all that runs normally; a million cases each with `LODGE_LONG=1`. `LODGE_SEED` starts elsewhere.

mod accels;
mod assembly;
mod atomics;
mod attention;
mod each_access;
mod each_edge;
mod entry;
mod generate;
mod kept;
mod litmus;
mod oracle;
mod paged;
mod random;
mod rewriting;
mod rig;
mod selfmade;
mod tables;
mod vectors;

/// First seed, and how many cases: `short` normally, `long` when asked.
fn cases(short: u64, long: u64) -> std::ops::Range<u64> {
    let from = std::env::var("LODGE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let count = if std::env::var_os("LODGE_LONG").is_some() { long } else { short };
    from..from + count
}
