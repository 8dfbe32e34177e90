//! How a function interrupts: by messages (MSI-X, PCI § 6.8.2) or by its pin.
//!
//! ```text
//!   device ── notify(vector) ──► masked? ─ yes ─► pending bit ── unmasked ──┐
//!                                   └─ no ──────────────────────────────────┴─► MessageSink
//!   device ── set_pin(level) ──► pin, unless MSI-X is on or the command register forbids it ──► Wire
//! ```

use crate::lines::Wire;
use lodge_state::StateError;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard};

/// Takes the memory writes that are interrupts: a machine's MSI controller.
pub trait MessageSink: Send + Sync {
    /// `data` was written to `address`. A message to nobody is lost.
    fn message(&self, address: u64, data: u32);
}

/// Where MSI-X structures lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MsixPlace {
    /// The BAR.
    pub bar: usize,
    /// Offset of the table in it, a multiple of 8.
    pub table: u32,
    /// Offset of the pending bits, a multiple of 8.
    pub pending: u32,
}

/// Bytes of a table entry.
pub(crate) const ENTRY: u64 = 16;
/// Vector control: the entry is masked.
const MASKED: u32 = 1;
/// Most vectors of a function.
pub(crate) const MAX_VECTORS: u16 = 2048;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    address: u64,
    data: u32,
    control: u32,
}

const POWER_ON: Entry = Entry { address: 0, data: 0, control: MASKED };

/// What a snapshot keeps of [`Interrupts`]; the rest follows from configuration space.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InterruptsSaved {
    pin: bool,
    table: Vec<Entry>,
    pending: Vec<u64>,
}

/// What configuration space says about interrupts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Rules {
    /// MSI-X is on.
    pub(crate) messages: bool,
    /// All vectors are masked.
    pub(crate) masked: bool,
    /// The function may write to memory, messages included.
    pub(crate) master: bool,
    /// The pin must stay low.
    pub(crate) no_pin: bool,
}

struct State {
    saved: InterruptsSaved,
    rules: Rules,
    wire: Option<Wire>,
}

/// The interrupts of one function, shared with the device behind it.
pub struct Interrupts {
    state: Mutex<State>,
    sink: Option<Arc<dyn MessageSink>>,
}

impl InterruptsSaved {
    fn power_on(vectors: u16) -> InterruptsSaved {
        let words = usize::from(vectors).div_ceil(64);
        InterruptsSaved { pin: false, table: vec![POWER_ON; vectors.into()], pending: vec![0; words] }
    }
}

impl State {
    fn follow(&mut self) {
        let high = self.saved.pin && !self.rules.no_pin && !self.rules.messages;
        if let Some(wire) = &mut self.wire {
            wire.set(high);
        }
    }

    /// Takes vector `n` when it may be sent now.
    fn sendable(&self, n: usize) -> Option<Entry> {
        let open = self.rules.messages && self.rules.master && !self.rules.masked;
        self.saved.table.get(n).filter(|entry| open && entry.control & MASKED == 0).copied()
    }
}

impl Interrupts {
    /// Interrupts with `vectors` (0 to 2048) MSI-X vectors, whose messages go to `sink`.
    ///
    /// # Panics
    /// When there are more vectors: a mistake in a device.
    pub fn new(vectors: u16, sink: Option<Arc<dyn MessageSink>>) -> Arc<Interrupts> {
        assert!(vectors <= MAX_VECTORS, "MSI-X has at most 2048 vectors");
        let saved = InterruptsSaved::power_on(vectors);
        Arc::new(Interrupts { state: Mutex::new(State { saved, rules: Rules::default(), wire: None }), sink })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// MSI-X vectors.
    pub fn vectors(&self) -> u16 {
        self.lock().saved.table.len() as u16
    }

    /// Whether the driver wants messages instead of the pin.
    pub fn uses_messages(&self) -> bool {
        self.lock().rules.messages
    }

    /// The level of the pin. Nobody hears it while messages are used.
    pub fn set_pin(&self, high: bool) {
        let mut state = self.lock();
        state.saved.pin = high;
        state.follow();
    }

    /// The level that the device wants of its pin.
    pub(crate) fn pin(&self) -> bool {
        self.lock().saved.pin
    }

    /// Sends the message of `vector`, or keeps it until it is unmasked. Nothing happens while MSI-X is off.
    pub fn notify(&self, vector: u16) {
        let mut state = self.lock();
        let n = usize::from(vector);
        if !state.rules.messages || n >= state.saved.table.len() {
            return;
        }
        match state.sendable(n) {
            Some(entry) => self.send(entry),
            None => state.saved.pending[n / 64] |= 1 << (n % 64),
        }
    }

    fn send(&self, entry: Entry) {
        if let Some(sink) = &self.sink {
            sink.message(entry.address & !3, entry.data);
        }
    }

    /// Sends what is pending and may be sent.
    fn flush(&self, state: &mut State) {
        for word in 0..state.saved.pending.len() {
            let mut bits = state.saved.pending[word];
            while bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if let Some(entry) = state.sendable(word * 64 + bit) {
                    state.saved.pending[word] &= !(1 << bit);
                    self.send(entry);
                }
            }
        }
    }

    /// Configuration space has changed.
    pub(crate) fn set_rules(&self, rules: Rules) {
        let mut state = self.lock();
        if state.rules != rules {
            state.rules = rules;
            state.follow();
            self.flush(&mut state);
        }
    }

    /// The function is on a bus now, or on none.
    pub(crate) fn connect(&self, wire: Option<Wire>) {
        let mut state = self.lock();
        state.wire = wire;
        state.follow();
    }

    pub(crate) fn reset(&self) {
        let mut state = self.lock();
        let vectors = state.saved.table.len() as u16;
        state.saved = InterruptsSaved::power_on(vectors);
        state.rules = Rules::default();
        state.follow();
    }

    /// Bytes of the pending bits (PCI § 6.8.2.10).
    pub(crate) fn pending_len(vectors: u16) -> u64 {
        u64::from(vectors).div_ceil(64) * 8
    }

    /// Reads the table. Accesses are of 4 or 8 aligned bytes (PCI § 6.8.2); others read zero.
    pub(crate) fn read_table(&self, offset: u64, size: u8) -> u64 {
        let state = self.lock();
        let word = |offset: u64| {
            let entry = state.saved.table.get((offset / ENTRY) as usize).copied().unwrap_or(POWER_ON);
            u64::from(match offset % ENTRY / 4 {
                0 => entry.address as u32,
                1 => (entry.address >> 32) as u32,
                2 => entry.data,
                _ => entry.control,
            })
        };
        match size {
            4 if offset.is_multiple_of(4) => word(offset),
            8 if offset.is_multiple_of(8) => word(offset) | word(offset + 4) << 32,
            _ => 0,
        }
    }

    /// Writes the table; accesses as for reading.
    pub(crate) fn write_table(&self, offset: u64, size: u8, value: u64) {
        if !matches!(size, 4 | 8) || !offset.is_multiple_of(size.into()) {
            return;
        }
        let mut state = self.lock();
        for part in 0..u64::from(size / 4) {
            let (offset, value) = (offset + 4 * part, (value >> (32 * part)) as u32);
            let Some(entry) = state.saved.table.get_mut((offset / ENTRY) as usize) else { return };
            match offset % ENTRY / 4 {
                0 => entry.address = entry.address & !0xffff_ffff | u64::from(value),
                1 => entry.address = entry.address & 0xffff_ffff | u64::from(value) << 32,
                2 => entry.data = value,
                _ => entry.control = value & MASKED,
            }
        }
        self.flush(&mut state);
    }

    /// Reads the pending bits.
    pub(crate) fn read_pending(&self, offset: u64, size: u8) -> u64 {
        let word = self.lock().saved.pending.get((offset / 8) as usize).copied().unwrap_or(0);
        match size {
            4 if offset.is_multiple_of(4) => word >> (8 * (offset % 8)) & 0xffff_ffff,
            8 if offset.is_multiple_of(8) => word,
            _ => 0,
        }
    }

    pub(crate) fn save(&self) -> InterruptsSaved {
        self.lock().saved.clone()
    }

    /// Says whether [`Interrupts::load`] may take `saved`.
    pub(crate) fn check(&self, tag: &'static str, saved: &InterruptsSaved) -> Result<(), StateError> {
        let vectors = self.lock().saved.table.len();
        let beyond =
            |(word, bits): (usize, &u64)| (0..64).any(|n| bits >> n & 1 != 0 && word * 64 + n >= vectors);
        if saved.table.len() != vectors
            || saved.pending.len() != vectors.div_ceil(64)
            || saved.pending.iter().enumerate().any(beyond)
            || saved.table.iter().any(|entry| entry.control & !MASKED != 0)
        {
            return Err(StateError::Invalid {
                tag,
                why: format!("its MSI-X table does not have {vectors} vectors"),
            });
        }
        Ok(())
    }

    /// Becomes what was saved, under `rules`.
    pub(crate) fn load(&self, saved: InterruptsSaved, rules: Rules) {
        let mut state = self.lock();
        (state.saved, state.rules) = (saved, rules);
        state.follow();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Heard(Mutex<Vec<(u64, u32)>>);

    impl MessageSink for Heard {
        fn message(&self, address: u64, data: u32) {
            self.0.lock().unwrap().push((address, data));
        }
    }

    #[test]
    fn messages_wait_until_they_may_go() {
        let heard = Arc::new(Heard::default());
        let interrupts = Interrupts::new(70, Some(heard.clone()));
        let on = Rules { messages: true, master: true, ..Rules::default() };
        interrupts.notify(3);
        interrupts.set_rules(on);
        assert_eq!(interrupts.read_pending(0, 8), 0, "nothing is kept while MSI-X is off");
        interrupts.write_table(3 * 16, 8, 0x1_2345_6780);
        interrupts.write_table(3 * 16 + 8, 4, 77);
        interrupts.notify(3);
        interrupts.notify(69);
        assert_eq!((interrupts.read_pending(0, 4), interrupts.read_pending(8, 8)), (8, 32));
        interrupts.write_table(3 * 16 + 12, 4, 0);
        assert_eq!(*heard.0.lock().unwrap(), [(0x1_2345_6780, 77)]);
        interrupts.set_rules(Rules { masked: true, ..on });
        interrupts.notify(3);
        assert_eq!(interrupts.read_pending(0, 8), 8);
        interrupts.set_rules(on);
        assert_eq!((heard.0.lock().unwrap().len(), interrupts.read_pending(0, 8)), (2, 0));
        interrupts.notify(70);
        assert_eq!(
            (interrupts.read_table(3 * 16, 8), interrupts.read_table(3 * 16 + 12, 4)),
            (0x1_2345_6780, 0)
        );
        interrupts.write_table(70 * 16, 8, 1);
        assert_eq!((interrupts.read_table(u64::MAX - 7, 8), interrupts.read_table(1, 4)), (1 << 32, 0));
    }
}
