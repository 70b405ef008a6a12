use milepost_eval::correlation::kendall_tau_b;
use serde::{Deserialize, Serialize};

use super::{Defined, DefinedMean};
use crate::Batch;

/// Values closer than this share of the largest are tied: differences of rounding are not an order.
const TIE: f64 = 1e-9;

/// Longest sequence whose pairs are counted: their number grows with its square.
const LONGEST: usize = 512;

/// Whether credit ranks steps as the advantage does: Kendall's τ-b.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Ranks {
    trajectory: Defined,
    state: Defined,
    pooled: Defined,
}

/// What [`Ranks`] found. τ-b does not exist where credit or truth is constant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RankScores {
    /// Mean over episodes of τ-b over their steps.
    pub within_trajectory: DefinedMean,
    /// Mean over the nodes of a batch (visited at least twice) of τ-b over the visits.
    pub within_state: DefinedMean,
    /// Mean over batches of τ-b over all steps (the first 512 of a larger batch).
    pub pooled: DefinedMean,
}

impl Ranks {
    /// Adds a batch.
    pub fn push(&mut self, batch: &Batch, credit: &[f64], truth: &[f64]) {
        for range in batch.ranges() {
            self.trajectory.push(tau(&credit[range.clone()], &truth[range]));
        }
        let mut order: Vec<usize> = (0..batch.steps()).collect();
        order.sort_by_key(|i| batch.nodes[*i]);
        let visits = order.chunk_by(|i, j| batch.nodes[*i] == batch.nodes[*j]);
        for visits in visits.filter(|visits| visits.len() > 1) {
            let pick = |values: &[f64]| visits.iter().map(|i| values[*i]).collect::<Vec<_>>();
            self.state.push(tau(&pick(credit), &pick(truth)));
        }
        self.pooled.push(tau(credit, truth));
    }

    /// The scores so far.
    pub fn finish(self) -> RankScores {
        RankScores {
            within_trajectory: self.trajectory.finish(),
            within_state: self.state.finish(),
            pooled: self.pooled.finish(),
        }
    }
}

fn tau(credit: &[f64], truth: &[f64]) -> Option<f64> {
    let n = credit.len().min(LONGEST);
    kendall_tau_b(&levels(&credit[..n])?, &levels(&truth[..n])?).ok()
}

/// The values in units of their tie width; `None` if they are constant.
fn levels(values: &[f64]) -> Option<Vec<f64>> {
    let largest = values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    let unit = largest * TIE;
    let first = *values.first()?;
    let varies = values.iter().any(|v| (v - first).abs() > unit);
    varies.then(|| values.iter().map(|v| (v / unit).round()).collect())
}
