//! Encoder of the VEX instructions that vectors need: one row an instruction, any operands (Intel SDM vol. 2, 2.3).
//!
//! ```text
//!   row: prefix, opcode map, opcode, W        reg, vvvv: registers        rm: register or memory        L: 256 bits
//! ```
//! dynasm has these too, but one macro invocation each; a table can be chosen from at run time.

use super::asm::Asm;
use dynasmrt::DynasmApi;

/// An instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vex {
    /// 0 none, 1 = 66, 2 = F3, 3 = F2
    pub prefix: u8,
    /// 1 = 0F, 2 = 0F 38, 3 = 0F 3A
    pub map: u8,
    pub opcode: u8,
    pub w: bool,
}

/// `66 0F opcode`
pub(super) const fn i66(opcode: u8) -> Vex {
    Vex { prefix: 1, map: 1, opcode, w: false }
}

/// `66 0F 38 opcode`
pub(super) const fn i38(opcode: u8) -> Vex {
    Vex { prefix: 1, map: 2, opcode, w: false }
}

/// `66 0F 3A opcode`
pub(super) const fn i3a(opcode: u8) -> Vex {
    Vex { prefix: 1, map: 3, opcode, w: false }
}

/// The same with W set.
pub(super) const fn wide(vex: Vex) -> Vex {
    Vex { w: true, ..vex }
}

pub(super) const LOAD: Vex = Vex { prefix: 2, map: 1, opcode: 0x6f, w: false };
pub(super) const STORE: Vex = Vex { prefix: 2, map: 1, opcode: 0x7f, w: false };
pub(super) const AND: Vex = i66(0xdb);
pub(super) const ANDN: Vex = i66(0xdf);
pub(super) const OR: Vex = i66(0xeb);
pub(super) const XOR: Vex = i66(0xef);
/// reg = mask register (in the immediate's upper half) ? rm : vvvv, by bytes
pub(super) const BLEND: Vex = i3a(0x4c);

/// Register or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rm {
    /// A vector register.
    Reg(u8),
    /// Memory at a general register below 8 and a displacement.
    Mem(u8, i32),
    /// Memory at two general registers below 8 and a displacement.
    Sum(u8, u8, i32),
}

/// Memory in the frame.
pub(super) const fn frame(at: i32) -> Rm {
    Rm::Mem(5, at)
}

/// Emits one; `long`: 256 bits. `vvvv` is 0 for instructions that have none.
pub(super) fn put(
    asm: &mut Asm,
    vex: Vex,
    long: bool,
    reg: u8,
    vvvv: Option<u8>,
    rm: Rm,
    immediate: Option<u8>,
) {
    let high = match rm {
        Rm::Reg(r) => r >= 8,
        _ => false,
    };
    let (r, b) = (if reg >= 8 { 0 } else { 0x80 }, if high { 0 } else { 0x20 });
    asm.push(0xc4);
    asm.push(r | 0x40 | b | vex.map);
    let vvvv = !vvvv.unwrap_or(0) & 15;
    asm.push(u8::from(vex.w) << 7 | vvvv << 3 | u8::from(long) << 2 | vex.prefix);
    asm.push(vex.opcode);
    let reg = (reg & 7) << 3;
    match rm {
        Rm::Reg(rm) => asm.push(0xc0 | reg | rm & 7),
        Rm::Mem(base, at) => {
            asm.push(0x80 | reg | base);
            asm.push_i32(at);
        }
        Rm::Sum(base, index, at) => {
            debug_assert!(index != 4 && base < 8 && index < 8, "rsp is no index");
            asm.push(0x84 | reg);
            asm.push(index << 3 | base);
            asm.push_i32(at);
        }
    }
    if let Some(byte) = immediate {
        asm.push(byte);
    }
}

/// vmovd or vmovq between vector register `x` and a general register below 8.
pub(super) fn to_general(asm: &mut Asm, r: u8, x: u8, wide: bool) {
    let vex = Vex { w: wide, ..i66(0x7e) };
    put(asm, vex, false, x, None, Rm::Reg(r), None);
}

/// The other way.
pub(super) fn from_general(asm: &mut Asm, x: u8, r: u8, wide: bool) {
    let vex = Vex { w: wide, ..i66(0x6e) };
    put(asm, vex, false, x, None, Rm::Reg(r), None);
}

/// Ends the use of 256-bit registers: instructions of the older encodings are slow until then on some hosts.
pub(super) fn done(asm: &mut Asm) {
    [0xc5, 0xf8, 0x77].into_iter().for_each(|byte| asm.push(byte));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_as_an_assembler_has_them() {
        let bytes = |vex, long, reg, vvvv, rm, immediate| {
            let mut asm = Asm::new(0);
            put(&mut asm, vex, long, reg, vvvv, rm, immediate);
            asm.finalize().expect("no labels").to_vec()
        };
        // vpaddb ymm0, ymm1, ymm2
        assert_eq!(bytes(i66(0xfc), true, 0, Some(1), Rm::Reg(2), None), [0xc4, 0xe1, 0x75, 0xfc, 0xc2]);
        // vmovdqu xmm9, [rbp + 0x200]
        let load = bytes(LOAD, false, 9, None, frame(0x200), None);
        assert_eq!(load, [0xc4, 0x61, 0x7a, 0x6f, 0x8d, 0, 2, 0, 0]);
        // vpblendvb xmm0, xmm1, [rbp + rcx + 16], xmm2
        let blend = bytes(BLEND, false, 0, Some(1), Rm::Sum(5, 1, 16), Some(0x20));
        assert_eq!(blend, [0xc4, 0xe3, 0x71, 0x4c, 0x84, 0x0d, 16, 0, 0, 0, 0x20]);
    }
}
