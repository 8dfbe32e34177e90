//! Parts of registers: a guest may access any register by bytes, halves or wider than it is.

use lodge_state::StateError;

/// The low `size` (1 to 8) bytes of a value.
pub(crate) fn mask(size: u8) -> u64 {
    u64::MAX >> (64 - 8 * u32::from(size.clamp(1, 8)))
}

/// What an access of `size` bytes at byte `lane` of a register holding `register` reads.
pub(crate) fn lane(register: u64, lane: u64, size: u8) -> u64 {
    register.checked_shr(8 * lane as u32).unwrap_or(0) & mask(size)
}

/// `register` after an access of `size` bytes at byte `lane` wrote `value`.
pub(crate) fn merge(register: u64, lane: u64, size: u8, value: u64) -> u64 {
    let shift = 8 * lane as u32;
    let window = mask(size).checked_shl(shift).unwrap_or(0);
    (register & !window) | (value.checked_shl(shift).unwrap_or(0) & window)
}

/// For `load`: refuses a record with `why` unless `fine`.
pub(crate) fn check(tag: &'static str, fine: bool, why: &str) -> Result<(), StateError> {
    if fine { Ok(()) } else { Err(StateError::Invalid { tag, why: why.to_owned() }) }
}
