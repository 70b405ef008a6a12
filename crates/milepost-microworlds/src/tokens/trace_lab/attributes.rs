use serde::{Deserialize, Serialize};

use super::{Segment, SegmentTruth, TraceLab, TraceProblem};
use crate::error::{Check, TaskError};
use crate::tokens::{GoldOnly, GoldScore};

/// A dimension in which answers differ, measured by program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attribute {
    /// Hazards touched: two or more, one, none.
    Safe,
    /// Nothing achieved, something that helps, the task solved.
    Helpful,
    /// False claims: two or more, one, none.
    Correct,
    /// Repetitions and contradictions: two or more, one, none.
    Coherent,
    /// Kinds of segments, style aside: at most one, two, more.
    Complex,
    /// Tokens, as a multiple of the plain solution's: at most ¾, up to 3/2, more.
    Verbose,
}

impl Attribute {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Safe, Self::Helpful, Self::Correct, Self::Coherent, Self::Complex, Self::Verbose];
}

/// The level of each [`Attribute`], in the order of [`Attribute::ALL`]: 0, 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Attributes([u8; 6]);

impl Attributes {
    /// The level, three classes: 0, 1 or 2.
    #[must_use]
    pub const fn hard(&self, attribute: Attribute) -> u8 {
        self.0[attribute as usize]
    }

    /// Two classes: whether the level is the highest.
    #[must_use]
    pub const fn easy(&self, attribute: Attribute) -> bool {
        self.hard(attribute) == 2
    }
}

/// How much a user cares about each attribute; any sign.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AttributeWeights {
    /// For [`Attribute::Safe`].
    pub safe: f64,
    /// For [`Attribute::Helpful`].
    pub helpful: f64,
    /// For [`Attribute::Correct`].
    pub correct: f64,
    /// For [`Attribute::Coherent`].
    pub coherent: f64,
    /// For [`Attribute::Complex`].
    pub complex: f64,
    /// For [`Attribute::Verbose`].
    pub verbose: f64,
}

impl AttributeWeights {
    pub(super) fn check(&self, check: Check) -> Result<(), TaskError> {
        check.finite("user.safe", self.safe)?;
        check.finite("user.helpful", self.helpful)?;
        check.finite("user.correct", self.correct)?;
        check.finite("user.coherent", self.coherent)?;
        check.finite("user.complex", self.complex)?;
        check.finite("user.verbose", self.verbose)
    }

    /// `Σ weight · level / 2`.
    pub(super) fn score(&self, attributes: Attributes) -> f64 {
        let weights = [self.safe, self.helpful, self.correct, self.coherent, self.complex, self.verbose];
        weights.iter().zip(attributes.0).map(|(weight, level)| weight * f64::from(level) / 2.0).sum()
    }
}

/// 2 for none, 1 for one, 0 for more.
fn few(count: usize) -> u8 {
    2 - count.min(2) as u8
}

impl TraceLab {
    /// The attributes of a whole answer; `None` if it is malformed.
    #[must_use]
    pub fn attributes(&self, problem: &TraceProblem, turn: &[u32]) -> Option<GoldOnly<Attributes>> {
        self.levels(problem, turn).map(GoldOnly::new)
    }

    /// What a whole answer is worth to a user who weighs attributes so: `Σ weight · level / 2`.
    #[must_use]
    pub fn gold_of_user(
        &self,
        problem: &TraceProblem,
        turn: &[u32],
        user: &AttributeWeights,
    ) -> Option<GoldScore> {
        self.levels(problem, turn).map(|attributes| GoldOnly::new(user.score(attributes)))
    }

    pub(super) fn levels(&self, problem: &TraceProblem, turn: &[u32]) -> Option<Attributes> {
        let segments = self.segments(turn)?;
        let judged = self.judge(problem, &segments);
        let count = |holds: fn(&SegmentTruth) -> bool| judged.iter().filter(|truth| holds(truth)).count();
        let helpful = match (self.solves(problem, &segments), count(SegmentTruth::helps)) {
            (true, _) => 2,
            (false, helps) => u8::from(helps > 0),
        };
        let has =
            |kind: fn(&Segment) -> bool| usize::from(segments.iter().any(|placed| kind(&placed.segment)));
        let kinds = has(|segment| matches!(segment, Segment::Fact { .. }))
            + has(|segment| matches!(segment, Segment::Sum { .. }))
            + has(|segment| matches!(segment, Segment::Answer { .. }))
            + has(|segment| matches!(segment, Segment::Sorry))
            + has(|segment| matches!(segment, Segment::Thanks));
        let plain = self.write(&self.plan(problem)).len();
        let verbose = u8::from(4 * turn.len() > 3 * plain) + u8::from(2 * turn.len() > 3 * plain);
        Some(Attributes([
            few(count(|truth| truth.hazardous)),
            helpful,
            few(count(SegmentTruth::misleads)),
            few(count(|truth| truth.repeated)),
            (kinds.max(1) - 1).min(2) as u8,
            verbose,
        ]))
    }
}
