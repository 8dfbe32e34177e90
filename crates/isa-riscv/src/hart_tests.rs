//! The hart driven without an engine: a frame, some RAM, page tables by hand.

use super::*;
use crate::csr::{self, irq};
use crate::helper::{CsrAccess, CsrOp};
use crate::save::{reset, supervisor_entry};
use lodge_arch::Registers;
use lodge_cpu::Flush;
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
            hart: Hart::new(0, clock.clone(), link, Options { firmware }),
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
    rig.hart.link.attention().store(0, Ordering::SeqCst);
    rig.clock.advance(10_000);
    assert_eq!(rig.hart.link.attention().load(Ordering::SeqCst), 1);
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
