//! One life of a machine: from power-on, or a reset, to the next.
//!
//! ```text
//!   born standing ──resume──► running ──pause──► standing ──► end (threads joined, devices dropped)
//! ```
//! Pausing takes no lock that a vCPU can hold: it asks each link and waits until the thread stands.

use crate::VmmError;
use lodge_board::{Machine, Worker};
use lodge_bus::{Clock, Effect, Space};
use lodge_cpu::{Debug, Link, Stop, Vcpu, Want, run};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// What a vCPU reports to those above.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Report {
    /// A device or the firmware wants something of the whole machine.
    Effect(Effect),
    /// A breakpoint, or a step is done.
    Debug(Debug),
    /// The engine gave up, or its thread died.
    Fatal(String),
}

/// A report with its sender: life and vCPU number.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FromVcpu {
    pub(crate) life: u64,
    pub(crate) hart: u32,
    pub(crate) report: Report,
}

type Tell = Box<dyn Fn(FromVcpu) + Send + Sync>;

/// The wired machine, seen from all threads.
pub(crate) struct Life {
    number: u64,
    pub(crate) links: Vec<Arc<Link>>,
    pub(crate) space: Arc<Space>,
    clock: Clock,
    workers: Vec<Arc<dyn Worker>>,
    firmware: Option<Arc<dyn lodge_board::Firmware>>,
    tell: Tell,
    running: Mutex<bool>,
}

/// The threads of a life; whoever holds them ends it.
pub(crate) struct Threads(Vec<JoinHandle<()>>);

impl Life {
    /// Gives `machine` its threads. It stands until [`Life::resume`].
    pub(crate) fn begin(number: u64, machine: Machine, tell: Tell) -> Result<(Arc<Life>, Threads), VmmError> {
        let Machine { space, clock, vcpus, workers, firmware, .. } = machine;
        let links = vcpus.iter().map(|vcpu| vcpu.link().clone()).collect();
        let running = Mutex::new(false);
        let life = Arc::new(Life { number, links, space, clock, workers, firmware, tell, running });
        let mut threads = Threads(Vec::new());
        for vcpu in vcpus {
            match spawn(&life, vcpu) {
                Ok(thread) => threads.0.push(thread),
                Err(error) => {
                    life.end(threads);
                    return Err(error);
                }
            }
        }
        Ok((life, threads))
    }

    /// Lets guest, time and devices run.
    pub(crate) fn resume(&self) {
        self.resume_those(&mut self.links.iter());
    }

    /// Lets time, devices and these vCPUs run; the others stand.
    pub(crate) fn resume_only(&self, harts: &[usize]) {
        self.resume_those(&mut harts.iter().filter_map(|&hart| self.links.get(hart)));
    }

    fn resume_those(&self, links: &mut dyn Iterator<Item = &Arc<Link>>) {
        let mut running = self.running.lock().unwrap_or_else(|e| e.into_inner());
        // A life that is over stays so: its devices must not work on the next one's disks.
        if self.links.iter().any(|link| link.want() == Want::Exit) {
            return;
        }
        if !std::mem::replace(&mut *running, true) {
            self.workers.iter().for_each(|worker| worker.resume());
            self.clock.start();
        }
        links.for_each(|link| link.set_want(Want::Run));
    }

    /// Makes guest, time and devices stand still. Not to be called on a vCPU's thread.
    pub(crate) fn pause(&self) {
        let mut running = self.running.lock().unwrap_or_else(|e| e.into_inner());
        self.links.iter().for_each(|link| link.set_want(Want::Pause));
        self.links.iter().for_each(|link| link.wait_still());
        if std::mem::replace(&mut *running, false) {
            self.clock.stop();
            self.workers.iter().for_each(|worker| worker.pause());
        }
    }

    /// Ends the threads. Nothing of the guest runs afterwards.
    pub(crate) fn end(&self, threads: Threads) {
        self.links.iter().for_each(|link| link.set_want(Want::Exit));
        for thread in threads.0 {
            // A thread that panicked has said so itself and through its report.
            let _ = thread.join();
        }
        let mut running = self.running.lock().unwrap_or_else(|e| e.into_inner());
        *running = false;
        self.clock.stop();
        self.workers.iter().for_each(|worker| worker.pause());
    }

    /// Runs `work` on vCPU `hart`'s own thread and waits for what it returns; `None` when that thread has ended.
    pub(crate) fn ask<R: Send + 'static>(
        &self,
        hart: usize,
        work: impl FnOnce(&mut dyn Vcpu) -> R + Send + 'static,
    ) -> Option<R> {
        let link = self.links.get(hart).filter(|link| link.want() != Want::Exit)?;
        let (answer, receive) = channel();
        link.post(Box::new(move |vcpu| drop(answer.send(work(vcpu)))));
        // The request is dropped unanswered when the thread ends first: look now and then whether it has.
        loop {
            match receive.recv_timeout(std::time::Duration::from_millis(100)) {
                Ok(value) => return Some(value),
                Err(_) if link.want() == Want::Exit => return None,
                Err(_) => {}
            }
        }
    }

    /// Which life this is.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// Runs one instruction of vCPU `hart`, on its own thread, while the machine stands. The outcome is reported
    /// like any other.
    pub(crate) fn step(self: &Arc<Life>, hart: usize) {
        let life = self.clone();
        self.ask(hart, move |vcpu| {
            let stop = match vcpu.step(&life.space) {
                Stop::Call(args) => Stop::Effect(run::Machine::call(life.as_ref(), vcpu, args)),
                stop => stop,
            };
            match stop {
                // Waiting for an interrupt, or called firmware: the instruction is done all the same.
                Stop::Effect(Effect::None) | Stop::Idle | Stop::Kicked => {
                    life.report(vcpu.link().id(), Report::Debug(Debug::Stepped));
                }
                stop => run::Machine::stopped(life.as_ref(), vcpu, stop),
            }
        });
    }

    fn report(&self, hart: u32, report: Report) {
        // Nothing more happens in the guest until somebody has decided.
        self.links.iter().for_each(|link| link.set_want(Want::Pause));
        (self.tell)(FromVcpu { life: self.number, hart, report });
    }
}

impl run::Machine for Life {
    fn call(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> Effect {
        match &self.firmware {
            Some(firmware) => firmware.call(vcpu, args),
            None => {
                self.report(vcpu.link().id(), Report::Fatal("a call for firmware that is not there".into()));
                Effect::None
            }
        }
    }

    fn stopped(&self, vcpu: &mut dyn Vcpu, stop: Stop) {
        let report = match stop {
            Stop::Effect(Effect::None) | Stop::Kicked | Stop::Idle | Stop::Call(_) => return,
            Stop::Effect(effect) => Report::Effect(effect),
            Stop::Debug(debug) => Report::Debug(debug),
            Stop::Fatal(why) => Report::Fatal(why),
        };
        self.report(vcpu.link().id(), report);
    }
}

/// Reports a thread that ends by a panic: nobody else would notice.
struct PanicReport<'a>(&'a Life, u32);

impl Drop for PanicReport<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.report(self.1, Report::Fatal("its thread panicked; this is a bug in lodge".into()));
        }
    }
}

fn spawn(life: &Arc<Life>, mut vcpu: Box<dyn Vcpu>) -> Result<JoinHandle<()>, VmmError> {
    let (life, hart) = (life.clone(), vcpu.link().id());
    std::thread::Builder::new()
        .name(format!("lodge-vcpu{hart}"))
        .spawn(move || {
            let _report = PanicReport(&life, hart);
            run::drive(vcpu.as_mut(), &life.space, life.as_ref());
        })
        .map_err(|source| VmmError::Thread { what: format!("vCPU {hart}"), source })
}
