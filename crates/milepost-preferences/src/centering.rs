use serde::{Deserialize, Serialize};

use crate::{PreferenceError, error};

/// A running average reward that is taken off each reward (Naik et al. 2024, "Reward Centering").
///
/// With discount near 1 the value of a state is `r(π)/(1 − γ)` plus what tells states apart; centring removes the
/// first part, and with it every constant in the reward. For continuing tasks only: in an episodic task a constant
/// is the value of lasting longer, and taking it off changes what is best.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AverageReward {
    mean: f64,
    rate: f64,
}

impl AverageReward {
    /// Starts at 0; `rate` in `(0, 1]` is `β` of the simple form and `η α` of the value-based one.
    pub fn new(rate: f64) -> Result<Self, PreferenceError> {
        error::parameter("rate", rate, rate > 0.0 && rate <= 1.0, "in (0, 1]")?;
        Ok(Self { mean: 0.0, rate })
    }

    /// `r̄`.
    #[must_use]
    pub const fn mean(&self) -> f64 {
        self.mean
    }

    /// `δ = R − r̄ + γ v(s') − v(s)`.
    #[must_use]
    pub fn temporal_difference(&self, reward: f64, gamma: f64, next_value: f64, value: f64) -> f64 {
        reward - self.mean + gamma * next_value - value
    }

    /// The simple form, on-policy: `r̄ ← r̄ + β (R − r̄)`.
    pub fn observe_reward(&mut self, reward: f64) -> Result<(), PreferenceError> {
        error::finite("the reward", &[reward])?;
        self.mean += self.rate * (reward - self.mean);
        Ok(())
    }

    /// The value-based form, right off-policy as well: `r̄ ← r̄ + η α ρ δ`, `ρ` the importance ratio.
    pub fn observe_difference(&mut self, difference: f64, ratio: f64) -> Result<(), PreferenceError> {
        error::finite("the temporal difference", &[difference])?;
        error::not_negative("the importance ratio", ratio)?;
        self.mean += self.rate * ratio * difference;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Tabular TD(0) on a ring of states with fixed rewards: the temporal differences of the last round.
    fn last_differences(rewards: &[f64], shift: f64, value_based: bool) -> Vec<f64> {
        let (gamma, step) = (0.9, 0.1);
        let mut average = AverageReward::new(if value_based { 0.02 } else { 0.01 }).expect("valid");
        let mut values = vec![0.0; rewards.len()];
        let rounds = 4000;
        let mut last = vec![0.0; rewards.len()];
        for _ in 0..rounds {
            for state in 0..rewards.len() {
                let next = (state + 1) % rewards.len();
                let reward = rewards[state] + shift;
                let delta = average.temporal_difference(reward, gamma, values[next], values[state]);
                values[state] += step * delta;
                if value_based {
                    average.observe_difference(delta, 1.0).expect("finite");
                } else {
                    average.observe_reward(reward).expect("finite");
                }
                last[state] = values[state] - values[next];
            }
        }
        last
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn adding_a_constant_to_all_rewards_leaves_what_was_learnt_unchanged(
            rewards in prop::collection::vec(-1.0..1.0f64, 2..5), shift in -5.0..5.0f64,
        ) {
            for value_based in [false, true] {
                let plain = last_differences(&rewards, 0.0, value_based);
                let shifted = last_differences(&rewards, shift, value_based);
                for (a, b) in plain.iter().zip(&shifted) {
                    prop_assert!((a - b).abs() < 1e-3, "value-based {value_based}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn the_simple_form_converges_to_a_constant_reward_and_then_takes_it_off() {
        let mut average = AverageReward::new(0.1).expect("valid");
        for _ in 0..400 {
            average.observe_reward(3.0).expect("finite");
        }
        assert!((average.mean() - 3.0).abs() < 1e-12);
        assert!(average.temporal_difference(3.0, 0.9, 1.0, 0.9).abs() < 1e-12);
        assert!(average.observe_reward(f64::NAN).is_err() && AverageReward::new(0.0).is_err());
    }
}
