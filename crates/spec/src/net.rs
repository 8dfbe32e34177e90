//! Networks: what a machine's network devices are connected to.

use crate::SpecError;
use crate::disk::split_commas;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::str::FromStr;

/// Network devices that one machine has slots for.
pub const MAX_NICS: usize = 4;
/// Smallest and largest MTU of a device: what IPv4 asks for at least, and what fits a 64 KiB frame.
const MTU: std::ops::RangeInclusive<u16> = 68..=65_520;
/// Longest name of a Linux interface (IFNAMSIZ less the final zero).
const MAX_INTERFACE: usize = 15;
/// Longest stretch of ports in one rule.
const MAX_PORTS: u16 = 1024;
/// Most forwarding rules of a machine.
pub const MAX_FORWARDS: usize = 256;

/// A hardware address of one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

/// A transport protocol whose ports can be forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// Ports of the host that lead to ports of the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forward {
    /// Whose ports.
    pub protocol: Protocol,
    /// Where the host listens.
    pub address: IpAddr,
    /// First port of the host.
    pub host: u16,
    /// Port of the guest that the first one leads to.
    pub guest: u16,
    /// How many, at least 1; they lead to as many ports from `guest` on.
    pub count: u16,
}

/// The user network: made inside lodge, without rights on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The guest reaches nothing but what is forwarded to it, its own network's DHCP aside.
    pub restrict: bool,
    /// Whether the guest gets IPv6 addresses too.
    pub ipv6: bool,
    /// The way in.
    pub forwards: Vec<Forward>,
}

/// Where a switch shared by machines is met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    /// By name, among the machines of one user.
    Name(String),
    /// At a socket of the file system.
    Path(PathBuf),
}

/// What a network device is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// The user network.
    User(User),
    /// A tap interface of the host that exists already.
    Tap(String),
    /// A bridge of the host; a tap interface on it is made for the run.
    Bridge(String),
    /// An Ethernet switch in user space, shared with other machines.
    Switch(Switch),
}

/// A network device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nic {
    /// What it is connected to.
    pub link: Link,
    /// Its hardware address; one is made when there is none.
    pub mac: Option<Mac>,
    /// The MTU that the guest is told, if any.
    pub mtu: Option<u16>,
    /// Pairs of queues, at most; 0: as many as the machine has CPUs, up to 4.
    pub queues: u8,
    /// Where the frames that pass are recorded.
    pub pcap: Option<PathBuf>,
}

impl Default for User {
    fn default() -> User {
        User { restrict: false, ipv6: true, forwards: Vec::new() }
    }
}

impl Default for Link {
    fn default() -> Link {
        Link::User(User::default())
    }
}

impl FromStr for Mac {
    type Err = SpecError;

    /// Six pairs of hexadecimal digits with `:` or `-` between.
    fn from_str(text: &str) -> Result<Mac, SpecError> {
        let fail = |why| SpecError::Mac { text: text.to_owned(), why };
        let mut bytes = [0; 6];
        let mut words = text.split([':', '-']);
        for byte in &mut bytes {
            let word = words.next().filter(|w| w.len() == 2 && w.bytes().all(|b| b.is_ascii_hexdigit()));
            let word = word.ok_or_else(|| fail("it is not six pairs of hexadecimal digits"))?;
            *byte = u8::from_str_radix(word, 16).map_err(|_| fail("it has a bad digit"))?;
        }
        if words.next().is_some() {
            return Err(fail("it has more than six parts"));
        }
        if bytes[0] & 1 != 0 {
            return Err(fail("it is a group's address (the first byte is odd)"));
        }
        if bytes == [0; 6] {
            return Err(fail("it is all zeroes"));
        }
        Ok(Mac(bytes))
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        })
    }
}

impl FromStr for Forward {
    type Err = SpecError;

    /// `[tcp:|udp:][ADDRESS:]PORT[-END]:GUESTPORT`; IPv6 addresses in brackets. Without an address only this host
    /// itself gets in.
    fn from_str(text: &str) -> Result<Forward, SpecError> {
        let fail = |why: &str| SpecError::Forward { text: text.to_owned(), why: why.to_owned() };
        let (protocol, rest) = match text.split_once(':') {
            Some(("tcp", rest)) => (Protocol::Tcp, rest),
            Some(("udp", rest)) => (Protocol::Udp, rest),
            _ => (Protocol::Tcp, text),
        };
        let (rest, guest) = rest.rsplit_once(':').ok_or_else(|| fail("it names no port of the guest"))?;
        let (address, host) = match rest.rsplit_once(':') {
            None => (IpAddr::V4(Ipv4Addr::LOCALHOST), rest),
            Some((address, host)) => {
                let bare = address.strip_prefix('[').and_then(|a| a.strip_suffix(']'));
                let address = match (address, bare) {
                    ("" | "*", _) => Some(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
                    ("localhost", _) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
                    (_, Some(v6)) => v6.parse().ok().map(IpAddr::V6),
                    (v4, None) => v4.parse().ok().map(IpAddr::V4),
                };
                (address.ok_or_else(|| fail("its address is none (IPv6 is written in brackets)"))?, host)
            }
        };
        let port = |word: &str| match word.parse::<u16>() {
            Ok(0) => Err(fail("port 0 cannot be used")),
            Ok(port) => Ok(port),
            Err(_) => Err(fail("a port is a number from 1 to 65535")),
        };
        let (first, last) = host.split_once('-').unwrap_or((host, host));
        let (host, last, guest) = (port(first)?, port(last)?, port(guest)?);
        let count = last.checked_sub(host).ok_or_else(|| fail("its range of ports runs backwards"))?;
        if count >= MAX_PORTS {
            return Err(fail("its range has more than 1024 ports"));
        }
        if guest.checked_add(count).is_none() {
            return Err(fail("its range ends beyond the guest's port 65535"));
        }
        Ok(Forward { protocol, address, host, guest, count: count + 1 })
    }
}

impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Forward { protocol, address, host, guest, count } = self;
        match address {
            IpAddr::V4(v4) => write!(f, "{protocol}:{v4}:{host}")?,
            IpAddr::V6(v6) => write!(f, "{protocol}:[{v6}]:{host}")?,
        }
        if *count > 1 {
            write!(f, "-{}", host.saturating_add(count - 1))?;
        }
        write!(f, ":{guest}")
    }
}

impl Forward {
    /// Whether both would listen at the same port of the host.
    pub fn collides(&self, other: &Forward) -> bool {
        let same = self.address == other.address
            || self.address.is_unspecified() && self.address.is_ipv4() == other.address.is_ipv4()
            || other.address.is_unspecified() && self.address.is_ipv4() == other.address.is_ipv4();
        let last = |rule: &Forward| u32::from(rule.host) + u32::from(rule.count);
        self.protocol == other.protocol
            && same
            && u32::from(self.host) < last(other)
            && u32::from(other.host) < last(self)
    }
}

/// `none`, or one network device.
///
/// # Errors
/// [`SpecError::Net`], [`SpecError::Mac`].
pub fn parse_nic(text: &str) -> Result<Option<Nic>, SpecError> {
    if text == "none" {
        return Ok(None);
    }
    let fail = |why: String| SpecError::Net { text: text.to_owned(), why };
    let words = split_commas(text);
    let mut words = words.iter().map(|word| word.split_once('=').unwrap_or((word, "")));
    let link = match words.next().unwrap_or_default() {
        ("user", "") => Link::default(),
        ("tap", name) => Link::Tap(interface(name).map_err(fail)?),
        ("bridge", name) => Link::Bridge(interface(name).map_err(fail)?),
        ("switch", at) => Link::Switch(switch(at).map_err(fail)?),
        (word, _) => {
            return Err(fail(format!("`{word}` is no kind of network")));
        }
    };
    let mut nic = Nic { link, ..Nic::default() };
    for (key, value) in words {
        match (key, &mut nic.link) {
            ("restrict", Link::User(user)) => user.restrict = switched(key, value).map_err(fail)?,
            ("ipv6", Link::User(user)) => user.ipv6 = switched(key, value).map_err(fail)?,
            ("mac", _) => nic.mac = Some(value.parse()?),
            ("mtu", _) => {
                let mtu = value.parse().ok().filter(|mtu| MTU.contains(mtu));
                nic.mtu = Some(mtu.ok_or_else(|| fail("an MTU is 68 to 65520".into()))?);
            }
            ("queues", _) => {
                let queues = value.parse().ok().filter(|n| (1..=16).contains(n));
                nic.queues = queues.ok_or_else(|| fail("a device has 1 to 16 pairs of queues".into()))?;
            }
            ("pcap", _) if !value.is_empty() => nic.pcap = Some(value.into()),
            _ => return Err(fail(format!("`{key}` is not an option of this network"))),
        }
    }
    Ok(Some(nic))
}

fn switched(key: &str, value: &str) -> Result<bool, String> {
    match value {
        "on" | "" => Ok(true),
        "off" => Ok(false),
        _ => Err(format!("`{key}` is on or off")),
    }
}

/// The name of an interface, as the kernel allows it.
fn interface(name: &str) -> Result<String, String> {
    let bad = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '/' | ':' | '%');
    match name {
        "" => Err("it names no interface".into()),
        "." | ".." => Err(format!("`{name}` cannot name an interface")),
        _ if name.len() > MAX_INTERFACE => {
            Err(format!("an interface's name has at most {MAX_INTERFACE} bytes"))
        }
        _ if name.contains(bad) => Err("an interface's name has no spaces, `/`, `:` or `%`".into()),
        _ => Ok(name.to_owned()),
    }
}

fn switch(at: &str) -> Result<Switch, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if at.contains('/') {
        Ok(Switch::Path(at.into()))
    } else if !at.is_empty() && at.len() <= 64 && !at.starts_with('.') && at.chars().all(good) {
        Ok(Switch::Name(at.to_owned()))
    } else {
        Err("a switch is a name of letters, digits, `-`, `_` and `.`, or a path with a `/`".into())
    }
}

impl fmt::Display for Nic {
    /// Its kind and what matters of it, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.link {
            Link::User(user) => {
                f.write_str(if user.restrict { "user network, restricted" } else { "user network" })?;
                for forward in &user.forwards {
                    write!(f, ", {forward}")?;
                }
            }
            Link::Tap(name) => write!(f, "tap {name}")?,
            Link::Bridge(name) => write!(f, "bridge {name}")?,
            Link::Switch(Switch::Name(name)) => write!(f, "switch {name}")?,
            Link::Switch(Switch::Path(path)) => write!(f, "switch {}", path.display())?,
        }
        match &self.mac {
            Some(mac) => write!(f, ", {mac}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "net_tests.rs"]
mod net_tests;
