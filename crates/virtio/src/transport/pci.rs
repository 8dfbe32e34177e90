//! virtio over PCI (§4.1), without the legacy interface.
//!
//! ```text
//!   BAR 1  MSI-X table and pending bits, which the endpoint serves itself
//!   BAR 4  0x0000 common configuration   0x1000 ISR status   0x2000 device configuration   0x3000 notification
//! ```
//! Five vendor capabilities say so to the driver; the fifth reaches the same registers through configuration space.

use crate::core::{Core, CoreSaved};
use crate::device::Kind;
use crate::queue::QueueConfig;
use crate::signal::{Event, Outlet};
use crate::{Device, VirtioError, Waker};
use lodge_bus::Effect;
use lodge_memory::GuestMemory;
use lodge_pci::{
    Access, Bar, BarKind, Endpoint, EndpointSpec, Function, Identity, Interrupts, MessageSink, MsixPlace,
    VendorCapability,
};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::Duration;

const TAG: &str = "virtio-pci";
/// The virtio vendor number, and the device number of kind 0 (§4.1.2).
const VENDOR: u16 = 0x1af4;
const DEVICE: u16 = 0x1040;
/// A subsystem number that no legacy driver takes for its own.
const SUBSYSTEM: u16 = 0x1100;

const MSIX_BAR: usize = 1;
const MSIX_LEN: u64 = 0x1000;
const MSIX_PENDING: u32 = 0x800;
const BAR: usize = 4;
const BAR_LEN: u64 = 0x4000;
/// Regions of the BAR, each of so many bytes.
const REGION: u64 = 0x1000;
const ISR: u64 = 0x1000;
const CONFIG: u64 = 0x2000;
const NOTIFY: u64 = 0x3000;
/// Bytes between the notification registers of two queues.
const NOTIFY_STEP: u32 = 4;
/// No interrupt for this event (§4.1.5.1.2).
const NO_VECTOR: u16 = 0xffff;

/// Types of capabilities (§4.1.4).
mod cap {
    pub(super) const COMMON: u8 = 1;
    pub(super) const NOTIFY: u8 = 2;
    pub(super) const ISR: u8 = 3;
    pub(super) const DEVICE: u8 = 4;
    pub(super) const PCI: u8 = 5;
}

/// Fields of the common configuration (§4.1.4.3).
pub(crate) mod field {
    pub(crate) const DEVICE_FEATURE_SELECT: u64 = 0x00;
    pub(crate) const DEVICE_FEATURE: u64 = 0x04;
    pub(crate) const DRIVER_FEATURE_SELECT: u64 = 0x08;
    pub(crate) const DRIVER_FEATURE: u64 = 0x0c;
    pub(crate) const CONFIG_VECTOR: u64 = 0x10;
    pub(crate) const NUM_QUEUES: u64 = 0x12;
    pub(crate) const STATUS: u64 = 0x14;
    pub(crate) const GENERATION: u64 = 0x15;
    pub(crate) const QUEUE_SELECT: u64 = 0x16;
    pub(crate) const QUEUE_SIZE: u64 = 0x18;
    pub(crate) const QUEUE_VECTOR: u64 = 0x1a;
    pub(crate) const QUEUE_ENABLE: u64 = 0x1c;
    pub(crate) const QUEUE_NOTIFY_OFF: u64 = 0x1e;
    pub(crate) const QUEUE_DESC: u64 = 0x20;
    pub(crate) const QUEUE_DRIVER: u64 = 0x28;
    pub(crate) const QUEUE_DEVICE: u64 = 0x30;
    pub(crate) const LEN: usize = 0x38;
}

/// Which vector tells of what, and the way out for both kinds of interrupts.
struct Vectors {
    interrupts: Arc<Interrupts>,
    config: AtomicU16,
    queues: Vec<AtomicU16>,
}

impl Vectors {
    /// The vector that the driver asks for, or none when it does not exist.
    fn checked(&self, vector: u16) -> u16 {
        if vector < self.interrupts.vectors() { vector } else { NO_VECTOR }
    }

    fn queue(&self, queue: u32) -> Option<&AtomicU16> {
        self.queues.get(queue as usize)
    }

    fn reset(&self) {
        self.config.store(NO_VECTOR, Ordering::SeqCst);
        self.queues.iter().for_each(|vector| vector.store(NO_VECTOR, Ordering::SeqCst));
    }
}

impl Outlet for Arc<Vectors> {
    fn set(&self, high: bool) {
        self.interrupts.set_pin(high);
    }

    fn message(&self, event: Event) -> bool {
        if !self.interrupts.uses_messages() {
            return false;
        }
        let vector = match event {
            Event::Used(queue) => self.queues.get(queue),
            Event::Config => Some(&self.config),
        };
        match vector.map(|vector| vector.load(Ordering::SeqCst)) {
            None | Some(NO_VECTOR) => {}
            Some(vector) => self.interrupts.notify(vector),
        }
        true
    }
}

/// A virtio device as a PCI function.
pub struct PciTransport {
    core: Core,
    vectors: Arc<Vectors>,
    device_feature_select: AtomicU32,
    driver_feature_select: AtomicU32,
    queue_select: AtomicU16,
}

#[derive(Serialize, Deserialize)]
struct PciSaved {
    device_feature_select: u32,
    driver_feature_select: u32,
    queue_select: u16,
    config_vector: u16,
    queue_vectors: Vec<u16>,
    core: CoreSaved,
}

/// Class, subclass and interface of a device (PCI Code and ID Assignment); what a driver loads by is the vendor.
fn class(kind: Kind) -> u32 {
    match kind as u32 {
        1 => 0x02_0000,  // Ethernet
        2 => 0x01_0000,  // SCSI storage
        3 => 0x07_8000,  // other communication
        19 => 0x02_8000, // other network
        _ => 0xff_0000,  // none of the classes
    }
}

/// The structure behind id and link: length, type, BAR, id, padding, offset, length of the region.
fn capability(kind: u8, offset: u64, len: u64, more: &[u8]) -> VendorCapability {
    let mut body = vec![16 + more.len() as u8, kind, BAR as u8, 0, 0, 0];
    body.extend((offset as u32).to_le_bytes());
    body.extend((len as u32).to_le_bytes());
    body.extend(more);
    VendorCapability { body, writable: Vec::new() }
}

fn spec(kind: Kind) -> EndpointSpec {
    let mut access = capability(cap::PCI, 0, 0, &[0; 4]);
    access.body[2] = 0;
    // The driver chooses BAR, offset and length, then moves the data.
    access.writable = vec![0, 0, 0xff, 0, 0, 0];
    access.writable.extend([0xff; 12]);
    EndpointSpec {
        identity: Identity {
            vendor: VENDOR,
            device: DEVICE + kind as u16,
            revision: 1,
            class: class(kind),
            subsystem_vendor: VENDOR,
            subsystem: SUBSYSTEM,
        },
        bars: vec![
            Bar { index: MSIX_BAR, kind: BarKind::Memory32, size: MSIX_LEN },
            Bar { index: BAR, kind: BarKind::Memory64, size: BAR_LEN },
        ],
        msix: Some(MsixPlace { bar: MSIX_BAR, table: 0, pending: MSIX_PENDING }),
        vendor: vec![
            capability(cap::COMMON, 0, REGION, &[]),
            capability(cap::ISR, ISR, REGION, &[]),
            capability(cap::DEVICE, CONFIG, REGION, &[]),
            capability(cap::NOTIFY, NOTIFY, REGION, &NOTIFY_STEP.to_le_bytes()),
            access,
        ],
        access: Some(Access { capability: 4, bar: 4, offset: 8, length: 12, data: 16 }),
        express: true,
        pin: true,
    }
}

impl PciTransport {
    /// Makes `device` a PCI function; it works on `memory`, and its messages go to `messages`. Its thread starts now.
    /// The endpoint is what goes onto a bus and what is saved.
    ///
    /// # Errors
    /// [`VirtioError::Thread`].
    pub fn new(
        device: Arc<dyn Device>,
        memory: Arc<GuestMemory>,
        messages: Option<Arc<dyn MessageSink>>,
    ) -> Result<(Arc<PciTransport>, Arc<Endpoint>), VirtioError> {
        let (spec, queues) = (spec(device.kind()), device.queue_sizes().len());
        // One for each queue, one for the configuration.
        let interrupts = Interrupts::new(queues as u16 + 1, messages);
        let vectors = Arc::new(Vectors {
            interrupts: interrupts.clone(),
            config: AtomicU16::new(NO_VECTOR),
            queues: (0..queues).map(|_| AtomicU16::new(NO_VECTOR)).collect(),
        });
        let transport = Arc::new(PciTransport {
            core: Core::new(device, memory, Box::new(vectors.clone()))?,
            vectors,
            device_feature_select: AtomicU32::new(0),
            driver_feature_select: AtomicU32::new(0),
            queue_select: AtomicU16::new(0),
        });
        transport.core.halt(true);
        let endpoint = Endpoint::new(&spec, interrupts, transport.clone());
        Ok((transport, endpoint))
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

    /// Gets the device's thread going.
    pub fn waker(&self) -> Waker {
        self.core.waker()
    }

    fn selected(&self) -> u32 {
        self.queue_select.load(Ordering::SeqCst).into()
    }

    /// The common configuration as it is now.
    fn common(&self) -> [u8; field::LEN] {
        let mut bytes = [0; field::LEN];
        let mut put = |at: u64, value: &[u8]| bytes[at as usize..][..value.len()].copy_from_slice(value);
        let select = self.device_feature_select.load(Ordering::SeqCst);
        let half = if select < 2 { (self.core.offered() >> (32 * select)) as u32 } else { 0 };
        let (queue, config) = (self.selected(), self.core.queue(self.selected()));
        put(field::DEVICE_FEATURE_SELECT, &select.to_le_bytes());
        put(field::DEVICE_FEATURE, &half.to_le_bytes());
        let select = self.driver_feature_select.load(Ordering::SeqCst);
        put(field::DRIVER_FEATURE_SELECT, &select.to_le_bytes());
        put(field::DRIVER_FEATURE, &self.core.driver_features(select).to_le_bytes());
        put(field::CONFIG_VECTOR, &self.vectors.config.load(Ordering::SeqCst).to_le_bytes());
        put(field::NUM_QUEUES, &(self.vectors.queues.len() as u16).to_le_bytes());
        put(field::STATUS, &[self.core.status() as u8]);
        put(field::GENERATION, &[self.core.signal.generation() as u8]);
        put(field::QUEUE_SELECT, &(queue as u16).to_le_bytes());
        // Until the driver says otherwise it is the largest.
        let size = if config.size == 0 { self.core.max_queue_size(queue) } else { config.size };
        put(field::QUEUE_SIZE, &size.to_le_bytes());
        let vector = self.vectors.queue(queue).map_or(NO_VECTOR, |vector| vector.load(Ordering::SeqCst));
        put(field::QUEUE_VECTOR, &vector.to_le_bytes());
        put(field::QUEUE_ENABLE, &u16::from(config.ready).to_le_bytes());
        put(field::QUEUE_NOTIFY_OFF, &(queue as u16).to_le_bytes());
        put(field::QUEUE_DESC, &config.descriptors.to_le_bytes());
        put(field::QUEUE_DRIVER, &config.driver.to_le_bytes());
        put(field::QUEUE_DEVICE, &config.device.to_le_bytes());
        bytes
    }

    /// A write of a whole field, or of half of an address (§4.1.3.1); others are ignored.
    fn set_common(&self, offset: u64, size: u8, value: u64) {
        let queue = |change: &dyn Fn(&mut QueueConfig)| self.core.set_queue(self.selected(), change);
        match (offset, size) {
            (field::DEVICE_FEATURE_SELECT, 4) => {
                self.device_feature_select.store(value as u32, Ordering::SeqCst)
            }
            (field::DRIVER_FEATURE_SELECT, 4) => {
                self.driver_feature_select.store(value as u32, Ordering::SeqCst)
            }
            (field::DRIVER_FEATURE, 4) => {
                self.core
                    .set_driver_features(self.driver_feature_select.load(Ordering::SeqCst), value as u32);
            }
            (field::CONFIG_VECTOR, 2) => {
                self.vectors.config.store(self.vectors.checked(value as u16), Ordering::SeqCst);
            }
            (field::STATUS, 1) => {
                self.core.set_status(value as u32);
                if value == 0 {
                    self.vectors.reset();
                }
            }
            (field::QUEUE_SELECT, 2) => self.queue_select.store(value as u16, Ordering::SeqCst),
            (field::QUEUE_SIZE, 2) => queue(&|q| q.size = value as u16),
            (field::QUEUE_VECTOR, 2) => {
                if let Some(vector) = self.vectors.queue(self.selected()) {
                    vector.store(self.vectors.checked(value as u16), Ordering::SeqCst);
                }
            }
            (field::QUEUE_ENABLE, 2) if value == 1 => {
                let largest = self.core.max_queue_size(self.selected());
                queue(&|q| {
                    q.size = if q.size == 0 { largest } else { q.size };
                    q.ready = true;
                });
            }
            (field::QUEUE_DESC..0x38, 4 | 8) if offset.is_multiple_of(size.into()) => {
                queue(&|q| {
                    let field = match offset & !7 {
                        field::QUEUE_DESC => &mut q.descriptors,
                        field::QUEUE_DRIVER => &mut q.driver,
                        _ => &mut q.device,
                    };
                    *field = match (size, offset & 4) {
                        (8, _) => value,
                        (_, 0) => *field & !0xffff_ffff | value & 0xffff_ffff,
                        _ => *field & 0xffff_ffff | value << 32,
                    };
                });
            }
            _ => {}
        }
    }
}

impl Function for PciTransport {
    fn read(&self, bar: usize, offset: u64, size: u8) -> u64 {
        if bar != BAR {
            return 0;
        }
        let size = usize::from(size.min(8));
        let mut bytes = [0; 8];
        match offset & !(REGION - 1) {
            0 => {
                let common = self.common();
                let from = common.get(offset as usize..).unwrap_or(&[]);
                let n = size.min(from.len());
                bytes[..n].copy_from_slice(&from[..n]);
            }
            // Reading is acknowledging (§4.1.4.5).
            ISR if offset == ISR => bytes[0] = self.core.signal.take() as u8,
            CONFIG => self.core.device().config(offset - CONFIG, &mut bytes[..size]),
            _ => {}
        }
        u64::from_le_bytes(bytes)
    }

    fn write(&self, bar: usize, offset: u64, size: u8, value: u64) -> Effect {
        if bar != BAR {
            return Effect::None;
        }
        match offset & !(REGION - 1) {
            0 => self.set_common(offset, size, value),
            CONFIG => {
                let bytes = value.to_le_bytes();
                self.core.device().write_config(offset - CONFIG, &bytes[..usize::from(size.min(8))]);
            }
            // The register says which queue, the value says it again.
            NOTIFY if offset.is_multiple_of(NOTIFY_STEP.into()) => {
                self.core.notify(((offset - NOTIFY) / u64::from(NOTIFY_STEP)) as u32);
            }
            _ => {}
        }
        Effect::None
    }

    fn set_master(&self, on: bool) {
        self.core.halt(!on);
    }

    fn reset(&self) {
        self.core.power_on_reset();
        self.vectors.reset();
        self.device_feature_select.store(0, Ordering::SeqCst);
        self.driver_feature_select.store(0, Ordering::SeqCst);
        self.queue_select.store(0, Ordering::SeqCst);
    }
}

impl Saved for PciTransport {
    fn save(&self) -> Record {
        let saved = PciSaved {
            device_feature_select: self.device_feature_select.load(Ordering::SeqCst),
            driver_feature_select: self.driver_feature_select.load(Ordering::SeqCst),
            queue_select: self.queue_select.load(Ordering::SeqCst),
            config_vector: self.vectors.config.load(Ordering::SeqCst),
            queue_vectors: self.vectors.queues.iter().map(|vector| vector.load(Ordering::SeqCst)).collect(),
            core: self.core.save(),
        };
        Record::new(TAG, 1, &saved)
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: PciSaved = record.open(TAG, 1)?;
        let vectors = saved.queue_vectors.iter().chain([&saved.config_vector]);
        if saved.queue_vectors.len() != self.vectors.queues.len()
            || vectors.into_iter().any(|vector| self.vectors.checked(*vector) != *vector)
        {
            return Err(StateError::Invalid {
                tag: TAG,
                why: "an interrupt vector that does not exist".into(),
            });
        }
        self.core.load(TAG, &saved.core)?;
        self.device_feature_select.store(saved.device_feature_select, Ordering::SeqCst);
        self.driver_feature_select.store(saved.driver_feature_select, Ordering::SeqCst);
        self.queue_select.store(saved.queue_select, Ordering::SeqCst);
        self.vectors.config.store(saved.config_vector, Ordering::SeqCst);
        for (vector, saved) in self.vectors.queues.iter().zip(saved.queue_vectors) {
            vector.store(saved, Ordering::SeqCst);
        }
        Ok(())
    }
}
