use std::collections::HashMap;
use std::hash::Hash;

/// A value per key, learned from steps, and one for keys that were never seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table<K: Hash + Eq = u64> {
    cells: HashMap<K, u32>,
    values: Vec<f64>,
    unseen: f64,
}

impl<K: Hash + Eq> Table<K> {
    /// Numbers the keys by first appearance; every value, also the unseen one, is `value`. Gives the cell of
    /// each entry too.
    pub(super) fn constant(keys: impl Iterator<Item = K>, value: f64) -> (Self, Vec<u32>) {
        let mut cells = HashMap::new();
        let entries: Vec<u32> = keys
            .map(|key| {
                let fresh = cells.len() as u32;
                *cells.entry(key).or_insert(fresh)
            })
            .collect();
        let values = vec![value; cells.len()];
        (Self { cells, values, unseen: value }, entries)
    }

    /// The mean score of each key; the mean of all scores where unseen (0 if there is none).
    pub(super) fn means(keys: impl Iterator<Item = K>, scores: &[f64]) -> Self {
        let (mut table, entries) = Self::constant(keys, 0.0);
        let mut counts = vec![0.0; table.values.len()];
        for (cell, score) in entries.iter().zip(scores) {
            table.values[*cell as usize] += score;
            counts[*cell as usize] += 1.0;
        }
        for (value, count) in table.values.iter_mut().zip(counts) {
            *value /= count;
        }
        table.unseen = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        table
    }

    /// The value of a key; adds to `unseen` if it has none of its own.
    #[inline]
    pub(super) fn get(&self, key: &K, unseen: &mut usize) -> f64 {
        self.cells.get(key).map_or_else(
            || {
                *unseen += 1;
                self.unseen
            },
            |cell| self.values[*cell as usize],
        )
    }

    /// The cell of a key.
    pub(super) fn cell(&self, key: &K) -> Option<u32> {
        self.cells.get(key).copied()
    }

    /// How many cells there are.
    pub(super) const fn len(&self) -> usize {
        self.values.len()
    }

    /// The value of a cell.
    pub(super) fn at(&self, cell: u32) -> f64 {
        self.values[cell as usize]
    }

    /// Adds to the value of a cell.
    pub(super) fn add(&mut self, cell: u32, change: f64) {
        self.values[cell as usize] += change;
    }
}
