//! A queue at work, whichever layout its driver chose.

use super::chain::Chain;
use super::packed::Packed;
use super::split::Split;
use super::{Progress, QueueConfig, QueueFeatures};
use crate::device::Broken;
use lodge_memory::GuestMemory;

/// A queue whose configuration is frozen: it was checked at DRIVER_OK and nothing can change it until reset.
#[derive(Debug)]
pub struct ActiveQueue(Layout);

#[derive(Debug)]
enum Layout {
    Split(Split),
    Packed(Packed),
}

/// Calls the same method of whichever layout it is.
macro_rules! either {
    ($queue:expr, $q:ident => $call:expr) => {
        match $queue {
            Layout::Split($q) => $call,
            Layout::Packed($q) => $call,
        }
    };
}

impl ActiveQueue {
    /// Checks and freezes `config`; `max` is the largest size that the device allows.
    ///
    /// # Errors
    /// [`Broken`], saying which part of the configuration is impossible.
    pub(crate) fn new(
        config: &QueueConfig,
        max: u16,
        features: QueueFeatures,
        progress: Progress,
        memory: &GuestMemory,
    ) -> Result<ActiveQueue, Broken> {
        let layout = if features.packed {
            Layout::Packed(Packed::new(config, max, features, progress, memory)?)
        } else {
            Layout::Split(Split::new(config, max, features, progress, memory)?)
        };
        Ok(ActiveQueue(layout))
    }

    /// Where a queue with `features` begins.
    pub(crate) fn start(features: QueueFeatures) -> Progress {
        if features.packed { Packed::start() } else { Progress::default() }
    }

    /// Number of descriptors.
    pub fn size(&self) -> u16 {
        either!(&self.0, q => q.size())
    }

    /// How far the queue has been served.
    pub(crate) fn progress(&self) -> Progress {
        either!(&self.0, q => q.progress())
    }

    pub(crate) fn pop(&mut self, memory: &GuestMemory) -> Result<Option<Chain>, Broken> {
        let chain = self.peek(memory)?;
        if chain.is_some() {
            self.take();
        }
        Ok(chain)
    }

    /// Takes the chain that was just looked at.
    pub(crate) fn take(&mut self) {
        either!(&mut self.0, q => q.take());
    }

    /// Goes back to where `next_available` of [`ActiveQueue::progress`] was.
    pub(crate) fn rewind(&mut self, next_available: u16) {
        either!(&mut self.0, q => q.rewind(next_available));
    }

    pub(crate) fn peek(&mut self, memory: &GuestMemory) -> Result<Option<Chain>, Broken> {
        either!(&mut self.0, q => q.peek(memory))
    }

    pub(crate) fn push(&mut self, memory: &GuestMemory, chain: Chain) -> Result<(), Broken> {
        either!(&mut self.0, q => q.push(memory, chain))
    }

    /// Shows the driver what was pushed. `true`: it wants an interrupt for it.
    pub(crate) fn publish(&mut self, memory: &GuestMemory) -> Result<bool, Broken> {
        either!(&mut self.0, q => q.publish(memory))
    }

    /// Asks for no notifications while the queue is being served.
    pub(crate) fn hush(&mut self, memory: &GuestMemory) -> Result<(), Broken> {
        either!(&mut self.0, q => q.hush(memory))
    }

    /// Asks for a notification of the next chain. `true`: there is one already.
    pub(crate) fn listen(&mut self, memory: &GuestMemory) -> Result<bool, Broken> {
        either!(&mut self.0, q => q.listen(memory))
    }
}
