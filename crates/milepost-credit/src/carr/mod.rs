//! CaRR and C-GRPO: of correct answers, those first that name, cite and connect their whole chain of evidence.

mod combine;
mod graph;

pub use combine::{CGrpo, CGrpoReport, RubricUse};
pub use graph::{Evidence, RubricGraph};
