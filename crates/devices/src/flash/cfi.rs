//! Parallel NOR flash with the Intel command set: two 16-bit chips side by side, 32 bits wide.
//!
//! ```text
//!   write: command ─► what reads give: array │ status │ identifier │ query
//!                └──► 2nd cycle: data or confirmation ─► FlashStore
//! ```
//! JEDEC JESD68.01 (Common Flash Interface) for the query; commands, status bits and the identifier space are those
//! of Intel's StrataFlash data sheets (28FxxxJ3, section "Device Commands"). Both chips are driven in lockstep:
//! a command is the low byte of what is written, and what they answer stands in both halves of a word.
//! Code runs in place while the array is readable. Operations take no time.

use super::FlashStore;
use crate::bits::{check, lane, mask};
use lodge_bus::{Effect, Mmio};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

const TAG: &str = "cfi-flash";

/// Commands, both cycles.
mod command {
    /// Second cycle of erase and buffered write; after the lock set-up: unlock.
    pub const CONFIRM: u8 = 0xd0;
    pub const PROGRAM: u8 = 0x40;
    pub const PROGRAM_ALTERNATE: u8 = 0x10;
    pub const ERASE: u8 = 0x20;
    pub const CLEAR_STATUS: u8 = 0x50;
    pub const LOCK_SETUP: u8 = 0x60;
    pub const READ_STATUS: u8 = 0x70;
    pub const READ_IDENTIFIER: u8 = 0x90;
    pub const READ_QUERY: u8 = 0x98;
    pub const WRITE_BUFFER: u8 = 0xe8;
    pub const SET_LOCK: u8 = 0x01;
    pub const LOCK_DOWN: u8 = 0x2f;
}

/// Status register.
mod status {
    pub const READY: u8 = 0x80;
    pub const ERASE_ERROR: u8 = 0x20;
    pub const PROGRAM_ERROR: u8 = 0x10;
    pub const LOCKED: u8 = 0x02;
    pub const ERRORS: u8 = 0x3a;
}

const MANUFACTURER: u16 = 0x89;
const DEVICE: u16 = 0x18;
/// Bytes of a word of both chips.
const WORD: u64 = 4;
/// log2 of the bytes in one chip's write buffer.
const BUFFER_SHIFT: u8 = 11;
/// Words in the write buffer.
const BUFFER_WORDS: u32 = 1 << (BUFFER_SHIFT - 1);

/// What reads give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum View {
    Array,
    Status,
    Identifier,
    Query,
}

/// What the next write is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Cycle {
    Command,
    Program,
    EraseConfirm,
    Lock,
    BufferCount,
    BufferData { left: u32, words: Vec<Word> },
    BufferConfirm { words: Vec<Word> },
}

/// One write into the write buffer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Word {
    offset: u64,
    size: u8,
    value: u32,
}

/// What a snapshot keeps of a [`CfiFlash`]: contents only as far as they differ from those at start, in hex. The
/// contents of a file do not travel otherwise: like a disk's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CfiFlashSaved {
    view: View,
    cycle: Cycle,
    status: u8,
    locked: Vec<bool>,
    changed: Vec<(usize, Option<String>)>,
}

struct State {
    view: View,
    cycle: Cycle,
    status: u8,
    locked: Vec<bool>,
    store: FlashStore,
}

/// One bank.
pub struct CfiFlash {
    state: RwLock<State>,
    size: u64,
}

impl CfiFlash {
    /// A bank with these contents, its array readable and its blocks unlocked.
    pub fn new(store: FlashStore) -> CfiFlash {
        let size = store.size();
        let locked = vec![false; store.blocks()];
        let state = State { view: View::Array, cycle: Cycle::Command, status: status::READY, locked, store };
        CfiFlash { state: RwLock::new(state), size }
    }

    /// Bytes of the window.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What the reset line does. The contents stay.
    pub fn reset(&self) {
        let mut state = self.lock();
        state.view = View::Array;
        state.cycle = Cycle::Command;
        state.status = status::READY;
        state.locked.fill(false);
    }

    fn look(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(|e| e.into_inner())
    }

    fn lock(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(|e| e.into_inner())
    }
}

impl State {
    /// One chip's query structure (JESD68.01 section 3, and the primary table of command set 1).
    fn query(&self, index: u64) -> u8 {
        let chip_blocks = self.store.blocks() as u32 - 1;
        let chip_block = self.store.block_size() as u32 / 2;
        match index {
            0x10 => b'Q',
            0x11 => b'R',
            0x12 => b'Y',
            0x13 => 0x01,        // Intel's command set
            0x15 => 0x31,        // where its table stands
            0x1b => 0x27,        // 2.7 V
            0x1c => 0x36,        // to 3.6 V
            0x1f | 0x20 => 0x07, // 2^7 µs for a word, for a buffer
            0x21 => 0x0a,        // 2^10 ms for a block
            0x23..=0x25 => 0x04, // at most 2^4 times that
            0x27 => (self.store.size() / 2).ilog2() as u8,
            0x28 => 0x02, // 8 and 16 bits wide
            0x2a => BUFFER_SHIFT,
            0x2c => 1, // all blocks are alike:
            0x2d => chip_blocks as u8,
            0x2e => (chip_blocks >> 8) as u8,
            0x2f => (chip_block >> 8) as u8,
            0x30 => (chip_block >> 16) as u8,
            0x31 => b'P',
            0x32 => b'R',
            0x33 => b'I',
            0x34 => b'1',
            0x35 => b'0',
            0x3f => 0x01, // one protection register field
            _ => 0,
        }
    }

    /// What one chip answers at a word.
    fn answer(&self, offset: u64) -> u16 {
        let index = offset / WORD;
        let in_block = index % (self.store.block_size() as u64 / WORD);
        match (self.view, in_block) {
            (View::Query, _) => u16::from(self.query(index)),
            (View::Identifier, 0) => MANUFACTURER,
            (View::Identifier, 1) => DEVICE,
            (View::Identifier, 2) => u16::from(self.is_locked(self.store.block_of(offset))),
            (View::Identifier, _) => 0,
            (View::Status | View::Array, _) => u16::from(self.status),
        }
    }

    fn read(&self, offset: u64, size: u8) -> u64 {
        if self.view == View::Array {
            let mut bytes = [0; 8];
            self.store.read(offset, &mut bytes[..usize::from(size.clamp(1, 8))]);
            return u64::from_le_bytes(bytes);
        }
        let word = |at: u64| u64::from(self.answer(at)) * 0x1_0001;
        lane(word(offset) | word(offset.wrapping_add(WORD)) << 32, offset % WORD, size)
    }

    fn is_locked(&self, block: usize) -> bool {
        self.locked.get(block).copied().unwrap_or(true)
    }

    /// Does something to a block unless it is locked, and says so in the status.
    fn alter(
        &mut self,
        offset: u64,
        error: u8,
        change: impl FnOnce(&mut FlashStore, usize) -> std::io::Result<()>,
    ) {
        let block = self.store.block_of(offset);
        if self.store.is_read_only() || self.is_locked(block) {
            self.status |= error | status::LOCKED;
        } else if change(&mut self.store, block).is_err() {
            self.status |= error;
        }
    }

    fn program(&mut self, word: &Word) {
        let bytes = word.value.to_le_bytes();
        let bytes = &bytes[..usize::from(word.size)];
        self.alter(word.offset, status::PROGRAM_ERROR, |store, block| {
            if store.block_of(word.offset + u64::from(word.size) - 1) != block {
                return Err(std::io::ErrorKind::InvalidInput.into());
            }
            store.program(word.offset, bytes)
        });
    }

    /// A write of at most four bytes.
    fn write(&mut self, offset: u64, size: u8, value: u32) {
        let code = value as u8;
        let word = Word { offset, size, value };
        self.cycle = match std::mem::replace(&mut self.cycle, Cycle::Command) {
            Cycle::Command => self.command(code),
            Cycle::Program => {
                self.program(&word);
                Cycle::Command
            }
            Cycle::EraseConfirm => {
                if code == command::CONFIRM {
                    self.alter(offset, status::ERASE_ERROR, FlashStore::erase);
                } else {
                    self.status |= status::ERASE_ERROR | status::PROGRAM_ERROR;
                }
                Cycle::Command
            }
            Cycle::Lock => {
                self.set_lock(offset, code);
                Cycle::Command
            }
            Cycle::BufferCount => self.count(value),
            Cycle::BufferData { left, mut words } => {
                words.push(word);
                match left {
                    0 => Cycle::BufferConfirm { words },
                    _ => Cycle::BufferData { left: left - 1, words },
                }
            }
            Cycle::BufferConfirm { words } => {
                self.write_buffer(code, &words);
                Cycle::Command
            }
        };
    }

    /// A first cycle.
    fn command(&mut self, code: u8) -> Cycle {
        let (view, cycle) = match code {
            command::PROGRAM | command::PROGRAM_ALTERNATE => (View::Status, Cycle::Program),
            command::ERASE => (View::Status, Cycle::EraseConfirm),
            command::LOCK_SETUP => (View::Status, Cycle::Lock),
            command::WRITE_BUFFER => (View::Status, Cycle::BufferCount),
            command::READ_STATUS => (View::Status, Cycle::Command),
            command::READ_IDENTIFIER => (View::Identifier, Cycle::Command),
            command::READ_QUERY => (View::Query, Cycle::Command),
            command::CLEAR_STATUS => {
                self.status = status::READY;
                (View::Array, Cycle::Command)
            }
            // Read array (0xff), and everything that probing sends for other makes of chips.
            _ => (View::Array, Cycle::Command),
        };
        self.view = view;
        cycle
    }

    fn set_lock(&mut self, offset: u64, code: u8) {
        let block = self.store.block_of(offset);
        match (code, self.locked.get_mut(block)) {
            (command::CONFIRM, Some(locked)) => *locked = false,
            (command::SET_LOCK | command::LOCK_DOWN, Some(locked)) => *locked = true,
            (0xff, _) => self.view = View::Array,
            _ => self.status |= status::ERASE_ERROR | status::PROGRAM_ERROR,
        }
    }

    /// The second cycle of a buffered write: words less one.
    fn count(&mut self, value: u32) -> Cycle {
        let left = value & 0xffff;
        if left < BUFFER_WORDS {
            return Cycle::BufferData { left, words: Vec::new() };
        }
        self.status |= status::PROGRAM_ERROR;
        Cycle::Command
    }

    /// The last cycle of a buffered write. The buffer does not reach across blocks.
    fn write_buffer(&mut self, code: u8, words: &[Word]) {
        let mut blocks = words.iter().map(|word| self.store.block_of(word.offset));
        let first = blocks.next();
        if code != command::CONFIRM || blocks.any(|block| Some(block) != first) {
            self.status |= status::PROGRAM_ERROR | status::ERASE_ERROR;
            return;
        }
        words.iter().for_each(|word| self.program(word));
    }
}

impl Mmio for CfiFlash {
    fn read(&self, offset: u64, size: u8) -> u64 {
        if offset >= self.size { 0 } else { self.look().read(offset, size) & mask(size) }
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        if offset >= self.size || self.size - offset < u64::from(size) {
            return Effect::None;
        }
        let mut state = self.lock();
        state.write(offset, size.min(4), value as u32);
        if size == 8 {
            state.write(offset + WORD, 4, (value >> 32) as u32);
        }
        Effect::None
    }

    fn fetch(&self, offset: u64, into: &mut [u8]) -> bool {
        let state = self.look();
        let there = state.view == View::Array && offset < self.size;
        if there {
            state.store.read(offset, into);
        }
        there
    }
}

impl Saved for CfiFlash {
    fn save(&self) -> Record {
        let state = self.look();
        let store = &state.store;
        let changed = (0..store.blocks())
            .filter(|block| store.block(*block) != store.start(*block))
            .map(|block| (block, store.block(block).map(to_hex)))
            .collect();
        let (view, cycle) = (state.view, state.cycle.clone());
        let saved =
            CfiFlashSaved { view, cycle, status: state.status, locked: state.locked.clone(), changed };
        Record::new(TAG, 1, &saved)
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: CfiFlashSaved = record.open(TAG, 1)?;
        let mut state = self.lock();
        check(TAG, saved.locked.len() == state.store.blocks(), "it has another number of blocks")?;
        check(TAG, saved.status & !(status::READY | status::ERRORS) == 0, "no such status")?;
        self.check_cycle(&saved.cycle)?;
        let mut contents: Vec<Option<Vec<u8>>> =
            (0..state.store.blocks()).map(|block| state.store.start(block).map(<[u8]>::to_vec)).collect();
        for (block, hex) in &saved.changed {
            let bytes = hex.as_deref().map(from_hex);
            let whole = bytes
                .as_ref()
                .is_none_or(|b| b.as_ref().is_some_and(|b| b.len() == state.store.block_size()));
            check(TAG, whole && *block < contents.len(), "contents that are no block")?;
            contents[*block] = bytes.flatten();
        }
        for (block, bytes) in contents.iter().enumerate() {
            let failed = state.store.put(block, bytes.as_deref());
            failed.map_err(|e| StateError::Invalid { tag: TAG, why: format!("its file: {e}") })?;
        }
        state.view = saved.view;
        state.cycle = saved.cycle;
        state.status = saved.status;
        state.locked = saved.locked;
        Ok(())
    }
}

impl CfiFlash {
    fn check_cycle(&self, cycle: &Cycle) -> Result<(), StateError> {
        let (left, words): (u32, &[Word]) = match cycle {
            Cycle::BufferData { left, words } => (*left, words),
            Cycle::BufferConfirm { words } => (0, words),
            _ => (0, &[]),
        };
        let fits = u64::from(left) + words.len() as u64 <= u64::from(BUFFER_WORDS);
        let inside = |w: &Word| (1..=4).contains(&w.size) && w.offset <= self.size - u64::from(w.size);
        check(TAG, fits && words.iter().all(inside), "a write buffer that cannot be")
    }
}

fn to_hex(bytes: &[u8]) -> String {
    let digit = |d: u8| char::from(b"0123456789abcdef"[usize::from(d & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |d: u8| char::from(d).to_digit(16).map(|d| d as u8);
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
#[path = "cfi_tests.rs"]
mod cfi_tests;
