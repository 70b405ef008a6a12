use milepost_core::Probe;

use super::event::{LookupAction, LookupEvent};
use super::{LookupOracle, LookupQa};

/// Records what the oracle says of a state or of the turn that led to it, for rewards that are computed from it on
/// purpose. Before the first turn, and where it does not apply, it is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupProbe {
    /// Leading hops that are resolved, from 0 to `h`, as `lookup-resolved`: a potential.
    Resolved,
    /// Grade of the turn's query, −1, 0 or 1, as `lookup-query`; −1 for a malformed turn.
    Query,
    /// Grade of the turn's thoughts, −1, 0 or 1, as `lookup-thought`.
    Thought,
    /// Grade of the turn's answer, −1, 0 or 1, as `lookup-answer`.
    Answer,
    /// 1 if the turn's search brought the document of the next hop, as `lookup-useful`.
    Useful,
    /// 1 if the turn searched, as `lookup-search`.
    Search,
    /// What the turn's search added and repeated ([`LookupOracle::search_reward`]), as `lookup-search-reward`.
    SearchReward,
}

impl LookupProbe {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Resolved,
        Self::Query,
        Self::Thought,
        Self::Answer,
        Self::Useful,
        Self::Search,
        Self::SearchReward,
    ];

    fn of(self, oracle: &LookupOracle, event: &LookupEvent) -> f64 {
        match (self, &event.action) {
            (Self::Query, LookupAction::Search { query, .. }) => {
                oracle.grade_query(*query, event.resolved).ternary()
            }
            (Self::Query, LookupAction::Malformed { .. }) => -1.0,
            (Self::Thought, LookupAction::Search { .. } | LookupAction::Answer { .. }) => {
                oracle.grade_thoughts(&event.thoughts, event.resolved).ternary()
            }
            (Self::Answer, LookupAction::Answer { answer, .. }) => {
                oracle.grade_answer(answer.entity).ternary()
            }
            (Self::Useful, LookupAction::Search { .. }) => f64::from(u8::from(oracle.was_useful(event))),
            (Self::Search, LookupAction::Search { .. }) => 1.0,
            _ => 0.0,
        }
    }
}

impl Probe<LookupQa> for LookupProbe {
    fn name(&self) -> &'static str {
        match self {
            Self::Resolved => "lookup-resolved",
            Self::Query => "lookup-query",
            Self::Thought => "lookup-thought",
            Self::Answer => "lookup-answer",
            Self::Useful => "lookup-useful",
            Self::Search => "lookup-search",
            Self::SearchReward => "lookup-search-reward",
        }
    }

    fn read(&mut self, environment: &LookupQa) -> f64 {
        let Some(oracle) = environment.oracle() else { return 0.0 };
        match (self, environment.events().last()) {
            (Self::Resolved, _) => environment.resolved() as f64,
            (Self::SearchReward, _) => oracle.search_reward(environment.events()),
            (probe, Some(event)) => probe.of(&oracle, event),
            (_, None) => 0.0,
        }
    }
}
