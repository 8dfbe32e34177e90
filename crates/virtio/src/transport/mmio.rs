//! virtio over MMIO, version 2 (§4.2.2): one window of registers a device, one interrupt line.

use crate::core::{Core, CoreSaved};
use crate::queue::QueueConfig;
use crate::signal::{CONFIG_CHANGED, USED_BUFFERS};
use crate::{Device, VirtioError, Waker};
use lodge_bus::{Effect, Irq, Mmio};
use lodge_memory::GuestMemory;
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Bytes of a device's window: the registers, and room for every device's config.
pub const WINDOW: u64 = 0x1000;

const MAGIC: u32 = 0x7472_6976; // "virt"
const VERSION: u32 = 2;
const VENDOR: u32 = 0x4744_4f4c; // "LODG"
const TAG: &str = "virtio-mmio";

/// Register offsets of §4.2.2, table 4.1.
pub(crate) mod reg {
    pub(crate) const MAGIC: u64 = 0x000;
    pub(crate) const VERSION: u64 = 0x004;
    pub(crate) const DEVICE_ID: u64 = 0x008;
    pub(crate) const VENDOR_ID: u64 = 0x00c;
    pub(crate) const DEVICE_FEATURES: u64 = 0x010;
    pub(crate) const DEVICE_FEATURES_SEL: u64 = 0x014;
    pub(crate) const DRIVER_FEATURES: u64 = 0x020;
    pub(crate) const DRIVER_FEATURES_SEL: u64 = 0x024;
    pub(crate) const QUEUE_SEL: u64 = 0x030;
    pub(crate) const QUEUE_SIZE_MAX: u64 = 0x034;
    pub(crate) const QUEUE_SIZE: u64 = 0x038;
    pub(crate) const QUEUE_READY: u64 = 0x044;
    pub(crate) const QUEUE_NOTIFY: u64 = 0x050;
    pub(crate) const INTERRUPT_STATUS: u64 = 0x060;
    pub(crate) const INTERRUPT_ACK: u64 = 0x064;
    pub(crate) const STATUS: u64 = 0x070;
    pub(crate) const QUEUE_DESC_LOW: u64 = 0x080;
    pub(crate) const QUEUE_DESC_HIGH: u64 = 0x084;
    pub(crate) const QUEUE_DRIVER_LOW: u64 = 0x090;
    pub(crate) const QUEUE_DRIVER_HIGH: u64 = 0x094;
    pub(crate) const QUEUE_DEVICE_LOW: u64 = 0x0a0;
    pub(crate) const QUEUE_DEVICE_HIGH: u64 = 0x0a4;
    pub(crate) const SHM_LEN_LOW: u64 = 0x0b0;
    pub(crate) const SHM_BASE_HIGH: u64 = 0x0bc;
    pub(crate) const CONFIG_GENERATION: u64 = 0x0fc;
    pub(crate) const CONFIG: u64 = 0x100;
}

/// A window where no device is: a driver finds device ID 0 and leaves it alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmptySlot;

impl Mmio for EmptySlot {
    fn read(&self, offset: u64, size: u8) -> u64 {
        match (offset, size) {
            (reg::MAGIC, 4) => MAGIC.into(),
            (reg::VERSION, 4) => VERSION.into(),
            (reg::VENDOR_ID, 4) => VENDOR.into(),
            _ => 0,
        }
    }

    fn write(&self, _offset: u64, _size: u8, _value: u64) -> Effect {
        Effect::None
    }
}

/// A virtio device behind a window of registers.
pub struct MmioTransport {
    core: Core,
    device_features_sel: AtomicU32,
    driver_features_sel: AtomicU32,
    queue_sel: AtomicU32,
}

#[derive(Serialize, Deserialize)]
struct MmioSaved {
    device_features_sel: u32,
    driver_features_sel: u32,
    queue_sel: u32,
    core: CoreSaved,
}

impl MmioTransport {
    /// Puts `device` behind a window; it works on `memory` and interrupts through `irq`. Its thread starts now.
    ///
    /// # Errors
    /// [`VirtioError::Thread`].
    pub fn new(
        device: Arc<dyn Device>,
        memory: Arc<GuestMemory>,
        irq: Irq,
    ) -> Result<MmioTransport, VirtioError> {
        Ok(MmioTransport {
            core: Core::new(device, memory, Box::new(irq))?,
            device_features_sel: AtomicU32::new(0),
            driver_features_sel: AtomicU32::new(0),
            queue_sel: AtomicU32::new(0),
        })
    }

    /// The device behind the window.
    pub fn device(&self) -> &dyn Device {
        self.core.device()
    }

    /// Offers packed rings to the driver, as it does unless told otherwise, or does not. To be said before it looks.
    pub fn offer_packed(&self, packed: bool) {
        self.core.offer_packed(packed);
    }

    /// Stops serving; returns when the request in hand is done. No vCPU is waited for. Kicks are kept.
    pub fn pause(&self) {
        self.core.pause();
    }

    /// Serves again.
    pub fn resume(&self) {
        self.core.resume();
    }

    /// Waits until all that was notified so far is served, at most `patience`; says whether it is.
    pub fn settle(&self, patience: Duration) -> bool {
        self.core.settle(patience)
    }

    /// The state after power-on, when the whole machine is reset.
    pub fn reset(&self) {
        self.core.power_on_reset();
        for register in [&self.device_features_sel, &self.driver_features_sel, &self.queue_sel] {
            register.store(0, Ordering::SeqCst);
        }
    }

    /// Gets the device's thread going.
    pub fn waker(&self) -> Waker {
        self.core.waker()
    }

    fn register(&self, offset: u64) -> u32 {
        let queue = || self.core.queue(self.queue_sel.load(Ordering::SeqCst));
        let half = |value: u64, high: bool| (value >> if high { 32 } else { 0 }) as u32;
        match offset {
            reg::MAGIC => MAGIC,
            reg::VERSION => VERSION,
            reg::DEVICE_ID => self.core.device().kind() as u32,
            reg::VENDOR_ID => VENDOR,
            reg::DEVICE_FEATURES => match self.device_features_sel.load(Ordering::SeqCst) {
                sel @ 0..2 => half(self.core.offered(), sel == 1),
                _ => 0,
            },
            reg::QUEUE_SIZE_MAX => self.core.max_queue_size(self.queue_sel.load(Ordering::SeqCst)).into(),
            reg::QUEUE_READY => queue().ready.into(),
            reg::INTERRUPT_STATUS => self.core.signal.status(),
            reg::STATUS => self.core.status(),
            // No shared memory: length and base are all ones (§4.2.2, SHMSel).
            reg::SHM_LEN_LOW..=reg::SHM_BASE_HIGH => u32::MAX,
            reg::CONFIG_GENERATION => self.core.signal.generation(),
            _ => 0,
        }
    }

    fn set_register(&self, offset: u64, value: u32) {
        let low = |field: &mut u64| *field = *field & !0xffff_ffff | u64::from(value);
        let high = |field: &mut u64| *field = *field & 0xffff_ffff | u64::from(value) << 32;
        let queue = |change: &dyn Fn(&mut QueueConfig)| {
            self.core.set_queue(self.queue_sel.load(Ordering::SeqCst), change);
        };
        match offset {
            reg::DEVICE_FEATURES_SEL => self.device_features_sel.store(value, Ordering::SeqCst),
            reg::DRIVER_FEATURES => {
                self.core.set_driver_features(self.driver_features_sel.load(Ordering::SeqCst), value);
            }
            reg::DRIVER_FEATURES_SEL => self.driver_features_sel.store(value, Ordering::SeqCst),
            reg::QUEUE_SEL => self.queue_sel.store(value, Ordering::SeqCst),
            // Too large a number stays wrong when cut to 16 bits: 0 is no size.
            reg::QUEUE_SIZE => queue(&|q| q.size = u16::try_from(value).unwrap_or(0)),
            reg::QUEUE_READY => queue(&|q| q.ready = value & 1 != 0),
            reg::QUEUE_NOTIFY => self.core.notify(value),
            reg::INTERRUPT_ACK => self.core.signal.acknowledge(value & (USED_BUFFERS | CONFIG_CHANGED)),
            reg::STATUS => self.core.set_status(value),
            reg::QUEUE_DESC_LOW => queue(&|q| low(&mut q.descriptors)),
            reg::QUEUE_DESC_HIGH => queue(&|q| high(&mut q.descriptors)),
            reg::QUEUE_DRIVER_LOW => queue(&|q| low(&mut q.driver)),
            reg::QUEUE_DRIVER_HIGH => queue(&|q| high(&mut q.driver)),
            reg::QUEUE_DEVICE_LOW => queue(&|q| low(&mut q.device)),
            reg::QUEUE_DEVICE_HIGH => queue(&|q| high(&mut q.device)),
            _ => {}
        }
    }
}

impl Mmio for MmioTransport {
    fn read(&self, offset: u64, size: u8) -> u64 {
        if let Some(at) = offset.checked_sub(reg::CONFIG) {
            let mut bytes = [0; 8];
            self.core.device().config(at, &mut bytes[..usize::from(size.min(8))]);
            return u64::from_le_bytes(bytes);
        }
        if size == 4 { self.register(offset).into() } else { 0 }
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        if let Some(at) = offset.checked_sub(reg::CONFIG) {
            self.core.device().write_config(at, &value.to_le_bytes()[..usize::from(size.min(8))]);
        } else if size == 4 {
            self.set_register(offset, value as u32);
        }
        Effect::None
    }
}

impl Saved for MmioTransport {
    fn save(&self) -> Record {
        let saved = MmioSaved {
            device_features_sel: self.device_features_sel.load(Ordering::SeqCst),
            driver_features_sel: self.driver_features_sel.load(Ordering::SeqCst),
            queue_sel: self.queue_sel.load(Ordering::SeqCst),
            core: self.core.save(),
        };
        Record::new(TAG, 1, &saved)
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: MmioSaved = record.open(TAG, 1)?;
        self.core.load(TAG, &saved.core)?;
        self.device_features_sel.store(saved.device_features_sel, Ordering::SeqCst);
        self.driver_features_sel.store(saved.driver_features_sel, Ordering::SeqCst);
        self.queue_sel.store(saved.queue_sel, Ordering::SeqCst);
        Ok(())
    }
}
