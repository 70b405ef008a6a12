//! What a preference objective reads.

use crate::{ObjectiveError, check};

/// Pairs of sequences, one preferred. A log-probability is that of a whole sequence
/// ([`SequenceLogProb`](crate::SequenceLogProb)).
#[derive(Debug, Clone, Copy)]
pub struct PairBatch<'a> {
    /// `ℓ^w`: the preferred sequence under the policy that is trained.
    pub chosen: &'a [f64],
    /// `ℓ^l`: the other one.
    pub rejected: &'a [f64],
    /// `ℓ^w` and `ℓ^l` under the reference policy; needed by all losses but the reference-free ones.
    pub reference: Option<(&'a [f64], &'a [f64])>,
    /// Tokens of each sequence; needed by losses that divide by lengths.
    pub lengths: Option<(&'a [usize], &'a [usize])>,
    /// Constant factor on the loss of each pair.
    pub weights: Option<&'a [f64]>,
}

impl<'a> PairBatch<'a> {
    /// Pairs without reference, lengths and weights.
    #[must_use]
    pub const fn new(chosen: &'a [f64], rejected: &'a [f64]) -> Self {
        Self { chosen, rejected, reference: None, lengths: None, weights: None }
    }

    /// With the log-probabilities of a reference policy.
    #[must_use]
    pub const fn with_reference(self, chosen: &'a [f64], rejected: &'a [f64]) -> Self {
        Self { reference: Some((chosen, rejected)), ..self }
    }

    /// With token counts.
    #[must_use]
    pub const fn with_lengths(self, chosen: &'a [usize], rejected: &'a [usize]) -> Self {
        Self { lengths: Some((chosen, rejected)), ..self }
    }

    /// With a constant factor per pair.
    #[must_use]
    pub const fn with_weights(self, weights: &'a [f64]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    pub(crate) fn check(&self) -> Result<(), ObjectiveError> {
        let pairs = self.chosen.len();
        check::non_empty("chosen", self.chosen)?;
        check::finite("chosen", self.chosen)?;
        check::finite_len("rejected", pairs, self.rejected)?;
        if let Some((chosen, rejected)) = self.reference {
            check::finite_len("reference chosen", pairs, chosen)?;
            check::finite_len("reference rejected", pairs, rejected)?;
        }
        if let Some((chosen, rejected)) = self.lengths {
            for (what, lengths) in [("chosen lengths", chosen), ("rejected lengths", rejected)] {
                check::len(what, pairs, lengths.len())?;
                if let Some(row) = lengths.iter().position(|&length| length == 0) {
                    return Err(ObjectiveError::EmptyRow { what, row });
                }
            }
        }
        self.weights.map_or(Ok(()), |weights| check::finite_len("weights", pairs, weights))
    }

    /// Log-ratios of both sides to the reference.
    pub(crate) fn log_ratios(&self, objective: &'static str) -> Result<Sides, ObjectiveError> {
        let (chosen, rejected) =
            self.reference.ok_or(ObjectiveError::Missing { objective, what: "reference" })?;
        let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect();
        Ok(Sides { chosen: minus(self.chosen, chosen), rejected: minus(self.rejected, rejected) })
    }

    /// `1/length` of both sides.
    pub(crate) fn inverse_lengths(&self, objective: &'static str) -> Result<Sides, ObjectiveError> {
        let (chosen, rejected) =
            self.lengths.ok_or(ObjectiveError::Missing { objective, what: "lengths" })?;
        let inverse = |lengths: &[usize]| lengths.iter().map(|&length| 1.0 / length as f64).collect();
        Ok(Sides { chosen: inverse(chosen), rejected: inverse(rejected) })
    }
}

/// A number for each side of each pair.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sides {
    pub chosen: Vec<f64>,
    pub rejected: Vec<f64>,
}

impl Sides {
    /// The same number everywhere.
    pub(crate) fn of(value: f64, pairs: usize) -> Self {
        Self { chosen: vec![value; pairs], rejected: vec![value; pairs] }
    }
}
