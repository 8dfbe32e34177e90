//! Two engines in lock-step over the boot of Debian's kernel: after every block, or every run of a region, the engine that
//! compiles must be where the interpreter is after as many instructions, to the last register.
//!
//! ```text
//!   compiling machine ── advance ──► stops after n instructions ──┐
//!   interpreting machine ── advance to exactly n ─────────────────┴─► the same stop, the same registers; now and then RAM
//! ```
//! Time is counted instructions, there is no chance, and nothing comes from outside: a [`World::Made`]. So interrupts come
//! to both at the same instruction. A million instructions each normally, a hundred million with `LODGE_LONG=1`.

use lodge_arch::Registers;
use lodge_arch::riscv;
use lodge_board::{Machine, Outside, World, board};
use lodge_bus::Effect;
use lodge_cpu::{Stop, Vcpu, Want};
use lodge_spec::{Accel, Boot, Jit, JitCache, Kernel, MachineSpec, Memory, Tier};
use lodge_tests::{Guest, Need, long, need};
use std::fmt::Write;
use std::time::Instant;

/// Nanoseconds of guest time for each instruction.
const EACH: u64 = 10;
/// Nanoseconds that pass at once while the guest waits.
const WAIT: u64 = 100_000;
/// Instructions between two comparisons of RAM.
const RAM_EVERY: u64 = 20_000_000;

/// One of the two.
struct Side {
    machine: Machine,
    vcpu: Box<dyn Vcpu>,
    console: lodge_console::Memory,
}

impl Side {
    fn new(accel: Accel, tier: Tier) -> Side {
        let boot = Boot::Kernel(Kernel {
            path: Guest::Kernel.path(),
            initrd: Some(Guest::Initrd.path()),
            append: "console=ttyS0 earlycon=sbi".into(),
        });
        let mut spec = MachineSpec::new(boot);
        spec.accel = accel;
        spec.jit = Jit { tier, ..Jit::default() };
        spec.jit_cache = JitCache::Off;
        spec.memory = Memory::new(256 << 20).expect("a size");
        let (port, console) = lodge_console::Memory::new();
        let outside = Outside {
            console: port,
            disks: Vec::new(),
            nics: Vec::new(),
            shares: Vec::new(),
            world: World::Made,
        };
        let mut machine = board(&spec).build(&spec, &outside).expect("a machine");
        let vcpu = machine.vcpus.remove(0);
        vcpu.link().set_want(Want::Run);
        Side { machine, vcpu, console }
    }

    fn advance(&mut self, instructions: u64) -> Stop {
        self.vcpu.advance(&self.machine.space, instructions)
    }

    fn registers(&self) -> riscv::Registers {
        let Registers::Riscv(registers) = self.vcpu.registers();
        *registers
    }

    /// A stretch of RAM.
    fn ram(&self, address: u64, bytes: &mut [u8]) {
        self.machine.space.memory().read(address, bytes).expect("RAM");
    }
}

/// What differs, a line each.
fn difference(a: &riscv::Registers, b: &riscv::Registers) -> String {
    let mut out = String::new();
    let mut line = |what: String, a: u64, b: u64| {
        if a != b {
            writeln!(out, "  {what}: compiled {a:#x}, interpreted {b:#x}").expect("strings take all");
        }
    };
    line("pc".into(), a.pc, b.pc);
    line("mode".into(), a.mode.into(), b.mode.into());
    for n in 0..32 {
        line(format!("x{n}"), a.x[n], b.x[n]);
        line(format!("f{n}"), a.f[n], b.f[n]);
    }
    a.csrs.iter().zip(&b.csrs).for_each(|(a, b)| line(format!("csr {:#x}", a.0), a.1, b.1));
    out
}

/// First address at which RAM differs.
fn ram_difference(a: &Side, b: &Side) -> Option<u64> {
    const PIECE: usize = 1 << 20;
    let (mut left, mut right) = (vec![0; PIECE], vec![0; PIECE]);
    (0x8000_0000..0x9000_0000u64).step_by(PIECE).find_map(|start| {
        a.ram(start, &mut left);
        b.ram(start, &mut right);
        let at = if left == right { None } else { left.iter().zip(&right).position(|(l, r)| l != r) };
        at.map(|at| start + at as u64)
    })
}

/// Runs both; `stride`: instructions that the compiled side may run before it stops at the next chance.
fn lock_step(tier: Tier, stride: u64, count: u64) {
    let began = Instant::now();
    let regions = lodge_jit::regions_compiled();
    let mut ours = Side::new(Accel::Jit, tier);
    let mut reference = Side::new(Accel::Interp, Tier::Interp);
    let (mut now, mut waited, mut comparisons, mut next_ram) = (0, 0, 0u64, RAM_EVERY);
    let mut trail = [0; 16];
    while ours.vcpu.executed() < count {
        let stop = ours.advance(ours.vcpu.executed() + stride);
        let executed = ours.vcpu.executed();
        let other = reference.advance(executed);
        let (a, b) = (ours.registers(), reference.registers());
        comparisons += 1;
        let tell = || {
            let console = String::from_utf8_lossy(&ours.console.output()).into_owned();
            let last = console.lines().rev().take(5).collect::<Vec<_>>();
            format!(
                "after {executed} instructions ({} on the other side): stopped for {stop:x?}, {other:x?}; came by {trail:x?}\n{}\
                 last on the console, backwards: {last:#?}",
                reference.vcpu.executed(),
                difference(&a, &b)
            )
        };
        assert!(a == b && stop == other && executed == reference.vcpu.executed(), "{}", tell());
        match stop {
            Stop::Kicked => {}
            Stop::Idle => waited += WAIT,
            Stop::Call(args) => {
                let effects =
                    [&mut ours, &mut reference].map(|side| side.machine.answer(&mut *side.vcpu, args));
                assert_eq!(effects[0], effects[1]);
                if effects[0] != Effect::None {
                    break;
                }
            }
            Stop::Effect(_) => break,
            _ => panic!("{}", tell()),
        }
        trail[comparisons as usize % 16] = a.pc;
        let then = executed * EACH + waited;
        [&ours, &reference].iter().for_each(|side| side.machine.clock.advance(then - now));
        now = then;
        if executed >= next_ram {
            next_ram += RAM_EVERY;
            assert_eq!(ram_difference(&ours, &reference), None, "RAM after {executed} instructions");
        }
    }
    assert_eq!(ram_difference(&ours, &reference), None, "RAM at the end");
    assert_eq!(ours.console.output(), reference.console.output());
    let (all, mirrored) = lodge_jit::regions_compiled();
    println!(
        "{tier:?}: {} instructions, compared at {comparisons} places, {} regions ({} mirrored), {:.1} s",
        ours.vcpu.executed(),
        all - regions.0,
        mirrored - regions.1,
        began.elapsed().as_secs_f64()
    );
}

fn instructions() -> u64 {
    if long() { 100_000_000 } else { 1_000_000 }
}

fn here() -> bool {
    need(&[Need::Guest(Guest::Kernel), Need::Guest(Guest::Initrd)])
}

#[test]
fn tier_one_is_the_interpreter_at_every_block() {
    if here() {
        lock_step(Tier::One, 1, instructions());
    }
}

#[test]
fn tier_two_is_the_interpreter_at_every_loop_head() {
    if here() {
        lock_step(Tier::Two, 1, instructions());
    }
}

#[test]
fn tier_two_is_the_interpreter_after_long_runs_of_regions() {
    if here() {
        lock_step(Tier::Two, 5_000, 4 * instructions());
    }
}
