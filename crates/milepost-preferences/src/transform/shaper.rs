use serde::{Deserialize, Serialize};

use super::{References, RewardTransform, RunningScores, SATURATED_SLOPE, TransformConfig};
use crate::{PreferenceError, error};

/// `r ← r − c · max(0, len − threshold)`, before the transform. It falls on the policy's answers; the scores of
/// references are stored as they are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LengthPenalty {
    /// Tokens that cost nothing; the released code has 300.
    pub threshold: usize,
    /// What each further token costs; the released code has 0.01.
    pub per_token: f64,
}

impl LengthPenalty {
    /// What an answer of this length loses.
    #[must_use]
    pub const fn of(&self, tokens: usize) -> f64 {
        self.per_token * tokens.saturating_sub(self.threshold) as f64
    }
}

/// What a reward model said of an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawScore<'a> {
    /// The score; NaN and infinities are rejected and counted.
    pub score: f64,
    /// Tokens of the answer.
    pub tokens: usize,
    /// The scores of the prompt's reference answers, where there are any.
    pub references: Option<&'a References>,
}

/// Transformed scores of a batch.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shaped {
    /// The reward of each answer; `None` where the score was not finite. `[N]`
    pub rewards: Vec<Option<f64>>,
    /// How many scores were not finite.
    pub rejected: u64,
    /// At how many scores the transform is flat: its slope is below [`SATURATED_SLOPE`].
    pub saturated: u64,
}

/// What a [`RewardShaper`] has learnt.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShaperState {
    /// The transform's statistics, if it has any.
    pub statistics: Option<RunningScores>,
}

/// Length penalty and transform, in this order. Statistics grow in [`RewardShaper::train`] only.
pub struct RewardShaper {
    length: Option<LengthPenalty>,
    transform: Box<dyn RewardTransform>,
}

impl RewardShaper {
    /// A shaper with one of the transforms that have a name.
    pub fn new(transform: &TransformConfig, length: Option<LengthPenalty>) -> Result<Self, PreferenceError> {
        Self::with(transform.build()?, length)
    }

    /// A shaper with a transform of one's own.
    pub fn with(
        transform: Box<dyn RewardTransform>,
        length: Option<LengthPenalty>,
    ) -> Result<Self, PreferenceError> {
        if let Some(length) = length {
            error::not_negative("per-token", length.per_token)?;
        }
        Ok(Self { length, transform })
    }

    /// Whether every prompt needs references. To be asked when the data set is made.
    #[must_use]
    pub fn needs_references(&self) -> bool {
        self.transform.needs_references()
    }

    /// Rewards of a training batch: the transform learns from it first, then is applied.
    pub fn train(&mut self, scores: &[RawScore<'_>]) -> Result<Shaped, PreferenceError> {
        let raw: Vec<f64> = self.penalised(scores).filter(|score| score.is_finite()).collect();
        self.transform.observe(&raw);
        self.evaluate(scores)
    }

    /// Rewards without learning anything from the scores.
    pub fn evaluate(&self, scores: &[RawScore<'_>]) -> Result<Shaped, PreferenceError> {
        let mut shaped = Shaped::default();
        for (raw, score) in self.penalised(scores).zip(scores) {
            if !raw.is_finite() {
                shaped.rejected += 1;
                shaped.rewards.push(None);
                continue;
            }
            let slope = self.transform.slope(raw, score.references)?;
            shaped.saturated += u64::from(slope < SATURATED_SLOPE);
            shaped.rewards.push(Some(self.transform.apply(raw, score.references)?));
        }
        Ok(shaped)
    }

    fn penalised<'a>(&self, scores: &'a [RawScore<'a>]) -> impl Iterator<Item = f64> + 'a {
        let length = self.length;
        scores.iter().map(move |score| score.score - length.map_or(0.0, |length| length.of(score.tokens)))
    }

    /// What has been learnt, for an exact resume.
    #[must_use]
    pub fn state(&self) -> ShaperState {
        ShaperState { statistics: self.transform.state() }
    }

    /// Takes over what a shaper of the same configuration has learnt.
    pub fn restore(&mut self, state: ShaperState) -> Result<(), PreferenceError> {
        match (self.transform.state(), state.statistics) {
            (Some(_), Some(statistics)) => {
                self.transform.restore(statistics);
                Ok(())
            }
            (None, None) => Ok(()),
            _ => Err(PreferenceError::Undefined {
                what: "the state of the transform",
                reason: "it was saved by another kind of transform; restore with the same configuration",
            }),
        }
    }
}

impl std::fmt::Debug for RewardShaper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RewardShaper")
            .field("transform", &self.transform.name())
            .field("length", &self.length)
            .field("state", &self.state())
            .finish()
    }
}
