//! From values to text.

use std::fmt::{self, Display, Formatter};

use super::{Article, Description, Location, Sentence};
use crate::object::{Color, Kind};
use crate::rules::{Instruction, Order};

pub(super) const THEN: &str = ", then ";
pub(super) const AFTER: &str = " after you ";
pub(super) const AND: &str = " and ";
pub(super) const NEXT_TO: &str = " next to ";

impl Location {
    /// "in front of you" and so on.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Left => "on your left",
            Self::Right => "on your right",
            Self::Front => "in front of you",
            Self::Behind => "behind you",
        }
    }
}

impl Article {
    /// "the" or "a".
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::The => "the",
            Self::A => "a",
        }
    }
}

impl Display for Description {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(self.article.word())?;
        let color = self.color.map(Color::name);
        let kind = self.kind.map_or("object", Kind::name);
        let location = self.location.map(Location::words);
        color.into_iter().chain([kind]).chain(location).try_for_each(|word| write!(f, " {word}"))
    }
}

impl Display for Sentence {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::GoTo(objects) => write!(f, "go to {objects}"),
            Self::Open { objects, .. } => write!(f, "open {objects}"),
            Self::PickUp { objects, .. } => write!(f, "pick up {objects}"),
            Self::PutNext { moved, beside, .. } => write!(f, "put {moved}{NEXT_TO}{beside}"),
            Self::Sequence { first, second, order: Order::Before, .. } => write!(f, "{first}{THEN}{second}"),
            Self::Sequence { first, second, order: Order::After, .. } => write!(f, "{second}{AFTER}{first}"),
            Instruction::Both(a, b) => write!(f, "{a}{AND}{b}"),
        }
    }
}
