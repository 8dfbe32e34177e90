//! 9P messages as the Linux client writes them.

use crate::p9::Server;
use crate::p9::wire::msg;
use crate::{Errno, Folder, MemoryExchange, Owners, Settings};
use std::sync::Arc;

struct Client {
    server: Server,
    scratch: tempfile::TempDir,
}

/// A field of a message.
enum F<'a> {
    B(u8),
    H(u16),
    W(u32),
    D(u64),
    S(&'a str),
    Raw(&'a [u8]),
}
use F::{B, D, H, Raw, S, W};

impl Client {
    fn new() -> Client {
        let scratch = tempfile::tempdir().unwrap();
        let owners = Owners::of_process(Some(crate::Caller::default()));
        let folder = Folder::open(scratch.path(), Settings { read_only: false, owners }).unwrap();
        let mut client = Client { server: Server::new(Arc::new(folder)).unwrap(), scratch };
        let version = client.ask(msg::VERSION, &[W(1 << 16), S("9P2000.L")]).unwrap();
        assert_eq!(&version[6..], b"9P2000.L");
        client.ask(msg::ATTACH, &[W(0), W(u32::MAX), S("root"), S(""), W(0)]).unwrap();
        client
    }

    fn ask(&mut self, kind: u8, fields: &[F<'_>]) -> Result<Vec<u8>, u32> {
        let mut message = vec![0, 0, 0, 0, kind, 9, 0];
        for field in fields {
            match field {
                B(value) => message.push(*value),
                H(value) => message.extend(value.to_le_bytes()),
                W(value) => message.extend(value.to_le_bytes()),
                D(value) => message.extend(value.to_le_bytes()),
                S(text) => {
                    message.extend((text.len() as u16).to_le_bytes());
                    message.extend(text.as_bytes());
                }
                Raw(bytes) => message.extend(*bytes),
            }
        }
        let len = message.len() as u32;
        message[..4].copy_from_slice(&len.to_le_bytes());
        let mut exchange = MemoryExchange::new(message, 1 << 16);
        self.server.serve(&mut exchange).unwrap();
        let answer = exchange.answer();
        assert_eq!(u32::from_le_bytes(answer[..4].try_into().unwrap()) as usize, answer.len());
        assert_eq!(answer[5..7], [9, 0]);
        match answer[4] {
            7 => Err(u32::from_le_bytes(answer[7..11].try_into().unwrap())),
            reply => {
                assert_eq!(reply, kind + 1);
                Ok(answer[7..].to_vec())
            }
        }
    }

    fn walk(&mut self, fid: u32, new: u32, names: &[&str]) -> Result<usize, u32> {
        let mut fields = vec![W(fid), W(new), H(names.len() as u16)];
        fields.extend(names.iter().map(|name| S(name)));
        self.ask(msg::WALK, &fields).map(|answer| usize::from(u16::from_le_bytes([answer[0], answer[1]])))
    }
}

fn errno(errno: Errno) -> u32 {
    errno.raw_os_error() as u32
}

#[test]
fn files_live_their_life() {
    let mut client = Client::new();
    let root = client.scratch.path().to_owned();
    client.ask(msg::MKDIR, &[W(0), S("d"), W(0o755), W(0)]).unwrap();
    assert_eq!(client.walk(0, 1, &["d"]), Ok(1));
    client.walk(1, 2, &[]).unwrap();
    client.ask(msg::LCREATE, &[W(2), S("f"), W(0o302), W(0o644), W(0)]).unwrap();
    let wrote = client.ask(msg::WRITE, &[W(2), D(1), W(5), Raw(b"hello")]).unwrap();
    assert_eq!(wrote, 5u32.to_le_bytes());
    assert_eq!(std::fs::read(root.join("d/f")).unwrap(), b"\0hello");
    let read = client.ask(msg::READ, &[W(2), D(2), W(100)]).unwrap();
    assert_eq!(read, b"\x04\0\0\0ello");
    let attr = client.ask(msg::GETATTR, &[W(2), D(0x7ff)]).unwrap();
    assert_eq!((attr.len(), u64::from_le_bytes(attr[49..57].try_into().unwrap())), (153, 6));
    client.ask(msg::FSYNC, &[W(2), W(0)]).unwrap();
    client.ask(msg::RENAMEAT, &[W(1), S("f"), W(0), S("g")]).unwrap();
    client.ask(msg::LINK, &[W(0), W(2), S("h")]).unwrap();
    client.ask(msg::SYMLINK, &[W(0), S("s"), S("/etc/passwd"), W(0)]).unwrap();
    client.walk(0, 3, &["s"]).unwrap();
    assert_eq!(client.ask(msg::READLINK, &[W(3)]).unwrap(), b"\x0b\0/etc/passwd");
    assert_eq!(client.ask(msg::LOPEN, &[W(3), W(0)]), Err(errno(Errno::LOOP)));
    client.ask(msg::UNLINKAT, &[W(0), S("d"), W(0x200)]).unwrap();
    assert_eq!(client.ask(msg::STATFS, &[W(0)]).unwrap().len(), 60);
    for fid in [1, 2, 3] {
        client.ask(msg::CLUNK, &[W(fid)]).unwrap();
    }
    assert_eq!(client.ask(msg::CLUNK, &[W(2)]), Err(errno(Errno::BADF)));
    let saved = client.server.save();
    client.server.load(&saved).unwrap();
    assert_eq!(client.server.save(), saved);
}

#[test]
fn walks_stay_inside_and_may_stop_halfway() {
    let mut client = Client::new();
    std::fs::create_dir_all(client.scratch.path().join("a/b")).unwrap();
    std::os::unix::fs::symlink("/", client.scratch.path().join("out")).unwrap();
    assert_eq!(client.walk(0, 1, &["..", "..", "a", "b", "..", "b"]), Ok(6));
    assert_eq!(client.walk(0, 2, &["out", "etc"]), Ok(1), "the link itself, and no further");
    assert_eq!(client.walk(2, 3, &[]), Err(errno(Errno::BADF)), "no fid for half a walk");
    assert_eq!(client.walk(0, 2, &["nothing"]), Err(errno(Errno::NOENT)));
    assert_eq!(client.walk(0, 2, &["a/b"]), Err(errno(Errno::INVAL)));
    assert_eq!(client.walk(0, 1, &["a"]), Err(errno(Errno::BADF)), "the fid is taken");
    assert_eq!(client.walk(1, 1, &[".."]), Ok(1), "a fid may walk itself");
}

#[test]
fn listings_and_attributes() {
    let mut client = Client::new();
    for n in 0..300 {
        std::fs::write(client.scratch.path().join(format!("f{n}")), "").unwrap();
    }
    client.walk(0, 1, &[]).unwrap();
    client.ask(msg::LOPEN, &[W(1), W(0)]).unwrap();
    let (mut at, mut names) = (0, 0);
    loop {
        let list = client.ask(msg::READDIR, &[W(1), D(at), W(1000)]).unwrap();
        let mut rest = &list[4..];
        if rest.is_empty() {
            break;
        }
        while !rest.is_empty() {
            at = u64::from_le_bytes(rest[13..21].try_into().unwrap());
            rest = &rest[24 + usize::from(u16::from_le_bytes([rest[22], rest[23]]))..];
            names += 1;
        }
    }
    assert_eq!(names, 302);
    client.walk(0, 2, &["f1"]).unwrap();
    client.walk(2, 3, &[]).unwrap();
    client.ask(msg::XATTRCREATE, &[W(3), S("user.x"), D(3), W(0)]).unwrap();
    client.ask(msg::WRITE, &[W(3), D(0), W(3), Raw(b"abc")]).unwrap();
    assert_eq!(client.ask(msg::WRITE, &[W(3), D(3), W(1), Raw(b"d")]), Err(errno(Errno::NOSPC)));
    if client.ask(msg::CLUNK, &[W(3)]) == Err(errno(Errno::OPNOTSUPP)) {
        return; // a file system without them
    }
    assert_eq!(client.ask(msg::XATTRWALK, &[W(2), W(4), S("user.x")]).unwrap(), 3u64.to_le_bytes());
    assert_eq!(client.ask(msg::READ, &[W(4), D(1), W(9)]).unwrap(), b"\x02\0\0\0bc");
    assert_eq!(client.ask(msg::XATTRWALK, &[W(2), W(5), S("")]).unwrap(), 7u64.to_le_bytes());
    assert_eq!(
        client.ask(msg::XATTRCREATE, &[W(2), S("user.y"), D(1 << 40), W(0)]),
        Err(errno(Errno::TOOBIG))
    );
}

#[test]
fn locks_are_the_hosts_too() {
    let mut client = Client::new();
    std::fs::write(client.scratch.path().join("f"), "0123456789").unwrap();
    for fid in [1, 2] {
        client.walk(0, fid, &["f"]).unwrap();
        client.ask(msg::LOPEN, &[W(fid), W(2)]).unwrap();
    }
    let mut lock = |fid, kind| client.ask(msg::LOCK, &[W(fid), B(kind), W(0), D(2), D(4), W(1), S("c")]);
    assert_eq!(lock(1, 1), Ok(vec![0]));
    assert_eq!(lock(2, 0), Ok(vec![1]), "somebody else's is in the way");
    let got = client.ask(msg::GETLOCK, &[W(2), B(1), D(0), D(0), W(1), S("c")]).unwrap();
    assert_eq!((got[0], got[1], got[9]), (1, 2, 4));
    let host = std::fs::File::open(client.scratch.path().join("f")).unwrap();
    assert!(lodge_host::lock::taken(&host, 2, 1).unwrap());
    client.ask(msg::LOCK, &[W(1), B(2), W(0), D(2), D(4), W(1), S("c")]).unwrap();
    assert!(!lodge_host::lock::taken(&host, 2, 1).unwrap());
}
