//! Firmware calls: what each answers, and what a wrong one gets.

use super::*;
use lodge_bus::Space;
use lodge_cpu::{Flush, Stop, Want, run};
use lodge_memory::Ram;
use std::sync::Mutex;

const RAM: u64 = 0x8000_0000;

/// A hart that makes the calls it is given, one a run, then waits for interrupts.
struct FakeHart {
    link: Arc<Link>,
    registers: riscv::Registers,
    calls: Vec<[u64; 8]>,
    log: Arc<Mutex<Vec<String>>>,
}

impl FakeHart {
    fn new(link: Arc<Link>, calls: Vec<[u64; 8]>) -> FakeHart {
        FakeHart { link, registers: riscv::Registers::default(), calls, log: Arc::default() }
    }

    fn say(&self, what: String) {
        self.log.lock().unwrap().push(what);
    }
}

impl Vcpu for FakeHart {
    fn link(&self) -> &Arc<Link> {
        &self.link
    }
    fn run(&mut self, _: &Space) -> Stop {
        self.link.take_attention();
        if self.link.has_business() {
            return Stop::Kicked;
        }
        if self.calls.is_empty() { Stop::Idle } else { Stop::Call(self.calls.remove(0)) }
    }
    fn step(&mut self, space: &Space) -> Stop {
        self.run(space)
    }
    fn advance(&mut self, space: &Space, _: u64) -> Stop {
        self.run(space)
    }
    fn executed(&self) -> u64 {
        0
    }
    fn answer(&mut self, results: [u64; 2]) {
        self.say(format!("{} {:#x}", results[0] as i64, results[1]));
    }
    fn registers(&self) -> Registers {
        Registers::Riscv(Box::new(self.registers.clone()))
    }
    fn set_registers(&mut self, registers: &Registers) -> Result<(), String> {
        let Registers::Riscv(registers) = registers;
        self.registers = (**registers).clone();
        self.say(format!("pc {:#x} a0 {} a1 {:#x}", registers.pc, registers.x[10], registers.x[11]));
        Ok(())
    }
    fn translate(&mut self, _: &Space, address: u64) -> Option<u64> {
        Some(address)
    }
    fn flush(&mut self, what: Flush) {
        self.say(format!("{what:?}"));
    }
    fn set_breakpoints(&mut self, _: &[u64]) {}
}

struct Rig {
    sbi: Sbi,
    console: lodge_console::Memory,
    memory: Arc<GuestMemory>,
}

fn rig(harts: u32) -> Rig {
    let memory = Arc::new(GuestMemory::new(vec![Ram::new(RAM, 1 << 20).unwrap()]).unwrap());
    let (port, console) = lodge_console::Memory::new();
    let links = (0..harts).map(|n| Link::new(n, n == 0)).collect();
    Rig { sbi: Sbi::new(links, port, memory.clone()), console, memory }
}

fn call(extension: u64, function: u64, args: &[u64]) -> [u64; 8] {
    let mut all = [0; 8];
    all[..args.len()].copy_from_slice(args);
    (all[6], all[7]) = (function, extension);
    all
}

/// Makes one call on hart 0; returns the effect and the last answer.
fn ask(rig: &Rig, args: [u64; 8]) -> (Effect, String) {
    let mut hart = FakeHart::new(rig.sbi.links[0].clone(), Vec::new());
    let effect = rig.sbi.call(&mut hart, args);
    let answer = hart.log.lock().unwrap().last().cloned().unwrap_or_default();
    (effect, answer)
}

#[test]
fn the_base_extension_tells_what_there_is() {
    let rig = rig(1);
    let answers = |args| ask(&rig, args).1;
    assert_eq!(answers(call(BASE, 0, &[])), "0 0x2000000");
    for extension in [TIME, IPI, RFENCE, HSM, SRST, DBCN, BASE, 1] {
        assert_eq!(answers(call(BASE, 3, &[extension])), "0 0x1", "{extension:#x}");
    }
    assert_eq!(answers(call(BASE, 3, &[0x50_4d55])), "0 0x0");
    for unknown in
        [call(BASE, 99, &[]), call(0x50_4d55, 0, &[]), call(u64::MAX, u64::MAX, &[]), call(TIME, 1, &[])]
    {
        assert_eq!(answers(unknown), "-2 0x0");
    }
}

#[test]
fn resets_become_effects() {
    let rig = rig(1);
    for (args, effect) in [
        (call(SRST, 0, &[0, 0]), Effect::Shutdown(0)),
        (call(SRST, 0, &[0, 1]), Effect::Shutdown(1)),
        (call(SRST, 0, &[1, 0]), Effect::Reset),
        (call(8, 0, &[]), Effect::Shutdown(0)),
    ] {
        assert_eq!(ask(&rig, args).0, effect);
    }
    assert_eq!(ask(&rig, call(SRST, 0, &[7, 0])), (Effect::None, "-3 0x0".into()));
}

#[test]
fn the_debug_console_moves_guest_memory() {
    let rig = rig(1);
    rig.memory.write(RAM + 0x100, b"hello").unwrap();
    assert_eq!(ask(&rig, call(DBCN, 0, &[5, RAM + 0x100, 0])).1, "0 0x5");
    assert_eq!(ask(&rig, call(DBCN, 2, &[u64::from(b'!')])).1, "0 0x0");
    assert_eq!(ask(&rig, call(1, 0, &[u64::from(b'?'), 0x77])).1, "0 0x77");
    assert_eq!(rig.console.output(), b"hello!?");
    rig.console.put(b"abc");
    assert_eq!(ask(&rig, call(2, 0, &[])).1, "97 0x0");
    assert_eq!(ask(&rig, call(DBCN, 1, &[9, RAM, 0])).1, "0 0x2");
    assert_eq!(ask(&rig, call(2, 0, &[])).1, "-1 0x0");
    for bad in [[5, 0, 0], [5, RAM - 1, 0], [5, RAM, 1], [u64::MAX, RAM + (1 << 20) - 1, 0]] {
        assert_eq!(ask(&rig, call(DBCN, 0, &bad)).1, "-3 0x0", "{bad:x?}");
        assert_eq!(ask(&rig, call(DBCN, 1, &bad)).1, "-3 0x0", "{bad:x?}");
    }
}

#[test]
fn ipis_reach_the_harts_of_the_mask_only() {
    let rig = rig(4);
    assert_eq!(ask(&rig, call(IPI, 0, &[0b101, 1])).1, "0 0x0");
    let pulses: Vec<u64> = rig.sbi.links.iter().map(|l| l.take_pulses()).collect();
    assert_eq!(pulses, [0, 2, 0, 2]);
    assert_eq!(ask(&rig, call(IPI, 0, &[0, u64::MAX])).1, "0 0x0");
    assert!(rig.sbi.links.iter().all(|l| l.take_pulses() == 2));
    for bad in [[0b10, 3], [1, 4], [1, u64::MAX - 1]] {
        assert_eq!(ask(&rig, call(IPI, 0, &bad)).1, "-3 0x0");
    }
}

#[test]
fn the_timer_is_set_through_its_register() {
    let rig = rig(1);
    let mut hart = FakeHart::new(rig.sbi.links[0].clone(), Vec::new());
    rig.sbi.call(&mut hart, call(TIME, 0, &[12345]));
    assert!(hart.registers.csrs.contains(&(riscv_csr::STIMECMP, 12345)));
}

struct Firmware(Sbi);

impl run::Machine for Firmware {
    fn call(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> Effect {
        self.0.call(vcpu, args)
    }
    fn stopped(&self, _: &mut dyn Vcpu, _: Stop) {}
}

/// Runs one thread a hart until every hart has made its calls and `done` says so.
fn run_all(
    rig: Rig,
    calls: Vec<Vec<[u64; 8]>>,
    done: impl Fn(&[Arc<Mutex<Vec<String>>>]) -> bool,
) -> Vec<Vec<String>> {
    let links = rig.sbi.links.clone();
    let space = Space::new(rig.memory.clone(), Vec::new());
    let machine = Firmware(rig.sbi);
    let mut harts: Vec<FakeHart> =
        links.iter().zip(calls).map(|(link, calls)| FakeHart::new(link.clone(), calls)).collect();
    let logs: Vec<_> = harts.iter().map(|h| h.log.clone()).collect();
    std::thread::scope(|scope| {
        for hart in &mut harts {
            scope.spawn(|| run::drive(hart, &space, &machine));
        }
        links.iter().for_each(|l| l.set_want(Want::Run));
        let end = std::time::Instant::now() + Duration::from_secs(20);
        while !done(&logs) && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        links.iter().for_each(|l| l.set_want(Want::Exit));
    });
    logs.iter().map(|l| l.lock().unwrap().clone()).collect()
}

#[test]
fn harts_start_stop_and_start_again() {
    let start = call(HSM, 0, &[1, RAM + 0x1000, 0xabc]);
    let status = call(HSM, 2, &[1]);
    let calls = vec![
        vec![
            status,
            call(HSM, 0, &[0, RAM, 0]),
            call(HSM, 0, &[9, RAM, 0]),
            call(HSM, 0, &[1, 0x1000, 0]),
            start,
        ],
        vec![call(HSM, 1, &[])],
    ];
    let logs = run_all(rig(2), calls, |logs| logs[1].lock().unwrap().len() >= 4);
    assert_eq!(logs[0], ["0 0x1", "-6 0x0", "-3 0x0", "-5 0x0", "0 0x0"]);
    // The thread fences what it may have missed whenever it has stood still, which may come first.
    let first = logs[1].iter().find(|line| *line != "Instructions");
    assert_eq!(first.map(String::as_str), Some("pc 0x80001000 a0 1 a1 0xabc"));
}

#[test]
fn harts_that_fence_each_other_all_the_time_do_not_deadlock() {
    let fence = call(RFENCE, 2, &[0, u64::MAX, 0x1000, 0x2000, 5]);
    let mut rig = rig(4);
    for link in &rig.sbi.links {
        link.set_powered(true);
    }
    rig.sbi.states = States::new(&rig.sbi.links);
    let calls = vec![vec![fence; 200]; 4];
    let logs = run_all(rig, calls, |logs| {
        logs.iter().all(|l| l.lock().unwrap().iter().filter(|s| *s == "0 0x0").count() == 200)
    });
    for log in logs {
        let expected = "Translations { range: Some((4096, 8192)), asid: Some(5) }";
        assert_eq!(log.iter().filter(|s| *s == expected).count(), 800);
    }
}

#[test]
fn a_hart_starts_as_firmware_would_leave_it() {
    let csrs = vec![(0x180, 8 << 60), (0x300, 0xa_0000_0002)];
    let registers = riscv::Registers { csrs, ..riscv::Registers::default() };
    let Registers::Riscv(after) = supervisor(&Registers::Riscv(Box::new(registers)), 3, RAM, 7);
    assert_eq!(*after, lodge_isa_riscv::supervisor_entry(3, RAM, 7));
    assert_eq!((after.pc, after.mode, after.x[10], after.x[11]), (RAM, 1, 3, 7));
}
