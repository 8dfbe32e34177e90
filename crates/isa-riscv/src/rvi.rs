//! I: the base integer instructions. One function a mnemonic; what is not obvious is said at its function.
//!
//! Source: unprivileged manual, "RV32I Base Integer Instruction Set", "RV64I Base Integer Instruction Set".

use lodge_jit::ir::{BinOp::*, Cond, End, Extend, Hint, Op, Size::*, UnOp, Val, Width::*};

use crate::inst::Inst;
use crate::lifter::Lifter;

/// Environment call from user mode; those from supervisor and machine mode follow by privilege.
const CAUSE_ECALL: u64 = 8;
const CAUSE_BREAKPOINT: u64 = 3;

pub fn lui  (l: &mut Lifter, i: &Inst) { l.put(i, Val::Imm(i.imm)) }
pub fn auipc(l: &mut Lifter, i: &Inst) { l.put_address(i, l.pc.wrapping_add(i.imm as u64)) }

pub fn jal(l: &mut Lifter, i: &Inst) {
    l.put_address(i, l.block.next_pc());
    let hint = if is_link(i.rd) { Hint::Call } else { Hint::None };
    l.block.end(End::Jump { target: l.pc.wrapping_add(i.imm as u64), hint });
}

/// The target is computed before rd is written: they may be one register.
pub fn jalr(l: &mut Lifter, i: &Inst) {
    let base = if i.imm == 0 { l.x(i.rs1) } else { l.bin_tmp(Add, l.x(i.rs1), Val::Imm(i.imm)) };
    let target = l.bin_tmp(And, base, Val::Imm(!1));
    l.put_address(i, l.block.next_pc());
    let hint = match (is_link(i.rd), is_link(i.rs1)) {
        (true, _) => Hint::Call,
        (false, true) => Hint::Return,
        (false, false) => Hint::None,
    };
    l.block.end(End::Indirect { target, hint });
}

pub fn beq (l: &mut Lifter, i: &Inst) { branch(l, i, Cond::Eq) }
pub fn bne (l: &mut Lifter, i: &Inst) { branch(l, i, Cond::Ne) }
pub fn blt (l: &mut Lifter, i: &Inst) { branch(l, i, Cond::LtS) }
pub fn bge (l: &mut Lifter, i: &Inst) { branch(l, i, Cond::GeS) }
pub fn bltu(l: &mut Lifter, i: &Inst) { branch(l, i, Cond::LtU) }
pub fn bgeu(l: &mut Lifter, i: &Inst) { branch(l, i, Cond::GeU) }

pub fn lb (l: &mut Lifter, i: &Inst) { let dst = l.result(i.rd); l.load(i, dst, B1, Extend::Sign) }
pub fn lh (l: &mut Lifter, i: &Inst) { let dst = l.result(i.rd); l.load(i, dst, B2, Extend::Sign) }
pub fn lw (l: &mut Lifter, i: &Inst) { let dst = l.result(i.rd); l.load(i, dst, B4, Extend::Sign) }
pub fn ld (l: &mut Lifter, i: &Inst) { let dst = l.result(i.rd); l.load(i, dst, B8, Extend::Zero) }
pub fn lbu(l: &mut Lifter, i: &Inst) { let dst = l.result(i.rd); l.load(i, dst, B1, Extend::Zero) }
pub fn lhu(l: &mut Lifter, i: &Inst) { let dst = l.result(i.rd); l.load(i, dst, B2, Extend::Zero) }
pub fn lwu(l: &mut Lifter, i: &Inst) { let dst = l.result(i.rd); l.load(i, dst, B4, Extend::Zero) }

pub fn sb(l: &mut Lifter, i: &Inst) { l.store(i, l.x(i.rs2), B1) }
pub fn sh(l: &mut Lifter, i: &Inst) { l.store(i, l.x(i.rs2), B2) }
pub fn sw(l: &mut Lifter, i: &Inst) { l.store(i, l.x(i.rs2), B4) }
pub fn sd(l: &mut Lifter, i: &Inst) { l.store(i, l.x(i.rs2), B8) }

/// `li` (rs1 = x0) and `mv` (imm = 0) are moves.
pub fn addi(l: &mut Lifter, i: &Inst) {
    match (i.rs1, i.imm) {
        (0, imm) => l.put(i, Val::Imm(imm)),
        (_, 0) => l.put(i, l.x(i.rs1)),
        _ => l.immediate(i, Add, W64),
    }
}

pub fn slti (l: &mut Lifter, i: &Inst) { set(l, i, Cond::LtS, Val::Imm(i.imm)) }
pub fn sltiu(l: &mut Lifter, i: &Inst) { set(l, i, Cond::LtU, Val::Imm(i.imm)) }
pub fn xori (l: &mut Lifter, i: &Inst) { l.immediate(i, Xor, W64) }
pub fn ori  (l: &mut Lifter, i: &Inst) { l.immediate(i, Or, W64) }
pub fn andi (l: &mut Lifter, i: &Inst) { l.immediate(i, And, W64) }
pub fn slli (l: &mut Lifter, i: &Inst) { l.immediate(i, Shl, W64) }
pub fn srli (l: &mut Lifter, i: &Inst) { l.immediate(i, Shr, W64) }
pub fn srai (l: &mut Lifter, i: &Inst) { l.immediate(i, Sar, W64) }

/// With x0 it is how `c.mv` is spelled.
pub fn add(l: &mut Lifter, i: &Inst) {
    match (i.rs1, i.rs2) {
        (0, rs) | (rs, 0) => l.put(i, l.x(rs)),
        _ => l.binary(i, Add, W64),
    }
}

pub fn sub (l: &mut Lifter, i: &Inst) { l.binary(i, Sub, W64) }
pub fn sll (l: &mut Lifter, i: &Inst) { l.binary(i, Shl, W64) }
pub fn slt (l: &mut Lifter, i: &Inst) { set(l, i, Cond::LtS, l.x(i.rs2)) }
pub fn sltu(l: &mut Lifter, i: &Inst) { set(l, i, Cond::LtU, l.x(i.rs2)) }
pub fn xor (l: &mut Lifter, i: &Inst) { l.binary(i, Xor, W64) }
pub fn srl (l: &mut Lifter, i: &Inst) { l.binary(i, Shr, W64) }
pub fn sra (l: &mut Lifter, i: &Inst) { l.binary(i, Sar, W64) }
pub fn or  (l: &mut Lifter, i: &Inst) { l.binary(i, Or, W64) }
pub fn and (l: &mut Lifter, i: &Inst) { l.binary(i, And, W64) }

/// `sext.w` when imm = 0.
pub fn addiw(l: &mut Lifter, i: &Inst) {
    match (i.rs1, i.imm) {
        (0, imm) => l.put(i, Val::Imm(imm)),
        (_, 0) => l.unary(i, UnOp::Sext32, W64),
        _ => l.immediate(i, Add, S32),
    }
}

pub fn slliw(l: &mut Lifter, i: &Inst) { l.immediate(i, Shl, S32) }
pub fn srliw(l: &mut Lifter, i: &Inst) { l.immediate(i, Shr, S32) }
pub fn sraiw(l: &mut Lifter, i: &Inst) { l.immediate(i, Sar, S32) }
pub fn addw (l: &mut Lifter, i: &Inst) { l.binary(i, Add, S32) }
pub fn subw (l: &mut Lifter, i: &Inst) { l.binary(i, Sub, S32) }
pub fn sllw (l: &mut Lifter, i: &Inst) { l.binary(i, Shl, S32) }
pub fn srlw (l: &mut Lifter, i: &Inst) { l.binary(i, Shr, S32) }
pub fn sraw (l: &mut Lifter, i: &Inst) { l.binary(i, Sar, S32) }

/// Sets are device input 8, device output 4, reads 2, writes 1. Reserved values of fm count as zero, as they must.
pub fn fence(l: &mut Lifter, i: &Inst) {
    let (before, after) = (i.imm >> 4 & 15, i.imm & 15);
    l.block.push(Op::Fence { full: before & 0b0101 != 0 && after & 0b1010 != 0 });
}

/// All but stores before loads.
pub fn fence_tso(l: &mut Lifter, _i: &Inst) { l.block.push(Op::Fence { full: false }) }

pub fn ecall(l: &mut Lifter, _i: &Inst) {
    l.block.end(End::Raise { cause: CAUSE_ECALL + u64::from(l.privilege()), value: Val::Imm(0) });
}

pub fn ebreak(l: &mut Lifter, _i: &Inst) {
    let value = l.tmp();
    l.block.address(value, l.pc);
    l.block.end(End::Raise { cause: CAUSE_BREAKPOINT, value: value.into() });
}

/// Registers that calls leave their return address in (unprivileged manual, table of return-address stack hints).
fn is_link(register: u8) -> bool {
    matches!(register, 1 | 5)
}

fn set(l: &mut Lifter, i: &Inst, cond: Cond, b: Val) {
    if let Some(dst) = l.pure(i.rd) {
        l.block.set(cond, dst, l.x(i.rs1), b);
    }
}

/// A register compared with itself is decided here, so that later stages never compare two constants.
fn branch(l: &mut Lifter, i: &Inst, cond: Cond) {
    let (taken, fall) = (l.pc.wrapping_add(i.imm as u64), l.block.next_pc());
    let (a, b) = (l.x(i.rs1), l.x(i.rs2));
    l.block.end(if a != b {
        End::Branch { cond, a, b, taken, fall }
    } else if matches!(cond, Cond::Eq | Cond::GeS | Cond::GeU) {
        End::Jump { target: taken, hint: Hint::None }
    } else {
        End::Jump { target: fall, hint: Hint::None }
    });
}
