//! The split virtqueue (§2.7).
//!
//! ```text
//!   descriptors  size × { address u64, len u32, flags u16, next u16 }
//!   available    flags u16, index u16, size × head u16, used_event u16        driver writes
//!   used         flags u16, index u16, size × { head u32, len u32 }, avail_event u16   device writes
//! ```

use super::chain::{Chain, Segment};
use super::{Progress, QueueConfig, QueueFeatures};
use crate::device::Broken;
use lodge_memory::GuestMemory;
use std::sync::atomic::{Ordering, fence};

const NEXT: u16 = 1;
const WRITE: u16 = 2;
const INDIRECT: u16 = 4;
/// Available ring flag: the driver wants no interrupts.
const NO_INTERRUPT: u16 = 1;
/// Used ring flag: the device wants no notifications.
const NO_NOTIFY: u16 = 1;

/// A split queue whose configuration is frozen.
#[derive(Debug)]
pub(super) struct Split {
    size: u16,
    /// Longest chain.
    limit: u32,
    descriptors: u64,
    available: u64,
    used: u64,
    features: QueueFeatures,
    next_available: u16,
    next_used: u16,
    /// `next_used` when it was last published.
    published: u16,
    spare: Option<Chain>,
}

struct Descriptor {
    address: u64,
    len: u32,
    flags: u16,
    next: u16,
}

fn descriptor(memory: &GuestMemory, table: u64, index: u16) -> Result<Descriptor, Broken> {
    let mut bytes = [0; 16];
    let address = table.checked_add(u64::from(index) * 16);
    memory.read(address.ok_or_else(|| Broken("a descriptor table wraps around".into()))?, &mut bytes)?;
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
    let (address, rest) = (word(0), word(8));
    Ok(Descriptor { address, len: rest as u32, flags: (rest >> 32) as u16, next: (rest >> 48) as u16 })
}

/// Whether the index that the other side waits for, `event`, lies among those just passed (§2.7.7.1).
fn passed(event: u16, new: u16, old: u16) -> bool {
    new.wrapping_sub(event).wrapping_sub(1) < new.wrapping_sub(old)
}

impl Split {
    /// Checks and freezes `config`; `max` is the largest size that the device allows.
    pub(super) fn new(
        config: &QueueConfig,
        max: u16,
        features: QueueFeatures,
        progress: Progress,
        memory: &GuestMemory,
    ) -> Result<Split, Broken> {
        let size = config.size;
        if !size.is_power_of_two() || size > max {
            return Err(Broken(format!("a queue size of {size} (a power of two up to {max} is right)")));
        }
        let n = u64::from(size);
        for (what, address, align, len) in [
            ("descriptor table", config.descriptors, 16, n * 16),
            ("available ring", config.driver, 2, 6 + n * 2),
            ("used ring", config.device, 4, 6 + n * 8),
        ] {
            if !address.is_multiple_of(align) {
                return Err(Broken(format!("a misaligned {what} at {address:#x}")));
            }
            if memory.find(address, len).is_none() {
                return Err(Broken(format!("a {what} outside of RAM at {address:#x}")));
            }
        }
        Ok(Split {
            size,
            limit: u32::from(max),
            descriptors: config.descriptors,
            available: config.driver,
            used: config.device,
            features,
            next_available: progress.next_available,
            next_used: progress.next_used,
            published: progress.next_used,
            spare: None,
        })
    }

    /// Number of descriptors.
    pub(super) fn size(&self) -> u16 {
        self.size
    }

    /// How far the queue has been served.
    pub(super) fn progress(&self) -> Progress {
        // What was pushed but not published the driver has not seen; serving a queue always ends with publishing.
        Progress { next_available: self.next_available, next_used: self.published }
    }

    fn slot(&self, index: u16) -> u64 {
        u64::from(index & (self.size - 1))
    }

    /// Entries that the driver has made available and the device has not taken.
    fn waiting(&self, memory: &GuestMemory) -> Result<u16, Broken> {
        let index = memory.read_u16(self.available + 2)?;
        let waiting = index.wrapping_sub(self.next_available);
        if waiting > self.size {
            return Err(Broken(format!("an available index {waiting} ahead in a queue of {}", self.size)));
        }
        Ok(waiting)
    }

    /// Takes the chain that was just looked at.
    pub(super) fn take(&mut self) {
        self.next_available = self.next_available.wrapping_add(1);
    }

    /// Goes back to where [`Split::progress`] was.
    pub(super) fn rewind(&mut self, next_available: u16) {
        self.next_available = next_available;
    }

    pub(super) fn peek(&mut self, memory: &GuestMemory) -> Result<Option<Chain>, Broken> {
        if self.waiting(memory)? == 0 {
            return Ok(None);
        }
        let head = memory.read_u16(self.available + 4 + self.slot(self.next_available) * 2)?;
        let mut chain = self.spare.take().unwrap_or_default();
        chain.restart(head);
        self.walk(memory, &mut chain)?;
        Ok(Some(chain))
    }

    /// Collects the segments of the chain. Every step counts against the limit, so that loops end; one more than
    /// the longest chain, since the descriptor of an indirect table is none of its entries.
    fn walk(&self, memory: &GuestMemory, chain: &mut Chain) -> Result<(), Broken> {
        let (mut table, mut len, mut indirect) = (self.descriptors, u32::from(self.size), false);
        let mut index = chain.head;
        for _ in 0..=self.limit {
            if u32::from(index) >= len {
                return Err(Broken(format!("descriptor {index} in a table of {len}")));
            }
            let d = descriptor(memory, table, index)?;
            if d.flags & INDIRECT != 0 {
                if !self.features.indirect || indirect || d.flags & NEXT != 0 {
                    return Err(Broken("an indirect descriptor where none may be".into()));
                }
                if d.len == 0 || !d.len.is_multiple_of(16) || d.len / 16 > 1 << 16 {
                    return Err(Broken(format!("an indirect table of {} bytes", d.len)));
                }
                (table, len, indirect, index) = (d.address, d.len / 16, true, 0);
                continue;
            }
            if d.len > 0 {
                chain.add(Segment { address: d.address, len: d.len }, d.flags & WRITE != 0)?;
            }
            if d.flags & NEXT == 0 {
                chain.finish();
                return Ok(());
            }
            index = d.next;
        }
        Err(Broken(format!("a descriptor chain longer than {}", self.limit)))
    }

    pub(super) fn push(&mut self, memory: &GuestMemory, chain: Chain) -> Result<(), Broken> {
        let at = self.used + 4 + self.slot(self.next_used) * 8;
        memory.write_u32(at, u32::from(chain.head))?;
        memory.write_u32(at + 4, u32::try_from(chain.written()).unwrap_or(u32::MAX))?;
        self.next_used = self.next_used.wrapping_add(1);
        self.spare = Some(chain);
        Ok(())
    }

    /// Moves the used index over what was pushed. `true`: the driver wants an interrupt for it.
    pub(super) fn publish(&mut self, memory: &GuestMemory) -> Result<bool, Broken> {
        let (old, new) = (self.published, self.next_used);
        if old == new {
            return Ok(false);
        }
        memory.write_u16(self.used + 2, new)?;
        self.published = new;
        // The driver writes its wish, then looks at the index; we do it the other way round. One of us must see.
        fence(Ordering::SeqCst);
        if self.features.event_index {
            let event = memory.read_u16(self.available + 4 + u64::from(self.size) * 2)?;
            Ok(passed(event, new, old))
        } else {
            Ok(memory.read_u16(self.available)? & NO_INTERRUPT == 0)
        }
    }

    /// Asks for no notifications while the queue is being served.
    pub(super) fn hush(&mut self, memory: &GuestMemory) -> Result<(), Broken> {
        // With event indices the old one stays behind and does the same.
        if !self.features.event_index {
            memory.write_u16(self.used, NO_NOTIFY)?;
        }
        Ok(())
    }

    /// Asks for a notification of the next chain. `true`: there is one already.
    pub(super) fn listen(&mut self, memory: &GuestMemory) -> Result<bool, Broken> {
        if self.features.event_index {
            memory.write_u16(self.used + 4 + u64::from(self.size) * 8, self.next_available)?;
        } else {
            memory.write_u16(self.used, 0)?;
        }
        fence(Ordering::SeqCst);
        Ok(self.waiting(memory)? != 0)
    }
}
