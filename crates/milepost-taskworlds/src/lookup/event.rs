use super::turn::Answer;
use super::words::Thought;
use super::{Fact, Query};

/// A document in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownDocument {
    /// What it states.
    pub fact: Fact,
    /// The id it is shown under throughout the episode.
    pub label: u32,
}

/// What a turn did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LookupAction {
    /// It asked the retriever.
    Search {
        /// For what.
        query: Query,
        /// What came back, in the order in which it was shown.
        documents: Vec<ShownDocument>,
    },
    /// It answered.
    Answer {
        /// As it was written.
        answer: Answer,
        /// What the cited documents state; `None` where no document was shown under that id.
        evidence: Vec<Option<Fact>>,
    },
    /// It could not be understood.
    Malformed {
        /// Its tokens.
        tokens: Vec<u32>,
    },
}

/// One turn of an episode, as scorers read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupEvent {
    /// Hops that were resolved before the turn ([`super::LookupOracle::resolved`]).
    pub resolved: usize,
    /// What the policy said of where it stood.
    pub thoughts: Vec<Thought>,
    /// What the turn did.
    pub action: LookupAction,
}

impl LookupEvent {
    /// The query, where the turn searched.
    #[must_use]
    pub const fn query(&self) -> Option<Query> {
        match self.action {
            LookupAction::Search { query, .. } => Some(query),
            _ => None,
        }
    }

    /// The documents that came back; none where the turn did not search.
    #[must_use]
    pub fn documents(&self) -> &[ShownDocument] {
        match &self.action {
            LookupAction::Search { documents, .. } => documents,
            _ => &[],
        }
    }

    /// The answer, where the turn gave one.
    #[must_use]
    pub const fn answer(&self) -> Option<&Answer> {
        match &self.action {
            LookupAction::Answer { answer, .. } => Some(answer),
            _ => None,
        }
    }
}
