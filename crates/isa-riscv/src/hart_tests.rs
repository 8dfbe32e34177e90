//! The hart driven without an engine: a frame, some RAM, page tables by hand.

use super::*;
use crate::csr::{self, irq};
use crate::helper::{CsrAccess, CsrOp};
use crate::save::{reset, supervisor_entry};
use lodge_arch::Registers;
use lodge_memory::{GuestMemory, Ram};

/// Where RAM is, and how much.
pub(crate) const RAM: u64 = 0x8000_0000;
const LEN: u64 = 16 << 20;

/// A hart with all that it needs around it.
pub(crate) struct Rig {
    pub hart: Hart,
    pub frame: Box<Frame>,
    pub space: Space,
    pub clock: Clock,
    pub flush: Vec<Flush>,
}

impl Rig {
    pub fn new(firmware: bool) -> Rig {
        let clock = Clock::manual();
        let link = Link::new(0, true);
        let memory = Arc::new(GuestMemory::new(vec![Ram::new(RAM, LEN).unwrap()]).unwrap());
        let mut rig = Rig {
            hart: Hart::new(0, clock.clone(), link, Options { firmware, paging: Paging::Sv57, vlen: 128 }),
            frame: Box::default(),
            space: Space::new(memory, Vec::new()),
            clock,
            flush: Vec::new(),
        };
        let start = if firmware { reset(0, RAM) } else { supervisor_entry(0, RAM, 0x1234) };
        rig.set(start).unwrap();
        rig
    }

    pub fn set(&mut self, registers: lodge_arch::riscv::Registers) -> Result<(), String> {
        self.hart.set_registers(&mut self.frame, &Registers::Riscv(Box::new(registers)))
    }

    pub fn get(&self) -> lodge_arch::riscv::Registers {
        let Registers::Riscv(registers) = self.hart.registers(&self.frame);
        *registers
    }

    /// Runs `f` with the hart and what the engine would give it.
    pub fn with<T>(&mut self, f: impl FnOnce(&mut Hart, &mut Context<'_>) -> T) -> T {
        let link = self.hart.link.clone();
        let flush = &mut self.flush;
        let mut cx = Context { frame: &mut self.frame, space: &self.space, link: &link, flush };
        f(&mut self.hart, &mut cx)
    }

    pub fn call(&mut self, helper: Helper, args: [u64; 3]) -> Outcome {
        self.with(|hart, cx| hart.call(cx, helper as u16, args))
    }

    pub fn csr(&mut self, number: u16, op: CsrOp, writes: bool, operand: u64) -> Outcome {
        let access = CsrAccess { number, op, writes, reads: true }.encode();
        self.call(Helper::Csr, [access | 0x73 << 32, operand, 4])
    }

    /// Reads a register, which must exist and be allowed.
    pub fn read(&mut self, number: u16) -> u64 {
        match self.csr(number, CsrOp::Set, false, 0) {
            Outcome::Value(value) => value,
            other => panic!("{number:#x}: {other:?}"),
        }
    }

    /// Writes a register, which must exist and be allowed.
    pub fn write(&mut self, number: u16, value: u64) -> Outcome {
        let outcome = self.csr(number, CsrOp::Write, true, value);
        assert!(matches!(outcome, Outcome::Value(_) | Outcome::Leave(_)), "{number:#x}: {outcome:?}");
        outcome
    }

    pub fn walk(&mut self, address: u64, access: Access) -> Result<Mapping, Exception> {
        self.with(|hart, cx| hart.walk(cx, address, access))
    }

    pub fn put(&self, address: u64, value: u64) {
        self.space.memory().write_u64(address, value).unwrap();
    }

    pub fn word(&self, address: u64) -> u64 {
        self.space.memory().read_u64(address).unwrap()
    }
}

#[test]
fn a_supervisor_starts_with_what_firmware_would_have_set() {
    let mut rig = Rig::new(false);
    assert_eq!((rig.frame.pc, rig.frame.slots[10], rig.frame.slots[11]), (RAM, 0, 0x1234));
    assert_eq!(rig.hart.privilege, SUPERVISOR);
    assert!(rig.walk(RAM, Access::Write).unwrap().writable);
    rig.clock.advance(1_000);
    assert_eq!(rig.read(csr::TIME), 10);
    assert_eq!(rig.hart.interrupt(), None);
    assert_eq!(rig.read(csr::SIP), 0);
}

#[test]
fn the_supervisor_timer_interrupts_and_ends_waiting() {
    let mut rig = Rig::new(false);
    rig.write(csr::STVEC, RAM + 0x101);
    rig.write(csr::SIE, irq::STIP);
    rig.write(csr::STIMECMP, 100);
    assert_eq!(rig.call(Helper::Wfi, [0; 3]), Outcome::Stop(Stop::Idle));
    assert_eq!(rig.frame.pc, RAM + 4);
    rig.hart.link.take_attention();
    rig.clock.advance(10_000);
    assert!(rig.hart.link.wanted());
    assert_eq!(rig.read(csr::SIP), irq::STIP);
    assert_eq!(rig.call(Helper::Wfi, [0; 3]), Outcome::Leave(0));
    assert_eq!(rig.csr(csr::SSTATUS, CsrOp::Clear, true, status::SIE), Outcome::Value(2 << 32));
    assert_eq!(rig.csr(csr::SSTATUS, CsrOp::Set, true, status::SIE), Outcome::Leave(2 << 32));
    assert_eq!(rig.frame.pc, RAM + 12);
    rig.with(|hart, cx| hart.poll(cx));
    assert_eq!(rig.frame.pc, RAM + 0x100 + 4 * 5);
    assert_eq!(rig.read(csr::SCAUSE), 1 << 63 | 5);
    assert_eq!(rig.read(csr::SEPC), RAM + 12);
    rig.write(csr::STIMECMP, 200);
    assert_eq!(rig.read(csr::SIP), 0);
    assert_eq!(rig.call(Helper::Sret, [0; 3]), Outcome::Leave(0));
    assert_eq!(rig.frame.pc, RAM + 12);
    assert_eq!(rig.csr(csr::SSTATUS, CsrOp::Clear, true, status::SIE), Outcome::Value(2 << 32 | 0x22));
    assert_eq!(rig.csr(csr::SSTATUS, CsrOp::Set, true, status::SIE), Outcome::Value(2 << 32 | 0x20));
}

#[test]
fn calls_come_out_and_user_exceptions_go_to_the_supervisor() {
    let mut rig = Rig::new(false);
    rig.write(csr::STVEC, RAM + 0x100);
    rig.frame.slots[17] = 7;
    let stop = rig.with(|hart, cx| hart.raise(cx, Exception { cause: 9, value: 0 }));
    assert_eq!(stop, Some(Stop::Call([0, 0x1234, 0, 0, 0, 0, 0, 7])));
    assert_eq!(rig.frame.pc, RAM + 4);
    let Rig { hart, frame, .. } = &mut rig;
    hart.answer(frame, [5, 6]);
    assert_eq!(frame.slots[10..12], [5, 6]);
    assert_eq!(rig.with(|hart, cx| hart.raise(cx, Exception { cause: 5, value: 3 })), None);
    assert_eq!(rig.frame.pc, RAM + 0x100);
    assert_eq!((rig.read(csr::SCAUSE), rig.read(csr::STVAL)), (5, 3));
}

#[test]
fn machine_traps_and_returns_keep_the_manuals_stack_of_bits() {
    let mut rig = Rig::new(true);
    rig.write(csr::MTVEC, RAM + 0x201);
    rig.write(csr::MEPC, RAM + 0x40);
    // To U-mode with interrupts on, MPRV set.
    rig.write(csr::MSTATUS, status::MPIE | status::MPRV | status::FS);
    assert_eq!(rig.call(Helper::Mret, [0; 3]), Outcome::Leave(0));
    assert_eq!((rig.hart.privilege, rig.frame.pc), (USER, RAM + 0x40));
    assert_eq!(rig.hart.csrs.mstatus, status::MIE | status::MPIE | status::FS);
    let at = rig.frame.pc;
    assert_eq!(rig.with(|hart, cx| hart.raise(cx, Exception { cause: 8, value: 0 })), None);
    assert_eq!(
        (rig.hart.privilege, rig.frame.pc),
        (MACHINE, RAM + 0x200),
        "exceptions do not use the vector"
    );
    assert_eq!((rig.read(csr::MCAUSE), rig.read(csr::MEPC), rig.read(csr::MTVAL)), (8, at, 0));
    assert_eq!(rig.hart.csrs.mstatus, status::MPIE | status::FS);
    // Delegated: to S-mode, from U-mode.
    rig.write(csr::MEDELEG, 1 << 13);
    rig.write(csr::STVEC, RAM + 0x300);
    rig.write(csr::MSTATUS, status::SIE);
    rig.call(Helper::Mret, [0; 3]);
    rig.with(|hart, cx| hart.raise(cx, Exception { cause: 13, value: 0x77 }));
    assert_eq!((rig.hart.privilege, rig.frame.pc), (SUPERVISOR, RAM + 0x300));
    assert_eq!((rig.read(csr::SCAUSE), rig.read(csr::STVAL)), (13, 0x77));
    assert_eq!(rig.read(csr::SSTATUS) & 0x122, status::SPIE);
    // From S-mode once more: SPP.
    rig.with(|hart, cx| hart.raise(cx, Exception { cause: 13, value: 0x78 }));
    assert_eq!(rig.read(csr::SSTATUS) & 0x122, status::SPP);
    rig.call(Helper::Sret, [0; 3]);
    assert_eq!((rig.hart.privilege, rig.read(csr::SSTATUS) & 0x122), (SUPERVISOR, status::SPIE));
    // From M-mode nothing is delegated.
    rig.hart.privilege = MACHINE;
    rig.with(|hart, cx| hart.raise(cx, Exception { cause: 13, value: 0x79 }));
    assert_eq!((rig.hart.privilege, rig.read(csr::MTVAL)), (MACHINE, 0x79));
}

#[test]
fn privileged_instructions_trap_where_they_must() {
    let refused = Outcome::Raise(Exception { cause: 2, value: 0xabcd });
    let args = [0, 0, 0xabcd << 32];
    let mut rig = Rig::new(true);
    let mut check = |helper, privilege, mstatus| {
        rig.hart.privilege = privilege;
        rig.hart.csrs.mstatus = mstatus;
        rig.hart.update_mode();
        rig.call(helper, args) != refused
    };
    for (helper, trap) in
        [(Helper::Wfi, status::TW), (Helper::Sret, status::TSR), (Helper::SfenceVma, status::TVM)]
    {
        let got = [(USER, 0), (SUPERVISOR, 0), (SUPERVISOR, trap), (MACHINE, trap)]
            .map(|(privilege, mstatus)| check(helper, privilege, mstatus));
        assert_eq!(got, [false, true, false, true], "{helper:?}");
    }
    assert_eq!([USER, SUPERVISOR, MACHINE].map(|p| check(Helper::Mret, p, 0)), [false, false, true]);
    for helper in [Helper::SfenceWInval, Helper::SfenceInvalIr] {
        assert_eq!([USER, SUPERVISOR].map(|p| check(helper, p, status::TVM)), [false, true]);
    }
    for helper in [Helper::FenceI, Helper::WrsNto, Helper::WrsSto] {
        assert!(check(helper, USER, status::TW));
    }
}

#[test]
fn the_most_urgent_interrupt_is_taken_where_it_belongs() {
    let mut rig = Rig::new(true);
    rig.hart.csrs.mie = irq::ALL;
    rig.hart.csrs.mip = irq::SUPERVISOR;
    for line in [3, 7, 9, 11] {
        lodge_bus::IrqSink::set(&*rig.hart.link, line, true);
    }
    let mut due = |privilege: u8, mstatus: u64, mideleg: u64, enabled: u64| {
        rig.hart.privilege = privilege;
        rig.hart.csrs.mstatus = mstatus;
        rig.hart.csrs.mideleg = mideleg;
        rig.hart.csrs.mie = enabled;
        rig.hart.interrupt()
    };
    assert_eq!(due(MACHINE, 0, 0, irq::ALL), None);
    let mut left = irq::ALL;
    for number in [11, 3, 7, 9, 1, 5] {
        assert_eq!(due(MACHINE, status::MIE, 0, left), Some((MACHINE, number)));
        assert_eq!(due(USER, 0, 0, left), Some((MACHINE, number)));
        left &= !(1 << number);
    }
    let delegated = irq::SUPERVISOR;
    assert_eq!(due(SUPERVISOR, status::SIE, delegated, irq::ALL), Some((MACHINE, 11)));
    assert_eq!(due(SUPERVISOR, status::SIE, delegated, delegated), Some((SUPERVISOR, 9)));
    assert_eq!(due(SUPERVISOR, 0, delegated, delegated), None);
    assert_eq!(due(USER, 0, delegated, delegated & !irq::SEIP), Some((SUPERVISOR, 1)));
    assert_eq!(due(MACHINE, status::MIE | status::SIE, delegated, delegated), None, "delegated ones wait");
    assert_eq!(due(SUPERVISOR, status::SIE, irq::SSIP, irq::SUPERVISOR), Some((MACHINE, 9)));
}

#[test]
fn pulses_wake_a_waiting_hart() {
    let mut rig = Rig::new(false);
    rig.write(csr::SIE, irq::SSIP);
    assert_eq!(rig.call(Helper::Wfi, [0; 3]), Outcome::Stop(Stop::Idle));
    rig.hart.link.pulse(irq::SSIP);
    assert_eq!(rig.call(Helper::Wfi, [0; 3]), Outcome::Leave(0));
    assert_eq!(rig.get().csrs.iter().find(|csr| csr.0 == csr::MIP), Some(&(csr::MIP, irq::SSIP)));
    rig.write(csr::SIP, 0);
    assert_eq!(rig.read(csr::SIP), 0);
}

#[test]
fn a_bell_for_an_old_deadline_rings_for_nobody() {
    let mut rig = Rig::new(false);
    rig.write(csr::SIE, irq::STIP);
    rig.write(csr::STIMECMP, 50);
    rig.hart.rung.store(true, Ordering::SeqCst);
    assert_eq!(rig.read(csr::SIP), 0);
    assert!(!rig.hart.rung.load(Ordering::SeqCst), "it is armed again");
    rig.clock.advance(5_000);
    assert_eq!(rig.read(csr::SIP), irq::STIP);
    rig.write(csr::STIMECMP, u64::MAX);
    assert_eq!(rig.read(csr::SIP), 0);
    assert!(matches!(rig.write(csr::STIMECMP, 50), Outcome::Value(_)), "interrupts are off");
    assert_eq!(rig.read(csr::SIP), irq::STIP);
    // With the extension off, the bit is firmware's.
    rig.hart.csrs.menvcfg &= !envcfg::STCE;
    assert_eq!(rig.hart.pending(), 0);
}

#[test]
fn cache_blocks_are_managed_where_enabled() {
    let mut rig = Rig::new(false);
    for (helper, bit) in
        [(Helper::CboZero, envcfg::CBZE), (Helper::CboFlush, envcfg::CBCFE), (Helper::CboInval, envcfg::CBIE)]
    {
        rig.hart.privilege = SUPERVISOR;
        assert_eq!(rig.call(helper, [RAM, 0, 0]), Outcome::Value(0));
        rig.hart.privilege = USER;
        assert_eq!(rig.call(helper, [RAM, 0, 0x77 << 32]), Outcome::Raise(illegal(0x77)));
        rig.hart.csrs.senvcfg |= bit;
        assert_eq!(rig.call(helper, [RAM, 0, 0]), Outcome::Value(0));
        rig.hart.csrs.menvcfg &= !bit;
        assert_eq!(rig.call(helper, [RAM, 0, 0]), Outcome::Raise(illegal(0)));
    }
}

#[test]
fn registers_survive_a_round_trip() {
    for firmware in [false, true] {
        let mut rig = Rig::new(firmware);
        rig.clock.advance(123);
        rig.frame.slots[1..32].iter_mut().zip(7..).for_each(|(slot, n)| *slot = n);
        rig.frame.slots[32..192].iter_mut().zip(700..).for_each(|(slot, n)| *slot = n);
        rig.hart.csrs.mstatus |= status::FS;
        rig.write(csr::FCSR, 0x51);
        rig.write(csr::SSCRATCH, 0x1234);
        rig.write(csr::SEPC, 0x5678);
        rig.write(csr::SATP, 9 << 60 | 0x80100);
        rig.write(csr::SENVCFG, envcfg::CBZE);
        if firmware {
            rig.write(csr::PMPADDR0, 0x2000_0000);
            rig.write(csr::PMPCFG0, 0x99);
            rig.write(csr::MIP, irq::SEIP | irq::STIP);
            rig.write(csr::MSCRATCH, 3);
        } else {
            rig.write(csr::STIMECMP, 777);
        }
        let saved = rig.get();
        assert!(saved.csrs.is_sorted_by_key(|csr| csr.0));
        let mut other = Rig::new(firmware);
        other.clock.advance(123);
        other.set(saved.clone()).unwrap();
        assert_eq!(other.get(), saved);
        assert_eq!(other.hart.mode, rig.hart.mode);
        if !firmware {
            other.clock.advance(100_000);
            assert_eq!(other.read(csr::SIP), irq::STIP);
        }
    }
}

#[test]
fn registers_that_cannot_be_are_refused_and_change_nothing() {
    let mut rig = Rig::new(false);
    rig.write(csr::STIMECMP, 7);
    let before = rig.get();
    let mut refuse = |change: &dyn Fn(&mut lodge_arch::riscv::Registers), why: &str| {
        let mut registers = before.clone();
        change(&mut registers);
        let error = rig.set(registers).unwrap_err();
        assert!(error.contains(why), "{error}");
        assert_eq!(rig.get(), before);
    };
    refuse(&|r| r.mode = 2, "mode 2");
    refuse(&|r| r.mode = 3, "M-mode");
    refuse(&|r| r.pc = 1, "odd");
    refuse(&|r| r.x[0] = 1, "x0");
    refuse(&|r| r.csrs.push((0xfff, 0)), "no CSR 0xfff");
    refuse(&|r| r.csrs.push((3, 0)), "order");
    for (number, value) in [
        (csr::SATP, 3 << 60),
        (csr::MSTATUS, 1 << 40),
        (csr::MSTATUS, 2 << 11),
        (csr::FCSR, 0x100),
        (csr::SEPC, 1),
        (csr::MIP, 1 << 11),
        (csr::STVEC, 2),
        (csr::PMPCFG0, 0x60),
        (csr::MIDELEG, u64::MAX),
    ] {
        let replace = |r: &mut lodge_arch::riscv::Registers| {
            r.csrs.iter_mut().filter(|csr| csr.0 == number).for_each(|csr| csr.1 = value);
        };
        refuse(&replace, "cannot hold");
    }
    refuse(&|r| r.csrs.iter_mut().filter(|csr| csr.0 == csr::MIE).for_each(|csr| csr.1 = 8), "interrupts");
}
