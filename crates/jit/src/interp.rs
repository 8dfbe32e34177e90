//! The reference interpreter: runs IR on the frame, one operation at a time, in the plainest way.
//!
//! It is also the translator's slow path: whatever the emitter has no host code for goes through [`run_op`].

use crate::core::{Core, Pending};
use crate::ir::{BinOp, Block, Cond, Dst, End, Extend, Op, RmwOp, Size, UnOp, Val, VecOp, Width};
use crate::{Exception, Frame, Isa, softfp};
use lodge_cpu::Stop;
use lodge_softfloat::Flags;

impl Frame {
    /// The value of an operand.
    pub(crate) fn value(&self, val: Val) -> u64 {
        match val {
            Val::Slot(slot) => self.slots[usize::from(slot)],
            Val::Tmp(tmp) => self.tmps[usize::from(tmp)],
            Val::Imm(imm) => imm as u64,
        }
    }

    /// Writes a slot or temporary.
    pub(crate) fn set(&mut self, dst: Dst, value: u64) {
        match dst {
            Dst::Slot(slot) => self.slots[usize::from(slot)] = value,
            Dst::Tmp(tmp) => self.tmps[usize::from(tmp)] = value,
        }
    }

    fn pair(&self, first: u16) -> u128 {
        let at = usize::from(first);
        u128::from(self.slots[at]) | u128::from(self.slots[at + 1]) << 64
    }

    fn set_pair(&mut self, first: u16, value: u128) {
        let at = usize::from(first);
        (self.slots[at], self.slots[at + 1]) = (value as u64, (value >> 64) as u64);
    }
}

/// a op b, 64 bits.
fn bin64(op: BinOp, a: u64, b: u64) -> u64 {
    let (sa, sb) = (a as i64, b as i64);
    match op {
        BinOp::Add => a.wrapping_add(b),
        BinOp::Sub => a.wrapping_sub(b),
        BinOp::And => a & b,
        BinOp::Or => a | b,
        BinOp::Xor => a ^ b,
        BinOp::AndNot => a & !b,
        BinOp::Shl => a << (b & 63),
        BinOp::Shr => a >> (b & 63),
        BinOp::Sar => (sa >> (b & 63)) as u64,
        BinOp::Rotl => a.rotate_left(b as u32 & 63),
        BinOp::Rotr => a.rotate_right(b as u32 & 63),
        BinOp::Mul => a.wrapping_mul(b),
        BinOp::MulHighS => ((i128::from(sa) * i128::from(sb)) >> 64) as u64,
        BinOp::MulHighU => ((u128::from(a) * u128::from(b)) >> 64) as u64,
        BinOp::MulHighSU => ((i128::from(sa) * i128::from(b)) >> 64) as u64,
        BinOp::DivS => {
            if b == 0 {
                u64::MAX
            } else {
                sa.wrapping_div(sb) as u64
            }
        }
        BinOp::DivU => a.checked_div(b).unwrap_or(u64::MAX),
        BinOp::RemS => {
            if b == 0 {
                a
            } else {
                sa.wrapping_rem(sb) as u64
            }
        }
        BinOp::RemU => a.checked_rem(b).unwrap_or(a),
        BinOp::MinS => sa.min(sb) as u64,
        BinOp::MinU => a.min(b),
        BinOp::MaxS => sa.max(sb) as u64,
        BinOp::MaxU => a.max(b),
        BinOp::Clmul => carryless(a, b) as u64,
        BinOp::ClmulHigh => (carryless(a, b) >> 64) as u64,
        BinOp::ClmulRev => (carryless(a, b) >> 63) as u64,
        BinOp::AddCarry => u64::from(a.checked_add(b).is_none()),
        BinOp::AddOverflow => u64::from(sa.checked_add(sb).is_none()),
        BinOp::SubOverflow => u64::from(sa.checked_sub(sb).is_none()),
    }
}

fn carryless(a: u64, b: u64) -> u128 {
    (0..64).filter(|i| b >> i & 1 != 0).fold(0, |sum, i| sum ^ u128::from(a) << i)
}

/// a op b on the low 32 bits; the result's low 32 bits count.
fn bin32(op: BinOp, a: u32, b: u32) -> u32 {
    let (sa, sb) = (a as i32, b as i32);
    match op {
        BinOp::Shl => a << (b & 31),
        BinOp::Shr => a >> (b & 31),
        BinOp::Sar => (sa >> (b & 31)) as u32,
        BinOp::Rotl => a.rotate_left(b & 31),
        BinOp::Rotr => a.rotate_right(b & 31),
        BinOp::MulHighS => ((i64::from(sa) * i64::from(sb)) >> 32) as u32,
        BinOp::MulHighU => ((u64::from(a) * u64::from(b)) >> 32) as u32,
        BinOp::MulHighSU => ((i64::from(sa) * i64::from(b)) >> 32) as u32,
        BinOp::DivS => {
            if b == 0 {
                u32::MAX
            } else {
                sa.wrapping_div(sb) as u32
            }
        }
        BinOp::DivU => a.checked_div(b).unwrap_or(u32::MAX),
        BinOp::RemS => {
            if b == 0 {
                a
            } else {
                sa.wrapping_rem(sb) as u32
            }
        }
        BinOp::RemU => a.checked_rem(b).unwrap_or(a),
        BinOp::MinS => sa.min(sb) as u32,
        BinOp::MinU => a.min(b),
        BinOp::MaxS => sa.max(sb) as u32,
        BinOp::MaxU => a.max(b),
        BinOp::ClmulHigh => (carryless(a.into(), b.into()) >> 32) as u32,
        BinOp::ClmulRev => (carryless(a.into(), b.into()) >> 31) as u32,
        BinOp::AddCarry => u32::from(a.checked_add(b).is_none()),
        BinOp::AddOverflow => u32::from(sa.checked_add(sb).is_none()),
        BinOp::SubOverflow => u32::from(sa.checked_sub(sb).is_none()),
        _ => bin64(op, a.into(), b.into()) as u32,
    }
}

/// The upper half of a 32-bit result.
fn widen(w: Width, low: u32) -> u64 {
    if w == Width::S32 { low as i32 as u64 } else { low.into() }
}

/// a op b at width `w`.
pub(crate) fn bin(op: BinOp, w: Width, a: u64, b: u64) -> u64 {
    if w == Width::W64 { bin64(op, a, b) } else { widen(w, bin32(op, a as u32, b as u32)) }
}

/// op a at width `w`.
pub(crate) fn un(op: UnOp, w: Width, a: u64) -> u64 {
    let bytes = |f: fn(u8) -> u8| u64::from_le_bytes(a.to_le_bytes().map(f));
    let wide = w == Width::W64;
    let (low, result) = (
        a as u32,
        match op {
            UnOp::Not => !a,
            UnOp::Neg => a.wrapping_neg(),
            UnOp::Clz => a.leading_zeros().into(),
            UnOp::Ctz => a.trailing_zeros().into(),
            UnOp::Popcnt => a.count_ones().into(),
            UnOp::ByteSwap => a.swap_bytes(),
            UnOp::OrCombine => bytes(|b| if b == 0 { 0 } else { 0xff }),
            UnOp::BitSwapBytes => bytes(u8::reverse_bits),
            UnOp::Sext8 => a as i8 as u64,
            UnOp::Sext16 => a as i16 as u64,
            UnOp::Sext32 => a as i32 as u64,
            UnOp::Zext8 => a & 0xff,
            UnOp::Zext16 => a & 0xffff,
            UnOp::Zext32 => a & 0xffff_ffff,
        },
    );
    match op {
        _ if wide => result,
        UnOp::Clz => low.leading_zeros().into(),
        UnOp::Ctz => low.trailing_zeros().into(),
        UnOp::Popcnt => low.count_ones().into(),
        UnOp::ByteSwap => widen(w, low.swap_bytes()),
        _ => widen(w, result as u32),
    }
}

/// Whether a cond b, 64 bits.
pub(crate) fn holds(cond: Cond, a: u64, b: u64) -> bool {
    match cond {
        Cond::Eq => a == b,
        Cond::Ne => a != b,
        Cond::LtS => (a as i64) < b as i64,
        Cond::GeS => a as i64 >= b as i64,
        Cond::LtU => a < b,
        Cond::GeU => a >= b,
    }
}

fn set(cond: Cond, w: Width, a: u64, b: u64) -> u64 {
    let narrow = |v: u64| v as i32 as u64;
    u64::from(if w == Width::W64 { holds(cond, a, b) } else { holds(cond, narrow(a), narrow(b)) })
}

/// What fills the register above a loaded value.
pub(crate) fn extend(extend: Extend, size: Size, value: u64) -> u64 {
    let unused = 64 - 8 * u32::from(size.bytes());
    match extend {
        Extend::Zero => value,
        Extend::Sign => ((value << unused) as i64 >> unused) as u64,
        Extend::Ones if unused == 0 => value,
        Extend::Ones => value | u64::MAX << (64 - unused),
    }
}

/// The new value of a read-modify-write.
fn rmw(op: RmwOp, size: Size, old: u64, b: u64) -> u64 {
    let w = if size == Size::B4 { Width::W32 } else { Width::W64 };
    let op = match op {
        RmwOp::Swap => return b,
        RmwOp::Add => BinOp::Add,
        RmwOp::And => BinOp::And,
        RmwOp::Or => BinOp::Or,
        RmwOp::Xor => BinOp::Xor,
        RmwOp::MinS => BinOp::MinS,
        RmwOp::MaxS => BinOp::MaxS,
        RmwOp::MinU => BinOp::MinU,
        RmwOp::MaxU => BinOp::MaxU,
    };
    bin(op, w, old, b)
}

fn vec(op: VecOp, a: u128, b: u128) -> u128 {
    let lanes = |size: Size, f: fn(u64, u64, u64) -> u64| {
        let bits = 8 * u32::from(size.bytes());
        let mask = u64::MAX >> (64 - bits);
        (0..128 / bits).fold(0, |sum, i| {
            let lane = |v: u128| (v >> (i * bits)) as u64 & mask;
            sum | u128::from(f(lane(a), lane(b), mask) & mask) << (i * bits)
        })
    };
    match op {
        VecOp::And => a & b,
        VecOp::Or => a | b,
        VecOp::Xor => a ^ b,
        VecOp::Add(size) => lanes(size, |a, b, _| a.wrapping_add(b)),
        VecOp::Sub(size) => lanes(size, |a, b, _| a.wrapping_sub(b)),
        VecOp::Eq(size) => lanes(size, |a, b, mask| if a == b { mask } else { 0 }),
    }
}

/// Runs one operation on the frame.
///
/// # Errors
/// Why the block does not go on.
pub(crate) fn run_op<I: Isa>(core: &mut Core<I>, op: &Op) -> Result<(), Pending> {
    let frame = &mut *core.frame;
    match *op {
        Op::Guest { pc } => {
            frame.pc = pc;
            if frame.executed == frame.limit {
                return Err(Pending::Stop(Stop::Kicked));
            }
            frame.executed += 1;
        }
        Op::Assume { bits } => frame.set_assumed(frame.value(bits) as u32),
        Op::Lanes(l) => core.call(l.helper, l.result, [0, 0, u64::from(l.raw) << 32])?,
        Op::Stream(ref s) => core.stream(s).map_err(Pending::Exception)?,
        Op::Move { dst, a } => frame.set(dst, frame.value(a)),
        Op::Address { dst, address } => frame.set(dst, address),
        Op::Bin { op, w, dst, a, b } => frame.set(dst, bin(op, w, frame.value(a), frame.value(b))),
        Op::AddShifted { dst, a, b, shift } => {
            frame.set(dst, frame.value(a).wrapping_add(frame.value(b) << shift));
        }
        Op::Un { op, w, dst, a } => frame.set(dst, un(op, w, frame.value(a))),
        Op::Set { cond, w, dst, a, b } => frame.set(dst, set(cond, w, frame.value(a), frame.value(b))),
        Op::Select { cond, dst, test, a, b } => {
            let chosen = if holds(cond, frame.value(test), 0) { a } else { b };
            frame.set(dst, frame.value(chosen));
        }
        Op::Vec { op, dst, a, b } => frame.set_pair(dst, vec(op, frame.pair(a), frame.pair(b))),
        Op::FpFlags { dst } => frame.set(dst, frame.fp_flags().bits().into()),
        Op::SetFpFlags { a } => frame.set_fp_flags(Flags::from_bits(frame.value(a) as u8 & 31)),
        Op::Fence { .. } => std::sync::atomic::fence(std::sync::atomic::Ordering::SeqCst),
        Op::Call { helper, dst, args } => {
            let args = args.map(|v| core.frame.value(v));
            return core.call(helper, dst, args);
        }
        Op::CallIf { guard, helper, args } => {
            if core.frame.value(guard) != 0 {
                let args = args.map(|v| core.frame.value(v));
                return core.call(helper, None, args);
            }
        }
        _ if softfp::run(I::FP, frame, op) => {}
        _ => run_memory(core, op).map_err(Pending::Exception)?,
    }
    Ok(())
}

/// Runs one operation that touches memory.
fn run_memory<I: Isa>(core: &mut Core<I>, op: &Op) -> Result<(), Exception> {
    let at = |frame: &Frame, base: Val, offset: i32| frame.value(base).wrapping_add(offset as u64);
    let (dst, value) = match *op {
        Op::Load { dst, size, extend: how, base, offset, order: _ } => {
            let value = core.load(at(&core.frame, base, offset), size.bytes())?;
            (dst, extend(how, size, value))
        }
        Op::Store { src, size, base, offset, order: _ } => {
            let value = core.frame.value(src);
            return core.store(at(&core.frame, base, offset), size.bytes(), value);
        }
        Op::ZeroLine { addr } => {
            let address = core.frame.value(addr);
            return core.zero_line(address);
        }
        Op::LoadVec { dst, base, offset } => {
            let address = at(&core.frame, base, offset);
            let low = core.load(address, 8)?;
            let high = core.load(address.wrapping_add(8), 8)?;
            core.frame.set_pair(dst, u128::from(low) | u128::from(high) << 64);
            return Ok(());
        }
        Op::StoreVec { src, base, offset } => {
            let (address, value) = (at(&core.frame, base, offset), core.frame.pair(src));
            core.translate(address.wrapping_add(15), crate::Access::Write)?;
            core.store(address, 8, value as u64)?;
            return core.store(address.wrapping_add(8), 8, (value >> 64) as u64);
        }
        Op::Rmw { op, size, dst, addr, src } => {
            let (address, b) = (core.frame.value(addr), core.frame.value(src));
            (dst, core.rmw(address, size.bytes(), |old| rmw(op, size, old, b))?)
        }
        Op::Cas { size, dst, addr, expect, new } => {
            let [address, expect, new] = [addr, expect, new].map(|v| core.frame.value(v));
            (dst, core.cas(address, size.bytes(), expect, new)?)
        }
        Op::CasPair { dst, addr, expect, new } => {
            let pair =
                |p: [Val; 2]| u128::from(core.frame.value(p[0])) | u128::from(core.frame.value(p[1])) << 64;
            let (expect, new, address) = (pair(expect), pair(new), core.frame.value(addr));
            let old = core.cas_pair(address, expect, new)?;
            core.frame.slots[usize::from(dst[0])] = old as u64;
            (Dst::Slot(dst[1]), (old >> 64) as u64)
        }
        Op::LoadReserved { size, dst, addr } => {
            let address = core.frame.value(addr);
            (dst, core.load_reserved(address, size.bytes())?)
        }
        Op::StoreConditional { size, dst, addr, src } => {
            let (address, value) = (core.frame.value(addr), core.frame.value(src));
            (dst, core.store_conditional(address, size.bytes(), value)?)
        }
        // Everything else was done by `run_op`.
        _ => return Ok(()),
    };
    core.frame.set(dst, value);
    Ok(())
}

/// Runs a block to its end; where to go on.
///
/// # Errors
/// Why not.
pub(crate) fn run_block<I: Isa>(core: &mut Core<I>, block: &Block) -> Result<u64, Pending> {
    for op in &block.ops {
        run_op(core, op)?;
    }
    match block.end {
        End::Jump { target, .. } => Ok(target),
        End::Branch { cond, a, b, taken, fall } => {
            Ok(if holds(cond, core.frame.value(a), core.frame.value(b)) { taken } else { fall })
        }
        End::Indirect { target, .. } => Ok(core.frame.value(target)),
        End::Raise { cause, value } => {
            Err(Pending::Exception(Exception { cause, value: core.frame.value(value) }))
        }
        End::Leave { pc } => {
            core.frame.pc = pc;
            Err(Pending::Leave)
        }
    }
}
