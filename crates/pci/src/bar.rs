//! Base address registers (PCI § 6.2.5): what a function wants of the address spaces.
//!
//! Sizing needs no code: the bits below a BAR's size cannot be written, so that writing all ones reads back the size.

use crate::config::{Config, reg};

/// BARs of an endpoint.
pub const BARS: usize = 6;

/// What a BAR decodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BarKind {
    /// I/O ports.
    Ports,
    /// Memory below 4 GiB.
    Memory32,
    /// Memory anywhere, prefetchable. Takes two registers.
    Memory64,
}

/// A BAR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Its (first) register, 0 to 5.
    pub index: usize,
    /// What it decodes.
    pub kind: BarKind,
    /// Bytes: a power of two, at least 16 (memory) or 4 (ports).
    pub size: u64,
}

impl Bar {
    fn register(&self) -> u16 {
        reg::BARS + 4 * self.index as u16
    }

    /// The bits of the first register that are no address.
    fn type_bits(&self) -> u32 {
        match self.kind {
            BarKind::Ports => 0b01,
            BarKind::Memory32 => 0b0000,
            BarKind::Memory64 => 0b1100,
        }
    }

    /// Puts the register(s) into `config`.
    ///
    /// # Panics
    /// When the BAR cannot be: a mistake in a device.
    pub(crate) fn declare(&self, config: &mut Config) {
        let registers = if self.kind == BarKind::Memory64 { 2 } else { 1 };
        let least = if self.kind == BarKind::Ports { 4 } else { 16 };
        assert!(self.size.is_power_of_two() && self.size >= least && self.index + registers <= BARS);
        assert!(self.kind == BarKind::Memory64 || self.size <= 1 << 31);
        let mask = !(self.size - 1);
        config.preset(self.register(), &self.type_bits().to_le_bytes());
        config.allow(self.register(), &(mask as u32).to_le_bytes());
        if registers == 2 {
            config.allow(self.register() + 4, &((mask >> 32) as u32).to_le_bytes());
        }
    }

    /// The address that software has given it.
    pub(crate) fn address(&self, config: &Config) -> u64 {
        let low = u64::from(config.get_u32(self.register()) & !self.type_bits());
        match self.kind {
            BarKind::Memory64 => low | u64::from(config.get_u32(self.register() + 4)) << 32,
            _ => low,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_back() {
        let mut config = Config::new(1, 2, 0);
        let bars = [
            Bar { index: 0, kind: BarKind::Memory64, size: 8 << 30 },
            Bar { index: 2, kind: BarKind::Memory32, size: 0x1000 },
            Bar { index: 3, kind: BarKind::Ports, size: 0x20 },
        ];
        bars.iter().for_each(|bar| bar.declare(&mut config));
        (0..6).for_each(|n| config.write(0x10 + 4 * n, 4, 0xffff_ffff));
        let read: Vec<u32> = (0..6).map(|n| config.read(0x10 + 4 * n, 4)).collect();
        assert_eq!(read, [0xc, 0xffff_fffe, 0xffff_f000, 0xffff_ffe1, 0, 0]);
        config.write(0x10, 4, 0x1234_5678);
        config.write(0x14, 4, 0x0000_0012);
        assert_eq!(bars[0].address(&config), 0x12_0000_0000);
        assert_eq!(bars[2].address(&config), 0xffff_ffe0);
    }
}
