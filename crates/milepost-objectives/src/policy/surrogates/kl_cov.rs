//! A penalty on the tokens that drive the entropy down.

use serde::{Deserialize, Serialize};

use crate::policy::TokenBatch;
use crate::policy::token_loss::TokenLoss;
use crate::{ObjectiveError, check, math};

/// `l = −A w`, plus `coefficient · |u|` on the `max(1, ⌊fraction · n⌋)` of the `n` policy tokens with the
/// largest covariance `(A − mean A)(ℓ − mean ℓ)`. No clip.
///
/// The selection belongs to the batch that is passed: micro-batches select for themselves, as in verl. Equal
/// covariances are taken in the order of the batch. Source: KL-Cov, arXiv 2505.22617.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KlCov {
    /// Share of the tokens that is penalised (usual: 0.0002 to 0.002).
    pub fraction: f64,
    /// Weight of the penalty (usual: 1).
    pub coefficient: f64,
}

impl KlCov {
    pub(crate) fn losses(&self, batch: &TokenBatch<'_>, u: &[f64]) -> Vec<TokenLoss> {
        let tokens: Vec<usize> = (0..u.len()).filter(|&index| batch.is_policy(index)).collect();
        let mut losses = vec![TokenLoss::default(); u.len()];
        for &index in &tokens {
            losses[index] = importance_weighted(u[index], batch.advantages[index]);
        }
        let mean = |values: &[f64]| tokens.iter().map(|&i| values[i]).sum::<f64>() / tokens.len() as f64;
        let (mean_advantage, mean_log_prob) = (mean(batch.advantages), mean(batch.log_probs));
        let covariance =
            |i: usize| (batch.advantages[i] - mean_advantage) * (batch.log_probs[i] - mean_log_prob);
        let selected = ((tokens.len() as f64 * self.fraction) as usize).max(1);
        let mut order = tokens;
        order.sort_by(|&a, &b| covariance(b).total_cmp(&covariance(a)));
        for &index in order.iter().take(selected) {
            losses[index].loss += self.coefficient * u[index].abs();
            losses[index].by_log_ratio += self.coefficient * math::sign(u[index]);
            losses[index].capped = true;
        }
        losses
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        check::fraction("fraction", self.fraction)?;
        check::non_negative("coefficient", self.coefficient)
    }
}

/// `l = −A w`.
pub(crate) fn importance_weighted(u: f64, advantage: f64) -> TokenLoss {
    let ratio = math::exp(u);
    let loss = -advantage * ratio;
    TokenLoss { loss, by_log_ratio: loss, weight: ratio, ..TokenLoss::default() }
}
