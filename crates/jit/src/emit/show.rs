//! What the translator makes of guest code, for people to read and for the tests that keep it readable.
//!
//! Nothing here runs: host code is written for a made-up address, and comes with names for what it refers to.

use super::asm::{
    ACCRUED, ATTENTION, CONTEXT, CORE, EXECUTED, FLAG_READS_LEFT, HOST_MXCSR, JUMP_KEY, LIMIT, MXCSR, PC,
    Place, RESERVED, RESERVED_VALUE, Registers, const_offset, slot_offset, tmp_offset,
};
use super::block::{Done, Emitter};
use super::region::Outside;
use super::thunks::{self, JUMPS_OFFSET};
use crate::blocks::Lifted;
use crate::frame::{Const, TMPS};
use crate::ir::{Block, Op, Slot};
use crate::mirror::OFFSET;
use crate::region::{FULL_HEAT, Gather, Plan, successors};
use crate::softmmu::{JUMPS, Jump, MmuContext, TlbEntry};
use crate::{Builder, Code, Isa, Mode};
use lodge_memory::PAGE_SIZE;
use lodge_softfloat::Rounding;
use std::collections::BTreeSet;
use std::mem::offset_of;

/// Where the host code would be.
const BASE: usize = 0x1000_0000;
/// Where the fixed routines would be, and the data.
const ROUTINES: usize = BASE - 0x10_0000;
const DATA: usize = BASE + 0x800_0000;
const BODY: usize = BASE - 0x1000;

/// Guest code on its way.
#[derive(Debug)]
pub struct Shown {
    /// The blocks, as lifted; for a region in its order, and simplified.
    pub blocks: Vec<Block>,
    /// Of a region, about each block: whether something jumps back to it, and how many loops are around it.
    pub loops: Vec<(bool, u32)>,
    /// Guest registers that the blocks name and that are in a host register: slot, its number, whether it is one of the
    /// FP unit's.
    pub places: Vec<(Slot, u8, bool)>,
    /// Host code.
    pub host: Vec<u8>,
    /// Address of its first byte.
    pub base: u64,
    /// Where each guest instruction's host code begins: offset and guest address; [`u64::MAX`] is what is rare.
    pub marks: Vec<(usize, u64)>,
    /// Where an access that faults goes on: offsets.
    pub detours: Vec<(usize, usize)>,
    ops: Vec<(u64, u64)>,
    names: Vec<(u64, &'static str)>,
}

/// Shows what becomes of `code` at `pc`: of its first block in tier one, or, with `region`, of all of it in tier two; that
/// may say that it uses the mirror. `None` when nothing does.
pub fn show<I: Isa>(mode: Mode, pc: u64, code: &[u8], region: Option<bool>) -> Option<Shown> {
    let usual = Registers::of::<I>();
    let (_, thunks) = thunks::emit::<I>(ROUTINES, &usual);
    let emitter = |registers| {
        let mut emitter = Emitter::new(BASE, 0, registers, &thunks, I::FP, Rounding::NearestEven);
        emitter.marks = Some(Vec::new());
        emitter
    };
    let names = vec![
        (thunks.exit as u64, "exit"),
        (thunks.go as u64, "go"),
        (thunks.out as u64, "out"),
        (thunks.lookup as u64, "lookup"),
        (thunks.dead as u64, "dead"),
        (BASE as u64, "start"),
        (thunks.load as u64, "load"),
        (thunks.store as u64, "store"),
        (thunks.slow as u64, "slow"),
        (thunks.raise as u64, "raise"),
        (DATA as u64, "count"),
        (BODY as u64, "tier_one"),
    ];
    let Some(mirror) = region else {
        let lifted = lift::<I>(mode, pc, pc, code)?;
        let done = emitter(&usual).block(&lifted, Some(DATA));
        return Some(shown(vec![lifted.block], Vec::new(), &usual, done, names));
    };
    let plan = gather::<I>(mode, pc, code)?;
    let own = plan.loops().then(|| usual.of_region(&plan.weights(I::SCALARS)));
    let registers = own.as_ref().unwrap_or(&usual);
    let outside = Outside { usual: &usual, generation: None, body: BODY, mirror: mirror.then_some(0) };
    let done = emitter(registers).region(&plan, &outside);
    let loops = plan.parts.iter().map(|part| (part.head, part.depth)).collect();
    let blocks = plan.parts.into_iter().map(|part| part.block).collect();
    Some(shown(blocks, loops, registers, done, names))
}

fn lift<I: Isa>(mode: Mode, start: u64, pc: u64, code: &[u8]) -> Option<Lifted> {
    let at = usize::try_from(pc.wrapping_sub(start)).ok().filter(|at| *at < code.len())?;
    let breakpoints = BTreeSet::new();
    let mut next_page = |_| Ok(vec![0; PAGE_SIZE as usize]);
    let mut code = Code::new(pc, &code[at..], &mut next_page, &breakpoints);
    let mut builder = Builder::new(pc);
    I::lift(mode, &mut code, &mut builder);
    Some(Lifted { block: builder.finish(), second: None })
}

/// As if all of it had run.
fn gather<I: Isa>(mode: Mode, start: u64, code: &[u8]) -> Option<Plan> {
    let mut gather = Gather::default();
    let mut open = vec![start];
    while let Some(pc) = open.pop() {
        if gather.full() || gather.has(pc) {
            continue;
        }
        if let Some(lifted) = lift::<I>(mode, start, pc, code) {
            open.extend(successors(&lifted.block));
            gather.add(lifted, pc, FULL_HEAT);
        }
    }
    gather.plan()
}

fn shown(
    blocks: Vec<Block>,
    loops: Vec<(bool, u32)>,
    registers: &Registers,
    done: Done,
    names: Vec<(u64, &'static str)>,
) -> Shown {
    let mut named: BTreeSet<Slot> = BTreeSet::new();
    for block in &blocks {
        let text = block.to_string();
        let slots = text.split(|c: char| !(c == '$' || c.is_ascii_digit()));
        named.extend(slots.filter_map(|word| word.strip_prefix('$')?.parse::<Slot>().ok()));
    }
    let place = |slot| match registers.place(slot) {
        Place::Gpr(r) => Some((slot, r, false)),
        Place::Xmm(x) => Some((slot, x, true)),
        Place::Mem(_) => None,
    };
    let range = |block: &Block| {
        let range = block.ops.as_ptr_range();
        (range.start as u64, range.end as u64)
    };
    Shown {
        ops: blocks.iter().map(range).collect(),
        places: named.into_iter().filter_map(place).collect(),
        blocks,
        loops,
        host: done.bytes,
        base: BASE as u64,
        marks: done.marks,
        detours: done.detours,
        names,
    }
}

impl Shown {
    /// The name of an address that host code refers to; that of an operation for the interpreter is its text.
    pub fn name(&self, address: u64) -> Option<String> {
        if let Some((start, _)) = self.ops.iter().find(|(start, end)| (*start..*end).contains(&address)) {
            let index = (address - start) as usize / size_of::<Op>();
            let block = self.blocks.iter().find(|block| block.ops.as_ptr() as u64 == *start)?;
            return Some(format!("&({})", block.ops[index]));
        }
        self.names.iter().find(|(at, _)| *at == address).map(|(_, name)| (*name).to_string())
    }

    /// What is in the frame at this displacement (from rbp).
    pub fn in_frame(displacement: i32) -> Option<String> {
        let single = [
            (ATTENTION.into(), "attention"),
            (PC, "pc"),
            (CORE, "core"),
            (CONTEXT, "context"),
            (JUMP_KEY, "jump_key"),
            (MXCSR, "mxcsr"),
            (HOST_MXCSR, "host_mxcsr"),
            (ACCRUED, "accrued"),
            (FLAG_READS_LEFT, "flag_reads_left"),
            (RESERVED, "reserved"),
            (RESERVED_VALUE, "reserved_value"),
            (EXECUTED, "executed"),
            (LIMIT, "limit"),
            (const_offset(Const::BoxS), "BoxS"),
            (const_offset(Const::SignD), "SignD"),
            (const_offset(Const::MagnitudeD), "MagnitudeD"),
            (const_offset(Const::SignS), "SignS"),
            (const_offset(Const::MagnitudeS), "MagnitudeS"),
            (const_offset(Const::NanD), "NanD"),
            (const_offset(Const::NanS), "NanS"),
        ];
        let slot = (displacement - slot_offset(0)) / 8;
        let tmp = (displacement - tmp_offset(0)) / 8;
        if displacement >= slot_offset(0) && slot < crate::SLOTS as i32 {
            return Some(format!("${slot}"));
        }
        if displacement >= tmp_offset(0) && tmp < TMPS as i32 {
            return Some(format!("%{tmp}"));
        }
        single.iter().find(|(at, _)| *at == displacement).map(|(_, name)| (*name).to_string())
    }

    /// What is in the MMU context, or in the window behind it, at this displacement (from r15): its name, and what is
    /// left of the displacement.
    pub fn in_context(displacement: i32) -> (&'static str, i32) {
        let entry = displacement - JUMPS_OFFSET;
        if displacement < size_of::<MmuContext>() as i32
            && entry >= 0
            && entry < (JUMPS * size_of::<Jump>()) as i32
        {
            let size = size_of::<Jump>() as i32;
            let field =
                if entry % size == offset_of!(Jump, code) as i32 { "jumps.code" } else { "jumps.key" };
            return (field, entry / size);
        }
        let fields = [
            (offset_of!(TlbEntry, read), "tlb.read"),
            (offset_of!(TlbEntry, write), "tlb.write"),
            (offset_of!(TlbEntry, addend), "tlb.addend"),
        ];
        match fields.iter().find(|(at, _)| *at as i32 == displacement) {
            Some((_, name)) => (name, 0),
            None if displacement >= OFFSET as i32 / 2 => ("window", displacement - OFFSET as i32),
            None => ("context", displacement),
        }
    }
}
