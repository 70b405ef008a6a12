//! The published formulas without any library's additions: exact means, no epsilon, no dual clip. The
//! ratio-based ones bound the token log-ratio at ±20, far outside any clip range.

use milepost_credit::Aggregation;

use crate::{Cispo, Clip, LogRatio, PolicyObjective, RatioUnit, Reduction, Regression, Surrogate};

const fn objective(surrogate: Surrogate, aggregation: Aggregation) -> PolicyObjective {
    PolicyObjective {
        surrogate,
        ratio: LogRatio::token_within(20.0),
        reduction: Reduction::new(aggregation),
        kl: None,
    }
}

/// REINFORCE (Williams 1992): `−A ℓ`, mean over sequences of token sums.
#[must_use]
pub const fn reinforce() -> PolicyObjective {
    objective(Surrogate::PolicyGradient {}, Aggregation::SeqMeanTokenSum)
}

/// PPO (arXiv 1707.06347): range 0.2 on both sides, token mean.
#[must_use]
pub const fn ppo() -> PolicyObjective {
    objective(Surrogate::Clip(Clip::symmetric(0.2)), Aggregation::TokenMean)
}

/// GRPO (arXiv 2402.03300): the same per sequence first. Add its k3 term with
/// [`PolicyObjective::with_kl`].
#[must_use]
pub const fn grpo() -> PolicyObjective {
    objective(Surrogate::Clip(Clip::symmetric(0.2)), Aggregation::SeqMeanTokenMean)
}

/// Dr. GRPO (arXiv 2503.20783): token sums over a fixed length.
#[must_use]
pub const fn dr_grpo(max_length: f64) -> PolicyObjective {
    let aggregation = Aggregation::SeqMeanTokenSumNorm { constant: max_length };
    objective(Surrogate::Clip(Clip::symmetric(0.2)), aggregation)
}

/// DAPO (arXiv 2503.14476): range 0.2 below and 0.28 above, token mean.
#[must_use]
pub const fn dapo() -> PolicyObjective {
    objective(Surrogate::Clip(Clip::asymmetric(0.2, 0.28)), Aggregation::TokenMean)
}

/// GSPO (arXiv 2507.18071): one ratio per sequence, range 3e-4 below and 4e-4 above.
#[must_use]
pub const fn gspo() -> PolicyObjective {
    let ratio = LogRatio { unit: RatioUnit::SequenceMean, lower: None, upper: Some(10.0) };
    let clip = Surrogate::Clip(Clip::asymmetric(3e-4, 4e-4));
    PolicyObjective { ratio, ..objective(clip, Aggregation::SeqMeanTokenMean) }
}

/// CISPO (arXiv 2506.13585) with the cap as an absolute number.
#[must_use]
pub const fn cispo(cap: f64) -> PolicyObjective {
    objective(Surrogate::Cispo(Cispo::capped(cap)), Aggregation::TokenMean)
}

/// MiRA (arXiv 2603.19685): squared error of `β` times the log-ratio to an anchor and the advantage, token
/// mean, Huber beyond 5.
#[must_use]
pub const fn mira(beta: f64) -> PolicyObjective {
    let regression = Surrogate::Regression(Regression { beta, huber: Some(5.0) });
    let unbounded = LogRatio::unbounded(RatioUnit::Token);
    PolicyObjective { ratio: unbounded, ..objective(regression, Aggregation::TokenMean) }
}
