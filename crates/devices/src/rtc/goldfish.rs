//! The Goldfish real-time clock.
//!
//! ```text
//!   0x00 TIME_LOW   read latches TIME_HIGH    0x10 IRQ_ENABLED
//!   0x04 TIME_HIGH                            0x14 CLEAR_ALARM
//!   0x08 ALARM_LOW  write arms the alarm      0x18 ALARM_STATUS
//!   0x0c ALARM_HIGH                           0x1c CLEAR_INTERRUPT
//! ```
//! Registers are those of the Android emulator's document on Goldfish virtual hardware, chapter "Goldfish real-time
//! clock". Times are nanoseconds since 1970, UTC. Accesses are 32 bits wide (64 bits: two of them).
//! The date comes from a [`WallClock`], which goes on when the guest is paused; the alarm rings by guest time.

use lodge_bus::{Clock, Effect, Irq, Mmio, Timer};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::SystemTime;

const TAG: &str = "goldfish-rtc";

const TIME_LOW: u64 = 0x00;
const TIME_HIGH: u64 = 0x04;
const ALARM_LOW: u64 = 0x08;
const ALARM_HIGH: u64 = 0x0c;
const IRQ_ENABLED: u64 = 0x10;
const CLEAR_ALARM: u64 = 0x14;
const ALARM_STATUS: u64 = 0x18;
const CLEAR_INTERRUPT: u64 = 0x1c;

/// Where a clock chip gets the date from.
pub trait WallClock: Send + Sync {
    /// Nanoseconds since 1970, UTC.
    fn now(&self) -> u64;
}

/// The host's date.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostWall;

impl WallClock for HostWall {
    fn now(&self) -> u64 {
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64)
    }
}

/// What a snapshot keeps of a [`GoldfishRtc`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GoldfishRtcSaved {
    /// The guest's date less the wall's.
    offset: u64,
    /// What TIME_HIGH reads.
    time_high: u32,
    alarm: u64,
    armed: bool,
    irq_enabled: bool,
    pending: bool,
}

/// The clock chip.
pub struct GoldfishRtc {
    state: Mutex<GoldfishRtcSaved>,
    wall: Arc<dyn WallClock>,
    clock: Clock,
    irq: Irq,
    timer: Timer,
}

impl GoldfishRtc {
    /// Bytes of the register window.
    pub const WINDOW: u64 = 0x1000;

    /// A chip that shows `wall`'s date and rings by `clock` on `irq`.
    pub fn new(wall: Arc<dyn WallClock>, clock: &Clock, irq: Irq) -> Arc<GoldfishRtc> {
        Arc::new_cyclic(|me: &Weak<GoldfishRtc>| {
            let me = me.clone();
            let ring = move || me.upgrade().iter().for_each(|rtc| rtc.settle(&mut rtc.lock()));
            let timer = clock.timer(ring);
            GoldfishRtc { state: Mutex::default(), wall, clock: clock.clone(), irq, timer }
        })
    }

    /// What the reset line does. The date goes on: the chip has a battery.
    pub fn reset(&self) {
        let mut state = self.lock();
        *state = GoldfishRtcSaved { offset: state.offset, ..GoldfishRtcSaved::default() };
        self.settle(&mut state);
    }

    fn lock(&self) -> MutexGuard<'_, GoldfishRtcSaved> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn date(&self, state: &GoldfishRtcSaved) -> u64 {
        self.wall.now().wrapping_add(state.offset)
    }

    /// Lets a due alarm ring, sets the timer for the next, and drives the line.
    fn settle(&self, state: &mut GoldfishRtcSaved) {
        let date = self.date(state);
        if state.armed && state.alarm <= date {
            state.armed = false;
            state.pending = true;
        }
        if state.armed {
            self.timer.arm(self.clock.now().saturating_add(state.alarm - date));
        } else {
            self.timer.disarm();
        }
        self.irq.set(state.pending && state.irq_enabled);
    }

    fn read_word(&self, offset: u64) -> u32 {
        let mut state = self.lock();
        match offset {
            TIME_LOW => {
                let date = self.date(&state);
                state.time_high = (date >> 32) as u32;
                date as u32
            }
            TIME_HIGH => state.time_high,
            ALARM_LOW => state.alarm as u32,
            ALARM_HIGH => (state.alarm >> 32) as u32,
            IRQ_ENABLED => u32::from(state.irq_enabled),
            ALARM_STATUS => u32::from(state.armed),
            _ => 0,
        }
    }

    fn write_word(&self, offset: u64, value: u32) {
        let mut state = self.lock();
        let low = |old: u64| (old & !0xffff_ffff) | u64::from(value);
        let high = |old: u64| (old & 0xffff_ffff) | u64::from(value) << 32;
        let date = self.date(&state);
        match offset {
            TIME_LOW => state.offset = state.offset.wrapping_add(low(date).wrapping_sub(date)),
            TIME_HIGH => state.offset = state.offset.wrapping_add(high(date).wrapping_sub(date)),
            ALARM_LOW => {
                state.alarm = low(state.alarm);
                state.armed = true;
            }
            ALARM_HIGH => state.alarm = high(state.alarm),
            IRQ_ENABLED => state.irq_enabled = value & 1 != 0,
            CLEAR_ALARM => state.armed = false,
            CLEAR_INTERRUPT => state.pending = false,
            _ => return,
        }
        self.settle(&mut state);
    }
}

impl Mmio for GoldfishRtc {
    fn read(&self, offset: u64, size: u8) -> u64 {
        match size {
            4 => u64::from(self.read_word(offset)),
            8 => {
                let low = self.read_word(offset);
                u64::from(low) | u64::from(self.read_word(offset.wrapping_add(4))) << 32
            }
            _ => 0,
        }
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        // The high half first: writing a low half is what acts.
        if size == 8 {
            self.write_word(offset.wrapping_add(4), (value >> 32) as u32);
        }
        if size == 4 || size == 8 {
            self.write_word(offset, value as u32);
        }
        Effect::None
    }
}

impl Saved for GoldfishRtc {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &*self.lock())
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: GoldfishRtcSaved = record.open(TAG, 1)?;
        let mut state = self.lock();
        *state = saved;
        self.settle(&mut state);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hostile::{Lines, hammer};
    use std::sync::atomic::{AtomicU64, Ordering};

    /// 2026-11-20, a date with a high half.
    const TODAY: u64 = 1_795_132_800_000_000_000;
    const SECOND: u64 = 1_000_000_000;

    struct Wall(AtomicU64);
    impl WallClock for Wall {
        fn now(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
    }

    struct Bench {
        rtc: Arc<GoldfishRtc>,
        wall: Arc<Wall>,
        clock: Clock,
        lines: Arc<Lines>,
    }

    fn bench() -> Bench {
        let (wall, clock, lines) = (Arc::new(Wall(TODAY.into())), Clock::manual(), Lines::new());
        Bench { rtc: GoldfishRtc::new(wall.clone(), &clock, lines.line(0)), wall, clock, lines }
    }

    impl Bench {
        fn pass(&self, nanoseconds: u64) {
            self.wall.0.fetch_add(nanoseconds, Ordering::SeqCst);
            self.clock.advance(nanoseconds);
        }

        fn date(&self) -> u64 {
            let low = self.rtc.read(TIME_LOW, 4);
            low | self.rtc.read(TIME_HIGH, 4) << 32
        }

        fn set_alarm(&self, at: u64) {
            self.rtc.write(ALARM_HIGH, 4, at >> 32);
            self.rtc.write(ALARM_LOW, 4, at);
            self.rtc.write(IRQ_ENABLED, 4, 1);
        }
    }

    #[test]
    fn the_date_is_read_and_set() {
        let b = bench();
        assert_eq!(b.date(), TODAY);
        b.rtc.read(TIME_LOW, 4);
        b.pass(5 * SECOND);
        assert_eq!(b.rtc.read(TIME_HIGH, 4), TODAY >> 32, "latched by the low half");
        b.rtc.write(TIME_HIGH, 4, 7);
        b.rtc.write(TIME_LOW, 4, 1000);
        b.pass(1);
        assert_eq!(b.date(), (7 << 32) + 1001);
        b.rtc.reset();
        assert_eq!(b.date(), (7 << 32) + 1001);
    }

    #[test]
    fn the_alarm_rings_once_and_is_cleared() {
        let b = bench();
        b.set_alarm(TODAY + 3 * SECOND);
        assert_eq!(b.rtc.read(ALARM_STATUS, 4), 1);
        b.pass(3 * SECOND - 1);
        assert!(!b.lines.high(0));
        b.pass(1);
        assert!(b.lines.high(0));
        assert_eq!(b.rtc.read(ALARM_STATUS, 4), 0);
        b.rtc.write(CLEAR_INTERRUPT, 4, 1);
        assert!(!b.lines.high(0));
        b.set_alarm(TODAY);
        assert!(b.lines.high(0), "in the past: at once");
        b.rtc.write(IRQ_ENABLED, 4, 0);
        b.rtc.write(CLEAR_INTERRUPT, 4, 1);
        b.set_alarm(TODAY + 10 * SECOND);
        b.rtc.write(CLEAR_ALARM, 4, 1);
        b.pass(20 * SECOND);
        assert!(!b.lines.high(0));
    }

    #[test]
    fn hostile_accesses_do_no_harm() {
        let b = bench();
        let near: Vec<u64> = (0..8).map(|r| r * 4).collect();
        hammer(b.rtc.as_ref(), GoldfishRtc::WINDOW, &near, 20_000);
        b.pass(u64::MAX / 4);
    }

    #[test]
    fn a_saved_clock_goes_on_where_it_was() {
        let a = bench();
        a.rtc.write(TIME_LOW, 8, TODAY + 100 * SECOND);
        a.set_alarm(TODAY + 101 * SECOND);
        let record = a.rtc.save();
        let b = bench();
        b.rtc.load(&record).unwrap();
        assert_eq!((b.rtc.save(), b.date()), (record, TODAY + 100 * SECOND));
        b.pass(SECOND);
        assert!(b.lines.high(0));
        assert!(HostWall.now() > TODAY / 2);
    }
}
