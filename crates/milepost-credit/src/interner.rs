//! Small numbers for arbitrary keys.

/// Numbers keys by first appearance: equal keys get equal numbers. Open addressing with a stamp per use, so
/// that a new set of keys costs nothing to begin. No result depends on the order of the table.
pub(crate) struct Interner {
    slots: Vec<Slot>,
    stamp: u32,
    shift: u32,
    len: u32,
}

#[derive(Clone, Copy)]
struct Slot {
    key: u64,
    stamp: u32,
    id: u32,
}

impl Interner {
    pub(crate) const fn new() -> Self {
        Self { slots: Vec::new(), stamp: 0, shift: 0, len: 0 }
    }

    /// Forgets all keys and makes room for `capacity` new ones.
    pub(crate) fn begin(&mut self, capacity: usize) {
        let wanted = (2 * capacity).next_power_of_two().max(16);
        if self.slots.len() < wanted || self.stamp == u32::MAX {
            self.slots.clear();
            self.slots.resize(wanted, Slot { key: 0, stamp: 0, id: 0 });
            self.shift = 64 - wanted.trailing_zeros();
            self.stamp = 0;
        }
        self.stamp += 1;
        self.len = 0;
    }

    /// The number of `key`. At most as many different keys as [`Interner::begin`] made room for.
    #[inline]
    #[expect(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch that cannot be foreseen")]
    pub(crate) fn id(&mut self, key: u64) -> u32 {
        let last = self.slots.len() - 1;
        let mut place = (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> self.shift) as usize;
        loop {
            let slot = &mut self.slots[place & last];
            // New keys and known ones take the same path.
            let free = slot.stamp != self.stamp;
            if free | (slot.key == key) {
                let id = if free { self.len } else { slot.id };
                *slot = Slot { key, stamp: self.stamp, id };
                self.len += u32::from(free);
                return id;
            }
            place += 1;
        }
    }

    /// How many different keys there were.
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_by_first_appearance_and_forgotten_on_begin() {
        let mut interner = Interner::new();
        interner.begin(3);
        let ids = [5, 6, 5, 0].map(|key| interner.id(key));
        assert_eq!((ids, interner.len()), ([0, 1, 0, 2], 3));
        interner.begin(100);
        assert_eq!((interner.id(0), interner.len()), (0, 1));
    }

    #[test]
    fn keys_that_collide_in_the_table_stay_apart() {
        let mut interner = Interner::new();
        interner.begin(1000);
        let ids: Vec<u32> = (0..1000).map(|key| interner.id(key << 48)).collect();
        assert_eq!(ids, (0..1000).collect::<Vec<u32>>());
    }
}
