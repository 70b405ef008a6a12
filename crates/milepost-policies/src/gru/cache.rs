use burn::tensor::{Device, Tensor};

use crate::{PolicyError, sequence};

/// The states of the sequences that a session has read and written.
#[derive(Debug, Clone)]
pub struct GruCache {
    /// One for each layer, `[rows, width]`.
    states: Vec<Tensor<2>>,
    /// Tokens in each row.
    lengths: Vec<usize>,
    /// Tokens that a row can hold.
    capacity: usize,
}

impl GruCache {
    pub(super) fn new(states: &[Tensor<2>], lengths: Vec<usize>, capacity: usize) -> Self {
        Self { states: states.iter().map(plain).collect(), lengths, capacity }
    }

    /// The number of tokens in each row.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> {
        self.lengths.iter().copied()
    }

    pub(super) fn state(&self, layer: usize) -> Tensor<2> {
        self.states[layer].clone()
    }

    pub(super) fn set_state(&mut self, layer: usize, state: &Tensor<2>) {
        self.states[layer] = plain(state);
    }

    /// Selects rows (one named twice is branched) and counts a token in each.
    pub(super) fn advance(
        &mut self,
        rows: &[usize],
        tokens: &[u32],
        device: &Device,
    ) -> Result<(), PolicyError> {
        sequence::check_rows(rows, tokens, self.lengths.len())?;
        let lengths: Vec<usize> = rows.iter().map(|row| self.lengths[*row] + 1).collect();
        if let Some(length) = lengths.iter().find(|length| **length > self.capacity) {
            return Err(PolicyError::ContextOverflow { length: *length, context: self.capacity });
        }
        if !rows.iter().copied().eq(0..self.lengths.len()) {
            for state in &mut self.states {
                *state = state.clone().select(0, sequence::indices(rows.iter().copied(), device));
            }
        }
        self.lengths = lengths;
        Ok(())
    }
}

/// Without gradients, which end at the cache.
fn plain(state: &Tensor<2>) -> Tensor<2> {
    if state.is_autodiff() { state.clone().inner() } else { state.clone() }
}
