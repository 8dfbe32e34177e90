//! What GDB may do to the machine, in terms of a [`Life`].

use super::Shared;
use super::riscv::{Core, Register, Riscv64, V_BYTES};
use crate::Control;
use crate::life::Life;
use gdbstub::common::{Signal, Tid};
use gdbstub::outputln;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread as mt;
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::breakpoints as bp;
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{Target, TargetError, TargetResult};
use lodge_arch::{Registers, riscv};
use std::sync::Arc;

const PAGE: u64 = 4096;

/// The machine is gone, or resetting: the session cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("the machine is gone")]
pub(super) struct Gone;

/// The machine as one debugger sees it.
pub(super) struct Debugged {
    pub(super) shared: Arc<Shared>,
    pub(super) control: Control,
    /// The hart to step when GDB resumes, if that is what it wants.
    pub(super) step: Option<usize>,
    /// The harts that GDB named to go on.
    pub(super) named: Vec<usize>,
    /// Whether only those may.
    pub(super) locked: bool,
}

fn hart(tid: Tid) -> usize {
    tid.get() - 1
}

/// The thread that GDB knows hart `hart` as.
pub(super) fn thread(hart: u32) -> Tid {
    Tid::MIN.saturating_add(hart as usize)
}

impl Debugged {
    pub(super) fn life(&self) -> Result<Arc<Life>, Gone> {
        self.shared.life().ok_or(Gone)
    }

    fn registers(&self, tid: Tid) -> TargetResult<Box<riscv::Registers>, Debugged> {
        let life = self.life().map_err(TargetError::Fatal)?;
        let Registers::Riscv(registers) =
            life.ask(hart(tid), |vcpu| vcpu.registers()).ok_or(TargetError::NonFatal)?;
        Ok(registers)
    }

    fn set_registers(&self, tid: Tid, registers: Box<riscv::Registers>) -> TargetResult<(), Debugged> {
        let life = self.life().map_err(TargetError::Fatal)?;
        let registers = Registers::Riscv(registers);
        let done = life.ask(hart(tid), move |vcpu| vcpu.set_registers(&registers));
        done.and_then(Result::ok).ok_or(TargetError::NonFatal)
    }

    /// Guest virtual to physical as hart `hart` sees it, with the bytes left in the page.
    fn translate(&self, life: &Life, tid: Tid, address: u64) -> Option<(u64, usize)> {
        let space = life.space.clone();
        let physical = life.ask(hart(tid), move |vcpu| vcpu.translate(&space, address))??;
        Some((physical, (PAGE - address % PAGE) as usize))
    }
}

impl Target for Debugged {
    type Arch = Riscv64;
    type Error = Gone;

    fn base_ops(&mut self) -> BaseOps<'_, Riscv64, Gone> {
        BaseOps::MultiThread(self)
    }

    fn support_breakpoints(&mut self) -> Option<bp::BreakpointsOps<'_, Self>> {
        Some(self)
    }

    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }
}

impl mt::MultiThreadBase for Debugged {
    fn read_registers(&mut self, regs: &mut Core, tid: Tid) -> TargetResult<(), Self> {
        let registers = self.registers(tid)?;
        *regs = Core { x: registers.x, pc: registers.pc, f: registers.f };
        Ok(())
    }

    fn write_registers(&mut self, regs: &Core, tid: Tid) -> TargetResult<(), Self> {
        let mut registers = self.registers(tid)?;
        (registers.x, registers.pc, registers.f) = (regs.x, regs.pc, regs.f);
        registers.x[0] = 0;
        self.set_registers(tid, registers)
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, Tid, Self>> {
        Some(self)
    }

    /// Reads RAM and flash; registers of devices are left alone, since reading them changes them.
    fn read_addrs(&mut self, start: u64, data: &mut [u8], tid: Tid) -> TargetResult<usize, Self> {
        let life = self.life().map_err(TargetError::Fatal)?;
        let mut done = 0;
        while done < data.len() {
            let address = start.wrapping_add(done as u64);
            let Some((physical, left)) = self.translate(&life, tid, address) else { break };
            let len = left.min(data.len() - done);
            if life.space.fetch(physical, &mut data[done..done + len]).is_err() {
                break;
            }
            done += len;
        }
        if done == 0 && !data.is_empty() { Err(TargetError::NonFatal) } else { Ok(done) }
    }

    fn write_addrs(&mut self, start: u64, data: &[u8], tid: Tid) -> TargetResult<(), Self> {
        let life = self.life().map_err(TargetError::Fatal)?;
        let mut done = 0;
        while done < data.len() {
            let address = start.wrapping_add(done as u64);
            let (physical, left) = self.translate(&life, tid, address).ok_or(TargetError::NonFatal)?;
            let len = left.min(data.len() - done);
            let written = life.space.memory().write(physical, &data[done..done + len]);
            written.map_err(|_| TargetError::NonFatal)?;
            done += len;
        }
        Ok(())
    }

    fn list_active_threads(&mut self, active: &mut dyn FnMut(Tid)) -> Result<(), Gone> {
        (0..self.life()?.links.len() as u32).for_each(|hart| active(thread(hart)));
        Ok(())
    }

    fn support_resume(&mut self) -> Option<mt::MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

impl SingleRegisterAccess<Tid> for Debugged {
    fn read_register(&mut self, tid: Tid, id: Register, buf: &mut [u8]) -> TargetResult<usize, Self> {
        let registers = self.registers(tid)?;
        let value = match id {
            Register::V(n) => {
                let bytes: Vec<u8> = registers.v[n].iter().flat_map(|word| word.to_le_bytes()).collect();
                buf.get_mut(..V_BYTES).ok_or(TargetError::NonFatal)?.copy_from_slice(&bytes[..V_BYTES]);
                return Ok(V_BYTES);
            }
            Register::X(n) => registers.x[n],
            Register::Pc => registers.pc,
            Register::F(n) => registers.f[n],
            Register::Privilege => u64::from(registers.mode),
            Register::Csr(number) => {
                let csr = registers.csrs.iter().find(|(n, _)| *n == number);
                csr.map(|(_, value)| *value).ok_or(TargetError::NonFatal)?
            }
        };
        buf.get_mut(..8).ok_or(TargetError::NonFatal)?.copy_from_slice(&value.to_le_bytes());
        Ok(8)
    }

    fn write_register(&mut self, tid: Tid, id: Register, bytes: &[u8]) -> TargetResult<(), Self> {
        let value = bytes.first_chunk().map(|b| u64::from_le_bytes(*b)).ok_or(TargetError::NonFatal)?;
        let mut registers = self.registers(tid)?;
        match id {
            Register::V(n) => {
                let words = bytes.chunks_exact(8).map(|c| c.try_into().map_or(0, u64::from_le_bytes));
                registers.v[n].iter_mut().zip(words).for_each(|(word, value)| *word = value);
            }
            Register::X(0) => return Ok(()),
            Register::X(n) => registers.x[n] = value,
            Register::Pc => registers.pc = value,
            Register::F(n) => registers.f[n] = value,
            Register::Privilege => registers.mode = u8::try_from(value).map_err(|_| TargetError::NonFatal)?,
            Register::Csr(number) => {
                let csr = registers.csrs.iter_mut().find(|(n, _)| *n == number);
                csr.ok_or(TargetError::NonFatal)?.1 = value;
            }
        }
        self.set_registers(tid, registers)
    }
}

impl mt::MultiThreadResume for Debugged {
    /// Lets the machine run. A step is made by the session, which then hears its own note.
    fn resume(&mut self) -> Result<(), Gone> {
        let life = self.life()?;
        match (self.step, self.locked) {
            (Some(_), _) => {}
            (None, true) => life.resume_only(&self.named),
            (None, false) => life.resume(),
        }
        Ok(())
    }

    fn clear_resume_actions(&mut self) -> Result<(), Gone> {
        (self.step, self.locked) = (None, false);
        self.named.clear();
        Ok(())
    }

    fn set_resume_action_continue(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), Gone> {
        self.named.push(hart(tid));
        Ok(())
    }

    fn support_scheduler_locking(&mut self) -> Option<mt::MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }

    fn support_single_step(&mut self) -> Option<mt::MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }
}

impl mt::MultiThreadSingleStep for Debugged {
    fn set_resume_action_step(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), Gone> {
        self.step = Some(hart(tid));
        Ok(())
    }
}

impl mt::MultiThreadSchedulerLocking for Debugged {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Gone> {
        self.locked = true;
        Ok(())
    }
}

impl ThreadExtraInfo for Debugged {
    fn thread_extra_info(&self, tid: Tid, buf: &mut [u8]) -> Result<usize, Gone> {
        let life = self.life()?;
        let state = match life.links.get(hart(tid)) {
            Some(link) if link.powered() => "started",
            _ => "stopped",
        };
        let text = format!("hart {}, {state}", hart(tid));
        let len = text.len().min(buf.len());
        buf[..len].copy_from_slice(&text.as_bytes()[..len]);
        Ok(len)
    }
}

impl bp::Breakpoints for Debugged {
    fn support_sw_breakpoint(&mut self) -> Option<bp::SwBreakpointOps<'_, Self>> {
        Some(self)
    }

    fn support_hw_breakpoint(&mut self) -> Option<bp::HwBreakpointOps<'_, Self>> {
        Some(self)
    }
}

impl Debugged {
    /// The engine stops before the instruction: no guest memory is changed, whichever kind GDB asks for.
    fn breakpoint(&mut self, address: u64, there: bool) -> bool {
        let changed = {
            let mut state = self.shared.lock();
            if there { state.breakpoints.insert(address) } else { state.breakpoints.remove(&address) }
        };
        if changed {
            self.shared.install();
        }
        changed || there
    }
}

impl bp::SwBreakpoint for Debugged {
    fn add_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.breakpoint(address, true))
    }

    fn remove_sw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.breakpoint(address, false))
    }
}

impl bp::HwBreakpoint for Debugged {
    fn add_hw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.breakpoint(address, true))
    }

    fn remove_hw_breakpoint(&mut self, address: u64, _: usize) -> TargetResult<bool, Self> {
        Ok(self.breakpoint(address, false))
    }
}

impl MonitorCmd for Debugged {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Gone> {
        match command {
            b"reset" => {
                self.control.reset();
                outputln!(out, "the machine resets");
            }
            b"quit" => {
                self.control.quit();
                outputln!(out, "the machine ends");
            }
            _ => outputln!(out, "monitor reset: reset the machine; monitor quit: end it"),
        }
        Ok(())
    }
}
