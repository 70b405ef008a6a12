use serde::{Deserialize, Serialize};

use super::Target;
use super::mean::ratio;
use crate::Batch;

/// The error that is left when the mean error of each node within the batch is taken away: what no
/// baseline `b(t, s)` could repair.
#[derive(Debug, Clone, Default)]
pub struct Centred {
    squares: f64,
    repeated: u64,
    steps: u64,
    count: Vec<u32>,
    mean: Vec<f64>,
}

/// What [`Centred`] found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CentredScores {
    /// RMSE of the centred errors over the steps at nodes that their batch visits at least twice.
    pub rmse: Option<f64>,
    /// Share of those steps.
    pub repeated_share: Option<f64>,
}

impl Centred {
    /// Adds a batch.
    pub fn push(&mut self, target: &Target, batch: &Batch, credit: &[f64], truth: &[f64]) {
        let nodes = target.pairs() / target.actions().max(1);
        self.count.resize(nodes, 0);
        self.mean.resize(nodes, 0.0);
        for node in &batch.nodes {
            (self.count[*node as usize], self.mean[*node as usize]) = (0, 0.0);
        }
        for (i, node) in batch.nodes.iter().enumerate() {
            let (n, error) = (*node as usize, credit[i] - truth[i]);
            self.count[n] += 1;
            self.mean[n] += (error - self.mean[n]) / f64::from(self.count[n]);
        }
        self.steps += batch.steps() as u64;
        for (i, node) in batch.nodes.iter().enumerate() {
            let n = *node as usize;
            if self.count[n] > 1 {
                let residual = credit[i] - truth[i] - self.mean[n];
                self.squares += residual * residual;
                self.repeated += 1;
            }
        }
    }

    /// The scores so far.
    pub fn finish(&self) -> CentredScores {
        let repeated = self.repeated as f64;
        CentredScores {
            rmse: ratio(self.squares, repeated).map(f64::sqrt),
            repeated_share: ratio(repeated, self.steps as f64),
        }
    }
}
