//! Vectors on AVX2: what all vector code shares, and loads and stores.
//!
//! ```text
//!   group in the frame ─► pieces of 32 bytes (16 when it is that short) ─► xmm0; xmm1, xmm2: scratch
//!   fewer lanes than all, or some masked: results blend with what was there, by a vector of ones and zeroes
//! ```
//! Groups stay in the frame between operations. Hosts without AVX2, and shapes that are not here, call the reference.

use super::asm::{JUMP_KEY, Label, RAX, RCX, RDX, slot_offset, x64};
use super::block::Emitter;
use super::vex::{self, AND, BLEND, LOAD, Rm, STORE, Vex, frame, i38, i66};
use crate::Frame;
use crate::frame::VectorArea;
use crate::ir::{Lanes, Length, Op, Other, Size, Slot, Stream, Stride, Val};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use std::mem::offset_of;

const AREA: i32 = offset_of!(Frame, vectors) as i32;
pub(super) const SPLAT: i32 = AREA + offset_of!(VectorArea, splat) as i32;
/// The mask vector of the piece at hand; further scratch in steps of 32.
pub(super) const SCRATCH: i32 = AREA + offset_of!(VectorArea, scratch) as i32;
pub(super) const BITS: i32 = AREA + offset_of!(VectorArea, bits) as i32;
pub(super) const ROOM: i32 = AREA + offset_of!(VectorArea, room) as i32;
pub(super) const CONTROL: i32 = AREA + offset_of!(VectorArea, control) as i32;
/// n bytes of ones, then zeroes, are at `ONES_END - n`.
pub(super) const ONES_END: i32 = AREA + offset_of!(VectorArea, ones) as i32 + 32;
const SPREAD: i32 = AREA + offset_of!(VectorArea, spread) as i32;
const BIT8: i32 = AREA + offset_of!(VectorArea, bit8) as i32;
const BIT16: i32 = AREA + offset_of!(VectorArea, bit16) as i32;
const BIT32: i32 = AREA + offset_of!(VectorArea, bit32) as i32;
const BIT64: i32 = AREA + offset_of!(VectorArea, bit64) as i32;
pub(super) const NAN32: i32 = AREA + offset_of!(VectorArea, nan32) as i32;
pub(super) const NAN64: i32 = AREA + offset_of!(VectorArea, nan64) as i32;
pub(super) const ONE32: i32 = AREA + offset_of!(VectorArea, one32) as i32;
pub(super) const ONE64: i32 = AREA + offset_of!(VectorArea, one64) as i32;
pub(super) const INDEX: i32 = AREA + offset_of!(VectorArea, index) as i32;

/// log2 of a size's bytes.
pub(super) fn log(size: Size) -> u8 {
    size as u8
}

/// The row for this width of lanes.
pub(super) fn by_lane(rows: [Vex; 4], lane: Size) -> Vex {
    rows[usize::from(log(lane))]
}

/// pcmpeq of each width.
pub(super) const EQUAL: [Vex; 4] = [i66(0x74), i66(0x75), i66(0x76), i38(0x29)];
/// vpbroadcast from a register's or memory's lowest lane.
const BROADCAST: [Vex; 4] = [i38(0x78), i38(0x79), i38(0x58), i38(0x59)];

/// A second operand, ready for use.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ready {
    /// A group at this displacement.
    Group(i32),
    /// The same for all lanes, in the frame.
    Splat,
}

impl Ready {
    /// The piece at `offset`.
    pub(super) fn at(self, offset: i32) -> Rm {
        match self {
            Ready::Group(at) => frame(at + offset),
            Ready::Splat => frame(SPLAT),
        }
    }
}

/// A piece of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// Bytes before it.
    pub offset: i32,
    /// 32 bytes, not 16.
    pub long: bool,
    /// Its mask vector is in [`SCRATCH`], and lanes outside must not be computed with.
    pub guarded: bool,
}

impl Emitter<'_> {
    /// What code may assume is `bits` from here on.
    pub(super) fn assume(&mut self, bits: Val) {
        self.rekeyed = true;
        match bits {
            Val::Imm(bits) => x64!(self.asm ; mov WORD [rbp + JUMP_KEY], bits as i16),
            _ => {
                let r = self.read(bits, RAX);
                x64!(self.asm ; mov WORD [rbp + JUMP_KEY], Rw(r));
            }
        }
    }

    /// Whether the host has what vector code here needs.
    pub(super) fn has_vectors(&self) -> bool {
        use std::arch::is_x86_feature_detected as has;
        has!("avx2") && has!("bmi1") && has!("bmi2") && has!("popcnt") && has!("fma")
    }

    /// reg = vvvv op rm
    pub(super) fn v(&mut self, row: Vex, long: bool, reg: u8, vvvv: u8, rm: Rm) {
        vex::put(&mut self.asm, row, long, reg, Some(vvvv), rm, None);
    }

    /// The same with an immediate.
    pub(super) fn vi(&mut self, row: Vex, long: bool, reg: u8, vvvv: u8, rm: Rm, immediate: u8) {
        vex::put(&mut self.asm, row, long, reg, Some(vvvv), rm, Some(immediate));
    }

    pub(super) fn v_load(&mut self, long: bool, reg: u8, rm: Rm) {
        self.v(LOAD, long, reg, 0, rm);
    }

    pub(super) fn v_store(&mut self, long: bool, reg: u8, rm: Rm) {
        self.v(STORE, long, reg, 0, rm);
    }

    /// reg = mask ? yes : no, by bytes
    pub(super) fn v_blend(&mut self, long: bool, reg: u8, no: u8, yes: Rm, mask: u8) {
        self.vi(BLEND, long, reg, no, yes, mask << 4);
    }

    /// [`SPLAT`] = the low lane of rax, in all lanes; clobbers xmm0.
    pub(super) fn splat_rax(&mut self, lane: Size) {
        vex::from_general(&mut self.asm, 0, RAX, lane == Size::B8);
        self.v(by_lane(BROADCAST, lane), true, 0, 0, Rm::Reg(0));
        self.v_store(true, 0, frame(SPLAT));
    }

    /// rax = the bits of floating-point register `slot` as a lane; one that is not boxed goes to `slow`.
    pub(super) fn float_bits(&mut self, slot: Slot, lane: Size, slow: Label) {
        self.load_into(RAX, Val::Slot(slot));
        if lane == Size::B4 && !self.boxed.contains(&slot) {
            x64!(self.asm ; mov rcx, rax ; shr rcx, 32 ; inc ecx ; jnz =>slow);
        }
    }

    /// Prepares the second operand; clobbers rax, rcx and xmm0.
    pub(super) fn ready(&mut self, l: &Lanes, slow: Label) -> Ready {
        match l.b {
            Other::Group(slot) => return Ready::Group(slot_offset(slot)),
            Other::Integer(val) => self.load_into(RAX, val),
            Other::Float(slot) => self.float_bits(slot, l.lane, slow),
        }
        self.splat_rax(l.lane);
        Ready::Splat
    }

    /// eax = bytes of the lanes at work.
    pub(super) fn part_bytes(&mut self, vl: Slot, lane: Size) {
        x64!(self.asm ; mov eax, [rbp + slot_offset(vl)]);
        if lane != Size::B1 {
            x64!(self.asm ; shl eax, log(lane) as i8);
        }
    }

    /// xmm2 = ones in the bytes of this piece's lanes whose bit in the mask is set.
    pub(super) fn spread_mask(&mut self, mask: Slot, lane: Size, offset: i32, long: bool) {
        let lanes = offset >> log(lane);
        let at = frame(slot_offset(mask) + lanes / 8);
        let bits = match lane {
            Size::B1 => {
                self.v(BROADCAST[2], long, 2, 0, at);
                self.v(i38(0x00), long, 2, 2, frame(SPREAD));
                BIT8
            }
            Size::B2 => {
                self.v(BROADCAST[1], long, 2, 0, at);
                BIT16
            }
            Size::B4 => {
                self.v(BROADCAST[0], long, 2, 0, at);
                BIT32 + lanes % 8 * 4
            }
            Size::B8 => {
                self.v(BROADCAST[0], long, 2, 0, at);
                BIT64 + lanes % 8 * 8
            }
        };
        self.v(AND, long, 2, 2, frame(bits));
        self.v(by_lane(EQUAL, lane), long, 2, 2, frame(bits));
    }

    /// xmm2 = ones in the bytes of the lanes at work. Of a part, eax has its bytes. Clobbers rcx and rdx.
    pub(super) fn lanes_at_work(&mut self, l: &Lanes, offset: i32, long: bool) {
        if let Some(mask) = l.mask {
            self.spread_mask(mask, l.lane, offset, long);
        }
        let step = if long { 32 } else { 16 };
        let tail = match l.length {
            Length::Part(_) => {
                x64!(self.asm
                    ; mov edx, step
                    ; lea ecx, [rax - offset]
                    ; cmp ecx, edx
                    ; cmova ecx, edx
                    ; neg rcx);
                Some(Rm::Sum(5, RCX, ONES_END))
            }
            Length::Full if l.bytes < 16 => Some(frame(ONES_END - i32::from(l.bytes))),
            Length::Full => None,
        };
        match (tail, l.mask) {
            (Some(tail), Some(_)) => self.v(AND, long, 2, 2, tail),
            (Some(tail), None) => self.v_load(long, 2, tail),
            _ => {}
        }
    }

    /// Runs `body` for each piece of the destination; it leaves the result in xmm0 and may use xmm1, xmm2, rcx, rdx.
    /// `float`: lanes that are not at work must not be computed with. `short`: pieces of 16 bytes only.
    pub(super) fn pieces(&mut self, l: &Lanes, float: bool, short: bool, body: impl Fn(&mut Self, Piece)) {
        let done = self.asm.new_dynamic_label();
        let long = l.bytes >= 32 && !short;
        let step = if long { 32 } else { 16 };
        let part = matches!(l.length, Length::Part(_));
        let guarded = part || l.mask.is_some() || l.bytes < 16;
        if let Length::Part(vl) = l.length {
            self.part_bytes(vl, l.lane);
        }
        for offset in (0..i32::from(l.bytes)).step_by(step) {
            if part && offset > 0 {
                x64!(self.asm ; cmp eax, offset ; jbe =>done);
            }
            if guarded && float {
                self.lanes_at_work(l, offset, long);
                self.v_store(long, 2, frame(SCRATCH));
            }
            body(self, Piece { offset, long, guarded: guarded && float });
            let place = frame(slot_offset(l.dst) + offset);
            if guarded {
                if float {
                    self.v_load(long, 2, frame(SCRATCH));
                } else {
                    self.lanes_at_work(l, offset, long);
                }
                self.v_load(long, 1, place);
                self.v_blend(long, 0, 1, Rm::Reg(0), 2);
            }
            self.v_store(long, 0, place);
        }
        x64!(self.asm ; =>done);
        vex::done(&mut self.asm);
    }

    /// Emits a load or store if it is one of consecutive values; else `false`.
    pub(super) fn stream(&mut self, op: &Op, s: &Stream) -> bool {
        let plain = s.stride == Stride::Unit && s.fields == 1 && s.mask.is_none() && s.from_zero;
        if !plain || s.most == 0 || !self.has_vectors() {
            return false;
        }
        let back = self.asm.new_dynamic_label();
        let slow = self.slow_aside(op, back);
        let data = slot_offset(s.data);
        if let Val::Imm(count) = s.count {
            let bytes = count as i32 * i32::from(s.size.bytes());
            if bytes > 0 {
                self.run_address(s.base, bytes, s.store, slow);
                self.copy(s.store, data, bytes);
            }
        } else {
            let bytes = i32::from(s.most) * i32::from(s.size.bytes());
            self.run_address(s.base, bytes, s.store, slow);
            self.load_into(RAX, s.count);
            if s.size != Size::B1 {
                x64!(self.asm ; shl eax, log(s.size) as i8);
            }
            if s.store {
                self.store_part(data, bytes);
            } else {
                self.load_part(data, bytes);
            }
            vex::done(&mut self.asm);
        }
        x64!(self.asm ; =>back);
        true
    }

    /// Moves `bytes` bytes between the frame and [rcx].
    fn copy(&mut self, store: bool, data: i32, bytes: i32) {
        let mut at = 0;
        while at < bytes {
            let (here, there) = (frame(data + at), Rm::Mem(RCX, at));
            let (from, to) = if store { (here, there) } else { (there, here) };
            let left = bytes - at;
            if left >= 16 {
                self.v_load(left >= 32, 0, from);
                self.v_store(left >= 32, 0, to);
                at += if left >= 32 { 32 } else { 16 };
                continue;
            }
            let place = data + at;
            match (store, left) {
                (true, 8..) => x64!(self.asm ; mov rax, [rbp + place] ; mov [rcx + at], rax),
                (false, 8..) => x64!(self.asm ; mov rax, [rcx + at] ; mov [rbp + place], rax),
                (true, 4..) => x64!(self.asm ; mov eax, [rbp + place] ; mov [rcx + at], eax),
                (false, 4..) => x64!(self.asm ; mov eax, [rcx + at] ; mov [rbp + place], eax),
                (true, 2..) => x64!(self.asm ; mov ax, [rbp + place] ; mov [rcx + at], ax),
                (false, 2..) => x64!(self.asm ; mov ax, [rcx + at] ; mov [rbp + place], ax),
                (true, _) => x64!(self.asm ; mov al, [rbp + place] ; mov [rcx + at], al),
                (false, _) => x64!(self.asm ; mov al, [rcx + at] ; mov [rbp + place], al),
            }
            at += if left >= 8 {
                8
            } else if left >= 4 {
                4
            } else if left >= 2 {
                2
            } else {
                1
            };
        }
        if bytes >= 32 {
            vex::done(&mut self.asm);
        }
    }

    /// Loads eax bytes from [rcx], fewer than `most`; all of `most` may be read.
    fn load_part(&mut self, data: i32, most: i32) {
        let (tail, done) = (self.asm.new_dynamic_label(), self.asm.new_dynamic_label());
        let long = most >= 32;
        let step = if long { 32 } else { 16 };
        for at in (0..most - step + 1).step_by(step as usize) {
            x64!(self.asm ; cmp eax, at + step ; jb =>tail);
            self.v_load(long, 0, Rm::Mem(RCX, at));
            self.v_store(long, 0, frame(data + at));
        }
        x64!(self.asm
            ; =>tail
            ; mov edx, eax
            ; and edx, -step
            ; add rcx, rdx
            ; and eax, step - 1
            ; je =>done
            ; neg rax);
        self.v_load(long, 2, Rm::Sum(5, RAX, ONES_END));
        self.v_load(long, 1, Rm::Sum(5, RDX, data));
        // Short groups may be at the end of a page: no more than `most` bytes may be read.
        if most >= 16 {
            self.v_load(long, 0, Rm::Mem(RCX, 0));
        } else {
            self.load_short(most);
        }
        self.v_blend(long, 0, 1, Rm::Reg(0), 2);
        self.v_store(long, 0, Rm::Sum(5, RDX, data));
        x64!(self.asm ; =>done);
    }

    /// xmm0 = `bytes` (1, 2, 4 or 8) bytes from [rcx]; clobbers rcx.
    fn load_short(&mut self, bytes: i32) {
        match bytes {
            8 => x64!(self.asm ; mov rcx, [rcx]),
            4 => x64!(self.asm ; mov ecx, [rcx]),
            2 => x64!(self.asm ; movzx ecx, WORD [rcx]),
            _ => x64!(self.asm ; movzx ecx, BYTE [rcx]),
        }
        vex::from_general(&mut self.asm, 0, RCX, true);
    }

    /// Stores eax bytes to [rcx], not one more.
    fn store_part(&mut self, data: i32, most: i32) {
        let tail = self.asm.new_dynamic_label();
        for at in (0..most - 31).step_by(32) {
            x64!(self.asm ; cmp eax, at + 32 ; jb =>tail);
            self.v_load(true, 0, frame(data + at));
            self.v_store(true, 0, Rm::Mem(RCX, at));
        }
        x64!(self.asm ; =>tail ; mov edx, eax ; and edx, -32 ; add rcx, rdx);
        let skips: [Label; 5] = std::array::from_fn(|_| self.asm.new_dynamic_label());
        let here = Rm::Sum(5, RDX, data);
        for (bit, skip) in [16u8, 8, 4, 2, 1].into_iter().zip(skips) {
            x64!(self.asm ; test al, bit as i8 ; je =>skip);
            self.v_load(false, 0, here);
            let there = Rm::Mem(RCX, 0);
            match bit {
                16 => self.v_store(false, 0, there),
                8 => self.v(i66(0xd6), false, 0, 0, there),
                4 => self.v(i66(0x7e), false, 0, 0, there),
                2 => self.vi(vex::i3a(0x15), false, 0, 0, there, 0),
                _ => self.vi(vex::i3a(0x14), false, 0, 0, there, 0),
            }
            if bit > 1 {
                x64!(self.asm ; add rcx, i32::from(bit) ; add edx, i32::from(bit));
            }
            x64!(self.asm ; =>skip);
        }
    }
}
