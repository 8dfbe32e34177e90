//! Zicbom, Zicbop, Zicboz: cache blocks. Who may use them, and that cbo.inval may be done as cbo.flush, is the
//! helpers' to know. A prefetch need do nothing, and never faults.
//!
//! Source: unprivileged manual, "CMO" extensions.

use lodge_jit::ir::{Op, Val};

use crate::helper::Helper;
use crate::inst::Inst;
use crate::lifter::Lifter;
use crate::slots;

pub fn cbo_inval(l: &mut Lifter, i: &Inst) { l.call(i, Helper::CboInval, l.x(i.rs1), Val::Imm(0), 0) }
pub fn cbo_clean(l: &mut Lifter, i: &Inst) { l.call(i, Helper::CboClean, l.x(i.rs1), Val::Imm(0), 0) }
pub fn cbo_flush(l: &mut Lifter, i: &Inst) { l.call(i, Helper::CboFlush, l.x(i.rs1), Val::Imm(0), 0) }

/// The helper only raises: it is called where the instruction is illegal.
pub fn cbo_zero(l: &mut Lifter, i: &Inst) {
    let guard = match l.privilege() {
        0 => Some(slots::NO_ZERO_U),
        1 => Some(slots::NO_ZERO_S),
        _ => None,
    };
    if let Some(guard) = guard {
        let args = [l.x(i.rs1), Val::Imm(0), Val::Imm((u64::from(i.raw) << 32) as i64)];
        l.block.push(Op::CallIf { guard: Val::Slot(guard), helper: Helper::CboZero as u16, args });
    }
    l.block.push(Op::ZeroLine { addr: l.x(i.rs1) });
}

pub fn prefetch_i(_l: &mut Lifter, _i: &Inst) {}
pub fn prefetch_r(_l: &mut Lifter, _i: &Inst) {}
pub fn prefetch_w(_l: &mut Lifter, _i: &Inst) {}
