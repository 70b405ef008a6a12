use milepost_core::{Vocabulary, VocabularyError};

use super::LookupConfig;

/// What the policy says of where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thought {
    /// The hop that is looked up next, from 0.
    Hop(u32),
    /// All hops are known.
    Done,
}

impl Thought {
    /// Hops that have a word.
    pub const HOPS: u32 = 4;
    /// Think words.
    pub const COUNT: u32 = Self::HOPS + 1;

    const fn index(self) -> u32 {
        match self {
            Self::Hop(hop) => hop,
            Self::Done => Self::HOPS,
        }
    }

    pub(crate) const fn of(index: u32) -> Self {
        if index < Self::HOPS { Self::Hop(index) } else { Self::Done }
    }
}

/// What a token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Thought(Thought),
    Query,
    Answer,
    Via,
    Cite,
    End,
    Relation(u32),
    /// A name of one token, or the first of two: the entity, or the first of those with that first name.
    Name(u32),
    /// The last name.
    Last(u32),
    /// An id that documents are shown under.
    Label(u32),
    /// A word that no turn holds.
    Other,
}

/// The vocabulary of a lookup world and where each kind of word begins.
///
/// `? doc eod q ans via cite hint`, think words, the words of a meta-critic (`meta ok rev 0 … 7`, which no turn of
/// the world holds), relations, document ids, names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    vocabulary: Vocabulary,
    entities: u32,
    relations: u32,
    labels: u32,
    name_len: u32,
}

/// Last names; there are as many first names as it takes.
const LAST_NAMES: u32 = 4;

impl Words {
    /// Stands between the question and what follows.
    pub const ASKED: u32 = 3;
    /// Begins a document.
    pub const DOC: u32 = 4;
    /// Ends a document.
    pub const EOD: u32 = 5;
    /// Begins a query.
    pub const QUERY: u32 = 6;
    /// Begins an answer.
    pub const ANSWER: u32 = 7;
    /// Before an entity on the way to the answer.
    pub const VIA: u32 = 8;
    /// Before the id of a cited document.
    pub const CITE: u32 = 9;
    /// Before a hint that a sampler puts into the prompt.
    pub const HINT: u32 = 10;
    const THOUGHTS: u32 = 11;
    /// Asks for a verdict on the trajectory (a sampler's business).
    pub const META: u32 = Self::THOUGHTS + Thought::COUNT;
    /// The verdict that it may stay.
    pub const OK: u32 = Self::META + 1;
    /// The verdict that it is to be revised from the turn that follows.
    pub const REVISE: u32 = Self::META + 2;
    const POSITIONS: u32 = Self::META + 3;
    /// Turns that a verdict can name.
    pub const POSITION_COUNT: u32 = 8;
    const RELATIONS: u32 = Self::POSITIONS + Self::POSITION_COUNT;

    pub(crate) fn new(config: &LookupConfig) -> Result<Self, VocabularyError> {
        let &LookupConfig { entities, relations, name_len, document_ids: labels, .. } = config;
        let mut words: Vec<String> =
            ["?", "doc", "eod", "q", "ans", "via", "cite", "hint"].map(str::to_owned).into();
        words.extend((1..=Thought::HOPS).map(|hop| format!("hop{hop}")));
        words.extend(["done", "meta", "ok", "rev"].map(str::to_owned));
        words.extend((0..Self::POSITION_COUNT).map(|turn| turn.to_string()));
        words.extend((0..relations).map(|relation| format!("r{relation}")));
        words.extend((0..labels).map(|label| format!("d{label}")));
        if name_len == 1 {
            words.extend((0..entities).map(|entity| format!("e{entity}")));
        } else {
            words.extend((0..entities.div_ceil(LAST_NAMES)).map(|first| format!("first{first}")));
            words.extend((0..LAST_NAMES).map(|last| format!("last{last}")));
        }
        Ok(Self { vocabulary: Vocabulary::new(words)?, entities, relations, labels, name_len })
    }

    /// All words.
    #[must_use]
    pub const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The word of a thought.
    #[must_use]
    pub const fn thought(&self, thought: Thought) -> u32 {
        Self::THOUGHTS + thought.index()
    }

    /// The word of a turn's number in a verdict; the last one there is where the number is too high.
    #[must_use]
    pub const fn position(&self, turn: u32) -> u32 {
        let last = Self::POSITION_COUNT - 1;
        Self::POSITIONS + if turn < last { turn } else { last }
    }

    /// The word of a relation.
    #[must_use]
    pub const fn relation(&self, relation: u32) -> u32 {
        Self::RELATIONS + relation
    }

    /// The word of a document id.
    #[must_use]
    pub const fn label(&self, label: u32) -> u32 {
        Self::RELATIONS + self.relations + label
    }

    const fn names(&self) -> u32 {
        Self::RELATIONS + self.relations + self.labels
    }

    const fn last_names(&self) -> u32 {
        self.names() + self.entities.div_ceil(LAST_NAMES)
    }

    /// The name of an entity: one token, or two.
    pub fn name(&self, entity: u32) -> impl Iterator<Item = u32> + use<> {
        let (first, last) = if self.name_len == 1 {
            (self.names() + entity, None)
        } else {
            let last = self.last_names() + entity % LAST_NAMES;
            (self.names() + entity / LAST_NAMES, Some(last))
        };
        std::iter::once(first).chain(last)
    }

    /// The tokens that a name may begin with.
    pub(crate) fn first_names(&self) -> std::ops::Range<u32> {
        let count = if self.name_len == 1 { self.entities } else { self.entities.div_ceil(LAST_NAMES) };
        self.names()..self.names() + count
    }

    /// The tokens that may follow the first of a name whose first bearer is `entity`; none where it is whole.
    pub(crate) fn last_names_of(&self, entity: u32) -> std::ops::Range<u32> {
        let count = if self.name_len == 1 { 0 } else { LAST_NAMES.min(self.entities - entity) };
        self.last_names()..self.last_names() + count
    }

    pub(crate) fn relations(&self) -> std::ops::Range<u32> {
        Self::RELATIONS..Self::RELATIONS + self.relations
    }

    pub(crate) fn labels(&self) -> std::ops::Range<u32> {
        self.label(0)..self.names()
    }

    pub(crate) const fn thoughts() -> std::ops::Range<u32> {
        Self::THOUGHTS..Self::META
    }

    /// What `token` means.
    pub(crate) fn read(&self, token: u32) -> Word {
        match token {
            Vocabulary::END => Word::End,
            Self::QUERY => Word::Query,
            Self::ANSWER => Word::Answer,
            Self::VIA => Word::Via,
            Self::CITE => Word::Cite,
            _ if Self::thoughts().contains(&token) => Word::Thought(Thought::of(token - Self::THOUGHTS)),
            _ if self.relations().contains(&token) => Word::Relation(token - Self::RELATIONS),
            _ if self.labels().contains(&token) => Word::Label(token - self.label(0)),
            _ if self.first_names().contains(&token) => {
                let first = token - self.names();
                Word::Name(if self.name_len == 1 { first } else { first * LAST_NAMES })
            }
            _ if self.name_len == 2
                && (self.last_names()..self.last_names() + LAST_NAMES).contains(&token) =>
            {
                Word::Last(token - self.last_names())
            }
            _ => Word::Other,
        }
    }
}
