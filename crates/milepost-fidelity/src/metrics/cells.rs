use serde::{Deserialize, Serialize};

use super::Target;
use super::mean::ratio;
use super::signs::agrees;
use crate::Batch;

/// Mean credit of each cell `(node, action)`: hindsight methods are noisy in a sample, but must be right here.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    count: Vec<u64>,
    mean: Vec<f64>,
    squares: Vec<f64>,
    times: Vec<(f64, u64)>,
}

/// What [`Cells`] found. Cells are weighted by `d(n) π(a|n)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CellScores {
    /// RMS over cells of `bias(n, a) = E[ĉ|n, a] − A(n, a)`.
    pub bias_rms: Option<f64>,
    /// RMS over cells of the standard error of that bias: what an unbiased estimator would show.
    pub noise_rms: Option<f64>,
    /// Share of the cells with `|A| ≥ 1e−8` whose mean credit has the right sign.
    pub sign_accuracy: Option<f64>,
    /// Share of the visits that the cells seen make up.
    pub coverage: f64,
    /// Mean signed error at each time; `None` where no episode came.
    pub bias_at_time: Vec<Option<f64>>,
}

impl Cells {
    /// Cells of a target in a world of the given horizon.
    pub fn new(target: &Target, horizon: usize) -> Self {
        let pairs = target.pairs();
        Self {
            count: vec![0; pairs],
            mean: vec![0.0; pairs],
            squares: vec![0.0; pairs],
            times: vec![(0.0, 0); horizon],
        }
    }

    /// Adds a batch.
    pub fn push(&mut self, target: &Target, batch: &Batch, credit: &[f64], truth: &[f64]) {
        for (i, (node, action)) in batch.nodes.iter().zip(&batch.actions).enumerate() {
            let pair = target.pair(*node, *action);
            self.count[pair] += 1;
            let step = credit[i] - self.mean[pair];
            self.mean[pair] += step / self.count[pair] as f64;
            self.squares[pair] += step * (credit[i] - self.mean[pair]);
            let (sum, count) = &mut self.times[target.time(*node)];
            *sum += credit[i] - truth[i];
            *count += 1;
        }
    }

    /// Mean credit of every pair `(node, action)`; `None` where it was never taken.
    pub fn means(&self) -> Vec<Option<f64>> {
        self.count.iter().zip(&self.mean).map(|(n, mean)| (*n > 0).then_some(*mean)).collect()
    }

    /// The scores so far.
    pub fn finish(&self, target: &Target) -> CellScores {
        let (mut seen, mut bias, mut noisy, mut noise) = (0.0, 0.0, 0.0, 0.0);
        let (mut signed, mut right) = (0.0, 0.0);
        for pair in (0..self.count.len()).filter(|pair| self.count[*pair] > 0) {
            let (mass, n) = (target.masses()[pair], self.count[pair] as f64);
            let (mean, truth) = (self.mean[pair], target.advantages()[pair]);
            seen += mass;
            bias += mass * (mean - truth) * (mean - truth);
            if n > 1.0 {
                noisy += mass;
                noise += mass * self.squares[pair] / (n - 1.0) / n;
            }
            if let Some(agrees) = agrees(mean, truth) {
                signed += mass;
                right += if agrees { mass } else { 0.0 };
            }
        }
        CellScores {
            bias_rms: ratio(bias, seen).map(f64::sqrt),
            noise_rms: ratio(noise, noisy).map(f64::sqrt),
            sign_accuracy: ratio(right, signed),
            coverage: ratio(seen, target.masses().iter().sum()).unwrap_or(0.0),
            bias_at_time: self.times.iter().map(|(sum, n)| ratio(*sum, *n as f64)).collect(),
        }
    }
}
