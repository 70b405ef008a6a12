use std::sync::Arc;

use milepost_core::{Demonstrator, Stream};

use super::turn::{Act, Answer, write};
use super::words::Thought;
use super::{Fact, LookupConfig, LookupOracle, LookupQa, Query};

impl Demonstrator for LookupQa {
    /// Asks for the next unresolved hop, again where the document did not come back and a turn can be spared, and
    /// answers once all are resolved, or when the turns run out. It thinks what is true, and knows the answer, so it
    /// always succeeds; in a world with a [misread](super::LookupConfig::misread) relation, it knows and does all that
    /// of the question as it reads it.
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let oracle = self.believed().filter(|_| self.ending_is_open())?;
        let resolved = oracle.resolved(self.events());
        let query = oracle.next_query(resolved).filter(|_| !self.is_last_turn());
        let act = if let Some(query) = query {
            Act::Query(query)
        } else {
            let golds: Vec<Fact> = oracle.facts().collect();
            Act::Answer(self.supported_answer(oracle.entities(), &golds))
        };
        Some(write(&self.words, self.thought(oracle.state(resolved)), &act))
    }

    /// Each number of thoughts as likely; then a query or an answer, each as likely where both are allowed, with
    /// everything in it uniform.
    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        let LookupConfig { entities, relations, thoughts, .. } = *self.config;
        let mut below = |n: u32| stream.below(u64::from(n.max(1))) as u32;
        let thoughts: Vec<Thought> =
            (0..below(thoughts + 1)).map(|_| Thought::of(below(Thought::COUNT))).collect();
        let forced = self.is_last_turn() && self.config.force_answer;
        let act = if !forced && below(2) == 0 {
            Act::Query(Query { entity: below(entities), relation: below(relations) })
        } else {
            let via = if self.config.via { below(self.config.hops) } else { 0 };
            let citations = below(self.config.citations + 1);
            Act::Answer(Answer {
                entity: below(entities),
                via: (0..via).map(|_| below(entities)).collect(),
                citations: (0..citations).map(|_| below(self.config.document_ids)).collect(),
            })
        };
        write(&self.words, thoughts, &act)
    }
}

impl LookupQa {
    /// What the expert takes for true.
    fn believed(&self) -> Option<LookupOracle> {
        let Some(relation) = self.config.misread else { return self.oracle() };
        let task = Arc::new(self.task.as_ref()?.misread(relation));
        Some(LookupOracle::new(task, self.words.clone(), self.config.thoughts > 0))
    }

    pub(super) fn ending_is_open(&self) -> bool {
        milepost_core::Environment::ending(self).is_none()
    }

    pub(super) fn is_last_turn(&self) -> bool {
        self.events().len() + 1 >= self.config.turns as usize
    }

    /// The thought where the world allows one.
    pub(super) fn thought(&self, thought: Thought) -> Option<Thought> {
        (self.config.thoughts > 0).then_some(thought)
    }

    /// An answer with the last of `entities` (`e_0 … e_h`) that names those between and cites those of the `facts`
    /// that were shown, as far as the world allows.
    pub(super) fn supported_answer(&self, entities: &[u32], facts: &[Fact]) -> Answer {
        let entity = entities.last().copied().unwrap_or_default();
        let between = entities.get(1..entities.len().saturating_sub(1)).unwrap_or_default();
        let via = if self.config.via { between.to_vec() } else { Vec::new() };
        let shown = self.shown();
        let labels = facts.iter().filter_map(|fact| shown.iter().find(|d| d.fact == *fact)).map(|d| d.label);
        Answer { entity, via, citations: labels.take(self.config.citations as usize).collect() }
    }
}
