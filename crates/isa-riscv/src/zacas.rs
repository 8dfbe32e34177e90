//! Zacas: compare and swap. rd is both the value expected and where the old one goes.
//!
//! Source: unprivileged manual, "Zacas" extension.

use lodge_jit::ir::{Op, Size, Size::*, Val};

use crate::inst::Inst;
use crate::lifter::Lifter;
use crate::slots;

pub fn amocas_w(l: &mut Lifter, i: &Inst) { cas(l, i, B4) }
pub fn amocas_d(l: &mut Lifter, i: &Inst) { cas(l, i, B8) }

/// Even-odd pairs, the low half in the even register (the decoder refuses odd ones); a pair that begins with x0 is
/// zero as a source, and nothing as a destination.
pub fn amocas_q(l: &mut Lifter, i: &Inst) {
    let dst = if i.rd == 0 { slots::DISCARD } else { [slots::x(i.rd), slots::x(i.rd + 1)] };
    let (addr, expect, new) = (l.x(i.rs1), pair(l, i.rd), pair(l, i.rs2));
    l.block.push(Op::CasPair { dst, addr, expect, new });
}

fn pair(l: &Lifter, n: u8) -> [Val; 2] {
    if n == 0 { [Val::Imm(0); 2] } else { [l.x(n), l.x(n + 1)] }
}

fn cas(l: &mut Lifter, i: &Inst, size: Size) {
    let (expect, new, addr) = (l.x(i.rd), l.x(i.rs2), l.x(i.rs1));
    let dst = l.result(i.rd);
    l.block.push(Op::Cas { size, dst, addr, expect, new });
}
