//! A conformance suite for aggregation: how much each token weighs in a loss.
//!
//! A rule gets the number of policy tokens of each sequence, `L_i`, and the [`Totals`] of the mini-batch they
//! are part of, and returns the weight of a token of each sequence, so that the loss is `Σ_i w_i Σ_t l_{i,t}`.
//!
//! | law | formula |
//! |---|---|
//! | [`Law::WeightsAreNumbers`] | finite, at least 0, and 0 for an empty sequence |
//! | [`Law::WeightsSum`] | `Σ_i w_i L_i` is what the rule claims, see [`Sum`] |
//! | [`Law::MicroBatchesAdd`] | weights of a part, given the totals of the whole, are those of the whole |
//! | [`Law::FollowsTheOrderOfRows`] | rows in another order get the same weights in that order |
//! | [`Law::IgnoresEmptyRows`] | a sequence without a token changes no other weight |
//! | [`Law::RefusesABatchWithoutTokens`] | a typed error, not `0/0` |
//! | [`Law::EqualLengthsWeighAlike`] | `L_i = L_j` gives `w_i = w_j` |
//!
//! ```
//! use milepost_testkit::aggregation::{AggregationLaws, Sum, Totals};
//!
//! #[derive(Debug, thiserror::Error)]
//! #[error("the batch has no policy token")]
//! struct NoTokens;
//!
//! // The rule under test: mean over all tokens.
//! AggregationLaws::new(|lengths: &[usize], totals: Totals| {
//!     if totals.tokens == 0 {
//!         return Err(NoTokens);
//!     }
//!     let weight = |length: &usize| if *length == 0 { 0.0 } else { 1.0 / totals.tokens as f64 };
//!     Ok(lengths.iter().map(weight).collect())
//! })
//! .sums_to(Sum::One)
//! .conformance(64);
//! ```

#[cfg(test)]
mod tests;

use std::error::Error;
use std::fmt::{self, Debug};

use proptest::collection::vec;

use crate::search::falsify;

/// Counts of a whole mini-batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Policy tokens.
    pub tokens: usize,
    /// Sequences with at least one.
    pub sequences: usize,
}

impl Totals {
    /// Counts a batch.
    #[must_use]
    pub fn of(lengths: &[usize]) -> Self {
        Self { tokens: lengths.iter().sum(), sequences: lengths.iter().filter(|n| **n > 0).count() }
    }
}

/// What the weights of all tokens add up to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sum {
    /// 1: a mean.
    One,
    /// The mean length of the sequences that are not empty, divided by a constant: sums per sequence.
    MeanLength {
        /// The constant.
        over: f64,
    },
    /// The number of tokens: a sum.
    Tokens,
}

impl Sum {
    fn of(self, totals: Totals) -> f64 {
        match self {
            Self::One => 1.0,
            Self::MeanLength { over } => totals.tokens as f64 / totals.sequences as f64 / over,
            Self::Tokens => totals.tokens as f64,
        }
    }
}

/// What an aggregation rule promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// A batch with a token gets one weight for each sequence.
    AcceptsLawfulInput,
    /// Weights are finite, at least 0, and 0 for a sequence without a token.
    WeightsAreNumbers,
    /// Equal lengths get equal weights.
    EqualLengthsWeighAlike,
    /// The weights of all tokens add up to what the rule claims.
    WeightsSum,
    /// A micro-batch, given the totals of the mini-batch, gets the weights that its rows have in it.
    MicroBatchesAdd,
    /// Weights go with their rows.
    FollowsTheOrderOfRows,
    /// Rows without a token change nothing.
    IgnoresEmptyRows,
    /// A batch without any token is a typed error.
    RefusesABatchWithoutTokens,
}

/// A broken law, with the lengths that show it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("law {law:?} is broken: {what}; shown by sequences of {lengths:?} tokens")]
pub struct Violation {
    /// Which law.
    pub law: Law,
    /// What was found, and what was expected.
    pub what: String,
    /// Tokens of each sequence, the smallest batch that was found.
    pub lengths: Vec<usize>,
}

/// A rule whose error is text.
type Rule<'a> = dyn FnMut(&[usize], Totals) -> Result<Vec<f64>, String> + 'a;

/// An aggregation rule with its claim.
pub struct AggregationLaws<'a> {
    rule: Box<Rule<'a>>,
    sum: Option<Sum>,
    tolerance: f64,
}

impl Debug for AggregationLaws<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregationLaws").field("sum", &self.sum).finish_non_exhaustive()
    }
}

impl<'a> AggregationLaws<'a> {
    /// A rule that claims no sum yet.
    pub fn new<E: Error>(mut rule: impl FnMut(&[usize], Totals) -> Result<Vec<f64>, E> + 'a) -> Self {
        let rule = move |lengths: &[usize], totals| rule(lengths, totals).map_err(|error| error.to_string());
        Self { rule: Box::new(rule), sum: None, tolerance: 1e-12 }
    }

    /// Claims [`Law::WeightsSum`].
    #[must_use]
    pub const fn sums_to(mut self, sum: Sum) -> Self {
        self.sum = Some(sum);
        self
    }

    /// Checks one batch.
    pub fn check_lengths(&mut self, lengths: &[usize]) -> Result<(), Violation> {
        let totals = Totals::of(lengths);
        if totals.tokens == 0 {
            return match (self.rule)(lengths, totals) {
                Err(_) => Ok(()),
                Ok(weights) => fail(Law::RefusesABatchWithoutTokens, lengths, format!("it gave {weights:?}")),
            };
        }
        let weights = self.weights(lengths, totals)?;
        for (weight, length) in weights.iter().zip(lengths) {
            if !weight.is_finite() || *weight < 0.0 || (*length == 0 && *weight != 0.0) {
                let what = format!("a sequence of {length} tokens weighs {weight}");
                return fail(Law::WeightsAreNumbers, lengths, what);
            }
        }
        for (a, b) in (0..lengths.len()).flat_map(|b| (0..b).map(move |a| (a, b))) {
            if lengths[a] == lengths[b] {
                let what = format!("sequences {a} and {b} are equally long");
                self.close(Law::EqualLengthsWeighAlike, lengths, &what, weights[a], weights[b])?;
            }
        }
        if let Some(sum) = self.sum {
            let total = weights.iter().zip(lengths).map(|(weight, length)| weight * *length as f64).sum();
            self.close(Law::WeightsSum, lengths, "the sum over all tokens", total, sum.of(totals))?;
        }
        let reversed: Vec<usize> = lengths.iter().rev().copied().collect();
        let mut found = self.weights(&reversed, totals)?;
        found.reverse();
        self.all_close(Law::FollowsTheOrderOfRows, lengths, "backwards, a weight", &found, &weights)?;
        for cut in 1..lengths.len() {
            let mut parts = self.weights(&lengths[..cut], totals)?;
            parts.extend(self.weights(&lengths[cut..], totals)?);
            let what = format!("cut at {cut}, a weight");
            self.all_close(Law::MicroBatchesAdd, lengths, &what, &parts, &weights)?;
        }
        let mut padded = lengths.to_vec();
        padded.push(0);
        let mut found = self.weights(&padded, Totals::of(&padded))?;
        found.truncate(lengths.len());
        self.all_close(Law::IgnoresEmptyRows, lengths, "with an empty row, a weight", &found, &weights)
    }

    /// Checks `cases` batches.
    pub fn check(&mut self, cases: u32) -> Result<(), Violation> {
        self.check_lengths(&[0, 0])?;
        let same = |a: &Violation, b: &Violation| a.law == b.law;
        falsify(&vec(0..20_usize, 1..9), cases, |lengths| self.check_lengths(lengths), same)
    }

    /// As [`AggregationLaws::check`].
    ///
    /// # Panics
    /// With the [`Violation`].
    #[track_caller]
    pub fn conformance(&mut self, cases: u32) {
        self.check(cases).unwrap_or_else(|violation| panic!("{violation}"));
    }

    fn weights(&mut self, lengths: &[usize], totals: Totals) -> Result<Vec<f64>, Violation> {
        match (self.rule)(lengths, totals) {
            Ok(weights) if weights.len() == lengths.len() => Ok(weights),
            Ok(weights) => {
                let what = format!("{} weights for {} sequences", weights.len(), lengths.len());
                fail(Law::AcceptsLawfulInput, lengths, what)
            }
            Err(error) => {
                fail(Law::AcceptsLawfulInput, lengths, format!("refused, with {totals:?}: {error}"))
            }
        }
    }

    fn all_close(
        &self,
        law: Law,
        lengths: &[usize],
        what: &str,
        found: &[f64],
        expected: &[f64],
    ) -> Result<(), Violation> {
        found.iter().zip(expected).try_for_each(|(f, e)| self.close(law, lengths, what, *f, *e))
    }

    fn close(
        &self,
        law: Law,
        lengths: &[usize],
        what: &str,
        found: f64,
        expected: f64,
    ) -> Result<(), Violation> {
        if (found - expected).abs() <= self.tolerance * (1.0 + expected.abs()) {
            Ok(())
        } else {
            fail(law, lengths, format!("{what} is {found}, expected {expected}"))
        }
    }
}

fn fail<T>(law: Law, lengths: &[usize], what: String) -> Result<T, Violation> {
    Err(Violation { law, what, lengths: lengths.to_vec() })
}
