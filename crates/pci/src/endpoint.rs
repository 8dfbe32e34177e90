//! A function with a type 0 header (PCI § 6.1): what operating systems see of a device.

use crate::bar::{Bar, BarKind};
use crate::capability::{Access, VENDOR, VendorCapability, express, msix, power};
use crate::config::{Config, STATUS_INTERRUPT, command, reg};
use crate::interrupt::{ENTRY, Interrupts, InterruptsSaved, MsixPlace, Rules};
use crate::lines::Wire;
use lodge_bus::Effect;
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

const TAG: &str = "pci-endpoint";

/// The device behind an [`Endpoint`]: what is in its BARs. Accesses lie inside a BAR; registers that do not exist read
/// zero. Called from any vCPU thread; it takes no lock that pausing takes.
pub trait Function: Saved {
    /// Reads `size` (1, 2, 4 or 8) bytes at `offset` of `bar`.
    fn read(&self, bar: usize, offset: u64, size: u8) -> u64;

    /// Writes the low `size` bytes of `value` at `offset` of `bar`.
    fn write(&self, bar: usize, offset: u64, size: u8, value: u64) -> Effect;

    /// Software allows the device to read and write memory (bus master, PCI § 6.2.2), or forbids it, as at power-on. When
    /// this returns the device follows.
    fn set_master(&self, _on: bool) {}

    /// A function level reset (§ 6.6.2), or one of the bus. Interrupts are reset already.
    fn reset(&self);
}

/// Who a function is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Vendor and device numbers.
    pub vendor: u16,
    /// The vendor's number of the device.
    pub device: u16,
    /// Its revision.
    pub revision: u8,
    /// Class, subclass and programming interface, as `0xCCSSPP` (PCI appendix D).
    pub class: u32,
    /// Vendor and number of the board it is on.
    pub subsystem_vendor: u16,
    /// The board's number.
    pub subsystem: u16,
}

/// What an endpoint is to be.
#[derive(Debug, Clone)]
pub struct EndpointSpec {
    /// Who it is.
    pub identity: Identity,
    /// What it wants of the address spaces.
    pub bars: Vec<Bar>,
    /// Where its MSI-X structures are, when it has vectors.
    pub msix: Option<MsixPlace>,
    /// Capabilities of its own.
    pub vendor: Vec<VendorCapability>,
    /// One of them may lead to the BARs.
    pub access: Option<Access>,
    /// Whether it is PCI Express, with power management. Host bridges need not be.
    pub express: bool,
    /// Whether it has an interrupt pin.
    pub pin: bool,
}

/// Where things are in configuration space.
#[derive(Debug, Clone, Copy, Default)]
struct Places {
    power: Option<u16>,
    express: Option<u16>,
    msix: Option<u16>,
    access: Option<(u16, Access)>,
}

/// A live function with a type 0 header.
pub struct Endpoint {
    config: Mutex<Config>,
    places: Places,
    bars: Vec<Bar>,
    msix: Option<MsixPlace>,
    vectors: u16,
    interrupts: Arc<Interrupts>,
    function: Arc<dyn Function>,
    /// Set when routes may have changed; whoever routes to us reads it.
    moved: Mutex<Arc<AtomicBool>>,
}

#[derive(Serialize, Deserialize)]
struct EndpointSaved {
    config: String,
    interrupts: InterruptsSaved,
    function: Record,
}

impl Endpoint {
    /// The function of `spec` around `function`, which interrupts through `interrupts`.
    ///
    /// # Panics
    /// When the parts do not fit into configuration space: a mistake in a device.
    pub fn new(
        spec: &EndpointSpec,
        interrupts: Arc<Interrupts>,
        function: Arc<dyn Function>,
    ) -> Arc<Endpoint> {
        let Identity { vendor, device, revision, class, subsystem_vendor, subsystem } = spec.identity;
        let mut config = Config::new(vendor, device, class << 8 | u32::from(revision));
        config.preset_u16(reg::SUBSYSTEM_VENDOR, subsystem_vendor);
        config.preset_u16(reg::SUBSYSTEM, subsystem);
        if spec.pin {
            config.preset(reg::INTERRUPT_PIN, &[1]);
        }
        spec.bars.iter().for_each(|bar| bar.declare(&mut config));
        let vectors = interrupts.vectors();
        let mut places = Places::default();
        if spec.express {
            places.power = Some(power::add(&mut config));
            places.express = Some(express::add(&mut config, express::Kind::Integrated, None));
        }
        let msix = spec.msix.filter(|_| vectors > 0);
        places.msix = msix.map(|place| msix::add(&mut config, vectors, &place));
        for (n, capability) in spec.vendor.iter().enumerate() {
            let at = config.capability(VENDOR, &capability.body, &capability.writable);
            if let Some(access) = spec.access.filter(|access| access.capability == n) {
                places.access = Some((at, access));
            }
        }
        Arc::new(Endpoint {
            config: Mutex::new(config),
            places,
            bars: spec.bars.clone(),
            msix,
            vectors,
            interrupts,
            function,
            moved: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Config> {
        self.config.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Puts the function on a bus: behind a link or not, with a wire for its pin, under somebody who routes.
    pub(crate) fn connect(&self, link: bool, wire: Wire, moved: Arc<AtomicBool>) {
        if let Some(at) = self.places.express.filter(|_| link) {
            express::put_on_link(&mut self.lock(), at);
        }
        *self.moved.lock().unwrap_or_else(|e| e.into_inner()) = moved;
        self.interrupts.connect(Some(wire));
        self.moved();
    }

    /// Takes it off its bus.
    pub(crate) fn disconnect(&self) {
        self.interrupts.connect(None);
        self.moved();
    }

    fn moved(&self) {
        self.moved.lock().unwrap_or_else(|e| e.into_inner()).store(true, Ordering::SeqCst);
    }

    fn rules(&self, config: &Config) -> Rules {
        let command = config.get_u16(reg::COMMAND);
        let (messages, masked) = self.places.msix.map_or((false, false), |at| msix::control(config, at));
        let (master, no_pin) = (command & command::MASTER != 0, command & command::NO_INTX != 0);
        Rules { messages, masked, master, no_pin }
    }

    /// Reads 1, 2 or 4 bytes of configuration space.
    pub(crate) fn read_config(&self, at: u16, size: u8) -> u32 {
        if let Some((bar, offset, length)) = self.accessed(at, size) {
            let value = self.read(bar, offset, length) as u32;
            let data = self.places.access.map_or(0, |(cap, access)| cap + access.data);
            // What was read stands in the register too, for the bytes that this read is of.
            let mut config = self.lock();
            config.write(data, 4, value);
            return config.read(at, size);
        }
        let pin = self.interrupts.pin();
        let mut config = self.lock();
        let (set, clear) = if pin { (STATUS_INTERRUPT, 0) } else { (0, STATUS_INTERRUPT) };
        config.turn_u16(reg::STATUS, set, clear);
        config.read(at, size)
    }

    /// Writes 1, 2 or 4 bytes of configuration space.
    pub(crate) fn write_config(&self, at: u16, size: u8, value: u32) -> Effect {
        let mut config = self.lock();
        config.write(at, size, value);
        let rules = self.rules(&config);
        self.interrupts.set_rules(rules);
        // Under the lock, so that the last change wins. A device that waits for work in hand does not need it.
        self.function.set_master(rules.master);
        let control = self.places.express.map(|at| at + express::DEVICE_CONTROL);
        let reset = control.is_some_and(|control| {
            let bit = at <= control + 1 && control + 1 < at + u16::from(size);
            bit && value >> (8 * (control + 1 - at)) & u32::from(express::INITIATE_RESET >> 8) != 0
        });
        drop(config);
        self.moved();
        if reset {
            self.reset();
        }
        if let Some((bar, offset, length)) = self.accessed(at, size) {
            let data = self.places.access.map_or(0, |(cap, access)| cap + access.data);
            let value = self.lock().read(data, length);
            return self.write(bar, offset, length, value.into());
        }
        Effect::None
    }

    /// Where in the BARs a configuration access leads, when it is one to the data of the access capability.
    fn accessed(&self, at: u16, size: u8) -> Option<(usize, u64, u8)> {
        let (cap, access) = self.places.access?;
        let data = cap + access.data;
        if at + u16::from(size) <= data || at >= data + 4 {
            return None;
        }
        let config = self.lock();
        let (bar, offset) = (config.get_u8(cap + access.bar), config.get_u32(cap + access.offset));
        let length = config.get_u32(cap + access.length);
        let bar = self.bars.iter().find(|b| b.index == usize::from(bar) && b.kind != BarKind::Ports)?;
        let fits = matches!(length, 1 | 2 | 4)
            && offset.is_multiple_of(length)
            && u64::from(offset) + u64::from(length) <= bar.size;
        fits.then_some((bar.index, offset.into(), length as u8))
    }

    /// The BARs that software has switched on, with their addresses; `ports`: those of I/O ports.
    pub(crate) fn decoded(&self, ports: bool) -> Vec<(Bar, u64)> {
        let config = self.lock();
        let enable = if ports { command::PORTS } else { command::MEMORY };
        let awake = self.places.power.is_none_or(|at| power::awake(&config, at));
        if config.get_u16(reg::COMMAND) & enable == 0 || !awake {
            return Vec::new();
        }
        let bars = self.bars.iter().filter(|bar| (bar.kind == BarKind::Ports) == ports);
        bars.map(|bar| (*bar, bar.address(&config))).collect()
    }

    fn structures(&self, bar: usize) -> Option<(Range<u64>, Range<u64>)> {
        let place = self.msix.filter(|place| place.bar == bar)?;
        let (table, pending) = (u64::from(place.table), u64::from(place.pending));
        let table = table..table + u64::from(self.vectors) * ENTRY;
        Some((table, pending..pending + Interrupts::pending_len(self.vectors)))
    }

    /// Reads from a BAR.
    pub(crate) fn read(&self, bar: usize, offset: u64, size: u8) -> u64 {
        match self.structures(bar) {
            Some((table, _)) if table.contains(&offset) => {
                self.interrupts.read_table(offset - table.start, size)
            }
            Some((_, pending)) if pending.contains(&offset) => {
                self.interrupts.read_pending(offset - pending.start, size)
            }
            _ => self.function.read(bar, offset, size),
        }
    }

    /// Writes to a BAR.
    pub(crate) fn write(&self, bar: usize, offset: u64, size: u8, value: u64) -> Effect {
        match self.structures(bar) {
            Some((table, _)) if table.contains(&offset) => {
                self.interrupts.write_table(offset - table.start, size, value);
                Effect::None
            }
            Some((_, pending)) if pending.contains(&offset) => Effect::None,
            _ => self.function.write(bar, offset, size, value),
        }
    }

    /// The state after power-on.
    pub fn reset(&self) {
        let mut config = self.lock();
        config.reset();
        self.interrupts.reset();
        self.function.set_master(false);
        drop(config);
        self.function.reset();
        self.moved();
    }
}

impl Saved for Endpoint {
    fn save(&self) -> Record {
        let config = self.lock().save();
        let saved =
            EndpointSaved { config, interrupts: self.interrupts.save(), function: self.function.save() };
        Record::new(TAG, 1, &saved)
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: EndpointSaved = record.open(TAG, 1)?;
        let mut config = self.lock().clone();
        config.load(TAG, &saved.config)?;
        self.interrupts.check(TAG, &saved.interrupts)?;
        let (before, rules_before) = (self.interrupts.save(), self.rules(&self.lock()));
        // First the way out: a device that is loaded may interrupt at once.
        self.interrupts.load(saved.interrupts, self.rules(&config));
        if let Err(error) = self.function.load(&saved.function) {
            self.interrupts.load(before, rules_before);
            return Err(error);
        }
        let mut now = self.lock();
        *now = config;
        self.function.set_master(self.rules(&now).master);
        drop(now);
        self.moved();
        Ok(())
    }
}

/// The function of a device that is configuration space only.
pub(crate) struct Nothing;

impl Function for Nothing {
    fn read(&self, _: usize, _: u64, _: u8) -> u64 {
        0
    }
    fn write(&self, _: usize, _: u64, _: u8, _: u64) -> Effect {
        Effect::None
    }
    fn reset(&self) {}
}

impl Saved for Nothing {
    fn save(&self) -> Record {
        Record::new("pci-nothing", 1, &())
    }
    fn load(&self, record: &Record) -> Result<(), StateError> {
        record.open::<()>("pci-nothing", 1)
    }
}
