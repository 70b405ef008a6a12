use milepost_objectives::{BradleyTerry, RewardPairs};
use serde::{Deserialize, Serialize};

use crate::{Label, PreferenceError, error};

/// The Bradley–Terry loss with what is put around it in practice.
///
/// `L = (1/Σw) Σ_i w_i [−p_i log σ(z_i) − (1 − p_i) log σ(−z_i) + c (r_a + r_b)²]`, `z = β (r_a − r_b) − m`,
/// `p ← (1 − ε) p + ε (1 − p)`, and, where lengths are given, `r ← r/ln(len + 1)` first. Skipped pairs and
/// pairs of weight 0 are left out. Each term is that of [`milepost_objectives::BradleyTerry`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct PairLoss {
    /// `β > 0`. Default 1.
    pub temperature: f64,
    /// `ε`, in `[0, ½)`. Default 0.
    pub smoothing: f64,
    /// `c ≥ 0`. Default 0.
    pub centering: f64,
}

impl Default for PairLoss {
    fn default() -> Self {
        Self { temperature: 1.0, smoothing: 0.0, centering: 0.0 }
    }
}

/// Scores of compared items and what was said of them; all slices `[N]`.
#[derive(Debug, Clone, Copy)]
pub struct PairScores<'a> {
    /// `r_a`.
    pub first: &'a [f64],
    /// `r_b`.
    pub second: &'a [f64],
    /// What was said.
    pub labels: &'a [Label],
    /// `w ≥ 0`; 1 without.
    pub weights: Option<&'a [f64]>,
    /// `m`: by how much the first should win, in units of `β Δ`; 0 without.
    pub margins: Option<&'a [f64]>,
    /// Lengths of both items, by which scores are divided: `ln(len + 1)`; at least 1.
    pub lengths: Option<[&'a [usize]; 2]>,
}

impl<'a> PairScores<'a> {
    /// Scores and labels alone.
    #[must_use]
    pub const fn new(first: &'a [f64], second: &'a [f64], labels: &'a [Label]) -> Self {
        Self { first, second, labels, weights: None, margins: None, lengths: None }
    }

    fn check(&self) -> Result<(), PreferenceError> {
        let n = self.first.len();
        error::finite("first", self.first)?;
        error::same_length("second", n, self.second.len())?;
        error::finite("second", self.second)?;
        error::same_length("labels", n, self.labels.len())?;
        if let Some(weights) = self.weights {
            error::same_length("weights", n, weights.len())?;
            weights.iter().try_for_each(|weight| error::not_negative("a weight", *weight))?;
        }
        if let Some(margins) = self.margins {
            error::same_length("margins", n, margins.len())?;
        }
        for lengths in self.lengths.into_iter().flatten() {
            error::same_length("lengths", n, lengths.len())?;
            if lengths.contains(&0) {
                return Err(PreferenceError::Parameter {
                    name: "a length",
                    value: 0.0,
                    allowed: "at least 1",
                });
            }
        }
        Ok(())
    }
}

/// What a batch of comparisons came to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PairReport {
    /// What was minimised; 0 where nothing counted.
    pub loss: f64,
    /// Pairs with a loss.
    pub pairs: usize,
    /// Pairs without.
    pub skipped: usize,
    /// Pairs whose scores stand as the label says, equal scores ½. Ties (`p = ½`) are not judged.
    pub correct: f64,
    /// Pairs that were judged.
    pub judged: usize,
}

impl PairReport {
    /// Share of the judged pairs that are ordered as labelled; `None` where all were ties.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        (self.judged > 0).then(|| self.correct / self.judged as f64)
    }
}

impl PairLoss {
    /// Refuses parameters outside of their domain.
    pub fn validate(&self) -> Result<(), PreferenceError> {
        error::positive("temperature", self.temperature)?;
        let smooth = (0.0..0.5).contains(&self.smoothing);
        error::parameter("smoothing", self.smoothing, smooth, "in [0, 0.5)")?;
        error::not_negative("centering", self.centering)
    }

    /// The loss and its derivative by each score. Where every pair is skipped the loss and the gradient are 0:
    /// [`PairReport::pairs`] tells.
    pub fn evaluate(
        &self,
        scores: &PairScores<'_>,
        first_gradient: &mut [f64],
        second_gradient: &mut [f64],
    ) -> Result<PairReport, PreferenceError> {
        self.validate()?;
        scores.check()?;
        error::same_length("first_gradient", scores.first.len(), first_gradient.len())?;
        error::same_length("second_gradient", scores.first.len(), second_gradient.len())?;
        // The term sees β r, so that its centring coefficient is c/β².
        let scale = self.temperature;
        let term = BradleyTerry { centering: Some(self.centering / (scale * scale)) };
        let weight = |i: usize| scores.weights.map_or(1.0, |weights| weights[i]);
        let counts = |i: usize| scores.labels[i].probability().filter(|_| weight(i) > 0.0);
        let total: f64 = (0..scores.first.len()).filter(|i| counts(*i).is_some()).map(weight).sum();
        let mut report = PairReport::default();
        for i in 0..scores.first.len() {
            (first_gradient[i], second_gradient[i]) = (0.0, 0.0);
            let Some(label) = counts(i) else {
                report.skipped += 1;
                continue;
            };
            let [first_scale, second_scale] = scores
                .lengths
                .map_or([scale; 2], |lengths| lengths.map(|lengths| scale / libm::log1p(lengths[i] as f64)));
            let (first, second) = (scores.first[i] * first_scale, scores.second[i] * second_scale);
            let p = Label::soft(label)?.smoothed(self.smoothing).probability().unwrap_or(label);
            let pair = RewardPairs {
                chosen: &[first],
                rejected: &[second],
                margins: scores.margins.map(|margins| &margins[i..=i]),
                probabilities: Some(&[p]),
            };
            let (mut by_first, mut by_second) = ([0.0], [0.0]);
            let share = weight(i) / total;
            report.loss += share * term.evaluate(&pair, None, &mut by_first, &mut by_second)?.loss;
            first_gradient[i] = share * first_scale * by_first[0];
            second_gradient[i] = share * second_scale * by_second[0];
            report.pairs += 1;
            if label != 0.5 {
                report.judged += 1;
                report.correct += match first.partial_cmp(&second) {
                    Some(std::cmp::Ordering::Equal) | None => 0.5,
                    Some(order) => f64::from(u8::from(order.is_gt() == (label > 0.5))),
                };
            }
        }
        Ok(report)
    }
}
