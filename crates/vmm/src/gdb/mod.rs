//! The debugger's door: the GDB remote protocol over TCP.
//!
//! ```text
//!   gdb ── TCP ── session (one at a time) ──► target ──► Life: pause, resume, requests on the vCPUs' own threads
//!                     ▲                                   │
//!                     └───────── notes ◄──────────────────┘ breakpoints, steps, the end
//! ```
//! While a debugger is attached but the guest runs, nothing is slower than without one. It must not know the driver
//! beyond [`Control`], nor how code is run.

mod riscv;
mod session;
mod target;

use crate::life::{FromVcpu, Life, Report};
use crate::{Control, VmmError};
use lodge_cpu::Debug;
use lodge_spec::Gdb;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long the end of the process waits for a debugger to hear of it.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// What a session is told.
pub(crate) enum Note {
    /// A vCPU stands at a breakpoint, or has made its step.
    Stopped { life: u64, hart: u32, debug: Debug },
    /// The machine is over, with this exit code.
    Ended(u8),
}

/// Where reports for the debugger go.
pub(crate) struct Reports(Sender<Note>);

impl Reports {
    pub(crate) fn send(&self, from: FromVcpu) {
        if let FromVcpu { life, hart, report: Report::Debug(debug) } = from {
            let _ = self.0.send(Note::Stopped { life, hart, debug });
        }
    }
}

/// What sessions and driver share.
#[derive(Default)]
struct State {
    life: Option<Arc<Life>>,
    breakpoints: BTreeSet<u64>,
    attached: bool,
}

#[derive(Default)]
struct Shared(Mutex<State>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The life there is now; between two it waits a moment for the next.
    fn life(&self) -> Option<Arc<Life>> {
        let end = Instant::now() + Duration::from_secs(2);
        loop {
            if let Some(life) = &self.lock().life {
                return Some(life.clone());
            }
            if Instant::now() >= end {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Gives every vCPU the breakpoints as they are now.
    fn install(&self) {
        let (life, addresses) = {
            let state = self.lock();
            (state.life.clone(), state.breakpoints.iter().copied().collect::<Vec<_>>())
        };
        let Some(life) = life else { return };
        for hart in 0..life.links.len() {
            let addresses = addresses.clone();
            life.ask(hart, move |vcpu| vcpu.set_breakpoints(&addresses));
        }
    }
}

/// Listens for a debugger as long as the process lives.
pub(crate) struct Server {
    shared: Arc<Shared>,
    notes: Sender<Note>,
}

impl Server {
    /// Opens the door.
    pub(crate) fn start(gdb: &Gdb, control: Control) -> Result<Server, VmmError> {
        let listener = TcpListener::bind(gdb.address)
            .map_err(|source| VmmError::Listen { address: gdb.address, source })?;
        let (notes, receive) = channel();
        let shared = Arc::<Shared>::default();
        let mut sessions = session::Sessions::new(shared.clone(), receive, control);
        std::thread::Builder::new()
            .name("lodge-gdb".into())
            .spawn(move || sessions.serve(&listener))
            .map_err(|source| VmmError::Thread { what: "the debugger's door".into(), source })?;
        Ok(Server { shared, notes })
    }

    /// Where vCPUs report what concerns the debugger.
    pub(crate) fn reports(&self) -> Reports {
        Reports(self.notes.clone())
    }

    /// A life begins; with `wait` it stands until a debugger lets it go.
    pub(crate) fn begin(&self, life: Arc<Life>, wait: bool) {
        self.shared.lock().life = Some(life.clone());
        self.shared.install();
        if !wait {
            life.resume();
        }
    }

    /// The life is about to end.
    pub(crate) fn leave(&self) {
        self.shared.lock().life = None;
    }

    /// The machine is over: a debugger that is attached hears of it.
    pub(crate) fn ended(&self, code: u8) {
        let _ = self.notes.send(Note::Ended(code));
        let end = Instant::now() + LAST_WORDS;
        while self.shared.lock().attached && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
