//! Things with numbers that are not used again soon, so that an event for one that has gone finds nothing.

/// Bits of a number that say where; those above say which of the things that were there.
const INDEX_BITS: u32 = 24;
const GENERATIONS: u32 = 1 << 24;

#[derive(Debug)]
struct Slot<T> {
    generation: u32,
    value: Option<T>,
}

/// A bounded table. Numbers have 48 bits.
#[derive(Debug)]
pub(super) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    limit: usize,
}

impl<T> Slab<T> {
    pub(super) fn new(limit: usize) -> Slab<T> {
        Slab { slots: Vec::new(), free: Vec::new(), limit: limit.min(1 << INDEX_BITS) }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.limit
    }

    /// `None`: it is full.
    pub(super) fn insert(&mut self, value: T) -> Option<u64> {
        if self.is_full() {
            return None;
        }
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, value: None });
            (self.slots.len() - 1) as u32
        });
        let slot = &mut self.slots[index as usize];
        slot.value = Some(value);
        Some(u64::from(slot.generation) << INDEX_BITS | u64::from(index))
    }

    fn slot(&mut self, id: u64) -> Option<(u32, &mut Slot<T>)> {
        let index = (id & ((1 << INDEX_BITS) - 1)) as u32;
        let slot = self.slots.get_mut(index as usize)?;
        (u64::from(slot.generation) == id >> INDEX_BITS).then_some((index, slot))
    }

    pub(super) fn get_mut(&mut self, id: u64) -> Option<&mut T> {
        self.slot(id)?.1.value.as_mut()
    }

    pub(super) fn remove(&mut self, id: u64) -> Option<T> {
        let (index, slot) = self.slot(id)?;
        let value = slot.value.take()?;
        slot.generation = (slot.generation + 1) % GENERATIONS;
        self.free.push(index);
        Some(value)
    }

    /// All of them with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.slots.iter().enumerate().filter_map(|(index, slot)| {
            Some((u64::from(slot.generation) << INDEX_BITS | index as u64, slot.value.as_ref()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_gone_find_nothing() {
        let mut slab = Slab::new(2);
        let a = slab.insert('a').unwrap();
        let b = slab.insert('b').unwrap();
        assert_eq!(slab.insert('c'), None);
        assert_eq!(slab.remove(a), Some('a'));
        let c = slab.insert('c').unwrap();
        assert_ne!(a, c);
        assert!(slab.get_mut(a).is_none() && slab.remove(a).is_none());
        assert_eq!((slab.get_mut(c).copied(), slab.get_mut(b).copied()), (Some('c'), Some('b')));
        assert_eq!(slab.get_mut(77 << 20), None);
        assert_eq!(slab.iter().count(), 2);
    }
}
