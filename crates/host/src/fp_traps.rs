//! Floating-point exceptions of generated code that are wanted once: the first of each kind traps, is noted, and traps no
//! more.
//!
//! ```text
//!   unmasked exception ─► SIGFPE ─► the thread has traps ─yes─► noted, masked; the instruction runs again
//!                                                        └no──► whoever handled SIGFPE before us
//! ```
//! Whoever unmasks exceptions thus knows without looking at the sticky flags, which is slow, what has not been raised.
//! A debugger of lodge itself must let the signal through (gdb: `handle SIGFPE nostop noprint pass`).
//! Source: Intel SDM vol. 1, 10.2.3 (MXCSR) and 11.5 (its exceptions).

use crate::faults::{Before, install as handle, pass_on};
use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Kinds of exceptions, and bits of each set of them in MXCSR: sticky flags from bit 0, masks from bit 7.
const KINDS: usize = 6;
const STICKY: u32 = 0x3f;
const MASKS_AT: u32 = 7;
/// Underflow: unmasked, it traps for any tiny result; masked, only an inexact one raises it.
const UNDERFLOW: usize = 4;

/// What has trapped. Exceptions are numbered as bits of MXCSR are.
#[derive(Debug)]
#[repr(C)]
pub struct FpTraps {
    /// The marks of all that has trapped, among what its owner puts there.
    pub word: AtomicU32,
    marks: [u32; KINDS],
}

impl FpTraps {
    /// `word` to begin with, and what each kind of exception adds to it. The mark of underflow says "there was a tiny
    /// result": whether it was inexact, and so underflow has been raised, the sticky flag tells from then on.
    pub const fn new(word: u32, marks: [u32; KINDS]) -> FpTraps {
        FpTraps { word: AtomicU32::new(word), marks }
    }

    /// Runs `code` on this thread with exceptions noted in `traps`. `code` unmasks only those whose sticky flags are clear,
    /// and leaves MXCSR as it found it.
    ///
    /// # Safety
    /// `traps` points to a value that lives until `code` is done.
    pub unsafe fn during<R>(traps: *const FpTraps, code: impl FnOnce() -> R) -> R {
        TRAPS.set(traps);
        let result = code();
        TRAPS.set(std::ptr::null());
        result
    }

    /// MXCSR after an exception with this one; `None` when nothing that was unmasked has been raised.
    fn take(&self, mxcsr: u32) -> Option<u32> {
        let raised = mxcsr & STICKY & !(mxcsr >> MASKS_AT);
        if raised & 1 << UNDERFLOW != 0 {
            // What else the tiny result was shows when the instruction runs again.
            self.word.fetch_or(self.marks[UNDERFLOW], Ordering::Relaxed);
            return Some(mxcsr & !raised | 1 << UNDERFLOW << MASKS_AT);
        }
        for (kind, mark) in self.marks.iter().enumerate() {
            if raised & 1 << kind != 0 {
                self.word.fetch_or(*mark, Ordering::Relaxed);
            }
        }
        (raised != 0).then_some(mxcsr | raised << MASKS_AT)
    }
}

thread_local! {
    static TRAPS: Cell<*const FpTraps> = const { Cell::new(std::ptr::null()) };
}

static BEFORE: Before = OnceLock::new();

/// Handles SIGFPE from now on; an error number, or 0.
pub(crate) fn install() -> i32 {
    handle(libc::SIGFPE, on_exception, &BEFORE)
}

/// The kernel gives a handler a fresh MXCSR, and the interrupted code its own from `context`.
extern "C" fn on_exception(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid ucontext, whose state of the FP unit is there when one was saved; the traps, if
    // there are any, outlive the code that runs now (`FpTraps::during`).
    unsafe {
        let state = (*context.cast::<libc::ucontext_t>()).uc_mcontext.fpregs;
        if let (Some(traps), Some(state)) = (TRAPS.get().as_ref(), state.as_mut())
            && let Some(mxcsr) = traps.take(state.mxcsr)
        {
            state.mxcsr = mxcsr;
            return;
        }
        pass_on(&BEFORE, signal, info, context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::arch::asm;

    const MASKED: u32 = 0x1f80;
    /// All but denormal operand.
    const WANTED: u32 = MASKED & !(0x3d << MASKS_AT);
    const MARKS: [u32; KINDS] = [1, 2, 4, 8, 0x100, 32];

    /// `a * b / c` with this MXCSR; the result, and MXCSR after it.
    fn compute(traps: &FpTraps, mxcsr: u32, [a, b, c]: [f64; 3]) -> (u64, u32) {
        let (mut control, usual, mut result) = (mxcsr, MASKED, a);
        // SAFETY: `traps` lives; only named registers and `control` are touched, and MXCSR is put back.
        unsafe {
            FpTraps::during(traps, || {
                asm!(
                    "ldmxcsr [{control}]",
                    "mulsd {a}, {b}",
                    "divsd {a}, {c}",
                    "stmxcsr [{control}]",
                    "ldmxcsr [{usual}]",
                    control = in(reg) &raw mut control,
                    usual = in(reg) &raw const usual,
                    a = inout(xmm_reg) result,
                    b = in(xmm_reg) b,
                    c = in(xmm_reg) c,
                    options(nostack)
                );
            });
        }
        (result.to_bits(), control)
    }

    #[test]
    fn each_exception_traps_once_and_results_stay() {
        crate::faults::catch().expect("handlers");
        let (tiny, small) = (f64::MIN_POSITIVE, f64::from_bits(1));
        let cases = [
            ([6.0, 2.0, 4.0], 0),
            ([1.0, 1.0, 3.0], 32),
            ([1.0, 1.0, 0.0], 4),
            ([0.0, 1.0, 0.0], 1),
            ([f64::MAX, 2.0, 1.0], 8 | 32),
            ([f64::MAX, 2.0, 0.0], 8 | 32),
            // Tiny and exact, then inexact.
            ([tiny, 0.5, 1.0], 0x100),
            ([small, 1.0, 2.0], 0x100 | 32),
            ([tiny, 0.5, 0.0], 0x100 | 4),
            ([tiny, 0.3, 1.0], 0x100 | 32),
        ];
        for (operands, marks) in cases {
            let (expected, sticky) = compute(&FpTraps::new(0, MARKS), MASKED, operands);
            let traps = FpTraps::new(0x8000, MARKS);
            let (result, mxcsr) = compute(&traps, WANTED, operands);
            assert_eq!(result, expected, "{operands:?}");
            assert_eq!(mxcsr & STICKY, sticky & STICKY, "{operands:?}: sticky flags");
            assert_eq!(traps.word.load(Ordering::Relaxed), 0x8000 | marks, "{operands:?}: marks");
            let (_, again) = compute(&traps, mxcsr, operands);
            assert_eq!(again, mxcsr, "{operands:?}: no more traps");
        }
    }

    #[test]
    fn what_was_masked_is_not_taken() {
        let traps = FpTraps::new(0, MARKS);
        assert_eq!(traps.take(MASKED | STICKY), None);
        assert_eq!(traps.take(WANTED), None);
        assert_eq!(traps.take(WANTED | 2), None);
        assert_eq!(traps.take(WANTED | 32), Some(WANTED | 32 | 32 << MASKS_AT));
        assert_eq!(traps.word.load(Ordering::Relaxed), 32);
    }
}
