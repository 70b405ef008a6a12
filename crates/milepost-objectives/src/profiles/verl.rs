//! verl 0.9.1: sequences without tokens do not count; sequence means divide by `n + 1e-8`; most losses bound
//! the token log-ratio at ±20.

use milepost_credit::Aggregation;

use crate::{
    BinaryDivergence, Cispo, Clip, Dppo, Dro, GeometricMean, KlCov, LogRatio, PolicyObjective, RatioUnit,
    Reduction, RowCount, Sapo, Surrogate,
};

const BOUNDED: LogRatio = LogRatio::token_within(20.0);
const UNBOUNDED: LogRatio = LogRatio::unbounded(RatioUnit::Token);

const fn objective(surrogate: Surrogate, ratio: LogRatio, aggregation: Aggregation) -> PolicyObjective {
    PolicyObjective { surrogate, ratio, reduction: Reduction::verl(aggregation), kl: None }
}

/// `vanilla`: PPO with a dual clip. verl's `clip_ratio_low` and `clip_ratio_high` default to 0.2 each, so
/// setting its `clip_ratio` alone changes nothing; its `clip_ratio_c` defaults to 3.
#[must_use]
pub const fn vanilla(low: f64, high: f64, dual: f64, aggregation: Aggregation) -> PolicyObjective {
    objective(Surrogate::Clip(Clip { low, high, dual: Some(dual), cap: None }), BOUNDED, aggregation)
}

/// `gspo`: the ratio of a sequence's geometric mean, its gradient per token, bounded above by `e^10`. The
/// recipes use 3e-4 and 4e-4.
#[must_use]
pub const fn gspo(low: f64, high: f64, aggregation: Aggregation) -> PolicyObjective {
    let ratio = LogRatio { unit: RatioUnit::SequenceMeanPerToken, lower: None, upper: Some(10.0) };
    objective(Surrogate::Clip(Clip::asymmetric(low, high)), ratio, aggregation)
}

/// `cispo`: weights in `[1 − low, 1 + high]`. TRL's form differs, see [`trl::cispo`](super::trl::cispo).
#[must_use]
pub const fn cispo(low: f64, high: f64, aggregation: Aggregation) -> PolicyObjective {
    objective(Surrogate::Cispo(Cispo::around_one(low, high)), BOUNDED, aggregation)
}

/// `gpg`: the plain policy gradient.
#[must_use]
pub const fn gpg(aggregation: Aggregation) -> PolicyObjective {
    objective(Surrogate::PolicyGradient {}, BOUNDED, aggregation)
}

/// `sapo`: soft gates, always averaged per sequence first.
#[must_use]
pub const fn sapo(positive_temperature: f64, negative_temperature: f64) -> PolicyObjective {
    let sapo = Sapo { positive_temperature, negative_temperature };
    objective(Surrogate::Sapo(sapo), BOUNDED, Aggregation::SeqMeanTokenMean)
}

/// `geo_mean`: GMPO. The mean over sequences counts empty ones.
#[must_use]
pub const fn geo_mean(low: f64, high: f64) -> PolicyObjective {
    PolicyObjective {
        surrogate: Surrogate::GeometricMean(GeometricMean { low, high, count_epsilon: 1e-8 }),
        ratio: UNBOUNDED,
        reduction: Reduction {
            aggregation: Aggregation::SeqMeanTokenMean,
            rows: RowCount::All,
            count_epsilon: 0.0,
        },
        kl: None,
    }
}

/// `dro`: a quadratic penalty on the log-ratio.
#[must_use]
pub const fn dro(beta: f64, aggregation: Aggregation) -> PolicyObjective {
    objective(Surrogate::Dro(Dro { beta }), UNBOUNDED, aggregation)
}

/// `dppo_tv` and `dppo_kl`: a trust region on the token's probability; `cap` is 20 by default.
#[must_use]
pub const fn dppo(
    divergence: BinaryDivergence,
    low: f64,
    high: f64,
    cap: f64,
    aggregation: Aggregation,
) -> PolicyObjective {
    objective(Surrogate::Dppo(Dppo { divergence, low, high, cap }), BOUNDED, aggregation)
}

/// `kl_cov`: no bounds, no clip, a penalty on the tokens of largest covariance.
#[must_use]
pub const fn kl_cov(fraction: f64, coefficient: f64, aggregation: Aggregation) -> PolicyObjective {
    objective(Surrogate::KlCov(KlCov { fraction, coefficient }), UNBOUNDED, aggregation)
}
