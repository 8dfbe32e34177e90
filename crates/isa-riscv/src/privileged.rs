//! The privileged instructions and the other ones that stop, wait or forget translations. Whether the mode allows them
//! is their helpers' to know; all of them end the block.
//!
//! Source: privileged manual, "Trap-Return Instructions", "Wait for Interrupt", "Supervisor Memory-Management Fence
//! Instruction", "Svinval"; unprivileged manual, "Zifencei", "Zawrs", "Zihintpause".

use lodge_jit::ir::Val;

use crate::helper::Helper;
use crate::inst::Inst;
use crate::lifter::Lifter;

pub fn mret           (l: &mut Lifter, i: &Inst) { plain(l, i, Helper::Mret) }
pub fn sret           (l: &mut Lifter, i: &Inst) { plain(l, i, Helper::Sret) }
pub fn wfi            (l: &mut Lifter, i: &Inst) { plain(l, i, Helper::Wfi) }
pub fn wrs_nto        (l: &mut Lifter, i: &Inst) { plain(l, i, Helper::WrsNto) }
pub fn wrs_sto        (l: &mut Lifter, i: &Inst) { plain(l, i, Helper::WrsSto) }
pub fn sfence_vma     (l: &mut Lifter, i: &Inst) { forget(l, i) }
pub fn sinval_vma     (l: &mut Lifter, i: &Inst) { forget(l, i) }
pub fn sfence_w_inval (l: &mut Lifter, i: &Inst) { plain(l, i, Helper::SfenceWInval) }
pub fn sfence_inval_ir(l: &mut Lifter, i: &Inst) { plain(l, i, Helper::SfenceInvalIr) }
pub fn fence_i        (l: &mut Lifter, i: &Inst) { plain(l, i, Helper::FenceI) }

/// A hint to go slower.
pub fn pause(_l: &mut Lifter, _i: &Inst) {}

fn plain(l: &mut Lifter, i: &Inst, helper: Helper) {
    l.call(i, helper, Val::Imm(0), Val::Imm(0), 0);
}

fn forget(l: &mut Lifter, i: &Inst) {
    let given = u32::from(i.rs1 != 0) | u32::from(i.rs2 != 0) << 1;
    l.call(i, Helper::SfenceVma, l.x(i.rs1), l.x(i.rs2), given);
}
