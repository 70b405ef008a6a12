//! A preference loss over a batch of pairs.

use serde::{Deserialize, Serialize};

use super::loss::PreferenceLoss;
use super::pairs::PairBatch;
use crate::{ObjectiveError, check};

/// `L = (1/N) Σ_i w_i l_i` over pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PreferenceObjective {
    /// The loss of a pair.
    pub loss: PreferenceLoss,
    /// `β > 0`: how much a log-ratio is worth; large keeps the policy near the reference.
    pub beta: f64,
}

/// The loss of a batch of pairs, and counts and sums over them. Reports of micro-batches add up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PreferenceReport {
    /// What was minimised.
    pub loss: f64,
    /// Pairs.
    pub pairs: usize,
    /// Pairs whose preferred sequence has strictly the larger implicit reward.
    pub correct: usize,
    /// Sum of the implicit rewards `β (ℓ − ℓ_ref)` of the preferred sequences; `β ℓ` without a reference.
    pub chosen_reward_sum: f64,
    /// The same of the others.
    pub rejected_reward_sum: f64,
}

impl PreferenceReport {
    /// Share of the pairs that the policy orders as labelled; a tie is wrong.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        self.mean(self.correct as f64)
    }

    /// Mean implicit reward of the preferred sequences.
    #[must_use]
    pub fn chosen_reward(&self) -> f64 {
        self.mean(self.chosen_reward_sum)
    }

    /// Mean implicit reward of the others.
    #[must_use]
    pub fn rejected_reward(&self) -> f64 {
        self.mean(self.rejected_reward_sum)
    }

    /// Mean difference of the two.
    #[must_use]
    pub fn margin(&self) -> f64 {
        self.chosen_reward() - self.rejected_reward()
    }

    fn mean(&self, sum: f64) -> f64 {
        if self.pairs == 0 { 0.0 } else { sum / self.pairs as f64 }
    }
}

impl std::ops::AddAssign for PreferenceReport {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.pairs += other.pairs;
        self.correct += other.correct;
        self.chosen_reward_sum += other.chosen_reward_sum;
        self.rejected_reward_sum += other.rejected_reward_sum;
    }
}

impl PreferenceObjective {
    /// # Errors
    /// A parameter outside its domain.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        check::positive("beta", self.beta)?;
        self.loss.validate()
    }

    /// The loss, with `dL/dℓ` of both sides of each pair. `total_pairs` is the number of pairs of the
    /// mini-batch that this micro-batch belongs to (its own if `None`); losses and gradients then add up.
    ///
    /// # Errors
    /// A parameter outside its domain; slices that do not fit; a NaN or infinity in an argument or in the
    /// result; no pair; an argument that the loss needs is missing.
    pub fn evaluate(
        &self,
        batch: &PairBatch<'_>,
        total_pairs: Option<usize>,
        chosen_gradient: &mut [f64],
        rejected_gradient: &mut [f64],
    ) -> Result<PreferenceReport, ObjectiveError> {
        self.validate()?;
        batch.check()?;
        let pairs = batch.chosen.len();
        check::len("chosen_gradient", pairs, chosen_gradient.len())?;
        check::len("rejected_gradient", pairs, rejected_gradient.len())?;
        let total = total_pairs.unwrap_or(pairs);
        if total == 0 {
            return Err(ObjectiveError::Empty { what: "total_pairs" });
        }
        let terms = self.loss.pairs(batch, self.beta)?;
        check::finite("the loss", &terms.losses)?;

        let mut report = PreferenceReport { pairs, ..PreferenceReport::default() };
        for i in 0..pairs {
            let weight = batch.weights.map_or(1.0, |weights| weights[i]) / total as f64;
            report.loss += weight * terms.losses[i];
            chosen_gradient[i] = weight * terms.slopes.chosen[i];
            rejected_gradient[i] = weight * terms.slopes.rejected[i];
            let (w, l) = batch.reference.map_or((0.0, 0.0), |(w, l)| (w[i], l[i]));
            let rewards = (self.beta * (batch.chosen[i] - w), self.beta * (batch.rejected[i] - l));
            report.chosen_reward_sum += rewards.0;
            report.rejected_reward_sum += rewards.1;
            report.correct += usize::from(rewards.0 > rewards.1);
        }
        check::finite("the gradient", chosen_gradient)?;
        check::finite("the gradient", rejected_gradient)?;
        Ok(report)
    }
}
