//! Citation rubrics (CaRR), and the reward that C-GRPO makes of them.

mod combine;
mod config;
mod judge;
#[cfg(test)]
mod tests;

pub use combine::RubricReward;
pub use config::{Connection, Graded, RubricConfig, RubricNoise, RubricRewardConfig, RubricUse};
pub use judge::Rubric;
