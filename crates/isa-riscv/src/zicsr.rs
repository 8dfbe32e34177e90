//! Zicsr: control and status registers. All are the hart's, reached by a helper, but for the few that are plain storage
//! and that every trap handler uses: those are slots, and lift to moves where the privilege allows them.
//!
//! Source: unprivileged manual, "Zicsr" extension; privileged manual, "Supervisor-Level ISA" for the four registers.

use lodge_jit::ir::{BinOp, Dst, Op, Slot, Val, Width};

use crate::helper::{CsrAccess, CsrOp, Helper};
use crate::inst::Inst;
use crate::lifter::Lifter;
use crate::slots;

pub fn csrrw (l: &mut Lifter, i: &Inst) { access(l, i, CsrOp::Write, l.x(i.rs1)) }
pub fn csrrs (l: &mut Lifter, i: &Inst) { access(l, i, CsrOp::Set, l.x(i.rs1)) }
pub fn csrrc (l: &mut Lifter, i: &Inst) { access(l, i, CsrOp::Clear, l.x(i.rs1)) }
pub fn csrrwi(l: &mut Lifter, i: &Inst) { access(l, i, CsrOp::Write, Val::Imm(i64::from(i.rs1))) }
pub fn csrrsi(l: &mut Lifter, i: &Inst) { access(l, i, CsrOp::Set, Val::Imm(i64::from(i.rs1))) }
pub fn csrrci(l: &mut Lifter, i: &Inst) { access(l, i, CsrOp::Clear, Val::Imm(i64::from(i.rs1))) }

/// A write without rd does not read; setting or clearing with x0 or 0 (by number, not by value) does not write.
fn access(l: &mut Lifter, i: &Inst, op: CsrOp, operand: Val) {
    let writes = op == CsrOp::Write || i.rs1 != 0;
    let reads = op != CsrOp::Write || i.rd != 0;
    if let Some(slot) = plain_storage(i.imm).filter(|_| l.privilege() >= SUPERVISOR) {
        return in_slot(l, i, op, operand, slot);
    }
    if matches!(i.imm, FFLAGS | FRM) && !(i.imm == FRM && writes) {
        return float(l, i, op, operand, writes);
    }
    if let Some(value) = vector_unit(l, i.imm).filter(|_| !writes && l.has_vectors()) {
        return l.put(i, value);
    }
    let access = CsrAccess { number: i.imm as u16, op, writes, reads };
    let what = Val::Imm((u64::from(i.raw) << 32 | access.encode()) as i64);
    let dst = (i.rd != 0).then(|| slots::x(i.rd));
    let args = [what, operand, Val::Imm(i64::from(i.len))];
    if i.imm == SSTATUS && l.privilege() >= SUPERVISOR && status(l, i, op, operand, args) {
        return;
    }
    l.block.push(Op::Call { helper: Helper::Csr as u16, dst, args });
}

const FFLAGS: i64 = 1;
const FRM: i64 = 2;

/// The accrued flags, and reads of the rounding mode: libraries save and restore them around every other function.
fn float(l: &mut Lifter, i: &Inst, op: CsrOp, operand: Val, writes: bool) {
    if !(if writes { l.fp(i) } else { l.fp_on(i) }) {
        return;
    }
    if i.imm == FRM {
        return l.put(i, Val::Imm(l.frm().into()));
    }
    if !writes && i.rd != 0 {
        return l.block.push(Op::FpFlags { dst: Dst::Slot(slots::x(i.rd)) });
    }
    let old = l.tmp();
    if i.rd != 0 || op != CsrOp::Write {
        l.block.push(Op::FpFlags { dst: old });
    }
    if writes {
        let new = match op {
            CsrOp::Write => operand,
            CsrOp::Set => l.bin_tmp(BinOp::Or, old.into(), operand),
            CsrOp::Clear => l.bin_tmp(BinOp::AndNot, old.into(), operand),
        };
        l.block.push(Op::SetFpFlags { a: new });
    }
    l.put(i, old.into());
}

/// What the read-only registers of the vector unit read.
fn vector_unit(l: &Lifter, number: i64) -> Option<Val> {
    match number {
        0xc20 => Some(Val::Slot(slots::VL)),
        0xc21 => Some(Val::Slot(slots::VTYPE)),
        0xc22 => Some(Val::Imm(l.vlenb() as i64)),
        _ => None,
    }
}

const SUPERVISOR: u8 = 1;

/// Slot of a CSR whose reads and writes have no effect but the value.
fn plain_storage(number: i64) -> Option<Slot> {
    match number {
        0x140 => Some(slots::SSCRATCH),
        0x141 => Some(slots::SEPC),
        0x142 => Some(slots::SCAUSE),
        0x143 => Some(slots::STVAL),
        _ => None,
    }
}

const SSTATUS: i64 = 0x100;
/// sstatus.SIE
const SIE: i64 = 2;

/// Reads `sstatus`, or changes nothing of it but SIE, as kernels do all the time; `false`: it is not that. `args` are
/// those of the helper that can do everything.
fn status(l: &mut Lifter, i: &Inst, op: CsrOp, operand: Val, args: [Val; 3]) -> bool {
    let (slot, all) = (Dst::Slot(slots::SSTATUS), Val::Slot(slots::SSTATUS));
    match (op, operand) {
        (CsrOp::Set | CsrOp::Clear, _) if i.rs1 == 0 => l.put(i, all),
        (CsrOp::Clear, Val::Imm(SIE)) => {
            l.put(i, all);
            l.block.bin(BinOp::And, Width::W64, slot, all, Val::Imm(!SIE));
        }
        (CsrOp::Set, Val::Imm(SIE)) => {
            l.put(i, all);
            l.block.bin(BinOp::Or, Width::W64, slot, all, operand);
            let args = [Val::Imm(i64::from(i.len)), Val::Imm(0), Val::Imm(0)];
            let guard = Val::Slot(slots::DEFERRED);
            l.block.push(Op::CallIf { guard, helper: Helper::Poll as u16, args });
        }
        // What was saved with interrupts disabled comes back: nothing or SIE.
        (CsrOp::Set, Val::Slot(_)) if i.rd == 0 => {
            let more = l.bin_tmp(BinOp::And, operand, Val::Imm(!SIE));
            let due = l.bin_tmp(BinOp::And, operand, Val::Slot(slots::DEFERRED));
            let guard = l.bin_tmp(BinOp::Or, more, due);
            l.block.push(Op::CallIf { guard, helper: Helper::Csr as u16, args });
            // Once more what the helper did, if it was called.
            let enable = l.bin_tmp(BinOp::And, operand, Val::Imm(SIE));
            l.block.bin(BinOp::Or, Width::W64, slot, all, enable);
        }
        _ => return false,
    }
    true
}

/// The new value is made in a temporary first: rd may be rs1.
fn in_slot(l: &mut Lifter, i: &Inst, op: CsrOp, operand: Val, slot: Slot) {
    let old = Val::Slot(slot);
    let new = match op {
        CsrOp::Write => Some(operand),
        _ if i.rs1 == 0 => None,
        CsrOp::Set => Some(l.bin_tmp(BinOp::Or, old, operand)),
        CsrOp::Clear => Some(l.bin_tmp(BinOp::AndNot, old, operand)),
    };
    let new = new.map(|new| match new {
        _ if slot == slots::SEPC => l.bin_tmp(BinOp::And, new, Val::Imm(!1)),
        // `csrrw t0, sscratch, t0` swaps.
        Val::Slot(_) if i.rd == i.rs1 => {
            let copy = l.tmp();
            l.block.mov(copy, new);
            copy.into()
        }
        _ => new,
    });
    l.put(i, old);
    if let Some(new) = new {
        l.block.mov(Dst::Slot(slot), new);
    }
}
