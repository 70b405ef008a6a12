use serde::{Deserialize, Serialize};

use crate::learners::LearnerError;
use crate::learners::settings::Check;

/// Settings of a decision transformer; the defaults are CORL's sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecisionTransformerConfig {
    /// Steps in a context, K. Default 20.
    pub context: usize,
    /// Blocks. Default 3.
    pub layers: usize,
    /// Width of the residual stream. Default 128.
    pub width: usize,
    /// Attention heads; divides the width. Default 1.
    pub heads: usize,
    /// Dropout on embeddings and on each block's two outputs. Default 0.1.
    pub dropout: f64,
    /// Adam's step size. Default 10⁻⁴.
    pub learning_rate: f64,
    /// Returns-to-go are divided by this. Default 1000.
    pub scale: f64,
    /// Steps of an episode that have an embedding of their own; later ones share the last. Default 1000.
    pub max_steps: usize,
}

impl Default for DecisionTransformerConfig {
    fn default() -> Self {
        Self {
            context: 20,
            layers: 3,
            width: 128,
            heads: 1,
            dropout: 0.1,
            learning_rate: 1e-4,
            scale: 1000.0,
            max_steps: 1000,
        }
    }
}

impl DecisionTransformerConfig {
    /// Whether every number is in its range.
    pub fn check(&self) -> Result<(), LearnerError> {
        let check = Check("decision transformer");
        check.that(self.context > 0, "context", self.context, "at least 1")?;
        check.that(self.layers > 0, "layers", self.layers, "at least 1")?;
        let divides = self.heads > 0 && self.width > 0 && self.width.is_multiple_of(self.heads);
        check.that(divides, "heads", self.heads, "a divisor of `width`")?;
        check.that((0.0..1.0).contains(&self.dropout), "dropout", self.dropout, "in [0, 1)")?;
        check.not_negative("learning-rate", self.learning_rate)?;
        check.that(self.scale > 0.0 && self.scale.is_finite(), "scale", self.scale, "positive")?;
        check.that(self.max_steps > 0, "max-steps", self.max_steps, "at least 1")
    }
}
