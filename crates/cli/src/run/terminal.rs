//! A machine between this terminal and its end.

use anyhow::Context;
use lodge_board::Outside;
use lodge_console::{Event, Stdio};
use lodge_spec::MachineSpec;
use lodge_vmm::{End, Machine};

/// Runs `spec` with standard input and output as its console. The terminal is given back whatever happens.
pub(crate) fn run(spec: &MachineSpec) -> anyhow::Result<End> {
    let machine = Machine::new();
    let control = machine.control();
    let tell = move |event| match event {
        Event::Quit => control.quit(),
        // Nobody sees the guest any more: go, as every program does whose reader has gone.
        Event::OutputClosed(_) => control.quit(),
        Event::InputEnded => {}
    };
    let stdio = Stdio::open(tell).context("cannot use the terminal")?;
    let done = Outside::open(spec, stdio.port(), &std::env::temp_dir())
        .map_err(anyhow::Error::from)
        .and_then(|outside| Ok(machine.run(spec, &outside)?));
    stdio.close();
    done
}
