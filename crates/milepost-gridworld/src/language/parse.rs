//! From text to values.

use std::str::FromStr;

use super::text::{AFTER, AND, NEXT_TO, THEN};
use super::{Article, Description, Location, Sentence};
use crate::object::{Color, Kind};
use crate::rules::Order;

/// A text that is no sentence of the language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SentenceError {
    /// No action begins like this.
    #[error("{0:?} is no action; actions begin with \"go to\", \"open\", \"pick up\" or \"put\"")]
    Action(String),
    /// Putting needs a second object.
    #[error("{0:?} does not say next to what; write \"put … next to …\"")]
    NextTo(String),
    /// This describes no object.
    #[error(
        "{0:?} describes nothing; write \"the\" or \"a\", a colour (or none), a kind or \"object\", and a location (or none)"
    )]
    Description(String),
    /// The action cannot be done with what is described.
    #[error("one cannot {verb} {description}")]
    Unfit {
        /// The action.
        verb: &'static str,
        /// What it was to be done with.
        description: Description,
    },
}

impl FromStr for Description {
    type Err = SentenceError;

    fn from_str(text: &str) -> Result<Self, SentenceError> {
        parse_description(text).ok_or_else(|| SentenceError::Description(text.to_owned()))
    }
}

fn parse_description(text: &str) -> Option<Description> {
    let (article, rest) = text.split_once(' ')?;
    let article = [Article::The, Article::A].into_iter().find(|candidate| candidate.word() == article)?;
    let color = Color::ALL.into_iter().find(|color| word(rest, color.name()).is_some());
    let rest = color.map_or(Some(rest), |color| word(rest, color.name())?.strip_prefix(' '))?;
    let kinds = [None, Some(Kind::Door), Some(Kind::Key), Some(Kind::Ball), Some(Kind::Box)];
    let name = |kind: Option<Kind>| kind.map_or("object", Kind::name);
    let (kind, rest) = kinds.into_iter().find_map(|kind| Some((kind, word(rest, name(kind))?)))?;
    let location = match rest.strip_prefix(' ') {
        None => None,
        Some(words) => Some(Location::ALL.into_iter().find(|location| location.words() == words)?),
    };
    Some(Description { article, color, kind, location })
}

/// What follows `word` at the start of `text`: nothing, or a space and more.
fn word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    text.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with(' '))
}

impl FromStr for Sentence {
    type Err = SentenceError;

    /// Nothing in a text says that an instruction is strict, so none is.
    fn from_str(text: &str) -> Result<Self, SentenceError> {
        if let Some((first, second)) = text.split_once(THEN) {
            return Ok(Self::sequence(part(first)?, part(second)?, Order::Before, false));
        }
        match text.split_once(AFTER) {
            Some((second, first)) => {
                let (second, first) = (part(second)?, part(first)?);
                Ok(Self::sequence(first, second, Order::After, false))
            }
            None => part(text),
        }
    }
}

fn part(text: &str) -> Result<Sentence, SentenceError> {
    match text.split_once(AND) {
        Some((a, b)) => Ok(Sentence::Both(Box::new(action(a)?), Box::new(action(b)?))),
        None => action(text),
    }
}

fn action(text: &str) -> Result<Sentence, SentenceError> {
    if let Some(objects) = text.strip_prefix("go to ") {
        Ok(Sentence::GoTo(objects.parse()?))
    } else if let Some(objects) = text.strip_prefix("open ") {
        let objects = fit("open", objects.parse()?, |kind| kind == Some(Kind::Door))?;
        Ok(Sentence::Open { objects, strict: false })
    } else if let Some(objects) = text.strip_prefix("pick up ") {
        let objects = fit("pick up", objects.parse()?, |kind| kind != Some(Kind::Door))?;
        Ok(Sentence::PickUp { objects, strict: false })
    } else if let Some(objects) = text.strip_prefix("put ") {
        let (moved, beside) =
            objects.split_once(NEXT_TO).ok_or_else(|| SentenceError::NextTo(text.to_owned()))?;
        let moved = fit("put", moved.parse()?, |kind| kind != Some(Kind::Door))?;
        Ok(Sentence::PutNext { moved, beside: beside.parse()?, strict: false })
    } else {
        Err(SentenceError::Action(text.to_owned()))
    }
}

fn fit(
    verb: &'static str,
    description: Description,
    good: impl Fn(Option<Kind>) -> bool,
) -> Result<Description, SentenceError> {
    if good(description.kind) { Ok(description) } else { Err(SentenceError::Unfit { verb, description }) }
}
