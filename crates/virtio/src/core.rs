//! The half of a virtio device that is the same behind every transport: status, features, queue set-up.

use crate::device::{Broken, Device, feature};
use crate::queue::{ActiveQueue, Progress, QueueConfig, QueueFeatures, Queues};
use crate::signal::{Outlet, Signal};
use crate::worker::Worker;
use crate::{VirtioError, Waker};
use lodge_memory::GuestMemory;
use lodge_state::{Record, StateError};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// Device status bits (§2.1).
pub(crate) mod status {
    pub(crate) const DRIVER_OK: u32 = 4;
    pub(crate) const FEATURES_OK: u32 = 8;
    pub(crate) const NEEDS_RESET: u32 = 64;
    /// ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK, FAILED.
    pub(crate) const DRIVER_BITS: u32 = 1 | 2 | DRIVER_OK | FEATURES_OK | 128;
}

/// The bits of [`Waker`] and of the queues share a word.
const MAX_QUEUES: usize = 63;

#[derive(Debug, Clone, Default)]
struct Setup {
    status: u32,
    driver_features: u64,
    queues: Vec<QueueConfig>,
}

/// What of a virtio device is saved; the device's own part is a record in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CoreSaved {
    kind: u32,
    status: u32,
    driver_features: u64,
    queues: Vec<QueueConfig>,
    progress: Vec<Progress>,
    interrupt: u32,
    generation: u32,
    device: Record,
}

/// A device, its thread, and what its driver has set up so far.
pub(crate) struct Core {
    device: Arc<dyn Device>,
    memory: Arc<GuestMemory>,
    pub(crate) signal: Arc<Signal>,
    worker: Worker,
    /// Taken by vCPU threads, and by save and load; never by pause.
    setup: Mutex<Setup>,
    /// Whether packed rings are on offer.
    packed: AtomicBool,
}

impl Core {
    pub(crate) fn new(
        device: Arc<dyn Device>,
        memory: Arc<GuestMemory>,
        outlet: Box<dyn Outlet>,
    ) -> Result<Core, VirtioError> {
        let name = device.name();
        let worker = Worker::start(device.clone())
            .map_err(|source| VirtioError::Thread { device: name.clone(), source })?;
        assert!(device.queue_sizes().len() <= MAX_QUEUES, "{name} has too many queues");
        device.attach(worker.waker());
        let setup =
            Setup { queues: vec![QueueConfig::default(); device.queue_sizes().len()], ..Setup::default() };
        let signal = Arc::new(Signal::new(name, outlet));
        let packed = AtomicBool::new(true);
        Ok(Core { device, memory, signal, worker, setup: Mutex::new(setup), packed })
    }

    fn setup(&self) -> MutexGuard<'_, Setup> {
        self.setup.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn device(&self) -> &dyn Device {
        self.device.as_ref()
    }

    /// Feature bits on offer.
    pub(crate) fn offered(&self) -> u64 {
        let packed = if self.packed.load(Ordering::Relaxed) { 0 } else { feature::RING_PACKED };
        self.device.features() | feature::QUEUE & !packed
    }

    /// Offers packed rings or does not; to be said before a driver looks.
    pub(crate) fn offer_packed(&self, packed: bool) {
        self.packed.store(packed, Ordering::Relaxed);
    }

    /// The driver's choice, half by half, until FEATURES_OK.
    pub(crate) fn set_driver_features(&self, half: u32, bits: u32) {
        let mut setup = self.setup();
        if setup.status & status::FEATURES_OK == 0 && half < 2 {
            let shift = half * 32;
            setup.driver_features =
                setup.driver_features & !(0xffff_ffff << shift) | u64::from(bits) << shift;
        }
    }

    /// What the driver has chosen so far, half by half.
    pub(crate) fn driver_features(&self, half: u32) -> u32 {
        let chosen = self.setup().driver_features;
        if half < 2 { (chosen >> (32 * half)) as u32 } else { 0 }
    }

    pub(crate) fn max_queue_size(&self, queue: u32) -> u16 {
        self.device.queue_sizes().get(queue as usize).copied().unwrap_or(0)
    }

    pub(crate) fn queue(&self, queue: u32) -> QueueConfig {
        self.setup().queues.get(queue as usize).copied().unwrap_or_default()
    }

    /// Changes the set-up of a queue, which is possible until DRIVER_OK only.
    pub(crate) fn set_queue(&self, queue: u32, change: impl FnOnce(&mut QueueConfig)) {
        let mut setup = self.setup();
        if setup.status & status::DRIVER_OK != 0 {
            self.signal.complain(&"a queue is set up anew after DRIVER_OK: ignored");
        } else if let Some(config) = setup.queues.get_mut(queue as usize) {
            change(config);
        }
    }

    pub(crate) fn notify(&self, queue: u32) {
        if (queue as usize) < self.device.queue_sizes().len() {
            self.worker.notify(queue);
        }
    }

    pub(crate) fn status(&self) -> u32 {
        let broken = if self.signal.needs_reset() { status::NEEDS_RESET } else { 0 };
        self.setup().status | broken
    }

    /// The driver writes the status: 0 resets, everything else only adds bits.
    pub(crate) fn set_status(&self, value: u32) {
        let mut setup = self.setup();
        if value == 0 {
            return self.reset(&mut setup);
        }
        let mut added = value & status::DRIVER_BITS & !setup.status;
        if added & status::FEATURES_OK != 0 {
            let wanted = setup.driver_features;
            if wanted & !self.offered() != 0 || wanted & feature::VERSION_1 == 0 {
                self.signal.complain(&format_args!("feature bits {wanted:#x} of {:#x}", self.offered()));
                added &= !status::FEATURES_OK;
            }
        }
        if added & status::DRIVER_OK != 0 && (setup.status | added) & status::FEATURES_OK == 0 {
            self.signal.complain(&"DRIVER_OK without FEATURES_OK: ignored");
            added &= !status::DRIVER_OK;
        }
        setup.status |= added;
        if added & status::DRIVER_OK != 0 {
            let start = ActiveQueue::start(QueueFeatures::of(setup.driver_features));
            let fresh = vec![start; setup.queues.len()];
            match self.freeze(&setup, &fresh) {
                Ok(queues) => self.activate(&setup, queues),
                Err(broken) => self.signal.broken(&broken),
            }
        }
    }

    /// Waits for the request in hand, so that nothing touches guest memory once this returns.
    fn reset(&self, setup: &mut Setup) {
        let hold = self.worker.hold();
        hold.set_queues(None);
        self.device.reset();
        let queues = vec![QueueConfig::default(); setup.queues.len()];
        *setup = Setup { queues, ..Setup::default() };
        self.signal.set(0, false, self.signal.generation());
    }

    /// What the machine's reset button does.
    pub(crate) fn power_on_reset(&self) {
        self.reset(&mut self.setup());
    }

    fn freeze(&self, setup: &Setup, progress: &[Progress]) -> Result<Queues, Broken> {
        let features = QueueFeatures::of(setup.driver_features);
        let sizes = self.device.queue_sizes().iter();
        let queues = setup.queues.iter().zip(sizes).zip(progress).enumerate();
        let queues = queues.map(|(index, ((config, max), progress))| {
            if !config.ready {
                return Ok(None);
            }
            let queue = ActiveQueue::new(config, *max, features, *progress, &self.memory);
            queue.map(Some).map_err(|Broken(why)| Broken(format!("queue {index} has {why}")))
        });
        let queues = queues.collect::<Result<Vec<_>, Broken>>()?;
        let (memory, signal, stop) = (self.memory.clone(), self.signal.clone(), self.worker.stop_flag());
        Ok(Queues::new(memory, queues, setup.driver_features, signal, stop))
    }

    fn activate(&self, setup: &Setup, queues: Queues) {
        let hold = self.worker.hold();
        self.device.activate(setup.driver_features);
        hold.set_queues(Some(queues));
    }

    pub(crate) fn pause(&self) {
        self.worker.pause();
    }

    pub(crate) fn resume(&self) {
        self.worker.resume();
    }

    /// Whether the device must leave memory alone, whatever its driver asks for.
    pub(crate) fn halt(&self, halted: bool) {
        self.worker.halt(halted);
    }

    pub(crate) fn settle(&self, patience: Duration) -> bool {
        self.worker.settle(patience)
    }

    pub(crate) fn waker(&self) -> Waker {
        self.worker.waker()
    }

    pub(crate) fn save(&self) -> CoreSaved {
        let setup = self.setup();
        let hold = self.worker.hold();
        let progress = hold.with_queues(|queues| queues.map(Queues::progress));
        let broken = if self.signal.needs_reset() { status::NEEDS_RESET } else { 0 };
        CoreSaved {
            kind: self.device.kind() as u32,
            status: setup.status | broken,
            driver_features: setup.driver_features,
            queues: setup.queues.clone(),
            progress: progress.unwrap_or_else(|| vec![Progress::default(); setup.queues.len()]),
            interrupt: self.signal.status(),
            generation: self.signal.generation(),
            device: self.device.save(),
        }
    }

    pub(crate) fn load(&self, tag: &'static str, saved: &CoreSaved) -> Result<(), StateError> {
        let invalid = |why: String| StateError::Invalid { tag, why };
        let kind = self.device.kind();
        if saved.kind != kind as u32 {
            return Err(invalid(format!("virtio device {} where {kind:?} is", saved.kind)));
        }
        let n = self.device.queue_sizes().len();
        if saved.queues.len() != n || saved.progress.len() != n {
            return Err(invalid(format!("{} queues where there are {n}", saved.queues.len())));
        }
        if saved.status & !(status::DRIVER_BITS | status::NEEDS_RESET) != 0 {
            return Err(invalid(format!("device status {:#x}", saved.status)));
        }
        let features_ok = saved.status & status::FEATURES_OK != 0;
        if features_ok && saved.driver_features & !self.offered() != 0 {
            return Err(invalid(format!("features {:#x} are not on offer", saved.driver_features)));
        }
        if saved.status & status::DRIVER_OK != 0 && !features_ok {
            return Err(invalid("DRIVER_OK without FEATURES_OK".into()));
        }
        let broken = saved.status & status::NEEDS_RESET != 0;
        let next = Setup {
            status: saved.status & status::DRIVER_BITS,
            driver_features: saved.driver_features,
            queues: saved.queues.clone(),
        };
        let queues = if next.status & status::DRIVER_OK != 0 && !broken {
            Some(self.freeze(&next, &saved.progress).map_err(|Broken(why)| invalid(why))?)
        } else {
            None
        };
        let mut setup = self.setup();
        let hold = self.worker.hold();
        self.device.load(&saved.device)?;
        if queues.is_some() {
            self.device.activate(next.driver_features);
        }
        hold.set_queues(queues);
        *setup = next;
        self.signal.set(saved.interrupt, broken, saved.generation);
        Ok(())
    }
}
