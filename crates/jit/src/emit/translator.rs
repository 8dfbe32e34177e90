//! The back end around the emitter: the code cache, chaining, and the way in.

use super::asm::{Fixup, Registers};
use super::block::{Done, Emitter};
use super::portable::{At, Portable};
use super::region::Outside;
use super::thunks::{self, BEYOND, CHAIN, GO, HOT, LEAVE, Thunks};
use crate::blocks::Lifted;
use crate::core::{Core, Pending};
use crate::engine::{Adopted, Backend, Exit};
use crate::ir::Op;
use crate::region::{FULL_HEAT, Plan};
use crate::tuning::Tuning;
use crate::{Frame, Isa};
use lodge_host::CodeMapping;
use lodge_host::faults::{self, Detours};
use lodge_host::fp_traps::FpTraps;
use rustc_hash::FxHashMap;
use std::marker::PhantomData;

/// Bytes of host code a vCPU may have; pages cost nothing until written.
const CACHE: usize = 128 << 20;
/// Operations that slow paths may point to; beyond, the cache counts as full.
const KEPT: usize = 1 << 20;
/// Bytes of data: a cell of 8 for each block's count, and for each region's generation.
const DATA: usize = 8 << 20;
/// How many times longer than a fresh block a cooled one runs until it is hot.
const COOL: u64 = 64;
/// Of a generation that no context has.
const NO_GENERATION: u64 = u64::MAX;

/// What is known of a block or region by its handle.
struct Placed {
    /// Offset of its code for when it is dead.
    dead: usize,
    /// Offset of its cell: count or generation.
    cell: Option<usize>,
    /// Offset of its code behind the count.
    body: usize,
    /// Block that leads here.
    instead: Option<u64>,
}

/// See the module's head.
pub(crate) struct Translator<I: Isa> {
    tuning: Tuning,
    code: CodeMapping,
    used: usize,
    /// End of the thunks, where blocks begin.
    floor: usize,
    thunks: Thunks,
    registers: Registers,
    placed: FxHashMap<u64, Placed>,
    /// Bytes of data in use.
    data_used: usize,
    /// Operations that slow paths point to.
    kept: Vec<Vec<Op>>,
    /// Accesses that may fault.
    detours: Detours,
    kept_ops: usize,
    /// Counts clears: a jump seen before one must not be tied after it.
    epoch: u32,
    /// Room for the fixups of the next block.
    fixups: Vec<Fixup>,
    /// Whether portable forms are wanted; that of the block compiled last, and whether it has one.
    keep: bool,
    portable: Portable,
    portable_is: bool,
    isa: PhantomData<I>,
}

impl<I: Isa> Translator<I> {
    pub(crate) fn new(tuning: Tuning) -> std::io::Result<Translator<I>> {
        faults::catch()?;
        let mut code = CodeMapping::new(CACHE, DATA)?;
        let registers = Registers::of::<I>();
        let (bytes, thunks) = thunks::emit::<I>(code.address(0), &registers);
        code.write(0, &bytes);
        let floor = bytes.len().next_multiple_of(64);
        let (placed, kept) = (FxHashMap::default(), Vec::new());
        Ok(Translator {
            tuning,
            code,
            used: floor,
            floor,
            thunks,
            registers,
            placed,
            data_used: 0,
            detours: Detours::default(),
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

    /// Makes the jump whose 32-bit displacement is at `at` lead to the host address `to`.
    fn patch(&mut self, at: usize, to: usize) {
        let from = self.code.address(at + 4);
        self.code.write(at, &(to.wrapping_sub(from) as u32).to_le_bytes());
    }
}

impl<I: Isa> Translator<I> {
    fn emitter<'a>(&'a self, registers: &'a Registers, frame: &Frame) -> Emitter<'a> {
        let base = self.code.address(self.used);
        let mut emitter = Emitter::new(base, self.used, registers, &self.thunks, I::FP, frame.rounding());
        (emitter.counts, emitter.shares) = (self.tuning.counts, self.tuning.shares);
        emitter
    }

    /// A fresh cell of data.
    fn cell(&mut self, value: u64) -> Option<usize> {
        let offset = self.data_used;
        if offset + 8 > self.code.data_len() {
            return None;
        }
        self.data_used += 8;
        self.code.write_data(offset, value);
        Some(offset)
    }

    /// Puts finished code into the cache; `ops` are those it may point to.
    fn place(&mut self, done: &Done, cell: Option<usize>, ops: Vec<Vec<Op>>) -> Option<u64> {
        let ops = if done.keeps_ops { ops } else { Vec::new() };
        if !self.has_room(done.bytes.len(), ops.iter().map(Vec::len).sum()) {
            return None;
        }
        for (site, to) in &done.detours {
            self.detours.add(self.code.address(self.used + site), self.code.address(self.used + to));
        }
        let placed = Placed { dead: self.used + done.dead, cell, body: self.used + done.body, instead: None };
        Some(self.install(&done.bytes, placed, ops))
    }

    fn has_room(&self, code: usize, ops: usize) -> bool {
        code <= self.code.len() - self.used && self.kept_ops + ops <= KEPT
    }

    /// Copies code to its place, for which there is room; its handle. It may point to `ops`, which are moved, not copied.
    fn install(&mut self, code: &[u8], placed: Placed, ops: Vec<Vec<Op>>) -> u64 {
        self.code.write(self.used, code);
        let handle = self.code.address(self.used) as u64;
        self.placed.insert(handle, placed);
        self.used = (self.used + code.len()).next_multiple_of(16);
        self.kept_ops += ops.iter().map(Vec::len).sum::<usize>();
        self.kept.extend(ops);
        handle
    }

    /// A fresh count, if blocks have one; `None` when there is no room for it.
    fn count(&mut self) -> Option<Option<usize>> {
        let wanted = self.tuning.regions;
        if wanted { self.cell(u64::from(self.tuning.hot_after)).map(Some) } else { Some(None) }
    }

    /// Notes the portable form of a block that is about to be placed.
    fn note_portable(&mut self, lifted: &Lifted, done: &Done) {
        let block = &lifted.block;
        let at = At { pc: block.pc, offset: self.used, ops: &block.ops, count: None };
        let portable = &mut self.portable;
        (portable.dead, portable.body) = (done.dead as u32, done.body as u32);
        (portable.keeps_ops, portable.instructions) = (done.keeps_ops, block.instructions as u16);
        // A way out of a fault has no portable form.
        self.portable_is = done.detours.is_empty() && portable.take(&done.bytes, &done.fixups, &at).is_some();
    }

    /// Makes whoever runs block `handle` go to the host address `to` instead.
    fn lead(&mut self, handle: u64, to: usize) {
        let at = handle as usize - self.code.address(0);
        self.code.write(at, &[0xe9]);
        self.patch(at + 1, to);
    }
}

impl<I: Isa> Backend<I> for Translator<I> {
    fn miss(&self) -> u64 {
        self.thunks.go as u64
    }

    fn compile(&mut self, lifted: Lifted, frame: &Frame) -> Option<u64> {
        let cell = self.count()?;
        let count = cell.map(|cell| self.code.data_address(cell));
        let room = std::mem::take(&mut self.fixups);
        let mut emitter = self.emitter(&self.registers, frame);
        emitter.fixups = room;
        let mut done = emitter.block(&lifted, count);
        if self.keep {
            self.note_portable(&lifted, &done);
        }
        self.fixups = std::mem::take(&mut done.fixups);
        self.fixups.clear();
        self.place(&done, cell, vec![lifted.block.ops])
    }

    fn keep_portable(&mut self) {
        self.keep = true;
    }

    fn variant(&self, frame: &Frame) -> u16 {
        let Tuning { regions, counts, shares, .. } = self.tuning;
        frame.rounding() as u16 | u16::from(regions) << 8 | u16::from(counts) << 9 | u16::from(shares) << 10
    }

    fn portable(&self) -> Option<&Portable> {
        self.portable_is.then_some(&self.portable)
    }

    fn adopt(&mut self, portable: &mut Portable, pc: u64, ops: Vec<Op>) -> Adopted {
        if !self.has_room(portable.host.len(), ops.len()) {
            return Adopted::Full;
        }
        let Some(cell) = self.count() else { return Adopted::Full };
        let count = cell.map(|cell| self.code.data_address(cell).wrapping_sub(self.code.address(0)));
        if portable.place(&At { pc, offset: self.used, ops: &ops, count }).is_none() {
            return Adopted::Unfit;
        }
        let (dead, body) = (self.used + portable.dead as usize, self.used + portable.body as usize);
        let ops = if ops.is_empty() { Vec::new() } else { vec![ops] };
        Adopted::Handle(self.install(&portable.host, Placed { dead, cell, body, instead: None }, ops))
    }

    fn kill(&mut self, handle: u64) {
        // Whoever jumps here, now or later, is led to the code for a dead block, which looks the address up anew.
        let mut dying = Some(handle);
        while let Some((handle, placed)) =
            dying.and_then(|handle| Some((handle, self.placed.remove(&handle)?)))
        {
            self.lead(handle, self.code.address(placed.dead));
            dying = placed.instead;
        }
    }

    fn chain(&mut self, site: u64, handle: u64) {
        if site >> 32 == u64::from(self.epoch) {
            self.patch(site as u32 as usize, handle as usize);
        }
    }

    fn heat(&self, handle: u64) -> u32 {
        let Some(Placed { cell: Some(cell), .. }) = self.placed.get(&handle) else { return 0 };
        let left = self.code.read_data(*cell) as u32;
        // Beyond zero it counts on, downwards.
        let all = self.tuning.hot_after.max(1);
        let ran = all.checked_sub(left).unwrap_or(all);
        (u64::from(ran) * u64::from(FULL_HEAT)).div_ceil(u64::from(all)) as u32
    }

    fn cool(&mut self, handle: u64) {
        if let Some(Placed { cell: Some(cell), .. }) = self.placed.get(&handle) {
            self.code.write_data(*cell, u64::from(self.tuning.hot_after) * COOL);
        }
    }

    fn code_bytes(&self) -> u64 {
        self.used as u64
    }

    fn wants_stats(&self) -> bool {
        self.tuning.stats
    }

    fn learns(&self) -> bool {
        self.tuning.learn
    }

    fn trap_after(&self) -> u32 {
        self.tuning.trap_after
    }

    fn mirrors(&self) -> bool {
        self.tuning.regions && self.tuning.mirror
    }

    fn promote(&mut self, old: u64, plan: Plan, mirror: Option<u32>, frame: &Frame) -> Option<u64> {
        let cell = if plan.more.is_empty() { None } else { Some(self.cell(NO_GENERATION)?) };
        let generation = cell.map(|cell| self.code.data_address(cell));
        let own = plan.loops().then(|| self.registers.of_region(&plan.weights(I::SCALARS)));
        let registers = own.as_ref().unwrap_or(&self.registers);
        let body = self.code.address(self.placed.get(&old)?.body);
        let outside = Outside { usual: &self.registers, generation, body, mirror };
        let done = self.emitter(registers, frame).region(&plan, &outside);
        let ops = plan.parts.into_iter().map(|part| part.block.ops).collect();
        let handle = self.place(&done, cell, ops)?;
        self.lead(old, handle as usize);
        if let Some(placed) = self.placed.get_mut(&handle) {
            placed.instead = Some(old);
        }
        Some(handle)
    }

    fn verified(&mut self, handle: u64, generation: u64) {
        if let Some(Placed { cell: Some(cell), .. }) = self.placed.get(&handle) {
            self.code.write_data(*cell, generation);
        }
    }

    fn clear(&mut self) {
        self.used = self.floor;
        self.data_used = 0;
        self.placed.clear();
        self.kept.clear();
        self.detours.clear();
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
            let traps = &raw const (*frame).accrued;
            self.detours.during(|| FpTraps::during(traps, || enter(frame, handle)))
        };
        match result & 0xff {
            GO => Exit::Go(core.frame.pc),
            CHAIN => Exit::Chain { site: result >> 8 | u64::from(self.epoch) << 32, target: core.frame.pc },
            LEAVE => Exit::Pending(Pending::Leave),
            HOT => Exit::Hot,
            BEYOND => Exit::Beyond((result >> 8) as u32),
            _ => Exit::Pending(core.pending.take().unwrap_or(Pending::Leave)),
        }
    }
}
