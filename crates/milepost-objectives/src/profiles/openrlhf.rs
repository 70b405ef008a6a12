//! OpenRLHF 0.11: sequences without tokens do not count.

use milepost_credit::Aggregation;

use crate::{Clip, LogRatio, PolicyObjective, RatioUnit, Reduction, Surrogate};

/// `ppo`: token log-ratios in ±20, an optional dual clip, averaged over tokens ([`Aggregation::TokenMean`]) or
/// sequences ([`Aggregation::SeqMeanTokenMean`]).
#[must_use]
pub const fn ppo(low: f64, high: f64, dual: Option<f64>, aggregation: Aggregation) -> PolicyObjective {
    PolicyObjective {
        surrogate: Surrogate::Clip(Clip { low, high, dual, cap: None }),
        ratio: LogRatio::token_within(20.0),
        reduction: Reduction::verl(aggregation),
        kl: None,
    }
}

/// `gspo`: the gradient flows through the sequence mean, without bounds. With one advantage per sequence it
/// equals verl's.
#[must_use]
pub const fn gspo(low: f64, high: f64) -> PolicyObjective {
    PolicyObjective {
        surrogate: Surrogate::Clip(Clip::asymmetric(low, high)),
        ratio: LogRatio::unbounded(RatioUnit::SequenceMean),
        reduction: Reduction::verl(Aggregation::SeqMeanTokenMean),
        kl: None,
    }
}
