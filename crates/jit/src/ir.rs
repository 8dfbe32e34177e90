//! The intermediate representation: what a guest instruction means, once.
//!
//! A block is a straight line of typed operations over the guest's own registers ("slots" of the [`Frame`]),
//! block-local temporaries and constants, with one end. It is not SSA: tier one emits it in one pass, and a region
//! compiler can build SSA from it, because every operation names all that it reads and writes.
//!
//! ```text
//!   guest x7  = Slot(7)         Guest 0x80200000            marks a guest instruction: precise faults point here
//!   guest f3  = Slot(35)        Bin Add S32 x7 <- x5, 4     32-bit add, result sign-extended (addw)
//!   scratch   = Tmp(0)          Load 8 x6 <- [x2 + 16]      may fault; nothing of this instruction was written yet
//!                               Branch Ne x6, 0 -> A else B the end
//! ```
//! Rules that lifters keep:
//! * An operation that can fault comes before the instruction's first write to a slot.
//! * Flags (x86, Arm) are slots of their own, written by pure operations ([`BinOp::AddCarry`] and the like), so that
//!   dead ones can be dropped.
//! * Floating point accrues IEEE flags into the frame; rounding modes are constants, because the dynamic rounding
//!   mode is part of a block's key ([`crate::Mode`]).
//! * What depends on the block's own address is an [`Op::Address`], a target or a [`Op::Guest`], never a constant or
//!   an operand: a kept translation is moved to where the code lies now.
//! * Memory order is on the operation; the host's own order decides what that costs.
//!
//! [`Frame`]: crate::Frame

pub use crate::vector::{FloatCond, LaneOp, Lanes, Length, Other, Stream, Stride, WideOp};
pub use lodge_softfloat::Rounding;

/// Index of a 64-bit guest register in the frame. A vector register is several slots in a row, lowest bits first.
pub type Slot = u16;

/// An operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Val {
    /// A guest register.
    Slot(Slot),
    /// A temporary of this block.
    Tmp(u16),
    /// A constant.
    Imm(i64),
}

/// A place to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dst {
    /// A guest register.
    Slot(Slot),
    /// A temporary of this block.
    Tmp(u16),
}

impl From<Dst> for Val {
    fn from(dst: Dst) -> Val {
        match dst {
            Dst::Slot(s) => Val::Slot(s),
            Dst::Tmp(t) => Val::Tmp(t),
        }
    }
}

/// Width of an integer operation and what becomes of the upper half of its result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Width {
    /// Low 32 bits in, zero-extended result (x86, Arm).
    W32,
    /// Low 32 bits in, sign-extended result (RISC-V `*w`).
    S32,
    /// 64 bits.
    W64,
}

/// Integer operations of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinOp {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a & b
    And,
    /// a | b
    Or,
    /// a ^ b
    Xor,
    /// a & !b
    AndNot,
    /// a << (b mod width)
    Shl,
    /// a >> (b mod width), zeroes in
    Shr,
    /// a >> (b mod width), sign in
    Sar,
    /// rotate left by b mod width
    Rotl,
    /// rotate right by b mod width
    Rotr,
    /// low half of a * b
    Mul,
    /// high half, signed * signed
    MulHighS,
    /// high half, unsigned * unsigned
    MulHighU,
    /// high half, signed a * unsigned b
    MulHighSU,
    /// signed quotient; b = 0 gives all ones, overflow gives a (RISC-V's rule)
    DivS,
    /// unsigned quotient; b = 0 gives all ones
    DivU,
    /// signed remainder; b = 0 gives a, overflow gives 0
    RemS,
    /// unsigned remainder; b = 0 gives a
    RemU,
    /// signed minimum
    MinS,
    /// unsigned minimum
    MinU,
    /// signed maximum
    MaxS,
    /// unsigned maximum
    MaxU,
    /// carry-less product, low half
    Clmul,
    /// carry-less product, high half
    ClmulHigh,
    /// carry-less product, reversed (bits 63..127-1: RISC-V `clmulr`)
    ClmulRev,
    /// carry out of a + b, 0 or 1
    AddCarry,
    /// signed overflow of a + b, 0 or 1
    AddOverflow,
    /// signed overflow of a - b, 0 or 1
    SubOverflow,
}

/// Integer operations of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnOp {
    /// !a
    Not,
    /// -a
    Neg,
    /// leading zeroes (the width when a = 0)
    Clz,
    /// trailing zeroes (the width when a = 0)
    Ctz,
    /// ones
    Popcnt,
    /// bytes reversed
    ByteSwap,
    /// each byte: 0xff when not zero (RISC-V `orc.b`)
    OrCombine,
    /// bits reversed in each byte (RISC-V `brev8`, Arm `rbit` with ByteSwap)
    BitSwapBytes,
    /// low 8 bits sign-extended
    Sext8,
    /// low 16 bits sign-extended
    Sext16,
    /// low 32 bits sign-extended
    Sext32,
    /// low 8 bits zero-extended
    Zext8,
    /// low 16 bits zero-extended
    Zext16,
    /// low 32 bits zero-extended
    Zext32,
}

/// Integer comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cond {
    /// a = b
    Eq,
    /// a != b
    Ne,
    /// a < b, signed
    LtS,
    /// a >= b, signed
    GeS,
    /// a < b, unsigned
    LtU,
    /// a >= b, unsigned
    GeU,
}

/// Bytes of a memory access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// 1 byte
    B1,
    /// 2 bytes
    B2,
    /// 4 bytes
    B4,
    /// 8 bytes
    B8,
}

impl Size {
    /// Bytes.
    pub fn bytes(self) -> u8 {
        1 << self as u8
    }
}

/// What fills a register above a loaded value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extend {
    /// Zeroes.
    Zero,
    /// The sign.
    Sign,
    /// Ones: NaN boxing (RISC-V F in 64-bit registers).
    Ones,
}

/// Order that a memory operation keeps with the others of its vCPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// None.
    Relaxed,
    /// Later operations stay later.
    Acquire,
    /// Earlier operations stay earlier.
    Release,
    /// Both.
    AcqRel,
}

/// Atomic read-modify-write operations. The old value (sign-extended when narrower than 64 bits) is the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RmwOp {
    /// memory = b
    Swap,
    /// memory + b
    Add,
    /// memory & b
    And,
    /// memory | b
    Or,
    /// memory ^ b
    Xor,
    /// signed minimum
    MinS,
    /// signed maximum
    MaxS,
    /// unsigned minimum
    MinU,
    /// unsigned maximum
    MaxU,
}

/// IEEE 754 formats. Values narrower than 64 bits follow the ISA's [`crate::FpRules`] (boxed or low lane).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fmt {
    /// binary16
    H,
    /// binary32
    S,
    /// binary64
    D,
}

/// Floating-point operations of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FpOp {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a * b
    Mul,
    /// a / b
    Div,
    /// IEEE 754-2019 minimumNumber
    MinNum,
    /// IEEE 754-2019 maximumNumber
    MaxNum,
    /// IEEE 754-2019 minimum
    Min,
    /// IEEE 754-2019 maximum
    Max,
}

/// Floating-point comparisons; `quiet` ones raise invalid for signalling NaNs only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FpCond {
    /// a = b
    Eq,
    /// a < b
    Lt,
    /// a <= b
    Le,
}

/// Whose sign the result gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FpSign {
    /// b's
    Copy,
    /// the opposite of b's
    Negate,
    /// a's exclusive-or b's
    Xor,
}

/// Integer types of conversions. 32-bit results are sign-extended to 64 bits (RISC-V's rule).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Int {
    /// signed 32
    I32,
    /// unsigned 32
    U32,
    /// signed 64
    I64,
    /// unsigned 64
    U64,
}

/// Lane-wise operations of 128-bit vectors (two slots each).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VecOp {
    /// a & b
    And,
    /// a | b
    Or,
    /// a ^ b
    Xor,
    /// a + b in lanes of this size
    Add(Size),
    /// a - b in lanes of this size
    Sub(Size),
    /// all ones where lanes are equal
    Eq(Size),
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[rustfmt::skip]
#[allow(missing_docs)] // the line above each variant names its fields
pub enum Op {
    /// The guest instruction at `pc` begins: what faults from here on has this address.
    Guest { pc: u64 },
    /// dst = a
    Move { dst: Dst, a: Val },
    /// dst = an address that lies at a fixed distance from the block's own: were the block elsewhere, so would it be.
    /// Lifters use this, never a constant, for what they compute from the program counter.
    Address { dst: Dst, address: u64 },
    /// dst = a op b
    Bin { op: BinOp, w: Width, dst: Dst, a: Val, b: Val },
    /// dst = a + (b << shift), 64 bits, shift 0..=3 (address arithmetic)
    AddShifted { dst: Dst, a: Val, b: Val, shift: u8 },
    /// dst = op a
    Un { op: UnOp, w: Width, dst: Dst, a: Val },
    /// dst = (a cond b) ? 1 : 0; width W32 or W64
    Set { cond: Cond, w: Width, dst: Dst, a: Val, b: Val },
    /// dst = (test cond 0) ? a : b, 64 bits
    Select { cond: Cond, dst: Dst, test: Val, a: Val, b: Val },

    /// dst = memory[base + offset]
    Load { dst: Dst, size: Size, extend: Extend, base: Val, offset: i32, order: Order },
    /// memory[base + offset] = low bytes of src
    Store { src: Val, size: Size, base: Val, offset: i32, order: Order },
    /// slots dst, dst + 1 = 16 bytes of memory
    LoadVec { dst: Slot, base: Val, offset: i32 },
    /// 16 bytes of memory = slots src, src + 1
    StoreVec { src: Slot, base: Val, offset: i32 },
    /// Atomic; `addr` must be naturally aligned or the access faults as a misaligned atomic. Size B4 or B8.
    Rmw { op: RmwOp, size: Size, dst: Dst, addr: Val, src: Val },
    /// Atomic compare and swap; dst = old value (sign-extended). Size B4 or B8; dst may be one with `expect`.
    Cas { size: Size, dst: Dst, addr: Val, expect: Val, new: Val },
    /// Atomic 16-byte compare and swap on pairs of slots; the old value goes to `dst`.
    CasPair { dst: [Slot; 2], addr: Val, expect: [Val; 2], new: [Val; 2] },
    /// Loads (sign-extended) and reserves. Size B4 or B8.
    LoadReserved { size: Size, dst: Dst, addr: Val },
    /// Stores if the reservation holds; dst = 0 on success, 1 if not. Ends the reservation.
    StoreConditional { size: Size, dst: Dst, addr: Val, src: Val },
    /// Memory fence. `full`: also orders earlier stores before later loads, the one thing x86 hosts do not keep.
    Fence { full: bool },

    /// dst = a op b
    Fp { op: FpOp, fmt: Fmt, rm: Rounding, dst: Dst, a: Val, b: Val },
    /// dst = ±(a * b) ± c, rounded once
    Fma { fmt: Fmt, rm: Rounding, negate_product: bool, negate_addend: bool, dst: Dst, a: Val, b: Val, c: Val },
    /// dst = square root of a
    Sqrt { fmt: Fmt, rm: Rounding, dst: Dst, a: Val },
    /// dst = (a cond b) ? 1 : 0; false when unordered
    FpSet { cond: FpCond, quiet: bool, fmt: Fmt, dst: Dst, a: Val, b: Val },
    /// dst = a with another sign; no flags
    FpSign { sign: FpSign, fmt: Fmt, dst: Dst, a: Val, b: Val },
    /// dst = class mask of a (RISC-V `fclass`: bit 0 -inf .. bit 9 quiet NaN)
    FpClass { fmt: Fmt, dst: Dst, a: Val },
    /// dst = a as integer; out of range saturates, NaN is the largest (RISC-V's rule)
    FpToInt { fmt: Fmt, int: Int, rm: Rounding, dst: Dst, a: Val },
    /// dst = a as floating point
    IntToFp { int: Int, fmt: Fmt, rm: Rounding, dst: Dst, a: Val },
    /// dst = a in another format
    FpToFp { from: Fmt, to: Fmt, rm: Rounding, dst: Dst, a: Val },
    /// dst = a rounded to an integer in the same format; `exact`: raises inexact
    FpRound { fmt: Fmt, rm: Rounding, exact: bool, dst: Dst, a: Val },
    /// dst = the accrued IEEE flags, in RISC-V's order (inexact is bit 0)
    FpFlags { dst: Dst },
    /// the accrued IEEE flags = low 5 bits of a
    SetFpFlags { a: Val },
    /// dst = a (binary64) to a 32-bit integer modulo 2^32, towards zero (RISC-V `fcvtmod.w.d`)
    FpToIntMod { dst: Dst, a: Val },

    /// Lanes of slots a, a+1 and b, b+1 to dst, dst+1
    Vec { op: VecOp, dst: Slot, a: Slot, b: Slot },

    /// Vector arithmetic: see [`Lanes`]
    Lanes(Lanes),
    /// A vector load or store: see [`Stream`]
    Stream(Stream),
    /// Code behind this assumes what `bits` says (bits 7 to 18 of [`crate::Mode::assume`], in bits 0 to 11). The block
    /// ends soon, or was lifted for that.
    Assume { bits: Val },

    /// Calls the ISA's helper number `helper` ([`crate::Isa::call`]) with all guest registers in the frame; what it
    /// returns goes to `dst`. It may fault or leave the block.
    Call { helper: u16, dst: Option<Slot>, args: [Val; 3] },

    /// The same if `guard` is not 0, without a result. For what is rarely more than a change of a register.
    CallIf { guard: Val, helper: u16, args: [Val; 3] },

    /// Writes zeroes to the 64 aligned bytes around `addr`; faults as a store to `addr` itself.
    ZeroLine { addr: Val },
}

impl Op {
    /// Shows the operands that are read, then the result, of operations on single registers. Operations on pairs and
    /// calls work on the frame and show nothing.
    pub fn visit(&self, mut reads: impl FnMut(Val), mut writes: impl FnMut(Dst)) {
        let mut all = |vals: &[Val], dst: Option<Dst>| {
            vals.iter().for_each(|val| reads(*val));
            dst.into_iter().for_each(&mut writes);
        };
        match *self {
            Op::Move { dst, a }
            | Op::Un { dst, a, .. }
            | Op::Sqrt { dst, a, .. }
            | Op::FpClass { dst, a, .. }
            | Op::FpToInt { dst, a, .. }
            | Op::IntToFp { dst, a, .. }
            | Op::FpToFp { dst, a, .. }
            | Op::FpRound { dst, a, .. }
            | Op::FpToIntMod { dst, a } => all(&[a], Some(dst)),
            Op::Bin { dst, a, b, .. }
            | Op::AddShifted { dst, a, b, .. }
            | Op::Set { dst, a, b, .. }
            | Op::Fp { dst, a, b, .. }
            | Op::FpSet { dst, a, b, .. }
            | Op::FpSign { dst, a, b, .. } => all(&[a, b], Some(dst)),
            Op::Select { dst, test, a, b, .. } => all(&[test, a, b], Some(dst)),
            Op::Fma { dst, a, b, c, .. } => all(&[a, b, c], Some(dst)),
            Op::Load { dst, base, .. } => all(&[base], Some(dst)),
            Op::Store { src, base, .. } => all(&[base, src], None),
            Op::Rmw { dst, addr, src, .. } | Op::StoreConditional { dst, addr, src, .. } => {
                all(&[addr, src], Some(dst));
            }
            Op::Cas { dst, addr, expect, new, .. } => all(&[addr, expect, new], Some(dst)),
            Op::LoadReserved { dst, addr, .. } => all(&[addr], Some(dst)),
            Op::LoadVec { base, .. } | Op::StoreVec { base, .. } => all(&[base], None),
            Op::Assume { bits } => all(&[bits], None),
            Op::Lanes(Lanes { b, result, .. }) => {
                let read = match b {
                    Other::Group(_) => None,
                    Other::Integer(val) => Some(val),
                    Other::Float(slot) => Some(Val::Slot(slot)),
                };
                all(read.as_slice(), result.map(Dst::Slot));
            }
            Op::Stream(Stream { base, stride, count, trims, .. }) => match stride {
                Stride::By(by) => all(&[base, by, count], None),
                _ => all(&[base, count], trims.map(Dst::Slot)),
            },
            Op::CallIf { guard, .. } => all(&[guard], None),
            Op::ZeroLine { addr } => all(&[addr], None),
            Op::FpFlags { dst } => all(&[], Some(dst)),
            Op::SetFpFlags { a } => all(&[a], None),
            Op::Address { dst, .. } => all(&[], Some(dst)),
            Op::CasPair { .. } | Op::Guest { .. } | Op::Fence { .. } | Op::Vec { .. } | Op::Call { .. } => {}
        }
    }

    /// Whether [`Op::visit`] shows all registers that the operation may write.
    pub fn shows_all(&self) -> bool {
        !matches!(
            self,
            Op::CasPair { .. } | Op::LoadVec { .. } | Op::Vec { .. } | Op::Call { .. } | Op::CallIf { .. }
        )
    }

    /// Whether operands and result are all floating-point registers.
    pub fn is_float(&self) -> bool {
        matches!(
            self,
            Op::Fp { .. }
                | Op::Fma { .. }
                | Op::Sqrt { .. }
                | Op::FpSign { .. }
                | Op::FpToFp { .. }
                | Op::FpRound { .. }
        )
    }
}

/// What an indirect jump is, for whoever predicts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Nothing known.
    None,
    /// A call: the guest will return behind it.
    Call,
    /// A return.
    Return,
}

/// How a block ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[rustfmt::skip]
#[allow(missing_docs)] // the line above each variant names its fields
pub enum End {
    /// Goes on at a known address.
    Jump { target: u64, hint: Hint },
    /// Goes on at one of two known addresses, by a 64-bit comparison.
    Branch { cond: Cond, a: Val, b: Val, taken: u64, fall: u64 },
    /// Goes on at a computed address.
    Indirect { target: Val, hint: Hint },
    /// The guest instruction raises an exception.
    Raise { cause: u64, value: Val },
    /// Goes on at `pc`, but by way of the dispatcher: mode, mapping or code may be others now.
    Leave { pc: u64 },
}

/// A lifted block.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Guest virtual address of the first instruction.
    pub pc: u64,
    /// Bytes of guest code covered, from `pc`.
    pub len: u32,
    /// Guest instructions covered.
    pub instructions: u32,
    /// Temporaries used (numbered from 0).
    pub tmps: u16,
    /// The operations.
    pub ops: Vec<Op>,
    /// The end.
    pub end: End,
}
