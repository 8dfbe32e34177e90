//! Which vector instructions are legal under which `vtype`: register groups, element widths, overlaps.
//!
//! Source: unprivileged manual, "V" extension, "Vector Operands" (alignment and overlap), "Vector Masking", and what
//! the sections of single instructions add.

use super::{Vtype, form, form_of, function_of};
use crate::inst::Inst;

/// Size of the elements of a mask; smaller than any that arithmetic gives.
const BITS: i8 = -8;

/// A group of registers as an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// First register.
    pub register: u8,
    /// log2 of an element's bytes; [`BITS`] of a mask.
    pub size: i8,
    /// log2 of the registers; negative: a part of one.
    pub registers: i8,
}

impl Group {
    fn count(self) -> u8 {
        1 << self.registers.max(0)
    }

    /// Whether there is such a group: aligned, inside the file, of an element width and a size that exist.
    fn exists(self) -> bool {
        (-3..=3).contains(&self.registers)
            && (self.size == BITS || (0..=3).contains(&self.size))
            && self.register.is_multiple_of(self.count())
    }

    fn overlaps(self, other: Group) -> bool {
        self.register < other.register + other.count() && other.register < self.register + self.count()
    }

    /// Whether this may be the destination beside the source `from`.
    fn may_follow(self, from: Group) -> bool {
        if !self.overlaps(from) || self.size == from.size {
            return true;
        }
        if self.size < from.size {
            return self.register == from.register;
        }
        from.registers >= 0 && self.register + self.count() == from.register + from.count()
    }
}

/// Operands of an arithmetic instruction that are groups with rules; scalars in registers have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Operands {
    /// vd
    pub d: Option<Group>,
    /// vs2
    pub a: Option<Group>,
    /// vs1
    pub b: Option<Group>,
    /// Nothing may overlap vd.
    apart: bool,
    /// vstart must be zero.
    from_zero: bool,
    /// The destination is one element, the result of a reduction.
    folds: bool,
}

/// Whether the arithmetic instruction may run; loads and stores: [`memory`].
pub fn legal(i: &Inst, vtype: Vtype, started: bool) -> bool {
    let i = &super::with_fields(i);
    if function_of(i) == 0x27 && form_of(i) == form::IVI {
        return i.rd.is_multiple_of(i.rs1 + 1) && i.rs2.is_multiple_of(i.rs1 + 1);
    }
    let form = form_of(i);
    if vtype.ill() || matches!(form, form::FVV | form::FVF) && !float_sizes(i, vtype.sew()) {
        return false;
    }
    let o = operands(i, vtype);
    if started && o.from_zero || [o.d, o.a, o.b].into_iter().flatten().any(|group| !group.exists()) {
        return false;
    }
    if o.folds && function_of(i) >= 0x30 && vtype.sew() == 3 {
        return false;
    }
    let Some(d) = o.d else { return true };
    // Comparisons may write the mask they are under.
    let writes_mask = d.size == BITS && !o.apart;
    if !i.vm && d.register == 0 && !writes_mask {
        return false;
    }
    [o.a, o.b].into_iter().flatten().all(|from| d.may_follow(from) && !(o.apart && d.overlaps(from)))
}

/// Whether all floating-point elements of the instruction have a format: 32 or 64 bits.
fn float_sizes(i: &Inst, sew: u8) -> bool {
    match function_of(i) {
        0x30.. => sew == 2,
        0x12 => match (i.rs1 >> 3, i.rs1 & 7) {
            (0, _) => sew >= 2,
            (1, 2 | 3) => sew == 1 || sew == 2,
            (1, _) => sew == 2,
            (_, 0 | 1 | 6 | 7) => sew == 1 || sew == 2,
            _ => sew == 2,
        },
        _ => sew >= 2,
    }
}

/// The groups of an arithmetic instruction.
pub fn operands(i: &Inst, vtype: Vtype) -> Operands {
    let (sew, lmul) = (vtype.sew() as i8, vtype.lmul());
    let by = |register: u8, more: i8| Some(Group { register, size: sew + more, registers: lmul + more });
    let mask = |register: u8| Some(Group { register, size: BITS, registers: 0 });
    let form = form_of(i);
    let vector = matches!(form, form::IVV | form::MVV | form::FVV);
    let b = by(i.rs1, 0).filter(|_| vector);
    let plain = Operands { d: by(i.rd, 0), a: by(i.rs2, 0), b, ..Operands::default() };
    let fold = Operands { d: None, b: None, from_zero: true, folds: true, ..plain };
    let function = function_of(i);
    match (form, function) {
        (form::IVV | form::IVX | form::IVI, _) => match function {
            0x0c => Operands { apart: true, ..plain },
            0x0e if form == form::IVV => {
                let b = Some(Group { register: i.rs1, size: 1, registers: lmul + 1 - sew });
                Operands { b, apart: true, ..plain }
            }
            0x0e => Operands { apart: true, ..plain },
            0x11 | 0x13 | 0x18..=0x1f => Operands { d: mask(i.rd), ..plain },
            // vmv.v has no vs2.
            0x17 if i.vm => Operands { a: None, ..plain },
            0x2c..=0x2f => Operands { a: by(i.rs2, 1), ..plain },
            0x30 | 0x31 => fold,
            _ => plain,
        },
        (form::MVV | form::MVX, _) => match function {
            0x00..=0x07 => fold,
            0x0e => Operands { apart: true, ..plain },
            0x10 if form == form::MVV && i.rs1 != 0 => {
                Operands { d: None, a: mask(i.rs2), b: None, from_zero: true, ..plain }
            }
            0x10 => Operands::default(),
            0x12 => Operands { a: by(i.rs2, (i.rs1 >> 1) as i8 - 4), b: None, ..plain },
            0x14 if i.rs1 < 0x10 => {
                Operands { d: mask(i.rd), a: mask(i.rs2), b: None, apart: true, from_zero: true, ..plain }
            }
            0x14 if i.rs1 == 0x10 => {
                Operands { a: mask(i.rs2), b: None, apart: true, from_zero: true, ..plain }
            }
            0x14 => Operands { a: None, b: None, ..plain },
            0x17 => Operands { b: mask(i.rs1), apart: true, from_zero: true, ..plain },
            0x18..=0x1f => Operands { d: mask(i.rd), a: mask(i.rs2), b: mask(i.rs1), ..plain },
            0x34..=0x37 => Operands { d: by(i.rd, 1), a: by(i.rs2, 1), ..plain },
            0x30.. => Operands { d: by(i.rd, 1), ..plain },
            _ => plain,
        },
        _ => match function {
            0x01 | 0x03 | 0x05 | 0x07 | 0x31 | 0x33 => fold,
            0x0e => Operands { apart: true, ..plain },
            0x10 => Operands::default(),
            0x12 => match i.rs1 >> 3 {
                0 => Operands { b: None, ..plain },
                1 => Operands { d: by(i.rd, 1), b: None, ..plain },
                _ => Operands { a: by(i.rs2, 1), b: None, ..plain },
            },
            0x13 => Operands { b: None, ..plain },
            0x17 if i.vm => Operands { a: None, ..plain },
            0x18..=0x1f => Operands { d: mask(i.rd), ..plain },
            0x34 | 0x36 => Operands { d: by(i.rd, 1), a: by(i.rs2, 1), ..plain },
            0x30.. => Operands { d: by(i.rd, 1), ..plain },
            _ => plain,
        },
    }
}

/// What a load or store moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// First field's group.
    pub data: Group,
    /// Group of indices.
    pub index: Option<Group>,
    /// Fields of a segment.
    pub fields: u8,
}

/// The groups of a load or store that is neither of whole registers nor of masks; `None`: it is illegal.
pub fn memory(i: &Inst, vtype: Vtype) -> Option<Memory> {
    if vtype.ill() {
        return None;
    }
    let (sew, lmul) = (vtype.sew() as i8, vtype.lmul());
    let width = match i.raw >> 12 & 7 {
        0 => 0,
        n => (n - 4) as i8,
    };
    let with = |register: u8| Group { register, size: width, registers: lmul + width - sew };
    let indexed = i.raw >> 26 & 1 != 0;
    let data = if indexed { Group { register: i.rd, size: sew, registers: lmul } } else { with(i.rd) };
    let (index, fields) = (indexed.then(|| with(i.rs2)), i.rs3 + 1);
    if !data.exists() || index.is_some_and(|group| !group.exists()) {
        return None;
    }
    let total = data.count() * fields;
    if total > 8 || data.register + total > 32 {
        return None;
    }
    let load = i.raw & 0x7f == 0x07;
    if load && !i.vm && data.register == 0 {
        return None;
    }
    if let Some(index) = index.filter(|_| load) {
        let apart = |n: u8| !Group { register: data.register + n * data.count(), ..data }.overlaps(index);
        let fits = if fields > 1 { (0..fields).all(apart) } else { data.may_follow(index) };
        if !fits {
            return None;
        }
    }
    Some(Memory { data, index, fields })
}
