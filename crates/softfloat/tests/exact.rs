//! The crate against the standard's definition, for what no host can be asked: binary16 arithmetic, ties to max
//! magnitude, tininess before rounding. Also everything else, so that the host is not the only witness.
//!
//! The oracle shares no idea with the crate. It holds the exact result as a fraction (or the root of one) of
//! big integers, finds the two neighbouring values of the format by bisection over the encodings, and picks one
//! of them as clause 4.3 says. It is slow and meant to be obvious.

mod big;
mod operands;

use std::cmp::Ordering;

use big::Big;
use lodge_softfloat::*;
use operands::{Random, cases, fields};

const FORMATS: [Format; 3] = [Format::F16, Format::F32, Format::F64];

/// A positive exact result: `numerator` / `denominator`, or the square root of that.
struct Exact {
    negative: bool,
    numerator: Big,
    denominator: Big,
    root: bool,
}

impl Exact {
    /// How this magnitude stands to `value` × 2^`scale`.
    fn cmp_scaled(&self, value: u64, scale: i32) -> Ordering {
        let (mut value, scale) = (Big::from(value), scale * (1 + i32::from(self.root)));
        if self.root {
            value = value.mul(&value);
        }
        let value = value.mul(&self.denominator);
        if scale >= 0 {
            self.numerator.cmp(&value.shl(scale as u32))
        } else {
            self.numerator.shl(-scale as u32).cmp(&value)
        }
    }
}

/// The steps of a format's number line: step `n` is `significand` × 2^`scale`. Encodings of finite positive numbers
/// are steps; with `unbounded`, one more binade is made at either end, as if the exponent range were wider.
fn step(format: Format, n: u64) -> (u64, i32) {
    let (_, fraction_bits) = fields(format);
    let smallest = 1 - bias(format) - fraction_bits as i32;
    match n >> fraction_bits {
        0 => (n, smallest),
        field => ((n & ((1 << fraction_bits) - 1)) | (1 << fraction_bits), smallest + field as i32 - 1),
    }
}

fn bias(format: Format) -> i32 {
    (1 << (fields(format).0 - 1)) - 1
}

/// Which of two neighbours the magnitude goes to: whether up, given how it stands to their midpoint.
fn goes_up(rounding: Rounding, negative: bool, lower_is_odd: bool, to_midpoint: Ordering) -> bool {
    match rounding {
        Rounding::TowardZero => false,
        Rounding::Down => negative,
        Rounding::Up => !negative,
        Rounding::NearestMaxMagnitude => to_midpoint.is_ge(),
        Rounding::NearestEven => to_midpoint.is_gt() || (to_midpoint.is_eq() && lower_is_odd),
    }
}

/// The bits and flags clause 4.3 and clause 7 ask for.
fn round(format: Format, exact: &Exact, rounding: Rounding, tininess: Tininess) -> (u64, Flags) {
    let (_, fraction_bits) = fields(format);
    let sign = if exact.negative { format.sign_bit() } else { 0 };
    // The greatest step not above the exact magnitude. Steps past the largest finite number go on as if there
    // were exponents for them; one binade of those is enough.
    let (mut low, mut high) = (0, format.infinity() + (1 << fraction_bits));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let (significand, scale) = step(format, middle);
        if exact.cmp_scaled(significand, scale).is_ge() { low = middle } else { high = middle }
    }
    let (significand, scale) = step(format, low);
    let inexact = exact.cmp_scaled(significand, scale).is_ne();
    let to_midpoint = exact.cmp_scaled(2 * significand + 1, scale - 1);
    let up = inexact && goes_up(rounding, exact.negative, low & 1 != 0, to_midpoint);
    let rounded = low + u64::from(up);
    if rounded >= format.infinity() {
        // Clause 7.4: each mode says which way its overflows go.
        let to_infinity = match rounding {
            Rounding::NearestEven | Rounding::NearestMaxMagnitude => true,
            Rounding::TowardZero => false,
            Rounding::Up => !exact.negative,
            Rounding::Down => exact.negative,
        };
        let magnitude = if to_infinity { format.infinity() } else { format.largest() };
        return (sign | magnitude, Flags::OF | Flags::NX);
    }
    let mut flags = if inexact { Flags::NX } else { Flags::NONE };
    let smallest_normal = 1u64 << fraction_bits;
    if inexact && low < smallest_normal {
        // With an unbounded exponent the binade below the smallest normal has steps half as wide; only what
        // lies above the last of them can still round up to the smallest normal.
        let (_, scale) = step(format, low);
        let last = 2 * smallest_normal - 1;
        let rounds_to_normal = exact.cmp_scaled(last, scale - 1).is_gt()
            && goes_up(rounding, exact.negative, true, exact.cmp_scaled(2 * last + 1, scale - 2));
        if tininess == Tininess::BeforeRounding || !rounds_to_normal {
            flags |= Flags::UF;
        }
    }
    (sign | rounded, flags)
}

/// A finite operand as sign and an integral multiple of the format's smallest number.
fn multiple(format: Format, bits: u64) -> (bool, Big) {
    let (significand, scale) = step(format, bits & (format.sign_bit() - 1));
    (format.is_negative(bits), Big::from(significand).shl((scale - smallest(format)) as u32))
}

/// Exponent of the format's smallest number.
fn smallest(format: Format) -> i32 {
    step(format, 1).1
}

/// (±x) + (±y) as a sign and a magnitude.
fn signed_sum((x_negative, x): (bool, Big), (y_negative, y): (bool, Big)) -> (bool, Big) {
    if x_negative == y_negative {
        return (x_negative, x.add(&y));
    }
    if x.cmp(&y).is_ge() { (x_negative, x.sub(&y)) } else { (y_negative, y.sub(&x)) }
}

/// `value` × 2^`scale`, exactly.
fn scaled((negative, value): (bool, Big), scale: i32) -> Exact {
    let (up, down) = if scale >= 0 { (scale as u32, 0) } else { (0, -scale as u32) };
    Exact { negative, numerator: value.shl(up), denominator: Big::from(1).shl(down), root: false }
}

/// Compares one result with the definition, in every mode and with tininess told both ways.
fn check(format: Format, exact: &Exact, what: &str, ours: impl Fn(&mut Env) -> u64) {
    for rounding in Rounding::ALL {
        for mut env in [Env::riscv(rounding), Env::arm(rounding)] {
            let expected = round(format, exact, rounding, env.tininess);
            let found = ours(&mut env);
            assert_eq!(
                (found, env.flags),
                expected,
                "{what} in {format:?}, {rounding:?}, {:?}",
                env.tininess
            );
        }
    }
}

fn finite(random: &mut Random, format: Format) -> u64 {
    loop {
        let bits = random.operand(format);
        if bits & format.infinity() != format.infinity() {
            return bits;
        }
    }
}

fn finite_pair(random: &mut Random, format: Format) -> (u64, u64) {
    loop {
        let (a, b) = random.pair(format);
        if (a & format.infinity()) != format.infinity() && (b & format.infinity()) != format.infinity() {
            return (a, b);
        }
    }
}

/// Fewer cases for wider formats: the oracle's integers are as long as the exponent range.
fn count(format: Format) -> u64 {
    match format {
        Format::F16 => cases(3000, 100),
        Format::F32 => cases(1000, 60),
        Format::F64 => cases(100, 60),
    }
}

#[test]
fn sums_and_differences_are_the_definition() {
    for format in FORMATS {
        let mut random = Random::new(1);
        for _ in 0..count(format) {
            let (a, b) = finite_pair(&mut random, format);
            let sum = signed_sum(multiple(format, a), multiple(format, b));
            if !sum.1.is_zero() {
                let exact = scaled(sum, smallest(format));
                check(format, &exact, &format!("{a:#x} + {b:#x}"), |env| add(format, a, b, env));
                let minus_b = b ^ format.sign_bit();
                check(format, &exact, &format!("{a:#x} - {minus_b:#x}"), |env| sub(format, a, minus_b, env));
            }
        }
    }
}

#[test]
fn products_and_quotients_are_the_definition() {
    for format in FORMATS {
        let mut random = Random::new(2);
        for _ in 0..count(format) {
            let (a, b) = finite_pair(&mut random, format);
            let ((a_negative, x), (b_negative, y)) = (multiple(format, a), multiple(format, b));
            if x.is_zero() || y.is_zero() {
                continue;
            }
            let negative = a_negative != b_negative;
            let product = scaled((negative, x.mul(&y)), 2 * smallest(format));
            check(format, &product, &format!("{a:#x} * {b:#x}"), |env| mul(format, a, b, env));
            let quotient = Exact { negative, numerator: x, denominator: y, root: false };
            check(format, &quotient, &format!("{a:#x} / {b:#x}"), |env| div(format, a, b, env));
        }
    }
}

#[test]
fn fused_multiply_adds_are_the_definition() {
    let variants = [
        (Fused::ProductPlus, false, false),
        (Fused::ProductMinus, false, true),
        (Fused::MinusProductPlus, true, false),
        (Fused::MinusProductMinus, true, true),
    ];
    for format in FORMATS {
        let mut random = Random::new(3);
        for case in 0..count(format) {
            let (a, b) = finite_pair(&mut random, format);
            let near = random.near(mul(format, a, b, &mut Env::riscv(Rounding::NearestEven)), format);
            let c = if case % 3 == 0 && near & format.infinity() != format.infinity() {
                near
            } else {
                finite(&mut random, format)
            };
            let (fused, negate_product, negate_addend) = variants[random.below(4) as usize];
            assert_eq!(Fused::new(negate_product, negate_addend), fused);
            let ((a_negative, x), (b_negative, y), (c_negative, z)) =
                (multiple(format, a), multiple(format, b), multiple(format, c));
            let product = ((a_negative != b_negative) != negate_product, x.mul(&y));
            let addend = (c_negative != negate_addend, z.shl(-smallest(format) as u32));
            let sum = signed_sum(product, addend);
            if !sum.1.is_zero() {
                let exact = scaled(sum, 2 * smallest(format));
                let what = format!("{fused:?} of {a:#x} {b:#x} {c:#x}");
                check(format, &exact, &what, |env| mul_add(format, a, b, c, fused, env));
            }
        }
    }
}

#[test]
fn roots_are_the_definition() {
    for format in FORMATS {
        let mut random = Random::new(4);
        for _ in 0..count(format) {
            let a = finite(&mut random, format) & !format.sign_bit();
            let (_, value) = multiple(format, a);
            if !value.is_zero() {
                let exact = Exact { root: true, ..scaled((false, value), smallest(format)) };
                check(format, &exact, &format!("sqrt {a:#x}"), |env| sqrt(format, a, env));
            }
        }
    }
}

#[test]
fn conversions_are_the_definition() {
    for from in FORMATS {
        let mut random = Random::new(5);
        for _ in 0..count(from) {
            let a = finite(&mut random, from);
            let value = multiple(from, a);
            if value.1.is_zero() {
                continue;
            }
            let exact = scaled(value, smallest(from));
            for to in FORMATS {
                check(to, &exact, &format!("{from:?} {a:#x}"), |env| convert(from, to, a, env));
            }
        }
    }
}

#[test]
fn conversions_from_integers_are_the_definition() {
    let mut random = Random::new(6);
    for _ in 0..cases(500, 60) {
        let value = random.integer();
        let signed = value as i64;
        for format in FORMATS {
            if value != 0 {
                let exact = scaled((false, Big::from(value)), 0);
                check(format, &exact, &format!("u64 {value}"), |env| from_u64(format, value, env));
                let exact = scaled((signed < 0, Big::from(signed.unsigned_abs())), 0);
                check(format, &exact, &format!("i64 {signed}"), |env| from_i64(format, signed, env));
            }
        }
    }
}

/// The integer `a` rounds to, as a sign and a magnitude, and whether that is inexact; by counting halves.
fn nearest_integer(format: Format, a: u64, rounding: Rounding) -> (bool, u128, bool) {
    let negative = format.is_negative(a);
    let (significand, scale) = step(format, a & (format.sign_bit() - 1));
    if scale >= 0 {
        // Whatever is past 2¹⁰⁰ is past every integer type.
        return (negative, u128::from(significand) << scale.min(60), false);
    }
    let unit = 1u128.checked_shl(-scale as u32).unwrap_or(1 << 127); // beyond that, less than a half anyway
    let (whole, rest) = (u128::from(significand) / unit, u128::from(significand) % unit);
    let up = rest != 0 && goes_up(rounding, negative, whole & 1 != 0, rest.cmp(&(unit / 2)));
    (negative, whole + u128::from(up), rest != 0)
}

#[test]
fn conversions_to_integers_are_the_definition() {
    for format in FORMATS {
        let mut random = Random::new(8);
        for _ in 0..cases(20_000, 100) {
            let a = finite(&mut random, format);
            let rounding = random.rounding();
            let (negative, magnitude, inexact) = nearest_integer(format, a, rounding);
            let value = if negative { -(magnitude as i128) } else { magnitude as i128 };
            let expect = |least: i128, greatest: i128| {
                if value < least || value > greatest {
                    (value.clamp(least, greatest), Flags::NV)
                } else {
                    (value, if inexact { Flags::NX } else { Flags::NONE })
                }
            };
            let run = |convert: &dyn Fn(&mut Env) -> i128| {
                let mut env = Env::riscv(rounding);
                (convert(&mut env), env.flags)
            };
            for rule in [IntegerRule::Riscv, IntegerRule::Arm] {
                let what = format!("{format:?} {a:#x} {rounding:?}");
                let found = run(&|env| to_i32(format, a, rule, env).into());
                assert_eq!(found, expect(i32::MIN.into(), i32::MAX.into()), "i32 of {what}");
                let found = run(&|env| to_u32(format, a, rule, env).into());
                assert_eq!(found, expect(0, u32::MAX.into()), "u32 of {what}");
                let found = run(&|env| to_i64(format, a, rule, env).into());
                assert_eq!(found, expect(i64::MIN.into(), i64::MAX.into()), "i64 of {what}");
                let found = run(&|env| to_u64(format, a, rule, env).into());
                assert_eq!(found, expect(0, u64::MAX.into()), "u64 of {what}");
            }
        }
    }
}

#[test]
fn integral_values_are_the_definition() {
    for format in FORMATS {
        let mut random = Random::new(9);
        for _ in 0..cases(20_000, 100) {
            let a = finite(&mut random, format);
            let rounding = random.rounding();
            let (_, scale) = step(format, a & (format.sign_bit() - 1));
            let (expected, inexact) = if scale >= 0 {
                (a, false)
            } else {
                let (_, magnitude, inexact) = nearest_integer(format, a, rounding);
                let bits = from_u64(format, magnitude as u64, &mut Env::riscv(Rounding::NearestEven));
                (bits | (a & format.sign_bit()), inexact)
            };
            let what = format!("{format:?} {a:#x} {rounding:?}");
            let mut env = Env::riscv(rounding);
            assert_eq!(round_to_integral(format, a, &mut env), expected, "{what}");
            assert_eq!(env.flags, Flags::NONE, "{what}");
            assert_eq!(round_to_integral_exact(format, a, &mut env), expected, "{what}");
            assert_eq!(env.flags, if inexact { Flags::NX } else { Flags::NONE }, "{what}");
        }
    }
}

#[test]
fn modular_conversion_is_the_low_half() {
    let mut random = Random::new(10);
    for _ in 0..cases(50_000, 100) {
        let a = finite(&mut random, Format::F64);
        let (significand, scale) = step(Format::F64, a & (Format::F64.sign_bit() - 1));
        let low = match scale {
            32.. => 0,
            0..32 => (significand << scale) as u32,
            _ => significand.checked_shr(-scale as u32).unwrap_or(0) as u32,
        };
        let expected = if Format::F64.is_negative(a) { low.wrapping_neg() } else { low } as i32;
        let mut saturating = Env::riscv(Rounding::TowardZero);
        to_i32(Format::F64, a, IntegerRule::Riscv, &mut saturating);
        let mut env = Env::riscv(random.rounding());
        assert_eq!(to_i32_modular(Format::F64, a, &mut env), expected, "{a:#x}");
        assert_eq!(env.flags, saturating.flags, "{a:#x}");
    }
}
