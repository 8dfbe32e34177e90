//! The state machine of a machine, from its first power-on to its end.
//!
//! ```text
//!            build                    Shutdown, Quit, signal, fatal
//!   spec ───────────► running ─────────────────────────────────────────► End
//!              ▲         │ Reset: end this life, build the next
//!              └─────────┘
//! ```

use crate::gdb;
use crate::life::{FromVcpu, Life, Report, Threads};
use crate::{VmmError, signals};
use lodge_board::{Outside, board};
use lodge_bus::Effect;
use lodge_spec::MachineSpec;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

/// Why a machine is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The guest powered off, with this code.
    Shutdown(u8),
    /// The user ended it.
    Quit,
    /// This signal ended it.
    Signal(i32),
}

impl End {
    /// The exit code of a process that runs one machine: the guest's own, 0 when the user ended it, 128 and the
    /// signal's number as shells count.
    pub fn exit_code(self) -> u8 {
        match self {
            End::Shutdown(code) => code,
            End::Quit => 0,
            End::Signal(signal) => 128u8.saturating_add(u8::try_from(signal).unwrap_or(127)),
        }
    }
}

/// What the driver listens to.
#[derive(Debug)]
enum Event {
    Vcpu(FromVcpu),
    End(End),
    /// The debugger wants the machine reset.
    Reset,
}

/// Ends a machine from outside; clones do the same.
#[derive(Debug, Clone)]
pub struct Control(Sender<Event>);

impl Control {
    /// Ends the machine at once, as pulling the plug would.
    pub fn quit(&self) {
        let _ = self.0.send(Event::End(End::Quit));
    }

    /// The process got this signal.
    pub(crate) fn signal(&self, signal: i32) {
        let _ = self.0.send(Event::End(End::Signal(signal)));
    }

    /// Resets the machine.
    pub(crate) fn reset(&self) {
        let _ = self.0.send(Event::Reset);
    }
}

/// A machine about to run.
pub struct Machine {
    control: Control,
    events: Receiver<Event>,
}

impl Default for Machine {
    fn default() -> Machine {
        Machine::new()
    }
}

impl Machine {
    /// A machine that does not run yet.
    pub fn new() -> Machine {
        let (sender, events) = channel();
        Machine { control: Control(sender), events }
    }

    /// The handle to end it.
    pub fn control(&self) -> Control {
        self.control.clone()
    }

    /// Runs what `spec` asks for until its end. Blocks. The disks are flushed when it returns.
    ///
    /// # Errors
    /// [`VmmError`].
    pub fn run(self, spec: &MachineSpec, outside: &Outside) -> Result<End, VmmError> {
        let _signals = signals::Watch::start(self.control.clone())?;
        let debugger = match &spec.gdb {
            Some(gdb) => Some(gdb::Server::start(gdb, self.control.clone())?),
            None => None,
        };
        let end = self.lives(spec, outside, debugger.as_ref());
        if let Some(debugger) = &debugger {
            debugger.ended(end.as_ref().map_or(1, |end| end.exit_code()));
        }
        let flushed = outside.flush();
        let end = end?;
        flushed?;
        Ok(end)
    }

    fn lives(
        &self,
        spec: &MachineSpec,
        outside: &Outside,
        debugger: Option<&gdb::Server>,
    ) -> Result<End, VmmError> {
        let mut number = 0;
        loop {
            let machine = board(spec).build(spec, outside)?;
            let sender = self.control.0.clone();
            let reports = debugger.map(gdb::Server::reports);
            let tell = move |report: FromVcpu| match (&reports, &report.report) {
                (Some(reports), Report::Debug(_)) => reports.send(report),
                _ => drop(sender.send(Event::Vcpu(report))),
            };
            let (life, threads) = Life::begin(number, machine, Box::new(tell))?;
            let wait = number == 0 && spec.gdb.is_some_and(|gdb| gdb.wait);
            match debugger {
                Some(debugger) => debugger.begin(life.clone(), wait),
                None => life.resume(),
            }
            let end = self.one_life(number, &life);
            self.finish(&life, threads, debugger);
            match end? {
                Some(end) => return Ok(end),
                None => number += 1,
            }
        }
    }

    fn finish(&self, life: &Arc<Life>, threads: Threads, debugger: Option<&gdb::Server>) {
        if let Some(debugger) = debugger {
            debugger.leave();
        }
        life.end(threads);
    }

    /// Until the machine is over, or (`None`) to be reset.
    fn one_life(&self, number: u64, life: &Life) -> Result<Option<End>, VmmError> {
        // The sender lives in `self.control`: the channel cannot close.
        while let Ok(event) = self.events.recv() {
            match event {
                Event::End(end) => return Ok(Some(end)),
                Event::Reset => return Ok(None),
                // An earlier life's last words.
                Event::Vcpu(from) if from.life != number => {}
                Event::Vcpu(FromVcpu { hart, report, .. }) => match report {
                    Report::Effect(Effect::Shutdown(code)) => return Ok(Some(End::Shutdown(code))),
                    Report::Effect(Effect::Reset) => return Ok(None),
                    Report::Fatal(why) => return Err(VmmError::Fatal { hart, why }),
                    Report::Effect(Effect::None) | Report::Debug(_) => life.resume(),
                },
            }
        }
        Ok(Some(End::Quit))
    }
}

#[cfg(test)]
mod driver_tests;
