//! The firmware configuration device: named pieces of data for firmware and boot loaders.
//!
//! ```text
//!   0x00 data, any width: the next bytes of the selected item, in memory order
//!   0x08 selector, 16 bits big-endian
//!   0x10 DMA address, 64 bits big-endian: points at { control, length, address } in guest RAM
//! ```
//! The interface, its keys and its DMA control bits are those of QEMU's specification "fw_cfg device", which
//! firmware for `virt` boards is written to. Items are fixed once the board has made them, and read-only.

use lodge_bus::{Effect, Mmio};
use lodge_memory::GuestMemory;
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

const TAG: &str = "fw-cfg";

/// Keys of items that are not files.
pub mod key {
    /// The bytes "QEMU". Made by the device.
    pub const SIGNATURE: u16 = 0x00;
    /// Interface bits. Made by the device.
    pub const ID: u16 = 0x01;
    /// 16 bytes.
    pub const UUID: u16 = 0x02;
    /// Bytes of RAM, 64 bits.
    pub const RAM_SIZE: u16 = 0x03;
    /// Non-zero: no graphics, 16 bits.
    pub const NO_GRAPHIC: u16 = 0x04;
    /// vCPUs at start, 16 bits.
    pub const CPUS: u16 = 0x05;
    /// Bytes of the kernel, 32 bits.
    pub const KERNEL_SIZE: u16 = 0x08;
    /// Bytes of the initial RAM disk, 32 bits.
    pub const INITRD_SIZE: u16 = 0x0b;
    /// vCPUs there could be, 16 bits.
    pub const MAX_CPUS: u16 = 0x0f;
    /// The kernel.
    pub const KERNEL_DATA: u16 = 0x11;
    /// The initial RAM disk.
    pub const INITRD_DATA: u16 = 0x12;
    /// Bytes of the kernel's command line with its final zero, 32 bits.
    pub const CMDLINE_SIZE: u16 = 0x14;
    /// The kernel's command line with its final zero.
    pub const CMDLINE_DATA: u16 = 0x15;
    /// List of files. Made by the device.
    pub const DIRECTORY: u16 = 0x19;
    /// The first file.
    pub const FIRST_FILE: u16 = 0x20;
}

/// Bytes of a file's name, with its final zero.
const NAME: usize = 56;
/// Traditional interface and DMA.
const FEATURES: u32 = 3;

const SELECTOR: u64 = 0x08;
const DMA: u64 = 0x10;
/// What the DMA address register reads: that there is one.
const DMA_SIGNATURE: [u8; 8] = *b"QEMU CFG";

/// DMA control bits.
mod control {
    pub const ERROR: u32 = 1;
    pub const READ: u32 = 2;
    pub const SKIP: u32 = 4;
    pub const SELECT: u32 = 8;
    pub const WRITE: u32 = 16;
}

/// Why an item was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FwCfgError {
    /// A name that does not fit the directory.
    #[error("cannot give the firmware a file named {name:?}: names are 1 to 55 bytes without zeroes")]
    Name {
        /// The name.
        name: String,
    },
    /// The key or name is taken.
    #[error("cannot give the firmware {what} twice")]
    Twice {
        /// Key or name.
        what: String,
    },
    /// More than keys or 32-bit sizes can count.
    #[error("cannot give the firmware {name:?}: too many files, or more than 4 GiB")]
    TooMuch {
        /// Key or name.
        name: String,
    },
}

/// The items, while a board puts them together.
#[derive(Default)]
pub struct Items {
    plain: BTreeMap<u16, Arc<[u8]>>,
    files: BTreeMap<String, Arc<[u8]>>,
}

impl Items {
    /// None yet.
    pub fn new() -> Items {
        Items::default()
    }

    /// Adds an item by its [`key`].
    ///
    /// # Errors
    /// [`FwCfgError`], also when the key is one that the device makes itself.
    pub fn add(&mut self, key: u16, bytes: impl Into<Arc<[u8]>>) -> Result<(), FwCfgError> {
        let made = [key::SIGNATURE, key::ID, key::DIRECTORY].contains(&key) || key >= key::FIRST_FILE;
        if made || self.plain.insert(key, bytes.into()).is_some() {
            return Err(FwCfgError::Twice { what: format!("item {key:#x}") });
        }
        Ok(())
    }

    /// Adds a file, such as `etc/boot-fail-wait` or `opt/org.example/name`.
    ///
    /// # Errors
    /// [`FwCfgError`].
    pub fn file(&mut self, name: &str, bytes: impl Into<Arc<[u8]>>) -> Result<(), FwCfgError> {
        let bytes = bytes.into();
        if name.is_empty() || name.len() >= NAME || name.contains('\0') {
            return Err(FwCfgError::Name { name: name.to_owned() });
        }
        if self.files.len() >= 0x3fdf || u32::try_from(bytes.len()).is_err() {
            return Err(FwCfgError::TooMuch { name: name.to_owned() });
        }
        match self.files.insert(name.to_owned(), bytes) {
            Some(_) => Err(FwCfgError::Twice { what: format!("file {name:?}") }),
            None => Ok(()),
        }
    }

    /// All items by key, the directory among them.
    fn finish(mut self) -> BTreeMap<u16, Arc<[u8]>> {
        let mut directory = (self.files.len() as u32).to_be_bytes().to_vec();
        for (index, (name, bytes)) in self.files.into_iter().enumerate() {
            let key = key::FIRST_FILE + index as u16;
            directory.extend((bytes.len() as u32).to_be_bytes());
            directory.extend(key.to_be_bytes());
            directory.extend([0; 2]);
            directory.extend(name.as_bytes());
            directory.extend(std::iter::repeat_n(0, NAME - name.len()));
            self.plain.insert(key, bytes);
        }
        self.plain.insert(key::DIRECTORY, directory.into());
        self.plain.insert(key::SIGNATURE, b"QEMU".as_slice().into());
        self.plain.insert(key::ID, FEATURES.to_le_bytes().as_slice().into());
        self.plain
    }
}

/// What a snapshot keeps of a [`FwCfg`]; the items come from the board again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FwCfgSaved {
    selected: u16,
    /// Bytes of the selected item already read.
    offset: u64,
    /// The DMA address's high half, written first.
    dma_high: u32,
}

/// The device.
pub struct FwCfg {
    state: Mutex<FwCfgSaved>,
    items: BTreeMap<u16, Arc<[u8]>>,
    memory: Arc<GuestMemory>,
}

impl FwCfg {
    /// Bytes of the register window.
    pub const WINDOW: u64 = 0x18;

    /// A device with these items, whose DMA goes to `memory`.
    pub fn new(items: Items, memory: Arc<GuestMemory>) -> FwCfg {
        FwCfg { state: Mutex::default(), items: items.finish(), memory }
    }

    /// What the reset line does.
    pub fn reset(&self) {
        *self.lock() = FwCfgSaved::default();
    }

    fn lock(&self) -> MutexGuard<'_, FwCfgSaved> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What is left of the selected item.
    fn rest(&self, state: &FwCfgSaved) -> &[u8] {
        let item = self.items.get(&state.selected).map_or(&[][..], |item| item);
        item.get(usize::try_from(state.offset).unwrap_or(usize::MAX)..).unwrap_or(&[])
    }

    fn select(state: &mut FwCfgSaved, key: u16) {
        state.selected = key;
        state.offset = 0;
    }

    /// Carries out the DMA request at `at`, and tells the guest how it went in its control word.
    fn dma(&self, state: &mut FwCfgSaved, at: u64) {
        let mut request = [0; 16];
        if self.memory.read(at, &mut request).is_err() {
            // There is nowhere to say so.
            return;
        }
        let word =
            |i: usize| u32::from_be_bytes([request[i], request[i + 1], request[i + 2], request[i + 3]]);
        let (control, length) = (word(0), u64::from(word(4)));
        let address = u64::from(word(8)) << 32 | u64::from(word(12));
        if control & control::SELECT != 0 {
            FwCfg::select(state, (control >> 16) as u16);
        }
        let mut result = 0;
        if control & control::READ != 0 {
            result = self.dma_read(state, address, length);
        } else if control & control::WRITE != 0 {
            result = control::ERROR;
        } else if control & control::SKIP != 0 {
            state.offset = state.offset.saturating_add(length);
        }
        // The words were there a moment ago, and RAM does not go away.
        let _ = self.memory.write(at, &result.to_be_bytes());
    }

    /// Copies `length` bytes of the item to guest RAM, zeroes behind its end.
    fn dma_read(&self, state: &mut FwCfgSaved, mut address: u64, length: u64) -> u32 {
        if length > 0 && self.memory.find(address, length).is_none() {
            return control::ERROR;
        }
        let rest = self.rest(state);
        let (data, _) = rest.split_at(rest.len().min(length as usize));
        let mut failed = self.memory.write(address, data).is_err() && !data.is_empty();
        let mut left = length - data.len() as u64;
        address = address.wrapping_add(data.len() as u64);
        while left > 0 && !failed {
            let count = left.min(4096);
            failed = self.memory.write(address, &[0; 4096][..count as usize]).is_err();
            address = address.wrapping_add(count);
            left -= count;
        }
        state.offset = state.offset.saturating_add(length);
        if failed { control::ERROR } else { 0 }
    }
}

impl Mmio for FwCfg {
    fn read(&self, offset: u64, size: u8) -> u64 {
        let size = usize::from(size.clamp(1, 8));
        let mut bytes = [0; 8];
        if offset < SELECTOR {
            let mut state = self.lock();
            let rest = self.rest(&state);
            let count = rest.len().min(size);
            bytes[..count].copy_from_slice(&rest[..count]);
            state.offset = state.offset.saturating_add(size as u64);
        } else if (DMA..Self::WINDOW).contains(&offset) {
            let from = (offset - DMA) as usize;
            let count = size.min(8 - from);
            bytes[..count].copy_from_slice(&DMA_SIGNATURE[from..from + count]);
        }
        u64::from_le_bytes(bytes)
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        let mut state = self.lock();
        match (offset, size) {
            (SELECTOR, 2) => FwCfg::select(&mut state, (value as u16).swap_bytes()),
            (DMA, 8) => self.dma(&mut state, value.swap_bytes()),
            (DMA, 4) => state.dma_high = (value as u32).swap_bytes(),
            (0x14, 4) => {
                let high = std::mem::take(&mut state.dma_high);
                self.dma(&mut state, u64::from(high) << 32 | u64::from((value as u32).swap_bytes()));
            }
            _ => {}
        }
        Effect::None
    }
}

impl Saved for FwCfg {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &*self.lock())
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: FwCfgSaved = record.open(TAG, 1)?;
        *self.lock() = saved;
        Ok(())
    }
}

#[cfg(test)]
#[path = "fwcfg_tests.rs"]
mod fwcfg_tests;
