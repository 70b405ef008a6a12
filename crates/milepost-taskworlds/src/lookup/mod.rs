//! `lookup-qa`: questions of several hops over a corpus that has to be searched.
//!
//! A question names an entity and relations to follow from it; a corpus holds one document for each entity
//! and relation; a noisy retriever returns the best few to a query. The policy searches, thinks, and answers,
//! perhaps with citations. Search agents' methods are compared on it: information gain (IGPO), truncated steps
//! (SLATE), a meta-refiner (Search-R2), hints and distillation (KEPO), citation rubrics (CaRR).
//!
//! - [`LookupQa`] is the world, made from a [`LookupConfig`]; [`Words`] its vocabulary.
//! - [`LookupEvent`]: what each turn did, for scorers, samplers and reports.
//! - [`LookupOracle`]: what is true of the task, with grades of queries, thoughts and answers.
//! - [`LookupProbe`] and [`RubricProbe`]: the same as numbers, recorded while sampling; [`LookupQa::replay`] reads a recorded trajectory.
//! - [`LookupGold`]: what an episode was worth, for evaluation only.
//! - [`ReaderNoise`]: the knobs of a scripted reader without hidden knowledge, for warm starts.

mod config;
mod demonstrator;
mod distance;
mod environment;
mod event;
mod gold;
mod grade;
mod inspect;
mod oracle;
mod probe;
mod reader;
mod replay;
mod retriever;
mod rubric;
mod rubric_probe;
mod score;
mod search_reward;
#[cfg(test)]
mod tests;
mod turn;
mod words;
mod world;

pub use config::{Compositions, LookupConfig, OutcomeReward, WorldScope};
pub use distance::LookupDistance;
pub use environment::LookupQa;
pub use event::{LookupAction, LookupEvent, ShownDocument};
pub use gold::{LookupGold, LookupMeasure};
pub use grade::{AnswerGrade, QueryGrade, ThoughtGrade};
pub use oracle::{AnswerSchema, LookupOracle};
pub use probe::LookupProbe;
pub use reader::ReaderNoise;
pub use rubric::RubricItem;
pub use rubric_probe::RubricProbe;
pub use score::f1;
pub use turn::Answer;
pub use words::{Thought, Words};
pub use world::{Fact, POPULAR, Query};
