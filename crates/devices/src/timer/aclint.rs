//! The core-local interruptor of RISC-V machines: software interrupts and the machine timer, in the layout of
//! SiFive's CLINT.
//!
//! ```text
//!   0x0000  msip, 32 bits a hart         MSWI    ──► Irq (MSIP)
//!   0x4000  mtimecmp, 64 bits a hart     MTIMER  ──► Irq (MTIP), mtime >= mtimecmp
//!   0xbff8  mtime, 64 bits
//! ```
//! RISC-V Advanced Core Local Interruptor Specification 1.0-rc4, chapters 2 (MTIMER) and 3 (MSWI), and its section
//! 1.1 for the layout. 64-bit registers may be accessed in halves. Ticks are ten a microsecond of guest time.

use crate::bits::{check, lane, merge};
use lodge_bus::{Clock, Effect, Irq, Mmio, Timer};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

const TAG: &str = "aclint";

/// Ticks of `mtime` a second.
pub const TIMEBASE: u64 = 10_000_000;
const NANOSECONDS_A_TICK: u64 = 1_000_000_000 / TIMEBASE;

const MTIMECMP: u64 = 0x4000;
const MTIME: u64 = 0xbff8;
/// Harts the layout has room for.
const MAX_HARTS: usize = 4095;

/// The lines to one hart.
#[derive(Debug, Clone)]
pub struct AclintHart {
    /// Machine software interrupt.
    pub software: Irq,
    /// Machine timer interrupt.
    pub timer: Irq,
}

/// What a snapshot keeps of an [`Aclint`]; the clock is saved by the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AclintSaved {
    /// `mtime` less the clock's own ticks.
    offset: u64,
    harts: Vec<HartSaved>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct HartSaved {
    software: bool,
    compare: u64,
}

struct Hart {
    saved: Mutex<HartSaved>,
    lines: AclintHart,
    timer: Timer,
}

/// MSWI and MTIMER for a number of harts.
pub struct Aclint {
    clock: Clock,
    offset: AtomicU64,
    harts: Vec<Hart>,
}

/// No timer interrupt until software asks for one.
const POWER_ON: HartSaved = HartSaved { software: false, compare: u64::MAX };

impl Aclint {
    /// Bytes of the register window.
    pub const WINDOW: u64 = 0x1_0000;

    /// For the harts with these lines, by `clock`.
    ///
    /// # Panics
    /// With more than 4095 harts: a mistake in a board.
    pub fn new(clock: &Clock, harts: Vec<AclintHart>) -> Arc<Aclint> {
        assert!(harts.len() <= MAX_HARTS, "an ACLINT is not that large");
        Arc::new_cyclic(|me: &Weak<Aclint>| {
            let hart = |(number, lines): (usize, AclintHart)| {
                let me = me.clone();
                let ring = move || me.upgrade().iter().for_each(|aclint| aclint.ring(number));
                Hart { saved: Mutex::new(POWER_ON), lines, timer: clock.timer(ring) }
            };
            let harts = harts.into_iter().enumerate().map(hart).collect();
            Aclint { clock: clock.clone(), offset: AtomicU64::new(0), harts }
        })
    }

    /// What the reset line does. `mtime` goes on.
    pub fn reset(&self) {
        for hart in &self.harts {
            let mut saved = lock(&hart.saved);
            *saved = POWER_ON;
            self.drive(hart, &saved);
        }
    }

    /// `mtime` now.
    pub fn time(&self) -> u64 {
        (self.clock.now() / NANOSECONDS_A_TICK).wrapping_add(self.offset.load(Ordering::SeqCst))
    }

    fn set_time(&self, time: u64) {
        self.offset.store(time.wrapping_sub(self.clock.now() / NANOSECONDS_A_TICK), Ordering::SeqCst);
        (0..self.harts.len()).for_each(|hart| self.ring(hart));
    }

    fn ring(&self, number: usize) {
        let hart = &self.harts[number];
        let saved = lock(&hart.saved);
        self.drive(hart, &saved);
    }

    /// Drives a hart's lines. Its lock is held, so that lines never show an older state than the registers.
    fn drive(&self, hart: &Hart, saved: &HartSaved) {
        hart.lines.software.set(saved.software);
        let time = self.time();
        let due = time >= saved.compare;
        hart.lines.timer.set(due);
        // Ticks of the clock itself at which mtime reaches mtimecmp; what lies beyond the clock's range never comes.
        let ticks = saved.compare.wrapping_sub(self.offset.load(Ordering::SeqCst));
        match ticks.checked_mul(NANOSECONDS_A_TICK) {
            Some(deadline) if !due => hart.timer.arm(deadline),
            _ => hart.timer.disarm(),
        }
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut HartSaved)) {
        if let Some(hart) = usize::try_from(number).ok().and_then(|n| self.harts.get(n)) {
            let mut saved = lock(&hart.saved);
            change(&mut saved);
            self.drive(hart, &saved);
        }
    }

    fn hart(&self, number: u64) -> Option<HartSaved> {
        self.harts.get(number as usize).map(|hart| lock(&hart.saved).clone())
    }
}

fn lock(saved: &Mutex<HartSaved>) -> MutexGuard<'_, HartSaved> {
    saved.lock().unwrap_or_else(|e| e.into_inner())
}

impl Mmio for Aclint {
    fn read(&self, offset: u64, size: u8) -> u64 {
        match offset {
            0..MTIMECMP => {
                let msip = self.hart(offset / 4).map_or(0, |hart| u64::from(hart.software));
                lane(msip, offset % 4, size)
            }
            MTIMECMP..MTIME => {
                let compare = self.hart((offset - MTIMECMP) / 8).map_or(0, |hart| hart.compare);
                lane(compare, offset % 8, size)
            }
            MTIME..Self::WINDOW if offset < MTIME + 8 => lane(self.time(), offset % 8, size),
            _ => 0,
        }
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        match offset {
            0..MTIMECMP if offset.is_multiple_of(4) => {
                self.change(offset / 4, |hart| hart.software = value & 1 != 0);
            }
            MTIMECMP..MTIME => self.change((offset - MTIMECMP) / 8, |hart| {
                hart.compare = merge(hart.compare, offset % 8, size, value);
            }),
            MTIME..Self::WINDOW if offset < MTIME + 8 => {
                self.set_time(merge(self.time(), offset % 8, size, value));
            }
            _ => {}
        }
        Effect::None
    }
}

impl Saved for Aclint {
    fn save(&self) -> Record {
        let harts = self.harts.iter().map(|hart| lock(&hart.saved).clone()).collect();
        Record::new(TAG, 1, &AclintSaved { offset: self.offset.load(Ordering::SeqCst), harts })
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: AclintSaved = record.open(TAG, 1)?;
        check(TAG, saved.harts.len() == self.harts.len(), "it has another number of harts")?;
        self.offset.store(saved.offset, Ordering::SeqCst);
        for (hart, from) in self.harts.iter().zip(saved.harts) {
            let mut now = lock(&hart.saved);
            *now = from;
            self.drive(hart, &now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::{Lines, hammer};

    fn bench(clock: &Clock) -> (Arc<Aclint>, Arc<Lines>) {
        let lines = Lines::new();
        let hart = |n: u32| AclintHart { software: lines.line(n * 8 + 3), timer: lines.line(n * 8 + 7) };
        (Aclint::new(clock, (0..2).map(hart).collect()), lines)
    }

    #[test]
    fn software_interrupts() {
        let (aclint, lines) = bench(&Clock::manual());
        aclint.write(4, 4, 0xffff_ffff);
        assert_eq!((lines.all(), aclint.read(4, 4), aclint.read(0, 4)), (1 << 11, 1, 0));
        aclint.write(4, 4, 0);
        aclint.write(8, 4, 1);
        assert_eq!((lines.all(), aclint.read(8, 4)), (0, 0));
    }

    #[test]
    fn the_timer_rings_at_mtimecmp_and_not_before() {
        let clock = Clock::manual();
        let (aclint, lines) = bench(&clock);
        assert_eq!((aclint.read(MTIME, 8), aclint.read(MTIMECMP, 8), lines.all()), (0, u64::MAX, 0));
        clock.advance(1_000_000);
        assert_eq!(aclint.read(MTIME, 8), 10_000);
        aclint.write(MTIMECMP + 8, 8, 10_005);
        clock.advance(499);
        assert_eq!(lines.all(), 0);
        clock.advance(1);
        assert_eq!(lines.all(), 1 << 15);
        // In halves, as 32-bit code does: never a moment with a wrong early deadline.
        aclint.write(MTIMECMP + 12, 4, 0xffff_ffff);
        assert_eq!(lines.all(), 0);
        aclint.write(MTIMECMP + 8, 4, 10_007);
        aclint.write(MTIMECMP + 12, 4, 0);
        assert_eq!((aclint.read(MTIMECMP + 8, 4), aclint.read(MTIMECMP + 12, 4)), (10_007, 0));
        clock.advance(200);
        assert_eq!(lines.all(), 1 << 15);
    }

    #[test]
    fn mtime_can_be_set_in_halves() {
        let clock = Clock::manual();
        let (aclint, lines) = bench(&clock);
        clock.advance(100);
        aclint.write(MTIMECMP, 8, 0x1_0000_0005);
        aclint.write(MTIME + 4, 4, 1);
        aclint.write(MTIME, 4, 2);
        assert_eq!((aclint.read(MTIME, 8), aclint.read(MTIME + 4, 4), lines.all()), (0x1_0000_0002, 1, 0));
        clock.advance(300);
        assert_eq!(lines.all(), 1 << 7);
        aclint.write(MTIME, 8, 0);
        assert_eq!(lines.all(), 0);
    }

    #[test]
    fn hostile_accesses_do_no_harm() {
        let clock = Clock::manual();
        let (aclint, lines) = bench(&clock);
        hammer(aclint.as_ref(), Aclint::WINDOW, &[0, 4, MTIMECMP, MTIMECMP + 8, MTIME], 50_000);
        aclint.reset();
        assert_eq!(lines.all(), 0);
    }

    #[test]
    fn a_saved_aclint_goes_on_where_it_was() {
        let clock = Clock::manual();
        let (a, _) = bench(&clock);
        a.write(0, 4, 1);
        a.write(MTIME, 8, 50);
        a.write(MTIMECMP + 8, 8, 60);
        let record = a.save();
        let (b, lines) = bench(&clock);
        b.load(&record).unwrap();
        assert_eq!((lines.all(), b.save()), (1 << 3, record.clone()));
        clock.advance(1000);
        assert_eq!(lines.all(), 1 << 3 | 1 << 15);
        assert!(Aclint::new(&clock, vec![]).load(&record).is_err());
    }
}
