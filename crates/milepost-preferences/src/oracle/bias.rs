use serde::{Deserialize, Serialize};

use super::{Query, Segment};
use crate::{PreferenceError, error};

/// Ways to err that B-Pref's teachers do not have. The default has none.
///
/// All but [`Biases::regions`] act on the utility `U`, before the choice.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Biases {
    /// Added to the utility of what is shown first.
    pub position: f64,
    /// Added to the utility for each step of a segment.
    pub length: f64,
    /// Only the last so many steps are seen; all if left out. The thresholds see all steps.
    pub window: Option<usize>,
    /// A taste that changes from question to question.
    pub drift: Option<Drift>,
    /// Parts of the world in which mistakes are more frequent, or less.
    pub regions: Vec<RegionMistakes>,
}

/// A taste that moves from [`Segment::rewards`] to [`Segment::later`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Drift {
    /// After so many questions the move is complete; it is linear in between.
    pub over: u64,
}

/// The probability of a mistake in one part of the world, instead of the teacher's own.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RegionMistakes {
    /// Which part.
    pub region: u32,
    /// The probability of a mistake.
    pub mistake: f64,
}

impl Biases {
    pub(super) fn validate(&self) -> Result<(), PreferenceError> {
        error::finite("the position and length bias", &[self.position, self.length])?;
        error::parameter("window", 0.0, self.window != Some(0), "at least 1 step")?;
        let drifts = self.drift.is_none_or(|drift| drift.over > 0);
        error::parameter("drift.over", 0.0, drifts, "at least 1 question")?;
        self.regions.iter().try_for_each(|region| error::probability("regions.mistake", region.mistake))
    }

    /// The rewards that the teacher has in mind when asked for the `asked`-th time.
    pub(super) fn taste(&self, segment: &Segment<'_>, asked: u64) -> Result<Vec<f64>, PreferenceError> {
        let Some(drift) = self.drift else { return Ok(segment.rewards.to_vec()) };
        error::same_length("the rewards of a later taste", segment.rewards.len(), segment.later.len())?;
        error::finite("the rewards of a later taste", segment.later)?;
        let moved = asked.min(drift.over) as f64 / drift.over as f64;
        let mixed = segment.rewards.iter().zip(segment.later).map(|(now, later)| now + moved * (later - now));
        Ok(mixed.collect())
    }

    /// The part of a segment that is seen.
    pub(super) fn seen<'a>(&self, rewards: &'a [f64]) -> &'a [f64] {
        let from = self.window.map_or(0, |window| rewards.len().saturating_sub(window));
        &rewards[from..]
    }

    /// The probability of a mistake for this question; `usual` where nothing else is said.
    pub(super) fn mistake(&self, query: &Query<'_>, usual: f64) -> f64 {
        let here = self.regions.iter().find(|region| region.region == query.region);
        here.map_or(usual, |region| region.mistake)
    }
}
