//! One debugger after the other.

use super::target::{Debugged, Gone, thread};
use super::{Note, Shared};
use crate::Control;
use gdbstub::common::Signal;
use gdbstub::conn::ConnectionExt;
use gdbstub::stub::state_machine::GdbStubStateMachine;
use gdbstub::stub::{DisconnectReason, GdbStub, MultiThreadStopReason};
use lodge_cpu::Debug;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// How often a session that waits for the guest looks whether GDB says something.
const LOOK: Duration = Duration::from_millis(5);

type Stop = MultiThreadStopReason<u64>;

/// What may end a session other than GDB.
enum Broken {
    /// The machine is gone.
    Gone,
    /// The connection is, for this reason.
    Connection(String),
}

fn broken(why: impl std::fmt::Display) -> Broken {
    Broken::Connection(why.to_string())
}

impl From<Gone> for Broken {
    fn from(_: Gone) -> Broken {
        Broken::Gone
    }
}

/// Serves debuggers.
pub(super) struct Sessions {
    shared: Arc<Shared>,
    notes: Receiver<Note>,
    control: Control,
    /// The machine's exit code, come while other notes were looked through.
    ended: Option<u8>,
}

impl Sessions {
    pub(super) fn new(shared: Arc<Shared>, notes: Receiver<Note>, control: Control) -> Sessions {
        Sessions { shared, notes, control, ended: None }
    }

    /// Serves one debugger after the other, for as long as the process lives.
    pub(super) fn serve(&mut self, listener: &TcpListener) {
        for connection in listener.incoming() {
            // Out of descriptors, say: that may pass, but not by asking again at once.
            let Ok(connection) = connection else {
                std::thread::sleep(std::time::Duration::from_millis(100));
                continue;
            };
            self.shared.lock().attached = true;
            match self.session(connection) {
                Ok(()) => {}
                Err(Broken::Gone) => tracing::warn!("the machine ended under its debugger"),
                Err(Broken::Connection(why)) => tracing::warn!(why, "the debugger's connection broke"),
            }
            self.shared.lock().breakpoints.clear();
            self.shared.install();
            if let Some(life) = self.shared.lock().life.clone() {
                life.resume();
            }
            self.shared.lock().attached = false;
        }
    }

    fn session(&mut self, connection: TcpStream) -> Result<(), Broken> {
        let (shared, control) = (self.shared.clone(), self.control.clone());
        let mut target = Debugged { shared, control, step: None, named: Vec::new(), locked: false };
        target.life()?.pause();
        self.forget_notes();
        let stub = GdbStub::new(connection);
        let mut state = stub.run_state_machine(&mut target).map_err(broken)?;
        loop {
            state = match state {
                GdbStubStateMachine::Idle(mut idle) => {
                    let byte = idle.borrow_conn().read().map_err(broken)?;
                    idle.incoming_data(&mut target, byte).map_err(broken)?
                }
                GdbStubStateMachine::Running(mut running) => {
                    match self.wait(&mut target, running.borrow_conn())? {
                        Waited::Byte(byte) => running.incoming_data(&mut target, byte),
                        Waited::Stop(stop) => running.report_stop(&mut target, stop),
                    }
                    .map_err(broken)?
                }
                GdbStubStateMachine::CtrlCInterrupt(interrupt) => {
                    target.life()?.pause();
                    self.forget_notes();
                    let stop = Stop::Signal(Signal::SIGINT);
                    interrupt.interrupt_handled(&mut target, Some(stop)).map_err(broken)?
                }
                GdbStubStateMachine::Disconnected(end) => {
                    if matches!(end.get_reason(), DisconnectReason::Kill) {
                        self.control.quit();
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Waits until the guest stops or GDB says something.
    fn wait(&mut self, target: &mut Debugged, connection: &mut TcpStream) -> Result<Waited, Broken> {
        if let Some(hart) = target.step.take() {
            let life = target.life()?;
            life.step(hart);
        }
        loop {
            if let Some(code) = self.ended.take() {
                return Ok(Waited::Stop(Stop::Exited(code)));
            }
            match self.notes.recv_timeout(LOOK) {
                Ok(Note::Ended(code)) => return Ok(Waited::Stop(Stop::Exited(code))),
                Ok(Note::Stopped { life, hart, debug }) => {
                    let current = target.life()?;
                    if current.number() != life {
                        continue;
                    }
                    current.pause();
                    self.forget_notes();
                    return Ok(Waited::Stop(match debug {
                        Debug::Breakpoint => Stop::SwBreak(thread(hart)),
                        Debug::Stepped => {
                            Stop::SignalWithThread { tid: thread(hart), signal: Signal::SIGTRAP }
                        }
                    }));
                }
                Err(RecvTimeoutError::Disconnected) => return Err(Broken::Gone),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if connection.peek().map_err(broken)?.is_some() {
                return Ok(Waited::Byte(connection.read().map_err(broken)?));
            }
        }
    }

    /// Drops notes of vCPUs that stopped too: each stands where it is, and says so again when it is let go.
    fn forget_notes(&mut self) {
        while let Ok(note) = self.notes.try_recv() {
            if let Note::Ended(code) = note {
                self.ended = Some(code);
            }
        }
    }
}

enum Waited {
    Byte(u8),
    Stop(Stop),
}
