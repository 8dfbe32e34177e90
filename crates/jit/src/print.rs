//! Text of a block, one operation a line: for tests, traces and people.
//!
//! ```text
//!   $7 guest register   %0 temporary   12, 0xffff… constants   = between result and operation
//! ```
//! It must not know which registers of which ISA the slots are.

use std::fmt;

use crate::ir::{
    Block, Cond, Dst, End, Extend, Fmt, FpSign, Hint, Int, Op, Order, Rounding, Size, Val, Width,
};

impl fmt::Display for Val {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Val::Slot(slot) => write!(f, "${slot}"),
            Val::Tmp(tmp) => write!(f, "%{tmp}"),
            Val::Imm(imm) if imm.unsigned_abs() < 1 << 12 => write!(f, "{imm}"),
            Val::Imm(imm) => write!(f, "{imm:#x}"),
        }
    }
}

impl fmt::Display for Dst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Val::from(*self).fmt(f)
    }
}

/// The name of an enum's variant in lower case.
fn lower(value: impl fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn width(w: Width) -> &'static str {
    match w {
        Width::W32 => ".w32",
        Width::S32 => ".s32",
        Width::W64 => "",
    }
}

fn cond(cond: Cond) -> &'static str {
    match cond {
        Cond::Eq => "==",
        Cond::Ne => "!=",
        Cond::LtS => "<s",
        Cond::GeS => ">=s",
        Cond::LtU => "<u",
        Cond::GeU => ">=u",
    }
}

/// Bits, as in `load.32`.
fn bits(size: Size) -> u32 {
    8 * u32::from(size.bytes())
}

fn fmt(fmt: Fmt) -> &'static str {
    match fmt {
        Fmt::H => "h",
        Fmt::S => "s",
        Fmt::D => "d",
    }
}

fn int(int: Int) -> &'static str {
    match int {
        Int::I32 => "i32",
        Int::U32 => "u32",
        Int::I64 => "i64",
        Int::U64 => "u64",
    }
}

fn rounding(rm: Rounding) -> &'static str {
    match rm {
        Rounding::NearestEven => "rne",
        Rounding::TowardZero => "rtz",
        Rounding::Down => "rdn",
        Rounding::Up => "rup",
        Rounding::NearestMaxMagnitude => "rmm",
    }
}

fn order(order: Order) -> &'static str {
    match order {
        Order::Relaxed => "",
        Order::Acquire => ".acq",
        Order::Release => ".rel",
        Order::AcqRel => ".acqrel",
    }
}

/// `[base+offset]`
fn address(base: Val, offset: i32) -> String {
    match offset {
        0 => format!("[{base}]"),
        _ => format!("[{base}{offset:+}]"),
    }
}

fn hint(hint: Hint) -> &'static str {
    match hint {
        Hint::None => "",
        Hint::Call => " (call)",
        Hint::Return => " (return)",
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Op::Guest { pc } => write!(f, "guest {pc:#x}"),
            Op::Move { dst, a } => write!(f, "{dst} = {a}"),
            Op::Address { dst, address } => write!(f, "{dst} = address {address:#x}"),
            Op::Bin { op, w, dst, a, b } => write!(f, "{dst} = {}{} {a}, {b}", lower(op), width(w)),
            Op::AddShifted { dst, a, b, shift } => write!(f, "{dst} = {a} + ({b} << {shift})"),
            Op::Un { op, w, dst, a } => write!(f, "{dst} = {}{} {a}", lower(op), width(w)),
            Op::Set { cond: c, w, dst, a, b } => write!(f, "{dst} = set{} {a} {} {b}", width(w), cond(c)),
            Op::Select { cond: c, dst, test, a, b } => {
                write!(f, "{dst} = {test} {} 0 ? {a} : {b}", cond(c))
            }
            Op::Vec { op, dst, a, b } => write!(f, "${dst}:2 = vec.{} ${a}:2, ${b}:2", lower(op)),
            Op::Call { helper, dst, args: [a, b, c] } => {
                if let Some(dst) = dst {
                    write!(f, "${dst} = ")?;
                }
                write!(f, "call {helper} ({a}, {b}, {c})")
            }
            Op::Lanes(lanes) => write!(f, "{lanes}"),
            Op::Stream(stream) => write!(f, "{stream}"),
            Op::Assume { bits } => write!(f, "assume {bits}"),
            Op::CallIf { guard, helper, args: [a, b, c] } => {
                write!(f, "if {guard} call {helper} ({a}, {b}, {c})")
            }
            Op::ZeroLine { addr } => write!(f, "zero line [{addr}]"),
            _ => write_memory(self, f),
        }
    }
}

fn write_memory(op: &Op, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match *op {
        Op::Load { dst, size, extend, base, offset, order: o } => {
            let extend = match extend {
                Extend::Zero => "",
                Extend::Sign => "s",
                Extend::Ones => "ones",
            };
            write!(f, "{dst} = load.{}{extend}{} {}", bits(size), order(o), address(base, offset))
        }
        Op::Store { src, size, base, offset, order: o } => {
            write!(f, "store.{}{} {}, {src}", bits(size), order(o), address(base, offset))
        }
        Op::LoadVec { dst, base, offset } => write!(f, "${dst}:2 = load.128 {}", address(base, offset)),
        Op::StoreVec { src, base, offset } => write!(f, "store.128 {}, ${src}:2", address(base, offset)),
        Op::Rmw { op, size, dst, addr, src } => {
            write!(f, "{dst} = atomic {}.{} [{addr}], {src}", lower(op), bits(size))
        }
        Op::Cas { size, dst, addr, expect, new } => {
            write!(f, "{dst} = atomic cas.{} [{addr}], {expect} -> {new}", bits(size))
        }
        Op::CasPair { dst, addr, expect: [e0, e1], new: [n0, n1] } => {
            let [d0, d1] = dst;
            write!(f, "${d0}:${d1} = atomic cas.128 [{addr}], {e0}:{e1} -> {n0}:{n1}")
        }
        Op::LoadReserved { size, dst, addr } => {
            write!(f, "{dst} = reserve.{} [{addr}]", bits(size))
        }
        Op::StoreConditional { size, dst, addr, src } => {
            write!(f, "{dst} = conditional store.{} [{addr}], {src}", bits(size))
        }
        Op::Fence { full } => f.write_str(if full { "fence full" } else { "fence" }),
        _ => write_fp(op, f),
    }
}

fn write_fp(op: &Op, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match *op {
        Op::Fp { op, fmt: t, rm, dst, a, b } => {
            write!(f, "{dst} = f{}.{} {a}, {b}, {}", lower(op), fmt(t), rounding(rm))
        }
        Op::Fma { fmt: t, rm, negate_product, negate_addend, dst, a, b, c } => {
            let sign = |negate| if negate { '-' } else { '+' };
            let (product, addend) = (sign(negate_product), sign(negate_addend));
            write!(f, "{dst} = fma.{} {product}({a} * {b}) {addend}{c}, {}", fmt(t), rounding(rm))
        }
        Op::Sqrt { fmt: t, rm, dst, a } => write!(f, "{dst} = fsqrt.{} {a}, {}", fmt(t), rounding(rm)),
        Op::FpSet { cond, quiet, fmt: t, dst, a, b } => {
            let quiet = if quiet { ".quiet" } else { "" };
            write!(f, "{dst} = fset.{}{quiet} {a} {} {b}", fmt(t), lower(cond))
        }
        Op::FpSign { sign, fmt: t, dst, a, b } => {
            let of = match sign {
                FpSign::Copy => "",
                FpSign::Negate => "-",
                FpSign::Xor => "^",
            };
            write!(f, "{dst} = fsign.{} {a}, {of}{b}", fmt(t))
        }
        Op::FpClass { fmt: t, dst, a } => write!(f, "{dst} = fclass.{} {a}", fmt(t)),
        Op::FpToInt { fmt: t, int: i, rm, dst, a } => {
            write!(f, "{dst} = convert.{}.{} {a}, {}", int(i), fmt(t), rounding(rm))
        }
        Op::IntToFp { int: i, fmt: t, rm, dst, a } => {
            write!(f, "{dst} = convert.{}.{} {a}, {}", fmt(t), int(i), rounding(rm))
        }
        Op::FpToFp { from, to, rm, dst, a } => {
            write!(f, "{dst} = convert.{}.{} {a}, {}", fmt(to), fmt(from), rounding(rm))
        }
        Op::FpRound { fmt: t, rm, exact, dst, a } => {
            let exact = if exact { ".exact" } else { "" };
            write!(f, "{dst} = fround.{}{exact} {a}, {}", fmt(t), rounding(rm))
        }
        Op::FpToIntMod { dst, a } => write!(f, "{dst} = convert.mod32.d {a}"),
        Op::FpFlags { dst } => write!(f, "{dst} = fflags"),
        Op::SetFpFlags { a } => write!(f, "fflags = {a}"),
        // The others are printed by the functions above.
        _ => write!(f, "{op:?}"),
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            End::Jump { target, hint: h } => write!(f, "jump {target:#x}{}", hint(h)),
            End::Branch { cond: c, a, b, taken, fall } => {
                write!(f, "branch {a} {} {b} ? {taken:#x} : {fall:#x}", cond(c))
            }
            End::Indirect { target, hint: h } => write!(f, "jump {target}{}", hint(h)),
            End::Raise { cause, value } => write!(f, "raise {cause} ({value})"),
            End::Leave { pc } => write!(f, "leave {pc:#x}"),
        }
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Block { pc, len, instructions, tmps, .. } = self;
        writeln!(f, "block {pc:#x} +{len}: {instructions} instructions, {tmps} temporaries")?;
        for op in &self.ops {
            let indent = if matches!(op, Op::Guest { .. }) { "  " } else { "    " };
            writeln!(f, "{indent}{op}")?;
        }
        writeln!(f, "    {}", self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Builder;
    use crate::ir::{BinOp, VecOp};

    #[test]
    fn a_block_reads_like_a_program() {
        let mut block = Builder::new(0x1000);
        block.instruction(4);
        let tmp = block.tmp();
        block.bin(BinOp::Add, Width::S32, tmp, Val::Slot(5), Val::Imm(-1));
        block.push(Op::Vec { op: VecOp::Add(Size::B4), dst: 64, a: 66, b: 68 });
        block.push(Op::Load {
            dst: Dst::Slot(6),
            size: Size::B2,
            extend: Extend::Sign,
            base: tmp.into(),
            offset: -8,
            order: Order::Acquire,
        });
        block.end(End::Branch { cond: Cond::LtU, a: tmp.into(), b: Val::Imm(1 << 20), taken: 16, fall: 32 });
        let expect = "block 0x1000 +4: 1 instructions, 1 temporaries\n  guest 0x1000\n    %0 = add.s32 $5, -1\n    \
                      $64:2 = vec.add(b4) $66:2, $68:2\n    $6 = load.16s.acq [%0-8]\n    \
                      branch %0 <u 0x100000 ? 0x10 : 0x20\n";
        assert_eq!(block.finish().to_string(), expect);
    }
}
