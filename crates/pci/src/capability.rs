//! Standard capabilities: their bodies behind id and link, and where their registers are.

use crate::config::Config;
use crate::interrupt::MsixPlace;

/// Power management (§ 7.5.2).
pub(crate) mod power {
    use super::Config;

    const ID: u8 = 0x01;
    /// Control and status: the state, D0 to D3hot.
    const CONTROL: u16 = 4;

    /// Adds it; returns where it is.
    pub(crate) fn add(config: &mut Config) -> u16 {
        // Version 3, no PME, no D1 and D2; D3hot to D0 keeps the state (No_Soft_Reset).
        config.capability(ID, &[0x03, 0x00, 0x08, 0x00, 0, 0], &[0, 0, 0x03, 0, 0, 0])
    }

    /// Whether the function is awake. In D3hot it answers configuration accesses only.
    pub(crate) fn awake(config: &Config, at: u16) -> bool {
        config.get_u16(at + CONTROL) & 3 == 0
    }
}

/// PCI Express (§ 7.5.3).
pub(crate) mod express {
    use super::Config;

    const ID: u8 = 0x10;
    /// Registers from the capability's start.
    pub(crate) const DEVICE_CONTROL: u16 = 0x08;
    pub(crate) const LINK_STATUS: u16 = 0x12;
    pub(crate) const SLOT_CONTROL: u16 = 0x18;
    pub(crate) const SLOT_STATUS: u16 = 0x1a;
    /// Device control: initiate function level reset (§ 7.5.3.4).
    pub(crate) const INITIATE_RESET: u16 = 1 << 15;
    /// Link status: the data link layer is active (§ 7.5.3.8).
    pub(crate) const LINK_ACTIVE: u16 = 1 << 13;

    /// What kind of function it is (§ 7.5.3.2).
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Kind {
        /// At the end of a link.
        Endpoint = 0x0,
        /// The upper end of a link.
        RootPort = 0x4,
        /// Part of the root complex, without a link.
        Integrated = 0x9,
    }

    /// One lane of 2.5 GT/s.
    const LINK: u16 = 1 | 1 << 4;
    /// Device capabilities: role-based error reporting; of endpoints also function level reset.
    const ROLE_BASED_ERRORS: u32 = 1 << 15;
    const FUNCTION_RESET: u32 = 1 << 28;
    const LINK_ACTIVE_REPORTING: u32 = 1 << 20;

    /// What a port's slot can do (§ 7.5.3.9): attention button and indicator, power controller and indicator, surprise
    /// removal, hotplug; commands complete at once.
    const SLOT: u32 = 1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 18;

    /// Adds it; returns where it is. `slot` is the number of a port's slot.
    pub(crate) fn add(config: &mut Config, kind: Kind, slot: Option<u16>) -> u16 {
        let mut body = [0; 0x3a];
        let mut writable = [0; 0x3a];
        // Offsets below are those of the specification, where id and link come first.
        let put = |into: &mut [u8; 0x3a], at: usize, bytes: &[u8]| {
            into[at - 2..at - 2 + bytes.len()].copy_from_slice(bytes);
        };
        put(&mut body, 0x02, &flags(kind, slot.is_some()).to_le_bytes());
        let reset = if slot.is_none() { FUNCTION_RESET } else { 0 };
        put(&mut body, 0x04, &(ROLE_BASED_ERRORS | reset).to_le_bytes());
        put(&mut writable, 0x08, &0x7fff_u16.to_le_bytes());
        put(&mut body, 0x08, &0x2810_u16.to_le_bytes());
        if kind != Kind::Integrated {
            let port = if slot.is_some() { LINK_ACTIVE_REPORTING } else { 0 };
            let number = u32::from(slot.unwrap_or(0)) << 24;
            put(&mut body, 0x0c, &(u32::from(LINK) | port | number).to_le_bytes());
            put(&mut body, 0x12, &LINK.to_le_bytes());
            put(&mut writable, 0x10, &0x00d3_u16.to_le_bytes());
            put(&mut body, 0x2c, &(1_u32 << 1).to_le_bytes());
            put(&mut body, 0x30, &1_u16.to_le_bytes());
        }
        if let Some(slot) = slot {
            put(&mut body, 0x14, &(SLOT | u32::from(slot) << 19).to_le_bytes());
            put(&mut writable, 0x18, &0x17ff_u16.to_le_bytes());
            put(&mut writable, 0x1c, &0x000f_u16.to_le_bytes());
        }
        let at = config.capability(ID, &body, &writable);
        if slot.is_some() {
            config.changes(at + LINK_STATUS, &LINK_ACTIVE.to_le_bytes());
        }
        at
    }

    /// The capability register: version 2, kind, whether there is a slot.
    fn flags(kind: Kind, slot: bool) -> u16 {
        2 | (kind as u16) << 4 | u16::from(slot) << 8
    }

    /// Makes an integrated endpoint one at the end of a link, when that is where it is plugged in.
    pub(crate) fn put_on_link(config: &mut Config, at: u16) {
        config.preset_u16(at + 2, flags(Kind::Endpoint, false));
        config.preset(at + 0x0c, &u32::from(LINK).to_le_bytes());
        config.allow(at + 0x10, &0x00d3_u16.to_le_bytes());
        config.preset_u16(at + 0x12, LINK);
        config.preset_u16(at + 0x2c, 1 << 1);
        config.preset_u16(at + 0x30, 1);
    }
}

/// MSI-X (PCI § 6.8.2).
pub(crate) mod msix {
    use super::{Config, MsixPlace};

    const ID: u8 = 0x11;
    const CONTROL: u16 = 2;
    const MASK_ALL: u16 = 1 << 14;
    const ENABLE: u16 = 1 << 15;

    /// Adds it; returns where it is.
    pub(crate) fn add(config: &mut Config, vectors: u16, place: &MsixPlace) -> u16 {
        let bar = place.bar as u32;
        let mut body = (vectors - 1).to_le_bytes().to_vec();
        body.extend((place.table | bar).to_le_bytes());
        body.extend((place.pending | bar).to_le_bytes());
        config.capability(ID, &body, &(MASK_ALL | ENABLE).to_le_bytes())
    }

    /// Whether it is on, and whether all is masked.
    pub(crate) fn control(config: &Config, at: u16) -> (bool, bool) {
        let control = config.get_u16(at + CONTROL);
        (control & ENABLE != 0, control & MASK_ALL != 0)
    }
}

/// A capability whose content is the device's own (PCI appendix H, id 9).
#[derive(Debug, Clone, Default)]
pub struct VendorCapability {
    /// What follows id and link; its first byte is the length with those two.
    pub body: Vec<u8>,
    /// Bits of `body` that software can write; missing ones cannot.
    pub writable: Vec<u8>,
}

/// The id of a [`VendorCapability`].
pub(crate) const VENDOR: u8 = 0x09;

/// A vendor capability through which BARs are reached, for software that cannot map them: the four bytes of data stand
/// for what is at an offset in a BAR. Offsets are from the capability's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Which of the vendor capabilities.
    pub capability: usize,
    /// The BAR's number, one byte.
    pub bar: u16,
    /// The offset in the BAR, four bytes.
    pub offset: u16,
    /// 1, 2 or 4 bytes, itself four bytes.
    pub length: u16,
    /// The data.
    pub data: u16,
}
