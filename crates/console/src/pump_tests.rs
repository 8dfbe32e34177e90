//! The pump driven through socket pairs, with the test as the guest.

use super::*;
use crate::OUTPUT_LIMIT;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

struct Bench {
    port: Port,
    outside: UnixStream,
    events: Receiver<Event>,
}

fn bench(escapes: bool) -> Bench {
    let (port, backend) = port();
    let (inside, outside) = UnixStream::pair().unwrap();
    let (send, events) = channel();
    let send = std::sync::Mutex::new(send);
    let tell = move |e| drop(send.lock().unwrap().send(e));
    pump(backend, inside.try_clone().unwrap(), inside, escapes, tell).unwrap();
    outside.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    Bench { port, outside, events }
}

fn receive(port: &Port, count: usize) -> Vec<u8> {
    let mut got = Vec::new();
    let start = Instant::now();
    let mut buffer = [0; 16];
    while got.len() < count && start.elapsed() < Duration::from_secs(20) {
        let n = port.receive(&mut buffer);
        got.extend(&buffer[..n]);
        if n == 0 {
            thread::sleep(Duration::from_micros(200));
        }
    }
    got
}

fn sample(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

#[test]
fn a_megabyte_of_piped_input_arrives_whole_and_verbatim() {
    let mut bench = bench(false);
    let sent = sample(1 << 20);
    let expected = sent.clone();
    let mut outside = bench.outside.try_clone().unwrap();
    let writer = thread::spawn(move || outside.write_all(&sent).unwrap());
    thread::sleep(Duration::from_millis(20));
    assert!(bench.port.pending() <= crate::INPUT_LIMIT, "the queue is bounded while the guest does not read");
    assert!(receive(&bench.port, expected.len()) == expected);
    writer.join().unwrap();
    bench.outside.write_all(b"\x01x").unwrap();
    assert_eq!(receive(&bench.port, 2), b"\x01x", "no escapes in piped input");
    bench.outside.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(matches!(bench.events.recv_timeout(Duration::from_secs(10)), Ok(Event::InputEnded)));
    assert_eq!(bench.port.send(b"still here"), 10);
    let mut back = [0; 10];
    bench.outside.read_exact(&mut back).unwrap();
    assert_eq!(&back, b"still here");
}

#[test]
fn a_slow_reader_loses_no_output() {
    let bench = bench(false);
    let sent = sample(4 * OUTPUT_LIMIT);
    let expected = sent.clone();
    let port = bench.port.clone();
    let guest = thread::spawn(move || {
        let mut short = 0;
        for chunk in sent.chunks(999) {
            let done = port.send(chunk);
            short += usize::from(done < chunk.len());
            assert_eq!(port.send_waiting(&chunk[done..], Duration::from_secs(20)), chunk.len() - done);
        }
        assert!(port.flush(Duration::from_secs(20)));
        short
    });
    let mut got = Vec::<u8>::new();
    let mut buffer = [0; 10_000];
    let mut outside = &bench.outside;
    thread::sleep(Duration::from_millis(50));
    while got.len() < expected.len() {
        let n = outside.read(&mut buffer).unwrap();
        got.extend(&buffer[..n]);
    }
    assert!(got == expected);
    assert!(guest.join().unwrap() > 0, "the queue was full at least once");
}

#[test]
fn keys_on_a_terminal_quit_and_help() {
    let mut bench = bench(true);
    bench.outside.write_all(b"ab\x01h\x01\x01c\x01x").unwrap();
    assert!(matches!(bench.events.recv_timeout(Duration::from_secs(10)), Ok(Event::Quit)));
    assert_eq!(receive(&bench.port, 4), b"ab\x01c");
    let mut help = vec![0; HELP.len()];
    bench.outside.read_exact(&mut help).unwrap();
    assert_eq!(help, HELP.as_bytes());
}

#[test]
fn keys_work_though_the_guest_does_not_read() {
    let mut bench = bench(true);
    bench.outside.write_all(&vec![b'y'; 3 * crate::INPUT_LIMIT]).unwrap();
    bench.outside.write_all(b"\x01x").unwrap();
    assert!(matches!(bench.events.recv_timeout(Duration::from_secs(10)), Ok(Event::Quit)));
}

#[test]
fn a_closed_output_lets_the_guest_go_on() {
    let bench = bench(false);
    drop(bench.outside);
    for _ in 0..100 {
        bench.port.send(&[b'x'; 1000]);
        thread::sleep(Duration::from_millis(1));
    }
    assert!(bench.events.iter().take(2).any(|e| matches!(e, Event::OutputClosed(_))));
    assert_eq!(bench.port.send(&vec![0; 2 * OUTPUT_LIMIT]), 2 * OUTPUT_LIMIT);
    assert!(bench.port.flush(Duration::from_secs(5)));
}

#[test]
fn input_callback_comes_without_locks_and_for_what_came_before() {
    let (port, memory) = crate::Memory::new();
    memory.put(b"early");
    let (send, told) = channel();
    let send = std::sync::Mutex::new(send);
    let inner = port.clone();
    port.on_input(Box::new(move || {
        let mut buffer = [0; 8];
        let n = inner.receive(&mut buffer);
        send.lock().unwrap().send(buffer[..n].to_vec()).unwrap();
    }));
    memory.put(b"late");
    assert_eq!(told.try_iter().collect::<Vec<_>>(), [b"early".to_vec(), b"late".to_vec()]);
    port.send(b"hello");
    assert!(memory.wait_for("ell", Duration::from_secs(1)));
    assert_eq!((memory.take(), memory.take()), (b"hello".to_vec(), vec![]));
    assert_eq!(Port::null().send(&vec![0; 1 << 20]), 1 << 20);
}
