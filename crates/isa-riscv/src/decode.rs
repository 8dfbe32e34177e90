//! Decoder, encoder and the list of instructions. Written by `cargo xtask codegen` from rv.table: edit that.
//!
//! ```text
//! word --opcode--> one function per major opcode --funct3, funct7, ...--> shape (r_type, i_type, ...) --> Inst
//! ```

use crate::inst::Inst;

/// `count` bits of `word` from bit `low` up.
#[inline(always)]
fn bits(word: u32, low: u32, count: u32) -> u32 {
    (word >> low) & ((1 << count) - 1)
}

/// Where an instruction comes from; `Priv` is the privileged manual's base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Extension {
    /// A
    A,
    /// D
    D,
    /// F
    F,
    /// I
    I,
    /// M
    M,
    /// Priv
    Priv,
    /// Svinval
    Svinval,
    /// Zacas
    Zacas,
    /// Zawrs
    Zawrs,
    /// Zba
    Zba,
    /// Zbb
    Zbb,
    /// Zbc
    Zbc,
    /// Zbs
    Zbs,
    /// Zfa
    Zfa,
    /// Zfhmin
    Zfhmin,
    /// Zicbom
    Zicbom,
    /// Zicbop
    Zicbop,
    /// Zicboz
    Zicboz,
    /// Zicond
    Zicond,
    /// Zicsr
    Zicsr,
    /// Zifencei
    Zifencei,
    /// Zihintpause
    Zihintpause,
}

/// One variant per mnemonic: `amoadd.w` is `AmoaddW`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u16)]
pub enum Op {
    /// `lui rd,upper` (I)
    Lui,
    /// `auipc rd,upper` (I)
    Auipc,
    /// `jal rd,target` (I)
    Jal,
    /// `jalr rd,imm(rs1)` (I)
    Jalr,
    /// `beq rs1,rs2,target` (I)
    Beq,
    /// `bne rs1,rs2,target` (I)
    Bne,
    /// `blt rs1,rs2,target` (I)
    Blt,
    /// `bge rs1,rs2,target` (I)
    Bge,
    /// `bltu rs1,rs2,target` (I)
    Bltu,
    /// `bgeu rs1,rs2,target` (I)
    Bgeu,
    /// `lb rd,imm(rs1)` (I)
    Lb,
    /// `lh rd,imm(rs1)` (I)
    Lh,
    /// `lw rd,imm(rs1)` (I)
    Lw,
    /// `ld rd,imm(rs1)` (I)
    Ld,
    /// `lbu rd,imm(rs1)` (I)
    Lbu,
    /// `lhu rd,imm(rs1)` (I)
    Lhu,
    /// `lwu rd,imm(rs1)` (I)
    Lwu,
    /// `sb rs2,imm(rs1)` (I)
    Sb,
    /// `sh rs2,imm(rs1)` (I)
    Sh,
    /// `sw rs2,imm(rs1)` (I)
    Sw,
    /// `sd rs2,imm(rs1)` (I)
    Sd,
    /// `addi rd,rs1,imm` (I)
    Addi,
    /// `slti rd,rs1,imm` (I)
    Slti,
    /// `sltiu rd,rs1,imm` (I)
    Sltiu,
    /// `xori rd,rs1,imm` (I)
    Xori,
    /// `ori rd,rs1,imm` (I)
    Ori,
    /// `andi rd,rs1,imm` (I)
    Andi,
    /// `slli rd,rs1,shamt` (I)
    Slli,
    /// `srli rd,rs1,shamt` (I)
    Srli,
    /// `srai rd,rs1,shamt` (I)
    Srai,
    /// `add rd,rs1,rs2` (I)
    Add,
    /// `sub rd,rs1,rs2` (I)
    Sub,
    /// `sll rd,rs1,rs2` (I)
    Sll,
    /// `slt rd,rs1,rs2` (I)
    Slt,
    /// `sltu rd,rs1,rs2` (I)
    Sltu,
    /// `xor rd,rs1,rs2` (I)
    Xor,
    /// `srl rd,rs1,rs2` (I)
    Srl,
    /// `sra rd,rs1,rs2` (I)
    Sra,
    /// `or rd,rs1,rs2` (I)
    Or,
    /// `and rd,rs1,rs2` (I)
    And,
    /// `addiw rd,rs1,imm` (I)
    Addiw,
    /// `slliw rd,rs1,shamt` (I)
    Slliw,
    /// `srliw rd,rs1,shamt` (I)
    Srliw,
    /// `sraiw rd,rs1,shamt` (I)
    Sraiw,
    /// `addw rd,rs1,rs2` (I)
    Addw,
    /// `subw rd,rs1,rs2` (I)
    Subw,
    /// `sllw rd,rs1,rs2` (I)
    Sllw,
    /// `srlw rd,rs1,rs2` (I)
    Srlw,
    /// `sraw rd,rs1,rs2` (I)
    Sraw,
    /// `fence pred,succ` (I)
    Fence,
    /// `fence.tso` (I)
    FenceTso,
    /// `pause` (Zihintpause)
    Pause,
    /// `fence.i` (Zifencei)
    FenceI,
    /// `ecall` (I)
    Ecall,
    /// `ebreak` (I)
    Ebreak,
    /// `sret` (Priv)
    Sret,
    /// `mret` (Priv)
    Mret,
    /// `wfi` (Priv)
    Wfi,
    /// `sfence.vma rs1,rs2` (Priv)
    SfenceVma,
    /// `sinval.vma rs1,rs2` (Svinval)
    SinvalVma,
    /// `sfence.w.inval` (Svinval)
    SfenceWInval,
    /// `sfence.inval.ir` (Svinval)
    SfenceInvalIr,
    /// `wrs.nto` (Zawrs)
    WrsNto,
    /// `wrs.sto` (Zawrs)
    WrsSto,
    /// `csrrw rd,csr,rs1` (Zicsr)
    Csrrw,
    /// `csrrs rd,csr,rs1` (Zicsr)
    Csrrs,
    /// `csrrc rd,csr,rs1` (Zicsr)
    Csrrc,
    /// `csrrwi rd,csr,zimm` (Zicsr)
    Csrrwi,
    /// `csrrsi rd,csr,zimm` (Zicsr)
    Csrrsi,
    /// `csrrci rd,csr,zimm` (Zicsr)
    Csrrci,
    /// `mul rd,rs1,rs2` (M)
    Mul,
    /// `mulh rd,rs1,rs2` (M)
    Mulh,
    /// `mulhsu rd,rs1,rs2` (M)
    Mulhsu,
    /// `mulhu rd,rs1,rs2` (M)
    Mulhu,
    /// `div rd,rs1,rs2` (M)
    Div,
    /// `divu rd,rs1,rs2` (M)
    Divu,
    /// `rem rd,rs1,rs2` (M)
    Rem,
    /// `remu rd,rs1,rs2` (M)
    Remu,
    /// `mulw rd,rs1,rs2` (M)
    Mulw,
    /// `divw rd,rs1,rs2` (M)
    Divw,
    /// `divuw rd,rs1,rs2` (M)
    Divuw,
    /// `remw rd,rs1,rs2` (M)
    Remw,
    /// `remuw rd,rs1,rs2` (M)
    Remuw,
    /// `lr.w rd,(rs1)` (A)
    LrW,
    /// `sc.w rd,rs2,(rs1)` (A)
    ScW,
    /// `amoswap.w rd,rs2,(rs1)` (A)
    AmoswapW,
    /// `amoadd.w rd,rs2,(rs1)` (A)
    AmoaddW,
    /// `amoxor.w rd,rs2,(rs1)` (A)
    AmoxorW,
    /// `amoand.w rd,rs2,(rs1)` (A)
    AmoandW,
    /// `amoor.w rd,rs2,(rs1)` (A)
    AmoorW,
    /// `amomin.w rd,rs2,(rs1)` (A)
    AmominW,
    /// `amomax.w rd,rs2,(rs1)` (A)
    AmomaxW,
    /// `amominu.w rd,rs2,(rs1)` (A)
    AmominuW,
    /// `amomaxu.w rd,rs2,(rs1)` (A)
    AmomaxuW,
    /// `lr.d rd,(rs1)` (A)
    LrD,
    /// `sc.d rd,rs2,(rs1)` (A)
    ScD,
    /// `amoswap.d rd,rs2,(rs1)` (A)
    AmoswapD,
    /// `amoadd.d rd,rs2,(rs1)` (A)
    AmoaddD,
    /// `amoxor.d rd,rs2,(rs1)` (A)
    AmoxorD,
    /// `amoand.d rd,rs2,(rs1)` (A)
    AmoandD,
    /// `amoor.d rd,rs2,(rs1)` (A)
    AmoorD,
    /// `amomin.d rd,rs2,(rs1)` (A)
    AmominD,
    /// `amomax.d rd,rs2,(rs1)` (A)
    AmomaxD,
    /// `amominu.d rd,rs2,(rs1)` (A)
    AmominuD,
    /// `amomaxu.d rd,rs2,(rs1)` (A)
    AmomaxuD,
    /// `amocas.w rd,rs2,(rs1)` (Zacas)
    AmocasW,
    /// `amocas.d rd,rs2,(rs1)` (Zacas)
    AmocasD,
    /// `amocas.q rd,rs2,(rs1)` (Zacas)
    AmocasQ,
    /// `flh fd,imm(rs1)` (Zfhmin)
    Flh,
    /// `fsh fs2,imm(rs1)` (Zfhmin)
    Fsh,
    /// `flw fd,imm(rs1)` (F)
    Flw,
    /// `fsw fs2,imm(rs1)` (F)
    Fsw,
    /// `fld fd,imm(rs1)` (D)
    Fld,
    /// `fsd fs2,imm(rs1)` (D)
    Fsd,
    /// `fmadd.s fd,fs1,fs2,fs3,rm` (F)
    FmaddS,
    /// `fmsub.s fd,fs1,fs2,fs3,rm` (F)
    FmsubS,
    /// `fnmsub.s fd,fs1,fs2,fs3,rm` (F)
    FnmsubS,
    /// `fnmadd.s fd,fs1,fs2,fs3,rm` (F)
    FnmaddS,
    /// `fmadd.d fd,fs1,fs2,fs3,rm` (D)
    FmaddD,
    /// `fmsub.d fd,fs1,fs2,fs3,rm` (D)
    FmsubD,
    /// `fnmsub.d fd,fs1,fs2,fs3,rm` (D)
    FnmsubD,
    /// `fnmadd.d fd,fs1,fs2,fs3,rm` (D)
    FnmaddD,
    /// `fadd.s fd,fs1,fs2,rm` (F)
    FaddS,
    /// `fsub.s fd,fs1,fs2,rm` (F)
    FsubS,
    /// `fmul.s fd,fs1,fs2,rm` (F)
    FmulS,
    /// `fdiv.s fd,fs1,fs2,rm` (F)
    FdivS,
    /// `fsqrt.s fd,fs1,rm` (F)
    FsqrtS,
    /// `fsgnj.s fd,fs1,fs2` (F)
    FsgnjS,
    /// `fsgnjn.s fd,fs1,fs2` (F)
    FsgnjnS,
    /// `fsgnjx.s fd,fs1,fs2` (F)
    FsgnjxS,
    /// `fmin.s fd,fs1,fs2` (F)
    FminS,
    /// `fmax.s fd,fs1,fs2` (F)
    FmaxS,
    /// `feq.s rd,fs1,fs2` (F)
    FeqS,
    /// `flt.s rd,fs1,fs2` (F)
    FltS,
    /// `fle.s rd,fs1,fs2` (F)
    FleS,
    /// `fclass.s rd,fs1` (F)
    FclassS,
    /// `fcvt.w.s rd,fs1,rm` (F)
    FcvtWS,
    /// `fcvt.wu.s rd,fs1,rm` (F)
    FcvtWuS,
    /// `fcvt.l.s rd,fs1,rm` (F)
    FcvtLS,
    /// `fcvt.lu.s rd,fs1,rm` (F)
    FcvtLuS,
    /// `fcvt.s.w fd,rs1,rm` (F)
    FcvtSW,
    /// `fcvt.s.wu fd,rs1,rm` (F)
    FcvtSWu,
    /// `fcvt.s.l fd,rs1,rm` (F)
    FcvtSL,
    /// `fcvt.s.lu fd,rs1,rm` (F)
    FcvtSLu,
    /// `fmv.x.w rd,fs1` (F)
    FmvXW,
    /// `fmv.w.x fd,rs1` (F)
    FmvWX,
    /// `fadd.d fd,fs1,fs2,rm` (D)
    FaddD,
    /// `fsub.d fd,fs1,fs2,rm` (D)
    FsubD,
    /// `fmul.d fd,fs1,fs2,rm` (D)
    FmulD,
    /// `fdiv.d fd,fs1,fs2,rm` (D)
    FdivD,
    /// `fsqrt.d fd,fs1,rm` (D)
    FsqrtD,
    /// `fsgnj.d fd,fs1,fs2` (D)
    FsgnjD,
    /// `fsgnjn.d fd,fs1,fs2` (D)
    FsgnjnD,
    /// `fsgnjx.d fd,fs1,fs2` (D)
    FsgnjxD,
    /// `fmin.d fd,fs1,fs2` (D)
    FminD,
    /// `fmax.d fd,fs1,fs2` (D)
    FmaxD,
    /// `feq.d rd,fs1,fs2` (D)
    FeqD,
    /// `flt.d rd,fs1,fs2` (D)
    FltD,
    /// `fle.d rd,fs1,fs2` (D)
    FleD,
    /// `fclass.d rd,fs1` (D)
    FclassD,
    /// `fcvt.w.d rd,fs1,rm` (D)
    FcvtWD,
    /// `fcvt.wu.d rd,fs1,rm` (D)
    FcvtWuD,
    /// `fcvt.l.d rd,fs1,rm` (D)
    FcvtLD,
    /// `fcvt.lu.d rd,fs1,rm` (D)
    FcvtLuD,
    /// `fcvt.d.w fd,rs1,rm0` (D)
    FcvtDW,
    /// `fcvt.d.wu fd,rs1,rm0` (D)
    FcvtDWu,
    /// `fcvt.d.l fd,rs1,rm` (D)
    FcvtDL,
    /// `fcvt.d.lu fd,rs1,rm` (D)
    FcvtDLu,
    /// `fmv.x.d rd,fs1` (D)
    FmvXD,
    /// `fmv.d.x fd,rs1` (D)
    FmvDX,
    /// `fcvt.s.d fd,fs1,rm` (D)
    FcvtSD,
    /// `fcvt.d.s fd,fs1,rm0` (D)
    FcvtDS,
    /// `fmv.x.h rd,fs1` (Zfhmin)
    FmvXH,
    /// `fmv.h.x fd,rs1` (Zfhmin)
    FmvHX,
    /// `fcvt.s.h fd,fs1,rm0` (Zfhmin)
    FcvtSH,
    /// `fcvt.h.s fd,fs1,rm` (Zfhmin)
    FcvtHS,
    /// `fcvt.d.h fd,fs1,rm0` (Zfhmin)
    FcvtDH,
    /// `fcvt.h.d fd,fs1,rm` (Zfhmin)
    FcvtHD,
    /// `fli.s fd,fli` (Zfa)
    FliS,
    /// `fminm.s fd,fs1,fs2` (Zfa)
    FminmS,
    /// `fmaxm.s fd,fs1,fs2` (Zfa)
    FmaxmS,
    /// `fround.s fd,fs1,rm` (Zfa)
    FroundS,
    /// `froundnx.s fd,fs1,rm` (Zfa)
    FroundnxS,
    /// `fleq.s rd,fs1,fs2` (Zfa)
    FleqS,
    /// `fltq.s rd,fs1,fs2` (Zfa)
    FltqS,
    /// `fli.d fd,fli` (Zfa)
    FliD,
    /// `fminm.d fd,fs1,fs2` (Zfa)
    FminmD,
    /// `fmaxm.d fd,fs1,fs2` (Zfa)
    FmaxmD,
    /// `fround.d fd,fs1,rm` (Zfa)
    FroundD,
    /// `froundnx.d fd,fs1,rm` (Zfa)
    FroundnxD,
    /// `fleq.d rd,fs1,fs2` (Zfa)
    FleqD,
    /// `fltq.d rd,fs1,fs2` (Zfa)
    FltqD,
    /// `fcvtmod.w.d rd,fs1,rtz` (Zfa)
    FcvtmodWD,
    /// `add.uw rd,rs1,rs2` (Zba)
    AddUw,
    /// `sh1add rd,rs1,rs2` (Zba)
    Sh1add,
    /// `sh1add.uw rd,rs1,rs2` (Zba)
    Sh1addUw,
    /// `sh2add rd,rs1,rs2` (Zba)
    Sh2add,
    /// `sh2add.uw rd,rs1,rs2` (Zba)
    Sh2addUw,
    /// `sh3add rd,rs1,rs2` (Zba)
    Sh3add,
    /// `sh3add.uw rd,rs1,rs2` (Zba)
    Sh3addUw,
    /// `slli.uw rd,rs1,shamt` (Zba)
    SlliUw,
    /// `andn rd,rs1,rs2` (Zbb)
    Andn,
    /// `orn rd,rs1,rs2` (Zbb)
    Orn,
    /// `xnor rd,rs1,rs2` (Zbb)
    Xnor,
    /// `clz rd,rs1` (Zbb)
    Clz,
    /// `ctz rd,rs1` (Zbb)
    Ctz,
    /// `cpop rd,rs1` (Zbb)
    Cpop,
    /// `clzw rd,rs1` (Zbb)
    Clzw,
    /// `ctzw rd,rs1` (Zbb)
    Ctzw,
    /// `cpopw rd,rs1` (Zbb)
    Cpopw,
    /// `max rd,rs1,rs2` (Zbb)
    Max,
    /// `maxu rd,rs1,rs2` (Zbb)
    Maxu,
    /// `min rd,rs1,rs2` (Zbb)
    Min,
    /// `minu rd,rs1,rs2` (Zbb)
    Minu,
    /// `sext.b rd,rs1` (Zbb)
    SextB,
    /// `sext.h rd,rs1` (Zbb)
    SextH,
    /// `zext.h rd,rs1` (Zbb)
    ZextH,
    /// `rol rd,rs1,rs2` (Zbb)
    Rol,
    /// `rolw rd,rs1,rs2` (Zbb)
    Rolw,
    /// `ror rd,rs1,rs2` (Zbb)
    Ror,
    /// `rorw rd,rs1,rs2` (Zbb)
    Rorw,
    /// `rori rd,rs1,shamt` (Zbb)
    Rori,
    /// `roriw rd,rs1,shamt` (Zbb)
    Roriw,
    /// `orc.b rd,rs1` (Zbb)
    OrcB,
    /// `rev8 rd,rs1` (Zbb)
    Rev8,
    /// `clmul rd,rs1,rs2` (Zbc)
    Clmul,
    /// `clmulh rd,rs1,rs2` (Zbc)
    Clmulh,
    /// `clmulr rd,rs1,rs2` (Zbc)
    Clmulr,
    /// `bclr rd,rs1,rs2` (Zbs)
    Bclr,
    /// `bclri rd,rs1,shamt` (Zbs)
    Bclri,
    /// `bext rd,rs1,rs2` (Zbs)
    Bext,
    /// `bexti rd,rs1,shamt` (Zbs)
    Bexti,
    /// `binv rd,rs1,rs2` (Zbs)
    Binv,
    /// `binvi rd,rs1,shamt` (Zbs)
    Binvi,
    /// `bset rd,rs1,rs2` (Zbs)
    Bset,
    /// `bseti rd,rs1,shamt` (Zbs)
    Bseti,
    /// `czero.eqz rd,rs1,rs2` (Zicond)
    CzeroEqz,
    /// `czero.nez rd,rs1,rs2` (Zicond)
    CzeroNez,
    /// `cbo.inval (rs1)` (Zicbom)
    CboInval,
    /// `cbo.clean (rs1)` (Zicbom)
    CboClean,
    /// `cbo.flush (rs1)` (Zicbom)
    CboFlush,
    /// `cbo.zero (rs1)` (Zicboz)
    CboZero,
    /// `prefetch.i imm(rs1)` (Zicbop)
    PrefetchI,
    /// `prefetch.r imm(rs1)` (Zicbop)
    PrefetchR,
    /// `prefetch.w imm(rs1)` (Zicbop)
    PrefetchW,
}

struct Facts {
    mnemonic: &'static str,
    operands: &'static str,
    extension: Extension,
    mask: u32,
    bits: u32,
}

#[rustfmt::skip]
static FACTS: [Facts; 245] = [
    Facts { mnemonic: "lui", operands: "rd,upper", extension: Extension::I, mask: 0x0000007f, bits: 0x00000037 },
    Facts { mnemonic: "auipc", operands: "rd,upper", extension: Extension::I, mask: 0x0000007f, bits: 0x00000017 },
    Facts { mnemonic: "jal", operands: "rd,target", extension: Extension::I, mask: 0x0000007f, bits: 0x0000006f },
    Facts { mnemonic: "jalr", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00000067 },
    Facts { mnemonic: "beq", operands: "rs1,rs2,target", extension: Extension::I, mask: 0x0000707f, bits: 0x00000063 },
    Facts { mnemonic: "bne", operands: "rs1,rs2,target", extension: Extension::I, mask: 0x0000707f, bits: 0x00001063 },
    Facts { mnemonic: "blt", operands: "rs1,rs2,target", extension: Extension::I, mask: 0x0000707f, bits: 0x00004063 },
    Facts { mnemonic: "bge", operands: "rs1,rs2,target", extension: Extension::I, mask: 0x0000707f, bits: 0x00005063 },
    Facts { mnemonic: "bltu", operands: "rs1,rs2,target", extension: Extension::I, mask: 0x0000707f, bits: 0x00006063 },
    Facts { mnemonic: "bgeu", operands: "rs1,rs2,target", extension: Extension::I, mask: 0x0000707f, bits: 0x00007063 },
    Facts { mnemonic: "lb", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00000003 },
    Facts { mnemonic: "lh", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00001003 },
    Facts { mnemonic: "lw", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00002003 },
    Facts { mnemonic: "ld", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00003003 },
    Facts { mnemonic: "lbu", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00004003 },
    Facts { mnemonic: "lhu", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00005003 },
    Facts { mnemonic: "lwu", operands: "rd,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00006003 },
    Facts { mnemonic: "sb", operands: "rs2,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00000023 },
    Facts { mnemonic: "sh", operands: "rs2,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00001023 },
    Facts { mnemonic: "sw", operands: "rs2,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00002023 },
    Facts { mnemonic: "sd", operands: "rs2,imm(rs1)", extension: Extension::I, mask: 0x0000707f, bits: 0x00003023 },
    Facts { mnemonic: "addi", operands: "rd,rs1,imm", extension: Extension::I, mask: 0x0000707f, bits: 0x00000013 },
    Facts { mnemonic: "slti", operands: "rd,rs1,imm", extension: Extension::I, mask: 0x0000707f, bits: 0x00002013 },
    Facts { mnemonic: "sltiu", operands: "rd,rs1,imm", extension: Extension::I, mask: 0x0000707f, bits: 0x00003013 },
    Facts { mnemonic: "xori", operands: "rd,rs1,imm", extension: Extension::I, mask: 0x0000707f, bits: 0x00004013 },
    Facts { mnemonic: "ori", operands: "rd,rs1,imm", extension: Extension::I, mask: 0x0000707f, bits: 0x00006013 },
    Facts { mnemonic: "andi", operands: "rd,rs1,imm", extension: Extension::I, mask: 0x0000707f, bits: 0x00007013 },
    Facts { mnemonic: "slli", operands: "rd,rs1,shamt", extension: Extension::I, mask: 0xfc00707f, bits: 0x00001013 },
    Facts { mnemonic: "srli", operands: "rd,rs1,shamt", extension: Extension::I, mask: 0xfc00707f, bits: 0x00005013 },
    Facts { mnemonic: "srai", operands: "rd,rs1,shamt", extension: Extension::I, mask: 0xfc00707f, bits: 0x40005013 },
    Facts { mnemonic: "add", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00000033 },
    Facts { mnemonic: "sub", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x40000033 },
    Facts { mnemonic: "sll", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00001033 },
    Facts { mnemonic: "slt", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00002033 },
    Facts { mnemonic: "sltu", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00003033 },
    Facts { mnemonic: "xor", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00004033 },
    Facts { mnemonic: "srl", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00005033 },
    Facts { mnemonic: "sra", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x40005033 },
    Facts { mnemonic: "or", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00006033 },
    Facts { mnemonic: "and", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x00007033 },
    Facts { mnemonic: "addiw", operands: "rd,rs1,imm", extension: Extension::I, mask: 0x0000707f, bits: 0x0000001b },
    Facts { mnemonic: "slliw", operands: "rd,rs1,shamt", extension: Extension::I, mask: 0xfe00707f, bits: 0x0000101b },
    Facts { mnemonic: "srliw", operands: "rd,rs1,shamt", extension: Extension::I, mask: 0xfe00707f, bits: 0x0000501b },
    Facts { mnemonic: "sraiw", operands: "rd,rs1,shamt", extension: Extension::I, mask: 0xfe00707f, bits: 0x4000501b },
    Facts { mnemonic: "addw", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x0000003b },
    Facts { mnemonic: "subw", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x4000003b },
    Facts { mnemonic: "sllw", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x0000103b },
    Facts { mnemonic: "srlw", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x0000503b },
    Facts { mnemonic: "sraw", operands: "rd,rs1,rs2", extension: Extension::I, mask: 0xfe00707f, bits: 0x4000503b },
    Facts { mnemonic: "fence", operands: "pred,succ", extension: Extension::I, mask: 0x0000707f, bits: 0x0000000f },
    Facts { mnemonic: "fence.tso", operands: "", extension: Extension::I, mask: 0xfff0707f, bits: 0x8330000f },
    Facts { mnemonic: "pause", operands: "", extension: Extension::Zihintpause, mask: 0xffffffff, bits: 0x0100000f },
    Facts { mnemonic: "fence.i", operands: "", extension: Extension::Zifencei, mask: 0x0000707f, bits: 0x0000100f },
    Facts { mnemonic: "ecall", operands: "", extension: Extension::I, mask: 0xffffffff, bits: 0x00000073 },
    Facts { mnemonic: "ebreak", operands: "", extension: Extension::I, mask: 0xffffffff, bits: 0x00100073 },
    Facts { mnemonic: "sret", operands: "", extension: Extension::Priv, mask: 0xffffffff, bits: 0x10200073 },
    Facts { mnemonic: "mret", operands: "", extension: Extension::Priv, mask: 0xffffffff, bits: 0x30200073 },
    Facts { mnemonic: "wfi", operands: "", extension: Extension::Priv, mask: 0xffffffff, bits: 0x10500073 },
    Facts { mnemonic: "sfence.vma", operands: "rs1,rs2", extension: Extension::Priv, mask: 0xfe007fff, bits: 0x12000073 },
    Facts { mnemonic: "sinval.vma", operands: "rs1,rs2", extension: Extension::Svinval, mask: 0xfe007fff, bits: 0x16000073 },
    Facts { mnemonic: "sfence.w.inval", operands: "", extension: Extension::Svinval, mask: 0xffffffff, bits: 0x18000073 },
    Facts { mnemonic: "sfence.inval.ir", operands: "", extension: Extension::Svinval, mask: 0xffffffff, bits: 0x18100073 },
    Facts { mnemonic: "wrs.nto", operands: "", extension: Extension::Zawrs, mask: 0xffffffff, bits: 0x00d00073 },
    Facts { mnemonic: "wrs.sto", operands: "", extension: Extension::Zawrs, mask: 0xffffffff, bits: 0x01d00073 },
    Facts { mnemonic: "csrrw", operands: "rd,csr,rs1", extension: Extension::Zicsr, mask: 0x0000707f, bits: 0x00001073 },
    Facts { mnemonic: "csrrs", operands: "rd,csr,rs1", extension: Extension::Zicsr, mask: 0x0000707f, bits: 0x00002073 },
    Facts { mnemonic: "csrrc", operands: "rd,csr,rs1", extension: Extension::Zicsr, mask: 0x0000707f, bits: 0x00003073 },
    Facts { mnemonic: "csrrwi", operands: "rd,csr,zimm", extension: Extension::Zicsr, mask: 0x0000707f, bits: 0x00005073 },
    Facts { mnemonic: "csrrsi", operands: "rd,csr,zimm", extension: Extension::Zicsr, mask: 0x0000707f, bits: 0x00006073 },
    Facts { mnemonic: "csrrci", operands: "rd,csr,zimm", extension: Extension::Zicsr, mask: 0x0000707f, bits: 0x00007073 },
    Facts { mnemonic: "mul", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02000033 },
    Facts { mnemonic: "mulh", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02001033 },
    Facts { mnemonic: "mulhsu", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02002033 },
    Facts { mnemonic: "mulhu", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02003033 },
    Facts { mnemonic: "div", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02004033 },
    Facts { mnemonic: "divu", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02005033 },
    Facts { mnemonic: "rem", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02006033 },
    Facts { mnemonic: "remu", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x02007033 },
    Facts { mnemonic: "mulw", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x0200003b },
    Facts { mnemonic: "divw", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x0200403b },
    Facts { mnemonic: "divuw", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x0200503b },
    Facts { mnemonic: "remw", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x0200603b },
    Facts { mnemonic: "remuw", operands: "rd,rs1,rs2", extension: Extension::M, mask: 0xfe00707f, bits: 0x0200703b },
    Facts { mnemonic: "lr.w", operands: "rd,(rs1)", extension: Extension::A, mask: 0xf9f0707f, bits: 0x1000202f },
    Facts { mnemonic: "sc.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x1800202f },
    Facts { mnemonic: "amoswap.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x0800202f },
    Facts { mnemonic: "amoadd.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x0000202f },
    Facts { mnemonic: "amoxor.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x2000202f },
    Facts { mnemonic: "amoand.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x6000202f },
    Facts { mnemonic: "amoor.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x4000202f },
    Facts { mnemonic: "amomin.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x8000202f },
    Facts { mnemonic: "amomax.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0xa000202f },
    Facts { mnemonic: "amominu.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0xc000202f },
    Facts { mnemonic: "amomaxu.w", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0xe000202f },
    Facts { mnemonic: "lr.d", operands: "rd,(rs1)", extension: Extension::A, mask: 0xf9f0707f, bits: 0x1000302f },
    Facts { mnemonic: "sc.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x1800302f },
    Facts { mnemonic: "amoswap.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x0800302f },
    Facts { mnemonic: "amoadd.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x0000302f },
    Facts { mnemonic: "amoxor.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x2000302f },
    Facts { mnemonic: "amoand.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x6000302f },
    Facts { mnemonic: "amoor.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x4000302f },
    Facts { mnemonic: "amomin.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0x8000302f },
    Facts { mnemonic: "amomax.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0xa000302f },
    Facts { mnemonic: "amominu.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0xc000302f },
    Facts { mnemonic: "amomaxu.d", operands: "rd,rs2,(rs1)", extension: Extension::A, mask: 0xf800707f, bits: 0xe000302f },
    Facts { mnemonic: "amocas.w", operands: "rd,rs2,(rs1)", extension: Extension::Zacas, mask: 0xf800707f, bits: 0x2800202f },
    Facts { mnemonic: "amocas.d", operands: "rd,rs2,(rs1)", extension: Extension::Zacas, mask: 0xf800707f, bits: 0x2800302f },
    Facts { mnemonic: "amocas.q", operands: "rd,rs2,(rs1)", extension: Extension::Zacas, mask: 0xf81070ff, bits: 0x2800402f },
    Facts { mnemonic: "flh", operands: "fd,imm(rs1)", extension: Extension::Zfhmin, mask: 0x0000707f, bits: 0x00001007 },
    Facts { mnemonic: "fsh", operands: "fs2,imm(rs1)", extension: Extension::Zfhmin, mask: 0x0000707f, bits: 0x00001027 },
    Facts { mnemonic: "flw", operands: "fd,imm(rs1)", extension: Extension::F, mask: 0x0000707f, bits: 0x00002007 },
    Facts { mnemonic: "fsw", operands: "fs2,imm(rs1)", extension: Extension::F, mask: 0x0000707f, bits: 0x00002027 },
    Facts { mnemonic: "fld", operands: "fd,imm(rs1)", extension: Extension::D, mask: 0x0000707f, bits: 0x00003007 },
    Facts { mnemonic: "fsd", operands: "fs2,imm(rs1)", extension: Extension::D, mask: 0x0000707f, bits: 0x00003027 },
    Facts { mnemonic: "fmadd.s", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::F, mask: 0x0600007f, bits: 0x00000043 },
    Facts { mnemonic: "fmsub.s", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::F, mask: 0x0600007f, bits: 0x00000047 },
    Facts { mnemonic: "fnmsub.s", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::F, mask: 0x0600007f, bits: 0x0000004b },
    Facts { mnemonic: "fnmadd.s", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::F, mask: 0x0600007f, bits: 0x0000004f },
    Facts { mnemonic: "fmadd.d", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::D, mask: 0x0600007f, bits: 0x02000043 },
    Facts { mnemonic: "fmsub.d", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::D, mask: 0x0600007f, bits: 0x02000047 },
    Facts { mnemonic: "fnmsub.d", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::D, mask: 0x0600007f, bits: 0x0200004b },
    Facts { mnemonic: "fnmadd.d", operands: "fd,fs1,fs2,fs3,rm", extension: Extension::D, mask: 0x0600007f, bits: 0x0200004f },
    Facts { mnemonic: "fadd.s", operands: "fd,fs1,fs2,rm", extension: Extension::F, mask: 0xfe00007f, bits: 0x00000053 },
    Facts { mnemonic: "fsub.s", operands: "fd,fs1,fs2,rm", extension: Extension::F, mask: 0xfe00007f, bits: 0x08000053 },
    Facts { mnemonic: "fmul.s", operands: "fd,fs1,fs2,rm", extension: Extension::F, mask: 0xfe00007f, bits: 0x10000053 },
    Facts { mnemonic: "fdiv.s", operands: "fd,fs1,fs2,rm", extension: Extension::F, mask: 0xfe00007f, bits: 0x18000053 },
    Facts { mnemonic: "fsqrt.s", operands: "fd,fs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0x58000053 },
    Facts { mnemonic: "fsgnj.s", operands: "fd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0x20000053 },
    Facts { mnemonic: "fsgnjn.s", operands: "fd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0x20001053 },
    Facts { mnemonic: "fsgnjx.s", operands: "fd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0x20002053 },
    Facts { mnemonic: "fmin.s", operands: "fd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0x28000053 },
    Facts { mnemonic: "fmax.s", operands: "fd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0x28001053 },
    Facts { mnemonic: "feq.s", operands: "rd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0xa0002053 },
    Facts { mnemonic: "flt.s", operands: "rd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0xa0001053 },
    Facts { mnemonic: "fle.s", operands: "rd,fs1,fs2", extension: Extension::F, mask: 0xfe00707f, bits: 0xa0000053 },
    Facts { mnemonic: "fclass.s", operands: "rd,fs1", extension: Extension::F, mask: 0xfff0707f, bits: 0xe0001053 },
    Facts { mnemonic: "fcvt.w.s", operands: "rd,fs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xc0000053 },
    Facts { mnemonic: "fcvt.wu.s", operands: "rd,fs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xc0100053 },
    Facts { mnemonic: "fcvt.l.s", operands: "rd,fs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xc0200053 },
    Facts { mnemonic: "fcvt.lu.s", operands: "rd,fs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xc0300053 },
    Facts { mnemonic: "fcvt.s.w", operands: "fd,rs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xd0000053 },
    Facts { mnemonic: "fcvt.s.wu", operands: "fd,rs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xd0100053 },
    Facts { mnemonic: "fcvt.s.l", operands: "fd,rs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xd0200053 },
    Facts { mnemonic: "fcvt.s.lu", operands: "fd,rs1,rm", extension: Extension::F, mask: 0xfff0007f, bits: 0xd0300053 },
    Facts { mnemonic: "fmv.x.w", operands: "rd,fs1", extension: Extension::F, mask: 0xfff0707f, bits: 0xe0000053 },
    Facts { mnemonic: "fmv.w.x", operands: "fd,rs1", extension: Extension::F, mask: 0xfff0707f, bits: 0xf0000053 },
    Facts { mnemonic: "fadd.d", operands: "fd,fs1,fs2,rm", extension: Extension::D, mask: 0xfe00007f, bits: 0x02000053 },
    Facts { mnemonic: "fsub.d", operands: "fd,fs1,fs2,rm", extension: Extension::D, mask: 0xfe00007f, bits: 0x0a000053 },
    Facts { mnemonic: "fmul.d", operands: "fd,fs1,fs2,rm", extension: Extension::D, mask: 0xfe00007f, bits: 0x12000053 },
    Facts { mnemonic: "fdiv.d", operands: "fd,fs1,fs2,rm", extension: Extension::D, mask: 0xfe00007f, bits: 0x1a000053 },
    Facts { mnemonic: "fsqrt.d", operands: "fd,fs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0x5a000053 },
    Facts { mnemonic: "fsgnj.d", operands: "fd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0x22000053 },
    Facts { mnemonic: "fsgnjn.d", operands: "fd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0x22001053 },
    Facts { mnemonic: "fsgnjx.d", operands: "fd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0x22002053 },
    Facts { mnemonic: "fmin.d", operands: "fd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0x2a000053 },
    Facts { mnemonic: "fmax.d", operands: "fd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0x2a001053 },
    Facts { mnemonic: "feq.d", operands: "rd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0xa2002053 },
    Facts { mnemonic: "flt.d", operands: "rd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0xa2001053 },
    Facts { mnemonic: "fle.d", operands: "rd,fs1,fs2", extension: Extension::D, mask: 0xfe00707f, bits: 0xa2000053 },
    Facts { mnemonic: "fclass.d", operands: "rd,fs1", extension: Extension::D, mask: 0xfff0707f, bits: 0xe2001053 },
    Facts { mnemonic: "fcvt.w.d", operands: "rd,fs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0xc2000053 },
    Facts { mnemonic: "fcvt.wu.d", operands: "rd,fs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0xc2100053 },
    Facts { mnemonic: "fcvt.l.d", operands: "rd,fs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0xc2200053 },
    Facts { mnemonic: "fcvt.lu.d", operands: "rd,fs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0xc2300053 },
    Facts { mnemonic: "fcvt.d.w", operands: "fd,rs1,rm0", extension: Extension::D, mask: 0xfff0007f, bits: 0xd2000053 },
    Facts { mnemonic: "fcvt.d.wu", operands: "fd,rs1,rm0", extension: Extension::D, mask: 0xfff0007f, bits: 0xd2100053 },
    Facts { mnemonic: "fcvt.d.l", operands: "fd,rs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0xd2200053 },
    Facts { mnemonic: "fcvt.d.lu", operands: "fd,rs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0xd2300053 },
    Facts { mnemonic: "fmv.x.d", operands: "rd,fs1", extension: Extension::D, mask: 0xfff0707f, bits: 0xe2000053 },
    Facts { mnemonic: "fmv.d.x", operands: "fd,rs1", extension: Extension::D, mask: 0xfff0707f, bits: 0xf2000053 },
    Facts { mnemonic: "fcvt.s.d", operands: "fd,fs1,rm", extension: Extension::D, mask: 0xfff0007f, bits: 0x40100053 },
    Facts { mnemonic: "fcvt.d.s", operands: "fd,fs1,rm0", extension: Extension::D, mask: 0xfff0007f, bits: 0x42000053 },
    Facts { mnemonic: "fmv.x.h", operands: "rd,fs1", extension: Extension::Zfhmin, mask: 0xfff0707f, bits: 0xe4000053 },
    Facts { mnemonic: "fmv.h.x", operands: "fd,rs1", extension: Extension::Zfhmin, mask: 0xfff0707f, bits: 0xf4000053 },
    Facts { mnemonic: "fcvt.s.h", operands: "fd,fs1,rm0", extension: Extension::Zfhmin, mask: 0xfff0007f, bits: 0x40200053 },
    Facts { mnemonic: "fcvt.h.s", operands: "fd,fs1,rm", extension: Extension::Zfhmin, mask: 0xfff0007f, bits: 0x44000053 },
    Facts { mnemonic: "fcvt.d.h", operands: "fd,fs1,rm0", extension: Extension::Zfhmin, mask: 0xfff0007f, bits: 0x42200053 },
    Facts { mnemonic: "fcvt.h.d", operands: "fd,fs1,rm", extension: Extension::Zfhmin, mask: 0xfff0007f, bits: 0x44100053 },
    Facts { mnemonic: "fli.s", operands: "fd,fli", extension: Extension::Zfa, mask: 0xfff0707f, bits: 0xf0100053 },
    Facts { mnemonic: "fminm.s", operands: "fd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0x28002053 },
    Facts { mnemonic: "fmaxm.s", operands: "fd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0x28003053 },
    Facts { mnemonic: "fround.s", operands: "fd,fs1,rm", extension: Extension::Zfa, mask: 0xfff0007f, bits: 0x40400053 },
    Facts { mnemonic: "froundnx.s", operands: "fd,fs1,rm", extension: Extension::Zfa, mask: 0xfff0007f, bits: 0x40500053 },
    Facts { mnemonic: "fleq.s", operands: "rd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0xa0004053 },
    Facts { mnemonic: "fltq.s", operands: "rd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0xa0005053 },
    Facts { mnemonic: "fli.d", operands: "fd,fli", extension: Extension::Zfa, mask: 0xfff0707f, bits: 0xf2100053 },
    Facts { mnemonic: "fminm.d", operands: "fd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0x2a002053 },
    Facts { mnemonic: "fmaxm.d", operands: "fd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0x2a003053 },
    Facts { mnemonic: "fround.d", operands: "fd,fs1,rm", extension: Extension::Zfa, mask: 0xfff0007f, bits: 0x42400053 },
    Facts { mnemonic: "froundnx.d", operands: "fd,fs1,rm", extension: Extension::Zfa, mask: 0xfff0007f, bits: 0x42500053 },
    Facts { mnemonic: "fleq.d", operands: "rd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0xa2004053 },
    Facts { mnemonic: "fltq.d", operands: "rd,fs1,fs2", extension: Extension::Zfa, mask: 0xfe00707f, bits: 0xa2005053 },
    Facts { mnemonic: "fcvtmod.w.d", operands: "rd,fs1,rtz", extension: Extension::Zfa, mask: 0xfff0707f, bits: 0xc2801053 },
    Facts { mnemonic: "add.uw", operands: "rd,rs1,rs2", extension: Extension::Zba, mask: 0xfe00707f, bits: 0x0800003b },
    Facts { mnemonic: "sh1add", operands: "rd,rs1,rs2", extension: Extension::Zba, mask: 0xfe00707f, bits: 0x20002033 },
    Facts { mnemonic: "sh1add.uw", operands: "rd,rs1,rs2", extension: Extension::Zba, mask: 0xfe00707f, bits: 0x2000203b },
    Facts { mnemonic: "sh2add", operands: "rd,rs1,rs2", extension: Extension::Zba, mask: 0xfe00707f, bits: 0x20004033 },
    Facts { mnemonic: "sh2add.uw", operands: "rd,rs1,rs2", extension: Extension::Zba, mask: 0xfe00707f, bits: 0x2000403b },
    Facts { mnemonic: "sh3add", operands: "rd,rs1,rs2", extension: Extension::Zba, mask: 0xfe00707f, bits: 0x20006033 },
    Facts { mnemonic: "sh3add.uw", operands: "rd,rs1,rs2", extension: Extension::Zba, mask: 0xfe00707f, bits: 0x2000603b },
    Facts { mnemonic: "slli.uw", operands: "rd,rs1,shamt", extension: Extension::Zba, mask: 0xfc00707f, bits: 0x0800101b },
    Facts { mnemonic: "andn", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x40007033 },
    Facts { mnemonic: "orn", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x40006033 },
    Facts { mnemonic: "xnor", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x40004033 },
    Facts { mnemonic: "clz", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x60001013 },
    Facts { mnemonic: "ctz", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x60101013 },
    Facts { mnemonic: "cpop", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x60201013 },
    Facts { mnemonic: "clzw", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x6000101b },
    Facts { mnemonic: "ctzw", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x6010101b },
    Facts { mnemonic: "cpopw", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x6020101b },
    Facts { mnemonic: "max", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x0a006033 },
    Facts { mnemonic: "maxu", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x0a007033 },
    Facts { mnemonic: "min", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x0a004033 },
    Facts { mnemonic: "minu", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x0a005033 },
    Facts { mnemonic: "sext.b", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x60401013 },
    Facts { mnemonic: "sext.h", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x60501013 },
    Facts { mnemonic: "zext.h", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x0800403b },
    Facts { mnemonic: "rol", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x60001033 },
    Facts { mnemonic: "rolw", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x6000103b },
    Facts { mnemonic: "ror", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x60005033 },
    Facts { mnemonic: "rorw", operands: "rd,rs1,rs2", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x6000503b },
    Facts { mnemonic: "rori", operands: "rd,rs1,shamt", extension: Extension::Zbb, mask: 0xfc00707f, bits: 0x60005013 },
    Facts { mnemonic: "roriw", operands: "rd,rs1,shamt", extension: Extension::Zbb, mask: 0xfe00707f, bits: 0x6000501b },
    Facts { mnemonic: "orc.b", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x28705013 },
    Facts { mnemonic: "rev8", operands: "rd,rs1", extension: Extension::Zbb, mask: 0xfff0707f, bits: 0x6b805013 },
    Facts { mnemonic: "clmul", operands: "rd,rs1,rs2", extension: Extension::Zbc, mask: 0xfe00707f, bits: 0x0a001033 },
    Facts { mnemonic: "clmulh", operands: "rd,rs1,rs2", extension: Extension::Zbc, mask: 0xfe00707f, bits: 0x0a003033 },
    Facts { mnemonic: "clmulr", operands: "rd,rs1,rs2", extension: Extension::Zbc, mask: 0xfe00707f, bits: 0x0a002033 },
    Facts { mnemonic: "bclr", operands: "rd,rs1,rs2", extension: Extension::Zbs, mask: 0xfe00707f, bits: 0x48001033 },
    Facts { mnemonic: "bclri", operands: "rd,rs1,shamt", extension: Extension::Zbs, mask: 0xfc00707f, bits: 0x48001013 },
    Facts { mnemonic: "bext", operands: "rd,rs1,rs2", extension: Extension::Zbs, mask: 0xfe00707f, bits: 0x48005033 },
    Facts { mnemonic: "bexti", operands: "rd,rs1,shamt", extension: Extension::Zbs, mask: 0xfc00707f, bits: 0x48005013 },
    Facts { mnemonic: "binv", operands: "rd,rs1,rs2", extension: Extension::Zbs, mask: 0xfe00707f, bits: 0x68001033 },
    Facts { mnemonic: "binvi", operands: "rd,rs1,shamt", extension: Extension::Zbs, mask: 0xfc00707f, bits: 0x68001013 },
    Facts { mnemonic: "bset", operands: "rd,rs1,rs2", extension: Extension::Zbs, mask: 0xfe00707f, bits: 0x28001033 },
    Facts { mnemonic: "bseti", operands: "rd,rs1,shamt", extension: Extension::Zbs, mask: 0xfc00707f, bits: 0x28001013 },
    Facts { mnemonic: "czero.eqz", operands: "rd,rs1,rs2", extension: Extension::Zicond, mask: 0xfe00707f, bits: 0x0e005033 },
    Facts { mnemonic: "czero.nez", operands: "rd,rs1,rs2", extension: Extension::Zicond, mask: 0xfe00707f, bits: 0x0e007033 },
    Facts { mnemonic: "cbo.inval", operands: "(rs1)", extension: Extension::Zicbom, mask: 0xfff07fff, bits: 0x0000200f },
    Facts { mnemonic: "cbo.clean", operands: "(rs1)", extension: Extension::Zicbom, mask: 0xfff07fff, bits: 0x0010200f },
    Facts { mnemonic: "cbo.flush", operands: "(rs1)", extension: Extension::Zicbom, mask: 0xfff07fff, bits: 0x0020200f },
    Facts { mnemonic: "cbo.zero", operands: "(rs1)", extension: Extension::Zicboz, mask: 0xfff07fff, bits: 0x0040200f },
    Facts { mnemonic: "prefetch.i", operands: "imm(rs1)", extension: Extension::Zicbop, mask: 0x01f07fff, bits: 0x00006013 },
    Facts { mnemonic: "prefetch.r", operands: "imm(rs1)", extension: Extension::Zicbop, mask: 0x01f07fff, bits: 0x00106013 },
    Facts { mnemonic: "prefetch.w", operands: "imm(rs1)", extension: Extension::Zicbop, mask: 0x01f07fff, bits: 0x00306013 },
];

impl Op {
    /// All of them, in the table's order.
#[rustfmt::skip]
    pub const ALL: [Op; 245] = [
        Op::Lui, Op::Auipc, Op::Jal, Op::Jalr, Op::Beq, Op::Bne,
        Op::Blt, Op::Bge, Op::Bltu, Op::Bgeu, Op::Lb, Op::Lh,
        Op::Lw, Op::Ld, Op::Lbu, Op::Lhu, Op::Lwu, Op::Sb,
        Op::Sh, Op::Sw, Op::Sd, Op::Addi, Op::Slti, Op::Sltiu,
        Op::Xori, Op::Ori, Op::Andi, Op::Slli, Op::Srli, Op::Srai,
        Op::Add, Op::Sub, Op::Sll, Op::Slt, Op::Sltu, Op::Xor,
        Op::Srl, Op::Sra, Op::Or, Op::And, Op::Addiw, Op::Slliw,
        Op::Srliw, Op::Sraiw, Op::Addw, Op::Subw, Op::Sllw, Op::Srlw,
        Op::Sraw, Op::Fence, Op::FenceTso, Op::Pause, Op::FenceI, Op::Ecall,
        Op::Ebreak, Op::Sret, Op::Mret, Op::Wfi, Op::SfenceVma, Op::SinvalVma,
        Op::SfenceWInval, Op::SfenceInvalIr, Op::WrsNto, Op::WrsSto, Op::Csrrw, Op::Csrrs,
        Op::Csrrc, Op::Csrrwi, Op::Csrrsi, Op::Csrrci, Op::Mul, Op::Mulh,
        Op::Mulhsu, Op::Mulhu, Op::Div, Op::Divu, Op::Rem, Op::Remu,
        Op::Mulw, Op::Divw, Op::Divuw, Op::Remw, Op::Remuw, Op::LrW,
        Op::ScW, Op::AmoswapW, Op::AmoaddW, Op::AmoxorW, Op::AmoandW, Op::AmoorW,
        Op::AmominW, Op::AmomaxW, Op::AmominuW, Op::AmomaxuW, Op::LrD, Op::ScD,
        Op::AmoswapD, Op::AmoaddD, Op::AmoxorD, Op::AmoandD, Op::AmoorD, Op::AmominD,
        Op::AmomaxD, Op::AmominuD, Op::AmomaxuD, Op::AmocasW, Op::AmocasD, Op::AmocasQ,
        Op::Flh, Op::Fsh, Op::Flw, Op::Fsw, Op::Fld, Op::Fsd,
        Op::FmaddS, Op::FmsubS, Op::FnmsubS, Op::FnmaddS, Op::FmaddD, Op::FmsubD,
        Op::FnmsubD, Op::FnmaddD, Op::FaddS, Op::FsubS, Op::FmulS, Op::FdivS,
        Op::FsqrtS, Op::FsgnjS, Op::FsgnjnS, Op::FsgnjxS, Op::FminS, Op::FmaxS,
        Op::FeqS, Op::FltS, Op::FleS, Op::FclassS, Op::FcvtWS, Op::FcvtWuS,
        Op::FcvtLS, Op::FcvtLuS, Op::FcvtSW, Op::FcvtSWu, Op::FcvtSL, Op::FcvtSLu,
        Op::FmvXW, Op::FmvWX, Op::FaddD, Op::FsubD, Op::FmulD, Op::FdivD,
        Op::FsqrtD, Op::FsgnjD, Op::FsgnjnD, Op::FsgnjxD, Op::FminD, Op::FmaxD,
        Op::FeqD, Op::FltD, Op::FleD, Op::FclassD, Op::FcvtWD, Op::FcvtWuD,
        Op::FcvtLD, Op::FcvtLuD, Op::FcvtDW, Op::FcvtDWu, Op::FcvtDL, Op::FcvtDLu,
        Op::FmvXD, Op::FmvDX, Op::FcvtSD, Op::FcvtDS, Op::FmvXH, Op::FmvHX,
        Op::FcvtSH, Op::FcvtHS, Op::FcvtDH, Op::FcvtHD, Op::FliS, Op::FminmS,
        Op::FmaxmS, Op::FroundS, Op::FroundnxS, Op::FleqS, Op::FltqS, Op::FliD,
        Op::FminmD, Op::FmaxmD, Op::FroundD, Op::FroundnxD, Op::FleqD, Op::FltqD,
        Op::FcvtmodWD, Op::AddUw, Op::Sh1add, Op::Sh1addUw, Op::Sh2add, Op::Sh2addUw,
        Op::Sh3add, Op::Sh3addUw, Op::SlliUw, Op::Andn, Op::Orn, Op::Xnor,
        Op::Clz, Op::Ctz, Op::Cpop, Op::Clzw, Op::Ctzw, Op::Cpopw,
        Op::Max, Op::Maxu, Op::Min, Op::Minu, Op::SextB, Op::SextH,
        Op::ZextH, Op::Rol, Op::Rolw, Op::Ror, Op::Rorw, Op::Rori,
        Op::Roriw, Op::OrcB, Op::Rev8, Op::Clmul, Op::Clmulh, Op::Clmulr,
        Op::Bclr, Op::Bclri, Op::Bext, Op::Bexti, Op::Binv, Op::Binvi,
        Op::Bset, Op::Bseti, Op::CzeroEqz, Op::CzeroNez, Op::CboInval, Op::CboClean,
        Op::CboFlush, Op::CboZero, Op::PrefetchI, Op::PrefetchR, Op::PrefetchW,
    ];

    /// As the manual and an assembler write it, without .aq and .rl.
    pub fn mnemonic(self) -> &'static str {
        FACTS[self as usize].mnemonic
    }

    /// Operand column of the table.
    pub fn operands(self) -> &'static str {
        FACTS[self as usize].operands
    }

    /// Extension that brings it.
    pub fn extension(self) -> Extension {
        FACTS[self as usize].extension
    }

    /// Which bits of the word are fixed, and what they are.
    pub fn fixed(self) -> (u32, u32) {
        let facts = &FACTS[self as usize];
        (facts.mask, facts.bits)
    }
}

#[inline(always)]
fn amo_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        aq: bits(word, 26, 1) != 0,
        rd: (bits(word, 7, 5)) as u8,
        rl: bits(word, 25, 1) != 0,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_amo_type(inst: &Inst) -> u32 {
    bits(u32::from(inst.aq), 0, 1) << 26
        | bits(u32::from(inst.rl), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn aq_rl_rs2_4_rs1_rd_4(op: Op, word: u32) -> Inst {
    Inst {
        op,
        aq: bits(word, 26, 1) != 0,
        rd: (bits(word, 8, 4) << 1) as u8,
        rl: bits(word, 25, 1) != 0,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 21, 4) << 1) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_aq_rl_rs2_4_rs1_rd_4(inst: &Inst) -> u32 {
    bits(u32::from(inst.aq), 0, 1) << 26
        | bits(u32::from(inst.rl), 0, 1) << 25
        | bits(u32::from(inst.rs2), 1, 4) << 21
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 1, 4) << 8
}

#[inline(always)]
fn b_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(
            (((bits(word, 31, 1) << 12)
                | (bits(word, 25, 6) << 5)
                | (bits(word, 8, 4) << 1)
                | (bits(word, 7, 1) << 11))
                << 19) as i32
                >> 19,
        ),
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_b_type(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 12, 1) << 31
        | bits(inst.imm as u32, 5, 6) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(inst.imm as u32, 1, 4) << 8
        | bits(inst.imm as u32, 11, 1) << 7
}

#[inline(always)]
fn bare(op: Op, word: u32) -> Inst {
    Inst { op, ..Inst::bare(op, word) }
}

fn put_bare(_inst: &Inst) -> u32 {
    0
}

#[inline(always)]
fn csr_immediate(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(bits(word, 20, 12)),
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_csr_immediate(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 12) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn csr_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(bits(word, 20, 12)),
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_csr_type(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 12) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn fm_pred_succ(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from((bits(word, 28, 4) << 8) | (bits(word, 24, 4) << 4) | bits(word, 20, 4)),
        ..Inst::bare(op, word)
    }
}

fn put_fm_pred_succ(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 8, 4) << 28 | bits(inst.imm as u32, 4, 4) << 24 | bits(inst.imm as u32, 0, 4) << 20
}

#[inline(always)]
fn i_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(((bits(word, 20, 12)) << 20) as i32 >> 20),
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_i_type(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 12) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn imm_11_rs1(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(((bits(word, 25, 7) << 5) << 20) as i32 >> 20),
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_imm_11_rs1(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 5, 7) << 25 | bits(u32::from(inst.rs1), 0, 5) << 15
}

#[inline(always)]
fn j_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(
            (((bits(word, 31, 1) << 20)
                | (bits(word, 21, 10) << 1)
                | (bits(word, 20, 1) << 11)
                | (bits(word, 12, 8) << 12))
                << 11) as i32
                >> 11,
        ),
        rd: (bits(word, 7, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_j_type(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 20, 1) << 31
        | bits(inst.imm as u32, 1, 10) << 21
        | bits(inst.imm as u32, 11, 1) << 20
        | bits(inst.imm as u32, 12, 8) << 12
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn lr_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        aq: bits(word, 26, 1) != 0,
        rd: (bits(word, 7, 5)) as u8,
        rl: bits(word, 25, 1) != 0,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_lr_type(inst: &Inst) -> u32 {
    bits(u32::from(inst.aq), 0, 1) << 26
        | bits(u32::from(inst.rl), 0, 1) << 25
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn r4_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rm: (bits(word, 12, 3)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        rs3: (bits(word, 27, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_r4_type(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs3), 0, 5) << 27
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rm), 0, 3) << 12
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn r_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_r_type(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn rs1(op: Op, word: u32) -> Inst {
    Inst { op, rs1: (bits(word, 15, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_rs1(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs1), 0, 5) << 15
}

#[inline(always)]
fn rs1_rd(op: Op, word: u32) -> Inst {
    Inst { op, rd: (bits(word, 7, 5)) as u8, rs1: (bits(word, 15, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_rs1_rd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs1), 0, 5) << 15 | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn rs1_rm_rd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rm: (bits(word, 12, 3)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_rs1_rm_rd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rm), 0, 3) << 12
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn rs2_rs1(op: Op, word: u32) -> Inst {
    Inst { op, rs1: (bits(word, 15, 5)) as u8, rs2: (bits(word, 20, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_rs2_rs1(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20 | bits(u32::from(inst.rs1), 0, 5) << 15
}

#[inline(always)]
fn rs2_rs1_rm_rd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rm: (bits(word, 12, 3)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_rs2_rs1_rm_rd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rm), 0, 3) << 12
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn s_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from((((bits(word, 25, 7) << 5) | bits(word, 7, 5)) << 20) as i32 >> 20),
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_s_type(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 5, 7) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(inst.imm as u32, 0, 5) << 7
}

#[inline(always)]
fn shift_32(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(bits(word, 20, 5)),
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_shift_32(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn shift_64(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(bits(word, 20, 6)),
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_shift_64(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 6) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn u_type(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from((bits(word, 12, 20) << 12) as i32),
        rd: (bits(word, 7, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_u_type(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 12, 20) << 12 | bits(u32::from(inst.rd), 0, 5) << 7
}

/// Decodes a 32-bit instruction word; `None` is an illegal instruction.
pub fn decode(word: u32) -> Option<Inst> {
    match word & 0x7f {
        0x03 => load(word),
        0x07 => load_fp(word),
        0x0f => misc_mem(word),
        0x13 => op_imm(word),
        0x17 => auipc(word),
        0x1b => op_imm_32(word),
        0x23 => store(word),
        0x27 => store_fp(word),
        0x2f => amo(word),
        0x33 => op(word),
        0x37 => lui(word),
        0x3b => op_32(word),
        0x43 => madd(word),
        0x47 => msub(word),
        0x4b => nmsub(word),
        0x4f => nmadd(word),
        0x53 => op_fp(word),
        0x63 => branch(word),
        0x67 => jalr(word),
        0x6f => jal(word),
        0x73 => system(word),
        _ => None,
    }
}

fn load(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => Some(i_type(Op::Lb, word)),
        0b001 => Some(i_type(Op::Lh, word)),
        0b010 => Some(i_type(Op::Lw, word)),
        0b011 => Some(i_type(Op::Ld, word)),
        0b100 => Some(i_type(Op::Lbu, word)),
        0b101 => Some(i_type(Op::Lhu, word)),
        0b110 => Some(i_type(Op::Lwu, word)),
        _ => None,
    }
}

fn load_fp(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b001 => Some(i_type(Op::Flh, word)),
        0b010 => Some(i_type(Op::Flw, word)),
        0b011 => Some(i_type(Op::Fld, word)),
        _ => None,
    }
}

fn misc_mem(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => {
            if word & 0xffff8f80 == 0x01000000 {
                Some(bare(Op::Pause, word))
            } else if word & 0xfff00000 == 0x83300000 {
                Some(bare(Op::FenceTso, word))
            } else {
                Some(fm_pred_succ(Op::Fence, word))
            }
        }
        0b001 => Some(bare(Op::FenceI, word)),
        0b010 => match bits(word, 20, 12) {
            0b000000000000 => {
                if word & 0x00000f80 == 0x00000000 {
                    Some(rs1(Op::CboInval, word))
                } else {
                    None
                }
            }
            0b000000000001 => {
                if word & 0x00000f80 == 0x00000000 {
                    Some(rs1(Op::CboClean, word))
                } else {
                    None
                }
            }
            0b000000000010 => {
                if word & 0x00000f80 == 0x00000000 {
                    Some(rs1(Op::CboFlush, word))
                } else {
                    None
                }
            }
            0b000000000100 => {
                if word & 0x00000f80 == 0x00000000 {
                    Some(rs1(Op::CboZero, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        _ => None,
    }
}

fn op_imm(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => Some(i_type(Op::Addi, word)),
        0b001 => match bits(word, 26, 6) {
            0b000000 => Some(shift_64(Op::Slli, word)),
            0b001010 => Some(shift_64(Op::Bseti, word)),
            0b010010 => Some(shift_64(Op::Bclri, word)),
            0b011000 => match bits(word, 20, 6) {
                0b000000 => Some(rs1_rd(Op::Clz, word)),
                0b000001 => Some(rs1_rd(Op::Ctz, word)),
                0b000010 => Some(rs1_rd(Op::Cpop, word)),
                0b000100 => Some(rs1_rd(Op::SextB, word)),
                0b000101 => Some(rs1_rd(Op::SextH, word)),
                _ => None,
            },
            0b011010 => Some(shift_64(Op::Binvi, word)),
            _ => None,
        },
        0b010 => Some(i_type(Op::Slti, word)),
        0b011 => Some(i_type(Op::Sltiu, word)),
        0b100 => Some(i_type(Op::Xori, word)),
        0b101 => match bits(word, 26, 6) {
            0b000000 => Some(shift_64(Op::Srli, word)),
            0b001010 => {
                if word & 0x03f00000 == 0x00700000 {
                    Some(rs1_rd(Op::OrcB, word))
                } else {
                    None
                }
            }
            0b010000 => Some(shift_64(Op::Srai, word)),
            0b010010 => Some(shift_64(Op::Bexti, word)),
            0b011000 => Some(shift_64(Op::Rori, word)),
            0b011010 => {
                if word & 0x03f00000 == 0x03800000 {
                    Some(rs1_rd(Op::Rev8, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        0b110 => {
            if word & 0x01f00f80 == 0x00000000 {
                Some(imm_11_rs1(Op::PrefetchI, word))
            } else if word & 0x01f00f80 == 0x00100000 {
                Some(imm_11_rs1(Op::PrefetchR, word))
            } else if word & 0x01f00f80 == 0x00300000 {
                Some(imm_11_rs1(Op::PrefetchW, word))
            } else {
                Some(i_type(Op::Ori, word))
            }
        }
        0b111 => Some(i_type(Op::Andi, word)),
        _ => None,
    }
}

fn auipc(word: u32) -> Option<Inst> {
    Some(u_type(Op::Auipc, word))
}

fn op_imm_32(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => Some(i_type(Op::Addiw, word)),
        0b001 => match bits(word, 26, 6) {
            0b000000 => {
                if word & 0x02000000 == 0x00000000 {
                    Some(shift_32(Op::Slliw, word))
                } else {
                    None
                }
            }
            0b000010 => Some(shift_64(Op::SlliUw, word)),
            0b011000 => match bits(word, 20, 6) {
                0b000000 => Some(rs1_rd(Op::Clzw, word)),
                0b000001 => Some(rs1_rd(Op::Ctzw, word)),
                0b000010 => Some(rs1_rd(Op::Cpopw, word)),
                _ => None,
            },
            _ => None,
        },
        0b101 => match bits(word, 25, 7) {
            0b0000000 => Some(shift_32(Op::Srliw, word)),
            0b0100000 => Some(shift_32(Op::Sraiw, word)),
            0b0110000 => Some(shift_32(Op::Roriw, word)),
            _ => None,
        },
        _ => None,
    }
}

fn store(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => Some(s_type(Op::Sb, word)),
        0b001 => Some(s_type(Op::Sh, word)),
        0b010 => Some(s_type(Op::Sw, word)),
        0b011 => Some(s_type(Op::Sd, word)),
        _ => None,
    }
}

fn store_fp(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b001 => Some(s_type(Op::Fsh, word)),
        0b010 => Some(s_type(Op::Fsw, word)),
        0b011 => Some(s_type(Op::Fsd, word)),
        _ => None,
    }
}

fn amo(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b010 => match bits(word, 27, 5) {
            0b00000 => Some(amo_type(Op::AmoaddW, word)),
            0b00001 => Some(amo_type(Op::AmoswapW, word)),
            0b00010 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(lr_type(Op::LrW, word))
                } else {
                    None
                }
            }
            0b00011 => Some(amo_type(Op::ScW, word)),
            0b00100 => Some(amo_type(Op::AmoxorW, word)),
            0b00101 => Some(amo_type(Op::AmocasW, word)),
            0b01000 => Some(amo_type(Op::AmoorW, word)),
            0b01100 => Some(amo_type(Op::AmoandW, word)),
            0b10000 => Some(amo_type(Op::AmominW, word)),
            0b10100 => Some(amo_type(Op::AmomaxW, word)),
            0b11000 => Some(amo_type(Op::AmominuW, word)),
            0b11100 => Some(amo_type(Op::AmomaxuW, word)),
            _ => None,
        },
        0b011 => match bits(word, 27, 5) {
            0b00000 => Some(amo_type(Op::AmoaddD, word)),
            0b00001 => Some(amo_type(Op::AmoswapD, word)),
            0b00010 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(lr_type(Op::LrD, word))
                } else {
                    None
                }
            }
            0b00011 => Some(amo_type(Op::ScD, word)),
            0b00100 => Some(amo_type(Op::AmoxorD, word)),
            0b00101 => Some(amo_type(Op::AmocasD, word)),
            0b01000 => Some(amo_type(Op::AmoorD, word)),
            0b01100 => Some(amo_type(Op::AmoandD, word)),
            0b10000 => Some(amo_type(Op::AmominD, word)),
            0b10100 => Some(amo_type(Op::AmomaxD, word)),
            0b11000 => Some(amo_type(Op::AmominuD, word)),
            0b11100 => Some(amo_type(Op::AmomaxuD, word)),
            _ => None,
        },
        0b100 => {
            if word & 0xf8100080 == 0x28000000 {
                Some(aq_rl_rs2_4_rs1_rd_4(Op::AmocasQ, word))
            } else {
                None
            }
        }
        _ => None,
    }
}

fn op(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Add, word)),
            0b0000001 => Some(r_type(Op::Mul, word)),
            0b0100000 => Some(r_type(Op::Sub, word)),
            _ => None,
        },
        0b001 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Sll, word)),
            0b0000001 => Some(r_type(Op::Mulh, word)),
            0b0000101 => Some(r_type(Op::Clmul, word)),
            0b0010100 => Some(r_type(Op::Bset, word)),
            0b0100100 => Some(r_type(Op::Bclr, word)),
            0b0110000 => Some(r_type(Op::Rol, word)),
            0b0110100 => Some(r_type(Op::Binv, word)),
            _ => None,
        },
        0b010 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Slt, word)),
            0b0000001 => Some(r_type(Op::Mulhsu, word)),
            0b0000101 => Some(r_type(Op::Clmulr, word)),
            0b0010000 => Some(r_type(Op::Sh1add, word)),
            _ => None,
        },
        0b011 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Sltu, word)),
            0b0000001 => Some(r_type(Op::Mulhu, word)),
            0b0000101 => Some(r_type(Op::Clmulh, word)),
            _ => None,
        },
        0b100 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Xor, word)),
            0b0000001 => Some(r_type(Op::Div, word)),
            0b0000101 => Some(r_type(Op::Min, word)),
            0b0010000 => Some(r_type(Op::Sh2add, word)),
            0b0100000 => Some(r_type(Op::Xnor, word)),
            _ => None,
        },
        0b101 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Srl, word)),
            0b0000001 => Some(r_type(Op::Divu, word)),
            0b0000101 => Some(r_type(Op::Minu, word)),
            0b0000111 => Some(r_type(Op::CzeroEqz, word)),
            0b0100000 => Some(r_type(Op::Sra, word)),
            0b0100100 => Some(r_type(Op::Bext, word)),
            0b0110000 => Some(r_type(Op::Ror, word)),
            _ => None,
        },
        0b110 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Or, word)),
            0b0000001 => Some(r_type(Op::Rem, word)),
            0b0000101 => Some(r_type(Op::Max, word)),
            0b0010000 => Some(r_type(Op::Sh3add, word)),
            0b0100000 => Some(r_type(Op::Orn, word)),
            _ => None,
        },
        0b111 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::And, word)),
            0b0000001 => Some(r_type(Op::Remu, word)),
            0b0000101 => Some(r_type(Op::Maxu, word)),
            0b0000111 => Some(r_type(Op::CzeroNez, word)),
            0b0100000 => Some(r_type(Op::Andn, word)),
            _ => None,
        },
        _ => None,
    }
}

fn lui(word: u32) -> Option<Inst> {
    Some(u_type(Op::Lui, word))
}

fn op_32(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Addw, word)),
            0b0000001 => Some(r_type(Op::Mulw, word)),
            0b0000100 => Some(r_type(Op::AddUw, word)),
            0b0100000 => Some(r_type(Op::Subw, word)),
            _ => None,
        },
        0b001 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Sllw, word)),
            0b0110000 => Some(r_type(Op::Rolw, word)),
            _ => None,
        },
        0b010 => {
            if word & 0xfe000000 == 0x20000000 {
                Some(r_type(Op::Sh1addUw, word))
            } else {
                None
            }
        }
        0b100 => match bits(word, 25, 7) {
            0b0000001 => Some(r_type(Op::Divw, word)),
            0b0000100 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(rs1_rd(Op::ZextH, word))
                } else {
                    None
                }
            }
            0b0010000 => Some(r_type(Op::Sh2addUw, word)),
            _ => None,
        },
        0b101 => match bits(word, 25, 7) {
            0b0000000 => Some(r_type(Op::Srlw, word)),
            0b0000001 => Some(r_type(Op::Divuw, word)),
            0b0100000 => Some(r_type(Op::Sraw, word)),
            0b0110000 => Some(r_type(Op::Rorw, word)),
            _ => None,
        },
        0b110 => match bits(word, 25, 7) {
            0b0000001 => Some(r_type(Op::Remw, word)),
            0b0010000 => Some(r_type(Op::Sh3addUw, word)),
            _ => None,
        },
        0b111 => {
            if word & 0xfe000000 == 0x02000000 {
                Some(r_type(Op::Remuw, word))
            } else {
                None
            }
        }
        _ => None,
    }
}

fn madd(word: u32) -> Option<Inst> {
    match bits(word, 25, 2) {
        0b00 => Some(r4_type(Op::FmaddS, word)),
        0b01 => Some(r4_type(Op::FmaddD, word)),
        _ => None,
    }
}

fn msub(word: u32) -> Option<Inst> {
    match bits(word, 25, 2) {
        0b00 => Some(r4_type(Op::FmsubS, word)),
        0b01 => Some(r4_type(Op::FmsubD, word)),
        _ => None,
    }
}

fn nmsub(word: u32) -> Option<Inst> {
    match bits(word, 25, 2) {
        0b00 => Some(r4_type(Op::FnmsubS, word)),
        0b01 => Some(r4_type(Op::FnmsubD, word)),
        _ => None,
    }
}

fn nmadd(word: u32) -> Option<Inst> {
    match bits(word, 25, 2) {
        0b00 => Some(r4_type(Op::FnmaddS, word)),
        0b01 => Some(r4_type(Op::FnmaddD, word)),
        _ => None,
    }
}

fn op_fp(word: u32) -> Option<Inst> {
    match bits(word, 25, 7) {
        0b0000000 => Some(rs2_rs1_rm_rd(Op::FaddS, word)),
        0b0000001 => Some(rs2_rs1_rm_rd(Op::FaddD, word)),
        0b0000100 => Some(rs2_rs1_rm_rd(Op::FsubS, word)),
        0b0000101 => Some(rs2_rs1_rm_rd(Op::FsubD, word)),
        0b0001000 => Some(rs2_rs1_rm_rd(Op::FmulS, word)),
        0b0001001 => Some(rs2_rs1_rm_rd(Op::FmulD, word)),
        0b0001100 => Some(rs2_rs1_rm_rd(Op::FdivS, word)),
        0b0001101 => Some(rs2_rs1_rm_rd(Op::FdivD, word)),
        0b0010000 => match bits(word, 12, 3) {
            0b000 => Some(r_type(Op::FsgnjS, word)),
            0b001 => Some(r_type(Op::FsgnjnS, word)),
            0b010 => Some(r_type(Op::FsgnjxS, word)),
            _ => None,
        },
        0b0010001 => match bits(word, 12, 3) {
            0b000 => Some(r_type(Op::FsgnjD, word)),
            0b001 => Some(r_type(Op::FsgnjnD, word)),
            0b010 => Some(r_type(Op::FsgnjxD, word)),
            _ => None,
        },
        0b0010100 => match bits(word, 12, 3) {
            0b000 => Some(r_type(Op::FminS, word)),
            0b001 => Some(r_type(Op::FmaxS, word)),
            0b010 => Some(r_type(Op::FminmS, word)),
            0b011 => Some(r_type(Op::FmaxmS, word)),
            _ => None,
        },
        0b0010101 => match bits(word, 12, 3) {
            0b000 => Some(r_type(Op::FminD, word)),
            0b001 => Some(r_type(Op::FmaxD, word)),
            0b010 => Some(r_type(Op::FminmD, word)),
            0b011 => Some(r_type(Op::FmaxmD, word)),
            _ => None,
        },
        0b0100000 => match bits(word, 20, 5) {
            0b00001 => Some(rs1_rm_rd(Op::FcvtSD, word)),
            0b00010 => Some(rs1_rm_rd(Op::FcvtSH, word)),
            0b00100 => Some(rs1_rm_rd(Op::FroundS, word)),
            0b00101 => Some(rs1_rm_rd(Op::FroundnxS, word)),
            _ => None,
        },
        0b0100001 => match bits(word, 20, 5) {
            0b00000 => Some(rs1_rm_rd(Op::FcvtDS, word)),
            0b00010 => Some(rs1_rm_rd(Op::FcvtDH, word)),
            0b00100 => Some(rs1_rm_rd(Op::FroundD, word)),
            0b00101 => Some(rs1_rm_rd(Op::FroundnxD, word)),
            _ => None,
        },
        0b0100010 => match bits(word, 20, 5) {
            0b00000 => Some(rs1_rm_rd(Op::FcvtHS, word)),
            0b00001 => Some(rs1_rm_rd(Op::FcvtHD, word)),
            _ => None,
        },
        0b0101100 => {
            if word & 0x01f00000 == 0x00000000 {
                Some(rs1_rm_rd(Op::FsqrtS, word))
            } else {
                None
            }
        }
        0b0101101 => {
            if word & 0x01f00000 == 0x00000000 {
                Some(rs1_rm_rd(Op::FsqrtD, word))
            } else {
                None
            }
        }
        0b1010000 => match bits(word, 12, 3) {
            0b000 => Some(r_type(Op::FleS, word)),
            0b001 => Some(r_type(Op::FltS, word)),
            0b010 => Some(r_type(Op::FeqS, word)),
            0b100 => Some(r_type(Op::FleqS, word)),
            0b101 => Some(r_type(Op::FltqS, word)),
            _ => None,
        },
        0b1010001 => match bits(word, 12, 3) {
            0b000 => Some(r_type(Op::FleD, word)),
            0b001 => Some(r_type(Op::FltD, word)),
            0b010 => Some(r_type(Op::FeqD, word)),
            0b100 => Some(r_type(Op::FleqD, word)),
            0b101 => Some(r_type(Op::FltqD, word)),
            _ => None,
        },
        0b1100000 => match bits(word, 20, 5) {
            0b00000 => Some(rs1_rm_rd(Op::FcvtWS, word)),
            0b00001 => Some(rs1_rm_rd(Op::FcvtWuS, word)),
            0b00010 => Some(rs1_rm_rd(Op::FcvtLS, word)),
            0b00011 => Some(rs1_rm_rd(Op::FcvtLuS, word)),
            _ => None,
        },
        0b1100001 => match bits(word, 20, 5) {
            0b00000 => Some(rs1_rm_rd(Op::FcvtWD, word)),
            0b00001 => Some(rs1_rm_rd(Op::FcvtWuD, word)),
            0b00010 => Some(rs1_rm_rd(Op::FcvtLD, word)),
            0b00011 => Some(rs1_rm_rd(Op::FcvtLuD, word)),
            0b01000 => {
                if word & 0x00007000 == 0x00001000 {
                    Some(rs1_rd(Op::FcvtmodWD, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        0b1101000 => match bits(word, 20, 5) {
            0b00000 => Some(rs1_rm_rd(Op::FcvtSW, word)),
            0b00001 => Some(rs1_rm_rd(Op::FcvtSWu, word)),
            0b00010 => Some(rs1_rm_rd(Op::FcvtSL, word)),
            0b00011 => Some(rs1_rm_rd(Op::FcvtSLu, word)),
            _ => None,
        },
        0b1101001 => match bits(word, 20, 5) {
            0b00000 => Some(rs1_rm_rd(Op::FcvtDW, word)),
            0b00001 => Some(rs1_rm_rd(Op::FcvtDWu, word)),
            0b00010 => Some(rs1_rm_rd(Op::FcvtDL, word)),
            0b00011 => Some(rs1_rm_rd(Op::FcvtDLu, word)),
            _ => None,
        },
        0b1110000 => match bits(word, 12, 3) {
            0b000 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(rs1_rd(Op::FmvXW, word))
                } else {
                    None
                }
            }
            0b001 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(rs1_rd(Op::FclassS, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        0b1110001 => match bits(word, 12, 3) {
            0b000 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(rs1_rd(Op::FmvXD, word))
                } else {
                    None
                }
            }
            0b001 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(rs1_rd(Op::FclassD, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        0b1110010 => {
            if word & 0x01f07000 == 0x00000000 {
                Some(rs1_rd(Op::FmvXH, word))
            } else {
                None
            }
        }
        0b1111000 => match bits(word, 20, 5) {
            0b00000 => {
                if word & 0x00007000 == 0x00000000 {
                    Some(rs1_rd(Op::FmvWX, word))
                } else {
                    None
                }
            }
            0b00001 => {
                if word & 0x00007000 == 0x00000000 {
                    Some(rs1_rd(Op::FliS, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        0b1111001 => match bits(word, 20, 5) {
            0b00000 => {
                if word & 0x00007000 == 0x00000000 {
                    Some(rs1_rd(Op::FmvDX, word))
                } else {
                    None
                }
            }
            0b00001 => {
                if word & 0x00007000 == 0x00000000 {
                    Some(rs1_rd(Op::FliD, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        0b1111010 => {
            if word & 0x01f07000 == 0x00000000 {
                Some(rs1_rd(Op::FmvHX, word))
            } else {
                None
            }
        }
        _ => None,
    }
}

fn branch(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => Some(b_type(Op::Beq, word)),
        0b001 => Some(b_type(Op::Bne, word)),
        0b100 => Some(b_type(Op::Blt, word)),
        0b101 => Some(b_type(Op::Bge, word)),
        0b110 => Some(b_type(Op::Bltu, word)),
        0b111 => Some(b_type(Op::Bgeu, word)),
        _ => None,
    }
}

fn jalr(word: u32) -> Option<Inst> {
    if word & 0x00007000 == 0x00000000 { Some(i_type(Op::Jalr, word)) } else { None }
}

fn jal(word: u32) -> Option<Inst> {
    Some(j_type(Op::Jal, word))
}

fn system(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => match bits(word, 25, 7) {
            0b0000000 => match bits(word, 15, 10) {
                0b0000000000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::Ecall, word))
                    } else {
                        None
                    }
                }
                0b0000100000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::Ebreak, word))
                    } else {
                        None
                    }
                }
                0b0110100000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::WrsNto, word))
                    } else {
                        None
                    }
                }
                0b1110100000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::WrsSto, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b0001000 => match bits(word, 15, 10) {
                0b0001000000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::Sret, word))
                    } else {
                        None
                    }
                }
                0b0010100000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::Wfi, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b0001001 => {
                if word & 0x00000f80 == 0x00000000 {
                    Some(rs2_rs1(Op::SfenceVma, word))
                } else {
                    None
                }
            }
            0b0001011 => {
                if word & 0x00000f80 == 0x00000000 {
                    Some(rs2_rs1(Op::SinvalVma, word))
                } else {
                    None
                }
            }
            0b0001100 => match bits(word, 15, 10) {
                0b0000000000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::SfenceWInval, word))
                    } else {
                        None
                    }
                }
                0b0000100000 => {
                    if word & 0x00000f80 == 0x00000000 {
                        Some(bare(Op::SfenceInvalIr, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b0011000 => {
                if word & 0x01ff8f80 == 0x00200000 {
                    Some(bare(Op::Mret, word))
                } else {
                    None
                }
            }
            _ => None,
        },
        0b001 => Some(csr_type(Op::Csrrw, word)),
        0b010 => Some(csr_type(Op::Csrrs, word)),
        0b011 => Some(csr_type(Op::Csrrc, word)),
        0b101 => Some(csr_immediate(Op::Csrrwi, word)),
        0b110 => Some(csr_immediate(Op::Csrrsi, word)),
        0b111 => Some(csr_immediate(Op::Csrrci, word)),
        _ => None,
    }
}

/// The 32-bit word that decodes to `inst`, whose `len` and `raw` are not looked at. Ignored bits are zero
/// and a field too wide for its place is cut.
pub fn encode(inst: &Inst) -> u32 {
    let fields = match inst.op {
        Op::ScW
        | Op::AmoswapW
        | Op::AmoaddW
        | Op::AmoxorW
        | Op::AmoandW
        | Op::AmoorW
        | Op::AmominW
        | Op::AmomaxW
        | Op::AmominuW
        | Op::AmomaxuW
        | Op::ScD
        | Op::AmoswapD
        | Op::AmoaddD
        | Op::AmoxorD
        | Op::AmoandD
        | Op::AmoorD
        | Op::AmominD
        | Op::AmomaxD
        | Op::AmominuD
        | Op::AmomaxuD
        | Op::AmocasW
        | Op::AmocasD => put_amo_type(inst),
        Op::AmocasQ => put_aq_rl_rs2_4_rs1_rd_4(inst),
        Op::Beq | Op::Bne | Op::Blt | Op::Bge | Op::Bltu | Op::Bgeu => put_b_type(inst),
        Op::FenceTso
        | Op::Pause
        | Op::FenceI
        | Op::Ecall
        | Op::Ebreak
        | Op::Sret
        | Op::Mret
        | Op::Wfi
        | Op::SfenceWInval
        | Op::SfenceInvalIr
        | Op::WrsNto
        | Op::WrsSto => put_bare(inst),
        Op::Csrrwi | Op::Csrrsi | Op::Csrrci => put_csr_immediate(inst),
        Op::Csrrw | Op::Csrrs | Op::Csrrc => put_csr_type(inst),
        Op::Fence => put_fm_pred_succ(inst),
        Op::Jalr
        | Op::Lb
        | Op::Lh
        | Op::Lw
        | Op::Ld
        | Op::Lbu
        | Op::Lhu
        | Op::Lwu
        | Op::Addi
        | Op::Slti
        | Op::Sltiu
        | Op::Xori
        | Op::Ori
        | Op::Andi
        | Op::Addiw
        | Op::Flh
        | Op::Flw
        | Op::Fld => put_i_type(inst),
        Op::PrefetchI | Op::PrefetchR | Op::PrefetchW => put_imm_11_rs1(inst),
        Op::Jal => put_j_type(inst),
        Op::LrW | Op::LrD => put_lr_type(inst),
        Op::FmaddS
        | Op::FmsubS
        | Op::FnmsubS
        | Op::FnmaddS
        | Op::FmaddD
        | Op::FmsubD
        | Op::FnmsubD
        | Op::FnmaddD => put_r4_type(inst),
        Op::Add
        | Op::Sub
        | Op::Sll
        | Op::Slt
        | Op::Sltu
        | Op::Xor
        | Op::Srl
        | Op::Sra
        | Op::Or
        | Op::And
        | Op::Addw
        | Op::Subw
        | Op::Sllw
        | Op::Srlw
        | Op::Sraw
        | Op::Mul
        | Op::Mulh
        | Op::Mulhsu
        | Op::Mulhu
        | Op::Div
        | Op::Divu
        | Op::Rem
        | Op::Remu
        | Op::Mulw
        | Op::Divw
        | Op::Divuw
        | Op::Remw
        | Op::Remuw
        | Op::FsgnjS
        | Op::FsgnjnS
        | Op::FsgnjxS
        | Op::FminS
        | Op::FmaxS
        | Op::FeqS
        | Op::FltS
        | Op::FleS
        | Op::FsgnjD
        | Op::FsgnjnD
        | Op::FsgnjxD
        | Op::FminD
        | Op::FmaxD
        | Op::FeqD
        | Op::FltD
        | Op::FleD
        | Op::FminmS
        | Op::FmaxmS
        | Op::FleqS
        | Op::FltqS
        | Op::FminmD
        | Op::FmaxmD
        | Op::FleqD
        | Op::FltqD
        | Op::AddUw
        | Op::Sh1add
        | Op::Sh1addUw
        | Op::Sh2add
        | Op::Sh2addUw
        | Op::Sh3add
        | Op::Sh3addUw
        | Op::Andn
        | Op::Orn
        | Op::Xnor
        | Op::Max
        | Op::Maxu
        | Op::Min
        | Op::Minu
        | Op::Rol
        | Op::Rolw
        | Op::Ror
        | Op::Rorw
        | Op::Clmul
        | Op::Clmulh
        | Op::Clmulr
        | Op::Bclr
        | Op::Bext
        | Op::Binv
        | Op::Bset
        | Op::CzeroEqz
        | Op::CzeroNez => put_r_type(inst),
        Op::CboInval | Op::CboClean | Op::CboFlush | Op::CboZero => put_rs1(inst),
        Op::FclassS
        | Op::FmvXW
        | Op::FmvWX
        | Op::FclassD
        | Op::FmvXD
        | Op::FmvDX
        | Op::FmvXH
        | Op::FmvHX
        | Op::FliS
        | Op::FliD
        | Op::FcvtmodWD
        | Op::Clz
        | Op::Ctz
        | Op::Cpop
        | Op::Clzw
        | Op::Ctzw
        | Op::Cpopw
        | Op::SextB
        | Op::SextH
        | Op::ZextH
        | Op::OrcB
        | Op::Rev8 => put_rs1_rd(inst),
        Op::FsqrtS
        | Op::FcvtWS
        | Op::FcvtWuS
        | Op::FcvtLS
        | Op::FcvtLuS
        | Op::FcvtSW
        | Op::FcvtSWu
        | Op::FcvtSL
        | Op::FcvtSLu
        | Op::FsqrtD
        | Op::FcvtWD
        | Op::FcvtWuD
        | Op::FcvtLD
        | Op::FcvtLuD
        | Op::FcvtDW
        | Op::FcvtDWu
        | Op::FcvtDL
        | Op::FcvtDLu
        | Op::FcvtSD
        | Op::FcvtDS
        | Op::FcvtSH
        | Op::FcvtHS
        | Op::FcvtDH
        | Op::FcvtHD
        | Op::FroundS
        | Op::FroundnxS
        | Op::FroundD
        | Op::FroundnxD => put_rs1_rm_rd(inst),
        Op::SfenceVma | Op::SinvalVma => put_rs2_rs1(inst),
        Op::FaddS | Op::FsubS | Op::FmulS | Op::FdivS | Op::FaddD | Op::FsubD | Op::FmulD | Op::FdivD => {
            put_rs2_rs1_rm_rd(inst)
        }
        Op::Sb | Op::Sh | Op::Sw | Op::Sd | Op::Fsh | Op::Fsw | Op::Fsd => put_s_type(inst),
        Op::Slliw | Op::Srliw | Op::Sraiw | Op::Roriw => put_shift_32(inst),
        Op::Slli
        | Op::Srli
        | Op::Srai
        | Op::SlliUw
        | Op::Rori
        | Op::Bclri
        | Op::Bexti
        | Op::Binvi
        | Op::Bseti => put_shift_64(inst),
        Op::Lui | Op::Auipc => put_u_type(inst),
    };
    fields | inst.op.fixed().1
}
