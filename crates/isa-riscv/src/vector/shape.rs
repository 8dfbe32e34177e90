//! What an arithmetic vector instruction amounts to, for emitters.
//!
//! It must not decide what is legal, nor what is fast.

use super::{form, form_of, function_of};
use crate::helper::Helper;
use crate::inst::Inst;
use crate::lift::VectorState;
use crate::lifter::Lifter;
use crate::rvv;
use crate::slots;
use lodge_jit::ir::{Cond, FloatCond, LaneOp, Lanes, Length, Other, Rounding, Size, Slot, Val, WideOp};

/// The operation that stands for `i`.
pub(crate) fn of(l: &Lifter, i: &Inst, state: VectorState, result: Option<Slot>) -> Lanes {
    let (form, function) = (form_of(i), function_of(i));
    let sew = state.vtype.sew();
    let lane = size(sew);
    let b = match form {
        form::IVX | form::MVX => Other::Integer(l.x(i.rs1)),
        form::FVF => Other::Float(slots::f(i.rs1)),
        form::IVI if i.op.operands().contains("zimm") => Other::Integer(Val::Imm(i64::from(i.rs1))),
        form::IVI => Other::Integer(Val::Imm(i.imm)),
        _ => Other::Group(rvv::slot(l, i.rs1)),
    };
    let plain = Lanes {
        op: LaneOp::Other,
        lane,
        bytes: (state.vtype.vlmax(l.vlenb()) as u16) << sew,
        dst: rvv::slot(l, i.rd),
        a: rvv::slot(l, i.rs2),
        b,
        length: rvv::length(state),
        mask: (!i.vm).then_some(slots::V),
        rm: l.rounding().unwrap_or(Rounding::NearestEven),
        helper: Helper::Vector as u16,
        raw: i.raw,
        result,
    };
    if form == form::IVI && function == 0x27 && !state.started {
        let bytes = (u16::from(i.rs1) + 1) * l.vlenb() as u16;
        let b = Other::Group(plain.a);
        return Lanes {
            op: LaneOp::Copy,
            lane: Size::B8,
            bytes,
            b,
            length: Length::Full,
            mask: None,
            ..plain
        };
    }
    if state.started {
        return plain;
    }
    let op = match form {
        form::IVV | form::IVX | form::IVI => integer(i, sew, function),
        form::MVV | form::MVX => multiply(i, sew, function),
        _ => float(i, function),
    };
    let wide = matches!(
        op,
        LaneOp::Widen { .. }
            | LaneOp::WideSum { .. }
            | LaneOp::FWiden
            | LaneOp::FromInteger { wide: true }
            | LaneOp::FWide { .. }
            | LaneOp::FWideMulAdd { .. }
    );
    if wide && sew < 3 {
        return Lanes { op, lane: size(sew + 1), bytes: 2 * plain.bytes, ..plain };
    }
    match op {
        // The mask chooses among operands; all lanes are at work.
        LaneOp::Copy if !i.vm => Lanes { op: LaneOp::Merge, ..plain },
        _ => Lanes { op, ..plain },
    }
}

fn size(log: u8) -> Size {
    [Size::B1, Size::B2, Size::B4, Size::B8][usize::from(log)]
}

fn integer(i: &Inst, sew: u8, function: u32) -> LaneOp {
    let compare = |cond, swap| LaneOp::Compare { cond, swap };
    match function {
        0x00 => LaneOp::Add,
        0x02 => LaneOp::Sub,
        0x03 => LaneOp::SubFrom,
        0x04 => LaneOp::MinU,
        0x05 => LaneOp::MinS,
        0x06 => LaneOp::MaxU,
        0x07 => LaneOp::MaxS,
        0x09 => LaneOp::And,
        0x0a => LaneOp::Or,
        0x0b => LaneOp::Xor,
        0x0c if form_of(i) == form::IVV => LaneOp::Gather { index: size(sew) },
        0x0c => LaneOp::GatherOne,
        0x0e if form_of(i) == form::IVV => LaneOp::Gather { index: Size::B2 },
        0x0e => LaneOp::SlideUp,
        0x0f => LaneOp::SlideDown,
        0x17 => LaneOp::Copy,
        0x18 => compare(Cond::Eq, false),
        0x19 => compare(Cond::Ne, false),
        0x1a => compare(Cond::LtU, false),
        0x1b => compare(Cond::LtS, false),
        // Not b < a; b < a.
        0x1c => compare(Cond::GeU, true),
        0x1d => compare(Cond::GeS, true),
        0x1e => compare(Cond::LtU, true),
        0x1f => compare(Cond::LtS, true),
        0x20..=0x23 => {
            LaneOp::Saturate { subtract: function >= 0x22, sign: function & 1 != 0, flag: slots::VCSR }
        }
        0x25 => LaneOp::Shl,
        0x28 => LaneOp::Shr,
        0x29 => LaneOp::Sar,
        0x30 | 0x31 => LaneOp::WideSum { sign: function == 0x31 },
        0x2c => LaneOp::NarrowShift { sign: false },
        0x2d => LaneOp::NarrowShift { sign: true },
        _ => LaneOp::Other,
    }
}

fn multiply(i: &Inst, sew: u8, function: u32) -> LaneOp {
    let vector = form_of(i) == form::MVV;
    let widen = |op, sign, wide| LaneOp::Widen { op, sign, wide };
    match function {
        0x00 if vector => LaneOp::Sum,
        0x01 if vector => LaneOp::AllAnd,
        0x02 if vector => LaneOp::AllOr,
        0x03 if vector => LaneOp::AllXor,
        0x04 if vector => LaneOp::LeastU,
        0x05 if vector => LaneOp::LeastS,
        0x06 if vector => LaneOp::MostU,
        0x07 if vector => LaneOp::MostS,
        0x0e => LaneOp::SlideUp1,
        0x0f => LaneOp::SlideDown1,
        0x10 if !vector => LaneOp::SetLane0,
        0x10 => match i.rs1 {
            0 => LaneOp::Lane0,
            0x10 => LaneOp::Count,
            _ => LaneOp::First,
        },
        0x12 => LaneOp::Extend { from: size(sew + (i.rs1 >> 1) - 4), sign: i.rs1 & 1 != 0 },
        0x14 if i.rs1 == 0x11 => LaneOp::Iota,
        0x14 if i.rs1 == 1 => LaneOp::BeforeFirst,
        0x14 if i.rs1 == 2 => LaneOp::OnlyFirst,
        0x14 if i.rs1 == 3 => LaneOp::UpToFirst,
        0x18 => LaneOp::MaskAndNot,
        0x19 => LaneOp::MaskAnd,
        0x1a => LaneOp::MaskOr,
        0x1b => LaneOp::MaskXor,
        0x1c => LaneOp::MaskOrNot,
        0x1d => LaneOp::MaskNand,
        0x1e => LaneOp::MaskNor,
        0x1f => LaneOp::MaskXnor,
        0x17 => LaneOp::Compress,
        0x24 => LaneOp::MulHigh { sign: false },
        0x25 => LaneOp::Mul,
        0x27 => LaneOp::MulHigh { sign: true },
        0x29 => LaneOp::AddMul,
        0x2b => LaneOp::SubMul,
        0x2d => LaneOp::MulAdd,
        0x2f => LaneOp::MulSub,
        0x30 => widen(WideOp::Add, false, false),
        0x31 => widen(WideOp::Add, true, false),
        0x32 => widen(WideOp::Sub, false, false),
        0x33 => widen(WideOp::Sub, true, false),
        0x34 => widen(WideOp::Add, false, true),
        0x35 => widen(WideOp::Add, true, true),
        0x36 => widen(WideOp::Sub, false, true),
        0x37 => widen(WideOp::Sub, true, true),
        0x38 => widen(WideOp::Mul, false, false),
        0x3b => widen(WideOp::Mul, true, false),
        0x3c => widen(WideOp::MulAdd, false, false),
        0x3d => widen(WideOp::MulAdd, true, false),
        _ => LaneOp::Other,
    }
}

fn float(i: &Inst, function: u32) -> LaneOp {
    let vector = form_of(i) == form::FVV;
    let fused = |negate_product, negate_addend, accumulate| LaneOp::FMulAdd {
        negate_product,
        negate_addend,
        accumulate,
    };
    let wide = |op, wide| LaneOp::FWide { op, wide };
    match function {
        0x00 => LaneOp::FAdd,
        0x01 | 0x03 => LaneOp::FSum,
        0x02 => LaneOp::FSub,
        0x04 => LaneOp::FMin,
        0x06 => LaneOp::FMax,
        0x08 => LaneOp::FSign,
        0x09 => LaneOp::FSignNot,
        0x0a => LaneOp::FSignXor,
        0x0e => LaneOp::SlideUp1,
        0x0f => LaneOp::SlideDown1,
        0x10 if vector => LaneOp::Lane0Float,
        0x10 => LaneOp::SetLane0,
        0x12 => match i.rs1 {
            0x01 => LaneOp::ToInteger { wide: false, truncate: false },
            0x03 => LaneOp::FromInteger { wide: false },
            0x07 => LaneOp::ToInteger { wide: false, truncate: true },
            0x0b => LaneOp::FromInteger { wide: true },
            0x0c => LaneOp::FWiden,
            0x11 => LaneOp::ToInteger { wide: true, truncate: false },
            0x14 => LaneOp::FNarrow,
            0x17 => LaneOp::ToInteger { wide: true, truncate: true },
            _ => LaneOp::Other,
        },
        0x13 if i.rs1 == 0 => LaneOp::FSqrt,
        0x17 => LaneOp::Copy,
        0x18 => LaneOp::FCompare(FloatCond::Eq),
        0x19 => LaneOp::FCompare(FloatCond::Le),
        0x1b => LaneOp::FCompare(FloatCond::Lt),
        0x1c => LaneOp::FCompare(FloatCond::Ne),
        0x1d => LaneOp::FCompare(FloatCond::Gt),
        0x1f => LaneOp::FCompare(FloatCond::Ge),
        0x20 => LaneOp::FDiv,
        0x21 => LaneOp::FDivInto,
        0x24 => LaneOp::FMul,
        0x27 => LaneOp::FSubFrom,
        0x28 => fused(false, false, false),
        0x29 => fused(true, true, false),
        0x2a => fused(false, true, false),
        0x2b => fused(true, false, false),
        0x2c => fused(false, false, true),
        0x2d => fused(true, true, true),
        0x2e => fused(false, true, true),
        0x2f => fused(true, false, true),
        0x30 => wide(WideOp::Add, false),
        0x32 => wide(WideOp::Sub, false),
        0x34 => wide(WideOp::Add, true),
        0x36 => wide(WideOp::Sub, true),
        0x38 => wide(WideOp::Mul, false),
        0x3c => LaneOp::FWideMulAdd { negate_product: false, negate_addend: false },
        0x3d => LaneOp::FWideMulAdd { negate_product: true, negate_addend: true },
        0x3e => LaneOp::FWideMulAdd { negate_product: false, negate_addend: true },
        0x3f => LaneOp::FWideMulAdd { negate_product: true, negate_addend: false },
        _ => LaneOp::Other,
    }
}
