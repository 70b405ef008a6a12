//! Losses of a reward model that learns from comparisons.

use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, check, math};

/// Bradley–Terry: `L = (1/N) Σ_i [softplus(d_i) − p_i d_i] + c (1/N) Σ_i (r^w_i + r^l_i)²`,
/// `d = r^w − r^l − margin`.
///
/// `p` is the probability that the first is better: at `p = 1` the first term is `−log σ(d)`, at `p = ½` a tie.
/// `dL/dr^w = (σ(d) − p + 2c (r^w + r^l))/N`, `dL/dr^l = (p − σ(d) + 2c (r^w + r^l))/N`. The last term centres
/// the rewards around 0, which the comparisons leave free. Sources: Bradley and Terry 1952; margins, arXiv
/// 2307.09288; centring, arXiv 2312.09244; TRL and OpenRLHF agree.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BradleyTerry {
    /// `c ≥ 0`: weight of the centring term, if there is one (TRL recommends 0.01).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub centering: Option<f64>,
}

/// Rewards of compared sequences.
#[derive(Debug, Clone, Copy)]
pub struct RewardPairs<'a> {
    /// `r^w`: of the preferred one, or of the first where `probabilities` are given.
    pub chosen: &'a [f64],
    /// `r^l`: of the other one.
    pub rejected: &'a [f64],
    /// By how much the first should win; 0 without.
    pub margins: Option<&'a [f64]>,
    /// `p`, in `[0, 1]`; 1 without.
    pub probabilities: Option<&'a [f64]>,
}

impl<'a> RewardPairs<'a> {
    /// Hard labels without margins.
    #[must_use]
    pub const fn new(chosen: &'a [f64], rejected: &'a [f64]) -> Self {
        Self { chosen, rejected, margins: None, probabilities: None }
    }
}

/// The loss of a batch of comparisons. Reports of micro-batches add up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BradleyTerryReport {
    /// What was minimised.
    pub loss: f64,
    /// Pairs.
    pub pairs: usize,
    /// Pairs with `r^w > r^l`.
    pub correct: usize,
}

impl BradleyTerryReport {
    /// Share of the pairs with `r^w > r^l`; a tie is wrong.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        if self.pairs == 0 { 0.0 } else { self.correct as f64 / self.pairs as f64 }
    }
}

impl std::ops::AddAssign for BradleyTerryReport {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.pairs += other.pairs;
        self.correct += other.correct;
    }
}

impl BradleyTerry {
    /// # Errors
    /// A parameter outside its domain.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        self.centering.map_or(Ok(()), |centering| check::non_negative("centering", centering))
    }

    /// The loss, with its derivatives by both rewards. `total_pairs` as in
    /// [`PreferenceObjective::evaluate`](crate::PreferenceObjective::evaluate).
    ///
    /// # Errors
    /// A parameter outside its domain; slices that do not fit; a number that is not finite; a probability
    /// outside `[0, 1]`; no pair.
    pub fn evaluate(
        &self,
        pairs: &RewardPairs<'_>,
        total_pairs: Option<usize>,
        chosen_gradient: &mut [f64],
        rejected_gradient: &mut [f64],
    ) -> Result<BradleyTerryReport, ObjectiveError> {
        self.validate()?;
        let RewardPairs { chosen, rejected, margins, probabilities } = *pairs;
        let count = chosen.len();
        check::non_empty("chosen", chosen)?;
        check::finite("chosen", chosen)?;
        check::finite_len("rejected", count, rejected)?;
        margins.map_or(Ok(()), |margins| check::finite_len("margins", count, margins))?;
        if let Some(probabilities) = probabilities {
            check::len("probabilities", count, probabilities.len())?;
            probabilities.iter().try_for_each(|p| check::unit_interval("probabilities", *p))?;
        }
        check::len("chosen_gradient", count, chosen_gradient.len())?;
        check::len("rejected_gradient", count, rejected_gradient.len())?;
        let total = total_pairs.unwrap_or(count);
        if total == 0 {
            return Err(ObjectiveError::Empty { what: "total_pairs" });
        }

        let weight = 1.0 / total as f64;
        let centering = self.centering.unwrap_or(0.0);
        let mut report = BradleyTerryReport { pairs: count, ..BradleyTerryReport::default() };
        for i in 0..count {
            let difference = chosen[i] - rejected[i] - margins.map_or(0.0, |margins| margins[i]);
            let p = probabilities.map_or(1.0, |probabilities| probabilities[i]);
            let sum = chosen[i] + rejected[i];
            // softplus(d) − p d without cancellation.
            let comparison = p * math::softplus(-difference) + (1.0 - p) * math::softplus(difference);
            report.loss += weight * (comparison + centering * sum * sum);
            report.correct += usize::from(chosen[i] > rejected[i]);
            let slope = (1.0 - p) * math::sigmoid(difference) - p * math::sigmoid(-difference);
            let centre = 2.0 * centering * sum;
            chosen_gradient[i] = weight * (slope + centre);
            rejected_gradient[i] = weight * (centre - slope);
        }
        check::finite("the loss", &[report.loss])?;
        Ok(report)
    }
}
