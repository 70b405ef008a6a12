//! Quests as an environment that is read and written in tokens.

mod cache;
mod commands;
mod config;
mod environment;
mod ladder;
mod plan;
mod probe;
mod task;
#[cfg(test)]
mod tests;

pub use crate::text::Words;
pub use config::{Prompt, RewardScheme, TextQuestConfig};
pub use environment::TextQuest;
pub use probe::QuestProbe;
