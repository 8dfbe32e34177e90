//! Hart state management (chapter 9).

use super::{Answer, Error, Sbi, supervisor};
use lodge_cpu::{Flush, Link, Vcpu};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const START: u64 = 0;
pub(super) const STOP: u64 = 1;
const STATUS: u64 = 2;
const SUSPEND: u64 = 3;

const STARTED: u64 = 0;
const STOPPED: u64 = 1;
const START_PENDING: u64 = 2;

/// One state a hart. A hart's own thread alone leaves START_PENDING and enters STOPPED.
#[derive(Clone)]
pub(super) struct States(Arc<[AtomicU64]>);

impl States {
    pub(super) fn new(links: &[Arc<Link>]) -> States {
        let state = |link: &Arc<Link>| AtomicU64::new(if link.powered() { STARTED } else { STOPPED });
        States(links.iter().map(state).collect())
    }
}

impl Sbi {
    pub(super) fn hsm(&self, function: u64, args: [u64; 8]) -> Answer {
        match function {
            START => self.hart_start(args[0], args[1], args[2]),
            STATUS => {
                let hart = self.hart(args[0])?;
                Ok(self.states.0[hart].load(Ordering::SeqCst))
            }
            SUSPEND => match args[0] as u32 {
                // Retentive suspend keeps everything and may return at any time: at once is allowed, and the
                // caller's idle loop then waits in WFI.
                0 => Ok(0),
                0x8000_0000 => Err(Error::NotSupported),
                _ => Err(Error::InvalidParam),
            },
            _ => Err(Error::NotSupported),
        }
    }

    fn hart(&self, number: u64) -> Result<usize, Error> {
        usize::try_from(number).ok().filter(|&n| n < self.links.len()).ok_or(Error::InvalidParam)
    }

    fn hart_start(&self, number: u64, pc: u64, opaque: u64) -> Answer {
        let hart = self.hart(number)?;
        if self.memory.find(pc, 4).is_none() || pc & 1 != 0 {
            return Err(Error::InvalidAddress);
        }
        self.states.0[hart]
            .compare_exchange(STOPPED, START_PENDING, Ordering::SeqCst, Ordering::SeqCst)
            .map_err(|_| Error::AlreadyAvailable)?;
        let states = self.states.clone();
        // On the hart's own thread: it may still be on its way into the stop that made it STOPPED.
        self.links[hart].post(Box::new(move |vcpu| {
            let registers = supervisor(&vcpu.registers(), hart as u32, pc, opaque);
            if let Err(why) = vcpu.set_registers(&registers) {
                tracing::error!(hart, why, "cannot start the hart");
                states.0[hart].store(STOPPED, Ordering::SeqCst);
                return;
            }
            vcpu.flush(Flush::Translations { range: None, asid: None });
            vcpu.flush(Flush::Instructions);
            let link = Arc::clone(vcpu.link());
            link.take_pulses();
            states.0[hart].store(STARTED, Ordering::SeqCst);
            link.set_powered(true);
        }));
        Ok(0)
    }

    /// The calling hart stops; there is nothing to answer.
    pub(super) fn hart_stop(&self, vcpu: &mut dyn Vcpu) {
        let link = Arc::clone(vcpu.link());
        link.set_powered(false);
        self.states.0[link.id() as usize].store(STOPPED, Ordering::SeqCst);
    }
}
