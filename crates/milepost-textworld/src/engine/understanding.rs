//! Commands as people type them: abbreviations, synonyms, articles, upper case, parts of names.

use std::collections::BTreeMap;

use super::tables::Tables;
use super::{CommandId, Session};
use crate::logic::template::{self, Part};

/// What a typed text means in the current state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Understanding {
    /// This command, which can be done now.
    Accepted(CommandId),
    /// Any of these commands, all of which can be done now; the text does not say which.
    Ambiguous(Vec<CommandId>),
    /// Any of these commands, none of which can be done now.
    Refused(Vec<CommandId>),
    /// Nothing: no command of this game is put like this.
    NotUnderstood,
}

/// One command as a sequence of words and names.
#[derive(Debug)]
struct Pattern {
    command: CommandId,
    parts: Vec<PatternPart>,
}

#[derive(Debug)]
enum PatternPart {
    Word(String),
    /// The names of an entity, each as words.
    Entity(Vec<Vec<String>>),
}

/// How well a text fits a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// Names are shortened, or where something is taken from is left out.
    Loose,
    /// Every name is one of the entity's names.
    Full,
}

/// All commands of a game as patterns.
#[derive(Debug)]
pub(super) struct Patterns(Vec<Pattern>);

impl Patterns {
    pub(super) fn new(tables: &Tables) -> Self {
        let mut names: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
        for entity in &tables.game.entities {
            let all = entity.name.iter().chain(entity.synonyms.iter().flatten());
            names.insert(&entity.id, all.map(|name| words(name)).filter(|name| !name.is_empty()).collect());
        }
        let pattern = |command: u32| {
            let instance = tables.instance(*tables.ways(command).first()?);
            let template = tables.game.knowledge.rules.get(&instance.rule)?.command.as_ref()?;
            let mut parts = Vec::new();
            for part in template::parts(template) {
                match part {
                    Part::Text(text) => parts.extend(words(text).into_iter().map(PatternPart::Word)),
                    Part::Slot(slot) => {
                        let (_, entity) = instance.bindings.iter().find(|(name, _)| name == slot)?;
                        let entity = tables.facts.variable(*entity).name.as_str();
                        parts.push(PatternPart::Entity(names.get(entity)?.clone()));
                    }
                }
            }
            Some(Pattern { command: CommandId(command), parts })
        };
        Self((0..tables.commands.len() as u32).filter_map(pattern).collect())
    }

    /// The commands that a text fits, and how well.
    fn fitting(&self, typed: &[String]) -> Vec<(Fit, CommandId)> {
        self.0.iter().filter_map(|pattern| Some((pattern.fit(typed)?, pattern.command))).collect()
    }
}

impl Pattern {
    fn fit(&self, typed: &[String]) -> Option<Fit> {
        let shortened = match self.parts.as_slice() {
            // "take lamp" will do for "take lamp from table", "unlock door" for "unlock door with key".
            [start @ .., PatternPart::Word(link), PatternPart::Entity(_)]
                if link == "from" || link == "with" =>
            {
                fit(start, typed).map(|_| Fit::Loose)
            }
            _ => None,
        };
        fit(&self.parts, typed).max(shortened)
    }
}

fn fit(parts: &[PatternPart], typed: &[String]) -> Option<Fit> {
    match (parts, typed) {
        ([], []) => Some(Fit::Full),
        ([PatternPart::Word(word), rest @ ..], [first, others @ ..]) if word == first => fit(rest, others),
        ([PatternPart::Entity(names), rest @ ..], _) => {
            let lengths = 1..=typed.len();
            lengths.filter_map(|n| Some(named(names, &typed[..n])?.min(fit(rest, &typed[n..])?))).max()
        }
        _ => None,
    }
}

/// Whether words name an entity: in full, or by some of the words of one of its names.
fn named(names: &[Vec<String>], typed: &[String]) -> Option<Fit> {
    let full = names.iter().any(|name| name == typed).then_some(Fit::Full);
    let loose =
        || names.iter().any(|name| typed.iter().all(|word| name.contains(word))).then_some(Fit::Loose);
    full.or_else(loose)
}

/// The words of a text in lower case, without articles and the punctuation around words.
fn words(text: &str) -> Vec<String> {
    let bare = |word: &str| word.trim_matches(|c: char| ".,;:!?\"".contains(c)).to_lowercase();
    let all = text.split_whitespace().map(bare);
    all.filter(|word| !matches!(word.as_str(), "" | "the" | "a" | "an" | "some" | "my")).collect()
}

/// Abbreviations and other ways to put a verb, in the words of TextWorld's commands.
fn canonical(typed: &[String]) -> Vec<String> {
    let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
    let words = match typed.as_slice() {
        ["n" | "north"] | ["walk" | "run" | "go", "n" | "north"] => vec!["go", "north"],
        ["s" | "south"] | ["walk" | "run" | "go", "s" | "south"] => vec!["go", "south"],
        ["e" | "east"] | ["walk" | "run" | "go", "e" | "east"] => vec!["go", "east"],
        ["w" | "west"] | ["walk" | "run" | "go", "w" | "west"] => vec!["go", "west"],
        ["i" | "inv"] | ["take", "inventory"] => vec!["inventory"],
        ["l"] | ["look", "around"] => vec!["look"],
        ["l" | "look", "at", rest @ ..] | ["x" | "check" | "inspect" | "describe", rest @ ..] => {
            say("examine", rest)
        }
        ["get" | "grab" | "carry" | "remove", rest @ ..]
        | ["pick", "up", rest @ ..]
        | ["pick", rest @ .., "up"] => say("take", rest),
        ["discard", rest @ ..] | ["put", "down", rest @ ..] | ["put", rest @ .., "down"] => say("drop", rest),
        ["place" | "put", rest @ ..] if rest.iter().any(|w| matches!(*w, "in" | "into" | "inside")) => {
            say("insert", rest)
        }
        ["place", rest @ ..] => say("put", rest),
        ["shut", rest @ ..] => say("close", rest),
        _ => typed.clone(),
    };
    let verb = words.first().copied().unwrap_or_default();
    let link = |word: &str| match (verb, word) {
        ("insert", "in" | "inside") => "into".to_owned(),
        ("put", "onto" | "upon") => "on".to_owned(),
        ("take", "off" | "out") => "from".to_owned(),
        ("lock" | "unlock" | "slice" | "dice" | "chop" | "cook", "using") | ("cook", "in" | "on") => {
            "with".to_owned()
        }
        _ => word.to_owned(),
    };
    words.into_iter().map(link).collect()
}

fn say<'a>(verb: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    std::iter::once(verb).chain(rest.iter().copied()).collect()
}

impl Session {
    /// What a text means here, put as people put commands to such games: `x lamp`, `n`, `Take the KEY`,
    /// `get lamp`, `put lamp in box`. A name may be shortened to some of its words.
    ///
    /// A text that says exactly what an admissible command says always is that command.
    #[must_use]
    pub fn understand(&self, text: &str) -> Understanding {
        let exact = self.world().command_id(text.trim()).filter(|command| self.is_admissible(*command));
        if let Some(command) = exact {
            return Understanding::Accepted(command);
        }
        let patterns = self.world().patterns();
        let typed = words(text);
        let mut fitting = patterns.fitting(&canonical(&typed));
        if fitting.is_empty() {
            fitting = patterns.fitting(&typed);
        }
        let possible = best(fitting.iter().filter(|(_, command)| self.is_admissible(*command)));
        match possible.as_slice() {
            [] if fitting.is_empty() => Understanding::NotUnderstood,
            [] => Understanding::Refused(best(fitting.iter())),
            [command] => Understanding::Accepted(*command),
            _ => Understanding::Ambiguous(possible),
        }
    }
}

/// The commands that fit best.
fn best<'a>(fitting: impl Iterator<Item = &'a (Fit, CommandId)> + Clone) -> Vec<CommandId> {
    let most = fitting.clone().map(|(fit, _)| *fit).max();
    fitting.filter(|(fit, _)| Some(*fit) == most).map(|(_, command)| *command).collect()
}
