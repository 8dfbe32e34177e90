//! The one atomic that `std` lacks.

/// Compares the 16 bytes at `ptr` with `expect` and, if equal, writes `new`; the old value. Sequentially consistent.
///
/// # Safety
/// `ptr` must be valid and 16-byte aligned, and the host must have `cmpxchg16b` (every x86-64 host of the last
/// fifteen years; [`has_cas128`] tells).
#[cfg(target_arch = "x86_64")]
pub unsafe fn cas128(ptr: *mut u128, expect: u128, new: u128) -> u128 {
    let (mut low, mut high) = (expect as u64, (expect >> 64) as u64);
    // SAFETY: by the caller; rbx, which the compiler keeps for itself, is exchanged and put back.
    unsafe {
        std::arch::asm!(
            "xchg {new_low}, rbx",
            "lock cmpxchg16b [rdi]",
            "mov rbx, {new_low}",
            in("rdi") ptr,
            new_low = inout(reg) new as u64 => _,
            in("rcx") (new >> 64) as u64,
            inout("rax") low,
            inout("rdx") high,
            options(nostack),
        );
    }
    u128::from(low) | u128::from(high) << 64
}

/// Whether [`cas128`] may be used.
#[cfg(target_arch = "x86_64")]
pub fn has_cas128() -> bool {
    std::arch::is_x86_feature_detected!("cmpxchg16b")
}
