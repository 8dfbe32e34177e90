//! The network card, driven with real queues on one end of a pair of links.

use crate::net::{Card, Net};
use crate::testing::{Buffer, Driver, RAM, memory};
use crate::{Device, MmioTransport};
use lodge_bus::Irq;
use lodge_net::link::Received;
use lodge_net::{Checksum, Features, Link, Offload, Offloads, Pair, SegmentKind, Segmentation, pair};
use lodge_state::Saved;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);
const HEADER: usize = 12;
const MAC: [u8; 6] = [0x52, 0x54, 0, 1, 2, 3];
const CARD: Card = Card { mac: MAC, pairs: 1, mtu: None };
const MRG_RXBUF: u64 = 1 << 15;
const MQ: u64 = 1 << 22;

/// A pair's end that offers every offload, whatever the far side is.
struct Able(Pair);

impl Link for Able {
    fn features(&self) -> Features {
        Features { mtu: 1500, takes: Offloads::ALL, gives: Offloads::ALL }
    }
    fn start(&mut self, accepts: Offloads) {
        self.0.start(accepts);
    }
    fn set_up(&mut self, up: bool) {
        self.0.set_up(up);
    }
    fn connected(&self) -> bool {
        self.0.connected()
    }
    fn send(&mut self, frame: &[u8], offload: Offload) {
        self.0.send(frame, offload);
    }
    fn receive(&mut self, room: &mut [u8]) -> Option<Received> {
        self.0.receive(room)
    }
    fn ready(&self) -> BorrowedFd<'_> {
        self.0.ready()
    }
}

/// A card with its driver, and the far end of its cable.
struct Bench {
    driver: Driver,
    transport: Arc<MmioTransport>,
    net: Arc<Net>,
    far: Pair,
}

fn bench(card: Card) -> Bench {
    let (near, far) = pair(1500).unwrap();
    let net = Arc::new(Net::new(Arc::new(Mutex::new(Box::new(Able(near)))), card).unwrap());
    let memory = memory(32 << 20);
    let transport = Arc::new(MmioTransport::new(net.clone(), memory.clone(), Irq::unconnected()).unwrap());
    Bench { driver: Driver::new(transport.clone(), memory, RAM), transport, net, far }
}

fn frame(to: [u8; 6], len: usize) -> Vec<u8> {
    let mut frame = to.to_vec();
    frame.extend([2, 0, 0, 0, 0, 9, 0x88, 0xb5]);
    frame.extend((frame.len()..len).map(|n| (n % 251) as u8));
    frame
}

impl Bench {
    /// What the far side gets next.
    fn far_receives(&mut self) -> Option<(Vec<u8>, Offload)> {
        let (end, mut room) = (Instant::now() + LONG, vec![0; 70_000]);
        while Instant::now() < end {
            if let Some(Received { len, offload }) = self.far.receive(&mut room) {
                return Some((room[..len].to_vec(), offload));
            }
            std::thread::sleep(Duration::from_micros(50));
        }
        None
    }

    fn send(&mut self, queue: usize, header: [u8; HEADER], frame: &[u8]) {
        let bytes = [&header[..], frame].concat();
        let buffer = self.driver.readable(&bytes);
        self.driver.ask(queue, &[buffer]);
    }

    /// One control command's answer.
    fn command(&mut self, queue: usize, class: u8, number: u8, data: &[u8]) -> u8 {
        let head = self.driver.readable(&[class, number]);
        let data = self.driver.readable(data);
        let answer = self.driver.writable(1);
        assert_eq!(self.driver.ask(queue, &[head, data, answer]), 1);
        self.driver.bytes(answer)[0]
    }

    fn room(&mut self, queue: usize, len: u32) -> Buffer {
        let buffer = self.driver.writable(len);
        self.driver.add(queue, &[buffer]);
        self.driver.kick(queue);
        buffer
    }
}

#[test]
fn frames_go_out_with_what_is_left_to_do() {
    let mut bench = bench(CARD);
    bench.driver.start(u64::MAX, 64);
    let sent = frame([0xff; 6], 9000);
    let mut header = [0; HEADER];
    header[0] = 1;
    header[1] = 1;
    header[2..10].copy_from_slice(&[66, 0, 0xa8, 5, 34, 0, 16, 0]);
    bench.send(1, header, &sent);
    let (got, offload) = bench.far_receives().unwrap();
    assert!(got == sent);
    let segmentation = Segmentation { kind: SegmentKind::Tcp4, size: 1448, header_len: 66 };
    let checksum = Checksum { start: 34, offset: 16 };
    assert_eq!(offload, Offload { checksum: Some(checksum), segmentation: Some(segmentation) });
    // Over buffers of odd sizes and an indirect table.
    let bytes = [&[0; HEADER][..], &sent].concat();
    let buffers: Vec<Buffer> = bytes.chunks(701).map(|part| bench.driver.readable(part)).collect();
    bench.driver.add_indirect(1, &buffers);
    bench.driver.kick(1);
    bench.driver.wait(1);
    assert!(bench.far_receives().unwrap().0 == sent);
}

#[test]
fn frames_that_make_no_sense_are_dropped_and_the_next_goes_out() {
    let mut bench = bench(CARD);
    bench.driver.start(!(1 << 11), 64);
    let good = frame([0xff; 6], 60);
    let mut tso = [0; HEADER];
    (tso[0], tso[1], tso[4], tso[6]) = (1, 1, 100, 34);
    bench.send(1, tso, &good); // not negotiated
    bench.send(1, [0xff; HEADER], &good);
    bench.send(1, [0; HEADER], &vec![0; 70_000]);
    let short = bench.driver.readable(&[0; 5]);
    bench.driver.ask(1, &[short]);
    let backwards = bench.driver.writable(100);
    bench.driver.ask(1, &[backwards]);
    bench.send(1, [0; HEADER], &good);
    assert!(bench.far_receives().unwrap().0 == good);
    assert_eq!(bench.far.waiting(), 0);
    assert_eq!(bench.driver.status(), 15);
}

#[test]
fn frames_come_in_and_wait_for_room() {
    let mut bench = bench(CARD);
    bench.driver.start(!MRG_RXBUF, 64);
    let sent: Vec<Vec<u8>> = (0..5).map(|n| frame(MAC, 100 + n)).collect();
    for frame in &sent {
        bench.far.send(frame, Offload::default());
    }
    bench.transport.settle(LONG);
    // The driver had no buffers: all but the first still are the link's.
    for frame in &sent {
        let buffer = bench.room(0, 2000);
        let (_, len) = bench.driver.wait(0);
        assert_eq!(len as usize, HEADER + frame.len());
        assert!(bench.driver.bytes(buffer)[HEADER..len as usize] == frame[..]);
        assert_eq!(bench.driver.bytes(buffer)[..HEADER], [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    }
    // What fits no buffer is dropped; the buffer serves the next.
    let buffer = bench.room(0, 100);
    bench.far.send(&frame(MAC, 200), Offload::default());
    bench.far.send(&frame(MAC, 60), Offload::default());
    assert_eq!(bench.driver.wait(0).1, 72);
    assert!(bench.driver.bytes(buffer)[HEADER..72] == frame(MAC, 60)[..]);
}

#[test]
fn long_frames_are_spread_over_buffers() {
    let mut bench = bench(CARD);
    bench.driver.start(u64::MAX, 64);
    let sent = frame(MAC, 60_000);
    let checksum = Some(Checksum { start: 34, offset: 16 });
    let segmentation = Some(Segmentation { kind: SegmentKind::Tcp6, size: 1400, header_len: 74 });
    bench.far.send(&sent, Offload { checksum, segmentation });
    // Too few at first.
    let mut buffers: Vec<Buffer> = (0..10).map(|_| bench.room(0, 2048)).collect();
    assert!(bench.transport.settle(LONG), "it waits for more instead of trying for ever");
    assert_eq!(bench.driver.used(0), None);
    buffers.extend((0..30).map(|_| bench.room(0, 2048)));
    let (mut got, mut count) = (Vec::new(), 0);
    while got.len() < HEADER + sent.len() {
        let (_, len) = bench.driver.wait(0);
        got.extend_from_slice(&bench.driver.bytes(buffers[count])[..len as usize]);
        count += 1;
    }
    assert_eq!(got[..10], [1, 4, 74, 0, 0x78, 5, 34, 0, 16, 0]);
    assert_eq!(u16::from_le_bytes([got[10], got[11]]), count as u16);
    assert!(got[HEADER..] == sent[..]);
}

#[test]
fn a_frame_longer_than_the_whole_queue_blocks_nobody() {
    let mut bench = bench(CARD);
    bench.driver.start(u64::MAX, 4);
    for _ in 0..4 {
        bench.room(0, 100);
    }
    bench.far.send(&frame(MAC, 1000), Offload::default());
    bench.far.send(&frame(MAC, 60), Offload::default());
    assert_eq!(bench.driver.wait(0).1 as usize, HEADER + 60);
}

#[test]
fn the_driver_filters() {
    let mut bench = bench(CARD);
    bench.driver.start(u64::MAX, 64);
    let (other, group) = ([2, 0, 0, 0, 0, 7], [1, 0, 0x5e, 0, 0, 5]);
    let table = |unicast: &[[u8; 6]], multicast: &[[u8; 6]]| {
        let part = |list: &[[u8; 6]]| [&(list.len() as u32).to_le_bytes()[..], &list.concat()].concat();
        [part(unicast), part(multicast)].concat()
    };
    let check = |bench: &mut Bench, wanted: &[[u8; 6]]| {
        for to in [other, group, [0xff; 6], MAC] {
            bench.far.send(&frame(to, 60), Offload::default());
        }
        for to in wanted {
            let buffer = bench.room(0, 100);
            bench.driver.wait(0);
            assert_eq!(bench.driver.bytes(buffer)[HEADER..HEADER + 6], *to);
        }
    };
    check(&mut bench, &[other, group, [0xff; 6], MAC]);
    assert_eq!(bench.command(2, 0, 0, &[0]), 0);
    check(&mut bench, &[[0xff; 6], MAC]);
    assert_eq!(bench.command(2, 1, 0, &table(&[other], &[group])), 0);
    check(&mut bench, &[other, group, [0xff; 6], MAC]);
    assert_eq!(bench.command(2, 1, 0, &table(&[], &[[1; 6]; 65])), 0, "too many for the list: all");
    check(&mut bench, &[group, [0xff; 6], MAC]);
    assert_eq!(bench.command(2, 0, 5, &[1]), 0);
    check(&mut bench, &[group, MAC]);
    // Another address of its own.
    assert_eq!(bench.command(2, 1, 1, &other), 0);
    assert_eq!(bench.driver.config(0, 4) as u32, 2);
    check(&mut bench, &[other, group]);
    for (class, number, data) in [
        (0, 6, vec![1]),
        (0, 0, vec![]),
        (1, 0, vec![1, 0, 0, 0]),
        (1, 0, vec![0xff; 12]),
        (1, 1, vec![1; 6]),
        (1, 1, vec![0; 7]),
        (2, 0, vec![0, 0x10]),
        (2, 7, vec![1, 0]),
        (4, 0, vec![2, 0]),
        (5, 0, vec![0xff; 8]),
        (3, 0, vec![]),
        (9, 9, vec![]),
    ] {
        assert_eq!(bench.command(2, class, number, &data), 1, "{class} {number} {data:?}");
    }
    assert_eq!(bench.driver.status(), 15);
}

#[test]
fn vlans_are_filtered() {
    let mut bench = bench(CARD);
    bench.driver.start(u64::MAX, 64);
    bench.command(2, 0, 0, &[0]);
    let tagged = |id: u16| {
        let mut frame = frame(MAC, 64);
        frame[12..14].copy_from_slice(&[0x81, 0]);
        frame[14..16].copy_from_slice(&(0x2000 | id).to_be_bytes());
        frame
    };
    assert_eq!(bench.command(2, 2, 0, &[5, 0]), 0);
    for id in [6, 5, 0, 7] {
        bench.far.send(&tagged(id), Offload::default());
    }
    bench.far.send(&frame(MAC, 60), Offload::default());
    for byte in [5, 0, 16] {
        let buffer = bench.room(0, 100);
        bench.driver.wait(0);
        assert_eq!(
            bench.driver.bytes(buffer)[HEADER + 15],
            if byte == 16 { frame(MAC, 60)[15] } else { byte }
        );
    }
}

#[test]
fn queue_pairs_are_steered() {
    let mut bench = bench(Card { pairs: 4, ..CARD });
    bench.driver.start(u64::MAX, 64);
    assert_eq!(bench.driver.config(8, 2), 4);
    assert_eq!(bench.command(8, 4, 0, &[5, 0]), 1);
    assert_eq!(bench.command(8, 4, 0, &[4, 0]), 0);
    let udp = |from: u16, to: u16| {
        let mut frame = [&MAC[..], &[2, 0, 0, 0, 0, 9, 8, 0, 0x45]].concat();
        frame.resize(60, 0);
        frame[23] = 17;
        frame[34..36].copy_from_slice(&from.to_be_bytes());
        frame[36..38].copy_from_slice(&to.to_be_bytes());
        frame
    };
    bench.send(5, [0; HEADER], &udp(1000, 53));
    bench.room(4, 100);
    bench.far.send(&udp(53, 1000), Offload::default());
    assert_eq!(bench.driver.wait(4).1, 72);
    // A driver without the feature has its control queue behind the first pair.
    bench.driver.start(!MQ, 64);
    assert_eq!(bench.command(2, 0, 0, &[1]), 0);
}

#[test]
fn the_cable_shows_in_the_status() {
    let mut bench = bench(Card { mtu: Some(9000), ..CARD });
    bench.driver.start(u64::MAX, 64);
    assert_eq!((bench.driver.config(6, 2), bench.driver.config(10, 2)), (1, 9000));
    bench.transport.settle(LONG);
    bench.driver.acknowledge();
    bench.net.plug(false);
    bench.transport.settle(LONG);
    assert_eq!((bench.driver.acknowledge() & 2, bench.driver.config(6, 2)), (2, 0));
    bench.net.plug(true);
    bench.net.announce();
    bench.transport.settle(LONG);
    assert_eq!((bench.driver.acknowledge() & 2, bench.driver.config(6, 2)), (2, 3));
    assert_eq!(bench.command(2, 3, 0, &[]), 0);
    assert_eq!(bench.driver.config(6, 2), 1);
    let far = std::mem::replace(&mut bench.far, pair(1500).unwrap().0);
    drop(far);
    let end = Instant::now() + LONG;
    while bench.driver.config(6, 2) != 0 {
        assert!(Instant::now() < end, "the carrier is still there");
        std::thread::yield_now();
    }
}

#[test]
fn offloads_can_be_switched_off() {
    let mut bench = bench(CARD);
    bench.driver.start(u64::MAX, 64);
    assert_eq!(bench.far.features().takes, Offloads::ALL);
    assert_eq!(bench.command(2, 5, 0, &2u64.to_le_bytes()), 0);
    bench.transport.settle(LONG);
    assert_eq!(bench.far.features().takes, Offloads { checksum: true, ..Offloads::NONE });
    bench.driver.start(0, 64);
    assert_eq!(bench.far.features().takes, Offloads::NONE);
}

#[test]
fn a_card_goes_on_elsewhere() {
    let mut bench = bench(Card { pairs: 2, ..CARD });
    bench.driver.start(u64::MAX, 64);
    bench.command(4, 0, 0, &[0]);
    bench.command(4, 1, 1, &[2, 2, 2, 2, 2, 2]);
    bench.command(4, 4, 0, &[2, 0]);
    bench.transport.pause();
    let record = bench.transport.save();
    let (near, mut far) = pair(1500).unwrap();
    let card = Card { pairs: 2, ..CARD };
    let net = Net::new(Arc::new(Mutex::new(Box::new(Able(near)))), card).unwrap();
    let memory = bench.driver.memory().clone();
    let other = Arc::new(MmioTransport::new(Arc::new(net), memory, Irq::unconnected()).unwrap());
    other.load(&record).unwrap();
    bench.driver.replace(other.clone());
    assert_eq!(bench.driver.config(0, 4) as u32, 0x0202_0202);
    assert_eq!(bench.driver.config(6, 2), 3, "it is to announce itself");
    far.send(&frame(MAC, 60), Offload::default());
    far.send(&frame([2; 6], 60), Offload::default());
    bench.room(0, 100);
    assert_eq!(bench.driver.wait(0).1, 72);
    // A card with fewer queues is another card.
    let (near, _far) = pair(1500).unwrap();
    let small = Net::new(Arc::new(Mutex::new(Box::new(Able(near)))), CARD).unwrap();
    assert!(small.load(&net_record(&record)).is_err());
}

/// The card's own record in that of its transport.
fn net_record(record: &lodge_state::Record) -> lodge_state::Record {
    serde_json::from_value(record.value["core"]["device"].clone()).unwrap()
}

#[test]
fn a_broken_driver_costs_no_time() {
    let mut bench = bench(CARD);
    bench.driver.start(!crate::feature::RING_PACKED, 64);
    // An available index that is too far ahead, while the link has something to say.
    let ring = bench.driver.rings[0];
    bench.driver.memory().write_u16(ring.available + 2, 5000).unwrap();
    for _ in 0..10 {
        bench.far.send(&frame(MAC, 60), Offload::default());
    }
    let end = Instant::now() + LONG;
    while bench.driver.status() & 64 == 0 {
        assert!(Instant::now() < end, "it was not noticed");
    }
    bench.transport.settle(LONG);
    assert!(bench.net.watched().is_none(), "the thread would spin on the link");
    bench.driver.start(u64::MAX, 64);
    bench.room(0, 100);
    bench.driver.wait(0);
}
