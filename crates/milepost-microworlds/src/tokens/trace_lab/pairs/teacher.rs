use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use crate::error::{Check, TaskError};

/// A judge of known quality: its labels are made of gold scores, and that is what makes its quality known.
///
/// In this order: scores nearer than `equal` are a tie; else the better answer is named, for certain or with
/// probability `σ(rationality · difference)`; then, with probability `mistake`, the other one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Teacher {
    /// The inverse temperature; left out, the better answer is named for certain.
    pub rationality: Option<f64>,
    /// Default 0.
    pub mistake: f64,
    /// Differences below this are a tie, and so is none at all. Default 0.
    pub equal: f64,
}

impl Default for Teacher {
    fn default() -> Self {
        Self { rationality: None, mistake: 0.0, equal: 0.0 }
    }
}

/// Which of two answers a teacher prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherLabel {
    /// The first.
    First,
    /// The second.
    Second,
    /// Neither.
    Tie,
}

impl TeacherLabel {
    /// The label of the pair in the other order.
    #[must_use]
    pub const fn flipped(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
            Self::Tie => Self::Tie,
        }
    }
}

impl Teacher {
    pub(super) fn check(&self, check: Check) -> Result<(), TaskError> {
        check.not_negative("teacher.rationality", self.rationality.unwrap_or_default())?;
        check.probability("teacher.mistake", self.mistake)?;
        check.not_negative("teacher.equal", self.equal)
    }

    /// The label of two scores. Draws twice from `stream`, whatever the label.
    pub(super) fn label(&self, first: f64, second: f64, stream: &mut Stream) -> TeacherLabel {
        let difference = first - second;
        let (luck, slip) = (stream.uniform(), stream.uniform() < self.mistake);
        if difference == 0.0 || difference.abs() < self.equal {
            return TeacherLabel::Tie;
        }
        let preferred = match self.rationality {
            None => difference > 0.0,
            Some(beta) => luck < 1.0 / (1.0 + libm::exp(-beta * difference)),
        };
        if preferred == slip { TeacherLabel::Second } else { TeacherLabel::First }
    }
}
