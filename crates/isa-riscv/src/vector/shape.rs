//! What an arithmetic vector instruction amounts to, for emitters.
//!
//! It must not decide what is legal, nor what is fast.

use crate::helper::Helper;
use crate::inst::Inst;
use crate::lift::VectorState;
use crate::lifter::Lifter;
use crate::rvv;
use crate::slots;
use lodge_jit::ir::{LaneOp, Lanes, Other, Size, Slot};

/// The operation that stands for `i`.
pub(crate) fn of(l: &Lifter, i: &Inst, state: VectorState, result: Option<Slot>) -> Lanes {
    let lane = [Size::B1, Size::B2, Size::B4, Size::B8][usize::from(state.vtype.sew())];
    let bytes = (state.vtype.vlmax(l.vlenb()) as u16) << state.vtype.sew();
    Lanes {
        op: LaneOp::Other,
        lane,
        bytes,
        dst: rvv::slot(l, i.rd),
        a: rvv::slot(l, i.rs2),
        b: Other::Group(rvv::slot(l, i.rs1)),
        length: rvv::length(state),
        mask: (!i.vm).then_some(slots::V),
        helper: Helper::Vector as u16,
        raw: i.raw,
        result,
    }
}
