//! TRL 1.16: no bounds on log-ratios; means over sequences count empty ones; the divergence is k3 without
//! bounds.

use milepost_credit::{Aggregation, KlEstimator};

use crate::{
    Cispo, Clip, GammaWeight, KlBounds, KlTerm, LogRatio, PolicyObjective, RatioUnit, Reduction, Sapo,
    Surrogate, Vespo,
};

const fn objective(surrogate: Surrogate, unit: RatioUnit, aggregation: Aggregation) -> PolicyObjective {
    PolicyObjective {
        surrogate,
        ratio: LogRatio::unbounded(unit),
        reduction: Reduction::trl(aggregation),
        kl: None,
    }
}

const fn clip(low: f64, high: f64, aggregation: Aggregation) -> PolicyObjective {
    objective(Surrogate::Clip(Clip::asymmetric(low, high)), RatioUnit::Token, aggregation)
}

/// `grpo`: mean over sequences of their token means.
#[must_use]
pub const fn grpo(low: f64, high: f64) -> PolicyObjective {
    clip(low, high, Aggregation::SeqMeanTokenMean)
}

/// `bnpo`: token mean of the micro-batch; pass no totals.
#[must_use]
pub const fn bnpo(low: f64, high: f64) -> PolicyObjective {
    clip(low, high, Aggregation::TokenMean)
}

/// `dapo`, the default of TRL: token mean of the whole generation batch; pass its totals.
#[must_use]
pub const fn dapo(low: f64, high: f64) -> PolicyObjective {
    clip(low, high, Aggregation::TokenMean)
}

/// `dr_grpo`: divided by `rows · max_completion_length`.
#[must_use]
pub const fn dr_grpo(low: f64, high: f64, max_completion_length: f64) -> PolicyObjective {
    clip(low, high, Aggregation::SeqMeanTokenSumNorm { constant: max_completion_length })
}

/// `luspo` (arXiv 2602.05261): mean over sequences of token sums, ratios per sequence as TRL recommends.
#[must_use]
pub const fn luspo(low: f64, high: f64) -> PolicyObjective {
    at_sequence_level(clip(low, high, Aggregation::SeqMeanTokenSum))
}

/// `cispo`: weights of at most `cap`, which TRL calls `epsilon_high`. verl's form differs, see
/// [`verl::cispo`](super::verl::cispo).
#[must_use]
pub const fn cispo(cap: f64) -> PolicyObjective {
    objective(Surrogate::Cispo(Cispo::capped(cap)), RatioUnit::Token, Aggregation::TokenMean)
}

/// `sapo`: soft gates, temperatures 1 and 1.05 by default.
#[must_use]
pub const fn sapo(positive_temperature: f64, negative_temperature: f64) -> PolicyObjective {
    let sapo = Sapo { positive_temperature, negative_temperature };
    objective(Surrogate::Sapo(sapo), RatioUnit::Token, Aggregation::SeqMeanTokenMean)
}

/// `vespo` with TRL's defaults.
#[must_use]
pub const fn vespo() -> PolicyObjective {
    let vespo = Vespo {
        positive: GammaWeight { k: 2.0, lambda: 3.0 },
        negative: GammaWeight { k: 3.0, lambda: 2.0 },
    };
    objective(Surrogate::Vespo(vespo), RatioUnit::Token, Aggregation::TokenMean)
}

/// `importance_sampling_level = "sequence"`: one ratio per sequence, the gradient flows through its mean.
#[must_use]
pub const fn at_sequence_level(objective: PolicyObjective) -> PolicyObjective {
    PolicyObjective { ratio: LogRatio::unbounded(RatioUnit::SequenceMean), ..objective }
}

/// `delta`: ratios of the clipped losses are capped on both signs of the advantage. Other surrogates have no
/// such cap and stay as they are.
#[must_use]
pub const fn with_delta(objective: PolicyObjective, delta: f64) -> PolicyObjective {
    match objective.surrogate {
        Surrogate::Clip(clip) => {
            PolicyObjective { surrogate: Surrogate::Clip(Clip { cap: Some(delta), ..clip }), ..objective }
        }
        _ => objective,
    }
}

/// `beta`: k3 without bounds; TRL's default is 0.
#[must_use]
pub const fn kl(beta: f64) -> KlTerm {
    KlTerm::new(beta, KlEstimator::K3, KlBounds::None)
}
