//! The platform-level interrupt controller of RISC-V machines.
//!
//! ```text
//!   devices ── level ─► gateway ─► pending ─┐ enable, priority > threshold
//!                          ▲                └──► context 0 ── Irq ──► hart 0, M mode
//!                          └── complete ◄──claim─── context 1 ── Irq ──► hart 0, S mode
//! ```
//! RISC-V Platform-Level Interrupt Controller Specification 1.0.0; the register map is its section 3. Accesses are
//! 32 bits wide and aligned (64 bits: two of them). It must not know harts: the board says what the contexts are.

use crate::bits::check;
use lodge_bus::{Effect, Irq, IrqSink, Mmio};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard};

const TAG: &str = "plic";

/// Sources the register map has room for; source 0 does not exist.
const MAX_SOURCES: usize = 1023;
/// Contexts the register map has room for.
const MAX_CONTEXTS: usize = 15872;
/// Priorities and thresholds are 0 (never) to 7.
const PRIORITY_MASK: u32 = 7;

const PENDING: u64 = 0x1000;
const ENABLE: u64 = 0x2000;
const ENABLE_STRIDE: u64 = 0x80;
const CONTEXT: u64 = 0x20_0000;
const CONTEXT_STRIDE: u64 = 0x1000;

/// What a snapshot keeps of a [`Plic`]. Sources are bits in words, as in the pending registers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlicSaved {
    priority: Vec<u32>,
    /// Levels of the inputs.
    level: Vec<u32>,
    pending: Vec<u32>,
    /// Claimed and not completed: the gateway lets nothing through.
    claimed: Vec<u32>,
    contexts: Vec<ContextSaved>,
}

/// What a snapshot keeps of one context.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct ContextSaved {
    enable: Vec<u32>,
    threshold: u32,
}

struct State {
    saved: PlicSaved,
    /// What was last driven on each context's line, if that is known.
    driven: Vec<Option<bool>>,
}

/// A PLIC: an [`IrqSink`] whose lines are the source numbers.
pub struct Plic {
    state: Mutex<State>,
    outputs: Vec<Irq>,
    sources: usize,
}

impl PlicSaved {
    fn power_on(sources: usize, contexts: usize) -> PlicSaved {
        let words = sources / 32 + 1;
        let context = ContextSaved { enable: vec![0; words], threshold: 0 };
        PlicSaved {
            priority: vec![0; sources + 1],
            level: vec![0; words],
            pending: vec![0; words],
            claimed: vec![0; words],
            contexts: vec![context; contexts],
        }
    }

    /// The source a context is to serve first: highest priority above `floor`, then lowest number (section 4).
    fn best(&self, context: usize, floor: u32) -> Option<(usize, u32)> {
        let mut best: Option<(usize, u32)> = None;
        for (word, enable) in self.contexts[context].enable.iter().enumerate() {
            let mut bits = self.pending[word] & enable;
            while bits != 0 {
                let source = word * 32 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                let priority = self.priority[source];
                if priority > best.map_or(floor, |(_, p)| p) {
                    best = Some((source, priority));
                }
            }
        }
        best
    }

    /// The gateway (section 1.3): a level becomes a request unless one is in flight.
    fn gate(&mut self, word: usize) -> bool {
        let before = self.pending[word];
        self.pending[word] |= self.level[word] & !self.claimed[word];
        self.pending[word] != before
    }

    fn claim(&mut self, context: usize) -> u32 {
        // The threshold does not take part in a claim (section 8).
        let Some((source, _)) = self.best(context, 0) else { return 0 };
        self.pending[source / 32] &= !(1 << (source % 32));
        self.claimed[source / 32] |= 1 << (source % 32);
        source as u32
    }

    /// Completion of a source that is not enabled for the context is ignored (section 9).
    fn complete(&mut self, context: usize, source: u32) {
        let (word, bit) = (source as usize / 32, 1 << (source % 32));
        if self.contexts[context].enable.get(word).is_some_and(|enable| enable & bit != 0) {
            self.claimed[word] &= !bit;
            self.gate(word);
        }
    }
}

/// Where an offset leads.
enum Register {
    Priority(usize),
    Pending(usize),
    Enable(usize, usize),
    Threshold(usize),
    Claim(usize),
    None,
}

impl Plic {
    /// Bytes of the register window.
    pub const WINDOW: u64 = 0x400_0000;

    /// A PLIC with sources 1 to `sources` and one context for each of `outputs`.
    ///
    /// # Panics
    /// When there are more than 1023 sources or 15872 contexts: a mistake in a board.
    pub fn new(sources: usize, outputs: Vec<Irq>) -> Plic {
        assert!(sources <= MAX_SOURCES && outputs.len() <= MAX_CONTEXTS, "a PLIC is not that large");
        let saved = PlicSaved::power_on(sources, outputs.len());
        let driven = vec![None; outputs.len()];
        Plic { state: Mutex::new(State { saved, driven }), outputs, sources }
    }

    /// What the reset line does. The levels of the inputs stay what they are.
    pub fn reset(&self) {
        let mut state = self.lock();
        let level = std::mem::take(&mut state.saved.level);
        state.saved = PlicSaved { level, ..PlicSaved::power_on(self.sources, self.outputs.len()) };
        for word in 0..self.sources / 32 + 1 {
            state.saved.gate(word);
        }
        self.drive(&mut state);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn drive(&self, state: &mut State) {
        for (context, output) in self.outputs.iter().enumerate() {
            let threshold = state.saved.contexts[context].threshold;
            let high = state.saved.best(context, threshold).is_some();
            if state.driven[context].replace(high) != Some(high) {
                output.set(high);
            }
        }
    }

    fn register(&self, offset: u64) -> Register {
        let words = self.sources as u64 / 32 + 1;
        let contexts = self.outputs.len() as u64;
        if !offset.is_multiple_of(4) {
            return Register::None;
        }
        if offset < PENDING {
            let source = offset / 4;
            return if source <= self.sources as u64 {
                Register::Priority(source as usize)
            } else {
                Register::None
            };
        }
        if offset < ENABLE {
            let word = (offset - PENDING) / 4;
            return if word < words { Register::Pending(word as usize) } else { Register::None };
        }
        if offset < CONTEXT {
            let (context, word) = ((offset - ENABLE) / ENABLE_STRIDE, (offset - ENABLE) % ENABLE_STRIDE / 4);
            let there = context < contexts && word < words;
            return if there { Register::Enable(context as usize, word as usize) } else { Register::None };
        }
        let context = (offset - CONTEXT) / CONTEXT_STRIDE;
        match (offset - CONTEXT) % CONTEXT_STRIDE {
            0 if context < contexts => Register::Threshold(context as usize),
            4 if context < contexts => Register::Claim(context as usize),
            _ => Register::None,
        }
    }

    fn read_word(&self, offset: u64) -> u32 {
        let register = self.register(offset);
        let mut state = self.lock();
        match register {
            Register::Priority(source) => state.saved.priority[source],
            Register::Pending(word) => state.saved.pending[word],
            Register::Enable(context, word) => state.saved.contexts[context].enable[word],
            Register::Threshold(context) => state.saved.contexts[context].threshold,
            Register::Claim(context) => {
                let source = state.saved.claim(context);
                self.drive(&mut state);
                source
            }
            Register::None => 0,
        }
    }

    /// Bits of a word of sources that exist.
    fn existing(&self, word: usize) -> u32 {
        let last = self.sources - word * 32;
        let upto = if last >= 31 { u32::MAX } else { (2 << last) - 1 };
        if word == 0 { upto & !1 } else { upto }
    }

    fn write_word(&self, offset: u64, value: u32) {
        let register = self.register(offset);
        let mut state = self.lock();
        match register {
            Register::Priority(0) | Register::Pending(_) | Register::None => return,
            Register::Priority(source) => state.saved.priority[source] = value & PRIORITY_MASK,
            Register::Enable(context, word) => {
                state.saved.contexts[context].enable[word] = value & self.existing(word);
            }
            Register::Threshold(context) => state.saved.contexts[context].threshold = value & PRIORITY_MASK,
            Register::Claim(context) => state.saved.complete(context, value),
        }
        self.drive(&mut state);
    }

    fn validate(&self, saved: &PlicSaved) -> Result<(), StateError> {
        let words = self.sources / 32 + 1;
        let bits = |bits: &[u32]| {
            bits.len() == words && bits.iter().enumerate().all(|(word, b)| b & !self.existing(word) == 0)
        };
        let size = saved.priority.len() == self.sources + 1 && saved.contexts.len() == self.outputs.len();
        check(TAG, size, "it has another number of sources or contexts")?;
        let sets = [&saved.level, &saved.pending, &saved.claimed].iter().all(|set| bits(set))
            && saved.contexts.iter().all(|c| bits(&c.enable));
        check(TAG, sets, "a set of sources has sources that do not exist")?;
        let values = saved.priority.iter().chain(saved.contexts.iter().map(|c| &c.threshold));
        check(TAG, values.into_iter().all(|v| v & !PRIORITY_MASK == 0), "a priority is above 7")
    }
}

impl IrqSink for Plic {
    fn set(&self, line: u32, high: bool) {
        let source = line as usize;
        if source == 0 || source > self.sources {
            return;
        }
        let (word, bit) = (source / 32, 1 << (source % 32));
        let mut state = self.lock();
        if high {
            state.saved.level[word] |= bit;
            if state.saved.gate(word) {
                self.drive(&mut state);
            }
        } else {
            // A request that is through the gateway stays (section 7).
            state.saved.level[word] &= !bit;
        }
    }
}

impl Mmio for Plic {
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
        if size == 4 || size == 8 {
            self.write_word(offset, value as u32);
        }
        if size == 8 {
            self.write_word(offset.wrapping_add(4), (value >> 32) as u32);
        }
        Effect::None
    }
}

impl Saved for Plic {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &self.lock().saved)
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: PlicSaved = record.open(TAG, 1)?;
        self.validate(&saved)?;
        let mut state = self.lock();
        state.saved = saved;
        state.driven.fill(None);
        self.drive(&mut state);
        Ok(())
    }
}

#[cfg(test)]
#[path = "plic_tests.rs"]
mod plic_tests;
