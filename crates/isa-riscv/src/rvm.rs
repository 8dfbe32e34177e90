//! M: multiplication and division. The IR's division is RISC-V's: nothing traps.
//!
//! Source: unprivileged manual, "M" extension.

use lodge_jit::ir::{BinOp::*, Width::*};

use crate::inst::Inst;
use crate::lifter::Lifter;

pub fn mul   (l: &mut Lifter, i: &Inst) { l.binary(i, Mul, W64) }
pub fn mulh  (l: &mut Lifter, i: &Inst) { l.binary(i, MulHighS, W64) }
pub fn mulhsu(l: &mut Lifter, i: &Inst) { l.binary(i, MulHighSU, W64) }
pub fn mulhu (l: &mut Lifter, i: &Inst) { l.binary(i, MulHighU, W64) }
pub fn div   (l: &mut Lifter, i: &Inst) { l.binary(i, DivS, W64) }
pub fn divu  (l: &mut Lifter, i: &Inst) { l.binary(i, DivU, W64) }
pub fn rem   (l: &mut Lifter, i: &Inst) { l.binary(i, RemS, W64) }
pub fn remu  (l: &mut Lifter, i: &Inst) { l.binary(i, RemU, W64) }

pub fn mulw  (l: &mut Lifter, i: &Inst) { l.binary(i, Mul, S32) }
pub fn divw  (l: &mut Lifter, i: &Inst) { l.binary(i, DivS, S32) }
pub fn divuw (l: &mut Lifter, i: &Inst) { l.binary(i, DivU, S32) }
pub fn remw  (l: &mut Lifter, i: &Inst) { l.binary(i, RemS, S32) }
pub fn remuw (l: &mut Lifter, i: &Inst) { l.binary(i, RemU, S32) }
