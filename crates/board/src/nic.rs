//! Network devices' links, opened as the spec says.

use crate::machine::BoardError;
use lodge_net::user::{self, UserError};
use lodge_net::{Capture, CaptureError, Link, switch, tap};
use lodge_spec::{Mac, MachineSpec, Nic, Protocol, Switch};
use lodge_virtio::net::{Cable, Card};
use std::sync::{Arc, Mutex};

/// Pairs of queues when the spec leaves it to us.
const USUAL_PAIRS: u32 = 4;

/// A network device's end of its cable; outlives the machine's resets.
#[derive(Clone)]
pub struct OpenNic {
    /// What the card is.
    pub card: Card,
    /// What it is plugged into.
    pub cable: Cable,
}

/// Why a network device cannot be plugged in. One line, with what to try.
#[derive(Debug, thiserror::Error)]
pub enum NicError {
    /// A tap interface or a bridge.
    #[error(transparent)]
    Tap(#[from] tap::TapError),
    /// A switch.
    #[error(transparent)]
    Switch(#[from] switch::SwitchError),
    /// The capture file.
    #[error(transparent)]
    Capture(#[from] CaptureError),
    /// The user network.
    #[error(transparent)]
    User(#[from] UserError),
    /// No randomness for a hardware address.
    #[error("cannot make a hardware address: {0}; give one with --mac")]
    Mac(std::io::Error),
}

/// Opens all of `spec`.
pub(crate) fn open_all(spec: &MachineSpec) -> Result<Vec<OpenNic>, BoardError> {
    let mut open: Vec<OpenNic> = Vec::new();
    for (number, nic) in spec.nics.iter().enumerate() {
        let taken =
            open.iter().map(|nic| nic.card.mac).chain(spec.nics.iter().flat_map(|nic| nic.mac.map(|m| m.0)));
        let taken: Vec<[u8; 6]> = taken.collect();
        let opened = (|| {
            let mac = match nic.mac {
                Some(Mac(mac)) => mac,
                None => mac(nic, number, &taken)?,
            };
            let pairs = match nic.queues {
                0 => spec.cpus.get().min(USUAL_PAIRS) as u16,
                pairs => pairs.into(),
            };
            let link = link(nic, number)?;
            // A driver has 1500 in mind unless it is told.
            let mtu = nic.mtu.or(Some(link.features().mtu).filter(|mtu| *mtu < 1500));
            Ok(OpenNic { card: Card { mac, pairs, mtu }, cable: Arc::new(Mutex::new(link)) })
        })();
        open.push(opened.map_err(|source| BoardError::Nic { nic: nic.to_string(), source })?);
    }
    Ok(open)
}

/// A hardware address for a device without one: always the same where nobody else can have it, made up otherwise.
fn mac(nic: &Nic, number: usize, taken: &[[u8; 6]]) -> Result<[u8; 6], NicError> {
    let mut mac = [0x52, 0x54, 0x00, 0x12, 0x34, 0x56 + number as u8];
    while !matches!(nic.link, lodge_spec::Link::User(_)) || taken.contains(&mac) {
        lodge_host::random::fill(&mut mac[3..]).map_err(NicError::Mac)?;
        if !taken.contains(&mac) {
            break;
        }
    }
    Ok(mac)
}

fn link(nic: &Nic, number: usize) -> Result<Box<dyn Link>, NicError> {
    let link: Box<dyn Link> = match &nic.link {
        lodge_spec::Link::User(user) => Box::new(user_link(user, nic)?),
        lodge_spec::Link::Tap(name) => Box::new(tap::open(name)?),
        lodge_spec::Link::Bridge(name) => Box::new(tap::on_bridge(name)?),
        lodge_spec::Link::Switch(Switch::Name(name)) => Box::new(switch::join_named(name)?),
        lodge_spec::Link::Switch(Switch::Path(path)) => Box::new(switch::join(path)?),
    };
    Ok(match &nic.pcap {
        Some(path) => Box::new(Capture::new(link, path, &format!("nic{number}"))?),
        None => link,
    })
}

/// The user network that `nic` asks for.
fn user_link(user: &lodge_spec::User, nic: &Nic) -> Result<user::User, UserError> {
    let usual = user::Config::default();
    let config = user::Config {
        v6: usual.v6.filter(|_| user.ipv6),
        restrict: user.restrict,
        mtu: nic.mtu.unwrap_or(usual.mtu),
        forwards: user.forwards.iter().map(forward).collect(),
        ..usual
    };
    user::User::new(config)
}

fn forward(rule: &lodge_spec::Forward) -> user::Forward {
    user::Forward {
        protocol: match rule.protocol {
            Protocol::Tcp => user::Protocol::Tcp,
            Protocol::Udp => user::Protocol::Udp,
        },
        address: rule.address,
        port: rule.host,
        count: rule.count,
        guest: None,
        guest_port: rule.guest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lodge_spec::Boot;

    #[test]
    fn addresses_are_made_and_differ() {
        let user = Nic::default();
        let first = mac(&user, 0, &[]).unwrap();
        assert_eq!(first, mac(&user, 0, &[]).unwrap());
        assert_ne!(first, mac(&user, 0, &[first]).unwrap());
        let tap = Nic { link: lodge_spec::Link::Tap("t".into()), ..Nic::default() };
        assert_ne!(mac(&tap, 0, &[]).unwrap(), mac(&tap, 0, &[]).unwrap());
    }

    #[test]
    fn what_cannot_be_opened_is_named_with_its_remedy() {
        let boot = Boot::new(None, Some("K".into()), None, None).unwrap();
        let nics = vec![Nic { link: lodge_spec::Link::Tap("lodge-none".into()), ..Nic::default() }];
        let spec = MachineSpec { nics, ..MachineSpec::new(boot) };
        let Err(BoardError::Nic { nic, source }) = open_all(&spec) else { panic!("opened") };
        assert_eq!(nic, "tap lodge-none");
        assert!(source.to_string().contains("ip tuntap add"), "{source}");
    }
}
