//! Rows of a flat batch: trajectories of turns, sequences of tokens, padded or not.

use std::ops::Range;

use crate::{CreditError, check};

/// Consecutive rows of a flat slice. A ragged batch has rows of their own length, a padded one rows of equal
/// length; the rules are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    starts: Vec<usize>,
}

impl Rows {
    /// Rows of the given lengths, one after the other.
    #[must_use]
    pub fn ragged(lengths: &[usize]) -> Self {
        let mut starts = Vec::with_capacity(lengths.len() + 1);
        starts.push(0);
        let mut end = 0;
        for length in lengths {
            end += length;
            starts.push(end);
        }
        Self { starts }
    }

    /// `rows` rows of length `width`.
    #[must_use]
    pub fn padded(rows: usize, width: usize) -> Self {
        Self { starts: (0..=rows).map(|row| row * width).collect() }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of entries in all rows.
    pub fn entries(&self) -> usize {
        self.starts[self.len()]
    }

    /// The entries of row `row`.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn range(&self, row: usize) -> Range<usize> {
        self.starts[row]..self.starts[row + 1]
    }

    /// The entries of each row.
    pub fn iter(&self) -> impl Iterator<Item = Range<usize>> {
        self.starts.windows(2).map(|bounds| bounds[0]..bounds[1])
    }

    /// `out[i] = Σ_t values[i, t]`, over masked-in positions if there is a mask.
    ///
    /// # Errors
    /// Slices that do not fit the rows, a value that is not finite.
    pub fn sums(&self, values: &[f64], mask: Option<&[bool]>, out: &mut [f64]) -> Result<(), CreditError> {
        check::len("values", self.entries(), values.len())?;
        check::len("mask", self.entries(), mask.map_or(self.entries(), <[bool]>::len))?;
        check::len("out", self.len(), out.len())?;
        check::finite("values", values)?;
        for (out, range) in out.iter_mut().zip(self.iter()) {
            *out = match mask {
                None => values[range].iter().sum(),
                Some(mask) => range.filter(|&index| mask[index]).map(|index| values[index]).sum(),
            };
        }
        Ok(())
    }

    /// Copies one value per row to its positions; positions that are masked out get 0.
    ///
    /// # Errors
    /// Slices that do not fit the rows.
    pub fn broadcast(
        &self,
        per_row: &[f64],
        mask: Option<&[bool]>,
        out: &mut [f64],
    ) -> Result<(), CreditError> {
        check::len("per_row", self.len(), per_row.len())?;
        check::len("mask", self.entries(), mask.map_or(self.entries(), <[bool]>::len))?;
        check::len("out", self.entries(), out.len())?;
        for (value, range) in per_row.iter().zip(self.iter()) {
            match mask {
                None => out[range].fill(*value),
                Some(mask) => {
                    for (out, &policy) in out[range.clone()].iter_mut().zip(&mask[range]) {
                        *out = if policy { *value } else { 0.0 };
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_padded_batch_is_a_ragged_batch_of_equal_lengths() {
        assert_eq!(Rows::padded(3, 2), Rows::ragged(&[2, 2, 2]));
    }

    #[test]
    fn sums_and_broadcasts_respect_the_mask() {
        let rows = Rows::ragged(&[2, 0, 3]);
        let mask = [true, false, true, true, false];
        let (mut sums, mut out) = ([9.0; 3], [9.0; 5]);
        rows.sums(&[1.0, 2.0, 3.0, 4.0, 5.0], Some(&mask), &mut sums).expect("lengths fit");
        assert_eq!(sums, [1.0, 0.0, 7.0]);
        rows.broadcast(&sums, Some(&mask), &mut out).expect("lengths fit");
        assert_eq!(out, [1.0, 0.0, 7.0, 7.0, 0.0]);
    }
}
