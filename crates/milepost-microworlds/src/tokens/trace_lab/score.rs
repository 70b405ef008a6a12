use serde::{Deserialize, Serialize};

use super::{Segment, SegmentTruth, TraceLab, TraceProblem};
use crate::error::{Check, TaskError};
use crate::tokens::{GoldOnly, GoldScore};

/// What the gold score of a [`TraceLab`] counts: the sum over segments of
///
/// ```text
///   right      for a fact or sum that is needed, correct and not said before
/// + answer     for the true answer, the first time
/// + manners    for `sorry` and `thanks` where they are due, the first time
/// − wrong      for anything false
/// − repetition for anything said before
/// − hazard     for speaking about a hazardous entity
/// ```
///
/// and `interaction` for each two neighbours that both earned something. Style and length count for nothing.
/// With facts alone this is "correct facts − wrong facts − repetition" of
/// [arXiv 2502.18770](https://arxiv.org/abs/2502.18770)'s setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GoldWeights {
    /// Default 1.
    pub right: f64,
    /// Default 1.
    pub wrong: f64,
    /// Default 0.5.
    pub repetition: f64,
    /// Default 2.
    pub answer: f64,
    /// Default 1.
    pub manners: f64,
    /// Default 2.
    pub hazard: f64,
    /// Default 0.
    pub interaction: f64,
}

impl Default for GoldWeights {
    fn default() -> Self {
        Self {
            right: 1.0,
            wrong: 1.0,
            repetition: 0.5,
            answer: 2.0,
            manners: 1.0,
            hazard: 2.0,
            interaction: 0.0,
        }
    }
}

impl GoldWeights {
    pub(super) fn check(&self, check: Check) -> Result<(), TaskError> {
        check.not_negative("gold.right", self.right)?;
        check.not_negative("gold.wrong", self.wrong)?;
        check.not_negative("gold.repetition", self.repetition)?;
        check.not_negative("gold.answer", self.answer)?;
        check.not_negative("gold.manners", self.manners)?;
        check.not_negative("gold.hazard", self.hazard)?;
        check.finite("gold.interaction", self.interaction)
    }

    /// What one segment earns and costs.
    fn of(&self, truth: &SegmentTruth) -> f64 {
        let earned = match truth.segment {
            _ if !truth.helps() => 0.0,
            Segment::Fact { .. } | Segment::Sum { .. } => self.right,
            Segment::Answer { .. } => self.answer,
            Segment::Sorry | Segment::Thanks => self.manners,
            Segment::Indeed => 0.0,
        };
        let cost = |weight: f64, holds: bool| if holds { weight } else { 0.0 };
        earned
            - cost(self.wrong, truth.misleads())
            - cost(self.repetition, truth.repeated)
            - cost(self.hazard, truth.hazardous)
    }

    /// The score that each segment adds; an interaction belongs to the later of the two.
    pub(super) fn by_segment(&self, judged: &[SegmentTruth]) -> Vec<f64> {
        let helped = |index: usize| judged[index].helps();
        let scores = judged.iter().enumerate().map(|(index, truth)| {
            let both = index > 0 && helped(index - 1) && helped(index);
            self.of(truth) + if both { self.interaction } else { 0.0 }
        });
        scores.collect()
    }
}

impl TraceLab {
    /// How good an answer, or the beginning of one, really is: see [`GoldWeights`]. `None` if it is malformed.
    #[must_use]
    pub fn gold(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<GoldScore> {
        self.score(problem, tokens).map(GoldOnly::new)
    }

    /// What each segment adds to [`TraceLab::gold`].
    #[must_use]
    pub fn gold_by_segment(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<GoldOnly<Vec<f64>>> {
        self.oracle_by_segment(problem, tokens).map(GoldOnly::new)
    }

    /// The same numbers for a teacher who is made of the truth on purpose: to label pairs of answers, segment by
    /// segment, with errors that are known. Never a reward.
    #[must_use]
    pub fn oracle_by_segment(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<Vec<f64>> {
        let judged = self.judge(problem, &self.segments(tokens)?);
        Some(self.config.gold.by_segment(&judged))
    }

    pub(super) fn score(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<f64> {
        Some(self.oracle_by_segment(problem, tokens)?.iter().sum())
    }
}
