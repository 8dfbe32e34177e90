//! The log: warnings and worse on standard error; `LODGE_LOG` chooses more, as in `LODGE_LOG=lodge_virtio=debug`.

use std::io::{self, Write};
use tracing_subscriber::EnvFilter;

/// Standard error with line ends that a raw terminal understands.
struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = Vec::with_capacity(bytes.len() + 2);
        for &byte in bytes {
            if byte == b'\n' {
                out.push(b'\r');
            }
            out.push(byte);
        }
        // Nobody to read the log is no reason to end: the subscriber would make a panic of an error.
        let _ = io::stderr().write_all(&out);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Starts logging.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("LODGE_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .without_time()
        .with_writer(|| Lines)
        .init();
}
