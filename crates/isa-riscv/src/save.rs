//! A hart's registers as the rest of the program knows them: saved, restored, and as they are when a guest starts.
//!
//! It must not know files or formats.

use crate::csr::{self, Csrs, MEDELEG_MASK, STATEEN_ENVCFG, STATEEN_SE, envcfg, irq};
use crate::hart::Hart;
use crate::mmu::LargePages;
use crate::pmp::Pmp;
use crate::slots;
use crate::trap::{MACHINE, SUPERVISOR, USER};
use crate::vector::Vtype;
use lodge_arch::riscv::Registers;
use lodge_jit::Frame;
use lodge_softfloat::{Flags, Rounding};

/// A hart that enters M-mode firmware at `pc`, its number in a0, as reset code in ROM leaves it.
pub fn reset(hart: u64, pc: u64) -> Registers {
    let mut registers = Registers { pc, mode: MACHINE, ..Registers::default() };
    registers.x[10] = hart;
    registers
}

/// A hart that enters a supervisor at `pc` under lodge's own SBI: its number in a0, `opaque` in a1 (SBI manual, "Hart
/// State Management"), and M-mode registers as firmware would have set them.
pub fn supervisor_entry(hart: u64, pc: u64, opaque: u64) -> Registers {
    const CALL_FROM_SUPERVISOR: u64 = 1 << 9;
    // NAPOT, readable, writable, executable: with the largest address, all there is.
    const ALL_MEMORY: u64 = 0x1f;
    let mut registers = Registers { pc, mode: SUPERVISOR, ..Registers::default() };
    (registers.x[10], registers.x[11]) = (hart, opaque);
    registers.csrs = vec![
        (csr::SCOUNTEREN, 7),
        (csr::MEDELEG, MEDELEG_MASK & !CALL_FROM_SUPERVISOR),
        (csr::MIDELEG, irq::SUPERVISOR),
        (csr::MCOUNTEREN, 0xffff_ffff),
        (csr::MENVCFG, envcfg::MACHINE & !envcfg::FIOM),
        (csr::MSTATEEN0, STATEEN_SE | STATEEN_ENVCFG),
        (csr::PMPCFG0, ALL_MEMORY),
        (csr::PMPADDR0, (1 << 54) - 1),
    ];
    registers
}

impl Hart {
    /// See [`lodge_jit::Isa::registers`].
    pub(crate) fn save(&self, frame: &Frame) -> Registers {
        let mut registers = Registers { pc: frame.pc, mode: self.privilege, ..Registers::default() };
        registers.x[1..].copy_from_slice(&frame.slots[1..32]);
        registers.f.copy_from_slice(&frame.slots[32..64]);
        let words = self.vlenb() / 8;
        for (n, v) in (0u8..).zip(&mut registers.v) {
            v[..words].copy_from_slice(&frame.slots[usize::from(slots::v(n, self.vlenb()))..][..words]);
        }
        let sie = frame.slots[usize::from(slots::SSTATUS)] & csr::status::SIE;
        registers.csrs = csr::saved()
            .filter_map(|number| {
                // Levels of lines are whoever drives them's to save; pulses are ours as soon as they are on the way.
                let value = match number {
                    csr::MIP => self.csrs.mip | self.link.pulses() & irq::SUPERVISOR,
                    csr::MSTATUS => self.peek_csr(frame, number)? & !csr::status::SIE | sie,
                    _ => self.peek_csr(frame, number)?,
                };
                Some((number, value))
            })
            .collect();
        registers
    }

    /// See [`lodge_jit::Isa::set_registers`]. CSRs that are not listed take their value at reset.
    pub(crate) fn restore(&mut self, frame: &mut Frame, registers: &Registers) -> Result<(), String> {
        if !matches!(registers.mode, USER | SUPERVISOR | MACHINE) {
            return Err(format!("a hart cannot be in privilege mode {}", registers.mode));
        }
        if registers.mode == MACHINE && !self.options.firmware {
            return Err("a hart without firmware cannot be in M-mode".into());
        }
        if registers.pc & 1 != 0 {
            return Err(format!("pc cannot be odd: {:#x}", registers.pc));
        }
        if registers.x[0] != 0 {
            return Err(format!("x0 cannot hold {:#x}", registers.x[0]));
        }
        if let Some(pair) = registers.csrs.windows(2).find(|pair| pair[0].0 >= pair[1].0) {
            return Err(format!("CSR {:#x} comes behind CSR {:#x}, not in order", pair[1].0, pair[0].0));
        }
        let mut new = Frame::default();
        let old = (self.csrs.clone(), self.pmp.clone(), self.privilege);
        (self.csrs, self.pmp, self.privilege) = (Csrs::default(), Pmp::default(), registers.mode);
        let mut done = self.restore_csrs(&mut new, &registers.csrs);
        if !self.options.firmware && self.csrs.mie & !self.csrs.mideleg != 0 {
            done = done.and(Err("a hart without firmware cannot take interrupts in M-mode".into()));
        }
        let vtype = Vtype(new.slots[usize::from(slots::VTYPE)]);
        let vl = new.slots[usize::from(slots::VL)];
        if vl > vtype.vlmax(self.vlenb()) as u64 {
            done = done.and(Err(format!("vl cannot be {vl} when vtype is {:#x}", vtype.0)));
        }
        if let Err(why) = done {
            (self.csrs, self.pmp, self.privilege) = old;
            self.arm_timer();
            self.update_mode();
            return Err(why);
        }
        frame.slots[0] = 0;
        frame.slots[1..32].copy_from_slice(&registers.x[1..]);
        frame.slots[32..64].copy_from_slice(&registers.f);
        let words = self.vlenb() / 8;
        for (n, v) in (0u8..).zip(&registers.v) {
            frame.slots[usize::from(slots::v(n, self.vlenb()))..][..words].copy_from_slice(&v[..words]);
        }
        let unit = [slots::VL, slots::VTYPE, slots::VSTART, slots::VCSR, slots::VSTATE];
        for slot in [slots::SSCRATCH, slots::SEPC, slots::SCAUSE, slots::STVAL].into_iter().chain(unit) {
            frame.slots[usize::from(slot)] = new.slots[usize::from(slot)];
        }
        frame.pc = registers.pc;
        frame.set_fp_flags(new.fp_flags());
        frame.set_rounding(csr::rounding(self.csrs.frm).unwrap_or(Rounding::NearestEven));
        frame.drop_reservation();
        frame.set_assumed(0);
        self.large = LargePages::default();
        self.arm_timer();
        self.update_mode();
        self.show_status(frame);
        Ok(())
    }

    fn restore_csrs(&mut self, frame: &mut Frame, csrs: &[(u16, u64)]) -> Result<(), String> {
        let mut flush = Vec::new();
        // Locks last: a locked pmpcfg entry keeps its pmpaddr.
        let locks = |number: &u16| matches!(*number, csr::PMPCFG0..csr::PMPADDR0);
        let (last, first): (Vec<_>, Vec<_>) = csrs.iter().partition(|(number, _)| locks(number));
        for (number, value) in first.into_iter().chain(last) {
            if !csr::saved().any(|known| known == number) {
                return Err(format!("there is no CSR {number:#x} to restore"));
            }
            match number {
                // What can be pending does not depend on what is enabled here.
                csr::MIP => self.csrs.mip = value & irq::SUPERVISOR,
                // Marks the FPU dirty when a program writes it; mstatus comes later in the list and decides.
                csr::FCSR => {
                    frame.set_fp_flags(Flags::from_bits(value as u8));
                    self.csrs.frm = (value >> 5 & 7) as u8;
                }
                _ => _ = self.write_csr(frame, &mut flush, number, value),
            }
        }
        for &(number, value) in csrs {
            let held = match number {
                csr::MIP => self.csrs.mip,
                // These run on.
                csr::MCYCLE | csr::MINSTRET => continue,
                // Fields that are fixed may be left out.
                csr::MSTATUS => {
                    self.csrs.mstatus | value & !csr::status::ALL & self.peek_csr(frame, number).unwrap_or(0)
                }
                _ => self.peek_csr(frame, number).unwrap_or(0),
            };
            if held != value {
                return Err(format!("CSR {number:#x} cannot hold {value:#x}, only {held:#x}"));
            }
        }
        Ok(())
    }
}
