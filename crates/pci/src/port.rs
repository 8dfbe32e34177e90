//! A root port: a bridge (type 1 header, § 7.5.1.3) to one link, with a slot that devices come to and go from
//! while the machine runs (§ 6.7, hotplug).
//!
//! ```text
//!   plug ──► presence ──► guest: power on ──► link active ──► guest scans the bus
//!   ask_out ──► attention button ──► guest lets go of the device, power off ──► the device is out
//!   pull ──► presence and link are gone at once (surprise removal)
//! ```

use crate::bus::{Bus, Node};
use crate::capability::{express, power};
use crate::config::{Config, STATUS_INTERRUPT, command, reg};
use crate::endpoint::Endpoint;
use crate::interrupt::{Interrupts, InterruptsSaved, Rules};
use crate::routes::Range;
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

const TAG: &str = "pci-port";

/// Registers of the type 1 header (§ 7.5.1.3).
mod bridge {
    pub(super) const PRIMARY_BUS: u16 = 0x18;
    pub(super) const SECONDARY_BUS: u16 = 0x19;
    pub(super) const SUBORDINATE_BUS: u16 = 0x1a;
    pub(super) const IO_BASE: u16 = 0x1c;
    pub(super) const MEMORY_BASE: u16 = 0x20;
    pub(super) const PREFETCH_BASE: u16 = 0x24;
    pub(super) const PREFETCH_BASE_HIGH: u16 = 0x28;
    pub(super) const PREFETCH_LIMIT_HIGH: u16 = 0x2c;
    pub(super) const IO_BASE_HIGH: u16 = 0x30;
    pub(super) const CONTROL: u16 = 0x3e;
    /// Bridge control: reset the bus below.
    pub(super) const RESET: u16 = 1 << 6;
}

/// Slot control (§ 7.5.3.10). The low five bits enable the events of the same bits of slot status.
mod control {
    pub(super) const EVENTS: u16 = 0x1f;
    pub(super) const INTERRUPT: u16 = 1 << 5;
    pub(super) const ATTENTION_OFF: u16 = 3 << 6;
    pub(super) const POWER_LIGHT: u16 = 3 << 8;
    pub(super) const POWER_LIGHT_ON: u16 = 1 << 8;
    pub(super) const POWER_LIGHT_OFF: u16 = 3 << 8;
    pub(super) const POWER_OFF: u16 = 1 << 10;
    pub(super) const LINK: u16 = 1 << 12;
}

/// Slot status (§ 7.5.3.11).
mod status {
    pub(super) const BUTTON: u16 = 1 << 0;
    pub(super) const PRESENCE_CHANGED: u16 = 1 << 3;
    pub(super) const PRESENT: u16 = 1 << 6;
    pub(super) const LINK_CHANGED: u16 = 1 << 8;
    /// Events that software clears.
    pub(super) const EVENTS: u16 = 0x1f | LINK_CHANGED;
}

/// Link control: the link is disabled (§ 7.5.3.7).
const LINK_CONTROL: u16 = 0x10;
const LINK_DISABLE: u16 = 1 << 4;

/// Told of the device that a guest has let go of.
type Released = Box<dyn FnOnce(Arc<Endpoint>) + Send>;

/// A live root port.
pub struct Port {
    config: Mutex<Config>,
    power: u16,
    express: u16,
    interrupts: Arc<Interrupts>,
    bus: Bus,
    moved: Arc<AtomicBool>,
    /// Somebody has asked the guest to let the device go.
    leaving: Mutex<Option<Released>>,
}

#[derive(Serialize, Deserialize)]
struct PortSaved {
    config: String,
    interrupts: InterruptsSaved,
}

impl Port {
    /// A port that is `device` of `above`, with slot number `slot`.
    pub(crate) fn new(above: &Bus, device: u8, slot: u16, moved: Arc<AtomicBool>) -> Arc<Port> {
        // A generic root port: bridge, programming interface 0.
        let mut config = Config::new(0x1b36, 0x000c, 0x0604_0000);
        config.preset(reg::HEADER_TYPE, &[1]);
        config.preset(reg::INTERRUPT_PIN, &[1]);
        config.allow(bridge::PRIMARY_BUS, &[0xff; 3]);
        // I/O windows of 32 bits, prefetchable memory of 64 bits; the low four bits say so and stay.
        config.preset(bridge::IO_BASE, &[1, 1]);
        config.allow(bridge::IO_BASE, &[0xf0, 0xf0]);
        config.allow(bridge::IO_BASE_HIGH, &[0xff; 4]);
        config.allow(bridge::MEMORY_BASE, &[0xf0, 0xff, 0xf0, 0xff]);
        config.preset(bridge::PREFETCH_BASE, &[1, 0, 1, 0]);
        config.allow(bridge::PREFETCH_BASE, &[0xf0, 0xff, 0xf0, 0xff]);
        config.allow(bridge::PREFETCH_BASE_HIGH, &[0xff; 8]);
        config.allow(bridge::CONTROL, &[0x7f, 0]);
        let power = power::add(&mut config);
        let express = express::add(&mut config, express::Kind::RootPort, Some(slot));
        let dark = control::ATTENTION_OFF | control::POWER_LIGHT_OFF | control::POWER_OFF;
        config.preset_u16(express + express::SLOT_CONTROL, dark);
        config.clearable(express + express::SLOT_STATUS, &status::EVENTS.to_le_bytes());
        config.changes(express + express::SLOT_STATUS, &(status::EVENTS | status::PRESENT).to_le_bytes());
        let interrupts = Interrupts::new(0, None);
        interrupts.connect(Some(above.wire(device)));
        Arc::new(Port {
            config: Mutex::new(config),
            power,
            express,
            interrupts,
            bus: above.below(device),
            moved,
            leaving: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Config> {
        self.config.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn bus(&self) -> &Bus {
        &self.bus
    }

    /// The buses behind the port, when its link is up.
    pub(crate) fn reachable_buses(&self) -> Option<(u8, u8)> {
        let config = self.lock();
        let buses = (config.get_u8(bridge::SECONDARY_BUS), config.get_u8(bridge::SUBORDINATE_BUS));
        self.link_active(&config).then_some(buses)
    }

    fn link_active(&self, config: &Config) -> bool {
        config.get_u16(self.express + express::LINK_STATUS) & express::LINK_ACTIVE != 0
    }

    /// The addresses that the port hands down (bridge § 4).
    pub(crate) fn windows(&self, ports: bool) -> Vec<Range> {
        let config = self.lock();
        let enable = if ports { command::PORTS } else { command::MEMORY };
        let awake = power::awake(&config, self.power);
        if config.get_u16(reg::COMMAND) & enable == 0 || !awake || !self.link_active(&config) {
            return Vec::new();
        }
        let half = |at: u16| u64::from(config.get_u16(at));
        if ports {
            let (base, limit) = (config.get_u8(bridge::IO_BASE), config.get_u8(bridge::IO_BASE + 1));
            let window = |low: u8, high: u16| u64::from(low & 0xf0) << 8 | half(high) << 16;
            let (base, limit) = (window(base, bridge::IO_BASE_HIGH), window(limit, bridge::IO_BASE_HIGH + 2));
            return vec![Range { first: base, last: limit | 0xfff }];
        }
        let window = |at: u16| (half(at) & 0xfff0) << 16;
        let high = |at: u16| u64::from(config.get_u32(at)) << 32;
        let plain =
            Range { first: window(bridge::MEMORY_BASE), last: window(bridge::MEMORY_BASE + 2) | 0xf_ffff };
        let prefetch = Range {
            first: window(bridge::PREFETCH_BASE) | high(bridge::PREFETCH_BASE_HIGH),
            last: window(bridge::PREFETCH_BASE + 2) | high(bridge::PREFETCH_LIMIT_HIGH) | 0xf_ffff,
        };
        vec![plain, prefetch]
    }

    pub(crate) fn read_config(&self, at: u16, size: u8) -> u32 {
        self.lock().read(at, size)
    }

    pub(crate) fn write_config(&self, at: u16, size: u8, value: u32) {
        let mut config = self.lock();
        let reset_before = config.get_u16(bridge::CONTROL) & bridge::RESET != 0;
        config.write(at, size, value);
        let reset = config.get_u16(bridge::CONTROL) & bridge::RESET != 0 && !reset_before;
        let no_pin = config.get_u16(reg::COMMAND) & command::NO_INTX != 0;
        self.interrupts.set_rules(Rules { no_pin, ..Rules::default() });
        let dropped = self.train(&mut config);
        let released = self.power_is_off(&config).then(|| self.take_leaving()).flatten();
        let out = released.and_then(|released| Some((released, self.empty(&mut config)?)));
        self.interrupt(&mut config);
        drop(config);
        self.moved.store(true, Ordering::SeqCst);
        if reset || dropped {
            self.reset_below();
        }
        if let Some((released, endpoint)) = out {
            endpoint.reset();
            released(endpoint);
        }
    }

    fn reset_below(&self) {
        for node in self.bus.nodes() {
            if let Node::Endpoint(endpoint) = node {
                endpoint.reset();
            }
        }
    }

    fn power_is_off(&self, config: &Config) -> bool {
        config.get_u16(self.express + express::SLOT_CONTROL) & control::POWER_OFF != 0
    }

    fn present(&self, config: &Config) -> bool {
        config.get_u16(self.express + express::SLOT_STATUS) & status::PRESENT != 0
    }

    fn event(&self, config: &mut Config, events: u16) {
        config.turn_u16(self.express + express::SLOT_STATUS, events, 0);
    }

    /// The link follows presence and power. `true`: it has gone down, and what is below has lost its state.
    fn train(&self, config: &mut Config) -> bool {
        let enabled = config.get_u16(self.express + LINK_CONTROL) & LINK_DISABLE == 0;
        let up = self.present(config) && !self.power_is_off(config) && enabled;
        let was = self.link_active(config);
        if up == was {
            return false;
        }
        let (set, clear) = if up { (express::LINK_ACTIVE, 0) } else { (0, express::LINK_ACTIVE) };
        config.turn_u16(self.express + express::LINK_STATUS, set, clear);
        self.event(config, status::LINK_CHANGED);
        was
    }

    /// The pin follows the events that software wants to hear of (§ 6.7.3.4).
    fn interrupt(&self, config: &mut Config) {
        let control = config.get_u16(self.express + express::SLOT_CONTROL);
        let status = config.get_u16(self.express + express::SLOT_STATUS);
        let link = control & control::LINK != 0 && status & status::LINK_CHANGED != 0;
        let high = control & control::INTERRUPT != 0 && (control & status & control::EVENTS != 0 || link);
        let (set, clear) = if high { (STATUS_INTERRUPT, 0) } else { (0, STATUS_INTERRUPT) };
        config.turn_u16(reg::STATUS, set, clear);
        self.interrupts.set_pin(high);
    }

    fn take_leaving(&self) -> Option<Released> {
        self.leaving.lock().unwrap_or_else(|e| e.into_inner()).take()
    }

    /// Takes the device out.
    fn empty(&self, config: &mut Config) -> Option<Arc<Endpoint>> {
        let endpoint = self.bus.remove(0)?;
        config.turn_u16(self.express + express::SLOT_STATUS, status::PRESENCE_CHANGED, status::PRESENT);
        self.train(config);
        self.interrupt(config);
        self.moved.store(true, Ordering::SeqCst);
        Some(endpoint)
    }

    /// Whether something is in the slot.
    pub fn is_occupied(&self) -> bool {
        !self.bus.nodes().is_empty()
    }

    /// Puts `endpoint` into the slot before the machine starts: powered, with its link up.
    ///
    /// # Panics
    /// When the slot is occupied: a mistake in a board.
    pub fn plug_cold(&self, endpoint: Arc<Endpoint>) {
        self.bus.insert(0, Node::Endpoint(endpoint));
        let mut config = self.lock();
        let lit = control::ATTENTION_OFF | control::POWER_LIGHT_ON;
        config.preset_u16(self.express + express::SLOT_CONTROL, lit);
        self.event(&mut config, status::PRESENT);
        self.train(&mut config);
        config.turn_u16(self.express + express::SLOT_STATUS, 0, status::EVENTS);
        self.moved.store(true, Ordering::SeqCst);
    }

    /// Puts `endpoint` into the slot of a running machine; the guest is told. Gives it back when the slot is occupied.
    ///
    /// # Errors
    /// The endpoint, when there is one already.
    pub fn plug(&self, endpoint: Arc<Endpoint>) -> Result<(), Arc<Endpoint>> {
        let mut config = self.lock();
        if self.is_occupied() {
            return Err(endpoint);
        }
        self.bus.insert(0, Node::Endpoint(endpoint));
        self.event(&mut config, status::PRESENT | status::PRESENCE_CHANGED);
        self.train(&mut config);
        self.interrupt(&mut config);
        self.moved.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Asks the guest to let the device go, as the attention button does; `released` is called when it has. `false`:
    /// there is none, or it is being asked already. A guest may also never answer.
    pub fn ask_out(&self, released: impl FnOnce(Arc<Endpoint>) + Send + 'static) -> bool {
        let mut config = self.lock();
        let mut leaving = self.leaving.lock().unwrap_or_else(|e| e.into_inner());
        if !self.is_occupied() || leaving.is_some() {
            return false;
        }
        if self.power_is_off(&config) {
            // Nobody uses it: there is nobody to ask.
            drop(leaving);
            let out = self.empty(&mut config);
            drop(config);
            if let Some(endpoint) = out {
                released(endpoint);
            }
            return true;
        }
        *leaving = Some(Box::new(released));
        self.event(&mut config, status::BUTTON);
        self.interrupt(&mut config);
        true
    }

    /// Pulls the device out without asking.
    pub fn pull(&self) -> Option<Arc<Endpoint>> {
        let mut config = self.lock();
        self.take_leaving();
        self.empty(&mut config)
    }

    /// Whether the guest lights the slot's power indicator.
    pub fn is_lit(&self) -> bool {
        self.lock().get_u16(self.express + express::SLOT_CONTROL) & control::POWER_LIGHT
            == control::POWER_LIGHT_ON
    }

    /// The state after power-on, with what is in the slot.
    pub fn reset(&self) {
        self.take_leaving();
        let mut config = self.lock();
        let present = self.present(&config);
        config.reset();
        let lit = control::ATTENTION_OFF | control::POWER_LIGHT_ON;
        if present {
            config.write(self.express + express::SLOT_CONTROL, 2, lit.into());
        }
        self.train(&mut config);
        config.turn_u16(self.express + express::SLOT_STATUS, 0, status::EVENTS);
        self.interrupts.set_rules(Rules::default());
        self.interrupt(&mut config);
        drop(config);
        self.reset_below();
        self.moved.store(true, Ordering::SeqCst);
    }
}

impl Saved for Port {
    fn save(&self) -> Record {
        let config = self.lock().save();
        Record::new(TAG, 1, &PortSaved { config, interrupts: self.interrupts.save() })
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: PortSaved = record.open(TAG, 1)?;
        let mut config = self.lock().clone();
        config.load(TAG, &saved.config)?;
        if self.present(&config) != self.is_occupied() {
            let why = "a slot is empty in one machine and occupied in the other".to_owned();
            return Err(StateError::Invalid { tag: TAG, why });
        }
        self.interrupts.check(TAG, &saved.interrupts)?;
        let no_pin = config.get_u16(reg::COMMAND) & command::NO_INTX != 0;
        let mut now = self.lock();
        *now = config;
        self.interrupts.load(saved.interrupts, Rules { no_pin, ..Rules::default() });
        self.interrupt(&mut now);
        drop(now);
        self.moved.store(true, Ordering::SeqCst);
        Ok(())
    }
}
