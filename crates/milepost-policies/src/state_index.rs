use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use milepost_core::Encoder;

use crate::PolicyError;

/// Encodes a state as its row in a table: the one feature that [`TabularSoftmax`](crate::TabularSoftmax)
/// reads. Rows are given out in the order in which state keys are first met, so they are as reproducible
/// as the rollouts that meet them.
///
/// The last of the `rows` is shared by all states met after the others are taken. Each such use is counted
/// in [`StateIndex::overflows`] for the run record. Clones share one index, so that evaluation finds the
/// rows that training gave out; evaluate with [`StateIndex::frozen`], which gives out none.
#[derive(Debug, Clone)]
pub struct StateIndex {
    shared: Arc<Mutex<Rows>>,
    rows: usize,
    learns: bool,
}

#[derive(Debug, Default)]
struct Rows {
    by_key: HashMap<u64, u32>,
    keys: Vec<u64>,
    overflows: u64,
}

/// The largest table: every row's number must be exact as an `f32` feature.
pub(crate) const MOST_ROWS: usize = 1 << 24;

impl StateIndex {
    /// An empty index for a table of `rows` rows, of which the last is for overflow.
    pub fn new(rows: usize) -> Result<Self, PolicyError> {
        Self::with_keys(rows, &[])
    }

    /// An index that already knows `keys`, in their rows: the inverse of [`StateIndex::keys`].
    pub fn with_keys(rows: usize, keys: &[u64]) -> Result<Self, PolicyError> {
        check_rows(rows)?;
        let index = Self { shared: Arc::default(), rows, learns: true };
        for key in keys {
            index.row(*key)?;
        }
        Ok(index)
    }

    /// The row of `key`, given out now if the state is new.
    pub fn row(&self, key: u64) -> Result<u32, PolicyError> {
        let mut shared = self.lock();
        if let Some(row) = shared.by_key.get(&key) {
            return Ok(*row);
        }
        let next = shared.keys.len();
        if !self.learns || next >= self.capacity() {
            return Err(PolicyError::StateCapacity { key, capacity: self.capacity() });
        }
        shared.by_key.insert(key, next as u32);
        shared.keys.push(key);
        Ok(next as u32)
    }

    /// The same index, giving out no rows: a state that training never met has the overflow row.
    #[must_use]
    pub fn frozen(&self) -> Self {
        Self { learns: false, ..self.clone() }
    }

    /// How many states can be told apart.
    #[must_use]
    pub const fn capacity(&self) -> usize {
        self.rows - 1
    }

    /// The known states by row, for a checkpoint.
    #[must_use]
    pub fn keys(&self) -> Vec<u64> {
        self.lock().keys.clone()
    }

    /// How often a state had to use the overflow row.
    #[must_use]
    pub fn overflows(&self) -> u64 {
        self.lock().overflows
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        // Nothing panics between the two writes that must agree, so a poisoned lock still guards a whole index.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a table may have `rows` rows.
pub(crate) fn check_rows(rows: usize) -> Result<(), PolicyError> {
    if (2..=MOST_ROWS).contains(&rows) {
        return Ok(());
    }
    let reason = format!("is {rows}; a table has 2 to {MOST_ROWS} rows, the last one for overflow");
    Err(PolicyError::Config { field: "states", reason })
}

impl<O> Encoder<O> for StateIndex {
    fn len(&self) -> usize {
        1
    }

    fn encode(&self, _: &O, state_key: u64, out: &mut [f32]) {
        out[0] = self.row(state_key).unwrap_or_else(|_| {
            self.lock().overflows += 1;
            (self.rows - 1) as u32
        }) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(index: &StateIndex, key: u64) -> f32 {
        let mut out = [f32::NAN];
        index.encode(&(), key, &mut out);
        out[0]
    }

    #[test]
    fn the_overflow_row_is_shared_and_counted() {
        let index = StateIndex::new(3).expect("rows");
        assert_eq!([7, 9, 7, 8, 6].map(|key| encode(&index, key)), [0.0, 1.0, 0.0, 2.0, 2.0]);
        assert_eq!((index.overflows(), index.keys()), (2, vec![7, 9]));
        assert_eq!(index.row(5), Err(PolicyError::StateCapacity { key: 5, capacity: 2 }));
    }

    #[test]
    fn a_frozen_index_gives_out_no_rows() {
        let index = StateIndex::new(10).expect("rows");
        encode(&index, 7);
        assert_eq!((encode(&index.frozen(), 7), encode(&index.frozen(), 8)), (0.0, 9.0));
        assert_eq!(encode(&index, 8), 1.0, "the original still learns");
    }

    #[test]
    fn tables_that_cannot_be_are_refused() {
        assert!(StateIndex::new(1).is_err());
        assert!(StateIndex::new(MOST_ROWS + 1).is_err());
        assert!(StateIndex::with_keys(2, &[1, 2]).is_err());
    }

    proptest! {
        #[test]
        fn every_encoded_row_exists_and_keys_restore_the_index(
            rows in 2usize..12, keys in prop::collection::vec(0u64..20, 0..40),
        ) {
            let index = StateIndex::new(rows).expect("rows");
            let encoded: Vec<f32> = keys.iter().map(|key| encode(&index, *key)).collect();
            prop_assert!(encoded.iter().all(|row| *row >= 0.0 && (*row as usize) < rows));
            let restored = StateIndex::with_keys(rows, &index.keys()).expect("same size");
            let again: Vec<f32> = keys.iter().map(|key| encode(&restored, *key)).collect();
            prop_assert_eq!(encoded, again);
        }
    }
}
