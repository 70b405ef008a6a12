use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::GruPolicy;
use crate::{PolicyError, initial::Initializer};

/// Settings of [`GruPolicy`]. In TOML, unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GruConfig {
    /// The most tokens of a sequence. The recurrence knows no limit; this one bounds memory. Default 512.
    pub context: usize,
    /// Width of the token embeddings. Default 64.
    pub embedding: usize,
    /// Width of the state. Default 128.
    pub width: usize,
    /// Layers, each reading the states of the one before. Default 1.
    pub layers: usize,
}

impl Default for GruConfig {
    fn default() -> Self {
        Self { context: 512, embedding: 64, width: 128, layers: 1 }
    }
}

impl GruConfig {
    /// Builds the network for `vocabulary` tokens on `device`, with initial weights that depend on
    /// `run_seed` alone. Use an autodiff device for training.
    ///
    /// # Errors
    /// If a size is 0.
    pub fn init(&self, vocabulary: usize, run_seed: u64, device: &Device) -> Result<GruPolicy, PolicyError> {
        self.check(vocabulary)?;
        Ok(GruPolicy::new(self, vocabulary, &mut Initializer::new(run_seed, device)))
    }

    /// Whether the settings make a network.
    pub fn check(&self, vocabulary: usize) -> Result<(), PolicyError> {
        let sizes = [
            ("vocabulary", vocabulary),
            ("context", self.context),
            ("embedding", self.embedding),
            ("width", self.width),
            ("layers", self.layers),
        ];
        match sizes.into_iter().find(|(_, size)| *size == 0) {
            Some((field, _)) => {
                Err(PolicyError::Config { field, reason: "is 0; at least 1 is needed".to_owned() })
            }
            None => Ok(()),
        }
    }
}
