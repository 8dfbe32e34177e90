//! Special operands as the architectures' manuals have them: NaNs, infinities, zeros, the ends of the integers.

use lodge_softfloat::*;

const FORMATS: [Format; 3] = [Format::F16, Format::F32, Format::F64];

/// A format's special values.
struct Values {
    one: u64,
    zero: u64,
    minus_zero: u64,
    infinity: u64,
    minus_infinity: u64,
    canonical: u64,
    /// A quiet NaN with a payload of 5.
    quiet: u64,
    /// A negative signaling NaN with a payload of 3.
    signaling: u64,
    sign: u64,
    quiet_bit: u64,
}

fn values(format: Format) -> Values {
    let sign = format.sign_bit();
    let infinity = format.infinity();
    let canonical = format.canonical_nan();
    Values {
        one: from_i32(format, 1, &mut Env::riscv(Rounding::NearestEven)),
        zero: 0,
        minus_zero: sign,
        infinity,
        minus_infinity: sign | infinity,
        canonical,
        quiet: canonical | 5,
        signaling: sign | infinity | 3,
        sign,
        quiet_bit: canonical ^ infinity,
    }
}

/// Runs an operation under `env` and tells what it gave and raised.
fn run<T>(mut env: Env, operation: impl FnOnce(&mut Env) -> T) -> (T, Flags) {
    let result = operation(&mut env);
    (result, env.flags)
}

fn riscv<T>(operation: impl FnOnce(&mut Env) -> T) -> (T, Flags) {
    run(Env::riscv(Rounding::NearestEven), operation)
}

fn arm<T>(operation: impl FnOnce(&mut Env) -> T) -> (T, Flags) {
    run(Env::arm(Rounding::NearestEven), operation)
}

fn x86<T>(operation: impl FnOnce(&mut Env) -> T) -> (T, Flags) {
    run(Env::x86(Rounding::NearestEven), operation)
}

#[test]
fn invalid_operations_give_the_default_nan() {
    for format in FORMATS {
        let v = values(format);
        type Binary = fn(Format, u64, u64, &mut Env) -> u64;
        let cases: [(Binary, u64, u64); 6] = [
            (add, v.infinity, v.minus_infinity),
            (sub, v.infinity, v.infinity),
            (mul, v.zero, v.minus_infinity),
            (mul, v.infinity, v.minus_zero),
            (div, v.zero, v.minus_zero),
            (div, v.infinity, v.minus_infinity),
        ];
        for (operation, a, b) in cases {
            assert_eq!(riscv(|env| operation(format, a, b, env)), (v.canonical, Flags::NV));
            assert_eq!(arm(|env| operation(format, a, b, env)), (v.canonical, Flags::NV));
            assert_eq!(x86(|env| operation(format, a, b, env)), (v.canonical | v.sign, Flags::NV));
        }
        assert_eq!(riscv(|env| sqrt(format, v.one | v.sign, env)), (v.canonical, Flags::NV));
        assert_eq!(riscv(|env| sqrt(format, v.minus_infinity, env)), (v.canonical, Flags::NV));
        assert_eq!(riscv(|env| sqrt(format, v.minus_zero, env)), (v.minus_zero, Flags::NONE));
    }
}

#[test]
fn division_by_zero_is_only_that_of_a_finite_number() {
    for format in FORMATS {
        let v = values(format);
        assert_eq!(riscv(|env| div(format, v.one, v.zero, env)), (v.infinity, Flags::DZ));
        assert_eq!(riscv(|env| div(format, v.one, v.minus_zero, env)), (v.minus_infinity, Flags::DZ));
        assert_eq!(riscv(|env| div(format, v.infinity, v.minus_zero, env)), (v.minus_infinity, Flags::NONE));
        assert_eq!(riscv(|env| div(format, v.minus_zero, v.infinity, env)), (v.minus_zero, Flags::NONE));
    }
}

#[test]
fn an_exact_zero_sum_has_the_sign_its_mode_gives_it() {
    for format in FORMATS {
        let v = values(format);
        for rounding in Rounding::ALL {
            let expected = if rounding == Rounding::Down { v.minus_zero } else { v.zero };
            let env = Env::riscv(rounding);
            assert_eq!(run(env, |env| sub(format, v.one, v.one, env)), (expected, Flags::NONE));
            assert_eq!(run(env, |env| add(format, v.zero, v.minus_zero, env)), (expected, Flags::NONE));
            assert_eq!(
                run(env, |env| add(format, v.minus_zero, v.minus_zero, env)),
                (v.minus_zero, Flags::NONE)
            );
            let fused = run(env, |env| mul_add(format, v.one, v.one, v.one, Fused::ProductMinus, env));
            assert_eq!(fused, (expected, Flags::NONE));
        }
    }
}

#[test]
fn each_rule_chooses_its_nan() {
    for format in FORMATS {
        let v = values(format);
        let silenced = v.signaling | v.quiet_bit;
        let sum = |a, b| move |env: &mut Env| add(format, a, b, env);
        assert_eq!(riscv(sum(v.quiet, v.one)), (v.canonical, Flags::NONE));
        assert_eq!(riscv(sum(v.one, v.signaling)), (v.canonical, Flags::NV));
        assert_eq!(arm(sum(v.quiet, v.signaling)), (silenced, Flags::NV), "ARM prefers the signaling one");
        assert_eq!(arm(sum(v.canonical, v.quiet)), (v.canonical, Flags::NONE));
        assert_eq!(x86(sum(v.quiet, v.signaling)), (v.quiet, Flags::NV), "x86 prefers the first");
        assert_eq!(x86(sum(v.one, v.signaling)), (silenced, Flags::NV));
    }
}

#[test]
fn infinity_times_zero_plus_nan_is_as_each_manual_says() {
    for format in FORMATS {
        let v = values(format);
        let fused = |c| move |env: &mut Env| mul_add(format, v.infinity, v.zero, c, Fused::ProductPlus, env);
        assert_eq!(riscv(fused(v.quiet)), (v.canonical, Flags::NV));
        assert_eq!(arm(fused(v.quiet)), (v.canonical, Flags::NV));
        assert_eq!(arm(fused(v.signaling)), (v.signaling | v.quiet_bit, Flags::NV));
        assert_eq!(x86(fused(v.quiet)), (v.quiet, Flags::NONE));
        assert_eq!(riscv(fused(v.one)), (v.canonical, Flags::NV));
        // The addend's sign cannot save an infinite product of the other sign.
        let opposed =
            |env: &mut Env| mul_add(format, v.infinity, v.one, v.infinity, Fused::ProductMinus, env);
        assert_eq!(riscv(opposed), (v.canonical, Flags::NV));
    }
}

#[test]
fn arm_prefers_the_addend_and_negates_nans() {
    for format in FORMATS {
        let v = values(format);
        let fused = |a, c, fused| move |env: &mut Env| mul_add(format, a, v.one, c, fused, env);
        assert_eq!(arm(fused(v.canonical, v.quiet, Fused::ProductPlus)), (v.quiet, Flags::NONE));
        assert_eq!(arm(fused(v.canonical, v.quiet, Fused::ProductMinus)), (v.quiet | v.sign, Flags::NONE));
        assert_eq!(arm(fused(v.quiet, v.one, Fused::MinusProductPlus)), (v.quiet | v.sign, Flags::NONE));
        assert_eq!(x86(fused(v.quiet, v.canonical, Fused::MinusProductMinus)), (v.quiet, Flags::NONE));
    }
}

#[test]
fn minimum_number_ignores_one_nan_and_minimum_none() {
    for format in FORMATS {
        let v = values(format);
        let (low, high) = (v.minus_zero, v.zero);
        for (a, b) in [(low, high), (high, low)] {
            assert_eq!(riscv(|env| minimum_number(format, a, b, env)), (low, Flags::NONE));
            assert_eq!(riscv(|env| maximum_number(format, a, b, env)), (high, Flags::NONE));
            assert_eq!(riscv(|env| minimum(format, a, b, env)), (low, Flags::NONE));
            assert_eq!(riscv(|env| maximum(format, a, b, env)), (high, Flags::NONE));
        }
        for (a, b) in [(v.minus_infinity, v.one), (v.one, v.minus_infinity)] {
            assert_eq!(riscv(|env| minimum_number(format, a, b, env)), (v.minus_infinity, Flags::NONE));
            assert_eq!(riscv(|env| maximum(format, a, b, env)), (v.one, Flags::NONE));
        }
        for (nan, flags) in [(v.quiet, Flags::NONE), (v.signaling, Flags::NV)] {
            for (a, b) in [(nan, v.one), (v.one, nan)] {
                assert_eq!(riscv(|env| minimum_number(format, a, b, env)), (v.one, flags));
                assert_eq!(riscv(|env| maximum_number(format, a, b, env)), (v.one, flags));
                assert_eq!(riscv(|env| minimum(format, a, b, env)), (v.canonical, flags));
                assert_eq!(riscv(|env| maximum(format, a, b, env)), (v.canonical, flags));
            }
            assert_eq!(riscv(|env| minimum_number(format, nan, v.quiet, env)), (v.canonical, flags));
        }
    }
}

#[test]
fn quiet_predicates_signal_for_signaling_nans_only() {
    for format in FORMATS {
        let v = values(format);
        type Predicate = fn(Format, u64, u64, &mut Env) -> bool;
        let quiet: [Predicate; 3] = [eq_quiet, lt_quiet, le_quiet];
        let signaling: [Predicate; 3] = [eq_signaling, lt_signaling, le_signaling];
        for (predicate, flags) in
            quiet.map(|p| (p, Flags::NONE)).into_iter().chain(signaling.map(|p| (p, Flags::NV)))
        {
            assert_eq!(riscv(|env| predicate(format, v.one, v.quiet, env)), (false, flags));
            assert_eq!(riscv(|env| predicate(format, v.signaling, v.one, env)), (false, Flags::NV));
        }
        // Equal, less, less or equal.
        let table = [
            (v.zero, v.minus_zero, [true, false, true]),
            (v.minus_zero, v.one, [false, true, true]),
            (v.minus_infinity, v.one | v.sign, [false, true, true]),
            (v.infinity, v.infinity, [true, false, true]),
            (v.one, v.one | v.sign, [false, false, false]),
        ];
        for (a, b, expected) in table {
            for predicates in [quiet, signaling] {
                let found = predicates.map(|predicate| riscv(|env| predicate(format, a, b, env)));
                assert_eq!(found, expected.map(|holds| (holds, Flags::NONE)), "{a:#x} {b:#x}");
            }
        }
    }
}

#[test]
fn out_of_range_integers_are_as_each_manual_says() {
    for format in FORMATS {
        let v = values(format);
        let all = |operand, rule| {
            let (a, a_flags) = riscv(|env| to_i32(format, operand, rule, env));
            let (b, b_flags) = riscv(|env| to_u32(format, operand, rule, env));
            let (c, c_flags) = riscv(|env| to_i64(format, operand, rule, env));
            let (d, d_flags) = riscv(|env| to_u64(format, operand, rule, env));
            assert_eq!([a_flags, b_flags, c_flags, d_flags], [Flags::NV; 4]);
            (a, b, c, d)
        };
        let (least, greatest) = ((i32::MIN, 0, i64::MIN, 0), (i32::MAX, u32::MAX, i64::MAX, u64::MAX));
        for nan in [v.quiet, v.signaling] {
            assert_eq!(all(nan, IntegerRule::Riscv), greatest);
            assert_eq!(all(nan, IntegerRule::Arm), (0, 0, 0, 0));
        }
        for rule in [IntegerRule::Riscv, IntegerRule::Arm] {
            assert_eq!(all(v.infinity, rule), greatest);
            assert_eq!(all(v.minus_infinity, rule), least);
        }
        for operand in [v.quiet, v.signaling, v.infinity, v.minus_infinity] {
            assert_eq!(all(operand, IntegerRule::X86), (i32::MIN, u32::MAX, i64::MIN, u64::MAX));
        }
        // −1 is no unsigned number, but what rounds to −0 is 0.
        assert_eq!(riscv(|env| to_u64(format, v.one | v.sign, IntegerRule::Riscv, env)), (0, Flags::NV));
        assert_eq!(riscv(|env| to_u64(format, v.sign | 1, IntegerRule::Riscv, env)), (0, Flags::NX));
    }
}

#[test]
fn modular_conversion_gives_zero_for_what_has_no_low_bits() {
    let v = values(Format::F64);
    for operand in [v.infinity, v.minus_infinity, v.quiet, v.signaling] {
        assert_eq!(riscv(|env| to_i32_modular(Format::F64, operand, env)), (0, Flags::NV));
    }
    let modular = |value: f64| riscv(|env| to_i32_modular(Format::F64, value.to_bits(), env));
    assert_eq!(modular(4294967298.5), (2, Flags::NV));
    assert_eq!(modular(-4294967298.5), (-2, Flags::NV));
    assert_eq!(modular(-1.5), (-1, Flags::NX));
    assert_eq!(modular(2147483648.0), (i32::MIN, Flags::NV));
    assert_eq!(modular(f64::MAX), (0, Flags::NV));
}

#[test]
fn converted_nans_are_canonical_or_keep_their_upper_bits() {
    let convert = |from, to, a| move |env: &mut Env| convert(from, to, a, env);
    let (half, single, double) = (Format::F16, Format::F32, Format::F64);
    assert_eq!(riscv(convert(single, double, 0xffc0_0001)), (double.canonical_nan(), Flags::NONE));
    assert_eq!(riscv(convert(double, half, 0xfff0_0000_0000_0001)), (0x7e00, Flags::NV));
    assert_eq!(arm(convert(half, double, 0xfc01)), (0xfff8_0400_0000_0000, Flags::NV));
    assert_eq!(arm(convert(double, half, 0xfff8_0400_0000_0001)), (0xfe01, Flags::NONE));
}

#[test]
fn integral_values_keep_infinities_and_quieten_nans() {
    for format in FORMATS {
        let v = values(format);
        for operand in [v.zero, v.minus_zero, v.infinity, v.minus_infinity, v.one] {
            assert_eq!(riscv(|env| round_to_integral_exact(format, operand, env)), (operand, Flags::NONE));
        }
        assert_eq!(riscv(|env| round_to_integral(format, v.quiet, env)), (v.canonical, Flags::NONE));
        assert_eq!(riscv(|env| round_to_integral(format, v.signaling, env)), (v.canonical, Flags::NV));
        assert_eq!(riscv(|env| round_to_integral(format, v.sign | 1, env)), (v.minus_zero, Flags::NONE));
    }
}

#[test]
fn flags_are_sticky_and_bits_above_the_format_ignored() {
    let mut env = Env::riscv(Rounding::NearestEven);
    env.raise(Flags::DZ);
    let junk = 0xdead_0000;
    assert_eq!(add(Format::F16, junk | 0x3c00, junk | 0x0001, &mut env), 0x3c00);
    assert_eq!(env.flags, Flags::DZ | Flags::NX);
    assert_eq!(round_to_integral(Format::F16, junk | 0x7c00, &mut env), 0x7c00);
    assert_eq!(minimum_number(Format::F16, junk | 0x7c00, junk | 0x3c00, &mut env), 0x3c00);
    assert!(eq_quiet(Format::F16, junk | 0x3c00, 0x3c00, &mut env));
}

#[test]
fn modes_have_their_frm_numbers() {
    for (frm, rounding) in Rounding::ALL.into_iter().enumerate() {
        assert_eq!(Rounding::from_frm(frm as u8), Some(rounding));
    }
    assert!((5..=255).all(|frm| Rounding::from_frm(frm).is_none()));
}
