//! What a device tells its driver: interrupts with their two reasons, "needs reset", the config generation.

use crate::complaint::Complaints;
use lodge_bus::Irq;
use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Interrupt status: a queue has used buffers (§4.2.2).
pub(crate) const USED_BUFFERS: u32 = 1;
/// Interrupt status: the configuration has changed.
pub(crate) const CONFIG_CHANGED: u32 = 2;

/// What an interrupt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A queue has used buffers.
    Used(usize),
    /// The configuration has changed, or the device needs a reset.
    Config,
}

impl Event {
    fn bit(self) -> u32 {
        match self {
            Event::Used(_) => USED_BUFFERS,
            Event::Config => CONFIG_CHANGED,
        }
    }
}

/// How interrupts leave a transport.
pub(crate) trait Outlet: Send + Sync {
    /// Drives the line, which stays high as long as there is a reason.
    fn set(&self, high: bool);

    /// Sends a message about `event`. `false`: there are no messages, the line is to say it.
    fn message(&self, _event: Event) -> bool {
        false
    }
}

impl Outlet for Irq {
    fn set(&self, high: bool) {
        Irq::set(self, high);
    }
}

/// Shared by a transport (vCPU threads) and the device's thread.
pub(crate) struct Signal {
    pub(crate) name: String,
    outlet: Box<dyn Outlet>,
    status: AtomicU32,
    /// Held while the line follows the status, so that the last change wins.
    line: Mutex<()>,
    needs_reset: AtomicBool,
    generation: AtomicU32,
    complaints: Complaints,
}

impl Signal {
    pub(crate) fn new(name: String, outlet: Box<dyn Outlet>) -> Signal {
        Signal {
            name,
            outlet,
            status: AtomicU32::new(0),
            line: Mutex::new(()),
            needs_reset: AtomicBool::new(false),
            generation: AtomicU32::new(0),
            complaints: Complaints::default(),
        }
    }

    fn follow(&self) {
        let _line = self.line.lock().unwrap_or_else(|e| e.into_inner());
        self.outlet.set(self.status.load(Ordering::SeqCst) != 0);
    }

    /// Interrupts for `event`.
    pub(crate) fn interrupt(&self, event: Event) {
        if !self.outlet.message(event)
            && self.status.fetch_or(event.bit(), Ordering::SeqCst) & event.bit() == 0
        {
            self.follow();
        }
    }

    /// The driver has seen `reasons`.
    pub(crate) fn acknowledge(&self, reasons: u32) {
        self.status.fetch_and(!reasons, Ordering::SeqCst);
        self.follow();
    }

    /// What the driver has to hear of, which it has heard now.
    pub(crate) fn take(&self) -> u32 {
        let status = self.status.swap(0, Ordering::SeqCst);
        self.follow();
        status
    }

    pub(crate) fn status(&self) -> u32 {
        self.status.load(Ordering::SeqCst)
    }

    /// The config bytes are others now.
    pub(crate) fn config_changed(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.interrupt(Event::Config);
    }

    pub(crate) fn generation(&self) -> u32 {
        self.generation.load(Ordering::SeqCst)
    }

    /// The driver broke the rules.
    pub(crate) fn broken(&self, why: &dyn Display) {
        self.complaints.say(
            &self.name,
            &format_args!("the guest's driver broke the rules ({why}); the device needs a reset"),
        );
        if !self.needs_reset.swap(true, Ordering::SeqCst) {
            self.interrupt(Event::Config);
        }
    }

    pub(crate) fn complain(&self, what: &dyn Display) {
        self.complaints.say(&self.name, what);
    }

    pub(crate) fn needs_reset(&self) -> bool {
        self.needs_reset.load(Ordering::SeqCst)
    }

    /// Becomes what a record says, or the state after a reset.
    pub(crate) fn set(&self, status: u32, needs_reset: bool, generation: u32) {
        self.needs_reset.store(needs_reset, Ordering::SeqCst);
        self.generation.store(generation, Ordering::SeqCst);
        self.status.store(status & (USED_BUFFERS | CONFIG_CHANGED), Ordering::SeqCst);
        self.follow();
    }
}
