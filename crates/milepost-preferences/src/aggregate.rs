use serde::{Deserialize, Serialize};

use crate::{PreferenceError, error};

/// How the rewards of the steps of a segment become its score.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Aggregate {
    /// `Σ_t r_t`: longer segments weigh more.
    #[default]
    Sum,
    /// `(1/T) Σ_t r_t`: length does not count.
    Mean,
    /// `Σ_t γ^t r_t`, `t` from 0.
    Discounted {
        /// `γ`, in `[0, 1]`.
        gamma: f64,
    },
    /// `r_{T−1}`, as outcome reward models score the last token.
    Last,
}

impl Aggregate {
    /// The score of a segment of `rewards`, `[T]`. A segment without steps has none.
    pub fn of(&self, rewards: &[f64]) -> Result<f64, PreferenceError> {
        error::not_empty("a segment", rewards)?;
        error::finite("a segment", rewards)?;
        let weights = self.weights(rewards.len())?;
        Ok(rewards.iter().zip(weights).map(|(reward, weight)| reward * weight).sum())
    }

    /// The derivative of the score by each reward, `[steps]`: all aggregates are linear.
    pub fn weights(&self, steps: usize) -> Result<Vec<f64>, PreferenceError> {
        Ok(match *self {
            Self::Sum => vec![1.0; steps],
            Self::Mean => vec![1.0 / steps as f64; steps],
            Self::Discounted { gamma } => {
                error::probability("gamma", gamma)?;
                std::iter::successors(Some(1.0), |weight| Some(weight * gamma)).take(steps).collect()
            }
            Self::Last => (0..steps).map(|step| f64::from(u8::from(step + 1 == steps))).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn only_the_sum_grows_with_a_segment_said_twice(rewards in prop::collection::vec(0.1..2.0f64, 1..10)) {
            let twice = [rewards.clone(), rewards.clone()].concat();
            let ratio = |kind: Aggregate| kind.of(&twice).expect("valid") / kind.of(&rewards).expect("valid");
            prop_assert!((ratio(Aggregate::Sum) - 2.0).abs() < 1e-12);
            prop_assert!((ratio(Aggregate::Mean) - 1.0).abs() < 1e-12);
            prop_assert!((ratio(Aggregate::Last) - 1.0).abs() < 1e-12);
        }

        #[test]
        fn discounting_lies_between_the_first_reward_and_the_sum(rewards in prop::collection::vec(-2.0..2.0f64, 1..10)) {
            let at = |gamma| Aggregate::Discounted { gamma }.of(&rewards).expect("valid");
            prop_assert_eq!(at(0.0), rewards[0]);
            prop_assert!((at(1.0) - Aggregate::Sum.of(&rewards).expect("valid")).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_and_what_is_not_finite_have_no_score() {
        for kind in [Aggregate::Sum, Aggregate::Mean, Aggregate::Last, Aggregate::Discounted { gamma: 0.5 }] {
            assert!(matches!(kind.of(&[]), Err(PreferenceError::Empty { .. })));
            assert!(matches!(kind.of(&[1.0, f64::NAN]), Err(PreferenceError::NotFinite { index: 1, .. })));
        }
        assert!(Aggregate::Discounted { gamma: 1.5 }.of(&[1.0]).is_err());
    }
}
