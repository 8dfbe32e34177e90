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
    /// V
    V,
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
    /// `vsetvli rd,rs1,vtypei` (V)
    Vsetvli,
    /// `vsetivli rd,zimm,vtypei` (V)
    Vsetivli,
    /// `vsetvl rd,rs1,rs2` (V)
    Vsetvl,
    /// `vle8.v vd,(rs1),vm` (V)
    Vle8V,
    /// `vle16.v vd,(rs1),vm` (V)
    Vle16V,
    /// `vle32.v vd,(rs1),vm` (V)
    Vle32V,
    /// `vle64.v vd,(rs1),vm` (V)
    Vle64V,
    /// `vle8ff.v vd,(rs1),vm` (V)
    Vle8ffV,
    /// `vle16ff.v vd,(rs1),vm` (V)
    Vle16ffV,
    /// `vle32ff.v vd,(rs1),vm` (V)
    Vle32ffV,
    /// `vle64ff.v vd,(rs1),vm` (V)
    Vle64ffV,
    /// `vlse8.v vd,(rs1),rs2,vm` (V)
    Vlse8V,
    /// `vlse16.v vd,(rs1),rs2,vm` (V)
    Vlse16V,
    /// `vlse32.v vd,(rs1),rs2,vm` (V)
    Vlse32V,
    /// `vlse64.v vd,(rs1),rs2,vm` (V)
    Vlse64V,
    /// `vluxei8.v vd,(rs1),vs2,vm` (V)
    Vluxei8V,
    /// `vluxei16.v vd,(rs1),vs2,vm` (V)
    Vluxei16V,
    /// `vluxei32.v vd,(rs1),vs2,vm` (V)
    Vluxei32V,
    /// `vluxei64.v vd,(rs1),vs2,vm` (V)
    Vluxei64V,
    /// `vloxei8.v vd,(rs1),vs2,vm` (V)
    Vloxei8V,
    /// `vloxei16.v vd,(rs1),vs2,vm` (V)
    Vloxei16V,
    /// `vloxei32.v vd,(rs1),vs2,vm` (V)
    Vloxei32V,
    /// `vloxei64.v vd,(rs1),vs2,vm` (V)
    Vloxei64V,
    /// `vse8.v vs3,(rs1),vm` (V)
    Vse8V,
    /// `vse16.v vs3,(rs1),vm` (V)
    Vse16V,
    /// `vse32.v vs3,(rs1),vm` (V)
    Vse32V,
    /// `vse64.v vs3,(rs1),vm` (V)
    Vse64V,
    /// `vsse8.v vs3,(rs1),rs2,vm` (V)
    Vsse8V,
    /// `vsse16.v vs3,(rs1),rs2,vm` (V)
    Vsse16V,
    /// `vsse32.v vs3,(rs1),rs2,vm` (V)
    Vsse32V,
    /// `vsse64.v vs3,(rs1),rs2,vm` (V)
    Vsse64V,
    /// `vsuxei8.v vs3,(rs1),vs2,vm` (V)
    Vsuxei8V,
    /// `vsuxei16.v vs3,(rs1),vs2,vm` (V)
    Vsuxei16V,
    /// `vsuxei32.v vs3,(rs1),vs2,vm` (V)
    Vsuxei32V,
    /// `vsuxei64.v vs3,(rs1),vs2,vm` (V)
    Vsuxei64V,
    /// `vsoxei8.v vs3,(rs1),vs2,vm` (V)
    Vsoxei8V,
    /// `vsoxei16.v vs3,(rs1),vs2,vm` (V)
    Vsoxei16V,
    /// `vsoxei32.v vs3,(rs1),vs2,vm` (V)
    Vsoxei32V,
    /// `vsoxei64.v vs3,(rs1),vs2,vm` (V)
    Vsoxei64V,
    /// `vlm.v vd,(rs1)` (V)
    VlmV,
    /// `vsm.v vs3,(rs1)` (V)
    VsmV,
    /// `vl1re8.v vd,(rs1)` (V)
    Vl1re8V,
    /// `vl1re16.v vd,(rs1)` (V)
    Vl1re16V,
    /// `vl1re32.v vd,(rs1)` (V)
    Vl1re32V,
    /// `vl1re64.v vd,(rs1)` (V)
    Vl1re64V,
    /// `vl2re8.v vd,(rs1)` (V)
    Vl2re8V,
    /// `vl2re16.v vd,(rs1)` (V)
    Vl2re16V,
    /// `vl2re32.v vd,(rs1)` (V)
    Vl2re32V,
    /// `vl2re64.v vd,(rs1)` (V)
    Vl2re64V,
    /// `vl4re8.v vd,(rs1)` (V)
    Vl4re8V,
    /// `vl4re16.v vd,(rs1)` (V)
    Vl4re16V,
    /// `vl4re32.v vd,(rs1)` (V)
    Vl4re32V,
    /// `vl4re64.v vd,(rs1)` (V)
    Vl4re64V,
    /// `vl8re8.v vd,(rs1)` (V)
    Vl8re8V,
    /// `vl8re16.v vd,(rs1)` (V)
    Vl8re16V,
    /// `vl8re32.v vd,(rs1)` (V)
    Vl8re32V,
    /// `vl8re64.v vd,(rs1)` (V)
    Vl8re64V,
    /// `vs1r.v vs3,(rs1)` (V)
    Vs1rV,
    /// `vs2r.v vs3,(rs1)` (V)
    Vs2rV,
    /// `vs4r.v vs3,(rs1)` (V)
    Vs4rV,
    /// `vs8r.v vs3,(rs1)` (V)
    Vs8rV,
    /// `vadd.vv vd,vs2,vs1,vm` (V)
    VaddVv,
    /// `vadd.vx vd,vs2,rs1,vm` (V)
    VaddVx,
    /// `vadd.vi vd,vs2,imm,vm` (V)
    VaddVi,
    /// `vsub.vv vd,vs2,vs1,vm` (V)
    VsubVv,
    /// `vsub.vx vd,vs2,rs1,vm` (V)
    VsubVx,
    /// `vrsub.vx vd,vs2,rs1,vm` (V)
    VrsubVx,
    /// `vrsub.vi vd,vs2,imm,vm` (V)
    VrsubVi,
    /// `vminu.vv vd,vs2,vs1,vm` (V)
    VminuVv,
    /// `vminu.vx vd,vs2,rs1,vm` (V)
    VminuVx,
    /// `vmin.vv vd,vs2,vs1,vm` (V)
    VminVv,
    /// `vmin.vx vd,vs2,rs1,vm` (V)
    VminVx,
    /// `vmaxu.vv vd,vs2,vs1,vm` (V)
    VmaxuVv,
    /// `vmaxu.vx vd,vs2,rs1,vm` (V)
    VmaxuVx,
    /// `vmax.vv vd,vs2,vs1,vm` (V)
    VmaxVv,
    /// `vmax.vx vd,vs2,rs1,vm` (V)
    VmaxVx,
    /// `vand.vv vd,vs2,vs1,vm` (V)
    VandVv,
    /// `vand.vx vd,vs2,rs1,vm` (V)
    VandVx,
    /// `vand.vi vd,vs2,imm,vm` (V)
    VandVi,
    /// `vor.vv vd,vs2,vs1,vm` (V)
    VorVv,
    /// `vor.vx vd,vs2,rs1,vm` (V)
    VorVx,
    /// `vor.vi vd,vs2,imm,vm` (V)
    VorVi,
    /// `vxor.vv vd,vs2,vs1,vm` (V)
    VxorVv,
    /// `vxor.vx vd,vs2,rs1,vm` (V)
    VxorVx,
    /// `vxor.vi vd,vs2,imm,vm` (V)
    VxorVi,
    /// `vadc.vvm vd,vs2,vs1,v0` (V)
    VadcVvm,
    /// `vadc.vxm vd,vs2,rs1,v0` (V)
    VadcVxm,
    /// `vadc.vim vd,vs2,imm,v0` (V)
    VadcVim,
    /// `vmadc.vvm vd,vs2,vs1,v0` (V)
    VmadcVvm,
    /// `vmadc.vxm vd,vs2,rs1,v0` (V)
    VmadcVxm,
    /// `vmadc.vim vd,vs2,imm,v0` (V)
    VmadcVim,
    /// `vmadc.vv vd,vs2,vs1` (V)
    VmadcVv,
    /// `vmadc.vx vd,vs2,rs1` (V)
    VmadcVx,
    /// `vmadc.vi vd,vs2,imm` (V)
    VmadcVi,
    /// `vsbc.vvm vd,vs2,vs1,v0` (V)
    VsbcVvm,
    /// `vsbc.vxm vd,vs2,rs1,v0` (V)
    VsbcVxm,
    /// `vmsbc.vvm vd,vs2,vs1,v0` (V)
    VmsbcVvm,
    /// `vmsbc.vxm vd,vs2,rs1,v0` (V)
    VmsbcVxm,
    /// `vmsbc.vv vd,vs2,vs1` (V)
    VmsbcVv,
    /// `vmsbc.vx vd,vs2,rs1` (V)
    VmsbcVx,
    /// `vmerge.vvm vd,vs2,vs1,v0` (V)
    VmergeVvm,
    /// `vmerge.vxm vd,vs2,rs1,v0` (V)
    VmergeVxm,
    /// `vmerge.vim vd,vs2,imm,v0` (V)
    VmergeVim,
    /// `vmv.v.v vd,vs1` (V)
    VmvVV,
    /// `vmv.v.x vd,rs1` (V)
    VmvVX,
    /// `vmv.v.i vd,imm` (V)
    VmvVI,
    /// `vmseq.vv vd,vs2,vs1,vm` (V)
    VmseqVv,
    /// `vmseq.vx vd,vs2,rs1,vm` (V)
    VmseqVx,
    /// `vmseq.vi vd,vs2,imm,vm` (V)
    VmseqVi,
    /// `vmsne.vv vd,vs2,vs1,vm` (V)
    VmsneVv,
    /// `vmsne.vx vd,vs2,rs1,vm` (V)
    VmsneVx,
    /// `vmsne.vi vd,vs2,imm,vm` (V)
    VmsneVi,
    /// `vmsltu.vv vd,vs2,vs1,vm` (V)
    VmsltuVv,
    /// `vmsltu.vx vd,vs2,rs1,vm` (V)
    VmsltuVx,
    /// `vmslt.vv vd,vs2,vs1,vm` (V)
    VmsltVv,
    /// `vmslt.vx vd,vs2,rs1,vm` (V)
    VmsltVx,
    /// `vmsleu.vv vd,vs2,vs1,vm` (V)
    VmsleuVv,
    /// `vmsleu.vx vd,vs2,rs1,vm` (V)
    VmsleuVx,
    /// `vmsleu.vi vd,vs2,imm,vm` (V)
    VmsleuVi,
    /// `vmsle.vv vd,vs2,vs1,vm` (V)
    VmsleVv,
    /// `vmsle.vx vd,vs2,rs1,vm` (V)
    VmsleVx,
    /// `vmsle.vi vd,vs2,imm,vm` (V)
    VmsleVi,
    /// `vmsgtu.vx vd,vs2,rs1,vm` (V)
    VmsgtuVx,
    /// `vmsgtu.vi vd,vs2,imm,vm` (V)
    VmsgtuVi,
    /// `vmsgt.vx vd,vs2,rs1,vm` (V)
    VmsgtVx,
    /// `vmsgt.vi vd,vs2,imm,vm` (V)
    VmsgtVi,
    /// `vsll.vv vd,vs2,vs1,vm` (V)
    VsllVv,
    /// `vsll.vx vd,vs2,rs1,vm` (V)
    VsllVx,
    /// `vsll.vi vd,vs2,zimm,vm` (V)
    VsllVi,
    /// `vsrl.vv vd,vs2,vs1,vm` (V)
    VsrlVv,
    /// `vsrl.vx vd,vs2,rs1,vm` (V)
    VsrlVx,
    /// `vsrl.vi vd,vs2,zimm,vm` (V)
    VsrlVi,
    /// `vsra.vv vd,vs2,vs1,vm` (V)
    VsraVv,
    /// `vsra.vx vd,vs2,rs1,vm` (V)
    VsraVx,
    /// `vsra.vi vd,vs2,zimm,vm` (V)
    VsraVi,
    /// `vnsrl.wv vd,vs2,vs1,vm` (V)
    VnsrlWv,
    /// `vnsrl.wx vd,vs2,rs1,vm` (V)
    VnsrlWx,
    /// `vnsrl.wi vd,vs2,zimm,vm` (V)
    VnsrlWi,
    /// `vnsra.wv vd,vs2,vs1,vm` (V)
    VnsraWv,
    /// `vnsra.wx vd,vs2,rs1,vm` (V)
    VnsraWx,
    /// `vnsra.wi vd,vs2,zimm,vm` (V)
    VnsraWi,
    /// `vdivu.vv vd,vs2,vs1,vm` (V)
    VdivuVv,
    /// `vdivu.vx vd,vs2,rs1,vm` (V)
    VdivuVx,
    /// `vdiv.vv vd,vs2,vs1,vm` (V)
    VdivVv,
    /// `vdiv.vx vd,vs2,rs1,vm` (V)
    VdivVx,
    /// `vremu.vv vd,vs2,vs1,vm` (V)
    VremuVv,
    /// `vremu.vx vd,vs2,rs1,vm` (V)
    VremuVx,
    /// `vrem.vv vd,vs2,vs1,vm` (V)
    VremVv,
    /// `vrem.vx vd,vs2,rs1,vm` (V)
    VremVx,
    /// `vmulhu.vv vd,vs2,vs1,vm` (V)
    VmulhuVv,
    /// `vmulhu.vx vd,vs2,rs1,vm` (V)
    VmulhuVx,
    /// `vmul.vv vd,vs2,vs1,vm` (V)
    VmulVv,
    /// `vmul.vx vd,vs2,rs1,vm` (V)
    VmulVx,
    /// `vmulhsu.vv vd,vs2,vs1,vm` (V)
    VmulhsuVv,
    /// `vmulhsu.vx vd,vs2,rs1,vm` (V)
    VmulhsuVx,
    /// `vmulh.vv vd,vs2,vs1,vm` (V)
    VmulhVv,
    /// `vmulh.vx vd,vs2,rs1,vm` (V)
    VmulhVx,
    /// `vmadd.vv vd,vs1,vs2,vm` (V)
    VmaddVv,
    /// `vmadd.vx vd,rs1,vs2,vm` (V)
    VmaddVx,
    /// `vnmsub.vv vd,vs1,vs2,vm` (V)
    VnmsubVv,
    /// `vnmsub.vx vd,rs1,vs2,vm` (V)
    VnmsubVx,
    /// `vmacc.vv vd,vs1,vs2,vm` (V)
    VmaccVv,
    /// `vmacc.vx vd,rs1,vs2,vm` (V)
    VmaccVx,
    /// `vnmsac.vv vd,vs1,vs2,vm` (V)
    VnmsacVv,
    /// `vnmsac.vx vd,rs1,vs2,vm` (V)
    VnmsacVx,
    /// `vwaddu.vv vd,vs2,vs1,vm` (V)
    VwadduVv,
    /// `vwaddu.vx vd,vs2,rs1,vm` (V)
    VwadduVx,
    /// `vwadd.vv vd,vs2,vs1,vm` (V)
    VwaddVv,
    /// `vwadd.vx vd,vs2,rs1,vm` (V)
    VwaddVx,
    /// `vwsubu.vv vd,vs2,vs1,vm` (V)
    VwsubuVv,
    /// `vwsubu.vx vd,vs2,rs1,vm` (V)
    VwsubuVx,
    /// `vwsub.vv vd,vs2,vs1,vm` (V)
    VwsubVv,
    /// `vwsub.vx vd,vs2,rs1,vm` (V)
    VwsubVx,
    /// `vwaddu.wv vd,vs2,vs1,vm` (V)
    VwadduWv,
    /// `vwaddu.wx vd,vs2,rs1,vm` (V)
    VwadduWx,
    /// `vwadd.wv vd,vs2,vs1,vm` (V)
    VwaddWv,
    /// `vwadd.wx vd,vs2,rs1,vm` (V)
    VwaddWx,
    /// `vwsubu.wv vd,vs2,vs1,vm` (V)
    VwsubuWv,
    /// `vwsubu.wx vd,vs2,rs1,vm` (V)
    VwsubuWx,
    /// `vwsub.wv vd,vs2,vs1,vm` (V)
    VwsubWv,
    /// `vwsub.wx vd,vs2,rs1,vm` (V)
    VwsubWx,
    /// `vwmulu.vv vd,vs2,vs1,vm` (V)
    VwmuluVv,
    /// `vwmulu.vx vd,vs2,rs1,vm` (V)
    VwmuluVx,
    /// `vwmulsu.vv vd,vs2,vs1,vm` (V)
    VwmulsuVv,
    /// `vwmulsu.vx vd,vs2,rs1,vm` (V)
    VwmulsuVx,
    /// `vwmul.vv vd,vs2,vs1,vm` (V)
    VwmulVv,
    /// `vwmul.vx vd,vs2,rs1,vm` (V)
    VwmulVx,
    /// `vwmaccu.vv vd,vs1,vs2,vm` (V)
    VwmaccuVv,
    /// `vwmaccu.vx vd,rs1,vs2,vm` (V)
    VwmaccuVx,
    /// `vwmacc.vv vd,vs1,vs2,vm` (V)
    VwmaccVv,
    /// `vwmacc.vx vd,rs1,vs2,vm` (V)
    VwmaccVx,
    /// `vwmaccus.vx vd,rs1,vs2,vm` (V)
    VwmaccusVx,
    /// `vwmaccsu.vv vd,vs1,vs2,vm` (V)
    VwmaccsuVv,
    /// `vwmaccsu.vx vd,rs1,vs2,vm` (V)
    VwmaccsuVx,
    /// `vzext.vf8 vd,vs2,vm` (V)
    VzextVf8,
    /// `vsext.vf8 vd,vs2,vm` (V)
    VsextVf8,
    /// `vzext.vf4 vd,vs2,vm` (V)
    VzextVf4,
    /// `vsext.vf4 vd,vs2,vm` (V)
    VsextVf4,
    /// `vzext.vf2 vd,vs2,vm` (V)
    VzextVf2,
    /// `vsext.vf2 vd,vs2,vm` (V)
    VsextVf2,
    /// `vsaddu.vv vd,vs2,vs1,vm` (V)
    VsadduVv,
    /// `vsaddu.vx vd,vs2,rs1,vm` (V)
    VsadduVx,
    /// `vsaddu.vi vd,vs2,imm,vm` (V)
    VsadduVi,
    /// `vsadd.vv vd,vs2,vs1,vm` (V)
    VsaddVv,
    /// `vsadd.vx vd,vs2,rs1,vm` (V)
    VsaddVx,
    /// `vsadd.vi vd,vs2,imm,vm` (V)
    VsaddVi,
    /// `vssubu.vv vd,vs2,vs1,vm` (V)
    VssubuVv,
    /// `vssubu.vx vd,vs2,rs1,vm` (V)
    VssubuVx,
    /// `vssub.vv vd,vs2,vs1,vm` (V)
    VssubVv,
    /// `vssub.vx vd,vs2,rs1,vm` (V)
    VssubVx,
    /// `vaaddu.vv vd,vs2,vs1,vm` (V)
    VaadduVv,
    /// `vaaddu.vx vd,vs2,rs1,vm` (V)
    VaadduVx,
    /// `vaadd.vv vd,vs2,vs1,vm` (V)
    VaaddVv,
    /// `vaadd.vx vd,vs2,rs1,vm` (V)
    VaaddVx,
    /// `vasubu.vv vd,vs2,vs1,vm` (V)
    VasubuVv,
    /// `vasubu.vx vd,vs2,rs1,vm` (V)
    VasubuVx,
    /// `vasub.vv vd,vs2,vs1,vm` (V)
    VasubVv,
    /// `vasub.vx vd,vs2,rs1,vm` (V)
    VasubVx,
    /// `vsmul.vv vd,vs2,vs1,vm` (V)
    VsmulVv,
    /// `vsmul.vx vd,vs2,rs1,vm` (V)
    VsmulVx,
    /// `vssrl.vv vd,vs2,vs1,vm` (V)
    VssrlVv,
    /// `vssrl.vx vd,vs2,rs1,vm` (V)
    VssrlVx,
    /// `vssrl.vi vd,vs2,zimm,vm` (V)
    VssrlVi,
    /// `vssra.vv vd,vs2,vs1,vm` (V)
    VssraVv,
    /// `vssra.vx vd,vs2,rs1,vm` (V)
    VssraVx,
    /// `vssra.vi vd,vs2,zimm,vm` (V)
    VssraVi,
    /// `vnclipu.wv vd,vs2,vs1,vm` (V)
    VnclipuWv,
    /// `vnclipu.wx vd,vs2,rs1,vm` (V)
    VnclipuWx,
    /// `vnclipu.wi vd,vs2,zimm,vm` (V)
    VnclipuWi,
    /// `vnclip.wv vd,vs2,vs1,vm` (V)
    VnclipWv,
    /// `vnclip.wx vd,vs2,rs1,vm` (V)
    VnclipWx,
    /// `vnclip.wi vd,vs2,zimm,vm` (V)
    VnclipWi,
    /// `vfadd.vv vd,vs2,vs1,vm` (V)
    VfaddVv,
    /// `vfadd.vf vd,vs2,fs1,vm` (V)
    VfaddVf,
    /// `vfsub.vv vd,vs2,vs1,vm` (V)
    VfsubVv,
    /// `vfsub.vf vd,vs2,fs1,vm` (V)
    VfsubVf,
    /// `vfrsub.vf vd,vs2,fs1,vm` (V)
    VfrsubVf,
    /// `vfwadd.vv vd,vs2,vs1,vm` (V)
    VfwaddVv,
    /// `vfwadd.vf vd,vs2,fs1,vm` (V)
    VfwaddVf,
    /// `vfwsub.vv vd,vs2,vs1,vm` (V)
    VfwsubVv,
    /// `vfwsub.vf vd,vs2,fs1,vm` (V)
    VfwsubVf,
    /// `vfwadd.wv vd,vs2,vs1,vm` (V)
    VfwaddWv,
    /// `vfwadd.wf vd,vs2,fs1,vm` (V)
    VfwaddWf,
    /// `vfwsub.wv vd,vs2,vs1,vm` (V)
    VfwsubWv,
    /// `vfwsub.wf vd,vs2,fs1,vm` (V)
    VfwsubWf,
    /// `vfmul.vv vd,vs2,vs1,vm` (V)
    VfmulVv,
    /// `vfmul.vf vd,vs2,fs1,vm` (V)
    VfmulVf,
    /// `vfdiv.vv vd,vs2,vs1,vm` (V)
    VfdivVv,
    /// `vfdiv.vf vd,vs2,fs1,vm` (V)
    VfdivVf,
    /// `vfrdiv.vf vd,vs2,fs1,vm` (V)
    VfrdivVf,
    /// `vfwmul.vv vd,vs2,vs1,vm` (V)
    VfwmulVv,
    /// `vfwmul.vf vd,vs2,fs1,vm` (V)
    VfwmulVf,
    /// `vfmadd.vv vd,vs1,vs2,vm` (V)
    VfmaddVv,
    /// `vfmadd.vf vd,fs1,vs2,vm` (V)
    VfmaddVf,
    /// `vfnmadd.vv vd,vs1,vs2,vm` (V)
    VfnmaddVv,
    /// `vfnmadd.vf vd,fs1,vs2,vm` (V)
    VfnmaddVf,
    /// `vfmsub.vv vd,vs1,vs2,vm` (V)
    VfmsubVv,
    /// `vfmsub.vf vd,fs1,vs2,vm` (V)
    VfmsubVf,
    /// `vfnmsub.vv vd,vs1,vs2,vm` (V)
    VfnmsubVv,
    /// `vfnmsub.vf vd,fs1,vs2,vm` (V)
    VfnmsubVf,
    /// `vfmacc.vv vd,vs1,vs2,vm` (V)
    VfmaccVv,
    /// `vfmacc.vf vd,fs1,vs2,vm` (V)
    VfmaccVf,
    /// `vfnmacc.vv vd,vs1,vs2,vm` (V)
    VfnmaccVv,
    /// `vfnmacc.vf vd,fs1,vs2,vm` (V)
    VfnmaccVf,
    /// `vfmsac.vv vd,vs1,vs2,vm` (V)
    VfmsacVv,
    /// `vfmsac.vf vd,fs1,vs2,vm` (V)
    VfmsacVf,
    /// `vfnmsac.vv vd,vs1,vs2,vm` (V)
    VfnmsacVv,
    /// `vfnmsac.vf vd,fs1,vs2,vm` (V)
    VfnmsacVf,
    /// `vfwmacc.vv vd,vs1,vs2,vm` (V)
    VfwmaccVv,
    /// `vfwmacc.vf vd,fs1,vs2,vm` (V)
    VfwmaccVf,
    /// `vfwnmacc.vv vd,vs1,vs2,vm` (V)
    VfwnmaccVv,
    /// `vfwnmacc.vf vd,fs1,vs2,vm` (V)
    VfwnmaccVf,
    /// `vfwmsac.vv vd,vs1,vs2,vm` (V)
    VfwmsacVv,
    /// `vfwmsac.vf vd,fs1,vs2,vm` (V)
    VfwmsacVf,
    /// `vfwnmsac.vv vd,vs1,vs2,vm` (V)
    VfwnmsacVv,
    /// `vfwnmsac.vf vd,fs1,vs2,vm` (V)
    VfwnmsacVf,
    /// `vfsqrt.v vd,vs2,vm` (V)
    VfsqrtV,
    /// `vfrsqrt7.v vd,vs2,vm` (V)
    Vfrsqrt7V,
    /// `vfrec7.v vd,vs2,vm` (V)
    Vfrec7V,
    /// `vfclass.v vd,vs2,vm` (V)
    VfclassV,
    /// `vfmin.vv vd,vs2,vs1,vm` (V)
    VfminVv,
    /// `vfmin.vf vd,vs2,fs1,vm` (V)
    VfminVf,
    /// `vfmax.vv vd,vs2,vs1,vm` (V)
    VfmaxVv,
    /// `vfmax.vf vd,vs2,fs1,vm` (V)
    VfmaxVf,
    /// `vfsgnj.vv vd,vs2,vs1,vm` (V)
    VfsgnjVv,
    /// `vfsgnj.vf vd,vs2,fs1,vm` (V)
    VfsgnjVf,
    /// `vfsgnjn.vv vd,vs2,vs1,vm` (V)
    VfsgnjnVv,
    /// `vfsgnjn.vf vd,vs2,fs1,vm` (V)
    VfsgnjnVf,
    /// `vfsgnjx.vv vd,vs2,vs1,vm` (V)
    VfsgnjxVv,
    /// `vfsgnjx.vf vd,vs2,fs1,vm` (V)
    VfsgnjxVf,
    /// `vmfeq.vv vd,vs2,vs1,vm` (V)
    VmfeqVv,
    /// `vmfeq.vf vd,vs2,fs1,vm` (V)
    VmfeqVf,
    /// `vmfle.vv vd,vs2,vs1,vm` (V)
    VmfleVv,
    /// `vmfle.vf vd,vs2,fs1,vm` (V)
    VmfleVf,
    /// `vmflt.vv vd,vs2,vs1,vm` (V)
    VmfltVv,
    /// `vmflt.vf vd,vs2,fs1,vm` (V)
    VmfltVf,
    /// `vmfne.vv vd,vs2,vs1,vm` (V)
    VmfneVv,
    /// `vmfne.vf vd,vs2,fs1,vm` (V)
    VmfneVf,
    /// `vmfgt.vf vd,vs2,fs1,vm` (V)
    VmfgtVf,
    /// `vmfge.vf vd,vs2,fs1,vm` (V)
    VmfgeVf,
    /// `vfmerge.vfm vd,vs2,fs1,v0` (V)
    VfmergeVfm,
    /// `vfmv.v.f vd,fs1` (V)
    VfmvVF,
    /// `vfcvt.xu.f.v vd,vs2,vm` (V)
    VfcvtXuFV,
    /// `vfcvt.x.f.v vd,vs2,vm` (V)
    VfcvtXFV,
    /// `vfcvt.f.xu.v vd,vs2,vm` (V)
    VfcvtFXuV,
    /// `vfcvt.f.x.v vd,vs2,vm` (V)
    VfcvtFXV,
    /// `vfcvt.rtz.xu.f.v vd,vs2,vm` (V)
    VfcvtRtzXuFV,
    /// `vfcvt.rtz.x.f.v vd,vs2,vm` (V)
    VfcvtRtzXFV,
    /// `vfwcvt.xu.f.v vd,vs2,vm` (V)
    VfwcvtXuFV,
    /// `vfwcvt.x.f.v vd,vs2,vm` (V)
    VfwcvtXFV,
    /// `vfwcvt.f.xu.v vd,vs2,vm` (V)
    VfwcvtFXuV,
    /// `vfwcvt.f.x.v vd,vs2,vm` (V)
    VfwcvtFXV,
    /// `vfwcvt.f.f.v vd,vs2,vm` (V)
    VfwcvtFFV,
    /// `vfwcvt.rtz.xu.f.v vd,vs2,vm` (V)
    VfwcvtRtzXuFV,
    /// `vfwcvt.rtz.x.f.v vd,vs2,vm` (V)
    VfwcvtRtzXFV,
    /// `vfncvt.xu.f.w vd,vs2,vm` (V)
    VfncvtXuFW,
    /// `vfncvt.x.f.w vd,vs2,vm` (V)
    VfncvtXFW,
    /// `vfncvt.f.xu.w vd,vs2,vm` (V)
    VfncvtFXuW,
    /// `vfncvt.f.x.w vd,vs2,vm` (V)
    VfncvtFXW,
    /// `vfncvt.f.f.w vd,vs2,vm` (V)
    VfncvtFFW,
    /// `vfncvt.rod.f.f.w vd,vs2,vm` (V)
    VfncvtRodFFW,
    /// `vfncvt.rtz.xu.f.w vd,vs2,vm` (V)
    VfncvtRtzXuFW,
    /// `vfncvt.rtz.x.f.w vd,vs2,vm` (V)
    VfncvtRtzXFW,
    /// `vredsum.vs vd,vs2,vs1,vm` (V)
    VredsumVs,
    /// `vredand.vs vd,vs2,vs1,vm` (V)
    VredandVs,
    /// `vredor.vs vd,vs2,vs1,vm` (V)
    VredorVs,
    /// `vredxor.vs vd,vs2,vs1,vm` (V)
    VredxorVs,
    /// `vredminu.vs vd,vs2,vs1,vm` (V)
    VredminuVs,
    /// `vredmin.vs vd,vs2,vs1,vm` (V)
    VredminVs,
    /// `vredmaxu.vs vd,vs2,vs1,vm` (V)
    VredmaxuVs,
    /// `vredmax.vs vd,vs2,vs1,vm` (V)
    VredmaxVs,
    /// `vwredsumu.vs vd,vs2,vs1,vm` (V)
    VwredsumuVs,
    /// `vwredsum.vs vd,vs2,vs1,vm` (V)
    VwredsumVs,
    /// `vfredusum.vs vd,vs2,vs1,vm` (V)
    VfredusumVs,
    /// `vfredosum.vs vd,vs2,vs1,vm` (V)
    VfredosumVs,
    /// `vfredmin.vs vd,vs2,vs1,vm` (V)
    VfredminVs,
    /// `vfredmax.vs vd,vs2,vs1,vm` (V)
    VfredmaxVs,
    /// `vfwredusum.vs vd,vs2,vs1,vm` (V)
    VfwredusumVs,
    /// `vfwredosum.vs vd,vs2,vs1,vm` (V)
    VfwredosumVs,
    /// `vmandn.mm vd,vs2,vs1` (V)
    VmandnMm,
    /// `vmand.mm vd,vs2,vs1` (V)
    VmandMm,
    /// `vmor.mm vd,vs2,vs1` (V)
    VmorMm,
    /// `vmxor.mm vd,vs2,vs1` (V)
    VmxorMm,
    /// `vmorn.mm vd,vs2,vs1` (V)
    VmornMm,
    /// `vmnand.mm vd,vs2,vs1` (V)
    VmnandMm,
    /// `vmnor.mm vd,vs2,vs1` (V)
    VmnorMm,
    /// `vmxnor.mm vd,vs2,vs1` (V)
    VmxnorMm,
    /// `vcpop.m rd,vs2,vm` (V)
    VcpopM,
    /// `vfirst.m rd,vs2,vm` (V)
    VfirstM,
    /// `vmsbf.m vd,vs2,vm` (V)
    VmsbfM,
    /// `vmsof.m vd,vs2,vm` (V)
    VmsofM,
    /// `vmsif.m vd,vs2,vm` (V)
    VmsifM,
    /// `viota.m vd,vs2,vm` (V)
    ViotaM,
    /// `vid.v vd,vm` (V)
    VidV,
    /// `vmv.x.s rd,vs2` (V)
    VmvXS,
    /// `vmv.s.x vd,rs1` (V)
    VmvSX,
    /// `vfmv.f.s fd,vs2` (V)
    VfmvFS,
    /// `vfmv.s.f vd,fs1` (V)
    VfmvSF,
    /// `vslideup.vx vd,vs2,rs1,vm` (V)
    VslideupVx,
    /// `vslidedown.vx vd,vs2,rs1,vm` (V)
    VslidedownVx,
    /// `vslideup.vi vd,vs2,zimm,vm` (V)
    VslideupVi,
    /// `vslidedown.vi vd,vs2,zimm,vm` (V)
    VslidedownVi,
    /// `vslide1up.vx vd,vs2,rs1,vm` (V)
    Vslide1upVx,
    /// `vslide1down.vx vd,vs2,rs1,vm` (V)
    Vslide1downVx,
    /// `vfslide1up.vf vd,vs2,fs1,vm` (V)
    Vfslide1upVf,
    /// `vfslide1down.vf vd,vs2,fs1,vm` (V)
    Vfslide1downVf,
    /// `vrgather.vv vd,vs2,vs1,vm` (V)
    VrgatherVv,
    /// `vrgather.vx vd,vs2,rs1,vm` (V)
    VrgatherVx,
    /// `vrgather.vi vd,vs2,zimm,vm` (V)
    VrgatherVi,
    /// `vrgatherei16.vv vd,vs2,vs1,vm` (V)
    Vrgatherei16Vv,
    /// `vcompress.vm vd,vs2,vs1` (V)
    VcompressVm,
    /// `vmv1r.v vd,vs2` (V)
    Vmv1rV,
    /// `vmv2r.v vd,vs2` (V)
    Vmv2rV,
    /// `vmv4r.v vd,vs2` (V)
    Vmv4rV,
    /// `vmv8r.v vd,vs2` (V)
    Vmv8rV,
}

struct Facts {
    mnemonic: &'static str,
    operands: &'static str,
    extension: Extension,
    mask: u32,
    bits: u32,
}

#[rustfmt::skip]
static FACTS: [Facts; 620] = [
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
    Facts { mnemonic: "vsetvli", operands: "rd,rs1,vtypei", extension: Extension::V, mask: 0x8000707f, bits: 0x00007057 },
    Facts { mnemonic: "vsetivli", operands: "rd,zimm,vtypei", extension: Extension::V, mask: 0xc000707f, bits: 0xc0007057 },
    Facts { mnemonic: "vsetvl", operands: "rd,rs1,rs2", extension: Extension::V, mask: 0xfe00707f, bits: 0x80007057 },
    Facts { mnemonic: "vle8.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00000007 },
    Facts { mnemonic: "vle16.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00005007 },
    Facts { mnemonic: "vle32.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00006007 },
    Facts { mnemonic: "vle64.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00007007 },
    Facts { mnemonic: "vle8ff.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x01000007 },
    Facts { mnemonic: "vle16ff.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x01005007 },
    Facts { mnemonic: "vle32ff.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x01006007 },
    Facts { mnemonic: "vle64ff.v", operands: "vd,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x01007007 },
    Facts { mnemonic: "vlse8.v", operands: "vd,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08000007 },
    Facts { mnemonic: "vlse16.v", operands: "vd,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08005007 },
    Facts { mnemonic: "vlse32.v", operands: "vd,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08006007 },
    Facts { mnemonic: "vlse64.v", operands: "vd,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08007007 },
    Facts { mnemonic: "vluxei8.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04000007 },
    Facts { mnemonic: "vluxei16.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04005007 },
    Facts { mnemonic: "vluxei32.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04006007 },
    Facts { mnemonic: "vluxei64.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04007007 },
    Facts { mnemonic: "vloxei8.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c000007 },
    Facts { mnemonic: "vloxei16.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c005007 },
    Facts { mnemonic: "vloxei32.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c006007 },
    Facts { mnemonic: "vloxei64.v", operands: "vd,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c007007 },
    Facts { mnemonic: "vse8.v", operands: "vs3,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00000027 },
    Facts { mnemonic: "vse16.v", operands: "vs3,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00005027 },
    Facts { mnemonic: "vse32.v", operands: "vs3,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00006027 },
    Facts { mnemonic: "vse64.v", operands: "vs3,(rs1),vm", extension: Extension::V, mask: 0x1df0707f, bits: 0x00007027 },
    Facts { mnemonic: "vsse8.v", operands: "vs3,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08000027 },
    Facts { mnemonic: "vsse16.v", operands: "vs3,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08005027 },
    Facts { mnemonic: "vsse32.v", operands: "vs3,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08006027 },
    Facts { mnemonic: "vsse64.v", operands: "vs3,(rs1),rs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x08007027 },
    Facts { mnemonic: "vsuxei8.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04000027 },
    Facts { mnemonic: "vsuxei16.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04005027 },
    Facts { mnemonic: "vsuxei32.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04006027 },
    Facts { mnemonic: "vsuxei64.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x04007027 },
    Facts { mnemonic: "vsoxei8.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c000027 },
    Facts { mnemonic: "vsoxei16.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c005027 },
    Facts { mnemonic: "vsoxei32.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c006027 },
    Facts { mnemonic: "vsoxei64.v", operands: "vs3,(rs1),vs2,vm", extension: Extension::V, mask: 0x1c00707f, bits: 0x0c007027 },
    Facts { mnemonic: "vlm.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x02b00007 },
    Facts { mnemonic: "vsm.v", operands: "vs3,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x02b00027 },
    Facts { mnemonic: "vl1re8.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x02800007 },
    Facts { mnemonic: "vl1re16.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x02805007 },
    Facts { mnemonic: "vl1re32.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x02806007 },
    Facts { mnemonic: "vl1re64.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x02807007 },
    Facts { mnemonic: "vl2re8.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x22800007 },
    Facts { mnemonic: "vl2re16.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x22805007 },
    Facts { mnemonic: "vl2re32.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x22806007 },
    Facts { mnemonic: "vl2re64.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x22807007 },
    Facts { mnemonic: "vl4re8.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x62800007 },
    Facts { mnemonic: "vl4re16.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x62805007 },
    Facts { mnemonic: "vl4re32.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x62806007 },
    Facts { mnemonic: "vl4re64.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x62807007 },
    Facts { mnemonic: "vl8re8.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0xe2800007 },
    Facts { mnemonic: "vl8re16.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0xe2805007 },
    Facts { mnemonic: "vl8re32.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0xe2806007 },
    Facts { mnemonic: "vl8re64.v", operands: "vd,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0xe2807007 },
    Facts { mnemonic: "vs1r.v", operands: "vs3,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x02800027 },
    Facts { mnemonic: "vs2r.v", operands: "vs3,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x22800027 },
    Facts { mnemonic: "vs4r.v", operands: "vs3,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0x62800027 },
    Facts { mnemonic: "vs8r.v", operands: "vs3,(rs1)", extension: Extension::V, mask: 0xfff0707f, bits: 0xe2800027 },
    Facts { mnemonic: "vadd.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x00000057 },
    Facts { mnemonic: "vadd.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x00004057 },
    Facts { mnemonic: "vadd.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x00003057 },
    Facts { mnemonic: "vsub.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x08000057 },
    Facts { mnemonic: "vsub.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x08004057 },
    Facts { mnemonic: "vrsub.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x0c004057 },
    Facts { mnemonic: "vrsub.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x0c003057 },
    Facts { mnemonic: "vminu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x10000057 },
    Facts { mnemonic: "vminu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x10004057 },
    Facts { mnemonic: "vmin.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x14000057 },
    Facts { mnemonic: "vmin.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x14004057 },
    Facts { mnemonic: "vmaxu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x18000057 },
    Facts { mnemonic: "vmaxu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x18004057 },
    Facts { mnemonic: "vmax.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x1c000057 },
    Facts { mnemonic: "vmax.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x1c004057 },
    Facts { mnemonic: "vand.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x24000057 },
    Facts { mnemonic: "vand.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x24004057 },
    Facts { mnemonic: "vand.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x24003057 },
    Facts { mnemonic: "vor.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x28000057 },
    Facts { mnemonic: "vor.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x28004057 },
    Facts { mnemonic: "vor.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x28003057 },
    Facts { mnemonic: "vxor.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x2c000057 },
    Facts { mnemonic: "vxor.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x2c004057 },
    Facts { mnemonic: "vxor.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x2c003057 },
    Facts { mnemonic: "vadc.vvm", operands: "vd,vs2,vs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x40000057 },
    Facts { mnemonic: "vadc.vxm", operands: "vd,vs2,rs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x40004057 },
    Facts { mnemonic: "vadc.vim", operands: "vd,vs2,imm,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x40003057 },
    Facts { mnemonic: "vmadc.vvm", operands: "vd,vs2,vs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x44000057 },
    Facts { mnemonic: "vmadc.vxm", operands: "vd,vs2,rs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x44004057 },
    Facts { mnemonic: "vmadc.vim", operands: "vd,vs2,imm,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x44003057 },
    Facts { mnemonic: "vmadc.vv", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x46000057 },
    Facts { mnemonic: "vmadc.vx", operands: "vd,vs2,rs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x46004057 },
    Facts { mnemonic: "vmadc.vi", operands: "vd,vs2,imm", extension: Extension::V, mask: 0xfe00707f, bits: 0x46003057 },
    Facts { mnemonic: "vsbc.vvm", operands: "vd,vs2,vs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x48000057 },
    Facts { mnemonic: "vsbc.vxm", operands: "vd,vs2,rs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x48004057 },
    Facts { mnemonic: "vmsbc.vvm", operands: "vd,vs2,vs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x4c000057 },
    Facts { mnemonic: "vmsbc.vxm", operands: "vd,vs2,rs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x4c004057 },
    Facts { mnemonic: "vmsbc.vv", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x4e000057 },
    Facts { mnemonic: "vmsbc.vx", operands: "vd,vs2,rs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x4e004057 },
    Facts { mnemonic: "vmerge.vvm", operands: "vd,vs2,vs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x5c000057 },
    Facts { mnemonic: "vmerge.vxm", operands: "vd,vs2,rs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x5c004057 },
    Facts { mnemonic: "vmerge.vim", operands: "vd,vs2,imm,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x5c003057 },
    Facts { mnemonic: "vmv.v.v", operands: "vd,vs1", extension: Extension::V, mask: 0xfff0707f, bits: 0x5e000057 },
    Facts { mnemonic: "vmv.v.x", operands: "vd,rs1", extension: Extension::V, mask: 0xfff0707f, bits: 0x5e004057 },
    Facts { mnemonic: "vmv.v.i", operands: "vd,imm", extension: Extension::V, mask: 0xfff0707f, bits: 0x5e003057 },
    Facts { mnemonic: "vmseq.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x60000057 },
    Facts { mnemonic: "vmseq.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x60004057 },
    Facts { mnemonic: "vmseq.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x60003057 },
    Facts { mnemonic: "vmsne.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x64000057 },
    Facts { mnemonic: "vmsne.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x64004057 },
    Facts { mnemonic: "vmsne.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x64003057 },
    Facts { mnemonic: "vmsltu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x68000057 },
    Facts { mnemonic: "vmsltu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x68004057 },
    Facts { mnemonic: "vmslt.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x6c000057 },
    Facts { mnemonic: "vmslt.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x6c004057 },
    Facts { mnemonic: "vmsleu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x70000057 },
    Facts { mnemonic: "vmsleu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x70004057 },
    Facts { mnemonic: "vmsleu.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x70003057 },
    Facts { mnemonic: "vmsle.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x74000057 },
    Facts { mnemonic: "vmsle.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x74004057 },
    Facts { mnemonic: "vmsle.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x74003057 },
    Facts { mnemonic: "vmsgtu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x78004057 },
    Facts { mnemonic: "vmsgtu.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x78003057 },
    Facts { mnemonic: "vmsgt.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x7c004057 },
    Facts { mnemonic: "vmsgt.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x7c003057 },
    Facts { mnemonic: "vsll.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x94000057 },
    Facts { mnemonic: "vsll.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x94004057 },
    Facts { mnemonic: "vsll.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x94003057 },
    Facts { mnemonic: "vsrl.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa0000057 },
    Facts { mnemonic: "vsrl.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa0004057 },
    Facts { mnemonic: "vsrl.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa0003057 },
    Facts { mnemonic: "vsra.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa4000057 },
    Facts { mnemonic: "vsra.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa4004057 },
    Facts { mnemonic: "vsra.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa4003057 },
    Facts { mnemonic: "vnsrl.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb0000057 },
    Facts { mnemonic: "vnsrl.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb0004057 },
    Facts { mnemonic: "vnsrl.wi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb0003057 },
    Facts { mnemonic: "vnsra.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb4000057 },
    Facts { mnemonic: "vnsra.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb4004057 },
    Facts { mnemonic: "vnsra.wi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb4003057 },
    Facts { mnemonic: "vdivu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x80002057 },
    Facts { mnemonic: "vdivu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x80006057 },
    Facts { mnemonic: "vdiv.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x84002057 },
    Facts { mnemonic: "vdiv.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x84006057 },
    Facts { mnemonic: "vremu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x88002057 },
    Facts { mnemonic: "vremu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x88006057 },
    Facts { mnemonic: "vrem.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x8c002057 },
    Facts { mnemonic: "vrem.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x8c006057 },
    Facts { mnemonic: "vmulhu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x90002057 },
    Facts { mnemonic: "vmulhu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x90006057 },
    Facts { mnemonic: "vmul.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x94002057 },
    Facts { mnemonic: "vmul.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x94006057 },
    Facts { mnemonic: "vmulhsu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x98002057 },
    Facts { mnemonic: "vmulhsu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x98006057 },
    Facts { mnemonic: "vmulh.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x9c002057 },
    Facts { mnemonic: "vmulh.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x9c006057 },
    Facts { mnemonic: "vmadd.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa4002057 },
    Facts { mnemonic: "vmadd.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa4006057 },
    Facts { mnemonic: "vnmsub.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xac002057 },
    Facts { mnemonic: "vnmsub.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xac006057 },
    Facts { mnemonic: "vmacc.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb4002057 },
    Facts { mnemonic: "vmacc.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb4006057 },
    Facts { mnemonic: "vnmsac.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xbc002057 },
    Facts { mnemonic: "vnmsac.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xbc006057 },
    Facts { mnemonic: "vwaddu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc0002057 },
    Facts { mnemonic: "vwaddu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc0006057 },
    Facts { mnemonic: "vwadd.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc4002057 },
    Facts { mnemonic: "vwadd.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc4006057 },
    Facts { mnemonic: "vwsubu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc8002057 },
    Facts { mnemonic: "vwsubu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc8006057 },
    Facts { mnemonic: "vwsub.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xcc002057 },
    Facts { mnemonic: "vwsub.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xcc006057 },
    Facts { mnemonic: "vwaddu.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd0002057 },
    Facts { mnemonic: "vwaddu.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd0006057 },
    Facts { mnemonic: "vwadd.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd4002057 },
    Facts { mnemonic: "vwadd.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd4006057 },
    Facts { mnemonic: "vwsubu.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd8002057 },
    Facts { mnemonic: "vwsubu.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd8006057 },
    Facts { mnemonic: "vwsub.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xdc002057 },
    Facts { mnemonic: "vwsub.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xdc006057 },
    Facts { mnemonic: "vwmulu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xe0002057 },
    Facts { mnemonic: "vwmulu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xe0006057 },
    Facts { mnemonic: "vwmulsu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xe8002057 },
    Facts { mnemonic: "vwmulsu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xe8006057 },
    Facts { mnemonic: "vwmul.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xec002057 },
    Facts { mnemonic: "vwmul.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xec006057 },
    Facts { mnemonic: "vwmaccu.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf0002057 },
    Facts { mnemonic: "vwmaccu.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf0006057 },
    Facts { mnemonic: "vwmacc.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf4002057 },
    Facts { mnemonic: "vwmacc.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf4006057 },
    Facts { mnemonic: "vwmaccus.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf8006057 },
    Facts { mnemonic: "vwmaccsu.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xfc002057 },
    Facts { mnemonic: "vwmaccsu.vx", operands: "vd,rs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xfc006057 },
    Facts { mnemonic: "vzext.vf8", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48012057 },
    Facts { mnemonic: "vsext.vf8", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4801a057 },
    Facts { mnemonic: "vzext.vf4", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48022057 },
    Facts { mnemonic: "vsext.vf4", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4802a057 },
    Facts { mnemonic: "vzext.vf2", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48032057 },
    Facts { mnemonic: "vsext.vf2", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4803a057 },
    Facts { mnemonic: "vsaddu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x80000057 },
    Facts { mnemonic: "vsaddu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x80004057 },
    Facts { mnemonic: "vsaddu.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x80003057 },
    Facts { mnemonic: "vsadd.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x84000057 },
    Facts { mnemonic: "vsadd.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x84004057 },
    Facts { mnemonic: "vsadd.vi", operands: "vd,vs2,imm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x84003057 },
    Facts { mnemonic: "vssubu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x88000057 },
    Facts { mnemonic: "vssubu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x88004057 },
    Facts { mnemonic: "vssub.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x8c000057 },
    Facts { mnemonic: "vssub.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x8c004057 },
    Facts { mnemonic: "vaaddu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x20002057 },
    Facts { mnemonic: "vaaddu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x20006057 },
    Facts { mnemonic: "vaadd.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x24002057 },
    Facts { mnemonic: "vaadd.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x24006057 },
    Facts { mnemonic: "vasubu.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x28002057 },
    Facts { mnemonic: "vasubu.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x28006057 },
    Facts { mnemonic: "vasub.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x2c002057 },
    Facts { mnemonic: "vasub.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x2c006057 },
    Facts { mnemonic: "vsmul.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x9c000057 },
    Facts { mnemonic: "vsmul.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x9c004057 },
    Facts { mnemonic: "vssrl.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa8000057 },
    Facts { mnemonic: "vssrl.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa8004057 },
    Facts { mnemonic: "vssrl.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa8003057 },
    Facts { mnemonic: "vssra.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xac000057 },
    Facts { mnemonic: "vssra.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xac004057 },
    Facts { mnemonic: "vssra.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xac003057 },
    Facts { mnemonic: "vnclipu.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb8000057 },
    Facts { mnemonic: "vnclipu.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb8004057 },
    Facts { mnemonic: "vnclipu.wi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb8003057 },
    Facts { mnemonic: "vnclip.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xbc000057 },
    Facts { mnemonic: "vnclip.wx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xbc004057 },
    Facts { mnemonic: "vnclip.wi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xbc003057 },
    Facts { mnemonic: "vfadd.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x00001057 },
    Facts { mnemonic: "vfadd.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x00005057 },
    Facts { mnemonic: "vfsub.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x08001057 },
    Facts { mnemonic: "vfsub.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x08005057 },
    Facts { mnemonic: "vfrsub.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x9c005057 },
    Facts { mnemonic: "vfwadd.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc0001057 },
    Facts { mnemonic: "vfwadd.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc0005057 },
    Facts { mnemonic: "vfwsub.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc8001057 },
    Facts { mnemonic: "vfwsub.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc8005057 },
    Facts { mnemonic: "vfwadd.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd0001057 },
    Facts { mnemonic: "vfwadd.wf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd0005057 },
    Facts { mnemonic: "vfwsub.wv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd8001057 },
    Facts { mnemonic: "vfwsub.wf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xd8005057 },
    Facts { mnemonic: "vfmul.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x90001057 },
    Facts { mnemonic: "vfmul.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x90005057 },
    Facts { mnemonic: "vfdiv.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x80001057 },
    Facts { mnemonic: "vfdiv.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x80005057 },
    Facts { mnemonic: "vfrdiv.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x84005057 },
    Facts { mnemonic: "vfwmul.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xe0001057 },
    Facts { mnemonic: "vfwmul.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xe0005057 },
    Facts { mnemonic: "vfmadd.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa0001057 },
    Facts { mnemonic: "vfmadd.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa0005057 },
    Facts { mnemonic: "vfnmadd.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa4001057 },
    Facts { mnemonic: "vfnmadd.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa4005057 },
    Facts { mnemonic: "vfmsub.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa8001057 },
    Facts { mnemonic: "vfmsub.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xa8005057 },
    Facts { mnemonic: "vfnmsub.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xac001057 },
    Facts { mnemonic: "vfnmsub.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xac005057 },
    Facts { mnemonic: "vfmacc.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb0001057 },
    Facts { mnemonic: "vfmacc.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb0005057 },
    Facts { mnemonic: "vfnmacc.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb4001057 },
    Facts { mnemonic: "vfnmacc.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb4005057 },
    Facts { mnemonic: "vfmsac.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb8001057 },
    Facts { mnemonic: "vfmsac.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xb8005057 },
    Facts { mnemonic: "vfnmsac.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xbc001057 },
    Facts { mnemonic: "vfnmsac.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xbc005057 },
    Facts { mnemonic: "vfwmacc.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf0001057 },
    Facts { mnemonic: "vfwmacc.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf0005057 },
    Facts { mnemonic: "vfwnmacc.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf4001057 },
    Facts { mnemonic: "vfwnmacc.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf4005057 },
    Facts { mnemonic: "vfwmsac.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf8001057 },
    Facts { mnemonic: "vfwmsac.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xf8005057 },
    Facts { mnemonic: "vfwnmsac.vv", operands: "vd,vs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xfc001057 },
    Facts { mnemonic: "vfwnmsac.vf", operands: "vd,fs1,vs2,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xfc005057 },
    Facts { mnemonic: "vfsqrt.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4c001057 },
    Facts { mnemonic: "vfrsqrt7.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4c021057 },
    Facts { mnemonic: "vfrec7.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4c029057 },
    Facts { mnemonic: "vfclass.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4c081057 },
    Facts { mnemonic: "vfmin.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x10001057 },
    Facts { mnemonic: "vfmin.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x10005057 },
    Facts { mnemonic: "vfmax.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x18001057 },
    Facts { mnemonic: "vfmax.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x18005057 },
    Facts { mnemonic: "vfsgnj.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x20001057 },
    Facts { mnemonic: "vfsgnj.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x20005057 },
    Facts { mnemonic: "vfsgnjn.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x24001057 },
    Facts { mnemonic: "vfsgnjn.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x24005057 },
    Facts { mnemonic: "vfsgnjx.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x28001057 },
    Facts { mnemonic: "vfsgnjx.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x28005057 },
    Facts { mnemonic: "vmfeq.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x60001057 },
    Facts { mnemonic: "vmfeq.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x60005057 },
    Facts { mnemonic: "vmfle.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x64001057 },
    Facts { mnemonic: "vmfle.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x64005057 },
    Facts { mnemonic: "vmflt.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x6c001057 },
    Facts { mnemonic: "vmflt.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x6c005057 },
    Facts { mnemonic: "vmfne.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x70001057 },
    Facts { mnemonic: "vmfne.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x70005057 },
    Facts { mnemonic: "vmfgt.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x74005057 },
    Facts { mnemonic: "vmfge.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x7c005057 },
    Facts { mnemonic: "vfmerge.vfm", operands: "vd,vs2,fs1,v0", extension: Extension::V, mask: 0xfe00707f, bits: 0x5c005057 },
    Facts { mnemonic: "vfmv.v.f", operands: "vd,fs1", extension: Extension::V, mask: 0xfff0707f, bits: 0x5e005057 },
    Facts { mnemonic: "vfcvt.xu.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48001057 },
    Facts { mnemonic: "vfcvt.x.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48009057 },
    Facts { mnemonic: "vfcvt.f.xu.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48011057 },
    Facts { mnemonic: "vfcvt.f.x.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48019057 },
    Facts { mnemonic: "vfcvt.rtz.xu.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48031057 },
    Facts { mnemonic: "vfcvt.rtz.x.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48039057 },
    Facts { mnemonic: "vfwcvt.xu.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48041057 },
    Facts { mnemonic: "vfwcvt.x.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48049057 },
    Facts { mnemonic: "vfwcvt.f.xu.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48051057 },
    Facts { mnemonic: "vfwcvt.f.x.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48059057 },
    Facts { mnemonic: "vfwcvt.f.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48061057 },
    Facts { mnemonic: "vfwcvt.rtz.xu.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48071057 },
    Facts { mnemonic: "vfwcvt.rtz.x.f.v", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48079057 },
    Facts { mnemonic: "vfncvt.xu.f.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48081057 },
    Facts { mnemonic: "vfncvt.x.f.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48089057 },
    Facts { mnemonic: "vfncvt.f.xu.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48091057 },
    Facts { mnemonic: "vfncvt.f.x.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x48099057 },
    Facts { mnemonic: "vfncvt.f.f.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x480a1057 },
    Facts { mnemonic: "vfncvt.rod.f.f.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x480a9057 },
    Facts { mnemonic: "vfncvt.rtz.xu.f.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x480b1057 },
    Facts { mnemonic: "vfncvt.rtz.x.f.w", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x480b9057 },
    Facts { mnemonic: "vredsum.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x00002057 },
    Facts { mnemonic: "vredand.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x04002057 },
    Facts { mnemonic: "vredor.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x08002057 },
    Facts { mnemonic: "vredxor.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x0c002057 },
    Facts { mnemonic: "vredminu.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x10002057 },
    Facts { mnemonic: "vredmin.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x14002057 },
    Facts { mnemonic: "vredmaxu.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x18002057 },
    Facts { mnemonic: "vredmax.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x1c002057 },
    Facts { mnemonic: "vwredsumu.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc0000057 },
    Facts { mnemonic: "vwredsum.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc4000057 },
    Facts { mnemonic: "vfredusum.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x04001057 },
    Facts { mnemonic: "vfredosum.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x0c001057 },
    Facts { mnemonic: "vfredmin.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x14001057 },
    Facts { mnemonic: "vfredmax.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x1c001057 },
    Facts { mnemonic: "vfwredusum.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xc4001057 },
    Facts { mnemonic: "vfwredosum.vs", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0xcc001057 },
    Facts { mnemonic: "vmandn.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x62002057 },
    Facts { mnemonic: "vmand.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x66002057 },
    Facts { mnemonic: "vmor.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x6a002057 },
    Facts { mnemonic: "vmxor.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x6e002057 },
    Facts { mnemonic: "vmorn.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x72002057 },
    Facts { mnemonic: "vmnand.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x76002057 },
    Facts { mnemonic: "vmnor.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x7a002057 },
    Facts { mnemonic: "vmxnor.mm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x7e002057 },
    Facts { mnemonic: "vcpop.m", operands: "rd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x40082057 },
    Facts { mnemonic: "vfirst.m", operands: "rd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x4008a057 },
    Facts { mnemonic: "vmsbf.m", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x5000a057 },
    Facts { mnemonic: "vmsof.m", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x50012057 },
    Facts { mnemonic: "vmsif.m", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x5001a057 },
    Facts { mnemonic: "viota.m", operands: "vd,vs2,vm", extension: Extension::V, mask: 0xfc0ff07f, bits: 0x50082057 },
    Facts { mnemonic: "vid.v", operands: "vd,vm", extension: Extension::V, mask: 0xfdfff07f, bits: 0x5008a057 },
    Facts { mnemonic: "vmv.x.s", operands: "rd,vs2", extension: Extension::V, mask: 0xfe0ff07f, bits: 0x42002057 },
    Facts { mnemonic: "vmv.s.x", operands: "vd,rs1", extension: Extension::V, mask: 0xfff0707f, bits: 0x42006057 },
    Facts { mnemonic: "vfmv.f.s", operands: "fd,vs2", extension: Extension::V, mask: 0xfe0ff07f, bits: 0x42001057 },
    Facts { mnemonic: "vfmv.s.f", operands: "vd,fs1", extension: Extension::V, mask: 0xfff0707f, bits: 0x42005057 },
    Facts { mnemonic: "vslideup.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x38004057 },
    Facts { mnemonic: "vslidedown.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x3c004057 },
    Facts { mnemonic: "vslideup.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x38003057 },
    Facts { mnemonic: "vslidedown.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x3c003057 },
    Facts { mnemonic: "vslide1up.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x38006057 },
    Facts { mnemonic: "vslide1down.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x3c006057 },
    Facts { mnemonic: "vfslide1up.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x38005057 },
    Facts { mnemonic: "vfslide1down.vf", operands: "vd,vs2,fs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x3c005057 },
    Facts { mnemonic: "vrgather.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x30000057 },
    Facts { mnemonic: "vrgather.vx", operands: "vd,vs2,rs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x30004057 },
    Facts { mnemonic: "vrgather.vi", operands: "vd,vs2,zimm,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x30003057 },
    Facts { mnemonic: "vrgatherei16.vv", operands: "vd,vs2,vs1,vm", extension: Extension::V, mask: 0xfc00707f, bits: 0x38000057 },
    Facts { mnemonic: "vcompress.vm", operands: "vd,vs2,vs1", extension: Extension::V, mask: 0xfe00707f, bits: 0x5e002057 },
    Facts { mnemonic: "vmv1r.v", operands: "vd,vs2", extension: Extension::V, mask: 0xfe0ff07f, bits: 0x9e003057 },
    Facts { mnemonic: "vmv2r.v", operands: "vd,vs2", extension: Extension::V, mask: 0xfe0ff07f, bits: 0x9e00b057 },
    Facts { mnemonic: "vmv4r.v", operands: "vd,vs2", extension: Extension::V, mask: 0xfe0ff07f, bits: 0x9e01b057 },
    Facts { mnemonic: "vmv8r.v", operands: "vd,vs2", extension: Extension::V, mask: 0xfe0ff07f, bits: 0x9e03b057 },
];

impl Op {
    /// All of them, in the table's order.
#[rustfmt::skip]
    pub const ALL: [Op; 620] = [
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
        Op::CboFlush, Op::CboZero, Op::PrefetchI, Op::PrefetchR, Op::PrefetchW, Op::Vsetvli,
        Op::Vsetivli, Op::Vsetvl, Op::Vle8V, Op::Vle16V, Op::Vle32V, Op::Vle64V,
        Op::Vle8ffV, Op::Vle16ffV, Op::Vle32ffV, Op::Vle64ffV, Op::Vlse8V, Op::Vlse16V,
        Op::Vlse32V, Op::Vlse64V, Op::Vluxei8V, Op::Vluxei16V, Op::Vluxei32V, Op::Vluxei64V,
        Op::Vloxei8V, Op::Vloxei16V, Op::Vloxei32V, Op::Vloxei64V, Op::Vse8V, Op::Vse16V,
        Op::Vse32V, Op::Vse64V, Op::Vsse8V, Op::Vsse16V, Op::Vsse32V, Op::Vsse64V,
        Op::Vsuxei8V, Op::Vsuxei16V, Op::Vsuxei32V, Op::Vsuxei64V, Op::Vsoxei8V, Op::Vsoxei16V,
        Op::Vsoxei32V, Op::Vsoxei64V, Op::VlmV, Op::VsmV, Op::Vl1re8V, Op::Vl1re16V,
        Op::Vl1re32V, Op::Vl1re64V, Op::Vl2re8V, Op::Vl2re16V, Op::Vl2re32V, Op::Vl2re64V,
        Op::Vl4re8V, Op::Vl4re16V, Op::Vl4re32V, Op::Vl4re64V, Op::Vl8re8V, Op::Vl8re16V,
        Op::Vl8re32V, Op::Vl8re64V, Op::Vs1rV, Op::Vs2rV, Op::Vs4rV, Op::Vs8rV,
        Op::VaddVv, Op::VaddVx, Op::VaddVi, Op::VsubVv, Op::VsubVx, Op::VrsubVx,
        Op::VrsubVi, Op::VminuVv, Op::VminuVx, Op::VminVv, Op::VminVx, Op::VmaxuVv,
        Op::VmaxuVx, Op::VmaxVv, Op::VmaxVx, Op::VandVv, Op::VandVx, Op::VandVi,
        Op::VorVv, Op::VorVx, Op::VorVi, Op::VxorVv, Op::VxorVx, Op::VxorVi,
        Op::VadcVvm, Op::VadcVxm, Op::VadcVim, Op::VmadcVvm, Op::VmadcVxm, Op::VmadcVim,
        Op::VmadcVv, Op::VmadcVx, Op::VmadcVi, Op::VsbcVvm, Op::VsbcVxm, Op::VmsbcVvm,
        Op::VmsbcVxm, Op::VmsbcVv, Op::VmsbcVx, Op::VmergeVvm, Op::VmergeVxm, Op::VmergeVim,
        Op::VmvVV, Op::VmvVX, Op::VmvVI, Op::VmseqVv, Op::VmseqVx, Op::VmseqVi,
        Op::VmsneVv, Op::VmsneVx, Op::VmsneVi, Op::VmsltuVv, Op::VmsltuVx, Op::VmsltVv,
        Op::VmsltVx, Op::VmsleuVv, Op::VmsleuVx, Op::VmsleuVi, Op::VmsleVv, Op::VmsleVx,
        Op::VmsleVi, Op::VmsgtuVx, Op::VmsgtuVi, Op::VmsgtVx, Op::VmsgtVi, Op::VsllVv,
        Op::VsllVx, Op::VsllVi, Op::VsrlVv, Op::VsrlVx, Op::VsrlVi, Op::VsraVv,
        Op::VsraVx, Op::VsraVi, Op::VnsrlWv, Op::VnsrlWx, Op::VnsrlWi, Op::VnsraWv,
        Op::VnsraWx, Op::VnsraWi, Op::VdivuVv, Op::VdivuVx, Op::VdivVv, Op::VdivVx,
        Op::VremuVv, Op::VremuVx, Op::VremVv, Op::VremVx, Op::VmulhuVv, Op::VmulhuVx,
        Op::VmulVv, Op::VmulVx, Op::VmulhsuVv, Op::VmulhsuVx, Op::VmulhVv, Op::VmulhVx,
        Op::VmaddVv, Op::VmaddVx, Op::VnmsubVv, Op::VnmsubVx, Op::VmaccVv, Op::VmaccVx,
        Op::VnmsacVv, Op::VnmsacVx, Op::VwadduVv, Op::VwadduVx, Op::VwaddVv, Op::VwaddVx,
        Op::VwsubuVv, Op::VwsubuVx, Op::VwsubVv, Op::VwsubVx, Op::VwadduWv, Op::VwadduWx,
        Op::VwaddWv, Op::VwaddWx, Op::VwsubuWv, Op::VwsubuWx, Op::VwsubWv, Op::VwsubWx,
        Op::VwmuluVv, Op::VwmuluVx, Op::VwmulsuVv, Op::VwmulsuVx, Op::VwmulVv, Op::VwmulVx,
        Op::VwmaccuVv, Op::VwmaccuVx, Op::VwmaccVv, Op::VwmaccVx, Op::VwmaccusVx, Op::VwmaccsuVv,
        Op::VwmaccsuVx, Op::VzextVf8, Op::VsextVf8, Op::VzextVf4, Op::VsextVf4, Op::VzextVf2,
        Op::VsextVf2, Op::VsadduVv, Op::VsadduVx, Op::VsadduVi, Op::VsaddVv, Op::VsaddVx,
        Op::VsaddVi, Op::VssubuVv, Op::VssubuVx, Op::VssubVv, Op::VssubVx, Op::VaadduVv,
        Op::VaadduVx, Op::VaaddVv, Op::VaaddVx, Op::VasubuVv, Op::VasubuVx, Op::VasubVv,
        Op::VasubVx, Op::VsmulVv, Op::VsmulVx, Op::VssrlVv, Op::VssrlVx, Op::VssrlVi,
        Op::VssraVv, Op::VssraVx, Op::VssraVi, Op::VnclipuWv, Op::VnclipuWx, Op::VnclipuWi,
        Op::VnclipWv, Op::VnclipWx, Op::VnclipWi, Op::VfaddVv, Op::VfaddVf, Op::VfsubVv,
        Op::VfsubVf, Op::VfrsubVf, Op::VfwaddVv, Op::VfwaddVf, Op::VfwsubVv, Op::VfwsubVf,
        Op::VfwaddWv, Op::VfwaddWf, Op::VfwsubWv, Op::VfwsubWf, Op::VfmulVv, Op::VfmulVf,
        Op::VfdivVv, Op::VfdivVf, Op::VfrdivVf, Op::VfwmulVv, Op::VfwmulVf, Op::VfmaddVv,
        Op::VfmaddVf, Op::VfnmaddVv, Op::VfnmaddVf, Op::VfmsubVv, Op::VfmsubVf, Op::VfnmsubVv,
        Op::VfnmsubVf, Op::VfmaccVv, Op::VfmaccVf, Op::VfnmaccVv, Op::VfnmaccVf, Op::VfmsacVv,
        Op::VfmsacVf, Op::VfnmsacVv, Op::VfnmsacVf, Op::VfwmaccVv, Op::VfwmaccVf, Op::VfwnmaccVv,
        Op::VfwnmaccVf, Op::VfwmsacVv, Op::VfwmsacVf, Op::VfwnmsacVv, Op::VfwnmsacVf, Op::VfsqrtV,
        Op::Vfrsqrt7V, Op::Vfrec7V, Op::VfclassV, Op::VfminVv, Op::VfminVf, Op::VfmaxVv,
        Op::VfmaxVf, Op::VfsgnjVv, Op::VfsgnjVf, Op::VfsgnjnVv, Op::VfsgnjnVf, Op::VfsgnjxVv,
        Op::VfsgnjxVf, Op::VmfeqVv, Op::VmfeqVf, Op::VmfleVv, Op::VmfleVf, Op::VmfltVv,
        Op::VmfltVf, Op::VmfneVv, Op::VmfneVf, Op::VmfgtVf, Op::VmfgeVf, Op::VfmergeVfm,
        Op::VfmvVF, Op::VfcvtXuFV, Op::VfcvtXFV, Op::VfcvtFXuV, Op::VfcvtFXV, Op::VfcvtRtzXuFV,
        Op::VfcvtRtzXFV, Op::VfwcvtXuFV, Op::VfwcvtXFV, Op::VfwcvtFXuV, Op::VfwcvtFXV, Op::VfwcvtFFV,
        Op::VfwcvtRtzXuFV, Op::VfwcvtRtzXFV, Op::VfncvtXuFW, Op::VfncvtXFW, Op::VfncvtFXuW, Op::VfncvtFXW,
        Op::VfncvtFFW, Op::VfncvtRodFFW, Op::VfncvtRtzXuFW, Op::VfncvtRtzXFW, Op::VredsumVs, Op::VredandVs,
        Op::VredorVs, Op::VredxorVs, Op::VredminuVs, Op::VredminVs, Op::VredmaxuVs, Op::VredmaxVs,
        Op::VwredsumuVs, Op::VwredsumVs, Op::VfredusumVs, Op::VfredosumVs, Op::VfredminVs, Op::VfredmaxVs,
        Op::VfwredusumVs, Op::VfwredosumVs, Op::VmandnMm, Op::VmandMm, Op::VmorMm, Op::VmxorMm,
        Op::VmornMm, Op::VmnandMm, Op::VmnorMm, Op::VmxnorMm, Op::VcpopM, Op::VfirstM,
        Op::VmsbfM, Op::VmsofM, Op::VmsifM, Op::ViotaM, Op::VidV, Op::VmvXS,
        Op::VmvSX, Op::VfmvFS, Op::VfmvSF, Op::VslideupVx, Op::VslidedownVx, Op::VslideupVi,
        Op::VslidedownVi, Op::Vslide1upVx, Op::Vslide1downVx, Op::Vfslide1upVf, Op::Vfslide1downVf, Op::VrgatherVv,
        Op::VrgatherVx, Op::VrgatherVi, Op::Vrgatherei16Vv, Op::VcompressVm, Op::Vmv1rV, Op::Vmv2rV,
        Op::Vmv4rV, Op::Vmv8rV,
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
fn imm_4_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(((bits(word, 15, 5)) << 27) as i32 >> 27),
        rd: (bits(word, 7, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_imm_4_vd(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 5) << 15 | bits(u32::from(inst.rd), 0, 5) << 7
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
fn nf_vm_rs1_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs3: (bits(word, 29, 3)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_nf_vm_rs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs3), 0, 3) << 29
        | bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn nf_vm_rs1_vs3(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs3: (bits(word, 29, 3)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_nf_vm_rs1_vs3(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs3), 0, 3) << 29
        | bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn nf_vm_rs2_rs1_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        rs3: (bits(word, 29, 3)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_nf_vm_rs2_rs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs3), 0, 3) << 29
        | bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn nf_vm_rs2_rs1_vs3(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        rs3: (bits(word, 29, 3)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_nf_vm_rs2_rs1_vs3(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs3), 0, 3) << 29
        | bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn nf_vm_vs2_rs1_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        rs3: (bits(word, 29, 3)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_nf_vm_vs2_rs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs3), 0, 3) << 29
        | bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn nf_vm_vs2_rs1_vs3(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        rs3: (bits(word, 29, 3)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_nf_vm_vs2_rs1_vs3(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs3), 0, 3) << 29
        | bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
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
fn rs1_vd(op: Op, word: u32) -> Inst {
    Inst { op, rd: (bits(word, 7, 5)) as u8, rs1: (bits(word, 15, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_rs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs1), 0, 5) << 15 | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn rs1_vs3(op: Op, word: u32) -> Inst {
    Inst { op, rd: (bits(word, 7, 5)) as u8, rs1: (bits(word, 15, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_rs1_vs3(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs1), 0, 5) << 15 | bits(u32::from(inst.rd), 0, 5) << 7
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

#[inline(always)]
fn vm_vd(op: Op, word: u32) -> Inst {
    Inst { op, rd: (bits(word, 7, 5)) as u8, vm: bits(word, 25, 1) != 0, ..Inst::bare(op, word) }
}

fn put_vm_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.vm), 0, 1) << 25 | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vm_vs2_imm_4_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(((bits(word, 15, 5)) << 27) as i32 >> 27),
        rd: (bits(word, 7, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_vm_vs2_imm_4_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(inst.imm as u32, 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vm_vs2_rd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_vm_vs2_rd(inst: &Inst) -> u32 {
    bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vm_vs2_rs1_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_vm_vs2_rs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vm_vs2_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_vm_vs2_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vm_vs2_vs1_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_vm_vs2_vs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vm_vs2_zimm_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        vm: bits(word, 25, 1) != 0,
        ..Inst::bare(op, word)
    }
}

fn put_vm_vs2_zimm_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.vm), 0, 1) << 25
        | bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vs1_vd(op: Op, word: u32) -> Inst {
    Inst { op, rd: (bits(word, 7, 5)) as u8, rs1: (bits(word, 15, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_vs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs1), 0, 5) << 15 | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vs2_imm_4_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(((bits(word, 15, 5)) << 27) as i32 >> 27),
        rd: (bits(word, 7, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_vs2_imm_4_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(inst.imm as u32, 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vs2_rd(op: Op, word: u32) -> Inst {
    Inst { op, rd: (bits(word, 7, 5)) as u8, rs2: (bits(word, 20, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_vs2_rd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20 | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vs2_rs1_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_vs2_rs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vs2_vd(op: Op, word: u32) -> Inst {
    Inst { op, rd: (bits(word, 7, 5)) as u8, rs2: (bits(word, 20, 5)) as u8, ..Inst::bare(op, word) }
}

fn put_vs2_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20 | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vs2_vs1_vd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        rs2: (bits(word, 20, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_vs2_vs1_vd(inst: &Inst) -> u32 {
    bits(u32::from(inst.rs2), 0, 5) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vtypei_10_rs1_rd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(bits(word, 20, 11)),
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_vtypei_10_rs1_rd(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 11) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
}

#[inline(always)]
fn vtypei_9_zimm_rd(op: Op, word: u32) -> Inst {
    Inst {
        op,
        imm: i64::from(bits(word, 20, 10)),
        rd: (bits(word, 7, 5)) as u8,
        rs1: (bits(word, 15, 5)) as u8,
        ..Inst::bare(op, word)
    }
}

fn put_vtypei_9_zimm_rd(inst: &Inst) -> u32 {
    bits(inst.imm as u32, 0, 10) << 20
        | bits(u32::from(inst.rs1), 0, 5) << 15
        | bits(u32::from(inst.rd), 0, 5) << 7
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
        0x57 => op_v(word),
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
        0b000 => match bits(word, 26, 3) {
            0b000 => match bits(word, 20, 5) {
                0b00000 => Some(nf_vm_rs1_vd(Op::Vle8V, word)),
                0b01000 => match bits(word, 29, 3) {
                    0b000 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl1re8V, word))
                        } else {
                            None
                        }
                    }
                    0b001 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl2re8V, word))
                        } else {
                            None
                        }
                    }
                    0b011 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl4re8V, word))
                        } else {
                            None
                        }
                    }
                    0b111 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl8re8V, word))
                        } else {
                            None
                        }
                    }
                    _ => None,
                },
                0b01011 => {
                    if word & 0xe2000000 == 0x02000000 {
                        Some(rs1_vd(Op::VlmV, word))
                    } else {
                        None
                    }
                }
                0b10000 => Some(nf_vm_rs1_vd(Op::Vle8ffV, word)),
                _ => None,
            },
            0b001 => Some(nf_vm_vs2_rs1_vd(Op::Vluxei8V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vd(Op::Vlse8V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vd(Op::Vloxei8V, word)),
            _ => None,
        },
        0b001 => Some(i_type(Op::Flh, word)),
        0b010 => Some(i_type(Op::Flw, word)),
        0b011 => Some(i_type(Op::Fld, word)),
        0b101 => match bits(word, 26, 3) {
            0b000 => match bits(word, 20, 5) {
                0b00000 => Some(nf_vm_rs1_vd(Op::Vle16V, word)),
                0b01000 => match bits(word, 29, 3) {
                    0b000 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl1re16V, word))
                        } else {
                            None
                        }
                    }
                    0b001 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl2re16V, word))
                        } else {
                            None
                        }
                    }
                    0b011 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl4re16V, word))
                        } else {
                            None
                        }
                    }
                    0b111 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl8re16V, word))
                        } else {
                            None
                        }
                    }
                    _ => None,
                },
                0b10000 => Some(nf_vm_rs1_vd(Op::Vle16ffV, word)),
                _ => None,
            },
            0b001 => Some(nf_vm_vs2_rs1_vd(Op::Vluxei16V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vd(Op::Vlse16V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vd(Op::Vloxei16V, word)),
            _ => None,
        },
        0b110 => match bits(word, 26, 3) {
            0b000 => match bits(word, 20, 5) {
                0b00000 => Some(nf_vm_rs1_vd(Op::Vle32V, word)),
                0b01000 => match bits(word, 29, 3) {
                    0b000 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl1re32V, word))
                        } else {
                            None
                        }
                    }
                    0b001 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl2re32V, word))
                        } else {
                            None
                        }
                    }
                    0b011 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl4re32V, word))
                        } else {
                            None
                        }
                    }
                    0b111 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl8re32V, word))
                        } else {
                            None
                        }
                    }
                    _ => None,
                },
                0b10000 => Some(nf_vm_rs1_vd(Op::Vle32ffV, word)),
                _ => None,
            },
            0b001 => Some(nf_vm_vs2_rs1_vd(Op::Vluxei32V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vd(Op::Vlse32V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vd(Op::Vloxei32V, word)),
            _ => None,
        },
        0b111 => match bits(word, 26, 3) {
            0b000 => match bits(word, 20, 5) {
                0b00000 => Some(nf_vm_rs1_vd(Op::Vle64V, word)),
                0b01000 => match bits(word, 29, 3) {
                    0b000 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl1re64V, word))
                        } else {
                            None
                        }
                    }
                    0b001 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl2re64V, word))
                        } else {
                            None
                        }
                    }
                    0b011 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl4re64V, word))
                        } else {
                            None
                        }
                    }
                    0b111 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vd(Op::Vl8re64V, word))
                        } else {
                            None
                        }
                    }
                    _ => None,
                },
                0b10000 => Some(nf_vm_rs1_vd(Op::Vle64ffV, word)),
                _ => None,
            },
            0b001 => Some(nf_vm_vs2_rs1_vd(Op::Vluxei64V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vd(Op::Vlse64V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vd(Op::Vloxei64V, word)),
            _ => None,
        },
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
        0b000 => match bits(word, 26, 3) {
            0b000 => match bits(word, 20, 5) {
                0b00000 => Some(nf_vm_rs1_vs3(Op::Vse8V, word)),
                0b01000 => match bits(word, 29, 3) {
                    0b000 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vs3(Op::Vs1rV, word))
                        } else {
                            None
                        }
                    }
                    0b001 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vs3(Op::Vs2rV, word))
                        } else {
                            None
                        }
                    }
                    0b011 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vs3(Op::Vs4rV, word))
                        } else {
                            None
                        }
                    }
                    0b111 => {
                        if word & 0x02000000 == 0x02000000 {
                            Some(rs1_vs3(Op::Vs8rV, word))
                        } else {
                            None
                        }
                    }
                    _ => None,
                },
                0b01011 => {
                    if word & 0xe2000000 == 0x02000000 {
                        Some(rs1_vs3(Op::VsmV, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b001 => Some(nf_vm_vs2_rs1_vs3(Op::Vsuxei8V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vs3(Op::Vsse8V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vs3(Op::Vsoxei8V, word)),
            _ => None,
        },
        0b001 => Some(s_type(Op::Fsh, word)),
        0b010 => Some(s_type(Op::Fsw, word)),
        0b011 => Some(s_type(Op::Fsd, word)),
        0b101 => match bits(word, 26, 3) {
            0b000 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(nf_vm_rs1_vs3(Op::Vse16V, word))
                } else {
                    None
                }
            }
            0b001 => Some(nf_vm_vs2_rs1_vs3(Op::Vsuxei16V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vs3(Op::Vsse16V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vs3(Op::Vsoxei16V, word)),
            _ => None,
        },
        0b110 => match bits(word, 26, 3) {
            0b000 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(nf_vm_rs1_vs3(Op::Vse32V, word))
                } else {
                    None
                }
            }
            0b001 => Some(nf_vm_vs2_rs1_vs3(Op::Vsuxei32V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vs3(Op::Vsse32V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vs3(Op::Vsoxei32V, word)),
            _ => None,
        },
        0b111 => match bits(word, 26, 3) {
            0b000 => {
                if word & 0x01f00000 == 0x00000000 {
                    Some(nf_vm_rs1_vs3(Op::Vse64V, word))
                } else {
                    None
                }
            }
            0b001 => Some(nf_vm_vs2_rs1_vs3(Op::Vsuxei64V, word)),
            0b010 => Some(nf_vm_rs2_rs1_vs3(Op::Vsse64V, word)),
            0b011 => Some(nf_vm_vs2_rs1_vs3(Op::Vsoxei64V, word)),
            _ => None,
        },
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

fn op_v(word: u32) -> Option<Inst> {
    match bits(word, 12, 3) {
        0b000 => match bits(word, 26, 6) {
            0b000000 => Some(vm_vs2_vs1_vd(Op::VaddVv, word)),
            0b000010 => Some(vm_vs2_vs1_vd(Op::VsubVv, word)),
            0b000100 => Some(vm_vs2_vs1_vd(Op::VminuVv, word)),
            0b000101 => Some(vm_vs2_vs1_vd(Op::VminVv, word)),
            0b000110 => Some(vm_vs2_vs1_vd(Op::VmaxuVv, word)),
            0b000111 => Some(vm_vs2_vs1_vd(Op::VmaxVv, word)),
            0b001001 => Some(vm_vs2_vs1_vd(Op::VandVv, word)),
            0b001010 => Some(vm_vs2_vs1_vd(Op::VorVv, word)),
            0b001011 => Some(vm_vs2_vs1_vd(Op::VxorVv, word)),
            0b001100 => Some(vm_vs2_vs1_vd(Op::VrgatherVv, word)),
            0b001110 => Some(vm_vs2_vs1_vd(Op::Vrgatherei16Vv, word)),
            0b010000 => {
                if word & 0x02000000 == 0x00000000 {
                    Some(vs2_vs1_vd(Op::VadcVvm, word))
                } else {
                    None
                }
            }
            0b010001 => match bits(word, 25, 1) {
                0b0 => Some(vs2_vs1_vd(Op::VmadcVvm, word)),
                0b1 => Some(vs2_vs1_vd(Op::VmadcVv, word)),
                _ => None,
            },
            0b010010 => {
                if word & 0x02000000 == 0x00000000 {
                    Some(vs2_vs1_vd(Op::VsbcVvm, word))
                } else {
                    None
                }
            }
            0b010011 => match bits(word, 25, 1) {
                0b0 => Some(vs2_vs1_vd(Op::VmsbcVvm, word)),
                0b1 => Some(vs2_vs1_vd(Op::VmsbcVv, word)),
                _ => None,
            },
            0b010111 => match bits(word, 25, 1) {
                0b0 => Some(vs2_vs1_vd(Op::VmergeVvm, word)),
                0b1 => {
                    if word & 0x01f00000 == 0x00000000 {
                        Some(vs1_vd(Op::VmvVV, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b011000 => Some(vm_vs2_vs1_vd(Op::VmseqVv, word)),
            0b011001 => Some(vm_vs2_vs1_vd(Op::VmsneVv, word)),
            0b011010 => Some(vm_vs2_vs1_vd(Op::VmsltuVv, word)),
            0b011011 => Some(vm_vs2_vs1_vd(Op::VmsltVv, word)),
            0b011100 => Some(vm_vs2_vs1_vd(Op::VmsleuVv, word)),
            0b011101 => Some(vm_vs2_vs1_vd(Op::VmsleVv, word)),
            0b100000 => Some(vm_vs2_vs1_vd(Op::VsadduVv, word)),
            0b100001 => Some(vm_vs2_vs1_vd(Op::VsaddVv, word)),
            0b100010 => Some(vm_vs2_vs1_vd(Op::VssubuVv, word)),
            0b100011 => Some(vm_vs2_vs1_vd(Op::VssubVv, word)),
            0b100101 => Some(vm_vs2_vs1_vd(Op::VsllVv, word)),
            0b100111 => Some(vm_vs2_vs1_vd(Op::VsmulVv, word)),
            0b101000 => Some(vm_vs2_vs1_vd(Op::VsrlVv, word)),
            0b101001 => Some(vm_vs2_vs1_vd(Op::VsraVv, word)),
            0b101010 => Some(vm_vs2_vs1_vd(Op::VssrlVv, word)),
            0b101011 => Some(vm_vs2_vs1_vd(Op::VssraVv, word)),
            0b101100 => Some(vm_vs2_vs1_vd(Op::VnsrlWv, word)),
            0b101101 => Some(vm_vs2_vs1_vd(Op::VnsraWv, word)),
            0b101110 => Some(vm_vs2_vs1_vd(Op::VnclipuWv, word)),
            0b101111 => Some(vm_vs2_vs1_vd(Op::VnclipWv, word)),
            0b110000 => Some(vm_vs2_vs1_vd(Op::VwredsumuVs, word)),
            0b110001 => Some(vm_vs2_vs1_vd(Op::VwredsumVs, word)),
            _ => None,
        },
        0b001 => match bits(word, 26, 6) {
            0b000000 => Some(vm_vs2_vs1_vd(Op::VfaddVv, word)),
            0b000001 => Some(vm_vs2_vs1_vd(Op::VfredusumVs, word)),
            0b000010 => Some(vm_vs2_vs1_vd(Op::VfsubVv, word)),
            0b000011 => Some(vm_vs2_vs1_vd(Op::VfredosumVs, word)),
            0b000100 => Some(vm_vs2_vs1_vd(Op::VfminVv, word)),
            0b000101 => Some(vm_vs2_vs1_vd(Op::VfredminVs, word)),
            0b000110 => Some(vm_vs2_vs1_vd(Op::VfmaxVv, word)),
            0b000111 => Some(vm_vs2_vs1_vd(Op::VfredmaxVs, word)),
            0b001000 => Some(vm_vs2_vs1_vd(Op::VfsgnjVv, word)),
            0b001001 => Some(vm_vs2_vs1_vd(Op::VfsgnjnVv, word)),
            0b001010 => Some(vm_vs2_vs1_vd(Op::VfsgnjxVv, word)),
            0b010000 => {
                if word & 0x020f8000 == 0x02000000 {
                    Some(vs2_rd(Op::VfmvFS, word))
                } else {
                    None
                }
            }
            0b010010 => match bits(word, 15, 5) {
                0b00000 => Some(vm_vs2_vd(Op::VfcvtXuFV, word)),
                0b00001 => Some(vm_vs2_vd(Op::VfcvtXFV, word)),
                0b00010 => Some(vm_vs2_vd(Op::VfcvtFXuV, word)),
                0b00011 => Some(vm_vs2_vd(Op::VfcvtFXV, word)),
                0b00110 => Some(vm_vs2_vd(Op::VfcvtRtzXuFV, word)),
                0b00111 => Some(vm_vs2_vd(Op::VfcvtRtzXFV, word)),
                0b01000 => Some(vm_vs2_vd(Op::VfwcvtXuFV, word)),
                0b01001 => Some(vm_vs2_vd(Op::VfwcvtXFV, word)),
                0b01010 => Some(vm_vs2_vd(Op::VfwcvtFXuV, word)),
                0b01011 => Some(vm_vs2_vd(Op::VfwcvtFXV, word)),
                0b01100 => Some(vm_vs2_vd(Op::VfwcvtFFV, word)),
                0b01110 => Some(vm_vs2_vd(Op::VfwcvtRtzXuFV, word)),
                0b01111 => Some(vm_vs2_vd(Op::VfwcvtRtzXFV, word)),
                0b10000 => Some(vm_vs2_vd(Op::VfncvtXuFW, word)),
                0b10001 => Some(vm_vs2_vd(Op::VfncvtXFW, word)),
                0b10010 => Some(vm_vs2_vd(Op::VfncvtFXuW, word)),
                0b10011 => Some(vm_vs2_vd(Op::VfncvtFXW, word)),
                0b10100 => Some(vm_vs2_vd(Op::VfncvtFFW, word)),
                0b10101 => Some(vm_vs2_vd(Op::VfncvtRodFFW, word)),
                0b10110 => Some(vm_vs2_vd(Op::VfncvtRtzXuFW, word)),
                0b10111 => Some(vm_vs2_vd(Op::VfncvtRtzXFW, word)),
                _ => None,
            },
            0b010011 => match bits(word, 15, 5) {
                0b00000 => Some(vm_vs2_vd(Op::VfsqrtV, word)),
                0b00100 => Some(vm_vs2_vd(Op::Vfrsqrt7V, word)),
                0b00101 => Some(vm_vs2_vd(Op::Vfrec7V, word)),
                0b10000 => Some(vm_vs2_vd(Op::VfclassV, word)),
                _ => None,
            },
            0b011000 => Some(vm_vs2_vs1_vd(Op::VmfeqVv, word)),
            0b011001 => Some(vm_vs2_vs1_vd(Op::VmfleVv, word)),
            0b011011 => Some(vm_vs2_vs1_vd(Op::VmfltVv, word)),
            0b011100 => Some(vm_vs2_vs1_vd(Op::VmfneVv, word)),
            0b100000 => Some(vm_vs2_vs1_vd(Op::VfdivVv, word)),
            0b100100 => Some(vm_vs2_vs1_vd(Op::VfmulVv, word)),
            0b101000 => Some(vm_vs2_vs1_vd(Op::VfmaddVv, word)),
            0b101001 => Some(vm_vs2_vs1_vd(Op::VfnmaddVv, word)),
            0b101010 => Some(vm_vs2_vs1_vd(Op::VfmsubVv, word)),
            0b101011 => Some(vm_vs2_vs1_vd(Op::VfnmsubVv, word)),
            0b101100 => Some(vm_vs2_vs1_vd(Op::VfmaccVv, word)),
            0b101101 => Some(vm_vs2_vs1_vd(Op::VfnmaccVv, word)),
            0b101110 => Some(vm_vs2_vs1_vd(Op::VfmsacVv, word)),
            0b101111 => Some(vm_vs2_vs1_vd(Op::VfnmsacVv, word)),
            0b110000 => Some(vm_vs2_vs1_vd(Op::VfwaddVv, word)),
            0b110001 => Some(vm_vs2_vs1_vd(Op::VfwredusumVs, word)),
            0b110010 => Some(vm_vs2_vs1_vd(Op::VfwsubVv, word)),
            0b110011 => Some(vm_vs2_vs1_vd(Op::VfwredosumVs, word)),
            0b110100 => Some(vm_vs2_vs1_vd(Op::VfwaddWv, word)),
            0b110110 => Some(vm_vs2_vs1_vd(Op::VfwsubWv, word)),
            0b111000 => Some(vm_vs2_vs1_vd(Op::VfwmulVv, word)),
            0b111100 => Some(vm_vs2_vs1_vd(Op::VfwmaccVv, word)),
            0b111101 => Some(vm_vs2_vs1_vd(Op::VfwnmaccVv, word)),
            0b111110 => Some(vm_vs2_vs1_vd(Op::VfwmsacVv, word)),
            0b111111 => Some(vm_vs2_vs1_vd(Op::VfwnmsacVv, word)),
            _ => None,
        },
        0b010 => match bits(word, 26, 6) {
            0b000000 => Some(vm_vs2_vs1_vd(Op::VredsumVs, word)),
            0b000001 => Some(vm_vs2_vs1_vd(Op::VredandVs, word)),
            0b000010 => Some(vm_vs2_vs1_vd(Op::VredorVs, word)),
            0b000011 => Some(vm_vs2_vs1_vd(Op::VredxorVs, word)),
            0b000100 => Some(vm_vs2_vs1_vd(Op::VredminuVs, word)),
            0b000101 => Some(vm_vs2_vs1_vd(Op::VredminVs, word)),
            0b000110 => Some(vm_vs2_vs1_vd(Op::VredmaxuVs, word)),
            0b000111 => Some(vm_vs2_vs1_vd(Op::VredmaxVs, word)),
            0b001000 => Some(vm_vs2_vs1_vd(Op::VaadduVv, word)),
            0b001001 => Some(vm_vs2_vs1_vd(Op::VaaddVv, word)),
            0b001010 => Some(vm_vs2_vs1_vd(Op::VasubuVv, word)),
            0b001011 => Some(vm_vs2_vs1_vd(Op::VasubVv, word)),
            0b010000 => match bits(word, 15, 5) {
                0b00000 => {
                    if word & 0x02000000 == 0x02000000 {
                        Some(vs2_rd(Op::VmvXS, word))
                    } else {
                        None
                    }
                }
                0b10000 => Some(vm_vs2_rd(Op::VcpopM, word)),
                0b10001 => Some(vm_vs2_rd(Op::VfirstM, word)),
                _ => None,
            },
            0b010010 => match bits(word, 15, 5) {
                0b00010 => Some(vm_vs2_vd(Op::VzextVf8, word)),
                0b00011 => Some(vm_vs2_vd(Op::VsextVf8, word)),
                0b00100 => Some(vm_vs2_vd(Op::VzextVf4, word)),
                0b00101 => Some(vm_vs2_vd(Op::VsextVf4, word)),
                0b00110 => Some(vm_vs2_vd(Op::VzextVf2, word)),
                0b00111 => Some(vm_vs2_vd(Op::VsextVf2, word)),
                _ => None,
            },
            0b010100 => match bits(word, 15, 5) {
                0b00001 => Some(vm_vs2_vd(Op::VmsbfM, word)),
                0b00010 => Some(vm_vs2_vd(Op::VmsofM, word)),
                0b00011 => Some(vm_vs2_vd(Op::VmsifM, word)),
                0b10000 => Some(vm_vs2_vd(Op::ViotaM, word)),
                0b10001 => {
                    if word & 0x01f00000 == 0x00000000 {
                        Some(vm_vd(Op::VidV, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b010111 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VcompressVm, word))
                } else {
                    None
                }
            }
            0b011000 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmandnMm, word))
                } else {
                    None
                }
            }
            0b011001 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmandMm, word))
                } else {
                    None
                }
            }
            0b011010 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmorMm, word))
                } else {
                    None
                }
            }
            0b011011 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmxorMm, word))
                } else {
                    None
                }
            }
            0b011100 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmornMm, word))
                } else {
                    None
                }
            }
            0b011101 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmnandMm, word))
                } else {
                    None
                }
            }
            0b011110 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmnorMm, word))
                } else {
                    None
                }
            }
            0b011111 => {
                if word & 0x02000000 == 0x02000000 {
                    Some(vs2_vs1_vd(Op::VmxnorMm, word))
                } else {
                    None
                }
            }
            0b100000 => Some(vm_vs2_vs1_vd(Op::VdivuVv, word)),
            0b100001 => Some(vm_vs2_vs1_vd(Op::VdivVv, word)),
            0b100010 => Some(vm_vs2_vs1_vd(Op::VremuVv, word)),
            0b100011 => Some(vm_vs2_vs1_vd(Op::VremVv, word)),
            0b100100 => Some(vm_vs2_vs1_vd(Op::VmulhuVv, word)),
            0b100101 => Some(vm_vs2_vs1_vd(Op::VmulVv, word)),
            0b100110 => Some(vm_vs2_vs1_vd(Op::VmulhsuVv, word)),
            0b100111 => Some(vm_vs2_vs1_vd(Op::VmulhVv, word)),
            0b101001 => Some(vm_vs2_vs1_vd(Op::VmaddVv, word)),
            0b101011 => Some(vm_vs2_vs1_vd(Op::VnmsubVv, word)),
            0b101101 => Some(vm_vs2_vs1_vd(Op::VmaccVv, word)),
            0b101111 => Some(vm_vs2_vs1_vd(Op::VnmsacVv, word)),
            0b110000 => Some(vm_vs2_vs1_vd(Op::VwadduVv, word)),
            0b110001 => Some(vm_vs2_vs1_vd(Op::VwaddVv, word)),
            0b110010 => Some(vm_vs2_vs1_vd(Op::VwsubuVv, word)),
            0b110011 => Some(vm_vs2_vs1_vd(Op::VwsubVv, word)),
            0b110100 => Some(vm_vs2_vs1_vd(Op::VwadduWv, word)),
            0b110101 => Some(vm_vs2_vs1_vd(Op::VwaddWv, word)),
            0b110110 => Some(vm_vs2_vs1_vd(Op::VwsubuWv, word)),
            0b110111 => Some(vm_vs2_vs1_vd(Op::VwsubWv, word)),
            0b111000 => Some(vm_vs2_vs1_vd(Op::VwmuluVv, word)),
            0b111010 => Some(vm_vs2_vs1_vd(Op::VwmulsuVv, word)),
            0b111011 => Some(vm_vs2_vs1_vd(Op::VwmulVv, word)),
            0b111100 => Some(vm_vs2_vs1_vd(Op::VwmaccuVv, word)),
            0b111101 => Some(vm_vs2_vs1_vd(Op::VwmaccVv, word)),
            0b111111 => Some(vm_vs2_vs1_vd(Op::VwmaccsuVv, word)),
            _ => None,
        },
        0b011 => match bits(word, 26, 6) {
            0b000000 => Some(vm_vs2_imm_4_vd(Op::VaddVi, word)),
            0b000011 => Some(vm_vs2_imm_4_vd(Op::VrsubVi, word)),
            0b001001 => Some(vm_vs2_imm_4_vd(Op::VandVi, word)),
            0b001010 => Some(vm_vs2_imm_4_vd(Op::VorVi, word)),
            0b001011 => Some(vm_vs2_imm_4_vd(Op::VxorVi, word)),
            0b001100 => Some(vm_vs2_zimm_vd(Op::VrgatherVi, word)),
            0b001110 => Some(vm_vs2_zimm_vd(Op::VslideupVi, word)),
            0b001111 => Some(vm_vs2_zimm_vd(Op::VslidedownVi, word)),
            0b010000 => {
                if word & 0x02000000 == 0x00000000 {
                    Some(vs2_imm_4_vd(Op::VadcVim, word))
                } else {
                    None
                }
            }
            0b010001 => match bits(word, 25, 1) {
                0b0 => Some(vs2_imm_4_vd(Op::VmadcVim, word)),
                0b1 => Some(vs2_imm_4_vd(Op::VmadcVi, word)),
                _ => None,
            },
            0b010111 => match bits(word, 25, 1) {
                0b0 => Some(vs2_imm_4_vd(Op::VmergeVim, word)),
                0b1 => {
                    if word & 0x01f00000 == 0x00000000 {
                        Some(imm_4_vd(Op::VmvVI, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b011000 => Some(vm_vs2_imm_4_vd(Op::VmseqVi, word)),
            0b011001 => Some(vm_vs2_imm_4_vd(Op::VmsneVi, word)),
            0b011100 => Some(vm_vs2_imm_4_vd(Op::VmsleuVi, word)),
            0b011101 => Some(vm_vs2_imm_4_vd(Op::VmsleVi, word)),
            0b011110 => Some(vm_vs2_imm_4_vd(Op::VmsgtuVi, word)),
            0b011111 => Some(vm_vs2_imm_4_vd(Op::VmsgtVi, word)),
            0b100000 => Some(vm_vs2_imm_4_vd(Op::VsadduVi, word)),
            0b100001 => Some(vm_vs2_imm_4_vd(Op::VsaddVi, word)),
            0b100101 => Some(vm_vs2_zimm_vd(Op::VsllVi, word)),
            0b100111 => match bits(word, 15, 5) {
                0b00000 => {
                    if word & 0x02000000 == 0x02000000 {
                        Some(vs2_vd(Op::Vmv1rV, word))
                    } else {
                        None
                    }
                }
                0b00001 => {
                    if word & 0x02000000 == 0x02000000 {
                        Some(vs2_vd(Op::Vmv2rV, word))
                    } else {
                        None
                    }
                }
                0b00011 => {
                    if word & 0x02000000 == 0x02000000 {
                        Some(vs2_vd(Op::Vmv4rV, word))
                    } else {
                        None
                    }
                }
                0b00111 => {
                    if word & 0x02000000 == 0x02000000 {
                        Some(vs2_vd(Op::Vmv8rV, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b101000 => Some(vm_vs2_zimm_vd(Op::VsrlVi, word)),
            0b101001 => Some(vm_vs2_zimm_vd(Op::VsraVi, word)),
            0b101010 => Some(vm_vs2_zimm_vd(Op::VssrlVi, word)),
            0b101011 => Some(vm_vs2_zimm_vd(Op::VssraVi, word)),
            0b101100 => Some(vm_vs2_zimm_vd(Op::VnsrlWi, word)),
            0b101101 => Some(vm_vs2_zimm_vd(Op::VnsraWi, word)),
            0b101110 => Some(vm_vs2_zimm_vd(Op::VnclipuWi, word)),
            0b101111 => Some(vm_vs2_zimm_vd(Op::VnclipWi, word)),
            _ => None,
        },
        0b100 => match bits(word, 26, 6) {
            0b000000 => Some(vm_vs2_rs1_vd(Op::VaddVx, word)),
            0b000010 => Some(vm_vs2_rs1_vd(Op::VsubVx, word)),
            0b000011 => Some(vm_vs2_rs1_vd(Op::VrsubVx, word)),
            0b000100 => Some(vm_vs2_rs1_vd(Op::VminuVx, word)),
            0b000101 => Some(vm_vs2_rs1_vd(Op::VminVx, word)),
            0b000110 => Some(vm_vs2_rs1_vd(Op::VmaxuVx, word)),
            0b000111 => Some(vm_vs2_rs1_vd(Op::VmaxVx, word)),
            0b001001 => Some(vm_vs2_rs1_vd(Op::VandVx, word)),
            0b001010 => Some(vm_vs2_rs1_vd(Op::VorVx, word)),
            0b001011 => Some(vm_vs2_rs1_vd(Op::VxorVx, word)),
            0b001100 => Some(vm_vs2_rs1_vd(Op::VrgatherVx, word)),
            0b001110 => Some(vm_vs2_rs1_vd(Op::VslideupVx, word)),
            0b001111 => Some(vm_vs2_rs1_vd(Op::VslidedownVx, word)),
            0b010000 => {
                if word & 0x02000000 == 0x00000000 {
                    Some(vs2_rs1_vd(Op::VadcVxm, word))
                } else {
                    None
                }
            }
            0b010001 => match bits(word, 25, 1) {
                0b0 => Some(vs2_rs1_vd(Op::VmadcVxm, word)),
                0b1 => Some(vs2_rs1_vd(Op::VmadcVx, word)),
                _ => None,
            },
            0b010010 => {
                if word & 0x02000000 == 0x00000000 {
                    Some(vs2_rs1_vd(Op::VsbcVxm, word))
                } else {
                    None
                }
            }
            0b010011 => match bits(word, 25, 1) {
                0b0 => Some(vs2_rs1_vd(Op::VmsbcVxm, word)),
                0b1 => Some(vs2_rs1_vd(Op::VmsbcVx, word)),
                _ => None,
            },
            0b010111 => match bits(word, 25, 1) {
                0b0 => Some(vs2_rs1_vd(Op::VmergeVxm, word)),
                0b1 => {
                    if word & 0x01f00000 == 0x00000000 {
                        Some(rs1_vd(Op::VmvVX, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b011000 => Some(vm_vs2_rs1_vd(Op::VmseqVx, word)),
            0b011001 => Some(vm_vs2_rs1_vd(Op::VmsneVx, word)),
            0b011010 => Some(vm_vs2_rs1_vd(Op::VmsltuVx, word)),
            0b011011 => Some(vm_vs2_rs1_vd(Op::VmsltVx, word)),
            0b011100 => Some(vm_vs2_rs1_vd(Op::VmsleuVx, word)),
            0b011101 => Some(vm_vs2_rs1_vd(Op::VmsleVx, word)),
            0b011110 => Some(vm_vs2_rs1_vd(Op::VmsgtuVx, word)),
            0b011111 => Some(vm_vs2_rs1_vd(Op::VmsgtVx, word)),
            0b100000 => Some(vm_vs2_rs1_vd(Op::VsadduVx, word)),
            0b100001 => Some(vm_vs2_rs1_vd(Op::VsaddVx, word)),
            0b100010 => Some(vm_vs2_rs1_vd(Op::VssubuVx, word)),
            0b100011 => Some(vm_vs2_rs1_vd(Op::VssubVx, word)),
            0b100101 => Some(vm_vs2_rs1_vd(Op::VsllVx, word)),
            0b100111 => Some(vm_vs2_rs1_vd(Op::VsmulVx, word)),
            0b101000 => Some(vm_vs2_rs1_vd(Op::VsrlVx, word)),
            0b101001 => Some(vm_vs2_rs1_vd(Op::VsraVx, word)),
            0b101010 => Some(vm_vs2_rs1_vd(Op::VssrlVx, word)),
            0b101011 => Some(vm_vs2_rs1_vd(Op::VssraVx, word)),
            0b101100 => Some(vm_vs2_rs1_vd(Op::VnsrlWx, word)),
            0b101101 => Some(vm_vs2_rs1_vd(Op::VnsraWx, word)),
            0b101110 => Some(vm_vs2_rs1_vd(Op::VnclipuWx, word)),
            0b101111 => Some(vm_vs2_rs1_vd(Op::VnclipWx, word)),
            _ => None,
        },
        0b101 => match bits(word, 26, 6) {
            0b000000 => Some(vm_vs2_rs1_vd(Op::VfaddVf, word)),
            0b000010 => Some(vm_vs2_rs1_vd(Op::VfsubVf, word)),
            0b000100 => Some(vm_vs2_rs1_vd(Op::VfminVf, word)),
            0b000110 => Some(vm_vs2_rs1_vd(Op::VfmaxVf, word)),
            0b001000 => Some(vm_vs2_rs1_vd(Op::VfsgnjVf, word)),
            0b001001 => Some(vm_vs2_rs1_vd(Op::VfsgnjnVf, word)),
            0b001010 => Some(vm_vs2_rs1_vd(Op::VfsgnjxVf, word)),
            0b001110 => Some(vm_vs2_rs1_vd(Op::Vfslide1upVf, word)),
            0b001111 => Some(vm_vs2_rs1_vd(Op::Vfslide1downVf, word)),
            0b010000 => {
                if word & 0x03f00000 == 0x02000000 {
                    Some(rs1_vd(Op::VfmvSF, word))
                } else {
                    None
                }
            }
            0b010111 => match bits(word, 25, 1) {
                0b0 => Some(vs2_rs1_vd(Op::VfmergeVfm, word)),
                0b1 => {
                    if word & 0x01f00000 == 0x00000000 {
                        Some(rs1_vd(Op::VfmvVF, word))
                    } else {
                        None
                    }
                }
                _ => None,
            },
            0b011000 => Some(vm_vs2_rs1_vd(Op::VmfeqVf, word)),
            0b011001 => Some(vm_vs2_rs1_vd(Op::VmfleVf, word)),
            0b011011 => Some(vm_vs2_rs1_vd(Op::VmfltVf, word)),
            0b011100 => Some(vm_vs2_rs1_vd(Op::VmfneVf, word)),
            0b011101 => Some(vm_vs2_rs1_vd(Op::VmfgtVf, word)),
            0b011111 => Some(vm_vs2_rs1_vd(Op::VmfgeVf, word)),
            0b100000 => Some(vm_vs2_rs1_vd(Op::VfdivVf, word)),
            0b100001 => Some(vm_vs2_rs1_vd(Op::VfrdivVf, word)),
            0b100100 => Some(vm_vs2_rs1_vd(Op::VfmulVf, word)),
            0b100111 => Some(vm_vs2_rs1_vd(Op::VfrsubVf, word)),
            0b101000 => Some(vm_vs2_rs1_vd(Op::VfmaddVf, word)),
            0b101001 => Some(vm_vs2_rs1_vd(Op::VfnmaddVf, word)),
            0b101010 => Some(vm_vs2_rs1_vd(Op::VfmsubVf, word)),
            0b101011 => Some(vm_vs2_rs1_vd(Op::VfnmsubVf, word)),
            0b101100 => Some(vm_vs2_rs1_vd(Op::VfmaccVf, word)),
            0b101101 => Some(vm_vs2_rs1_vd(Op::VfnmaccVf, word)),
            0b101110 => Some(vm_vs2_rs1_vd(Op::VfmsacVf, word)),
            0b101111 => Some(vm_vs2_rs1_vd(Op::VfnmsacVf, word)),
            0b110000 => Some(vm_vs2_rs1_vd(Op::VfwaddVf, word)),
            0b110010 => Some(vm_vs2_rs1_vd(Op::VfwsubVf, word)),
            0b110100 => Some(vm_vs2_rs1_vd(Op::VfwaddWf, word)),
            0b110110 => Some(vm_vs2_rs1_vd(Op::VfwsubWf, word)),
            0b111000 => Some(vm_vs2_rs1_vd(Op::VfwmulVf, word)),
            0b111100 => Some(vm_vs2_rs1_vd(Op::VfwmaccVf, word)),
            0b111101 => Some(vm_vs2_rs1_vd(Op::VfwnmaccVf, word)),
            0b111110 => Some(vm_vs2_rs1_vd(Op::VfwmsacVf, word)),
            0b111111 => Some(vm_vs2_rs1_vd(Op::VfwnmsacVf, word)),
            _ => None,
        },
        0b110 => match bits(word, 26, 6) {
            0b001000 => Some(vm_vs2_rs1_vd(Op::VaadduVx, word)),
            0b001001 => Some(vm_vs2_rs1_vd(Op::VaaddVx, word)),
            0b001010 => Some(vm_vs2_rs1_vd(Op::VasubuVx, word)),
            0b001011 => Some(vm_vs2_rs1_vd(Op::VasubVx, word)),
            0b001110 => Some(vm_vs2_rs1_vd(Op::Vslide1upVx, word)),
            0b001111 => Some(vm_vs2_rs1_vd(Op::Vslide1downVx, word)),
            0b010000 => {
                if word & 0x03f00000 == 0x02000000 {
                    Some(rs1_vd(Op::VmvSX, word))
                } else {
                    None
                }
            }
            0b100000 => Some(vm_vs2_rs1_vd(Op::VdivuVx, word)),
            0b100001 => Some(vm_vs2_rs1_vd(Op::VdivVx, word)),
            0b100010 => Some(vm_vs2_rs1_vd(Op::VremuVx, word)),
            0b100011 => Some(vm_vs2_rs1_vd(Op::VremVx, word)),
            0b100100 => Some(vm_vs2_rs1_vd(Op::VmulhuVx, word)),
            0b100101 => Some(vm_vs2_rs1_vd(Op::VmulVx, word)),
            0b100110 => Some(vm_vs2_rs1_vd(Op::VmulhsuVx, word)),
            0b100111 => Some(vm_vs2_rs1_vd(Op::VmulhVx, word)),
            0b101001 => Some(vm_vs2_rs1_vd(Op::VmaddVx, word)),
            0b101011 => Some(vm_vs2_rs1_vd(Op::VnmsubVx, word)),
            0b101101 => Some(vm_vs2_rs1_vd(Op::VmaccVx, word)),
            0b101111 => Some(vm_vs2_rs1_vd(Op::VnmsacVx, word)),
            0b110000 => Some(vm_vs2_rs1_vd(Op::VwadduVx, word)),
            0b110001 => Some(vm_vs2_rs1_vd(Op::VwaddVx, word)),
            0b110010 => Some(vm_vs2_rs1_vd(Op::VwsubuVx, word)),
            0b110011 => Some(vm_vs2_rs1_vd(Op::VwsubVx, word)),
            0b110100 => Some(vm_vs2_rs1_vd(Op::VwadduWx, word)),
            0b110101 => Some(vm_vs2_rs1_vd(Op::VwaddWx, word)),
            0b110110 => Some(vm_vs2_rs1_vd(Op::VwsubuWx, word)),
            0b110111 => Some(vm_vs2_rs1_vd(Op::VwsubWx, word)),
            0b111000 => Some(vm_vs2_rs1_vd(Op::VwmuluVx, word)),
            0b111010 => Some(vm_vs2_rs1_vd(Op::VwmulsuVx, word)),
            0b111011 => Some(vm_vs2_rs1_vd(Op::VwmulVx, word)),
            0b111100 => Some(vm_vs2_rs1_vd(Op::VwmaccuVx, word)),
            0b111101 => Some(vm_vs2_rs1_vd(Op::VwmaccVx, word)),
            0b111110 => Some(vm_vs2_rs1_vd(Op::VwmaccusVx, word)),
            0b111111 => Some(vm_vs2_rs1_vd(Op::VwmaccsuVx, word)),
            _ => None,
        },
        0b111 => match bits(word, 31, 1) {
            0b0 => Some(vtypei_10_rs1_rd(Op::Vsetvli, word)),
            0b1 => match bits(word, 30, 1) {
                0b0 => {
                    if word & 0x3e000000 == 0x00000000 {
                        Some(r_type(Op::Vsetvl, word))
                    } else {
                        None
                    }
                }
                0b1 => Some(vtypei_9_zimm_rd(Op::Vsetivli, word)),
                _ => None,
            },
            _ => None,
        },
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
        Op::VmvVI => put_imm_4_vd(inst),
        Op::Jal => put_j_type(inst),
        Op::LrW | Op::LrD => put_lr_type(inst),
        Op::Vle8V
        | Op::Vle16V
        | Op::Vle32V
        | Op::Vle64V
        | Op::Vle8ffV
        | Op::Vle16ffV
        | Op::Vle32ffV
        | Op::Vle64ffV => put_nf_vm_rs1_vd(inst),
        Op::Vse8V | Op::Vse16V | Op::Vse32V | Op::Vse64V => put_nf_vm_rs1_vs3(inst),
        Op::Vlse8V | Op::Vlse16V | Op::Vlse32V | Op::Vlse64V => put_nf_vm_rs2_rs1_vd(inst),
        Op::Vsse8V | Op::Vsse16V | Op::Vsse32V | Op::Vsse64V => put_nf_vm_rs2_rs1_vs3(inst),
        Op::Vluxei8V
        | Op::Vluxei16V
        | Op::Vluxei32V
        | Op::Vluxei64V
        | Op::Vloxei8V
        | Op::Vloxei16V
        | Op::Vloxei32V
        | Op::Vloxei64V => put_nf_vm_vs2_rs1_vd(inst),
        Op::Vsuxei8V
        | Op::Vsuxei16V
        | Op::Vsuxei32V
        | Op::Vsuxei64V
        | Op::Vsoxei8V
        | Op::Vsoxei16V
        | Op::Vsoxei32V
        | Op::Vsoxei64V => put_nf_vm_vs2_rs1_vs3(inst),
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
        | Op::CzeroNez
        | Op::Vsetvl => put_r_type(inst),
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
        Op::VlmV
        | Op::Vl1re8V
        | Op::Vl1re16V
        | Op::Vl1re32V
        | Op::Vl1re64V
        | Op::Vl2re8V
        | Op::Vl2re16V
        | Op::Vl2re32V
        | Op::Vl2re64V
        | Op::Vl4re8V
        | Op::Vl4re16V
        | Op::Vl4re32V
        | Op::Vl4re64V
        | Op::Vl8re8V
        | Op::Vl8re16V
        | Op::Vl8re32V
        | Op::Vl8re64V
        | Op::VmvVX
        | Op::VfmvVF
        | Op::VmvSX
        | Op::VfmvSF => put_rs1_vd(inst),
        Op::VsmV | Op::Vs1rV | Op::Vs2rV | Op::Vs4rV | Op::Vs8rV => put_rs1_vs3(inst),
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
        Op::VidV => put_vm_vd(inst),
        Op::VaddVi
        | Op::VrsubVi
        | Op::VandVi
        | Op::VorVi
        | Op::VxorVi
        | Op::VmseqVi
        | Op::VmsneVi
        | Op::VmsleuVi
        | Op::VmsleVi
        | Op::VmsgtuVi
        | Op::VmsgtVi
        | Op::VsadduVi
        | Op::VsaddVi => put_vm_vs2_imm_4_vd(inst),
        Op::VcpopM | Op::VfirstM => put_vm_vs2_rd(inst),
        Op::VaddVx
        | Op::VsubVx
        | Op::VrsubVx
        | Op::VminuVx
        | Op::VminVx
        | Op::VmaxuVx
        | Op::VmaxVx
        | Op::VandVx
        | Op::VorVx
        | Op::VxorVx
        | Op::VmseqVx
        | Op::VmsneVx
        | Op::VmsltuVx
        | Op::VmsltVx
        | Op::VmsleuVx
        | Op::VmsleVx
        | Op::VmsgtuVx
        | Op::VmsgtVx
        | Op::VsllVx
        | Op::VsrlVx
        | Op::VsraVx
        | Op::VnsrlWx
        | Op::VnsraWx
        | Op::VdivuVx
        | Op::VdivVx
        | Op::VremuVx
        | Op::VremVx
        | Op::VmulhuVx
        | Op::VmulVx
        | Op::VmulhsuVx
        | Op::VmulhVx
        | Op::VmaddVx
        | Op::VnmsubVx
        | Op::VmaccVx
        | Op::VnmsacVx
        | Op::VwadduVx
        | Op::VwaddVx
        | Op::VwsubuVx
        | Op::VwsubVx
        | Op::VwadduWx
        | Op::VwaddWx
        | Op::VwsubuWx
        | Op::VwsubWx
        | Op::VwmuluVx
        | Op::VwmulsuVx
        | Op::VwmulVx
        | Op::VwmaccuVx
        | Op::VwmaccVx
        | Op::VwmaccusVx
        | Op::VwmaccsuVx
        | Op::VsadduVx
        | Op::VsaddVx
        | Op::VssubuVx
        | Op::VssubVx
        | Op::VaadduVx
        | Op::VaaddVx
        | Op::VasubuVx
        | Op::VasubVx
        | Op::VsmulVx
        | Op::VssrlVx
        | Op::VssraVx
        | Op::VnclipuWx
        | Op::VnclipWx
        | Op::VfaddVf
        | Op::VfsubVf
        | Op::VfrsubVf
        | Op::VfwaddVf
        | Op::VfwsubVf
        | Op::VfwaddWf
        | Op::VfwsubWf
        | Op::VfmulVf
        | Op::VfdivVf
        | Op::VfrdivVf
        | Op::VfwmulVf
        | Op::VfmaddVf
        | Op::VfnmaddVf
        | Op::VfmsubVf
        | Op::VfnmsubVf
        | Op::VfmaccVf
        | Op::VfnmaccVf
        | Op::VfmsacVf
        | Op::VfnmsacVf
        | Op::VfwmaccVf
        | Op::VfwnmaccVf
        | Op::VfwmsacVf
        | Op::VfwnmsacVf
        | Op::VfminVf
        | Op::VfmaxVf
        | Op::VfsgnjVf
        | Op::VfsgnjnVf
        | Op::VfsgnjxVf
        | Op::VmfeqVf
        | Op::VmfleVf
        | Op::VmfltVf
        | Op::VmfneVf
        | Op::VmfgtVf
        | Op::VmfgeVf
        | Op::VslideupVx
        | Op::VslidedownVx
        | Op::Vslide1upVx
        | Op::Vslide1downVx
        | Op::Vfslide1upVf
        | Op::Vfslide1downVf
        | Op::VrgatherVx => put_vm_vs2_rs1_vd(inst),
        Op::VzextVf8
        | Op::VsextVf8
        | Op::VzextVf4
        | Op::VsextVf4
        | Op::VzextVf2
        | Op::VsextVf2
        | Op::VfsqrtV
        | Op::Vfrsqrt7V
        | Op::Vfrec7V
        | Op::VfclassV
        | Op::VfcvtXuFV
        | Op::VfcvtXFV
        | Op::VfcvtFXuV
        | Op::VfcvtFXV
        | Op::VfcvtRtzXuFV
        | Op::VfcvtRtzXFV
        | Op::VfwcvtXuFV
        | Op::VfwcvtXFV
        | Op::VfwcvtFXuV
        | Op::VfwcvtFXV
        | Op::VfwcvtFFV
        | Op::VfwcvtRtzXuFV
        | Op::VfwcvtRtzXFV
        | Op::VfncvtXuFW
        | Op::VfncvtXFW
        | Op::VfncvtFXuW
        | Op::VfncvtFXW
        | Op::VfncvtFFW
        | Op::VfncvtRodFFW
        | Op::VfncvtRtzXuFW
        | Op::VfncvtRtzXFW
        | Op::VmsbfM
        | Op::VmsofM
        | Op::VmsifM
        | Op::ViotaM => put_vm_vs2_vd(inst),
        Op::VaddVv
        | Op::VsubVv
        | Op::VminuVv
        | Op::VminVv
        | Op::VmaxuVv
        | Op::VmaxVv
        | Op::VandVv
        | Op::VorVv
        | Op::VxorVv
        | Op::VmseqVv
        | Op::VmsneVv
        | Op::VmsltuVv
        | Op::VmsltVv
        | Op::VmsleuVv
        | Op::VmsleVv
        | Op::VsllVv
        | Op::VsrlVv
        | Op::VsraVv
        | Op::VnsrlWv
        | Op::VnsraWv
        | Op::VdivuVv
        | Op::VdivVv
        | Op::VremuVv
        | Op::VremVv
        | Op::VmulhuVv
        | Op::VmulVv
        | Op::VmulhsuVv
        | Op::VmulhVv
        | Op::VmaddVv
        | Op::VnmsubVv
        | Op::VmaccVv
        | Op::VnmsacVv
        | Op::VwadduVv
        | Op::VwaddVv
        | Op::VwsubuVv
        | Op::VwsubVv
        | Op::VwadduWv
        | Op::VwaddWv
        | Op::VwsubuWv
        | Op::VwsubWv
        | Op::VwmuluVv
        | Op::VwmulsuVv
        | Op::VwmulVv
        | Op::VwmaccuVv
        | Op::VwmaccVv
        | Op::VwmaccsuVv
        | Op::VsadduVv
        | Op::VsaddVv
        | Op::VssubuVv
        | Op::VssubVv
        | Op::VaadduVv
        | Op::VaaddVv
        | Op::VasubuVv
        | Op::VasubVv
        | Op::VsmulVv
        | Op::VssrlVv
        | Op::VssraVv
        | Op::VnclipuWv
        | Op::VnclipWv
        | Op::VfaddVv
        | Op::VfsubVv
        | Op::VfwaddVv
        | Op::VfwsubVv
        | Op::VfwaddWv
        | Op::VfwsubWv
        | Op::VfmulVv
        | Op::VfdivVv
        | Op::VfwmulVv
        | Op::VfmaddVv
        | Op::VfnmaddVv
        | Op::VfmsubVv
        | Op::VfnmsubVv
        | Op::VfmaccVv
        | Op::VfnmaccVv
        | Op::VfmsacVv
        | Op::VfnmsacVv
        | Op::VfwmaccVv
        | Op::VfwnmaccVv
        | Op::VfwmsacVv
        | Op::VfwnmsacVv
        | Op::VfminVv
        | Op::VfmaxVv
        | Op::VfsgnjVv
        | Op::VfsgnjnVv
        | Op::VfsgnjxVv
        | Op::VmfeqVv
        | Op::VmfleVv
        | Op::VmfltVv
        | Op::VmfneVv
        | Op::VredsumVs
        | Op::VredandVs
        | Op::VredorVs
        | Op::VredxorVs
        | Op::VredminuVs
        | Op::VredminVs
        | Op::VredmaxuVs
        | Op::VredmaxVs
        | Op::VwredsumuVs
        | Op::VwredsumVs
        | Op::VfredusumVs
        | Op::VfredosumVs
        | Op::VfredminVs
        | Op::VfredmaxVs
        | Op::VfwredusumVs
        | Op::VfwredosumVs
        | Op::VrgatherVv
        | Op::Vrgatherei16Vv => put_vm_vs2_vs1_vd(inst),
        Op::VsllVi
        | Op::VsrlVi
        | Op::VsraVi
        | Op::VnsrlWi
        | Op::VnsraWi
        | Op::VssrlVi
        | Op::VssraVi
        | Op::VnclipuWi
        | Op::VnclipWi
        | Op::VslideupVi
        | Op::VslidedownVi
        | Op::VrgatherVi => put_vm_vs2_zimm_vd(inst),
        Op::VmvVV => put_vs1_vd(inst),
        Op::VadcVim | Op::VmadcVim | Op::VmadcVi | Op::VmergeVim => put_vs2_imm_4_vd(inst),
        Op::VmvXS | Op::VfmvFS => put_vs2_rd(inst),
        Op::VadcVxm
        | Op::VmadcVxm
        | Op::VmadcVx
        | Op::VsbcVxm
        | Op::VmsbcVxm
        | Op::VmsbcVx
        | Op::VmergeVxm
        | Op::VfmergeVfm => put_vs2_rs1_vd(inst),
        Op::Vmv1rV | Op::Vmv2rV | Op::Vmv4rV | Op::Vmv8rV => put_vs2_vd(inst),
        Op::VadcVvm
        | Op::VmadcVvm
        | Op::VmadcVv
        | Op::VsbcVvm
        | Op::VmsbcVvm
        | Op::VmsbcVv
        | Op::VmergeVvm
        | Op::VmandnMm
        | Op::VmandMm
        | Op::VmorMm
        | Op::VmxorMm
        | Op::VmornMm
        | Op::VmnandMm
        | Op::VmnorMm
        | Op::VmxnorMm
        | Op::VcompressVm => put_vs2_vs1_vd(inst),
        Op::Vsetvli => put_vtypei_10_rs1_rd(inst),
        Op::Vsetivli => put_vtypei_9_zimm_rd(inst),
    };
    fields | inst.op.fixed().1
}
