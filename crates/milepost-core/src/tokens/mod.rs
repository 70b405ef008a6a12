//! Worlds that are read and written in tokens, and the policies that do so.

mod environment;
mod policy;
mod vocabulary;

pub use environment::{Demonstrator, TokenEnvironment, TurnFault};
pub use policy::{DrawnTurn, ScoreRequest, TokenPolicy, TurnRequest};
pub use vocabulary::{Vocabulary, VocabularyError};
