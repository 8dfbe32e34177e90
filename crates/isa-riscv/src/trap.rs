//! Traps: into a handler, and back out of it.
//!
//! ```text
//!   exception ─┬─► S handler   delegated, or no firmware below
//!   interrupt ─┼─► M handler
//!              └─► Stop::Call  a call from S-mode when lodge itself is the firmware
//! ```
//! It must not know why an interrupt is pending.

use crate::csr::status::{MIE, MPIE, MPP, MPRV, SIE, SPIE, SPP, TSR};
use crate::hart::Hart;
use crate::slots;
use lodge_cpu::Stop;
use lodge_jit::{Access, Exception, Frame};

/// Privilege modes, as the manual encodes them.
pub const USER: u8 = 0;
/// See [`USER`].
pub const SUPERVISOR: u8 = 1;
/// See [`USER`].
pub const MACHINE: u8 = 3;

/// The bit of `mcause` and `scause` that says interrupt.
pub const INTERRUPT: u64 = 1 << 63;
const ILLEGAL: u64 = 2;
const CALL_FROM_SUPERVISOR: u64 = 9;
/// Access fault, illegal instruction and page fault of an instruction that is fetched.
const UNEXECUTABLE: [u64; 3] = [1, ILLEGAL, 12];

/// The exception of an illegal instruction of these bits.
pub(crate) const fn illegal(bits: u64) -> Exception {
    Exception { cause: ILLEGAL, value: bits }
}

/// Cause of a page fault.
pub(crate) const fn page_fault(access: Access) -> u64 {
    match access {
        Access::Execute => 12,
        Access::Read => 13,
        Access::Write => 15,
    }
}

/// Cause of an access fault.
pub(crate) const fn access_fault(access: Access) -> u64 {
    match access {
        Access::Execute => 1,
        Access::Read => 5,
        Access::Write => 7,
    }
}

/// Moves the bit `from` of `value` to the bit `to`, other bits zero.
const fn bit(value: u64, from: u64, to: u64) -> u64 {
    if value & from != 0 { to } else { 0 }
}

impl Hart {
    /// Enters the handler of `cause` (with [`INTERRUPT`]) of privilege `target`.
    pub(crate) fn enter(&mut self, frame: &mut Frame, target: u8, cause: u64, value: u64) {
        let c = &mut self.csrs;
        let m = c.mstatus;
        let vector = if target == SUPERVISOR {
            frame.slots[usize::from(slots::SEPC)] = frame.pc & !1;
            frame.slots[usize::from(slots::SCAUSE)] = cause;
            frame.slots[usize::from(slots::STVAL)] = value;
            let from = if self.privilege == USER { 0 } else { SPP };
            c.mstatus = m & !(SPP | SPIE | SIE) | bit(m, SIE, SPIE) | from;
            c.stvec
        } else {
            (c.mepc, c.mcause, c.mtval) = (frame.pc & !1, cause, value);
            c.mstatus = m & !(MPP | MPIE | MIE) | bit(m, MIE, MPIE) | u64::from(self.privilege) << 11;
            c.mtvec
        };
        self.privilege = target;
        frame.set_assumed(0);
        self.note_vectors(frame);
        let offset = if vector & 1 != 0 && cause & INTERRUPT != 0 { (cause & !INTERRUPT) * 4 } else { 0 };
        frame.pc = (vector & !3).wrapping_add(offset);
        frame.drop_reservation();
        self.update_mode();
    }

    /// See [`lodge_jit::Isa::raise`].
    pub(crate) fn take_exception(&mut self, frame: &mut Frame, exception: Exception) -> Option<Stop> {
        let Exception { cause, value } = exception;
        let below = self.privilege != MACHINE;
        let delegated = below && cause < 64 && self.csrs.medeleg >> cause & 1 != 0;
        if below && !delegated && !self.options.firmware && cause == CALL_FROM_SUPERVISOR {
            frame.pc = frame.pc.wrapping_add(4);
            frame.drop_reservation();
            return Some(Stop::Call(std::array::from_fn(|i| frame.slots[10 + i])));
        }
        let target = if delegated || below && !self.options.firmware { SUPERVISOR } else { MACHINE };
        let (from, again) = (frame.pc, self.privilege == target);
        let first = if target == SUPERVISOR { frame.slots[usize::from(slots::SEPC)] } else { self.csrs.mepc };
        self.enter(frame, target, cause, value);
        // The first instruction of the handler cannot be executed. Its handler is itself, so this goes on for ever,
        // unless there is firmware below that could be called by an interrupt.
        let nobody_below = target == MACHINE || !self.options.firmware;
        if again && nobody_below && frame.pc == from && UNEXECUTABLE.contains(&cause) {
            return Some(Stop::Fatal(format!(
                "it trapped at {first:#x} and its trap handler at {from:#x} cannot be executed (cause {cause}); check \
                 that kernel and firmware are for this machine"
            )));
        }
        None
    }

    /// `mret`; `false`: illegal here.
    pub(crate) fn mret(&mut self, frame: &mut Frame) -> bool {
        if self.privilege != MACHINE {
            return false;
        }
        let m = self.csrs.mstatus;
        self.privilege = (m >> 11 & 3) as u8;
        let keep = if self.privilege == MACHINE { m & MPRV } else { 0 };
        self.csrs.mstatus = m & !(MPP | MPRV | MIE) | keep | bit(m, MPIE, MIE) | MPIE;
        frame.pc = self.csrs.mepc;
        frame.set_assumed(0);
        self.update_mode();
        true
    }

    /// `sret`; `false`: illegal here.
    pub(crate) fn sret(&mut self, frame: &mut Frame) -> bool {
        let m = self.csrs.mstatus;
        if self.privilege == USER || self.privilege == SUPERVISOR && m & TSR != 0 {
            return false;
        }
        self.privilege = if m & SPP != 0 { SUPERVISOR } else { USER };
        self.csrs.mstatus = m & !(SPP | MPRV | SIE) | bit(m, SPIE, SIE) | SPIE;
        frame.pc = frame.slots[usize::from(slots::SEPC)] & !1;
        frame.set_assumed(0);
        self.update_mode();
        true
    }
}
