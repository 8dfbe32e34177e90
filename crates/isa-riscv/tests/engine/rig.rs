//! A machine that is nothing but harts and RAM, and where it starts.

use lodge_arch::Registers;
use lodge_arch::riscv;
use lodge_bus::{Clock, Space};
use lodge_cpu::{Link, Stop, Vcpu};
use lodge_isa_riscv::{Hart, Options, Paging, csr, reset, supervisor_entry};
use lodge_jit::{Accel, Peers, Tuning};
use lodge_memory::{GuestMemory, Ram};
use std::fmt::Write;
use std::sync::Arc;

/// The translator without regions.
pub const TIER_ONE: Accel = Accel::Jit(Tuning {
    regions: false,
    mirror: false,
    learn: false,
    hot_after: 1,
    trap_after: 1,
    stats: false,
    shares: false,
    counts: false,
});
/// The translator making regions of whatever ran twice.
pub const EAGER: Accel = Accel::Jit(Tuning {
    regions: true,
    mirror: true,
    learn: false,
    hot_after: 2,
    trap_after: 2,
    stats: false,
    shares: false,
    counts: false,
});
/// The same without the mirror.
pub const PLAIN: Accel = match EAGER {
    Accel::Jit(tuning) => Accel::Jit(Tuning { mirror: false, ..tuning }),
    Accel::Interp => Accel::Interp,
};
pub const ACCELS: [Accel; 3] = [Accel::Interp, TIER_ONE, EAGER];
/// Floating-point state dirty, in mstatus.
pub const FS_DIRTY: u64 = 3 << 13;
pub const WFI: u32 = 0x1050_0073;

pub struct Rig {
    pub harts: Vec<Box<dyn Vcpu>>,
    pub space: Space,
}

impl Rig {
    /// `harts` harts and `len` bytes of RAM at `base`. With `firmware` they can be in M-mode; without it, calls from
    /// S-mode come out.
    pub fn new(accel: Accel, harts: u32, base: u64, len: u64, firmware: bool) -> Rig {
        Rig::with_peers(accel, harts, base, len, firmware, Peers::default())
    }

    /// The same with vector registers of `vlen` bits.
    pub fn with_vectors(accel: Accel, base: u64, len: u64, vlen: u16) -> Rig {
        let options = Options { firmware: true, paging: Paging::Sv57, vlen };
        Rig::made(accel, 1, (base, len), options, Peers::default())
    }

    /// The same, with what the harts share.
    pub fn with_peers(accel: Accel, harts: u32, base: u64, len: u64, firmware: bool, peers: Peers) -> Rig {
        Rig::made(accel, harts, (base, len), Options { firmware, paging: Paging::Sv57, vlen: 128 }, peers)
    }

    fn made(accel: Accel, harts: u32, (base, len): (u64, u64), options: Options, peers: Peers) -> Rig {
        let memory = Arc::new(GuestMemory::new(vec![Ram::new(base, len).expect("RAM")]).expect("one region"));
        let clock = Clock::manual();
        let harts = (0..harts)
            .map(|id| {
                let link = Link::new(id, true);
                link.set_want(lodge_cpu::Want::Run);
                let hart = Hart::new(id.into(), clock.clone(), link.clone(), options);
                lodge_jit::vcpu(accel, hart, link, memory.clone(), peers.clone()).expect("memory for code")
            })
            .collect();
        Rig { harts, space: Space::new(memory, Vec::new()) }
    }

    pub fn put(&self, address: u64, bytes: &[u8]) {
        self.space.memory().write(address, bytes).expect("RAM");
    }

    pub fn put_words(&self, address: u64, words: &[u32]) {
        self.put(address, &crate::assembly::bytes(words));
    }

    pub fn get(&self, address: u64, len: u64) -> Vec<u8> {
        let mut bytes = vec![0; len as usize];
        self.space.memory().read(address, &mut bytes).expect("RAM");
        bytes
    }

    pub fn u64(&self, address: u64) -> u64 {
        self.space.memory().read_u64(address).expect("RAM")
    }

    /// Runs one hart until it waits for good or calls.
    pub fn run(&mut self, hart: usize) -> Stop {
        run(&mut *self.harts[hart], &self.space)
    }

    pub fn set(&mut self, hart: usize, registers: riscv::Registers) {
        self.harts[hart]
            .set_registers(&Registers::Riscv(Box::new(registers)))
            .expect("registers as made here");
    }

    pub fn registers(&self, hart: usize) -> riscv::Registers {
        let Registers::Riscv(registers) = self.harts[hart].registers();
        *registers
    }
}

/// Runs until something other than a kick comes out.
pub fn run(hart: &mut dyn Vcpu, space: &Space) -> Stop {
    loop {
        match hart.run(space) {
            Stop::Kicked => {}
            stop => return stop,
        }
    }
}

/// M-mode at `pc`, exceptions to `handler`.
pub fn machine(pc: u64, handler: u64, mstatus: u64) -> riscv::Registers {
    let mut registers = reset(0, pc);
    registers.csrs = vec![(csr::MSTATUS, mstatus), (csr::MTVEC, handler)];
    registers
}

/// S-mode at `pc` with these page tables, exceptions to `handler`.
pub fn supervisor(pc: u64, handler: u64, satp: u64) -> riscv::Registers {
    let mut registers = supervisor_entry(0, pc, 0);
    registers.csrs.extend([(csr::STVEC, handler), (csr::SATP, satp), (csr::MSTATUS, FS_DIRTY)]);
    registers.csrs.sort_unstable();
    registers
}

/// What differs between two states, a line each.
pub fn difference(a: &riscv::Registers, b: &riscv::Registers) -> String {
    let mut out = String::new();
    let mut line = |what: String, a: u64, b: u64| {
        if a != b {
            writeln!(out, "  {what}: {a:#x}, {b:#x}").expect("strings take all");
        }
    };
    line("pc".into(), a.pc, b.pc);
    line("mode".into(), a.mode.into(), b.mode.into());
    for n in 0..32 {
        line(format!("x{n}"), a.x[n], b.x[n]);
        line(format!("f{n}"), a.f[n], b.f[n]);
    }
    for (a, b) in a.csrs.iter().zip(&b.csrs) {
        line(format!("csr {:#x}", a.0), a.1, b.1);
    }
    if out.is_empty() && a != b {
        out.push_str("  vector registers or the list of CSRs\n");
    }
    out
}
