//! Surrogate, ratio unit, averages and divergence, put together.

use milepost_credit::BatchTotals;
use serde::{Deserialize, Serialize};

use super::token_loss::TokenLoss;
use super::{KlTerm, LogRatio, PolicyReport, Reduction, Surrogate, TokenBatch};
use crate::{ObjectiveError, check};

/// `L = Σ W_{i,t} [l(u, ℓ, A) + β k(ℓ − ℓ_ref)]` over the policy's tokens: a surrogate, the unit of its
/// ratios, the weights of its average and a divergence term, each chosen on its own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyObjective {
    /// What a token contributes.
    pub surrogate: Surrogate,
    /// What one ratio covers, and its bounds.
    pub ratio: LogRatio,
    /// How tokens become one number.
    pub reduction: Reduction,
    /// Divergence from the reference policy, if there is a term for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kl: Option<KlTerm>,
}

impl PolicyObjective {
    /// With a divergence term.
    #[must_use]
    pub const fn with_kl(self, kl: KlTerm) -> Self {
        Self { kl: Some(kl), ..self }
    }

    /// # Errors
    /// The first parameter outside its domain.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        self.surrogate.validate()?;
        self.ratio.validate()?;
        self.reduction.validate()?;
        self.kl.map_or(Ok(()), |kl| kl.validate())
    }

    /// The loss, with `gradient[t] = dL/dℓ_t` (0 where the mask is false).
    ///
    /// A tensor library has the gradient of every parameter from `backward(Σ_t gradient[t] · ℓ_t)` with the
    /// coefficients held constant. For a micro-batch pass the totals of its mini-batch, summed from
    /// [`Reduction::totals`]; losses and gradients then add up.
    ///
    /// # Errors
    /// A parameter outside its domain; slices that do not fit; a NaN or infinity at a policy position, in an
    /// argument or (after an overflow without bounds) in the result; no policy token; a divergence term
    /// without a reference.
    pub fn evaluate(
        &self,
        batch: &TokenBatch<'_>,
        totals: Option<BatchTotals>,
        gradient: &mut [f64],
    ) -> Result<PolicyReport, ObjectiveError> {
        self.validate()?;
        batch.check()?;
        check::len("gradient", batch.rows.entries(), gradient.len())?;
        let references = match (self.kl, batch.reference) {
            (Some(_), None) => return Err(ObjectiveError::Missing { objective: "kl", what: "reference" }),
            (Some(kl), Some(reference)) => Some((kl, reference)),
            (None, _) => None,
        };
        let lengths = batch.lengths();
        let weights = self.reduction.weights(totals, &lengths)?;
        let (u, bounded) = self.ratio.values(batch);
        let losses = self.surrogate.losses(batch, &u);

        gradient.fill(0.0);
        let mut by_u = vec![0.0; gradient.len()];
        let mut report = PolicyReport {
            sequences: lengths.iter().filter(|&&length| length > 0).count(),
            ..PolicyReport::default()
        };
        for (row, weight) in weights.into_iter().enumerate() {
            for index in batch.tokens(row) {
                let token = losses[index];
                report.count(&token, batch.advantages[index], batch.log_ratio(index), bounded[index]);
                let mut add = |part: TokenLoss, weight: f64| {
                    by_u[index] += weight * if bounded[index] { 0.0 } else { part.by_log_ratio };
                    gradient[index] += weight * part.by_log_prob;
                    weight * part.loss
                };
                report.policy_loss += add(token, weight);
                if let Some((kl, reference)) = references {
                    let estimate = kl.token(batch, reference[index], u[index], index);
                    report.kl_sum += estimate.loss;
                    report.kl_loss += add(estimate, weight * kl.coefficient);
                }
                finite("the loss", row, index, report.policy_loss + report.kl_loss)?;
            }
        }
        self.ratio.pull_back(batch, &by_u, gradient);
        check::finite_where("the gradient", batch.rows, batch.mask, gradient)?;
        report.loss = report.policy_loss + report.kl_loss;
        Ok(report)
    }
}

fn finite(what: &'static str, row: usize, index: usize, value: f64) -> Result<(), ObjectiveError> {
    if value.is_finite() { Ok(()) } else { Err(ObjectiveError::NotFinite { what, row, index, value }) }
}
