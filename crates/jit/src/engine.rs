//! The dispatcher: keeps the `Vcpu` promise by finding, making and running blocks, whichever back end runs them.
//!
//! ```text
//!   attention? ─► inbox, interrupts ─► mode ─► find(pc) ─► back end runs ─► Exit
//!       ▲                                        │ miss: fetch, lift, compile   │
//!       └──────────── exceptions, helpers' wishes, chains ◄─────────────────────┘
//! ```

use crate::blocks::{Blocks, Entry, Key, Lifted, Page};
use crate::core::{Core, Mirrored, Pending};
use crate::emit::Portable;
use crate::frame::FrameBox;
use crate::ir::Op;
use crate::region::{FULL_HEAT, Gather, Plan, successors};
use crate::smp::{Inbox, Peers};
use crate::softmmu::SoftMmu;
use crate::tuning::count_region;
use crate::unrest::Unrest;
use crate::{Access, Builder, Code, Exception, Frame, Isa, Made, Stats, interp};
use lodge_arch::Registers;
use lodge_bus::{Effect, Space};
use lodge_cpu::{Debug, Flush, Link, Stop, Vcpu};
use lodge_memory::{GuestMemory, PAGE_SIZE};
use rustc_hash::FxHashSet;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Instant;

mod reuse;
use reuse::{Reused, Warm};

/// More bytes than any block has: 64 instructions of 4 bytes, RISC-V's longest.
const MOST_BYTES: u64 = 512;

/// Why a back end came back.
pub(crate) enum Exit {
    /// Go on at this address.
    Go(u64),
    /// Likewise, from a jump that may be tied to its target directly.
    Chain {
        /// The jump, as the back end names it.
        site: u64,
        /// Where it goes.
        target: u64,
    },
    /// Go on at `frame.pc`; the region with this number came upon an address beyond the mirror there.
    Beyond(u32),
    /// The block at `frame.pc` has run often enough to be worth more.
    Hot,
    /// Something else.
    Pending(Pending),
}

/// What became of a kept block.
pub(crate) enum Adopted {
    /// It can run.
    Handle(u64),
    /// There is no room (the engine clears everything and tries again).
    Full,
    /// It cannot be used here.
    Unfit,
}

/// What runs blocks.
pub(crate) trait Backend<I: Isa>: Send {
    /// Handle that empty jump cache entries hold.
    fn miss(&self) -> u64;
    /// Makes a block runnable; `None` when there is no room (the engine clears everything and tries again).
    fn compile(&mut self, lifted: Lifted, frame: &Frame) -> Option<u64>;
    /// A block is not to run any more, whoever still has its handle (jump caches do): who runs it comes back with
    /// [`Exit::Go`]. The handle is not given again before [`Backend::clear`].
    fn kill(&mut self, handle: u64);
    /// Ties the jump `site` to the block `handle`.
    fn chain(&mut self, site: u64, handle: u64);
    /// From now on [`Backend::portable`] is wanted.
    fn keep_portable(&mut self) {}
    /// What compiled code depends on besides guest code, `assume`, build and host.
    fn variant(&self, _frame: &Frame) -> u16 {
        0
    }
    /// The block compiled last in a form that can be kept, if it has one.
    fn portable(&self) -> Option<&Portable> {
        None
    }
    /// Makes a kept block runnable at `pc`; `ops` are its operations, if it needs them. Changes `portable`.
    fn adopt(&mut self, _portable: &mut Portable, _pc: u64, _ops: Vec<Op>) -> Adopted {
        Adopted::Unfit
    }
    /// How often block `handle` has run, in [`FULL_HEAT`]ths of what makes it hot, rounded up. A back end that returns nothing else
    /// than 0 never says [`Exit::Hot`].
    fn heat(&self, _handle: u64) -> u32 {
        0
    }
    /// Block `handle`, which was hot, does not count as hot for a long time.
    fn cool(&mut self, _handle: u64) {}
    /// Compiles the region; block `old` leads to it from now on. `mirror`: its number if it is to use the mirror. `None`
    /// when there is no room.
    fn promote(&mut self, _old: u64, _plan: Plan, _mirror: Option<u32>, _frame: &Frame) -> Option<u64> {
        None
    }
    /// Bytes of host code so far.
    fn code_bytes(&self) -> u64 {
        0
    }
    /// Whether to say at the end what was done.
    fn wants_stats(&self) -> bool {
        false
    }
    /// Whether code that keeps changing is left alone.
    fn learns(&self) -> bool {
        false
    }
    /// See [`Frame::trap_after`].
    fn trap_after(&self) -> u32 {
        0
    }
    /// Whether regions may use a mirror.
    fn mirrors(&self) -> bool {
        false
    }
    /// All pages of region `handle` are mapped as they must be, as of this generation of the MMU context in use.
    fn verified(&mut self, _handle: u64, _generation: u64) {}
    /// Nothing runs any more.
    fn clear(&mut self);
    /// Runs from block `handle` until something must be decided.
    fn run(&mut self, core: &mut Core<I>, handle: u64) -> Exit;
}

/// What the dispatcher found to run.
struct Found {
    handle: u64,
    /// Whether a jump from the same page may be tied to it. Not so for a block over two pages: it is only right while
    /// both are mapped as they were. (Regions see to that themselves.)
    tied: bool,
    /// Whether it looks at nothing when entered: a region over several pages does.
    lasting: bool,
}

/// One vCPU.
pub(crate) struct Engine<I: Isa, B: Backend<I>> {
    core: Box<Core<I>>,
    backend: B,
    blocks: Blocks,
    peers: Peers,
    breakpoints: BTreeSet<u64>,
    /// Regions that do without the mirror.
    unmirrored: FxHashSet<Key>,
    /// Pages whose code changes too often for regions.
    unrest: Unrest,
    /// The last call was [`Vcpu::advance`]: no jumps are remembered.
    advanced: bool,
    /// Kept if somebody wants to know.
    stats: Option<Stats>,
    /// From the block's first byte to the end of the page, or as far as blocks reach.
    page: Vec<u8>,
    warm: Option<Warm>,
}

impl<I: Isa, B: Backend<I>> Engine<I, B> {
    /// A vCPU of `isa`; `peers` are the machine's other vCPUs.
    pub(crate) fn new(
        isa: I,
        mut backend: B,
        link: Arc<Link>,
        memory: Arc<GuestMemory>,
        peers: Peers,
    ) -> io::Result<Self> {
        let taken = || io::Error::new(io::ErrorKind::ResourceBusy, "another engine runs this vCPU");
        let frame = FrameBox::new(&link).ok_or_else(taken)?;
        let inbox = Inbox::new(Arc::clone(&link));
        let stats = backend.wants_stats().then(Stats::default);
        memory.watch_code(link.id(), inbox.clone());
        peers.join(inbox.clone());
        let mut core = Box::new(Core {
            frame,
            isa,
            mmu: SoftMmu::new(backend.miss(), backend.mirrors()),
            link,
            inbox,
            memory,
            space: std::ptr::null(),
            pending: None,
            flushes: Vec::new(),
            effect: Effect::None,
            mirrored: Vec::new(),
            unhappy: Vec::new(),
            misses: 0,
            slow: 0,
            useless: 0,
        });
        core.frame.core = (&raw mut *core).cast();
        core.frame.trap_after(backend.trap_after());
        let warm = peers.store().map(Warm::new);
        if warm.is_some() {
            backend.keep_portable();
        }
        Ok(Engine {
            core,
            backend,
            blocks: Blocks::default(),
            peers,
            breakpoints: BTreeSet::new(),
            unmirrored: FxHashSet::default(),
            unrest: Unrest::default(),
            advanced: false,
            stats,
            page: Vec::new(),
            warm,
        })
    }

    /// Acts on what other threads told us.
    fn catch_up(&mut self) {
        while self.core.inbox.is_open() {
            let news = self.core.inbox.take();
            if !news.code.is_empty() {
                self.core.protect(news.code);
            }
            for written in news.written {
                let (address, len) = written.range();
                self.invalidate(address, len);
            }
            self.core.inbox.done();
        }
    }

    fn invalidate(&mut self, address: u64, len: u64) {
        let hit = self.blocks.invalidate(address, len);
        if self.backend.learns() && hit.iter().any(|(_, entry)| entry.region) {
            self.unrest.note(address);
        }
        hit.into_iter().for_each(|(key, entry)| self.kill(key, entry.handle));
        while let Some(page) = self.blocks.freed() {
            self.core.memory.unmark_code(page, self.core.link.id());
            self.core.mmu.unprotect(page);
        }
    }

    /// Throws away what was found under `key`, and jumps to it.
    fn kill(&mut self, key: Key, handle: u64) {
        self.backend.kill(handle);
        self.core.mmu.forget_jump(key.pc);
    }

    fn clear(&mut self) {
        self.stats.iter_mut().for_each(|stats| stats.cleared += 1);
        for page in self.blocks.clear() {
            self.core.memory.unmark_code(page, self.core.link.id());
        }
        self.core.before_losing_rights();
        self.core.mmu.flush_all();
        self.core.mirrored.clear();
        self.core.unhappy.clear();
        self.unmirrored.clear();
        self.backend.clear();
    }

    /// Does what helpers asked to forget.
    fn apply_flushes(&mut self) {
        while let Some(flush) = self.core.flushes.pop() {
            self.forget(flush);
        }
    }

    fn forget(&mut self, flush: Flush) {
        match flush {
            flush @ Flush::Translations { .. } => {
                self.core.flushes.push(flush);
                // Nothing but flushes is left then, if anything.
                let _ = self.core.settle(Pending::Settled);
            }
            Flush::Instructions => {
                self.catch_up();
                while self.peers.owe() {
                    std::thread::yield_now();
                    self.catch_up();
                }
                for (key, entry) in self.blocks.drop_from_devices() {
                    self.kill(key, entry.handle);
                }
            }
        }
    }

    fn fetch_address(&mut self, pc: u64) -> Result<u64, Exception> {
        if let Some(physical) = self.core.mmu.fetched(pc) {
            return Ok(physical);
        }
        let mapping = self.core.with_isa(|isa, cx| isa.walk(cx, pc, Access::Execute))?;
        if mapping.whole_page {
            self.core.mmu.remember_fetch(pc, mapping);
        }
        Ok(mapping.address)
    }

    fn key(&mut self, pc: u64) -> Result<Key, Exception> {
        let mode = self.core.isa.mode(&self.core.frame);
        Ok(Key { physical: self.fetch_address(pc)?, pc, assume: mode.assume.into() })
    }

    /// Whether the pages are mapped as they were.
    fn still_mapped(&mut self, pages: &[Page]) -> Result<bool, Exception> {
        for &(page, physical) in pages {
            if self.fetch_address(page)? & !(PAGE_SIZE - 1) != physical {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The block at `pc`, made if need be.
    fn find(&mut self, pc: u64) -> Result<Found, Exception> {
        let key = self.key(pc)?;
        if let Some(handle) = self.blocks.near(key) {
            return Ok(Found { handle, tied: true, lasting: true });
        }
        if let Some(entry) = self.blocks.get(key) {
            let Some(more) = entry.more.clone() else {
                let handle = entry.handle;
                self.blocks.bring_near(key, handle);
                return Ok(Found { handle, tied: true, lasting: true });
            };
            let (handle, region) = (entry.handle, entry.region);
            match self.still_mapped(&more) {
                Ok(true) if region => {
                    let generation = self.core.mmu.rely_on(pc, &more);
                    self.backend.verified(handle, generation);
                    return Ok(Found { handle, tied: true, lasting: false });
                }
                Ok(true) => return Ok(Found { handle, tied: false, lasting: true }),
                // Part of a region is away, but what comes first may well be there.
                Err(exception) if !region => return Err(exception),
                _ => {}
            }
            if let Some(entry) = self.blocks.remove(key) {
                self.kill(key, entry.handle);
            }
        }
        loop {
            match self.reuse(key)? {
                Reused::Handle(handle) => return Ok(Found { handle, tied: true, lasting: true }),
                Reused::Full => {
                    self.clear();
                    continue;
                }
                Reused::No => {}
            }
            let began = self.stats_clock();
            let lifted = self.lift(key, u32::MAX)?;
            let (instructions, len) = (lifted.block.instructions, lifted.block.len);
            let pieces = lifted.pieces(key.physical);
            let more = lifted.second.map(|second| [second].into());
            let ram = self.core.memory.find(key.physical, 1).is_some();
            if let Some(handle) = self.backend.compile(lifted, &self.core.frame) {
                let tied = more.is_none();
                self.note(|stats| &mut stats.blocks, instructions, began);
                self.blocks.insert(key, Entry { handle, more, region: false }, &pieces, ram);
                if tied && ram {
                    self.keep(key, len);
                }
                return Ok(Found { handle, tied, lasting: true });
            }
            self.clear();
        }
    }

    /// Compiles the hot block at `pc` and what belongs to it as one.
    fn promote(&mut self, pc: u64) {
        let Ok(key) = self.key(pc) else { return };
        let Some(old) = self.blocks.get(key).filter(|entry| !entry.region).map(|entry| entry.handle) else {
            return;
        };
        let began = self.stats_clock();
        let Some(plan) = self.gather(key) else {
            // It may be worth another look when it has run as often again, many times.
            self.backend.cool(old);
            return;
        };
        let instructions = plan.parts.iter().map(|part| part.block.instructions).sum();
        let mode = self.core.isa.mode(&self.core.frame);
        // Slow paths are told the number in a part of a word.
        let mirrors = self.core.mirrored.len() < 1 << 16
            && self.core.mmu.mirrors()
            && I::is_low(mode)
            && !self.unmirrored.contains(&key);
        let mirror = mirrors.then_some(self.core.mirrored.len() as u32);
        let pieces = plan.pieces();
        let more = if plan.more.is_empty() { None } else { Some(plan.more.clone().into()) };
        match self.backend.promote(old, plan, mirror, &self.core.frame) {
            Some(handle) => {
                self.note(|stats| &mut stats.regions, instructions, began);
                count_region(mirrors);
                if mirrors {
                    self.core.mirrored.push(Mirrored::new(key, handle, self.core.useless));
                }
                self.blocks.insert(key, Entry { handle, more, region: true }, &pieces, true);
            }
            None => self.clear(),
        }
    }

    fn stats_clock(&self) -> Option<(Instant, u64)> {
        self.stats.as_ref().map(|_| (Instant::now(), self.backend.code_bytes()))
    }

    /// Counts something compiled since `began`, if anybody wants to know.
    fn note(&mut self, what: fn(&mut Stats) -> &mut Made, instructions: u32, began: Option<(Instant, u64)>) {
        if let (Some(stats), Some((began, bytes))) = (&mut self.stats, began) {
            let made = what(stats);
            made.count += 1;
            made.instructions += u64::from(instructions);
            made.bytes += self.backend.code_bytes().saturating_sub(bytes);
            made.time += began.elapsed();
        }
    }

    /// Region `number` has come upon an address that no mirror has, at `frame.pc`.
    fn beyond(&mut self, number: u32) {
        self.core.beyond(number);
        let pc = self.core.frame.pc;
        // It has not done anything, and would not the next time.
        if self.core.mirrored.get(number as usize).is_some_and(|region| region.key.pc == pc) {
            self.core.unhappy.push(number);
            self.demote();
        }
    }

    /// Gives up regions that the mirror does no good; if they become hot again they do without.
    fn demote(&mut self) {
        for number in std::mem::take(&mut self.core.unhappy) {
            let Some(&Mirrored { key, handle, .. }) = self.core.mirrored.get(number as usize) else {
                continue;
            };
            self.unmirrored.insert(key);
            self.stats.iter_mut().for_each(|stats| stats.demoted += 1);
            if self.blocks.get(key).is_some_and(|entry| entry.handle == handle) {
                self.blocks.remove(key);
                self.kill(key, handle);
            }
        }
    }

    /// The hot block at `key` with those around it that have run as well.
    fn gather(&mut self, key: Key) -> Option<Plan> {
        let mut gather = Gather::default();
        let mut open = vec![key.pc];
        while let Some(pc) = open.pop() {
            if gather.full() || gather.has(pc) {
                continue;
            }
            let Ok(key) = self.key(pc) else { continue };
            let ram = self.core.memory.find(key.physical, 1).is_some();
            let heat = self.blocks.get(key).map_or(0, |entry| match entry.region {
                true => FULL_HEAT,
                false => self.backend.heat(entry.handle),
            });
            if heat == 0 || !ram || self.unrest.at(key.physical) {
                continue;
            }
            let Ok(lifted) = self.lift(key, u32::MAX) else { continue };
            // What is behind a change of what may be assumed is another's to say.
            if lifted.second.is_some() || lifted.block.ops.iter().any(|op| matches!(op, Op::Assume { .. })) {
                continue;
            }
            open.extend(successors(&lifted.block));
            gather.add(lifted, key.physical, heat);
        }
        gather.plan()
    }

    /// Marks the page as code before its bytes are read (see [`crate::smp`]).
    fn claim(&mut self, physical: u64) {
        let id = self.core.link.id();
        if self.core.memory.code_mask(physical) & 1 << id == 0 {
            self.core.mmu.protect(&[physical & !(PAGE_SIZE - 1)]);
            self.core.memory.mark_code(physical, id);
        }
    }

    /// The page that an instruction ends in, and its first bytes.
    fn fetch_second(&mut self, address: u64, space: &Space) -> Result<(Page, Vec<u8>), Exception> {
        let physical = self.fetch_address(address)?;
        self.claim(physical);
        // Instructions are far shorter than this. It is a page's beginning.
        let mut bytes = vec![0; 16];
        self.core.memory.mark_bytes(physical, bytes.len() as u64);
        let bus = |_| Exception { cause: I::bus_error(Access::Execute), value: address };
        space.fetch(physical, &mut bytes).map_err(bus)?;
        Ok(((address, physical & !(PAGE_SIZE - 1)), bytes))
    }

    /// Lifts the block at `key`, at most `limit` instructions, from bytes read after they were marked.
    fn lift(&mut self, key: Key, limit: u32) -> Result<Lifted, Exception> {
        let lifted = self.lift_unmarked(key, limit)?;
        let len = u64::from(lifted.block.len).min(PAGE_SIZE - key.physical % PAGE_SIZE);
        if self.is_marked(key.physical, len) {
            return Ok(lifted);
        }
        // Somebody is writing there. All that a block can be long is marked, then what is read is good.
        let most = MOST_BYTES.min(PAGE_SIZE - key.physical % PAGE_SIZE);
        self.core.memory.mark_bytes(key.physical, most);
        self.lift_unmarked(key, limit)
    }

    /// Marks `len` bytes at `physical`; whether they are still those at the beginning of `page`.
    fn is_marked(&mut self, physical: u64, len: u64) -> bool {
        self.core.memory.mark_bytes(physical, len);
        let (mut again, len) = ([0; MOST_BYTES as usize], len as usize);
        let Some(again) = again.get_mut(..len) else { return false };
        // What is no RAM has no marks.
        self.core.memory.read(physical, again).is_err() || *again == self.page[..len]
    }

    fn lift_unmarked(&mut self, key: Key, limit: u32) -> Result<Lifted, Exception> {
        self.claim(key.physical);
        let left = (PAGE_SIZE - key.pc % PAGE_SIZE) as usize;
        let mut page = std::mem::take(&mut self.page);
        page.resize(left, 0);
        let space = self.core.space;
        // SAFETY: see `Core::space`.
        let space = unsafe { &*space };
        let fetched = space.fetch(key.physical, &mut page);
        let mode = self.core.isa.mode(&self.core.frame);
        let mut builder = Builder::new(key.pc);
        let mut second = None;
        let mut failed = None;
        let breakpoints = std::mem::take(&mut self.breakpoints);
        let mut next_page = |address: u64| {
            let fetched = self.fetch_second(address, space);
            second = fetched.as_ref().ok().map(|(page, _)| *page);
            failed = fetched.as_ref().err().copied();
            fetched.map(|(_, bytes)| bytes)
        };
        let mut code = Code::new(key.pc, &page, &mut next_page, &breakpoints).limit(limit);
        I::lift(mode, &mut code, &mut builder);
        self.page = page;
        self.breakpoints = breakpoints;
        fetched.map_err(|_| Exception { cause: I::bus_error(Access::Execute), value: key.pc })?;
        // The block says so too, but it must not be remembered: the page may be there the next time.
        if let Some(exception) = failed {
            return Err(exception);
        }
        Ok(Lifted { block: builder.finish(), second })
    }

    /// Runs guest code until something above must decide.
    fn run_guest(&mut self) -> Stop {
        let mut chain = None;
        loop {
            if self.core.frame.limit != u64::MAX {
                if self.core.frame.executed >= self.core.frame.limit {
                    return Stop::Kicked;
                }
                // Interrupts wait for the next `advance`; the flag itself must not.
                if self.core.link.take_attention() {
                    self.catch_up();
                    self.demote();
                }
                chain = None;
            } else if self.core.link.wanted() && self.core.link.take_attention() {
                if self.core.link.has_business() {
                    return Stop::Kicked;
                }
                self.catch_up();
                self.demote();
                self.core.with_isa(|isa, cx| isa.poll(cx));
                chain = None;
            }
            self.core.enter_mode();
            let (pc, key) = (self.core.frame.pc, self.core.frame.jump_key);
            if !self.breakpoints.is_empty() && self.breakpoints.contains(&pc) {
                return Stop::Debug(Debug::Breakpoint);
            }
            // Whatever happens now, the jump is only ever tied to the very next block.
            let site = chain.take();
            let exit = match self.find(pc) {
                Ok(found) => {
                    if self.core.frame.limit == u64::MAX {
                        self.core.mmu.remember_jump(pc, key, found.handle, found.lasting);
                    }
                    if let (Some(site), true) = (site, found.tied) {
                        self.backend.chain(site, found.handle);
                    }
                    self.backend.run(&mut self.core, found.handle)
                }
                Err(exception) => {
                    self.core.frame.executed += 1;
                    Exit::Pending(Pending::Exception(exception))
                }
            };
            match exit {
                Exit::Go(pc) => self.core.frame.pc = pc,
                Exit::Chain { site, target } => {
                    self.core.frame.pc = target;
                    chain = Some(site);
                }
                // Or the vCPU is wanted.
                Exit::Beyond(number) => {
                    if !self.core.link.wanted() {
                        self.beyond(number);
                    }
                }
                Exit::Hot => self.promote(self.core.frame.pc),
                Exit::Pending(pending) => {
                    // Waiting for an interrupt may end at any time; what a device asked for must not wait.
                    match self.settle(pending) {
                        Some(Stop::Idle) if self.core.effect != Effect::None => {}
                        Some(stop) => return stop,
                        None => {}
                    }
                }
            }
            if self.core.effect != Effect::None {
                return Stop::Effect(std::mem::take(&mut self.core.effect));
            }
        }
    }

    /// Does what must be done before the guest goes on at `frame.pc`; a stop when it does not.
    fn settle(&mut self, pending: Pending) -> Option<Stop> {
        let left = self.core.settle(pending);
        self.apply_flushes();
        match left {
            Err(Pending::Stop(stop)) => Some(stop),
            _ => None,
        }
    }

    /// Brackets everything that may touch guest memory as the guest.
    fn with_space<R>(&mut self, space: &Space, run: impl FnOnce(&mut Self) -> R) -> R {
        self.core.space = space;
        self.core.inbox.set_running(true);
        self.catch_up();
        self.core.with_isa(|isa, cx| isa.poll(cx));
        let result = run(self);
        self.share();
        self.catch_up();
        self.core.inbox.set_running(false);
        self.core.space = std::ptr::null();
        result
    }

    /// Runs the instruction at `frame.pc`; where to go on.
    fn step_once(&mut self) -> Result<Result<u64, Pending>, Exception> {
        let mode = self.core.enter_mode();
        let pc = self.core.frame.pc;
        let physical = self.fetch_address(pc)?;
        let lifted = self.lift(Key { physical, pc, assume: mode.assume.into() }, 1)?;
        Ok(interp::run_block(&mut self.core, &lifted.block))
    }

    fn step_guest(&mut self) -> Stop {
        let (pc, assumed) = (self.core.frame.pc, self.core.frame.assumed());
        let mut done = self.step_once();
        // An instruction that only asked for code that knows more has not run yet.
        if done == Ok(Ok(pc)) && self.core.frame.assumed() != assumed {
            done = self.step_once();
        }
        let stop = match done {
            Ok(Ok(next)) => {
                self.core.frame.pc = next;
                None
            }
            Ok(Err(pending)) => self.settle(pending),
            Err(exception) => self.settle(Pending::Exception(exception)),
        };
        match std::mem::take(&mut self.core.effect) {
            Effect::None => stop.unwrap_or(Stop::Debug(Debug::Stepped)),
            effect => Stop::Effect(effect),
        }
    }
}

impl<I: Isa, B: Backend<I>> Vcpu for Engine<I, B> {
    fn link(&self) -> &Arc<Link> {
        &self.core.link
    }

    fn run(&mut self, space: &Space) -> Stop {
        self.advanced = false;
        self.with_space(space, Self::run_guest)
    }

    fn advance(&mut self, space: &Space, instructions: u64) -> Stop {
        if self.core.link.take_attention() {
            self.demote();
        }
        if !std::mem::replace(&mut self.advanced, true) {
            // Jumps remembered before would not stop.
            self.core.mmu.flush_all();
        }
        self.core.frame.limit = instructions;
        let stop = self.with_space(space, Self::run_guest);
        self.core.frame.limit = u64::MAX;
        stop
    }

    fn executed(&self) -> u64 {
        self.core.frame.executed
    }

    fn step(&mut self, space: &Space) -> Stop {
        self.with_space(space, Self::step_guest)
    }

    fn answer(&mut self, results: [u64; 2]) {
        self.core.isa.answer(&mut self.core.frame, results);
    }

    fn registers(&self) -> Registers {
        self.core.isa.registers(&self.core.frame)
    }

    fn set_registers(&mut self, registers: &Registers) -> Result<(), String> {
        self.core.isa.set_registers(&mut self.core.frame, registers)?;
        self.core.before_losing_rights();
        self.core.mmu.flush_all();
        Ok(())
    }

    fn translate(&mut self, space: &Space, address: u64) -> Option<u64> {
        self.core.isa.peek(&self.core.frame, space, address)
    }

    fn flush(&mut self, what: Flush) {
        let what = match what {
            Flush::Translations { range: Some(range), asid } => {
                Flush::Translations { range: self.core.isa.widen(range), asid }
            }
            what => what,
        };
        self.forget(what);
    }

    fn set_breakpoints(&mut self, addresses: &[u64]) {
        self.breakpoints = addresses.iter().copied().collect();
        self.clear();
    }
}

impl<I: Isa, B: Backend<I>> Drop for Engine<I, B> {
    fn drop(&mut self) {
        // Also after a panic in the middle of a run: nobody may wait for us.
        self.core.inbox.set_running(false);
        if let Some(mut stats) = self.stats.take() {
            (stats.mirror_misses, stats.slow) = (self.core.misses, self.core.slow);
            [stats.in_blocks, stats.in_regions] = self.core.frame.ran;
            eprintln!("lodge: vCPU {}: {stats}", self.core.link.id());
        }
        self.clear();
    }
}
