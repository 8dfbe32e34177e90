//! The frame: a vCPU's registers as translated code reaches them, at fixed offsets from one host register.
//!
//! ```text
//!          attention       the flag of the link, 64 bytes before
//!   rbp ─► slots[0..256]   guest registers (those pinned in host registers are stale here while code runs)
//!          pc              valid at every exit and helper call
//!          mxcsr …         the engine's own
//! ```

use crate::mirror::WINDOW;
use lodge_cpu::{Link, ROOM};
use lodge_softfloat::{Flags, Rounding};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// Guest registers an ISA may have.
pub const SLOTS: usize = 256;
/// Temporaries that one block may have.
pub const TMPS: usize = 64;

/// See the module's head.
#[derive(Debug)]
#[repr(C, align(64))]
pub struct Frame {
    /// Guest registers.
    pub slots: [u64; SLOTS],
    /// Temporaries of the block that runs.
    pub(crate) tmps: [u64; TMPS],
    /// Constants that host code wants in memory, 16-byte aligned: see [`Const`].
    pub(crate) consts: [[u64; 2]; 8],
    /// Guest program counter.
    pub pc: u64,
    /// The engine core, for helpers.
    pub(crate) core: *mut u8,
    /// The MMU context in use.
    pub(crate) context: *mut u8,
    /// `assume << 57`, mixed into jump cache keys.
    pub(crate) jump_key: u64,
    /// The guest's MXCSR while translated code does not run: sticky flags since the last fold, rounding mode.
    pub(crate) mxcsr: u32,
    /// The host's own MXCSR.
    pub(crate) host_mxcsr: u32,
    /// Flags accrued by software floating point, in RISC-V's order.
    pub(crate) soft_flags: u32,
    /// IEEE flags in RISC-V's order by the low bits of MXCSR.
    pub(crate) flags_of_host: [u8; 64],
    /// Reserved address (+1 so that 0 is none) and value of the last load-reserved.
    pub(crate) reserved: u64,
    pub(crate) reserved_value: u64,
    /// Instructions executed, where they are counted, and how many there are to be.
    pub(crate) executed: u64,
    pub(crate) limit: u64,
}

/// Index of a constant in [`Frame::consts`].
#[derive(Debug, Clone, Copy)]
pub(crate) enum Const {
    /// Ones above a binary32 value.
    BoxS,
    /// Sign bit of a binary64.
    SignD,
    /// All but the sign bit of a binary64.
    MagnitudeD,
    /// Sign bit of a binary32.
    SignS,
    /// All but the sign bit of a binary32, the upper half kept.
    MagnitudeS,
    /// Bits that an address in the mirror's window does not have.
    BeyondWindow,
    /// The canonical NaN of binary64, and that of binary32, boxed.
    NanD,
    /// See [`Const::NanD`].
    NanS,
}

const CONSTS: [[u64; 2]; 8] = {
    let mut consts = [[0; 2]; 8];
    consts[Const::BoxS as usize][0] = 0xffff_ffff_0000_0000;
    consts[Const::SignD as usize][0] = 1 << 63;
    consts[Const::MagnitudeD as usize][0] = !(1 << 63);
    consts[Const::SignS as usize][0] = 1 << 31;
    consts[Const::MagnitudeS as usize][0] = !(1 << 31);
    consts[Const::BeyondWindow as usize][0] = !(WINDOW - 1);
    consts[Const::NanD as usize][0] = 0x7ff8 << 48;
    consts[Const::NanS as usize][0] = 0xffff_ffff_7fc0_0000;
    consts
};

// SAFETY: the raw pointers lead to the engine that owns the frame, and are only followed on its thread.
unsafe impl Send for Frame {}

/// MXCSR: IE 0, DE 1, ZE 2, OE 3, UE 4, PE 5 (Intel SDM vol. 1, 10.2.3).
const FLAGS_OF_HOST: [u8; 64] = {
    let mut table = [0; 64];
    let mut m = 0;
    while m < 64 {
        table[m] =
            ((m & 1) << 4 | (m >> 2 & 1) << 3 | (m >> 3 & 1) << 2 | (m >> 4 & 1) << 1 | m >> 5 & 1) as u8;
        m += 1;
    }
    table
};

/// All exceptions masked, round to nearest: the reset value of MXCSR (Intel SDM vol. 1, 10.2.3).
const MXCSR_DEFAULT: u32 = 0x1f80;

/// Bytes from the frame back to the attention flag.
pub(crate) const ATTENTION_BEFORE: usize = 64;

/// The frame of a vCPU, in its link's memory.
pub(crate) struct FrameBox {
    frame: *mut Frame,
    /// Keeps the memory.
    _link: Arc<Link>,
}

// SAFETY: the frame is this value's alone: there is one engine to a link.
unsafe impl Send for FrameBox {}

impl FrameBox {
    /// A fresh frame. There must not be another in use in the same link.
    pub(crate) fn new(link: &Arc<Link>) -> FrameBox {
        const { assert!(size_of::<Frame>() <= size_of::<[AtomicU64; ROOM]>(), "the frame fits the link's room") };
        let frame = link.room().as_ptr().cast_mut().cast::<Frame>();
        let flag = link.attention().as_ptr() as usize;
        assert_eq!(frame as usize - flag, ATTENTION_BEFORE, "the room is right behind the flag");
        // SAFETY: large enough by the assertion above, aligned as the link says, interior mutable, and nobody else uses it.
        unsafe { frame.write(Frame::default()) };
        FrameBox { frame, _link: Arc::clone(link) }
    }
}

impl Deref for FrameBox {
    type Target = Frame;

    fn deref(&self) -> &Frame {
        // SAFETY: written in `new`; the link keeps the memory.
        unsafe { &*self.frame }
    }
}

impl DerefMut for FrameBox {
    fn deref_mut(&mut self) -> &mut Frame {
        // SAFETY: as above; `&mut self` makes it exclusive.
        unsafe { &mut *self.frame }
    }
}

impl Default for Frame {
    fn default() -> Frame {
        Frame {
            slots: [0; SLOTS],
            pc: 0,
            tmps: [0; TMPS],
            consts: CONSTS,
            core: std::ptr::null_mut(),
            context: std::ptr::null_mut(),
            jump_key: 0,
            mxcsr: MXCSR_DEFAULT,
            host_mxcsr: MXCSR_DEFAULT,
            soft_flags: 0,
            flags_of_host: FLAGS_OF_HOST,
            reserved: 0,
            reserved_value: 0,
            executed: 0,
            limit: u64::MAX,
        }
    }
}

impl Frame {
    /// The accrued IEEE exception flags since they were last set.
    pub fn fp_flags(&self) -> Flags {
        let host = FLAGS_OF_HOST[self.mxcsr as usize & 63];
        Flags::from_bits(host | self.soft_flags as u8)
    }

    /// Sets the accrued flags.
    pub fn set_fp_flags(&mut self, flags: Flags) {
        self.mxcsr &= !0x3f;
        self.soft_flags = u32::from(flags.bits());
    }

    /// Adds to the accrued flags.
    pub fn accrue(&mut self, flags: Flags) {
        self.soft_flags |= u32::from(flags.bits());
    }

    /// Sets the rounding mode that blocks may assume in the host's unit. `NearestMaxMagnitude` has no host mode: code
    /// that needs it names it on its operations.
    pub fn set_rounding(&mut self, rounding: Rounding) {
        let rc = match rounding {
            Rounding::NearestEven | Rounding::NearestMaxMagnitude => 0,
            Rounding::Down => 1,
            Rounding::Up => 2,
            Rounding::TowardZero => 3,
        };
        self.mxcsr = self.mxcsr & !0x6000 | rc << 13;
    }

    /// The rounding mode the host's unit has while translated code runs.
    pub fn rounding(&self) -> Rounding {
        match self.mxcsr >> 13 & 3 {
            0 => Rounding::NearestEven,
            1 => Rounding::Down,
            2 => Rounding::Up,
            _ => Rounding::TowardZero,
        }
    }

    /// Gives up the reservation of a load-reserved, as traps and context switches may.
    pub fn drop_reservation(&mut self) {
        self.reserved = 0;
    }
}
