//! Sequence weights of gamma shape.

use serde::{Deserialize, Serialize};

use crate::policy::TokenBatch;
use crate::policy::token_loss::TokenLoss;
use crate::{ObjectiveError, check, math};

/// Shape of a gamma weight `φ(w) = w^k e^{λ (1 − w)}`; `φ(1) = 1`, and it vanishes at both ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GammaWeight {
    /// `k`.
    pub k: f64,
    /// `λ`.
    pub lambda: f64,
}

impl GammaWeight {
    /// `φ(e^x)`; 0 where it is no finite number.
    fn at(self, x: f64) -> f64 {
        let weight = math::exp(self.lambda + self.k * x - self.lambda * math::exp(x));
        if weight.is_finite() { weight } else { 0.0 }
    }
}

/// `l = −sg[φ(w_i)] A ℓ`, so `∂l/∂ℓ = −φ(w_i) A`; `w_i` is the ratio of the whole sequence, with token
/// log-ratios in ±20 and their sum in `[log 1e-8, 20]`; `φ` is chosen by the sign of the advantage. A
/// [`TokenBatch::correction`] multiplies `w_i`, not the loss.
///
/// The ratio unit of the objective does not apply. Source: VESPO, arXiv 2602.10693, as in TRL 1.16.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Vespo {
    /// `φ` where `A ≥ 0` (TRL: k 2, λ 3).
    pub positive: GammaWeight,
    /// `φ` where `A < 0` (TRL: k 3, λ 2).
    pub negative: GammaWeight,
}

impl Vespo {
    pub(crate) fn losses(&self, batch: &TokenBatch<'_>) -> Vec<TokenLoss> {
        let lowest = math::log(1e-8);
        let mut losses = vec![TokenLoss::default(); batch.rows.entries()];
        for row in 0..batch.rows.len() {
            let tokens = batch.tokens(row);
            let mut sum: f64 = tokens.clone().map(|i| batch.log_ratio(i).clamp(-20.0, 20.0)).sum();
            if let Some(correction) = batch.correction {
                sum += tokens.clone().map(|i| math::log(correction[i]).clamp(lowest, 20.0)).sum::<f64>();
            }
            let log_ratio = sum.clamp(lowest, 20.0);
            for index in tokens {
                let advantage = batch.advantages[index];
                let shape = if advantage >= 0.0 { self.positive } else { self.negative };
                let weight = shape.at(log_ratio);
                let slope = -weight * advantage;
                let loss = slope * batch.log_probs[index];
                losses[index] = TokenLoss { loss, by_log_prob: slope, weight, ..TokenLoss::default() };
            }
        }
        losses
    }

    pub(crate) fn validate(&self) -> Result<(), ObjectiveError> {
        for shape in [self.positive, self.negative] {
            check::non_negative("k", shape.k)?;
            check::positive("lambda", shape.lambda)?;
        }
        Ok(())
    }
}
