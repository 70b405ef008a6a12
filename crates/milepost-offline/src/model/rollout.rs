use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::{Dynamics, ModelBuffer, RewardPenalty};
use crate::data::{Sampler, Transitions};
use crate::learners::{LearnerError, Sac};

/// Settings of imagined roll-outs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RollOutConfig {
    /// States of the data from which roll-outs start. Default 50 000.
    pub starts: usize,
    /// Steps of each, h. Default 5.
    pub horizon: usize,
    /// λ: the reward is `r̂ − λ u`. Default 1; 0 is a plain model roll-out.
    pub penalty_weight: f64,
    /// u.
    pub penalty: RewardPenalty,
    /// A roll-out stops where a component of the (normalised) state leaves ± this; the step that left is not
    /// kept. Default 10.
    pub clip: f64,
}

impl Default for RollOutConfig {
    fn default() -> Self {
        let penalty = RewardPenalty::default();
        Self { starts: 50_000, horizon: 5, penalty_weight: 1.0, penalty, clip: 10.0 }
    }
}

/// Whether an imagined step `(s, a, s')` ends the task. States are as the model has them.
pub type Termination<'a> = &'a dyn Fn(&[f32], &[f32], &[f32]) -> bool;

/// What roll-outs met.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RollOutReport {
    /// Transitions stored.
    pub stored: usize,
    /// Roll-outs stopped because the state left the clip or was no number.
    pub left: usize,
    /// Mean of u over stored transitions.
    pub mean_penalty: f64,
}

/// Rolls the policy out in the model and stores what it imagined: at each step the prediction of a random elite
/// and a draw from it.
#[allow(clippy::too_many_arguments, reason = "each is a part of its own; `ModelBased` is the short way")]
pub fn roll_out(
    data: &Transitions,
    dynamics: &Dynamics,
    learner: &mut Sac,
    config: &RollOutConfig,
    termination: Termination<'_>,
    buffer: &mut ModelBuffer,
    stream: &mut Stream,
    device: &Device,
) -> Result<RollOutReport, LearnerError> {
    let (s, a) = (data.state_width, data.action_width);
    let starts = Sampler::uniform(data.len())?.rows(config.starts, stream);
    let mut states: Vec<f32> =
        starts.iter().flat_map(|row| &data.states[row * s..(row + 1) * s]).copied().collect();
    let mut report = RollOutReport::default();
    let mut total = 0.0;
    for _ in 0..config.horizon {
        let n = states.len() / s;
        if n == 0 {
            break;
        }
        let tensor = Tensor::<2>::from_data(TensorData::new(states.clone(), [n, s]), device);
        let actions: Vec<f32> = learner.sample(tensor).0.into_data().iter::<f32>().collect();
        let prediction = dynamics.predict(&states, &actions)?;
        let mut going = Vec::with_capacity(states.len());
        for (row, (state, action)) in states.chunks(s).zip(actions.chunks(a)).enumerate() {
            let elites = prediction.elites;
            let (mean, std) = prediction.of(stream.below(elites as u64) as usize, row);
            let drawn: Vec<f32> = mean.iter().zip(std).map(|(m, d)| m + d * stream.normal() as f32).collect();
            let next = &drawn[..s];
            if drawn.iter().any(|x| !x.is_finite()) || next.iter().any(|x| f64::from(x.abs()) > config.clip) {
                report.left += 1;
                continue;
            }
            let u = if config.penalty_weight == 0.0 {
                0.0
            } else {
                let (means, stds): (Vec<_>, Vec<_>) =
                    (0..elites).map(|elite| prediction.of(elite, row)).unzip();
                config.penalty.of(&means, &stds)
            };
            let reward = drawn[s] - (config.penalty_weight * f64::from(u)) as f32;
            let terminal = termination(state, action, next);
            buffer.push(state, action, reward, next, terminal);
            report.stored += 1;
            total += f64::from(u);
            if !terminal {
                going.extend_from_slice(next);
            }
        }
        states = going;
    }
    report.mean_penalty = total / report.stored.max(1) as f64;
    Ok(report)
}
