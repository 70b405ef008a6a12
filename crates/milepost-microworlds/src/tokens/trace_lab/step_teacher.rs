use std::ops::Range;

use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::{TraceLab, TraceProblem};
use crate::error::{Check, TaskError};

/// A judge of steps of known quality: its labels are made of the truth, each turned round with a stated probability.
/// Without mistakes it is a verifier of sums and a look-up of facts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StepTeacher {
    /// Probability that a label is wrong, for each label by itself. Default 0.
    pub mistake: f64,
}

/// What a teacher says of one segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepLabel {
    /// Its tokens.
    pub tokens: Range<usize>,
    /// Whether the step itself is right; see [`SegmentTruth::sound`](super::SegmentTruth::sound).
    pub sound: bool,
    /// Whether what it builds on is right; see [`SegmentTruth::grounded`](super::SegmentTruth::grounded).
    pub grounded: bool,
}

impl StepLabel {
    /// `½ (sound + grounded)`, the accuracy of a step.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        f64::midpoint(f64::from(u8::from(self.sound)), f64::from(u8::from(self.grounded)))
    }
}

impl StepTeacher {
    /// A teacher with this probability of a mistake.
    pub fn new(mistake: f64) -> Result<Self, TaskError> {
        Check("trace-lab step teacher").probability("mistake", mistake)?;
        Ok(Self { mistake })
    }

    /// The labels of the whole segments of an answer or of the beginning of one; `None` if no well-formed answer begins
    /// so. Draws twice from `stream` for each segment.
    #[must_use]
    pub fn labels(
        &self,
        task: &TraceLab,
        problem: &TraceProblem,
        tokens: &[u32],
        stream: &mut Stream,
    ) -> Option<Vec<StepLabel>> {
        let judged = task.judge(problem, &task.segments(tokens)?);
        let labels = judged.into_iter().map(|truth| {
            let slips = [0; 2].map(|_| stream.uniform() < self.mistake);
            let (sound, grounded) = (truth.sound != slips[0], truth.grounded != slips[1]);
            StepLabel { tokens: truth.tokens, sound, grounded }
        });
        Some(labels.collect())
    }
}
