//! The guest's physical address space: RAM and device windows.

use crate::{Effect, Mmio};
use lodge_memory::GuestMemory;
use std::sync::Arc;

/// A device's window in the physical address space.
#[derive(Clone)]
pub struct Region {
    /// Name for people: `--dry-run`, error lines.
    pub name: String,
    /// Guest physical address of offset 0.
    pub base: u64,
    /// Bytes.
    pub len: u64,
    /// Who answers.
    pub device: Arc<dyn Mmio>,
}

/// Nobody answers at this address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing at guest physical address {address:#x}")]
pub struct BusError {
    /// Where.
    pub address: u64,
}

/// What every vCPU of a machine sees behind its MMU. Fixed once the board has built it.
pub struct Space {
    memory: Arc<GuestMemory>,
    regions: Vec<Region>,
}

impl Space {
    /// RAM plus device windows.
    ///
    /// # Panics
    /// When two windows overlap, which is a mistake in a board's map.
    pub fn new(memory: Arc<GuestMemory>, mut regions: Vec<Region>) -> Space {
        regions.sort_by_key(|r| r.base);
        for pair in regions.windows(2) {
            assert!(pair[0].base + pair[0].len <= pair[1].base, "{} overlaps {}", pair[0].name, pair[1].name);
        }
        Space { memory, regions }
    }

    /// The RAM part.
    pub fn memory(&self) -> &Arc<GuestMemory> {
        &self.memory
    }

    /// The device windows, by address.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    fn device(&self, address: u64, len: u64) -> Result<(&Region, u64), BusError> {
        let after = self.regions.partition_point(|r| r.base <= address);
        let region = after.checked_sub(1).map(|i| &self.regions[i]).ok_or(BusError { address })?;
        let offset = address - region.base;
        if offset < region.len && len <= region.len - offset {
            Ok((region, offset))
        } else {
            Err(BusError { address })
        }
    }

    /// Reads `size` (1, 2, 4, 8) bytes, little-endian, from RAM or a device.
    ///
    /// # Errors
    /// [`BusError`] when nothing is there.
    pub fn read(&self, address: u64, size: u8) -> Result<u64, BusError> {
        let mut bytes = [0; 8];
        if self.memory.read(address, &mut bytes[..usize::from(size.min(8))]).is_ok() {
            return Ok(u64::from_le_bytes(bytes));
        }
        let (region, offset) = self.device(address, u64::from(size))?;
        Ok(region.device.read(offset, size))
    }

    /// Writes the low `size` (1, 2, 4, 8) bytes of `value`, little-endian, to RAM or a device.
    ///
    /// # Errors
    /// [`BusError`] when nothing is there.
    pub fn write(&self, address: u64, size: u8, value: u64) -> Result<Effect, BusError> {
        if self.memory.write(address, &value.to_le_bytes()[..usize::from(size.min(8))]).is_ok() {
            return Ok(Effect::None);
        }
        let (region, offset) = self.device(address, u64::from(size))?;
        Ok(region.device.write(offset, size, value))
    }

    /// Copies instructions from RAM or from a device that code may run from.
    ///
    /// # Errors
    /// [`BusError`] when nothing executable is there.
    pub fn fetch(&self, address: u64, into: &mut [u8]) -> Result<(), BusError> {
        if self.memory.read(address, into).is_ok() {
            return Ok(());
        }
        let (region, offset) = self.device(address, into.len() as u64)?;
        if region.device.fetch(offset, into) { Ok(()) } else { Err(BusError { address }) }
    }
}
