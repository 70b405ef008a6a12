//! Playing a game: what can be done, what it does, how the quests stand, and what would win.

mod actions;
mod bits;
mod environment;
mod facts;
mod ground;
mod numbers;
mod plan;
mod position;
mod progress;
mod resolve;
mod rows;
mod session;
mod sort;
mod tables;
mod texts;
mod tracker;
mod tree;
mod understanding;
mod world;

pub use environment::{CommandGame, GameAction, GameObservation, Reading, TextGame};
pub use resolve::Resolve;
pub use session::Session;
pub use understanding::Understanding;
pub use world::World;

/// The number of a command in [`World::commands`]: commands in the order of their texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u32);

/// The number of an action: a rule with entities in its slots. In TextWorld's order of valid actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(pub u32);

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reply {
    /// It was done.
    Done(ActionId),
    /// It is not an admissible command; nothing changed.
    Invalid,
    /// It is admissible, but the compiled game refuses it; only a turn passed.
    Refused,
}

/// How large a game may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most instances that the rules may have.
    pub instances: usize,
}

impl Default for Limits {
    /// A million instances; the games of TextWorld's challenges have some hundreds to thousands.
    fn default() -> Self {
        Self { instances: 1_000_000 }
    }
}
