//! Text of an instruction in objdump's style (`-M no-aliases`): real mnemonics, ABI register names.
//!
//! Driven by the operand column of rv.table, whose words are the arms of [`operand`]. Differences from objdump, which
//! knows where an instruction lies: branch targets are distances (`.+16`), and compressed instructions print as what
//! they expand to. For people, traces and tests: clear rather than fast. It must not know what instructions do.

use std::fmt;

use crate::decode::Extension;
use crate::inst::Inst;

/// ABI names of x0 to x31 (RISC-V ABIs specification, "Integer Register Convention").
pub const X_NAMES: [&str; 32] = [
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6",
    "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6",
];

/// ABI names of f0 to f31.
pub const F_NAMES: [&str; 32] = [
    "ft0", "ft1", "ft2", "ft3", "ft4", "ft5", "ft6", "ft7", "fs0", "fs1", "fa0", "fa1", "fa2", "fa3", "fa4",
    "fa5", "fa6", "fa7", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8",
    "ft9", "ft10", "ft11",
];

/// Values that fli loads (unprivileged manual, Zfa, table "Immediate values loaded by the FLI instructions").
const FLI_NAMES: [&str; 32] = [
    "-1.0",
    "min",
    "1.52587890625e-05",
    "3.0517578125e-05",
    "0.00390625",
    "0.0078125",
    "0.0625",
    "0.125",
    "0.25",
    "0.3125",
    "0.375",
    "0.4375",
    "0.5",
    "0.625",
    "0.75",
    "0.875",
    "1.0",
    "1.25",
    "1.5",
    "1.75",
    "2.0",
    "2.5",
    "3.0",
    "4.0",
    "8.0",
    "16.0",
    "128.0",
    "256.0",
    "32768.0",
    "65536.0",
    "inf",
    "nan",
];

/// Rounding modes; 5 and 6 are reserved.
const ROUNDING: [&str; 8] = ["rne", "rtz", "rdn", "rup", "rmm", "unknown", "unknown", "dyn"];

impl fmt::Display for Inst {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match (self.op.extension(), self.rs3) {
            (Extension::V, 1..) => out.write_str(&segment(self.op.mnemonic(), self.rs3 + 1))?,
            _ => out.write_str(self.op.mnemonic())?,
        }
        out.write_str(match (self.aq, self.rl) {
            (false, false) => "",
            (true, false) => ".aq",
            (false, true) => ".rl",
            (true, true) => ".aqrl",
        })?;
        let mut separator = ' ';
        for word in self.op.operands().split(',') {
            let text = operand(self, word);
            if !text.is_empty() {
                write!(out, "{separator}{text}")?;
                separator = ',';
            }
        }
        Ok(())
    }
}

/// One word of the operand column; empty when nothing is to be printed.
fn operand(inst: &Inst, word: &str) -> String {
    let x = |number: u8| X_NAMES[usize::from(number & 31)].to_string();
    let f = |number: u8| F_NAMES[usize::from(number & 31)].to_string();
    match word {
        "rd" => x(inst.rd),
        "vd" | "vs3" => format!("v{}", inst.rd),
        "vs1" => format!("v{}", inst.rs1),
        "vs2" => format!("v{}", inst.rs2),
        "vm" if inst.vm => String::new(),
        "vm" => "v0.t".into(),
        "vtypei" => vtype(inst.imm),
        "rs1" => x(inst.rs1),
        "rs2" => x(inst.rs2),
        "fd" => f(inst.rd),
        "fs1" => f(inst.rs1),
        "fs2" => f(inst.rs2),
        "fs3" => f(inst.rs3),
        "imm" => inst.imm.to_string(),
        "imm(rs1)" => format!("{}({})", inst.imm, x(inst.rs1)),
        "(rs1)" => format!("({})", x(inst.rs1)),
        "upper" => format!("{:#x}", (inst.imm >> 12) & 0xf_ffff),
        "target" => format!(".{:+}", inst.imm),
        "shamt" => format!("{:#x}", inst.imm),
        "csr" => format!("{:#x}", inst.imm),
        "zimm" => inst.rs1.to_string(),
        "pred" => fence_set(inst.imm >> 4),
        "succ" => fence_set(inst.imm),
        "rm" if inst.rm == 7 => String::new(),
        "rm0" if inst.rm == 0 => String::new(),
        "rm" | "rm0" => ROUNDING[usize::from(inst.rm & 7)].to_string(),
        "fli" => FLI_NAMES[usize::from(inst.rs1 & 31)].to_string(),
        literal => literal.to_string(),
    }
}

/// A load's or store's name when it moves segments of `fields`: `vlse8.v` becomes `vlsseg3e8.v`.
fn segment(mnemonic: &str, fields: u8) -> String {
    // Width and suffix begin at the last `e` or `ei`.
    let cut = mnemonic.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (head, width) = mnemonic.split_at(cut);
    match head.strip_suffix("ei") {
        Some(kind) => format!("{kind}seg{fields}ei{width}"),
        None => format!("{}seg{fields}e{width}", head.strip_suffix('e').unwrap_or(head)),
    }
}

/// Arguments of vsetvli as an assembler takes them.
fn vtype(bits: i64) -> String {
    const MULTIPLIERS: [&str; 8] = ["m1", "m2", "m4", "m8", "", "mf8", "mf4", "mf2"];
    if bits & 7 == 4 || bits >> 8 != 0 || bits >> 3 & 7 > 3 {
        return bits.to_string();
    }
    let policy = |bit: i64, yes: &'static str, no: &'static str| if bits >> bit & 1 != 0 { yes } else { no };
    format!(
        "e{},{},{},{}",
        8 << (bits >> 3 & 7),
        MULTIPLIERS[(bits & 7) as usize],
        policy(6, "ta", "tu"),
        policy(7, "ma", "mu")
    )
}

/// Which of input, output, read, write a fence orders.
fn fence_set(bits: i64) -> String {
    let set: String = (0..4).filter(|i| bits & (8 >> i) != 0).map(|i| b"iorw"[i] as char).collect();
    if set.is_empty() { "unknown".into() } else { set }
}
