//! The IR's floating point in software: what the interpreter does, and the translator where the host differs.

use crate::ir::{Fmt, FpCond, FpOp, FpSign, Int, Op, Val};
use crate::{FpRules, Frame};
use lodge_softfloat::{self as soft, Env, Format, Fused, IntegerRule, Rounding};

fn format(fmt: Fmt) -> Format {
    match fmt {
        Fmt::H => Format::F16,
        Fmt::S => Format::F32,
        Fmt::D => Format::F64,
    }
}

/// One operation's surroundings: operands in, result and flags out.
struct Unit<'a> {
    rules: FpRules,
    frame: &'a mut Frame,
    env: Env,
}

impl Unit<'_> {
    /// The operand as a value of its format.
    fn get(&self, fmt: Fmt, val: Val) -> u64 {
        let bits = self.frame.value(val);
        if self.rules.boxed { format(fmt).unboxed(bits) } else { bits }
    }

    /// The register image of a result.
    fn put(&self, fmt: Fmt, bits: u64) -> u64 {
        if self.rules.boxed { format(fmt).boxed(bits) } else { bits }
    }

    fn binary(&mut self, op: FpOp, fmt: Fmt, a: Val, b: Val) -> u64 {
        let (f, a, b) = (format(fmt), self.get(fmt, a), self.get(fmt, b));
        let env = &mut self.env;
        let bits = match op {
            FpOp::Add => soft::add(f, a, b, env),
            FpOp::Sub => soft::sub(f, a, b, env),
            FpOp::Mul => soft::mul(f, a, b, env),
            FpOp::Div => soft::div(f, a, b, env),
            FpOp::MinNum => soft::minimum_number(f, a, b, env),
            FpOp::MaxNum => soft::maximum_number(f, a, b, env),
            FpOp::Min => soft::minimum(f, a, b, env),
            FpOp::Max => soft::maximum(f, a, b, env),
        };
        self.put(fmt, bits)
    }

    fn compare(&mut self, cond: FpCond, quiet: bool, fmt: Fmt, a: Val, b: Val) -> u64 {
        let (f, a, b) = (format(fmt), self.get(fmt, a), self.get(fmt, b));
        let env = &mut self.env;
        u64::from(match (cond, quiet) {
            (FpCond::Eq, true) => soft::eq_quiet(f, a, b, env),
            (FpCond::Eq, false) => soft::eq_signaling(f, a, b, env),
            (FpCond::Lt, true) => soft::lt_quiet(f, a, b, env),
            (FpCond::Lt, false) => soft::lt_signaling(f, a, b, env),
            (FpCond::Le, true) => soft::le_quiet(f, a, b, env),
            (FpCond::Le, false) => soft::le_signaling(f, a, b, env),
        })
    }

    fn sign(&self, sign: FpSign, fmt: Fmt, a: Val, b: Val) -> u64 {
        let (a, b, mask) = (self.get(fmt, a), self.get(fmt, b), format(fmt).sign_bit());
        let from = match sign {
            FpSign::Copy => b,
            FpSign::Negate => !b,
            FpSign::Xor => a ^ b,
        };
        self.put(fmt, a & !mask | from & mask)
    }

    fn float_to_int(&mut self, fmt: Fmt, int: Int, a: Val) -> u64 {
        let (f, a) = (format(fmt), self.get(fmt, a));
        let (rule, env) = (IntegerRule::Riscv, &mut self.env);
        match int {
            Int::I32 => soft::to_i32(f, a, rule, env) as u64,
            Int::U32 => soft::to_u32(f, a, rule, env) as i32 as u64,
            Int::I64 => soft::to_i64(f, a, rule, env) as u64,
            Int::U64 => soft::to_u64(f, a, rule, env),
        }
    }

    fn int_to_float(&mut self, int: Int, fmt: Fmt, a: Val) -> u64 {
        let (f, a, env) = (format(fmt), self.frame.value(a), &mut self.env);
        let bits = match int {
            Int::I32 => soft::from_i32(f, a as i32, env),
            Int::U32 => soft::from_u32(f, a as u32, env),
            Int::I64 => soft::from_i64(f, a as i64, env),
            Int::U64 => soft::from_u64(f, a, env),
        };
        self.put(fmt, bits)
    }

    fn fma(&mut self, fmt: Fmt, signs: Fused, operands: [Val; 3]) -> u64 {
        let [a, b, c] = operands.map(|v| self.get(fmt, v));
        let bits = soft::mul_add(format(fmt), a, b, c, signs, &mut self.env);
        self.put(fmt, bits)
    }

    fn round(&mut self, fmt: Fmt, exact: bool, a: Val) -> u64 {
        let (f, a, env) = (format(fmt), self.get(fmt, a), &mut self.env);
        let bits =
            if exact { soft::round_to_integral_exact(f, a, env) } else { soft::round_to_integral(f, a, env) };
        self.put(fmt, bits)
    }
}

/// Runs a floating-point operation on the frame; `false` when `op` is not one.
pub(crate) fn run(rules: FpRules, frame: &mut Frame, op: &Op) -> bool {
    let mut env = Env::riscv(Rounding::NearestEven);
    env.nan = rules.nan;
    let mut unit = Unit { rules, frame, env };
    let (dst, value) = match *op {
        Op::Fp { op, fmt, rm, dst, a, b } => {
            unit.env.rounding = rm;
            (dst, unit.binary(op, fmt, a, b))
        }
        Op::Fma { fmt, rm, negate_product, negate_addend, dst, a, b, c } => {
            unit.env.rounding = rm;
            (dst, unit.fma(fmt, Fused::new(negate_product, negate_addend), [a, b, c]))
        }
        Op::Sqrt { fmt, rm, dst, a } => {
            unit.env.rounding = rm;
            let bits = soft::sqrt(format(fmt), unit.get(fmt, a), &mut unit.env);
            (dst, unit.put(fmt, bits))
        }
        Op::FpSet { cond, quiet, fmt, dst, a, b } => (dst, unit.compare(cond, quiet, fmt, a, b)),
        Op::FpSign { sign, fmt, dst, a, b } => (dst, unit.sign(sign, fmt, a, b)),
        Op::FpClass { fmt, dst, a } => (dst, u64::from(format(fmt).classify(unit.get(fmt, a)).mask())),
        Op::FpToInt { fmt, int, rm, dst, a } => {
            unit.env.rounding = rm;
            (dst, unit.float_to_int(fmt, int, a))
        }
        Op::IntToFp { int, fmt, rm, dst, a } => {
            unit.env.rounding = rm;
            (dst, unit.int_to_float(int, fmt, a))
        }
        Op::FpToFp { from, to, rm, dst, a } => {
            unit.env.rounding = rm;
            let bits = soft::convert(format(from), format(to), unit.get(from, a), &mut unit.env);
            (dst, unit.put(to, bits))
        }
        Op::FpRound { fmt, rm, exact, dst, a } => {
            unit.env.rounding = rm;
            (dst, unit.round(fmt, exact, a))
        }
        Op::FpToIntMod { dst, a } => {
            unit.env.rounding = Rounding::TowardZero;
            (dst, soft::to_i32_modular(Format::F64, unit.get(Fmt::D, a), &mut unit.env) as u64)
        }
        _ => return false,
    };
    let flags = unit.env.flags;
    frame.accrue(flags);
    frame.set(dst, value);
    true
}
