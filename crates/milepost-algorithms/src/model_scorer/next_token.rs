//! The whole next-token distributions of a batch, on the host.

use burn::tensor::activation::log_softmax;

use super::View;
use crate::TrainError;
use crate::agent::{Agent, DecisionTable};
use crate::host::host;

/// Decisions pushed through the network together, at least; whole trajectories.
const PORTION: usize = 1024;

/// Log-probabilities below this belong to tokens that could not be drawn: their logits are masked.
const MASKED: f32 = -1e8;

/// The distribution that a token was drawn from.
pub(super) struct NextToken<'a> {
    /// `ln π` of every token of the vocabulary, `[V]`.
    pub(super) log_probs: &'a [f32],
    /// The token.
    pub(super) drawn: usize,
}

impl NextToken<'_> {
    /// Those tokens that could be drawn with their log-probabilities, in order of tokens.
    pub(super) fn support(&self) -> impl Iterator<Item = (usize, f64)> {
        let all = self.log_probs.iter().copied().enumerate();
        // NaN stays in: what reads it refuses it by name.
        all.filter(|(_, p)| p.is_nan() || *p > MASKED).map(|(token, p)| (token, f64::from(p)))
    }
}

/// Hands every decision of every trajectory to `visit`, trajectory by trajectory, as an inference forward pass of the
/// sampler sees it.
pub(super) fn each_next_token<A: Agent>(
    view: &View<'_, A>,
    mut visit: impl FnMut(usize, NextToken<'_>) -> Result<(), TrainError>,
) -> Result<(), TrainError> {
    let ranges: Vec<_> = view.decisions().collect();
    let mut first = 0;
    while first < ranges.len() {
        let mut last = first + 1;
        while last < ranges.len() && ranges[last].end - ranges[first].start <= PORTION {
            last += 1;
        }
        let decisions: Vec<usize> = (ranges[first].start..ranges[last - 1].end).collect();
        if !decisions.is_empty() {
            let forward = DecisionTable::forward(view.table, view.model, &decisions)?;
            let [_, words] = forward.logits.dims();
            let log_probs = host(log_softmax(forward.logits, 1))?;
            let drawn = forward.actions.try_into_vec_as::<i64>().map_err(|error| TrainError::Config {
                reason: format!("the drawn tokens could not be read back from the device: {error:?}"),
            })?;
            let mut rows = log_probs.chunks_exact(words.max(1)).zip(drawn);
            for (trajectory, range) in ranges.iter().enumerate().take(last).skip(first) {
                for (log_probs, drawn) in rows.by_ref().take(range.len()) {
                    visit(trajectory, NextToken { log_probs, drawn: drawn as usize })?;
                }
            }
        }
        first = last;
    }
    Ok(())
}
