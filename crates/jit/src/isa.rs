//! What a guest ISA promises the engine: lift, walk page tables, take traps, do the system instructions.

use crate::{Builder, Code, Frame, ir::Slot};
use lodge_bus::Space;
use lodge_cpu::{Flush, Link, Stop};
use lodge_softfloat::NanRule;

/// Why memory is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Load.
    Read,
    /// Store, atomic.
    Write,
    /// Instruction fetch.
    Execute,
}

/// An exception as the guest will see it; the numbers are the ISA's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exception {
    /// Cause (RISC-V: `mcause` without the interrupt bit).
    pub cause: u64,
    /// What goes with it (RISC-V: `mtval`).
    pub value: u64,
}

/// Result of a page walk for one virtual address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    /// Guest physical address of the byte asked for.
    pub address: u64,
    /// Loads from the rest of the 4 KiB page would succeed without another walk.
    pub readable: bool,
    /// Stores likewise (dirty bit already set, and so on).
    pub writable: bool,
    /// Bytes, naturally aligned around both addresses, that one entry of the page tables maps with the same rights; a
    /// page's if nothing better is known.
    pub leaf: u64,
    /// Whether all of the 4 KiB page follows the same rules and may be remembered.
    pub whole_page: bool,
    /// It is the same in every address space, and stays when one of them is forgotten.
    pub global: bool,
}

/// Identity of an address space as loads, stores and jumps see it, and of what translated code may assume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Mode {
    /// Root of the page tables with address-space number (RISC-V: `satp`); 0 when there is no translation.
    pub root: u64,
    /// Whatever else changes how an address is translated or checked: privilege, SUM, MXR, …
    pub view: u16,
    /// What the lifter was allowed to assume (privilege, FP unit on, rounding mode, …); below 2^19. Part of a block's
    /// key; `root` and `view` are not. Bits 7 and up may be changed by code itself: see [`crate::ir::Op::Assume`].
    pub assume: u32,
}

impl Mode {
    /// How `assume` is mixed into the keys of jump caches. Bits 57 and up of an address repeat bit 56; bits 0 to 11
    /// choose the entry (or are zero), so that nothing is lost there either.
    ///
    /// ```text
    ///   63         57 56      12 11            0
    ///  ┌─────────────┬──────────┬───────────────┐
    ///  │ assume 6..0 │    0     │ assume 18..7  │   exclusive-or'ed with the guest's pc
    ///  └─────────────┴──────────┴───────────────┘
    /// ```
    pub(crate) fn jump_key(self) -> u64 {
        u64::from(self.assume & 0x7f) << 57 | u64::from(self.assume >> 7 & 0xfff)
    }
}

/// Floating-point rules that hold for all of an ISA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FpRules {
    /// NaNs that operations return.
    pub nan: NanRule,
    /// Narrow values sit in 64-bit registers with ones above them; a value that is not boxed counts as a NaN.
    pub boxed: bool,
}

/// What a helper wants next.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Go on in the block with this value. Only when [`Mode`] and mapping are as they were.
    Value(u64),
    /// The same, but the helper has set the frame's `pc` to where to go on, by way of the dispatcher, which polls
    /// interrupts and looks at the mode. (A helper that leaves `pc` alone has its instruction run again.)
    Leave(u64),
    /// The instruction raises an exception.
    Raise(Exception),
    /// The vCPU stops; `pc` says where it will go on.
    Stop(Stop),
}

/// What a helper, a walk or a trap can reach.
pub struct Context<'a> {
    /// Guest registers. On entry to [`Isa::call`] `pc` is the calling instruction's address.
    pub frame: &'a mut Frame,
    /// Physical memory and devices.
    pub space: &'a Space,
    /// The vCPU's link: lines, pulses, kicks.
    pub link: &'a Link,
    /// Set these to have the engine forget translations or code.
    pub flush: &'a mut Vec<Flush>,
}

/// A guest instruction set. One value is one vCPU's system state (control registers); the general, FP and vector
/// registers are the frame's slots.
pub trait Isa: Send + 'static {
    /// Integer slots, most used first: the emitter keeps as many as it can in host registers all the time.
    const HOT: &'static [Slot];
    /// FP slots likewise.
    const HOT_FP: &'static [Slot];
    /// Slots below this one are scalar registers: regions may keep them in host registers. The others only ever live in
    /// the frame.
    const SCALARS: Slot;
    /// Floating-point rules.
    const FP: FpRules;
    /// Cause of a misaligned atomic access, and of an access to nowhere, by kind of access.
    fn misaligned(access: Access) -> u64;
    /// Cause of an access to a physical address where nothing is.
    fn bus_error(access: Access) -> u64;

    /// Which mode the vCPU is in.
    fn mode(&self, frame: &Frame) -> Mode;

    /// Whether code in this mode mostly works on addresses below 2^38, so that mirroring pays.
    fn is_low(mode: Mode) -> bool;

    /// Lifts instructions from `code` into `block` until a jump, or until [`Code::more`] says no. Sees no state but
    /// `mode`, so that equal modes give equal blocks.
    fn lift(mode: Mode, code: &mut Code<'_>, block: &mut Builder);

    /// Translates `address`, sets accessed and dirty bits as the architecture says.
    ///
    /// # Errors
    /// The exception the access raises.
    fn walk(&mut self, cx: &mut Context<'_>, address: u64, access: Access) -> Result<Mapping, Exception>;

    /// What to forget so that all that was remembered from the page-table entries of `range` is gone; `None`:
    /// everything.
    fn widen(&self, range: (u64, u64)) -> Option<(u64, u64)> {
        Some(range)
    }

    /// Whether the address space with these page tables ([`Mode::root`]) has the number `asid`.
    fn has_asid(_root: u64, _asid: u16) -> bool {
        true
    }

    /// Translates for a debugger: no side effects, no permission checks beyond validity.
    fn peek(&self, frame: &Frame, space: &Space, address: u64) -> Option<u64>;

    /// Runs helper number `helper` of an [`crate::ir::Op::Call`].
    fn call(&mut self, cx: &mut Context<'_>, helper: u16, args: [u64; 3]) -> Outcome;

    /// Enters the guest's handler of `exception` raised at `frame.pc`; a [`Stop`] when it is not for the guest
    /// (a call of lodge's firmware; `pc` is then behind the calling instruction).
    fn raise(&mut self, cx: &mut Context<'_>, exception: Exception) -> Option<Stop>;

    /// Looks at lines and pulses; enters the handler of the most urgent interrupt that is enabled. Called between
    /// blocks after a kick and after [`Outcome::Leave`].
    fn poll(&mut self, cx: &mut Context<'_>);

    /// Everything a program can see.
    fn registers(&self, frame: &Frame) -> lodge_arch::Registers;

    /// Becomes what `registers` says.
    ///
    /// # Errors
    /// A line saying what cannot be; nothing has changed then.
    fn set_registers(&mut self, frame: &mut Frame, registers: &lodge_arch::Registers) -> Result<(), String>;

    /// Stores the results of a firmware call.
    fn answer(&mut self, frame: &mut Frame, results: [u64; 2]);
}
