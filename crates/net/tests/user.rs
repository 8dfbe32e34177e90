//! The user network under a guest that is not ours, against services that the test itself runs on loopback.

mod guest;

use guest::{Faults, Guest, pattern, pattern_bytes};
use lodge_net::Offloads;
use lodge_net::user::{Config, Forward, Host, Outside, Resolvers, User};
use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::State;
use smoltcp::socket::{dhcpv4, icmp, udp};
use smoltcp::wire::{IpAddress, IpEndpoint};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const MIB: usize = 1 << 20;
const GATEWAY: &str = "10.0.2.2";

fn guest(config: Config, offloads: Offloads) -> Guest {
    Guest::new(User::new(config).unwrap(), offloads)
}

fn plain() -> Guest {
    guest(Config::default(), Offloads::NONE)
}

/// A service for one connection after the other, each on a thread.
fn serve(address: &str, work: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> u16 {
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let work = work.clone();
            thread::spawn(move || work(stream));
        }
    });
    port
}

fn serve_once<R: Send + 'static>(work: impl FnOnce(TcpStream) -> R + Send + 'static) -> (u16, JoinHandle<R>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, thread::spawn(move || work(listener.accept().unwrap().0)))
}

fn echo(mut stream: TcpStream) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        if stream.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
}

fn source(mut stream: TcpStream, len: usize) {
    let mut at = 0;
    while at < len {
        let bytes = pattern_bytes(at, (len - at).min(256 << 10));
        stream.write_all(&bytes).unwrap();
        at += bytes.len();
    }
}

/// Counts the bytes of the pattern until the end.
fn sink(stream: &mut impl Read) -> io::Result<usize> {
    let (mut at, mut buffer) = (0, vec![0; 256 << 10]);
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(at);
        }
        assert!(buffer[..count] == pattern_bytes(at, count)[..], "spoilt near {at}");
        at += count;
    }
}

fn connected(guest: &mut Guest, port: u16, buffer: usize) -> SocketHandle {
    let handle = guest.connect(GATEWAY, port, buffer);
    guest.until("connecting", |g| g.tcp(handle).may_send());
    handle
}

/// The guest takes `len` bytes of the pattern and then the end.
fn download(guest: &mut Guest, handle: SocketHandle, len: usize) {
    let mut at = 0;
    guest.until("a download", |g| {
        let socket = g.tcp(handle);
        while socket.can_recv() {
            at += socket
                .recv(|bytes| {
                    assert!(bytes == &pattern_bytes(at, bytes.len())[..], "spoilt near {at}");
                    (bytes.len(), bytes.len())
                })
                .unwrap();
        }
        at == len && !socket.may_recv()
    });
}

/// The guest sends `len` bytes of the pattern and then the end.
fn upload(guest: &mut Guest, handle: SocketHandle, len: usize) {
    let mut at = 0;
    guest.until("an upload", |g| {
        let socket = g.tcp(handle);
        while at < len && socket.can_send() {
            let most = len - at;
            at += socket
                .send(|room| {
                    let count = room.len().min(most);
                    room[..count].iter_mut().enumerate().for_each(|(i, b)| *b = pattern(at + i));
                    (count, count)
                })
                .unwrap();
        }
        at == len
    });
    guest.tcp(handle).close();
}

fn finished(guest: &mut Guest, handle: SocketHandle) {
    guest.until("closing", |g| matches!(g.tcp(handle).state(), State::Closed | State::TimeWait));
}

fn both_ways(mut guest: Guest, len: usize, buffer: usize) -> Guest {
    let port = serve("127.0.0.1", move |stream| source(stream, len));
    let handle = connected(&mut guest, port, buffer);
    download(&mut guest, handle, len);
    guest.tcp(handle).close();
    finished(&mut guest, handle);
    let (port, sunk) = serve_once(|mut stream| sink(&mut stream).unwrap());
    let handle = connected(&mut guest, port, buffer);
    upload(&mut guest, handle, len);
    finished(&mut guest, handle);
    assert_eq!(sunk.join().unwrap(), len);
    guest
}

#[test]
fn much_in_both_directions_without_offloads() {
    let guest = both_ways(plain(), 24 * MIB, MIB);
    assert_eq!(guest.wire.largest, 1514);
}

#[test]
fn much_in_both_directions_in_large_units() {
    let guest = both_ways(guest(Config::default(), Offloads::ALL), 100 * MIB, MIB);
    assert!(guest.wire.largest > 50_000, "no large units came: {}", guest.wire.largest);
}

#[test]
fn large_units_are_cut_as_they_say() {
    let mut guest = guest(Config::default(), Offloads::ALL);
    guest.wire.cut = true;
    both_ways(guest, 8 * MIB, MIB);
}

#[test]
fn small_and_large_mtus() {
    for mtu in [1280, 1281, 9000, 65520] {
        let config = Config { mtu, ..Config::default() };
        let guest = both_ways(guest(config, Offloads::NONE), 3 * MIB + 7, MIB);
        assert!(guest.wire.largest <= usize::from(mtu) + 14 && guest.wire.largest > usize::from(mtu) / 2);
    }
}

#[test]
fn small_windows() {
    both_ways(plain(), 300_000, 700);
    both_ways(guest(Config::default(), Offloads::ALL), MIB, 5000);
}

#[test]
fn lost_doubled_and_swapped_frames() {
    for (seed, offloads) in [(1, Offloads::NONE), (2, Offloads::ALL), (3, Offloads::NONE)] {
        let mut guest = guest(Config::default(), offloads);
        guest.wire.cut = offloads.checksum;
        guest.wire.seed = seed;
        guest.wire.faults = Faults { lose: 20, swap: 20, double: 20 };
        both_ways(guest, MIB / 2, 256 << 10);
    }
}

#[test]
fn two_hundred_connections_at_once() {
    let mut guest = plain();
    let port = serve("127.0.0.1", echo);
    let len = 20_000;
    let handles: Vec<_> = (0..200).map(|_| guest.connect(GATEWAY, port, 8192)).collect();
    let mut state: Vec<_> = handles.iter().map(|h| (*h, 0, 0)).collect();
    guest.until("200 echoes", |g| {
        for (handle, sent, got) in &mut state {
            let socket = g.tcp(*handle);
            if *sent < len && socket.can_send() {
                *sent += socket.send_slice(&pattern_bytes(*sent, len - *sent)).unwrap();
            }
            if socket.can_recv() {
                *got += socket
                    .recv(|bytes| {
                        assert_eq!(bytes, pattern_bytes(*got, bytes.len()));
                        (bytes.len(), bytes.len())
                    })
                    .unwrap();
            }
        }
        state.iter().all(|(_, _, got)| *got == len)
    });
    for handle in &handles {
        guest.tcp(*handle).close();
    }
    for handle in handles {
        finished(&mut guest, handle);
    }
}

#[test]
fn the_guest_may_close_its_half_first() {
    let (port, told) = serve_once(|mut stream| {
        let count = sink(&mut stream).unwrap();
        source(stream, 2 * MIB);
        count
    });
    let mut guest = plain();
    let handle = connected(&mut guest, port, 64 << 10);
    upload(&mut guest, handle, 500_000);
    download(&mut guest, handle, 2 * MIB);
    assert_eq!(told.join().unwrap(), 500_000);
    finished(&mut guest, handle);
}

#[test]
fn the_host_may_close_its_half_first() {
    let (port, told) = serve_once(|mut stream| {
        source(stream.try_clone().unwrap(), 100_000);
        stream.shutdown(Shutdown::Write).unwrap();
        sink(&mut stream).unwrap()
    });
    let mut guest = plain();
    let handle = connected(&mut guest, port, 64 << 10);
    download(&mut guest, handle, 100_000);
    upload(&mut guest, handle, 700_000);
    finished(&mut guest, handle);
    assert_eq!(told.join().unwrap(), 700_000);
}

#[test]
fn resets_pass_both_ways() {
    let (port, told) = serve_once(|mut stream| sink(&mut stream).unwrap_err().kind());
    let mut guest = plain();
    let handle = connected(&mut guest, port, 8192);
    guest.tcp(handle).send_slice(b"").unwrap();
    guest.tcp(handle).abort();
    guest.until("the reset to arrive", |_| told.is_finished());
    assert_eq!(told.join().unwrap(), io::ErrorKind::ConnectionReset);

    // What is closed with something unread is reset.
    let (port, told) = serve_once(|stream| {
        stream.peek(&mut [0; 8]).unwrap();
    });
    let handle = connected(&mut guest, port, 8192);
    guest.tcp(handle).send_slice(b"unread").unwrap();
    guest.until("the reset to arrive", |g| g.tcp(handle).state() == State::Closed);
    told.join().unwrap();

    // Nobody listens.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let handle = guest.connect(GATEWAY, free, 8192);
    guest.until("the refusal", |g| g.tcp(handle).state() == State::Closed);
}

#[test]
fn either_side_may_be_slow() {
    let mut guest = plain();
    let port = serve("127.0.0.1", |stream| source(stream, 8 * MIB));
    let handle = connected(&mut guest, port, 16 << 10);
    let end = Instant::now() + Duration::from_millis(1500);
    while Instant::now() < end {
        guest.step(); // a closed window, and probes
    }
    download(&mut guest, handle, 8 * MIB);
    let (port, told) = serve_once(|mut stream| {
        thread::sleep(Duration::from_millis(1500));
        sink(&mut stream).unwrap()
    });
    let handle = connected(&mut guest, port, MIB);
    upload(&mut guest, handle, 12 * MIB);
    finished(&mut guest, handle);
    assert_eq!(told.join().unwrap(), 12 * MIB);
}

#[test]
fn six_is_as_four() {
    let port = serve("::1", |stream| source(stream, 3 * MIB));
    for offloads in [Offloads::NONE, Offloads::ALL] {
        let mut guest = guest(Config::default(), offloads);
        guest.wire.cut = offloads.checksum;
        let handle = guest.connect("fec0::2", port, MIB);
        download(&mut guest, handle, 3 * MIB);
    }
}

#[test]
fn connections_come_in_by_forwards() {
    let control = User::new(Config::default()).unwrap().control();
    assert!(control.add_forward("0:22".parse().unwrap()).is_err(), "its network has gone");

    let user = User::new(Config::default()).unwrap();
    let control = user.control();
    let rule = control.add_forward("0:22".parse().unwrap()).unwrap();
    assert!(rule.port != 0 && control.forwards() == [rule.clone()]);
    let mut guest = Guest::new(user, Offloads::NONE);
    let handle = guest.socket(MIB);
    guest.tcp(handle).listen(22).unwrap();
    let address = SocketAddr::new(rule.address, rule.port);
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        source(stream.try_clone().unwrap(), 2 * MIB);
        stream.shutdown(Shutdown::Write).unwrap();
        sink(&mut stream).unwrap()
    });
    download(&mut guest, handle, 2 * MIB);
    let seen = guest.tcp(handle).remote_endpoint().unwrap().addr;
    assert_eq!(seen.to_string(), GATEWAY);
    upload(&mut guest, handle, 3 * MIB);
    finished(&mut guest, handle);
    assert_eq!(client.join().unwrap(), 3 * MIB);
    assert_eq!(control.status().connections, 1);

    // Nobody listens in the guest.
    let client = thread::spawn(move || TcpStream::connect(address).unwrap().read(&mut [0; 8]));
    guest.until("the reset", |_| client.is_finished());
    assert_eq!(client.join().unwrap().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    control.remove_forward(&rule).unwrap();
    assert!(control.remove_forward(&rule).unwrap_err().to_string().contains("nothing is forwarded"));
    drop(TcpListener::bind(address).unwrap());
}

fn udp_socket(guest: &mut Guest, port: u16) -> SocketHandle {
    let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; 64], vec![0; 64 << 10]);
    let mut socket = udp::Socket::new(buffer(), buffer());
    socket.bind(port).unwrap();
    guest.sockets.add(socket)
}

fn ask(guest: &mut Guest, handle: SocketHandle, to: (&str, u16), question: &[u8]) -> (Vec<u8>, IpEndpoint) {
    let address: std::net::IpAddr = to.0.parse().unwrap();
    let to = IpEndpoint::new(address.into(), to.1);
    guest.sockets.get_mut::<udp::Socket>(handle).send_slice(question, to).unwrap();
    guest.until("an answer", |g| g.sockets.get_mut::<udp::Socket>(handle).can_recv());
    let (answer, meta) = guest.sockets.get_mut::<udp::Socket>(handle).recv().unwrap();
    (answer.to_vec(), meta.endpoint)
}

/// Sends back what comes, reversed.
fn udp_service() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = vec![0; 65_536];
        while let Ok((count, from)) = socket.recv_from(&mut buffer) {
            buffer[..count].reverse();
            let _ = socket.send_to(&buffer[..count], from);
        }
    });
    address
}

/// The host's sockets, with other name servers.
struct Named(Vec<SocketAddr>);

impl Outside for Named {
    fn connect(&self, to: SocketAddr) -> io::Result<(OwnedFd, bool)> {
        Host.connect(to)
    }

    fn datagrams(&self, v6: bool) -> io::Result<OwnedFd> {
        Host.datagrams(v6)
    }

    fn echo(&self, v6: bool) -> io::Result<OwnedFd> {
        Host.echo(v6)
    }

    fn resolvers(&self) -> Resolvers {
        Resolvers { servers: self.0.clone(), search: vec!["example.org".into()] }
    }
}

#[test]
fn datagrams_whole_and_in_parts() {
    let service = udp_service();
    for offloads in [Offloads::NONE, Offloads::ALL] {
        let mut guest = guest(Config::default(), offloads);
        let handle = udp_socket(&mut guest, 5000);
        for len in [0, 1, 1000, 1472, 1473, 4000, 8191] {
            let question = pattern_bytes(len, len);
            let (mut answer, from) = ask(&mut guest, handle, (GATEWAY, service.port()), &question);
            answer.reverse();
            assert!(answer == question, "{len} bytes");
            assert_eq!(from.to_string(), format!("{GATEWAY}:{}", service.port()));
        }
    }
}

#[test]
fn a_storm_of_names() {
    let service = udp_service();
    let dead = UdpSocket::bind("127.0.0.1:0").unwrap(); // never answers
    let servers = vec![dead.local_addr().unwrap(), service];
    let user = User::with_outside(Config::default(), Box::new(Named(servers))).unwrap();
    let control = user.control();
    let mut guest = Guest::new(user, Offloads::NONE);
    let handles: Vec<_> = (0..300).map(|i| udp_socket(&mut guest, 20_000 + i)).collect();
    let to = IpEndpoint::new(IpAddress::v4(10, 0, 2, 3), 53);
    let waiting = |g: &mut Guest| -> Vec<SocketHandle> {
        let open = |h: &&SocketHandle| !g.sockets.get_mut::<udp::Socket>(**h).can_recv();
        handles.iter().filter(open).copied().collect()
    };
    // The first server is dead; once that has shown, all ask the second.
    for round in 0..20u8 {
        let asking = waiting(&mut guest);
        for handle in &asking {
            guest.sockets.get_mut::<udp::Socket>(*handle).send_slice(&[round, 2, 3], to).unwrap();
        }
        let end = Instant::now() + Duration::from_millis(1100);
        while Instant::now() < end && !waiting(&mut guest).is_empty() {
            guest.step();
        }
    }
    assert!(waiting(&mut guest).is_empty());
    let (answer, meta) = guest.sockets.get_mut::<udp::Socket>(handles[0]).recv().unwrap();
    assert!(answer[..2] == [3, 2] && answer[2] > 0 && meta.endpoint == to);
    assert_eq!(control.status().udp, 300);
}

#[test]
fn names_by_tcp_and_nothing_else_there() {
    let port = serve("127.0.0.1", echo);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let servers = vec![closed, SocketAddr::new([127, 0, 0, 1].into(), port)];
    let user = User::with_outside(Config::default(), Box::new(Named(servers))).unwrap();
    let mut guest = Guest::new(user, Offloads::NONE);
    let handle = guest.connect("10.0.2.3", 53, 8192);
    guest.until("the name server", |g| g.tcp(handle).may_send());
    guest.tcp(handle).send_slice(b"question").unwrap();
    guest.until("its answer", |g| g.tcp(handle).recv_queue() == 8);
    let handle = guest.connect("10.0.2.3", 80, 8192);
    guest.until("the refusal", |g| g.tcp(handle).state() == State::Closed);
}

#[test]
fn names_by_six() {
    let servers = vec![udp_service()]; // an IPv4 one
    let user = User::with_outside(Config::default(), Box::new(Named(servers))).unwrap();
    let mut guest = Guest::new(user, Offloads::NONE);
    let handle = udp_socket(&mut guest, 5000);
    let (answer, from) = ask(&mut guest, handle, ("fec0::3", 53), b"abc");
    assert_eq!((&answer[..], from.to_string().as_str()), (&b"cba"[..], "fec0::3:53"));
}

#[test]
fn a_connection_from_outside_waits_for_the_guest() {
    let user = User::new(Config::default()).unwrap();
    let rule = user.control().add_forward("0:22".parse().unwrap()).unwrap();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect((rule.address, rule.port)).unwrap();
        let mut hello = [0; 5];
        stream.read_exact(&mut hello).unwrap();
        hello
    });
    // Nobody is there yet.
    let mut guest = Guest::bare(user, Offloads::NONE);
    let end = Instant::now() + Duration::from_millis(300);
    while Instant::now() < end {
        guest.step();
    }
    guest.address();
    let handle = guest.socket(8192);
    guest.tcp(handle).listen(22).unwrap();
    guest.until("the client", |g| g.tcp(handle).may_send());
    guest.tcp(handle).send_slice(b"hello").unwrap();
    guest.until("the greeting", |_| client.is_finished());
    assert_eq!(&client.join().unwrap(), b"hello");
}

#[test]
fn datagrams_come_in_by_forwards() {
    let user = User::new(Config::default()).unwrap();
    let rule: Forward = "udp:0:7".parse().unwrap();
    let rule = user.control().add_forward(rule).unwrap();
    let mut guest = Guest::new(user, Offloads::NONE);
    let handle = udp_socket(&mut guest, 7);
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect((rule.address, rule.port)).unwrap();
    client.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    let mut answer = [0; 16];
    guest.until("a datagram to come back", |g| {
        let _ = client.send(b"ping"); // the first is lost while the guest is looked for
        let socket = g.sockets.get_mut::<udp::Socket>(handle);
        if let Ok((bytes, meta)) = socket.recv().map(|(b, m)| (b.to_vec(), m)) {
            assert_eq!(meta.endpoint.addr.to_string(), GATEWAY);
            socket.send_slice(&bytes, meta.endpoint).unwrap();
        }
        client.recv(&mut answer).is_ok_and(|n| answer[..n] == *b"ping")
    });
}

#[test]
fn an_address_by_dhcp() {
    let config = Config { hostname: Some("box".into()), ..Config::default() };
    let servers = vec!["127.0.0.1:53".parse().unwrap()];
    let user = User::with_outside(config, Box::new(Named(servers))).unwrap();
    let mut guest = Guest::bare(user, Offloads::NONE);
    let handle = guest.sockets.add(dhcpv4::Socket::new());
    let mut found = None;
    guest.until("a lease", |g| {
        if let Some(dhcpv4::Event::Configured(c)) = g.sockets.get_mut::<dhcpv4::Socket>(handle).poll() {
            found = Some((c.address.to_string(), c.router, c.dns_servers.to_vec()));
        }
        found.is_some()
    });
    let (address, router, servers) = found.unwrap();
    assert_eq!(address, "10.0.2.15/24");
    assert_eq!(router.unwrap().to_string(), GATEWAY);
    assert_eq!(servers[0].to_string(), "10.0.2.3");
}

#[test]
fn the_router_answers_pings() {
    let mut guest = plain();
    let buffer = || icmp::PacketBuffer::new(vec![icmp::PacketMetadata::EMPTY; 4], vec![0; 4096]);
    let mut socket = icmp::Socket::new(buffer(), buffer());
    socket.bind(icmp::Endpoint::Ident(77)).unwrap();
    let handle = guest.sockets.add(socket);
    for len in [8, 64, 1480, 4000] {
        let mut request = pattern_bytes(0, len);
        request[..6].copy_from_slice(&[8, 0, 0, 0, 0, 77]);
        let sum = !request.chunks(2).fold(0u32, |s, c| {
            let s = s + (u32::from(c[0]) << 8 | u32::from(c[1]));
            (s & 0xffff) + (s >> 16)
        });
        request[2..4].copy_from_slice(&(sum as u16).to_be_bytes());
        let socket = guest.sockets.get_mut::<icmp::Socket>(handle);
        socket.send_slice(&request, IpAddress::v4(10, 0, 2, 2)).unwrap();
        guest.until("a reply", |g| g.sockets.get_mut::<icmp::Socket>(handle).can_recv());
        let (reply, from) = guest.sockets.get_mut::<icmp::Socket>(handle).recv().unwrap();
        assert_eq!((reply.len(), reply[0], from.to_string()), (len, 0, GATEWAY.to_string()));
        assert_eq!(reply[8..], request[8..]);
    }
}

#[test]
fn a_restricted_network_lets_nothing_out() {
    let port = serve("127.0.0.1", echo);
    let user = User::new(Config { restrict: true, ..Config::default() }).unwrap();
    let rule = user.control().add_forward("0:22".parse().unwrap()).unwrap();
    let mut guest = Guest::new(user, Offloads::NONE);
    let out = guest.connect(GATEWAY, port, 8192);
    let far = guest.connect("192.0.2.1", 80, 8192);
    let inside = guest.socket(8192);
    guest.tcp(inside).listen(22).unwrap();
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect((rule.address, rule.port)).unwrap();
        stream.write_all(b"hello").unwrap();
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).unwrap();
        answer
    });
    guest.until("the way in", |g| g.tcp(inside).recv_queue() == 5);
    guest.tcp(inside).send_slice(b"world").unwrap();
    guest.until("the way back", |_| client.is_finished());
    assert_eq!(&client.join().unwrap(), b"world");
    assert!(!guest.tcp(out).may_send() && !guest.tcp(far).may_send());
}

#[test]
fn a_flood_of_connections_is_bounded() {
    let user = User::new(Config { flows: 64, ..Config::default() }).unwrap();
    let control = user.control();
    let mut guest = Guest::new(user, Offloads::NONE);
    let port = serve("127.0.0.1", echo);
    let handles: Vec<_> = (0..200).map(|_| guest.connect(GATEWAY, port, 2048)).collect();
    guest.until("all to be served or refused", |g| {
        handles.iter().all(|h| g.tcp(*h).may_send() || g.tcp(*h).state() == State::Closed)
    });
    let served: Vec<_> = handles.into_iter().filter(|h| guest.tcp(*h).may_send()).collect();
    assert_eq!(served.len(), 64);
    assert_eq!(control.status().tcp, 64);
    for handle in &served {
        guest.tcp(*handle).close();
    }
    for handle in served {
        finished(&mut guest, handle);
    }
    // Now there is room again.
    connected(&mut guest, port, 2048);
}

#[test]
fn everything_about_a_capture_is_in_its_file() {
    let path = std::env::temp_dir().join(format!("lodge-user-{}.pcapng", std::process::id()));
    let user = User::new(Config::default()).unwrap();
    let captured = lodge_net::Capture::new(user, &path, "net0").unwrap();
    let mut guest = Guest::new(captured, Offloads::ALL);
    let port = serve("127.0.0.1", |stream| source(stream, MIB));
    let handle = guest.connect(GATEWAY, port, MIB);
    download(&mut guest, handle, MIB);
    let size = std::fs::metadata(&path).unwrap().len();
    std::fs::remove_file(&path).unwrap();
    assert!(size > MIB as u64, "{size}");
}
