use milepost_credit::{Singleton, opo_advantages};

use super::group::group_card;
use super::shape;
use crate::{CaIdCard, Context, Credit, CreditEstimator, Estimate, FidelityError, Meter, Needs};

/// The return minus the length-weighted mean return of the batch, at every step.
///
/// Source: OPO, arXiv 2505.23585. Identity: with episodes of equal length it is Dr. GRPO's centring. Known
/// failure: length and return are related, so the baseline is pulled towards the long episodes; a batch of
/// one gets 0.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Opo {}

impl CreditEstimator for Opo {
    fn name(&self) -> String {
        "opo".into()
    }

    fn card(&self) -> CaIdCard {
        group_card()
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let (returns, lengths) = (batch.returns(), batch.lengths());
        let mut relative = vec![0.0; returns.len()];
        opo_advantages(&shape::one_group(batch), &returns, &lengths, Singleton::Drop, &mut relative)?;
        let mut counters = shape::Counters::new();
        shape::count(&mut counters, "singleton-groups", usize::from(returns.len() == 1));
        Ok(Estimate { credit: Credit::Advantage(shape::broadcast(batch, &relative)?), counters })
    }
}
