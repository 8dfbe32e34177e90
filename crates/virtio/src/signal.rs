//! What a device tells its driver: the interrupt line with its two reasons, "needs reset", the config generation.

use crate::complaint::Complaints;
use lodge_bus::Irq;
use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Interrupt status: a queue has used buffers (§4.2.2).
pub(crate) const USED_BUFFERS: u32 = 1;
/// Interrupt status: the configuration has changed.
pub(crate) const CONFIG_CHANGED: u32 = 2;

/// Shared by a transport (vCPU threads) and the device's thread.
#[derive(Debug)]
pub(crate) struct Signal {
    pub(crate) name: String,
    irq: Irq,
    status: AtomicU32,
    /// Held while the line follows the status, so that the last change wins.
    line: Mutex<()>,
    needs_reset: AtomicBool,
    generation: AtomicU32,
    complaints: Complaints,
}

impl Signal {
    pub(crate) fn new(name: String, irq: Irq) -> Signal {
        Signal {
            name,
            irq,
            status: AtomicU32::new(0),
            line: Mutex::new(()),
            needs_reset: AtomicBool::new(false),
            generation: AtomicU32::new(0),
            complaints: Complaints::default(),
        }
    }

    fn follow(&self) {
        let _line = self.line.lock().unwrap_or_else(|e| e.into_inner());
        self.irq.set(self.status.load(Ordering::SeqCst) != 0);
    }

    /// Interrupts for `reasons`.
    pub(crate) fn interrupt(&self, reasons: u32) {
        if self.status.fetch_or(reasons, Ordering::SeqCst) & reasons != reasons {
            self.follow();
        }
    }

    /// The driver has seen `reasons`.
    pub(crate) fn acknowledge(&self, reasons: u32) {
        self.status.fetch_and(!reasons, Ordering::SeqCst);
        self.follow();
    }

    pub(crate) fn status(&self) -> u32 {
        self.status.load(Ordering::SeqCst)
    }

    /// The config bytes are others now.
    pub(crate) fn config_changed(&self) {
        self.generation.fetch_add(1, Ordering::SeqCst);
        self.interrupt(CONFIG_CHANGED);
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
            self.interrupt(CONFIG_CHANGED);
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
