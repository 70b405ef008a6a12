use super::Normalization;
use super::group::relative_returns;
use super::shape::{self, Counters};
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, FidelityError, Interface, Meter, Needs,
    NodePolicy, Unit,
};

/// A number that the policy alone gives to a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
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
        let mut weights: Vec<f64> =
            taken.map(|(node, action)| self.statistic.of(context.policy, *node, *action)).collect();
        meter.policy_evaluations += weights.len() as u64;
        match self.weighting {
            Weighting::Proportional => {
                let mean = weights.iter().sum::<f64>() / weights.len().max(1) as f64;
                shape::count(&mut counters, "flat-statistics", usize::from(mean == 0.0));
                for weight in &mut weights {
                    *weight = if mean == 0.0 { 1.0 } else { *weight / mean };
                }
            }
            Weighting::Top { fraction } => {
                let threshold = threshold(&weights, fraction)?;
                for weight in &mut weights {
                    *weight = f64::from(*weight >= threshold);
                }
            }
            Weighting::Amplify { fraction, alpha } => {
                if !(0.0..=1.0).contains(&alpha) {
                    let rule = "lie in [0, 1]";
                    return Err(FidelityError::Parameter { parameter: "alpha", value: alpha, rule });
                }
                let threshold = threshold(&weights, fraction)?;
                for (range, advantage) in batch.ranges().zip(&relative) {
                    let factor = if *advantage < 0.0 { 1.0 - alpha } else { 1.0 + alpha };
                    for weight in &mut weights[range] {
                        *weight = if *weight >= threshold { factor } else { 1.0 };
                    }
                }
            }
        }
        Ok(Estimate { credit: Credit::Weight(weights), counters })
    }
}

impl Statistic {
    fn of(self, policy: &NodePolicy, node: u32, action: u32) -> f64 {
        let row = policy.row(node);
        let taken = row[action as usize];
        match self {
            Self::Unit => 1.0,
            Self::Entropy => -row.iter().filter(|p| **p > 0.0).map(|p| p * libm::log(*p)).sum::<f64>(),
            Self::Surprisal => -libm::log(taken),
            Self::Saliency => (1.0 - 2.0 * taken + row.iter().map(|p| p * p).sum::<f64>()).max(0.0).sqrt(),
        }
    }
}

/// The smallest statistic among the largest `fraction` of them, rounded up to whole steps.
fn threshold(statistics: &[f64], fraction: f64) -> Result<f64, FidelityError> {
    if fraction.is_nan() || fraction <= 0.0 || fraction > 1.0 {
        let rule = "lie in (0, 1]";
        return Err(FidelityError::Parameter { parameter: "fraction", value: fraction, rule });
    }
    let mut sorted = statistics.to_vec();
    let kept = (fraction * sorted.len() as f64).ceil() as usize;
    if kept == 0 {
        return Ok(f64::INFINITY);
    }
    let (_, threshold, _) = sorted.select_nth_unstable_by(kept - 1, |a, b| b.total_cmp(a));
    Ok(*threshold)
}
