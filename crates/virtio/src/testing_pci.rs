//! A driver's view of a device on PCI: finds the structures by their capabilities, as drivers do, and gives them the
//! register layout of the MMIO transport, so that [`crate::testing::Driver`] and its tests serve both transports.

use crate::transport::mmio::reg;
use crate::transport::pci::field;
use lodge_bus::{Effect, Mmio};
use lodge_pci::testing::{Found, FoundBar, Os, Place};
use std::sync::atomic::{AtomicU64, Ordering};

/// A structure that a capability names.
#[derive(Debug, Clone, Copy)]
struct Structure {
    bar: FoundBar,
    offset: u64,
}

/// The registers of a device on PCI.
pub struct PciRegisters {
    os: Os,
    place: Place,
    found: Found,
    common: Structure,
    isr: Structure,
    device: Structure,
    notify: Structure,
    notify_step: u64,
    /// Reasons read from the ISR register and not acknowledged: reading that clears it.
    reasons: AtomicU64,
}

impl PciRegisters {
    /// The registers of the function `found` by `os`.
    ///
    /// # Panics
    /// When it is no virtio device.
    pub fn new(os: Os, found: Found) -> PciRegisters {
        let place = found.place;
        assert_eq!(found.id & 0xffff, 0x1af4, "the vendor");
        let structure = |kind: u32| {
            let is = |at: u16| os.read(place, at + 3, 1) == kind;
            let vendor = found.capabilities.iter().filter(|(id, _)| *id == 9);
            let at = vendor.map(|(_, at)| *at).find(|at| is(*at)).expect("a structure of each kind");
            let index = os.read(place, at + 4, 1) as usize;
            let bar = *found.bars.iter().find(|bar| bar.index == index).expect("its BAR");
            let (offset, len) = (os.read(place, at + 8, 4), os.read(place, at + 12, 4));
            assert!(u64::from(offset) + u64::from(len) <= bar.size);
            (Structure { bar, offset: offset.into() }, at)
        };
        let (notify, notify_at) = structure(2);
        let notify_step = os.read(place, notify_at + 16, 4).into();
        let (common, isr, device) = (structure(1).0, structure(3).0, structure(4).0);
        let reasons = AtomicU64::new(0);
        PciRegisters { os, place, common, isr, device, notify, notify_step, found, reasons }
    }

    /// The operating system.
    pub fn os(&self) -> &Os {
        &self.os
    }

    /// The function.
    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Turns MSI-X on and gives each vector an address and its number as data, all unmasked; vector 0 tells of the
    /// configuration, the others of queue 0 and so on.
    pub fn use_messages(&self, address: u64) {
        let at = Os::capability(&self.found, 0x11);
        let count = self.os.read(self.place, at + 2, 2) as u64 & 0x7ff;
        let table = self.os.read(self.place, at + 4, 4);
        let bar =
            self.found.bars.iter().find(|bar| bar.index == table as usize & 7).expect("the table's BAR");
        for n in 0..=count {
            let entry = u64::from(table & !7) + 16 * n;
            self.os.store(bar, entry, 8, address);
            self.os.store(bar, entry + 8, 4, n);
            self.os.store(bar, entry + 12, 4, 0);
        }
        self.os.write(self.place, at + 2, 2, 0x8000);
        self.set(field::CONFIG_VECTOR, 2, 0);
        for queue in 0..count {
            self.set(field::QUEUE_SELECT, 2, queue);
            self.set(field::QUEUE_VECTOR, 2, queue + 1);
            assert_eq!(self.get(field::QUEUE_VECTOR, 2), queue + 1);
        }
    }

    /// Reads a field of the common configuration.
    pub fn get(&self, field: u64, size: u8) -> u64 {
        self.os.load(&self.common.bar, self.common.offset + field, size)
    }

    /// Writes a field of the common configuration.
    pub fn set(&self, field: u64, size: u8, value: u64) {
        self.os.store(&self.common.bar, self.common.offset + field, size, value);
    }
}

impl Mmio for PciRegisters {
    fn read(&self, offset: u64, size: u8) -> u64 {
        if let Some(at) = offset.checked_sub(reg::CONFIG) {
            return self.os.load(&self.device.bar, self.device.offset + at, size);
        }
        match offset {
            reg::DEVICE_ID => u64::from(self.found.id >> 16) - 0x1040,
            reg::DEVICE_FEATURES => self.get(field::DEVICE_FEATURE, 4),
            reg::QUEUE_SIZE_MAX => self.get(field::QUEUE_SIZE, 2),
            reg::QUEUE_READY => self.get(field::QUEUE_ENABLE, 2),
            reg::INTERRUPT_STATUS => {
                let new = self.os.load(&self.isr.bar, self.isr.offset, 1);
                self.reasons.fetch_or(new, Ordering::SeqCst) | new
            }
            reg::STATUS => self.get(field::STATUS, 1),
            reg::CONFIG_GENERATION => self.get(field::GENERATION, 1),
            _ => 0,
        }
    }

    fn write(&self, offset: u64, size: u8, value: u64) -> Effect {
        if let Some(at) = offset.checked_sub(reg::CONFIG) {
            self.os.store(&self.device.bar, self.device.offset + at, size, value);
            return Effect::None;
        }
        match offset {
            reg::DEVICE_FEATURES_SEL => self.set(field::DEVICE_FEATURE_SELECT, 4, value),
            reg::DRIVER_FEATURES_SEL => self.set(field::DRIVER_FEATURE_SELECT, 4, value),
            reg::DRIVER_FEATURES => self.set(field::DRIVER_FEATURE, 4, value),
            reg::QUEUE_SEL => self.set(field::QUEUE_SELECT, 2, value),
            reg::QUEUE_SIZE => self.set(field::QUEUE_SIZE, 2, value),
            reg::QUEUE_READY => self.set(field::QUEUE_ENABLE, 2, value),
            reg::QUEUE_DESC_LOW => self.set(field::QUEUE_DESC, 4, value),
            reg::QUEUE_DESC_HIGH => self.set(field::QUEUE_DESC + 4, 4, value),
            reg::QUEUE_DRIVER_LOW => self.set(field::QUEUE_DRIVER, 4, value),
            reg::QUEUE_DRIVER_HIGH => self.set(field::QUEUE_DRIVER + 4, 4, value),
            reg::QUEUE_DEVICE_LOW => self.set(field::QUEUE_DEVICE, 4, value),
            reg::QUEUE_DEVICE_HIGH => self.set(field::QUEUE_DEVICE + 4, 4, value),
            reg::INTERRUPT_ACK => _ = self.reasons.fetch_and(!value, Ordering::SeqCst),
            reg::STATUS => self.set(field::STATUS, 1, value),
            reg::QUEUE_NOTIFY => {
                self.set(field::QUEUE_SELECT, 2, value);
                let queue = self.get(field::QUEUE_NOTIFY_OFF, 2);
                let at = self.notify.offset + queue * self.notify_step;
                self.os.store(&self.notify.bar, at, 2, value);
            }
            _ => {}
        }
        Effect::None
    }
}
