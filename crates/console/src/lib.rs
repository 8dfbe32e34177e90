//! Character devices: what lies between a guest's serial port and the outside.
//!
//! ```text
//!   guest ── UART, SBI console, … ── Port ═══ Backend ── pump (two threads) ── standard input and output
//!                                      two bounded queues └─ Memory (tests)
//!                                                         └─ nothing (Port::null)
//! ```
//! Nothing is lost in either direction: a full input queue makes the reader wait until the guest reads, a full
//! output queue is shown to the guest as a transmitter that is busy. It must not know which device holds a port.
#![forbid(unsafe_code)]

mod escape;
mod memory;
mod port;
mod pump;

pub use memory::Memory;
pub use port::{Backend, INPUT_LIMIT, OUTPUT_LIMIT, Port, port};
pub use pump::{Event, Stdio, pump};
