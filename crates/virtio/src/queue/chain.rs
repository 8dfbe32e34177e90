//! One request of a driver: buffers to read, then buffers to write (§2.6.4).

use crate::device::Broken;
use lodge_memory::GuestMemory;

/// A stretch of guest memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Guest physical address.
    pub address: u64,
    /// Bytes.
    pub len: u32,
}

/// A position in a list of segments.
#[derive(Debug, Clone, Copy, Default)]
struct Cursor {
    segment: usize,
    offset: u32,
    left: u64,
}

/// A descriptor chain, taken from a queue. Bytes are copied from and to it front to back.
#[derive(Debug, Default)]
pub struct Chain {
    /// What the used entry names it by.
    pub(super) head: u16,
    /// Slots of a packed ring that it takes.
    pub(super) slots: u16,
    /// Readable ones first.
    segments: Vec<Segment>,
    readable: usize,
    input: Cursor,
    output: Cursor,
    written: u64,
}

impl Chain {
    /// Empties a used chain, keeping its allocation.
    pub(super) fn restart(&mut self, head: u16) {
        self.head = head;
        self.segments.clear();
        self.readable = 0;
        (self.input, self.output) = (Cursor::default(), Cursor::default());
        self.written = 0;
    }

    pub(super) fn add(&mut self, segment: Segment, writable: bool) -> Result<(), Broken> {
        if writable {
            self.output.left += u64::from(segment.len);
        } else if self.segments.len() > self.readable {
            return Err(Broken("a readable buffer comes after a writable one".into()));
        } else {
            self.readable += 1;
            self.input.left += u64::from(segment.len);
        }
        if self.input.left + self.output.left > 1 << 32 {
            return Err(Broken("a descriptor chain has more than 4 GiB".into()));
        }
        self.segments.push(segment);
        Ok(())
    }

    pub(super) fn finish(&mut self) {
        self.output.segment = self.readable;
    }

    /// Bytes left to read.
    pub fn readable(&self) -> u64 {
        self.input.left
    }

    /// Bytes left to write.
    pub fn writable(&self) -> u64 {
        self.output.left
    }

    /// Bytes written so far; the used ring reports them.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The writable buffers themselves, for a device that wants addresses instead of bytes.
    pub fn writable_segments(&self) -> &[Segment] {
        &self.segments[self.readable..]
    }

    fn step(
        cursor: &mut Cursor,
        segments: &[Segment],
        mut len: usize,
        mut copy: impl FnMut(u64, usize, usize) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        if len as u64 > cursor.left {
            return Err(Broken(format!("a request is {} bytes short", len as u64 - cursor.left)));
        }
        let mut done = 0;
        while len > 0 {
            let segment = segments[cursor.segment];
            let n = len.min((segment.len - cursor.offset) as usize);
            let address = segment.address.checked_add(u64::from(cursor.offset));
            copy(address.ok_or_else(|| Broken("a buffer wraps around".into()))?, done, n)?;
            done += n;
            len -= n;
            cursor.offset += n as u32;
            cursor.left -= n as u64;
            if cursor.offset == segment.len {
                cursor.segment += 1;
                cursor.offset = 0;
            }
        }
        Ok(())
    }

    /// Copies the next bytes of the readable buffers.
    ///
    /// # Errors
    /// [`Broken`] when there are fewer, or a buffer is not in RAM.
    pub fn read(&mut self, memory: &GuestMemory, into: &mut [u8]) -> Result<(), Broken> {
        Chain::step(&mut self.input, &self.segments, into.len(), |address, at, n| {
            Ok(memory.read(address, &mut into[at..at + n])?)
        })
    }

    /// Copies `from` to the next bytes of the writable buffers.
    ///
    /// # Errors
    /// [`Broken`] when there are fewer, or a buffer is not in RAM.
    pub fn write(&mut self, memory: &GuestMemory, from: &[u8]) -> Result<(), Broken> {
        Chain::step(&mut self.output, &self.segments, from.len(), |address, at, n| {
            Ok(memory.write(address, &from[at..at + n])?)
        })?;
        self.written += from.len() as u64;
        Ok(())
    }

    /// Passes over `len` readable bytes.
    ///
    /// # Errors
    /// [`Broken`] when there are fewer.
    pub fn skip_input(&mut self, len: u64) -> Result<(), Broken> {
        Chain::skip(&mut self.input, &self.segments, len)
    }

    /// Passes over `len` writable bytes without writing them.
    ///
    /// # Errors
    /// [`Broken`] when there are fewer.
    pub fn skip_output(&mut self, len: u64) -> Result<(), Broken> {
        Chain::skip(&mut self.output, &self.segments, len)
    }

    fn skip(cursor: &mut Cursor, segments: &[Segment], mut len: u64) -> Result<(), Broken> {
        while len > 0 {
            let n = len.min(1 << 30) as usize;
            Chain::step(cursor, segments, n, |_, _, _| Ok(()))?;
            len -= n as u64;
        }
        Ok(())
    }

    /// The next `len` readable bytes as stretches (address, bytes) of guest memory, for somebody who copies them himself;
    /// passes over them.
    ///
    /// # Errors
    /// [`Broken`] when there are fewer.
    pub fn take_input(&mut self, len: u64) -> Result<Vec<(u64, u32)>, Broken> {
        Chain::stretches(&mut self.input, &self.segments, len)
    }

    /// Likewise `len` writable bytes, those from `after` on behind what is written so far. Passes over nothing: what has
    /// been written there is to be said with [`Chain::wrote`].
    ///
    /// # Errors
    /// [`Broken`] when there are fewer.
    pub fn output_ahead(&self, after: u64, len: u64) -> Result<Vec<(u64, u32)>, Broken> {
        let mut cursor = self.output;
        Chain::skip(&mut cursor, &self.segments, after)?;
        Chain::stretches(&mut cursor, &self.segments, len)
    }

    /// The next `len` writable bytes have been written.
    ///
    /// # Errors
    /// [`Broken`] when there are fewer.
    pub fn wrote(&mut self, len: u64) -> Result<(), Broken> {
        self.skip_output(len)?;
        self.written += len;
        Ok(())
    }

    fn stretches(cursor: &mut Cursor, segments: &[Segment], len: u64) -> Result<Vec<(u64, u32)>, Broken> {
        let mut stretches = Vec::new();
        let len = usize::try_from(len).map_err(|_| Broken("a request of too many bytes".into()))?;
        Chain::step(cursor, segments, len, |address, _, n| {
            // `n` is what is left of one segment.
            stretches.push((address, n as u32));
            Ok(())
        })?;
        Ok(stretches)
    }
}
