//! A machine between this terminal and its end.

use anyhow::Context;
use lodge_board::Outside;
use lodge_console::{Event, Stdio};
use lodge_spec::MachineSpec;
use lodge_vmm::{End, Machine};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

/// Who standard input is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Talk {
    /// The guest.
    Guest,
    /// Nobody yet: this guest works by itself, another comes after it.
    Nobody,
}

/// Runs `spec` with standard input and output as its console. The terminal is given back whatever happens.
pub(crate) fn run(spec: &MachineSpec, talk: Talk) -> anyhow::Result<End> {
    let machine = Machine::new();
    let control = machine.control();
    let failed = Arc::new(Mutex::new(None));
    let failure = failed.clone();
    let tell = move |event| match event {
        Event::Quit => control.quit(),
        // Nobody sees the guest any more: go, as every program does whose reader has gone.
        Event::OutputClosed(error) => {
            if error.kind() != ErrorKind::BrokenPipe {
                *failure.lock().unwrap_or_else(|e| e.into_inner()) = Some(error);
            }
            control.quit();
        }
        Event::InputEnded => {}
    };
    let stdio = match talk {
        Talk::Guest => Stdio::open(tell),
        Talk::Nobody => Stdio::watch(tell),
    }
    .context("cannot use the terminal")?;
    let done = Outside::open(spec, stdio.port(), &std::env::temp_dir())
        .map_err(anyhow::Error::from)
        .and_then(|outside| Ok(machine.run(spec, &outside)?));
    stdio.close();
    match failed.lock().unwrap_or_else(|e| e.into_inner()).take() {
        Some(error) => Err(anyhow::Error::new(error).context("cannot write the guest's output")),
        None => done,
    }
}
