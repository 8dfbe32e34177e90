//! lodge's own firmware: the RISC-V Supervisor Binary Interface, version 2.0, for kernels that are started without
//! firmware in M-mode.
//!
//! ```text
//!   guest ecall in S-mode ──► Stop::Call([a0..a7]) ──► Sbi::call ──► answer (a0 error, a1 value) · Effect
//!                                                        ├─ other harts' links: IPI, fences, start
//!                                                        └─ console port, guest RAM (debug console)
//! ```
//! Chapter numbers in this folder are those of the SBI specification 2.0. It must not know how harts are run.

mod hsm;
mod rfence;

use hsm::States;
use lodge_arch::{Registers, riscv};
use lodge_bus::Effect;
use lodge_console::Port;
use lodge_cpu::{Link, Vcpu};
use lodge_memory::GuestMemory;
use std::sync::Arc;
use std::time::Duration;

use super::start;

/// Error codes (chapter 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Error {
    NotSupported = -2,
    InvalidParam = -3,
    InvalidAddress = -5,
    AlreadyAvailable = -6,
}

type Answer = Result<u64, Error>;

const LEGACY_LAST: u64 = 0x0f;
const BASE: u64 = 0x10;
const TIME: u64 = 0x5449_4d45;
const IPI: u64 = 0x0073_5049;
const RFENCE: u64 = 0x5246_4e43;
const HSM: u64 = 0x0048_534d;
const SRST: u64 = 0x5352_5354;
const DBCN: u64 = 0x4442_434e;

/// The S-mode software interrupt's bit in `sip`.
const SSIP: u64 = 1 << 1;
/// Most bytes that one debug console call moves: the caller asks again for the rest.
const CONSOLE_CHUNK: u64 = 4096;
/// How long the one-byte calls wait for a console that takes no more, before they drop the byte.
const CONSOLE_PATIENCE: Duration = Duration::from_millis(200);

/// The firmware of one machine.
pub struct Sbi {
    links: Vec<Arc<Link>>,
    states: States,
    console: Port,
    memory: Arc<GuestMemory>,
}

impl Sbi {
    /// Firmware for the harts behind `links` (in order of their numbers), of which the powered ones have started.
    pub fn new(links: Vec<Arc<Link>>, console: Port, memory: Arc<GuestMemory>) -> Sbi {
        let states = States::new(&links);
        Sbi { links, states, console, memory }
    }

    /// Answers one call of `vcpu`.
    pub fn call(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> Effect {
        let (extension, function) = (args[7], args[6]);
        if extension <= LEGACY_LAST {
            return self.legacy(vcpu, extension, args);
        }
        let answer = match extension {
            BASE => base(function, args[0]),
            TIME if function == 0 => set_timer(vcpu, args[0]),
            IPI if function == 0 => self.send_ipi(args[0], args[1]),
            RFENCE => self.rfence(vcpu, function, args),
            HSM if function == hsm::STOP => {
                self.hart_stop(vcpu);
                return Effect::None;
            }
            HSM => self.hsm(function, args),
            SRST if function == 0 => match reset(args[0], args[1]) {
                Ok(effect) => return effect,
                Err(error) => Err(error),
            },
            DBCN => self.debug_console(function, args),
            _ => Err(Error::NotSupported),
        };
        vcpu.answer(match answer {
            Ok(value) => [0, value],
            Err(error) => [error as i64 as u64, 0],
        });
        Effect::None
    }

    /// Chapter 5, the calls of SBI 0.1: they return one value and leave a1 alone.
    fn legacy(&self, vcpu: &mut dyn Vcpu, number: u64, args: [u64; 8]) -> Effect {
        let result = match number {
            0 => {
                let _ = set_timer(vcpu, args[0]);
                0
            }
            1 => {
                self.console.send_waiting(&[args[0] as u8], CONSOLE_PATIENCE);
                0
            }
            2 => {
                let mut byte = [0];
                if self.console.receive(&mut byte) == 1 { u64::from(byte[0]) } else { u64::MAX }
            }
            8 => return Effect::Shutdown(0),
            _ => Error::NotSupported as i64 as u64,
        };
        vcpu.answer([result, args[1]]);
        Effect::None
    }

    /// Harts named by a mask that starts at hart `base` (chapter 3: base -1 means all harts).
    fn harts(&self, mask: u64, base: u64) -> Result<Vec<usize>, Error> {
        if base == u64::MAX {
            return Ok((0..self.links.len()).collect());
        }
        (0..64u64)
            .filter(|bit| mask >> bit & 1 != 0)
            .map(|bit| {
                let hart = base.checked_add(bit).and_then(|hart| usize::try_from(hart).ok());
                hart.filter(|&hart| hart < self.links.len()).ok_or(Error::InvalidParam)
            })
            .collect()
    }

    /// Chapter 7.
    fn send_ipi(&self, mask: u64, base: u64) -> Answer {
        for hart in self.harts(mask, base)? {
            self.links[hart].pulse(SSIP);
        }
        Ok(0)
    }

    /// Chapter 12.
    fn debug_console(&self, function: u64, args: [u64; 8]) -> Answer {
        let (len, address) = (args[0].min(CONSOLE_CHUNK), args[1]);
        let mut bytes = vec![0; len as usize];
        match function {
            0 | 1 if args[2] != 0 => Err(Error::InvalidParam),
            0 => {
                self.memory.read(address, &mut bytes).map_err(|_| Error::InvalidParam)?;
                Ok(self.console.send(&bytes) as u64)
            }
            1 => {
                if self.memory.find(address, len).is_none() {
                    return Err(Error::InvalidParam);
                }
                let count = self.console.receive(&mut bytes);
                self.memory.write(address, &bytes[..count]).map_err(|_| Error::InvalidParam)?;
                Ok(count as u64)
            }
            2 => {
                self.console.send_waiting(&[args[0] as u8], CONSOLE_PATIENCE);
                Ok(0)
            }
            _ => Err(Error::NotSupported),
        }
    }
}

/// Chapter 4.
fn base(function: u64, argument: u64) -> Answer {
    match function {
        0 => Ok(2 << 24),
        // No implementation number is assigned to lodge; its letters stand in.
        1 => Ok(u64::from(u32::from_be_bytes(*b"\0ldg"))),
        2 => Ok(1),
        3 => {
            let known = matches!(argument, 0..=2 | 8 | BASE | TIME | IPI | RFENCE | HSM | SRST | DBCN);
            Ok(u64::from(known))
        }
        // mvendorid, marchid, mimpid: 0, not implemented (privileged manual, "Machine-Level CSRs").
        4..=6 => Ok(0),
        _ => Err(Error::NotSupported),
    }
}

/// Chapter 6. The harts have Sstc, so that kernels set the timer themselves; this is for those that do not know.
fn set_timer(vcpu: &mut dyn Vcpu, deadline: u64) -> Answer {
    let Registers::Riscv(mut registers) = vcpu.registers();
    start::set_csr(&mut registers, riscv_csr::STIMECMP, deadline);
    vcpu.set_registers(&Registers::Riscv(registers)).map_err(|_| Error::NotSupported)?;
    Ok(0)
}

/// Chapter 10: type 0 off, 1 cold, 2 warm; reason 1 a failure of the system.
fn reset(kind: u64, reason: u64) -> Result<Effect, Error> {
    match (kind as u32, reason as u32) {
        (0, 0) => Ok(Effect::Shutdown(0)),
        (0, 1) => Ok(Effect::Shutdown(1)),
        (1 | 2, 0 | 1) => Ok(Effect::Reset),
        _ => Err(Error::InvalidParam),
    }
}

use super::start::csr as riscv_csr;

/// The registers of a hart about to run S-mode software at `pc` with `opaque` in a1.
pub(crate) fn supervisor(from: &Registers, hart: u32, pc: u64, opaque: u64) -> Registers {
    let Registers::Riscv(from) = from;
    let mut registers: riscv::Registers = (**from).clone();
    start::supervisor(&mut registers, hart, pc, opaque);
    Registers::Riscv(Box::new(registers))
}

#[cfg(test)]
mod sbi_tests;
