//! Teachers that are made of a true reward, and err in known ways.

mod bias;
mod teacher;
#[cfg(test)]
mod tests;
mod threshold;

pub use bias::{Biases, Drift, RegionMistakes};
pub use teacher::{Rationality, Teacher};
pub use threshold::adaptive_threshold;

use milepost_core::Stream;

use crate::{Label, PreferenceError};

/// One side of a question: what a teacher can see of a segment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment<'a> {
    /// The true reward of each step, `[T]`.
    pub rewards: &'a [f64],
    /// The same under the taste that a drifting teacher comes to have, `[T]`; empty where none drifts.
    pub later: &'a [f64],
}

impl<'a> Segment<'a> {
    /// A segment of these rewards.
    #[must_use]
    pub const fn new(rewards: &'a [f64]) -> Self {
        Self { rewards, later: &[] }
    }
}

/// What a teacher is asked: which of two segments is better?
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Query<'a> {
    /// What is shown first.
    pub first: Segment<'a>,
    /// What is shown second.
    pub second: Segment<'a>,
    /// Which part of the world the question is about, for teachers who know some parts badly.
    pub region: u32,
    /// How many questions were asked before, for teachers whose taste drifts.
    pub asked: u64,
}

impl<'a> Query<'a> {
    /// A question about two sequences of rewards.
    #[must_use]
    pub const fn new(first: &'a [f64], second: &'a [f64]) -> Self {
        Self { first: Segment::new(first), second: Segment::new(second), region: 0, asked: 0 }
    }
}

/// An answer, and what became of it on the way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// What the teacher says.
    pub label: Label,
    /// Whether a mistake turned it round; never for a skip or an equal mark.
    pub mistaken: bool,
}

/// Someone who can be asked. All randomness comes from `stream`; equal questions and streams give equal answers.
pub trait Oracle {
    /// Answers a question.
    fn answer(&self, query: &Query<'_>, stream: &mut Stream) -> Result<Answer, PreferenceError>;
}
