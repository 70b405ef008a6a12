use burn::tensor::{Device, Tensor};

use super::{SequenceModel, check_contexts, indices, padded};
use crate::PolicyError;

/// The value after the last token of each sequence: a scalar for a whole sequence, as a reward model or an outcome
/// critic gives it. `[n]`, tracked where the model is.
///
/// Sequences are padded on the right, which causality makes harmless: a sequence has the same value in every batch,
/// up to rounding.
///
/// # Errors
/// If there is no sequence, or one is empty, too long, or holds an unknown token.
pub fn final_values<M: SequenceModel>(model: &M, sequences: &[&[u32]]) -> Result<Tensor<1>, PolicyError> {
    check_contexts(model, sequences)?;
    let device = model.devices().first().cloned().unwrap_or_else(Device::flex).inner();
    let length = sequences.iter().map(|sequence| sequence.len()).max().unwrap_or(0);
    let hidden = model.hidden(padded(sequences, length, &device));
    let [n, length, width] = hidden.dims();
    let last = sequences.iter().enumerate().map(|(row, sequence)| row * length + sequence.len() - 1);
    let rows: Tensor<2> = hidden.reshape([n * length, width]);
    Ok(model.values(rows.select(0, indices(last, &device))))
}
