//! The hart: one vCPU's system state, and what the engine asks of it.
//!
//! ```text
//!   engine ─ lift ─► lift.rs        ─ walk ─► mmu.rs ─► pmp.rs
//!          ─ call ─► csr.rs, here   ─ raise, poll ─► trap.rs, interrupt.rs
//! ```
//! It must not know how code is run, nor any device.

use crate::csr::{self, Csrs, envcfg, status};
use crate::helper::{Helper, raw};
use crate::lift::VectorState;
use crate::mmu::LargePages;
use crate::pmp::Pmp;
use crate::slots;
use crate::trap::{MACHINE, SUPERVISOR, USER, illegal};
use crate::vector::{self, Vtype};
use lodge_bus::{Clock, Space, Timer};
use lodge_cpu::{Flush, Link, Stop};
use lodge_jit::ir::Slot;
use lodge_jit::{Access, Builder, Code, Context, Exception, FpRules, Frame, Isa, Mapping, Mode, Outcome};
use lodge_softfloat::{NanRule, Rounding};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bytes that the `cbo` instructions work on.
pub const CACHE_BLOCK: u64 = 64;

/// VS in [`Mode::assume`].
const VS_ASSUMED: u32 = 1 << 7;

/// Most levels of page tables a hart has; the value is the mode's number in `satp` (privileged manual, "satp").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// 3 levels, 39-bit addresses.
    Sv39 = 8,
    /// 4 levels, 48-bit addresses.
    Sv48 = 9,
    /// 5 levels, 57-bit addresses.
    Sv57 = 10,
}

impl Paging {
    /// For `mmu-type` in a device tree.
    pub fn name(self) -> &'static str {
        match self {
            Paging::Sv39 => "riscv,sv39",
            Paging::Sv48 => "riscv,sv48",
            Paging::Sv57 => "riscv,sv57",
        }
    }
}

/// What kind of machine the hart is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The guest brings its own M-mode firmware. Without it the guest starts in S-mode ([`crate::supervisor_entry`]),
    /// what would trap to M-mode goes to S-mode, and calls from S-mode come out as [`Stop::Call`].
    pub firmware: bool,
    /// Page tables.
    pub paging: Paging,
    /// Bits of a vector register: 128 or 256; 0: there is no vector unit.
    pub vlen: u16,
}

/// See the module's head.
pub struct Hart {
    pub(crate) id: u64,
    pub(crate) options: Options,
    pub(crate) clock: Clock,
    pub(crate) link: Arc<Link>,
    /// Kicks the vCPU when `stimecmp` is reached.
    pub(crate) timer: Timer,
    /// The timer has rung since it was last armed.
    pub(crate) rung: Arc<AtomicBool>,
    pub(crate) privilege: u8,
    pub(crate) csrs: Csrs,
    pub(crate) pmp: Pmp,
    pub(crate) large: LargePages,
    /// What follows from the rest, kept by [`Hart::update_mode`].
    pub(crate) mode: Mode,
}

impl Hart {
    /// Hart number `id` after reset, in M-mode.
    pub fn new(id: u64, clock: Clock, link: Arc<Link>, options: Options) -> Hart {
        let rung = Arc::new(AtomicBool::new(false));
        let timer = {
            let (rung, link) = (rung.clone(), link.clone());
            clock.timer(move || {
                rung.store(true, Ordering::Release);
                link.kick();
            })
        };
        let mut hart = Hart {
            id,
            options,
            clock,
            link,
            timer,
            rung,
            privilege: MACHINE,
            csrs: Csrs::default(),
            pmp: Pmp::default(),
            large: LargePages::default(),
            mode: Mode::default(),
        };
        hart.update_mode();
        hart
    }

    /// Call after any change of privilege, `satp`, `frm` or of `mstatus` beyond the interrupt enables.
    pub(crate) fn update_mode(&mut self) {
        let m = self.csrs.mstatus;
        let (fetch, data) = (self.privilege, self.data_privilege());
        let translates = self.csrs.satp >> 60 != 0 && (fetch != MACHINE || data != MACHINE);
        let mut view = u16::from(fetch) | u16::from(data) << 2;
        // Bits that make no difference stay zero, so that contexts are shared.
        if translates && data != MACHINE {
            view |= u16::from(m & status::MXR != 0) << 4;
            view |= u16::from(m & status::SUM != 0 && data == SUPERVISOR) << 5;
        }
        self.mode = Mode {
            root: if translates { self.csrs.satp } else { 0 },
            view,
            assume: u32::from(self.privilege)
                | (m >> 11 & 0xc) as u32
                | u32::from(self.csrs.frm) << 4
                | (m >> 9 & 3) as u32 * VS_ASSUMED
                | if self.options.vlen > 128 { VectorState::WIDE << 7 } else { 0 },
        };
    }

    /// The instruction of a helper that is 4 bytes long is done; goes on by way of the dispatcher.
    fn leave(frame: &mut Frame) -> Outcome {
        frame.pc = frame.pc.wrapping_add(4);
        Outcome::Leave(0)
    }

    fn wait(&mut self, cx: &mut Context<'_>, bits: u64) -> Outcome {
        let m = self.csrs.mstatus;
        if self.privilege == USER || self.privilege == SUPERVISOR && m & status::TW != 0 {
            return Outcome::Raise(illegal(bits));
        }
        self.take_pulses();
        let idle = self.pending() & self.csrs.mie == 0;
        let leave = Self::leave(cx.frame);
        if idle { Outcome::Stop(Stop::Idle) } else { leave }
    }

    fn fence_translations(&mut self, cx: &mut Context<'_>, args: [u64; 3]) -> Outcome {
        let trapped = self.privilege == SUPERVISOR && self.csrs.mstatus & status::TVM != 0;
        if self.privilege == USER || trapped {
            return Outcome::Raise(illegal(raw(Helper::SfenceVma, &args)));
        }
        let address = (args[2] & 1 != 0).then_some(args[0]);
        let asid = (args[2] & 2 != 0).then_some(args[1] as u16);
        self.fence(cx.flush, address, asid);
        Self::leave(cx.frame)
    }

    /// Whether `menvcfg`, and for users `senvcfg`, have one of these bits.
    fn environment(&self, bits: u64) -> bool {
        let c = &self.csrs;
        self.privilege == MACHINE
            || c.menvcfg & bits != 0 && (self.privilege == SUPERVISOR || c.senvcfg & bits != 0)
    }

    /// Bytes of a vector register.
    pub(crate) fn vlenb(&self) -> usize {
        usize::from(self.options.vlen / 8)
    }

    /// Sets `vtype` and of `wanted` as much as fits; the length.
    fn set_vector(&mut self, frame: &mut Frame, wanted: u64, vtype: u64) -> u64 {
        let vtype = Vtype(vtype).checked();
        let vl = wanted.min(vtype.vlmax(self.vlenb()) as u64);
        frame.slots[usize::from(slots::VTYPE)] = vtype.0;
        frame.slots[usize::from(slots::VL)] = vl;
        frame.slots[usize::from(slots::VSTART)] = 0;
        self.note_vectors(frame);
        vl
    }

    /// Writes down what blocks may know of the vector unit. Call after any change of its registers by other than
    /// lifted code.
    pub(crate) fn note_vectors(&self, frame: &mut Frame) {
        frame.slots[usize::from(slots::VSTATE)] = VectorState::of(frame, self.vlenb()).bits().into();
    }

    fn vector(&mut self, cx: &mut Context<'_>, bits: u32) -> Outcome {
        let rounding = csr::rounding(self.csrs.frm).unwrap_or(Rounding::NearestEven);
        Outcome::Value(vector::execute(cx.frame, bits, self.vlenb(), rounding).unwrap_or(0))
    }

    /// `cbo.*`: caches are coherent here, so that all but `cbo.zero` only check.
    fn cache_block(&mut self, cx: &mut Context<'_>, helper: Helper, args: [u64; 3]) -> Outcome {
        let enable = match helper {
            Helper::CboZero => envcfg::CBZE,
            Helper::CboInval => envcfg::CBIE,
            _ => envcfg::CBCFE,
        };
        if !self.environment(enable) {
            return Outcome::Raise(illegal(raw(helper, &args)));
        }
        // The block does the rest.
        if helper == Helper::CboZero {
            return Outcome::Value(0);
        }
        let memory = cx.space.memory();
        // Allowed where a load or a store is; counts as a store when it faults.
        if self.translate(memory, args[0], Access::Read).is_ok() {
            return Outcome::Value(0);
        }
        match self.translate(memory, args[0], Access::Write) {
            Ok(_) => Outcome::Value(0),
            Err(exception) => Outcome::Raise(exception),
        }
    }

    /// Does the work of [`Isa::call`].
    fn help(&mut self, cx: &mut Context<'_>, helper: u16, args: [u64; 3]) -> Outcome {
        let Ok(helper) = Helper::try_from(helper) else {
            return Outcome::Stop(Stop::Fatal(format!(
                "the lifter named helper {helper}, which does not exist"
            )));
        };
        let or_illegal = |legal: bool| {
            if legal { Outcome::Leave(0) } else { Outcome::Raise(illegal(raw(helper, &args))) }
        };
        match helper {
            Helper::Csr => self.csr(cx, args),
            Helper::MarkFsDirty => {
                self.dirty_fs();
                Outcome::Leave(0)
            }
            Helper::MarkVsDirty => {
                self.dirty_vs();
                Outcome::Leave(0)
            }
            Helper::SetVector => Outcome::Value(self.set_vector(cx.frame, args[0], args[1])),
            Helper::Vector => self.vector(cx, raw(helper, &args) as u32),
            Helper::Mret => or_illegal(self.mret(cx.frame)),
            Helper::Sret => or_illegal(self.sret(cx.frame)),
            Helper::Wfi => self.wait(cx, raw(helper, &args)),
            Helper::WrsNto => {
                // Whoever holds what the guest waits for may need this host CPU.
                std::thread::yield_now();
                Self::leave(cx.frame)
            }
            Helper::WrsSto => {
                std::hint::spin_loop();
                Self::leave(cx.frame)
            }
            Helper::SfenceVma => self.fence_translations(cx, args),
            Helper::SfenceWInval | Helper::SfenceInvalIr if self.privilege == USER => or_illegal(false),
            // Only order what sinval.vma, which already did all of it, stands between.
            Helper::SfenceWInval | Helper::SfenceInvalIr => Self::leave(cx.frame),
            Helper::FenceI => {
                cx.flush.push(Flush::Instructions);
                Self::leave(cx.frame)
            }
            Helper::Poll => {
                cx.frame.pc = cx.frame.pc.wrapping_add(args[0]);
                Outcome::Leave(0)
            }
            Helper::CboZero | Helper::CboClean | Helper::CboFlush | Helper::CboInval => {
                self.cache_block(cx, helper, args)
            }
        }
    }
}

impl Isa for Hart {
    // a0..a5, sp, s0, ra, s1, a6, a7, t-registers: by how often compilers name them.
    const HOT: &'static [Slot] = &[15, 14, 10, 2, 8, 13, 11, 12, 9, 1, 16, 17, 18, 5, 6, 7, 19, 20, 28, 29];
    // fa5..fa0, then the other temporaries.
    const HOT_FP: &'static [Slot] = &[47, 46, 42, 45, 43, 44, 32, 33, 34, 35, 40, 41, 36, 37, 48, 49];
    const SCALARS: Slot = 64;
    const FP: FpRules = FpRules { nan: NanRule::Canonical, boxed: true };

    fn misaligned(access: Access) -> u64 {
        match access {
            Access::Execute => 0,
            Access::Read => 4,
            Access::Write => 6,
        }
    }

    fn bus_error(access: Access) -> u64 {
        crate::trap::access_fault(access)
    }

    fn mode(&self, frame: &Frame) -> Mode {
        let mut mode = self.mode;
        if frame.assumed() & VectorState::KNOWN != 0 && mode.assume & 3 * VS_ASSUMED != 0 {
            let state = VectorState::of(frame, self.vlenb());
            mode.assume |= (state.bits() | VectorState::KNOWN) << 7;
        }
        mode
    }

    fn is_low(mode: Mode) -> bool {
        // Users, and whoever works on physical addresses: Linux has its kernel at the other end.
        let data = mode.view >> 2 & 3;
        data == u16::from(USER) || mode.root == 0
    }

    fn lift(mode: Mode, code: &mut Code<'_>, block: &mut Builder) {
        crate::lift::lift(mode, code, block);
    }

    fn walk(&mut self, cx: &mut Context<'_>, address: u64, access: Access) -> Result<Mapping, Exception> {
        self.translate(cx.space.memory(), address, access)
    }

    fn widen(&self, range: (u64, u64)) -> Option<(u64, u64)> {
        self.large.widen(range)
    }

    fn has_asid(root: u64, asid: u16) -> bool {
        // satp.ASID; without page tables there are no address spaces.
        root != 0 && (root >> 44) as u16 == asid
    }

    fn peek(&self, _frame: &Frame, space: &Space, address: u64) -> Option<u64> {
        self.look_up(space.memory(), address)
    }

    fn call(&mut self, cx: &mut Context<'_>, helper: u16, args: [u64; 3]) -> Outcome {
        // Arithmetic touches nothing of the hart's.
        if helper == Helper::Vector as u16 {
            return self.vector(cx, raw(Helper::Vector, &args) as u32);
        }
        self.take_status(cx.frame);
        let outcome = self.help(cx, helper, args);
        self.show_status(cx.frame);
        outcome
    }

    fn raise(&mut self, cx: &mut Context<'_>, exception: Exception) -> Option<Stop> {
        self.take_status(cx.frame);
        let stop = self.take_exception(cx.frame, exception);
        self.show_status(cx.frame);
        stop
    }

    fn poll(&mut self, cx: &mut Context<'_>) {
        self.take_status(cx.frame);
        self.take_interrupt(cx.frame);
        self.show_status(cx.frame);
    }

    fn registers(&self, frame: &Frame) -> lodge_arch::Registers {
        lodge_arch::Registers::Riscv(Box::new(self.save(frame)))
    }

    fn set_registers(&mut self, frame: &mut Frame, registers: &lodge_arch::Registers) -> Result<(), String> {
        #[allow(clippy::infallible_destructuring_match)] // Other ISAs will join.
        let registers = match registers {
            lodge_arch::Registers::Riscv(registers) => registers,
        };
        self.restore(frame, registers)
    }

    fn answer(&mut self, frame: &mut Frame, results: [u64; 2]) {
        frame.slots[10..12].copy_from_slice(&results);
    }
}

#[cfg(test)]
#[path = "hart_tests.rs"]
pub(crate) mod tests;
