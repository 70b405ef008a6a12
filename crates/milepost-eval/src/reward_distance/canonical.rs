//! Canonical rewards: what is left of a reward when everything that cannot change behaviour is removed.

use crate::StatsError;
use crate::error::all_finite;

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

    pub(super) fn at(&self, s: usize, a: usize, next: usize) -> usize {
        (s * self.actions.len() + a) * self.states.len() + next
    }

    /// A table from its entries.
    pub(crate) fn table(&self, entry: impl Fn(usize, usize, usize) -> f64) -> Vec<f64> {
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
