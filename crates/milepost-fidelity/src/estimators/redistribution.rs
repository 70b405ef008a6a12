use milepost_credit::redistribute;

use super::Predictor;
use super::shape::{self, Counters};
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Downstream, Estimate, Evidence, FidelityError,
    Interface, Intervention, Meter, Needs, PreState, Reading, Unit,
};

/// Where the part of the return goes that the predictor did not predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Residual {
    /// Nowhere.
    None,
    /// To the last step.
    Last,
    /// In equal parts to all steps.
    Uniform,
}

/// What the predictions start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// The return predicted before the first step: the first reward is a difference of predictions, too.
    Prediction,
    /// 0: the rewards sum to the return, and the first one carries the value of the start.
    Zero,
}

/// Differences of predicted returns: `r̃_t = ĝ_t − ĝ_{t−1}`, `ĝ_t` the return predicted once the action of step
/// `t` is known.
///
/// Source: RUDDER, arXiv 1806.07857; with the prefix scores of a reward model RED, with a learned progress
/// SPA-RL. Identities: the exact predictor gives `A_t + L_{t−1}` (`L_{−1} = 0`); with a residual
/// `Σ r̃_t = R − ĝ_{−1}`. Known failure: a predictor that is right only at the end puts all credit there.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Redistribution {
    /// What predicts the return.
    pub predictor: Predictor,
    /// What the predictions start from.
    pub start: Start,
    /// Where the unpredicted part goes.
    pub residual: Residual,
}

impl CreditEstimator for Redistribution {
    fn name(&self) -> String {
        let residual = match self.residual {
            Residual::None => "none",
            Residual::Last => "last",
            Residual::Uniform => "uniform",
        };
        let start = if self.start == Start::Zero { ",start=zero" } else { "" };
        format!("redistribution(predictor={},residual={residual}{start})", self.predictor.name())
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            pre_state: PreState::Matched,
            intervention: Intervention::SurrogateModel,
            downstream: Downstream::ModelExpectation,
            interface: Interface::Reward,
            evidence: Evidence::ModelRelativeCounterfactual,
            ..shape::log_card(Unit::Step, Contrast::Policy, &self.predictor.support())
        }
    }

    fn needs(&self) -> Needs {
        self.predictor.needs()
    }

    fn wants_episodes(&self) -> usize {
        self.predictor.wants_episodes()
    }

    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        self.predictor.fit(context, meter)
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, mut counters) = (context.batch, Counters::new());
        let residual = match self.residual {
            Residual::None => milepost_credit::Residual::None,
            Residual::Last => milepost_credit::Residual::Last,
            Residual::Uniform => milepost_credit::Residual::Uniform,
        };
        let (returns, mut rewards) = (batch.returns(), vec![0.0; batch.steps()]);
        let mut predictions = vec![0.0; context.horizon()];
        for (range, total) in batch.ranges().zip(returns).filter(|(range, _)| !range.is_empty()) {
            let predictions = &mut predictions[..range.len()];
            let predicted = self.predictor.predict(context, range.clone(), predictions, &mut counters)?;
            let start = if self.start == Start::Zero { 0.0 } else { predicted };
            redistribute(predictions, start, total, residual, &mut rewards[range])?;
        }
        meter.policy_evaluations += rewards.len() as u64;
        Ok(Estimate { credit: Credit::Reward { rewards, reading: Reading::Direct }, counters })
    }
}
