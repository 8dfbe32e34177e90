//! Bytes on their way, first in, first out, in a buffer that grows to a limit.

use rustix::io::Errno;
use std::io::IoSliceMut;
use std::os::fd::BorrowedFd;

/// The first size of a buffer.
const SMALL: usize = 16 << 10;

/// A queue of bytes.
#[derive(Debug, Default)]
pub(super) struct Ring {
    bytes: Vec<u8>,
    head: usize,
    len: usize,
}

impl Ring {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes that fit in without growing.
    pub(super) fn free(&self) -> usize {
        self.bytes.len() - self.len
    }

    /// Makes it larger, if it is not at `limit` yet.
    pub(super) fn grow(&mut self, limit: usize) {
        let size = (self.bytes.len() * 2).max(SMALL).min(limit);
        if size > self.bytes.len() {
            let mut bytes = Vec::with_capacity(size);
            let (a, b) = self.slices(0, self.len);
            bytes.extend_from_slice(a);
            bytes.extend_from_slice(b);
            bytes.resize(size, 0);
            (self.bytes, self.head) = (bytes, 0);
        }
    }

    /// Gives the memory back if nothing is in it.
    pub(super) fn shrink(&mut self) {
        if self.len == 0 {
            *self = Ring::default();
        }
    }

    /// `len` bytes from `at` on, in at most two pieces; fewer if there are not so many.
    pub(super) fn slices(&self, at: usize, len: usize) -> (&[u8], &[u8]) {
        let at = at.min(self.len);
        let len = len.min(self.len - at);
        let size = self.bytes.len();
        if len == 0 {
            return (&[], &[]);
        }
        let begin = (self.head + at) % size;
        let first = len.min(size - begin);
        (&self.bytes[begin..begin + first], &self.bytes[..len - first])
    }

    /// Forgets the first `count` bytes.
    pub(super) fn consume(&mut self, count: usize) {
        let count = count.min(self.len);
        self.len -= count;
        self.head = if self.len == 0 { 0 } else { (self.head + count) % self.bytes.len() };
    }

    /// Adds as many of `bytes` as fit below `limit`; says how many.
    pub(super) fn push(&mut self, bytes: &[u8], limit: usize) -> usize {
        while self.free() < bytes.len() && self.bytes.len() < limit {
            self.grow(limit);
        }
        let count = bytes.len().min(self.free());
        if count == 0 {
            return 0;
        }
        let size = self.bytes.len();
        let begin = (self.head + self.len) % size;
        let first = count.min(size - begin);
        self.bytes[begin..begin + first].copy_from_slice(&bytes[..first]);
        self.bytes[..count - first].copy_from_slice(&bytes[first..count]);
        self.len += count;
        count
    }

    /// Reads from `fd` into what is free, which must not be nothing.
    pub(super) fn read_from(&mut self, fd: BorrowedFd<'_>) -> Result<usize, Errno> {
        let (size, free) = (self.bytes.len(), self.free());
        let begin = if size == 0 { 0 } else { (self.head + self.len) % size };
        let first = free.min(size - begin);
        let (front, back) = self.bytes.split_at_mut(begin);
        let mut rooms = [IoSliceMut::new(&mut back[..first]), IoSliceMut::new(&mut front[..free - first])];
        let used = if free > first { 2 } else { 1 };
        let count = rustix::io::readv(fd, &mut rooms[..used])?;
        self.len += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn is_a_queue() {
        let (mut ring, mut model) = (Ring::default(), VecDeque::new());
        let mut seed = 12345u32;
        for step in 0..20_000 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let n = (seed >> 16) as usize % 9000;
            if seed & 0x8000 == 0 {
                let bytes: Vec<u8> = (0..n).map(|i| (i + step) as u8).collect();
                let taken = ring.push(&bytes, 100_000);
                model.extend(&bytes[..taken]);
                assert!(taken == n || ring.len() == 100_000);
            } else {
                ring.consume(n);
                model.drain(..n.min(model.len()));
            }
            assert_eq!(ring.len(), model.len());
            let (at, len) = (n / 3, n / 2);
            let (a, b) = ring.slices(at, len);
            let same = [a, b].concat().iter().eq(model.iter().skip(at).take(len));
            assert!(same, "step {step}");
        }
    }
}
