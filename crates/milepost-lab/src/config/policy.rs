use milepost_policies::{CnnConfig, GruConfig, MlpConfig, NetworkConfig, TabularConfig, TransformerConfig};
use serde::{Deserialize, Serialize};

/// The network of a run. The first three read feature vectors, the others tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PolicyConfig {
    /// Fully connected towers.
    Mlp(MlpConfig),
    /// Convolutions over MiniGrid's 7×7 view.
    Cnn(CnnConfig),
    /// A table.
    Tabular(TabularConfig),
    /// A causal transformer.
    Transformer(TransformerConfig),
    /// A gated recurrent network.
    Gru(GruConfig),
}

impl PolicyConfig {
    /// The network on feature vectors, if it is one.
    #[must_use]
    pub fn on_features(&self) -> Option<NetworkConfig> {
        match self {
            Self::Mlp(config) => Some(NetworkConfig::Mlp(config.clone())),
            Self::Cnn(config) => Some(NetworkConfig::Cnn(config.clone())),
            Self::Tabular(config) => Some(NetworkConfig::Tabular(config.clone())),
            Self::Transformer(_) | Self::Gru(_) => None,
        }
    }

    /// The transformer, if it is one.
    #[must_use]
    pub const fn transformer(&self) -> Option<&TransformerConfig> {
        if let Self::Transformer(config) = self { Some(config) } else { None }
    }

    /// The gated recurrent network, if it is one.
    #[must_use]
    pub const fn gru(&self) -> Option<&GruConfig> {
        if let Self::Gru(config) = self { Some(config) } else { None }
    }

    /// Its kind as it stands in a file.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Mlp(_) => "mlp",
            Self::Cnn(_) => "cnn",
            Self::Tabular(_) => "tabular",
            Self::Transformer(_) => "transformer",
            Self::Gru(_) => "gru",
        }
    }
}
