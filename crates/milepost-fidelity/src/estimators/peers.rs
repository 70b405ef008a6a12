use milepost_credit::{CreditError, Groups, GroupsReport, Normalize, Pooling, Singleton};

use super::shape::{self, Counters};
use crate::{
    Batch, CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, Evidence, FidelityError, Meter,
    Needs, Unit,
};

/// What a step gets when no other episode is alive at its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
        let to_go = shape::returns_to_go(context.batch, 1.0)?;
        let (credit, report) = leave_one_out_among_alive(context.batch, &to_go, self.alone)?;
        let mut counters = Counters::new();
        shape::count(&mut counters, "steps-without-peers", report.dropped);
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}

/// Scores of steps minus the mean of the other episodes at the same time.
pub(crate) fn leave_one_out_among_alive(
    batch: &Batch,
    scores: &[f64],
    alone: Alone,
) -> Result<(Vec<f64>, GroupsReport), CreditError> {
    let times: Vec<u32> = batch.ranges().flat_map(|range| 0..range.len() as u32).collect();
    let singleton = match alone {
        Alone::Raw => Singleton::Raw,
        Alone::Zero => Singleton::Drop,
    };
    let mut credit = vec![0.0; scores.len()];
    let pooling = Pooling { singleton, ..Pooling::default() };
    let report =
        Normalize::rloo().apply_groups_with(&Groups::from_keys(&times), pooling, scores, &mut credit)?;
    Ok((credit, report))
}
