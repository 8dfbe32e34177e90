//! One block: its operations, its end, and the cold code behind it.

use super::asm::{ATTENTION, Asm, JUMP_KEY, Label, PC, Place, RAX, RCX, RDX, Registers, tmp_offset, x64};
use super::thunks::{self, JUMPS_OFFSET, Thunks};
use crate::FpRules;
use crate::blocks::Lifted;
use crate::ir::{Cond, Dst, End, Op, Slot, Val};
use crate::softmmu::{Jump, jump_index};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_memory::PAGE_SIZE;
use lodge_softfloat::Rounding;

/// Rare code of a block, emitted behind it.
pub(super) enum Cold {
    /// A load that missed: address in rcx; `back` is behind the write of `dst`.
    Load { at: Label, back: Label, pc: u64, info: i32, dst: Dst },
    /// A store that missed: address in rcx.
    Store { at: Label, back: Label, pc: u64, size: i32, src: Val },
    /// An operation for the interpreter.
    Slow { at: Label, back: Label, pc: u64, op: *const Op },
    /// A NaN came out: xmm0 becomes the canonical one.
    Nan { at: Label, back: Label, bits: u64 },
    /// Leaves for `target`.
    Go { at: Label, target: u64 },
    /// Leaves for `target`; the jump at `site` may be tied to it.
    Chain { at: Label, target: u64, site: usize },
}

/// Writes one block.
pub(super) struct Emitter<'a> {
    pub asm: Asm,
    pub registers: &'a Registers,
    pub thunks: &'a Thunks,
    pub fp: FpRules,
    /// Rounding mode the host's unit has in this block.
    pub rounding: Rounding,
    /// Guest instruction being translated.
    pub pc: u64,
    pub cold: Vec<Cold>,
    /// FP slots known to hold a boxed binary32 here.
    pub boxed: Vec<Slot>,
    pub keeps_ops: bool,
    entry: Label,
    /// Offset of the block in the cache.
    offset: usize,
    start: u64,
    /// Whether direct jumps within the page may be tied.
    chains: bool,
    /// What code may assume has changed in this block: the code at its own start may be another's.
    pub rekeyed: bool,
}

/// A block's host code.
pub(super) struct Done {
    pub bytes: Vec<u8>,
    /// Offset of the code to run when the block is dead.
    pub dead: usize,
    /// Whether the code points at the block's operations.
    pub keeps_ops: bool,
}

impl<'a> Emitter<'a> {
    pub(super) fn new(
        base: usize,
        offset: usize,
        registers: &'a Registers,
        thunks: &'a Thunks,
        fp: FpRules,
        rounding: Rounding,
    ) -> Emitter<'a> {
        let mut asm = Asm::new(base);
        let entry = asm.new_dynamic_label();
        Emitter {
            asm,
            registers,
            thunks,
            fp,
            rounding,
            pc: 0,
            cold: Vec::new(),
            boxed: Vec::new(),
            keeps_ops: false,
            entry,
            offset,
            start: 0,
            chains: false,
            rekeyed: false,
        }
    }

    /// Translates all of it.
    pub(super) fn block(mut self, lifted: &Lifted) -> Done {
        let block = &lifted.block;
        self.start = block.pc;
        self.chains = lifted.second.is_none();
        let entry = self.entry;
        x64!(self.asm ; =>entry);
        for op in &block.ops {
            self.op(op);
        }
        self.end(&block.end);
        while let Some(cold) = self.cold.pop() {
            self.cold_code(cold);
        }
        let dead = self.asm.offset().0;
        x64!(self.asm ; mov rax, QWORD block.pc as i64 ; jmp extern self.thunks.lookup);
        let keeps_ops = self.keeps_ops;
        // Labels are all bound and displacements all fit a cache of this size: failure is a mistake in this folder.
        let bytes = self.asm.finalize().expect("block assembles");
        Done { bytes, dead, keeps_ops }
    }

    fn op(&mut self, op: &Op) {
        match *op {
            Op::Guest { pc } => self.pc = pc,
            Op::Move { dst, a } => self.mov(dst, a),
            Op::Assume { bits } => self.assume(bits),
            Op::Lanes(ref lanes) => {
                if !self.lanes(op, lanes) {
                    self.slow(op);
                }
            }
            Op::Stream(ref stream) => {
                if !self.stream(op, stream) {
                    self.slow(op);
                }
            }
            Op::Bin { op: kind, w, dst, a, b } => {
                if !self.bin(kind, w, dst, a, b) {
                    self.slow(op);
                }
            }
            Op::AddShifted { dst, a, b, shift } => self.add_shifted(dst, a, b, shift),
            Op::Un { op: kind, w, dst, a } => {
                if !self.un(kind, w, dst, a) {
                    self.slow(op);
                }
            }
            Op::Set { cond, w, dst, a, b } => self.set(cond, w, dst, a, b),
            Op::Select { cond, dst, test, a, b } => self.select(cond, dst, test, a, b),
            Op::Load { dst, size, extend, base, offset, order: _ } => {
                self.load(dst, size, extend, base, offset)
            }
            Op::Store { src, size, base, offset, order: _ } => self.store(src, size, base, offset),
            Op::Rmw { op: kind, size, dst, addr, src } => {
                if !self.rmw(op, kind, size, dst, addr, src) {
                    self.slow(op);
                }
            }
            Op::Cas { size, dst, addr, expect, new } => self.cas(op, size, dst, addr, [expect, new]),
            Op::LoadReserved { size, dst, addr } => self.load_reserved(op, size, dst, addr),
            Op::StoreConditional { size, dst, addr, src } => self.store_conditional(op, size, dst, addr, src),
            Op::Fence { full } => {
                if full {
                    x64!(self.asm ; mfence);
                }
            }
            _ => {
                if !self.float(op) {
                    self.slow(op);
                }
            }
        }
    }

    /// Has the interpreter do `op`.
    pub(super) fn slow(&mut self, op: &Op) {
        self.call_slow(self.pc, op);
        self.forget_written(op);
    }

    fn call_slow(&mut self, pc: u64, op: *const Op) {
        self.keeps_ops = true;
        x64!(self.asm
            ; mov rax, QWORD pc as i64
            ; mov [rbp + PC], rax
            ; mov rdx, QWORD op as i64
            ; call extern self.thunks.slow);
    }

    /// Cold code that has the interpreter do `op` and goes on at `back`; where to jump for it.
    pub(super) fn slow_aside(&mut self, op: &Op, back: Label) -> Label {
        let at = self.asm.new_dynamic_label();
        self.cold.push(Cold::Slow { at, back, pc: self.pc, op });
        at
    }

    /// What `op` wrote is not known to be boxed any more (the interpreter's results are not tracked).
    fn forget_written(&mut self, op: &Op) {
        match *op {
            Op::Call { .. } | Op::Lanes(_) | Op::LoadVec { .. } | Op::Vec { .. } | Op::CasPair { .. } => {
                self.boxed.clear()
            }
            Op::Bin { dst: Dst::Slot(slot), .. }
            | Op::Un { dst: Dst::Slot(slot), .. }
            | Op::FpSet { dst: Dst::Slot(slot), .. }
            | Op::FpClass { dst: Dst::Slot(slot), .. }
            | Op::FpToInt { dst: Dst::Slot(slot), .. }
            | Op::FpToIntMod { dst: Dst::Slot(slot), .. }
            | Op::Fp { dst: Dst::Slot(slot), .. }
            | Op::Fma { dst: Dst::Slot(slot), .. }
            | Op::Sqrt { dst: Dst::Slot(slot), .. }
            | Op::FpSign { dst: Dst::Slot(slot), .. }
            | Op::IntToFp { dst: Dst::Slot(slot), .. }
            | Op::FpToFp { dst: Dst::Slot(slot), .. }
            | Op::FpRound { dst: Dst::Slot(slot), .. } => self.unbox(slot),
            _ => {}
        }
    }

    /// The slot may hold anything now.
    pub(super) fn unbox(&mut self, slot: Slot) {
        self.boxed.retain(|s| *s != slot);
    }

    pub(super) fn place(&self, val: Val) -> Option<Place> {
        match val {
            Val::Slot(slot) => Some(self.registers.place(slot)),
            Val::Tmp(tmp) => Some(Place::Mem(tmp_offset(tmp))),
            Val::Imm(_) => None,
        }
    }

    /// A general register that holds `val`: its own, or `scratch` after loading it there.
    pub(super) fn read(&mut self, val: Val, scratch: u8) -> u8 {
        match self.place(val) {
            Some(Place::Gpr(r)) => r,
            _ => {
                self.load_into(scratch, val);
                scratch
            }
        }
    }

    /// register = val
    pub(super) fn load_into(&mut self, r: u8, val: Val) {
        match (self.place(val), val) {
            (Some(Place::Gpr(from)), _) if from == r => {}
            (Some(Place::Gpr(from)), _) => x64!(self.asm ; mov Rq(r), Rq(from)),
            (Some(Place::Xmm(from)), _) => x64!(self.asm ; movq Rq(r), Rx(from)),
            (Some(Place::Mem(at)), _) => x64!(self.asm ; mov Rq(r), [rbp + at]),
            (None, Val::Imm(0)) => x64!(self.asm ; xor Rd(r), Rd(r)),
            (None, Val::Imm(imm)) => self.constant(r, imm),
            (None, _) => {}
        }
    }

    /// register = constant, in the shortest form; flags stay.
    pub(super) fn constant(&mut self, r: u8, imm: i64) {
        if let Ok(imm) = u32::try_from(imm) {
            x64!(self.asm ; mov Rd(r), imm as i32);
        } else if let Ok(imm) = i32::try_from(imm) {
            x64!(self.asm ; mov Rq(r), imm);
        } else {
            x64!(self.asm ; mov Rq(r), QWORD imm);
        }
    }

    /// The register to compute `dst` in: its own, or `scratch`. Follow with [`Emitter::write`].
    pub(super) fn target(&self, dst: Dst, scratch: u8) -> u8 {
        match self.place(dst.into()) {
            Some(Place::Gpr(r)) => r,
            _ => scratch,
        }
    }

    /// dst = register
    pub(super) fn write(&mut self, dst: Dst, r: u8) {
        if let Dst::Slot(slot) = dst {
            self.unbox(slot);
        }
        match self.place(dst.into()) {
            Some(Place::Gpr(to)) if to != r => x64!(self.asm ; mov Rq(to), Rq(r)),
            Some(Place::Xmm(to)) => x64!(self.asm ; movq Rx(to), Rq(r)),
            Some(Place::Mem(at)) => x64!(self.asm ; mov [rbp + at], Rq(r)),
            _ => {}
        }
    }

    fn end(&mut self, end: &End) {
        match *end {
            End::Jump { target, .. } => self.direct(target),
            End::Branch { cond, a, b, taken, fall } => self.branch(cond, [a, b], taken, fall),
            End::Indirect { target, .. } => {
                self.load_into(RAX, target);
                // Inlined for each jump, so that the host predicts each by itself.
                thunks::jump_to_rax(&mut self.asm, self.thunks.go);
            }
            End::Raise { cause, value } => {
                x64!(self.asm ; mov rax, QWORD self.pc as i64 ; mov [rbp + PC], rax);
                self.load_into(RCX, value);
                self.constant(RDX, cause as i64);
                x64!(self.asm ; jmp extern self.thunks.raise);
            }
            End::Leave { pc } => {
                x64!(self.asm
                    ; mov rax, QWORD pc as i64
                    ; mov [rbp + PC], rax
                    ; mov eax, thunks::LEAVE as i32
                    ; jmp extern self.thunks.exit);
            }
        }
    }

    fn branch(&mut self, cond: Cond, [a, b]: [Val; 2], taken: u64, fall: u64) {
        let not_taken = self.asm.new_dynamic_label();
        self.compare(a, b);
        match cond {
            Cond::Eq => x64!(self.asm ; jne =>not_taken),
            Cond::Ne => x64!(self.asm ; je =>not_taken),
            Cond::LtS => x64!(self.asm ; jge =>not_taken),
            Cond::GeS => x64!(self.asm ; jl =>not_taken),
            Cond::LtU => x64!(self.asm ; jae =>not_taken),
            Cond::GeU => x64!(self.asm ; jb =>not_taken),
        }
        self.direct(taken);
        x64!(self.asm ; =>not_taken);
        self.direct(fall);
    }

    /// Goes to a known address. Every loop passes a backward jump or an indirect one: those look for attention.
    fn direct(&mut self, target: u64) {
        if target <= self.pc {
            let at = self.asm.new_dynamic_label();
            self.cold.push(Cold::Go { at, target });
            x64!(self.asm ; mov rax, [rbp + ATTENTION] ; cmp DWORD [rax], 0 ; jne =>at);
        }
        let same_page = (target ^ self.start) < PAGE_SIZE;
        if target == self.start && self.chains && !self.rekeyed {
            let entry = self.entry;
            x64!(self.asm ; jmp =>entry);
        } else if same_page && self.chains {
            let at = self.asm.new_dynamic_label();
            x64!(self.asm ; jmp =>at);
            let site = self.offset + self.asm.offset().0 - 4;
            self.cold.push(Cold::Chain { at, target, site });
        } else {
            let entry = JUMPS_OFFSET + (jump_index(target) * size_of::<Jump>()) as i32;
            self.constant(RAX, target as i64);
            x64!(self.asm
                ; mov rdx, rax
                ; xor rdx, [rbp + JUMP_KEY]
                ; cmp rdx, [r15 + entry]
                ; jne extern self.thunks.go
                ; jmp QWORD [r15 + entry + 8]);
        }
    }

    fn cold_code(&mut self, cold: Cold) {
        match cold {
            Cold::Load { at, back, pc, info, dst } => {
                x64!(self.asm
                    ; =>at
                    ; mov rax, QWORD pc as i64
                    ; mov [rbp + PC], rax
                    ; mov edx, info
                    ; call extern self.thunks.load);
                self.write(dst, RAX);
                x64!(self.asm ; jmp =>back);
            }
            Cold::Store { at, back, pc, size, src } => {
                x64!(self.asm ; =>at ; mov rdx, QWORD pc as i64 ; mov [rbp + PC], rdx);
                self.load_into(RAX, src);
                x64!(self.asm
                    ; mov edx, size
                    ; call extern self.thunks.store
                    ; jmp =>back);
            }
            Cold::Slow { at, back, pc, op } => {
                x64!(self.asm ; =>at);
                self.call_slow(pc, op);
                x64!(self.asm ; jmp =>back);
            }
            Cold::Nan { at, back, bits } => x64!(self.asm
                ; =>at
                ; mov rax, QWORD bits as i64
                ; movq xmm0, rax
                ; jmp =>back),
            Cold::Go { at, target } => x64!(self.asm
                ; =>at
                ; mov rax, QWORD target as i64
                ; jmp extern self.thunks.go),
            Cold::Chain { at, target, site } => x64!(self.asm
                ; =>at
                ; mov rax, QWORD target as i64
                ; mov [rbp + PC], rax
                ; mov rax, QWORD (site << 8 | thunks::CHAIN as usize) as i64
                ; jmp extern self.thunks.exit),
        }
    }
}
