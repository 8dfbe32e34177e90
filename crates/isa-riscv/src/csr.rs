//! Control and status registers: numbers and names in one table, and for each what it reads and what it holds when
//! written (WARL: a value that the hart cannot hold becomes one that it can).
//!
//! ```text
//!   csrrw/s/c ─► Hart::csr ─► allowed ─► read ─► write ─► the engine goes on in the block, or leaves it when the
//!                                                         mode, a mapping or a pending interrupt came of it
//! ```
//! It must not know instructions' encodings.

use crate::hart::Hart;
use crate::helper::{CsrAccess, CsrOp};
use crate::slots;
use crate::trap::{MACHINE, SUPERVISOR, illegal};
use crate::vector::Vtype;
use lodge_cpu::Flush;
use lodge_jit::{Context, Frame, Outcome};
use lodge_softfloat::{Flags, Rounding};

/// One row of [`TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// First number; bits 8..10 are the lowest privilege that may use it, bits 10..12 = 3: read-only.
    pub number: u16,
    /// How many registers of this kind there are from `number` on.
    pub count: u16,
    /// Distance between their numbers.
    pub step: u16,
    /// The manual's name, of the first.
    pub name: &'static str,
    /// Holds state of its own, which is saved with the vCPU.
    pub saved: bool,
}

macro_rules! table {
    ($($id:ident $number:literal $(+ $step:literal * $count:literal)? $name:literal $state:ident;)*) => {
        $(#[doc = concat!("`", $name, "`")] pub const $id: u16 = $number;)*
        /// All registers, by number.
        pub const TABLE: &[Row] = &[$(Row {
            number: $number,
            count: 1 $( - 1 + $count)?,
            step: 1 $( - 1 + $step)?,
            name: $name,
            saved: table!($state),
        }),*];
    };
    (saved) => { true };
    (view) => { false };
}

#[rustfmt::skip]
table! {
    FFLAGS        0x001 "fflags"        view;
    FRM           0x002 "frm"           view;
    FCSR          0x003 "fcsr"          saved;
    VSTART        0x008 "vstart"        saved;
    VXSAT         0x009 "vxsat"         view;
    VXRM          0x00a "vxrm"          view;
    VCSR          0x00f "vcsr"          saved;
    SSTATUS       0x100 "sstatus"       view;
    SIE           0x104 "sie"           view;
    STVEC         0x105 "stvec"         saved;
    SCOUNTEREN    0x106 "scounteren"    saved;
    SENVCFG       0x10a "senvcfg"       saved;
    SSTATEEN0     0x10c + 1 * 4 "sstateen0" view;
    SSCRATCH      0x140 "sscratch"      saved;
    SEPC          0x141 "sepc"          saved;
    SCAUSE        0x142 "scause"        saved;
    STVAL         0x143 "stval"         saved;
    SIP           0x144 "sip"           view;
    STIMECMP      0x14d "stimecmp"      saved;
    SATP          0x180 "satp"          saved;
    MSTATUS       0x300 "mstatus"       saved;
    MISA          0x301 "misa"          view;
    MEDELEG       0x302 "medeleg"       saved;
    MIDELEG       0x303 "mideleg"       saved;
    MIE           0x304 "mie"           saved;
    MTVEC         0x305 "mtvec"         saved;
    MCOUNTEREN    0x306 "mcounteren"    saved;
    MENVCFG       0x30a "menvcfg"       saved;
    MSTATEEN0     0x30c + 1 * 4 "mstateen0" saved;
    MCOUNTINHIBIT 0x320 "mcountinhibit" saved;
    MHPMEVENT3    0x323 + 1 * 29 "mhpmevent3" view;
    MSCRATCH      0x340 "mscratch"      saved;
    MEPC          0x341 "mepc"          saved;
    MCAUSE        0x342 "mcause"        saved;
    MTVAL         0x343 "mtval"         saved;
    MIP           0x344 "mip"           saved;
    PMPCFG0       0x3a0 + 2 * 2 "pmpcfg0" saved;
    PMPADDR0      0x3b0 + 1 * 16 "pmpaddr0" saved;
    MCYCLE        0xb00 "mcycle"        saved;
    MINSTRET      0xb02 "minstret"      saved;
    MHPMCOUNTER3  0xb03 + 1 * 29 "mhpmcounter3" view;
    CYCLE         0xc00 "cycle"         view;
    TIME          0xc01 "time"          view;
    INSTRET       0xc02 "instret"       view;
    HPMCOUNTER3   0xc03 + 1 * 29 "hpmcounter3" view;
    VL            0xc20 "vl"            saved;
    VTYPE         0xc21 "vtype"         saved;
    VLENB         0xc22 "vlenb"         view;
    MVENDORID     0xf11 "mvendorid"     view;
    MARCHID       0xf12 "marchid"       view;
    MIMPID        0xf13 "mimpid"        view;
    MHARTID       0xf14 "mhartid"       view;
    MCONFIGPTR    0xf15 "mconfigptr"    view;
}

/// Numbers of all registers that hold state of their own, ascending.
pub fn saved() -> impl Iterator<Item = u16> {
    TABLE.iter().filter(|row| row.saved).flat_map(|row| (0..row.count).map(|i| row.number + i * row.step))
}

/// Last of the 29 event counters after cycle, time and instret.
const MHPMEVENT31: u16 = MHPMEVENT3 + 28;
const MHPMCOUNTER31: u16 = MHPMCOUNTER3 + 28;
const HPMCOUNTER31: u16 = HPMCOUNTER3 + 28;
const SSTATEEN3: u16 = SSTATEEN0 + 3;
const MSTATEEN3: u16 = MSTATEEN0 + 3;
const PMPCFG2: u16 = PMPCFG0 + 2;
const PMPADDR15: u16 = PMPADDR0 + 15;

/// Fields of `mstatus` (privileged manual, "Machine Status Registers").
#[allow(missing_docs)]
pub mod status {
    pub const SIE: u64 = 1 << 1;
    pub const MIE: u64 = 1 << 3;
    pub const SPIE: u64 = 1 << 5;
    pub const MPIE: u64 = 1 << 7;
    pub const SPP: u64 = 1 << 8;
    pub const VS: u64 = 3 << 9;
    pub const MPP: u64 = 3 << 11;
    pub const FS: u64 = 3 << 13;
    pub const MPRV: u64 = 1 << 17;
    pub const SUM: u64 = 1 << 18;
    pub const MXR: u64 = 1 << 19;
    pub const TVM: u64 = 1 << 20;
    pub const TW: u64 = 1 << 21;
    pub const TSR: u64 = 1 << 22;
    /// U- and S-mode are 64 bits wide, always.
    pub const UXL: u64 = 2 << 32;
    pub const SXL: u64 = 2 << 34;
    /// FS or VS is dirty.
    pub const SD: u64 = 1 << 63;
    /// What supervisors may write.
    pub const SUPERVISOR: u64 = SIE | SPIE | SPP | VS | FS | SUM | MXR;
    /// All that can be written.
    pub const ALL: u64 = SUPERVISOR | MIE | MPIE | MPP | MPRV | TVM | TW | TSR;
}

/// Fields of `menvcfg` and `senvcfg`.
#[allow(missing_docs)]
pub mod envcfg {
    pub const FIOM: u64 = 1;
    pub const CBIE: u64 = 3 << 4;
    pub const CBCFE: u64 = 1 << 6;
    pub const CBZE: u64 = 1 << 7;
    pub const ADUE: u64 = 1 << 61;
    pub const PBMTE: u64 = 1 << 62;
    pub const STCE: u64 = 1 << 63;
    /// All of `senvcfg`.
    pub const SUPERVISOR: u64 = FIOM | CBIE | CBCFE | CBZE;
    /// All of `menvcfg`.
    pub const MACHINE: u64 = SUPERVISOR | ADUE | PBMTE | STCE;
}

/// Bits of `mip` and `mie`.
#[allow(missing_docs)]
pub mod irq {
    pub const SSIP: u64 = 1 << 1;
    pub const MSIP: u64 = 1 << 3;
    pub const STIP: u64 = 1 << 5;
    pub const MTIP: u64 = 1 << 7;
    pub const SEIP: u64 = 1 << 9;
    pub const MEIP: u64 = 1 << 11;
    pub const SUPERVISOR: u64 = SSIP | STIP | SEIP;
    /// Driven by the vCPU's lines.
    pub const LINES: u64 = MSIP | MTIP | SEIP | MEIP;
    pub const ALL: u64 = SUPERVISOR | LINES;
}

/// `mstateen0`: senvcfg is accessible from below.
pub(crate) const STATEEN_ENVCFG: u64 = 1 << 62;
/// `mstateen*`: the matching `sstateen` is accessible from below.
pub(crate) const STATEEN_SE: u64 = 1 << 63;
/// Exceptions that can be delegated: all but a call from M-mode and the reserved ones.
pub(crate) const MEDELEG_MASK: u64 = 0xb3ff;
/// RV64 with A, C, D, F, I, M, S, U.
const MISA_VALUE: u64 = 2 << 62 | 1 | 1 << 2 | 1 << 3 | 1 << 5 | 1 << 8 | 1 << 12 | 1 << 18 | 1 << 20;
/// Counters that stand still when told: cycle and instret.
const INHIBIT_MASK: u64 = 5;
/// Instructions start at even addresses.
const EVEN: u64 = !1;

/// Values of the registers; those that live in the frame's slots and those of other modules are not here.
#[derive(Debug, Clone)]
pub(crate) struct Csrs {
    /// Only bits of [`status::ALL`].
    pub mstatus: u64,
    pub medeleg: u64,
    pub mideleg: u64,
    pub mie: u64,
    /// The bits that software or a pulse has set.
    pub mip: u64,
    pub mtvec: u64,
    pub stvec: u64,
    pub mcounteren: u64,
    pub scounteren: u64,
    pub mcountinhibit: u64,
    pub menvcfg: u64,
    pub senvcfg: u64,
    pub mstateen: [u64; 4],
    pub mscratch: u64,
    pub mepc: u64,
    pub mcause: u64,
    pub mtval: u64,
    pub satp: u64,
    pub stimecmp: u64,
    pub frm: u8,
    /// Value minus the clock's nanoseconds, or the value itself while inhibited.
    pub mcycle: u64,
    pub minstret: u64,
}

impl Default for Csrs {
    fn default() -> Csrs {
        Csrs {
            // The manual leaves stimecmp open; like this, no timer rings before it is set.
            stimecmp: u64::MAX,
            // As open. Firmware that does not know an extension which the device tree promises leaves its bit alone,
            // and supervisors then count on what the extension gives.
            menvcfg: envcfg::ADUE | envcfg::PBMTE | envcfg::CBIE | envcfg::CBCFE | envcfg::CBZE,
            mstatus: 0,
            medeleg: 0,
            mideleg: 0,
            mie: 0,
            mip: 0,
            mtvec: 0,
            stvec: 0,
            mcounteren: 0,
            scounteren: 0,
            mcountinhibit: 0,
            senvcfg: 0,
            mstateen: [0; 4],
            mscratch: 0,
            mepc: 0,
            mcause: 0,
            mtval: 0,
            satp: 0,
            frm: 0,
            mcycle: 0,
            minstret: 0,
        }
    }
}

/// `mask` bits of `new`, the rest of `old`.
const fn merge(old: u64, new: u64, mask: u64) -> u64 {
    old & !mask | new & mask
}

/// A trap vector: modes 2 and 3 are reserved, and leave the register as it was.
const fn vector(old: u64, new: u64) -> u64 {
    if new & 2 != 0 { old } else { new }
}

/// CBIE = 2 is reserved, and stays as it was.
const fn environment(old: u64, new: u64, mask: u64) -> u64 {
    let mask = if new & envcfg::CBIE == 2 << 4 { mask & !envcfg::CBIE } else { mask };
    merge(old, new, mask)
}

/// MPP = 2 is reserved, and stays as it was.
const fn machine_status(old: u64, new: u64, mask: u64) -> u64 {
    let mask = if new & status::MPP == 2 << 11 { mask & !status::MPP } else { mask };
    merge(old, new, mask)
}

/// Rounding mode that `frm` names; 5 to 7 name none.
pub(crate) const fn rounding(frm: u8) -> Option<Rounding> {
    match frm {
        0 => Some(Rounding::NearestEven),
        1 => Some(Rounding::TowardZero),
        2 => Some(Rounding::Down),
        3 => Some(Rounding::Up),
        4 => Some(Rounding::NearestMaxMagnitude),
        _ => None,
    }
}

impl Hart {
    /// A CSR instruction.
    pub(crate) fn csr(&mut self, cx: &mut Context<'_>, args: [u64; 3]) -> Outcome {
        let access = CsrAccess::decode(args[0]);
        let number = access.number;
        let bits = args[0] >> 32;
        if !self.allowed(number, access.writes) {
            return Outcome::Raise(illegal(bits));
        }
        let Some(old) = self.read_csr(cx.frame, number) else { return Outcome::Raise(illegal(bits)) };
        if !access.writes {
            return Outcome::Value(old);
        }
        // The external interrupt's line is seen in mip.SEIP, but must not be copied into the software bit.
        let base = if number == MIP { merge(old, self.csrs.mip, irq::SEIP) } else { old };
        let new = match access.op {
            CsrOp::Write => args[1],
            CsrOp::Set => base | args[1],
            CsrOp::Clear => base & !args[1],
        };
        let mode = self.mode;
        let vectors = cx.frame.slots[usize::from(slots::VSTATE)];
        let flushes = cx.flush.len();
        let look = self.write_csr(cx.frame, cx.flush, number, new);
        let vectors = vectors != cx.frame.slots[usize::from(slots::VSTATE)];
        if self.mode != mode || vectors || cx.flush.len() != flushes || look && self.interrupt().is_some() {
            cx.frame.pc = cx.frame.pc.wrapping_add(args[2] & 7);
            return Outcome::Leave(old);
        }
        Outcome::Value(old)
    }

    /// Whether the current privilege may use the register now, existing or not.
    fn allowed(&self, number: u16, writes: bool) -> bool {
        if u16::from(self.privilege) < number >> 8 & 3 || writes && number >> 10 == 3 {
            return false;
        }
        let c = &self.csrs;
        match number {
            FFLAGS..=FCSR => c.mstatus & status::FS != 0,
            VSTART..=VXRM | VCSR | VL..=VLENB => c.mstatus & status::VS != 0,
            _ if self.privilege == MACHINE => true,
            CYCLE..=HPMCOUNTER31 => {
                let user = self.privilege == SUPERVISOR || c.scounteren >> (number - CYCLE) & 1 != 0;
                user && c.mcounteren >> (number - CYCLE) & 1 != 0
            }
            SATP => c.mstatus & status::TVM == 0,
            STIMECMP => c.mcounteren & 2 != 0 && c.menvcfg & envcfg::STCE != 0,
            SENVCFG => c.mstateen[0] & STATEEN_ENVCFG != 0,
            SSTATEEN0..=SSTATEEN3 => c.mstateen[usize::from(number - SSTATEEN0)] & STATEEN_SE != 0,
            _ => true,
        }
    }

    /// What the register reads; `None`: there is no such register.
    #[rustfmt::skip]
    pub(crate) fn read_csr(&mut self, frame: &Frame, number: u16) -> Option<u64> {
        if matches!(number, MIP | SIP) {
            self.take_pulses();
        }
        self.peek_csr(frame, number)
    }

    /// The same without taking news from the link.
    #[rustfmt::skip]
    pub(crate) fn peek_csr(&self, frame: &Frame, number: u16) -> Option<u64> {
        let c = &self.csrs;
        Some(match number {
            SSTATUS => self.status() & (status::SUPERVISOR | status::UXL | status::SD),
            SSCRATCH => frame.slots[usize::from(slots::SSCRATCH)],
            SEPC => frame.slots[usize::from(slots::SEPC)],
            SCAUSE => frame.slots[usize::from(slots::SCAUSE)],
            STVAL => frame.slots[usize::from(slots::STVAL)],
            SIE => c.mie & c.mideleg,
            SIP => self.pending() & c.mideleg,
            STIMECMP => c.stimecmp,
            SATP => c.satp,
            TIME => self.time(),
            CYCLE | MCYCLE => self.counter(c.mcycle, 1),
            INSTRET | MINSTRET => self.counter(c.minstret, 4),
            FFLAGS => u64::from(frame.fp_flags().bits()),
            FRM => u64::from(c.frm),
            FCSR => u64::from(frame.fp_flags().bits()) | u64::from(c.frm) << 5,
            VSTART..=VXRM | VCSR | VL..=VLENB if self.options.vlen == 0 => return None,
            VSTART => frame.slots[usize::from(slots::VSTART)],
            VXSAT => frame.slots[usize::from(slots::VCSR)] & 1,
            VXRM => frame.slots[usize::from(slots::VCSR)] >> 1,
            VCSR => frame.slots[usize::from(slots::VCSR)],
            VL => frame.slots[usize::from(slots::VL)],
            VTYPE => frame.slots[usize::from(slots::VTYPE)],
            VLENB => self.vlenb() as u64,
            STVEC => c.stvec,
            SCOUNTEREN => c.scounteren,
            SENVCFG => c.senvcfg,
            MSTATUS => self.status(),
            MISA => MISA_VALUE | if self.options.vlen != 0 { 1 << 21 } else { 0 },
            MEDELEG => c.medeleg,
            MIDELEG => c.mideleg,
            MIE => c.mie,
            MTVEC => c.mtvec,
            MCOUNTEREN => c.mcounteren,
            MENVCFG => c.menvcfg,
            MSTATEEN0..=MSTATEEN3 => c.mstateen[usize::from(number - MSTATEEN0)],
            MCOUNTINHIBIT => c.mcountinhibit,
            MSCRATCH => c.mscratch,
            MEPC => c.mepc,
            MCAUSE => c.mcause,
            MTVAL => c.mtval,
            MIP => self.pending(),
            PMPCFG0 | PMPCFG2 => self.pmp.read_cfg(usize::from(number - PMPCFG0)),
            PMPADDR0..=PMPADDR15 => self.pmp.read_addr(usize::from(number - PMPADDR0)),
            MHARTID => self.id,
            SSTATEEN0..=SSTATEEN3 | MHPMEVENT3..=MHPMEVENT31 | MHPMCOUNTER3..=MHPMCOUNTER31
            | HPMCOUNTER3..=HPMCOUNTER31 | MVENDORID | MARCHID | MIMPID | MCONFIGPTR => 0,
            _ => return None,
        })
    }

    /// Writes a register that exists and may be written. `true`: an interrupt may be due now.
    #[rustfmt::skip]
    pub(crate) fn write_csr(&mut self, frame: &mut Frame, flush: &mut Vec<Flush>, number: u16, value: u64) -> bool {
        let c = &mut self.csrs;
        match number {
            SSTATUS => return self.write_status(merge(self.csrs.mstatus, value, status::SUPERVISOR)),
            MSTATUS => return self.write_status(machine_status(self.csrs.mstatus, value, status::ALL)),
            SSCRATCH => frame.slots[usize::from(slots::SSCRATCH)] = value,
            SEPC => frame.slots[usize::from(slots::SEPC)] = value & EVEN,
            SCAUSE => frame.slots[usize::from(slots::SCAUSE)] = value,
            STVAL => frame.slots[usize::from(slots::STVAL)] = value,
            SIE => { c.mie = merge(c.mie, value, c.mideleg); return true }
            MIE => { c.mie = value & irq::ALL; return true }
            SIP => { c.mip = merge(c.mip, value, c.mideleg & irq::SSIP); return true }
            MIP => {
                let stip = if c.menvcfg & envcfg::STCE == 0 { irq::STIP } else { 0 };
                c.mip = merge(c.mip, value, irq::SSIP | irq::SEIP | stip);
                return true;
            }
            STIMECMP => { c.stimecmp = value; self.arm_timer(); return true }
            SATP => self.write_satp(value),
            FFLAGS => { frame.set_fp_flags(Flags::from_bits(value as u8)); self.dirty_fs() }
            FRM => self.write_frm(frame, value as u8),
            FCSR => {
                frame.set_fp_flags(Flags::from_bits(value as u8));
                self.write_frm(frame, (value >> 5) as u8);
            }
            VSTART | VXSAT | VXRM | VCSR | VL | VTYPE => self.write_vector(frame, number, value),
            STVEC => c.stvec = vector(c.stvec, value),
            MTVEC => c.mtvec = vector(c.mtvec, value),
            SCOUNTEREN => c.scounteren = value & 0xffff_ffff,
            MCOUNTEREN => c.mcounteren = value & 0xffff_ffff,
            SENVCFG => c.senvcfg = environment(c.senvcfg, value, envcfg::SUPERVISOR),
            MENVCFG => {
                let old = c.menvcfg;
                c.menvcfg = environment(old, value, envcfg::MACHINE);
                if (old ^ c.menvcfg) & (envcfg::ADUE | envcfg::PBMTE) != 0 {
                    self.flush_all(flush);
                }
                return true;
            }
            MEDELEG => c.medeleg = value & MEDELEG_MASK,
            MIDELEG => { c.mideleg = value & irq::SUPERVISOR; return true }
            MSTATEEN0..=MSTATEEN3 => {
                let mask = if number == MSTATEEN0 { STATEEN_SE | STATEEN_ENVCFG } else { STATEEN_SE };
                c.mstateen[usize::from(number - MSTATEEN0)] = value & mask;
            }
            MCOUNTINHIBIT => self.write_inhibit(value & INHIBIT_MASK),
            MCYCLE => self.csrs.mcycle = self.counter_base(value, 1),
            MINSTRET => self.csrs.minstret = self.counter_base(value, 4),
            MSCRATCH => c.mscratch = value,
            MEPC => c.mepc = value & EVEN,
            MCAUSE => c.mcause = value,
            MTVAL => c.mtval = value,
            PMPCFG0 | PMPCFG2 => {
                self.pmp.write_cfg(usize::from(number - PMPCFG0), value);
                self.flush_all(flush);
            }
            PMPADDR0..=PMPADDR15 => {
                self.pmp.write_addr(usize::from(number - PMPADDR0), value);
                self.flush_all(flush);
            }
            _ => {}
        }
        false
    }

    /// `vl` and `vtype` are written only when a saved hart comes back.
    fn write_vector(&mut self, frame: &mut Frame, number: u16, value: u64) {
        let vcsr = frame.slots[usize::from(slots::VCSR)];
        let (slot, value) = match number {
            // As many bits as the largest element number needs.
            VSTART => (slots::VSTART, value & (u64::from(self.options.vlen).max(1) - 1)),
            VXSAT => (slots::VCSR, merge(vcsr, value, 1)),
            VXRM => (slots::VCSR, merge(vcsr, value << 1, 6)),
            VCSR => (slots::VCSR, value & 7),
            VL => (slots::VL, value),
            _ => (slots::VTYPE, Vtype(value).checked().0),
        };
        frame.slots[usize::from(slot)] = value;
        self.note_vectors(frame);
        if number <= VCSR {
            self.dirty_vs();
        }
    }

    /// The vector state differs from what was saved.
    pub(crate) fn dirty_vs(&mut self) {
        if self.csrs.mstatus & status::VS != status::VS {
            self.csrs.mstatus |= status::VS;
            self.update_mode();
        }
    }

    /// `mstatus` with the fields that cannot be written.
    fn status(&self) -> u64 {
        let m = self.csrs.mstatus;
        let dirty = m & status::FS == status::FS || m & status::VS == status::VS;
        m | status::UXL | status::SXL | if dirty { status::SD } else { 0 }
    }

    /// Takes over what lifted code has done to `sstatus` (see [`slots::SSTATUS`]).
    pub(crate) fn take_status(&mut self, frame: &Frame) {
        self.csrs.mstatus = merge(self.csrs.mstatus, frame.slots[usize::from(slots::SSTATUS)], status::SIE);
    }

    /// Shows lifted code what it may know without asking.
    pub(crate) fn show_status(&self, frame: &mut Frame) {
        let status = self.status() & (status::SUPERVISOR | status::UXL | status::SD);
        frame.slots[usize::from(slots::SSTATUS)] = status;
        let due = self.pending() & self.csrs.mie & self.csrs.mideleg != 0;
        frame.slots[usize::from(slots::DEFERRED)] = if due { status::SIE } else { 0 };
        let machine = self.csrs.menvcfg & envcfg::CBZE != 0;
        let both = machine && self.csrs.senvcfg & envcfg::CBZE != 0;
        frame.slots[usize::from(slots::NO_ZERO_S)] = u64::from(!machine);
        frame.slots[usize::from(slots::NO_ZERO_U)] = u64::from(!both);
    }

    fn write_status(&mut self, new: u64) -> bool {
        use status::*;
        let new = if self.options.vlen == 0 { new & !VS } else { new };
        let changed = std::mem::replace(&mut self.csrs.mstatus, new) ^ new;
        if changed & (FS | VS | MPRV | MPP | SUM | MXR) != 0 {
            self.update_mode();
        }
        changed & new & (SIE | MIE) != 0
    }

    /// Modes other than Bare and those that the hart has leave `satp` as it was.
    fn write_satp(&mut self, value: u64) {
        let most = self.options.paging as u64;
        if matches!(value >> 60, 0 | 8..=10) && value >> 60 <= most {
            self.csrs.satp = value;
            self.update_mode();
        }
    }

    fn write_frm(&mut self, frame: &mut Frame, value: u8) {
        self.csrs.frm = value & 7;
        // Equal keys of blocks must mean an equal mode of the host's unit, for reserved values too.
        frame.set_rounding(rounding(self.csrs.frm).unwrap_or(Rounding::NearestEven));
        self.csrs.mstatus |= status::FS;
        self.update_mode();
    }

    /// The floating-point state differs from what was saved.
    pub(crate) fn dirty_fs(&mut self) {
        if self.csrs.mstatus & status::FS != status::FS {
            self.csrs.mstatus |= status::FS;
            self.update_mode();
        }
    }

    fn counter(&self, base: u64, inhibit: u64) -> u64 {
        if self.csrs.mcountinhibit & inhibit != 0 { base } else { self.clock.now().wrapping_add(base) }
    }

    fn counter_base(&self, value: u64, inhibit: u64) -> u64 {
        if self.csrs.mcountinhibit & inhibit != 0 { value } else { value.wrapping_sub(self.clock.now()) }
    }

    fn write_inhibit(&mut self, value: u64) {
        let (cycle, instret) = (self.counter(self.csrs.mcycle, 1), self.counter(self.csrs.minstret, 4));
        self.csrs.mcountinhibit = value;
        self.csrs.mcycle = self.counter_base(cycle, 1);
        self.csrs.minstret = self.counter_base(instret, 4);
    }
}

#[cfg(test)]
#[path = "csr_tests.rs"]
mod tests;
