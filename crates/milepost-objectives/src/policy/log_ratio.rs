//! The unit that a probability ratio belongs to.

use serde::{Deserialize, Serialize};

use super::TokenBatch;
use crate::ObjectiveError;

/// What one probability ratio covers, with `δ_t = ℓ_t − ℓ_old,t` and `n` policy tokens in the sequence. A
/// sequence is a row of the batch: for one ratio per turn let the rows be turns, under an average that counts
/// tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RatioUnit {
    /// `u_t = δ_t`.
    Token,
    /// `u_t = (1/n) Σ_s δ_s`; the gradient flows through the mean (GSPO in OpenRLHF, "sequence" level in TRL).
    SequenceMean,
    /// Value of [`SequenceMean`](Self::SequenceMean), but `∂u_t/∂ℓ_t = 1` and 0 for every other token:
    /// `u_t = ℓ_t − sg[ℓ_t] + sg[(1/n) Σ_s δ_s]` (GSPO-token, arXiv 2507.18071; GSPO in verl). With one
    /// advantage per sequence it moves the policy exactly as the mean does.
    SequenceMeanPerToken,
    /// `u_t = Σ_s δ_s`: the ratio of whole sequences.
    SequenceSum,
}

/// How log-ratios are formed and bounded before they are exponentiated. Where a bound is active the gradient
/// is 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LogRatio {
    /// What one ratio covers.
    pub unit: RatioUnit,
    /// Lower bound of `u`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower: Option<f64>,
    /// Upper bound of `u`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upper: Option<f64>,
}

impl LogRatio {
    /// No bounds.
    #[must_use]
    pub const fn unbounded(unit: RatioUnit) -> Self {
        Self { unit, lower: None, upper: None }
    }

    /// One ratio per token, its logarithm in `±bound`.
    #[must_use]
    pub const fn token_within(bound: f64) -> Self {
        Self { unit: RatioUnit::Token, lower: Some(-bound), upper: Some(bound) }
    }

    /// `u` within the bounds.
    pub(crate) fn bound(&self, u: f64) -> f64 {
        let u = self.lower.map_or(u, |lower| u.max(lower));
        self.upper.map_or(u, |upper| u.min(upper))
    }

    /// `u` at every position of the policy, bounded, and whether a bound is active there.
    pub(crate) fn values(&self, batch: &TokenBatch<'_>) -> (Vec<f64>, Vec<bool>) {
        let mut values = vec![0.0; batch.rows.entries()];
        let mut bounded = vec![false; values.len()];
        for row in 0..batch.rows.len() {
            let tokens = batch.tokens(row);
            let sum: f64 = tokens.clone().map(|index| batch.log_ratio(index)).sum();
            let count = tokens.clone().count() as f64;
            for index in tokens {
                let raw = match self.unit {
                    RatioUnit::Token => batch.log_ratio(index),
                    RatioUnit::SequenceMean | RatioUnit::SequenceMeanPerToken => sum / count,
                    RatioUnit::SequenceSum => sum,
                };
                values[index] = self.bound(raw);
                bounded[index] = values[index] != raw;
            }
        }
        (values, bounded)
    }

    /// Adds `Σ_t (∂L/∂u_t)(∂u_t/∂ℓ_s)` to `gradient[s]`. `by_u` is 0 where a bound is active.
    pub(crate) fn pull_back(&self, batch: &TokenBatch<'_>, by_u: &[f64], gradient: &mut [f64]) {
        for row in 0..batch.rows.len() {
            let tokens = batch.tokens(row);
            let sum: f64 = tokens.clone().map(|index| by_u[index]).sum();
            let count = tokens.clone().count() as f64;
            for index in tokens {
                gradient[index] += match self.unit {
                    RatioUnit::Token | RatioUnit::SequenceMeanPerToken => by_u[index],
                    RatioUnit::SequenceMean => sum / count,
                    RatioUnit::SequenceSum => sum,
                };
            }
        }
    }

    /// # Errors
    /// A bound that excludes `u = 0`, the value at which the policy is the old one.
    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        let refuse = |name, value, allowed| Err(ObjectiveError::InvalidParameter { name, value, allowed });
        match (self.lower, self.upper) {
            (Some(lower), _) if lower.is_nan() || lower > 0.0 => refuse("lower", lower, "at most 0"),
            (_, Some(upper)) if upper.is_nan() || upper < 0.0 => refuse("upper", upper, "at least 0"),
            _ => Ok(()),
        }
    }
}
