//! RISC-V as GDB sees it: registers by number, and the description that tells GDB of them (GDB manual, "Target
//! Descriptions", "RISC-V Features").
//!
//! ```text
//!   0..32 x   32 pc   33..65 f   65 priv   66..98 v   0x1000 + n: control and status register n
//! ```

use gdbstub::arch::{Arch, RegId, Registers};
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::sync::LazyLock;

const PC: usize = 32;
const F: usize = 33;
const PRIV: usize = 65;
const V: usize = 66;
const CSR: usize = 0x1000;
/// Bytes of a vector register.
pub(super) const V_BYTES: usize = 16;

/// The control and status registers shown, by number, with the manual's names.
const CSRS: [(u16, &str); 28] = [
    (0x003, "fcsr"),
    (0x008, "vstart"),
    (0x00f, "vcsr"),
    (0x105, "stvec"),
    (0x106, "scounteren"),
    (0x140, "sscratch"),
    (0x141, "sepc"),
    (0x142, "scause"),
    (0x143, "stval"),
    (0x14d, "stimecmp"),
    (0x180, "satp"),
    (0x300, "mstatus"),
    (0x301, "misa"),
    (0x302, "medeleg"),
    (0x303, "mideleg"),
    (0x304, "mie"),
    (0x305, "mtvec"),
    (0x306, "mcounteren"),
    (0x30a, "menvcfg"),
    (0x340, "mscratch"),
    (0x341, "mepc"),
    (0x342, "mcause"),
    (0x343, "mtval"),
    (0x344, "mip"),
    (0x3a0, "pmpcfg0"),
    (0x3b0, "pmpaddr0"),
    (0xc20, "vl"),
    (0xc21, "vtype"),
];

/// RV64 with D, as lodge has it.
pub(super) enum Riscv64 {}

/// The registers that GDB reads and writes all at once.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Core {
    pub(super) x: [u64; 32],
    pub(super) pc: u64,
    pub(super) f: [u64; 32],
}

/// One register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Register {
    X(usize),
    Pc,
    F(usize),
    Privilege,
    V(usize),
    Csr(u16),
}

impl RegId for Register {
    fn from_raw_id(id: usize) -> Option<(Register, Option<NonZeroUsize>)> {
        let register = match id {
            0..PC => Register::X(id),
            PC => Register::Pc,
            F..PRIV => Register::F(id - F),
            PRIV => Register::Privilege,
            V..98 => return Some((Register::V(id - V), NonZeroUsize::new(V_BYTES))),
            _ => Register::Csr(u16::try_from(id.checked_sub(CSR)?).ok().filter(|n| *n < 0x1000)?),
        };
        Some((register, NonZeroUsize::new(8)))
    }
}

impl Registers for Core {
    type ProgramCounter = u64;

    fn pc(&self) -> u64 {
        self.pc
    }

    fn gdb_serialize(&self, mut write_byte: impl FnMut(Option<u8>)) {
        for word in self.x.iter().chain([&self.pc]).chain(&self.f) {
            word.to_le_bytes().into_iter().for_each(|byte| write_byte(Some(byte)));
        }
    }

    fn gdb_deserialize(&mut self, bytes: &[u8]) -> Result<(), ()> {
        let mut words = bytes.chunks_exact(8).map(|c| c.try_into().map_or(0, u64::from_le_bytes));
        for slot in self.x.iter_mut().chain([&mut self.pc]) {
            *slot = words.next().ok_or(())?;
        }
        // GDB may leave out what follows.
        for (slot, word) in self.f.iter_mut().zip(words) {
            *slot = word;
        }
        Ok(())
    }
}

impl Arch for Riscv64 {
    type Usize = u64;
    type Registers = Core;
    type BreakpointKind = usize;
    type RegId = Register;

    fn target_description_xml() -> Option<&'static str> {
        static XML: LazyLock<String> = LazyLock::new(description);
        Some(&XML)
    }
}

fn description() -> String {
    const X: [&str; 32] = [
        "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5",
        "a6", "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
    ];
    const F_NAMES: [&str; 32] = [
        "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3",
        "fa4", "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11",
        "ft8", "ft9", "ft10", "ft11",
    ];
    let mut xml = String::from("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">");
    xml.push_str("<target version=\"1.0\"><architecture>riscv:rv64</architecture>");
    let register = |xml: &mut String, name: &str, number: usize, kind: &str| {
        let _ = write!(xml, "<reg name=\"{name}\" bitsize=\"64\" regnum=\"{number}\" type=\"{kind}\"/>");
    };
    xml.push_str("<feature name=\"org.gnu.gdb.riscv.cpu\">");
    X.iter().enumerate().for_each(|(n, name)| register(&mut xml, name, n, "int"));
    register(&mut xml, "pc", PC, "code_ptr");
    xml.push_str("</feature><feature name=\"org.gnu.gdb.riscv.fpu\">");
    F_NAMES.iter().enumerate().for_each(|(n, name)| register(&mut xml, name, F + n, "ieee_double"));
    xml.push_str("</feature><feature name=\"org.gnu.gdb.riscv.virtual\">");
    register(&mut xml, "priv", PRIV, "int");
    xml.push_str("</feature><feature name=\"org.gnu.gdb.riscv.vector\">");
    vectors(&mut xml);
    xml.push_str("</feature><feature name=\"org.gnu.gdb.riscv.csr\">");
    for (number, name) in CSRS {
        register(&mut xml, name, CSR + usize::from(number), "int");
    }
    xml.push_str("</feature></target>");
    xml
}

/// Vector registers, each readable as elements of any width.
fn vectors(xml: &mut String) {
    let widths = [("quads", 128), ("longs", 64), ("words", 32), ("shorts", 16), ("bytes", 8)];
    for (name, bits) in widths {
        let count = 8 * V_BYTES / bits;
        let _ = write!(xml, "<vector id=\"{name}\" type=\"uint{bits}\" count=\"{count}\"/>");
    }
    xml.push_str("<union id=\"riscv_vector\">");
    for (name, _) in widths {
        let _ = write!(xml, "<field name=\"{name}\" type=\"{name}\"/>");
    }
    xml.push_str("</union>");
    for n in 0..32 {
        let (bits, number) = (8 * V_BYTES, V + n);
        let _ =
            write!(xml, "<reg name=\"v{n}\" bitsize=\"{bits}\" regnum=\"{number}\" type=\"riscv_vector\"/>");
    }
}
