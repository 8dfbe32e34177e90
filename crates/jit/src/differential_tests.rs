//! The translator against the interpreter: random blocks of IR, run by both on equal frames and equal guest RAM.
//!
//! ```text
//!   seed ─► slots, RAM, a block ─┬─► interp::run_block ──┐
//!                                └─► Translator ─────────┴─► equal slots, temporaries, pc, flags, RAM, news, exit
//! ```
//! A few thousand blocks normally; a million with `LODGE_LONG=1`. Blocks are what no lifter would write: any operation
//! on any slot, operands one with results, constants everywhere.

use crate::blocks::Lifted;
use crate::core::{Core, Pending};
use crate::emit::Translator;
use crate::engine::{Backend, Exit};
use crate::frame::FrameBox;
use crate::ir::*;
use crate::region::{FULL_HEAT, Gather};
use crate::smp::Inbox;
use crate::softmmu::SoftMmu;
use crate::{
    Access, Builder, Code, Context, Exception, FpRules, Frame, Isa, Mapping, Mode, Outcome, Tuning, interp,
};
use lodge_bus::{Effect, Space};
use lodge_cpu::{Link, Stop};
use lodge_memory::{GuestMemory, PAGE_SIZE, Ram};
use lodge_softfloat::{Flags, NanRule};
use std::fmt::Write;
use std::sync::Arc;

/// Pages of the toy's address space, each with its own rules; see [`Toy::walk`].
const PAGES: u64 = 8;
const UNMAPPED: u64 = 2;
const READ_ONLY: u64 = 4;
const CODE: u64 = 5;
const FLEETING: u64 = 6;
/// Mapped, but there is no RAM behind it.
const NOWHERE: u64 = PAGES;
/// Slots that blocks use: two files of 32, of which some are in host registers, and some beyond.
const USED: u16 = 72;

/// A guest with an identity mapping and nothing else.
pub(crate) struct Toy;

impl Isa for Toy {
    const HOT: &'static [Slot] = &[15, 14, 10, 2, 8, 13, 11, 12, 9, 1, 16, 17, 18, 5, 6, 7, 19, 20, 28, 29];
    const HOT_FP: &'static [Slot] = &[47, 46, 42, 45, 43, 44, 32, 33, 34, 35, 40, 41, 36, 37, 48, 49];
    const SCALARS: Slot = 64;
    const FP: FpRules = FpRules { nan: NanRule::Canonical, boxed: true };

    fn misaligned(access: Access) -> u64 {
        100 + access as u64
    }

    fn bus_error(access: Access) -> u64 {
        200 + access as u64
    }

    fn mode(&self, _frame: &Frame) -> Mode {
        Mode::default()
    }

    fn is_low(_mode: Mode) -> bool {
        true
    }

    fn lift(_mode: Mode, _code: &mut Code<'_>, _block: &mut Builder) {}

    fn walk(&mut self, _: &mut Context<'_>, address: u64, access: Access) -> Result<Mapping, Exception> {
        let page = address / PAGE_SIZE;
        let refused = page == UNMAPPED || page > NOWHERE || page == READ_ONLY && access == Access::Write;
        if refused {
            return Err(Exception { cause: 300 + access as u64, value: address });
        }
        let writable = page != READ_ONLY;
        Ok(Mapping {
            address,
            readable: true,
            writable,
            leaf: PAGE_SIZE,
            whole_page: page != FLEETING,
            global: false,
        })
    }

    fn peek(&self, _frame: &Frame, _space: &Space, _address: u64) -> Option<u64> {
        None
    }

    fn call(&mut self, cx: &mut Context<'_>, helper: u16, args: [u64; 3]) -> Outcome {
        let mixed = args.iter().fold(cx.frame.pc, |sum, a| sum.rotate_left(7) ^ a);
        // What a helper reads and writes is in the frame, wherever translated code keeps it.
        let slot = (mixed % u64::from(USED)) as usize;
        cx.frame.slots[slot] = cx.frame.slots[slot].wrapping_add(mixed);
        match helper {
            0 => Outcome::Value(mixed),
            1 => Outcome::Raise(Exception { cause: 400, value: mixed }),
            2 => {
                cx.frame.pc = mixed;
                Outcome::Leave(mixed)
            }
            3 => Outcome::Stop(Stop::Idle),
            _ => {
                cx.frame.accrue(Flags::from_bits(mixed as u8 & 31));
                Outcome::Value(!mixed)
            }
        }
    }

    fn raise(&mut self, _cx: &mut Context<'_>, exception: Exception) -> Option<Stop> {
        Some(Stop::Fatal(format!("{exception:?}")))
    }

    fn poll(&mut self, _cx: &mut Context<'_>) {}

    fn registers(&self, _frame: &Frame) -> lodge_arch::Registers {
        lodge_arch::Registers::Riscv(Box::default())
    }

    fn set_registers(&mut self, _: &mut Frame, _: &lodge_arch::Registers) -> Result<(), String> {
        Ok(())
    }

    fn answer(&mut self, _frame: &mut Frame, _results: [u64; 2]) {}
}

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 32) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// An integer as bugs like them.
    fn integer(&mut self) -> u64 {
        const EDGES: [u64; 16] = [
            0,
            1,
            2,
            31,
            32,
            63,
            64,
            0x7f,
            0x80,
            0x7fff,
            0x8000,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            1 << 32,
            1 << 63,
        ];
        let edge = self.pick(&EDGES);
        match self.below(6) {
            0 => edge,
            1 => edge.wrapping_neg(),
            2 => !edge,
            3 => self.next() >> self.below(64),
            4 => self.next() as i32 as u64,
            _ => self.next(),
        }
    }

    /// A register's worth of floating point: boxed or not, special or not.
    fn float(&mut self) -> u64 {
        const D: [u64; 12] = [
            0,
            0x3ff0_0000_0000_0000,
            0x7ff0_0000_0000_0000,
            0x7ff8_0000_0000_0000,
            0x7ff0_0000_0000_0001,
            0x7fef_ffff_ffff_ffff,
            0x0010_0000_0000_0000,
            1,
            0x41df_ffff_ffc0_0000,
            0x41e0_0000_0000_0000,
            0x43e0_0000_0000_0000,
            0x4008_0000_0000_0000,
        ];
        const S: [u32; 12] = [
            0,
            0x3f80_0000,
            0x7f80_0000,
            0x7fc0_0000,
            0x7f80_0001,
            0x7f7f_ffff,
            0x0080_0000,
            1,
            0x4eff_ffff,
            0x4f00_0000,
            0x5f00_0000,
            0x4040_0000,
        ];
        let sign = self.below(2);
        match self.below(8) {
            0 => self.pick(&D) | sign << 63,
            1 | 2 => u64::from(self.pick(&S)) | sign << 31 | 0xffff_ffff << 32,
            3 => (u64::from(self.pick(&S)) | sign << 31) | self.next() << 32,
            4 => self.next() & 0xffff | !0xffff,
            5 => self.next() & 0xffff_ffff | 0xffff_ffff << 32,
            // Near to one, so that sums and products are not all out of range.
            6 => self.next() & !(0x7ff << 52) | (1000 + self.below(48)) << 52,
            _ => self.next(),
        }
    }

    /// A number that arithmetic is likely to raise one certain exception with, or exact and tiny.
    fn exceptional(&mut self, fmt: Fmt) -> u64 {
        const EDGES: [f64; 10] = [0.0, 0.5, 1.0, 3.0, 0.1, -2.0, 1e300, 1e-200, f64::INFINITY, f64::NAN];
        let (tiny, huge) = if fmt == Fmt::D {
            (f64::MIN_POSITIVE, f64::MAX)
        } else {
            (f32::MIN_POSITIVE.into(), f32::MAX.into())
        };
        let value = match self.below(4) {
            0 => tiny * self.pick(&[1.0, 1.5, 2.0, 0.5, 0.75]),
            1 => huge * self.pick(&[1.0, 0.5, -1.0]),
            _ => self.pick(&EDGES),
        };
        match fmt {
            Fmt::D => value.to_bits(),
            _ => u64::from((value as f32).to_bits()) | 0xffff_ffff << 32,
        }
    }

    fn slot(&mut self) -> Slot {
        self.below(u64::from(USED)) as Slot
    }

    fn pair_slot(&mut self) -> Slot {
        self.below(u64::from(USED) - 1) as Slot
    }

    /// An address: often in range, often where pages meet, often misaligned.
    fn address(&mut self) -> u64 {
        let page = self.below(NOWHERE + 2);
        match self.below(8) {
            0 => self.integer(),
            1 | 2 => (page * PAGE_SIZE).wrapping_sub(self.below(17)),
            3 => page * PAGE_SIZE + self.below(PAGE_SIZE),
            // Few places, so that loads meet stores.
            4 => page * PAGE_SIZE + 8 * self.below(8),
            _ => page * PAGE_SIZE + 16 * self.below(PAGE_SIZE / 16),
        }
    }
}

const BINS: [BinOp; 29] = [
    BinOp::Add,
    BinOp::Sub,
    BinOp::And,
    BinOp::Or,
    BinOp::Xor,
    BinOp::AndNot,
    BinOp::Shl,
    BinOp::Shr,
    BinOp::Sar,
    BinOp::Rotl,
    BinOp::Rotr,
    BinOp::Mul,
    BinOp::MulHighS,
    BinOp::MulHighU,
    BinOp::MulHighSU,
    BinOp::DivS,
    BinOp::DivU,
    BinOp::RemS,
    BinOp::RemU,
    BinOp::MinS,
    BinOp::MinU,
    BinOp::MaxS,
    BinOp::MaxU,
    BinOp::Clmul,
    BinOp::ClmulHigh,
    BinOp::ClmulRev,
    BinOp::AddCarry,
    BinOp::AddOverflow,
    BinOp::SubOverflow,
];
const UNS: [UnOp; 14] = [
    UnOp::Not,
    UnOp::Neg,
    UnOp::Clz,
    UnOp::Ctz,
    UnOp::Popcnt,
    UnOp::ByteSwap,
    UnOp::OrCombine,
    UnOp::BitSwapBytes,
    UnOp::Sext8,
    UnOp::Sext16,
    UnOp::Sext32,
    UnOp::Zext8,
    UnOp::Zext16,
    UnOp::Zext32,
];
const WIDTHS: [Width; 3] = [Width::W32, Width::S32, Width::W64];
const CONDS: [Cond; 6] = [Cond::Eq, Cond::Ne, Cond::LtS, Cond::GeS, Cond::LtU, Cond::GeU];
const SIZES: [Size; 4] = [Size::B1, Size::B2, Size::B4, Size::B8];
const WORDS: [Size; 2] = [Size::B4, Size::B8];
const EXTENDS: [Extend; 3] = [Extend::Zero, Extend::Sign, Extend::Ones];
const ORDERS: [Order; 4] = [Order::Relaxed, Order::Acquire, Order::Release, Order::AcqRel];
const RMWS: [RmwOp; 9] = [
    RmwOp::Swap,
    RmwOp::Add,
    RmwOp::And,
    RmwOp::Or,
    RmwOp::Xor,
    RmwOp::MinS,
    RmwOp::MaxS,
    RmwOp::MinU,
    RmwOp::MaxU,
];
const FMTS: [Fmt; 5] = [Fmt::H, Fmt::S, Fmt::S, Fmt::D, Fmt::D];
const FPS: [FpOp; 8] =
    [FpOp::Add, FpOp::Sub, FpOp::Mul, FpOp::Div, FpOp::MinNum, FpOp::MaxNum, FpOp::Min, FpOp::Max];
const FP_CONDS: [FpCond; 3] = [FpCond::Eq, FpCond::Lt, FpCond::Le];
const SIGNS: [FpSign; 3] = [FpSign::Copy, FpSign::Negate, FpSign::Xor];
const INTS: [Int; 4] = [Int::I32, Int::U32, Int::I64, Int::U64];
const TMPS: u16 = 6;

/// What blocks are written with.
struct Writer {
    random: Random,
    /// The block's rounding mode, which most operations have.
    rounding: Rounding,
    /// Slots that operations of this block like to use: aliases and chains of dependence are common then.
    favourites: [Slot; 6],
}

impl Writer {
    fn slot(&mut self) -> Slot {
        if self.random.one_in(3) { self.random.slot() } else { self.random.pick(&self.favourites) }
    }

    fn val(&mut self) -> Val {
        match self.random.below(8) {
            0 => Val::Imm(self.random.integer() as i64),
            1 => Val::Tmp(self.random.below(u64::from(TMPS)) as u16),
            _ => Val::Slot(self.slot()),
        }
    }

    fn fp_val(&mut self) -> Val {
        if self.random.one_in(8) { Val::Imm(self.random.float() as i64) } else { self.val() }
    }

    fn dst(&mut self) -> Dst {
        if self.random.one_in(8) {
            Dst::Tmp(self.random.below(u64::from(TMPS)) as u16)
        } else {
            Dst::Slot(self.slot())
        }
    }

    fn rm(&mut self) -> Rounding {
        if self.random.one_in(3) { self.random.pick(&Rounding::ALL) } else { self.rounding }
    }

    /// A base and an offset; the base is first set so that the sum is an address worth trying, most times.
    fn place(&mut self, ops: &mut Vec<Op>, offset: i32, align: u64) -> Val {
        let mut address = self.random.address();
        if align > 1 && !self.random.one_in(8) {
            address &= !(align - 1);
        }
        let base = address.wrapping_sub(offset as u64);
        if self.random.one_in(8) {
            return Val::Imm(base as i64);
        }
        let dst = self.dst();
        if !self.random.one_in(16) {
            ops.push(Op::Move { dst, a: Val::Imm(base as i64) });
        }
        dst.into()
    }

    fn offset(&mut self) -> i32 {
        if self.random.one_in(2) { 0 } else { self.random.integer() as i32 }
    }

    fn integer(&mut self) -> Op {
        let (dst, a, b) = (self.dst(), self.val(), self.val());
        let r = &mut self.random;
        let w = r.pick(&WIDTHS);
        match r.below(10) {
            0 => Op::Move { dst, a },
            1 => Op::AddShifted { dst, a, b, shift: r.below(4) as u8 },
            2 | 3 => Op::Un { op: r.pick(&UNS), w, dst, a },
            4 => Op::Set { cond: r.pick(&CONDS), w: r.pick(&[Width::W32, Width::W64]), dst, a, b },
            5 => {
                let cond = r.pick(&CONDS);
                Op::Select { cond, dst, test: self.val(), a, b }
            }
            _ => Op::Bin { op: r.pick(&BINS), w, dst, a, b },
        }
    }

    fn float(&mut self) -> Op {
        let (dst, a, b, c, rm) = (self.dst(), self.fp_val(), self.fp_val(), self.fp_val(), self.rm());
        let r = &mut self.random;
        let (fmt, int, half) = (r.pick(&FMTS), r.pick(&INTS), r.below(2) == 0);
        match r.below(15) {
            0..3 => Op::Fp { op: r.pick(&FPS), fmt, rm, dst, a, b },
            3 => Op::Fma { fmt, rm, negate_product: half, negate_addend: r.below(2) == 0, dst, a, b, c },
            4 => Op::Sqrt { fmt, rm, dst, a },
            5 => Op::FpSet { cond: r.pick(&FP_CONDS), quiet: half, fmt, dst, a, b },
            6 => Op::FpSign { sign: r.pick(&SIGNS), fmt, dst, a, b },
            7 => Op::FpClass { fmt, dst, a },
            8 => Op::FpToInt { fmt, int, rm, dst, a },
            9 => Op::IntToFp { int, fmt, rm, dst, a },
            10 => Op::FpToFp { from: fmt, to: r.pick(&FMTS), rm, dst, a },
            11 => Op::FpRound { fmt, rm, exact: half, dst, a },
            12 => Op::FpFlags { dst },
            13 => Op::SetFpFlags { a },
            _ => Op::FpToIntMod { dst, a },
        }
    }

    /// Arithmetic that the host's unit does, on operands that raise something or nothing, between reads and writes of the
    /// flags.
    fn flagged(&mut self, ops: &mut Vec<Op>) {
        let saved = Dst::Tmp(self.random.below(u64::from(TMPS)) as u16);
        ops.push(Op::FpFlags { dst: if self.random.one_in(2) { saved } else { self.dst() } });
        let fmt = self.random.pick(&[Fmt::S, Fmt::D]);
        let [a, b] = std::array::from_fn(|_| Dst::Slot(32 + self.random.below(32) as Slot));
        for dst in [a, b] {
            if !self.random.one_in(4) {
                ops.push(Op::Move { dst, a: Val::Imm(self.random.exceptional(fmt) as i64) });
            }
        }
        for _ in 0..1 + self.random.below(3) {
            let (dst, rm) = (self.random.pick(&[a, b, Dst::Slot(self.favourites[0])]), self.rounding);
            let op = self.random.pick(&FPS);
            let (a, b) = (a.into(), b.into());
            ops.push(match self.random.below(8) {
                0 => self.float(),
                1 => Op::FpToFp { from: Fmt::D, to: Fmt::S, rm, dst, a },
                2 => Op::FpToInt { fmt, int: self.random.pick(&INTS), rm, dst: self.dst(), a },
                3 => Op::Fma { fmt, rm, negate_product: false, negate_addend: true, dst, a, b, c: b },
                4 => Op::Sqrt { fmt, rm, dst, a },
                _ => Op::Fp { op, fmt, rm, dst, a, b },
            });
        }
        match self.random.below(4) {
            0 => {}
            1 => ops.push(Op::SetFpFlags { a: Val::Imm(self.random.next() as i64 & 31) }),
            2 => ops.push(Op::SetFpFlags { a: self.val() }),
            _ => ops.push(Op::SetFpFlags { a: saved.into() }),
        }
    }

    fn memory(&mut self, ops: &mut Vec<Op>) {
        let (dst, src, offset) = (self.dst(), self.val(), self.offset());
        let (size, word, order) =
            (self.random.pick(&SIZES), self.random.pick(&WORDS), self.random.pick(&ORDERS));
        let natural = u64::from(word.bytes());
        let op = match self.random.below(13) {
            0..3 => {
                let (extend, base) = (self.random.pick(&EXTENDS), self.place(ops, offset, 1));
                Op::Load { dst, size, extend, base, offset, order }
            }
            3..6 => Op::Store { src, size, base: self.place(ops, offset, 1), offset, order },
            6 => Op::LoadVec { dst: self.random.pair_slot(), base: self.place(ops, offset, 1), offset },
            7 => Op::StoreVec { src: self.random.pair_slot(), base: self.place(ops, offset, 1), offset },
            8 => {
                let (op, addr) = (self.random.pick(&RMWS), self.place(ops, 0, natural));
                Op::Rmw { op, size: word, dst, addr, src }
            }
            9 => {
                let (addr, new) = (self.place(ops, 0, natural), self.val());
                if self.random.one_in(2) {
                    ops.push(Op::Load {
                        dst,
                        size: word,
                        extend: Extend::Sign,
                        base: addr,
                        offset: 0,
                        order,
                    });
                }
                let expect = if self.random.one_in(2) { dst.into() } else { src };
                Op::Cas { size: word, dst, addr, expect, new }
            }
            12 => Op::ZeroLine { addr: self.place(ops, 0, 1) },
            10 => {
                let addr = self.place(ops, 0, 16);
                let pair = self.random.pair_slot();
                let expect = if self.random.one_in(2) {
                    ops.push(Op::LoadVec { dst: pair, base: addr, offset: 0 });
                    [Val::Slot(pair), Val::Slot(pair + 1)]
                } else {
                    [self.val(), self.val()]
                };
                let first = self.random.pair_slot();
                Op::CasPair { dst: [first, first + 1], addr, expect, new: [self.val(), self.val()] }
            }
            _ => {
                let addr = self.place(ops, 0, natural);
                ops.push(Op::LoadReserved { size: word, dst, addr });
                if self.random.one_in(3) {
                    ops.push(self.integer());
                }
                let (other, dst) = (self.place(ops, 0, natural), self.dst());
                let addr = if self.random.one_in(4) { other } else { addr };
                Op::StoreConditional { size: word, dst, addr, src }
            }
        };
        ops.push(op);
    }

    fn vector(&mut self) -> Op {
        let r = &mut self.random;
        let size = r.pick(&SIZES);
        let kinds = [VecOp::And, VecOp::Or, VecOp::Xor, VecOp::Add(size), VecOp::Sub(size), VecOp::Eq(size)];
        Op::Vec { op: r.pick(&kinds), dst: r.pair_slot(), a: r.pair_slot(), b: r.pair_slot() }
    }

    fn call(&mut self) -> Op {
        // Mostly the kinds that stay in the block.
        let helper = self.random.pick(&[0, 0, 0, 4, 4, 4, 1, 2, 3]);
        if self.random.one_in(3) {
            let guard = if self.random.one_in(2) { Val::Imm(0) } else { self.val() };
            return Op::CallIf { guard, helper, args: [self.val(), self.val(), self.val()] };
        }
        let dst = if self.random.one_in(2) { Some(self.slot()) } else { None };
        Op::Call { helper, dst, args: [self.val(), self.val(), self.val()] }
    }

    fn end(&mut self, pc: u64) -> End {
        let targets =
            [pc, pc + 2, pc + 64, pc ^ 0x800, pc.wrapping_sub(64), pc + 0x5000, self.random.next() & !1];
        let (taken, fall) = (self.random.pick(&targets), self.random.pick(&targets));
        let (a, b) = (self.val(), self.val());
        match self.random.below(8) {
            0 => End::Jump { target: taken, hint: Hint::None },
            1 => End::Indirect { target: a, hint: Hint::Return },
            2 => End::Raise { cause: self.random.below(64), value: a },
            3 => End::Leave { pc: taken },
            _ => End::Branch { cond: self.random.pick(&CONDS), a, b, taken, fall },
        }
    }

    fn block(&mut self) -> Block {
        let pc = 0x10_0000 + 2 * self.random.below(4096);
        let count = 1 + self.random.below(24);
        // Each block leans to one kind, so that long runs without a fault happen too.
        let kind = self.random.below(5);
        let mut ops = Vec::new();
        for _ in 0..count {
            match self.random.below(20) {
                _ if kind == 0 && !self.random.one_in(8) => ops.push(self.integer()),
                _ if kind == 1 && !self.random.one_in(8) => ops.push(self.float()),
                _ if kind == 4 && !self.random.one_in(8) => self.flagged(&mut ops),
                0..5 => ops.push(self.integer()),
                5..10 => ops.push(self.float()),
                10..16 => self.memory(&mut ops),
                16 => ops.push(self.vector()),
                17 => ops.push(Op::Fence { full: self.random.one_in(2) }),
                18 => ops.push(self.call()),
                _ => ops.push(Op::Move { dst: self.dst(), a: self.fp_val() }),
            }
        }
        // Every operation is an instruction of its own, so that a region can leave at any of them.
        ops.retain(|op| !matches!(op, Op::Guest { .. }));
        let ops: Vec<Op> = (0..).zip(ops).flat_map(|(i, op)| [Op::Guest { pc: pc + 4 * i }, op]).collect();
        let count = ops.len() as u64 / 2;
        let end = self.end(pc);
        Block { pc, len: 4 * count as u32, instructions: count as u32, tmps: TMPS, ops, end }
    }
}

/// A vCPU taken apart, with its own RAM.
pub(crate) struct Side {
    pub(crate) core: Box<Core<Toy>>,
    // What `core.space` points to.
    _space: Box<Space>,
}

impl Side {
    pub(crate) fn new(miss: u64, mirror: bool) -> Side {
        let link = Link::new(0, true);
        let inbox = Inbox::new(Arc::clone(&link));
        let ram = Ram::new(0, PAGES * PAGE_SIZE).expect("a little RAM");
        let memory = Arc::new(GuestMemory::new(vec![ram]).expect("one region"));
        memory.watch_code(0, inbox.clone());
        memory.mark_code(CODE * PAGE_SIZE, 0);
        let space = Box::new(Space::new(Arc::clone(&memory), Vec::new()));
        let frame = FrameBox::new(&link).expect("a link of its own");
        let mut core = Box::new(Core {
            frame,
            isa: Toy,
            mmu: SoftMmu::new(miss, mirror),
            link,
            inbox,
            memory,
            space: &raw const *space,
            pending: None,
            flushes: Vec::new(),
            effect: Effect::None,
            mirrored: Vec::new(),
            unhappy: Vec::new(),
            misses: 0,
            slow: 0,
            useless: 0,
        });
        core.frame.core = (&raw mut *core).cast();
        core.frame.trap_after(1);
        core.frame.context = core.mmu.select(Mode::default()).cast();
        Side { core, _space: space }
    }

    /// The state that `seed` stands for. The translation cache stays warm.
    fn set(&mut self, seed: u64, rounding: Rounding) {
        let mut random = Random::new(seed);
        let frame = &mut self.core.frame;
        for (i, slot) in frame.slots[..usize::from(USED)].iter_mut().enumerate() {
            *slot = if i < 32 { random.integer() } else { random.float() };
        }
        frame.tmps[..usize::from(TMPS)].fill_with(|| random.integer());
        frame.pc = 0;
        frame.set_fp_flags(Flags::from_bits(if random.one_in(2) { 0 } else { random.next() as u8 & 31 }));
        frame.set_rounding(rounding);
        frame.drop_reservation();
        let bytes: Vec<u8> = (0..PAGES * PAGE_SIZE / 8)
            .flat_map(|i| (seed ^ i).wrapping_mul(0x9e37_79b9).to_le_bytes())
            .collect();
        self.core.memory.write(0, &bytes).expect("all of RAM");
        self.core.inbox.take();
        // Backward jumps come out.
        self.core.link.kick();
    }

    fn ram(&self) -> Vec<u8> {
        let mut bytes = vec![0; (PAGES * PAGE_SIZE) as usize];
        self.core.memory.read(0, &mut bytes).expect("all of RAM");
        bytes
    }
}

/// How a block ended, in one form for both.
fn exit(core: &mut Core<Toy>, exit: Exit) -> Result<u64, Pending> {
    let result = match exit {
        Exit::Go(pc) | Exit::Chain { target: pc, .. } => Ok(pc),
        Exit::Pending(pending) => Err(pending),
        Exit::Hot | Exit::Beyond(_) => unreachable!("nothing of that kind was asked for"),
    };
    settled(core, result)
}

/// The same after what the guest itself does about it, as translated code already has done.
fn settled(core: &mut Core<Toy>, result: Result<u64, Pending>) -> Result<u64, Pending> {
    result.or_else(|pending| core.settle(pending).map(|()| core.frame.pc))
}

/// What differs, a line each; empty when nothing does.
fn difference(a: &Side, b: &Side, exits: [&Result<u64, Pending>; 2]) -> String {
    let mut out = String::new();
    let mut line = |what: &str, a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| {
        writeln!(out, "  {what}: interpreter {a:#x?}, translator {b:#x?}").expect("strings take all");
    };
    let (f, g) = (&a.core.frame, &b.core.frame);
    if exits[0] != exits[1] {
        line("exit", exits[0], exits[1]);
    }
    for (i, (x, y)) in f.slots.iter().zip(&g.slots).enumerate().filter(|(_, (x, y))| x != y) {
        line(&format!("slot {i}"), x, y);
    }
    for (i, (x, y)) in f.tmps.iter().zip(&g.tmps).enumerate().filter(|(_, (x, y))| x != y) {
        line(&format!("temporary {i}"), x, y);
    }
    // After a jump the address is the exit's; the interpreter leaves the last instruction's in the frame.
    if exits[0].is_err() && f.pc != g.pc {
        line("pc", &f.pc, &g.pc);
    }
    if f.fp_flags() != g.fp_flags() {
        line("flags", &f.fp_flags().bits(), &g.fp_flags().bits());
    }
    if f.reserved != g.reserved || f.reserved != 0 && f.reserved_value != g.reserved_value {
        line("reservation", &(f.reserved, f.reserved_value), &(g.reserved, g.reserved_value));
    }
    let (ram, other) = (a.ram(), b.ram());
    if ram != other {
        let at = ram.iter().zip(&other).position(|(x, y)| x != y).unwrap_or(0);
        line(&format!("RAM at {at:#x}"), &ram[at], &other[at]);
    }
    out
}

/// Runs the cases `seeds`.
fn run(seeds: std::ops::Range<u64>) {
    let [mut translator, mut eager] = [false, true].map(|regions| {
        let tuning = Tuning {
            regions,
            mirror: regions,
            learn: false,
            hot_after: 1,
            trap_after: 1,
            stats: false,
            shares: false,
            counts: false,
        };
        Translator::<Toy>::new(tuning).expect("memory for code")
    });
    let mut a = Side::new(0, false);
    let mut b = Side::new(Backend::<Toy>::miss(&translator), false);
    let mut c = Side::new(Backend::<Toy>::miss(&eager), true);
    assert!(c.core.mmu.mirrors(), "room for a window");
    for seed in seeds {
        let mut random = Random::new(!seed);
        let rounding =
            random.pick(&[Rounding::NearestEven, Rounding::Down, Rounding::Up, Rounding::TowardZero]);
        let favourites = std::array::from_fn(|_| random.slot());
        let mut writer = Writer { random, rounding, favourites };
        let block = writer.block();
        a.set(seed, rounding);
        b.set(seed, rounding);
        c.set(seed, rounding);
        // Half of them begin with exceptions that trap, where the first read of the flags does not bring that about.
        if seed % 2 == 0 {
            b.core.frame.trap_first();
            c.core.frame.trap_first();
        }
        let handle = compile(&mut translator, &block, &b.core.frame);
        let first = interp::run_block(&mut a.core, &block);
        let first = settled(&mut a.core, first);
        let ran = translator.run(&mut b.core, handle);
        let second = exit(&mut b.core, ran);
        let news = [&a, &b].map(|side| side.core.inbox.take().written);
        assert_eq!(news[0], news[1], "seed {seed}: code written");
        let different = difference(&a, &b, [&first, &second]);
        assert!(different.is_empty(), "seed {seed}, rounding {rounding:?}:\n{block}\n{different}");
        let Some(third) = run_region(&mut eager, &mut c, &block) else { continue };
        assert_eq!(news[0], c.core.inbox.take().written, "seed {seed}: code written, region");
        let different = difference(&b, &c, [&second, &third]);
        assert!(different.is_empty(), "seed {seed}, rounding {rounding:?}, region:\n{block}\n{different}");
    }
}

/// A block's handle.
fn compile(translator: &mut Translator<Toy>, block: &Block, frame: &Frame) -> u64 {
    let lifted = || Lifted { block: block.clone(), second: None };
    translator.compile(lifted(), frame).unwrap_or_else(|| {
        Backend::<Toy>::clear(translator);
        translator.compile(lifted(), frame).expect("room after clearing")
    })
}

/// Runs the block as a region that uses the mirror; what it leaves is interpreted. `None` for a loop, which would not end.
fn run_region(
    translator: &mut Translator<Toy>,
    side: &mut Side,
    block: &Block,
) -> Option<Result<u64, Pending>> {
    let mut promote = || {
        let old = compile(translator, block, &side.core.frame);
        let mut gather = Gather::default();
        gather.add(Lifted { block: block.clone(), second: None }, block.pc, FULL_HEAT);
        let plan = gather.plan()?;
        if plan.loops() { None } else { Some(translator.promote(old, plan, Some(0), &side.core.frame)) }
    };
    let handle = promote()?.or_else(|| {
        // No room: compiling throws everything away then.
        while promote()?.is_none() {}
        promote()?
    });
    let handle = handle.expect("room for a region");
    // Or it would leave before it has begun.
    side.core.link.take_attention();
    match translator.run(&mut side.core, handle) {
        Exit::Beyond(_) => {
            let pc = side.core.frame.pc;
            let here = |op: &Op| matches!(op, Op::Guest { pc: at } if *at == pc);
            let from = block.ops.iter().position(here).expect("it left at an instruction");
            let rest = Block { ops: block.ops[from..].to_vec(), ..block.clone() };
            let result = interp::run_block(&mut side.core, &rest);
            Some(settled(&mut side.core, result))
        }
        ran => Some(exit(&mut side.core, ran)),
    }
}

#[test]
fn the_translator_does_what_the_interpreter_does() {
    if std::env::var_os("LODGE_LONG").is_some() {
        let from: u64 = std::env::var("LODGE_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
        run(from..from + 1_200_000);
        println!("1200000 blocks from seed {from}: no difference");
    } else {
        run(0..20_000);
    }
}
