//! Sizes: `512M`, `2G`, `1.5GiB`, in powers of 1024, exact or refused.

use crate::SpecError;
use std::fmt;
use std::str::FromStr;

/// A number of bytes that prints itself for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size(pub u64);

const UNITS: [(&str, u32); 4] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, shift) in UNITS {
            if self.0 >> shift != 0 && self.0 & ((1 << shift) - 1) == 0 {
                return write!(f, "{} {unit}iB", self.0 >> shift);
            }
        }
        write!(f, "{} bytes", self.0)
    }
}

impl FromStr for Size {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Size, SpecError> {
        parse_size(text)
    }
}

/// Parses bytes: a decimal number with an optional fraction and an optional unit `K`, `M`, `G`, `T` (also `KB`,
/// `KiB` and so on, in either case; always powers of 1024). The result must be a whole number of bytes.
///
/// # Errors
/// [`SpecError::Size`].
pub fn parse_size(text: &str) -> Result<Size, SpecError> {
    let fail = |why| SpecError::Size { text: text.to_owned(), why };
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    if number.is_empty() {
        return Err(fail(if text.is_empty() { "it is empty" } else { "it does not start with a number" }));
    }
    let shift = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 0,
        "K" | "KB" | "KIB" => 10,
        "M" | "MB" | "MIB" => 20,
        "G" | "GB" | "GIB" => 30,
        "T" | "TB" | "TIB" => 40,
        _ => return Err(fail("its unit is unknown")),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.contains('.') || fraction.len() > 12 || number.ends_with('.') {
        return Err(fail("its number is malformed"));
    }
    let too_large = || fail("it is too large");
    let whole: u64 = whole.parse().map_err(|_| too_large())?;
    let mut bytes = whole.checked_mul(1 << shift).ok_or_else(too_large)?;
    if !fraction.is_empty() {
        let denominator = 10u128.pow(fraction.len() as u32);
        let numerator = fraction.parse::<u128>().map_err(|_| too_large())? << shift;
        if !numerator.is_multiple_of(denominator) {
            return Err(fail("it is not a whole number of bytes"));
        }
        bytes = bytes.checked_add((numerator / denominator) as u64).ok_or_else(too_large)?;
    }
    Ok(Size(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_exact_or_refused() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512M", 512 << 20),
            ("2g", 2 << 30),
            ("1.5GiB", 3 << 29),
            ("0.25K", 256),
            ("64GB", 64 << 30),
            ("1T", 1 << 40),
        ] {
            assert_eq!(parse_size(text), Ok(Size(bytes)), "{text}");
        }
        for text in [
            "",
            "M",
            "-1",
            "1..5G",
            "1.G",
            ".5G",
            "1.1.1",
            "1X",
            "1 G",
            "0.3K",
            "99999999999999999999",
            "99999999T",
            "1.0000000000001G",
            "ä",
            "1€",
        ] {
            assert!(matches!(parse_size(text), Err(SpecError::Size { .. })), "{text}");
        }
    }

    #[test]
    fn sizes_print_in_their_largest_whole_unit() {
        for (bytes, text) in [(0, "0 bytes"), (1000, "1000 bytes"), (1 << 20, "1 MiB"), (3 << 29, "1536 MiB")]
        {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }
}
