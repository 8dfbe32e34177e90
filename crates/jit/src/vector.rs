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

use crate::core::{Core, Near};
use crate::ir::{Cond, Size, Slot, Val};
use crate::{Exception, Isa, SLOTS};
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
    /// Bits of a mask: before the first one of mask a, only that, up to and with it
    BeforeFirst, OnlyFirst, UpToFirst,
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
    /// The lanes of a that the lanes of b say; zero for numbers beyond the group. `index`: their width.
    Gather { index: Size },
    /// Lane b of a, in all lanes; zero for a number beyond the group.
    GatherOne,
    /// The lanes of a whose bit in mask b is set, one behind the other
    Compress,
    /// High half of a * b
    MulHigh { sign: bool },
    /// a + b or a - b, the nearest that a lane holds; bit 0 of `flag` is set when that is another
    Saturate { subtract: bool, sign: bool, flag: Slot },
    /// Integers of 32 bits to floating-point lanes
    FromInteger { wide: bool },
    /// Floating-point lanes to integers of 32 bits; `truncate`: towards zero
    ToInteger { wide: bool, truncate: bool },
    /// Lanes of a half the width, as floating point of the full width, and the other way
    FWiden, FNarrow,
    /// a op b, of half the width made wide; `wide`: a is wide already
    FWide { op: WideOp, wide: bool },
    /// d ± a * b, likewise
    FWideMulAdd { negate_product: bool, negate_addend: bool },
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
    /// Value `index` of the group at `slot`.
    #[inline(always)]
    fn lane(&self, slot: Slot, index: usize, size: Size) -> u64 {
        let (at, ones) = (index << size as u8, u64::MAX >> (64 - 8 * u32::from(size.bytes())));
        self.frame.slots[(usize::from(slot) + at / 8) % SLOTS] >> (at % 8 * 8) & ones
    }

    #[inline(always)]
    fn set_lane(&mut self, slot: Slot, index: usize, size: Size, value: u64) {
        let (at, ones) = (index << size as u8, u64::MAX >> (64 - 8 * u32::from(size.bytes())));
        let (word, shift) = (&mut self.frame.slots[(usize::from(slot) + at / 8) % SLOTS], at % 8 * 8);
        *word = *word & !(ones << shift) | (value & ones) << shift;
    }

    /// Runs a vector load or store.
    ///
    /// # Errors
    /// The first fault.
    pub(crate) fn stream(&mut self, s: &Stream) -> Result<(), Exception> {
        let mut near = Near::NOWHERE;
        let done = match s.size {
            Size::B1 => self.stream_of::<1>(s, &mut near),
            Size::B2 => self.stream_of::<2>(s, &mut near),
            Size::B4 => self.stream_of::<4>(s, &mut near),
            Size::B8 => self.stream_of::<8>(s, &mut near),
        };
        if s.store {
            self.leave_near(&near);
        }
        done
    }

    fn stream_of<const N: u8>(&mut self, s: &Stream, near: &mut Near) -> Result<(), Exception> {
        let base = self.frame.value(s.base);
        let count = self.frame.value(s.count).min(u64::from(s.most)) as usize;
        let first = self.frame.slots[usize::from(s.start)].min(u64::from(s.most)) as usize;
        let by = match s.stride {
            Stride::Unit => u64::from(N) * u64::from(s.fields),
            Stride::By(by) => self.frame.value(by),
            Stride::Indexed(..) => 0,
        };
        for index in first..count {
            if s.mask.is_some_and(|mask| self.lane(mask, index / 8, Size::B1) >> (index % 8) & 1 == 0) {
                continue;
            }
            let offset = match s.stride {
                Stride::Indexed(slot, size) => self.lane(slot, index, size),
                _ => by.wrapping_mul(index as u64),
            };
            match self.stream_element::<N>(s, base.wrapping_add(offset), index, near) {
                Ok(()) => {}
                Err(_) if s.trims.is_some() && index > 0 => {
                    let slot = s.trims.unwrap_or_default();
                    self.frame.slots[usize::from(slot)] = index as u64;
                    break;
                }
                Err(exception) => {
                    self.frame.slots[usize::from(s.start)] = index as u64;
                    return Err(exception);
                }
            }
        }
        self.frame.slots[usize::from(s.start)] = 0;
        Ok(())
    }

    #[inline(always)]
    fn stream_element<const N: u8>(
        &mut self,
        s: &Stream,
        address: u64,
        index: usize,
        near: &mut Near,
    ) -> Result<(), Exception> {
        for field in 0..s.fields {
            let address = address.wrapping_add(u64::from(field) * u64::from(N));
            let data = s.data + Slot::from(field) * Slot::from(s.pitch);
            let host = self.near(address, N, s.store, near)?;
            match (s.store, host) {
                (true, Some(host)) => {
                    let value = self.lane(data, index, s.size);
                    self.put_near(host, N, value);
                }
                (true, None) => {
                    let value = self.lane(data, index, s.size);
                    self.store(address, N, value)?;
                }
                (false, Some(host)) => {
                    let value = self.get_near(host, N);
                    self.set_lane(data, index, s.size, value);
                }
                (false, None) => {
                    let value = self.load(address, N)?;
                    self.set_lane(data, index, s.size, value);
                }
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
