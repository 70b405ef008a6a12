//! Regression of the log-ratio on the advantage.

use serde::{Deserialize, Serialize};

use crate::policy::token_loss::{Side, TokenLoss};
use crate::{ObjectiveError, check, math};

/// `l = h(x)`, `x = β u − A`, with `h(x) = x²`, or Huber's `2 d |x| − d²` where `|x| > d`.
/// `∂l/∂u = 2 β clip(x, ±d)`.
///
/// `u` is the log-ratio to an *anchor*, whose log-probabilities go where those of the old policy stand. No
/// importance weight appears, so replayed data is as good as fresh data. Zero loss in one state means
/// `π = π_anchor exp(A/β)`, which sums to 1 only if the advantages are shifted by [`log_partition`]; unshifted
/// advantages give a compromise. At `π = π_anchor` the gradient is `−2 β A ∇ℓ`.
///
/// Sources of the form: MiRA, arXiv 2603.19685 (per action; the Huber threshold for replayed outliers is ours);
/// advantage-induced policy alignment, arXiv 2306.02231 (the same divided by `β²`); Kimi k1.5, arXiv 2501.12599
/// (whole answers: [`RatioUnit::SequenceSum`](crate::RatioUnit::SequenceSum), the reward less `β log Z` as the
/// advantage).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Regression {
    /// `β > 0`.
    pub beta: f64,
    /// Huber's `d`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub huber: Option<f64>,
}

impl Regression {
    pub(crate) fn token(&self, u: f64, advantage: f64) -> TokenLoss {
        let threshold = self.huber.unwrap_or(f64::INFINITY);
        let x = self.beta * u - advantage;
        let bounded = x.clamp(-threshold, threshold);
        TokenLoss {
            loss: bounded * (2.0 * x - bounded),
            by_log_ratio: 2.0 * self.beta * bounded,
            weight: 1.0,
            side: Side::of(x, -threshold, threshold),
            ..TokenLoss::default()
        }
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        check::positive("beta", self.beta)?;
        self.huber.map_or(Ok(()), |huber| check::positive("huber", huber))
    }
}

/// `β log Σ_a π_anchor(a) exp(A(a)/β)`: what to subtract from the advantages of one state so that
/// [`Regression`] has loss 0 at `π ∝ π_anchor exp(A/β)`.
///
/// # Errors
/// No action, unequal slices, a number that is not finite, `β ≤ 0`.
pub fn log_partition(anchor_log_probs: &[f64], advantages: &[f64], beta: f64) -> Result<f64, ObjectiveError> {
    check::non_empty("anchor_log_probs", anchor_log_probs)?;
    check::finite("anchor_log_probs", anchor_log_probs)?;
    check::finite_len("advantages", anchor_log_probs.len(), advantages)?;
    check::positive("beta", beta)?;
    Ok(beta * math::log_sum_exp(anchor_log_probs.iter().zip(advantages).map(|(l, a)| l + a / beta)))
}
