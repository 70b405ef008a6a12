use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

/// The names of entities.
pub(super) const ENTITIES: [&str; 24] = [
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "ivory", "jade", "kelp", "lark",
    "maple", "nickel", "onyx", "pearl", "quartz", "raven", "slate", "topaz", "umber", "violet", "willow",
    "zinc",
];

/// A relation between an entity and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// `rate amber = 3`
    Rate,
    /// `date amber = 7`
    Date,
    /// `unit amber = 1`
    Unit,
}

impl Relation {
    /// All of them; a table has the first few.
    pub const ALL: [Self; 3] = [Self::Rate, Self::Date, Self::Unit];

    /// How it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Date => "date",
            Self::Unit => "unit",
        }
    }
}

/// Something that has a value: a relation of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fact {
    /// Which relation.
    pub relation: Relation,
    /// Which entity.
    pub entity: u32,
}

/// The value of every fact; none is 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactTable {
    entities: u32,
    /// `[relations · entities]`
    values: Vec<u32>,
}

impl FactTable {
    pub(super) fn draw(modulus: u32, relations: u32, entities: u32, seed: u64) -> Self {
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("trace-lab/facts")));
        let values = (0..relations * entities).map(|_| 1 + stream.below(u64::from(modulus) - 1) as u32);
        Self { entities, values: values.collect() }
    }

    /// The table with each value replaced, with probability `share`, by another that is not 0: a memory that is sure
    /// of what is wrong. The same entries for the same `seed`.
    pub(super) fn misremembered(&self, modulus: u32, share: f64, seed: u64) -> Self {
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("trace-lab/memory")));
        let mut memory = self.clone();
        for value in &mut memory.values {
            let (wrong, shift) = (stream.uniform() < share, stream.below(u64::from(modulus) - 2) as u32);
            if wrong {
                *value = (*value + shift) % (modulus - 1) + 1;
            }
        }
        memory
    }

    /// The value of a fact; 0 for one that the table does not have.
    #[must_use]
    pub fn value(&self, fact: Fact) -> u32 {
        let index = fact.relation as u32 * self.entities + fact.entity;
        self.values.get(index as usize).copied().unwrap_or_default()
    }

    /// All facts in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Fact> + '_ {
        let relations = self.values.len() as u32 / self.entities;
        Relation::ALL
            .into_iter()
            .take(relations as usize)
            .flat_map(|relation| (0..self.entities).map(move |entity| Fact { relation, entity }))
    }
}
