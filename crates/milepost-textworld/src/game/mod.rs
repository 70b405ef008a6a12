//! Games: a world, quests and names. Loaded from TextWorld's game files or built by hand.

mod check;
mod entity;
mod error;
mod file;
mod quest;

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::logic::{Fact, KnowledgeBase};

pub use entity::Entity;
pub use error::GameError;
pub(crate) use quest::TRIGGER;
pub use quest::{Event, Quest};

/// A game: what its logic is, how its world starts, what is asked, and what things are called.
#[derive(Debug, Clone, PartialEq)]
pub struct Game {
    /// Types and rules.
    pub knowledge: Arc<KnowledgeBase>,
    /// The facts that hold at the start.
    pub facts: Vec<Fact>,
    /// The quests, in the order in which they are updated.
    pub quests: Vec<Quest>,
    /// Names and descriptions.
    pub entities: Vec<Entity>,
    /// What is asked, in words.
    pub objective: String,
    /// Whatever else the maker of the game recorded: `walkthrough`, seeds, settings.
    pub metadata: Map<String, Value>,
    /// The options of TextWorld's text grammar; not used here.
    pub grammar: Value,
    /// Where TextWorld found its text grammars; not used here.
    pub text_grammars_path: String,
}

impl Game {
    /// A game without quests, names or further data.
    #[must_use]
    pub fn new(knowledge: Arc<KnowledgeBase>, facts: Vec<Fact>) -> Self {
        Self {
            knowledge,
            facts,
            quests: Vec::new(),
            entities: Vec::new(),
            objective: String::new(),
            metadata: Map::new(),
            grammar: Value::Object(Map::new()),
            text_grammars_path: String::new(),
        }
    }

    /// The sum of the rewards of all quests that are mandatory or pay; `None` where a repeatable quest pays,
    /// as there is no maximum then.
    #[must_use]
    pub fn max_score(&self) -> Option<i64> {
        if self.quests.iter().any(|quest| quest.repeatable && quest.reward > 0) {
            return None;
        }
        Some(self.quests.iter().filter(|q| !q.optional || q.reward > 0).map(|q| q.reward).sum())
    }

    /// The commands that the maker of the game recorded as a solution, if any.
    #[must_use]
    pub fn walkthrough(&self) -> Option<Vec<&str>> {
        self.metadata.get("walkthrough")?.as_array()?.iter().map(Value::as_str).collect()
    }

    /// What is known of an entity.
    #[must_use]
    pub fn entity(&self, id: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.id == id)
    }
}
