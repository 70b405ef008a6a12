use milepost_core::Vocabulary;

use super::words::{Thought, Word, Words};
use super::{LookupConfig, Query};

/// An answer as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The entity.
    pub entity: u32,
    /// Entities on the way, in the order in which they were named.
    pub via: Vec<u32>,
    /// Ids of cited documents, in their order.
    pub citations: Vec<u32>,
}

/// What a turn does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Query(Query),
    Answer(Answer),
}

/// How much a turn may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    thoughts: usize,
    via: usize,
    citations: usize,
    name: usize,
}

impl Rules {
    pub(crate) fn new(config: &LookupConfig) -> Self {
        let via = if config.via { config.hops - 1 } else { 0 };
        Self {
            thoughts: config.thoughts as usize,
            via: via as usize,
            citations: config.citations as usize,
            name: config.name_len as usize,
        }
    }

    /// Tokens of the longest query, its end included.
    pub(crate) const fn query_limit(&self) -> usize {
        self.thoughts + 1 + self.name + 1 + 1
    }

    /// Tokens of the longest answer, its end included.
    pub(crate) const fn answer_limit(&self) -> usize {
        self.thoughts + 1 + self.name + self.via * (1 + self.name) + self.citations * 2 + 1
    }

    /// Tokens of the longest turn, its end included.
    pub(crate) const fn turn_limit(&self) -> usize {
        let (query, answer) = (self.query_limit(), self.answer_limit());
        if query > answer { query } else { answer }
    }
}

/// What comes next in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A thought or the act's own word.
    Start,
    /// A name, for the act that is being written.
    Name(Role),
    /// The rest of a name that begins as that of this entity.
    Rest(Role, u32),
    Relation,
    /// `via`, `cite` or the end.
    More,
    Label,
    End,
    Nothing,
}

/// What a name is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Subject,
    Answer,
    Via,
}

/// A turn as far as it has been read. Grammar and parser are one automaton: a token is read if it is allowed.
#[derive(Debug, Clone)]
pub(crate) struct Reading<'a> {
    words: &'a Words,
    rules: Rules,
    next: Next,
    thoughts: Vec<Thought>,
    entity: u32,
    relation: Option<u32>,
    via: Vec<u32>,
    citations: Vec<u32>,
}

impl<'a> Reading<'a> {
    pub(crate) const fn new(words: &'a Words, rules: Rules) -> Self {
        Self {
            words,
            rules,
            next: Next::Start,
            thoughts: Vec::new(),
            entity: 0,
            relation: None,
            via: Vec::new(),
            citations: Vec::new(),
        }
    }

    /// Reads tokens one after the other; `None` at the first that may not stand there.
    pub(crate) fn read(mut self, tokens: &[u32]) -> Option<Self> {
        for token in tokens {
            self.next = self.after(self.words.read(*token))?;
        }
        Some(self)
    }

    fn after(&mut self, word: Word) -> Option<Next> {
        match (self.next, word) {
            (Next::Start, Word::Thought(thought)) if self.thoughts.len() < self.rules.thoughts => {
                self.thoughts.push(thought);
                Some(Next::Start)
            }
            (Next::Start, Word::Query) => Some(Next::Name(Role::Subject)),
            (Next::Start, Word::Answer) => Some(Next::Name(Role::Answer)),
            (Next::Name(role), Word::Name(entity)) if self.words.last_names_of(entity).is_empty() => {
                Some(self.named(role, entity))
            }
            (Next::Name(role), Word::Name(entity)) => Some(Next::Rest(role, entity)),
            (Next::Rest(role, first), Word::Last(last)) => {
                let known = (last as usize) < self.words.last_names_of(first).len();
                known.then(|| self.named(role, first + last))
            }
            (Next::Relation, Word::Relation(relation)) => {
                self.relation = Some(relation);
                Some(Next::End)
            }
            (Next::More, Word::Via) if self.may_name() => Some(Next::Name(Role::Via)),
            (Next::More, Word::Cite) if self.may_cite() => Some(Next::Label),
            (Next::Label, Word::Label(label)) => {
                self.citations.push(label);
                Some(Next::More)
            }
            (Next::End | Next::More, Word::End) => Some(Next::Nothing),
            _ => None,
        }
    }

    fn named(&mut self, role: Role, entity: u32) -> Next {
        match role {
            Role::Via => self.via.push(entity),
            Role::Subject | Role::Answer => self.entity = entity,
        }
        if role == Role::Subject { Next::Relation } else { Next::More }
    }

    fn may_name(&self) -> bool {
        self.via.len() < self.rules.via && self.citations.is_empty()
    }

    fn may_cite(&self) -> bool {
        self.citations.len() < self.rules.citations
    }

    /// Appends what may be read next, in increasing order. `may_query` is whether a query may begin.
    pub(crate) fn allowed(&self, may_query: bool, into: &mut Vec<u32>) {
        match self.next {
            Next::Start => {
                into.extend(may_query.then_some(Words::QUERY));
                into.push(Words::ANSWER);
                if self.thoughts.len() < self.rules.thoughts {
                    into.extend(Words::thoughts());
                }
            }
            Next::Name(_) => into.extend(self.words.first_names()),
            Next::Rest(_, first) => into.extend(self.words.last_names_of(first)),
            Next::Relation => into.extend(self.words.relations()),
            Next::More => {
                into.push(Vocabulary::END);
                into.extend(self.may_name().then_some(Words::VIA));
                into.extend(self.may_cite().then_some(Words::CITE));
            }
            Next::Label => into.extend(self.words.labels()),
            Next::End => into.push(Vocabulary::END),
            Next::Nothing => {}
        }
    }

    /// The same in a turn that answers: a query that has been begun goes nowhere.
    pub(crate) fn allowed_in_answer(&self, into: &mut Vec<u32>) {
        if !matches!(self.next, Next::Name(Role::Subject) | Next::Rest(Role::Subject, _) | Next::Relation)
            && self.relation.is_none()
        {
            self.allowed(false, into);
        }
    }

    /// The thoughts, and what the turn does; no act where it is not whole.
    pub(crate) fn finish(self) -> Option<(Vec<Thought>, Act)> {
        let Self { next, thoughts, entity, relation, via, citations, .. } = self;
        let act = match relation {
            Some(relation) => Act::Query(Query { entity, relation }),
            None => Act::Answer(Answer { entity, via, citations }),
        };
        (next == Next::Nothing).then_some((thoughts, act))
    }
}

/// Writes the tokens of a turn, its end included.
pub(crate) fn write(words: &Words, thoughts: impl IntoIterator<Item = Thought>, act: &Act) -> Vec<u32> {
    let mut turn: Vec<u32> = thoughts.into_iter().map(|thought| words.thought(thought)).collect();
    match act {
        Act::Query(Query { entity, relation }) => {
            turn.push(Words::QUERY);
            turn.extend(words.name(*entity));
            turn.push(words.relation(*relation));
        }
        Act::Answer(Answer { entity, via, citations }) => {
            turn.push(Words::ANSWER);
            turn.extend(words.name(*entity));
            for entity in via {
                turn.push(Words::VIA);
                turn.extend(words.name(*entity));
            }
            turn.extend(citations.iter().flat_map(|label| [Words::CITE, words.label(*label)]));
        }
    }
    turn.push(Vocabulary::END);
    turn
}
