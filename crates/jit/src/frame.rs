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
use lodge_host::fp_traps::FpTraps;
use lodge_softfloat::{Flags, Rounding};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
    pub(crate) consts: [[u64; 2]; 7],
    /// Guest program counter.
    pub pc: u64,
    /// The engine core, for helpers.
    pub(crate) core: *mut u8,
    /// The MMU context in use.
    pub(crate) context: *mut u8,
    /// What translated code assumes, as [`crate::Mode`] mixes it into jump cache keys.
    pub(crate) jump_key: u64,
    /// The guest's MXCSR while translated code does not run: sticky flags since the last fold, rounding mode.
    pub(crate) mxcsr: u32,
    /// The host's own MXCSR.
    pub(crate) host_mxcsr: u32,
    /// Flags accrued, in RISC-V's order: by software floating point, and by what trapped in the host's unit. They are all
    /// there are but for [`UNSURE`]; then the sticky flags of MXCSR count too.
    pub(crate) accrued: FpTraps,
    /// Reads of the flags, while unsure, until exceptions not yet accrued are to trap; 0: they never are. And how many
    /// are left of them.
    pub(crate) flag_reads: u32,
    pub(crate) flag_reads_left: u32,
    /// IEEE flags in RISC-V's order by the low bits of MXCSR.
    pub(crate) flags_of_host: [u8; 64],
    /// Reserved address (+1 so that 0 is none) and value of the last load-reserved.
    pub(crate) reserved: u64,
    pub(crate) reserved_value: u64,
    /// Instructions executed, where they are counted, and how many there are to be.
    pub(crate) executed: u64,
    pub(crate) limit: u64,
    /// Instructions that code of blocks and of regions has begun, where [`crate::Tuning::shares`] asks for it.
    pub(crate) ran: [u64; 2],
    /// What vector code wants in memory.
    pub(crate) vectors: VectorArea,
}

/// Scratch memory and constants of vector code, in pieces of 32 bytes.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
pub(crate) struct VectorArea {
    /// A second operand that is the same for all lanes.
    pub splat: [u64; 4],
    /// Other scratch.
    pub scratch: [[u64; 4]; 3],
    /// Bits of a mask being made.
    pub bits: [u64; 4],
    /// Two groups, for lanes that move.
    pub room: [u64; 64],
    /// The host unit's control word, before and after.
    pub control: [u64; 4],
    /// Ones, then zeroes: n bytes of ones are 32 - n bytes on.
    pub ones: [u8; 64],
    /// Of byte lanes: which byte of the mask.
    pub spread: [u8; 32],
    /// Bit of the mask, by lane.
    pub bit8: [u8; 32],
    pub bit16: [u16; 16],
    pub bit32: [u32; 8],
    pub bit64: [u64; 8],
    /// The canonical NaN.
    pub nan32: [u32; 8],
    pub nan64: [u64; 4],
    /// One.
    pub one32: [u32; 8],
    pub one64: [u64; 4],
    /// Lane numbers.
    pub index: [u8; 256],
}

const fn lane_bits<const N: usize>(period: usize) -> [u64; N] {
    let mut bits = [0; N];
    let mut n = 0;
    while n < N {
        bits[n] = 1 << (n % period);
        n += 1;
    }
    bits
}

impl Default for VectorArea {
    fn default() -> VectorArea {
        VectorArea {
            splat: [0; 4],
            scratch: [[0; 4]; 3],
            bits: [0; 4],
            room: [0; 64],
            control: [0; 4],
            ones: std::array::from_fn(|n| if n < 32 { 0xff } else { 0 }),
            spread: std::array::from_fn(|n| (n / 8) as u8),
            bit8: lane_bits::<32>(8).map(|bit| bit as u8),
            bit16: lane_bits::<16>(16).map(|bit| bit as u16),
            bit32: lane_bits::<8>(8).map(|bit| bit as u32),
            bit64: lane_bits::<8>(8),
            nan32: [0x7fc0_0000; 8],
            nan64: [0x7ff8 << 48; 4],
            one32: [0x3f80_0000; 8],
            one64: [0x3ff0 << 48; 4],
            index: std::array::from_fn(|n| n as u8),
        }
    }
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
    /// The canonical NaN of binary64, and that of binary32, boxed.
    NanD,
    /// See [`Const::NanD`].
    NanS,
}

const CONSTS: [[u64; 2]; 7] = {
    let mut consts = [[0; 2]; 7];
    consts[Const::BoxS as usize][0] = 0xffff_ffff_0000_0000;
    consts[Const::SignD as usize][0] = 1 << 63;
    consts[Const::MagnitudeD as usize][0] = !(1 << 63);
    consts[Const::SignS as usize][0] = 1 << 31;
    consts[Const::MagnitudeS as usize][0] = !(1 << 31);
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
/// Its masks, and its sticky flags.
pub(crate) const MASKS: u32 = 0x1f80;
pub(crate) const STICKY: u32 = 0x3f;
/// In [`Frame::accrued`]: not all flags are there.
pub(crate) const UNSURE: u32 = 1 << 31;

/// What a trap adds to [`Frame::accrued`]. A tiny result need not be an underflow: from then on MXCSR must be asked.
const MARKS: [u32; 6] = [16, 0, 8, 4, UNSURE, 1];

/// MXCSR's masks for all exceptions that the guest knows but has not accrued to trap.
fn masks(accrued: u8) -> u32 {
    let masked = |kind: &usize| matches!(kind, 1) || FLAGS_OF_HOST[1 << kind] & accrued != 0;
    (0..6).filter(masked).map(|kind| 0x80 << kind).sum()
}

/// Bytes from the frame back to the attention flag. The flag is the lower half of a word whose upper half are the bits that
/// no address in the mirror's window has: whoever tests an address with the word asks for both.
pub(crate) const ATTENTION_BEFORE: usize = 64;
const BEYOND_WINDOW: u64 = !(WINDOW - 1);
const _: () = assert!(BEYOND_WINDOW as u32 == 0, "the lower half is the flag's");

/// The frame of a vCPU, in its link's memory.
pub(crate) struct FrameBox {
    frame: *mut Frame,
    /// Keeps the memory.
    link: Arc<Link>,
}

// SAFETY: the frame is this value's alone: a link's room is claimed by one at a time.
unsafe impl Send for FrameBox {}

impl FrameBox {
    /// A fresh frame; `None` when the link has one already, that of another engine.
    pub(crate) fn new(link: &Arc<Link>) -> Option<FrameBox> {
        const { assert!(size_of::<Frame>() <= size_of::<[AtomicU64; ROOM]>(), "the frame fits the link's room") };
        let frame = link.claim_room()?.as_ptr().cast_mut().cast::<Frame>();
        let flag = link.attention().as_ptr() as usize;
        assert_eq!(frame as usize - flag, ATTENTION_BEFORE, "the room is right behind the flag");
        link.set_calm((BEYOND_WINDOW >> 32) as u32);
        // SAFETY: large enough by the assertion above, aligned as the link says, interior mutable, and nobody else uses it.
        unsafe { frame.write(Frame::default()) };
        Some(FrameBox { frame, link: Arc::clone(link) })
    }
}

impl Drop for FrameBox {
    fn drop(&mut self) {
        self.link.return_room();
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
            accrued: FpTraps::new(UNSURE, MARKS),
            flag_reads: 0,
            flag_reads_left: 0,
            flags_of_host: FLAGS_OF_HOST,
            reserved: 0,
            reserved_value: 0,
            executed: 0,
            limit: u64::MAX,
            ran: [0; 2],
            vectors: VectorArea::default(),
        }
    }
}

impl Frame {
    /// The accrued IEEE exception flags since they were last set.
    pub fn fp_flags(&self) -> Flags {
        let host = FLAGS_OF_HOST[(self.mxcsr & STICKY) as usize];
        Flags::from_bits(host | self.accrued.word.load(Ordering::Relaxed) as u8)
    }

    /// Sets the accrued flags.
    pub fn set_fp_flags(&mut self, flags: Flags) {
        let (old, new) = (self.fp_flags().bits(), flags.bits());
        if old & !new == 0 {
            return self.accrue(flags);
        }
        // What is not accrued any more would have to trap again: rather not, if it may come and go all the time.
        self.mxcsr = self.mxcsr & !STICKY | MASKS;
        *self.accrued.word.get_mut() = u32::from(new) | UNSURE;
    }

    /// Adds to the accrued flags.
    pub fn accrue(&mut self, flags: Flags) {
        *self.accrued.word.get_mut() |= u32::from(flags.bits());
    }

    /// How many times translated code reads the flags by asking the host's unit before it has exceptions trap instead;
    /// 0: never.
    pub(crate) fn trap_after(&mut self, reads: u32) {
        (self.flag_reads, self.flag_reads_left) = (reads, reads);
    }

    /// From now on the first exception of each kind traps, and [`Frame::accrued`] has all flags.
    pub(crate) fn trap_first(&mut self) {
        self.flag_reads_left = self.flag_reads;
        if self.flag_reads != 0 {
            let accrued = self.fp_flags().bits();
            self.mxcsr = self.mxcsr & !(STICKY | MASKS) | masks(accrued);
            *self.accrued.word.get_mut() = accrued.into();
        }
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

    /// Bits 7 to 18 of what running code assumes ([`crate::Mode::assume`]), in bits 0 to 11.
    pub fn assumed(&self) -> u32 {
        (self.jump_key & 0xfff) as u32
    }

    /// Sets them. Code that goes on must be code that assumes this.
    pub fn set_assumed(&mut self, assumed: u32) {
        self.jump_key = self.jump_key & !0xfff | u64::from(assumed & 0xfff);
    }

    /// Gives up the reservation of a load-reserved, as traps and context switches may.
    pub fn drop_reservation(&mut self) {
        self.reserved = 0;
    }
}
