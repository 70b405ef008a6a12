use burn::tensor::{Device, Tensor, activation::relu};
use serde::{Deserialize, Serialize};

use crate::{
    MinigridCnn, Mlp, Network, PolicyError, TabularSoftmax, ftanh, initial::Initializer,
    state_index::check_rows,
};

/// Which network to build. In TOML a table with `kind = "mlp"`, `"cnn"` or `"tabular"` and that kind's
/// keys; unknown keys are errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum NetworkConfig {
    /// Fully connected towers.
    Mlp(MlpConfig),
    /// Convolutions over MiniGrid's 7×7 view.
    Cnn(CnnConfig),
    /// A table.
    Tabular(TabularConfig),
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self::Mlp(MlpConfig::default())
    }
}

/// Settings of [`Mlp`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MlpConfig {
    /// Widths of the hidden layers, the same in both towers. Default `[64, 64]`.
    pub hidden: Vec<usize>,
    /// After each hidden layer. Default `tanh`.
    pub activation: Activation,
}

impl Default for MlpConfig {
    fn default() -> Self {
        Self { hidden: vec![64, 64], activation: Activation::Tanh }
    }
}

/// Settings of [`MinigridCnn`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CnnConfig {
    /// Filters of the three convolutions. Default `[16, 32, 64]`.
    pub channels: [usize; 3],
    /// Width of the tanh layer before each head. Default 64.
    pub hidden: usize,
    /// Multiplies the features first. Default 1; 10 undoes an encoder that divided cell codes by 10.
    pub feature_scale: f64,
}

impl Default for CnnConfig {
    fn default() -> Self {
        Self { channels: [16, 32, 64], hidden: 64, feature_scale: 1.0 }
    }
}

/// Settings of [`TabularSoftmax`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TabularConfig {
    /// Rows of the table, the last one for states beyond its capacity. Default 4096.
    pub states: usize,
}

impl Default for TabularConfig {
    fn default() -> Self {
        Self { states: 4096 }
    }
}

/// An elementwise nonlinearity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    /// Hyperbolic tangent.
    #[default]
    Tanh,
    /// `max(0, x)`.
    Relu,
}

impl Activation {
    /// Applies it.
    #[must_use]
    pub fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Tanh => ftanh(x),
            Self::Relu => relu(x),
        }
    }
}

impl NetworkConfig {
    /// Builds the network on `device` with initial weights that depend on `run_seed` alone. Use an
    /// autodiff device for training.
    ///
    /// # Errors
    /// If a size makes no network, or if the network cannot read `features` features.
    pub fn init(
        &self,
        features: usize,
        actions: usize,
        run_seed: u64,
        device: &Device,
    ) -> Result<Network, PolicyError> {
        positive("actions", actions)?;
        let mut initializer = Initializer::new(run_seed, device);
        match self {
            Self::Mlp(MlpConfig { hidden, activation }) => {
                positive("features", features)?;
                hidden.iter().try_for_each(|width| positive("hidden", *width))?;
                Ok(Network::Mlp(Mlp::new(features, hidden, actions, *activation, &mut initializer)))
            }
            Self::Cnn(config) => {
                config.channels.iter().try_for_each(|width| positive("channels", *width))?;
                positive("hidden", config.hidden)?;
                if !config.feature_scale.is_finite() || config.feature_scale == 0.0 {
                    let reason =
                        format!("is {}; a finite factor other than 0 is needed", config.feature_scale);
                    return Err(PolicyError::Config { field: "feature_scale", reason });
                }
                MinigridCnn::new(config, features, actions, &mut initializer, device).map(Network::Cnn)
            }
            Self::Tabular(TabularConfig { states }) => {
                check_rows(*states)?;
                if features != 1 {
                    return Err(PolicyError::FeatureCount {
                        network: "tabular",
                        expected: 1,
                        found: features,
                    });
                }
                Ok(Network::Tabular(TabularSoftmax::new(*states, actions, &mut initializer)))
            }
        }
    }
}

fn positive(field: &'static str, size: usize) -> Result<(), PolicyError> {
    if size > 0 {
        return Ok(());
    }
    Err(PolicyError::Config { field, reason: "is 0; at least 1 is needed".to_owned() })
}
