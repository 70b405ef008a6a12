//! What a policy objective reads.

use milepost_credit::Rows;

use crate::{ObjectiveError, check};

/// A batch of token sequences, flat. Positions where `mask` is false (prompt, observation, padding) are never
/// read, so anything may stand there.
#[derive(Debug, Clone, Copy)]
pub struct TokenBatch<'a> {
    /// The sequences: ragged or padded rows of the flat slices.
    pub rows: &'a Rows,
    /// Positions that the policy produced; `None` if it produced all of them.
    pub mask: Option<&'a [bool]>,
    /// `ℓ`: log-probability of each token under the policy that is trained.
    pub log_probs: &'a [f64],
    /// `ℓ_old`: under the policy that drew it (the anchor, for [`Regression`](crate::Regression)).
    pub old_log_probs: &'a [f64],
    /// `A`: advantage of each token.
    pub advantages: &'a [f64],
    /// `ℓ_ref`: under the reference policy of the divergence term.
    pub reference: Option<&'a [f64]>,
    /// Constant factor on each token's policy loss, for example `π_old/π_rollout` where the sampler's numerics
    /// differ from the trainer's.
    pub correction: Option<&'a [f64]>,
}

impl<'a> TokenBatch<'a> {
    /// A batch without reference policy and correction, in which every position is the policy's.
    #[must_use]
    pub const fn new(
        rows: &'a Rows,
        log_probs: &'a [f64],
        old_log_probs: &'a [f64],
        advantages: &'a [f64],
    ) -> Self {
        Self { rows, mask: None, log_probs, old_log_probs, advantages, reference: None, correction: None }
    }

    /// With the given mask.
    #[must_use]
    pub const fn masked(self, mask: &'a [bool]) -> Self {
        Self { mask: Some(mask), ..self }
    }

    /// With log-probabilities of a reference policy.
    #[must_use]
    pub const fn with_reference(self, reference: &'a [f64]) -> Self {
        Self { reference: Some(reference), ..self }
    }

    /// With a constant factor per token.
    #[must_use]
    pub const fn with_correction(self, correction: &'a [f64]) -> Self {
        Self { correction: Some(correction), ..self }
    }

    /// Whether the policy produced position `index`.
    pub(crate) fn is_policy(&self, index: usize) -> bool {
        self.mask.is_none_or(|mask| mask[index])
    }

    /// The policy's positions of one row.
    pub(crate) fn tokens(&self, row: usize) -> impl Iterator<Item = usize> + Clone {
        let mask = self.mask;
        self.rows.range(row).filter(move |&index| mask.is_none_or(|mask| mask[index]))
    }

    /// `ℓ − ℓ_old` at a position.
    pub(crate) fn log_ratio(&self, index: usize) -> f64 {
        self.log_probs[index] - self.old_log_probs[index]
    }

    /// Number of policy positions of each row.
    pub(crate) fn lengths(&self) -> Vec<usize> {
        (0..self.rows.len()).map(|row| self.tokens(row).count()).collect()
    }

    /// Refuses slices that do not fit and numbers that are not finite.
    pub(crate) fn check(&self) -> Result<(), ObjectiveError> {
        if self.rows.is_empty() || self.rows.entries() == 0 {
            return Err(ObjectiveError::Empty { what: "rows" });
        }
        if let Some(mask) = self.mask {
            check::len("mask", self.rows.entries(), mask.len())?;
        }
        let finite = |what, values| check::finite_where(what, self.rows, self.mask, values);
        finite("log_probs", self.log_probs)?;
        finite("old_log_probs", self.old_log_probs)?;
        finite("advantages", self.advantages)?;
        self.reference.map_or(Ok(()), |reference| finite("reference", reference))?;
        let Some(correction) = self.correction else { return Ok(()) };
        finite("correction", correction)?;
        let negative = |index: &usize| self.is_policy(*index) && correction[*index] < 0.0;
        match (0..correction.len()).find(negative) {
            None => Ok(()),
            Some(index) => check::non_negative("correction", correction[index]),
        }
    }
}
