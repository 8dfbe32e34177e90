//! IR to x86-64 in one pass: blocks (tier one), and regions of hot blocks in a layout of their own (tier two).
//!
//! ```text
//!   rbp  the frame          rax rcx rdx   scratch        xmm0-2   scratch
//!   r15  the MMU context    the rest      the hottest guest registers, in place across all blocks
//! ```
//! A block is straight host code with its rare parts ("cold") behind it. Blocks of one page jump to each other
//! directly once they have met; other jumps go through the context's jump cache. Guest registers without a host
//! register live in the frame and are memory operands. What has no host code here is done by the interpreter, one
//! operation at a time, through a thunk that spills and reloads: slow, and exactly the reference.
//!
//! ```text
//!   translator   the code cache, ties between blocks, the way in      asm      registers and layouts
//!   block        one block        region   several                    thunks   fixed routines, ways out to Rust
//!   int fp cache vector lanes* vex     what operations become     memory, mirror, reach   loads and stores
//!   dirty        steps put off until somebody looks         edges    what stays put off between blocks
//!   portable     code that can be kept on disk      show       code for people to read
//! ```

// dynasm's expansion converts every register number, also those that are bytes already.
#![allow(clippy::useless_conversion)]

mod asm;
mod block;
mod cache;
mod dirty;
mod edges;
mod fp;
mod int;
mod lanes;
mod lanes_convert;
mod lanes_fp;
mod lanes_mask;
mod lanes_move;
mod memory;
mod mirror;
mod portable;
mod reach;
mod region;
pub(crate) mod show;
mod thunks;
mod translator;
mod vector;
mod vex;

pub(crate) use portable::Portable;
pub(crate) use translator::Translator;
