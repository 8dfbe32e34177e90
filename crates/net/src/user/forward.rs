//! Ports of the host that lead to the guest: the rules, and the sockets that listen for them.

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::OwnedFd;
use std::str::FromStr;

/// Ports of one rule.
pub const MAX_RANGE: u16 = 1024;

/// What is forwarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Connections.
    Tcp,
    /// Datagrams.
    Udp,
}

/// A rule: `count` ports of the host from `port` on lead to as many of the guest from `guest_port` on.
///
/// As text: `[tcp:|udp:][ADDRESS:]PORT[-PORT]:[GUEST-ADDRESS:]GUEST-PORT`, or the protocol behind a slash; IPv6 addresses
/// in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Forward {
    /// What.
    pub protocol: Protocol,
    /// Where the host listens.
    pub address: IpAddr,
    /// The first port there; 0 has the host choose one.
    pub port: u16,
    /// How many ports.
    pub count: u16,
    /// The guest's address, if it is not the usual one.
    pub guest: Option<IpAddr>,
    /// The first port there.
    pub guest_port: u16,
}

/// A rule that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    /// It does not read.
    #[error("cannot forward `{text}`: {why}; write [udp:][ADDRESS:]PORT[-PORT]:GUEST-PORT, as in 2222:22")]
    Text {
        /// What was given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The host does not let us listen.
    #[error("cannot listen on {protocol} {address} to forward it to the guest: {why}; {}", hint(why))]
    Listen {
        /// What.
        protocol: Protocol,
        /// Where.
        address: SocketAddr,
        /// What the host said.
        why: io::Error,
    },
    /// No such rule.
    #[error("nothing is forwarded by the rule {rule}; `lodge` lists those there are")]
    Missing {
        /// What was to go.
        rule: Box<Forward>,
    },
    /// The network has ended.
    #[error("the guest's network has ended")]
    Gone,
}

fn hint(why: &io::Error) -> &'static str {
    match why.kind() {
        io::ErrorKind::AddrInUse => "another program listens there: choose another port",
        io::ErrorKind::PermissionDenied => "ports below 1024 need rights: choose a higher one",
        io::ErrorKind::AddrNotAvailable => "the host does not have that address: choose one of its own",
        _ => "try another address or port",
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Protocol::Tcp { "tcp" } else { "udp" })
    }
}

impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.protocol, SocketAddr::new(self.address, self.port))?;
        if self.count > 1 {
            write!(f, "-{}", self.port.saturating_add(self.count - 1))?;
        }
        match self.guest {
            Some(guest) => write!(f, ":{}", SocketAddr::new(guest, self.guest_port)),
            None => write!(f, ":{}", self.guest_port),
        }
    }
}

/// Splits at the last colon outside of brackets.
fn split(text: &str) -> (Option<&str>, &str) {
    let mut inside = false;
    for (at, byte) in text.bytes().enumerate().rev() {
        match byte {
            b']' => inside = true,
            b'[' => inside = false,
            b':' if !inside => return (Some(&text[..at]), &text[at + 1..]),
            _ => {}
        }
    }
    (None, text)
}

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']'));
    bare.map_or_else(|| text.parse::<Ipv4Addr>().ok().map(IpAddr::V4), |t| t.parse().ok())
}

impl FromStr for Forward {
    type Err = ForwardError;

    fn from_str(text: &str) -> Result<Forward, ForwardError> {
        let wrong = |why| ForwardError::Text { text: text.to_string(), why };
        let (mut protocol, mut rest) = (Protocol::Tcp, text);
        for (name, kind) in [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)] {
            let front = rest.strip_prefix(name).and_then(|r| r.strip_prefix(':'));
            if let Some(r) = front.or_else(|| rest.strip_suffix(name).and_then(|r| r.strip_suffix('/'))) {
                (protocol, rest) = (kind, r);
                break;
            }
        }
        let port = |text: &str| text.parse::<u16>().ok();
        let (left, last) = split(rest);
        let guest_port =
            port(last).filter(|p| *p != 0).ok_or_else(|| wrong("the guest's port is no port"))?;
        let left = left.ok_or_else(|| wrong("there is one port where two are needed"))?;
        // What is behind the last colon is ports of the host, unless it is an address of the guest.
        let (left, guest) = match split(left) {
            (Some(front), back) => match address(back) {
                Some(guest) => (front, Some(guest)),
                None => (left, None),
            },
            (None, _) => (left, None),
        };
        let (host, ports) = split(left);
        let host = match host {
            Some(host) => address(host).ok_or_else(|| wrong("the host's address is no address"))?,
            None => Ipv4Addr::LOCALHOST.into(),
        };
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        let ends = port(first).zip(port(last)).ok_or_else(|| wrong("the host's port is no port"))?;
        let (first, last) = ends;
        let count =
            last.checked_sub(first).ok_or_else(|| wrong("the range of ports ends before it begins"))?;
        if count >= MAX_RANGE {
            return Err(wrong("a range has at most 1024 ports"));
        }
        if guest_port.checked_add(count).is_none() {
            return Err(wrong("the guest has no ports above 65535"));
        }
        Ok(Forward { protocol, address: host, port: first, count: count + 1, guest, guest_port })
    }
}

impl Forward {
    /// Opens its sockets, one a port.
    pub(super) fn open(&self) -> Result<Vec<OwnedFd>, ForwardError> {
        let one = |offset: u16| {
            let address = SocketAddr::new(self.address, self.port.saturating_add(offset));
            open(self.protocol, address).map_err(|why| ForwardError::Listen {
                protocol: self.protocol,
                address,
                why,
            })
        };
        (0..self.count).map(one).collect()
    }
}

fn open(protocol: Protocol, address: SocketAddr) -> io::Result<OwnedFd> {
    let family = if address.is_ipv6() { AddressFamily::INET6 } else { AddressFamily::INET };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let kind = if protocol == Protocol::Tcp { SocketType::STREAM } else { SocketType::DGRAM };
    let fd = socket_with(family, kind, flags, None)?;
    if address.is_ipv6() {
        sockopt::set_ipv6_v6only(&fd, true)?;
    }
    if protocol == Protocol::Tcp {
        sockopt::set_socket_reuseaddr(&fd, true)?;
    }
    bind(&fd, &address)?;
    if protocol == Protocol::Tcp {
        listen(&fd, 128)?;
    }
    Ok(fd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Forward {
        text.parse().unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn rules_read_and_write() {
        let plain = read("2222:22");
        assert_eq!((plain.protocol, plain.port, plain.count, plain.guest_port), (Protocol::Tcp, 2222, 1, 22));
        assert_eq!(plain.address, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let cases = [
            ("2222:22", "tcp:127.0.0.1:2222:22"),
            ("udp:5353:53", "udp:127.0.0.1:5353:53"),
            ("5353:53/udp", "udp:127.0.0.1:5353:53"),
            ("0.0.0.0:8000-8009:9000", "tcp:0.0.0.0:8000-8009:9000"),
            ("tcp:[::1]:80:8080", "tcp:[::1]:80:8080"),
            ("80:10.0.2.16:8080", "tcp:127.0.0.1:80:10.0.2.16:8080"),
            ("[::]:80:[fec0::15]:8080", "tcp:[::]:80:[fec0::15]:8080"),
        ];
        for (text, full) in cases {
            let rule = read(text);
            assert_eq!(rule.to_string(), full);
            assert_eq!(read(full), rule);
        }
    }

    #[test]
    fn nonsense_is_refused_in_one_line() {
        for text in [
            "",
            "22",
            "a:b",
            "22:0",
            "9-8:1",
            "1-2000:1",
            "1.2.3:4:5",
            "60000-60900:65000",
            "::1:22:22",
            "x:1:2",
        ] {
            let said = text.parse::<Forward>().unwrap_err().to_string();
            assert!(said.contains("as in 2222:22") && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn a_port_in_use_is_named() {
        let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = busy.local_addr().unwrap().port();
        let said = read(&format!("{port}:22")).open().unwrap_err().to_string();
        assert!(
            said.contains(&format!("127.0.0.1:{port}")) && said.contains("choose another port"),
            "{said}"
        );
    }
}
