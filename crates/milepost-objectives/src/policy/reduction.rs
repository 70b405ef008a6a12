//! Which denominators an average has.

use milepost_credit::{Aggregation, BatchTotals};
use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, check};

/// Which sequences a mean over sequences counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RowCount {
    /// Those with at least one policy token (verl, OpenRLHF).
    NonEmpty,
    /// All of them: an empty sequence adds 0 and still counts (TRL).
    All,
}

/// From token losses to one number: `L = Σ_{i,t} W_i l_{i,t}` over policy tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Reduction {
    /// The weights.
    #[serde(with = "AggregationNames")]
    pub aggregation: Aggregation,
    /// Which sequences count in the denominator of a mean over sequences.
    pub rows: RowCount,
    /// Added to the token count of a sequence where its mean is formed (verl: 1e-8).
    pub count_epsilon: f64,
}

/// The names of [`Aggregation`] in a file.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Aggregation", tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum AggregationNames {
    TokenMean {},
    SeqMeanTokenMean {},
    SeqMeanTokenSum {},
    SeqMeanTokenSumNorm { constant: f64 },
    TokenSum {},
}

impl Reduction {
    /// Exact means over the sequences that have tokens.
    #[must_use]
    pub const fn new(aggregation: Aggregation) -> Self {
        Self { aggregation, rows: RowCount::NonEmpty, count_epsilon: 0.0 }
    }

    /// verl's `agg_loss`: sequences with tokens, 1e-8 added to each count (OpenRLHF's sequence mode too).
    #[must_use]
    pub const fn verl(aggregation: Aggregation) -> Self {
        Self { count_epsilon: 1e-8, ..Self::new(aggregation) }
    }

    /// TRL: all sequences, empty ones included.
    #[must_use]
    pub const fn trl(aggregation: Aggregation) -> Self {
        Self { rows: RowCount::All, ..Self::new(aggregation) }
    }

    /// The counts of a batch with the given numbers of policy tokens per sequence. Add those of all
    /// micro-batches up and pass the sum to each, so that the split changes nothing.
    #[must_use]
    pub fn totals(&self, lengths: &[usize]) -> BatchTotals {
        let totals = BatchTotals::of(lengths);
        match self.rows {
            RowCount::NonEmpty => totals,
            RowCount::All => BatchTotals { sequences: lengths.len(), ..totals },
        }
    }

    /// `W_i`: the weight of each token of sequence `i`, within a mini-batch of the given totals (the batch's
    /// own if `None`).
    ///
    /// # Errors
    /// No sequence, no policy token at all, a parameter outside its domain.
    pub fn weights(
        &self,
        totals: Option<BatchTotals>,
        lengths: &[usize],
    ) -> Result<Vec<f64>, ObjectiveError> {
        self.validate()?;
        check::non_empty("rows", lengths)?;
        let totals = totals.unwrap_or_else(|| self.totals(lengths));
        if totals.tokens == 0 || totals.sequences == 0 {
            return Err(ObjectiveError::NoPolicyToken);
        }
        let mut weights = vec![0.0; lengths.len()];
        self.aggregation.weights_within(totals, lengths, &mut weights)?;
        if self.aggregation == Aggregation::SeqMeanTokenMean {
            for (weight, &length) in weights.iter_mut().zip(lengths) {
                *weight *= length as f64 / (length as f64 + self.count_epsilon).max(f64::MIN_POSITIVE);
            }
        }
        Ok(weights)
    }

    /// # Errors
    /// A parameter outside its domain.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        check::non_negative("count-epsilon", self.count_epsilon)?;
        match self.aggregation {
            Aggregation::SeqMeanTokenSumNorm { constant } => check::positive("constant", constant),
            _ => Ok(()),
        }
    }
}
