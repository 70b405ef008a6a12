use milepost_credit::{CreditError, GroupsReport, Singleton, turn_loo_advantages};

use super::shape::{self, Counters};
use crate::{
    Batch, CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, Evidence, FidelityError, Meter,
    Needs, Unit,
};

/// What a step gets when no other episode is alive at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Alone {
    /// Its reward-to-go, as with a baseline of 0: the gradient stays unbiased.
    Raw,
    /// 0: the gradient is biased, because longer episodes are the ones that lose steps.
    Zero,
}

/// Leave-one-out per turn: the reward-to-go minus the mean reward-to-go of the other episodes that are alive
/// at the same time.
///
/// Source: TurnLOO of the agent credit benchmark (hectopascal/agent-credit-bench). Identity: with episodes of
/// equal length and one final reward it is RLOO. Known failure: late in ragged batches there are few peers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TurnLoo {
    /// What a step without peers gets.
    pub alone: Alone,
}

impl CreditEstimator for TurnLoo {
    fn name(&self) -> String {
        format!("turn-loo(alone={})", if self.alone == Alone::Raw { "raw" } else { "zero" })
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            evidence: Evidence::ObservationalCausal,
            ..shape::log_card(Unit::Step, Contrast::Policy, "the peers alive at the same time")
        }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let (credit, report) = leave_one_out_among_alive(batch, &batch.rewards, 1.0, self.alone)?;
        let mut counters = Counters::new();
        shape::count(&mut counters, "steps-without-peers", report.dropped);
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}

/// Rewards-to-go minus the mean of the other episodes that are alive at the same time.
pub(crate) fn leave_one_out_among_alive(
    batch: &Batch,
    rewards: &[f64],
    gamma: f64,
    alone: Alone,
) -> Result<(Vec<f64>, GroupsReport), CreditError> {
    let singleton = match alone {
        Alone::Raw => Singleton::Raw,
        Alone::Zero => Singleton::Drop,
    };
    let (group, steps) = (shape::one_group(batch), shape::rows(batch));
    let mut credit = vec![0.0; rewards.len()];
    let report = turn_loo_advantages(&group, &steps, rewards, gamma, singleton, &mut credit)?;
    Ok((credit, report))
}
