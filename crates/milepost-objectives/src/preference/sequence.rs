//! From token log-probabilities to the log-probability of a sequence, and back.

use milepost_credit::Rows;

use crate::{ObjectiveError, check, math};

/// `ℓ_i = Σ_t c_{i,t} ℓ_{i,t}`: which tokens of a sequence its log-probability adds up, and how much each
/// counts.
///
/// Summed over the *action* tokens of a multi-turn trajectory, observations left out, it turns any pairwise
/// loss into its trajectory form (trajectory-DPO):
///
/// ```
/// use milepost_credit::Rows;
/// use milepost_objectives::{PairBatch, PreferenceLoss, PreferenceObjective, SequenceLogProb};
///
/// # fn main() -> Result<(), milepost_objectives::ObjectiveError> {
/// // Two trajectories of three positions, the successful one first; the second position is an observation.
/// let actions = [true, false, true, true, false, true];
/// let sequence = SequenceLogProb::sum(&Rows::padded(2, 3), Some(&actions))?;
/// let policy = sequence.values(&[-1.0, 0.0, -1.0, -2.0, 0.0, -1.0])?;
/// let reference = sequence.values(&[-1.0, 0.0, -2.0, -1.0, 0.0, -1.0])?;
/// let batch = PairBatch::new(&policy[..1], &policy[1..]).with_reference(&reference[..1], &reference[1..]);
///
/// let mut by_trajectory = [0.0; 2];
/// let (chosen, rejected) = by_trajectory.split_at_mut(1);
/// let dpo = PreferenceObjective { loss: PreferenceLoss::dpo(), beta: 0.5 };
/// dpo.evaluate(&batch, None, chosen, rejected)?;
/// let mut gradient = [0.0; 6];
/// sequence.pull_back(&by_trajectory, &mut gradient)?;
/// let slope = -0.5 / (1.0 + 1.0_f64.exp()); // −β σ(−z), z = 0.5 · (1 − (−1))
/// assert!((gradient[0] - slope).abs() < 1e-12);
/// assert_eq!(gradient, [1.0, 0.0, 1.0, -1.0, 0.0, -1.0].map(|sign| sign * gradient[0]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SequenceLogProb {
    rows: Rows,
    weights: Vec<f64>,
    lengths: Vec<usize>,
}

impl SequenceLogProb {
    /// The sum over the positions where `mask` is true, over all if there is none.
    ///
    /// # Errors
    /// No sequence, a mask of another length, a sequence without such a position.
    pub fn sum(rows: &Rows, mask: Option<&[bool]>) -> Result<Self, ObjectiveError> {
        if rows.is_empty() {
            return Err(ObjectiveError::Empty { what: "rows" });
        }
        if let Some(mask) = mask {
            check::len("mask", rows.entries(), mask.len())?;
        }
        let counts = |index: &usize| mask.is_none_or(|mask| mask[*index]);
        let weights = (0..rows.entries()).map(|index| f64::from(u8::from(counts(&index)))).collect();
        let lengths: Vec<usize> = rows.iter().map(|range| range.filter(counts).count()).collect();
        match lengths.iter().position(|&length| length == 0) {
            Some(row) => Err(ObjectiveError::EmptyRow { what: "rows", row }),
            None => Ok(Self { rows: rows.clone(), weights, lengths }),
        }
    }

    /// The same, but tokens beyond the length of the sequence's partner count `α` only: what a longer answer
    /// has over a shorter one is held back. `partner_lengths` has the token count of the other sequence of
    /// each pair. Source: LD-DPO, arXiv 2409.06411 (`ld_alpha` in TRL).
    ///
    /// # Errors
    /// As [`sum`](Self::sum); a partner length per sequence is missing; `α` outside `[0, 1]`.
    pub fn length_desensitized(
        rows: &Rows,
        mask: Option<&[bool]>,
        partner_lengths: &[usize],
        alpha: f64,
    ) -> Result<Self, ObjectiveError> {
        let mut sequence = Self::sum(rows, mask)?;
        check::len("partner_lengths", rows.len(), partner_lengths.len())?;
        check::unit_interval("alpha", alpha)?;
        for (range, &shared) in rows.iter().zip(partner_lengths) {
            let tokens = sequence.weights[range].iter_mut().filter(|weight| **weight != 0.0);
            tokens.skip(shared).for_each(|weight| *weight = alpha);
        }
        Ok(sequence)
    }

    /// Number of tokens of each sequence.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// `ℓ_i` of each sequence. Log-probabilities at positions that do not count are never read.
    ///
    /// # Errors
    /// A slice of another length, a number that is not finite.
    pub fn values(&self, log_probs: &[f64]) -> Result<Vec<f64>, ObjectiveError> {
        check::len("log_probs", self.rows.entries(), log_probs.len())?;
        let mut values = Vec::with_capacity(self.rows.len());
        for (row, range) in self.rows.iter().enumerate() {
            let mut sum = 0.0;
            for index in range.filter(|&index| self.weights[index] != 0.0) {
                let value = log_probs[index];
                if !value.is_finite() {
                    return Err(ObjectiveError::NotFinite { what: "log_probs", row, index, value });
                }
                sum += self.weights[index] * value;
            }
            values.push(sum);
        }
        Ok(values)
    }

    /// `gradient[i, t] = c_{i,t} dL/dℓ_i`.
    ///
    /// # Errors
    /// Slices of other lengths.
    pub fn pull_back(&self, per_sequence: &[f64], gradient: &mut [f64]) -> Result<(), ObjectiveError> {
        check::len("per_sequence", self.rows.len(), per_sequence.len())?;
        check::len("gradient", self.rows.entries(), gradient.len())?;
        for (range, slope) in self.rows.iter().zip(per_sequence) {
            for index in range {
                gradient[index] = self.weights[index] * slope;
            }
        }
        Ok(())
    }

    /// Weight of each sequence as if it had been drawn from the policy:
    /// `exp((1/n) Σ_t (ℓ_t − log Σ_a p_a²))`, held constant. The weight of a pair is the product of its two.
    /// Source: WPO, arXiv 2406.11827, as in TRL.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn on_policy_weights(
        &self,
        log_probs: &[f64],
        log_sum_squared_probs: &[f64],
    ) -> Result<Vec<f64>, ObjectiveError> {
        let (log_probs, bases) = (self.values(log_probs)?, self.values(log_sum_squared_probs)?);
        let sums = log_probs.iter().zip(&bases).zip(&self.lengths);
        Ok(sums.map(|((log_prob, base), &length)| math::exp((log_prob - base) / length as f64)).collect())
    }
}
