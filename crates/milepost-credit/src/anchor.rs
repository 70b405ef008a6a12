//! Pools of turns that start from the same anchor state.

use crate::{CreditError, GroupsReport, Normalize};

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
    key: (u64, u64),
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
            self.slots.resize(wanted, Slot { key: (0, 0), stamp: 0, id: 0 });
            self.shift = 64 - wanted.trailing_zeros();
            self.stamp = 0;
        }
        self.stamp += 1;
        self.len = 0;
    }

    /// The number of `key`. At most as many different keys as [`Interner::begin`] made room for.
    #[inline]
    pub(crate) fn id(&mut self, key: (u64, u64)) -> u32 {
        let mixed = (key.0 ^ key.1.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut place = (mixed >> self.shift) as usize;
        loop {
            let slot = &mut self.slots[place];
            if slot.stamp != self.stamp {
                *slot = Slot { key, stamp: self.stamp, id: self.len };
                self.len += 1;
                return slot.id;
            }
            if slot.key == key {
                return slot.id;
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }

    /// How many different keys there were.
    pub(crate) const fn len(&self) -> usize {
        self.len as usize
    }
}

/// Normalises scores within pools. The scratch space is reused, so that a batch costs a few allocations in all.
pub(crate) struct AnchorPools {
    starts: Vec<usize>,
    members: Vec<usize>,
    scores: Vec<f64>,
    credit: Vec<f64>,
}

impl AnchorPools {
    pub(crate) const fn new() -> Self {
        Self { starts: Vec::new(), members: Vec::new(), scores: Vec::new(), credit: Vec::new() }
    }

    /// Entry `i` belongs to pool `ids[i] < pools` and has score `score(i)`. `write(i, credit, size of pool)`
    /// gets the normalised score of each entry, pool by pool, members in ascending order.
    pub(crate) fn normalize(
        &mut self,
        rule: &Normalize,
        ids: &[u32],
        pools: usize,
        score: impl Fn(usize) -> f64,
        report: &mut GroupsReport,
        mut write: impl FnMut(usize, f64, usize),
    ) -> Result<(), CreditError> {
        // Counting sort by pool; `starts[p + 1]` serves as the cursor of pool `p`, one place early.
        self.starts.clear();
        self.starts.resize(pools + 2, 0);
        for &id in ids {
            self.starts[id as usize + 2] += 1;
        }
        for pool in 2..pools + 2 {
            self.starts[pool] += self.starts[pool - 1];
        }
        self.members.resize(ids.len(), 0);
        self.scores.resize(ids.len(), 0.0);
        self.credit.resize(ids.len(), 0.0);
        for (entry, &id) in ids.iter().enumerate() {
            let cursor = &mut self.starts[id as usize + 1];
            self.members[*cursor] = entry;
            self.scores[*cursor] = score(entry);
            *cursor += 1;
        }
        for bounds in self.starts[..=pools].windows(2) {
            let pool = bounds[0]..bounds[1];
            let size = pool.len();
            report.count(&rule.apply_pool(&self.scores[pool.clone()], &mut self.credit[pool.clone()])?);
            for (&entry, &credit) in self.members[pool.clone()].iter().zip(&self.credit[pool]) {
                write(entry, credit, size);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_numbered_by_first_appearance_and_forgotten_on_begin() {
        let mut interner = Interner::new();
        interner.begin(3);
        let ids = [(5, 0), (5, 1), (5, 0), (0, 5)].map(|key| interner.id(key));
        assert_eq!((ids, interner.len()), ([0, 1, 0, 2], 3));
        interner.begin(100);
        assert_eq!((interner.id((0, 5)), interner.len()), (0, 1));
    }

    #[test]
    fn keys_that_collide_in_the_table_stay_apart() {
        let mut interner = Interner::new();
        interner.begin(1000);
        let ids: Vec<u32> = (0..1000).map(|key| interner.id((key << 40, key << 8))).collect();
        assert_eq!(ids, (0..1000).collect::<Vec<u32>>());
    }
}
