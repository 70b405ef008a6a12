use burn::{
    optim::GradientsParams,
    tensor::{Int, Tensor},
};
use milepost_core::Stream;

use super::{SequenceModel, check_contexts, check_tokens, indices, padded};
use crate::{Adam, PolicyError, fused};

/// Tokens to be imitated in a context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demonstration<'a> {
    /// What precedes them; not empty.
    pub context: &'a [u32],
    /// The tokens, such as an expert's turn.
    pub tokens: &'a [u32],
}

/// One update towards the demonstrations: a step of `adam` on the mean of `−log π(token)` over all their
/// tokens (teacher forcing). Returns the updated model and the loss before the step.
///
/// # Errors
/// If no token is demonstrated, a sequence does not fit into the context, or a token is unknown.
pub fn supervised_step<M: SequenceModel>(
    model: M,
    adam: &mut Adam,
    batch: &[Demonstration<'_>],
) -> Result<(M, f32), PolicyError> {
    let loss = imitation_loss(&model, batch)?;
    let value = loss.clone().inner().try_into_vec_as::<f32>();
    let value = value.map_err(|error| PolicyError::Device { reason: error.to_string() })?[0];
    let grads = GradientsParams::from_grads(loss.backward(), &model);
    Ok((adam.step(model, grads).0, value))
}

/// Supervised warm start: `epochs` passes over `demonstrations` in batches of `batch_size`, each pass in an
/// order drawn from `stream`. Returns the model and the loss of every step.
///
/// # Errors
/// As [`supervised_step`], and if `batch_size` is 0.
pub fn behaviour_clone<M: SequenceModel>(
    mut model: M,
    adam: &mut Adam,
    demonstrations: &[Demonstration<'_>],
    epochs: usize,
    batch_size: usize,
    stream: &mut Stream,
) -> Result<(M, Vec<f32>), PolicyError> {
    if batch_size == 0 {
        let reason = "is 0; at least 1 is needed".to_owned();
        return Err(PolicyError::Config { field: "batch-size", reason });
    }
    let mut order = demonstrations.to_vec();
    let mut losses = Vec::new();
    for _ in 0..epochs {
        stream.shuffle(&mut order);
        for batch in order.chunks(batch_size) {
            let loss;
            (model, loss) = supervised_step(model, adam, batch)?;
            losses.push(loss);
        }
    }
    Ok((model, losses))
}

/// Mean of `−log π(token)`, `[1]`.
fn imitation_loss<M: SequenceModel>(
    model: &M,
    batch: &[Demonstration<'_>],
) -> Result<Tensor<1>, PolicyError> {
    // The last token is predicted, never read.
    let read: Vec<Vec<u32>> =
        batch.iter().map(|d| [d.context, &d.tokens[..d.tokens.len().saturating_sub(1)]].concat()).collect();
    for demonstration in batch {
        check_contexts(model, &[demonstration.context])?;
        check_tokens(model, demonstration.tokens)?;
    }
    let inputs: Vec<&[u32]> = read.iter().map(Vec::as_slice).collect();
    check_contexts(model, &inputs)?;
    if batch.iter().all(|d| d.tokens.is_empty()) {
        return Err(PolicyError::EmptyBatch);
    }
    let length = inputs.iter().map(|input| input.len()).max().unwrap_or(0);
    let device = model.devices().first().cloned().unwrap_or_else(burn::tensor::Device::flex);
    let hidden = model.policy_hidden(padded(&inputs, length, &device));
    let [n, _, width] = hidden.dims();
    let predicting = batch.iter().enumerate().flat_map(|(row, d)| {
        let first = row * length + d.context.len() - 1;
        first..first + d.tokens.len()
    });
    let rows: Tensor<1, Int> = indices(predicting, &device);
    let targets = indices(batch.iter().flat_map(|d| d.tokens).map(|token| *token as usize), &device);
    let logits = model.logits(hidden.reshape([n * length, width]).select(0, rows));
    Ok(fused::token_log_probs(logits, targets).mean().neg())
}
