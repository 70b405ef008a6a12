//! Language models of other tools: Llama, Qwen2 and GPT-2 checkpoints in and out, as bytes.

mod config;
mod error;
mod export;
mod fields;
mod layout;
mod load;
#[cfg(test)]
mod tests;
mod weights;

pub use config::{Architecture, PretrainedConfig};
pub use error::{PretrainedError, TensorProblem};
pub use export::{PretrainedFiles, export_pretrained};
pub use load::load_pretrained;
pub use weights::PretrainedWeights;
