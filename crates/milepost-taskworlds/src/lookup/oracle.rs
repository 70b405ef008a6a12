use std::sync::Arc;

use super::event::{LookupAction, LookupEvent};
use super::grade::{AnswerGrade, QueryGrade, ThoughtGrade};
use super::words::{Thought, Words};
use super::world::Task;
use super::{Fact, Query};

/// How the answer is written by one who gives it: what a belief about the answer is scored in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSchema {
    /// What precedes the answer's tokens in the turn: the closing thought where thoughts are allowed, then `ans`.
    pub before: Vec<u32>,
    /// The answer's tokens, `[L]`.
    pub answer: Vec<u32>,
}

/// What is true of a task, for scorers, judges and rubrics: the gold chain, sub-answers and documents, and
/// grades of what was done. The policy never reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupOracle {
    task: Arc<Task>,
    words: Arc<Words>,
    thinks: bool,
}

impl LookupOracle {
    pub(crate) const fn new(task: Arc<Task>, words: Arc<Words>, thinks: bool) -> Self {
        Self { task, words, thinks }
    }

    pub(crate) fn words(&self) -> &Words {
        &self.words
    }

    /// Hops of the question, `h`.
    #[must_use]
    pub fn hops(&self) -> usize {
        self.task.hops()
    }

    /// `e_0 … e_h`: the question's entity, the sub-answer of each hop, the answer last. `[h + 1]`
    #[must_use]
    pub fn entities(&self) -> &[u32] {
        &self.task.entities
    }

    /// `r_1 … r_h`. `[h]`
    #[must_use]
    pub fn relations(&self) -> &[u32] {
        &self.task.chain
    }

    /// The answer, `e_h`.
    #[must_use]
    pub fn answer(&self) -> u32 {
        self.task.answer()
    }

    /// What each hop's gold document states, `(e_{u−1}, r_u, e_u)`: the facts that a rubric asks for. `[h]`
    pub fn facts(&self) -> impl ExactSizeIterator<Item = Fact> {
        let Task { entities, chain, .. } = &*self.task;
        (0..chain.len()).map(|hop| Fact {
            subject: entities[hop],
            relation: chain[hop],
            object: entities[hop + 1],
        })
    }

    /// The hop, from 0, whose gold document states `fact`; the first of them where hops share it.
    #[must_use]
    pub fn hop_of(&self, fact: Fact) -> Option<usize> {
        self.facts().position(|gold| gold == fact)
    }

    /// Whether the corpus states `fact`.
    pub(super) fn is_true(&self, fact: Fact) -> bool {
        self.task.fact(fact.query()) == fact
    }

    /// Whether the last relation maps every entity to [`super::POPULAR`].
    #[must_use]
    pub fn has_shortcut(&self) -> bool {
        self.task.has_shortcut
    }

    /// The number of leading hops whose gold documents were all shown in `events`: the next hop, from 0, is this.
    #[must_use]
    pub fn resolved(&self, events: &[LookupEvent]) -> usize {
        self.facts().take_while(|gold| was_shown(events, *gold)).count()
    }

    /// For each hop whether its gold document was shown. `[h]`
    pub fn evidence(&self, events: &[LookupEvent]) -> Vec<bool> {
        self.facts().map(|gold| was_shown(events, gold)).collect()
    }

    /// The best query once `resolved` hops are resolved; `None` where all are.
    #[must_use]
    pub fn next_query(&self, resolved: usize) -> Option<Query> {
        self.task.query(resolved)
    }

    /// The true thought once `resolved` hops are resolved.
    #[must_use]
    pub fn state(&self, resolved: usize) -> Thought {
        if resolved < self.hops() { Thought::Hop(resolved as u32) } else { Thought::Done }
    }

    /// Grades a query asked when `resolved` hops were resolved.
    #[must_use]
    pub fn grade_query(&self, query: Query, resolved: usize) -> QueryGrade {
        let next = self.next_query(resolved);
        if next == Some(query) {
            return QueryGrade::Next;
        }
        let shares = next.is_some_and(|next| next.entity == query.entity || next.relation == query.relation);
        let redundant = self.facts().take(resolved).any(|gold| gold.query() == query);
        if shares || redundant { QueryGrade::Near } else { QueryGrade::Off }
    }

    /// Whether a search brought the document of the hop that was next. (As long as every search does, the `i`-th
    /// brings the document of hop `i`.)
    #[must_use]
    pub fn was_useful(&self, event: &LookupEvent) -> bool {
        let next = self.facts().nth(event.resolved);
        next.is_some_and(|gold| event.documents().iter().any(|document| document.fact == gold))
    }

    /// Grades thoughts written when `resolved` hops were resolved.
    #[must_use]
    pub fn grade_thoughts(&self, thoughts: &[Thought], resolved: usize) -> ThoughtGrade {
        let truth = self.state(resolved);
        match thoughts {
            [] => ThoughtGrade::Absent,
            _ if thoughts.iter().all(|thought| *thought == truth) => ThoughtGrade::Right,
            _ => ThoughtGrade::Wrong,
        }
    }

    /// Grades an answer.
    #[must_use]
    pub fn grade_answer(&self, entity: u32) -> AnswerGrade {
        if entity == self.answer() {
            AnswerGrade::Exact
        } else if self.entities().contains(&entity) {
            AnswerGrade::Intermediate
        } else {
            AnswerGrade::Wrong
        }
    }

    /// The first turn that was not the best: malformed, a query that was not the next one, or an answer that was
    /// not exact. `None` where every turn was.
    #[must_use]
    pub fn first_wrong(&self, events: &[LookupEvent]) -> Option<usize> {
        events.iter().position(|event| match &event.action {
            LookupAction::Search { query, .. } => {
                self.grade_query(*query, event.resolved) != QueryGrade::Next
            }
            LookupAction::Answer { answer, .. } => self.grade_answer(answer.entity) != AnswerGrade::Exact,
            LookupAction::Malformed { .. } => true,
        })
    }

    /// How the answer is to be written.
    #[must_use]
    pub fn answer_schema(&self) -> AnswerSchema {
        let thought = self.thinks.then(|| self.words.thought(Thought::Done));
        AnswerSchema {
            before: thought.into_iter().chain([Words::ANSWER]).collect(),
            answer: self.words.name(self.answer()).collect(),
        }
    }

    /// The prompt, `begin e_0 r_1 … r_h hint ?`; without a hint (`[]`) it is the world's own.
    #[must_use]
    pub fn prompt(&self, hint: &[u32]) -> Vec<u32> {
        self.task.prompt(&self.words, hint)
    }

    /// The first `queries` gold queries as a hint for the prompt, `hint e r` each: a plan, not the answer.
    #[must_use]
    pub fn plan_hint(&self, queries: usize) -> Vec<u32> {
        let mut hint = Vec::new();
        for gold in self.facts().take(queries) {
            hint.push(Words::HINT);
            hint.extend(self.words.name(gold.subject));
            hint.push(self.words.relation(gold.relation));
        }
        hint
    }

    /// The answer as a hint for the prompt, `hint e`.
    #[must_use]
    pub fn answer_hint(&self) -> Vec<u32> {
        std::iter::once(Words::HINT).chain(self.words.name(self.answer())).collect()
    }
}

/// Whether a document that states `fact` came back to some search.
fn was_shown(events: &[LookupEvent], fact: Fact) -> bool {
    events.iter().flat_map(LookupEvent::documents).any(|document| document.fact == fact)
}
