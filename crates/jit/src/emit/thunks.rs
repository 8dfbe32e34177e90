//! The fixed routines every block leans on: into and out of host code, and the slow paths' way to Rust and back.
//!
//! Contracts (registers not named are preserved or spilled and reloaded):
//! ```text
//!   enter(rdi frame, rsi code) -> rax        called by Rust
//!   exit      rax = result                   frame.pc set; spills, returns to Rust
//!   go        rax = pc                       jumps to the block at pc if the second jump cache knows it, else out
//!   out       rax = pc                       leaves: find the block at pc
//!   lookup    rax = pc                       jumps to the block at pc if the jump cache knows it, else go
//!   dead      rax = pc, rcx = handle         likewise, but not to the block `handle`, which is dead
//!   load      rcx address, edx what (see `load_info`) -> rax value
//!   store     rcx address, rax value, edx size
//!   slow      rdx = &Op                      runs it by the interpreter
//!   raise     rdx cause, rcx value           enters the exception's handler
//! ```
//! A slow path that ends in another mode or at another place (a handler, behind a system instruction) goes on by
//! `lookup` there; only when something above must decide does it leave.

use super::asm::{
    ATTENTION, Asm, CONTEXT, CORE, HOST_MXCSR, JUMP_KEY, Label, MXCSR, PC, Registers, slot_offset, x64,
};
use crate::core::{Core, Pending};
use crate::ir::{Extend, Op, Size, Slot, Val};
use crate::softmmu::{JUMPS, MmuContext, SECOND_JUMPS, SecondJump, TLB_ENTRIES, TlbEntry, WATCHED};
use crate::{Exception, Isa, Outcome, interp};
use dynasmrt::{DynasmApi, DynasmLabelApi};
use lodge_memory::{GRANULE_SHIFT, PAGE_SHIFT, PAGE_SIZE};
use std::mem::offset_of;

/// Results that `enter` returns in rax: a kind in the low byte, a jump's place above it.
pub(super) const GO: u64 = 0;
/// A jump that may be chained.
pub(super) const CHAIN: u64 = 1;
/// `Core::pending` says more.
pub(super) const PENDING: u64 = 2;
/// Like `GO`, after polling.
pub(super) const LEAVE: u64 = 3;
/// Like `GO`, but the block is hot.
pub(super) const HOT: u64 = 4;
/// Like `GO`: an address was beyond the mirror. Above the kind, the region's number.
pub(super) const BEYOND: u64 = 5;

pub(super) const JUMPS_OFFSET: i32 = offset_of!(MmuContext, jumps) as i32;

/// Host addresses of the routines.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Thunks {
    pub enter: usize,
    pub exit: usize,
    pub go: usize,
    pub out: usize,
    pub lookup: usize,
    pub dead: usize,
    pub load: usize,
    pub store: usize,
    pub slow: usize,
    pub raise: usize,
}

/// Two registers' worth of result, in rax and rdx (System V ABI, 3.2.3). `failed`: 0, or one of the two below.
#[repr(C)]
struct Pair {
    value: u64,
    failed: u64,
}

/// Something above must decide.
const STOPPED: u64 = 1;
/// The guest goes on at `value`, in the mode that the frame says.
const ELSEWHERE: u64 = 2;

/// Packs what `load` wants to know; `mirror`: the number of the region that missed the mirror.
pub(super) fn load_info(size: Size, extend: Extend, mirror: Option<u32>) -> i32 {
    store_info(size, mirror) | (extend as i32) << 8
}

/// Likewise what `store` wants to know.
pub(super) fn store_info(size: Size, mirror: Option<u32>) -> i32 {
    i32::from(size.bytes()) | mirror.map_or(0, |number| (number as i32 + 1) << MISSED_SHIFT)
}

const MISSED_SHIFT: u32 = 12;
/// For `store`: the value is in memory already, but must be reported.
const STORED: u32 = 1 << 11;

/// A slow access is done: tells the mirror, if it was missed.
fn done<I: Isa>(core: &mut Core<I>, address: u64, info: u32) {
    if let Some(number) = (info >> MISSED_SHIFT).checked_sub(1) {
        core.missed(number, address, info as u8);
    }
}

/// Whether an access that missed the mirror around address zero must wait for the vCPU to be looked after: the check that
/// else shows that it is wanted does not stop a zero.
fn must_wait<I: Isa>(core: &Core<I>, address: u64, info: u32) -> bool {
    info >> MISSED_SHIFT != 0
        && address.wrapping_add(PAGE_SIZE) < 2 * PAGE_SIZE
        && core.frame.limit == u64::MAX
        && core.link.wanted()
}

extern "sysv64" fn load<I: Isa>(core: &mut Core<I>, address: u64, info: u32) -> Pair {
    if must_wait(core, address, info) {
        return fail(core, Pending::Leave);
    }
    let (size, extend) = match (info & 0xff, info >> 8 & 0xf) {
        (1, e) => (Size::B1, e),
        (2, e) => (Size::B2, e),
        (4, e) => (Size::B4, e),
        (_, e) => (Size::B8, e),
    };
    let extend = match extend {
        0 => Extend::Zero,
        1 => Extend::Sign,
        _ => Extend::Ones,
    };
    match core.load(address, size.bytes()) {
        Ok(value) => {
            done(core, address, info);
            Pair { value: interp::extend(extend, size, value), failed: 0 }
        }
        Err(exception) => fail(core, Pending::Exception(exception)),
    }
}

extern "sysv64" fn store<I: Isa>(core: &mut Core<I>, address: u64, value: u64, info: u32) -> Pair {
    if info & STORED != 0 {
        core.report(address, info as u8);
        return Pair { value: 0, failed: 0 };
    }
    if must_wait(core, address, info) {
        return fail(core, Pending::Leave);
    }
    match core.store(address, info as u8, value) {
        Ok(()) => {
            done(core, address, info);
            Pair { value: 0, failed: 0 }
        }
        Err(exception) => fail(core, Pending::Exception(exception)),
    }
}

extern "sysv64" fn slow<I: Isa>(core: &mut Core<I>, op: &Op) -> Pair {
    core.slow += 1;
    match *op {
        Op::Call { helper, dst, args } => return call(core, helper, dst, args),
        Op::CallIf { helper, args, .. } => return call(core, helper, None, args),
        // Only asked for when it has been slow too often.
        Op::FpFlags { .. } => core.frame.trap_first(),
        _ => {}
    }
    match interp::run_op(core, op) {
        Ok(()) => Pair { value: 0, failed: 0 },
        Err(pending) => fail(core, pending),
    }
}

/// As [`Core::call`] and [`fail`] together, but outcomes are not moved about: they are large, and kernels call helpers
/// all the time.
fn call<I: Isa>(core: &mut Core<I>, helper: u16, dst: Option<Slot>, args: [Val; 3]) -> Pair {
    let args = args.map(|val| core.frame.value(val));
    let outcome = core.with_isa(|isa, cx| isa.call(cx, helper, args));
    let (Outcome::Value(value) | Outcome::Leave(value)) = outcome else {
        return match outcome {
            Outcome::Raise(Exception { cause, value }) => raise(core, cause, value),
            Outcome::Stop(stop) => fail(core, Pending::Stop(stop)),
            Outcome::Value(_) | Outcome::Leave(_) => unreachable!("matched above"),
        };
    };
    if let Some(dst) = dst {
        core.frame.slots[usize::from(dst)] = value;
    }
    if matches!(outcome, Outcome::Value(_)) {
        return Pair { value: 0, failed: 0 };
    }
    core.with_isa(|isa, cx| isa.poll(cx));
    elsewhere(core)
}

extern "sysv64" fn raise<I: Isa>(core: &mut Core<I>, cause: u64, value: u64) -> Pair {
    match core.with_isa(|isa, cx| isa.raise(cx, Exception { cause, value })) {
        None => elsewhere(core),
        Some(stop) => fail(core, Pending::Stop(stop)),
    }
}

/// The guest goes on at `frame.pc`, once all is forgotten that must be.
fn elsewhere<I: Isa>(core: &mut Core<I>) -> Pair {
    if !core.forget_translations() {
        core.pending = Some(Pending::Settled);
        return Pair { value: 0, failed: STOPPED };
    }
    core.enter_mode();
    Pair { value: core.frame.pc, failed: ELSEWHERE }
}

fn fail<I: Isa>(core: &mut Core<I>, pending: Pending) -> Pair {
    match core.settle(pending) {
        Ok(()) => elsewhere(core),
        Err(left) => {
            core.pending = Some(left);
            Pair { value: 0, failed: STOPPED }
        }
    }
}

fn spill(asm: &mut Asm, registers: &Registers) {
    for &(slot, r) in &registers.pinned {
        x64!(asm ; mov [rbp + slot_offset(slot)], Rq(r));
    }
    for &(slot, x) in &registers.pinned_fp {
        x64!(asm ; movsd [rbp + slot_offset(slot)], Rx(x));
    }
    x64!(asm ; stmxcsr [rbp + MXCSR] ; ldmxcsr [rbp + HOST_MXCSR]);
}

fn reload(asm: &mut Asm, registers: &Registers) {
    x64!(asm ; ldmxcsr [rbp + MXCSR]);
    for &(slot, r) in &registers.pinned {
        x64!(asm ; mov Rq(r), [rbp + slot_offset(slot)]);
    }
    for &(slot, x) in &registers.pinned_fp {
        x64!(asm ; movsd Rx(x), [rbp + slot_offset(slot)]);
    }
}

/// Jumps to the block at the guest address in rax if the jump cache knows it, else to `go`; also when the vCPU is
/// wanted. Offsets of the distances to `go`.
pub(super) fn jump_to_rax(asm: &mut Asm, go: usize) -> [usize; 2] {
    x64!(asm ; cmp DWORD [BYTE rbp + ATTENTION], 0 ; jne extern go);
    let first = asm.offset().0 - 4;
    x64!(asm
        ; mov rdx, rax
        ; xor rdx, [rbp + JUMP_KEY]
        ; mov ecx, eax
        ; shl ecx, 3
        ; and ecx, ((JUMPS - 1) << 4) as i32
        ; cmp rdx, [r15 + rcx + JUMPS_OFFSET]
        ; jne extern go);
    let second = asm.offset().0 - 4;
    x64!(asm ; jmp QWORD [r15 + rcx + JUMPS_OFFSET + 8]);
    [first, second]
}

/// Jumps to the block at the guest address in rax if the second jump cache knows it, else to `out`; also when the vCPU is
/// wanted.
fn second_jump(asm: &mut Asm, out: Label) {
    const SHIFT: i8 = size_of::<SecondJump>().trailing_zeros() as i8;
    const KEY: i32 = offset_of!(SecondJump, key) as i32;
    const OF: i32 = offset_of!(SecondJump, epoch) as i32;
    const CODE: i32 = offset_of!(SecondJump, code) as i32;
    const SECOND: i32 = offset_of!(MmuContext, second) as i32;
    const EPOCH: i32 = offset_of!(MmuContext, epoch) as i32;
    const GLOBAL_EPOCH: i32 = offset_of!(MmuContext, global_epoch) as i32;
    let hit = asm.new_dynamic_label();
    x64!(asm
        ; cmp DWORD [BYTE rbp + ATTENTION], 0
        ; jne =>out
        ; mov rcx, rax
        ; shr rcx, 1
        ; mov rdx, rax
        ; shr rdx, PAGE_SHIFT as i8
        ; xor ecx, edx
        ; and ecx, (SECOND_JUMPS - 1) as i32
        ; shl ecx, SHIFT
        ; add rcx, [r15 + SECOND]
        ; mov rdx, rax
        ; xor rdx, [rbp + JUMP_KEY]
        ; cmp rdx, [rcx + KEY]
        ; jne =>out
        ; mov rdx, [rcx + OF]
        ; cmp rdx, [r15 + EPOCH]
        ; je =>hit
        ; cmp rdx, [r15 + GLOBAL_EPOCH]
        ; jne =>out
        ; =>hit
        ; jmp QWORD [rcx + CODE]);
}

/// A routine that calls `function` with the core and what `arguments` moves into place, and comes back with its value
/// in rax, or goes to `fault`.
fn call_out(
    asm: &mut Asm,
    registers: &Registers,
    fault: Label,
    function: *const (),
    arguments: impl FnOnce(&mut Asm),
) {
    x64!(asm ; sub rsp, 8);
    spill(asm, registers);
    x64!(asm ; mov rdi, [rbp + CORE]);
    arguments(asm);
    x64!(asm
        ; mov rax, QWORD function as i64
        ; call rax
        ; test edx, edx
        ; jne =>fault);
    reload(asm, registers);
    x64!(asm ; add rsp, 8 ; ret);
}

/// A store to a page that holds code, to bytes that no code was made from: done here, without leaving. Everything else
/// falls through, registers as they were.
fn watched_store(asm: &mut Asm) {
    let [slow, restore, four, eight, one, look, hit] = std::array::from_fn(|_| asm.new_dynamic_label());
    x64!(asm
        // Those that missed the mirror have more to say.
        ; test edx, !0xff_i32
        ; jnz =>slow
        ; push rsi ; push rdi ; push r8
        ; mov esi, ecx
        ; shr esi, PAGE_SHIFT as i8
        ; and esi, (TLB_ENTRIES - 1) as i32
        // Low bits that should be zero stay in and spoil the comparison.
        ; lea edi, [rdx - 1]
        ; or edi, -(1_i32 << PAGE_SHIFT)
        ; movsxd rdi, edi
        ; and rdi, rcx
        ; mov r8d, esi
        ; shl r8d, size_of::<TlbEntry>().trailing_zeros() as i8
        ; cmp rdi, [r15 + r8 + offset_of!(TlbEntry, read) as i32]
        ; jne =>restore
        ; test BYTE [r15 + r8 + offset_of!(TlbEntry, physical) as i32], WATCHED as i8
        ; jz =>restore
        ; mov rdi, [r15 + r8 + offset_of!(TlbEntry, addend) as i32]
        ; mov rsi, [r15 + rsi * 8 + offset_of!(MmuContext, code_bits) as i32]
        ; add rdi, rcx
        ; mov r8d, ecx
        ; and r8d, (PAGE_SIZE - 1) as i32
        ; shr r8d, GRANULE_SHIFT as i8
        ; bt QWORD [rsi], r8
        ; jc =>restore
        // An exchange is a store and a full fence: the bit must be looked at after it.
        ; cmp edx, 4
        ; je =>four
        ; ja =>eight
        ; cmp edx, 1
        ; je =>one
        ; xchg [rdi], ax
        ; jmp =>look
        ; =>one
        ; xchg [rdi], al
        ; jmp =>look
        ; =>four
        ; xchg [rdi], eax
        ; jmp =>look
        ; =>eight
        ; xchg [rdi], rax
        ; =>look
        ; bt QWORD [rsi], r8
        ; jc =>hit
        ; pop r8 ; pop rdi ; pop rsi
        ; ret
        ; =>hit
        ; or edx, STORED as i32
        ; =>restore
        ; pop r8 ; pop rdi ; pop rsi
        ; =>slow);
}

/// Writes the routines for code that will run at `base`; their bytes and addresses.
pub(super) fn emit<I: Isa>(base: usize, registers: &Registers) -> (Vec<u8>, Thunks) {
    let mut asm = Asm::new(base);
    let exit_spilled = asm.new_dynamic_label();
    let fault = asm.new_dynamic_label();
    let failed = asm.new_dynamic_label();
    let stopped = asm.new_dynamic_label();
    let mut thunks = Thunks::default();
    let here = |asm: &Asm| base + asm.offset().0;

    thunks.enter = here(&asm);
    x64!(asm
        ; push rbx ; push rbp ; push r12 ; push r13 ; push r14 ; push r15 ; sub rsp, 8
        ; mov rbp, rdi
        ; mov rax, rsi
        ; mov r15, [rbp + CONTEXT]
        ; stmxcsr [rbp + HOST_MXCSR]);
    reload(&mut asm, registers);
    x64!(asm ; jmp rax);

    let out = asm.new_dynamic_label();
    thunks.go = here(&asm);
    second_jump(&mut asm, out);
    thunks.out = here(&asm);
    x64!(asm ; =>out ; mov [rbp + PC], rax ; xor eax, eax);
    thunks.exit = here(&asm);
    spill(&mut asm, registers);
    x64!(asm
        ; =>exit_spilled
        ; add rsp, 8 ; pop r15 ; pop r14 ; pop r13 ; pop r12 ; pop rbp ; pop rbx
        ; ret
        // A slow path failed: drop its return address and padding; everything is spilled already.
        ; =>fault
        ; add rsp, 16
        ; =>failed
        ; cmp edx, ELSEWHERE as i32
        ; jne =>stopped
        ; mov r15, [rbp + CONTEXT]);
    reload(&mut asm, registers);
    thunks.lookup = here(&asm);
    jump_to_rax(&mut asm, thunks.go);
    x64!(asm ; =>stopped ; mov eax, PENDING as i32 ; jmp =>exit_spilled);
    thunks.dead = here(&asm);
    x64!(asm
        ; mov edx, eax
        ; shl edx, 3
        ; and edx, ((JUMPS - 1) << 4) as i32
        ; cmp rcx, [r15 + rdx + JUMPS_OFFSET + 8]
        ; je =>out);
    // Not by the second jump cache: that may lead back here.
    jump_to_rax(&mut asm, thunks.out);

    thunks.load = here(&asm);
    call_out(&mut asm, registers, fault, load::<I> as *const (), |asm| x64!(asm ; mov rsi, rcx));
    thunks.store = here(&asm);
    watched_store(&mut asm);
    call_out(&mut asm, registers, fault, store::<I> as *const (), |asm| {
        x64!(asm ; mov rsi, rcx ; mov ecx, edx ; mov rdx, rax);
    });
    thunks.slow = here(&asm);
    call_out(&mut asm, registers, fault, slow::<I> as *const (), |asm| x64!(asm ; mov rsi, rdx));

    thunks.raise = here(&asm);
    spill(&mut asm, registers);
    x64!(asm
        ; mov rdi, [rbp + CORE]
        ; mov rsi, rdx
        ; mov rdx, rcx
        ; mov rax, QWORD raise::<I> as *const () as i64
        ; call rax
        ; jmp =>failed);
    // The thunks are constant text: a failure here is a mistake in this file.
    (asm.finalize().expect("thunks assemble"), thunks)
}
