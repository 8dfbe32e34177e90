//! Signals that are none of ours reach who handled them before: a process of its own, as handlers are the whole process's.

use lodge_host::faults;
use std::sync::atomic::{AtomicU32, Ordering};

static SEEN: AtomicU32 = AtomicU32::new(0);

extern "C" fn count(_signal: libc::c_int) {
    SEEN.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn a_handler_that_was_there_first_still_gets_what_is_not_ours() {
    for signal in [libc::SIGFPE, libc::SIGSEGV] {
        // SAFETY: the handler only counts.
        unsafe { libc::signal(signal, count as *const () as usize) };
    }
    faults::catch().expect("handlers");
    for (n, signal) in (1..).zip([libc::SIGFPE, libc::SIGSEGV, libc::SIGFPE]) {
        // SAFETY: it is handled.
        unsafe { libc::raise(signal) };
        assert_eq!(SEEN.load(Ordering::Relaxed), n, "signal {signal}");
    }
}
