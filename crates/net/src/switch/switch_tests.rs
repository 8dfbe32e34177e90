//! The switch: frames go where they belong, a machine that leaves is replaced, and other programs can join.

use super::*;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);

/// A folder for one test's socket.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let dir = std::env::temp_dir().join(format!("lodge-switch-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        Place(dir)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("lan")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn frame(to: u8, from: u8, text: &[u8]) -> Vec<u8> {
    [&[if to == 0xff { 0xff } else { 2 }, 0xff, 0xff, 0xff, 0xff, to, 2, 0, 0, 0, 0, from, 8, 0][..], text]
        .concat()
}

/// A frame to the card `to`, by the same address that its own frames come from.
fn direct(to: u8, from: u8, text: &[u8]) -> Vec<u8> {
    [&[2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0][..], text].concat()
}

fn receive(link: &mut impl Link, patience: Duration) -> Option<Vec<u8>> {
    let (end, mut room) = (Instant::now() + patience, vec![0; crate::MAX_FRAME]);
    loop {
        if let Some(got) = link.receive(&mut room) {
            room.truncate(got.len);
            return Some(room);
        }
        if Instant::now() > end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Sends until it arrives: a member may just be about to find the switch.
fn arrives(from: &mut SwitchLink, to: &mut SwitchLink, frame: &[u8]) {
    let end = Instant::now() + LONG;
    loop {
        from.send(frame, Offload::default());
        if receive(to, Duration::from_millis(50)).is_some_and(|got| got == frame) {
            break;
        }
        assert!(Instant::now() < end, "it does not arrive");
    }
    while receive(to, Duration::from_millis(100)).is_some() {}
}

#[test]
fn machines_meet_and_frames_go_where_they_belong() {
    let place = Place::new("meet");
    let [mut a, mut b, mut c] = [(); 3].map(|()| join(&place.socket()).unwrap());
    let all = frame(0xff, 1, b"to all");
    arrives(&mut a, &mut b, &all);
    arrives(&mut a, &mut c, &all);
    while receive(&mut b, Duration::from_millis(100)).is_some() {}
    // From one client to another, through the first, who does not see it once the addresses are known.
    arrives(&mut b, &mut c, &frame(0xff, 2, b"here is b"));
    while receive(&mut a, Duration::from_millis(100)).is_some() {}
    c.send(&direct(2, 3, &[7; 1500]), Offload::default());
    assert_eq!(receive(&mut b, LONG).unwrap(), direct(2, 3, &[7; 1500]));
    assert_eq!(receive(&mut a, Duration::from_millis(100)), None);
    a.send(&direct(3, 1, b"x"), Offload::default());
    assert_eq!(receive(&mut c, LONG).unwrap(), direct(3, 1, b"x"));
    assert_eq!(receive(&mut b, Duration::from_millis(100)), None);
}

#[test]
fn somebody_else_takes_over() {
    let place = Place::new("over");
    let mut members: Vec<SwitchLink> = (0..4).map(|_| join(&place.socket()).unwrap()).collect();
    while members.len() > 1 {
        members.remove(0);
        let (first, rest) = members.split_at_mut(1);
        for other in rest {
            arrives(&mut first[0], other, &frame(0xff, 1, b"still there"));
        }
    }
    drop(members);
    let end = Instant::now() + LONG;
    while place.socket().exists() {
        assert!(Instant::now() < end, "the socket is left behind");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn others_speak_the_same_protocol() {
    let place = Place::new("wire");
    let mut member = join(&place.socket()).unwrap();
    let mut stream = UnixStream::connect(place.socket()).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    let sent = frame(0xff, 9, &[5; 3000]);
    let bytes = [&(sent.len() as u32).to_be_bytes()[..], &sent].concat();
    for piece in bytes.chunks(999) {
        stream.write_all(piece).unwrap();
    }
    assert_eq!(receive(&mut member, LONG).unwrap(), sent);
    member.send(&direct(9, 1, b"answer"), Offload::default());
    let mut got = [0; 4 + 14 + 6];
    stream.read_exact(&mut got).unwrap();
    assert_eq!((&got[..4], &got[18..]), (&[0, 0, 0, 20][..], &b"answer"[..]));
    // One that breaks the protocol is put out; nobody else is.
    stream.write_all(&[0xff; 100]).unwrap();
    assert!(matches!(stream.read(&mut got), Ok(0) | Err(_)));
    let mut other = join(&place.socket()).unwrap();
    arrives(&mut member, &mut other, &frame(0xff, 1, b"still there"));
}

#[test]
fn what_is_in_the_way_is_named() {
    let place = Place::new("bad");
    std::fs::write(place.socket(), b"a file").unwrap();
    let error = join(&place.socket()).unwrap_err().to_string();
    assert!(error.contains("lan"), "{error}");
    assert_eq!(std::fs::read(place.socket()).unwrap(), b"a file");
    assert!(matches!(join(Path::new(&"x/".repeat(100))), Err(SwitchError::Long { .. })));
    assert!(matches!(join(Path::new("/nowhere/at/all")), Err(SwitchError::Socket { .. })));
    // Left over from a process that was killed.
    std::fs::remove_file(place.socket()).unwrap();
    drop(UnixListener::bind(place.socket()).unwrap());
    assert!(place.socket().exists());
    let mut a = join(&place.socket()).unwrap();
    let mut b = join(&place.socket()).unwrap();
    arrives(&mut a, &mut b, &frame(0xff, 1, b"x"));
}
