//! Choice among whole candidates: one action is one of several token sequences, such as the admissible
//! commands of a text world.

mod candidates;
mod error;
mod relevance;
mod rule;
mod score;
mod tensors;
#[cfg(test)]
mod tests;
mod trie;

pub use candidates::Candidates;
pub use error::ChoiceError;
pub use relevance::RelevanceNetwork;
pub use rule::{Choice, ChoiceRule, ChoiceSettings};
pub use score::{CandidateScores, Question, score_candidates};
pub use tensors::choice_log_probs;
