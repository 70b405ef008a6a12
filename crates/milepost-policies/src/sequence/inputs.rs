//! Tokens on their way into a model.

use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_core::Vocabulary;

use super::SequenceModel;
use crate::PolicyError;

/// Indices as a tensor.
pub(crate) fn indices(values: impl Iterator<Item = usize>, device: &Device) -> Tensor<1, Int> {
    let values: Vec<i32> = values.map(|value| value as i32).collect();
    let n = values.len();
    Tensor::from_data(TensorData::new(values, [n]), device)
}

/// Sequences of at most `length` tokens, padded on the right. `[n, length]`
pub(crate) fn padded(sequences: &[&[u32]], length: usize, device: &Device) -> Tensor<2, Int> {
    let mut values = vec![Vocabulary::PAD as i32; sequences.len() * length];
    for (row, sequence) in values.chunks_exact_mut(length.max(1)).zip(sequences) {
        row.iter_mut().zip(*sequence).for_each(|(to, from)| *to = *from as i32);
    }
    Tensor::from_data(TensorData::new(values, [sequences.len(), length]), device)
}

/// Whether the model can read each sequence.
pub(crate) fn check_contexts<M: SequenceModel>(model: &M, contexts: &[&[u32]]) -> Result<(), PolicyError> {
    check_sequences(contexts, model.context(), model.vocabulary())
}

/// Whether there are sequences, none empty, each of at most `limit` tokens of the vocabulary.
pub(crate) fn check_sequences(
    sequences: &[&[u32]],
    limit: usize,
    vocabulary: usize,
) -> Result<(), PolicyError> {
    if sequences.is_empty() {
        return Err(PolicyError::EmptyBatch);
    }
    for (row, sequence) in sequences.iter().enumerate() {
        if sequence.is_empty() {
            return Err(PolicyError::EmptyContext { row });
        }
        if sequence.len() > limit {
            return Err(PolicyError::ContextOverflow { length: sequence.len(), context: limit });
        }
        check_known(sequence, vocabulary)?;
    }
    Ok(())
}

/// Whether every token is in the model's vocabulary.
pub(crate) fn check_tokens<M: SequenceModel>(model: &M, tokens: &[u32]) -> Result<(), PolicyError> {
    check_known(tokens, model.vocabulary())
}

fn check_known(tokens: &[u32], vocabulary: usize) -> Result<(), PolicyError> {
    match tokens.iter().find(|token| **token as usize >= vocabulary) {
        Some(token) => Err(PolicyError::UnknownToken { token: *token, vocabulary }),
        None => Ok(()),
    }
}

/// Whether `rows` are rows of a session with one token each.
pub(crate) fn check_rows(rows: &[usize], tokens: &[u32], live: usize) -> Result<(), PolicyError> {
    if rows.is_empty() {
        return Err(PolicyError::EmptyBatch);
    }
    if rows.len() != tokens.len() {
        return Err(PolicyError::RowCount { rows: rows.len(), tokens: tokens.len() });
    }
    match rows.iter().find(|row| **row >= live) {
        Some(row) => Err(PolicyError::UnknownRow { row: *row, live }),
        None => Ok(()),
    }
}
