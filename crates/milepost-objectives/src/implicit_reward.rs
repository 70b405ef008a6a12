//! Losses of a reward model that is a log-ratio of two policies.

use milepost_credit::Rows;
use serde::{Deserialize, Serialize};

use crate::{
    BradleyTerry, Divergence, MarginLoss, ObjectiveError, PairBatch, PreferenceLoss, PreferenceObjective,
    RewardPairs, SequenceLogProb, check,
};

/// What an implicit reward model learns from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum ImplicitRewardLoss {
    /// `−[o log σ(r(y)) + (1 − o) log(1 − σ(r(y)))]`, mean over trajectories (PRIME, arXiv 2502.01456). It is
    /// [`BradleyTerry`] against a trajectory of reward 0.
    CrossEntropy {},
    /// `−log σ(r(τ⁺) − r(τ⁻))`, mean over pairs: DPO on whole trajectories (iStar, arXiv 2509.19199).
    TrajectoryDpo {
        /// Compare means over steps instead of sums, as the released code does.
        #[serde(default)]
        mean_over_steps: bool,
    },
}

/// `r(y) = β Σ_t (log π_φ(y_t) − log π_ref(y_t))` over the policy's tokens, and what it is fitted to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImplicitReward {
    /// The loss.
    pub loss: ImplicitRewardLoss,
    /// `β > 0`; 0.05 in both papers.
    pub beta: f64,
}

/// Trajectories as the reward model reads them. Observations are left out; every row has at least one token.
#[derive(Debug, Clone, Copy)]
pub struct LabelledBatch<'a> {
    /// The policy's tokens of each trajectory.
    pub rows: &'a Rows,
    /// `log π_φ` of each token, flat.
    pub log_probs: &'a [f64],
    /// `log π_ref` of each token, flat.
    pub reference: &'a [f64],
    /// Outcome of each trajectory, in `[0, 1]`; read by the cross-entropy.
    pub outcomes: &'a [f64],
    /// Steps of each trajectory; read where means over steps are compared.
    pub steps: &'a [usize],
    /// Pairs (better, worse) of trajectories of one task; read by trajectory DPO.
    pub pairs: &'a [(usize, usize)],
}

/// The loss, and how often the model is right.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ImplicitRewardReport {
    /// What was minimised.
    pub loss: f64,
    /// Trajectories, or pairs.
    pub terms: usize,
    /// Those told apart rightly: `r > 0` exactly where `o > ½`, or the better one's reward is the larger one.
    pub correct: usize,
}

impl ImplicitRewardReport {
    /// Share of the terms that the model gets right.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        if self.terms == 0 { 0.0 } else { self.correct as f64 / self.terms as f64 }
    }
}

impl ImplicitReward {
    /// # Errors
    /// `β` that is not positive.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        check::positive("beta", self.beta)
    }

    /// `r_t = β (log π_φ − log π_ref)` of each token.
    ///
    /// # Errors
    /// `β` that is not positive, slices of different lengths.
    pub fn rewards(
        &self,
        log_probs: &[f64],
        reference: &[f64],
        out: &mut [f64],
    ) -> Result<(), ObjectiveError> {
        self.validate()?;
        check::len("reference", log_probs.len(), reference.len())?;
        check::len("out", log_probs.len(), out.len())?;
        for ((out, log_prob), reference) in out.iter_mut().zip(log_probs).zip(reference) {
            *out = self.beta * (log_prob - reference);
        }
        Ok(())
    }

    /// The loss, and `gradient[t] = ∂L/∂ log π_φ(y_t)`: of the cross-entropy `β (σ(r) − o)/N`, of a pair `∓β σ(−x)/P`
    /// with `x = r(τ⁺) − r(τ⁻)`, summed over the pairs of a trajectory.
    ///
    /// # Errors
    /// Nothing to learn from, slices that do not fit, a number that is not finite, a row without tokens, an outcome
    /// outside `[0, 1]`.
    pub fn evaluate(
        &self,
        batch: &LabelledBatch<'_>,
        gradient: &mut [f64],
    ) -> Result<ImplicitRewardReport, ObjectiveError> {
        self.validate()?;
        let sequences = SequenceLogProb::sum(batch.rows, None)?;
        let (policy, reference) = (sequences.values(batch.log_probs)?, sequences.values(batch.reference)?);
        let mut per_trajectory = vec![0.0; policy.len()];
        let report = match self.loss {
            ImplicitRewardLoss::CrossEntropy {} => {
                self.cross_entropy(batch, &policy, &reference, &mut per_trajectory)?
            }
            ImplicitRewardLoss::TrajectoryDpo { mean_over_steps } => {
                self.trajectory_dpo(batch, mean_over_steps, &policy, &reference, &mut per_trajectory)?
            }
        };
        sequences.pull_back(&per_trajectory, gradient)?;
        Ok(report)
    }

    fn cross_entropy(
        &self,
        batch: &LabelledBatch<'_>,
        policy: &[f64],
        reference: &[f64],
        gradient: &mut [f64],
    ) -> Result<ImplicitRewardReport, ObjectiveError> {
        let count = policy.len();
        let mut rewards = vec![0.0; count];
        self.rewards(policy, reference, &mut rewards)?;
        let nothing = vec![0.0; count];
        let pairs =
            RewardPairs { probabilities: Some(batch.outcomes), ..RewardPairs::new(&rewards, &nothing) };
        let report = BradleyTerry::default().evaluate(&pairs, None, gradient, &mut vec![0.0; count])?;
        for slope in gradient {
            *slope *= self.beta;
        }
        let right = |(reward, outcome): (&f64, &f64)| (*reward > 0.0) == (*outcome > 0.5);
        let correct = rewards.iter().zip(batch.outcomes).filter(|pair| right(*pair)).count();
        Ok(ImplicitRewardReport { loss: report.loss, terms: count, correct })
    }

    fn trajectory_dpo(
        &self,
        batch: &LabelledBatch<'_>,
        mean_over_steps: bool,
        policy: &[f64],
        reference: &[f64],
        gradient: &mut [f64],
    ) -> Result<ImplicitRewardReport, ObjectiveError> {
        let (count, pairs) = (policy.len(), batch.pairs);
        check::non_empty("pairs", pairs)?;
        let members = pairs.iter().flat_map(|(better, worse)| [*better, *worse]);
        if let Some((position, index)) = members.enumerate().find(|(_, index)| *index >= count) {
            return Err(ObjectiveError::IndexOutOfRange { what: "pairs", position, index, len: count });
        }
        let sides = |of: &[f64]| -> (Vec<f64>, Vec<f64>) {
            pairs.iter().map(|(better, worse)| (of[*better], of[*worse])).unzip()
        };
        let ((chosen, rejected), (chosen_reference, rejected_reference)) = (sides(policy), sides(reference));
        let mut compared =
            PairBatch::new(&chosen, &rejected).with_reference(&chosen_reference, &rejected_reference);
        let lengths: (Vec<usize>, Vec<usize>);
        let mut loss = PreferenceLoss::dpo();
        if mean_over_steps {
            check::len("steps", count, batch.steps.len())?;
            lengths = pairs.iter().map(|(better, worse)| (batch.steps[*better], batch.steps[*worse])).unzip();
            compared = compared.with_lengths(&lengths.0, &lengths.1);
            loss = PreferenceLoss::LengthNormalizedMargin {
                loss: MarginLoss::Logistic { smoothing: 0.0 },
                divergence: Divergence::ReverseKl {},
            };
        }
        let (mut by_chosen, mut by_rejected) = (vec![0.0; pairs.len()], vec![0.0; pairs.len()]);
        let objective = PreferenceObjective { loss, beta: self.beta };
        let report = objective.evaluate(&compared, None, &mut by_chosen, &mut by_rejected)?;
        for (((better, worse), up), down) in pairs.iter().zip(&by_chosen).zip(&by_rejected) {
            gradient[*better] += up;
            gradient[*worse] += down;
        }
        Ok(ImplicitRewardReport { loss: report.loss, terms: pairs.len(), correct: report.correct })
    }
}
