//! Tar streams made by hand, whole and damaged.

use super::*;

fn header(name: &str, kind: u8, size: usize, owner: (u32, u32), mode: u32) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    let mut octal = |at: usize, width: usize, value: u64| {
        let text = format!("{value:0width$o}");
        block[at..at + width].copy_from_slice(text.as_bytes());
    };
    octal(100, 7, mode.into());
    octal(108, 7, owner.0.into());
    octal(116, 7, owner.1.into());
    octal(124, 11, size as u64);
    block[156] = kind;
    block[257..263].copy_from_slice(b"ustar\0");
    block
}

fn padded(data: &[u8]) -> Vec<u8> {
    let mut data = data.to_vec();
    data.resize(data.len().next_multiple_of(512), 0);
    data
}

#[test]
fn members_are_listed_and_every_byte_passes() {
    let long = "./usr/share/".to_owned() + &"x".repeat(120);
    let mut stream = header("./", b'5', 0, (0, 0), 0o755);
    stream.extend(header("./usr/bin/chage", b'0', 700, (0, 42), 0o2755));
    stream.extend(padded(&[7; 700]));
    stream.extend(header("././@LongLink", b'L', long.len() + 1, (0, 0), 0));
    stream.extend(padded(&[long.as_bytes(), b"\0"].concat()));
    stream.extend(header("cut short", b'0', 0, (8, 8), 0o600));
    let record = format!("{} path=./pax name\n", "NN path=./pax name\n".len());
    stream.extend(header("./PaxHeaders/x", b'x', record.len(), (0, 0), 0));
    stream.extend(padded(record.as_bytes()));
    stream.extend(header("short", b'2', 0, (0, 0), 0o777));
    stream.extend([0; 1024]);

    let mut copy = Vec::new();
    let members = tee(&mut &stream[..], &mut copy).unwrap();
    assert_eq!(copy, stream);
    let shown: Vec<String> = members
        .iter()
        .map(|m| format!("{} {}:{} {:o} {}", m.path, m.uid, m.gid, m.mode, char::from(m.kind)))
        .collect();
    let expected = [
        "/ 0:0 755 5".to_owned(),
        "/usr/bin/chage 0:42 2755 0".to_owned(),
        format!("/usr/share/{} 8:8 600 0", "x".repeat(120)),
        "/pax name 0:0 777 2".to_owned(),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn damaged_streams_are_errors_not_panics() {
    let mut whole = header("./a", b'0', 600, (0, 0), 0o644);
    whole.extend(padded(&[1; 600]));
    for cut in [1, 511, 513, 1023, 1535] {
        assert!(tee(&mut &whole[..cut], &mut io::sink()).is_err(), "cut at {cut}");
    }
    for (at, byte) in [(124, b'9'), (124, 0xff), (108, b'x')] {
        let mut damaged = whole.clone();
        damaged[at] = byte;
        assert!(tee(&mut &damaged[..], &mut io::sink()).is_err(), "byte {at}");
    }
    let climbing = header("./../etc/passwd", b'0', 0, (0, 0), 0o644);
    assert!(tee(&mut &climbing[..], &mut io::sink()).is_err());
}
