//! The order in which CPython (3.8 and later) iterates over a set of pairs of small numbers: that of its hash
//! table.

type Pair = (u32, u32);

const SMALLEST: usize = 8;
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

/// A set to which things are only added.
pub(super) struct PythonSet {
    /// A power of two of slots.
    slots: Vec<Option<Pair>>,
    used: usize,
}

/// CPython's hash of a pair: two rounds of xxHash. A small number is its own hash.
fn hash((a, b): Pair) -> u64 {
    const PRIME_1: u64 = 11_400_714_785_074_694_791;
    const PRIME_2: u64 = 14_029_467_366_897_019_727;
    const PRIME_5: u64 = 2_870_177_450_012_600_261;
    let round = |state: u64, lane: u32| {
        state.wrapping_add(u64::from(lane).wrapping_mul(PRIME_2)).rotate_left(31).wrapping_mul(PRIME_1)
    };
    match round(round(PRIME_5, a), b).wrapping_add(2 ^ PRIME_5 ^ 0x35_d373) {
        u64::MAX => 1_546_275_796,
        hash => hash,
    }
}

impl PythonSet {
    fn with_slots(count: usize) -> Self {
        Self { slots: vec![None; count], used: 0 }
    }

    /// The elements, slot by slot.
    pub(super) fn iter(&self) -> impl Iterator<Item = Pair> {
        self.slots.iter().copied().flatten()
    }

    fn add(&mut self, pair: Pair) {
        self.insert(pair);
        // Three fifths full: grow to more than four times the elements.
        if self.used * 5 >= (self.slots.len() - 1) * 3 {
            let mut count = SMALLEST;
            while count <= self.used * 4 {
                count *= 2;
            }
            let mut larger = Self::with_slots(count);
            self.iter().for_each(|pair| larger.insert(pair));
            *self = larger;
        }
    }

    /// Probes a few slots in a row, then jumps.
    fn insert(&mut self, pair: Pair) {
        let mask = self.slots.len() - 1;
        let mut perturb = hash(pair);
        let mut slot = perturb as usize & mask;
        loop {
            let run = if slot + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for probe in slot..=slot + run {
                match self.slots[probe] {
                    None => {
                        self.slots[probe] = Some(pair);
                        self.used += 1;
                        return;
                    }
                    Some(other) if other == pair => return,
                    Some(_) => {}
                }
            }
            perturb >>= PERTURB_SHIFT;
            slot = slot.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
        }
    }
}

impl FromIterator<Pair> for PythonSet {
    fn from_iter<I: IntoIterator<Item = Pair>>(pairs: I) -> Self {
        let mut set = Self::with_slots(SMALLEST);
        pairs.into_iter().for_each(|pair| set.add(pair));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: [Pair; 12] =
        [(0, 0), (9, 6), (7, 0), (5, 1), (6, 4), (4, 5), (8, 3), (2, 6), (11, 5), (3, 2), (1, 3), (10, 2)];
    const HASH: i64 = 8_409_376_899_596_376_432;

    /// From CPython 3.11: `list({(i, 3 * i % 7) for i in range(12)})` and `hash((2, 3))`.
    #[test]
    fn order_and_hash_are_those_of_cpython() {
        let set: PythonSet = (0..12).map(|i| (i, 3 * i % 7)).collect();
        let order: Vec<Pair> = set.iter().collect();
        assert_eq!(order, ORDER);
        assert_eq!(hash((2, 3)) as i64, HASH);
    }
}
