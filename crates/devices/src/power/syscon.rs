//! SiFive's test finisher, which machines use as their power switch: device tree nodes `syscon-poweroff` and
//! `syscon-reboot` point at it.
//!
//! One register at offset 0. Low half: what; high half: the code of a failure. There is no manual: the values are
//! those in the bindings `sifive,test0` and `sifive,test1` and in the SBI implementations that write them.

use lodge_bus::{Effect, Mmio};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};

const TAG: &str = "sifive-test";

const FAIL: u16 = 0x3333;
const PASS: u16 = 0x5555;
const RESET: u16 = 0x7777;

/// The finisher. It has no state.
#[derive(Debug, Default)]
pub struct Finisher;

/// What a snapshot keeps of a [`Finisher`]: that it was there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FinisherSaved {}

impl Finisher {
    /// Bytes of the register window.
    pub const WINDOW: u64 = 0x1000;
}

impl Mmio for Finisher {
    fn read(&self, _offset: u64, _size: u8) -> u64 {
        0
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        if offset != 0 || size < 2 {
            return Effect::None;
        }
        let code = if size == 2 { 0 } else { (value >> 16) as u16 };
        match value as u16 {
            PASS => Effect::Shutdown(0),
            // An exit code of the host has eight bits.
            FAIL => Effect::Shutdown(u8::try_from(code).unwrap_or(u8::MAX)),
            RESET => Effect::Reset,
            _ => Effect::None,
        }
    }
}

impl Saved for Finisher {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &FinisherSaved {})
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        record.open::<FinisherSaved>(TAG, 1).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::hammer;

    #[test]
    fn what_is_written_becomes_an_effect() {
        let cases = [
            (0, 4, 0x5555, Effect::Shutdown(0)),
            (0, 4, 0x7777, Effect::Reset),
            (0, 4, 0x3333 | 7 << 16, Effect::Shutdown(7)),
            (0, 4, 0x3333 | 0x1234 << 16, Effect::Shutdown(255)),
            (0, 2, 0x5555, Effect::Shutdown(0)),
            (0, 1, 0x5555, Effect::None),
            (4, 4, 0x5555, Effect::None),
            (0, 4, 0, Effect::None),
        ];
        for (offset, size, value, effect) in cases {
            assert_eq!(Finisher.write(offset, size, value), effect, "{value:#x}/{size} at {offset}");
        }
        assert_eq!(Finisher.read(0, 4), 0);
        hammer(&Finisher, Finisher::WINDOW, &[0], 10_000);
        Finisher.load(&Finisher.save()).unwrap();
    }
}
