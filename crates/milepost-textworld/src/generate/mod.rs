//! Games made from a seed: worlds, quests and plans.
//!
//! Every family is a small configuration with a function `generate`. All randomness of a game comes from
//! streams keyed by its task seed, so the same seed always gives the same game. A game is made together with
//! a plan that wins it; the plan is recorded in the win event of its one quest, and as the walkthrough.

mod blueprint;
mod coin;
mod cooking;
mod distract;
mod error;
mod furnish;
pub(crate) mod house;
mod lay;
mod logic;
mod map;
pub(crate) mod names;
mod objective;
mod route;
mod sized;
mod skeleton;
#[cfg(test)]
mod tests;
mod treasure;
mod write;

use std::sync::Arc;

use milepost_core::{Purpose, Stream, StreamKey, TaskSeed};
use serde::{Deserialize, Serialize};

use crate::game::Game;
use crate::logic::KnowledgeBase;
use crate::text::Lexicon;

pub use coin::CoinCollector;
pub use cooking::Cooking;
pub use error::GenerateError;
pub use house::House;
pub use map::Direction;
pub use sized::SizedQuest;
pub use treasure::TreasureHunter;

/// A family of games by name and size, as an experiment file writes it:
/// `{ kind = "quest", rooms = 4, objects = 6, steps = 8 }`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Family {
    /// See [`CoinCollector`].
    CoinCollector(CoinCollector),
    /// See [`TreasureHunter`].
    TreasureHunter(TreasureHunter),
    /// See [`SizedQuest`].
    Quest(SizedQuest),
    /// See [`Cooking`].
    Cooking(Cooking),
    /// See [`House`].
    House(House),
}

impl Default for Family {
    /// `w2-o3-q4`.
    fn default() -> Self {
        Self::Quest(SizedQuest::default())
    }
}

impl Family {
    /// The game that `seed` names.
    pub fn generate(&self, seed: TaskSeed) -> Result<Game, GenerateError> {
        match self {
            Self::CoinCollector(family) => family.generate(seed),
            Self::TreasureHunter(family) => family.generate(seed),
            Self::Quest(family) => family.generate(seed),
            Self::Cooking(family) => family.generate(seed),
            Self::House(family) => family.generate(seed),
        }
    }

    /// Family and size in one word, for instance `w2-o3-q4`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::CoinCollector(family) => format!("coin-collector-{}", family.level),
            Self::TreasureHunter(family) => format!("treasure-hunter-{}", family.level),
            Self::Quest(family) => family.label(),
            Self::Cooking(family) => family.label(),
            Self::House(family) => format!("house-w{}", family.rooms),
        }
    }
}

impl Family {
    /// The words that games of this family use, whatever their size and seed.
    pub(crate) const fn lexicon(&self) -> Lexicon {
        match self {
            Self::CoinCollector(_) => Lexicon::Rooms,
            Self::TreasureHunter(_) => Lexicon::Things,
            Self::Quest(_) | Self::Cooking(_) | Self::House(_) => Lexicon::Cooking,
        }
    }

    /// The logic of the games of this family.
    pub(crate) fn knowledge(&self) -> Arc<KnowledgeBase> {
        match self {
            Self::CoinCollector(_) => logic::coin(),
            Self::TreasureHunter(_) => logic::house(),
            Self::Quest(_) | Self::Cooking(_) | Self::House(_) => logic::cooking(),
        }
    }
}

/// The stream of one part of a game.
fn stream(seed: TaskSeed, part: &str) -> Stream {
    Stream::new(StreamKey { task: seed.get(), ..StreamKey::new(0, Purpose::named(part)) })
}
