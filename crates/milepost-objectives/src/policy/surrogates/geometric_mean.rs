//! The geometric mean of clipped ratios.

use serde::{Deserialize, Serialize};

use crate::policy::TokenBatch;
use crate::policy::token_loss::{Side, TokenLoss};
use crate::{ObjectiveError, check, math};

/// One loss per sequence, `l = −Ā exp((1/(n + ε)) Σ_t δ̃_t)`: `δ̃` is `δ` clipped to `[−low, high]` *in log
/// space* and only in the direction of the advantage (from above where `A > 0`, from below where `A < 0`); `Ā`
/// is the mean advantage of the sequence. A token's gradient is `l/(n + ε)`, 0 where its clip is active.
///
/// The ratio unit of the objective does not apply. A [`TokenBatch::correction`] enters as its geometric mean.
/// Source: GMPO, arXiv 2507.20673, as in verl.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GeometricMean {
    /// Log-ratios below `−low` are clipped (usual: 0.4).
    pub low: f64,
    /// Log-ratios above `high` are clipped (usual: 0.4).
    pub high: f64,
    /// `ε` in the denominators (verl: 1e-8).
    pub count_epsilon: f64,
}

impl GeometricMean {
    fn clipped(&self, log_ratio: f64, advantage: f64) -> f64 {
        if advantage > 0.0 {
            log_ratio.min(self.high)
        } else if advantage < 0.0 {
            log_ratio.max(-self.low)
        } else {
            0.0
        }
    }

    pub(crate) fn losses(&self, batch: &TokenBatch<'_>) -> Vec<TokenLoss> {
        let mut losses = vec![TokenLoss::default(); batch.rows.entries()];
        for row in 0..batch.rows.len() {
            let tokens = batch.tokens(row);
            let length = tokens.clone().count() as f64;
            let count = length + self.count_epsilon;
            let mean = |value: &dyn Fn(usize) -> f64| tokens.clone().map(value).sum::<f64>() / count;
            let clipped = |i: usize| self.clipped(batch.log_ratio(i), batch.advantages[i]);
            let ratio = math::exp(mean(&clipped));
            let correction = batch.correction.map_or(1.0, |c| math::exp(mean(&|i| math::log(c[i] + 1e-10))));
            let loss = -mean(&|i| batch.advantages[i]) * ratio * correction;
            for index in tokens.clone() {
                let log_ratio = batch.log_ratio(index);
                let moves = batch.advantages[index] != 0.0 && clipped(index) == log_ratio;
                losses[index] = TokenLoss {
                    loss,
                    // Every token of the sequence carries this loss: its share of the gradient is n-fold.
                    by_log_prob: if moves { loss * length / count } else { 0.0 },
                    weight: ratio,
                    side: Side::of(log_ratio, -self.low, self.high),
                    ..TokenLoss::default()
                };
            }
        }
        losses
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        check::positive("low", self.low)?;
        check::positive("high", self.high)?;
        check::non_negative("count-epsilon", self.count_epsilon)
    }
}
