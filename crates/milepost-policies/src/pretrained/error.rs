use std::fmt;

use crate::{CheckpointError, PolicyError};

/// A pretrained model that cannot be read, or cannot be expressed here.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PretrainedError {
    /// A JSON file is not one.
    #[error("{file} is not valid JSON ({reason}); restore the file")]
    Json {
        /// `config.json` or `model.safetensors.index.json`.
        file: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// The architecture is not one that can be read.
    #[error(
        "config.json describes the architecture `{found}`; Llama, Qwen2 and GPT-2 language models can be read (model_type llama, qwen2, gpt2)"
    )]
    Architecture {
        /// What it says.
        found: String,
    },
    /// A key is missing.
    #[error("config.json has no `{key}`; restore the file")]
    MissingKey {
        /// The key.
        key: String,
    },
    /// A value makes no sense.
    #[error("config.json says {key} = {value}, but it should be {expected}")]
    Value {
        /// The key.
        key: String,
        /// The value, as JSON.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// A value asks for something that would change the model's function and is not implemented.
    #[error("config.json says {key} = {value}, which is not implemented: {supported}")]
    Unsupported {
        /// The key.
        key: String,
        /// The value, as JSON.
        value: String,
        /// What is.
        supported: &'static str,
    },
    /// The bytes are not a whole safetensors file.
    #[error("{file} is damaged or not a safetensors file ({reason}); restore it")]
    Damaged {
        /// The file.
        file: String,
        /// What the reader said.
        reason: String,
    },
    /// The shards are not those of the index.
    #[error("the shards do not match model.safetensors.index.json: {reason}")]
    Shards {
        /// What differs.
        reason: String,
    },
    /// The tensors are not those that the configuration asks for.
    #[error("the weights do not fit config.json: {}", list(.problems))]
    Tensors {
        /// Everything that does not fit, by name.
        problems: Vec<TensorProblem>,
    },
    /// A model has parts that no family of checkpoints has together.
    #[error(
        "no family of checkpoints has these parts together; Llama and Qwen2 have rotary positions, RMSNorm and SwiGLU, GPT-2 has learned positions, LayerNorm, GELU, all biases and a key head for each query head"
    )]
    NoFamily,
    /// The network cannot be built.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Parameters cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Why one tensor does not fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TensorProblem {
    /// It is not there.
    Missing {
        /// The tensor.
        name: String,
    },
    /// The configuration has no place for it.
    Unexpected {
        /// The tensor.
        name: String,
    },
    /// It is there in more than one shard.
    Repeated {
        /// The tensor.
        name: String,
    },
    /// It has another shape.
    Shape {
        /// The tensor.
        name: String,
        /// The shape that the configuration asks for.
        expected: Vec<usize>,
        /// The shape in the file.
        found: Vec<usize>,
    },
    /// Its numbers are of a type that is not read.
    NumberType {
        /// The tensor.
        name: String,
        /// The type.
        found: String,
    },
    /// The configuration ties the output matrix to the embeddings, but the file has another one.
    Untied {
        /// The tensor.
        name: String,
    },
}

impl fmt::Display for TensorProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "`{name}` is missing"),
            Self::Unexpected { name } => write!(f, "`{name}` has no place"),
            Self::Repeated { name } => write!(f, "`{name}` is in more than one shard"),
            Self::Shape { name, expected, found } => write!(f, "`{name}` is {found:?}, not {expected:?}"),
            Self::NumberType { name, found } => {
                write!(f, "`{name}` holds {found} numbers, not F32, F16 or BF16")
            }
            Self::Untied { name } => {
                write!(f, "`{name}` differs from the embeddings although tie_word_embeddings is true")
            }
        }
    }
}

fn list(problems: &[TensorProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
