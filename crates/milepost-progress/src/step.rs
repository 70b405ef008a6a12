//! A step, as rewards see it.

use milepost_core::{Budget, Ending, Outcome};
use serde::{Deserialize, Serialize};

/// How a step left the episode. Termination, truncation and finishing are three things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndKind {
    /// It goes on.
    Running,
    /// The task is over, with this outcome. Nothing follows.
    Terminated(Outcome),
    /// The course is complete, as a route that was driven to its end: neither an outcome nor a want of time.
    /// Nothing is recorded after it, but the learner's value of the last state counts (CaRL treats it so).
    Finished,
    /// A budget ran out. The learner's value of the last state counts.
    Truncated(Budget),
    /// A sampler stopped recording; the episode goes on elsewhere or in the next segment.
    Cut,
    /// What the policy did could not be understood. Nothing follows.
    Malformed,
}

impl EndKind {
    /// Whether the value of what follows the last state is part of the return.
    #[must_use]
    pub const fn bootstraps(self) -> bool {
        matches!(self, Self::Running | Self::Finished | Self::Truncated(_) | Self::Cut)
    }

    /// Whether the episode itself is over, and with it all memory of it.
    #[must_use]
    pub const fn ends_episode(self) -> bool {
        !matches!(self, Self::Running | Self::Cut)
    }
}

impl From<Option<Ending>> for EndKind {
    fn from(ending: Option<Ending>) -> Self {
        match ending {
            None => Self::Running,
            Some(Ending::Terminated(outcome)) => Self::Terminated(outcome),
            Some(Ending::Truncated(budget)) => Self::Truncated(budget),
            Some(Ending::Cut(_)) => Self::Cut,
            Some(Ending::Malformed) => Self::Malformed,
        }
    }
}

/// Something that happened in a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What, such as `picked` or `collision`.
    pub name: String,
    /// To what or by what, if that is told.
    pub subject: Option<String>,
}

/// Is the episode played to learn from, or to measure?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// To learn from. Normalisers and counters take it in.
    Collect,
    /// To measure. Nothing is remembered of it.
    Evaluate,
}

/// One step in one of several environments that run side by side.
#[derive(Debug, Clone, Copy)]
pub struct StepView<'a, F, A> {
    /// Which environment.
    pub slot: usize,
    /// Steps taken before this one.
    pub elapsed: u32,
    /// What was seen before.
    pub before: &'a F,
    /// What was done.
    pub action: &'a A,
    /// What is seen now; at an end the last frame of the episode, never the first of the next.
    pub after: &'a F,
    /// What happened.
    pub events: &'a [Event],
    /// How it left the episode.
    pub end: EndKind,
    /// What it is for.
    pub phase: Phase,
}

/// The named terms of one step's reward. A term without a value is unknown, not zero; only [`Terms::sum`] turns
/// them into one number.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Terms {
    terms: Vec<(String, Option<f64>)>,
}

impl Terms {
    /// Adds a term.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: Option<f64>) -> Self {
        self.terms.push((name.into(), value));
        self
    }

    /// The terms in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, Option<f64>)> {
        self.terms.iter().map(|(name, value)| (name.as_str(), *value))
    }

    /// The sum of the known terms, and how many are unknown.
    #[must_use]
    pub fn sum(&self) -> (f64, usize) {
        let known: f64 = self.terms.iter().filter_map(|(_, value)| *value).sum();
        (known, self.terms.iter().filter(|(_, value)| value.is_none()).count())
    }
}

#[cfg(test)]
mod tests {
    use milepost_core::CutReason;

    use super::*;

    #[test]
    fn ends_say_whether_something_follows() {
        let ends = [
            (EndKind::Running, true, false),
            (EndKind::Terminated(Outcome::Success), false, true),
            (EndKind::Terminated(Outcome::Failure), false, true),
            (EndKind::Finished, true, true),
            (EndKind::Truncated(Budget::Steps), true, true),
            (EndKind::Cut, true, false),
            (EndKind::Malformed, false, true),
        ];
        for (end, bootstraps, over) in ends {
            assert_eq!((end.bootstraps(), end.ends_episode()), (bootstraps, over), "{end:?}");
        }
        for ending in [
            Ending::Terminated(Outcome::Failure),
            Ending::Truncated(Budget::Tokens),
            Ending::Cut(CutReason::Branch),
            Ending::Malformed,
        ] {
            let end = EndKind::from(Some(ending));
            assert_eq!((end.bootstraps(), end.ends_episode()), (ending.bootstraps(), ending.ends_episode()));
        }
        assert_eq!(EndKind::from(None), EndKind::Running);
    }

    #[test]
    fn an_unknown_term_is_counted_and_not_added() {
        let terms = Terms::default().with("gold", Some(1.0)).with("progress", None).with("cost", Some(-0.25));
        assert_eq!(terms.sum(), (0.75, 1));
        assert_eq!(terms.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["gold", "progress", "cost"]);
    }
}
