//! One vCPU as both the interpreter and translated code see it: registers, address translation, slow paths.

use crate::blocks::Key;
use crate::frame::FrameBox;
use crate::mirror::Showing;
use crate::smp::Inbox;
use crate::softmmu::{SoftMmu, WATCHED, tlb_index};
use crate::{Access, Context, Exception, Isa, Mapping, Mode, Outcome};
use lodge_bus::{Effect, Space};
use lodge_cpu::{Flush, Link, Stop};
use lodge_memory::{GuestMemory, PAGE_SIZE};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// See the module's head.
pub(crate) struct Core<I: Isa> {
    pub frame: FrameBox,
    pub isa: I,
    pub mmu: SoftMmu,
    pub link: Arc<Link>,
    pub inbox: Arc<Inbox>,
    pub memory: Arc<GuestMemory>,
    /// Where MMIO goes; set by `run` for as long as it runs.
    pub space: *const Space,
    /// Why translated code came back, when it was not for a jump.
    pub pending: Option<Pending>,
    /// Flushes that helpers asked for.
    pub flushes: Vec<Flush>,
    /// What a device asked of the machine by a store.
    pub effect: Effect,
    /// Regions that use the mirror, by number.
    pub mirrored: Vec<Mirrored>,
    /// Numbers of those that miss it so often that they are better off without.
    pub unhappy: Vec<u32>,
    /// Accesses that missed it.
    pub misses: u64,
    /// Operations that the interpreter or a helper did for translated code.
    pub slow: u64,
    /// Times that it did not help.
    pub useless: u32,
}

/// A region that uses the mirror, and how it fares.
pub(crate) struct Mirrored {
    pub key: Key,
    pub handle: u64,
    misses: u32,
    /// Since when they are counted, and how many of all regions there were then.
    since: Instant,
    before: u32,
}

impl Mirrored {
    pub(crate) fn new(key: Key, handle: u64, before: u32) -> Mirrored {
        Mirrored { key, handle, misses: 0, since: Instant::now(), before }
    }
}

/// Misses after which a region's fortune is looked at.
const MISSES: u32 = 256;
/// A region that misses that often in less than this spends a good part of its time on it: a miss takes some
/// microseconds (a signal, a mapping), what the translation cache takes for one is a small part of that.
const TOO_SOON: Duration = Duration::from_millis(4);

// SAFETY: `space` is only set and followed inside `run`, on the thread that runs; the frame's pointers likewise.
unsafe impl<I: Isa> Send for Core<I> {}

/// Why guest code cannot simply go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Pending {
    /// The instruction at `frame.pc` raised this.
    Exception(Exception),
    /// The vCPU stops; it will go on at `frame.pc`.
    Stop(Stop),
    /// Goes on at `frame.pc` after interrupts have been looked at.
    Leave,
    /// Goes on at `frame.pc`; the dispatcher does the flushes that are left.
    Settled,
}

impl<I: Isa> Core<I> {
    fn space(&self) -> &Space {
        // SAFETY: set by `run` from a reference that outlives the run; slow paths are only reached from there.
        unsafe { &*self.space }
    }

    /// Calls `with` on the ISA with everything it may reach.
    pub(crate) fn with_isa<R>(&mut self, with: impl FnOnce(&mut I, &mut Context<'_>) -> R) -> R {
        // SAFETY: as in `space`; a separate borrow because the context also holds parts of `self` mutably.
        let space = unsafe { &*self.space };
        let mut cx = Context { frame: &mut self.frame, space, link: &self.link, flush: &mut self.flushes };
        with(&mut self.isa, &mut cx)
    }

    /// Translates for `access`; remembers the page when it is RAM and may be.
    pub(crate) fn translate(
        &mut self,
        address: u64,
        access: Access,
    ) -> Result<(u64, Option<u64>), Exception> {
        let entry = self.mmu.current().tlb[tlb_index(address)];
        let tag = if access == Access::Write { entry.write } else { entry.read };
        if access != Access::Execute && tag == address & !(PAGE_SIZE - 1) {
            let physical = entry.page() | address & (PAGE_SIZE - 1);
            return Ok((physical, Some(address.wrapping_add(entry.addend))));
        }
        let watched = entry.physical & WATCHED != 0 && entry.read == address & !(PAGE_SIZE - 1);
        if access == Access::Write && watched && self.memory.code_mask(entry.page()) != 0 {
            let physical = entry.page() | address & (PAGE_SIZE - 1);
            return Ok((physical, Some(address.wrapping_add(entry.addend))));
        }
        let mapping: Mapping = self.with_isa(|isa, cx| isa.walk(cx, address, access))?;
        let host = self.memory.approach(mapping.address).map(|p| p as u64);
        if let (Some(host), true, true) = (host, mapping.whole_page, access != Access::Execute) {
            let code = mapping.writable && self.memory.code_mask(mapping.address) != 0;
            self.before_losing_rights();
            let bits = if code { self.memory.code_bits(mapping.address) } else { None };
            self.mmu.fill(address, mapping, host, bits);
        }
        Ok((mapping.address, host))
    }

    fn crosses_page(address: u64, size: u8) -> bool {
        address % PAGE_SIZE + u64::from(size) > PAGE_SIZE
    }

    /// After a slow access by region `number`: mirrors the page, so that the next one is fast.
    pub(crate) fn missed(&mut self, number: u32, address: u64, size: u8) {
        let mut useless = self.show(address) != Showing::New;
        if Self::crosses_page(address, size) {
            useless &= self.show(address.wrapping_add(u64::from(size))) != Showing::New;
        }
        self.misses += 1;
        if useless {
            self.beyond(number);
        }
    }

    fn show(&mut self, address: u64) -> Showing {
        self.before_losing_rights();
        match self.with_isa(|isa, cx| isa.walk(cx, address, Access::Read)) {
            Ok(mapping) => self.mmu.show(address, mapping, &self.memory),
            Err(_) => Showing::Useless,
        }
    }

    /// Region `number` has come upon an address where the mirror did not help it, or not for long.
    pub(crate) fn beyond(&mut self, number: u32) {
        self.useless += 1;
        let Some(region) = self.mirrored.get_mut(number as usize) else { return };
        region.misses += 1;
        if region.misses == MISSES {
            let now = Instant::now();
            // What counts is the time that all of them take: a region among many that do badly does badly too.
            let all = self.useless.wrapping_sub(region.before);
            if now - region.since < TOO_SOON * (all / MISSES) {
                self.unhappy.push(number);
                self.link.kick();
            }
            (region.misses, region.since, region.before) = (0, now, self.useless);
        }
    }

    /// Loads `size` bytes, zero-extended, from anywhere.
    pub(crate) fn load(&mut self, address: u64, size: u8) -> Result<u64, Exception> {
        if Self::crosses_page(address, size) {
            // Both halves must be readable before anything is; reading has no side effect in RAM.
            let mut bytes = [0; 8];
            for (i, byte) in bytes[..usize::from(size)].iter_mut().enumerate() {
                *byte = self.load(address.wrapping_add(i as u64), 1)? as u8;
            }
            return Ok(u64::from_le_bytes(bytes));
        }
        let (physical, host) = self.translate(address, Access::Read)?;
        match host {
            // SAFETY: `host` is a RAM address inside one page, translated just now.
            Some(host) => Ok(unsafe { read_ram(host as *const u8, size) }),
            None => self.space().read(physical, size).map_err(|_| bus_error::<I>(address, Access::Read)),
        }
    }

    /// Stores the low `size` bytes of `value` anywhere.
    pub(crate) fn store(&mut self, address: u64, size: u8, value: u64) -> Result<(), Exception> {
        if Self::crosses_page(address, size) {
            let second = (address | (PAGE_SIZE - 1)).wrapping_add(1);
            self.translate(second, Access::Write)?;
            self.translate(address, Access::Write)?;
            for (i, byte) in value.to_le_bytes()[..usize::from(size)].iter().enumerate() {
                self.store(address.wrapping_add(i as u64), 1, u64::from(*byte))?;
            }
            return Ok(());
        }
        let (physical, host) = self.translate(address, Access::Write)?;
        match host {
            Some(host) if self.memory.code_mask(physical) == 0 => {
                // SAFETY: as in `load`.
                unsafe { write_ram(host as *mut u8, size, value) };
                self.stored(physical, size);
            }
            Some(host) => {
                // Code is often written over with the very same: that is no news, as nothing has changed.
                // SAFETY: as in `load`.
                if unsafe { swap_ram(host as *mut u8, size, value) } {
                    self.stored(physical, size);
                }
            }
            None => self.device_store(address, physical, size, value)?,
        }
        Ok(())
    }

    /// After a store on the slow path: tells those who translated the bytes.
    fn stored(&self, physical: u64, size: u8) {
        self.memory.written(physical, u64::from(size));
    }

    /// A store to the page of `address` has been made that must be reported.
    pub(crate) fn report(&mut self, address: u64, size: u8) {
        if let Ok((physical, Some(_))) = self.translate(address, Access::Write) {
            self.stored(physical, size);
        }
    }

    /// Where the value of `size` bytes at `address` is in the page that `near` remembers, which becomes the one that
    /// holds it; `None`: it is in none, or over two.
    #[inline(always)]
    pub(crate) fn near(
        &mut self,
        address: u64,
        size: u8,
        store: bool,
        near: &mut Near,
    ) -> Result<Option<NearHost>, Exception> {
        let offset = address % PAGE_SIZE;
        if offset + u64::from(size) > PAGE_SIZE {
            return Ok(None);
        }
        if address - offset != near.page {
            if store {
                self.leave_near(near);
            }
            *near = Near::NOWHERE;
            let (physical, host) =
                self.translate(address, if store { Access::Write } else { Access::Read })?;
            let Some(host) = host else { return Ok(None) };
            let (host, physical) = (host - offset, physical - offset);
            *near = Near { page: address - offset, host, physical, touched: (PAGE_SIZE, 0) };
        }
        near.touched = (near.touched.0.min(offset), near.touched.1.max(offset + u64::from(size)));
        Ok(Some(NearHost(near.host + offset)))
    }

    /// After stores by way of `near`: tells those who translated the page.
    pub(crate) fn leave_near(&self, near: &Near) {
        if near.page != Near::NOWHERE.page {
            std::sync::atomic::fence(Ordering::SeqCst);
            if self.memory.code_mask(near.physical) != 0 {
                let (first, end) = near.touched;
                self.memory.written(near.physical + first, end - first);
            }
        }
    }

    #[inline(always)]
    pub(crate) fn get_near(&self, host: NearHost, size: u8) -> u64 {
        // SAFETY: `near` has found RAM there, all in one page.
        unsafe { read_ram(host.0 as *const u8, size) }
    }

    #[inline(always)]
    pub(crate) fn put_near(&self, host: NearHost, size: u8, value: u64) {
        // SAFETY: as above, and it may be written.
        unsafe { write_ram(host.0 as *mut u8, size, value) };
    }

    fn device_store(&mut self, address: u64, physical: u64, size: u8, value: u64) -> Result<(), Exception> {
        match self.space().write(physical, size, value) {
            Ok(Effect::None) => {}
            Ok(effect) => {
                self.effect = effect;
                self.link.kick();
            }
            Err(_) => return Err(bus_error::<I>(address, Access::Write)),
        }
        Ok(())
    }

    /// Writes zeroes to the 64 aligned bytes around `address`.
    pub(crate) fn zero_line(&mut self, address: u64) -> Result<(), Exception> {
        const LINE: u64 = 64;
        let (physical, host) = self.translate(address, Access::Write)?;
        let host = host.ok_or_else(|| bus_error::<I>(address, Access::Write))?;
        let first = host & !(LINE - 1);
        for at in (first..first + LINE).step_by(8) {
            // SAFETY: RAM, in the page that was translated, aligned.
            unsafe { write_ram(at as *mut u8, 8, 0) };
        }
        self.stored(physical & !(LINE - 1), LINE as u8);
        Ok(())
    }

    /// Host address for an atomic of `size` bytes, which must be naturally aligned and in RAM.
    pub(crate) fn atomic(&mut self, address: u64, size: u8) -> Result<Atomic, Exception> {
        if !address.is_multiple_of(u64::from(size)) {
            return Err(Exception { cause: I::misaligned(Access::Write), value: address });
        }
        let (physical, host) = self.translate(address, Access::Write)?;
        let host = host.ok_or_else(|| bus_error::<I>(address, Access::Write))?;
        Ok(Atomic { host, physical })
    }

    /// Old value, sign-extended; `change` computes the new one.
    pub(crate) fn rmw(
        &mut self,
        address: u64,
        size: u8,
        change: impl Fn(u64) -> u64,
    ) -> Result<u64, Exception> {
        let atomic = self.atomic(address, size)?;
        // SAFETY: RAM, aligned by `atomic`; all guest accesses to RAM are atomic or volatile.
        let old = unsafe {
            if size == 4 {
                let cell = AtomicU32::from_ptr(atomic.host as *mut u32);
                let update = |old| Some(change(u64::from(old)) as u32);
                cell.fetch_update(Ordering::SeqCst, Ordering::SeqCst, update).unwrap_or_else(|old| old) as i32
                    as u64
            } else {
                let cell = AtomicU64::from_ptr(atomic.host as *mut u64);
                cell.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |old| Some(change(old)))
                    .unwrap_or_else(|old| old)
            }
        };
        self.stored(atomic.physical, size);
        Ok(old)
    }

    /// Compare and swap; the old value, sign-extended.
    pub(crate) fn cas(&mut self, address: u64, size: u8, expect: u64, new: u64) -> Result<u64, Exception> {
        let atomic = self.atomic(address, size)?;
        // SAFETY: as in `rmw`.
        let old = unsafe {
            if size == 4 {
                let cell = AtomicU32::from_ptr(atomic.host as *mut u32);
                let swap =
                    cell.compare_exchange(expect as u32, new as u32, Ordering::SeqCst, Ordering::SeqCst);
                swap.unwrap_or_else(|old| old) as i32 as u64
            } else {
                let cell = AtomicU64::from_ptr(atomic.host as *mut u64);
                let swap = cell.compare_exchange(expect, new, Ordering::SeqCst, Ordering::SeqCst);
                swap.unwrap_or_else(|old| old)
            }
        };
        self.stored(atomic.physical, size);
        Ok(old)
    }

    /// 16-byte compare and swap; the old value.
    pub(crate) fn cas_pair(&mut self, address: u64, expect: u128, new: u128) -> Result<u128, Exception> {
        let atomic = self.atomic(address, 16)?;
        // SAFETY: 16-byte aligned RAM by `atomic`.
        let old = unsafe { lodge_host::cas128(atomic.host as *mut u128, expect, new) };
        self.stored(atomic.physical, 16);
        Ok(old)
    }

    /// Load-reserved: the value, sign-extended; the reservation is on the virtual address.
    pub(crate) fn load_reserved(&mut self, address: u64, size: u8) -> Result<u64, Exception> {
        if !address.is_multiple_of(u64::from(size)) {
            return Err(Exception { cause: I::misaligned(Access::Read), value: address });
        }
        let (_, host) = self.translate(address, Access::Read)?;
        let host = host.ok_or_else(|| bus_error::<I>(address, Access::Read))?;
        // SAFETY: aligned RAM.
        let value = unsafe { read_ram(host as *const u8, size) };
        let value = if size == 4 { value as i32 as u64 } else { value };
        (self.frame.reserved, self.frame.reserved_value) = (address | 1, value);
        Ok(value)
    }

    /// Store-conditional: 0 when it stored, 1 when not. Holds when memory still has the value that was reserved.
    pub(crate) fn store_conditional(&mut self, address: u64, size: u8, value: u64) -> Result<u64, Exception> {
        let held = self.frame.reserved == address | 1;
        // An address that faults does so whether or not the reservation holds.
        self.atomic(address, size)?;
        self.frame.drop_reservation();
        if !held {
            return Ok(1);
        }
        // Of a wider reservation the bytes stored to count.
        let reserved = self.frame.reserved_value;
        let expect = if size == 4 { reserved as i32 as u64 } else { reserved };
        Ok(u64::from(self.cas(address, size, expect, value)? != expect))
    }

    /// Runs a helper; `Ok` when the block goes on.
    pub(crate) fn call(&mut self, helper: u16, dst: Option<u16>, args: [u64; 3]) -> Result<(), Pending> {
        let outcome = self.with_isa(|isa, cx| isa.call(cx, helper, args));
        let value = match outcome {
            Outcome::Value(value) | Outcome::Leave(value) => value,
            Outcome::Raise(exception) => return Err(Pending::Exception(exception)),
            Outcome::Stop(stop) => return Err(Pending::Stop(stop)),
        };
        if let Some(dst) = dst {
            self.frame.slots[usize::from(dst)] = value;
        }
        if matches!(outcome, Outcome::Leave(_)) { Err(Pending::Leave) } else { Ok(()) }
    }

    /// Does what must be done before the guest goes on at `frame.pc`: enters handlers, forgets translations.
    /// `Err`: what is left for the dispatcher.
    pub(crate) fn settle(&mut self, pending: Pending) -> Result<(), Pending> {
        match pending {
            Pending::Exception(exception) => {
                if let Some(stop) = self.with_isa(|isa, cx| isa.raise(cx, exception)) {
                    return Err(Pending::Stop(stop));
                }
            }
            Pending::Leave => self.with_isa(|isa, cx| isa.poll(cx)),
            Pending::Settled => {}
            stop @ Pending::Stop(_) => return Err(stop),
        }
        if self.forget_translations() { Ok(()) } else { Err(Pending::Settled) }
    }

    /// Does the flushes of translations that helpers asked for; whether there are no other ones.
    pub(crate) fn forget_translations(&mut self) -> bool {
        if self.flushes.is_empty() {
            return true;
        }
        self.before_losing_rights();
        let mmu = &mut self.mmu;
        self.flushes.retain(|flush| match *flush {
            Flush::Translations { range, asid } => {
                mmu.flush(range, |root| asid.is_none_or(|asid| I::has_asid(root, asid)), asid.is_some());
                false
            }
            Flush::Instructions => true,
        });
        self.flushes.is_empty()
    }

    /// Makes the frame fit for the mode the vCPU is in.
    pub(crate) fn enter_mode(&mut self) -> Mode {
        let mode = self.isa.mode(&self.frame);
        if !self.mmu.has(mode) {
            self.before_losing_rights();
        }
        self.frame.context = self.mmu.select(mode).cast();
        self.frame.jump_key = mode.jump_key();
        mode
    }

    /// Call before giving up write access to anything for another reason than news: see [`crate::smp`].
    pub(crate) fn before_losing_rights(&mut self) {
        std::sync::atomic::fence(Ordering::SeqCst);
        if self.inbox.has_code() {
            let code = self.inbox.take_code();
            self.protect(code);
        }
    }

    /// Gives up write access to pages that became code; reports those it had, for it may have used it.
    pub(crate) fn protect(&mut self, mut pages: Vec<u64>) {
        pages.sort_unstable();
        for page in self.mmu.protect(&pages) {
            self.memory.written(page, PAGE_SIZE);
        }
    }
}

/// A page of RAM that was translated for the operation at hand.
pub(crate) struct Near {
    page: u64,
    host: u64,
    physical: u64,
    /// Offsets of the first byte used, and of what is behind the last.
    touched: (u64, u64),
}

/// Host address of a value in such a page.
#[derive(Clone, Copy)]
pub(crate) struct NearHost(u64);

impl Near {
    /// No page.
    pub(crate) const NOWHERE: Near = Near { page: 1, host: 0, physical: 0, touched: (0, 0) };
}

/// Where an atomic works.
pub(crate) struct Atomic {
    host: u64,
    physical: u64,
}

fn bus_error<I: Isa>(address: u64, access: Access) -> Exception {
    Exception { cause: I::bus_error(access), value: address }
}

/// Reads RAM in one piece when aligned.
///
/// # Safety
/// `ptr` must be valid for `size` bytes.
#[inline(always)]
unsafe fn read_ram(ptr: *const u8, size: u8) -> u64 {
    // SAFETY: by the caller; alignment is checked before the atomic forms.
    unsafe {
        match (size, ptr as usize % usize::from(size)) {
            (1, _) => AtomicU8::from_ptr(ptr.cast_mut()).load(Ordering::Acquire).into(),
            (2, 0) => AtomicU16::from_ptr(ptr.cast_mut().cast()).load(Ordering::Acquire).into(),
            (4, 0) => AtomicU32::from_ptr(ptr.cast_mut().cast()).load(Ordering::Acquire).into(),
            (8, 0) => AtomicU64::from_ptr(ptr.cast_mut().cast()).load(Ordering::Acquire),
            _ => {
                let mut bytes = [0; 8];
                (0..usize::from(size)).for_each(|i| bytes[i] = ptr.add(i).read_volatile());
                u64::from_le_bytes(bytes)
            }
        }
    }
}

/// Writes RAM in one piece when aligned; whether that may have changed it.
///
/// # Safety
/// `ptr` must be valid for `size` bytes.
unsafe fn swap_ram(ptr: *mut u8, size: u8, value: u64) -> bool {
    // SAFETY: by the caller; alignment is checked before the atomic forms.
    unsafe {
        match (size, ptr as usize % usize::from(size)) {
            (1, _) => AtomicU8::from_ptr(ptr).swap(value as u8, Ordering::SeqCst) != value as u8,
            (2, 0) => AtomicU16::from_ptr(ptr.cast()).swap(value as u16, Ordering::SeqCst) != value as u16,
            (4, 0) => AtomicU32::from_ptr(ptr.cast()).swap(value as u32, Ordering::SeqCst) != value as u32,
            (8, 0) => AtomicU64::from_ptr(ptr.cast()).swap(value, Ordering::SeqCst) != value,
            _ => {
                write_ram(ptr, size, value);
                true
            }
        }
    }
}

/// Writes RAM in one piece when aligned.
///
/// # Safety
/// `ptr` must be valid for `size` bytes.
#[inline(always)]
unsafe fn write_ram(ptr: *mut u8, size: u8, value: u64) {
    // SAFETY: as in `read_ram`.
    unsafe {
        match (size, ptr as usize % usize::from(size)) {
            (1, _) => AtomicU8::from_ptr(ptr).store(value as u8, Ordering::Release),
            (2, 0) => AtomicU16::from_ptr(ptr.cast()).store(value as u16, Ordering::Release),
            (4, 0) => AtomicU32::from_ptr(ptr.cast()).store(value as u32, Ordering::Release),
            (8, 0) => AtomicU64::from_ptr(ptr.cast()).store(value, Ordering::Release),
            _ => {
                let bytes = value.to_le_bytes();
                (0..usize::from(size)).for_each(|i| ptr.add(i).write_volatile(bytes[i]));
            }
        }
    }
}
