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
    if contexts.is_empty() {
        return Err(PolicyError::EmptyBatch);
    }
    for (row, context) in contexts.iter().enumerate() {
        if context.is_empty() {
            return Err(PolicyError::EmptyContext { row });
        }
        if context.len() > model.context() {
            return Err(PolicyError::ContextOverflow { length: context.len(), context: model.context() });
        }
        check_tokens(model, context)?;
    }
    Ok(())
}

/// Whether every token is in the vocabulary.
pub(crate) fn check_tokens<M: SequenceModel>(model: &M, tokens: &[u32]) -> Result<(), PolicyError> {
    let vocabulary = model.vocabulary();
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
