//! The terminal lodge runs in: raw mode that is always given back.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{OptionalActions, Termios, isatty, tcgetattr, tcsetattr};
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

static COOKED: Mutex<Option<Termios>> = Mutex::new(None);

/// Raw mode on standard input, for as long as this value lives.
#[derive(Debug)]
pub struct RawTerminal(());

impl RawTerminal {
    /// Switches standard input to raw mode; `None` when it is not a terminal. Restored on drop, on panic and by
    /// [`restore`], whichever comes first.
    ///
    /// # Errors
    /// What the kernel said to `tcgetattr` or `tcsetattr`.
    pub fn enter() -> io::Result<Option<RawTerminal>> {
        let stdin = io::stdin();
        if !isatty(stdin.as_fd()) {
            return Ok(None);
        }
        let cooked = tcgetattr(stdin.as_fd())?;
        let mut raw = cooked.clone();
        raw.make_raw();
        tcsetattr(stdin.as_fd(), OptionalActions::Now, &raw)?;
        *COOKED.lock().unwrap_or_else(|e| e.into_inner()) = Some(cooked);
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            previous(info);
        }));
        Ok(Some(RawTerminal(())))
    }
}

/// Puts the terminal back as it was found. Harmless when it never was raw.
pub fn restore() {
    if let Some(cooked) = COOKED.lock().unwrap_or_else(|e| e.into_inner()).take() {
        let _ = tcsetattr(io::stdin().as_fd(), OptionalActions::Now, &cooked);
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Standard input until `over` is set, so that machines of one process can read it one after another. Unbuffered:
/// what is not read is left for the next.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// From now on the input has ended.
    pub over: Arc<AtomicBool>,
}

impl io::Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        let stdin = io::stdin();
        loop {
            let mut fds = [PollFd::new(&stdin, PollFlags::IN)];
            let ready = match poll(&mut fds, Some(&LOOK)) {
                Err(rustix::io::Errno::INTR) => 0,
                ready => ready?,
            };
            if self.over.load(Ordering::SeqCst) {
                return Ok(0);
            }
            if ready > 0 {
                return Ok(rustix::io::read(&stdin, &mut *into)?);
            }
        }
    }
}
