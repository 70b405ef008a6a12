use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::event::LookupAction;
use super::turn::{Act, write};
use super::words::Thought;
use super::{Fact, LookupQa, Query};

/// How a [`LookupQa::reader_turn`] goes wrong: probabilities, each for one turn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ReaderNoise {
    /// Of leaving out the hop that is next: the one after it is looked up instead, or the answer is given one hop
    /// too early.
    pub skip: f64,
    /// Of asking for another relation than that of the hop.
    pub wrong_relation: f64,
    /// Of a turn that cannot be understood.
    pub malformed: f64,
    /// A relation that it always takes for the one after it: a teacher that is wrong in one thing.
    pub mistaken: Option<u32>,
}

impl Default for ReaderNoise {
    /// For warm starts: a low, but not hopeless, success rate (see the book's page for measurements).
    fn default() -> Self {
        Self { skip: 0.25, wrong_relation: 0.25, malformed: 0.1, mistaken: None }
    }
}

impl ReaderNoise {
    /// A reader that makes no mistakes of its own.
    pub const NONE: Self = Self { skip: 0.0, wrong_relation: 0.0, malformed: 0.0, mistaken: None };
}

/// Where one stands who knows only what was said: the entities found so far and the facts that led there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Belief {
    /// `e_0` and what was read, in order.
    entities: Vec<u32>,
    facts: Vec<Fact>,
    /// Hops that are behind.
    hop: usize,
}

impl LookupQa {
    /// The turn of a scripted reader that knows only the question and the documents shown, and makes mistakes.
    ///
    /// It asks for the next relation of the entity it holds, takes the value from the document that comes back
    /// (asks again where none does), and answers with what it holds after the last hop or in the last turn.
    /// Its mistakes stay with it: a value read from a wrong document is followed. `None` where the episode is
    /// over.
    pub fn reader_turn(&self, noise: &ReaderNoise, stream: &mut Stream) -> Option<Vec<u32>> {
        let task = self.task.as_ref().filter(|_| self.ending_is_open())?;
        // The same draws whatever happens, so that one stream serves one turn.
        let [malformed, skip, wrong, place] = std::array::from_fn(|_| stream.uniform());
        let belief = self.belief(&task.chain);
        let (held, hops) = (belief.entities[belief.entities.len() - 1], task.chain.len());
        let hop = belief.hop + usize::from(skip < noise.skip && belief.hop < hops);
        let (thought, act) = if hop >= hops || self.is_last_turn() {
            (Thought::Done, Act::Answer(self.supported_answer(&belief.entities, &belief.facts)))
        } else {
            let relations = self.config.relations;
            let shift = if noise.mistaken == Some(task.chain[hop]) {
                1
            } else if wrong < noise.wrong_relation && relations > 1 {
                1 + (place * f64::from(relations - 1)) as u32
            } else {
                0
            };
            let relation = (task.chain[hop] + shift) % relations;
            (Thought::Hop(hop as u32), Act::Query(Query { entity: held, relation }))
        };
        let mut turn = write(&self.words, self.thought(thought), &act);
        if malformed < noise.malformed {
            // A token is lost, so the turn cannot be understood any more.
            turn.remove(turn.len() - 2);
        }
        Some(turn)
    }

    /// What a reader believes after the documents so far.
    ///
    /// A search about the entity it holds that brought the document asked for is a hop: `r_{u+1}` where the query
    /// asked for that relation, and otherwise, where it asked for that of the hop after, two.
    fn belief(&self, chain: &[u32]) -> Belief {
        let start = self.task.as_ref().map_or(0, |task| task.entities[0]);
        let mut belief = Belief { entities: vec![start], facts: Vec::new(), hop: 0 };
        for event in self.events() {
            let LookupAction::Search { query, documents } = &event.action else { continue };
            let held = belief.entities[belief.entities.len() - 1];
            let Some(read) = documents.iter().find(|document| document.fact.query() == *query) else {
                continue;
            };
            if query.entity != held || belief.hop >= chain.len() {
                continue;
            }
            let skipped =
                query.relation != chain[belief.hop] && chain.get(belief.hop + 1) == Some(&query.relation);
            belief.hop += 1 + usize::from(skipped);
            belief.entities.push(read.fact.object);
            belief.facts.push(read.fact);
        }
        belief
    }
}
