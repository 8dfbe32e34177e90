//! The reset vector: read-only memory where every hart begins in firmware mode.
//!
//! The convention of the well-known board: the hart's number in a0, the device tree in a1, `struct
//! fw_dynamic_info` in a2, then a jump to the firmware (OpenSBI, "OpenSBI Firmware with Dynamic Information").

use super::map;
use lodge_bus::{Effect, Mmio};

/// Where the two addresses and the structure follow the code.
const FDT: usize = 0x20;
const ENTRY: usize = 0x28;
const DYNAMIC: usize = 0x30;

/// An offset as the immediate of an `addi` or a load.
const fn immediate(offset: usize) -> u32 {
    (offset as u32) << 20
}

/// The code, in the order it runs.
const CODE: [u32; 6] = [
    0x0000_0297,                      // auipc t0, 0
    0x0002_8613 | immediate(DYNAMIC), // addi a2, t0, DYNAMIC
    0xf140_2573,                      // csrr a0, mhartid
    0x0002_b583 | immediate(FDT),     // ld a1, FDT(t0)
    0x0002_b283 | immediate(ENTRY),   // ld t0, ENTRY(t0)
    0x0002_8067,                      // jr t0
];

/// The content of the reset ROM.
pub(super) struct Rom(Vec<u8>);

impl Rom {
    /// ROM without code, when no hart begins here.
    pub(super) fn empty() -> Rom {
        Rom(Vec::new())
    }

    /// ROM that leads to firmware at `entry`, which is told of the device tree and of what to start next.
    pub(super) fn new(entry: u64, fdt: u64, next: u64) -> Rom {
        let mut rom: Vec<u8> = CODE.iter().flat_map(|word| word.to_le_bytes()).collect();
        rom.resize(FDT, 0);
        // magic "OSBI", version 2, next address, next mode (S), options, preferred boot hart (any)
        for word in [fdt, entry, 0x4942_534f, 2, next, 1, 0, u64::MAX] {
            rom.extend(word.to_le_bytes());
        }
        Rom(rom)
    }

    fn copy(&self, offset: u64, into: &mut [u8]) {
        for (byte, at) in into.iter_mut().zip(offset as usize..) {
            *byte = self.0.get(at).copied().unwrap_or(0);
        }
    }
}

impl Mmio for Rom {
    fn read(&self, offset: u64, size: u8) -> u64 {
        let mut bytes = [0; 8];
        self.copy(offset, &mut bytes[..usize::from(size.min(8))]);
        u64::from_le_bytes(bytes)
    }

    fn write(&self, _: u64, _: u8, _: u64) -> Effect {
        Effect::None
    }

    fn fetch(&self, offset: u64, into: &mut [u8]) -> bool {
        self.copy(offset, into);
        offset < map::RESET.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn firmware_finds_what_it_is_told() {
        let rom = Rom::new(0x8000_0000, 0x9fe0_0000, 0x8020_0000);
        assert_eq!(ENTRY + 8, DYNAMIC);
        let words: Vec<u64> = (0..8).map(|i| rom.read(FDT as u64 + i * 8, 8)).collect();
        assert_eq!(words, [0x9fe0_0000, 0x8000_0000, 0x4942_534f, 2, 0x8020_0000, 1, 0, u64::MAX]);
        let mut code = [0; 4];
        assert!(rom.fetch(0, &mut code));
        assert_eq!(u32::from_le_bytes(code), CODE[0]);
        assert_eq!(rom.read(map::RESET.len - 4, 8), 0);
    }
}
