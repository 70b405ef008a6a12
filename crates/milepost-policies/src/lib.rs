#![doc = include_str!("../README.md")]

mod adam;
mod archive;
mod autoencoder;
mod average;
mod checkpoint;
mod choice;
mod config;
mod device;
mod error;
mod ftanh;
pub mod fused;
mod gradient;
mod gru;
mod initial;
mod networks;
mod parameters;
mod pretrained;
mod sampling;
mod sequence;
mod simd;
mod state_index;
mod tensors;
#[cfg(test)]
mod testing;
#[cfg(feature = "tokenizers")]
mod tokenizer;
mod transformer;

pub use adam::{Adam, AdamConfig};
pub use autoencoder::{Autoencoder, AutoencoderConfig, Encoding as RowEncoding, TrainingReport};
pub use average::average_weights;
pub use checkpoint::{CheckpointError, model_from_bytes, model_to_bytes};
pub use choice::{
    CandidateScores, Candidates, Choice, ChoiceError, ChoiceRule, ChoiceSettings, Question, RelevanceNetwork,
    choice_log_probs, score_candidates,
};
pub use config::{Activation, CnnConfig, MlpConfig, NetworkConfig, TabularConfig};
pub use device::{DeviceChoice, DeviceError, DeviceUsed, OpenDevice, open_device};
pub use error::PolicyError;
pub use ftanh::ftanh;
pub use gradient::global_norm;
pub use gru::{GruCache, GruConfig, GruLayer, GruPolicy, GruTrunk};
pub use networks::{ActorCritic, Dense, MinigridCnn, Mlp, Network, TabularSoftmax};
pub use pretrained::{
    Architecture, PretrainedConfig, PretrainedError, PretrainedFiles, PretrainedWeights, TensorProblem,
    export_pretrained, load_pretrained,
};
pub use sampling::{greedy_action, log_probability, sample_action};
pub use sequence::{
    Demonstration, ModelPolicy, SequenceModel, behaviour_clone, final_values, supervised_step,
};
pub use state_index::StateIndex;
pub use tensors::{action_log_probabilities, entropy, log_probabilities, masked_logits};
#[cfg(feature = "tokenizers")]
pub use tokenizer::{Encoding, Tokenizer, TokenizerError};
pub use transformer::{
    Affine, Biases, Block, CausalTransformer, FeedForward, KeyValueCache, Norm, NormKind, Positions,
    TransformerConfig, Trunk, ValueKind,
};
