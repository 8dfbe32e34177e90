//! From guest code to IR: fetches and decodes instructions one after another, and hands each to its lift function.
//!
//! ```text
//!   Code ─ u16 ─► decode / decode_compressed ─► Inst ─► dispatch ─► rvi::add, rvf::fadd_d, … ─► Builder
//! ```
//! A block ends before an instruction that cannot be fetched, one that straddles a page (it gets a block of its own), or
//! where [`Code::more`] says so; and behind a jump, an exception, or a helper that may change the mode. It must not know
//! what instructions do, nor the hart's state beyond [`Mode`].

use lodge_jit::ir::{End, Op as Operation, Val};
use lodge_jit::{Builder, Code, Exception, Frame, Mode};

use crate::decode::{Op, decode};
use crate::inst::Inst;
use crate::lifter::Lifter;
use crate::rvc::{decode_compressed, length};
use crate::vector::Vtype;
use crate::{privileged, rva, rvb, rvf, rvi, rvm, rvv, slots, zacas, zicbo, zicond, zicsr};

/// Lifts the instructions at `code` into `block`. What `mode.assume` means:
///
/// ```text
///     18     17      16     15     14    12 11 10    9     8  7 6   4 3  2 1         0
///   ┌──────┬───────┬──────┬──────┬────────┬───────┬───────┬────┬─────┬────┬───────────┐
///   │ wide │ start │ vill │ full │ vlmul  │ vsew  │ known │ VS │ frm │ FS │ privilege │
///   └──────┴───────┴──────┴──────┴────────┴───────┴───────┴────┴─────┴────┴───────────┘
///   privilege: 0 U, 1 S, 3 M; FS, VS: 0 off, 1 initial, 2 clean, 3 dirty; wide: VLEN is 256, not 128;
///   known: what follows it is as the registers are ([`VectorState`]), else it is all zero
/// ```
pub fn lift(mode: Mode, code: &mut Code<'_>, block: &mut Builder) {
    let mut l = Lifter::new(mode, block);
    let known = l.vector.is_some();
    while !l.block.ended() && code.more(l.block.next_pc(), l.block.instructions()) {
        let pc = l.block.next_pc();
        let first = l.block.instructions() == 0;
        match fetch(code, pc, first) {
            Fetched::Bits { raw, len } => instruction(&mut l, raw, len),
            Fetched::Elsewhere => break,
            Fetched::Fault { exception, len } => {
                if first {
                    l.begin(len);
                    let value = Val::Imm(exception.value as i64);
                    l.block.end(End::Raise { cause: exception.cause, value });
                }
                break;
            }
        }
    }
    // Vector code is over, as far as can be seen: what comes next is for all.
    if known && !l.uses_vectors {
        l.block.push(Operation::Assume { bits: Val::Imm(i64::from(l.vector_base() & !VectorState::KNOWN)) });
    }
}

/// Lifts one instruction.
fn instruction(l: &mut Lifter, raw: u32, len: u8) {
    let inst = if len == 2 { decode_compressed(raw as u16) } else { decode(raw) };
    l.begin(len);
    match inst {
        Some(inst) => dispatch(l, &inst),
        None => l.illegal(raw),
    }
}

enum Fetched {
    Bits {
        raw: u32,
        len: u8,
    },
    /// Not for this block: it is not the first one and straddles.
    Elsewhere,
    Fault {
        exception: Exception,
        len: u8,
    },
}

/// What a block may assume of `vtype`, `vl` and `vstart`. Blocks know it when the one before knew it or asked for it;
/// ordinary code does not ask, so that it is not translated once for each value that vector code left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VectorState {
    /// `vtype` without its policies.
    pub vtype: Vtype,
    /// vl is VLMAX.
    pub full: bool,
    /// vstart is not zero.
    pub started: bool,
}

impl VectorState {
    /// Bit of [`VectorState::bits`]: vl is VLMAX.
    pub const FULL: u32 = 1 << 8;
    /// Likewise: vstart is not zero.
    pub const STARTED: u32 = 1 << 10;
    /// Beside them: a block knows the state.
    pub const KNOWN: u32 = 1 << 2;
    /// Beside them: VLEN is 256.
    pub const WIDE: u32 = 1 << 11;

    /// As in bits 10 to 17 of `mode.assume`, seven bits lower: what the slot VSTATE holds.
    pub fn bits(self) -> u32 {
        let v = self.vtype;
        let (vtype, full) = (if v.ill() { 1 << 9 } else { (v.0 >> 3 & 3) << 3 | (v.0 & 7) << 5 }, self.full);
        vtype as u32 | if full { Self::FULL } else { 0 } | if self.started { Self::STARTED } else { 0 }
    }

    /// From those bits, if they are known.
    pub fn known(bits: u32) -> Option<VectorState> {
        let vtype = Vtype(u64::from(bits >> 3 & 3) << 3 | u64::from(bits >> 5 & 7)).checked();
        let vtype = if bits >> 9 & 1 != 0 { Vtype::ILL } else { vtype };
        let (full, started) = (bits & Self::FULL != 0, bits & Self::STARTED != 0);
        (bits & Self::KNOWN != 0).then_some(VectorState { vtype, full, started })
    }

    /// As the registers are.
    pub fn of(frame: &Frame, vlenb: usize) -> VectorState {
        let get = |slot: lodge_jit::ir::Slot| frame.slots[usize::from(slot)];
        let vtype = Vtype(get(slots::VTYPE));
        let full = !vtype.ill() && get(slots::VL) as usize == vtype.vlmax(vlenb);
        VectorState { vtype, full, started: get(slots::VSTART) != 0 }
    }
}

fn fetch(code: &mut Code<'_>, pc: u64, first: bool) -> Fetched {
    let low = match code.u16(pc) {
        Ok(low) => low,
        Err(exception) => return Fetched::Fault { exception, len: 2 },
    };
    let len = length(low);
    if !first && code.straddles(pc, len) {
        return Fetched::Elsewhere;
    }
    if len == 2 {
        return Fetched::Bits { raw: u32::from(low), len };
    }
    match code.u16(pc.wrapping_add(2)) {
        Ok(high) => Fetched::Bits { raw: u32::from(high) << 16 | u32::from(low), len },
        Err(exception) => Fetched::Fault { exception, len },
    }
}

/// One row an instruction, in the order of rv.table.
#[rustfmt::skip]
// tidy: table
fn dispatch(l: &mut Lifter, i: &Inst) {
    use Op::*;
    match i.op {
        Lui => rvi::lui(l, i),
        Auipc => rvi::auipc(l, i),
        Jal => rvi::jal(l, i),
        Jalr => rvi::jalr(l, i),
        Beq => rvi::beq(l, i),
        Bne => rvi::bne(l, i),
        Blt => rvi::blt(l, i),
        Bge => rvi::bge(l, i),
        Bltu => rvi::bltu(l, i),
        Bgeu => rvi::bgeu(l, i),
        Lb => rvi::lb(l, i),
        Lh => rvi::lh(l, i),
        Lw => rvi::lw(l, i),
        Ld => rvi::ld(l, i),
        Lbu => rvi::lbu(l, i),
        Lhu => rvi::lhu(l, i),
        Lwu => rvi::lwu(l, i),
        Sb => rvi::sb(l, i),
        Sh => rvi::sh(l, i),
        Sw => rvi::sw(l, i),
        Sd => rvi::sd(l, i),
        Addi => rvi::addi(l, i),
        Slti => rvi::slti(l, i),
        Sltiu => rvi::sltiu(l, i),
        Xori => rvi::xori(l, i),
        Ori => rvi::ori(l, i),
        Andi => rvi::andi(l, i),
        Slli => rvi::slli(l, i),
        Srli => rvi::srli(l, i),
        Srai => rvi::srai(l, i),
        Add => rvi::add(l, i),
        Sub => rvi::sub(l, i),
        Sll => rvi::sll(l, i),
        Slt => rvi::slt(l, i),
        Sltu => rvi::sltu(l, i),
        Xor => rvi::xor(l, i),
        Srl => rvi::srl(l, i),
        Sra => rvi::sra(l, i),
        Or => rvi::or(l, i),
        And => rvi::and(l, i),
        Addiw => rvi::addiw(l, i),
        Slliw => rvi::slliw(l, i),
        Srliw => rvi::srliw(l, i),
        Sraiw => rvi::sraiw(l, i),
        Addw => rvi::addw(l, i),
        Subw => rvi::subw(l, i),
        Sllw => rvi::sllw(l, i),
        Srlw => rvi::srlw(l, i),
        Sraw => rvi::sraw(l, i),
        Fence => rvi::fence(l, i),
        FenceTso => rvi::fence_tso(l, i),

        Pause => privileged::pause(l, i),
        FenceI => privileged::fence_i(l, i),

        Ecall => rvi::ecall(l, i),
        Ebreak => rvi::ebreak(l, i),

        Sret => privileged::sret(l, i),
        Mret => privileged::mret(l, i),
        Wfi => privileged::wfi(l, i),
        SfenceVma => privileged::sfence_vma(l, i),
        SinvalVma => privileged::sinval_vma(l, i),
        SfenceWInval => privileged::sfence_w_inval(l, i),
        SfenceInvalIr => privileged::sfence_inval_ir(l, i),
        WrsNto => privileged::wrs_nto(l, i),
        WrsSto => privileged::wrs_sto(l, i),

        Csrrw => zicsr::csrrw(l, i),
        Csrrs => zicsr::csrrs(l, i),
        Csrrc => zicsr::csrrc(l, i),
        Csrrwi => zicsr::csrrwi(l, i),
        Csrrsi => zicsr::csrrsi(l, i),
        Csrrci => zicsr::csrrci(l, i),

        Mul => rvm::mul(l, i),
        Mulh => rvm::mulh(l, i),
        Mulhsu => rvm::mulhsu(l, i),
        Mulhu => rvm::mulhu(l, i),
        Div => rvm::div(l, i),
        Divu => rvm::divu(l, i),
        Rem => rvm::rem(l, i),
        Remu => rvm::remu(l, i),
        Mulw => rvm::mulw(l, i),
        Divw => rvm::divw(l, i),
        Divuw => rvm::divuw(l, i),
        Remw => rvm::remw(l, i),
        Remuw => rvm::remuw(l, i),

        LrW => rva::lr_w(l, i),
        ScW => rva::sc_w(l, i),
        AmoswapW => rva::amoswap_w(l, i),
        AmoaddW => rva::amoadd_w(l, i),
        AmoxorW => rva::amoxor_w(l, i),
        AmoandW => rva::amoand_w(l, i),
        AmoorW => rva::amoor_w(l, i),
        AmominW => rva::amomin_w(l, i),
        AmomaxW => rva::amomax_w(l, i),
        AmominuW => rva::amominu_w(l, i),
        AmomaxuW => rva::amomaxu_w(l, i),
        LrD => rva::lr_d(l, i),
        ScD => rva::sc_d(l, i),
        AmoswapD => rva::amoswap_d(l, i),
        AmoaddD => rva::amoadd_d(l, i),
        AmoxorD => rva::amoxor_d(l, i),
        AmoandD => rva::amoand_d(l, i),
        AmoorD => rva::amoor_d(l, i),
        AmominD => rva::amomin_d(l, i),
        AmomaxD => rva::amomax_d(l, i),
        AmominuD => rva::amominu_d(l, i),
        AmomaxuD => rva::amomaxu_d(l, i),

        AmocasW => zacas::amocas_w(l, i),
        AmocasD => zacas::amocas_d(l, i),
        AmocasQ => zacas::amocas_q(l, i),

        Flh => rvf::flh(l, i),
        Fsh => rvf::fsh(l, i),
        Flw => rvf::flw(l, i),
        Fsw => rvf::fsw(l, i),
        Fld => rvf::fld(l, i),
        Fsd => rvf::fsd(l, i),
        FmaddS => rvf::fmadd_s(l, i),
        FmsubS => rvf::fmsub_s(l, i),
        FnmsubS => rvf::fnmsub_s(l, i),
        FnmaddS => rvf::fnmadd_s(l, i),
        FmaddD => rvf::fmadd_d(l, i),
        FmsubD => rvf::fmsub_d(l, i),
        FnmsubD => rvf::fnmsub_d(l, i),
        FnmaddD => rvf::fnmadd_d(l, i),
        FaddS => rvf::fadd_s(l, i),
        FsubS => rvf::fsub_s(l, i),
        FmulS => rvf::fmul_s(l, i),
        FdivS => rvf::fdiv_s(l, i),
        FsqrtS => rvf::fsqrt_s(l, i),
        FsgnjS => rvf::fsgnj_s(l, i),
        FsgnjnS => rvf::fsgnjn_s(l, i),
        FsgnjxS => rvf::fsgnjx_s(l, i),
        FminS => rvf::fmin_s(l, i),
        FmaxS => rvf::fmax_s(l, i),
        FeqS => rvf::feq_s(l, i),
        FltS => rvf::flt_s(l, i),
        FleS => rvf::fle_s(l, i),
        FclassS => rvf::fclass_s(l, i),
        FcvtWS => rvf::fcvt_w_s(l, i),
        FcvtWuS => rvf::fcvt_wu_s(l, i),
        FcvtLS => rvf::fcvt_l_s(l, i),
        FcvtLuS => rvf::fcvt_lu_s(l, i),
        FcvtSW => rvf::fcvt_s_w(l, i),
        FcvtSWu => rvf::fcvt_s_wu(l, i),
        FcvtSL => rvf::fcvt_s_l(l, i),
        FcvtSLu => rvf::fcvt_s_lu(l, i),
        FmvXW => rvf::fmv_x_w(l, i),
        FmvWX => rvf::fmv_w_x(l, i),
        FaddD => rvf::fadd_d(l, i),
        FsubD => rvf::fsub_d(l, i),
        FmulD => rvf::fmul_d(l, i),
        FdivD => rvf::fdiv_d(l, i),
        FsqrtD => rvf::fsqrt_d(l, i),
        FsgnjD => rvf::fsgnj_d(l, i),
        FsgnjnD => rvf::fsgnjn_d(l, i),
        FsgnjxD => rvf::fsgnjx_d(l, i),
        FminD => rvf::fmin_d(l, i),
        FmaxD => rvf::fmax_d(l, i),
        FeqD => rvf::feq_d(l, i),
        FltD => rvf::flt_d(l, i),
        FleD => rvf::fle_d(l, i),
        FclassD => rvf::fclass_d(l, i),
        FcvtWD => rvf::fcvt_w_d(l, i),
        FcvtWuD => rvf::fcvt_wu_d(l, i),
        FcvtLD => rvf::fcvt_l_d(l, i),
        FcvtLuD => rvf::fcvt_lu_d(l, i),
        FcvtDW => rvf::fcvt_d_w(l, i),
        FcvtDWu => rvf::fcvt_d_wu(l, i),
        FcvtDL => rvf::fcvt_d_l(l, i),
        FcvtDLu => rvf::fcvt_d_lu(l, i),
        FmvXD => rvf::fmv_x_d(l, i),
        FmvDX => rvf::fmv_d_x(l, i),
        FcvtSD => rvf::fcvt_s_d(l, i),
        FcvtDS => rvf::fcvt_d_s(l, i),
        FmvXH => rvf::fmv_x_h(l, i),
        FmvHX => rvf::fmv_h_x(l, i),
        FcvtSH => rvf::fcvt_s_h(l, i),
        FcvtHS => rvf::fcvt_h_s(l, i),
        FcvtDH => rvf::fcvt_d_h(l, i),
        FcvtHD => rvf::fcvt_h_d(l, i),
        FliS => rvf::fli_s(l, i),
        FminmS => rvf::fminm_s(l, i),
        FmaxmS => rvf::fmaxm_s(l, i),
        FroundS => rvf::fround_s(l, i),
        FroundnxS => rvf::froundnx_s(l, i),
        FleqS => rvf::fleq_s(l, i),
        FltqS => rvf::fltq_s(l, i),
        FliD => rvf::fli_d(l, i),
        FminmD => rvf::fminm_d(l, i),
        FmaxmD => rvf::fmaxm_d(l, i),
        FroundD => rvf::fround_d(l, i),
        FroundnxD => rvf::froundnx_d(l, i),
        FleqD => rvf::fleq_d(l, i),
        FltqD => rvf::fltq_d(l, i),
        FcvtmodWD => rvf::fcvtmod_w_d(l, i),

        AddUw => rvb::add_uw(l, i),
        Sh1add => rvb::sh1add(l, i),
        Sh1addUw => rvb::sh1add_uw(l, i),
        Sh2add => rvb::sh2add(l, i),
        Sh2addUw => rvb::sh2add_uw(l, i),
        Sh3add => rvb::sh3add(l, i),
        Sh3addUw => rvb::sh3add_uw(l, i),
        SlliUw => rvb::slli_uw(l, i),
        Andn => rvb::andn(l, i),
        Orn => rvb::orn(l, i),
        Xnor => rvb::xnor(l, i),
        Clz => rvb::clz(l, i),
        Ctz => rvb::ctz(l, i),
        Cpop => rvb::cpop(l, i),
        Clzw => rvb::clzw(l, i),
        Ctzw => rvb::ctzw(l, i),
        Cpopw => rvb::cpopw(l, i),
        Max => rvb::max(l, i),
        Maxu => rvb::maxu(l, i),
        Min => rvb::min(l, i),
        Minu => rvb::minu(l, i),
        SextB => rvb::sext_b(l, i),
        SextH => rvb::sext_h(l, i),
        ZextH => rvb::zext_h(l, i),
        Rol => rvb::rol(l, i),
        Rolw => rvb::rolw(l, i),
        Ror => rvb::ror(l, i),
        Rorw => rvb::rorw(l, i),
        Rori => rvb::rori(l, i),
        Roriw => rvb::roriw(l, i),
        OrcB => rvb::orc_b(l, i),
        Rev8 => rvb::rev8(l, i),
        Clmul => rvb::clmul(l, i),
        Clmulh => rvb::clmulh(l, i),
        Clmulr => rvb::clmulr(l, i),
        Bclr => rvb::bclr(l, i),
        Bclri => rvb::bclri(l, i),
        Bext => rvb::bext(l, i),
        Bexti => rvb::bexti(l, i),
        Binv => rvb::binv(l, i),
        Binvi => rvb::binvi(l, i),
        Bset => rvb::bset(l, i),
        Bseti => rvb::bseti(l, i),

        CzeroEqz => zicond::czero_eqz(l, i),
        CzeroNez => zicond::czero_nez(l, i),

        CboInval => zicbo::cbo_inval(l, i),
        CboClean => zicbo::cbo_clean(l, i),
        CboFlush => zicbo::cbo_flush(l, i),
        CboZero => zicbo::cbo_zero(l, i),
        PrefetchI => zicbo::prefetch_i(l, i),
        PrefetchR => zicbo::prefetch_r(l, i),
        PrefetchW => zicbo::prefetch_w(l, i),

        // All vector instructions.
        _ => rvv::vector(l, i),
    }
}
