//! A PCI Express root complex with nothing in it but its own host bridge.
//!
//! ```text
//!   ECAM: bus 8 bits │ device 5 │ function 3 │ register 12   ──► configuration space (00:00.0: host bridge)
//!   windows for I/O and memory                               ──► nobody: all ones
//! ```
//! PCI Express Base Specification, section 7.2.2 (ECAM) and 7.5.1 (configuration header); PCI Local Bus
//! Specification 3.0, section 6.1 (an absent function reads all ones). Addresses and interrupts belong to the board.

use crate::bits::{check, lane, mask, merge};
use lodge_bus::{Effect, Mmio};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard};

const TAG: &str = "pci-host";

/// Bytes of configuration space of a function.
const FUNCTION: u64 = 0x1000;

/// Configuration header, as words of 32 bits: what they read after reset and which bits can be written.
const BRIDGE: [(u32, u32); 16] = {
    let mut header = [(0, 0); 16];
    header[0] = (0x0008_1b36, 0); // a generic PCIe host bridge of QEMU's vendor number
    header[1] = (0, 0x0000_0547); // command: I/O, memory, master, parity, SERR, no INTx; status
    header[2] = (0x0600_0000, 0); // class: host bridge; revision 0
    header[3] = (0, 0x0000_00ff); // cache line size
    header[11] = (0x1100_1af4, 0); // subsystem
    header[15] = (0, 0x0000_00ff); // interrupt line
    header
};

/// What a snapshot keeps of a [`PciHost`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PciHostSaved {
    /// The host bridge's header.
    bridge: Vec<u32>,
}

/// The root complex's configuration space.
pub struct PciHost {
    state: Mutex<PciHostSaved>,
}

impl Default for PciHost {
    fn default() -> PciHost {
        PciHost::new()
    }
}

impl PciHost {
    /// An empty root complex. Its window has 1 MiB a bus.
    pub fn new() -> PciHost {
        PciHost { state: Mutex::new(PciHost::power_on()) }
    }

    fn power_on() -> PciHostSaved {
        PciHostSaved { bridge: BRIDGE.iter().map(|(value, _)| *value).collect() }
    }

    /// What the reset line does.
    pub fn reset(&self) {
        *self.lock() = PciHost::power_on();
    }

    fn lock(&self) -> MutexGuard<'_, PciHostSaved> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Mmio for PciHost {
    fn read(&self, offset: u64, size: u8) -> u64 {
        if offset >= FUNCTION {
            return mask(size);
        }
        let state = self.lock();
        // Behind the header there are no capabilities: zeroes.
        let word = |at: u64| u64::from(state.bridge.get(at as usize).copied().unwrap_or(0));
        lane(word(offset / 4) | word(offset / 4 + 1) << 32, offset % 4, size)
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        if offset >= FUNCTION {
            return Effect::None;
        }
        let mut state = self.lock();
        for (half, index) in [offset as usize / 4, offset as usize / 4 + 1].into_iter().enumerate() {
            let Some((register, (_, writable))) = state.bridge.get_mut(index).zip(BRIDGE.get(index)) else {
                break;
            };
            let written = merge(u64::from(*register) << (32 * half), offset % 4, size, value) >> (32 * half);
            *register = (*register & !writable) | (written as u32 & writable);
        }
        Effect::None
    }
}

impl Saved for PciHost {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &*self.lock())
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: PciHostSaved = record.open(TAG, 1)?;
        let fits = saved.bridge.len() == BRIDGE.len()
            && saved.bridge.iter().zip(BRIDGE).all(|(now, (reset, writable))| (now ^ reset) & !writable == 0);
        check(TAG, fits, "the host bridge is another one")?;
        *self.lock() = saved;
        Ok(())
    }
}

/// A window of the root complex onto which no function is mapped: I/O ports or memory.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptyWindow;

impl Mmio for EmptyWindow {
    fn read(&self, _offset: u64, size: u8) -> u64 {
        mask(size)
    }

    fn write(&self, _offset: u64, _size: u8, _value: u64) -> Effect {
        Effect::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::hammer;

    const WINDOW: u64 = 256 << 20;

    #[test]
    fn a_scan_finds_the_host_bridge_alone() {
        let host = PciHost::new();
        let found: Vec<u64> =
            (0..256 << 8).filter(|function| host.read(function * FUNCTION, 4) != 0xffff_ffff).collect();
        assert_eq!(found, [0]);
        assert_eq!((host.read(0, 2), host.read(2, 2), host.read(0x0a, 2)), (0x1b36, 8, 0x0600));
        assert_eq!((host.read(0x0e, 1), host.read(0x34, 1), host.read(0x100, 4)), (0, 0, 0));
        for bar in 0..6 {
            host.write(0x10 + bar * 4, 4, 0xffff_ffff);
            assert_eq!(host.read(0x10 + bar * 4, 4), 0, "no BARs");
        }
        host.write(4, 2, 0xffff);
        assert_eq!((host.read(4, 4), host.read(0, 8)), (0x547, 0x547_0008_1b36));
        host.write(0, 8, 0);
        assert_eq!(host.read(0, 8), 0x0008_1b36);
        host.write(0x3c, 1, 0x0b);
        host.write(0x3d, 1, 0x01);
        assert_eq!(host.read(0x3c, 2), 0x0b);
        assert_eq!((EmptyWindow.read(0, 4), EmptyWindow.write(0, 4, 1)), (0xffff_ffff, Effect::None));
    }

    #[test]
    fn hostile_accesses_do_no_harm() {
        let host = PciHost::new();
        hammer(&host, WINDOW, &[0, 4, 0x10, 0x38, 0x3c, 0xff8], 20_000);
        hammer(&EmptyWindow, WINDOW, &[], 100);
        let record = host.save();
        host.reset();
        assert_eq!(host.read(4, 4), 0);
        host.load(&record).unwrap();
        assert_eq!(host.save(), record);
        let mut bad = record;
        bad.value["bridge"][0] = 0.into();
        assert!(host.load(&bad).is_err());
    }
}
