//! The control queue (§5.1.6.5): which frames the driver wants, how many queues it uses, what it takes undone.

use super::{MAX_PAIRS, bit};
use crate::device::Broken;
use crate::queue::Chain;
use lodge_memory::GuestMemory;
use lodge_net::Offloads;
use serde::{Deserialize, Serialize};

/// Addresses a driver can ask for one by one; with more of them it gets all.
const MAX_ADDRESSES: usize = 64;
/// Longest command that is looked at, its two bytes of class and command aside.
const MAX_DATA: u64 = 64 << 10;

/// Classes and commands (§5.1.6.5.1 on).
mod command {
    pub(super) const RX: u8 = 0;
    pub(super) const MAC: u8 = 1;
    pub(super) const VLAN: u8 = 2;
    pub(super) const ANNOUNCE: u8 = 3;
    pub(super) const MQ: u8 = 4;
    pub(super) const GUEST_OFFLOADS: u8 = 5;
    pub(super) const MAC_TABLE_SET: u8 = 0;
    pub(super) const MAC_ADDR_SET: u8 = 1;
}

/// Addresses that the driver listens to beside its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Addresses {
    list: Vec<[u8; 6]>,
    /// They were too many for the list: all count as wanted.
    all: bool,
}

impl Addresses {
    fn contain(&self, address: &[u8; 6]) -> bool {
        self.all || self.list.contains(address)
    }
}

/// What the driver has set; also what is saved of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Control {
    /// The card's hardware address.
    pub(super) mac: [u8; 6],
    /// Pairs of queues in use.
    pub(super) pairs: u16,
    /// Offloads of received frames that are switched on, as feature bits; at the beginning all are.
    guest_offloads: Option<u64>,
    /// The driver is to make itself known to the network, and has not said that it does.
    pub(super) announce: bool,
    /// Receive everything / all multicasts / all unicasts.
    promiscuous: bool,
    all_multicast: bool,
    all_unicast: bool,
    /// Receive no multicasts / unicasts / broadcasts.
    no_multicast: bool,
    no_unicast: bool,
    no_broadcast: bool,
    unicast: Addresses,
    multicast: Addresses,
    /// VLANs whose frames are received, sorted; looked at once the driver has the feature.
    vlans: Vec<u16>,
}

impl Control {
    /// The state after a reset: until a driver says otherwise it gets everything.
    pub(super) fn new(mac: [u8; 6]) -> Control {
        Control {
            mac,
            pairs: 1,
            guest_offloads: None,
            announce: false,
            promiscuous: true,
            all_multicast: false,
            all_unicast: false,
            no_multicast: false,
            no_unicast: false,
            no_broadcast: false,
            unicast: Addresses::default(),
            multicast: Addresses::default(),
            vlans: Vec::new(),
        }
    }

    /// Whether a record can be believed.
    pub(super) fn is_sound(&self) -> bool {
        (1..=MAX_PAIRS).contains(&self.pairs)
            && self.unicast.list.len() <= MAX_ADDRESSES
            && self.multicast.list.len() <= MAX_ADDRESSES
            && self.vlans.len() <= 4096
            && self.vlans.iter().all(|id| *id < 4096)
            && self.vlans.is_sorted()
    }

    /// Whether the driver, which has `features`, wants this frame.
    pub(super) fn wants(&self, frame: &[u8], features: u64) -> bool {
        let Some(to) = frame.first_chunk::<6>() else { return false };
        if self.promiscuous {
            return true;
        }
        // A frame of VLAN 0 has a priority, and no VLAN.
        let tag = if frame.get(12..14) == Some(&[0x81, 0]) { frame.get(14..16) } else { None };
        if features & bit::CTRL_VLAN != 0
            && let Some(tag) = tag
            && let id @ 1.. = u16::from_be_bytes([tag[0], tag[1]]) & 0xfff
            && self.vlans.binary_search(&id).is_err()
        {
            return false;
        }
        if *to == [0xff; 6] {
            !self.no_broadcast
        } else if to[0] & 1 != 0 {
            !self.no_multicast && (self.all_multicast || self.multicast.contain(to))
        } else {
            !self.no_unicast && (self.all_unicast || *to == self.mac || self.unicast.contain(to))
        }
    }

    /// Carries out the command in `chain`; says whether it was one, by the byte for the driver.
    pub(super) fn serve(
        &mut self,
        memory: &GuestMemory,
        chain: &mut Chain,
        features: u64,
        max_pairs: u16,
    ) -> Result<bool, Broken> {
        let len = chain.readable();
        if !(2..=MAX_DATA + 2).contains(&len) {
            return Ok(false);
        }
        let mut bytes = vec![0; len as usize];
        chain.read(memory, &mut bytes)?;
        let (class, number, data) = (bytes[0], bytes[1], &bytes[2..]);
        let has = |bit: u64| features & bit != 0;
        Ok(match class {
            command::RX if has(bit::CTRL_RX) => self.set_mode(number, data, has(bit::CTRL_RX_EXTRA)),
            command::MAC if number == command::MAC_TABLE_SET && has(bit::CTRL_RX) => self.set_tables(data),
            command::MAC if number == command::MAC_ADDR_SET && has(bit::CTRL_MAC_ADDR) => {
                match <[u8; 6]>::try_from(data) {
                    // A group's address belongs to no card.
                    Ok(mac) if mac[0] & 1 == 0 => {
                        self.mac = mac;
                        true
                    }
                    _ => false,
                }
            }
            command::VLAN if has(bit::CTRL_VLAN) => self.set_vlan(number, data),
            command::ANNOUNCE if number == 0 && has(bit::GUEST_ANNOUNCE) => {
                std::mem::take(&mut self.announce)
            }
            command::MQ if number == 0 && has(bit::MQ) => match <[u8; 2]>::try_from(data) {
                Ok(pairs) if (1..=max_pairs).contains(&u16::from_le_bytes(pairs)) => {
                    self.pairs = u16::from_le_bytes(pairs);
                    true
                }
                _ => false,
            },
            command::GUEST_OFFLOADS if number == 0 && has(bit::CTRL_GUEST_OFFLOADS) => {
                match <[u8; 8]>::try_from(data).map(u64::from_le_bytes) {
                    Ok(wanted) if wanted & !(features & bit::GUEST_OFFLOADS) == 0 => {
                        self.guest_offloads = Some(wanted);
                        true
                    }
                    _ => false,
                }
            }
            _ => false,
        })
    }

    fn set_mode(&mut self, number: u8, data: &[u8], extra: bool) -> bool {
        let mode = match number {
            0 => &mut self.promiscuous,
            1 => &mut self.all_multicast,
            2 if extra => &mut self.all_unicast,
            3 if extra => &mut self.no_multicast,
            4 if extra => &mut self.no_unicast,
            5 if extra => &mut self.no_broadcast,
            _ => return false,
        };
        let Some(on) = data.first() else { return false };
        *mode = *on != 0;
        true
    }

    /// Two tables, of unicast and multicast addresses: { entries u32, entries × address }.
    fn set_tables(&mut self, mut data: &[u8]) -> bool {
        let mut table = || -> Option<Addresses> {
            let (entries, rest) = data.split_first_chunk::<4>()?;
            let entries = u32::from_le_bytes(*entries) as usize;
            let (addresses, rest) = rest.split_at_checked(entries.checked_mul(6)?)?;
            data = rest;
            let all = entries > MAX_ADDRESSES;
            let kept = addresses.chunks_exact(6).filter_map(|a| a.try_into().ok());
            Some(Addresses { list: if all { Vec::new() } else { kept.collect() }, all })
        };
        let (Some(unicast), Some(multicast)) = (table(), table()) else { return false };
        (self.unicast, self.multicast) = (unicast, multicast);
        true
    }

    fn set_vlan(&mut self, number: u8, data: &[u8]) -> bool {
        let Ok(id) = <[u8; 2]>::try_from(data).map(u16::from_le_bytes) else { return false };
        match (number, self.vlans.binary_search(&id)) {
            _ if id >= 4096 => return false,
            (0, Err(at)) => self.vlans.insert(at, id),
            (1, Ok(at)) => drop(self.vlans.remove(at)),
            (0 | 1, _) => {}
            _ => return false,
        }
        true
    }

    /// What the driver accepts undone in frames it receives.
    pub(super) fn accepts(&self, features: u64) -> Offloads {
        let on = self.guest_offloads.unwrap_or(u64::MAX);
        let has = |bit: u64| features & on & bit != 0;
        Offloads {
            checksum: has(bit::GUEST_CSUM),
            tcp4: has(bit::GUEST_CSUM) && has(bit::GUEST_TSO4),
            tcp6: has(bit::GUEST_CSUM) && has(bit::GUEST_TSO6),
            udp: has(bit::GUEST_CSUM) && has(bit::GUEST_USO4) && has(bit::GUEST_USO6),
        }
    }
}
