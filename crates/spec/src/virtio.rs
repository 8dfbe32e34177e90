//! How virtio devices are attached to a machine.

use crate::SpecError;
use std::fmt;
use std::str::FromStr;

/// Where the guest finds its virtio devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Transport {
    /// In windows of registers that the device tree lists.
    #[default]
    Mmio,
    /// On the PCIe bus.
    Pci,
}

/// How virtio devices are attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Virtio {
    /// Where the guest finds them.
    pub transport: Transport,
    /// Whether packed rings are on offer beside split ones.
    pub packed: bool,
}

impl Default for Virtio {
    fn default() -> Virtio {
        Virtio { transport: Transport::default(), packed: true }
    }
}

impl FromStr for Virtio {
    type Err = SpecError;

    /// `mmio|pci[,packed=on|off]`.
    fn from_str(text: &str) -> Result<Virtio, SpecError> {
        let fail = || SpecError::Word {
            what: "virtio attachment",
            text: text.to_owned(),
            known: "mmio or pci, and behind it ,packed=on or ,packed=off".into(),
        };
        let (transport, packed) = text.split_once(',').unwrap_or((text, "packed=on"));
        let transport = match transport {
            "mmio" => Transport::Mmio,
            "pci" => Transport::Pci,
            _ => return Err(fail()),
        };
        let packed = match packed {
            "packed=on" => true,
            "packed=off" => false,
            _ => return Err(fail()),
        };
        Ok(Virtio { transport, packed })
    }
}

impl fmt::Display for Virtio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.transport {
            Transport::Mmio => "mmio",
            Transport::Pci => "pci",
        })?;
        if self.packed { Ok(()) } else { f.write_str(",packed=off") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_parse_and_print() {
        for text in ["mmio", "pci", "mmio,packed=off", "pci,packed=off"] {
            assert_eq!(text.parse::<Virtio>().unwrap().to_string(), text);
        }
        assert_eq!("pci,packed=on".parse::<Virtio>().unwrap().to_string(), "pci");
        assert_eq!("mmio".parse(), Ok(Virtio::default()));
        for bad in ["", "isa", "pci,", "pci,packed", "pci,packed=yes", "packed=on", "pci,packed=on,packed=on"]
        {
            assert!(bad.parse::<Virtio>().is_err(), "{bad}");
        }
    }
}
