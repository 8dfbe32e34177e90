//! The one atomic that `std` lacks.

/// Compares the 16 bytes at `ptr` with `expect` and, if equal, writes `new`; the old value. Sequentially consistent.
///
/// # Safety
/// `ptr` must be valid and 16-byte aligned, and the host must have `cmpxchg16b` (every x86-64 host of the last
/// fifteen years; [`has_cas128`] tells).
#[cfg(target_arch = "x86_64")]
pub unsafe fn cas128(ptr: *mut u128, expect: u128, new: u128) -> u128 {
    use std::arch::x86_64::cmpxchg16b;
    use std::sync::atomic::Ordering::SeqCst;
    #[target_feature(enable = "cmpxchg16b")]
    unsafe fn cas(ptr: *mut u128, expect: u128, new: u128) -> u128 {
        // SAFETY: by the caller of `cas128`.
        unsafe { cmpxchg16b(ptr, expect, new, SeqCst, SeqCst) }
    }
    // SAFETY: by the caller.
    unsafe { cas(ptr, expect, new) }
}

/// Whether [`cas128`] may be used.
#[cfg(target_arch = "x86_64")]
pub fn has_cas128() -> bool {
    std::arch::is_x86_feature_detected!("cmpxchg16b")
}
