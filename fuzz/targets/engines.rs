//! Any bytes as a machine-mode program on both engines, to its end: registers and memory must agree. A program that
//! does not end soon says nothing.
#![no_main]

use std::cell::RefCell;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use lodge_arch::Registers;
use lodge_bus::{Clock, Space, Timer};
use lodge_cpu::{Flush, Link, Stop, Vcpu, Want};
use lodge_isa_riscv::{Hart, Options, Paging, reset};
use lodge_jit::{Accel, Peers, Tuning, vcpu};
use lodge_memory::{GuestMemory, Ram};

const RAM: u64 = 0x8000_0000;
const BYTES: usize = 1 << 14;
/// Nanoseconds that a program may take.
const PATIENCE: u64 = 5_000_000;

struct Machine {
    vcpu: Box<dyn Vcpu>,
    /// Host time, and the alarm that ends a run.
    watch: (Clock, Timer),
    space: Space,
    memory: Arc<GuestMemory>,
}

fn machine(accel: Accel) -> Machine {
    let ram = Ram::new(RAM, BYTES as u64).expect("a little memory");
    let memory = Arc::new(GuestMemory::new(vec![ram]).expect("one region"));
    let link = Link::new(0, true);
    let hart = Hart::new(
        0,
        Clock::manual(),
        link.clone(),
        Options { firmware: true, paging: Paging::Sv57, vlen: 128 },
    );
    let clock = Clock::new();
    clock.start();
    let alarmed = link.clone();
    let alarm = clock.timer(move || alarmed.set_want(Want::Pause));
    let vcpu = vcpu(accel, hart, link, memory.clone(), Peers::default()).expect("memory for code");
    Machine { vcpu, watch: (clock, alarm), space: Space::new(memory.clone(), Vec::new()), memory }
}

impl Machine {
    fn load(&mut self, program: &[u8]) {
        self.memory.write(RAM, program).expect("it fits");
        self.vcpu.flush(Flush::Instructions);
        self.vcpu.flush(Flush::Translations { range: None, asid: None });
        let mut registers = reset(0, RAM);
        // Into the middle of memory, so that loads and stores find some.
        for (register, value) in registers.x.iter_mut().enumerate().skip(1) {
            *value = RAM + BYTES as u64 / 2 + register as u64 * 64;
        }
        self.vcpu.set_registers(&Registers::Riscv(Box::new(registers))).expect("what a hart starts with");
    }

    /// Runs to the end; `None`: there was none in time.
    fn run(&mut self) -> Option<Stop> {
        let (clock, alarm) = &self.watch;
        self.vcpu.link().set_want(Want::Run);
        alarm.arm(clock.now() + PATIENCE);
        let stop = self.vcpu.run(&self.space);
        alarm.disarm();
        (stop != Stop::Kicked).then_some(stop)
    }

    fn content(&self) -> Vec<u8> {
        let mut bytes = vec![0; BYTES];
        self.memory.read(RAM, &mut bytes).expect("all of it");
        bytes
    }
}

thread_local! {
    static MACHINES: RefCell<[Machine; 2]> =
        RefCell::new([machine(Accel::Jit(Tuning::default())), machine(Accel::Interp)]);
}

/// `lui t0, 6; csrs mstatus, t0`: floating point on.
const PROLOGUE: [u8; 8] = [0xb7, 0x62, 0x00, 0x00, 0x73, 0xa0, 0x02, 0x30];

fuzz_target!(|code: &[u8]| {
    let mut program = PROLOGUE.to_vec();
    program.extend(code);
    program.resize(BYTES, 0);
    MACHINES.with_borrow_mut(|machines| {
        for machine in machines.iter_mut() {
            machine.load(&program);
        }
        let [jit, interp] = machines;
        let (Some(ours), Some(reference)) = (jit.run(), interp.run()) else { return };
        assert_eq!(ours, reference);
        assert_eq!(jit.vcpu.registers(), interp.vcpu.registers());
        assert!(jit.content() == interp.content(), "memory differs");
    });
});
