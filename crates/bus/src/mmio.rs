//! What a memory-mapped device promises.

/// What a register write asks of the machine around the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effect {
    /// Nothing beyond the device.
    #[default]
    None,
    /// Power off; the code becomes the exit code of the run.
    Shutdown(u8),
    /// Reset the whole machine.
    Reset,
}

/// A device's registers. Called from any vCPU thread at any time; it takes no lock that pausing the machine takes.
pub trait Mmio: Send + Sync {
    /// Reads `size` (1, 2, 4 or 8) bytes at `offset` into the device's window. Registers that do not exist read 0.
    fn read(&self, offset: u64, size: u8) -> u64;

    /// Writes the low `size` bytes of `value` at `offset`. Writes to registers that do not exist are ignored.
    fn write(&self, offset: u64, size: u8, value: u64) -> Effect;

    /// Copies out instructions, for the few devices that code runs from (flash). `false`: not executable.
    fn fetch(&self, _offset: u64, _into: &mut [u8]) -> bool {
        false
    }
}
