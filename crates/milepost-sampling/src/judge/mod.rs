//! Judges: whoever says what a candidate is worth, and wrappers that make them fail as real ones do.

mod panel;
mod query;
mod rate;
mod wrappers;

pub use panel::Panel;
pub use query::{Address, PairQuery, Query, StepKind, StepQuery};
pub use rate::{Each, Rater, RoundRobin};
pub use wrappers::{Cached, Failing, JudgeError, Noisy, Swapped};

#[cfg(test)]
mod tests;

/// What a judge answered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Verdict {
    /// The value; `None` where the judge abstains or could not be understood.
    pub value: Option<f64>,
    /// Tokens that the judge wrote to get there; a budget pays for them.
    pub tokens: u64,
}

impl Verdict {
    /// A value that cost no tokens.
    #[must_use]
    pub const fn of(value: f64) -> Self {
        Self { value: Some(value), tokens: 0 }
    }

    /// No value.
    pub const ABSTAIN: Self = Self { value: None, tokens: 0 };
}

/// Answers questions of type `Q` with a number.
///
/// A judge may be wrong and may abstain; what is done about a missing value is up to whoever asked, who
/// counts it. The same question should get the same answer whatever was asked before.
pub trait Judge<Q> {
    /// Answers one question.
    fn judge(&mut self, query: &Q) -> Verdict;
}

impl<Q, F: FnMut(&Q) -> Verdict> Judge<Q> for F {
    fn judge(&mut self, query: &Q) -> Verdict {
        self(query)
    }
}
