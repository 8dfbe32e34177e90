//! The attributes and the status flags an operation runs under (IEEE 754-2019 clauses 4 and 7).
//!
//! Knows no format and no operation: only what a guest may choose and what it may observe.

use std::ops::{BitOr, BitOrAssign};

/// Where a result that does not fit goes (clause 4.3). The order is that of RISC-V's `frm` field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// roundTiesToEven, RISC-V RNE.
    NearestEven,
    /// roundTowardZero, RISC-V RTZ.
    TowardZero,
    /// roundTowardNegative, RISC-V RDN.
    Down,
    /// roundTowardPositive, RISC-V RUP.
    Up,
    /// roundTiesToAway, RISC-V RMM.
    NearestMaxMagnitude,
}

impl Rounding {
    /// All five, in `frm` order.
    pub const ALL: [Self; 5] =
        [Self::NearestEven, Self::TowardZero, Self::Down, Self::Up, Self::NearestMaxMagnitude];

    /// The mode RISC-V's `rm` or `frm` encodes as `frm` (unprivileged manual, table "Rounding mode encoding");
    /// `None` for the reserved 5 and 6 and for 7 (DYN), which says "look in fcsr".
    pub const fn from_frm(frm: u8) -> Option<Self> {
        if frm < 5 { Some(Self::ALL[frm as usize]) } else { None }
    }

    /// Whether a magnitude cut to some bit takes the next one up: `odd` is the last kept bit, `rest` what was
    /// cut off and `half` the value of `rest` that stands for half a unit of the last kept bit.
    #[inline]
    pub(crate) fn increments(self, negative: bool, odd: bool, rest: u64, half: u64) -> bool {
        match self {
            Self::NearestEven => rest > half || (rest == half && odd),
            Self::TowardZero => false,
            Self::Down => negative && rest != 0,
            Self::Up => !negative && rest != 0,
            Self::NearestMaxMagnitude => rest >= half,
        }
    }

    /// Whether an overflow gives infinity rather than the largest finite number (clause 7.4).
    pub(crate) fn overflows_to_infinity(self, negative: bool) -> bool {
        match self {
            Self::NearestEven | Self::NearestMaxMagnitude => true,
            Self::TowardZero => false,
            Self::Down => negative,
            Self::Up => !negative,
        }
    }
}

/// What a NaN result looks like (clause 6.2 leaves it to the architecture).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NanRule {
    /// Always the default NaN, positive and with an empty payload: RISC-V, and ARM with FPCR.DN set.
    Canonical,
    /// The first signaling operand, else the first quiet one, made quiet; a fused addend comes first. The
    /// default NaN is positive. ARM with FPCR.DN clear (ARM ARM, `FPProcessNaNs`).
    PropagateArm,
    /// The first operand that is a NaN, made quiet. The default NaN is negative ("real indefinite"). x86 SSE
    /// and AVX (SDM volume 1, section 4.8.3.5).
    PropagateX86,
}

/// When a result counts as tiny, and so may underflow (clause 7.5 leaves the choice).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tininess {
    /// The rounded result, had the exponent no lower bound, is below the smallest normal: RISC-V, x86.
    AfterRounding,
    /// The exact result is below the smallest normal: ARM.
    BeforeRounding,
}

/// A set of the five status flags, laid out as RISC-V's `fflags`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(u8);

impl Flags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// Inexact (clause 7.6).
    pub const NX: Self = Self(1);
    /// Underflow (clause 7.5): tiny and inexact.
    pub const UF: Self = Self(2);
    /// Overflow (clause 7.4).
    pub const OF: Self = Self(4);
    /// Division by zero (clause 7.3).
    pub const DZ: Self = Self(8);
    /// Invalid operation (clause 7.2).
    pub const NV: Self = Self(16);

    /// The set as `fflags` bits.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// The set from `fflags` bits; bits above the five are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 31)
    }

    /// Whether every flag of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether no flag is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Flags {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// What an operation runs under, and the flags it and its predecessors raised. Flags are only ever added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Env {
    /// Direction of rounding.
    pub rounding: Rounding,
    /// What NaN results look like.
    pub nan: NanRule,
    /// Flags raised so far.
    pub flags: Flags,
    /// When a result counts as tiny.
    pub tininess: Tininess,
}

impl Env {
    /// RISC-V's choices, no flag raised.
    pub const fn riscv(rounding: Rounding) -> Self {
        Self { rounding, nan: NanRule::Canonical, flags: Flags::NONE, tininess: Tininess::AfterRounding }
    }

    /// ARM's choices with FPCR.DN clear, no flag raised.
    pub const fn arm(rounding: Rounding) -> Self {
        Self { rounding, nan: NanRule::PropagateArm, flags: Flags::NONE, tininess: Tininess::BeforeRounding }
    }

    /// The choices of x86's SSE and AVX, no flag raised.
    pub const fn x86(rounding: Rounding) -> Self {
        Self { rounding, nan: NanRule::PropagateX86, flags: Flags::NONE, tininess: Tininess::AfterRounding }
    }

    /// Raises `flags`.
    #[inline]
    pub fn raise(&mut self, flags: Flags) {
        self.flags |= flags;
    }
}
