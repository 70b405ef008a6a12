//! Objectives on pairs of sequences.

mod aot;
mod divergence;
mod loss;
mod margin;
mod objective;
mod pairs;
mod sequence;

pub use divergence::Divergence;
pub use loss::PreferenceLoss;
pub use margin::MarginLoss;
pub use objective::{PreferenceObjective, PreferenceReport};
pub use pairs::PairBatch;
pub use sequence::SequenceLogProb;
