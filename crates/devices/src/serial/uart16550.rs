//! The 16550A serial port, one byte a register.
//!
//! ```text
//!            THR ─► transmit FIFO ─► Port ─► outside          (busy when the outside is slow)
//!   guest ◄─► │ loopback (MCR bit 4)
//!            RBR ◄─ receive FIFO ◄─ held ◄─ Port ◄─ outside   (at most 16 bytes every 350 µs)
//! ```
//! Registers are those of National Semiconductor's PC16550D data sheet, section 8. Differences that no driver can
//! tell from a patient person at the other end of the wire:
//! - Input waits outside until the guest listens: until it enables the receive interrupt or polls LSR. Drivers read
//!   RBR and clear the FIFO blindly while they set up; what was piped in would be lost there.
//! - Bytes in the FIFO when the guest clears it come again: they count as not yet sent.
//! - Input comes no faster than on a line of 460800 baud, as the guest's own buffers behind a tty are finite.
//! - A byte that waits below the trigger level has always waited four character times.

use crate::bits::check;
use lodge_bus::{Clock, Effect, Irq, Mmio, Timer};
use lodge_console::Port;
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

const TAG: &str = "uart16550";

/// Interrupt enable register, 8.7.
mod ier {
    pub const RECEIVED: u8 = 1;
    pub const TRANSMITTER: u8 = 2;
    pub const LINE: u8 = 4;
    pub const MODEM: u8 = 8;
    pub const ALL: u8 = 15;
}
/// Interrupt identification, 8.6; the order of the constants is the priority.
mod iir {
    pub const LINE: u8 = 0x06;
    pub const RECEIVED: u8 = 0x04;
    pub const TIMEOUT: u8 = 0x0c;
    pub const TRANSMITTER: u8 = 0x02;
    pub const MODEM: u8 = 0x00;
    pub const NONE: u8 = 0x01;
    pub const FIFOS: u8 = 0xc0;
}
/// FIFO control register, 8.5.
mod fcr {
    pub const ENABLE: u8 = 1;
    pub const CLEAR_RECEIVE: u8 = 2;
    pub const CLEAR_TRANSMIT: u8 = 4;
    /// What stays: enable, DMA mode, trigger level.
    pub const KEPT: u8 = 0xc9;
}
/// Divisor latch access, in the line control register, 8.1.
const LCR_DLAB: u8 = 0x80;
/// Modem control register, 8.8.
mod mcr {
    pub const DTR: u8 = 1;
    pub const RTS: u8 = 2;
    pub const OUT1: u8 = 4;
    pub const OUT2: u8 = 8;
    pub const LOOP: u8 = 16;
    pub const ALL: u8 = 31;
}
/// Line status register, 8.4.
mod lsr {
    pub const READY: u8 = 1;
    pub const OVERRUN: u8 = 2;
    pub const ERRORS: u8 = 0x1e;
    pub const THR_EMPTY: u8 = 0x20;
    pub const IDLE: u8 = 0x40;
}
/// Modem status register, 8.9: levels in the high half, "has changed" in the low half.
mod msr {
    pub const CTS: u8 = 0x10;
    pub const DSR: u8 = 0x20;
    pub const RING: u8 = 0x40;
    pub const CARRIER: u8 = 0x80;
    pub const RING_ENDED: u8 = 4;
}

/// Bytes in each FIFO.
const FIFO: usize = 16;
/// Guest nanoseconds between two fillings of the receive FIFO.
const REFILL: u64 = 350_000;
/// So many looks at LSR in a row, with nothing sent or read between, mean that the guest waits for input. Output
/// paths look at most twice.
const POLLS: u8 = 8;
/// How long a write waits when the guest ignores that the transmitter is busy, before the byte is lost.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a snapshot keeps of a [`Uart16550`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Uart16550Saved {
    divisor: u16,
    ier: u8,
    fcr: u8,
    lcr: u8,
    mcr: u8,
    /// Error bits only; the others follow from the FIFOs.
    lsr: u8,
    msr: u8,
    scratch: u8,
    transmitter_interrupt: bool,
    listening: bool,
    receive: VecDeque<u8>,
    transmit: VecDeque<u8>,
    held: VecDeque<u8>,
}

struct State {
    saved: Uart16550Saved,
    polls: u8,
    /// Guest time at which the receive FIFO may be filled again.
    next_fill: u64,
    /// What the timer was last armed for.
    armed: u64,
    /// What was last driven on the interrupt line.
    driven: Option<bool>,
}

/// A 16550A. Its window is eight bytes.
pub struct Uart16550 {
    state: Mutex<State>,
    port: Port,
    irq: Irq,
    clock: Clock,
    refill: Timer,
}

fn power_on() -> State {
    let saved = Uart16550Saved {
        divisor: 12,
        ier: 0,
        fcr: 0,
        lcr: 0,
        mcr: mcr::OUT2,
        lsr: 0,
        msr: msr::CTS | msr::DSR | msr::CARRIER,
        scratch: 0,
        transmitter_interrupt: false,
        listening: false,
        receive: VecDeque::new(),
        transmit: VecDeque::new(),
        held: VecDeque::new(),
    };
    State { saved, polls: 0, next_fill: 0, armed: 0, driven: None }
}

impl Uart16550Saved {
    fn fifos(&self) -> bool {
        self.fcr & fcr::ENABLE != 0
    }

    fn depth(&self) -> usize {
        if self.fifos() { FIFO } else { 1 }
    }

    fn trigger(&self) -> usize {
        if self.fifos() { [1, 4, 8, 14][usize::from(self.fcr >> 6)] } else { 1 }
    }

    fn line_status(&self) -> u8 {
        let mut status = self.lsr;
        if !self.receive.is_empty() {
            status |= lsr::READY;
        }
        if self.transmit.is_empty() {
            status |= lsr::THR_EMPTY | lsr::IDLE;
        }
        status
    }

    /// The interrupt to be served first, 8.6 table III.
    fn interrupt(&self) -> u8 {
        let on = |bit| self.ier & bit != 0;
        if on(ier::LINE) && self.lsr != 0 {
            iir::LINE
        } else if on(ier::RECEIVED) && self.receive.len() >= self.trigger() {
            iir::RECEIVED
        } else if on(ier::RECEIVED) && !self.receive.is_empty() {
            iir::TIMEOUT
        } else if on(ier::TRANSMITTER) && self.transmitter_interrupt {
            iir::TRANSMITTER
        } else if on(ier::MODEM) && self.msr & 0x0f != 0 {
            iir::MODEM
        } else {
            iir::NONE
        }
    }

    /// Sets the modem inputs from the wire, or in loopback from MCR's outputs (8.8), noting what changed.
    fn modem_inputs(&mut self) {
        let level = if self.mcr & mcr::LOOP != 0 {
            let wire = |out, input| if self.mcr & out != 0 { input } else { 0 };
            wire(mcr::RTS, msr::CTS)
                | wire(mcr::DTR, msr::DSR)
                | wire(mcr::OUT1, msr::RING)
                | wire(mcr::OUT2, msr::CARRIER)
        } else {
            msr::CTS | msr::DSR | msr::CARRIER
        };
        let mut changed = (self.msr ^ level) >> 4;
        if level & msr::RING != 0 {
            changed &= !msr::RING_ENDED; // the ring input counts when it ends only
        }
        self.msr = level | (self.msr & 0x0f) | changed;
    }

    /// Bytes from outside go back to wait; looped ones are gone.
    fn clear_receive(&mut self) {
        if self.mcr & mcr::LOOP == 0 {
            while let Some(byte) = self.receive.pop_back() {
                self.held.push_front(byte);
            }
        }
        self.receive.clear();
        self.lsr = 0;
    }

    fn validate(&self) -> Result<(), StateError> {
        let queues = self.receive.len() <= self.depth() && self.transmit.len() <= self.depth();
        check(TAG, queues && self.held.len() <= 2 * FIFO, "more bytes in a FIFO than it holds")?;
        let bits = self.ier & !ier::ALL == 0
            && self.fcr & !fcr::KEPT == 0
            && self.mcr & !mcr::ALL == 0
            && self.lsr & !lsr::ERRORS == 0;
        check(TAG, bits, "a register holds bits it does not have")
    }
}

impl Uart16550 {
    /// A UART between `port` and `irq`, paced by `clock`.
    pub fn new(port: Port, irq: Irq, clock: &Clock) -> Arc<Uart16550> {
        let uart = Arc::new_cyclic(|me: &Weak<Uart16550>| {
            let me = me.clone();
            let ring = move || me.upgrade().iter().for_each(|uart| uart.wire());
            Uart16550 {
                state: Mutex::new(power_on()),
                port: port.clone(),
                irq,
                clock: clock.clone(),
                refill: clock.timer(ring),
            }
        });
        let (input, room) = (Arc::downgrade(&uart), Arc::downgrade(&uart));
        port.on_room(Box::new(move || room.upgrade().iter().for_each(|uart| uart.wire())));
        port.on_input(Box::new(move || input.upgrade().iter().for_each(|uart| uart.wire())));
        uart
    }

    /// What the reset line does. Input that waits outside stays there.
    pub fn reset(&self) {
        let mut state = self.lock();
        state.saved.clear_receive();
        let held = std::mem::take(&mut state.saved.held);
        *state = power_on();
        state.saved.held = held;
        self.settle(&mut state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Something happened outside: input or room came, or the line may carry again.
    fn wire(&self) {
        let mut state = self.lock();
        self.settle(&mut state);
    }

    /// Moves bytes as far as they go and drives the interrupt line.
    fn settle(&self, state: &mut State) {
        self.transmit(&mut state.saved);
        self.receive(state);
        let level = state.saved.interrupt() != iir::NONE;
        if state.driven.replace(level) != Some(level) {
            self.irq.set(level);
        }
    }

    fn transmit(&self, saved: &mut Uart16550Saved) {
        if saved.transmit.is_empty() {
            return;
        }
        let sent = self.port.send(saved.transmit.make_contiguous());
        saved.transmit.drain(..sent);
        if saved.transmit.is_empty() {
            saved.transmitter_interrupt = true;
        }
    }

    fn receive(&self, state: &mut State) {
        let saved = &mut state.saved;
        let room = saved.depth().saturating_sub(saved.receive.len());
        let waiting = !saved.held.is_empty() || self.port.pending() > 0;
        if !saved.listening || saved.mcr & mcr::LOOP != 0 || room == 0 || !waiting {
            return;
        }
        let now = self.clock.now();
        // Further ahead than one filling: the clock was set back, for a restored guest.
        if (now..=now + REFILL).contains(&state.next_fill) && now != state.next_fill {
            if state.armed != state.next_fill {
                state.armed = state.next_fill;
                self.refill.arm(state.next_fill);
            }
            return;
        }
        state.next_fill = now + REFILL;
        let held = room.min(saved.held.len());
        saved.receive.extend(saved.held.drain(..held));
        let mut buffer = [0; FIFO];
        let count = self.port.receive(&mut buffer[..room - held]);
        saved.receive.extend(&buffer[..count]);
    }

    fn read_register(&self, state: &mut State, register: u64) -> u8 {
        let dlab = state.saved.lcr & LCR_DLAB != 0;
        let saved = &mut state.saved;
        match register {
            0 if dlab => saved.divisor as u8,
            1 if dlab => (saved.divisor >> 8) as u8,
            0 => {
                state.polls = 0;
                saved.receive.pop_front().unwrap_or(0)
            }
            1 => saved.ier,
            2 => {
                let source = saved.interrupt();
                if source == iir::TRANSMITTER {
                    saved.transmitter_interrupt = false;
                }
                source | if saved.fifos() { iir::FIFOS } else { 0 }
            }
            3 => saved.lcr,
            4 => saved.mcr,
            5 => {
                // Who looks while the transmitter is busy waits for that.
                state.polls = state.polls.saturating_add(u8::from(saved.transmit.is_empty()));
                saved.listening |= state.polls >= POLLS;
                self.receive(state);
                let status = state.saved.line_status();
                state.saved.lsr = 0;
                status
            }
            6 => {
                let status = saved.msr;
                saved.msr &= 0xf0;
                status
            }
            _ => saved.scratch,
        }
    }

    fn write_register(&self, state: &mut State, register: u64, value: u8) {
        let dlab = state.saved.lcr & LCR_DLAB != 0;
        let saved = &mut state.saved;
        match register {
            0 if dlab => saved.divisor = (saved.divisor & 0xff00) | u16::from(value),
            1 if dlab => saved.divisor = (saved.divisor & 0x00ff) | (u16::from(value) << 8),
            0 => {
                state.polls = 0;
                self.write_data(saved, value);
            }
            1 => {
                let raised = value & !saved.ier;
                saved.ier = value & ier::ALL;
                saved.listening |= value & ier::RECEIVED != 0;
                if raised & ier::TRANSMITTER != 0 && saved.transmit.is_empty() {
                    saved.transmitter_interrupt = true;
                }
            }
            2 => {
                let toggled = (value ^ saved.fcr) & fcr::ENABLE != 0;
                if toggled || value & fcr::CLEAR_RECEIVE != 0 {
                    saved.clear_receive();
                    // A driver that sets up anew shows anew that it listens.
                    saved.listening = saved.ier & ier::RECEIVED != 0;
                }
                if toggled || value & fcr::CLEAR_TRANSMIT != 0 {
                    saved.transmit.clear();
                    saved.transmitter_interrupt = true;
                }
                saved.fcr = if value & fcr::ENABLE != 0 { value & fcr::KEPT } else { 0 };
            }
            3 => saved.lcr = value,
            4 => {
                if (value ^ saved.mcr) & mcr::LOOP != 0 {
                    saved.clear_receive();
                }
                saved.mcr = value & mcr::ALL;
                saved.modem_inputs();
            }
            5 | 6 => {}
            _ => saved.scratch = value,
        }
    }

    fn write_data(&self, saved: &mut Uart16550Saved, value: u8) {
        saved.transmitter_interrupt = false;
        if saved.mcr & mcr::LOOP != 0 {
            if saved.receive.len() < saved.depth() {
                saved.receive.push_back(value);
            } else {
                saved.lsr |= lsr::OVERRUN;
            }
            saved.transmitter_interrupt = true;
        } else if saved.transmit.len() < saved.depth() {
            saved.transmit.push_back(value);
        }
    }

    /// A guest that writes though the transmitter is full: give the outside a moment, outside of our lock.
    fn wait_for_room(&self) {
        let full = {
            let saved = &self.lock().saved;
            let data = saved.lcr & LCR_DLAB == 0 && saved.mcr & mcr::LOOP == 0;
            data && saved.transmit.len() >= saved.depth()
        };
        if full {
            self.port.wait_for_room(PATIENCE);
            self.wire();
        }
    }
}

impl Mmio for Uart16550 {
    fn read(&self, offset: u64, _size: u8) -> u64 {
        let mut state = self.lock();
        let value = self.read_register(&mut state, offset & 7);
        self.settle(&mut state);
        u64::from(value)
    }

    fn write(&self, offset: u64, _size: u8, value: u64) -> Effect {
        if offset & 7 == 0 {
            self.wait_for_room();
        }
        let mut state = self.lock();
        self.write_register(&mut state, offset & 7, value as u8);
        self.settle(&mut state);
        Effect::None
    }
}

impl Saved for Uart16550 {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &self.lock().saved)
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: Uart16550Saved = record.open(TAG, 1)?;
        saved.validate()?;
        let mut state = self.lock();
        *state = State { saved, ..power_on() };
        self.settle(&mut state);
        Ok(())
    }
}

#[cfg(test)]
#[path = "uart16550_tests.rs"]
mod uart16550_tests;
