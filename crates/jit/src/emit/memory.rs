//! Loads, stores and atomics: the inline probe of the translation cache, and what comes after a hit.

use super::asm::{Label, Place, RAX, RCX, RDX, RESERVED, RESERVED_VALUE, const_offset, x64};
use super::block::{Cold, Detour, Emitter};
use super::thunks::{load_info, store_info};
use crate::frame::Const;
use crate::ir::{Dst, Extend, Op, RmwOp, Size, Val};
use crate::softmmu::{TLB_ENTRIES, TlbEntry};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_memory::PAGE_SHIFT;
use std::mem::offset_of;

const READ: i32 = offset_of!(TlbEntry, read) as i32;
pub(super) const WRITE: i32 = offset_of!(TlbEntry, write) as i32;
const ADDEND: i32 = offset_of!(TlbEntry, addend) as i32;
/// log2 of an entry's size.
const ENTRY_SHIFT: u32 = size_of::<TlbEntry>().trailing_zeros();
const PAGE_MASK: i32 = -(1 << PAGE_SHIFT);

/// How misaligned accesses fare on the fast path.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Alignment {
    /// Anything within the page.
    Any,
    /// Only natural alignment.
    Natural,
}

/// Where an access finds its memory.
#[derive(Clone, Copy)]
pub(super) enum HostPlace {
    /// At rcx + rdx: the translation cache had it.
    Cached,
    /// At r15 + register + displacement: in the mirror.
    Mirror { register: u8, displacement: i32 },
}

/// Emits an instruction with the place as its memory operand, which is last or first.
macro_rules! at_place {
    ($self:ident, $place:expr, |$p:ident| $name:ident $d:ident($n:expr), $size:ident $q:ident) => {
        match $place {
            HostPlace::Cached => x64!($self.asm ; $name $d($n), $size [rcx + rdx]),
            HostPlace::Mirror { register, displacement } => {
                x64!($self.asm ; $name $d($n), $size [r15 + Rq(register) + displacement])
            }
        }
    };
    ($self:ident, $place:expr, |$p:ident| $name:ident $d:ident($n:expr), $q:ident) => {
        match $place {
            HostPlace::Cached => x64!($self.asm ; $name $d($n), [rcx + rdx]),
            HostPlace::Mirror { register, displacement } => {
                x64!($self.asm ; $name $d($n), [r15 + Rq(register) + displacement])
            }
        }
    };
    ($self:ident, $place:expr, |$p:ident| $name:ident $q:ident, $d:ident($n:expr)) => {
        match $place {
            HostPlace::Cached => x64!($self.asm ; $name [rcx + rdx], $d($n)),
            HostPlace::Mirror { register, displacement } => {
                x64!($self.asm ; $name [r15 + Rq(register) + displacement], $d($n))
            }
        }
    };
}

impl Emitter<'_> {
    /// rcx = base + offset
    pub(super) fn address(&mut self, base: Val, offset: i32) {
        match (self.place(base), base) {
            (Some(Place::Gpr(r)), _) if offset != 0 => x64!(self.asm ; lea rcx, [Rq(r) + offset]),
            (Some(_), _) => {
                self.load_into(RCX, base);
                if offset != 0 {
                    x64!(self.asm ; add rcx, offset);
                }
            }
            (None, Val::Imm(imm)) => self.constant(RCX, imm.wrapping_add(i64::from(offset))),
            (None, _) => {}
        }
    }

    /// Probes for the guest address in rcx. On a hit rdx is what to add to it; on a miss goes to `miss` with rcx
    /// as it was. Clobbers rax and rdx.
    pub(super) fn probe(&mut self, size: Size, tag: i32, alignment: Alignment, miss: Label) {
        self.probe_to(i32::from(size.bytes()) - 1, tag, alignment, miss);
    }

    /// rcx = host address of the guest address `base`, from which `bytes` bytes may be read, or written; else goes to
    /// `miss`. Clobbers rax and rdx.
    pub(super) fn run_address(&mut self, base: Val, bytes: i32, store: bool, miss: Label) {
        self.address(base, 0);
        self.probe_to(bytes - 1, if store { WRITE } else { READ }, Alignment::Any, miss);
        x64!(self.asm ; add rcx, rdx);
    }

    /// As `probe`, by the distance of the last byte.
    fn probe_to(&mut self, last: i32, tag: i32, alignment: Alignment, miss: Label) {
        // A rotation brings the same bits into place as a shift; what else it brings is masked away.
        if std::arch::is_x86_feature_detected!("bmi2") {
            x64!(self.asm ; rorx eax, ecx, (PAGE_SHIFT - ENTRY_SHIFT) as i8);
        } else {
            x64!(self.asm ; mov eax, ecx ; shr eax, (PAGE_SHIFT - ENTRY_SHIFT) as i8);
        }
        x64!(self.asm ; and eax, ((TLB_ENTRIES - 1) << ENTRY_SHIFT) as i32);
        match (alignment, last) {
            // The page of the last byte must be the entry's too.
            (Alignment::Any, 1..) => x64!(self.asm ; lea rdx, [rcx + last] ; and rdx, PAGE_MASK),
            // Low bits that should be zero stay in and spoil the comparison.
            _ => x64!(self.asm ; mov rdx, rcx ; and rdx, PAGE_MASK | last),
        }
        x64!(self.asm
            ; cmp rdx, [r15 + rax + tag]
            ; jne =>miss
            ; mov rdx, [r15 + rax + ADDEND]);
    }

    /// dst = memory
    pub(super) fn load(&mut self, dst: Dst, size: Size, extend: Extend, base: Val, offset: i32) {
        let (at, back) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        let (place, detour) = self.place_of(size, READ, base, offset, at);
        match self.place(dst.into()) {
            Some(Place::Xmm(x)) if matches!((size, extend), (Size::B8, _) | (Size::B4, Extend::Ones)) => {
                if size == Size::B8 {
                    at_place!(self, place, |p| movsd Rx(x), p);
                } else {
                    at_place!(self, place, |p| movd Rx(x), p);
                    x64!(self.asm ; orps Rx(x), [rbp + const_offset(Const::BoxS)]);
                }
                if let Dst::Slot(slot) = dst {
                    self.unbox(slot);
                }
            }
            _ => {
                let d = self.target(dst, RAX);
                self.load_gpr(d, size, extend, place);
                self.write(dst, d);
            }
        }
        x64!(self.asm ; =>back);
        self.now_boxed(dst, size, extend);
        let info = load_info(size, extend, self.mirror);
        self.aside(Cold::Load { at, back, pc: self.pc, info, dst, detour });
    }

    /// Finds where the access goes: `at` is where it goes on when it misses.
    fn place_of(
        &mut self,
        size: Size,
        tag: i32,
        base: Val,
        offset: i32,
        at: Label,
    ) -> (HostPlace, Option<Detour>) {
        match self.mirrored(base, offset) {
            Some(place) => (place, Some(Detour { site: self.asm.offset().0, base, offset })),
            None => {
                self.address(base, offset);
                self.probe(size, tag, Alignment::Any, at);
                (HostPlace::Cached, None)
            }
        }
    }

    /// register = memory, extended
    fn load_gpr(&mut self, d: u8, size: Size, extend: Extend, place: HostPlace) {
        match (size, extend) {
            (Size::B1, Extend::Sign) => at_place!(self, place, |p| movsx Rq(d), BYTE p),
            (Size::B1, _) => at_place!(self, place, |p| movzx Rd(d), BYTE p),
            (Size::B2, Extend::Sign) => at_place!(self, place, |p| movsx Rq(d), WORD p),
            (Size::B2, _) => at_place!(self, place, |p| movzx Rd(d), WORD p),
            (Size::B4, Extend::Sign) => at_place!(self, place, |p| movsxd Rq(d), DWORD p),
            (Size::B4, _) => at_place!(self, place, |p| mov Rd(d), DWORD p),
            (Size::B8, _) => at_place!(self, place, |p| mov Rq(d), QWORD p),
        }
        if extend == Extend::Ones && size != Size::B8 {
            let ones = -1_i64 << (8 * size.bytes());
            x64!(self.asm ; mov rdx, QWORD ones ; or Rq(d), rdx);
        }
    }

    fn now_boxed(&mut self, dst: Dst, size: Size, extend: Extend) {
        if let (Dst::Slot(slot), Size::B4, Extend::Ones) = (dst, size, extend) {
            self.boxed.push(slot);
        }
    }

    /// memory = src
    pub(super) fn store(&mut self, src: Val, size: Size, base: Val, offset: i32) {
        let (at, back) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        let in_fp = matches!((self.place(src), size), (Some(Place::Xmm(_)), Size::B8 | Size::B4));
        let r = if in_fp || self.mirror.is_none() { RAX } else { self.read(src, RAX) };
        let (place, detour) = self.place_of(size, WRITE, base, offset, at);
        match (self.place(src), size) {
            (Some(Place::Xmm(x)), Size::B8) => at_place!(self, place, |p| movsd p, Rx(x)),
            (Some(Place::Xmm(x)), Size::B4) => at_place!(self, place, |p| movss p, Rx(x)),
            _ => {
                // The probe leaves no scratch register as it was; the mirror's instruction must come next.
                let r = if detour.is_some() { r } else { self.read(src, RAX) };
                match size {
                    Size::B1 => at_place!(self, place, |p| mov p, Rb(r)),
                    Size::B2 => at_place!(self, place, |p| mov p, Rw(r)),
                    Size::B4 => at_place!(self, place, |p| mov p, Rd(r)),
                    Size::B8 => at_place!(self, place, |p| mov p, Rq(r)),
                }
            }
        }
        x64!(self.asm ; =>back);
        let info = store_info(size, self.mirror);
        self.aside(Cold::Store { at, back, pc: self.pc, info, src, detour });
    }

    /// rcx = host address for an atomic on `addr`; `slow` when it is not aligned RAM that may be written.
    fn atomic_address(&mut self, addr: Val, size: Size, slow: Label) {
        self.address(addr, 0);
        self.probe(size, WRITE, Alignment::Natural, slow);
        x64!(self.asm ; add rcx, rdx);
    }

    /// `false` when there is no host code for it.
    pub(super) fn rmw(&mut self, whole: &Op, op: RmwOp, size: Size, dst: Dst, addr: Val, src: Val) -> bool {
        let wide = size == Size::B8;
        let picks = matches!(op, RmwOp::MinS | RmwOp::MaxS | RmwOp::MinU | RmwOp::MaxU);
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(whole, back);
        self.atomic_address(addr, size, slow);
        match op {
            RmwOp::Swap | RmwOp::Add => {
                self.load_into(RDX, src);
                match (op, wide) {
                    (RmwOp::Swap, true) => x64!(self.asm ; xchg [rcx], rdx),
                    (RmwOp::Swap, false) => x64!(self.asm ; xchg [rcx], edx),
                    (_, true) => x64!(self.asm ; lock xadd [rcx], rdx),
                    (_, false) => x64!(self.asm ; lock xadd [rcx], edx),
                }
            }
            _ => self.rmw_loop(op, wide, src, picks),
        }
        if !wide {
            x64!(self.asm ; movsxd rdx, edx);
        }
        self.write(dst, RDX);
        x64!(self.asm ; =>back);
        true
    }

    /// Compare-and-swap loop on [rcx]; the old value ends in rdx. Uses xmm0 for a source that has no register.
    fn rmw_loop(&mut self, op: RmwOp, wide: bool, src: Val, picks: bool) {
        let again = self.asm.new_dynamic_label();
        let source = match self.place(src) {
            Some(Place::Gpr(r)) => Some(r),
            _ => {
                self.load_into(RAX, src);
                x64!(self.asm ; movq xmm0, rax);
                None
            }
        };
        if wide {
            x64!(self.asm ; mov rax, [rcx]);
        } else {
            x64!(self.asm ; mov eax, [rcx]);
        }
        x64!(self.asm ; =>again);
        // rdx = the source, combined with rax in place.
        match source {
            Some(r) => x64!(self.asm ; mov rdx, Rq(r)),
            None => x64!(self.asm ; movq rdx, xmm0),
        }
        if picks {
            if wide {
                x64!(self.asm ; cmp rax, rdx);
            } else {
                x64!(self.asm ; cmp eax, edx);
            }
        }
        match op {
            RmwOp::And => x64!(self.asm ; and rdx, rax),
            RmwOp::Or => x64!(self.asm ; or rdx, rax),
            RmwOp::Xor => x64!(self.asm ; xor rdx, rax),
            RmwOp::MinS => x64!(self.asm ; cmovl rdx, rax),
            RmwOp::MaxS => x64!(self.asm ; cmovg rdx, rax),
            RmwOp::MinU => x64!(self.asm ; cmovb rdx, rax),
            _ => x64!(self.asm ; cmova rdx, rax),
        }
        if wide {
            x64!(self.asm ; lock cmpxchg [rcx], rdx ; jne =>again ; mov rdx, rax);
        } else {
            x64!(self.asm ; lock cmpxchg [rcx], edx ; jne =>again ; mov edx, eax);
        }
    }

    /// dst = old; memory = new if it was `expect`
    pub(super) fn cas(&mut self, whole: &Op, size: Size, dst: Dst, addr: Val, [expect, new]: [Val; 2]) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(whole, back);
        self.atomic_address(addr, size, slow);
        self.load_into(RAX, expect);
        self.load_into(RDX, new);
        if size == Size::B8 {
            x64!(self.asm ; lock cmpxchg [rcx], rdx);
        } else {
            x64!(self.asm ; lock cmpxchg [rcx], edx ; movsxd rax, eax);
        }
        self.write(dst, RAX);
        x64!(self.asm ; =>back);
    }

    pub(super) fn load_reserved(&mut self, whole: &Op, size: Size, dst: Dst, addr: Val) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(whole, back);
        self.address(addr, 0);
        self.probe(size, READ, Alignment::Natural, slow);
        if size == Size::B8 {
            x64!(self.asm ; mov rax, [rcx + rdx]);
        } else {
            x64!(self.asm ; movsxd rax, DWORD [rcx + rdx]);
        }
        x64!(self.asm
            ; or rcx, 1
            ; mov [rbp + RESERVED], rcx
            ; mov [rbp + RESERVED_VALUE], rax);
        self.write(dst, RAX);
        x64!(self.asm ; =>back);
    }

    pub(super) fn store_conditional(&mut self, whole: &Op, size: Size, dst: Dst, addr: Val, src: Val) {
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(whole, back);
        self.address(addr, 0);
        // Without its reservation it fails, if it may store there at all. (Kernels drop reservations like this.)
        let lost = self.asm.new_dynamic_label();
        self.probe(size, WRITE, Alignment::Natural, slow);
        x64!(self.asm
            ; lea rax, [rcx + 1]
            ; cmp rax, [rbp + RESERVED]
            ; jne =>lost
            ; add rcx, rdx
            ; mov rax, [rbp + RESERVED_VALUE]);
        self.load_into(RDX, src);
        if size == Size::B8 {
            x64!(self.asm ; lock cmpxchg [rcx], rdx);
        } else {
            x64!(self.asm ; lock cmpxchg [rcx], edx);
        }
        x64!(self.asm
            ; =>lost
            ; setne al
            ; movzx eax, al
            ; mov QWORD [rbp + RESERVED], 0);
        self.write(dst, RAX);
        x64!(self.asm ; =>back);
    }
}
