//! Quests as an environment that is read and written in tokens.
//!
//! ```
//! use milepost_core::{Demonstrator, Environment, TaskSeed, TokenEnvironment};
//! use milepost_textworld::quest_env::{RewardScheme, TextQuest, TextQuestConfig};
//!
//! // As an experiment file writes it: two rooms, three objects, four steps.
//! let config: TextQuestConfig = serde_json::from_str(
//!     r#"{ "family": { "kind": "quest", "rooms": 2, "objects": 3, "steps": 4 }, "rewards": "dense" }"#,
//! )?;
//! let mut quest = TextQuest::new(config)?;
//! quest.reset(TaskSeed::literal(3))?;
//!
//! let mut said = quest.new_observation();
//! quest.observe(&mut said);
//! assert_eq!(
//!     quest.text(&said),
//!     "insert the spoon into the wardrobe . vault . you see apple . exits closed crystal door east ."
//! );
//! let turn = quest.expert_turn().expect("the quest can be won");
//! assert_eq!(quest.text(&turn), "open crystal door <end>");
//! assert_eq!(quest.step(&turn)?.reward, 0.25);
//! assert_eq!((quest.plan_length(), quest.steps_achieved()), (4, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod commands;
mod config;
mod distance;
mod environment;
mod ladder;
mod probe;
mod task;
#[cfg(test)]
mod tests;

pub use crate::text::Words;
pub use config::{Prompt, RewardScheme, TextQuestConfig};
pub use distance::QuestDistance;
pub use environment::TextQuest;
pub use probe::QuestProbe;
