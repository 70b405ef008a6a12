//! Reference numbers on R1, the bifurcation chain with `H = 8`, one decisive step `d = 2`, success 0.8 or 0.2,
//! a uniform policy, and groups of 8.
//!
//! The published values are those of the specification that Milepost's benchmark was built from: a simulation of
//! 4000 batches, exact to about 3 %. Where a closed form exists it is given too; where the published value
//! disagrees with it, or comes from another construction, [`ReferenceValue::note`] says so.

use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::BifurcationConfig;
use serde::{Deserialize, Serialize};

use crate::config::{EstimatorConfig, InstanceConfig};
use crate::estimators::{
    Belief, Contribution, Control, Critic, EpisodeTerm, Gae, Gain, GiGpo, GroupRelative, HindsightModel,
    ImplicitPrm, InformationGain, Key, MonteCarlo, NoisyJudge, Normalization, Outcome, OutcomeKey, Predictor,
    PrmModel, Redistribution, ReplaceStep, Residual, ReturnBaseline, ReturnHindsight, Reuse, Start,
    Statistic, Tail, Vine, Weighted, Weighting,
};
use crate::protocol::Metric;
use crate::{Contrast, Restore};

/// Batches behind the published values.
pub const PUBLISHED_BATCHES: u64 = 4000;

/// Relative tolerance that the published values claim.
pub const PUBLISHED_TOLERANCE: f64 = 0.03;

/// The variants of R1 that values are published for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// R1 itself, eight steps.
    Eight,
    /// With 32 steps.
    ThirtyTwo,
    /// With a distractor reward of ±1 on every step but the last.
    Distractor,
    /// With a decision that is almost settled: `π_g = 0.99`, success 1 or 0.
    Saturated,
}

impl Chain {
    /// The instance.
    #[must_use]
    pub fn instance(self) -> InstanceConfig {
        let chain = BifurcationConfig::default();
        let chain = match self {
            Self::Eight => chain,
            Self::ThirtyTwo => BifurcationConfig { horizon: 32, ..chain },
            Self::Distractor => BifurcationConfig { noise: 1.0, ..chain },
            Self::Saturated => {
                BifurcationConfig { good_probability: 0.99, success_high: 1.0, success_low: 0.0, ..chain }
            }
        };
        TaskConfig::Bifurcation(chain).into()
    }
}

/// A published number.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReferenceValue {
    /// On which chain.
    pub chain: Chain,
    /// Of which metric.
    pub metric: Metric,
    /// The number as published.
    pub published: f64,
    /// Half a unit of its last digit.
    pub rounding: f64,
    /// The value by closed form, where there is one.
    pub exact: Option<f64>,
    /// Why the published number is not what is measured here, if it is not.
    pub note: Option<&'static str>,
}

/// An arm with its published numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReferenceArm {
    /// The estimator.
    pub arm: EstimatorConfig,
    /// Its numbers.
    pub values: Vec<ReferenceValue>,
}

/// Metrics of the published table, in its order; the last column is the variance with 32 steps.
const COLUMNS: [(Chain, Metric); 7] = [
    (Chain::Eight, Metric::Rmse),
    (Chain::Eight, Metric::SignAccuracy),
    (Chain::Eight, Metric::Hit),
    (Chain::Eight, Metric::Leakage),
    (Chain::Eight, Metric::BatchCosine),
    (Chain::Eight, Metric::NormalisedVariance),
    (Chain::ThirtyTwo, Metric::NormalisedVariance),
];

/// A row of the published table; `-` where nothing is published.
fn row(arm: impl Into<EstimatorConfig>, columns: &str) -> ReferenceArm {
    let cells = columns.split_whitespace().zip(COLUMNS);
    let values = cells.filter_map(|(text, (chain, metric))| value(chain, metric, text)).collect();
    ReferenceArm { arm: arm.into(), values }
}

/// A number as printed; its rounding is half a unit of its last digit.
fn value(chain: Chain, metric: Metric, text: &str) -> Option<ReferenceValue> {
    let published: f64 = text.parse().ok()?;
    let digits = text.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    let rounding = 0.5 * libm::pow(10.0, f64::from(-digits));
    Some(ReferenceValue { chain, metric, published, rounding, exact: None, note: None })
}

impl ReferenceArm {
    fn and(mut self, chain: Chain, metric: Metric, text: &str) -> Self {
        self.values.extend(value(chain, metric, text));
        self
    }

    /// With the closed form of a value that is listed.
    fn exact(self, chain: Chain, metric: Metric, exact: f64) -> Self {
        self.change(chain, metric, |value| value.exact = Some(exact))
    }

    fn note(self, chain: Chain, metric: Metric, note: &'static str) -> Self {
        self.change(chain, metric, |value| value.note = Some(note))
    }

    fn change(mut self, chain: Chain, metric: Metric, change: impl Fn(&mut ReferenceValue)) -> Self {
        self.values.iter_mut().filter(|v| v.chain == chain && v.metric == metric).for_each(change);
        self
    }
}

/// `K` branches a state; the first state's are shared.
#[must_use]
pub const fn vine(continuations: u32) -> Vine {
    Vine { continuations, reuse: Reuse::Start, restore: Restore::Full }
}

/// Replacement by the policy's actions with a resampled tail.
#[must_use]
pub const fn replacement(samples: u32, shared_noise: bool) -> ReplaceStep {
    ReplaceStep { samples, alternative: Contrast::Policy, tail: Tail::Resample, shared_noise }
}

/// GAE with the exact critic.
#[must_use]
pub fn exact_gae(lambda: f64) -> Gae {
    Gae { gamma: 1.0, lambda, critic: Critic::exact() }
}

/// GiGPO with anchor groups of time and state, and the population's standard deviation, as the published numbers
/// have it; without its episode term, the step term alone.
#[must_use]
pub const fn published_gigpo(episode: bool) -> GiGpo {
    let normalization = Normalization::Standard { ddof: 0, epsilon: 1e-6 };
    GiGpo {
        key: Key::TimeAndState,
        episode: if episode { EpisodeTerm::On { normalization } } else { EpisodeTerm::Off },
        step: normalization,
        omega: 1.0,
        gamma: 1.0,
        shrinkage: 0.0,
    }
}

const fn rudder(residual: Residual, predictor: Predictor) -> Redistribution {
    Redistribution { predictor, start: Start::Prediction, residual }
}

const fn rloo_weighted_by(statistic: Statistic) -> Weighted {
    Weighted { statistic, weighting: Weighting::Proportional }
}

/// All published numbers of R1 and its variants, arm by arm.
#[must_use]
pub fn published() -> Vec<ReferenceArm> {
    use Chain::{Distractor, Eight, Saturated, ThirtyTwo};
    use Metric::{BatchCosine, NormalisedVariance, VarianceCost};
    let log = Gain::LogRatio;
    vec![
        row(Outcome {}, ".70 .41 .125 .875 .40 5.1 21")
            .and(Distractor, NormalisedVariance, "83")
            .exact(Distractor, NormalisedVariance, 83.2),
        row(MonteCarlo { gamma: 1.0, baseline: ReturnBaseline::None }, "")
            .and(Distractor, NormalisedVariance, "44")
            .exact(Distractor, NormalisedVariance, 44.319),
        row(GroupRelative::rloo(), ".52 .80 .125 .875 .49 3.0 12.6")
            .and(Eight, VarianceCost, "200")
            .and(ThirtyTwo, VarianceCost, "3200")
            .and(Saturated, BatchCosine, ".046"),
        row(GroupRelative::grpo(), ".92 .80 .125 .875 .49 3.0 12.6"),
        row(published_gigpo(true), "1.77 .80 .26 .86 .54 2.4 9.1"),
        row(published_gigpo(false), ".85 .80 .26 .83 .56 2.3 8.2"),
        row(exact_gae(1.0), ".43 .80 .27 .84 .58 2.0 7.1")
            .and(Eight, VarianceCost, "130")
            .and(ThirtyTwo, VarianceCost, "1900"),
        row(exact_gae(0.95), ".37 .80 .80 .84 .64 1.5 2.4"),
        row(exact_gae(0.0), ".14 1 .80 .52 .92 .22 .22")
            .and(Eight, VarianceCost, "15")
            .and(ThirtyTwo, VarianceCost, "57")
            .exact(Eight, NormalisedVariance, 2.0 / 9.0)
            .exact(ThirtyTwo, NormalisedVariance, 2.0 / 9.0)
            .exact(Eight, VarianceCost, 128.0 / 9.0)
            .exact(ThirtyTwo, VarianceCost, 512.0 / 9.0),
        row(vine(1), ".61 .40 .18 .84 .43 4.1 14.9")
            .exact(Eight, NormalisedVariance, 4.1806)
            .exact(ThirtyTwo, NormalisedVariance, 14.847),
        row(vine(4), ".33 .71 .25 .83 .67 1.25 3.9")
            .and(Eight, VarianceCost, "1170")
            .and(ThirtyTwo, VarianceCost, "62000")
            .and(Distractor, NormalisedVariance, "11")
            .exact(Eight, NormalisedVariance, 1.2118)
            .exact(ThirtyTwo, NormalisedVariance, 3.8785)
            .exact(Distractor, NormalisedVariance, 27.948)
            .note(
                Distractor,
                NormalisedVariance,
                "the published branches leave the distractor out of their returns: its share of the recorded \
                 steps alone is 9.7, plus 1.25 without a distractor, is 11; branches that sum all rewards, as \
                 here, add the distractors of the continuations",
            ),
        row(vine(16), ".21 .95 .45 .77 .84 .47 1.1")
            .exact(Eight, NormalisedVariance, 0.46962)
            .exact(ThirtyTwo, NormalisedVariance, 1.1363),
        row(replacement(4, false), ".48 .75 .23 .84 .53 2.5 9.0"),
        row(replacement(1, true), ".16 .30 .39 0 .95 .28 .29")
            .and(Eight, VarianceCost, "104")
            .and(ThirtyTwo, VarianceCost, "1280")
            .and(Distractor, NormalisedVariance, ".28"),
        row(ReturnHindsight::new(HindsightModel::Exact), ".15 .50 .56 0 .996 .26 .27"),
        row(Contribution::new(OutcomeKey::Reward, HindsightModel::Exact), ".11 .50 .56 0 .996 .12 .13"),
        row(rudder(Residual::None, Predictor::exact()), "0 1 1 0 1 0 0"),
        row(rudder(Residual::Last, Predictor::exact()), ".14 1 .80 .52 .92 .22 .22"),
        row(NoisyJudge::with_noise(0.1), ".10 1 .87 .65 .95 .11 .45")
            .exact(Eight, NormalisedVariance, 1.0 / 9.0)
            .exact(ThirtyTwo, NormalisedVariance, 4.0 / 9.0),
        row(NoisyJudge::with_noise(0.3), ".30 .84 .28 .83 .71 .98 4.0")
            .exact(Eight, NormalisedVariance, 1.0)
            .exact(ThirtyTwo, NormalisedVariance, 4.0),
        row(NoisyJudge::with_noise(1.0), "1.0 .62 .14 .87 .28 10 45")
            .exact(Eight, NormalisedVariance, 100.0 / 9.0)
            .exact(ThirtyTwo, NormalisedVariance, 400.0 / 9.0),
        row(InformationGain::new(log, Belief::Exact), ".16 1 1 0 1 .01 .01"),
        row(ImplicitPrm::new(0.1, PrmModel::Exact), ".08 1 1 0 1 .01 .01"),
        row(ImplicitPrm::new(10.0, PrmModel::Exact), ".002 1 1 0 1 0 0"),
        row(Control::Shuffled, ".14 .12 .12 .88 .32 8.2 116")
            .exact(Eight, NormalisedVariance, 63.0 / 8.0)
            .exact(ThirtyTwo, NormalisedVariance, 1023.0 / 8.0),
        row(Control::Negated, ".21 0 1 0 -1 0 0"),
        row(rloo_weighted_by(Statistic::Entropy), "").and(Saturated, BatchCosine, ".005"),
    ]
}

/// The published critic table: RMSE on R1 of GAE with the critic `V + N(0, σ²)`, 60 draws of the noise:
/// `(σ, λ, published)`.
pub const CRITIC_ERRORS: [(f64, f64, f64); 8] = [
    (0.3, 0.0, 0.45),
    (0.3, 0.5, 0.38),
    (0.3, 0.9, 0.45),
    (0.3, 1.0, 0.52),
    (1.0, 0.0, 1.31),
    (1.0, 0.5, 1.12),
    (1.0, 0.9, 1.06),
    (1.0, 1.0, 1.10),
];

/// The λ of the least RMSE for each σ, as published.
pub const BEST_LAMBDA: [(f64, f64); 4] = [(0.1, 0.0), (0.3, 0.5), (0.5, 0.5), (1.0, 0.9)];

/// Draws of the critic's noise behind the published table.
pub const CRITIC_DRAWS: u64 = 60;
