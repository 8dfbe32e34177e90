//! What a user network looks like to its guest: addresses, MTU, what is allowed.

use super::forward::Forward;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

/// A network that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The guest has to have at least .2, .3 and .15, and an address cannot be the whole Internet.
    #[error("a user network of prefix length {prefix} is not possible: use 8 to 27, as in 10.0.2.0/24")]
    Prefix {
        /// What was asked for.
        prefix: u8,
    },
    /// Loopback, multicast and the like.
    #[error(
        "{address} cannot be the address of a user network: use a private one like 10.0.2.0/24 or fec0::/64"
    )]
    Address {
        /// What was asked for.
        address: IpAddr,
    },
    /// An address lies outside of the network, or two are the same.
    #[error("{what} {address} is not a free address of the network {network}: choose another")]
    Inside {
        /// Whose address.
        what: &'static str,
        /// What was asked for.
        address: IpAddr,
        /// The network.
        network: String,
    },
    /// Smaller than IPv6 allows.
    #[error("an MTU of {mtu} is not possible: use 1280 to 65520")]
    Mtu {
        /// What was asked for.
        mtu: u16,
    },
}

/// The IPv4 side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct V4 {
    /// The network's own address.
    pub network: Ipv4Addr,
    /// Bits of it that are the network.
    pub prefix: u8,
    /// The router, which is also the host.
    pub gateway: Ipv4Addr,
    /// The name server.
    pub dns: Ipv4Addr,
    /// What the first guest that asks by DHCP gets.
    pub guest: Ipv4Addr,
}

impl V4 {
    /// The usual addresses in `network`: gateway .2, name server .3, guest .15.
    ///
    /// # Errors
    /// [`ConfigError`]: the network is too small, too large or not for hosts.
    pub fn new(network: Ipv4Addr, prefix: u8) -> Result<V4, ConfigError> {
        if !(8..=27).contains(&prefix) {
            return Err(ConfigError::Prefix { prefix });
        }
        let network = Ipv4Addr::from(u32::from(network) & mask(prefix));
        let at = |n: u32| Ipv4Addr::from(u32::from(network) + n);
        let v4 = V4 { network, prefix, gateway: at(2), dns: at(3), guest: at(15) };
        v4.check()?;
        Ok(v4)
    }

    /// Is it one of the network's addresses?
    #[must_use]
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        u32::from(address) & mask(self.prefix) == u32::from(self.network)
    }

    /// The address for all.
    #[must_use]
    pub fn broadcast(&self) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.network) | !mask(self.prefix))
    }

    /// As in a DHCP answer.
    #[must_use]
    pub fn netmask(&self) -> Ipv4Addr {
        Ipv4Addr::from(mask(self.prefix))
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !(8..=27).contains(&self.prefix) {
            return Err(ConfigError::Prefix { prefix: self.prefix });
        }
        let n = self.network;
        if n.is_loopback() || n.is_multicast() || n.is_unspecified() || n.octets()[0] >= 240 {
            return Err(ConfigError::Address { address: n.into() });
        }
        let all = [("the gateway", self.gateway), ("the name server", self.dns), ("the guest", self.guest)];
        for (i, (what, address)) in all.into_iter().enumerate() {
            let taken = all[..i].iter().any(|(_, other)| *other == address);
            if taken || !self.contains(address) || address == n || address == self.broadcast() {
                let network = format!("{n}/{}", self.prefix);
                return Err(ConfigError::Inside { what, address: address.into(), network });
            }
        }
        Ok(())
    }
}

fn mask(prefix: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0)
}

/// The IPv6 side, always a /64: guests make their own addresses in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct V6 {
    /// The first 64 bits of all addresses; the rest is zero.
    pub prefix: Ipv6Addr,
    /// The router, which is also the host.
    pub gateway: Ipv6Addr,
    /// The name server.
    pub dns: Ipv6Addr,
}

impl V6 {
    /// The usual addresses behind `prefix`: gateway ::2, name server ::3.
    ///
    /// # Errors
    /// [`ConfigError`]: the network is not for hosts.
    pub fn new(prefix: Ipv6Addr) -> Result<V6, ConfigError> {
        let bits = u128::from(prefix) & !u128::from(u64::MAX);
        let v6 = V6 { prefix: bits.into(), gateway: (bits + 2).into(), dns: (bits + 3).into() };
        v6.check()?;
        Ok(v6)
    }

    /// Is it one of the network's addresses?
    #[must_use]
    pub fn contains(&self, address: Ipv6Addr) -> bool {
        u128::from(address) >> 64 == u128::from(self.prefix) >> 64
    }

    fn check(&self) -> Result<(), ConfigError> {
        let p = self.prefix;
        if p.is_multicast() || u128::from(p) >> 64 == 0 || p.is_unicast_link_local() {
            return Err(ConfigError::Address { address: p.into() });
        }
        for (what, address) in [("the gateway", self.gateway), ("the name server", self.dns)] {
            if !self.contains(address) || address == p || (what != "the gateway" && address == self.gateway) {
                let network = format!("{p}/64");
                return Err(ConfigError::Inside { what, address: address.into(), network });
            }
        }
        Ok(())
    }
}

/// A user network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Its IPv4 side; without it the guest has none.
    pub v4: Option<V4>,
    /// Its IPv6 side.
    pub v6: Option<V6>,
    /// Bytes of the largest packet.
    pub mtu: u16,
    /// The gateway's Ethernet address.
    pub mac: [u8; 6],
    /// Nothing leaves but answers to connections that forwards let in.
    pub restrict: bool,
    /// The gateway's address is the host's own loopback address.
    pub host_loopback: bool,
    /// What DHCP calls the guest.
    pub hostname: Option<String>,
    /// Ports of the host that lead to the guest.
    pub forwards: Vec<Forward>,
    /// How long an address lasts.
    pub lease: Duration,
    /// TCP connections at one time; as many flows of UDP again.
    pub flows: usize,
}

impl Default for Config {
    fn default() -> Config {
        let v4 = |d| Ipv4Addr::new(10, 0, 2, d);
        let v6 = |d| Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, d);
        Config {
            v4: Some(V4 { network: v4(0), prefix: 24, gateway: v4(2), dns: v4(3), guest: v4(15) }),
            v6: Some(V6 { prefix: v6(0), gateway: v6(2), dns: v6(3) }),
            mtu: 1500,
            mac: [0x52, 0x55, 10, 0, 2, 2],
            restrict: false,
            host_loopback: true,
            hostname: None,
            forwards: Vec::new(),
            lease: Duration::from_secs(24 * 3600),
            flows: 2048,
        }
    }
}

impl Config {
    /// # Errors
    /// [`ConfigError`]: what is wrong with it.
    pub fn check(&self) -> Result<(), ConfigError> {
        if !(1280..=65520).contains(&self.mtu) {
            return Err(ConfigError::Mtu { mtu: self.mtu });
        }
        self.v4.map_or(Ok(()), |v4| v4.check())?;
        self.v6.map_or(Ok(()), |v6| v6.check())
    }

    /// The router's link-local address, made from its Ethernet address (RFC 4291, appendix A).
    #[must_use]
    pub fn link_local(&self) -> Ipv6Addr {
        let [a, b, c, d, e, f] = self.mac;
        let word = |high, low| u16::from_be_bytes([high, low]);
        Ipv6Addr::new(0xfe80, 0, 0, 0, word(a ^ 2, b), word(c, 0xff), word(0xfe, d), word(e, f))
    }

    /// Is this address the gateway's?
    #[must_use]
    pub fn is_gateway(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.is_some_and(|v4| v4.gateway == a),
            IpAddr::V6(a) => self.v6.is_some_and(|v6| v6.gateway == a || a == self.link_local()),
        }
    }

    /// Is this address the name server's?
    #[must_use]
    pub fn is_dns(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(a) => self.v4.is_some_and(|v4| v4.dns == a),
            IpAddr::V6(a) => self.v6.is_some_and(|v6| v6.dns == a),
        }
    }

    /// Is this address one that a guest of this network may have?
    #[must_use]
    pub fn is_guest(&self, address: IpAddr) -> bool {
        let inside = match address {
            IpAddr::V4(a) => {
                self.v4.is_some_and(|v4| v4.contains(a) && a != v4.network && a != v4.broadcast())
            }
            IpAddr::V6(a) => self.v6.is_some_and(|v6| v6.contains(a) || a.is_unicast_link_local()),
        };
        inside && !self.is_gateway(address) && !self.is_dns(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_addresses() {
        let default = Config::default();
        default.check().unwrap();
        assert_eq!(default.v4, Some(V4::new(Ipv4Addr::new(10, 0, 2, 77), 24).unwrap()));
        assert_eq!(default.v6, Some(V6::new("fec0::1".parse().unwrap()).unwrap()));
        assert_eq!(default.link_local(), "fe80::5055:aff:fe00:202".parse::<Ipv6Addr>().unwrap());
        assert!(
            default.is_guest("10.0.2.15".parse().unwrap()) && default.is_guest("fec0::99".parse().unwrap())
        );
        for not in ["10.0.2.2", "10.0.2.3", "10.0.2.255", "10.0.2.0", "10.0.3.1", "fec0::2", "2001:db8::1"] {
            assert!(!default.is_guest(not.parse().unwrap()), "{not}");
        }
    }

    #[test]
    fn networks_that_cannot_be() {
        assert!(V4::new(Ipv4Addr::LOCALHOST, 24).is_err());
        assert!(V4::new(Ipv4Addr::new(10, 0, 0, 0), 30).is_err());
        assert!(V4::new(Ipv4Addr::new(224, 0, 0, 0), 8).is_err());
        assert!(V6::new(Ipv6Addr::LOCALHOST).is_err());
        let mut config = Config { mtu: 100, ..Config::default() };
        assert_eq!(config.check(), Err(ConfigError::Mtu { mtu: 100 }));
        config.mtu = 1500;
        config.v4.as_mut().unwrap().dns = Ipv4Addr::new(10, 0, 2, 2);
        let said = config.check().unwrap_err().to_string();
        assert!(said.contains("name server 10.0.2.2"), "{said}");
    }
}
