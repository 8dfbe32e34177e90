//! The back end around the emitter: the code cache, chaining, and the way in.

use super::asm::{Fixup, Registers};
use super::block::Emitter;
use super::portable::{At, Portable};
use super::thunks::{self, CHAIN, GO, LEAVE, Thunks};
use crate::blocks::Lifted;
use crate::core::{Core, Pending};
use crate::engine::{Adopted, Backend, Exit};
use crate::ir::Op;
use crate::{Frame, Isa};
use lodge_host::CodeMapping;
use rustc_hash::FxHashMap;
use std::marker::PhantomData;

/// Bytes of host code a vCPU may have; pages cost nothing until written.
const CACHE: usize = 128 << 20;
/// Operations that slow paths may point to; beyond, the cache counts as full.
const KEPT: usize = 1 << 20;

/// See the module's head.
pub(crate) struct Translator<I: Isa> {
    code: CodeMapping,
    used: usize,
    /// End of the thunks, where blocks begin.
    floor: usize,
    thunks: Thunks,
    registers: Registers,
    /// By block: offset of its code for when it is dead.
    dead: FxHashMap<u64, usize>,
    /// Operations that slow paths point to.
    kept: Vec<Vec<Op>>,
    kept_ops: usize,
    /// Counts clears: a jump seen before one must not be tied after it.
    epoch: u32,
    /// Room for the fixups of the next block.
    fixups: Vec<Fixup>,
    /// Whether portable forms are wanted.
    keep: bool,
    /// That of the block compiled last, and whether it has one.
    portable: Portable,
    portable_is: bool,
    isa: PhantomData<I>,
}

impl<I: Isa> Translator<I> {
    pub(crate) fn new() -> std::io::Result<Translator<I>> {
        let mut code = CodeMapping::new(CACHE)?;
        let registers = Registers::of::<I>();
        let (bytes, thunks) = thunks::emit::<I>(code.address(0), &registers);
        code.write(0, &bytes);
        let floor = bytes.len().next_multiple_of(64);
        let (dead, kept) = (FxHashMap::default(), Vec::new());
        Ok(Translator {
            code,
            used: floor,
            floor,
            thunks,
            registers,
            dead,
            kept,
            kept_ops: 0,
            epoch: 0,
            fixups: Vec::with_capacity(64),
            keep: false,
            portable: Portable::default(),
            portable_is: false,
            isa: PhantomData,
        })
    }

    fn has_room(&self, code: usize, ops: &[Op]) -> bool {
        code <= self.code.len() - self.used && self.kept_ops + ops.len() <= KEPT
    }

    /// Puts a block's code in the next place, for which there is room; its handle. The code points into `ops`, which
    /// are moved, not copied.
    fn install(&mut self, code: &[u8], dead: usize, ops: Vec<Op>) -> u64 {
        self.code.write(self.used, code);
        let handle = self.code.address(self.used) as u64;
        self.dead.insert(handle, self.used + dead);
        self.used = (self.used + code.len()).next_multiple_of(16);
        self.kept_ops += ops.len();
        if !ops.is_empty() {
            self.kept.push(ops);
        }
        handle
    }

    /// Makes the jump whose 32-bit displacement is at `at` lead to the host address `to`.
    fn patch(&mut self, at: usize, to: usize) {
        let from = self.code.address(at + 4);
        self.code.write(at, &(to.wrapping_sub(from) as u32).to_le_bytes());
    }
}

impl<I: Isa> Backend<I> for Translator<I> {
    fn miss(&self) -> u64 {
        self.thunks.go as u64
    }

    fn compile(&mut self, lifted: Lifted, frame: &Frame) -> Option<u64> {
        let base = self.code.address(self.used);
        let mut emitter =
            Emitter::new(base, self.used, &self.registers, &self.thunks, I::FP, frame.rounding());
        emitter.fixups = std::mem::take(&mut self.fixups);
        let done = emitter.block(&lifted);
        self.portable_is = self.keep && {
            let at = At { pc: lifted.block.pc, offset: self.used, ops: &lifted.block.ops };
            (self.portable.dead, self.portable.keeps_ops) = (done.dead as u32, done.keeps_ops);
            self.portable.take(&done.bytes, &done.fixups, &at).is_some()
        };
        self.fixups = done.fixups;
        self.fixups.clear();
        let ops = if done.keeps_ops { lifted.block.ops } else { Vec::new() };
        self.has_room(done.bytes.len(), &ops).then(|| self.install(&done.bytes, done.dead, ops))
    }

    fn keep_portable(&mut self) {
        self.keep = true;
    }

    fn variant(&self, frame: &Frame) -> u16 {
        frame.rounding() as u16
    }

    fn portable(&self) -> Option<&Portable> {
        self.portable_is.then_some(&self.portable)
    }

    fn adopt(&mut self, portable: &mut Portable, pc: u64, ops: Vec<Op>) -> Adopted {
        if !self.has_room(portable.host.len(), &ops) {
            return Adopted::Full;
        }
        if portable.place(&At { pc, offset: self.used, ops: &ops }).is_none() {
            return Adopted::Unfit;
        }
        Adopted::Handle(self.install(&portable.host, portable.dead as usize, ops))
    }

    fn kill(&mut self, handle: u64) {
        // Whoever jumps here, now or later, is led to the code for a dead block, which looks the address up anew.
        if let Some(dead) = self.dead.remove(&handle) {
            let at = handle as usize - self.code.address(0);
            self.code.write(at, &[0xe9]);
            self.patch(at + 1, self.code.address(dead));
        }
    }

    fn chain(&mut self, site: u64, handle: u64) {
        if site >> 32 == u64::from(self.epoch) {
            self.patch(site as u32 as usize, handle as usize);
        }
    }

    fn clear(&mut self) {
        self.used = self.floor;
        self.dead.clear();
        self.kept.clear();
        self.kept_ops = 0;
        self.epoch = self.epoch.wrapping_add(1);
    }

    fn run(&mut self, core: &mut Core<I>, handle: u64) -> Exit {
        let frame = &raw mut *core.frame;
        let whole: *mut Core<I> = core;
        // SAFETY: `enter` keeps the System V ABI; `handle` is a live block of this cache, made for this vCPU, and
        // only this thread patches it, never while it runs.
        let result = unsafe {
            let enter: extern "sysv64" fn(*mut Frame, u64) -> u64 =
                std::mem::transmute::<usize, extern "sysv64" fn(*mut Frame, u64) -> u64>(self.thunks.enter);
            (*frame).core = whole.cast();
            enter(frame, handle)
        };
        match result & 0xff {
            GO => Exit::Go(core.frame.pc),
            CHAIN => Exit::Chain { site: result >> 8 | u64::from(self.epoch) << 32, target: core.frame.pc },
            LEAVE => Exit::Pending(Pending::Leave),
            _ => Exit::Pending(core.pending.take().unwrap_or(Pending::Leave)),
        }
    }
}
