//! Memory faults that are expected: generated code touches what may not be there, and goes on elsewhere if it is not.
//!
//! ```text
//!   host code at A faults ─► SIGSEGV ─► the thread's table has A ─yes─► goes on at B
//!                                                                └no──► whoever handled SIGSEGV before us
//! ```

use crate::fp_traps;
use std::cell::Cell;
use std::io;
use std::sync::OnceLock;

/// Where code that faults goes on: address of the instruction, address to go on at.
#[derive(Debug, Default)]
pub struct Detours {
    sorted: Vec<(usize, usize)>,
}

impl Detours {
    /// Adds one; addresses of instructions come in rising order.
    pub fn add(&mut self, at: usize, to: usize) {
        debug_assert!(self.sorted.last().is_none_or(|last| last.0 < at), "detours come in order");
        self.sorted.push((at, to));
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.sorted.clear();
    }

    fn find(&self, at: usize) -> Option<usize> {
        self.sorted.binary_search_by_key(&at, |entry| entry.0).ok().map(|i| self.sorted[i].1)
    }

    /// Runs `code` on this thread with these detours in force.
    pub fn during<R>(&self, code: impl FnOnce() -> R) -> R {
        DETOURS.set(self);
        let result = code();
        DETOURS.set(std::ptr::null());
        result
    }
}

thread_local! {
    static DETOURS: Cell<*const Detours> = const { Cell::new(std::ptr::null()) };
}

static BEFORE: Before = OnceLock::new();

/// Makes detours work in this process, and [`FpTraps`](fp_traps::FpTraps). May be called any number of times.
///
/// # Errors
/// What `sigaction` said.
pub fn catch() -> io::Result<()> {
    static DONE: OnceLock<i32> = OnceLock::new();
    match DONE.get_or_init(|| install(libc::SIGSEGV, on_fault, &BEFORE).max(fp_traps::install())) {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(*code)),
    }
}

/// What was there before our handler of a signal.
pub(crate) type Before = OnceLock<libc::sigaction>;
/// A handler as `SA_SIGINFO` has them.
pub(crate) type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);

/// Handles `signal` by `handler` from now on; an error number, or 0.
pub(crate) fn install(signal: libc::c_int, handler: Handler, before: &Before) -> i32 {
    // SAFETY: both structures are plain data; our handlers keep to what a signal handler may do.
    unsafe {
        let mut was: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut was) != 0 {
            return io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL);
        }
        let _ = before.set(was);
        let mut ours: libc::sigaction = std::mem::zeroed();
        ours.sa_sigaction = handler as *const () as usize;
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        libc::sigemptyset(&raw mut ours.sa_mask);
        if libc::sigaction(signal, &raw const ours, std::ptr::null_mut()) != 0 {
            return io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL);
        }
        0
    }
}

extern "C" fn on_fault(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel passes a valid ucontext; the table, if there is one, outlives the code that runs now and is not
    // changed while it runs (`Detours::during` borrows it).
    unsafe {
        let registers = &mut (*context.cast::<libc::ucontext_t>()).uc_mcontext.gregs;
        let at = &mut registers[libc::REG_RIP as usize];
        let detours = DETOURS.get();
        if !detours.is_null()
            && let Some(to) = (*detours).find(*at as usize)
        {
            *at = to as i64;
            return;
        }
        pass_on(&BEFORE, signal, info, context);
    }
}

/// A signal that is nobody's plan: as if we were not here.
///
/// # Safety
/// Called with what the kernel passed to the handler.
pub(crate) unsafe fn pass_on(
    before: &Before,
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
) {
    let before = before.get();
    let handler = before.map_or(libc::SIG_DFL, |before| before.sa_sigaction);
    // SAFETY: what was installed before us was a valid action; with SA_SIGINFO it takes three arguments.
    unsafe {
        // By a process, not by an instruction.
        let sent = (*info).si_code <= 0;
        match before {
            Some(before) if before.sa_flags & libc::SA_SIGINFO != 0 && handler > libc::SIG_IGN => {
                let handler: Handler = std::mem::transmute(handler);
                handler(signal, info, context);
            }
            Some(before) if before.sa_flags & libc::SA_SIGINFO == 0 && handler > libc::SIG_IGN => {
                let handler: extern "C" fn(libc::c_int) = std::mem::transmute(handler);
                handler(signal);
            }
            _ if sent && handler == libc::SIG_IGN => {}
            _ => {
                // The instruction runs again and the process dies of it, as it should.
                libc::signal(signal, libc::SIG_DFL);
                if sent {
                    libc::raise(signal);
                }
            }
        }
    }
}
