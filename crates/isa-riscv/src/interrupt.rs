//! Interrupts: what is pending, what of it is due, and the supervisor's own timer (Sstc).
//!
//! ```text
//!   Link::lines   MSIP MTIP SEIP MEIP ──┐
//!   Link::pulses  SSIP ─► mip ──────────┼─► pending ─ mie, mideleg, privilege ─► interrupt() ─► trap
//!   Clock ─ Timer ─► rung ─ stimecmp ───┘ STIP
//! ```
//! Everything that makes a new interrupt pending from outside also kicks the vCPU, so that [`lodge_jit::Isa::poll`]
//! comes; reading state here never has to look at pulses that were not polled yet.

use crate::csr::{envcfg, irq, status};
use crate::hart::Hart;
use crate::trap::{INTERRUPT, MACHINE, SUPERVISOR, USER};
use lodge_jit::Frame;
use std::sync::atomic::Ordering;

/// Nanoseconds a tick of `time`: 10 MHz.
const TICK: u64 = 100;
/// Ticks a second of `time`, for device trees.
pub const TIMEBASE: u32 = 10_000_000;
/// Most urgent first (privileged manual, `mip`).
const ORDER: [u64; 6] = [11, 3, 7, 9, 1, 5];

impl Hart {
    /// `time`
    pub(crate) fn time(&self) -> u64 {
        self.clock.now() / TICK
    }

    /// Lets pulses that came through the link become bits of `mip`.
    pub(crate) fn take_pulses(&mut self) {
        if self.link.pulses() != 0 {
            self.csrs.mip |= self.link.take_pulses() & irq::SUPERVISOR;
        }
    }

    /// `mip` as software reads it.
    pub(crate) fn pending(&self) -> u64 {
        let mut pending = self.csrs.mip | self.link.lines() & irq::LINES;
        if self.csrs.menvcfg & envcfg::STCE != 0 {
            pending &= !irq::STIP;
            if self.timer_due() {
                pending |= irq::STIP;
            }
        }
        pending
    }

    fn deadline(&self) -> u64 {
        self.csrs.stimecmp.saturating_mul(TICK)
    }

    fn timer_due(&self) -> bool {
        if !self.rung.load(Ordering::Acquire) {
            return false;
        }
        // The bell may be that of an earlier deadline, or the clock was set back (a restored guest): ask it.
        let due = self.clock.now() >= self.deadline();
        if due {
            return true;
        }
        self.arm_timer();
        // Reached in between, it may have been disarmed: then nobody kicks.
        self.clock.now() >= self.deadline()
    }

    /// Arms the timer for `stimecmp`.
    pub(crate) fn arm_timer(&self) {
        let deadline = self.deadline();
        if self.clock.now() >= deadline {
            self.timer.disarm();
            self.rung.store(true, Ordering::Release);
            return;
        }
        // In this order: a bell that rings between the two is looked at once too often, none is lost.
        self.rung.store(false, Ordering::Release);
        if deadline == u64::MAX {
            self.timer.disarm();
        } else {
            self.timer.arm(deadline);
        }
    }

    /// The interrupt to take now, if any: the privilege it goes to and its number.
    pub(crate) fn interrupt(&self) -> Option<(u8, u64)> {
        let c = &self.csrs;
        let due = self.pending() & c.mie;
        if due == 0 {
            return None;
        }
        let first = |due: u64| ORDER.into_iter().find(|n| due >> n & 1 != 0);
        if (self.privilege < MACHINE || c.mstatus & status::MIE != 0)
            && let Some(number) = first(due & !c.mideleg)
        {
            return Some((MACHINE, number));
        }
        if self.privilege == USER || self.privilege == SUPERVISOR && c.mstatus & status::SIE != 0 {
            return first(due & c.mideleg).map(|number| (SUPERVISOR, number));
        }
        None
    }

    /// See [`lodge_jit::Isa::poll`].
    pub(crate) fn take_interrupt(&mut self, frame: &mut Frame) {
        self.take_pulses();
        if let Some((target, number)) = self.interrupt() {
            self.enter(frame, target, INTERRUPT | number, 0);
        }
    }
}
