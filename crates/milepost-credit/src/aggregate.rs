//! From a matrix of token losses to one number: the weight of each token.

use crate::{CreditError, check};

/// How token losses become one loss. Every mode is a weighted sum `Σ w_{i,t} l_{i,t}` over the policy tokens,
/// and the weight is the same for all tokens of a sequence.
///
/// With `N'` non-empty sequences of lengths `L_i`:
///
/// | mode | weight of a token of sequence `i` | consequence |
/// |---|---|---|
/// | [`TokenMean`](Self::TokenMean) | `1/Σ_j L_j` | a long sequence weighs more (DAPO) |
/// | [`SeqMeanTokenMean`](Self::SeqMeanTokenMean) | `1/(N' L_i)` | long wrong answers are punished less per token (GRPO) |
/// | [`SeqMeanTokenSum`](Self::SeqMeanTokenSum) | `1/N'` | the plain policy gradient |
/// | [`SeqMeanTokenSumNorm`](Self::SeqMeanTokenSumNorm) | `1/(N' C)` | the same at a fixed scale (Dr. GRPO) |
/// | [`TokenSum`](Self::TokenSum) | `1` | scale grows with the batch |
///
/// Source: verl `agg_loss`; Dr. GRPO, arXiv 2503.20783; DAPO, arXiv 2503.14476. Identity: token-mean equals
/// seq-mean-token-mean if and only if all lengths are equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregation {
    /// Mean over all tokens.
    TokenMean,
    /// Mean over sequences of the mean over their tokens.
    SeqMeanTokenMean,
    /// Mean over sequences of the sum over their tokens.
    SeqMeanTokenSum,
    /// [`Self::SeqMeanTokenSum`] divided by a constant.
    SeqMeanTokenSumNorm {
        /// The constant, for example the maximal response length; never a statistic of the batch.
        constant: f64,
    },
    /// Sum over all tokens.
    TokenSum,
}

/// Counts that the denominators come from: those of the full mini-batch, not of one micro-batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BatchTotals {
    /// Policy tokens.
    pub tokens: usize,
    /// Sequences with at least one policy token.
    pub sequences: usize,
}

impl BatchTotals {
    /// Counts a batch from the number of policy tokens of each sequence.
    #[must_use]
    pub fn of(lengths: &[usize]) -> Self {
        Self { tokens: lengths.iter().sum(), sequences: lengths.iter().filter(|&&n| n > 0).count() }
    }
}

impl std::ops::AddAssign for BatchTotals {
    /// Adds the counts of another micro-batch.
    fn add_assign(&mut self, other: Self) {
        self.tokens += other.tokens;
        self.sequences += other.sequences;
    }
}

impl Aggregation {
    /// The weight of each token of sequence `i`, in `out[i]`, from the policy-token counts `lengths`.
    /// An empty sequence gets 0 and does not count.
    ///
    /// # Errors
    /// No sequence, unequal slices, no policy token at all, or a constant that is not positive.
    pub fn weights(&self, lengths: &[usize], out: &mut [f64]) -> Result<(), CreditError> {
        self.weights_within(BatchTotals::of(lengths), lengths, out)
    }

    /// [`Aggregation::weights`] of a micro-batch within a mini-batch that has the given totals.
    ///
    /// # Errors
    /// As [`Aggregation::weights`].
    pub fn weights_within(
        &self,
        totals: BatchTotals,
        lengths: &[usize],
        out: &mut [f64],
    ) -> Result<(), CreditError> {
        check::non_empty("lengths", lengths)?;
        check::len("out", lengths.len(), out.len())?;
        if totals.tokens == 0 || totals.sequences == 0 {
            return Err(CreditError::TooFew { what: "policy tokens", needed: 1, found: 0 });
        }
        if let Self::SeqMeanTokenSumNorm { constant } = *self {
            check::positive("constant", constant)?;
        }
        let (tokens, sequences) = (totals.tokens as f64, totals.sequences as f64);
        for (out, &length) in out.iter_mut().zip(lengths) {
            *out = match *self {
                _ if length == 0 => 0.0,
                Self::TokenMean => 1.0 / tokens,
                Self::SeqMeanTokenMean => 1.0 / (sequences * length as f64),
                Self::SeqMeanTokenSum => 1.0 / sequences,
                Self::SeqMeanTokenSumNorm { constant } => 1.0 / (sequences * constant),
                Self::TokenSum => 1.0,
            };
        }
        Ok(())
    }

    /// Weights in the shape `[N, width]` of a padded batch, 0 where `mask` is false.
    ///
    /// # Errors
    /// As [`Aggregation::weights`], and a mask that is not `N` rows of `width`.
    pub fn mask_weights(
        &self,
        totals: Option<BatchTotals>,
        mask: &[bool],
        width: usize,
        out: &mut [f64],
    ) -> Result<(), CreditError> {
        check::non_empty("mask", mask)?;
        check::len("out", mask.len(), out.len())?;
        if width == 0 || !mask.len().is_multiple_of(width) {
            return Err(CreditError::InvalidParameter {
                name: "width",
                value: width as f64,
                allowed: "a divisor of the length of the mask",
            });
        }
        let lengths: Vec<usize> =
            mask.chunks(width).map(|row| row.iter().filter(|&&policy| policy).count()).collect();
        let mut rows = vec![0.0; lengths.len()];
        self.weights_within(totals.unwrap_or_else(|| BatchTotals::of(&lengths)), &lengths, &mut rows)?;
        for ((out, mask), row) in out.chunks_mut(width).zip(mask.chunks(width)).zip(&rows) {
            for (out, &policy) in out.iter_mut().zip(mask) {
                *out = if policy { *row } else { 0.0 };
            }
        }
        Ok(())
    }
}
