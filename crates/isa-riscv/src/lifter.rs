//! What the lift functions of all extensions share: operands by number, results that may be x0, temporaries, calls.
//!
//! ```text
//!   Inst { rd: 5, rs1: 6, rs2: 0 } ──► x(6) = Slot(6)   x(0) = Imm(0)   result(5) = Slot(5)   result(0) = a temporary
//! ```
//! It must not know a single instruction.

use lodge_jit::ir::{BinOp, Dst, End, Extend, Fmt, Op, Order, Rounding, Size, UnOp, Val, Width};
use lodge_jit::{Builder, Mode};

use crate::helper::Helper;
use crate::inst::Inst;
use crate::lift::VectorState;
use crate::slots;

/// Cause of an illegal instruction (privileged manual, table of `mcause` values).
const ILLEGAL_INSTRUCTION: u64 = 2;

/// mstatus.FS (privileged manual, "Extension Context Status in mstatus Register").
const FS_OFF: u8 = 0;
const FS_DIRTY: u8 = 3;

/// A block being lifted, and the instruction it is at.
pub(crate) struct Lifter<'a> {
    /// Where operations go.
    pub block: &'a mut Builder,
    /// Address of the instruction.
    pub pc: u64,
    mode: Mode,
    /// Temporaries of this block, and how many of them the instruction at hand has taken: none lives longer than its
    /// instruction, so that a block never needs more than a few.
    tmps: Vec<Dst>,
    taken: usize,
    /// What is known of the vector unit here.
    pub vector: Option<VectorState>,
    /// The block has vector instructions.
    pub uses_vectors: bool,
}

impl<'a> Lifter<'a> {
    pub fn new(mode: Mode, block: &'a mut Builder) -> Lifter<'a> {
        let pc = block.next_pc();
        let vector = VectorState::known(mode.assume >> 7);
        Lifter { block, pc, mode, tmps: Vec::new(), taken: 0, vector, uses_vectors: false }
    }

    /// Begins an instruction of `len` bytes.
    pub fn begin(&mut self, len: u8) {
        self.pc = self.block.next_pc();
        self.block.instruction(len);
        self.taken = 0;
    }

    // What the mode says (see `lift` for its layout).

    /// 0 user, 1 supervisor, 3 machine.
    pub fn privilege(&self) -> u8 {
        (self.mode.assume & 3) as u8
    }

    fn fs(&self) -> u8 {
        (self.mode.assume >> 2 & 3) as u8
    }

    /// The rounding mode's register.
    pub fn frm(&self) -> u8 {
        (self.mode.assume >> 4 & 7) as u8
    }

    // Operands and results.

    /// Integer register `n` as an operand.
    pub fn x(&self, n: u8) -> Val {
        if n == 0 { Val::Imm(0) } else { Val::Slot(slots::x(n)) }
    }

    /// Floating-point register `n` as an operand.
    pub fn f(&self, n: u8) -> Val {
        Val::Slot(slots::f(n))
    }

    /// Floating-point register `n` as a result.
    pub fn fd(&self, n: u8) -> Dst {
        Dst::Slot(slots::f(n))
    }

    /// Integer register `n` as a result of something that must happen even when nobody wants its result.
    pub fn result(&mut self, n: u8) -> Dst {
        if n == 0 { self.tmp() } else { Dst::Slot(slots::x(n)) }
    }

    /// A temporary for the rest of this instruction.
    pub fn tmp(&mut self) -> Dst {
        if self.taken == self.tmps.len() {
            self.tmps.push(self.block.tmp());
        }
        self.taken += 1;
        self.tmps[self.taken - 1]
    }

    /// Integer register `n` as a result of something without effects: nothing need be done when it is x0.
    pub fn pure(&self, n: u8) -> Option<Dst> {
        (n != 0).then(|| Dst::Slot(slots::x(n)))
    }

    // Integer shapes.

    /// rd = a
    pub fn put(&mut self, i: &Inst, a: Val) {
        if let Some(dst) = self.pure(i.rd) {
            self.block.mov(dst, a);
        }
    }

    /// rd = an address computed from the program counter
    pub fn put_address(&mut self, i: &Inst, address: u64) {
        if let Some(dst) = self.pure(i.rd) {
            self.block.address(dst, address);
        }
    }

    /// rd = a op b
    pub fn bin(&mut self, i: &Inst, op: BinOp, w: Width, a: Val, b: Val) {
        if let Some(dst) = self.pure(i.rd) {
            self.block.bin(op, w, dst, a, b);
        }
    }

    /// rd = rs1 op rs2
    pub fn binary(&mut self, i: &Inst, op: BinOp, w: Width) {
        self.bin(i, op, w, self.x(i.rs1), self.x(i.rs2));
    }

    /// rd = rs1 op imm
    pub fn immediate(&mut self, i: &Inst, op: BinOp, w: Width) {
        self.bin(i, op, w, self.x(i.rs1), Val::Imm(i.imm));
    }

    /// rd = op rs1
    pub fn unary(&mut self, i: &Inst, op: UnOp, w: Width) {
        if let Some(dst) = self.pure(i.rd) {
            self.block.un(op, w, dst, self.x(i.rs1));
        }
    }

    /// A temporary = a op b, 64 bits.
    pub fn bin_tmp(&mut self, op: BinOp, a: Val, b: Val) -> Val {
        let dst = self.tmp();
        self.block.bin(op, Width::W64, dst, a, b);
        dst.into()
    }

    /// A temporary = op a, 64 bits.
    pub fn un_tmp(&mut self, op: UnOp, a: Val) -> Val {
        let dst = self.tmp();
        self.block.un(op, Width::W64, dst, a);
        dst.into()
    }

    // Memory.

    /// dst = memory[rs1 + imm]
    pub fn load(&mut self, i: &Inst, dst: Dst, size: Size, extend: Extend) {
        let (base, offset) = (self.x(i.rs1), i.imm as i32);
        self.block.push(Op::Load { dst, size, extend, base, offset, order: Order::Relaxed });
    }

    /// memory[rs1 + imm] = src
    pub fn store(&mut self, i: &Inst, src: Val, size: Size) {
        let (base, offset) = (self.x(i.rs1), i.imm as i32);
        self.block.push(Op::Store { src, size, base, offset, order: Order::Relaxed });
    }

    // Ends and calls.

    /// Ends the block with an illegal instruction: this one.
    pub fn illegal(&mut self, raw: u32) {
        self.block.end(End::Raise { cause: ILLEGAL_INSTRUCTION, value: Val::Imm(i64::from(raw)) });
    }

    /// Calls a helper. `args[2]` is or'ed with the instruction's bits; see [`crate::helper::raw`].
    pub fn call(&mut self, i: &Inst, helper: Helper, a: Val, b: Val, c: u32) {
        let last = Val::Imm((u64::from(i.raw) << 32 | u64::from(c)) as i64);
        self.block.push(Op::Call { helper: helper as u16, dst: None, args: [a, b, last] });
        if helper.leaves() {
            self.block.end(End::Leave { pc: self.block.next_pc() });
        }
    }

    // Floating point.

    /// Whether a floating-point instruction that changes no floating-point state may go on; else it is lifted as
    /// illegal.
    pub fn fp_on(&mut self, i: &Inst) -> bool {
        if self.fs() == FS_OFF {
            self.illegal(i.raw);
        }
        self.fs() != FS_OFF
    }

    /// Whether an instruction that may change floating-point state (a register or a flag) may go on; else it is
    /// lifted as what must come first: the exception, or the note that the state is dirty.
    pub fn fp(&mut self, i: &Inst) -> bool {
        if !self.fp_on(i) {
            return false;
        }
        if self.fs() != FS_DIRTY {
            self.mark(i, Helper::MarkFsDirty);
        }
        self.fs() == FS_DIRTY
    }

    /// The rounding mode that `frm` names.
    pub fn rounding(&self) -> Option<Rounding> {
        Rounding::from_frm(self.frm())
    }

    // Vectors.

    fn vs(&self) -> u8 {
        (self.mode.assume >> 7 & 3) as u8
    }

    /// Whether there is a vector unit, and it is on.
    pub fn has_vectors(&self) -> bool {
        self.vs() != FS_OFF
    }

    /// Bytes of a vector register.
    pub fn vlenb(&self) -> usize {
        if self.mode.assume >> 7 & VectorState::WIDE != 0 { 32 } else { 16 }
    }

    /// What stands beside [`VectorState::bits`] in an [`Op::Assume`] of this block.
    pub fn vector_base(&self) -> u32 {
        self.mode.assume >> 7 & (3 | VectorState::WIDE) | VectorState::KNOWN
    }

    /// Whether a vector instruction may go on; else it is lifted as what must come first: the exception, or the note
    /// that the state is dirty.
    pub fn vector_on(&mut self, i: &Inst) -> bool {
        match self.vs() {
            FS_OFF => self.illegal(i.raw),
            FS_DIRTY => {}
            _ => self.mark(i, Helper::MarkVsDirty),
        }
        self.vs() == FS_DIRTY
    }

    /// Calls a helper that changes the mode, after which the instruction is run again.
    fn mark(&mut self, i: &Inst, helper: Helper) {
        let args = [Val::Imm(0), Val::Imm(0), Val::Imm((u64::from(i.raw) << 32) as i64)];
        self.block.push(Op::Call { helper: helper as u16, dst: None, args });
        self.block.end(End::Leave { pc: self.pc });
    }

    /// As [`Lifter::fp`], for an instruction with a rounding mode, which it returns.
    pub fn fp_rounding(&mut self, i: &Inst) -> Option<Rounding> {
        let rm = if i.rm == 7 { self.frm() } else { i.rm };
        match Rounding::ALL.get(usize::from(rm)) {
            Some(rounding) => self.fp(i).then_some(*rounding),
            None => {
                self.illegal(i.raw);
                None
            }
        }
    }
}

/// Ones above a value of this format in a 64-bit register.
pub(crate) const fn boxing(fmt: Fmt) -> i64 {
    match fmt {
        Fmt::H => !0xffff,
        Fmt::S => !0xffff_ffff,
        Fmt::D => 0,
    }
}
