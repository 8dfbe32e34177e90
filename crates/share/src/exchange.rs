//! The bytes of one request and the room for its answer, wherever they are.

use std::os::fd::BorrowedFd;

/// The request's or the answer's memory is not what it should be: the guest's driver broke the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// One request and the room for its answer, both front to back.
pub trait Exchange {
    /// Bytes of the request not read yet.
    fn readable(&self) -> u64;

    /// Room left for the answer.
    fn writable(&self) -> u64;

    /// Takes the next bytes of the request.
    ///
    /// # Errors
    /// [`Fault`], also when there are fewer.
    fn read(&mut self, into: &mut [u8]) -> Result<(), Fault>;

    /// Adds bytes to the answer.
    ///
    /// # Errors
    /// [`Fault`], also when there is no room.
    fn write(&mut self, from: &[u8]) -> Result<(), Fault>;

    /// Writes the next `len` bytes of the request to `file` at `offset`, and takes them. The inner result is the file's:
    /// bytes written, or why not.
    ///
    /// # Errors
    /// [`Fault`], also when there are fewer.
    fn write_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        len: u64,
    ) -> Result<std::io::Result<usize>, Fault>;

    /// Reads at most `len` bytes of `file` at `offset` into the answer's room, `after` bytes behind what is written so
    /// far. Bytes before them are written, and they themselves passed over ([`Exchange::pass`]), afterwards: what comes
    /// before them says how many they are.
    ///
    /// # Errors
    /// [`Fault`], also when there is no room.
    fn read_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        after: u64,
        len: u64,
    ) -> Result<std::io::Result<usize>, Fault>;

    /// The next `len` bytes of the answer are there already.
    ///
    /// # Errors
    /// [`Fault`], when there is no room.
    fn pass(&mut self, len: u64) -> Result<(), Fault>;
}

/// A request and its answer in our own memory: for tests, and for a guest that is not one.
#[derive(Debug, Clone, Default)]
pub struct MemoryExchange {
    request: Vec<u8>,
    taken: usize,
    answer: Vec<u8>,
    /// What a file gave, until it is passed over.
    ahead: Vec<u8>,
    room: usize,
}

impl MemoryExchange {
    /// `request`, and `room` bytes for the answer.
    pub fn new(request: Vec<u8>, room: usize) -> MemoryExchange {
        MemoryExchange { request, room, ..MemoryExchange::default() }
    }

    /// The answer so far.
    pub fn answer(&self) -> &[u8] {
        &self.answer
    }

    fn next(&mut self, len: usize) -> Result<&[u8], Fault> {
        let (from, end) = (self.taken, self.taken.saturating_add(len));
        let bytes = self.request.get(from..end).ok_or_else(|| Fault("a request is too short".into()))?;
        self.taken = end;
        Ok(bytes)
    }

    fn has_room(&self, len: usize) -> Result<(), Fault> {
        let fits = len as u64 <= self.writable();
        fits.then_some(()).ok_or_else(|| Fault("an answer has too little room".into()))
    }
}

impl Exchange for MemoryExchange {
    fn readable(&self) -> u64 {
        (self.request.len() - self.taken) as u64
    }

    fn writable(&self) -> u64 {
        self.room.saturating_sub(self.answer.len()) as u64
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), Fault> {
        into.copy_from_slice(self.next(into.len())?);
        Ok(())
    }

    fn write(&mut self, from: &[u8]) -> Result<(), Fault> {
        self.has_room(from.len())?;
        self.answer.extend_from_slice(from);
        Ok(())
    }

    fn write_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        len: u64,
    ) -> Result<std::io::Result<usize>, Fault> {
        use std::os::unix::fs::FileExt;
        let file = match file.try_clone_to_owned() {
            Ok(file) => std::fs::File::from(file),
            Err(error) => return Ok(Err(error)),
        };
        let bytes = self.next(usize::try_from(len).unwrap_or(usize::MAX))?;
        Ok(file.write_at(bytes, offset))
    }

    fn read_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        after: u64,
        len: u64,
    ) -> Result<std::io::Result<usize>, Fault> {
        use std::os::unix::fs::FileExt;
        self.has_room(usize::try_from(after.saturating_add(len)).unwrap_or(usize::MAX))?;
        let file = match file.try_clone_to_owned() {
            Ok(file) => std::fs::File::from(file),
            Err(error) => return Ok(Err(error)),
        };
        self.ahead = vec![0; len as usize];
        let read = file.read_at(&mut self.ahead, offset);
        Ok(read)
    }

    fn pass(&mut self, len: u64) -> Result<(), Fault> {
        self.has_room(usize::try_from(len).unwrap_or(usize::MAX))?;
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.resize(len as usize, 0);
        self.answer.extend(ahead);
        Ok(())
    }
}
