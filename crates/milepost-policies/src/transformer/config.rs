use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::CausalTransformer;
use crate::{PolicyError, fused::Heads, initial::Initializer};

/// Settings of [`CausalTransformer`]: Llama's family by default, GPT-2's by its enums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TransformerConfig {
    /// Most tokens of one sequence. Default 128.
    pub context: usize,
    /// Features of a position. Default 128.
    pub width: usize,
    /// Blocks. Default 4.
    pub layers: usize,
    /// Query heads. Default 4.
    pub heads: usize,
    /// Key and value heads, a divisor of `heads`. Default: as many as `heads`.
    pub kv_heads: Option<usize>,
    /// Features of a head. Default: `width / heads`.
    pub head_dim: Option<usize>,
    /// Hidden features of a feed-forward layer. Default: `8/3 · width` for SwiGLU, `4 · width` for GELU.
    pub hidden: Option<usize>,
    /// Before attention, before the feed-forward layer, and at the end. Default RMSNorm with ε = 10⁻⁵.
    pub norm: NormKind,
    /// How a position is told from another. Default rotary with θ = 10⁴.
    pub positions: Positions,
    /// The feed-forward layer. Default SwiGLU.
    pub feed_forward: FeedForward,
    /// Which projections have biases. Default none.
    pub biases: Biases,
    /// Whether the logits use the embedding's matrix. Default no.
    pub tied_embeddings: bool,
    /// The value function. Default none.
    pub value: ValueKind,
}

/// How features are normalised.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum NormKind {
    /// [`crate::fused::rms_norm`].
    RmsNorm {
        /// ε under the root.
        epsilon: f64,
    },
    /// [`crate::fused::layer_norm`], with a bias.
    LayerNorm {
        /// ε under the root.
        epsilon: f64,
    },
}

/// How positions enter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Positions {
    /// [`crate::fused::rotary`] with angles `position / theta^(2i/head_dim)`.
    Rotary {
        /// Base of the wavelengths.
        theta: f64,
    },
    /// A learned vector for each position, added to the embedding.
    Learned,
}

/// What follows attention in a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FeedForward {
    /// [`crate::fused::swiglu`] between two projections.
    SwiGlu,
    /// GELU in its tanh form between two projections.
    Gelu,
}

/// Which projections have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Biases {
    /// None, as Llama.
    #[default]
    None,
    /// Queries, keys and values, as Qwen2.
    Qkv,
    /// Attention's projections, as Llama with `attention_bias`.
    Attention,
    /// Every projection of a block, as GPT-2.
    All,
}

impl Biases {
    /// Whether queries, keys and values have them.
    #[must_use]
    pub const fn of_qkv(self) -> bool {
        !matches!(self, Self::None)
    }

    /// Whether attention's output projection has one.
    #[must_use]
    pub const fn of_output(self) -> bool {
        matches!(self, Self::Attention | Self::All)
    }

    /// Whether the feed-forward layer has them.
    #[must_use]
    pub const fn of_feed_forward(self) -> bool {
        matches!(self, Self::All)
    }
}

/// What the value function reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ValueKind {
    /// No value function: [`crate::SequenceModel::values`] gives zeros.
    #[default]
    None,
    /// A linear layer on the policy's features; its gradient reaches them.
    Head,
    /// A linear layer on the policy's features; its gradient stops there.
    DetachedHead,
    /// A transformer of its own, of the same sizes, with a linear layer.
    Trunk,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self {
            context: 128,
            width: 128,
            layers: 4,
            heads: 4,
            kv_heads: None,
            head_dim: None,
            hidden: None,
            norm: NormKind::RmsNorm { epsilon: 1e-5 },
            positions: Positions::Rotary { theta: 1e4 },
            feed_forward: FeedForward::SwiGlu,
            biases: Biases::None,
            tied_embeddings: false,
            value: ValueKind::None,
        }
    }
}

impl TransformerConfig {
    /// The network for `vocabulary` tokens on `device`, with initial weights that depend on `run_seed`
    /// alone: normal with standard deviation 0.02, and 0.02/√(2·layers) in the projections that end a
    /// residual branch (Radford et al. 2019); biases 0, gains 1, value weights 0.
    ///
    /// # Errors
    /// If a size makes no network.
    pub fn init(
        &self,
        vocabulary: usize,
        run_seed: u64,
        device: &Device,
    ) -> Result<CausalTransformer, PolicyError> {
        self.check(vocabulary)?;
        Ok(CausalTransformer::new(self, vocabulary, &mut Initializer::new(run_seed, device), device))
    }

    /// How a projection divides into heads.
    #[must_use]
    pub fn head_layout(&self) -> Heads {
        Heads {
            heads: self.heads,
            kv_heads: self.kv_heads.unwrap_or(self.heads),
            head_dim: self.head_dim.unwrap_or(self.width / self.heads.max(1)),
        }
    }

    /// Hidden features of a feed-forward layer.
    #[must_use]
    pub fn hidden_width(&self) -> usize {
        self.hidden.unwrap_or(match self.feed_forward {
            FeedForward::SwiGlu => self.width * 8 / 3,
            FeedForward::Gelu => self.width * 4,
        })
    }

    /// Whether the settings make a network.
    pub fn check(&self, vocabulary: usize) -> Result<(), PolicyError> {
        let Heads { heads, kv_heads, head_dim } = self.head_layout();
        let sizes = [
            ("vocabulary", vocabulary),
            ("context", self.context),
            ("width", self.width),
            ("layers", self.layers),
            ("heads", heads),
            ("kv-heads", kv_heads),
            ("head-dim", head_dim),
            ("hidden", self.hidden_width()),
        ];
        for (field, size) in sizes {
            if size == 0 {
                let reason = "is 0; at least 1 is needed".to_owned();
                return Err(PolicyError::Config { field, reason });
            }
        }
        if heads % kv_heads != 0 {
            let reason = format!("is {kv_heads}, which does not divide the {heads} heads; choose a divisor");
            return Err(PolicyError::Config { field: "kv-heads", reason });
        }
        if self.head_dim.is_none() && !self.width.is_multiple_of(heads) {
            let reason = format!(
                "is {heads}, which does not divide width {}; choose a divisor or set head-dim",
                self.width
            );
            return Err(PolicyError::Config { field: "heads", reason });
        }
        if let Positions::Rotary { theta } = self.positions {
            if head_dim % 2 != 0 {
                let reason = format!("is {head_dim}; rotary positions need an even number");
                return Err(PolicyError::Config { field: "head-dim", reason });
            }
            if !(theta.is_finite() && theta > 0.0) {
                let reason = format!("has theta {theta}; a positive number is needed");
                return Err(PolicyError::Config { field: "positions", reason });
            }
        }
        let (NormKind::RmsNorm { epsilon } | NormKind::LayerNorm { epsilon }) = self.norm;
        if !(epsilon.is_finite() && epsilon > 0.0) {
            let reason = format!("has epsilon {epsilon}; a positive number is needed");
            return Err(PolicyError::Config { field: "norm", reason });
        }
        Ok(())
    }
}
