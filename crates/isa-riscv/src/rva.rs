//! A: atomics. Read-modify-writes and store-conditionals of the IR acquire and release always; a load-reserved does not
//! release by itself.
//!
//! Source: unprivileged manual, "A" extension.

use lodge_jit::ir::{Op, RmwOp, RmwOp::*, Size, Size::*};

use crate::inst::Inst;
use crate::lifter::Lifter;

pub fn lr_w     (l: &mut Lifter, i: &Inst) { load_reserved(l, i, B4) }
pub fn sc_w     (l: &mut Lifter, i: &Inst) { store_conditional(l, i, B4) }
pub fn amoswap_w(l: &mut Lifter, i: &Inst) { amo(l, i, Swap, B4) }
pub fn amoadd_w (l: &mut Lifter, i: &Inst) { amo(l, i, Add, B4) }
pub fn amoxor_w (l: &mut Lifter, i: &Inst) { amo(l, i, Xor, B4) }
pub fn amoand_w (l: &mut Lifter, i: &Inst) { amo(l, i, And, B4) }
pub fn amoor_w  (l: &mut Lifter, i: &Inst) { amo(l, i, Or, B4) }
pub fn amomin_w (l: &mut Lifter, i: &Inst) { amo(l, i, MinS, B4) }
pub fn amomax_w (l: &mut Lifter, i: &Inst) { amo(l, i, MaxS, B4) }
pub fn amominu_w(l: &mut Lifter, i: &Inst) { amo(l, i, MinU, B4) }
pub fn amomaxu_w(l: &mut Lifter, i: &Inst) { amo(l, i, MaxU, B4) }

pub fn lr_d     (l: &mut Lifter, i: &Inst) { load_reserved(l, i, B8) }
pub fn sc_d     (l: &mut Lifter, i: &Inst) { store_conditional(l, i, B8) }
pub fn amoswap_d(l: &mut Lifter, i: &Inst) { amo(l, i, Swap, B8) }
pub fn amoadd_d (l: &mut Lifter, i: &Inst) { amo(l, i, Add, B8) }
pub fn amoxor_d (l: &mut Lifter, i: &Inst) { amo(l, i, Xor, B8) }
pub fn amoand_d (l: &mut Lifter, i: &Inst) { amo(l, i, And, B8) }
pub fn amoor_d  (l: &mut Lifter, i: &Inst) { amo(l, i, Or, B8) }
pub fn amomin_d (l: &mut Lifter, i: &Inst) { amo(l, i, MinS, B8) }
pub fn amomax_d (l: &mut Lifter, i: &Inst) { amo(l, i, MaxS, B8) }
pub fn amominu_d(l: &mut Lifter, i: &Inst) { amo(l, i, MinU, B8) }
pub fn amomaxu_d(l: &mut Lifter, i: &Inst) { amo(l, i, MaxU, B8) }

fn load_reserved(l: &mut Lifter, i: &Inst, size: Size) {
    // rl: not before earlier stores, the one order that a host's plain load does not keep.
    if i.rl {
        l.block.push(Op::Fence { full: true });
    }
    let (dst, addr) = (l.result(i.rd), l.x(i.rs1));
    l.block.push(Op::LoadReserved { size, dst, addr });
}

fn store_conditional(l: &mut Lifter, i: &Inst, size: Size) {
    let (dst, addr, src) = (l.result(i.rd), l.x(i.rs1), l.x(i.rs2));
    l.block.push(Op::StoreConditional { size, dst, addr, src });
}

fn amo(l: &mut Lifter, i: &Inst, op: RmwOp, size: Size) {
    let (dst, addr, src) = (l.result(i.rd), l.x(i.rs1), l.x(i.rs2));
    l.block.push(Op::Rmw { op, size, dst, addr, src });
}
