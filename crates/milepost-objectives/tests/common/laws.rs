//! Random batches, and central finite differences.

use milepost_credit::{Aggregation, Rows};
use milepost_objectives::profiles::{openrlhf, plain, trl, verl};
use milepost_objectives::{
    BinaryDivergence, Dro, KlCov, LogRatio, PolicyObjective, PolicyReport, RatioUnit, Reduction, Regression,
    Surrogate, TokenBatch,
};
use proptest::prelude::*;

/// Sequences of tokens in owned form; `advantages` holds one number per sequence, spread over its tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub lengths: Vec<usize>,
    pub mask: Vec<bool>,
    pub log_probs: Vec<f64>,
    pub old: Vec<f64>,
    pub reference: Vec<f64>,
    pub advantages: Vec<f64>,
}

impl Batch {
    pub fn rows(&self) -> Rows {
        Rows::ragged(&self.lengths)
    }

    pub fn view<'a>(&'a self, rows: &'a Rows) -> TokenBatch<'a> {
        TokenBatch::new(rows, &self.log_probs, &self.old, &self.advantages)
            .masked(&self.mask)
            .with_reference(&self.reference)
    }

    pub fn evaluate(&self, objective: &PolicyObjective) -> (PolicyReport, Vec<f64>) {
        let rows = self.rows();
        let mut gradient = vec![f64::NAN; rows.entries()];
        let report = objective.evaluate(&self.view(&rows), None, &mut gradient).expect("valid batch");
        (report, gradient)
    }

    /// The given sequences, in the given order.
    pub fn select(&self, order: &[usize]) -> Self {
        let rows = self.rows();
        let indices: Vec<usize> = order.iter().flat_map(|&row| rows.range(row)).collect();
        let pick = |values: &[f64]| indices.iter().map(|&index| values[index]).collect();
        Self {
            lengths: order.iter().map(|&row| self.lengths[row]).collect(),
            mask: indices.iter().map(|&index| self.mask[index]).collect(),
            log_probs: pick(&self.log_probs),
            old: pick(&self.old),
            reference: pick(&self.reference),
            advantages: pick(&self.advantages),
        }
    }

    /// Every sequence padded to `width` with positions of the environment that hold nonsense.
    pub fn padded(&self, width: usize) -> Self {
        let rows = self.rows();
        let pad = |values: &[f64]| -> Vec<f64> {
            let row = |range: std::ops::Range<usize>| {
                let missing = width - range.len();
                values[range].iter().copied().chain(std::iter::repeat_n(f64::NAN, missing))
            };
            rows.iter().flat_map(row).collect()
        };
        let flags: Vec<f64> = self.mask.iter().map(|&policy| f64::from(u8::from(policy))).collect();
        Self {
            lengths: vec![width; self.lengths.len()],
            mask: pad(&flags).iter().map(|flag| *flag == 1.0).collect(),
            log_probs: pad(&self.log_probs),
            old: pad(&self.old),
            reference: pad(&self.reference),
            advantages: pad(&self.advantages),
        }
    }

    /// The same with `log_probs` moved to where the policy is the old one.
    pub fn on_policy(&self) -> Self {
        Self { log_probs: self.old.clone(), ..self.clone() }
    }

    /// `dL/dℓ_t` by central differences at every policy position.
    pub fn finite_differences(&self, objective: &PolicyObjective) -> Vec<f64> {
        let step = 1e-6;
        let at = |index: usize, sign: f64| {
            let mut moved = self.clone();
            moved.log_probs[index] += sign * step;
            moved.evaluate(objective).0.loss
        };
        let slope = |index| (at(index, 1.0) - at(index, -1.0)) / (2.0 * step);
        (0..self.mask.len()).map(|index| if self.mask[index] { slope(index) } else { 0.0 }).collect()
    }
}

/// Up to five sequences of up to six positions, at least one of them the policy's; log-ratios within ±1.
pub fn batches() -> impl Strategy<Value = Batch> {
    let token = (prop::bool::weighted(0.7), -3.0..-0.05_f64, -1.0..1.0_f64, -1.0..1.0_f64);
    let sequence = (prop::collection::vec(token, 0..6), -2.0..2.0_f64);
    prop::collection::vec(sequence, 1..5)
        .prop_map(|sequences| {
            let mut batch = Batch {
                lengths: sequences.iter().map(|(tokens, _)| tokens.len()).collect(),
                mask: Vec::new(),
                log_probs: Vec::new(),
                old: Vec::new(),
                reference: Vec::new(),
                advantages: Vec::new(),
            };
            for (tokens, advantage) in sequences {
                for (policy, old, moved, away) in tokens {
                    batch.mask.push(policy);
                    batch.old.push(old);
                    batch.log_probs.push((old + moved).min(-0.01));
                    batch.reference.push((old + away).min(-0.01));
                    batch.advantages.push(advantage);
                }
            }
            batch
        })
        .prop_filter("some policy token", |batch| batch.mask.contains(&true))
}

const MODE: Aggregation = Aggregation::SeqMeanTokenMean;

/// Objectives whose loss is an ordinary function of the log-probabilities, so that finite differences apply.
pub fn differentiable() -> Vec<(&'static str, PolicyObjective)> {
    let with = |surrogate, unit| PolicyObjective {
        surrogate,
        ratio: LogRatio::unbounded(unit),
        reduction: Reduction::new(MODE),
        kl: None,
    };
    let regression = |huber| Surrogate::Regression(Regression { beta: 0.7, huber });
    vec![
        ("policy gradient", plain::reinforce()),
        ("importance weighted", with(Surrogate::ImportanceWeighted {}, RatioUnit::Token)),
        ("trajectory ratio", with(Surrogate::ImportanceWeighted {}, RatioUnit::SequenceSum)),
        ("clip", plain::ppo()),
        ("clip-higher", plain::dapo()),
        ("dual clip", verl::vanilla(0.2, 0.2, 1.5, MODE)),
        ("capped clip", trl::with_delta(trl::grpo(0.2, 0.28), 1.5)),
        ("sequence clip", openrlhf::gspo(0.1, 0.1)),
        ("sum of a sequence", trl::luspo(0.1, 0.1)),
        ("sapo", verl::sapo(1.0, 1.05)),
        ("geometric mean", verl::geo_mean(0.4, 0.4)),
        ("dro", verl::dro(0.1, MODE)),
        ("regression", with(regression(None), RatioUnit::Token)),
        ("regression of whole sequences", with(regression(Some(0.5)), RatioUnit::SequenceSum)),
    ]
}

/// Objectives that hold a weight constant on the way back.
pub fn stop_gradient() -> Vec<(&'static str, PolicyObjective)> {
    vec![
        ("gspo", verl::gspo(0.1, 0.1, MODE)),
        ("cispo around one", verl::cispo(0.2, 0.28, MODE)),
        ("cispo capped", trl::cispo(1.2)),
        ("dppo tv", verl::dppo(BinaryDivergence::TotalVariation, 0.15, 0.15, 20.0, MODE)),
        ("dppo kl", verl::dppo(BinaryDivergence::Kl, 0.05, 0.05, 20.0, MODE)),
        ("vespo", trl::vespo()),
    ]
}

/// Every surrogate but the regression, whose gradient carries `2β`; the last depends on the batch as a whole.
pub fn policy_gradients() -> Vec<(&'static str, PolicyObjective)> {
    let mut all = differentiable();
    all.retain(|(_, objective)| !matches!(objective.surrogate, Surrogate::Regression(_)));
    all.extend(stop_gradient());
    all.push(("kl-cov", verl::kl_cov(0.2, 1.0, MODE)));
    all
}

/// Objectives whose loss is a sum over sequences.
pub fn separable() -> Vec<(&'static str, PolicyObjective)> {
    let mut all = differentiable();
    all.extend(stop_gradient());
    all.push((
        "dro on sequence means",
        PolicyObjective { surrogate: Surrogate::Dro(Dro { beta: 0.3 }), ..plain::gspo() },
    ));
    all
}

/// The whole-batch penalty at a share that selects more than one token.
pub fn covariance() -> PolicyObjective {
    PolicyObjective {
        surrogate: Surrogate::KlCov(KlCov { fraction: 0.3, coefficient: 0.5 }),
        ..verl::kl_cov(0.3, 0.5, Aggregation::TokenMean)
    }
}

/// Fails with the first entry that differs by more than `tolerance`, relative above 1.
pub fn close_within(what: &str, got: &[f64], want: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    for (index, (g, w)) in got.iter().zip(want).enumerate() {
        prop_assert!((g - w).abs() <= tolerance * (1.0 + w.abs()), "{what}[{index}]: {g} is not {w}");
    }
    Ok(())
}
