//! Network card (§5.1): frames between a driver's queues and a [`Link`].
//!
//! ```text
//!   transmit queues ──► header, frame ──► Link::send          drops what it has no room for, as a wire does
//!   receive queues  ◄── one frame waits here when the driver has no room ◄── Link::receive
//!   control queue   ──► filters, queue pairs, offloads
//! ```
//! Offloads are negotiated through: what the link takes undone is offered to the driver, and what the driver takes
//! undone the link is told. While a frame waits for the driver's buffers the link is not asked for more, so that its
//! far side comes to a stop instead of a queue here growing. All queues are served by the device's one thread.

mod control;
mod steer;

use crate::blk::copy_config;
use crate::device::{Broken, Device, Kind};
use crate::queue::{Chain, Queues};
use crate::{VirtioError, Waker};
use control::Control;
use lodge_memory::GuestMemory;
use lodge_net::link::Received;
use lodge_net::{Features, Link, MAX_FRAME, vnet};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use steer::Flows;

/// Feature bits (§5.1.3).
mod bit {
    pub(super) const CSUM: u64 = 1 << 0;
    pub(super) const GUEST_CSUM: u64 = 1 << 1;
    pub(super) const CTRL_GUEST_OFFLOADS: u64 = 1 << 2;
    pub(super) const MTU: u64 = 1 << 3;
    pub(super) const MAC: u64 = 1 << 5;
    pub(super) const GUEST_TSO4: u64 = 1 << 7;
    pub(super) const GUEST_TSO6: u64 = 1 << 8;
    pub(super) const HOST_TSO4: u64 = 1 << 11;
    pub(super) const HOST_TSO6: u64 = 1 << 12;
    pub(super) const MRG_RXBUF: u64 = 1 << 15;
    pub(super) const STATUS: u64 = 1 << 16;
    pub(super) const CTRL_VQ: u64 = 1 << 17;
    pub(super) const CTRL_RX: u64 = 1 << 18;
    pub(super) const CTRL_VLAN: u64 = 1 << 19;
    pub(super) const CTRL_RX_EXTRA: u64 = 1 << 20;
    pub(super) const GUEST_ANNOUNCE: u64 = 1 << 21;
    pub(super) const MQ: u64 = 1 << 22;
    pub(super) const CTRL_MAC_ADDR: u64 = 1 << 23;
    pub(super) const GUEST_USO4: u64 = 1 << 54;
    pub(super) const GUEST_USO6: u64 = 1 << 55;
    pub(super) const HOST_USO: u64 = 1 << 56;
    /// Those that are switched by the control queue's offloads command.
    pub(super) const GUEST_OFFLOADS: u64 = GUEST_CSUM | GUEST_TSO4 | GUEST_TSO6 | GUEST_USO4 | GUEST_USO6;
}

/// Bits of the status in the config (§5.1.4).
const LINK_UP: u16 = 1;
const ANNOUNCE: u16 = 2;

/// Largest size of each queue. 256 would do for latency; a 64 KiB unit in mergeable buffers of a page's half takes 40.
const QUEUE_SIZE: u16 = 1024;
/// Most pairs of queues.
pub const MAX_PAIRS: u16 = 16;
/// Frames to the driver before other queues get their turn, and before it is told of them.
const TURN: usize = 256;
const BATCH: u16 = 32;
const TAG: &str = "virtio-net";

/// A link that outlives the device: a machine that is reset gets a new card on the same cable.
pub type Cable = Arc<Mutex<Box<dyn Link>>>;

/// What a card is made of, beside its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    /// Hardware address.
    pub mac: [u8; 6],
    /// Pairs of queues, 1 to [`MAX_PAIRS`].
    pub pairs: u16,
    /// The MTU that the driver is told, if any.
    pub mtu: Option<u16>,
}

/// The network card.
pub struct Net {
    cable: Cable,
    link: Features,
    /// The link's descriptor.
    ready: OwnedFd,
    card: Card,
    queue_sizes: Vec<u16>,
    /// Negotiated features.
    features: AtomicU64,
    /// Taken for a few instructions at a time.
    control: Mutex<Control>,
    /// Somebody is at the other end; the cable is plugged in.
    connected: AtomicBool,
    plugged: AtomicBool,
    /// The config's status has changed and the driver has not heard.
    changed: AtomicBool,
    /// A frame waits for the driver's buffers, or the driver broke them: the link is left alone.
    blocked: AtomicBool,
    waker: OnceLock<Waker>,
    /// Only the device's thread takes it.
    desk: Mutex<Desk>,
}

/// What the device's thread works with.
struct Desk {
    /// A frame from the link, or one to it.
    incoming: Box<[u8]>,
    outgoing: Box<[u8]>,
    /// What is in `incoming` and could not be delivered, with its queue pair.
    waiting: Option<(Received, u16)>,
    chains: Vec<Chain>,
    flows: Flows,
    /// Buffers pushed to each receive queue and not shown yet.
    unseen: [u16; MAX_PAIRS as usize],
}

#[derive(Serialize, Deserialize)]
struct NetSaved {
    plugged: bool,
    control: Control,
}

/// What became of a frame for the driver.
#[derive(Debug, PartialEq, Eq)]
enum Delivery {
    Done,
    /// There are too few buffers now; the driver was asked to tell of more.
    Blocked,
    /// It fits no buffer of this driver.
    TooLong,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

impl Net {
    /// A card on `cable`.
    ///
    /// # Errors
    /// [`VirtioError::Watch`].
    pub fn new(cable: Cable, card: Card) -> Result<Net, VirtioError> {
        let card = Card { pairs: card.pairs.clamp(1, MAX_PAIRS), ..card };
        let (link, ready, connected) = {
            let link = lock(&cable);
            (link.features(), link.ready().try_clone_to_owned(), link.connected())
        };
        Ok(Net {
            cable,
            link,
            ready: ready.map_err(|source| VirtioError::Watch { source })?,
            card,
            // Receive and transmit of each pair, then the control queue.
            queue_sizes: vec![QUEUE_SIZE; usize::from(card.pairs) * 2 + 1],
            features: AtomicU64::new(0),
            control: Mutex::new(Control::new(card.mac)),
            connected: AtomicBool::new(connected),
            plugged: AtomicBool::new(true),
            changed: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            waker: OnceLock::new(),
            desk: Mutex::new(Desk {
                incoming: vec![0; MAX_FRAME].into(),
                outgoing: vec![0; MAX_FRAME].into(),
                waiting: None,
                chains: Vec::new(),
                flows: Flows::new(),
                unseen: [0; MAX_PAIRS as usize],
            }),
        })
    }

    /// Plugs the cable in or out, as the driver sees it.
    pub fn plug(&self, plugged: bool) {
        if self.plugged.swap(plugged, Ordering::SeqCst) != plugged {
            lock(&self.cable).set_up(plugged);
            self.tell();
        }
    }

    /// Has the driver make itself known to the network, as after a move to another host.
    pub fn announce(&self) {
        lock(&self.control).announce = true;
        self.tell();
    }

    /// The status in the config is another one now.
    fn tell(&self) {
        self.changed.store(true, Ordering::SeqCst);
        if let Some(waker) = self.waker.get() {
            waker.wake();
        }
    }

    fn has(&self, bit: u64) -> bool {
        self.features.load(Ordering::SeqCst) & bit != 0
    }

    /// Pairs that the driver may use, and the number of the control queue, which stands behind them (§5.1.2).
    fn pairs(&self) -> (u16, usize) {
        let pairs = if self.has(bit::MQ) { self.card.pairs } else { 1 };
        (pairs, usize::from(pairs) * 2)
    }

    fn status(&self) -> u16 {
        let up = self.connected.load(Ordering::SeqCst) && self.plugged.load(Ordering::SeqCst);
        let announce = self.has(bit::GUEST_ANNOUNCE) && lock(&self.control).announce;
        (u16::from(up) * LINK_UP) | (u16::from(announce) * ANNOUNCE)
    }

    /// Tells the link what the driver accepts.
    fn start_link(&self) {
        let features = self.features.load(Ordering::SeqCst);
        let accepts = lock(&self.control).accepts(features).and(self.link.gives);
        lock(&self.cable).start(accepts);
    }

    fn serve_queues(&self, queues: &mut Queues, kicked: u64) -> Result<(), Broken> {
        let mut desk = lock(&self.desk);
        let (pairs, control) = self.pairs();
        if kicked & (1 << control) != 0 && self.has(bit::CTRL_VQ) {
            self.control(queues, control)?;
        }
        for pair in 0..pairs {
            if kicked & (1 << (pair * 2 + 1)) != 0 {
                self.transmit(queues, pair, &mut desk)?;
            }
        }
        for pair in 0..pairs {
            queues.hush(usize::from(pair) * 2)?;
        }
        self.receive(queues, &mut desk)?;
        self.check_carrier(queues);
        Ok(())
    }

    /// Serves the control queue.
    fn control(&self, queues: &mut Queues, index: usize) -> Result<(), Broken> {
        let features = queues.features();
        let before = lock(&self.control).accepts(features);
        queues.drain(index, |memory, chain| {
            if chain.writable() == 0 {
                return Err(Broken("a control command has no room for its answer".into()));
            }
            let done = lock(&self.control).serve(memory, chain, features, self.card.pairs)?;
            chain.skip_output(chain.writable() - 1)?;
            chain.write(memory, &[u8::from(!done)])
        })?;
        if lock(&self.control).accepts(features) != before {
            self.start_link();
        }
        Ok(())
    }

    /// Sends what is in a transmit queue.
    fn transmit(&self, queues: &mut Queues, pair: u16, desk: &mut Desk) -> Result<(), Broken> {
        let mut odd = None;
        let mut link = lock(&self.cable);
        let allowed = self.undone(queues.features());
        let several = lock(&self.control).pairs > 1;
        queues.drain(usize::from(pair) * 2 + 1, |memory, chain| {
            let len = chain.readable();
            let Some(len) = len.checked_sub(vnet::LEN as u64).filter(|len| *len <= MAX_FRAME as u64) else {
                odd = Some(format!("a frame of {len} bytes with its header"));
                return Ok(());
            };
            let mut head = [0; vnet::LEN];
            chain.read(memory, &mut head)?;
            let frame = &mut desk.outgoing[..len as usize];
            chain.read(memory, frame)?;
            match vnet::parse(head, frame.len(), allowed) {
                Some(offload) => {
                    if several {
                        desk.flows.learn(frame, pair);
                    }
                    link.send(frame, offload);
                }
                None => odd = Some(format!("a frame whose header makes no sense: {head:02x?}")),
            }
            Ok(())
        })?;
        if let Some(what) = odd {
            queues.complain(&format_args!("dropped {what}"));
        }
        Ok(())
    }

    /// What the driver may leave undone in frames it sends.
    fn undone(&self, features: u64) -> lodge_net::Offloads {
        let has = |bit: u64| features & bit != 0;
        lodge_net::Offloads {
            checksum: has(bit::CSUM),
            tcp4: has(bit::HOST_TSO4),
            tcp6: has(bit::HOST_TSO6),
            udp: has(bit::HOST_USO),
        }
    }

    /// Hands frames of the link to the driver until there are none, or no buffers.
    fn receive(&self, queues: &mut Queues, desk: &mut Desk) -> Result<(), Broken> {
        let features = queues.features();
        let mut link = lock(&self.cable);
        let mut dropped = None;
        for turn in 0.. {
            if turn == TURN || queues.stop_wanted() {
                queues.again(0);
                break;
            }
            let (received, pair) = match desk.waiting.take() {
                Some(waiting) => waiting,
                None => {
                    let Some(received) = link.receive(&mut desk.incoming) else { break };
                    let frame = &desk.incoming[..received.len];
                    let control = lock(&self.control);
                    if !control.wants(frame, features) {
                        continue;
                    }
                    (received, desk.flows.pick(frame, control.pairs))
                }
            };
            match deliver(queues, pair, &received, desk)? {
                Delivery::Done => {
                    let unseen = &mut desk.unseen[usize::from(pair)];
                    *unseen += 1;
                    if *unseen >= BATCH {
                        *unseen = 0;
                        queues.publish(usize::from(pair) * 2)?;
                    }
                }
                Delivery::TooLong => dropped = Some(received.len),
                Delivery::Blocked => {
                    desk.waiting = Some((received, pair));
                    break;
                }
            }
        }
        self.blocked.store(desk.waiting.is_some(), Ordering::SeqCst);
        if let Some(len) = dropped {
            queues.complain(&format_args!(
                "dropped a frame of {len} bytes: the driver's buffers are too small"
            ));
        }
        self.show(queues, desk)
    }

    /// Shows the driver all that it has not seen yet.
    fn show(&self, queues: &mut Queues, desk: &mut Desk) -> Result<(), Broken> {
        for (pair, unseen) in desk.unseen.iter_mut().enumerate() {
            if std::mem::take(unseen) > 0 {
                queues.publish(pair * 2)?;
            }
        }
        Ok(())
    }

    /// Looks at whether somebody is at the other end, and tells the driver of changes.
    fn check_carrier(&self, queues: &Queues) {
        let connected = lock(&self.cable).connected();
        if self.connected.swap(connected, Ordering::SeqCst) != connected {
            self.changed.store(true, Ordering::SeqCst);
        }
        if self.changed.swap(false, Ordering::SeqCst) && queues.features() & bit::STATUS != 0 {
            queues.config_changed();
        }
    }
}

/// Copies the frame in `desk.incoming` to buffers of receive queue `pair`; to several when the driver merges them.
fn deliver(queues: &mut Queues, pair: u16, received: &Received, desk: &mut Desk) -> Result<Delivery, Broken> {
    let index = usize::from(pair) * 2;
    let frame = &desk.incoming[..received.len];
    let (len, size) = ((vnet::LEN + frame.len()) as u64, queues.size(index));
    if size == 0 {
        return Ok(Delivery::TooLong);
    }
    let most = if queues.features() & bit::MRG_RXBUF != 0 { size } else { 1 };
    let (mut room, mark, chains) = (0, queues.mark(index), &mut desk.chains);
    chains.clear();
    while room < len {
        let count = chains.len() as u16;
        let chain = if count == most { None } else { queues.pop(index)? };
        match chain {
            Some(chain) => {
                room += chain.writable();
                if count == 0 && chain.writable() < vnet::LEN as u64 {
                    return Err(Broken("a receive buffer has no room for the header".into()));
                }
                chains.push(chain);
            }
            // Those that come while nobody listens count too.
            None if count < most && queues.listen(index)? => {}
            None => {
                queues.rewind(index, mark);
                chains.clear();
                return Ok(if count == most { Delivery::TooLong } else { Delivery::Blocked });
            }
        }
    }
    let head = vnet::build(&received.offload, chains.len() as u16);
    let memory = queues.shared_memory();
    let mut left = frame;
    for (n, mut chain) in chains.drain(..).enumerate() {
        if n == 0 {
            chain.write(&memory, &head)?;
        }
        left = fill(&memory, &mut chain, left)?;
        queues.push(index, chain)?;
    }
    Ok(Delivery::Done)
}

/// Copies what fits of `bytes` to `chain`; answers the rest.
fn fill<'a>(memory: &GuestMemory, chain: &mut Chain, bytes: &'a [u8]) -> Result<&'a [u8], Broken> {
    let n = usize::try_from(chain.writable()).unwrap_or(usize::MAX).min(bytes.len());
    chain.write(memory, &bytes[..n])?;
    Ok(&bytes[n..])
}

impl Device for Net {
    fn kind(&self) -> Kind {
        Kind::Net
    }

    fn name(&self) -> String {
        let [.., a, b, c] = self.card.mac;
        format!("net {a:02x}:{b:02x}:{c:02x}")
    }

    fn features(&self) -> u64 {
        let mut features = bit::MAC | bit::MRG_RXBUF | bit::STATUS | bit::CTRL_VQ | bit::CTRL_RX;
        features |= bit::CTRL_VLAN | bit::CTRL_RX_EXTRA | bit::GUEST_ANNOUNCE | bit::CTRL_MAC_ADDR;
        let mut offer = |wanted: bool, bits: u64| features |= if wanted { bits } else { 0 };
        let (takes, gives) = (self.link.takes, self.link.gives);
        offer(self.card.pairs > 1, bit::MQ);
        offer(self.card.mtu.is_some(), bit::MTU);
        offer(takes.checksum, bit::CSUM);
        offer(takes.checksum && takes.tcp4, bit::HOST_TSO4);
        offer(takes.checksum && takes.tcp6, bit::HOST_TSO6);
        offer(takes.checksum && takes.udp, bit::HOST_USO);
        offer(gives.checksum, bit::GUEST_CSUM | bit::CTRL_GUEST_OFFLOADS);
        offer(gives.checksum && gives.tcp4, bit::GUEST_TSO4);
        offer(gives.checksum && gives.tcp6, bit::GUEST_TSO6);
        offer(gives.checksum && gives.udp, bit::GUEST_USO4 | bit::GUEST_USO6);
        features
    }

    fn queue_sizes(&self) -> &[u16] {
        &self.queue_sizes
    }

    fn config(&self, offset: u64, into: &mut [u8]) {
        // mac 6 bytes, status u16, max_virtqueue_pairs u16, mtu u16 (§5.1.4)
        let mut config = [0; 12];
        config[..6].copy_from_slice(&lock(&self.control).mac);
        config[6..8].copy_from_slice(&self.status().to_le_bytes());
        config[8..10].copy_from_slice(&self.card.pairs.to_le_bytes());
        config[10..].copy_from_slice(&self.card.mtu.unwrap_or(0).to_le_bytes());
        copy_config(&config, offset, into);
    }

    fn attach(&self, waker: Waker) {
        let _ = self.waker.set(waker);
    }

    fn activate(&self, features: u64) {
        self.features.store(features, Ordering::SeqCst);
        self.blocked.store(false, Ordering::SeqCst);
        self.start_link();
    }

    fn reset(&self) {
        self.features.store(0, Ordering::SeqCst);
        *lock(&self.control) = Control::new(self.card.mac);
        let mut desk = lock(&self.desk);
        desk.waiting = None;
        desk.unseen.fill(0);
    }

    fn watches(&self) -> bool {
        true
    }

    fn watched(&self) -> Option<BorrowedFd<'_>> {
        (!self.blocked.load(Ordering::SeqCst)).then(|| self.ready.as_fd())
    }

    fn serve(&self, queues: &mut Queues, kicked: u64) -> Result<(), Broken> {
        let done = self.serve_queues(queues, kicked);
        if done.is_err() {
            self.blocked.store(true, Ordering::SeqCst);
        }
        done
    }
}

impl Saved for Net {
    fn save(&self) -> Record {
        let plugged = self.plugged.load(Ordering::SeqCst);
        Record::new(TAG, 1, &NetSaved { plugged, control: lock(&self.control).clone() })
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: NetSaved = record.open(TAG, 1)?;
        let control = saved.control;
        if !control.is_sound() || control.pairs > self.card.pairs {
            let why = "its filters or queue pairs are not possible".to_owned();
            return Err(StateError::Invalid { tag: TAG, why });
        }
        *lock(&self.control) = control;
        let mut desk = lock(&self.desk);
        desk.waiting = None;
        desk.unseen.fill(0);
        drop(desk);
        self.plug(saved.plugged);
        // Switches on the way have yet to learn where the guest is now.
        self.announce();
        Ok(())
    }
}
