//! The crate against the host's own floating-point unit: results, NaN payloads and flags, in the host's four
//! modes, on random operands. `LODGE_LONG=1` runs tens of millions of cases instead of a fast slice.
//!
//! The oracle is x86-64, so this file, and no other, asks for the host's architecture.
#![cfg(target_arch = "x86_64")]

mod operands;

use std::arch::{asm, is_x86_feature_detected};
use std::cmp::Ordering;

use lodge_softfloat::*;
use operands::{Random, cases};

/// MXCSR with all exceptions masked and no flag raised; bits 13 and 14 are the mode.
const MXCSR: u32 = 0x1f80;

/// The host's modes with their MXCSR encodings.
const MODES: [(Rounding, u32); 4] =
    [(Rounding::NearestEven, 0), (Rounding::Down, 1), (Rounding::Up, 2), (Rounding::TowardZero, 3)];

/// The flags MXCSR holds. Its denormal-operand flag, bit 1, is not of the standard.
fn flags(mxcsr: u32) -> Flags {
    let pairs = [(1, Flags::NV), (4, Flags::DZ), (8, Flags::OF), (16, Flags::UF), (32, Flags::NX)];
    pairs.into_iter().filter(|(bit, _)| mxcsr & bit != 0).fold(Flags::NONE, |set, (_, flag)| set | flag)
}

/// A function `(mode, a, b, c) -> (result, flags)` around `$code`, which finds its operands in registers `{x}`, `{y}`
/// and `{z}` (vector) or `{a}` (general), and leaves its result in `{x}` or `{a}` as `$out` says.
macro_rules! oracle {
    (@finish vector) => { "movq {a}, {x}" };
    (@finish general) => { "" };
    ($name:ident, $out:ident, $($code:literal),+) => {
        fn $name(mode: u32, a: u64, b: u64, c: u64) -> (u64, Flags) {
            let mut mxcsr = MXCSR | mode << 13;
            let usual = MXCSR;
            let mut result = a;
            // SAFETY: only named registers and `mxcsr` are touched; MXCSR is put back to the value Rust code
            // runs under. Callers checked that the host has the instruction.
            unsafe {
                asm!(
                    "ldmxcsr [{mxcsr}]",
                    "movq {x}, {a}",
                    "movq {y}, {b}",
                    "movq {z}, {c}",
                    $($code,)+
                    oracle!(@finish $out),
                    "stmxcsr [{mxcsr}]",
                    "ldmxcsr [{usual}]",
                    a = inout(reg) result,
                    b = in(reg) b,
                    c = in(reg) c,
                    mxcsr = in(reg) &raw mut mxcsr,
                    usual = in(reg) &raw const usual,
                    x = out(xmm_reg) _,
                    y = out(xmm_reg) _,
                    z = out(xmm_reg) _,
                );
            }
            (result, flags(mxcsr))
        }
    };
}

type Oracle = fn(u32, u64, u64, u64) -> (u64, Flags);

oracle!(addss, vector, "addss {x}, {y}");
oracle!(addsd, vector, "addsd {x}, {y}");
oracle!(subss, vector, "subss {x}, {y}");
oracle!(subsd, vector, "subsd {x}, {y}");
oracle!(mulss, vector, "mulss {x}, {y}");
oracle!(mulsd, vector, "mulsd {x}, {y}");
oracle!(divss, vector, "divss {x}, {y}");
oracle!(divsd, vector, "divsd {x}, {y}");
oracle!(sqrtss, vector, "sqrtss {x}, {x}");
oracle!(sqrtsd, vector, "sqrtsd {x}, {x}");
oracle!(roundss_nearby, vector, "roundss {x}, {x}, 12");
oracle!(roundsd_nearby, vector, "roundsd {x}, {x}, 12");
oracle!(roundss_exact, vector, "roundss {x}, {x}, 4");
oracle!(roundsd_exact, vector, "roundsd {x}, {x}, 4");
// 213 is second × first + third; the formula's order is the one NaNs are preferred in.
oracle!(vfmadd213ss, vector, "vfmadd213ss {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(vfmadd213sd, vector, "vfmadd213sd {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(vfmsub213ss, vector, "vfmsub213ss {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(vfmsub213sd, vector, "vfmsub213sd {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(vfnmadd213ss, vector, "vfnmadd213ss {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(vfnmadd213sd, vector, "vfnmadd213sd {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(vfnmsub213ss, vector, "vfnmsub213ss {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(vfnmsub213sd, vector, "vfnmsub213sd {y}, {x}, {z}", "movaps {x}, {y}");
oracle!(cvtss2sd, vector, "cvtss2sd {x}, {x}");
oracle!(cvtsd2ss, vector, "cvtsd2ss {x}, {x}");
oracle!(vcvtph2ps, vector, "vcvtph2ps {x}, {x}");
oracle!(vcvtps2ph, vector, "vcvtps2ph {x}, {x}, 4");
oracle!(cvtss2si32, general, "cvtss2si {a:e}, {x}");
oracle!(cvtss2si64, general, "cvtss2si {a}, {x}");
oracle!(cvtsd2si32, general, "cvtsd2si {a:e}, {x}");
oracle!(cvtsd2si64, general, "cvtsd2si {a}, {x}");
oracle!(vcvtss2usi32, general, "vcvtss2usi {a:e}, {x}");
oracle!(vcvtss2usi64, general, "vcvtss2usi {a}, {x}");
oracle!(vcvtsd2usi32, general, "vcvtsd2usi {a:e}, {x}");
oracle!(vcvtsd2usi64, general, "vcvtsd2usi {a}, {x}");
oracle!(cvtsi2ss32, vector, "cvtsi2ss {x}, {a:e}");
oracle!(cvtsi2ss64, vector, "cvtsi2ss {x}, {a}");
oracle!(cvtsi2sd32, vector, "cvtsi2sd {x}, {a:e}");
oracle!(cvtsi2sd64, vector, "cvtsi2sd {x}, {a}");
oracle!(vcvtusi2ss64, vector, "vcvtusi2ss {x}, {x}, {a}");
oracle!(vcvtusi2sd64, vector, "vcvtusi2sd {x}, {x}, {a}");
// The flags register as it is pushed: of interest are bits 0, 2 and 6.
oracle!(ucomiss, general, "ucomiss {x}, {y}", "pushfq", "pop {a}");
oracle!(ucomisd, general, "ucomisd {x}, {y}", "pushfq", "pop {a}");
oracle!(comiss, general, "comiss {x}, {y}", "pushfq", "pop {a}");
oracle!(comisd, general, "comisd {x}, {y}", "pushfq", "pop {a}");

const SINGLE_AND_DOUBLE: [Format; 2] = [Format::F32, Format::F64];

fn narrow(format: Format, bits: u64) -> u64 {
    bits & (u64::MAX >> (64 - format.width()))
}

/// Compares `ours` with `host` on `count` random operand triples in every mode.
fn check(
    name: &str,
    formats: (Format, Format),
    count: u64,
    host: Oracle,
    ours: impl Fn(u64, u64, u64, &mut Env) -> u64,
) {
    let (operand, result) = formats;
    let mut random =
        Random::new(name.bytes().fold(1, |seed, byte| (seed << 5) ^ (seed >> 59) ^ u64::from(byte)));
    for _ in 0..count {
        let (a, b) = random.pair(operand);
        // A third operand that often cancels the product of the others, but for its last bits.
        let c = match random.below(4) {
            0 => random.near(mul(operand, a, b, &mut Env::x86(Rounding::NearestEven)), operand),
            _ => random.operand(operand),
        };
        for (rounding, mode) in MODES {
            let (expected, expected_flags) = host(mode, a, b, c);
            let mut env = Env::x86(rounding);
            let found = ours(a, b, c, &mut env);
            assert!(
                found == narrow(result, expected) && env.flags == expected_flags,
                "{name} {rounding:?} of {a:#x} {b:#x} {c:#x}: {found:#x} {:?}, the host says {expected:#x} {expected_flags:?}",
                env.flags
            );
        }
    }
}

#[test]
fn arithmetic_agrees() {
    type Binary = fn(Format, u64, u64, &mut Env) -> u64;
    let table: [(&str, Binary, [Oracle; 2]); 4] = [
        ("add", add, [addss, addsd]),
        ("sub", sub, [subss, subsd]),
        ("mul", mul, [mulss, mulsd]),
        ("div", div, [divss, divsd]),
    ];
    for (name, ours, hosts) in table {
        for (format, host) in SINGLE_AND_DOUBLE.into_iter().zip(hosts) {
            check(name, (format, format), cases(40_000, 100), host, |a, b, _, env| ours(format, a, b, env));
        }
    }
}

#[test]
fn roots_and_integral_values_agree() {
    type Unary = fn(Format, u64, &mut Env) -> u64;
    let table: [(&str, Unary, [Oracle; 2]); 3] = [
        ("sqrt", sqrt, [sqrtss, sqrtsd]),
        ("round to integral", round_to_integral, [roundss_nearby, roundsd_nearby]),
        ("round to integral exact", round_to_integral_exact, [roundss_exact, roundsd_exact]),
    ];
    for (name, ours, hosts) in table {
        for (format, host) in SINGLE_AND_DOUBLE.into_iter().zip(hosts) {
            check(name, (format, format), cases(40_000, 100), host, |a, _, _, env| ours(format, a, env));
        }
    }
}

#[test]
fn fused_multiply_add_agrees() {
    if !is_x86_feature_detected!("fma") {
        return;
    }
    let table: [(Fused, [Oracle; 2]); 4] = [
        (Fused::ProductPlus, [vfmadd213ss, vfmadd213sd]),
        (Fused::ProductMinus, [vfmsub213ss, vfmsub213sd]),
        (Fused::MinusProductPlus, [vfnmadd213ss, vfnmadd213sd]),
        (Fused::MinusProductMinus, [vfnmsub213ss, vfnmsub213sd]),
    ];
    for (fused, hosts) in table {
        for (format, host) in SINGLE_AND_DOUBLE.into_iter().zip(hosts) {
            check(&format!("{fused:?}"), (format, format), cases(40_000, 100), host, |a, b, c, env| {
                mul_add(format, a, b, c, fused, env)
            });
        }
    }
}

#[test]
fn format_conversions_agree() {
    let mut table: Vec<(Format, Format, Oracle)> =
        vec![(Format::F32, Format::F64, cvtss2sd), (Format::F64, Format::F32, cvtsd2ss)];
    if is_x86_feature_detected!("f16c") {
        table.push((Format::F16, Format::F32, vcvtph2ps));
        table.push((Format::F32, Format::F16, vcvtps2ph));
    }
    for (from, to, host) in table {
        check(&format!("{from:?} to {to:?}"), (from, to), cases(40_000, 100), host, |a, _, _, env| {
            convert(from, to, a, env)
        });
    }
}

#[test]
fn conversions_to_integers_agree() {
    type ToInteger = fn(Format, u64, &mut Env) -> u64;
    let mut table: Vec<(&str, ToInteger, [Oracle; 2])> = vec![
        ("to i32", |f, a, env| to_i32(f, a, IntegerRule::X86, env) as u32 as u64, [cvtss2si32, cvtsd2si32]),
        ("to i64", |f, a, env| to_i64(f, a, IntegerRule::X86, env) as u64, [cvtss2si64, cvtsd2si64]),
    ];
    if is_x86_feature_detected!("avx512f") {
        table.push((
            "to u32",
            |f, a, env| to_u32(f, a, IntegerRule::X86, env).into(),
            [vcvtss2usi32, vcvtsd2usi32],
        ));
        table.push(("to u64", |f, a, env| to_u64(f, a, IntegerRule::X86, env), [vcvtss2usi64, vcvtsd2usi64]));
    }
    for (name, ours, hosts) in table {
        for (format, host) in SINGLE_AND_DOUBLE.into_iter().zip(hosts) {
            check(name, (format, Format::F64), cases(40_000, 50), host, |a, _, _, env| ours(format, a, env));
        }
    }
}

#[test]
fn conversions_from_integers_agree() {
    type FromInteger = fn(Format, u64, &mut Env) -> u64;
    let mut table: Vec<(&str, FromInteger, [Oracle; 2])> = vec![
        ("from i32", |f, value, env| from_i32(f, value as i32, env), [cvtsi2ss32, cvtsi2sd32]),
        ("from i64", |f, value, env| from_i64(f, value as i64, env), [cvtsi2ss64, cvtsi2sd64]),
    ];
    if is_x86_feature_detected!("avx512f") {
        table.push(("from u64", from_u64, [vcvtusi2ss64, vcvtusi2sd64]));
    }
    let mut random = Random::new(7);
    for _ in 0..cases(20_000, 100) {
        let value = random.integer();
        for (rounding, mode) in MODES {
            for (name, ours, hosts) in &table {
                for (format, host) in SINGLE_AND_DOUBLE.into_iter().zip(hosts) {
                    let (expected, expected_flags) = host(mode, value, 0, 0);
                    let mut env = Env::x86(rounding);
                    let found = ours(format, value, &mut env);
                    assert_eq!(
                        (found, env.flags),
                        (narrow(format, expected), expected_flags),
                        "{name} {value:#x} {format:?} {rounding:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn comparisons_agree() {
    type Compare = fn(Format, u64, u64, &mut Env) -> Option<Ordering>;
    let table: [(&str, Compare, [Oracle; 2]); 2] =
        [("quiet", compare_quiet, [ucomiss, ucomisd]), ("signaling", compare_signaling, [comiss, comisd])];
    for (name, ours, hosts) in table {
        for (format, host) in SINGLE_AND_DOUBLE.into_iter().zip(hosts) {
            let mut random = Random::new(11);
            for _ in 0..cases(100_000, 100) {
                let (a, b) = random.pair(format);
                let (register, expected_flags) = host(0, a, b, 0);
                // Carry, parity and zero: SDM volume 2, "COMISD", operation.
                let expected = match register & 0x45 {
                    0x45 => None,
                    0x01 => Some(Ordering::Less),
                    0x40 => Some(Ordering::Equal),
                    _ => Some(Ordering::Greater),
                };
                let mut env = Env::x86(Rounding::NearestEven);
                let found = ours(format, a, b, &mut env);
                assert_eq!((found, env.flags), (expected, expected_flags), "{name} {format:?} {a:#x} {b:#x}");
            }
        }
    }
}
