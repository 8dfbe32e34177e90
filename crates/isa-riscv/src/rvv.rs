//! V: vector instructions. What depends on `vtype` is lifted for the `vtype` that the block knows; where it knows none,
//! the block ends and the next one begins knowing ([`VectorState`]).
//!
//! ```text
//!   vsetvli ─► VL, VTYPE, VSTATE; the block ends towards code for all of a group, or for a part
//!   loads, stores ─► Op::Stream     the rest ─► Op::Lanes: a call of the reference, with a shape (shape.rs)
//! ```
//! Source: unprivileged manual, "V" extension, version 1.0.

use lodge_jit::ir::{BinOp, Cond, Dst, End, Hint, Length, Op, Size, Slot, Stream, Stride, Val};

use crate::decode;
use crate::helper::Helper;
use crate::inst::Inst;
use crate::lift::VectorState;
use crate::lifter::Lifter;
use crate::slots;
use crate::vector::{Vtype, form, form_of, function_of, rules, shape, with_fields};

/// Lifts a vector instruction.
pub fn vector(l: &mut Lifter, i: &Inst) {
    if !l.vector_on(i) {
        return;
    }
    match i.op {
        decode::Op::Vsetvli | decode::Op::Vsetivli => return set_by_immediate(l, i),
        decode::Op::Vsetvl => return set_by_register(l, i),
        _ => {}
    }
    let Some(state) = l.vector else { return ask(l, l.pc) };
    let i = &with_fields(i);
    let done = match i.raw & 0x7f {
        0x57 => arithmetic(l, i, state),
        _ => memory(l, i, state),
    };
    if !done {
        return l.illegal(i.raw);
    }
    if state.started && !l.block.ended() {
        // Every vector instruction leaves vstart zero.
        let bits =
            l.bin_tmp(BinOp::And, Val::Slot(slots::VSTATE), Val::Imm(!i64::from(VectorState::STARTED)));
        l.block.mov(Dst::Slot(slots::VSTATE), bits);
        ask(l, l.block.next_pc());
    }
}

/// Ends the block: what comes next, at `pc`, is code that knows the state.
fn ask(l: &mut Lifter, pc: u64) {
    let bits = l.bin_tmp(BinOp::Or, Val::Slot(slots::VSTATE), Val::Imm(i64::from(l.vector_base())));
    l.block.push(Op::Assume { bits });
    let target = l.tmp();
    l.block.address(target, pc);
    l.block.end(End::Indirect { target: target.into(), hint: Hint::None });
}

/// Goes on in the block, knowing `state`.
fn know(l: &mut Lifter, state: VectorState) {
    if l.vector == Some(state) {
        return;
    }
    l.block.mov(Dst::Slot(slots::VSTATE), Val::Imm(i64::from(state.bits())));
    l.block.push(Op::Assume { bits: Val::Imm(i64::from(state.bits() | l.vector_base())) });
    l.vector = Some(state);
}

/// Ends the block towards code for `vl` = VLMAX, or towards code for less, by `vl`.
fn fork(l: &mut Lifter, vtype: Vtype, vl: Val) {
    let vlmax = vtype.vlmax(l.vlenb()) as i64;
    let (full, next) = (l.tmp(), l.block.next_pc());
    let part = VectorState { vtype, full: false, started: false };
    l.block.set(Cond::Eq, full, vl, Val::Imm(vlmax));
    let bit = l.bin_tmp(BinOp::Shl, full.into(), Val::Imm(i64::from(VectorState::FULL.trailing_zeros())));
    let bits = l.bin_tmp(BinOp::Or, bit, Val::Imm(i64::from(part.bits())));
    l.block.mov(Dst::Slot(slots::VSTATE), bits);
    let bits = l.bin_tmp(BinOp::Or, bits, Val::Imm(i64::from(l.vector_base())));
    l.block.push(Op::Assume { bits });
    l.block.end(End::Branch { cond: Cond::Eq, a: vl, b: Val::Imm(vlmax), taken: next, fall: next });
}

/// vsetvli and vsetivli.
fn set_by_immediate(l: &mut Lifter, i: &Inst) {
    let immediate = i.op == decode::Op::Vsetivli;
    let vtype = Vtype(i.imm as u64).checked();
    let vlmax = vtype.vlmax(l.vlenb()) as u64;
    let plain = Vtype(vtype.0 & !0xc0);
    let known = |full| VectorState { vtype: plain, full, started: false };
    if l.vector.is_none_or(|state| state.started) {
        l.block.mov(Dst::Slot(slots::VSTART), Val::Imm(0));
    }
    let vl = match (immediate, i.rs1, i.rd) {
        _ if vtype.ill() => Val::Imm(0),
        (true, ..) => Val::Imm(u64::from(i.rs1).min(vlmax) as i64),
        (false, 0, 0) => l.bin_tmp(BinOp::MinU, Val::Slot(slots::VL), Val::Imm(vlmax as i64)),
        (false, 0, _) => Val::Imm(vlmax as i64),
        _ => l.bin_tmp(BinOp::MinU, l.x(i.rs1), Val::Imm(vlmax as i64)),
    };
    l.block.mov(Dst::Slot(slots::VTYPE), Val::Imm(vtype.0 as i64));
    // The length stays when the same number of elements fits.
    let same = l.vector.filter(|state| !state.vtype.ill() && state.vtype.vlmax(l.vlenb()) as u64 == vlmax);
    if let (false, 0, 0, Some(state)) = (immediate, i.rs1, i.rd, same) {
        return know(l, known(state.full));
    }
    l.block.mov(Dst::Slot(slots::VL), vl);
    l.put(i, vl);
    match vl {
        Val::Imm(vl) => know(l, known(!vtype.ill() && vl as u64 == vlmax)),
        _ => fork(l, plain, Val::Slot(slots::VL)),
    }
}

/// vsetvl: nothing is known before it is done.
fn set_by_register(l: &mut Lifter, i: &Inst) {
    let wanted = match (i.rs1, i.rd) {
        (0, 0) => Val::Slot(slots::VL),
        (0, _) => Val::Imm(-1),
        _ => l.x(i.rs1),
    };
    let args = [wanted, l.x(i.rs2), Val::Imm((u64::from(i.raw) << 32) as i64)];
    let dst = (i.rd != 0).then(|| slots::x(i.rd));
    l.block.push(Op::Call { helper: Helper::SetVector as u16, dst, args });
    ask(l, l.block.next_pc());
}

/// `false`: illegal.
fn arithmetic(l: &mut Lifter, i: &Inst, state: VectorState) -> bool {
    let float = matches!(form_of(i), form::FVV | form::FVF);
    if !rules::legal(i, state.vtype, state.started) || float && l.rounding().is_none() {
        return false;
    }
    // All but moves and signs may raise flags or are told apart by nobody.
    if float && !l.fp(i) {
        return true;
    }
    let scalar = function_of(i) == 0x10;
    let result = match form_of(i) {
        form::MVV if scalar && i.rd == 0 => Some(slots::DISCARD[0]),
        form::MVV if scalar => Some(slots::x(i.rd)),
        form::FVV if scalar => Some(slots::f(i.rd)),
        _ => None,
    };
    let lanes = shape::of(l, i, state, result);
    l.block.push(Op::Lanes(lanes));
    true
}

fn size(log: i8) -> Size {
    match log {
        0 => Size::B1,
        1 => Size::B2,
        2 => Size::B4,
        _ => Size::B8,
    }
}

/// Loads and stores. `false`: illegal.
fn memory(l: &mut Lifter, i: &Inst, state: VectorState) -> bool {
    let (store, mode, kind) = (i.raw & 0x7f == 0x27, i.raw >> 26 & 3, i.raw >> 20 & 31);
    let vlenb = l.vlenb();
    let v = |n: u8| slots::v(n, vlenb);
    let mut stream = Stream {
        store,
        size: Size::B1,
        data: v(i.rd),
        fields: 1,
        pitch: 0,
        base: l.x(i.rs1),
        stride: Stride::Unit,
        count: Val::Imm(0),
        most: 0,
        mask: (!i.vm).then(|| v(0)),
        start: slots::VSTART,
        from_zero: !state.started,
        trims: None,
    };
    let vlmax = state.vtype.vlmax(vlenb);
    let vl = if state.full { Val::Imm(vlmax as i64) } else { Val::Slot(slots::VL) };
    match (mode, kind) {
        (0, 0b01000) => {
            let registers = i.op.mnemonic().as_bytes()[2] - b'0';
            // Elements matter for vstart only.
            stream.size = size(match i.raw >> 12 & 7 {
                0 => 0,
                n => (n - 4) as i8,
            });
            stream.most = (usize::from(registers) * vlenb / usize::from(stream.size.bytes())) as u16;
            stream.count = Val::Imm(i64::from(stream.most));
            if i.rd % registers != 0 {
                return false;
            }
        }
        (0, 0b01011) if state.vtype.ill() => return false,
        (0, 0b01011) => {
            stream.most = vlenb as u16;
            stream.count = match vl {
                Val::Imm(vl) => Val::Imm((vl + 7) / 8),
                vl => {
                    let bits = l.bin_tmp(BinOp::Add, vl, Val::Imm(7));
                    l.bin_tmp(BinOp::Shr, bits, Val::Imm(3))
                }
            };
        }
        _ => {
            let Some(memory) = rules::memory(i, state.vtype) else { return false };
            stream.size = size(memory.data.size);
            stream.fields = memory.fields;
            stream.pitch = (vlenb / 8 << memory.data.registers.max(0)) as u8;
            stream.count = vl;
            stream.most = vlmax as u16;
            stream.stride = match memory.index {
                Some(index) => Stride::Indexed(v(index.register), size(index.size)),
                None if mode == 2 => Stride::By(l.x(i.rs2)),
                None => Stride::Unit,
            };
            stream.trims = (mode == 0 && kind == 0b10000).then_some(slots::VL);
        }
    }
    if stream.stride == Stride::By(Val::Imm(i64::from(stream.size.bytes()))) && stream.fields == 1 {
        stream.stride = Stride::Unit;
    }
    l.block.push(Op::Stream(stream));
    if stream.trims.is_some() && state.full && !state.started {
        fork(l, state.vtype, Val::Slot(slots::VL));
    }
    true
}

/// How many elements are at work.
pub(crate) fn length(state: VectorState) -> Length {
    if state.full { Length::Full } else { Length::Part(slots::VL) }
}

/// Slot of a vector register.
pub(crate) fn slot(l: &Lifter, n: u8) -> Slot {
    slots::v(n, l.vlenb())
}
