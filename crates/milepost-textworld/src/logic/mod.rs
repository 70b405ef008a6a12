//! TextWorld's logic: types, facts, rules, and which rules a state allows.

mod action;
mod declarations;
mod error;
mod knowledge_base;
mod matching;
mod name;
mod rule;
mod state;
pub(crate) mod template;
mod term;
mod types;

pub use action::Action;
pub use declarations::Declarations;
pub use error::LogicError;
pub use knowledge_base::KnowledgeBase;
pub use matching::{all_matches, matches, matches_from};
pub use name::Name;
pub use rule::{Alias, Rule};
pub use state::State;
pub use term::{Bindings, Fact, Placeholder, Predicate, Signature, Variable};
pub use types::{Types, is_constant};
