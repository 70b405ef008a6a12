use std::ops::Range;

use super::super::Table;
use super::elman::{Elman, Workspace};
use super::{add_rewards_so_far, pair};
use crate::estimators::{Key, shape::returns_to_go};
use crate::{Context, FidelityError};

/// The action of the token that opens an episode: the place of the start, before anything is done.
const START: u32 = u32::MAX;

/// A recurrent network that reads the start, then place and action of each step, and predicts the reward-to-go
/// after each token.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recurrent {
    key: Key,
    tokens: Table<(u64, u32)>,
    network: Elman,
    mean: f64,
    deviation: f64,
}

impl Recurrent {
    /// Trains on standardised rewards-to-go, one episode of the batch after the other; the loss of an episode
    /// is half the mean squared error over its tokens. The step size falls linearly to 0, so that the luck of the
    /// last episodes does not stay in the predictions.
    pub(super) fn fit(
        context: &Context<'_>,
        key: Key,
        hidden: usize,
        epochs: usize,
        step_size: f64,
    ) -> Result<Self, FidelityError> {
        let batch = context.batch;
        let to_go = returns_to_go(batch, 1.0)?;
        let mean = to_go.iter().sum::<f64>() / to_go.len() as f64;
        let variance = to_go.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / to_go.len() as f64;
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        let episodes: Vec<Range<usize>> = batch.ranges().filter(|range| !range.is_empty()).collect();
        let keys = episodes.iter().flat_map(|range| read(context, key, range.clone()));
        let (tokens, cells) = Table::constant(keys, 0.0);
        let cells: Vec<Option<u32>> = cells.into_iter().map(Some).collect();
        let mut network = Elman::new(hidden, tokens.len(), context.tape.estimator("fidelity-recurrent"));
        let mut space = Workspace::default();
        let (mut errors, longest) = (Vec::new(), context.horizon() + 1);
        errors.resize(longest, 0.0);
        let mut loss = 0.0;
        let updates = (epochs * episodes.len()) as f64;
        let mut left = updates;
        for _ in 0..epochs {
            let mut first = 0;
            loss = 0.0;
            for range in &episodes {
                let (sequence, count) = (&cells[first..=first + range.len()], range.len() + 1);
                first += count;
                let errors = &mut errors[..count];
                network.forward(sequence, &mut space, errors);
                let targets = std::iter::once(range.start).chain(range.clone());
                for (error, step) in errors.iter_mut().zip(targets) {
                    *error = (*error - (to_go[step] - mean) / deviation) / count as f64;
                    loss += *error * *error * count as f64;
                }
                network.backward(sequence, errors, &mut space);
                network.descend(&space.gradient, step_size * left / updates);
                left -= 1.0;
            }
        }
        // Predicting the mean throughout has a mean squared error of 1.
        if !loss.is_finite() || loss > 2.0 * episodes.len() as f64 {
            let rule = "be small enough for the training to converge";
            return Err(FidelityError::Parameter { parameter: "step-size", value: step_size, rule });
        }
        Ok(Self { key, tokens, network, mean, deviation })
    }

    pub(super) fn predict(
        &self,
        context: &Context<'_>,
        steps: Range<usize>,
        out: &mut [f64],
        unseen: &mut usize,
    ) -> f64 {
        let cells: Vec<Option<u32>> =
            read(context, self.key, steps.clone()).map(|token| self.tokens.cell(&token)).collect();
        *unseen += cells.iter().filter(|cell| cell.is_none()).count();
        let mut outputs = vec![0.0; cells.len()];
        self.network.forward(&cells, &mut Workspace::default(), &mut outputs);
        for (out, output) in out.iter_mut().zip(&outputs[1..]) {
            *out = self.mean + self.deviation * output;
        }
        add_rewards_so_far(&context.batch.rewards[steps], out);
        self.mean + self.deviation * outputs[0]
    }
}

/// The tokens of an episode: its start, then each step.
fn read<'a>(
    context: &'a Context<'_>,
    key: Key,
    steps: Range<usize>,
) -> impl Iterator<Item = (u64, u32)> + use<'a> {
    let start = (key.of(context, context.batch.nodes[steps.start]), START);
    std::iter::once(start).chain(steps.map(move |step| pair(context, key, step)))
}
