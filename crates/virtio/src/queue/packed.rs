//! The packed virtqueue (§2.8): one ring of descriptors that both sides write.
//!
//! ```text
//!   ring         size × { address u64, len u32, id u16, flags u16 }
//!   driver area  { offset and wrap u16, flags u16 }   when the driver wants interrupts
//!   device area  { offset and wrap u16, flags u16 }   when the device wants notifications
//!
//!   ... used │ used │ available │ available │ (old) ...
//!                   ▲ next_available          a chain lies in slots that follow one another
//! ```
//! Each side goes round the ring and turns its wrap counter at the end. A descriptor is available when its AVAIL flag
//! is the counter and its USED flag is not, and used when both are.

use super::chain::{Chain, Segment};
use super::{Progress, QueueConfig, QueueFeatures};
use crate::device::Broken;
use lodge_memory::GuestMemory;
use std::sync::atomic::{Ordering, fence};

const NEXT: u16 = 1;
const WRITE: u16 = 2;
const INDIRECT: u16 = 4;
const AVAIL: u16 = 1 << 7;
const USED: u16 = 1 << 15;
/// Bytes of a descriptor, and where its length, id and flags are in it.
const DESCRIPTOR: u64 = 16;
const LEN: u64 = 8;
const ID: u64 = 12;
const FLAGS: u64 = 14;
/// Event suppression flags (§2.8.10): always, never, at one descriptor.
const ENABLE: u16 = 0;
const DISABLE: u16 = 1;
const AT_DESCRIPTOR: u16 = 2;
/// Where they are in their structure.
const EVENT_FLAGS: u64 = 2;

/// A place in the ring, and how often we went round it (odd or even).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    slot: u16,
    wrap: bool,
}

impl Place {
    /// The form of event suppression structures and of saved states: the wrap counter is bit 15.
    fn from_bits(bits: u16) -> Place {
        Place { slot: bits & 0x7fff, wrap: bits >> 15 != 0 }
    }

    fn bits(self) -> u16 {
        self.slot | u16::from(self.wrap) << 15
    }

    fn advance(&mut self, slots: u16, size: u16) {
        // Both are at most 32768: no overflow.
        let to = u32::from(self.slot) + u32::from(slots);
        self.wrap ^= to >= u32::from(size);
        self.slot = (to % u32::from(size)) as u16;
    }

    /// As a number that grows by one each slot over two rounds.
    fn along(self, size: u16) -> u32 {
        u32::from(self.slot) + if self.wrap { 0 } else { u32::from(size) }
    }
}

/// A packed queue whose configuration is frozen.
#[derive(Debug)]
pub(super) struct Packed {
    size: u16,
    /// Longest indirect table.
    limit: u32,
    ring: u64,
    driver: u64,
    device: u64,
    features: QueueFeatures,
    next_available: Place,
    next_used: Place,
    /// `next_used` when it was last published.
    published: Place,
    /// The flags of the first descriptor pushed since, which hides those behind it from the driver.
    hidden: Option<u16>,
    /// Slots of the chain that was last looked at.
    looked: u16,
    spare: Option<Chain>,
}

/// One descriptor, of the ring or of an indirect table.
struct Descriptor {
    segment: Segment,
    id: u16,
    flags: u16,
}

fn descriptor(memory: &GuestMemory, table: u64, index: u32) -> Result<Descriptor, Broken> {
    let mut bytes = [0; 16];
    let address = table.checked_add(u64::from(index) * DESCRIPTOR);
    memory.read(address.ok_or_else(|| Broken("a descriptor table wraps around".into()))?, &mut bytes)?;
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
    let (address, rest) = (word(0), word(8));
    let segment = Segment { address, len: rest as u32 };
    Ok(Descriptor { segment, id: (rest >> 32) as u16, flags: (rest >> 48) as u16 })
}

impl Packed {
    /// Checks and freezes `config`; `max` is the largest size that the device allows.
    pub(super) fn new(
        config: &QueueConfig,
        max: u16,
        features: QueueFeatures,
        progress: Progress,
        memory: &GuestMemory,
    ) -> Result<Packed, Broken> {
        let size = config.size;
        if size == 0 || size > max {
            return Err(Broken(format!("a queue size of {size} (1 to {max} is right)")));
        }
        for (what, address, align, len) in [
            ("descriptor ring", config.descriptors, 16, u64::from(size) * DESCRIPTOR),
            ("driver area", config.driver, 4, 4),
            ("device area", config.device, 4, 4),
        ] {
            if !address.is_multiple_of(align) {
                return Err(Broken(format!("a misaligned {what} at {address:#x}")));
            }
            if memory.find(address, len).is_none() {
                return Err(Broken(format!("a {what} outside of RAM at {address:#x}")));
            }
        }
        let (next_available, next_used) =
            (Place::from_bits(progress.next_available), Place::from_bits(progress.next_used));
        if next_available.slot >= size || next_used.slot >= size {
            return Err(Broken(format!("a place behind the end of a ring of {size}")));
        }
        Ok(Packed {
            size,
            limit: u32::from(max),
            ring: config.descriptors,
            driver: config.driver,
            device: config.device,
            features,
            next_available,
            next_used,
            published: next_used,
            hidden: None,
            looked: 0,
            spare: None,
        })
    }

    /// Where both sides begin: at slot 0, with both wrap counters one (§2.8.1).
    pub(super) fn start() -> Progress {
        let bits = Place { slot: 0, wrap: true }.bits();
        Progress { next_available: bits, next_used: bits }
    }

    pub(super) fn size(&self) -> u16 {
        self.size
    }

    pub(super) fn progress(&self) -> Progress {
        Progress { next_available: self.next_available.bits(), next_used: self.published.bits() }
    }

    fn at(&self, place: Place) -> u64 {
        self.ring + u64::from(place.slot) * DESCRIPTOR
    }

    /// Whether the driver has made the descriptor at `next_available` available.
    fn waiting(&self, memory: &GuestMemory) -> Result<bool, Broken> {
        let flags = memory.read_u16(self.at(self.next_available) + FLAGS)?;
        let wrap = self.next_available.wrap;
        Ok((flags & AVAIL != 0) == wrap && (flags & USED != 0) != wrap)
    }

    /// Takes the chain that was just looked at.
    pub(super) fn take(&mut self) {
        self.next_available.advance(std::mem::take(&mut self.looked), self.size);
    }

    /// Goes back to where [`Packed::progress`] was.
    pub(super) fn rewind(&mut self, next_available: u16) {
        self.next_available = Place::from_bits(next_available);
    }

    pub(super) fn peek(&mut self, memory: &GuestMemory) -> Result<Option<Chain>, Broken> {
        self.looked = 0;
        // The flags come first, with acquire order: the driver writes them last.
        if !self.waiting(memory)? {
            return Ok(None);
        }
        let mut chain = self.spare.take().unwrap_or_default();
        chain.restart(0);
        self.walk(memory, &mut chain)?;
        self.looked = chain.slots;
        Ok(Some(chain))
    }

    /// Collects the segments of the chain. The last descriptor has its id (§2.8.6).
    fn walk(&self, memory: &GuestMemory, chain: &mut Chain) -> Result<(), Broken> {
        let mut place = self.next_available;
        for slots in 1..=self.size {
            let d = descriptor(memory, self.ring, place.slot.into())?;
            if d.flags & INDIRECT != 0 {
                if !self.features.indirect || slots > 1 || d.flags & NEXT != 0 {
                    return Err(Broken("an indirect descriptor where none may be".into()));
                }
                self.walk_table(memory, chain, d.segment)?;
            } else if d.segment.len > 0 {
                chain.add(d.segment, d.flags & WRITE != 0)?;
            }
            if d.flags & NEXT == 0 {
                (chain.head, chain.slots) = (d.id, slots);
                chain.finish();
                return Ok(());
            }
            place.advance(1, self.size);
        }
        Err(Broken(format!("a descriptor chain longer than {}", self.size)))
    }

    /// An indirect table is used from its first descriptor to its last; nothing in it but WRITE counts (§2.8.7).
    fn walk_table(&self, memory: &GuestMemory, chain: &mut Chain, table: Segment) -> Result<(), Broken> {
        let bytes = u64::from(table.len);
        let count = table.len / DESCRIPTOR as u32;
        if count == 0 || !bytes.is_multiple_of(DESCRIPTOR) || count > self.limit {
            return Err(Broken(format!("an indirect table of {bytes} bytes")));
        }
        for index in 0..count {
            let d = descriptor(memory, table.address, index)?;
            if d.segment.len > 0 {
                chain.add(d.segment, d.flags & WRITE != 0)?;
            }
        }
        Ok(())
    }

    /// Writes the used descriptor of `chain` over the first of its slots that is free in our order (§2.8.8).
    pub(super) fn push(&mut self, memory: &GuestMemory, chain: Chain) -> Result<(), Broken> {
        let at = self.at(self.next_used);
        memory.write_u16(at + ID, chain.head)?;
        memory.write_u32(at + LEN, u32::try_from(chain.written()).unwrap_or(u32::MAX))?;
        let mut flags = if chain.written() > 0 { WRITE } else { 0 };
        if self.next_used.wrap {
            flags |= AVAIL | USED;
        }
        if self.hidden.is_none() {
            self.hidden = Some(flags);
        } else {
            memory.write_u16(at + FLAGS, flags)?;
        }
        self.next_used.advance(chain.slots, self.size);
        self.spare = Some(chain);
        Ok(())
    }

    /// Shows the driver what was pushed. `true`: it wants an interrupt for it.
    pub(super) fn publish(&mut self, memory: &GuestMemory) -> Result<bool, Broken> {
        let Some(flags) = self.hidden.take() else { return Ok(false) };
        let (old, new) = (self.published, self.next_used);
        memory.write_u16(self.at(old) + FLAGS, flags)?;
        self.published = new;
        // The driver writes its wish, then looks at the ring; we do it the other way round. One of us must see.
        fence(Ordering::SeqCst);
        match memory.read_u16(self.driver + EVENT_FLAGS)? {
            DISABLE => Ok(false),
            AT_DESCRIPTOR if self.features.event_index => {
                let event = Place::from_bits(memory.read_u16(self.driver)?);
                // Behind the ring's end there is nothing to wait for: better one interrupt too many.
                Ok(event.slot >= self.size || self.passed(event, old, new))
            }
            _ => Ok(true),
        }
    }

    /// Whether `event` lies among the slots from `old` on and before `new`.
    fn passed(&self, event: Place, old: Place, new: Place) -> bool {
        let round = 2 * u32::from(self.size);
        let from_old = |place: Place| (place.along(self.size) + round - old.along(self.size)) % round;
        from_old(event) < from_old(new)
    }

    /// Asks for no notifications while the queue is being served.
    pub(super) fn hush(&mut self, memory: &GuestMemory) -> Result<(), Broken> {
        // With events at descriptors the old one stays behind and does the same.
        if !self.features.event_index {
            memory.write_u16(self.device + EVENT_FLAGS, DISABLE)?;
        }
        Ok(())
    }

    /// Asks for a notification of the next chain. `true`: there is one already.
    pub(super) fn listen(&mut self, memory: &GuestMemory) -> Result<bool, Broken> {
        if self.features.event_index {
            memory.write_u16(self.device, self.next_available.bits())?;
            memory.write_u16(self.device + EVENT_FLAGS, AT_DESCRIPTOR)?;
        } else {
            memory.write_u16(self.device + EVENT_FLAGS, ENABLE)?;
        }
        fence(Ordering::SeqCst);
        self.waiting(memory)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_go_round_and_turn_their_counter() {
        let mut place = Place { slot: 0, wrap: true };
        for _ in 0..3 {
            place.advance(2, 5);
        }
        assert_eq!(place, Place { slot: 1, wrap: false });
        assert_eq!(Place::from_bits(place.bits()), place);
        place.advance(5, 5);
        assert_eq!(place, Place { slot: 1, wrap: true });
        let mut largest = Place { slot: 32767, wrap: true };
        largest.advance(32768, 32768);
        assert_eq!(largest, Place { slot: 32767, wrap: false });
    }
}
