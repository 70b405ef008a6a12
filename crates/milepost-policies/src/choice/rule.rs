use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::{CandidateScores, Candidates, ChoiceError};

/// How the score of a candidate `c = c₁ … cₙ` in a context `x` follows from its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChoiceRule {
    /// `log p(c|x) = Σₜ log p(cₜ|x, c₍<ₜ₎)`: the model's own distribution over texts, conditioned on the text
    /// being one of the candidates. Long candidates are less likely.
    #[default]
    Sum,
    /// `1/n · Σₜ log p(cₜ|x, c₍<ₜ₎)`: the mean over tokens, which does not count length.
    Mean,
    /// `Σₜ log(p(cₜ|x, c₍<ₜ₎) / Z(c₍<ₜ₎))`, where `Z` sums `p` over the tokens with which some candidate goes
    /// on: what drawing token by token under the candidates as a grammar gives.
    ///
    /// With `Z` the product over a candidate's steps, `log P_stepwise(c) = log P_sum(c) + log Z(all) − log Z(c)`,
    /// where `Z(all) = Σ_c p(c|x)`. The two rules agree exactly when the product is the same for every
    /// candidate: always where candidates are single tokens, or where the model gives all probability after
    /// the first token to continuations of candidates. Otherwise they differ: stepwise, a token without an
    /// alternative is free however unlikely the model finds it.
    Stepwise,
}

/// Settings of a choice. In TOML, unknown keys are errors.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChoiceSettings {
    /// From tokens to a candidate's score. Default the sum.
    pub rule: ChoiceRule,
    /// `P(c) ∝ exp(score(c) / temperature)`. Default 1.
    pub temperature: f64,
}

impl Default for ChoiceSettings {
    fn default() -> Self {
        Self { rule: ChoiceRule::default(), temperature: 1.0 }
    }
}

impl ChoiceSettings {
    /// Whether the rule can tell these candidates apart, and the temperature is one.
    pub(super) fn check(self, candidates: &Candidates) -> Result<(), ChoiceError> {
        check_temperature(self.temperature)?;
        match candidates.prefix_pair().filter(|_| self.rule == ChoiceRule::Stepwise) {
            Some((prefix, longer)) => Err(ChoiceError::Prefix { prefix, longer }),
            None => Ok(()),
        }
    }

    /// The distribution over `candidates` that `scores` make.
    ///
    /// # Errors
    /// If a score is NaN or `+∞` or all are `−∞`, if the temperature is not above 0, or if the stepwise rule
    /// meets a candidate that begins another.
    pub fn choice(self, candidates: &Candidates, scores: &CandidateScores) -> Result<Choice, ChoiceError> {
        self.check(candidates)?;
        Choice::from_scores(candidates, &scores.by(self.rule), self.temperature)
    }
}

fn check_temperature(temperature: f64) -> Result<(), ChoiceError> {
    if temperature > 0.0 && temperature.is_finite() {
        return Ok(());
    }
    Err(ChoiceError::Temperature { value: temperature.to_string() })
}

/// A distribution over candidates.
///
/// Probabilities and draws belong to the candidates, not to their places: listed in another order, each has
/// the same probability to the last bit, and the same stream draws the same candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    log_probs: Vec<f64>,
    sorted: Vec<usize>,
}

impl Choice {
    /// `P(c) ∝ exp(score(c) / temperature)` for scores from anywhere, one for each candidate.
    ///
    /// # Errors
    /// If there is not one score for each candidate, if one is NaN or `+∞` or all are `−∞`, or if the
    /// temperature is not above 0.
    pub fn from_scores(
        candidates: &Candidates,
        scores: &[f64],
        temperature: f64,
    ) -> Result<Self, ChoiceError> {
        if scores.len() != candidates.len() {
            return Err(ChoiceError::ScoreCount { scores: scores.len(), candidates: candidates.len() });
        }
        check_temperature(temperature)?;
        let bad = |index: usize| ChoiceError::Score { index, value: scores[index].to_string() };
        if let Some(index) = scores.iter().position(|s| s.is_nan() || *s == f64::INFINITY) {
            return Err(bad(index));
        }
        let sorted = candidates.sorted().to_vec();
        let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if max == f64::NEG_INFINITY {
            return Err(bad(0));
        }
        let logits: Vec<f64> = scores.iter().map(|score| (score - max) / temperature).collect();
        let total: f64 = sorted.iter().map(|index| libm::exp(logits[*index])).sum();
        let log_total = libm::log(total);
        Ok(Self { log_probs: logits.iter().map(|logit| logit - log_total).collect(), sorted })
    }

    /// `log P` of each candidate, in nats, in the order in which they were given.
    #[must_use]
    pub fn log_probs(&self) -> &[f64] {
        &self.log_probs
    }

    /// Draws a candidate; one uniform is used. Returns its index and its log-probability.
    pub fn sample(&self, stream: &mut Stream) -> (usize, f64) {
        let mut left = stream.uniform();
        let mut drawn = self.greedy().0;
        for index in &self.sorted {
            let probability = libm::exp(self.log_probs[*index]);
            if probability > 0.0 {
                // Rounding can leave a crumb: it belongs to the last possible candidate.
                drawn = *index;
                left -= probability;
                if left < 0.0 {
                    break;
                }
            }
        }
        (drawn, self.log_probs[drawn])
    }

    /// The most likely candidate, among equals the first in lexicographic order of their tokens, and its
    /// log-probability.
    #[must_use]
    pub fn greedy(&self) -> (usize, f64) {
        let mut best = self.sorted[0];
        for index in &self.sorted {
            if self.log_probs[*index] > self.log_probs[best] {
                best = *index;
            }
        }
        (best, self.log_probs[best])
    }

    /// `−Σ P log P`, in nats.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        let terms = self.sorted.iter().map(|index| self.log_probs[*index]);
        -terms.filter(|logp| *logp > f64::NEG_INFINITY).map(|logp| libm::exp(logp) * logp).sum::<f64>()
    }
}
