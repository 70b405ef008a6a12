//! Wave function collapse: which patterns are still possible in each cell, and what follows from a choice.

use super::catalog::{Catalog, NEIGHBORS, PatternSet};
use crate::rng::NumpyRng;

/// A square of cells, each with the patterns that are still possible there.
#[derive(Debug, Clone)]
pub(super) struct Wave<'a> {
    catalog: &'a Catalog,
    side: usize,
    periodic: bool,
    /// Row by row.
    cells: Vec<PatternSet>,
}

/// A cell in which no pattern is possible.
#[derive(Debug)]
pub(super) struct Contradiction;

impl<'a> Wave<'a> {
    /// Everything is possible everywhere, as far as the patterns allow it.
    pub(super) fn new(catalog: &'a Catalog, side: usize, periodic: bool) -> Result<Self, Contradiction> {
        let mut all = vec![0; catalog.len().div_ceil(64)];
        (0..catalog.len()).for_each(|pattern| all[pattern / 64] |= 1 << (pattern % 64));
        let mut wave = Self { catalog, side, periodic, cells: vec![all; side * side] };
        wave.propagate((0..side * side).collect())?;
        Ok(wave)
    }

    /// Collapses cell by cell, the one with the fewest possibilities first, `preferences` breaking ties, and
    /// returns the pattern of each.
    pub(super) fn collapse(
        mut self,
        preferences: &[f64],
        rng: &mut NumpyRng,
    ) -> Result<Vec<usize>, Contradiction> {
        let mut solved = self.catalog.len() == 1;
        while !solved {
            // If nothing is open, the first cell is "chosen", at the price of a draw.
            let open = (0..self.cells.len()).filter(|cell| count(&self.cells[*cell]) > 1);
            let entropy = |cell: &usize| preferences[*cell] + f64::from(count(&self.cells[*cell]));
            let cell = open.min_by(|a, b| entropy(a).total_cmp(&entropy(b))).unwrap_or(0);
            let pattern = self.choose(cell, rng);
            self.cells[cell].fill(0);
            self.cells[cell][pattern / 64] |= 1 << (pattern % 64);
            self.propagate(self.around(cell).map(|(_, other)| other).collect())?;
            solved = self.cells.iter().all(|cell| count(cell) == 1);
        }
        Ok(self.cells.iter().filter_map(first).collect())
    }

    /// `choice(p = weights)`: the first pattern whose cumulative probability exceeds a uniform draw.
    fn choose(&self, cell: usize, rng: &mut NumpyRng) -> usize {
        let weight = |pattern: usize| {
            let possible = self.cells[cell][pattern / 64] >> (pattern % 64) & 1 == 1;
            if possible { self.catalog.weights[pattern] } else { 0.0 }
        };
        let total: f64 = (0..self.catalog.len()).map(weight).sum();
        let mut cumulative = 0.0;
        let steps: Vec<f64> = (0..self.catalog.len())
            .map(|pattern| {
                cumulative += weight(pattern) / total;
                cumulative
            })
            .collect();
        let draw = rng.random();
        steps.iter().position(|step| step / cumulative > draw).unwrap_or(self.catalog.len() - 1)
    }

    /// The neighbours of a cell, each with its number.
    fn around(&self, cell: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (side, periodic) = (self.side as i32, self.periodic);
        let (row, column) = (cell as i32 / side, cell as i32 % side);
        NEIGHBORS.into_iter().enumerate().filter_map(move |(number, (dx, dy))| {
            let (row, column) = (row + dx, column + dy);
            let inside = (0..side).contains(&row) && (0..side).contains(&column);
            let index = row.rem_euclid(side) * side + column.rem_euclid(side);
            (periodic || inside).then_some((number, index as usize))
        })
    }

    /// Removes what has no possible neighbour on some side, beginning with the cells that are listed, until
    /// nothing changes. Beyond the edge of a level that is not periodic, anything is possible.
    fn propagate(&mut self, mut waiting: Vec<usize>) -> Result<(), Contradiction> {
        let mut is_waiting = vec![false; self.cells.len()];
        for cell in &waiting {
            is_waiting[*cell] = true;
        }
        while let Some(cell) = waiting.pop() {
            is_waiting[cell] = false;
            let mut beyond = [true; 4];
            let mut left = std::mem::take(&mut self.cells[cell]);
            let before = count(&left);
            for (number, other) in self.around(cell) {
                beyond[number] = false;
                let (allowed, there) = (&self.catalog.allowed[number], &self.cells[other]);
                retain(&mut left, |pattern| intersect(&allowed[pattern], there));
            }
            for number in (0..4).filter(|number| beyond[*number]) {
                retain(&mut left, |pattern| count(&self.catalog.allowed[number][pattern]) > 0);
            }
            let after = count(&left);
            self.cells[cell] = left;
            if after == 0 {
                return Err(Contradiction);
            }
            if after < before {
                for (_, other) in self.around(cell) {
                    if !std::mem::replace(&mut is_waiting[other], true) {
                        waiting.push(other);
                    }
                }
            }
        }
        Ok(())
    }
}

fn count(set: &PatternSet) -> u32 {
    set.iter().map(|word| word.count_ones()).sum()
}

fn intersect(a: &PatternSet, b: &PatternSet) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

fn retain(set: &mut PatternSet, keep: impl Fn(usize) -> bool) {
    for (index, word) in set.iter_mut().enumerate() {
        let mut left = *word;
        while left != 0 {
            if !keep(index * 64 + left.trailing_zeros() as usize) {
                *word &= !(left & left.wrapping_neg());
            }
            left &= left - 1;
        }
    }
}

/// The first member of a set.
fn first(set: &PatternSet) -> Option<usize> {
    let word = set.iter().position(|word| *word != 0)?;
    Some(word * 64 + set[word].trailing_zeros() as usize)
}
