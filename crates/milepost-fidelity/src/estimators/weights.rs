use milepost_credit::{CreditError, Reweighting, entropy, saliency, surprisal};

use super::Normalization;
use super::group::relative_returns;
use super::shape::{self, Counters};
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, FidelityError, Interface, Meter, Needs,
    NodePolicy, Unit,
};

/// A number that the policy alone gives to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Statistic {
    /// 1: every step alike.
    Unit,
    /// Entropy of the decision, `−Σ_a π(a) log π(a)`.
    Entropy,
    /// Surprisal of the action, `−log π(a_t)`.
    Surprisal,
    /// Saliency of the action: the norm of its score function, `√(1 − 2π(a_t) + Σ_a π(a)²)`.
    Saliency,
}

/// How a statistic becomes a factor of the advantage.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum Weighting {
    /// In proportion, mean 1 over the batch. A batch without any (all 0) gets 1 everywhere, and is counted.
    Proportional,
    /// 1 for the steps with the largest statistic, 0 for the others, which thus leave the update (CARL; the
    /// minority of high-entropy tokens of arXiv 2506.01939). Equals are all in.
    Top {
        /// Share of the steps of the batch, in `(0, 1]`.
        fraction: f64,
    },
    /// `ĉ = A + α|A|` for the steps with the largest statistic, `A` for the others (HICRA, arXiv 2509.03646,
    /// where the steps are planning tokens): praise grows, blame shrinks.
    Amplify {
        /// Share of the steps of the batch, in `(0, 1]`.
        fraction: f64,
        /// `α`, in `[0, 1]`.
        alpha: f64,
    },
}

/// RLOO with a factor per step that the policy's own uncertainty decides.
///
/// Identity: with factors of 1 it is RLOO. Known failure: uncertainty is not criticality; a decision that
/// matters and is almost settled gets the smallest factor.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Weighted {
    /// What steps are weighed by.
    pub statistic: Statistic,
    /// How.
    pub weighting: Weighting,
}

impl CreditEstimator for Weighted {
    fn name(&self) -> String {
        let statistic = match self.statistic {
            Statistic::Unit => "unit",
            Statistic::Entropy => "entropy",
            Statistic::Surprisal => "surprisal",
            Statistic::Saliency => "saliency",
        };
        match self.weighting {
            Weighting::Proportional => format!("weighted-rloo({statistic})"),
            Weighting::Top { fraction } => format!("weighted-rloo({statistic},top={fraction})"),
            Weighting::Amplify { fraction, alpha } => {
                format!("weighted-rloo({statistic},top={fraction},alpha={alpha})")
            }
        }
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            interface: Interface::Weight,
            ..shape::log_card(Unit::Step, Contrast::None, "the policy's own probabilities")
        }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, mut counters) = (context.batch, Counters::new());
        let relative = relative_returns(&batch.returns(), Normalization::LeaveOneOut, &mut counters)?;
        let taken = batch.nodes.iter().zip(&batch.actions);
        let statistics: Vec<f64> = taken
            .map(|(node, action)| self.statistic.of(context.policy, *node, *action))
            .collect::<Result<_, _>>()?;
        meter.policy_evaluations += statistics.len() as u64;
        if self.weighting == Weighting::Proportional {
            let flat = !statistics.is_empty() && statistics.iter().all(|statistic| *statistic == 0.0);
            shape::count(&mut counters, "flat-statistics", usize::from(flat));
        }
        // A weight is what the rule makes of an advantage of 1 or −1.
        let signs: Vec<f64> = relative.iter().map(|a| if *a < 0.0 { -1.0 } else { 1.0 }).collect();
        let signs = shape::broadcast(batch, &signs)?;
        let mut weights = signs.clone();
        self.weighting.rule().apply(&statistics, None, &mut weights)?;
        for (weight, sign) in weights.iter_mut().zip(&signs) {
            *weight *= sign;
        }
        Ok(Estimate { credit: Credit::Weight(weights), counters })
    }
}

impl Statistic {
    /// Probabilities may exceed 1 by rounding; no statistic is negative for it.
    fn of(self, policy: &NodePolicy, node: u32, action: u32) -> Result<f64, CreditError> {
        let row = policy.row(node);
        let taken = row[action as usize];
        match self {
            Self::Unit => Ok(1.0),
            Self::Entropy => entropy(&row.iter().map(|p| p.min(1.0)).collect::<Vec<f64>>()),
            Self::Surprisal => Ok(surprisal(libm::log(taken)).max(0.0)),
            Self::Saliency => Ok(saliency(taken, row.iter().map(|p| p * p).sum())),
        }
    }
}

impl Weighting {
    const fn rule(self) -> Reweighting {
        match self {
            Self::Proportional => Reweighting::Proportional,
            Self::Top { fraction } => Reweighting::Top { fraction },
            Self::Amplify { fraction, alpha } => Reweighting::Amplify { fraction, alpha },
        }
    }
}
