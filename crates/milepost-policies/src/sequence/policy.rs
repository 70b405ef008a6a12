use burn::tensor::{Device, Tensor, activation::log_softmax};
use milepost_core::{DrawnTurn, ScoreRequest, TokenEnvironment, TokenPolicy, TurnRequest, Version};

use super::{SequenceModel, check_contexts, distributions::Shaping, indices, padded};
use crate::PolicyError;

/// Tokens (padding included) that go through the model together when turns are scored.
const SCORE_TOKENS: usize = 1 << 14;
/// Logits that are read to the host at once.
const HOST_LOGITS: usize = 1 << 22;

/// A frozen, versioned snapshot of a network as a policy over tokens. Cheap to make and to clone: parameters
/// are shared, and gradients are left behind.
#[derive(Debug, Clone)]
pub struct ModelPolicy<M> {
    model: M,
    version: Version,
    shaping: Shaping,
    device: Device,
}

impl<M: SequenceModel> ModelPolicy<M> {
    /// The policy that `model` is now; it stays as it is when `model` learns.
    #[must_use]
    pub fn freeze(model: &M, version: Version) -> Self {
        let model = model.valid();
        let device = model.devices().first().cloned().unwrap_or_else(Device::flex).inner();
        Self { model, version, shaping: Shaping { temperature: 1.0 }, device }
    }

    /// The same policy at another temperature, which divides the logits. Default 1.
    ///
    /// # Errors
    /// If it is not a positive number.
    pub fn with_temperature(mut self, temperature: f64) -> Result<Self, PolicyError> {
        if !(temperature.is_finite() && temperature > 0.0) {
            let reason = format!("is {temperature}; a positive number is needed");
            return Err(PolicyError::Config { field: "temperature", reason });
        }
        self.shaping.temperature = temperature;
        Ok(self)
    }

    /// The network, without gradients.
    #[must_use]
    pub const fn model(&self) -> &M {
        &self.model
    }

    /// Where it computes.
    #[must_use]
    pub const fn device(&self) -> &Device {
        &self.device
    }

    /// Last-layer features of each position. `[l, width]`
    pub fn features(&self, tokens: &[u32]) -> Result<Tensor<2>, PolicyError> {
        check_contexts(&self.model, &[tokens])?;
        Ok(self.model.hidden(padded(&[tokens], tokens.len(), &self.device)).squeeze_dim(0))
    }

    /// `log π(·|tokens[..=i])` for each position `i`, at the policy's temperature. `[l, vocabulary]`
    pub fn distributions(&self, tokens: &[u32]) -> Result<Tensor<2>, PolicyError> {
        check_contexts(&self.model, &[tokens])?;
        let hidden = self.model.policy_hidden(padded(&[tokens], tokens.len(), &self.device));
        let logits = self.model.logits(hidden.squeeze_dim(0));
        Ok(log_softmax(logits.div_scalar(self.shaping.temperature), 1))
    }
}

/// A turn in the making.
struct Drawing<'a, E> {
    request: TurnRequest<'a, E>,
    turn: DrawnTurn,
    /// Its row in the logits at hand.
    row: usize,
}

impl<M: SequenceModel> TokenPolicy for ModelPolicy<M> {
    type Error = PolicyError;

    fn version(&self) -> Version {
        self.version
    }

    /// Equal contexts are read once.
    fn draw<E: TokenEnvironment>(
        &self,
        requests: Vec<TurnRequest<'_, E>>,
    ) -> Result<Vec<DrawnTurn>, PolicyError> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let (contexts, rows) = distinct(requests.iter().map(|request| request.context));
        let reserve = requests.iter().map(|request| request.environment.turn_limit()).max().unwrap_or(0);
        let (mut cache, logits) = self.model.prefill(&contexts, reserve, &self.device)?;
        let mut logits = host(logits)?;
        let mut drawings: Vec<Drawing<'_, E>> = requests
            .into_iter()
            .zip(rows)
            .map(|(request, row)| Drawing { request, turn: DrawnTurn::default(), row })
            .collect();
        let mut live: Vec<usize> = (0..drawings.len()).collect();
        loop {
            for index in &live {
                self.draw_token(&mut drawings[*index], &logits)?;
            }
            live.retain(|index| {
                let Drawing { request, turn, .. } = &drawings[*index];
                !request.environment.is_finished(&turn.tokens)
            });
            if live.is_empty() {
                return Ok(drawings.into_iter().map(|drawing| drawing.turn).collect());
            }
            let rows: Vec<usize> = live.iter().map(|index| drawings[*index].row).collect();
            let last = |index: &usize| *drawings[*index].turn.tokens.last().expect("one was drawn above");
            let tokens: Vec<u32> = live.iter().map(last).collect();
            logits = host(self.model.decode(&mut cache, &rows, &tokens)?)?;
            live.iter().enumerate().for_each(|(row, index)| drawings[*index].row = row);
        }
    }

    /// Requests of similar length go through the model together.
    fn score(&self, requests: &[ScoreRequest<'_>]) -> Result<Vec<Vec<f32>>, PolicyError> {
        let mut scores: Vec<Vec<f32>> = vec![Vec::new(); requests.len()];
        let sequences = requests.iter().map(read).collect::<Result<Vec<Vec<u32>>, _>>()?;
        let mut order: Vec<usize> = (0..requests.len()).filter(|i| !requests[*i].tokens.is_empty()).collect();
        order.sort_by_key(|index| sequences[*index].len());
        while let Some(shortest) = order.first() {
            // Ascending lengths: the last of a batch is its longest.
            let fits = |count: &usize| *count * sequences[order[*count - 1]].len() <= SCORE_TOKENS;
            let count = (1..=order.len()).take_while(fits).last().unwrap_or(1);
            debug_assert!(sequences[*shortest].len() <= sequences[order[count - 1]].len());
            let batch: Vec<usize> = order.drain(..count).collect();
            self.score_batch(requests, &sequences, &batch, &mut scores)?;
        }
        Ok(scores)
    }
}

impl<M: SequenceModel> ModelPolicy<M> {
    fn draw_token<E: TokenEnvironment>(
        &self,
        Drawing { request, turn, row }: &mut Drawing<'_, E>,
        logits: &[f32],
    ) -> Result<(), PolicyError> {
        let vocabulary = self.model.vocabulary();
        let logits = &logits[*row * vocabulary..(*row + 1) * vocabulary];
        let mut allowed = Vec::new();
        let restricted = request.constrained && request.environment.grammar(&turn.tokens, &mut allowed);
        let allowed = restricted.then_some(allowed);
        let (token, log_prob) = self.shaping.draw(logits, allowed.as_deref(), &mut request.stream)?;
        turn.tokens.push(token);
        turn.log_probs.push(log_prob);
        turn.allowed.push(allowed);
        Ok(())
    }

    fn score_batch(
        &self,
        requests: &[ScoreRequest<'_>],
        sequences: &[Vec<u32>],
        batch: &[usize],
        scores: &mut [Vec<f32>],
    ) -> Result<(), PolicyError> {
        let inputs: Vec<&[u32]> = batch.iter().map(|index| sequences[*index].as_slice()).collect();
        check_contexts(&self.model, &inputs)?;
        let length = inputs.iter().map(|input| input.len()).max().unwrap_or(0);
        let hidden = self.model.policy_hidden(padded(&inputs, length, &self.device));
        let [n, _, width] = hidden.dims();
        let hidden: Tensor<2> = hidden.reshape([n * length, width]);
        // (request, token, row of features that predicts it)
        let predicted: Vec<(usize, usize, usize)> = batch
            .iter()
            .enumerate()
            .flat_map(|(row, index)| {
                let ScoreRequest { context, tokens, .. } = requests[*index];
                let first = row * length + context.len() - 1;
                (0..tokens.len()).map(move |token| (*index, token, first + token))
            })
            .collect();
        let vocabulary = self.model.vocabulary();
        for part in predicted.chunks((HOST_LOGITS / vocabulary).max(1)) {
            let rows = indices(part.iter().map(|(_, _, row)| *row), &self.device);
            let logits = host(self.model.logits(hidden.clone().select(0, rows)))?;
            for ((index, token, _), logits) in part.iter().zip(logits.chunks_exact(vocabulary)) {
                let ScoreRequest { tokens, allowed, .. } = requests[*index];
                let allowed = allowed.get(*token).and_then(Option::as_deref);
                scores[*index].push(self.shaping.log_prob(logits, allowed, tokens[*token])?);
            }
        }
        Ok(())
    }
}

/// What the model reads to score a request: the context and all tokens but the last.
fn read(request: &ScoreRequest<'_>) -> Result<Vec<u32>, PolicyError> {
    let ScoreRequest { context, tokens, allowed } = *request;
    if !allowed.is_empty() && allowed.len() != tokens.len() {
        let reason = format!(
            "{} sets of allowed tokens were given for {} tokens; give one for each, or none",
            allowed.len(),
            tokens.len()
        );
        return Err(PolicyError::Allowed { reason });
    }
    Ok([context, &tokens[..tokens.len().saturating_sub(1)]].concat())
}

/// The different contexts in order of their first appearance, and which of them each one is.
fn distinct<'a>(contexts: impl Iterator<Item = &'a [u32]>) -> (Vec<&'a [u32]>, Vec<usize>) {
    let mut seen = std::collections::BTreeMap::new();
    let mut unique = Vec::new();
    let rows = contexts
        .map(|context| {
            *seen.entry(context).or_insert_with(|| {
                unique.push(context);
                unique.len() - 1
            })
        })
        .collect();
    (unique, rows)
}

fn host(logits: Tensor<2>) -> Result<Vec<f32>, PolicyError> {
    logits.try_into_vec_as::<f32>().map_err(|error| PolicyError::Device { reason: error.to_string() })
}
