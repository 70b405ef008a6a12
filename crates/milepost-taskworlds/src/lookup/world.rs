use milepost_core::{Purpose, Stream, StreamKey, TaskSeed, Vocabulary};

use super::words::Words;
use super::{Compositions, LookupConfig, WorldScope};

/// The entity that a shortcut leads to, the same in every world: that is what makes it a shortcut.
pub const POPULAR: u32 = 0;

/// What is asked of the retriever: the value of a relation at an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    /// The entity.
    pub entity: u32,
    /// The relation.
    pub relation: u32,
}

/// What a document states: `object = f_relation(subject)`. There is one for each subject and relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// The entity that it is about.
    pub subject: u32,
    /// The relation.
    pub relation: u32,
    /// Its value.
    pub object: u32,
}

impl Fact {
    /// The query that asks for it.
    #[must_use]
    pub const fn query(&self) -> Query {
        Query { entity: self.subject, relation: self.relation }
    }
}

/// One task: a world and a question about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// Fixes every draw of the episode.
    pub(crate) seed: u64,
    /// `f_r(e)` at `e · R + r`.
    values: Vec<u32>,
    relations: u32,
    /// `e_0 … e_h`: the question's entity, what each hop leads to, the answer last. `[h + 1]`
    pub(crate) entities: Vec<u32>,
    /// `r_1 … r_h`. `[h]`
    pub(crate) chain: Vec<u32>,
    /// Whether the last relation is constant.
    pub(crate) has_shortcut: bool,
    /// The ids that documents are shown under, in the order in which they are given out. `[document-ids]`
    pub(crate) labels: Vec<u32>,
}

fn stream(purpose: &str, task: u64) -> Stream {
    Stream::new(StreamKey { task, ..StreamKey::new(0, Purpose::named(purpose)) })
}

impl Task {
    pub(crate) fn draw(config: &LookupConfig, seed: TaskSeed) -> Self {
        let seed = seed.get();
        let (entities, relations) = (config.entities, config.relations);
        let world = match config.world {
            WorldScope::PerGroup => seed,
            WorldScope::Fixed { seed } => seed,
        };
        let mut facts = stream("lookup world", world);
        let mut values: Vec<u32> =
            (0..config.corpus()).map(|_| facts.below(u64::from(entities)) as u32).collect();
        let mut question = stream("lookup question", seed);
        let start = question.below(u64::from(entities)) as u32;
        let chain = composition(config, &mut question);
        let has_shortcut = question.uniform() < config.shortcut;
        if has_shortcut && let Some(last) = chain.last() {
            for entity in 0..entities {
                values[(entity * relations + last) as usize] = POPULAR;
            }
        }
        let mut labels: Vec<u32> = (0..config.document_ids).collect();
        stream("lookup document ids", seed).shuffle(&mut labels);
        let mut task = Self { seed, values, relations, entities: vec![start], chain, has_shortcut, labels };
        task.follow();
        task
    }

    /// The entities of the chain, from the first.
    fn follow(&mut self) {
        self.entities.truncate(1);
        for hop in 0..self.chain.len() {
            let query = Query { entity: self.entities[hop], relation: self.chain[hop] };
            self.entities.push(self.fact(query).object);
        }
    }

    /// The task of one who takes `relation` for the one after it.
    pub(crate) fn misread(&self, relation: u32) -> Self {
        let mut task = self.clone();
        for named in task.chain.iter_mut().filter(|named| **named == relation) {
            *named = (relation + 1) % self.relations;
        }
        task.follow();
        task
    }

    /// `begin e_0 r_1 … r_h hint ?`.
    pub(crate) fn prompt(&self, words: &Words, hint: &[u32]) -> Vec<u32> {
        let mut prompt = vec![Vocabulary::BEGIN];
        prompt.extend(words.name(self.entities[0]));
        prompt.extend(self.chain.iter().map(|relation| words.relation(*relation)));
        prompt.extend(hint);
        prompt.push(Words::ASKED);
        prompt
    }

    /// The document that answers `query`.
    pub(crate) fn fact(&self, query: Query) -> Fact {
        let Query { entity: subject, relation } = query;
        let object = self.values[(subject * self.relations + relation) as usize];
        Fact { subject, relation, object }
    }

    /// The query of a hop, from 0.
    pub(crate) fn query(&self, hop: usize) -> Option<Query> {
        let relation = *self.chain.get(hop)?;
        Some(Query { entity: self.entities[hop], relation })
    }

    pub(crate) fn hops(&self) -> usize {
        self.chain.len()
    }

    pub(crate) fn answer(&self) -> u32 {
        self.entities[self.hops()]
    }
}

/// Relations of a chain, uniform over those that `config.compositions` lets through.
fn composition(config: &LookupConfig, stream: &mut Stream) -> Vec<u32> {
    let relations = u64::from(config.relations);
    let held_out = |chain: &[u32]| chain.windows(2).any(|pair| (pair[0] + pair[1]) % config.relations == 0);
    loop {
        let chain: Vec<u32> = (0..config.hops).map(|_| stream.below(relations) as u32).collect();
        let fits = match config.compositions {
            Compositions::All => true,
            Compositions::Seen => !held_out(&chain),
            Compositions::Unseen => held_out(&chain),
        };
        if fits {
            return chain;
        }
    }
}
