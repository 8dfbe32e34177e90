//! Zicond: rs1 or zero.
//!
//! Source: unprivileged manual, "Zicond" extension.

use lodge_jit::ir::{Cond, Op, Val};

use crate::inst::Inst;
use crate::lifter::Lifter;

pub fn czero_eqz(l: &mut Lifter, i: &Inst) { zero_if(l, i, Cond::Eq) }
pub fn czero_nez(l: &mut Lifter, i: &Inst) { zero_if(l, i, Cond::Ne) }

fn zero_if(l: &mut Lifter, i: &Inst, cond: Cond) {
    if let Some(dst) = l.pure(i.rd) {
        l.block.push(Op::Select { cond, dst, test: l.x(i.rs2), a: Val::Imm(0), b: l.x(i.rs1) });
    }
}
