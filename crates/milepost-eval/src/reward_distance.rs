//! How different are two reward functions, as far as behaviour is concerned?
//!
//! Rewards are tables `R[s, a, s']`, flat and row-major. EPIC is Gleave et al., "Quantifying Differences
//! in Reward Functions" (ICLR 2021); DARD is Wulfe et al., "Dynamics-Aware Comparison of Learned Reward
//! Functions" (ICLR 2022). Distances close to zero are square roots of rounding, good to about 10⁻⁸.

use crate::StatsError;
use crate::correlation::{spearman, weighted_pearson};
use crate::error::{all_finite, paired};

/// A canonical reward varies if its variance is above this; below, it is constant up to rounding.
const CONSTANT: f64 = 1e-20;

/// What canonicalisation is relative to.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'a> {
    /// Discount `γ`.
    pub discount: f64,
    /// `D_S`, a law of states, `[states]`.
    pub states: &'a [f64],
    /// `D_A`, a law of actions, `[actions]`.
    pub actions: &'a [f64],
}

impl Reference<'_> {
    fn check(&self, what: &'static str, table: &[f64]) -> Result<(), StatsError> {
        let size = self.states.len() * self.actions.len() * self.states.len();
        if table.len() != size || size == 0 {
            return Err(StatsError::Mismatch { what, left: table.len(), right: size });
        }
        all_finite(what, table)
    }

    fn at(&self, s: usize, a: usize, next: usize) -> usize {
        (s * self.actions.len() + a) * self.states.len() + next
    }

    /// A table from its entries.
    fn table(&self, entry: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
        let mut table = Vec::with_capacity(self.states.len() * self.actions.len() * self.states.len());
        for s in 0..self.states.len() {
            for a in 0..self.actions.len() {
                table.extend((0..self.states.len()).map(|next| entry(s, a, next)));
            }
        }
        table
    }
}

/// EPIC's canonical reward `C(R)(s, a, s') = R(s, a, s') + γ m(s') − m(s) − γ m̄`, where
/// `m(s) = Σ D_A(a) D_S(s') R(s, a, s')` and `m̄ = Σ D_S(s) m(s)`. Potential shaping vanishes.
pub fn canonical(reward: &[f64], reference: Reference<'_>) -> Result<Vec<f64>, StatsError> {
    reference.check("the reward table against states × actions × states", reward)?;
    let Reference { discount, states, actions } = reference;
    let mean_from: Vec<f64> = (0..states.len())
        .map(|s| {
            let of_action = |(a, p): (usize, &f64)| {
                p * (0..states.len()).map(|next| states[next] * reward[reference.at(s, a, next)]).sum::<f64>()
            };
            actions.iter().enumerate().map(of_action).sum()
        })
        .collect();
    let mean: f64 = states.iter().zip(&mean_from).map(|(p, m)| p * m).sum();
    Ok(reference.table(|s, a, next| {
        reward[reference.at(s, a, next)] + discount * mean_from[next] - mean_from[s] - discount * mean
    }))
}

/// DARD's canonical reward, which asks only about transitions that can happen:
/// `R(s, a, s') + γ E R(s', A, S'') − E R(s, A, S') − γ E R(S', A, S'')` with `A ~ D_A`, `S' ~ T(s, A)` and
/// `S'' ~ T(s', A)` (in the last term from `S'`, the action shared). `transitions` is `T[s, a, s']`.
pub fn dynamics_aware_canonical(
    reward: &[f64],
    transitions: &[f64],
    reference: Reference<'_>,
) -> Result<Vec<f64>, StatsError> {
    reference.check("the reward table against states × actions × states", reward)?;
    reference.check("the transition table against states × actions × states", transitions)?;
    let Reference { discount, states, actions } = reference;
    let n = states.len();
    // E R(s, A, S').
    let leaving: Vec<f64> = (0..n)
        .map(|s| {
            let of_action = |(a, p): (usize, &f64)| {
                let step = |next| transitions[reference.at(s, a, next)] * reward[reference.at(s, a, next)];
                p * (0..n).map(step).sum::<f64>()
            };
            actions.iter().enumerate().map(of_action).sum()
        })
        .collect();
    // E R(S', A, S''), for each pair (s, s').
    let between: Vec<f64> = (0..n * n)
        .map(|pair| {
            let (s, arrived) = (pair / n, pair % n);
            let of_action = |(a, p): (usize, &f64)| {
                let mut sum = 0.0;
                for first in 0..n {
                    for second in 0..n {
                        sum += transitions[reference.at(s, a, first)]
                            * transitions[reference.at(arrived, a, second)]
                            * reward[reference.at(first, a, second)];
                    }
                }
                p * sum
            };
            actions.iter().enumerate().map(of_action).sum()
        })
        .collect();
    Ok(reference.table(|s, a, next| {
        reward[reference.at(s, a, next)] + discount * leaving[next]
            - leaving[s]
            - discount * between[s * n + next]
    }))
}

/// `√((1 − ρ)/2)`: 0 for perfectly correlated, 1 for opposite rewards.
fn from_correlation(rho: f64) -> f64 {
    ((1.0 - rho) / 2.0).max(0.0).sqrt()
}

/// Pearson distance `√((1 − ρ)/2)` of two reward tables under a coverage law (uniform if not given).
pub fn pearson_distance(x: &[f64], y: &[f64], coverage: Option<&[f64]>) -> Result<f64, StatsError> {
    correlation(x, y, coverage).map(from_correlation)
}

/// As [`pearson_distance`], with Spearman's ρ and uniform coverage: invariant under increasing maps.
pub fn spearman_distance(x: &[f64], y: &[f64]) -> Result<f64, StatsError> {
    spearman(x, y).map(from_correlation)
}

/// Pearson's ρ of canonical rewards; undefined where one is constant up to rounding.
fn correlation(x: &[f64], y: &[f64], coverage: Option<&[f64]>) -> Result<f64, StatsError> {
    let rho = weighted_pearson(x, y, coverage)?;
    let varies = |values: &[f64]| {
        let mean = mean_power(values, coverage, |v| v);
        mean_power(values, coverage, |v| (v - mean).powi(2)) > CONSTANT
    };
    if varies(x) && varies(y) {
        return Ok(rho);
    }
    let reason = "a canonical reward is constant: it prefers no behaviour to another";
    Err(StatsError::Undefined { what: "the distance", reason })
}

/// `Σ w f(v)` under normalised weights.
fn mean_power(values: &[f64], weights: Option<&[f64]>, f: impl Fn(f64) -> f64) -> f64 {
    match weights {
        None => values.iter().map(|v| f(*v)).sum::<f64>() / values.len() as f64,
        Some(w) => values.iter().zip(w).map(|(v, w)| w * f(*v)).sum::<f64>() / w.iter().sum::<f64>(),
    }
}

/// EPIC distance: [`pearson_distance`] of the [`canonical`] rewards, in `[0, 1]`. Invariant under
/// potential shaping, positive scaling and shifts.
pub fn epic(
    x: &[f64],
    y: &[f64],
    reference: Reference<'_>,
    coverage: Option<&[f64]>,
) -> Result<f64, StatsError> {
    pearson_distance(&canonical(x, reference)?, &canonical(y, reference)?, coverage)
}

/// DARD distance: [`pearson_distance`] of the [`dynamics_aware_canonical`] rewards, where states and
/// actions are covered uniformly and next states as the dynamics have them.
pub fn dard(x: &[f64], y: &[f64], transitions: &[f64], reference: Reference<'_>) -> Result<f64, StatsError> {
    let x = dynamics_aware_canonical(x, transitions, reference)?;
    let y = dynamics_aware_canonical(y, transitions, reference)?;
    pearson_distance(&x, &y, Some(transitions))
}

/// `Lᵖ` distance `(Σ w |x − y|ᵖ)^{1/p}` under a coverage law (uniform if not given).
pub fn direct(x: &[f64], y: &[f64], coverage: Option<&[f64]>, p: f64) -> Result<f64, StatsError> {
    paired("the two reward tables", x, y)?;
    let difference: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    norm(&difference, coverage, p)
}

fn norm(values: &[f64], coverage: Option<&[f64]>, p: f64) -> Result<f64, StatsError> {
    all_finite("the reward table", values)?;
    if let Some(weights) = coverage {
        paired("the coverage against the rewards", weights, values)?;
    }
    if p < 1.0 || !p.is_finite() {
        return Err(StatsError::Parameter { name: "the power of a norm", value: p, range: "[1, ∞)" });
    }
    Ok(libm::pow(mean_power(values, coverage, |v| libm::pow(v.abs(), p)), 1.0 / p))
}

/// Half the [`direct`] distance of the [`canonical`] rewards, each divided by its own `Lᵖ` norm, in
/// `[0, 1]`. A reward that is canonically zero (up to rounding) stays zero, at distance ½ from others.
pub fn normalised(
    x: &[f64],
    y: &[f64],
    reference: Reference<'_>,
    coverage: Option<&[f64]>,
    p: f64,
) -> Result<f64, StatsError> {
    let unit = |reward: &[f64]| -> Result<Vec<f64>, StatsError> {
        let canonical = canonical(reward, reference)?;
        let length = norm(&canonical, coverage, p)?;
        let scale = if length * length > CONSTANT { 1.0 / length } else { 0.0 };
        Ok(canonical.iter().map(|v| v * scale).collect())
    };
    Ok(0.5 * direct(&unit(x)?, &unit(y)?, coverage, p)?)
}

/// Rewards sampled for [`canonical_from_samples`]: the tables hold `R(x, A_j, S'_j)` for the same `M`
/// pairs `(A_j, S'_j)` in every row `x`.
#[derive(Debug, Clone, Copy)]
pub struct SampledReward<'a> {
    /// `R(sᵢ, aᵢ, s'ᵢ)` of `N` transitions.
    pub batch: &'a [f64],
    /// Rows `x = sᵢ`, `[N, M]`.
    pub from_states: &'a [f64],
    /// Rows `x = s'ᵢ`, `[N, M]`.
    pub from_next: &'a [f64],
    /// Rows `x = S'_j`, `[M, M]`.
    pub from_samples: &'a [f64],
}

/// EPIC's canonical reward of a batch, with expectations replaced by means over samples. Shaping still
/// cancels exactly because every term uses the same samples.
pub fn canonical_from_samples(reward: SampledReward<'_>, discount: f64) -> Result<Vec<f64>, StatsError> {
    let SampledReward { batch, from_states, from_next, from_samples } = reward;
    let n = batch.len();
    if n == 0 || from_samples.is_empty() {
        return Err(StatsError::Empty { what: "the set of sampled rewards" });
    }
    let m = from_states.len() / n;
    for (what, table, rows) in [
        ("the table of states against batch × samples", from_states, n),
        ("the table of next states against batch × samples", from_next, n),
        ("the table of samples against samples × samples", from_samples, m),
    ] {
        if table.len() != rows * m {
            return Err(StatsError::Mismatch { what, left: table.len(), right: rows * m });
        }
        all_finite(what, table)?;
    }
    let mean = |table: &[f64], row: usize| table[row * m..][..m].iter().sum::<f64>() / m as f64;
    let overall = from_samples.iter().sum::<f64>() / from_samples.len() as f64;
    let row = |i: usize| batch[i] + discount * mean(from_next, i) - mean(from_states, i) - discount * overall;
    Ok((0..n).map(row).collect())
}

/// Discounted return `Σ γ^t r_t` of one episode.
pub fn discounted_return(rewards: &[f64], discount: f64) -> f64 {
    rewards.iter().rev().fold(0.0, |after, reward| reward + discount * after)
}

/// Potential shaping along one episode: `F_t = γ Φ(s_{t+1}) − Φ(s_t)` for `T + 1` potentials. The last
/// potential counts 0 if the episode terminated, and stays if it was truncated. The discounted sum is
/// `γ^T Φ(s_T) − Φ(s_0)`.
pub fn shaping(potentials: &[f64], discount: f64, terminated: bool) -> Vec<f64> {
    let last = potentials.len().saturating_sub(2);
    let reached = |t: usize| if terminated && t == last { 0.0 } else { potentials[t + 1] };
    (0..potentials.len().saturating_sub(1)).map(|t| discount * reached(t) - potentials[t]).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STATES: usize = 3;
    const ACTIONS: usize = 2;
    const SIZE: usize = STATES * ACTIONS * STATES;

    fn table() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-2.0..2.0f64, SIZE)
    }

    fn normalise(rows: &mut [f64], width: usize) {
        for row in rows.chunks_mut(width) {
            let sum: f64 = row.iter().sum();
            for p in row {
                *p /= sum;
            }
        }
    }

    proptest! {
        #[test]
        fn shaping_scale_and_shift_are_no_distance(
            reward in table(), phi in prop::collection::vec(-2.0..2.0f64, STATES), scale in 0.1..5.0f64, shift in -2.0..2.0f64,
            mut dynamics in prop::collection::vec(0.1..1.0f64, SIZE), discount in 0.5..1.0f64,
        ) {
            normalise(&mut dynamics, STATES);
            let reference = Reference { discount, states: &[0.2, 0.3, 0.5], actions: &[0.4, 0.6] };
            let moved = reference.table(|s, a, next| {
                scale * reward[reference.at(s, a, next)] + shift + discount * phi[next] - phi[s]
            });
            prop_assert!(epic(&reward, &moved, reference, None).expect("varies") < 1e-6);
            prop_assert!(dard(&reward, &moved, &dynamics, reference).expect("varies") < 1e-6);
        }

        #[test]
        fn epic_is_a_distance(x in table(), y in table(), z in table()) {
            let reference = Reference { discount: 0.9, states: &[1.0 / 3.0; 3], actions: &[0.5; 2] };
            let between = |a: &[f64], b: &[f64]| epic(a, b, reference, None).expect("varies");
            let (xy, yz, xz) = (between(&x, &y), between(&y, &z), between(&x, &z));
            prop_assert!((0.0..=1.0).contains(&xy) && (xy - between(&y, &x)).abs() < 1e-9);
            prop_assert!(xz <= xy + yz + 1e-9);
            let opposite: Vec<f64> = x.iter().map(|v| -v).collect();
            prop_assert!((between(&x, &opposite) - 1.0).abs() < 1e-9);
        }

        #[test]
        fn shaping_telescopes(phi in prop::collection::vec(-2.0..2.0f64, 2..20), discount in 0.5..1.0f64, terminated: bool) {
            let steps = phi.len() as i32 - 1;
            let last = if terminated { 0.0 } else { phi[phi.len() - 1] };
            let sum = discounted_return(&shaping(&phi, discount, terminated), discount);
            prop_assert!((sum - (discount.powi(steps) * last - phi[0])).abs() < 1e-9);
        }
    }

    #[test]
    fn a_pure_shaping_reward_has_no_distance_to_anything() {
        let reference = Reference { discount: 0.9, states: &[1.0 / 3.0; 3], actions: &[0.5; 2] };
        let phi = [0.3, -0.7, 1.1];
        let shaping = reference.table(|s, _, next| 0.9 * phi[next] - phi[s]);
        let reward = reference.table(|s, a, next| (s + 2 * a * next) as f64);
        assert!(matches!(epic(&reward, &shaping, reference, None), Err(StatsError::Undefined { .. })));
        assert!(matches!(epic(&reward[1..], &reward, reference, None), Err(StatsError::Mismatch { .. })));
    }
}
