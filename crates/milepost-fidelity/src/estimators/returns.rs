use milepost_credit::Normalize;

use super::shape::{self, Counters};
use super::{Alone, Critic, leave_one_out_among_alive};
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, Evidence, FidelityError, Meter, Needs,
    Unit,
};

/// What is subtracted from a return.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum ReturnBaseline {
    /// Nothing.
    None,
    /// The mean return-to-go over all steps of the batch.
    BatchMean,
    /// The mean of the other episodes that are alive at the same time; 0 if there is none.
    LeaveOneOut,
    /// A value of the state.
    Critic {
        /// The value.
        critic: Critic,
    },
}

/// The Monte-Carlo return minus a baseline: `ĉ_t = Σ_{k≥t} γ^{k−t} r_k − b`.
///
/// Source: Williams 1992 (REINFORCE). Identities: `b = V` gives a cell mean of `A` and is GAE with `λ = 1`;
/// every baseline that does not look at the episode itself leaves the gradient unbiased (the batch mean looks
/// at it, one part in the number of steps). Known failure: its variance grows with the horizon.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MonteCarlo {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// The baseline.
    pub baseline: ReturnBaseline,
}

impl CreditEstimator for MonteCarlo {
    fn name(&self) -> String {
        let baseline = match &self.baseline {
            ReturnBaseline::None => "none".to_owned(),
            ReturnBaseline::BatchMean => "batch-mean".into(),
            ReturnBaseline::LeaveOneOut => "leave-one-out".into(),
            ReturnBaseline::Critic { critic } => critic.name(),
        };
        format!("monte-carlo(gamma={},baseline={baseline})", self.gamma)
    }

    fn card(&self) -> CaIdCard {
        match &self.baseline {
            ReturnBaseline::Critic { critic } => critic.card(Unit::Step),
            ReturnBaseline::None => shape::log_card(Unit::Step, Contrast::None, "no comparison; one sample"),
            ReturnBaseline::BatchMean | ReturnBaseline::LeaveOneOut => CaIdCard {
                evidence: Evidence::ObservationalCausal,
                ..shape::log_card(Unit::Step, Contrast::Policy, "the other episodes of the batch")
            },
        }
    }

    fn needs(&self) -> Needs {
        self.critic().map_or_else(Needs::default, Critic::needs)
    }

    fn wants_episodes(&self) -> usize {
        self.critic().map_or(0, Critic::wants_episodes)
    }

    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        match &mut self.baseline {
            ReturnBaseline::Critic { critic } => critic.fit(context, self.gamma, meter),
            _ => Ok(()),
        }
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let mut counters = Counters::new();
        let mut to_go = shape::returns_to_go(context.batch, self.gamma)?;
        let credit = match &self.baseline {
            ReturnBaseline::None => to_go,
            ReturnBaseline::BatchMean => {
                let mut credit = vec![0.0; to_go.len()];
                Normalize::dr_grpo().apply(&to_go, &mut credit)?;
                credit
            }
            ReturnBaseline::LeaveOneOut => {
                let batch = context.batch;
                let (credit, report) =
                    leave_one_out_among_alive(batch, &batch.rewards, self.gamma, Alone::Raw)?;
                shape::count(&mut counters, "steps-without-peers", report.dropped);
                credit
            }
            ReturnBaseline::Critic { critic } => {
                let values = critic.values(context, meter, &mut counters)?;
                for (out, value) in to_go.iter_mut().zip(values) {
                    *out -= value;
                }
                to_go
            }
        };
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}

impl MonteCarlo {
    const fn critic(&self) -> Option<&Critic> {
        match &self.baseline {
            ReturnBaseline::Critic { critic } => Some(critic),
            _ => None,
        }
    }
}
