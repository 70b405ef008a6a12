use std::collections::BTreeMap;

use milepost_core::{Vocabulary, VocabularyError};

use crate::logic::KnowledgeBase;
use crate::logic::template::{Part, parts};

/// The commands of a game as tokens, by the number that the engine gives them.
#[derive(Debug, Clone)]
pub(super) struct Commands {
    tokens: Vec<Box<[u32]>>,
    numbers: BTreeMap<Box<[u32]>, u32>,
    /// Whether a command changes nothing.
    idle: Vec<bool>,
}

impl Commands {
    /// Reads the commands of a game, each with whether it changes nothing.
    pub(super) fn new<'a>(
        commands: impl Iterator<Item = (&'a str, bool)>,
        vocabulary: &Vocabulary,
    ) -> Result<Self, VocabularyError> {
        let mut new = Self { tokens: Vec::new(), numbers: BTreeMap::new(), idle: Vec::new() };
        for (number, (text, idle)) in commands.enumerate() {
            let tokens: Box<[u32]> = vocabulary.encode(text)?.into();
            new.numbers.insert(tokens.clone(), number as u32);
            new.tokens.push(tokens);
            new.idle.push(idle);
        }
        Ok(new)
    }

    /// The tokens of a command, without an end.
    pub(super) fn tokens(&self, command: u32) -> &[u32] {
        &self.tokens[command as usize]
    }

    /// The command that tokens (without an end) are.
    pub(super) fn find(&self, tokens: &[u32]) -> Option<u32> {
        self.numbers.get(tokens).copied()
    }

    /// Whether the command changes nothing.
    pub(super) fn is_idle(&self, command: u32) -> bool {
        self.idle[command as usize]
    }
}

/// What a command looks like, whatever there is in the world.
#[derive(Debug, Clone)]
pub(super) struct Templates {
    patterns: Vec<Vec<Slot>>,
    /// By token: whether names are made of it.
    names: Vec<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Word(u32),
    Name,
}

/// The most words of a name: an adjective and a noun.
const NAME_WORDS: usize = 2;

impl Templates {
    /// The command templates of a knowledge base. `is_name` says of which words names are made.
    pub(super) fn new(
        knowledge: &KnowledgeBase,
        vocabulary: &Vocabulary,
        is_name: impl Fn(&str) -> bool,
    ) -> Result<Self, VocabularyError> {
        let mut patterns = Vec::new();
        for template in knowledge.rules.values().filter_map(|rule| rule.command.as_ref()) {
            let mut pattern = Vec::new();
            for part in parts(template) {
                match part {
                    Part::Text(text) => pattern.extend(vocabulary.encode(text)?.into_iter().map(Slot::Word)),
                    Part::Slot(_) => pattern.push(Slot::Name),
                }
            }
            patterns.push(pattern);
        }
        patterns.sort();
        patterns.dedup();
        Ok(Self { patterns, names: vocabulary.words().map(is_name).collect() })
    }

    /// The most words of a command.
    pub(super) fn longest(&self) -> usize {
        let words = |slot: &Slot| if *slot == Slot::Name { NAME_WORDS } else { 1 };
        self.patterns.iter().map(|pattern| pattern.iter().map(words).sum()).max().unwrap_or(0)
    }

    /// Whether tokens (without an end) are a command of some world.
    pub(super) fn understand(&self, tokens: &[u32]) -> bool {
        self.patterns.iter().any(|pattern| self.matches(pattern, tokens))
    }

    fn matches(&self, pattern: &[Slot], tokens: &[u32]) -> bool {
        match (pattern.split_first(), tokens) {
            (None, _) => tokens.is_empty(),
            (Some((Slot::Word(word), rest)), [token, others @ ..]) => {
                word == token && self.matches(rest, others)
            }
            (Some((Slot::Name, rest)), _) => (1..=NAME_WORDS.min(tokens.len())).any(|words| {
                let is_name = |token: &u32| self.names.get(*token as usize).is_some_and(|name| *name);
                tokens[..words].iter().all(is_name) && self.matches(rest, &tokens[words..])
            }),
            (Some(_), []) => false,
        }
    }
}
