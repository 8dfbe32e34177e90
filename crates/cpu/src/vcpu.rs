//! The promise itself.

use crate::Link;
use lodge_arch::Registers;
use lodge_bus::{Effect, Space};
use std::sync::Arc;

/// Why a vCPU came back: something above it must decide.
#[derive(Debug, Clone, PartialEq)]
pub enum Stop {
    /// Somebody asked for attention: see the [`Link`].
    Kicked,
    /// The guest waits for an interrupt (and none is pending).
    Idle,
    /// The guest called the firmware that lodge itself provides; arguments as the ISA's convention has them
    /// (RISC-V: a0..a7). Answer with [`Vcpu::answer`].
    Call([u64; 8]),
    /// A device asked something of the machine.
    Effect(Effect),
    /// A breakpoint was reached or a step is done.
    Debug(Debug),
    /// The accelerator cannot go on; a line for people.
    Fatal(String),
}

/// What a debugger is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Debug {
    /// The program counter stands on a breakpoint; nothing of that instruction has run.
    Breakpoint,
    /// One instruction has run.
    Stepped,
}

/// What a vCPU must forget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flush {
    /// Address translations: of one range (`None`: all addresses), of one address space (`None`: all).
    Translations {
        /// First byte and length.
        range: Option<(u64, u64)>,
        /// Address space number.
        asid: Option<u16>,
    },
    /// Instructions fetched earlier.
    Instructions,
}

/// One vCPU. Lives on one thread at a time; everything other threads may do to it goes through its [`Link`].
pub trait Vcpu: Send {
    /// The vCPU's link.
    fn link(&self) -> &Arc<Link>;

    /// Runs the guest until something above must decide. Returns soon after [`Link::kick`].
    fn run(&mut self, space: &Space) -> Stop;

    /// Runs one guest instruction (or delivers one interrupt or exception).
    fn step(&mut self, space: &Space) -> Stop;

    /// Runs until `instructions` have been executed since the vCPU was made, and comes back with [`Stop::Kicked`] then, if
    /// nothing else stops it before. Interrupts are only looked at when this is called, and by instructions that do. The
    /// reference engine stops exactly there; one that compiles counts only if it was made to, and stops at the next place
    /// where it can.
    fn advance(&mut self, space: &Space, instructions: u64) -> Stop;

    /// Instructions executed so far, for [`Vcpu::advance`]; the faults of fetches count too.
    fn executed(&self) -> u64;

    /// Gives the results of a [`Stop::Call`] (RISC-V: a0, a1).
    fn answer(&mut self, results: [u64; 2]);

    /// Everything a program can see.
    fn registers(&self) -> Registers;

    /// Becomes what `registers` says.
    ///
    /// # Errors
    /// A line that says which register cannot hold its value, or that they are of another ISA; nothing has
    /// changed then.
    fn set_registers(&mut self, registers: &Registers) -> Result<(), String>;

    /// Guest virtual to physical, as the guest itself would read it now; no side effects.
    fn translate(&mut self, space: &Space, address: u64) -> Option<u64>;

    /// Forgets.
    fn flush(&mut self, what: Flush);

    /// Stops before any instruction at one of these addresses, instead of the ones set before.
    fn set_breakpoints(&mut self, addresses: &[u64]);
}
