use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::Dynamics;
use crate::learners::{Batch, LearnerError, Sac};

/// MOBILE's penalty of the target (Sun et al., ICML 2023).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BellmanInconsistency {
    /// c. Default 1; 0 is SAC on the mix.
    pub weight: f64,
    /// Next states drawn from each elite, M. Default 10.
    pub draws: usize,
}

impl Default for BellmanInconsistency {
    fn default() -> Self {
        Self { weight: 1.0, draws: 10 }
    }
}

/// `U = std_i q_i` with the sample divisor E − 1; 0 for a single elite. `q` is `[E, n]`, elite by elite.
#[must_use]
pub fn inconsistency(q: &[f32], elites: usize) -> Vec<f32> {
    let n = q.len() / elites.max(1);
    let one = |row: usize| {
        let value = |elite: usize| f64::from(q[elite * n + row] - q[row]);
        let mean = (0..elites).map(value).sum::<f64>() / elites as f64;
        let squares: f64 = (0..elites).map(|elite| (value(elite) - mean) * (value(elite) - mean)).sum();
        if elites < 2 { 0.0 } else { (squares / (elites - 1) as f64).sqrt() as f32 }
    };
    (0..n).map(one).collect()
}

impl BellmanInconsistency {
    /// The penalty `c · U(s, a)` of each row: for each elite `q_i` is the mean over `draws` next states of
    /// `min_k Q̄_k(s', a')`, `a' ~ π`, without reward and without γ. `[n]`
    pub fn penalty(
        &self,
        dynamics: &Dynamics,
        learner: &mut Sac,
        batch: &Batch,
        stream: &mut Stream,
        device: &Device,
    ) -> Result<Vec<f32>, LearnerError> {
        let n = batch.len();
        if self.weight == 0.0 {
            return Ok(vec![0.0; n]);
        }
        let states: Vec<f32> = batch.states.clone().into_data().iter::<f32>().collect();
        let actions: Vec<f32> = batch.actions.clone().into_data().iter::<f32>().collect();
        let prediction = dynamics.predict(&states, &actions)?;
        let s = dynamics.state_width();
        let mut next = Vec::with_capacity(prediction.elites * n * self.draws * s);
        for elite in 0..prediction.elites {
            for row in 0..n {
                let (mean, std) = prediction.of(elite, row);
                for _ in 0..self.draws {
                    let each = mean[..s].iter().zip(std);
                    next.extend(each.map(|(m, d)| m + d * stream.normal() as f32));
                }
            }
        }
        let rows = prediction.elites * n * self.draws;
        let next = Tensor::<2>::from_data(TensorData::new(next, [rows, s]), device);
        let (drawn, _) = learner.sample(next.clone());
        let q = learner.target_value(next, drawn).reshape([prediction.elites * n, self.draws]).mean_dim(1);
        let q: Vec<f32> = q.into_data().iter::<f32>().collect();
        let weight = self.weight as f32;
        Ok(inconsistency(&q, prediction.elites).into_iter().map(|u| weight * u).collect())
    }
}
