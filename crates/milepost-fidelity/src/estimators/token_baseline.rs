use milepost_credit::{PositionIndex, TokenBatch, optimal_token_baseline};

use super::shape;
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, Evidence, FidelityError, Meter, Needs,
    Unit,
};

/// The reward-to-go minus a mean over the batch at the same time, weighted by the squared norm of the score
/// function so far.
///
/// Source: optimal token baseline, recorded from verl. Identity: with equal probabilities everywhere it is the
/// reward-to-go minus its mean over the episodes alive. Known failure: the baseline looks at the episode
/// itself, so small batches are biased.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OptimalTokenBaseline {
    /// Added to the weights' sum, at least 0; 1e-8 where recorded.
    pub epsilon: f64,
}

impl CreditEstimator for OptimalTokenBaseline {
    fn name(&self) -> String {
        format!("optimal-token-baseline(epsilon={:e})", self.epsilon)
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            evidence: Evidence::ObservationalCausal,
            ..shape::log_card(Unit::Step, Contrast::Policy, "the episodes alive at the same time")
        }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, policy) = (context.batch, context.policy);
        meter.policy_evaluations += batch.steps() as u64;
        let taken = batch.nodes.iter().zip(&batch.actions);
        let log_probs: Vec<f64> = taken.map(|(n, a)| libm::log(policy.probability(*n, *a))).collect();
        let squares = |node: &u32| policy.row(*node).iter().map(|p| p * p).sum::<f64>();
        let tokens = TokenBatch {
            groups: &shape::one_group(batch),
            tokens: &shape::rows(batch),
            rewards: &batch.rewards,
            mask: &vec![true; batch.steps()],
            log_probs: &log_probs,
            sum_pi_squared: &batch.nodes.iter().map(squares).collect::<Vec<f64>>(),
        };
        let (mut credit, mut to_go) = (vec![0.0; batch.steps()], vec![0.0; batch.steps()]);
        optimal_token_baseline(&tokens, PositionIndex::Column, self.epsilon, &mut credit, &mut to_go)?;
        Ok(Credit::Advantage(credit).into())
    }
}
