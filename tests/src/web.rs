//! Services on the host's loopback for guests to talk to: HTTP with exact content, and names.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// An HTTP server: `GET /NAME` gives what was put there, `POST` is kept. It ends with the process.
pub struct Web {
    /// Where it listens.
    pub port: u16,
    posted: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Web {
    /// Serves `content` to every `GET`, on all addresses of this host.
    #[track_caller]
    pub fn serve(content: Vec<u8>) -> Self {
        let listener = TcpListener::bind(("0.0.0.0", 0)).expect("listen on a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let (content, posted) = (Arc::new(content), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&posted);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (content, kept) = (Arc::clone(&content), Arc::clone(&kept));
                thread::spawn(move || answer(&stream, &content, &kept));
            }
        });
        Self { port, posted }
    }

    /// What guests have posted so far.
    pub fn posted(&self) -> Vec<Vec<u8>> {
        self.posted.lock().expect("no holder panics").clone()
    }
}

/// One request; a client that is gone is no failure of ours.
fn answer(stream: &TcpStream, content: &[u8], kept: &Mutex<Vec<Vec<u8>>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut out = stream;
    let mut request = String::new();
    reader.read_line(&mut request).ok()?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let body = if request.starts_with("POST") {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        kept.lock().ok()?.push(body);
        b"kept\n"
    } else {
        content
    };
    write!(out, "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).ok()?;
    out.write_all(body).ok()
}

/// A name server at `at` that knows every name ending in `.test` as `address`, and no other.
#[track_caller]
pub fn names(at: SocketAddr, address: Ipv4Addr) {
    let socket = UdpSocket::bind(at).expect("listen for questions about names");
    thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((len, from)) = socket.recv_from(&mut question) {
            if let Some(answer) = about(&question[..len], address) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
}

/// The answer to a question (RFC 1035, 4.1).
fn about(question: &[u8], address: Ipv4Addr) -> Option<Vec<u8>> {
    let mut at = 12;
    let mut known = false;
    while let len @ 1.. = usize::from(*question.get(at)?) {
        known = question.get(at + 1..at + 1 + len)? == b"test";
        at += 1 + len;
    }
    let whole = question.get(..at + 5)?;
    let kind = u16::from_be_bytes([whole[at + 1], whole[at + 2]]);
    let found = known && kind == 1;
    let mut answer = whole.to_vec();
    answer[2..4].copy_from_slice(&[0x81, if known { 0x80 } else { 0x83 }]);
    answer[4..12].copy_from_slice(&[0, 1, 0, u8::from(found), 0, 0, 0, 0]);
    if found {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}
