//! FUSE requests as a guest's kernel writes them.

use crate::fuse::Server;
use crate::fuse::wire::{IN_HEADER, op, u32_at, u64_at};
use crate::{Errno, Folder, MemoryExchange, Owners, Settings};
use std::sync::Arc;

struct Guest {
    server: Server,
    scratch: tempfile::TempDir,
}

fn guest() -> Guest {
    let scratch = tempfile::tempdir().unwrap();
    let settings = Settings { read_only: false, owners: Owners::of_process(Some(crate::Caller::default())) };
    let folder = Arc::new(Folder::open(scratch.path(), settings).unwrap());
    Guest { server: Server::new(folder).unwrap(), scratch }
}

fn request(op: u32, node: u64, body: &[u8]) -> Vec<u8> {
    let mut message = ((IN_HEADER + body.len()) as u32).to_le_bytes().to_vec();
    message.extend(op.to_le_bytes());
    message.extend(77u64.to_le_bytes());
    message.extend(node.to_le_bytes());
    message.extend([0; 16]);
    message.extend(body);
    message
}

impl Guest {
    /// The answer's body, or the error.
    fn ask(&mut self, op: u32, node: u64, body: &[u8]) -> Result<Vec<u8>, i32> {
        let mut exchange = MemoryExchange::new(request(op, node, body), 1 << 16);
        self.server.serve(&mut exchange).unwrap();
        let answer = exchange.answer();
        assert_eq!((u32_at(answer, 0) as usize, u64_at(answer, 8)), (answer.len(), 77));
        match u32_at(answer, 4) as i32 {
            0 => Ok(answer[16..].to_vec()),
            error => Err(-error),
        }
    }

    fn lookup(&mut self, node: u64, name: &str) -> Result<u64, i32> {
        self.ask(op::LOOKUP, node, format!("{name}\0").as_bytes()).map(|entry| u64_at(&entry, 0))
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn longs(longs: &[u64]) -> Vec<u8> {
    longs.iter().flat_map(|long| long.to_le_bytes()).collect()
}

fn with(mut args: Vec<u8>, rest: &[u8]) -> Vec<u8> {
    args.extend(rest);
    args
}

#[test]
fn the_session_is_negotiated() {
    let mut guest = guest();
    // 7.41 with everything: what is answered is 7.38 and what we can do.
    let mut body = words(&[7, 41, 128 << 10, u32::MAX, u32::MAX]);
    body.resize(64, 0);
    let answer = guest.ask(op::INIT, 0, &body).unwrap();
    assert_eq!((answer.len(), u32_at(&answer, 0), u32_at(&answer, 4)), (64, 7, 38));
    let flags = u32_at(&answer, 12);
    for (bit, taken) in [(13, true), (18, true), (22, true), (16, false), (1, false), (20, false)] {
        assert_eq!(flags & (1 << bit) != 0, taken, "bit {bit} of {flags:#x}");
    }
    assert_eq!((u32_at(&answer, 20), u32_at(&answer, 28) & 0xffff), (1 << 20, 256));
    assert_eq!(guest.ask(op::INIT, 0, &words(&[7, 8, 0, 0])), Err(Errno::PROTO.raw_os_error()));
}

#[test]
fn files_live_their_life() {
    let mut guest = guest();
    let root = guest.scratch.path().to_owned();
    let made = guest.ask(op::CREATE, 1, &with(words(&[0o302, 0o100644, 0o22, 0]), b"f\0")).unwrap();
    assert_eq!(made.len(), 128 + 16);
    let (node, handle) = (u64_at(&made, 0), u64_at(&made, 128));
    let write = with(longs(&[handle, 2]), &with(words(&[5, 0, 0, 0, 0, 0]), b"hello"));
    assert_eq!(u32_at(&guest.ask(op::WRITE, node, &write).unwrap(), 0), 5);
    assert_eq!(std::fs::read(root.join("f")).unwrap(), b"\0\0hello");
    let read = with(longs(&[handle, 3]), &words(&[100, 0, 0, 0, 0, 0]));
    assert_eq!(guest.ask(op::READ, node, &read).unwrap(), b"ello");
    // SETATTR: size 3 and permissions.
    let mut set = vec![0; 88];
    set[0] = 9;
    set[16] = 3;
    set[68..72].copy_from_slice(&0o600u32.to_le_bytes());
    let attr = guest.ask(op::SETATTR, node, &set).unwrap();
    assert_eq!((attr.len(), u64_at(&attr, 16 + 8), u32_at(&attr, 16 + 60)), (104, 3, 0o100600));
    assert_eq!((u32_at(&attr, 16 + 68), u32_at(&attr, 16 + 72)), (0, 0), "root's, to the guest");
    guest.ask(op::MKDIR, 1, &with(words(&[0o755, 0o22]), b"d\0")).unwrap();
    let d = guest.lookup(1, "d").unwrap();
    guest.ask(op::RENAME2, 1, &with(with(longs(&[d]), &words(&[1, 0])), b"f\0g\0")).unwrap();
    assert_eq!(guest.lookup(d, "g").unwrap(), node);
    guest.ask(op::LINK, 1, &with(longs(&[node]), b"h\0")).unwrap();
    guest.ask(op::SYMLINK, 1, b"s\0/etc/passwd\0").unwrap();
    let s = guest.lookup(1, "s").unwrap();
    assert_eq!(guest.ask(op::READLINK, s, b"").unwrap(), b"/etc/passwd");
    assert_eq!(guest.ask(op::OPEN, s, &words(&[0, 0])), Err(Errno::LOOP.raw_os_error()));
    guest.ask(op::UNLINK, d, b"g\0").unwrap();
    guest.ask(op::RMDIR, 1, b"d\0").unwrap();
    assert_eq!(guest.ask(op::STATFS, 1, b"").unwrap().len(), 80);
    guest.ask(op::FSYNC, node, &longs(&[handle, 1])).unwrap();
    let seek = with(longs(&[handle, 0]), &words(&[4, 0]));
    assert_eq!(u64_at(&guest.ask(op::LSEEK, node, &seek).unwrap(), 0), 3);
    guest.ask(op::FALLOCATE, node, &with(longs(&[handle, 0, 10]), &words(&[0, 0]))).unwrap();
    assert_eq!(std::fs::metadata(root.join("h")).unwrap().len(), 10);
    guest.ask(op::RELEASE, node, &longs(&[handle, 0, 0])).unwrap();
    assert_eq!(guest.ask(op::READ, node, &read), Err(Errno::BADF.raw_os_error()));
}

#[test]
fn names_that_are_none_lead_nowhere() {
    let mut guest = guest();
    for bad in ["..", ".", "", "../x", "a/b", "/etc"] {
        assert_eq!(guest.lookup(1, bad), Err(Errno::INVAL.raw_os_error()), "{bad}");
        let made = guest.ask(op::MKDIR, 1, &with(words(&[0o755, 0]), format!("{bad}\0").as_bytes()));
        assert_eq!(made, Err(Errno::INVAL.raw_os_error()), "{bad}");
        let moved = guest.ask(op::RENAME, 1, &with(longs(&[1]), format!("x\0{bad}\0").as_bytes()));
        assert_eq!(moved, Err(Errno::INVAL.raw_os_error()), "{bad}");
    }
    assert_eq!(guest.ask(op::LOOKUP, 1, b"no end"), Err(Errno::INVAL.raw_os_error()));
    assert_eq!(guest.lookup(1, &"x".repeat(256)), Err(Errno::NAMETOOLONG.raw_os_error()));
    assert_eq!(guest.lookup(99, "x"), Err(Errno::STALE.raw_os_error()));
    assert_eq!(guest.ask(op::LOOKUP, 1, &vec![b'x'; 70 << 10]), Err(Errno::TOOBIG.raw_os_error()));
    assert_eq!(guest.ask(999, 1, b""), Err(Errno::NOSYS.raw_os_error()));
}

#[test]
fn listings_with_attributes_count_as_lookups() {
    let mut guest = guest();
    for n in 0..50 {
        std::fs::write(guest.scratch.path().join(format!("f{n}")), "").unwrap();
    }
    let handle = u64_at(&guest.ask(op::OPENDIR, 1, &words(&[0, 0])).unwrap(), 0);
    let (mut at, mut nodes, mut names) = (0, Vec::new(), 0);
    loop {
        let list = with(longs(&[handle, at]), &words(&[1024, 0, 0, 0, 0, 0]));
        let bytes = guest.ask(op::READDIRPLUS, 1, &list).unwrap();
        if bytes.is_empty() {
            break;
        }
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            nodes.extend(Some(u64_at(rest, 0)).filter(|node| *node != 0));
            at = u64_at(rest, 128 + 8);
            let len = 128 + (24 + u32_at(rest, 128 + 16) as usize).next_multiple_of(8);
            names += 1;
            rest = &rest[len..];
        }
    }
    assert_eq!((nodes.len(), names, guest.server.known()), (50, 52, 51));
    let batch = nodes.iter().flat_map(|node| longs(&[*node, 1])).collect::<Vec<u8>>();
    let mut exchange = MemoryExchange::new(request(op::BATCH_FORGET, 0, &with(words(&[50, 0]), &batch)), 0);
    guest.server.serve(&mut exchange).unwrap();
    assert_eq!((guest.server.known(), exchange.answer()), (1, &[][..]));
    let plain = with(longs(&[handle, 0]), &words(&[65536, 0, 0, 0, 0, 0]));
    assert!(guest.ask(op::READDIR, 1, &plain).unwrap().len() > 52 * 24);
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    let mut guest = guest();
    let mut lying = request(op::GETATTR, 1, &[0; 16]);
    lying[0] += 1;
    let mut exchange = MemoryExchange::new(lying, 1000);
    guest.server.serve(&mut exchange).unwrap();
    assert_eq!(u32_at(exchange.answer(), 4) as i32, -Errno::INVAL.raw_os_error());
    assert!(guest.server.serve(&mut MemoryExchange::new(vec![0; 39], 1000)).is_err());
    assert!(guest.server.serve(&mut MemoryExchange::new(request(op::GETATTR, 1, &[0; 16]), 15)).is_err());
    // Room for the header only: an error that fits.
    let mut exchange = MemoryExchange::new(request(op::GETATTR, 1, &[0; 16]), 16);
    guest.server.serve(&mut exchange).unwrap();
    assert_eq!(exchange.answer().len(), 16);
}

#[test]
fn random_requests_neither_panic_nor_reach_the_outside() {
    let scratch = tempfile::tempdir().unwrap();
    let inside = scratch.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let mut random = crate::fuse_tests::random(1);
    for _ in 0..300 {
        let bytes: Vec<u8> = (0..400).map(|_| random() as u8 & random() as u8).collect();
        crate::hostile::fuse(&inside, &bytes);
        crate::hostile::p9(&inside, &bytes);
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 1);
}

/// A generator whose numbers come again.
pub(crate) fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}
