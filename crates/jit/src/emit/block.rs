//! One block: its operations, its end, and the cold code behind it.

use super::asm::{
    ATTENTION, Asm, EXECUTED, Fix, Fixup, JUMP_CODE, JUMP_KEY, LIMIT, Label, PC, Place, RAN, RAX, RCX, RDX,
    Registers, jump_entry, tmp_offset, x64,
};
use super::dirty::{Dirty, handed_on};
use super::reach::Reach;
use super::region::Inside;
use super::thunks::{self, Thunks};
use crate::FpRules;
use crate::blocks::Lifted;
use crate::ir::{BinOp, Block, Cond, Dst, End, Fmt, Op, Slot, Val, Width};
use crate::simplify::Narrow;
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_memory::PAGE_SIZE;
use lodge_softfloat::Rounding;

/// Rare code of a block, emitted behind it.
pub(super) enum Cold {
    /// A load that missed: address in rcx, unless it comes from a `detour`; `back` is behind the write of `dst`.
    Load { at: Label, back: Label, pc: u64, info: i32, dst: Dst, detour: Option<Detour> },
    /// Likewise a store.
    Store { at: Label, back: Label, pc: u64, info: i32, src: Val, detour: Option<Detour> },
    /// An address was beyond the mirror: leaves the region for the instruction at `pc`.
    Beyond { at: Label, pc: u64 },
    /// An operation for the interpreter.
    Slow { at: Label, back: Label, pc: u64, op: *const Op },
    /// A NaN came out: the register becomes the canonical one.
    Nan { at: Label, back: Label, register: u8, fmt: Fmt },
    /// Not all accrued flags are known: see [`Emitter::read_unsure`].
    ReadFlags { at: Label, back: Label, register: u8, slow: Label },
    /// The accrued flags become others: see [`Emitter::write_unsure`].
    WriteFlags { at: Label, back: Label },
    /// Leaves for `target`.
    Go { at: Label, target: u64 },
    /// Leaves for `target`; the jump at `site` may be tied to it.
    Chain { at: Label, target: u64, site: usize },
    /// Leaves the region for the dispatcher, which goes on at `target`.
    GoOut { at: Label, target: u64 },
    /// Leaves the region for `target`.
    Exit { at: Label, target: u64, pc: u64 },
    /// Says that the block has become hot.
    Hot { at: Label },
}

/// An access by way of the mirror that may fault.
#[derive(Clone, Copy)]
pub(super) struct Detour {
    /// Offset of the instruction.
    pub site: usize,
    pub base: Val,
    pub offset: i32,
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
    /// Rare code, with what was dirty when its operation began.
    cold: Vec<(Cold, Vec<Dirty>)>,
    /// See [`Dirty`]: now, and before the operation being translated.
    pub dirty: Vec<Dirty>,
    pub before: Vec<Dirty>,
    /// Guest registers known to be sign extensions, or about to be.
    pub narrow: Narrow,
    /// FP slots known to hold a boxed binary32 here.
    pub boxed: Vec<Slot>,
    pub keeps_ops: bool,
    /// What a copy of this block somewhere else must change. (Regions are not copied.)
    pub fixups: Vec<Fixup>,
    /// The region being written, if it is one.
    pub inside: Option<Inside<'a>>,
    /// Number of the region, if it uses the mirror.
    pub mirror: Option<u32>,
    /// Guest registers known to be near the mirror's window.
    pub reach: Reach,
    /// Offsets of accesses that may fault, and of where to go on then.
    pub detours: Vec<(usize, usize)>,
    pub entry: Label,
    /// Offset of the block in the cache.
    offset: usize,
    pub start: u64,
    /// Whether direct jumps within the page may be tied.
    chains: bool,
    /// Offsets in the code, with the guest instruction that begins there ([`ASIDE`]: rare code), if anybody wants to know.
    pub marks: Option<Vec<(usize, u64)>>,
    /// Whether instructions are counted (see [`crate::Tuning`]).
    pub counts: bool,
    /// Whether it is counted how many instructions blocks and regions begin (likewise).
    pub shares: bool,
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
    /// See [`Emitter::fixups`].
    pub fixups: Vec<Fixup>,
    /// Offset of what comes behind the count at the block's beginning.
    pub body: usize,
    /// See [`Emitter::detours`]; in order.
    pub detours: Vec<(usize, usize)>,
    /// See [`Emitter::marks`].
    pub marks: Vec<(usize, u64)>,
}

/// The mark of where rare code begins.
pub(super) const ASIDE: u64 = u64::MAX;

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
            dirty: Vec::new(),
            before: Vec::new(),
            narrow: Narrow::default(),
            boxed: Vec::new(),
            keeps_ops: false,
            fixups: Vec::new(),
            inside: None,
            mirror: None,
            reach: Reach::default(),
            detours: Vec::new(),
            entry,
            offset,
            start: 0,
            chains: false,
            marks: None,
            counts: false,
            shares: false,
            rekeyed: false,
        }
    }

    /// Translates all of it. `count`: where to count down to when it is hot.
    pub(super) fn block(mut self, lifted: &Lifted, count: Option<usize>) -> Done {
        let block = &lifted.block;
        self.start = block.pc;
        if lifted.second.is_none() {
            self.chains();
        }
        let entry = self.entry;
        x64!(self.asm ; =>entry);
        if let Some(count) = count {
            let at = self.asm.new_dynamic_label();
            x64!(self.asm ; sub DWORD [extern count], 1);
            self.fixup(8, Fix::Count);
            x64!(self.asm ; jz =>at);
            self.aside(Cold::Hot { at });
        }
        let body = self.asm.offset().0;
        self.ops(block);
        self.done(body)
    }

    /// Jumps within a page may be tied to their targets.
    pub(super) fn chains(&mut self) {
        self.chains = true;
    }

    /// The operations and the end of a block.
    pub(super) fn ops(&mut self, block: &Block) {
        if self.shares {
            let at = RAN + 8 * i32::from(self.inside.is_some());
            x64!(self.asm ; add QWORD [rbp + at], block.instructions as i32);
        }
        let (ops, target) = late_target(block);
        for op in ops {
            let handed_on = handed_on(op, &self.dirty, &self.narrow, self.registers);
            if handed_on.is_none() {
                self.settle_for(op);
            }
            self.before.clone_from(&self.dirty);
            self.op(op);
            self.dirty.extend(handed_on);
            self.reach.follow(op);
            self.narrow.follow(op);
        }
        self.settle_for_end(&block.end);
        self.before.clone_from(&self.dirty);
        match target {
            Some(target) => self.indirect(target, true, &block.end),
            None => self.end(&block.end),
        }
    }

    /// Writes what was put aside.
    pub(super) fn done(mut self, body: usize) -> Done {
        self.mark(ASIDE);
        while let Some((cold, dirty)) = self.cold.pop() {
            self.dirty = dirty;
            self.cold_code(cold);
        }
        self.dirty.clear();
        self.layout_routines();
        let dead = self.asm.offset().0;
        self.address64(RAX, self.start);
        let entry = self.entry;
        x64!(self.asm ; lea rcx, [=>entry]);
        self.jump_out(self.thunks.dead);
        let (keeps_ops, fixups) = (self.keeps_ops, self.fixups);
        let marks = self.marks.unwrap_or_default();
        let mut detours = self.detours;
        detours.sort_unstable();
        // Labels are all bound and displacements all fit a cache of this size: failure is a mistake in this folder.
        let bytes = self.asm.finalize().expect("block assembles");
        Done { bytes, dead, keeps_ops, fixups, body, detours, marks }
    }

    fn mark(&mut self, pc: u64) {
        let offset = self.asm.offset().0;
        self.marks.iter_mut().for_each(|marks| marks.push((offset, pc)));
    }

    fn op(&mut self, op: &Op) {
        match *op {
            Op::Guest { pc } => {
                self.pc = pc;
                self.mark(pc);
                if self.counts {
                    x64!(self.asm ; inc QWORD [rbp + EXECUTED]);
                }
            }
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
            Op::Address { dst, address } => {
                let d = self.target(dst, RAX);
                self.address_constant(d, address);
                self.write(dst, d);
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
            Op::CallIf { guard, .. } => self.call_if(op, guard),
            Op::ZeroLine { addr } => self.zero_line(op, addr),
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
        self.usual_layout();
        self.address64(RAX, pc);
        x64!(self.asm ; mov [rbp + PC], rax ; mov rdx, QWORD op as i64);
        self.fixup(8, Fix::Op);
        self.call_out(self.thunks.slow);
        self.own_layout();
    }

    /// The field that begins `bytes` bytes back is one of this kind.
    fn fixup(&mut self, bytes: usize, kind: Fix) {
        let at = (self.asm.offset().0 - bytes) as u32;
        self.fixups.push(Fixup { at, kind, target: 0 });
    }

    fn jump_fixup(&mut self, kind: Fix, target: u64) {
        let at = (self.asm.offset().0 - 4) as u32;
        self.fixups.push(Fixup { at, kind, target });
    }

    fn call_out(&mut self, thunk: usize) {
        x64!(self.asm ; call extern thunk);
        self.fixup(4, Fix::Thunk);
    }

    fn jump_out(&mut self, thunk: usize) {
        x64!(self.asm ; jmp extern thunk);
        self.fixup(4, Fix::Thunk);
    }

    /// register = an address that moves with the block; flags stay.
    fn address64(&mut self, r: u8, address: u64) {
        x64!(self.asm ; mov Rq(r), QWORD address as i64);
        self.fixup(8, Fix::Address64);
    }

    /// Likewise, in the shortest form.
    fn address_constant(&mut self, r: u8, address: u64) {
        let near = i32::try_from(address.wrapping_sub(self.start) as i64).is_ok();
        if let (Ok(value), true) = (u32::try_from(address), near) {
            x64!(self.asm ; mov Rd(r), value as i32);
            self.fixup(4, Fix::AddressZero32);
        } else if let (Ok(value), true) = (i32::try_from(address as i64), near) {
            x64!(self.asm ; mov Rq(r), value);
            self.fixup(4, Fix::AddressSign32);
        } else {
            self.address64(r, address);
        }
    }

    /// Cold code that has the interpreter do `op` and goes on at `back`; where to jump for it.
    pub(super) fn slow_aside(&mut self, op: &Op, back: Label) -> Label {
        let at = self.asm.new_dynamic_label();
        self.aside(Cold::Slow { at, back, pc: self.pc, op });
        at
    }

    /// Puts rare code aside, to be emitted behind everything.
    pub(super) fn aside(&mut self, cold: Cold) {
        self.aside_with(cold, self.before.clone());
    }

    /// The same, where this is dirty.
    pub(super) fn aside_with(&mut self, cold: Cold, dirty: Vec<Dirty>) {
        self.cold.push((cold, dirty));
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
        self.dirty.retain(|dirty| dirty.slot != slot);
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
            End::Jump { target, .. } => self.jump(target),
            End::Branch { cond, a, b, taken, fall } => self.branch(cond, [a, b], taken, fall),
            End::Indirect { target, .. } => self.indirect(target, false, end),
            End::Raise { cause, value } => {
                self.address64(RAX, self.pc);
                x64!(self.asm ; mov [rbp + PC], rax);
                self.load_into(RCX, value);
                self.constant(RDX, cause as i64);
                self.usual_layout();
                self.jump_out(self.thunks.raise);
            }
            End::Leave { pc } => {
                self.usual_layout();
                self.address64(RAX, pc);
                x64!(self.asm ; mov [rbp + PC], rax ; mov eax, thunks::LEAVE as i32);
                self.jump_out(self.thunks.exit);
            }
        }
    }

    /// Goes to a computed address; `even`: without its lowest bit.
    fn indirect(&mut self, target: Val, even: bool, end: &End) {
        self.load_into(RAX, target);
        if even {
            x64!(self.asm ; and rax, -2);
        }
        self.returns_inside(end);
        self.usual_layout();
        // Inlined for each jump, so that the host predicts each by itself.
        for at in thunks::jump_to_rax(&mut self.asm, self.thunks.go) {
            self.fixups.push(Fixup { at: at as u32, kind: Fix::Thunk, target: 0 });
        }
    }

    /// Goes to a known address, in the region or out of it.
    fn jump(&mut self, target: u64) {
        match self.label(target) {
            Some(_) if self.is_next(target) => {}
            Some(label) => x64!(self.asm ; jmp =>label),
            None => {
                self.usual_layout();
                self.direct(target);
            }
        }
    }

    fn branch(&mut self, cond: Cond, [a, b]: [Val; 2], taken: u64, fall: u64) {
        let narrow = self.narrow.has(a) && self.narrow.has(b);
        self.compare(if narrow { Width::S32 } else { Width::W64 }, a, b);
        if self.inside.is_none() {
            let not_taken = self.asm.new_dynamic_label();
            self.jump_if(negate(cond), not_taken);
            self.direct(taken);
            x64!(self.asm ; =>not_taken);
            self.direct(fall);
        } else if self.is_next(taken) {
            let label = self.way_to(fall);
            self.jump_if(negate(cond), label);
        } else {
            let label = self.way_to(taken);
            self.jump_if(cond, label);
            self.jump(fall);
        }
    }

    fn jump_if(&mut self, cond: Cond, label: Label) {
        match cond {
            Cond::Eq => x64!(self.asm ; je =>label),
            Cond::Ne => x64!(self.asm ; jne =>label),
            Cond::LtS => x64!(self.asm ; jl =>label),
            Cond::GeS => x64!(self.asm ; jge =>label),
            Cond::LtU => x64!(self.asm ; jb =>label),
            Cond::GeU => x64!(self.asm ; jae =>label),
        }
    }

    /// Where to jump for `target`: its code in the region, or a way out aside.
    fn way_to(&mut self, target: u64) -> Label {
        self.label(target).unwrap_or_else(|| {
            let at = self.asm.new_dynamic_label();
            self.aside(Cold::Exit { at, target, pc: self.pc });
            at
        })
    }

    /// Goes to `at` if the vCPU is wanted, or has executed what it was to. Clobbers rax.
    pub(super) fn look_up(&mut self, at: Label) {
        x64!(self.asm ; cmp DWORD [BYTE rbp + ATTENTION], 0 ; jne =>at);
        if self.counts {
            x64!(self.asm ; mov rax, [rbp + EXECUTED] ; cmp rax, [rbp + LIMIT] ; jae =>at);
        }
    }

    /// Goes to a known address. Every loop passes a backward jump or an indirect one: those look for attention.
    fn direct(&mut self, target: u64) {
        if target <= self.pc {
            let at = self.asm.new_dynamic_label();
            self.aside(Cold::Go { at, target });
            self.look_up(at);
        }
        let same_page = (target ^ self.pc) < PAGE_SIZE;
        if target == self.start && self.chains && self.inside.is_none() && !self.rekeyed {
            let entry = self.entry;
            x64!(self.asm ; jmp =>entry);
        } else if same_page && self.chains {
            let at = self.asm.new_dynamic_label();
            x64!(self.asm ; jmp =>at);
            let site = self.offset + self.asm.offset().0 - 4;
            self.aside(Cold::Chain { at, target, site });
        } else {
            self.through_cache(target);
        }
    }

    /// Goes to a known address by way of its place in the jump cache.
    fn through_cache(&mut self, target: u64) {
        let entry = jump_entry(target);
        self.address_constant(RAX, target);
        x64!(self.asm ; mov rdx, rax ; xor rdx, [rbp + JUMP_KEY] ; cmp rdx, [r15 + entry]);
        self.jump_fixup(Fix::Jump, target);
        x64!(self.asm ; jne extern self.thunks.go);
        self.fixup(4, Fix::Thunk);
        x64!(self.asm ; jmp QWORD [r15 + (entry + JUMP_CODE)]);
        self.jump_fixup(Fix::JumpCode, target);
    }

    fn cold_code(&mut self, cold: Cold) {
        match cold {
            Cold::Load { at, back, pc, info, dst, detour } => {
                x64!(self.asm ; =>at);
                self.detour(detour, pc);
                self.usual_layout();
                self.address64(RAX, pc);
                x64!(self.asm ; mov [rbp + PC], rax ; mov edx, info);
                self.call_out(self.thunks.load);
                self.own_layout();
                self.write(dst, RAX);
                x64!(self.asm ; jmp =>back);
            }
            Cold::Store { at, back, pc, info, src, detour } => {
                x64!(self.asm ; =>at);
                self.detour(detour, pc);
                self.settle_aside();
                self.address64(RDX, pc);
                x64!(self.asm ; mov [rbp + PC], rdx);
                self.load_into(RAX, src);
                self.usual_layout();
                x64!(self.asm ; mov edx, info);
                self.call_out(self.thunks.store);
                self.own_layout();
                x64!(self.asm ; jmp =>back);
            }
            Cold::Slow { at, back, pc, op } => {
                x64!(self.asm ; =>at);
                self.call_slow(pc, op);
                x64!(self.asm ; jmp =>back);
            }
            Cold::Nan { at, back, register, fmt } => {
                x64!(self.asm ; =>at);
                self.load_nan(register, fmt);
                x64!(self.asm ; jmp =>back);
            }
            Cold::ReadFlags { at, back, register, slow } => {
                x64!(self.asm ; =>at);
                self.read_unsure(back, register, slow);
            }
            Cold::WriteFlags { at, back } => {
                x64!(self.asm ; =>at);
                self.write_unsure(back);
            }
            Cold::Go { at, target } => {
                x64!(self.asm ; =>at);
                self.address64(RAX, target);
                self.jump_out(self.thunks.out);
            }
            Cold::GoOut { at, target } => {
                x64!(self.asm ; =>at);
                self.usual_layout();
                self.address64(RAX, target);
                self.jump_out(self.thunks.out);
            }
            Cold::Beyond { at, pc } => {
                let number = u64::from(self.mirror.unwrap_or(0));
                x64!(self.asm ; =>at);
                if self.counts {
                    // The instruction runs again.
                    x64!(self.asm ; dec QWORD [rbp + EXECUTED]);
                }
                self.usual_layout();
                x64!(self.asm
                    ; mov rax, QWORD pc as i64
                    ; mov [rbp + PC], rax
                    ; mov rax, QWORD (number << 8 | thunks::BEYOND) as i64
                    ; jmp extern self.thunks.exit);
            }
            Cold::Exit { at, target, pc } => {
                x64!(self.asm ; =>at);
                self.usual_layout();
                self.pc = pc;
                self.direct(target);
            }
            Cold::Hot { at } => {
                x64!(self.asm ; =>at);
                self.address64(RAX, self.start);
                x64!(self.asm ; mov [rbp + PC], rax ; mov eax, thunks::HOT as i32);
                self.jump_out(self.thunks.exit);
            }
            Cold::Chain { at, target, site } => {
                x64!(self.asm ; =>at);
                self.address64(RAX, target);
                x64!(self.asm
                    ; mov [rbp + PC], rax
                    ; mov rax, QWORD (site << 8 | thunks::CHAIN as usize) as i64);
                self.fixup(8, Fix::Site);
                self.jump_out(self.thunks.exit);
            }
        }
    }
}

fn negate(cond: Cond) -> Cond {
    match cond {
        Cond::Eq => Cond::Ne,
        Cond::Ne => Cond::Eq,
        Cond::LtS => Cond::GeS,
        Cond::GeS => Cond::LtS,
        Cond::LtU => Cond::GeU,
        Cond::GeU => Cond::LtU,
    }
}

/// The operations to emit before the end. A jump's target that is only made even is left for the jump itself to
/// compute, which saves the way through memory: then it is returned, and its operation is not among the others.
fn late_target(block: &Block) -> (impl Iterator<Item = &Op>, Option<Val>) {
    let mut late = None;
    if let End::Indirect { target: Val::Tmp(tmp), .. } = block.end {
        let n = block.ops.len();
        let found = (n.saturating_sub(2)..n).rev().find_map(|i| match block.ops[i] {
            Op::Bin { op: BinOp::And, w: Width::W64, dst: Dst::Tmp(t), a, b: Val::Imm(-2) } if t == tmp => {
                Some((i, a))
            }
            _ => None,
        });
        late = found.filter(|&(i, a)| {
            let mut overwritten = false;
            block.ops[i + 1..]
                .iter()
                .for_each(|op| op.visit(|_| {}, |dst| overwritten |= Val::from(dst) == a));
            !overwritten && !matches!(a, Val::Imm(_))
        });
    }
    let skipped = late.map(|(i, _)| i);
    let ops = block.ops.iter().enumerate().filter(move |(i, _)| Some(*i) != skipped).map(|(_, op)| op);
    (ops, late.map(|(_, a)| a))
}
