//! Conservative Q-learning.

use serde::{Deserialize, Serialize};

use super::td::entries;
use crate::{ObjectiveError, check, math};

/// Actions that were drawn at each state, for the log-sum-exp of [`ConservativeLoss`].
#[derive(Debug, Clone, Copy)]
pub struct SampledActions<'a> {
    /// Their values, `[critics, n, samples]`.
    pub values: &'a [f64],
    /// Log-density with which each was drawn, `[n, samples]`.
    pub log_densities: &'a [f64],
}

/// `L = α Σ_c weight · ((1/n) Σ_i [log Σ_j exp(Q_c(s_i, a_j) − log μ(a_j)) − Q_c(s_i, a_i)] − threshold)` over
/// continuous actions: values of actions that are not in the data go down.
///
/// `j` runs over all sampled actions of all sources, and the sum is not divided by their number, as in d3rlpy.
/// `α` is a Lagrange multiplier, 1 without. Source: CQL(H), arXiv 2006.04779.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ConservativeLoss {
    /// Weight of the gap (usual: 5 to 10).
    pub weight: f64,
    /// The gap that costs nothing.
    pub threshold: f64,
    /// `α`, at most 1e6.
    pub multiplier: f64,
}

/// The conservative loss, by critic.
#[derive(Debug, Clone, PartialEq)]
pub struct ConservativeReport {
    /// What was minimised.
    pub loss: f64,
    /// `weight · (gap − threshold)` of each critic; the multiplier is not applied.
    pub per_critic: Vec<f64>,
}

impl ConservativeLoss {
    /// The loss, with its derivatives by the values of each source (`[critics, n, samples]`) and by those of
    /// the recorded actions (`[critics, n]`).
    ///
    /// # Errors
    /// No source, critic or transition; slices that do not fit; a number that is not finite; a parameter
    /// outside its domain.
    pub fn evaluate(
        &self,
        sources: &[SampledActions<'_>],
        data_values: &[f64],
        critics: usize,
        source_gradients: &mut [Vec<f64>],
        data_gradient: &mut [f64],
    ) -> Result<ConservativeReport, ObjectiveError> {
        check::non_negative("weight", self.weight)?;
        check::finite("threshold", &[self.threshold])?;
        check::non_negative("multiplier", self.multiplier)?;
        check::non_empty("sources", sources)?;
        let n = entries(data_values, critics)?;
        check::len("source_gradients", sources.len(), source_gradients.len())?;
        check::len("data_gradient", data_values.len(), data_gradient.len())?;
        for (source, gradient) in sources.iter().zip(source_gradients.iter_mut()) {
            check::non_empty("log_densities", source.log_densities)?;
            let densities = source.log_densities.len();
            check::finite_len("log_densities", densities.next_multiple_of(n), source.log_densities)?;
            check::finite_len("values", critics * densities, source.values)?;
            gradient.clear();
            gradient.resize(source.values.len(), 0.0);
        }

        let slope = self.multiplier.min(1e6) * self.weight / n as f64;
        let mut per_critic = Vec::with_capacity(critics);
        for critic in 0..critics {
            let mut gap = 0.0;
            for state in 0..n {
                // Value less log-density of every sampled action, source by source.
                let scores = sources.iter().flat_map(|source| {
                    let samples = source.log_densities.len() / n;
                    (0..samples).map(move |j| {
                        let at = state * samples + j;
                        source.values[critic * n * samples + at] - source.log_densities[at]
                    })
                });
                let normalizer = math::log_sum_exp(scores.clone());
                let mut scores = scores;
                for (source, gradient) in sources.iter().zip(source_gradients.iter_mut()) {
                    let samples = source.log_densities.len() / n;
                    let start = (critic * n + state) * samples;
                    for (slot, score) in gradient[start..start + samples].iter_mut().zip(scores.by_ref()) {
                        *slot = slope * math::exp(score - normalizer);
                    }
                }
                data_gradient[critic * n + state] = -slope;
                gap += (normalizer - data_values[critic * n + state]) / n as f64;
            }
            per_critic.push(self.weight * (gap - self.threshold));
        }
        let loss = self.multiplier.min(1e6) * per_critic.iter().sum::<f64>();
        Ok(ConservativeReport { loss, per_critic })
    }
}

/// `L = (1/n) Σ_i [log Σ_a exp Q̄(s_i, a) − Q̄(s_i, a_i)]` over discrete actions, `Q̄` the mean of the critics.
///
/// `dL/dQ_c(s_i, a) = (softmax(Q̄)_a − 1(a = a_i))/(n C)`. `values` and `gradient` are `[critics, n, actions]`.
///
/// # Errors
/// No critic, action or transition; slices that do not fit; a number that is not finite; an action that is
/// none.
pub fn discrete_conservative_loss(
    values: &[f64],
    taken: &[usize],
    critics: usize,
    actions: usize,
    gradient: &mut [f64],
) -> Result<f64, ObjectiveError> {
    check::non_empty("taken", taken)?;
    entries(values, critics)?;
    check::len("values", critics * taken.len() * actions, values.len())?;
    check::len("gradient", values.len(), gradient.len())?;
    if let Some(position) = taken.iter().position(|&action| action >= actions) {
        let index = taken[position];
        return Err(ObjectiveError::IndexOutOfRange { what: "taken", position, index, len: actions });
    }
    let (n, c) = (taken.len(), critics as f64);
    let mut total = 0.0;
    for (state, &action) in taken.iter().enumerate() {
        let at = |critic: usize, action: usize| (critic * n + state) * actions + action;
        let mean: Vec<f64> =
            (0..actions).map(|a| (0..critics).map(|critic| values[at(critic, a)]).sum::<f64>() / c).collect();
        let normalizer = math::log_sum_exp(mean.iter().copied());
        total += (normalizer - mean[action]) / n as f64;
        for (a, value) in mean.iter().enumerate() {
            let share = math::exp(value - normalizer) - f64::from(u8::from(a == action));
            for critic in 0..critics {
                gradient[at(critic, a)] = share / (n as f64 * c);
            }
        }
    }
    Ok(total)
}

/// Double Q-learning over discrete actions: the action that is best for the mean of the online critics (the
/// first among equals), and its smallest value among the target critics. Both inputs are
/// `[critics, n, actions]`.
///
/// # Errors
/// No critic, action or transition; slices that do not fit; a number that is not finite.
pub fn double_q_values(
    online: &[f64],
    target: &[f64],
    critics: usize,
    actions: usize,
) -> Result<(Vec<usize>, Vec<f64>), ObjectiveError> {
    let per_critic = entries(online, critics)?;
    if actions == 0 {
        return Err(ObjectiveError::Empty { what: "actions" });
    }
    let n = per_critic / actions;
    check::len("online", critics * n * actions, online.len())?;
    check::finite_len("target", online.len(), target)?;
    let at = |critic: usize, state: usize, action: usize| (critic * n + state) * actions + action;
    let sum =
        |state: usize, action: usize| -> f64 { (0..critics).map(|c| online[at(c, state, action)]).sum() };
    let best: Vec<usize> = (0..n)
        .map(|state| (1..actions).fold(0, |best, a| if sum(state, a) > sum(state, best) { a } else { best }))
        .collect();
    let smallest = |(state, &action): (usize, &usize)| {
        (0..critics).map(|c| target[at(c, state, action)]).fold(f64::INFINITY, f64::min)
    };
    let values = best.iter().enumerate().map(smallest).collect();
    Ok((best, values))
}
