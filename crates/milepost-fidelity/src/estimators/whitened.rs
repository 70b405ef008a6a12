//! Credit relative to all steps of the batch.

use milepost_credit::{Singleton, reinforce_pp, reinforce_pp_baseline};

use super::shape::{self, Counters};
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, Evidence, FidelityError, Meter, Needs,
    Unit,
};

/// REINFORCE++: the reward-to-go, whitened over all steps of the batch.
///
/// Source: arXiv 2501.03262. Identity: mean 0 and variance 1 over the batch. Known failure: the mean is over
/// steps, so long episodes count more, and the scale of the credit depends on the batch. A batch of one step
/// is an error; equal returns give 0 and are counted.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReinforcePlusPlus {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Added to the variance, at least 0; 1e-8 where recorded.
    pub epsilon: f64,
}

impl CreditEstimator for ReinforcePlusPlus {
    fn name(&self) -> String {
        format!("reinforce++(gamma={},epsilon={:e})", self.gamma, self.epsilon)
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            evidence: Evidence::ObservationalCausal,
            ..shape::log_card(Unit::Step, Contrast::None, "all steps of the batch")
        }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let (mask, mut to_go) = (vec![true; batch.steps()], vec![0.0; batch.steps()]);
        let mut credit = vec![0.0; batch.steps()];
        let rows = shape::rows(batch);
        reinforce_pp(&rows, &batch.rewards, &mask, self.gamma, self.epsilon, &mut credit, &mut to_go)?;
        Ok(whitened(credit))
    }
}

/// REINFORCE++ with a group baseline: the return minus the mean return, whitened over all steps of the batch.
///
/// Source and known failure as [`ReinforcePlusPlus`]. Identity: with episodes of equal length it is GRPO up to
/// the size of the standard deviation.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReinforcePlusPlusBaseline {
    /// Added to the variance, at least 0; 1e-8 where recorded.
    pub epsilon: f64,
}

impl CreditEstimator for ReinforcePlusPlusBaseline {
    fn name(&self) -> String {
        format!("reinforce++-baseline(epsilon={:e})", self.epsilon)
    }

    fn card(&self) -> CaIdCard {
        super::group::group_card()
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let (group, rows, mask) = (shape::one_group(batch), shape::rows(batch), vec![true; batch.steps()]);
        let (returns, mut credit) = (batch.returns(), vec![0.0; batch.steps()]);
        let singleton = Singleton::Drop;
        reinforce_pp_baseline(&group, &rows, &returns, &mask, singleton, self.epsilon, &mut credit)?;
        Ok(whitened(credit))
    }
}

/// Credit of a whole batch; whitening leaves zeros only where nothing varied.
fn whitened(credit: Vec<f64>) -> Estimate {
    let mut counters = Counters::new();
    shape::count(&mut counters, "zero-range-batches", usize::from(credit.iter().all(|c| *c == 0.0)));
    Estimate { credit: Credit::Advantage(credit), counters }
}
