//! The back end around the emitter: the code cache, chaining, and the way in.

use super::asm::Registers;
use super::block::{Done, Emitter};
use super::region::Outside;
use super::thunks::{self, BEYOND, CHAIN, GO, HOT, LEAVE, Thunks};
use crate::blocks::Lifted;
use crate::core::{Core, Pending};
use crate::engine::{Backend, Exit};
use crate::ir::Op;
use crate::region::Plan;
use crate::tuning::Tuning;
use crate::{Frame, Isa};
use lodge_host::CodeMapping;
use lodge_host::faults::{self, Detours};
use rustc_hash::FxHashMap;
use std::marker::PhantomData;

/// Bytes of host code a vCPU may have; pages cost nothing until written.
const CACHE: usize = 128 << 20;
/// Operations that slow paths may point to; beyond, the cache counts as full.
const KEPT: usize = 1 << 20;
/// Bytes of data: a cell of 8 for each block's count, and for each region's generation.
const DATA: usize = 8 << 20;
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
        Emitter::new(base, self.used, registers, &self.thunks, I::FP, frame.rounding())
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
        let count = if done.keeps_ops { ops.iter().map(Vec::len).sum() } else { 0 };
        if done.bytes.len() > self.code.len() - self.used || self.kept_ops + count > KEPT {
            return None;
        }
        self.code.write(self.used, &done.bytes);
        let handle = self.code.address(self.used) as u64;
        self.placed.insert(handle, Placed { dead: self.used + done.dead, cell, body: self.used + done.body });
        for (site, to) in &done.detours {
            self.detours.add(self.code.address(self.used + site), self.code.address(self.used + to));
        }
        self.used = (self.used + done.bytes.len()).next_multiple_of(16);
        self.kept_ops += count;
        if done.keeps_ops {
            self.kept.extend(ops);
        }
        Some(handle)
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
        let cell =
            if self.tuning.regions { Some(self.cell(u64::from(self.tuning.hot_after))?) } else { None };
        let count = cell.map(|cell| self.code.data_address(cell));
        let done = self.emitter(&self.registers, frame).block(&lifted, count);
        self.place(&done, cell, vec![lifted.block.ops])
    }

    fn kill(&mut self, handle: u64) {
        // Whoever jumps here, now or later, is led to the code for a dead block, which looks the address up anew.
        if let Some(Placed { dead, .. }) = self.placed.remove(&handle) {
            self.lead(handle, self.code.address(dead));
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
        self.tuning.hot_after.checked_sub(left).unwrap_or(self.tuning.hot_after)
    }

    fn code_bytes(&self) -> u64 {
        self.used as u64
    }

    fn wants_stats(&self) -> bool {
        self.tuning.stats
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
            self.detours.during(|| enter(frame, handle))
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
