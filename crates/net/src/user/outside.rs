//! The world behind the router: the host's sockets, or something else that behaves like them.
//!
//! All descriptors are non-blocking. Tests and fuzz targets put another world here, so that nothing a made-up guest
//! says leaves the process.

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, ipproto, socket_with, sockopt};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::os::fd::OwnedFd;

/// How the host finds names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolvers {
    /// Name servers, best first.
    pub servers: Vec<SocketAddr>,
    /// Domains that short names are looked for in.
    pub search: Vec<String>,
}

/// Where connections go.
pub trait Outside: Send {
    /// Begins to connect; says whether that is done already. If it is not, the descriptor becomes writable when it is,
    /// with its outcome in `SO_ERROR`.
    ///
    /// # Errors
    /// What the host said.
    fn connect(&self, to: SocketAddr) -> io::Result<(OwnedFd, bool)>;

    /// A socket for datagrams to addresses of one family, and their answers.
    ///
    /// # Errors
    /// What the host said.
    fn datagrams(&self, v6: bool) -> io::Result<OwnedFd>;

    /// A socket for ICMP echo requests and their answers.
    ///
    /// # Errors
    /// What the host said.
    fn echo(&self, v6: bool) -> io::Result<OwnedFd>;

    /// How names are found. Asked again now and then.
    fn resolvers(&self) -> Resolvers;
}

/// The host's network, as the user who runs us sees it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Host;

const FLAGS: SocketFlags = SocketFlags::CLOEXEC.union(SocketFlags::NONBLOCK);

fn family(v6: bool) -> AddressFamily {
    if v6 { AddressFamily::INET6 } else { AddressFamily::INET }
}

impl Outside for Host {
    fn connect(&self, to: SocketAddr) -> io::Result<(OwnedFd, bool)> {
        let fd = socket_with(family(to.is_ipv6()), SocketType::STREAM, FLAGS, None)?;
        sockopt::set_tcp_nodelay(&fd, true)?;
        match connect(&fd, &to) {
            Ok(()) => Ok((fd, true)),
            Err(Errno::INPROGRESS) => Ok((fd, false)),
            Err(e) => Err(e.into()),
        }
    }

    fn datagrams(&self, v6: bool) -> io::Result<OwnedFd> {
        Ok(socket_with(family(v6), SocketType::DGRAM, FLAGS, None)?)
    }

    fn echo(&self, v6: bool) -> io::Result<OwnedFd> {
        let protocol = if v6 { ipproto::ICMPV6 } else { ipproto::ICMP };
        Ok(socket_with(family(v6), SocketType::DGRAM, FLAGS, Some(protocol))?)
    }

    fn resolvers(&self) -> Resolvers {
        parse(&fs::read_to_string("/etc/resolv.conf").unwrap_or_default())
    }
}

/// Reads the text of a `resolv.conf` (resolv.conf(5)).
fn parse(text: &str) -> Resolvers {
    let mut found = Resolvers::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => found.servers.extend(words.next().and_then(server)),
            Some("search" | "domain") => found.search = words.map(str::to_string).take(6).collect(),
            _ => {}
        }
    }
    found.servers.truncate(3);
    if found.servers.is_empty() {
        // What the C library does then.
        found.servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 53));
    }
    found
}

fn server(text: &str) -> Option<SocketAddr> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, 53));
    }
    // fe80::1%eth0
    let (address, interface) = text.split_once('%')?;
    let any = socket_with(AddressFamily::INET6, SocketType::DGRAM, FLAGS, None).ok()?;
    let index = rustix::net::netdevice::name_to_index(&any, interface).ok()?;
    Some(SocketAddrV6::new(address.parse().ok()?, 53, 0, index).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_resolv_conf() {
        let text = "# made by hand\nnameserver 192.0.2.1\nnameserver 2001:db8::1 # two\noptions ndots:1\n\
                    search example.org lan\nnameserver nonsense\nnameserver fe80::1%lo\n";
        let found = parse(text);
        assert_eq!(found.search, ["example.org", "lan"]);
        assert_eq!(found.servers[0], "192.0.2.1:53".parse().unwrap());
        assert_eq!(found.servers[1], "[2001:db8::1]:53".parse().unwrap());
        assert_eq!(found.servers[2], SocketAddrV6::new("fe80::1".parse().unwrap(), 53, 0, 1).into());
        assert_eq!(parse("").servers, ["127.0.0.1:53".parse().unwrap()]);
    }
}
