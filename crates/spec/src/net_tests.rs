//! Networks and forwards as users write them: what reads, and what is refused.

use super::*;

fn nic(text: &str) -> Nic {
    parse_nic(text).unwrap().unwrap()
}

#[test]
fn networks_parse() {
    assert_eq!(parse_nic("none"), Ok(None));
    assert_eq!(nic("user"), Nic::default());
    assert!(matches!(
        nic("user,restrict=on,ipv6=off").link,
        Link::User(User { restrict: true, ipv6: false, .. })
    ));
    assert_eq!(nic("tap=tap0").link, Link::Tap("tap0".into()));
    assert_eq!(nic("switch=lan").link, Link::Switch(Switch::Name("lan".into())));
    assert_eq!(nic("switch=/run/lan").link, Link::Switch(Switch::Path("/run/lan".into())));
    let all = nic("bridge=br0,mac=52:54:00:00:00:01,mtu=9000,queues=2,pcap=a,,b.pcapng");
    assert_eq!((all.mtu, all.queues, all.pcap), (Some(9000), 2, Some("a,b.pcapng".into())));
    assert_eq!(all.mac.unwrap().to_string(), "52:54:00:00:00:01");
    for bad in [
        "",
        "users",
        "user=x",
        "tap",
        "tap=",
        "tap=a/b",
        "tap=interface-too-long",
        "bridge=..",
        "switch=",
        "switch=.x",
        "switch=a b",
        "user,restrict=maybe",
        "tap=t,restrict=on",
        "user,mtu=67",
        "user,mtu=65521",
        "user,queues=0",
        "user,pcap=",
        "user,mac=1",
    ] {
        let error = parse_nic(bad).unwrap_err();
        assert!(matches!(error, SpecError::Net { .. } | SpecError::Mac { .. }), "{bad}");
    }
}

#[test]
fn hardware_addresses_are_of_one_machine() {
    assert_eq!("52-54-00-AB-cd-ef".parse(), Ok(Mac([0x52, 0x54, 0, 0xab, 0xcd, 0xef])));
    for bad in [
        "",
        "52:54:00:00:00",
        "52:54:00:00:00:00:00",
        "01:00:5e:00:00:01",
        "00:00:00:00:00:00",
        "5:4:0:0:0:1",
    ] {
        assert!(matches!(bad.parse::<Mac>(), Err(SpecError::Mac { .. })), "{bad}");
    }
}

#[test]
fn forwards_go_both_ways() {
    for (text, whole) in [
        ("2222:22", "tcp:127.0.0.1:2222:22"),
        ("udp:5353:53", "udp:127.0.0.1:5353:53"),
        (":80:80", "tcp:0.0.0.0:80:80"),
        ("tcp:0.0.0.0:8000-8009:80", "tcp:0.0.0.0:8000-8009:80"),
        ("[::1]:8080:80", "tcp:[::1]:8080:80"),
        ("localhost:1:2", "tcp:127.0.0.1:1:2"),
    ] {
        assert_eq!(text.parse::<Forward>().unwrap().to_string(), whole, "{text}");
    }
    for bad in [
        "",
        "22",
        "0:22",
        "22:0",
        "70000:22",
        "2222:ssh",
        "10-9:10",
        "1-2000:1",
        "1000-1010:65530",
        "::1:80:80",
        "host:80:80",
        "icmp:1:1",
    ] {
        assert!(matches!(bad.parse::<Forward>(), Err(SpecError::Forward { .. })), "{bad}");
    }
}

#[test]
fn rules_that_want_the_same_port_are_found() {
    let collide = |a: &str, b: &str| {
        let [a, b] = [a, b].map(|text| text.parse::<Forward>().unwrap());
        assert_eq!(a.collides(&b), b.collides(&a));
        a.collides(&b)
    };
    assert!(collide("80:80", "80:81"));
    assert!(collide("80-90:80", "90:1"));
    assert!(collide(":80:80", "80:80"));
    assert!(!collide("80-90:80", "91:1"));
    assert!(!collide("80:80", "udp:80:80"));
    assert!(!collide("80:80", "[::]:80:80"));
    assert!(!collide("127.0.0.2:80:80", "127.0.0.1:80:80"));
}
