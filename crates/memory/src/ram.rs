//! RAM regions and the map of them that devices copy through.

use crate::pages::{CodeWatch, Marks, PAGE_SHIFT, PAGE_SIZE, Watchers};
use lodge_host::Mapping;
use lodge_host::vectored::{self, Part};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering, fence};

/// Why guest memory could not be reached or made.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// Part of the range is not RAM.
    #[error("guest physical range {address:#x}+{len:#x} is not all RAM")]
    NotRam {
        /// First byte asked for.
        address: u64,
        /// Bytes asked for.
        len: u64,
    },
    /// The host did not give the memory.
    #[error("cannot map {len} bytes of guest RAM: {source}; try less --memory")]
    Map {
        /// Bytes asked for.
        len: u64,
        /// What the kernel said.
        source: std::io::Error,
    },
    /// Two regions overlap: the board's map is wrong.
    #[error("RAM at {address:#x} overlaps another region")]
    Overlap {
        /// Start of the second one.
        address: u64,
    },
}

/// One contiguous stretch of guest RAM.
pub struct Ram {
    base: u64,
    len: u64,
    mapping: Mapping,
    marks: Marks,
    /// A bit for each [`STEP`] that was made present.
    present: Box<[AtomicU64]>,
}

/// Bytes of RAM that the host is asked for at a time.
const STEP: u64 = 64 << 10;
/// Copies from which on it pays to make all their pages present first.
const LARGE: u64 = 1 << 20;

impl Ram {
    /// `len` bytes (a multiple of 4 KiB) of zeroes at guest physical `base`.
    ///
    /// # Errors
    /// [`MemoryError::Map`].
    pub fn new(base: u64, len: u64) -> Result<Ram, MemoryError> {
        let mapping =
            Mapping::new("lodge-ram", len as usize).map_err(|source| MemoryError::Map { len, source })?;
        let present = (0..len.div_ceil(64 * STEP)).map(|_| AtomicU64::new(0)).collect();
        Ok(Ram { base, len, mapping, marks: Marks::new((len >> PAGE_SHIFT) as usize), present })
    }

    /// Guest physical address of the first byte.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Host address of the first byte, for engines. Valid as long as the region lives.
    pub fn host(&self) -> *mut u8 {
        self.mapping.as_ptr()
    }

    /// The file behind the region, for other views of it, and where in it the byte at `address` is.
    fn backing(&self, address: u64) -> (BorrowedFd<'_>, u64) {
        (self.mapping.fd(), address - self.base)
    }

    /// Makes the pages around offset `at` present, once.
    fn approach(&self, at: u64) {
        let step = at / STEP;
        let (word, bit) = (&self.present[(step / 64) as usize], 1 << (step % 64));
        if word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            let from = step * STEP;
            self.mapping.make_present(from as usize, STEP.min(self.len - from) as usize);
        }
    }

    fn contains(&self, address: u64, len: u64) -> bool {
        address >= self.base && len <= self.len && address - self.base <= self.len - len
    }
}

/// All RAM of a guest: what devices DMA to and what engines map.
#[derive(Default)]
pub struct GuestMemory {
    regions: Vec<Ram>,
    watchers: Watchers,
}

macro_rules! scalar {
    ($read:ident, $write:ident, $int:ty, $atomic:ty) => {
        /// Reads one little-endian value at a naturally aligned address, in one piece, with acquire order.
        ///
        /// # Errors
        /// [`MemoryError::NotRam`], also when misaligned.
        pub fn $read(&self, address: u64) -> Result<$int, MemoryError> {
            let ptr = self.aligned(address, size_of::<$int>() as u64)?;
            // SAFETY: in bounds and aligned by `aligned`; guest memory is only ever accessed atomically or volatile.
            Ok(<$int>::from_le(unsafe { <$atomic>::from_ptr(ptr.cast()) }.load(Ordering::Acquire)))
        }

        /// Writes one little-endian value at a naturally aligned address, in one piece, with release order.
        ///
        /// # Errors
        /// [`MemoryError::NotRam`], also when misaligned.
        pub fn $write(&self, address: u64, value: $int) -> Result<(), MemoryError> {
            let ptr = self.aligned(address, size_of::<$int>() as u64)?;
            // SAFETY: as in the read above.
            unsafe { <$atomic>::from_ptr(ptr.cast()) }.store(value.to_le(), Ordering::Release);
            self.written(address, size_of::<$int>() as u64);
            Ok(())
        }
    };
}

impl GuestMemory {
    /// Guest memory of these regions.
    ///
    /// # Errors
    /// [`MemoryError::Overlap`].
    pub fn new(mut regions: Vec<Ram>) -> Result<GuestMemory, MemoryError> {
        regions.sort_by_key(|r| r.base);
        for pair in regions.windows(2) {
            if pair[0].base + pair[0].len > pair[1].base {
                return Err(MemoryError::Overlap { address: pair[1].base });
            }
        }
        Ok(GuestMemory { regions, watchers: Watchers::default() })
    }

    /// The regions, by address.
    pub fn regions(&self) -> &[Ram] {
        &self.regions
    }

    /// The region that holds all of `address..address + len`.
    pub fn find(&self, address: u64, len: u64) -> Option<&Ram> {
        self.regions.iter().find(|r| r.contains(address, len))
    }

    fn pointer(&self, address: u64, len: u64) -> Result<*mut u8, MemoryError> {
        let region = self.find(address, len).ok_or(MemoryError::NotRam { address, len })?;
        // SAFETY: `find` has checked that the offset lies inside the mapping.
        Ok(unsafe { region.host().add((address - region.base) as usize) })
    }

    fn aligned(&self, address: u64, len: u64) -> Result<*mut u8, MemoryError> {
        if !address.is_multiple_of(len) {
            return Err(MemoryError::NotRam { address, len });
        }
        self.pointer(address, len)
    }

    /// Host address of `len` bytes of RAM at `address`, for engines.
    pub fn host(&self, address: u64, len: u64) -> Option<*mut u8> {
        self.pointer(address, len).ok()
    }

    /// The file that holds the RAM at `address`, and where in it, for engines that map it once more.
    pub fn backing(&self, address: u64) -> Option<(BorrowedFd<'_>, u64)> {
        self.find(address, 1).map(|region| region.backing(address))
    }

    /// Host address of the byte of RAM at `address`, for engines that are about to use its page: neighbours are made
    /// present with it.
    pub fn approach(&self, address: u64) -> Option<*mut u8> {
        let region = self.find(address, 1)?;
        region.approach(address - region.base);
        // SAFETY: `find` has checked that the offset lies inside the mapping.
        Some(unsafe { region.host().add((address - region.base) as usize) })
    }

    scalar!(read_u8, write_u8, u8, AtomicU8);
    scalar!(read_u16, write_u16, u16, AtomicU16);
    scalar!(read_u32, write_u32, u32, AtomicU32);
    scalar!(read_u64, write_u64, u64, AtomicU64);

    /// Replaces the little-endian value at the naturally aligned `address` by `new` if it is `current`, in one step,
    /// with sequentially consistent order. `Ok(Err(found))`: it was another, and nothing has changed.
    ///
    /// # Errors
    /// [`MemoryError::NotRam`], also when misaligned.
    pub fn compare_exchange_u64(
        &self,
        address: u64,
        current: u64,
        new: u64,
    ) -> Result<Result<u64, u64>, MemoryError> {
        let ptr = self.aligned(address, 8)?;
        // SAFETY: in bounds and aligned by `aligned`; guest memory is only ever accessed atomically or volatile.
        let atomic = unsafe { AtomicU64::from_ptr(ptr.cast()) };
        let done = atomic.compare_exchange(current.to_le(), new.to_le(), Ordering::SeqCst, Ordering::SeqCst);
        if done.is_ok() {
            self.written(address, 8);
        }
        Ok(done.map(u64::from_le).map_err(u64::from_le))
    }

    /// Copies out of guest RAM.
    ///
    /// # Errors
    /// [`MemoryError::NotRam`]; `into` is unchanged then.
    pub fn read(&self, address: u64, into: &mut [u8]) -> Result<(), MemoryError> {
        let from = self.pointer(address, into.len() as u64)?;
        // SAFETY: both ranges are valid for the length; the guest side is read volatile, in words where aligned.
        unsafe { copy_volatile(from, into.as_mut_ptr(), into.len()) };
        Ok(())
    }

    /// Copies into guest RAM.
    ///
    /// # Errors
    /// [`MemoryError::NotRam`]; nothing is written then.
    pub fn write(&self, address: u64, from: &[u8]) -> Result<(), MemoryError> {
        let len = from.len() as u64;
        let into = self.pointer(address, len)?;
        if let Some(region) = self.find(address, len).filter(|_| len >= LARGE) {
            let first = (address - region.base) / STEP;
            (first..(address - region.base + len).div_ceil(STEP))
                .for_each(|step| region.approach(step * STEP));
        }
        // SAFETY: as in `read`.
        unsafe { copy_volatile(from.as_ptr(), into, from.len()) };
        self.written(address, from.len() as u64);
        Ok(())
    }

    /// The host's view of guest physical stretches (address, bytes).
    fn parts(&self, stretches: &[(u64, u32)]) -> Result<Vec<Part>, MemoryError> {
        let part = |&(address, len): &(u64, u32)| {
            Ok(Part { pointer: self.pointer(address, len.into())?, len: len as usize })
        };
        stretches.iter().map(part).collect()
    }

    /// Reads from `file` at `offset` straight into stretches (address, bytes) of guest RAM, in their order; the host's
    /// kernel does the copying. The inner result: bytes read (fewer than asked for: the file ends), or what the kernel
    /// said.
    ///
    /// # Errors
    /// [`MemoryError::NotRam`]; nothing is read then.
    pub fn read_file(
        &self,
        file: BorrowedFd<'_>,
        offset: u64,
        stretches: &[(u64, u32)],
    ) -> Result<std::io::Result<usize>, MemoryError> {
        let parts = self.parts(stretches)?;
        // SAFETY: `parts` are inside of our mapping, which outlives the call; the kernel makes no reference of them.
        let read = unsafe { vectored::read_at(file, offset, &parts) };
        let mut left = *read.as_ref().unwrap_or(&0) as u64;
        for &(address, len) in stretches {
            self.written(address, left.min(len.into()));
            left = left.saturating_sub(len.into());
        }
        Ok(read)
    }

    /// Writes stretches (address, bytes) of guest RAM, in their order, to `file` at `offset`. The inner result: bytes
    /// written, or what the kernel said.
    ///
    /// # Errors
    /// [`MemoryError::NotRam`]; nothing is written then.
    pub fn write_file(
        &self,
        file: BorrowedFd<'_>,
        offset: u64,
        stretches: &[(u64, u32)],
    ) -> Result<std::io::Result<usize>, MemoryError> {
        let parts = self.parts(stretches)?;
        // SAFETY: as in `read_file`.
        Ok(unsafe { vectored::write_at(file, offset, &parts) })
    }

    /// Gives whole pages back to the host; they read as zero afterwards (balloon).
    ///
    /// # Errors
    /// [`MemoryError::NotRam`] when not RAM or not whole pages, [`MemoryError::Map`] when the host refuses.
    pub fn discard(&self, address: u64, len: u64) -> Result<(), MemoryError> {
        let whole = (address | len).is_multiple_of(PAGE_SIZE);
        let region = self.find(address, len).filter(|_| whole).ok_or(MemoryError::NotRam { address, len })?;
        region
            .mapping
            .discard((address - region.base) as usize, len as usize)
            .map_err(|source| MemoryError::Map { len, source })?;
        self.written(address, len);
        Ok(())
    }

    /// Registers who is told about writes to code of vCPU number `cpu` (below 32).
    pub fn watch_code(&self, cpu: u32, watch: Arc<dyn CodeWatch>) {
        self.watchers.add(cpu, watch);
    }

    /// Marks the page at `address` as translated by `cpu`; if it held no code before, tells every other vCPU.
    pub fn mark_code(&self, address: u64, cpu: u32) {
        if let Some((region, page)) = self.page(address) {
            let tell = || self.watchers.each(!(1 << cpu), |w| w.now_code(address & !(PAGE_SIZE - 1)));
            region.marks.set(page, 1 << cpu, tell);
        }
    }

    /// Marks bytes (within one page, which must have been marked) as code, before they are read: from now on writes to
    /// them are reported.
    pub fn mark_bytes(&self, address: u64, len: u64) {
        if let (Some((region, page)), 1..) = (self.page(address), len) {
            region.marks.set_bytes(page, address % PAGE_SIZE, len);
        }
    }

    /// The bits of the page at `address`, one for each 8 bytes from its beginning, 512 in all; they may change at any time
    /// and are valid as long as the region lives. A store to a marked page that finds its bit clear *after*
    /// it, with a full fence between, need not be reported.
    pub fn code_bits(&self, address: u64) -> Option<*const u64> {
        self.page(address).map(|(region, page)| region.marks.bits(page))
    }

    /// `cpu` holds no translation of the page any more.
    pub fn unmark_code(&self, address: u64, cpu: u32) {
        if let Some((region, page)) = self.page(address) {
            region.marks.clear(page, 1 << cpu);
        }
    }

    /// Which vCPUs (a bit each) hold translations of the page at `address`.
    pub fn code_mask(&self, address: u64) -> u32 {
        self.page(address).map_or(0, |(region, page)| region.marks.get(page))
    }

    fn page(&self, address: u64) -> Option<(&Ram, usize)> {
        let region = self.find(address, 1)?;
        Some((region, ((address - region.base) >> PAGE_SHIFT) as usize))
    }

    /// Says that `len` bytes at `address` were written; engines call it for stores to pages marked as code.
    pub fn written(&self, address: u64, len: u64) {
        // The bytes before the look at the marks: whoever marks a page after it reads what was written.
        fence(Ordering::SeqCst);
        let mut at = address;
        let end = address.saturating_add(len);
        while at < end {
            let next = ((at | (PAGE_SIZE - 1)) + 1).min(end);
            if let Some((region, page)) = self.page(at) {
                let start = at & !(PAGE_SIZE - 1);
                region.marks.report(page, at - start, next - at, |mask, offset, len| {
                    self.watchers.each(mask, |w| w.written(start + offset, len));
                });
            }
            at = next;
        }
    }
}

/// Copies between guest memory and ours without ever forming a reference to the former.
///
/// # Safety
/// Both pointers must be valid for `len` bytes.
unsafe fn copy_volatile(from: *const u8, into: *mut u8, len: usize) {
    let mut done = 0;
    // SAFETY: all offsets stay below `len`; words go through unaligned volatile-sized accesses on aligned guest parts.
    unsafe {
        if (from as usize) % 8 == (into as usize) % 8 {
            while done < len && !(from as usize + done).is_multiple_of(8) {
                into.add(done).write_volatile(from.add(done).read_volatile());
                done += 1;
            }
            while len - done >= 8 {
                into.add(done).cast::<u64>().write_volatile(from.add(done).cast::<u64>().read_volatile());
                done += 8;
            }
        }
        while done < len {
            into.add(done).write_volatile(from.add(done).read_volatile());
            done += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn memory() -> GuestMemory {
        GuestMemory::new(vec![Ram::new(0x8000_0000, 0x4000).unwrap()]).unwrap()
    }

    #[test]
    fn copies_stay_inside_ram() {
        let memory = memory();
        memory.write(0x8000_0ffd, b"hello world").unwrap();
        let mut back = [0; 11];
        memory.read(0x8000_0ffd, &mut back).unwrap();
        assert_eq!(&back, b"hello world");
        assert_eq!(memory.read_u16(0x8000_1000).unwrap(), u16::from_le_bytes(*b"lo"));
        for (address, len) in [(0x7fff_ffff, 1), (0x8000_3fff, 2), (u64::MAX, 8), (0x8000_0000, 0x4001)] {
            assert!(memory.read(address, &mut vec![0; len]).is_err(), "{address:#x}+{len}");
        }
        assert!(memory.read_u32(0x8000_0002).is_err(), "misaligned");
        memory.discard(0x8000_0000, 0x1000).unwrap();
        assert_eq!(memory.read_u8(0x8000_0ffd).unwrap(), 0);
    }

    #[test]
    fn file_bytes_go_straight_to_ram_and_back() {
        use std::os::fd::AsFd;
        let memory = memory();
        let path = std::env::temp_dir().join(format!("lodge-memory-{}", std::process::id()));
        std::fs::write(&path, b"hello").unwrap();
        let file = std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let log = Arc::new(Log::default());
        memory.watch_code(0, log.clone());
        memory.mark_code(0x8000_1000, 0);
        memory.mark_bytes(0x8000_1000, 8);
        let stretches = [(0x8000_0ffe, 4), (0x8000_2000, 9)];
        assert_eq!(memory.read_file(file.as_fd(), 1, &stretches).unwrap().unwrap(), 4);
        assert_eq!(memory.read_u16(0x8000_1000).unwrap(), u16::from_le_bytes(*b"lo"));
        assert_eq!(*log.0.lock().unwrap(), [(0x8000_1000, 8)], "translations hear of it");
        assert_eq!(memory.write_file(file.as_fd(), 5, &stretches[..1]).unwrap().unwrap(), 4);
        assert_eq!(std::fs::read(&path).unwrap(), b"helloello");
        assert!(memory.read_file(file.as_fd(), 0, &[(0x8000_3fff, 2)]).is_err());
        std::fs::remove_file(path).unwrap();
    }

    #[derive(Default)]
    struct Log(Mutex<Vec<(u64, u64)>>);
    impl CodeWatch for Log {
        fn written(&self, address: u64, len: u64) {
            self.0.lock().unwrap().push((address, len));
        }
        fn now_code(&self, address: u64) {
            self.0.lock().unwrap().push((address, 0));
        }
    }

    #[test]
    fn writes_to_code_are_reported_to_those_who_translated_it() {
        let memory = memory();
        let (a, b) = (Arc::new(Log::default()), Arc::new(Log::default()));
        memory.watch_code(0, a.clone());
        memory.watch_code(1, b.clone());
        memory.mark_code(0x8000_1234, 0);
        memory.mark_bytes(0x8000_1004, 0x10);
        memory.write(0x8000_0ff0, &[0; 0x20]).unwrap();
        // Reported already; beside it; the rest, rounded to granules.
        memory.write(0x8000_1000, &[0; 0x10]).unwrap();
        memory.write(0x8000_1018, &[0; 0x10]).unwrap();
        memory.write_u8(0x8000_1012, 0).unwrap();
        memory.mark_bytes(0x8000_1ffe, 2);
        memory.write_u8(0x8000_1ff9, 0).unwrap();
        memory.unmark_code(0x8000_1000, 0);
        memory.write_u8(0x8000_1000, 1).unwrap();
        let told = [(0x8000_1000, 0x10), (0x8000_1010, 8), (0x8000_1ff8, 8)];
        assert_eq!(*a.0.lock().unwrap(), told);
        assert_eq!(*b.0.lock().unwrap(), [(0x8000_1000, 0)]);
    }
}
