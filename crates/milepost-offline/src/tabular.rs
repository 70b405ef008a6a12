//! Exact offline learning on a table of transitions: what the neural learners approximate, for tests and for
//! small worlds. No tensors.

use std::collections::BTreeMap;

use crate::data::{DataError, error::require};

/// One recorded step between numbered states.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableStep {
    /// The state.
    pub state: usize,
    /// The action.
    pub action: usize,
    /// What was paid.
    pub reward: f64,
    /// The next state.
    pub next: usize,
    /// Whether the task ended: nothing is bootstrapped.
    pub terminal: bool,
}

/// Values of the states and state-action pairs that the data contain.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SupportValues {
    /// V(s); states without data have none, and count as 0 where they are bootstrapped from.
    pub v: BTreeMap<usize, f64>,
    /// Q(s, a) of recorded pairs.
    pub q: BTreeMap<(usize, usize), f64>,
}

/// How V(s) is made of the values of recorded steps.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Backup {
    /// The largest over recorded actions.
    Max,
    /// The expectile over recorded steps.
    Expectile(f64),
}

/// Dynamic programming on the support of the data: `Q(s,a) = mean (r + γ (1−d) V(s'))` over recorded steps,
/// `V(s) = max_a Q(s,a)` over recorded actions. Stops when no value changes by more than `tolerance`.
pub fn support_optimal(steps: &[TableStep], gamma: f64, tolerance: f64) -> Result<SupportValues, DataError> {
    iterate(steps, gamma, tolerance, Backup::Max)
}

/// Tabular IQL: the same with `V(s)` the τ-expectile of `Q(s, a)` over recorded steps. τ = ½ evaluates the
/// behaviour; τ → 1 approaches [`support_optimal`].
pub fn support_iql(
    steps: &[TableStep],
    gamma: f64,
    tau: f64,
    tolerance: f64,
) -> Result<SupportValues, DataError> {
    require(tau > 0.0 && tau < 1.0, "tau", tau, "in (0, 1)")?;
    iterate(steps, gamma, tolerance, Backup::Expectile(tau))
}

fn iterate(
    steps: &[TableStep],
    gamma: f64,
    tolerance: f64,
    backup: Backup,
) -> Result<SupportValues, DataError> {
    require((0.0..1.0).contains(&gamma), "gamma", gamma, "in [0, 1)")?;
    require(tolerance > 0.0, "tolerance", tolerance, "positive")?;
    if let Some(step) = steps.iter().position(|step| !step.reward.is_finite()) {
        let value = steps[step].reward;
        return Err(DataError::Reward { trajectory: 0, index: step, value });
    }
    let mut values = SupportValues::default();
    loop {
        let mut sums: BTreeMap<(usize, usize), (f64, f64)> = BTreeMap::new();
        for step in steps {
            let next = if step.terminal { 0.0 } else { values.v.get(&step.next).copied().unwrap_or(0.0) };
            let sum = sums.entry((step.state, step.action)).or_default();
            *sum = (sum.0 + step.reward + gamma * next, sum.1 + 1.0);
        }
        let mut at: BTreeMap<usize, Vec<(f64, f64)>> = BTreeMap::new();
        for ((state, action), (total, count)) in sums {
            values.q.insert((state, action), total / count);
            at.entry(state).or_default().push((total / count, count));
        }
        let mut change = 0f64;
        for (state, q) in at {
            let v = match backup {
                Backup::Max => q.iter().map(|(q, _)| *q).fold(f64::NEG_INFINITY, f64::max),
                Backup::Expectile(tau) => expectile(&q, tau),
            };
            change = change.max((v - values.v.insert(state, v).unwrap_or(0.0)).abs());
        }
        if change <= tolerance {
            return Ok(values);
        }
    }
}

/// The `v` with `Σ w |τ − 1(q < v)| (q − v) = 0`, exactly: between two neighbouring values it is a weighted mean.
#[must_use]
pub fn expectile(weighted: &[(f64, f64)], tau: f64) -> f64 {
    let mut sorted = weighted.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let at = |below: usize| {
        let weight = |index: usize| sorted[index].1 * if index < below { 1.0 - tau } else { tau };
        let total: f64 = (0..sorted.len()).map(weight).sum();
        (0..sorted.len()).map(|index| weight(index) * sorted[index].0).sum::<f64>() / total
    };
    // With too few values counted as below, the mean lies above the next of them.
    let below = (0..sorted.len()).find(|below| at(*below) <= sorted[*below].0).unwrap_or(sorted.len());
    let (least, most) = (sorted.first().map_or(f64::NAN, |s| s.0), sorted.last().map_or(f64::NAN, |s| s.0));
    at(below).max(least).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    prop_compose! {
        fn tables()(all in prop::collection::vec((0usize..4, 0usize..3, -2f64..2.0, 0usize..4, any::<bool>()), 1..25))
            -> Vec<TableStep>
        {
            all.into_iter().map(|(state, action, reward, next, terminal)| {
                TableStep { state, action, reward, next, terminal }
            }).collect()
        }
    }

    proptest! {
        #[test]
        fn values_rise_with_tau_from_the_behaviours_to_the_best_on_the_support(steps in tables()) {
            let at = |tau: f64| support_iql(&steps, 0.9, tau, 1e-10).expect("converges").v;
            let best = support_optimal(&steps, 0.9, 1e-10).expect("converges").v;
            let ladder = [at(0.5), at(0.8), at(0.99), at(0.999_999_9)];
            for state in best.keys() {
                for pair in ladder.windows(2) {
                    prop_assert!(pair[0][state] <= pair[1][state] + 1e-7);
                }
                prop_assert!(ladder[3][state] <= best[state] + 1e-7);
                prop_assert!(ladder[3][state] > best[state] - 0.02, "{} {}", ladder[3][state], best[state]);
            }
        }

        #[test]
        fn tau_one_half_evaluates_the_behaviour(steps in tables()) {
            let values = support_iql(&steps, 0.9, 0.5, 1e-11).expect("converges");
            for (state, v) in &values.v {
                let here: Vec<f64> = steps.iter().filter(|s| s.state == *state).map(|s| {
                    let next = if s.terminal { 0.0 } else { values.v.get(&s.next).copied().unwrap_or(0.0) };
                    s.reward + 0.9 * next
                }).collect();
                let mean = here.iter().sum::<f64>() / here.len() as f64;
                prop_assert!((v - mean).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn a_terminal_removes_the_bootstrap() {
        let step = |terminal| TableStep { state: 0, action: 0, reward: 1.0, next: 0, terminal };
        let value = |terminal| support_optimal(&[step(terminal)], 0.5, 1e-12).expect("converges").v[&0];
        assert!((value(true) - 1.0).abs() < 1e-9 && (value(false) - 2.0).abs() < 1e-9);
        assert!(support_iql(&[step(true)], 0.5, 1.0, 1e-9).is_err());
    }
}
