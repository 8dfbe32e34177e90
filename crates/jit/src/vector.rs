//! Vectors of lengths known only at run time: what such operations are made of, and their memory accesses in reference
//! form.
//!
//! ```text
//!   Op::Lanes   arithmetic on groups of registers: said twice, as a call of the ISA's helper, which is the meaning,
//!               and as a shape that emitters may know how to do better
//!   Op::Stream  elements from or to memory: the meaning is here
//!   Op::Assume  what the code behind it may assume has changed (an element width, say)
//! ```
//! A group is a run of slots without gaps; element 0 is in the lowest bits. It must not know any ISA's encodings.

use crate::core::Core;
use crate::ir::{Cond, Size, Slot, Val};
use crate::{Exception, Isa};
use lodge_memory::PAGE_SIZE;
use lodge_softfloat::Rounding;
use std::fmt;

/// How many elements an operation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// All of the group.
    Full,
    /// As many as this slot says, fewer than all.
    Part(Slot),
}

/// A second operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Other {
    /// A group.
    Group(Slot),
    /// An integer, the same for all lanes.
    Integer(Val),
    /// A floating-point register, boxed when the lanes are narrower.
    Float(Slot),
}

/// What becomes of lanes. d is the destination as it was, a and b the operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[rustfmt::skip]
#[allow(missing_docs)] // the line above each variant says it
pub enum LaneOp {
    /// Nothing that emitters know.
    Other,
    /// b
    Copy,
    /// mask ? b : a, for all lanes
    Merge,
    Add, Sub,
    /// b - a
    SubFrom,
    And, Or, Xor, MinU, MinS, MaxU, MaxS,
    /// Low half of a * b
    Mul,
    /// Shifts of a by b, modulo the width
    Shl, Shr, Sar,
    /// d + a * b
    MulAdd,
    /// d - a * b
    MulSub,
    /// a + d * b
    AddMul,
    /// a - d * b
    SubMul,
    /// Bits of a mask: a cond b; `swap`: b cond a
    Compare { cond: Cond, swap: bool },
    /// Lanes of a half, a quarter or an eighth of the width, extended. `lane` is the result's.
    Extend { from: Size, sign: bool },
    /// a + b and so on with lanes of the operands half as wide as the result's, which is `lane`. `wide`: a is not.
    Widen { op: WideOp, sign: bool, wide: bool },
    /// Low half of a >> b: lanes of a are twice as wide as the result's, which is `lane`.
    NarrowShift { sign: bool },
    /// Floating point
    FAdd, FSub,
    /// b - a
    FSubFrom,
    FMul, FDiv,
    /// b / a
    FDivInto,
    FSqrt, FMin, FMax,
    /// ±(x * b) ± y; `accumulate`: x = a, y = d, else x = d, y = a
    FMulAdd { negate_product: bool, negate_addend: bool, accumulate: bool },
    /// Sign of b, its opposite, or both signs' exclusive-or, on a
    FSign, FSignNot, FSignXor,
    /// Bits of a mask: a cond b
    FCompare(FloatCond),
    /// Bits of masks
    MaskAnd, MaskAndNot, MaskOr, MaskXor, MaskOrNot, MaskNand, MaskNor, MaskXnor,
    /// To an integer register: index of the first bit of mask a, or -1
    First,
    /// To an integer register: number of bits of mask a
    Count,
    /// To an integer register: lane 0 of a, sign-extended
    Lane0,
    /// To a floating-point register: lane 0 of a, boxed
    Lane0Float,
    /// Lane numbers
    Iota,
    /// Lane 0 = all lanes of a and lane 0 of b together
    Sum, AllAnd, AllOr, AllXor, LeastU, LeastS, MostU, MostS,
    /// Lane 0 = all lanes of a, of half the width and extended, and lane 0 of b together
    WideSum { sign: bool },
    /// Lane 0 = lane 0 of b, plus lanes of a one after the other
    FSum,
    /// Lanes from one place above, the last one b; from one place below, the first one b
    SlideDown1, SlideUp1,
    /// Lanes from b places above, zeroes behind the end; from b places below, the first b as they were
    SlideDown, SlideUp,
    /// Lane 0 = b
    SetLane0,
}

/// See [`LaneOp::Widen`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum WideOp {
    Add,
    Sub,
    Mul,
    /// d + a * b
    MulAdd,
}

/// See [`LaneOp::FCompare`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // the names say it
pub enum FloatCond {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// An arithmetic vector operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lanes {
    /// What emitters may do instead of the call, with the same result to the bit.
    pub op: LaneOp,
    /// Width of lanes.
    pub lane: Size,
    /// Bytes of the lanes of a full group.
    pub bytes: u16,
    /// The destination's first slot; an integer register's for [`LaneOp::First`] and the like.
    pub dst: Slot,
    /// First operand.
    pub a: Slot,
    /// Second operand.
    pub b: Other,
    /// Lanes at work.
    pub length: Length,
    /// Only lanes whose bit in this mask is set.
    pub mask: Option<Slot>,
    /// How floating-point results are rounded.
    pub rm: Rounding,
    /// Number of the helper to call, with `raw` in the upper half of its last argument.
    pub helper: u16,
    /// Whatever the helper understands.
    pub raw: u32,
    /// Where what the helper returns goes.
    pub result: Option<Slot>,
}

/// Where elements are in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stride {
    /// One behind the other.
    Unit,
    /// So many bytes apart.
    By(Val),
    /// At offsets from a group of unsigned numbers of this size.
    Indexed(Slot, Size),
}

/// A vector load or store: for each element, `fields` values in a row, of which each goes to a group of its own.
///
/// When element `n` faults, `n` is in slot `start`, and all before it is done. After success `start` is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// A store.
    pub store: bool,
    /// Bytes of a value.
    pub size: Size,
    /// First slot of the first field's group.
    pub data: Slot,
    /// Values of an element.
    pub fields: u8,
    /// Slots from a field's group to the next one's.
    pub pitch: u8,
    /// Address of the first element, or what indices are added to.
    pub base: Val,
    /// Where the others are.
    pub stride: Stride,
    /// Number of elements.
    pub count: Val,
    /// Most that `count` can be.
    pub most: u16,
    /// Only elements whose bit in this mask is set.
    pub mask: Option<Slot>,
    /// Slot of the first element's number.
    pub start: Slot,
    /// It is zero.
    pub from_zero: bool,
    /// A fault of another element than the first only cuts short: its number goes to this slot.
    pub trims: Option<Slot>,
}

impl<I: Isa> Core<I> {
    fn vector_bytes(&self, slot: Slot, at: usize, size: Size) -> u64 {
        let (bytes, bits) = (usize::from(size.bytes()), 8 * u32::from(size.bytes()));
        let word = self.frame.slots[usize::from(slot) + at * bytes / 8];
        word >> (at * bytes % 8 * 8) & u64::MAX >> (64 - bits)
    }

    fn set_vector_bytes(&mut self, slot: Slot, at: usize, size: Size, value: u64) {
        let (bytes, bits) = (usize::from(size.bytes()), 8 * u32::from(size.bytes()));
        let word = &mut self.frame.slots[usize::from(slot) + at * bytes / 8];
        let (shift, mask) = (at * bytes % 8 * 8, u64::MAX >> (64 - bits));
        *word = *word & !(mask << shift) | (value & mask) << shift;
    }

    /// Runs a vector load or store.
    ///
    /// # Errors
    /// The first fault.
    pub(crate) fn stream(&mut self, s: &Stream) -> Result<(), Exception> {
        let base = self.frame.value(s.base);
        let count = self.frame.value(s.count).min(u64::from(s.most)) as usize;
        let first = self.frame.slots[usize::from(s.start)].min(u64::from(s.most)) as usize;
        let mut index = first;
        while index < count {
            let done = match (s.stride, s.mask, s.fields) {
                (Stride::Unit, None, 1) => self.stream_run(s, base, index, count),
                _ => self.stream_element(s, base, index).map(|()| index + 1),
            };
            index = match done {
                Ok(next) => next,
                Err(_) if s.trims.is_some() && index > 0 => {
                    let slot = s.trims.unwrap_or_default();
                    self.frame.slots[usize::from(slot)] = index as u64;
                    break;
                }
                Err(exception) => {
                    self.frame.slots[usize::from(s.start)] = index as u64;
                    return Err(exception);
                }
            };
        }
        self.frame.slots[usize::from(s.start)] = 0;
        Ok(())
    }

    /// As many elements from `index` on as lie in one page, at once when they are in RAM; the next one's number.
    fn stream_run(&mut self, s: &Stream, base: u64, index: usize, count: usize) -> Result<usize, Exception> {
        let size = usize::from(s.size.bytes());
        let address = base.wrapping_add((index * size) as u64);
        let here = ((PAGE_SIZE - address % PAGE_SIZE) as usize / size).min(count - index);
        let runs = here > 0
            && address.is_multiple_of(size as u64)
            && self.move_run(s.store, address, s.data, index, (here, s.size.bytes()))?;
        if runs { Ok(index + here) } else { self.stream_element(s, base, index).map(|()| index + 1) }
    }

    fn stream_element(&mut self, s: &Stream, base: u64, index: usize) -> Result<(), Exception> {
        if s.mask.is_some_and(|mask| self.vector_bytes(mask, index / 8, Size::B1) >> (index % 8) & 1 == 0) {
            return Ok(());
        }
        let size = u64::from(s.size.bytes());
        let offset = match s.stride {
            Stride::Unit => (index as u64) * size * u64::from(s.fields),
            Stride::By(by) => self.frame.value(by).wrapping_mul(index as u64),
            Stride::Indexed(slot, size) => self.vector_bytes(slot, index, size),
        };
        for field in 0..s.fields {
            let address = base.wrapping_add(offset).wrapping_add(u64::from(field) * size);
            let data = s.data + Slot::from(field) * Slot::from(s.pitch);
            if s.store {
                let value = self.vector_bytes(data, index, s.size);
                self.store(address, s.size.bytes(), value)?;
            } else {
                let value = self.load(address, s.size.bytes())?;
                self.set_vector_bytes(data, index, s.size, value);
            }
        }
        Ok(())
    }
}

/// `.32 ` and so on.
fn bits(size: Size) -> u32 {
    8 * u32::from(size.bytes())
}

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lanes { op, lane, bytes, dst, a, b, length, mask, helper, raw, result, .. } = self;
        if let Some(result) = result {
            write!(f, "${result} = ")?;
        }
        write!(f, "lanes.{} ${dst}:{bytes} <- {op:?} ${a}, ", bits(*lane))?;
        match b {
            Other::Group(slot) => write!(f, "${slot}")?,
            Other::Integer(val) => write!(f, "all {val}")?,
            Other::Float(slot) => write!(f, "all float ${slot}")?,
        }
        if let Length::Part(vl) = length {
            write!(f, ", first ${vl} of them")?;
        }
        if let Some(mask) = mask {
            write!(f, ", under ${mask}")?;
        }
        write!(f, "; or call {helper} ({raw:#010x})")
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stream { store, size, data, fields, base, stride, count, mask, trims, .. } = self;
        let (name, direction) = if *store { ("to", "<-") } else { ("from", "->") };
        write!(f, "stream.{} {name} [{base}", bits(*size))?;
        match stride {
            Stride::Unit => {}
            Stride::By(by) => write!(f, ", each {by} on")?,
            Stride::Indexed(slot, size) => write!(f, " + each of ${slot}.{}", bits(*size))?,
        }
        write!(f, "] {direction} ${data}, {count} elements")?;
        if *fields > 1 {
            write!(f, " of {fields}")?;
        }
        if let Some(mask) = mask {
            write!(f, ", under ${mask}")?;
        }
        if let Some(trims) = trims {
            write!(f, ", or as many as do not fault: ${trims}")?;
        }
        Ok(())
    }
}
