//! The threads that carry bytes between a [`Backend`] and files: standard input and output, or any pair of streams.
//!
//! ```text
//!   standard input ── reader thread ── (Ctrl-a keys, on a terminal) ── Backend ── Port
//!   standard output ◄── writer thread: one write for all that came within a millisecond ◄──┘
//! ```

use crate::escape::{Asked, Escapes, HELP};
use crate::{Backend, Port, port};
use lodge_host::terminal::{Input, RawTerminal};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// How long output gathers before it is written: one system call a batch instead of one a byte.
const GATHER: Duration = Duration::from_millis(1);
/// Bytes in one read or write.
const CHUNK: usize = 64 << 10;

/// What the outside has to tell the machine. Called on a thread of the pump.
#[derive(Debug)]
pub enum Event {
    /// The user typed Ctrl-a x.
    Quit,
    /// Input has ended; the guest goes on.
    InputEnded,
    /// Output can not be written any more and vanishes from now on; the guest goes on.
    OutputClosed(io::Error),
}

type Tell = Arc<dyn Fn(Event) + Send + Sync>;

/// Carries bytes between `backend` and a pair of streams, on two threads. With `escapes`, the Ctrl-a keys are
/// taken out of the input, and input that the guest does not read is refused with a bell instead of waiting, so
/// that the keys always work.
///
/// # Errors
/// What the host said to one more thread.
pub fn pump(
    backend: Backend,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
    escapes: bool,
    tell: impl Fn(Event) + Send + Sync + 'static,
) -> io::Result<()> {
    let tell: Tell = Arc::new(tell);
    let (writer, told) = (backend.clone(), tell.clone());
    thread::Builder::new()
        .name("lodge-console-out".into())
        .spawn(move || write_all(&writer, output, &told))?;
    thread::Builder::new().name("lodge-console-in".into()).spawn(move || {
        if escapes { read_keys(&backend, input, &tell) } else { read_all(&backend, input, &tell) }
    })?;
    Ok(())
}

/// One read that takes "not now" for an answer. `None`: the input has ended.
fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> Option<usize> {
    loop {
        match input.read(buffer) {
            Ok(0) => return None,
            Ok(count) => return Some(count),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            // Whoever shares our terminal may have made it non-blocking.
            Err(e) if e.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(10)),
            Err(_) => return None,
        }
    }
}

fn read_all(backend: &Backend, mut input: impl Read, tell: &Tell) {
    let mut buffer = vec![0; CHUNK];
    while let Some(count) = read_some(&mut input, &mut buffer) {
        backend.put(&buffer[..count]);
    }
    tell(Event::InputEnded);
}

fn read_keys(backend: &Backend, mut input: impl Read, tell: &Tell) {
    let mut buffer = vec![0; CHUNK];
    let mut guest = Vec::new();
    let mut escapes = Escapes::default();
    while let Some(count) = read_some(&mut input, &mut buffer) {
        guest.clear();
        for asked in escapes.filter(&buffer[..count], &mut guest) {
            match asked {
                Asked::Quit => tell(Event::Quit),
                Asked::Help => backend.say(HELP.as_bytes()),
            }
        }
        if backend.offer(&guest) < guest.len() {
            backend.say(b"\x07");
        }
    }
    tell(Event::InputEnded);
}

fn write_all(backend: &Backend, mut output: impl Write, tell: &Tell) {
    let mut batch = Vec::with_capacity(CHUNK);
    loop {
        // Two shares are ours (this thread and the reader): then no device is left that could send.
        if !backend.wait(Duration::from_secs(1)) {
            if backend.alone(2) {
                return;
            }
            continue;
        }
        thread::sleep(GATHER);
        backend.set_writing(true);
        batch.clear();
        backend.take(&mut batch, CHUNK);
        let done = write_batch(&mut output, &batch);
        backend.set_writing(false);
        if let Err(e) = done {
            backend.discard();
            tell(Event::OutputClosed(e));
            return;
        }
    }
}

fn write_batch(output: &mut impl Write, mut batch: &[u8]) -> io::Result<()> {
    while !batch.is_empty() {
        match output.write(batch) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => batch = &batch[count..],
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if e.kind() == ErrorKind::WouldBlock => thread::sleep(Duration::from_millis(1)),
            Err(e) => return Err(e),
        }
    }
    output.flush()
}

/// Standard input and output as the outside. Dropping it gives the terminal back.
pub struct Stdio {
    port: Port,
    input: Input,
    raw: Option<RawTerminal>,
}

impl Stdio {
    /// Takes standard input and output. A terminal is switched to raw mode and its Ctrl-a keys are lodge's; piped
    /// input passes as it is, and its end leaves the guest running. `tell` hears of [`Event`]s.
    ///
    /// # Errors
    /// What the host said to raw mode or to one more thread.
    pub fn open(tell: impl Fn(Event) + Send + Sync + 'static) -> io::Result<Stdio> {
        Stdio::with(true, tell)
    }

    /// Likewise for a guest that nobody talks to: the Ctrl-a keys work, but piped input is left for the next.
    ///
    /// # Errors
    /// As for [`Stdio::open`].
    pub fn watch(tell: impl Fn(Event) + Send + Sync + 'static) -> io::Result<Stdio> {
        Stdio::with(false, tell)
    }

    fn with(pipes: bool, tell: impl Fn(Event) + Send + Sync + 'static) -> io::Result<Stdio> {
        let raw = RawTerminal::enter()?;
        let (port, backend) = port();
        let input = Input::default();
        input.over.store(raw.is_none() && !pipes, Ordering::SeqCst);
        pump(backend, input.clone(), io::stdout(), raw.is_some(), tell)?;
        Ok(Stdio { port, input, raw })
    }

    /// The device's end.
    pub fn port(&self) -> Port {
        self.port.clone()
    }

    /// Whether a terminal is there, so that Ctrl-a keys work.
    pub fn is_terminal(&self) -> bool {
        self.raw.is_some()
    }

    /// Waits, at most two seconds, until all the guest sent is outside, and gives the terminal back. Call before
    /// the process ends.
    pub fn close(self) {
        self.port.flush(Duration::from_secs(2));
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        self.input.over.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
#[path = "pump_tests.rs"]
mod pump_tests;
