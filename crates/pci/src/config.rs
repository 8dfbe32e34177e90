//! The 256 bytes of a function's configuration space (PCI § 6.1), as registers with rules.
//!
//! ```text
//!   bytes     what a read gives
//!   writable  bits that software sets
//!   clears    bits that hardware sets and software clears by writing one
//!   hardware  bits that hardware changes as it likes
//!   reset     what the bytes are after a reset
//! ```
//! The extended space behind them (§ 7.6) is empty and reads as zero.

use lodge_state::StateError;

/// Bytes of the conventional space.
pub(crate) const LEN: usize = 256;

/// Registers that both header types have (PCI § 6.1, figure 6-1).
pub(crate) mod reg {
    pub(crate) const VENDOR: u16 = 0x00;
    pub(crate) const DEVICE: u16 = 0x02;
    pub(crate) const COMMAND: u16 = 0x04;
    pub(crate) const STATUS: u16 = 0x06;
    pub(crate) const REVISION: u16 = 0x08;
    pub(crate) const CACHE_LINE: u16 = 0x0c;
    pub(crate) const HEADER_TYPE: u16 = 0x0e;
    pub(crate) const BARS: u16 = 0x10;
    pub(crate) const SUBSYSTEM_VENDOR: u16 = 0x2c;
    pub(crate) const SUBSYSTEM: u16 = 0x2e;
    pub(crate) const CAPABILITIES: u16 = 0x34;
    pub(crate) const INTERRUPT_LINE: u16 = 0x3c;
    pub(crate) const INTERRUPT_PIN: u16 = 0x3d;
}

/// Bits of the command register (PCI § 6.2.2).
pub(crate) mod command {
    pub(crate) const PORTS: u16 = 1 << 0;
    pub(crate) const MEMORY: u16 = 1 << 1;
    pub(crate) const MASTER: u16 = 1 << 2;
    pub(crate) const NO_INTX: u16 = 1 << 10;
    /// Those above, parity error response and SERR#.
    pub(crate) const WRITABLE: u16 = PORTS | MEMORY | MASTER | NO_INTX | 1 << 6 | 1 << 8;
}

/// Status: the function asks for an interrupt by its pin (PCI § 6.2.3).
pub(crate) const STATUS_INTERRUPT: u16 = 1 << 3;
/// Status: there is a list of capabilities.
const STATUS_CAPABILITIES: u16 = 1 << 4;
/// The first byte behind the header.
const BEHIND_HEADER: u16 = 0x40;

/// A configuration space.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    bytes: [u8; LEN],
    writable: [u8; LEN],
    clears: [u8; LEN],
    hardware: [u8; LEN],
    reset: [u8; LEN],
    /// Where the next capability goes, and the byte that will point to it.
    free: u16,
    link: u16,
}

impl Config {
    /// A space with what both header types have: identity, command and status, interrupt line.
    pub(crate) fn new(vendor: u16, device: u16, class_and_revision: u32) -> Config {
        let zeroes = [0; LEN];
        let mut config = Config {
            bytes: zeroes,
            writable: zeroes,
            clears: zeroes,
            hardware: zeroes,
            reset: zeroes,
            free: BEHIND_HEADER,
            link: reg::CAPABILITIES,
        };
        config.preset_u16(reg::VENDOR, vendor);
        config.preset_u16(reg::DEVICE, device);
        config.preset(reg::REVISION, &class_and_revision.to_le_bytes());
        config.allow(reg::COMMAND, &command::WRITABLE.to_le_bytes());
        config.allow(reg::CACHE_LINE, &[0xff]);
        config.allow(reg::INTERRUPT_LINE, &[0xff]);
        config.changes(reg::STATUS, &STATUS_INTERRUPT.to_le_bytes());
        config
    }

    /// Sets bytes, now and after each reset.
    pub(crate) fn preset(&mut self, at: u16, bytes: &[u8]) {
        let at = usize::from(at);
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self.reset[at..at + bytes.len()].copy_from_slice(bytes);
    }

    pub(crate) fn preset_u16(&mut self, at: u16, value: u16) {
        self.preset(at, &value.to_le_bytes());
    }

    /// Lets software set the bits of `mask`.
    pub(crate) fn allow(&mut self, at: u16, mask: &[u8]) {
        self.writable[usize::from(at)..][..mask.len()].copy_from_slice(mask);
    }

    /// Lets software clear the bits of `mask`.
    pub(crate) fn clearable(&mut self, at: u16, mask: &[u8]) {
        self.clears[usize::from(at)..][..mask.len()].copy_from_slice(mask);
    }

    /// Says that hardware changes the bits of `mask`.
    pub(crate) fn changes(&mut self, at: u16, mask: &[u8]) {
        self.hardware[usize::from(at)..][..mask.len()].copy_from_slice(mask);
    }

    /// Adds a capability (PCI § 6.7) with what follows its id and link; returns where it is.
    ///
    /// # Panics
    /// When the space is full: a mistake in a device.
    pub(crate) fn capability(&mut self, id: u8, body: &[u8], writable: &[u8]) -> u16 {
        let at = self.free;
        assert!(usize::from(at) + 2 + body.len() <= LEN, "configuration space is full");
        self.preset(at, &[id, 0]);
        self.preset(at + 2, body);
        self.allow(at + 2, writable);
        self.preset(self.link, &[at as u8]);
        let status = self.get_u16(reg::STATUS) | STATUS_CAPABILITIES;
        self.preset_u16(reg::STATUS, status);
        self.link = at + 1;
        self.free = (at + 2 + body.len() as u16).next_multiple_of(4);
        at
    }

    /// The little-endian bytes from `at`, at most four; zeroes where there are none.
    fn get(&self, at: u16, size: u8) -> u32 {
        let byte = |i: u8| self.bytes.get(usize::from(at) + usize::from(i)).copied().unwrap_or(0);
        (0..size.min(4)).fold(0, |value, i| value | u32::from(byte(i)) << (8 * i))
    }

    pub(crate) fn get_u8(&self, at: u16) -> u8 {
        self.get(at, 1) as u8
    }

    pub(crate) fn get_u16(&self, at: u16) -> u16 {
        self.get(at, 2) as u16
    }

    pub(crate) fn get_u32(&self, at: u16) -> u32 {
        self.get(at, 4)
    }

    /// Hardware sets and clears bits of a register.
    pub(crate) fn turn_u16(&mut self, at: u16, set: u16, clear: u16) {
        let value = (self.get_u16(at) & !clear | set).to_le_bytes();
        self.bytes[usize::from(at)..][..2].copy_from_slice(&value);
    }

    /// What software reads: 1, 2 or 4 bytes anywhere.
    pub(crate) fn read(&self, at: u16, size: u8) -> u32 {
        self.get(at, size)
    }

    /// What software writes does by the rules of each bit.
    pub(crate) fn write(&mut self, at: u16, size: u8, value: u32) {
        for (i, new) in value.to_le_bytes().into_iter().enumerate().take(size.into()) {
            let at = usize::from(at) + i;
            if at < LEN {
                let kept = self.bytes[at] & !(new & self.clears[at]);
                self.bytes[at] = kept & !self.writable[at] | new & self.writable[at];
            }
        }
    }

    /// Back to what it was after power-on. Bits that hardware changes stay.
    pub(crate) fn reset(&mut self) {
        for at in 0..LEN {
            self.bytes[at] = self.reset[at] & !self.hardware[at] | self.bytes[at] & self.hardware[at];
        }
    }

    /// The bytes in hexadecimal, for a record.
    pub(crate) fn save(&self) -> String {
        self.bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Becomes what [`Config::save`] gave, unless bits differ that nothing can change.
    pub(crate) fn load(&mut self, tag: &'static str, saved: &str) -> Result<(), StateError> {
        let invalid = |why: &str| StateError::Invalid { tag, why: why.to_owned() };
        let digits = saved.as_bytes();
        if digits.len() != 2 * LEN {
            return Err(invalid("its configuration space is not 256 bytes"));
        }
        let digit = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8);
        let mut bytes = [0; LEN];
        for (at, byte) in bytes.iter_mut().enumerate() {
            let (high, low) = (digit(digits[2 * at]), digit(digits[2 * at + 1]));
            *byte =
                high.zip(low).map(|(high, low)| high << 4 | low).ok_or_else(|| invalid("not hexadecimal"))?;
            let free = self.writable[at] | self.clears[at] | self.hardware[at];
            if (*byte ^ self.reset[at]) & !free != 0 {
                return Err(invalid(&format!("configuration byte {at:#x} is {byte:#04x}: another device")));
            }
        }
        self.bytes = bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_follow_their_rules() {
        let mut config = Config::new(0x1234, 0x5678, 0x0102_0304);
        let at = config.capability(9, &[1, 2, 3, 4], &[0, 0xf0]);
        let second = config.capability(5, &[7], &[]);
        assert_eq!((config.get_u8(reg::CAPABILITIES), at, second), (0x40, 0x40, 0x48));
        assert_eq!((config.get_u32(0x40), config.get_u16(0x48)), (0x0201_4809, 5));
        assert_eq!(config.get_u16(reg::STATUS), 0x10);
        config.clearable(0x60, &[3]);
        config.changes(0x60, &[4]);
        config.turn_u16(0x60, 7, 0);
        config.write(0x60, 1, 1);
        assert_eq!(config.read(0x60, 1), 6);
        config.write(0x40, 4, 0xffff_ffff);
        assert_eq!(config.read(0x40, 4), 0xf201_4809);
        config.write(0, 4, 0);
        assert_eq!(config.read(0, 4), 0x5678_1234);
        let saved = config.save();
        config.reset();
        assert_eq!((config.read(0x60, 1), config.read(0x40, 4)), (4, 0x0201_4809));
        config.load("x", &saved).unwrap();
        assert_eq!(config.read(0x40, 4), 0xf201_4809);
        assert!(config.load("x", &saved.replacen("34", "35", 1)).is_err());
        assert!(config.load("x", "00").is_err());
        assert_eq!((config.read(0xfe, 4), config.read(0x100, 4)), (0, 0));
        config.write(0xffff, 4, 1);
    }
}
