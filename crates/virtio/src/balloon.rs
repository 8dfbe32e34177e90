//! Memory balloon (§5.5): takes pages from the guest and gives their memory to the host, by three ways: the target
//! (inflate, deflate), statistics that the guest reports when asked, and free pages that it reports on its own.

use crate::Waker;
use crate::blk::copy_config;
use crate::device::{Broken, Device, Kind};
use crate::queue::Queues;
use lodge_memory::{GuestMemory, PAGE_SHIFT, PAGE_SIZE};
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Feature bits (§5.5.3).
const STATS_VQ: u64 = 1 << 1;
const DEFLATE_ON_OOM: u64 = 1 << 2;
const PAGE_REPORTING: u64 = 1 << 5;

/// Inflate, deflate, then those that depend on features. Free page hints (queue 3 of the standard) are not offered,
/// and older drivers close the gaps that missing queues leave, newer ones do not: what is behind the statistics
/// queue is reporting, wherever it is.
const QUEUE_SIZES: [u16; 5] = [128; 5];
const INFLATE: usize = 0;
const DEFLATE: usize = 1;
const STATISTICS: usize = 2;
/// Statistics entries are { tag u16, value u64 }; more than this is not read.
const STATISTIC_BYTES: u64 = 10;
const MOST_STATISTICS: u64 = 64;
/// Page numbers are copied in pieces of so many.
const NUMBERS: usize = 256;
/// Offset of `actual` in the config, which the driver writes.
const ACTUAL: u64 = 4;
const TAG: &str = "virtio-balloon";

/// The balloon.
#[derive(Default)]
pub struct Balloon {
    /// Pages of 4 KiB that the host wants.
    target: AtomicU32,
    /// Pages that the driver says it has given.
    actual: AtomicU32,
    target_changed: AtomicBool,
    statistics_wanted: AtomicBool,
    /// The last statistics by tag (§5.5.6.4).
    statistics: Mutex<BTreeMap<u16, u64>>,
    /// Features negotiated, which say where queues are.
    features: AtomicU64,
    waker: Mutex<Option<Waker>>,
}

#[derive(Serialize, Deserialize)]
struct BalloonSaved {
    target: u32,
    actual: u32,
    statistics: BTreeMap<u16, u64>,
}

impl Balloon {
    /// An empty balloon.
    pub fn new() -> Balloon {
        Balloon::default()
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.lock().unwrap_or_else(|e| e.into_inner()) {
            waker.wake();
        }
    }

    fn statistics_mut(&self) -> MutexGuard<'_, BTreeMap<u16, u64>> {
        self.statistics.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Asks the guest to give or take pages until it has given `bytes`.
    pub fn set_target(&self, bytes: u64) {
        let pages = u32::try_from(bytes >> PAGE_SHIFT).unwrap_or(u32::MAX);
        if self.target.swap(pages, Ordering::SeqCst) != pages {
            self.target_changed.store(true, Ordering::SeqCst);
            self.wake();
        }
    }

    /// Bytes that the guest is asked to give.
    pub fn target(&self) -> u64 {
        u64::from(self.target.load(Ordering::SeqCst)) << PAGE_SHIFT
    }

    /// Bytes that the guest says it has given.
    pub fn actual(&self) -> u64 {
        u64::from(self.actual.load(Ordering::SeqCst)) << PAGE_SHIFT
    }

    /// Asks the guest for fresh statistics; they come when it likes.
    pub fn ask_statistics(&self) {
        self.statistics_wanted.store(true, Ordering::SeqCst);
        self.wake();
    }

    /// The statistics that came last, by the tags of §5.5.6.4.
    pub fn statistics(&self) -> BTreeMap<u16, u64> {
        self.statistics_mut().clone()
    }

    fn inflate(&self, queues: &mut Queues) -> Result<(), Broken> {
        let mut refused = None;
        queues.drain(INFLATE, |memory, chain| {
            let mut bytes = [0; NUMBERS * 4];
            while chain.readable() >= 4 {
                let n = (chain.readable() / 4).min(NUMBERS as u64) as usize * 4;
                chain.read(memory, &mut bytes[..n])?;
                let numbers = bytes[..n].chunks_exact(4);
                let numbers = numbers.map(|b| u32::from_le_bytes(std::array::from_fn(|i| b[i])));
                give_pages(memory, numbers, &mut refused);
            }
            Ok(())
        })?;
        complain(queues, refused);
        Ok(())
    }

    fn report(&self, queues: &mut Queues, index: usize) -> Result<(), Broken> {
        let mut refused = None;
        queues.drain(index, |memory, chain| {
            for segment in chain.writable_segments() {
                // Whole pages only; a wrapping end gives an empty range.
                let start = segment.address.checked_next_multiple_of(PAGE_SIZE).unwrap_or(u64::MAX);
                let end = segment.address.saturating_add(segment.len.into()) & !(PAGE_SIZE - 1);
                give(memory, start, end.saturating_sub(start), &mut refused);
            }
            Ok(())
        })?;
        complain(queues, refused);
        Ok(())
    }

    /// The driver leaves one buffer with statistics, which goes back when fresh ones are wanted.
    fn serve_statistics(&self, queues: &mut Queues) -> Result<(), Broken> {
        let Some(mut chain) = queues.peek(STATISTICS)? else {
            queues.listen(STATISTICS)?;
            return Ok(());
        };
        let asked = self.statistics_wanted.swap(false, Ordering::SeqCst);
        if asked {
            queues.take(STATISTICS);
            queues.push(STATISTICS, chain)?;
            queues.publish(STATISTICS)?;
        } else {
            let mut fresh = BTreeMap::new();
            for _ in 0..(chain.readable() / STATISTIC_BYTES).min(MOST_STATISTICS) {
                let mut entry = [0; STATISTIC_BYTES as usize];
                chain.read(queues.memory(), &mut entry)?;
                let tag = u16::from_le_bytes([entry[0], entry[1]]);
                fresh.insert(tag, u64::from_le_bytes(std::array::from_fn(|i| entry[2 + i])));
            }
            *self.statistics_mut() = fresh;
        }
        // The driver may have answered before we listened, and gives no kick then. A buffer that was there all along
        // stays there and is no news.
        if queues.listen(STATISTICS)? && asked {
            queues.again(STATISTICS);
        }
        Ok(())
    }
}

/// Gives pages to the host, neighbours together.
fn give_pages(memory: &GuestMemory, numbers: impl Iterator<Item = u32>, refused: &mut Option<String>) {
    let mut run = 0..0u64;
    for number in numbers.map(u64::from) {
        if number == run.end {
            run.end += 1;
        } else if number + 1 == run.start {
            run.start = number;
        } else {
            give(memory, run.start << PAGE_SHIFT, (run.end - run.start) << PAGE_SHIFT, refused);
            run = number..number + 1;
        }
    }
    give(memory, run.start << PAGE_SHIFT, (run.end - run.start) << PAGE_SHIFT, refused);
}

fn give(memory: &GuestMemory, address: u64, len: u64, refused: &mut Option<String>) {
    if len > 0
        && let Err(e) = memory.discard(address, len)
    {
        *refused = Some(e.to_string());
    }
}

/// A page that cannot be given costs memory, not correctness.
fn complain(queues: &Queues, refused: Option<String>) {
    if let Some(why) = refused {
        queues.complain(&format_args!("a page of the balloon stays: {why}"));
    }
}

impl Device for Balloon {
    fn kind(&self) -> Kind {
        Kind::Balloon
    }

    fn name(&self) -> String {
        "virtio-balloon".into()
    }

    fn features(&self) -> u64 {
        STATS_VQ | DEFLATE_ON_OOM | PAGE_REPORTING
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    fn config(&self, offset: u64, into: &mut [u8]) {
        // num_pages u32, actual u32, free_page_hint_cmd_id u32, poison_val u32
        let mut config = [0; 16];
        config[..4].copy_from_slice(&self.target.load(Ordering::SeqCst).to_le_bytes());
        config[4..8].copy_from_slice(&self.actual.load(Ordering::SeqCst).to_le_bytes());
        copy_config(&config, offset, into);
    }

    fn write_config(&self, offset: u64, from: &[u8]) {
        if let (ACTUAL, Ok(bytes)) = (offset, from.try_into()) {
            self.actual.store(u32::from_le_bytes(bytes), Ordering::SeqCst);
        }
    }

    fn attach(&self, waker: Waker) {
        *self.waker.lock().unwrap_or_else(|e| e.into_inner()) = Some(waker);
    }

    fn activate(&self, features: u64) {
        self.features.store(features, Ordering::SeqCst);
    }

    fn reset(&self) {
        // The guest has forgotten which pages it gave: it has them all again. The target stays.
        self.actual.store(0, Ordering::SeqCst);
        self.features.store(0, Ordering::SeqCst);
        self.statistics_mut().clear();
    }

    fn serve(&self, queues: &mut Queues, _kicked: u64) -> Result<(), Broken> {
        if self.target_changed.swap(false, Ordering::SeqCst) {
            queues.config_changed();
        }
        self.inflate(queues)?;
        queues.drain(DEFLATE, |_, _| Ok(()))?;
        let features = self.features.load(Ordering::SeqCst);
        for index in STATISTICS..QUEUE_SIZES.len() {
            if index == STATISTICS && features & STATS_VQ != 0 {
                self.serve_statistics(queues)?;
            } else if features & PAGE_REPORTING != 0 {
                self.report(queues, index)?;
            }
        }
        Ok(())
    }
}

impl Saved for Balloon {
    fn save(&self) -> Record {
        let saved = BalloonSaved {
            target: self.target.load(Ordering::SeqCst),
            actual: self.actual.load(Ordering::SeqCst),
            statistics: self.statistics(),
        };
        Record::new(TAG, 1, &saved)
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: BalloonSaved = record.open(TAG, 1)?;
        self.target.store(saved.target, Ordering::SeqCst);
        self.actual.store(saved.actual, Ordering::SeqCst);
        *self.statistics_mut() = saved.statistics;
        Ok(())
    }
}
