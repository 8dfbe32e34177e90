//! A guest on networks: the user network, forwarded ports, taps, bridges and a switch shared by two guests.
//!
//! Everything happens in a network namespace of its own (`unshare(1)`), whose loopback interface is all the outside
//! there is: no packet of a test leaves the host, and names are those that the test itself knows.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::Command;
use std::time::{Duration, Instant};

use lodge_tests::{
    Guest, Machine, Need, Scratch, Shell, Web, finish, lodge, names, need, pattern, peer, sha256,
};

const BOOT: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(90);
/// A whole Debian, on a busy host.
const LONG: Duration = Duration::from_secs(600);
const PROMPT: &str = "root@lodge:~# ";
/// Says that the test is in its namespace already.
const INSIDE: &str = "LODGE_TEST_NAMESPACE";

/// Whether this is the test itself, in its namespace; otherwise runs it there, or skips it.
#[track_caller]
fn inside(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let needs = [
        Need::Guest(Guest::Kernel),
        Need::Guest(Guest::Initrd),
        Need::Program("unshare"),
        Need::Program("ip"),
    ];
    if peer() || !need(&needs) {
        return false;
    }
    let scratch = Scratch::new();
    let resolv = scratch.file("resolv.conf", b"nameserver 127.0.0.1\n");
    let script = "ip link set lo up && mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "--mount", "sh", "-c", script]).arg(resolv);
    command.arg(std::env::current_exe().expect("a test has a program"));
    command.args(["--exact", test, "--nocapture"]).env(INSIDE, "1");
    let done = finish(&mut command, 2 * LONG);
    if done.err.contains("unshare failed") || done.err.contains("unshare: ") {
        println!("skipped: no namespaces here: {}", done.err.trim());
        return false;
    }
    assert!(done.status.success(), "in its namespace:\n{}\n{}", done.out, done.err);
    assert!(done.out.contains("1 passed"), "the test {test} is not there:\n{}", done.out);
    false
}

/// The checksum of `content`, as the guest's tools say it.
fn sum(content: &[u8]) -> String {
    let scratch = Scratch::new();
    sha256(&scratch.file("content", content), content.len() as u64)
}

/// What `seq 1 COUNT` prints.
fn numbers(count: u32) -> Vec<u8> {
    (1..=count).map(|n| format!("{n}\n")).collect::<String>().into_bytes()
}

fn sh(script: &str) {
    let done = Command::new("sh").args(["-ec", script]).output().expect("start sh");
    assert!(done.status.success(), "{script}: {}", String::from_utf8_lossy(&done.stderr));
}

fn guest(arguments: &[&str]) -> Shell {
    Shell::enter(Machine::busybox().arguments(arguments).on_terminal(), PROMPT, BOOT, ANSWER)
}

/// Waits in the guest until `command` succeeds.
#[track_caller]
fn until(shell: &mut Shell, command: &str) {
    shell.run(&format!(
        "for i in $(seq 300); do {command} >/dev/null 2>&1 && break; sleep 0.1; done; {command} 2>&1"
    ));
}

fn has_address(shell: &mut Shell) {
    until(shell, "ip -4 address show dev eth0 | grep -q 'inet 10.0.2.15/24'");
}

/// Talks to a port until somebody answers with a line.
fn ask(port: u16, question: &str) -> String {
    let end = Instant::now() + ANSWER;
    loop {
        let mut answer = String::new();
        if let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) {
            let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
            let _ = stream.write_all(question.as_bytes());
            let _ = stream.read_to_string(&mut answer);
        }
        if !answer.is_empty() {
            return answer;
        }
        assert!(Instant::now() < end, "nobody answers at port {port}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_user_network_just_works() {
    if !inside("the_user_network_just_works") {
        return;
    }
    names("127.0.0.1:53".parse().expect("an address"), Ipv4Addr::new(10, 0, 2, 2));
    let content = pattern(7, 4 << 20);
    let web = Web::serve(content.clone());
    let scratch = Scratch::new();
    let pcap = scratch.path().join("net.pcapng");
    let pcap_name = pcap.to_string_lossy().into_owned();
    let mut shell = guest(&["--forward", "8022:80", "--pcap", &pcap_name]);
    has_address(&mut shell);
    let port = web.port;
    shell.run("ping -c 2 -w 20 10.0.2.2");
    until(&mut shell, "grep -q 'nameserver 10.0.2.3' /etc/resolv.conf");
    shell.run(&format!("wget -q -O /tmp/a http://server.test:{port}/a"));
    shell.answers("sha256sum /tmp/a | cut -c 1-64", &sum(&content));
    let (_, missing) = shell.run_status("wget -q -O /tmp/b http://server.elsewhere/");
    assert_ne!(missing, 0);
    // Several at once, and what the guest sends.
    let each = format!("wget -q -O - http://10.0.2.2:{port}/ | sha256sum | cut -c 1-64");
    let all = format!("for i in 1 2 3 4; do {each} & done; wait");
    shell.answers(&all, &[sum(&content), sum(&content), sum(&content), sum(&content)].join("\n"));
    // Text, since busybox posts no zero bytes.
    shell.run(&format!("seq 1 300000 >/tmp/c; wget -q -O - --post-file /tmp/c http://10.0.2.2:{port}/"));
    assert!(web.posted() == [numbers(300_000)], "what was posted arrives whole");
    // In: a service of the guest.
    shell.run("mkdir /tmp/www; echo from the guest >/tmp/www/index.html; httpd -p 80 -h /tmp/www");
    assert!(ask(8022, "GET / HTTP/1.0\r\n\r\n").ends_with("from the guest\n"));
    // IPv6 by router advertisement.
    until(
        &mut shell,
        "ip -6 address show dev eth0 scope global | grep -q inet6 || ip -6 address show dev eth0 | grep -q fec0",
    );
    shell.run("ping6 -c 1 -w 20 fec0::2");
    shell.power_off("poweroff", ANSWER);
    let recorded = std::fs::read(&pcap).expect("the capture is there");
    assert!(recorded.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) && recorded.len() > content.len());
}

#[test]
fn a_restricted_guest_is_only_reached() {
    if !inside("a_restricted_guest_is_only_reached") {
        return;
    }
    let web = Web::serve(b"secret".to_vec());
    let mut shell = guest(&["--net", "user,restrict=on,ipv6=off", "--forward", "8023:80"]);
    has_address(&mut shell);
    let (_, status) = shell.run_status(&format!("wget -q -T 5 -O - http://10.0.2.2:{}/", web.port));
    assert_ne!(status, 0, "it got out");
    shell.run("mkdir /tmp/www; echo inside >/tmp/www/index.html; httpd -p 80 -h /tmp/www");
    assert!(ask(8023, "GET / HTTP/1.0\r\n\r\n").ends_with("inside\n"));
    shell.power_off("poweroff", ANSWER);
}

#[test]
fn a_guest_without_a_network_has_none() {
    if !inside("a_guest_without_a_network_has_none") {
        return;
    }
    let mut shell = guest(&["--net", "none"]);
    shell.answers("ls /sys/class/net", "lo");
    shell.power_off("poweroff", ANSWER);
}

#[test]
fn taps_and_bridges_lead_to_the_host() {
    if !inside("taps_and_bridges_lead_to_the_host") {
        return;
    }
    sh("ip tuntap add tap0 mode tap; ip address add 192.168.77.1/24 dev tap0; ip link set tap0 up");
    sh("ip link add br0 type bridge; ip address add 192.168.78.1/24 dev br0; ip link set br0 up");
    let content = pattern(9, 2 << 20);
    let web = Web::serve(content.clone());
    let mut shell = guest(&["--net", "tap=tap0,mac=52:54:00:00:00:77", "--net", "bridge=br0", "--cpus", "2"]);
    shell.answers("cat /sys/class/net/eth0/address", "52:54:00:00:00:77");
    for (card, network) in [("eth0", 77), ("eth1", 78)] {
        shell.run(&format!("ip address add 192.168.{network}.2/24 dev {card}; ip link set {card} up"));
        let url = format!("http://192.168.{network}.1:{}/", web.port);
        until(&mut shell, &format!("ping -c 1 -w 2 192.168.{network}.1"));
        shell.answers(&format!("wget -q -O - {url} | sha256sum | cut -c 1-64"), &sum(&content));
        shell.run(&format!("seq 1 100000 >/tmp/c; wget -q -O - --post-file /tmp/c {url}"));
    }
    assert!(web.posted() == [numbers(100_000), numbers(100_000)]);
    shell.power_off("poweroff", ANSWER);
    // What was made for the run is gone with it.
    let left = Command::new("ip").args(["-o", "link"]).output().expect("start ip");
    let left = String::from_utf8_lossy(&left.stdout).into_owned();
    assert!(!left.contains("lodge"), "{left}");
}

#[test]
fn two_guests_share_a_switch() {
    if !inside("two_guests_share_a_switch") {
        return;
    }
    let scratch = Scratch::new();
    let lan = format!("switch={}", scratch.path().join("lan").display());
    let mut one = guest(&["--net", &lan]);
    let mut two = guest(&["--net", &lan]);
    one.run("ip address add 10.9.0.1/24 dev eth0; ip link set eth0 up");
    two.run("ip address add 10.9.0.2/24 dev eth0; ip link set eth0 up");
    until(&mut one, "ping -c 1 -w 2 10.9.0.2");
    one.run("mkdir /tmp/www; seq 1 100000 >/tmp/www/a; httpd -p 80 -h /tmp/www");
    let sum = one.run("sha256sum </tmp/www/a");
    two.answers("wget -q -O - http://10.9.0.1/a | sha256sum", &sum);
    // The switch was in the first machine; the second is alone with it now, and a third meets it there.
    one.power_off("poweroff", ANSWER);
    let mut three = guest(&["--net", &lan]);
    three.run("ip address add 10.9.0.3/24 dev eth0; ip link set eth0 up");
    until(&mut three, "ping -c 1 -w 2 10.9.0.2");
    two.power_off("poweroff", ANSWER);
    three.power_off("poweroff", ANSWER);
}

#[test]
fn ssh_and_cp_reach_debian() {
    let needs =
        [Need::Minutes, Need::Guest(Guest::DebianDisk), Need::Program("ssh"), Need::Program("ssh-keygen")];
    if (std::env::var_os(INSIDE).is_none() && !need(&needs)) || !inside("ssh_and_cp_reach_debian") {
        return;
    }
    let name = format!("net-{}", std::process::id());
    let machine = Machine::debian().cpus(2).memory("2G").arguments(&["--name", &name]);
    let mut session = machine.on_terminal();
    session.expect("login: ", LONG);
    let run = |arguments: &[&str]| {
        let done = finish(&mut lodge(arguments), LONG);
        assert!(done.status.success(), "{arguments:?}: {done:#?}");
        done.out
    };
    assert!(run(&["ssh", &name, "ip -4 address show dev eth0"]).contains("10.0.2.15/24"));
    let (scratch, content) = (Scratch::new(), pattern(11, 3 << 20));
    let there = scratch.file("there", &content).to_string_lossy().into_owned();
    let back = scratch.path().join("back").to_string_lossy().into_owned();
    run(&["cp", &there, &format!("{name}:/root/copy")]);
    run(&["cp", &format!("{name}:/root/copy"), &back]);
    assert!(std::fs::read(&back).expect("the copy") == content, "a file comes back as it was");
    finish(&mut lodge(&["ssh", &name, "poweroff"]), LONG);
    session.ends_with(0, LONG);
    let gone = finish(&mut lodge(&["ssh", &name, "true"]), LONG);
    assert!(!gone.status.success() && gone.err.contains(&name), "{gone:#?}");
}

#[test]
fn what_cannot_be_is_said_in_one_line() {
    if !inside("what_cannot_be_is_said_in_one_line") {
        return;
    }
    let scratch = Scratch::new();
    let kernel = scratch.file("kernel", &[0; 64]).to_string_lossy().into_owned();
    let busy = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let taken = format!("{}:22", busy.local_addr().expect("an address").port());
    let long = format!("switch=/{}", "x".repeat(200));
    let cases: [(&[&str], &[&str]); 12] = [
        (&["--net", "tap=nowhere"], &["nowhere", "ip tuntap add"]),
        (&["--net", "bridge=nowhere"], &["nowhere", "ip link add"]),
        (&["--net", "tap=lo"], &["lo", "tap"]),
        (&["--net", "switch=/nowhere/at/all"], &["/nowhere/at/all"]),
        (&["--net", &long], &["at most 107"]),
        (&["--net", "ethernet"], &["ethernet", "user"]),
        (&["--net", "user,mtu=9"], &["68 to 65520"]),
        (&["--forward", &taken], &["another program", "port"]),
        (&["--forward", "0:22"], &["port 0"]),
        (&["--forward", "80:1", "--forward", "tcp:80:2"], &["same port"]),
        (
            &["--mac", "52:54:00:00:00:01", "--net", "user", "--net", "user,mac=52:54:00:00:00:01"],
            &["52:54:00:00:00:01"],
        ),
        (&["--pcap", "/nowhere/at/all"], &["/nowhere/at/all"]),
    ];
    for (arguments, words) in cases {
        let mut command = lodge(&["run", "--kernel", &kernel]);
        let done = finish(command.args(arguments), ANSWER);
        let said = format!("{arguments:?}: {done:#?}");
        assert!(!done.status.success() && done.status.code() != Some(101), "{said}");
        let lines: Vec<&str> = done.err.lines().collect();
        assert_eq!(lines.len(), 1, "{said}");
        for word in words {
            assert!(lines[0].contains(word), "it should say {word:?}: {said}");
        }
    }
}
