//! One socket of a switch: frames behind their length, in both directions, neither of which may grow.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

/// Bytes of the length before a frame.
const LENGTH: usize = 4;
/// Longest frame that is taken: what QEMU's network clients may send, a little more than a link's own.
const LONGEST: usize = 69_632;
/// Bytes that wait for a slow port; frames beyond it are lost.
const WAITING: usize = 4 << 20;
/// Bytes of one read.
const READ: usize = 256 << 10;

/// A connected socket.
#[derive(Debug)]
pub(super) struct Port {
    stream: UnixStream,
    /// Bytes that came and have not been looked at: from `begin` on.
    input: Vec<u8>,
    begin: usize,
    /// Bytes to send: from `sent` on.
    output: Vec<u8>,
    sent: usize,
    /// It is over: the peer is gone, or says what makes no sense.
    pub(super) over: bool,
}

impl Port {
    pub(super) fn new(stream: UnixStream) -> io::Result<Port> {
        stream.set_nonblocking(true)?;
        Ok(Port { stream, input: Vec::new(), begin: 0, output: Vec::new(), sent: 0, over: false })
    }

    /// Reads what has come, at most so much that others get their turn.
    pub(super) fn fill(&mut self) {
        self.input.drain(..std::mem::take(&mut self.begin));
        let old = self.input.len();
        self.input.resize(old + READ, 0);
        let count = match self.stream.read(&mut self.input[old..]) {
            Ok(0) => {
                self.over = true;
                0
            }
            Ok(count) => count,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
            Err(_) => {
                self.over = true;
                0
            }
        };
        self.input.truncate(old + count);
    }

    /// The next whole frame of what was read.
    pub(super) fn next_frame(&mut self) -> Option<&[u8]> {
        let rest = &self.input[self.begin..];
        let (length, rest) = rest.split_first_chunk::<LENGTH>()?;
        let length = u32::from_be_bytes(*length) as usize;
        if length > LONGEST {
            self.over = true;
            return None;
        }
        if rest.len() < length {
            return None;
        }
        let begin = self.begin + LENGTH;
        self.begin = begin + length;
        Some(&self.input[begin..self.begin])
    }

    /// Queues a frame; drops it when too much waits.
    pub(super) fn send(&mut self, frame: &[u8]) {
        if self.over || self.output.len() - self.sent + frame.len() > WAITING {
            return;
        }
        self.output.extend((frame.len() as u32).to_be_bytes());
        self.output.extend_from_slice(frame);
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self) {
        while self.sent < self.output.len() && !self.over {
            match self.stream.write(&self.output[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(_) => self.over = true,
            }
        }
        if self.sent == self.output.len() {
            self.output.clear();
            self.sent = 0;
        } else if self.sent > WAITING / 2 {
            self.output.drain(..std::mem::take(&mut self.sent));
        }
    }

    /// Whether something waits to be written.
    pub(super) fn is_full(&self) -> bool {
        !self.output.is_empty()
    }
}

impl AsFd for Port {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
