//! Queues: what the driver sets up, and what a device is lent of them while it serves.

mod active;
mod chain;
mod packed;
mod split;

pub use active::ActiveQueue;
pub use chain::Chain;

use crate::Device;
use crate::device::{Broken, feature};
use crate::signal::{Event, Signal};
use lodge_memory::GuestMemory;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Used buffers are shown to the driver at the latest after so many, or so much time.
const BATCH: u32 = 16;
const BATCH_TIME: Duration = Duration::from_micros(500);

/// A queue as the driver describes it, before DRIVER_OK. Nothing of it is trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueConfig {
    /// Number of descriptors.
    pub size: u16,
    /// Whether the driver uses the queue.
    pub ready: bool,
    /// Guest physical address of the descriptor table.
    pub descriptors: u64,
    /// Guest physical address of the available ring ("driver area").
    pub driver: u64,
    /// Guest physical address of the used ring ("device area").
    pub device: u64,
}

/// How far a queue has been served.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Index of the next available entry to take; of a packed ring its slot, and in bit 15 the wrap counter.
    pub next_available: u16,
    /// Index of the next used entry to fill, likewise.
    pub next_used: u16,
}

/// A place in a queue that its server can go back to.
#[derive(Debug, Clone, Copy)]
pub struct Mark(u16);

/// All queues of an active device, lent to [`crate::Device::serve`].
pub struct Queues {
    memory: Arc<GuestMemory>,
    queues: Vec<Option<ActiveQueue>>,
    features: u64,
    signal: Arc<Signal>,
    stop: Arc<AtomicBool>,
    /// Queues to be served again soon.
    again: u64,
}

impl Queues {
    pub(crate) fn new(
        memory: Arc<GuestMemory>,
        queues: Vec<Option<ActiveQueue>>,
        features: u64,
        signal: Arc<Signal>,
        stop: Arc<AtomicBool>,
    ) -> Queues {
        Queues { memory, queues, features, signal, stop, again: 0 }
    }

    /// Negotiated feature bits.
    pub fn features(&self) -> u64 {
        self.features
    }

    /// Guest RAM.
    pub fn memory(&self) -> &GuestMemory {
        &self.memory
    }

    /// Guest RAM, for as long as it is needed beside the queues.
    pub fn shared_memory(&self) -> Arc<GuestMemory> {
        self.memory.clone()
    }

    /// Whether the driver uses queue `index`.
    pub fn is_active(&self, index: usize) -> bool {
        self.queues.get(index).is_some_and(Option::is_some)
    }

    /// How far each queue has been served.
    pub(crate) fn progress(&self) -> Vec<Progress> {
        self.queues.iter().map(|q| q.as_ref().map(ActiveQueue::progress).unwrap_or_default()).collect()
    }

    fn queue(&mut self, index: usize) -> Option<&mut ActiveQueue> {
        self.queues.get_mut(index).and_then(Option::as_mut)
    }

    /// Takes the next chain of queue `index`, if there is one.
    ///
    /// # Errors
    /// [`Broken`] when the ring or the chain breaks the rules.
    pub fn pop(&mut self, index: usize) -> Result<Option<Chain>, Broken> {
        let memory = self.memory.clone();
        self.queue(index).map_or(Ok(None), |q| q.pop(&memory))
    }

    /// Looks at the next chain of queue `index` without taking it.
    ///
    /// # Errors
    /// As for [`Queues::pop`].
    pub fn peek(&mut self, index: usize) -> Result<Option<Chain>, Broken> {
        let memory = self.memory.clone();
        self.queue(index).map_or(Ok(None), |q| q.peek(&memory))
    }

    /// Takes the chain of queue `index` that was looked at with [`Queues::peek`].
    pub fn take(&mut self, index: usize) {
        if let Some(queue) = self.queue(index) {
            queue.take();
        }
    }

    /// Remembers which chain of queue `index` is the next.
    pub fn mark(&self, index: usize) -> Mark {
        Mark(self.queues.get(index).and_then(Option::as_ref).map_or(0, |q| q.progress().next_available))
    }

    /// Gives all chains of queue `index` that were taken since `mark` back, as if nobody had looked at them. None of
    /// them may have been pushed.
    pub fn rewind(&mut self, index: usize, mark: Mark) {
        if let Some(queue) = self.queue(index) {
            queue.rewind(mark.0);
        }
    }

    /// Number of descriptors of queue `index`; 0: the driver does not use it.
    pub fn size(&self, index: usize) -> u16 {
        self.queues.get(index).and_then(Option::as_ref).map_or(0, ActiveQueue::size)
    }

    /// Asks for no notifications of new chains in queue `index`, until [`Queues::listen`].
    ///
    /// # Errors
    /// [`Broken`] when the rings are not in RAM (any more).
    pub fn hush(&mut self, index: usize) -> Result<(), Broken> {
        let memory = self.memory.clone();
        self.queue(index).map_or(Ok(()), |q| q.hush(&memory))
    }

    /// Puts `chain` into the used ring, with the number of bytes written to it. The driver sees it after `publish`.
    ///
    /// # Errors
    /// [`Broken`] when the used ring is not in RAM (any more).
    pub fn push(&mut self, index: usize, chain: Chain) -> Result<(), Broken> {
        let memory = self.memory.clone();
        self.queue(index).map_or(Ok(()), |q| q.push(&memory, chain))
    }

    /// Shows all pushed chains to the driver, and interrupts it if it wants that.
    ///
    /// # Errors
    /// [`Broken`] when the rings are not in RAM (any more).
    pub fn publish(&mut self, index: usize) -> Result<(), Broken> {
        let memory = self.memory.clone();
        let wanted = self.queue(index).map_or(Ok(false), |q| q.publish(&memory))?;
        if wanted {
            self.signal.interrupt(Event::Used(index));
        }
        Ok(())
    }

    /// Asks to be notified of new chains in queue `index`. `true`: some came meanwhile, so look again.
    ///
    /// # Errors
    /// [`Broken`] when the rings are not in RAM (any more).
    pub fn listen(&mut self, index: usize) -> Result<bool, Broken> {
        let memory = self.memory.clone();
        self.queue(index).map_or(Ok(false), |q| q.listen(&memory))
    }

    /// Tells the driver that the config bytes have changed.
    pub fn config_changed(&self) {
        self.signal.config_changed();
    }

    /// Logs (rate-limited) something odd that the driver did and that the device can live with.
    pub fn complain(&self, what: &dyn std::fmt::Display) {
        self.signal.complain(what);
    }

    /// Whether the thread should come back soon because somebody wants it to stand still.
    pub fn stop_wanted(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Has queue `index` served again without a new kick.
    pub fn again(&mut self, index: usize) {
        self.again |= 1 << index;
    }

    /// Has `device` serve these queues, unless the driver broke them.
    pub(crate) fn serve(&mut self, device: &dyn Device, kicked: u64) {
        if self.signal.needs_reset() {
            return;
        }
        if let Err(broken) = device.serve(self, kicked) {
            self.again = 0;
            self.signal.broken(&broken);
        }
    }

    pub(crate) fn take_again(&mut self) -> u64 {
        std::mem::take(&mut self.again)
    }

    /// Serves what is in queue `index`, chain by chain, with one interrupt a batch. After a queue's length of
    /// chains others get their turn.
    ///
    /// # Errors
    /// [`Broken`] from the ring or from `serve`.
    pub fn drain(
        &mut self,
        index: usize,
        mut serve: impl FnMut(&GuestMemory, &mut Chain) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        let memory = self.memory.clone();
        let Some(queue) = self.queues.get_mut(index).and_then(Option::as_mut) else { return Ok(()) };
        let mut budget = u32::from(queue.size());
        queue.hush(&memory)?;
        let mut result = Ok(());
        let (mut pushed, mut since) = (0, None::<Instant>);
        loop {
            let mut chain = match queue.pop(&memory) {
                Ok(Some(chain)) => chain,
                Ok(None) => {
                    if std::mem::take(&mut pushed) > 0 && queue.publish(&memory)? {
                        self.signal.interrupt(Event::Used(index));
                    }
                    if !queue.listen(&memory)? {
                        return Ok(());
                    }
                    // A driver that turns its index to and fro must not keep us here.
                    budget -= 1;
                    if budget == 0 {
                        self.again |= 1 << index;
                        return Ok(());
                    }
                    continue;
                }
                Err(broken) => {
                    result = Err(broken);
                    break;
                }
            };
            if let Err(broken) = serve(&memory, &mut chain) {
                result = Err(broken);
                break;
            }
            queue.push(&memory, chain)?;
            pushed += 1;
            budget -= 1;
            let now = Instant::now();
            if pushed >= BATCH || now - *since.get_or_insert(now) >= BATCH_TIME {
                (pushed, since) = (0, None);
                if queue.publish(&memory)? {
                    self.signal.interrupt(Event::Used(index));
                }
            }
            if budget == 0 || self.stop.load(Ordering::Relaxed) {
                self.again |= 1 << index;
                break;
            }
        }
        if queue.publish(&memory)? {
            self.signal.interrupt(Event::Used(index));
        }
        result
    }
}

/// What of `features` changes how a queue works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueueFeatures {
    pub(crate) indirect: bool,
    pub(crate) event_index: bool,
    pub(crate) packed: bool,
}

impl QueueFeatures {
    pub(crate) fn of(features: u64) -> QueueFeatures {
        QueueFeatures {
            indirect: features & feature::INDIRECT_DESC != 0,
            event_index: features & feature::EVENT_IDX != 0,
            packed: features & feature::RING_PACKED != 0,
        }
    }
}
