//! A descriptor chain as a shared folder's server sees it: one request and the room for its answer. File data goes
//! straight between the file and guest memory.

use crate::device::Broken;
use crate::queue::Chain;
use lodge_memory::GuestMemory;
use lodge_share::{Exchange, Fault};
use std::os::fd::BorrowedFd;

/// A chain, lent for one request.
pub(crate) struct Lent<'a> {
    pub(crate) memory: &'a GuestMemory,
    pub(crate) chain: &'a mut Chain,
}

fn fault(broken: Broken) -> Fault {
    Fault(broken.0)
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Broken {
        Broken(fault.0)
    }
}

impl Exchange for Lent<'_> {
    fn readable(&self) -> u64 {
        self.chain.readable()
    }

    fn writable(&self) -> u64 {
        self.chain.writable()
    }

    fn read(&mut self, into: &mut [u8]) -> Result<(), Fault> {
        self.chain.read(self.memory, into).map_err(fault)
    }

    fn write(&mut self, from: &[u8]) -> Result<(), Fault> {
        self.chain.write(self.memory, from).map_err(fault)
    }

    fn write_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        len: u64,
    ) -> Result<std::io::Result<usize>, Fault> {
        let stretches = self.chain.take_input(len).map_err(fault)?;
        self.memory.write_file(file, offset, &stretches).map_err(|e| Fault(e.to_string()))
    }

    fn read_file(
        &mut self,
        file: BorrowedFd<'_>,
        offset: u64,
        after: u64,
        len: u64,
    ) -> Result<std::io::Result<usize>, Fault> {
        let stretches = self.chain.output_ahead(after, len).map_err(fault)?;
        self.memory.read_file(file, offset, &stretches).map_err(|e| Fault(e.to_string()))
    }

    fn pass(&mut self, len: u64) -> Result<(), Fault> {
        self.chain.wrote(len).map_err(fault)
    }
}
