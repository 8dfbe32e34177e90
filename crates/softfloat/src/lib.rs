//! IEEE 754-2019 binary floating point in integer arithmetic only, exact to the last bit and the last flag.
//!
//! What it is for: the reference interpreter's floating point, the translator's slow path, and everything the
//! host's own unit cannot do (binary16 arithmetic, ties to max magnitude, tininess before rounding, another
//! architecture's NaNs). What it must not know: any guest's registers or instructions, and the host's FPU.
//!
//! Every operation is the standard's own sentence (clause 4.3): compute the exact value, then round it once.
//!
//! ```text
//!   bits ──unpack──► Number ──sum, product, quotient, root──► Number ──round──► bits + flags
//!     └── NaN? ──────────────► nan::propagate ─────────────────────────────────► bits + flags
//! ```
//!
//! A [`Format`] says how many bits there are and what they mean; values travel as the low bits of a `u64`. An
//! [`Env`] holds what the standard calls attributes (rounding, NaN and tininess choices) and collects the flags.
//!
//! ```
//! use lodge_softfloat::{Env, Flags, Format, Rounding, add};
//! let mut env = Env::riscv(Rounding::NearestEven);
//! let sum = add(Format::F64, 0.1f64.to_bits(), 0.2f64.to_bits(), &mut env);
//! assert_eq!(f64::from_bits(sum), 0.30000000000000004);
//! assert_eq!(env.flags, Flags::NX);
//! ```
#![forbid(unsafe_code)]

mod arithmetic;
mod compare;
mod convert;
mod env;
mod format;
mod integer;
mod minmax;
mod mul_add;
mod nan;
mod number;
mod round;

pub use arithmetic::{add, div, mul, sqrt, sub};
pub use compare::{
    compare_quiet, compare_signaling, eq_quiet, eq_signaling, le_quiet, le_signaling, lt_quiet, lt_signaling,
};
pub use convert::convert;
pub use env::{Env, Flags, NanRule, Rounding, Tininess};
pub use format::{Class, Format};
pub use integer::{
    IntegerRule, from_i32, from_i64, from_u32, from_u64, round_to_integral, round_to_integral_exact, to_i32,
    to_i32_modular, to_i64, to_u32, to_u64,
};
pub use minmax::{maximum, maximum_number, minimum, minimum_number};
pub use mul_add::{Fused, mul_add};
