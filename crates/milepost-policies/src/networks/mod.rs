//! Actor-critic networks: features in, logits and values out.

mod cnn;
mod dense;
mod mlp;
mod tabular;
#[cfg(test)]
mod tests;

use burn::{module::Module, tensor::Tensor};

use crate::PolicyError;
pub use cnn::MinigridCnn;
pub use dense::Dense;
pub use mlp::Mlp;
pub use tabular::TabularSoftmax;

/// A policy over discrete actions together with its value function.
pub trait ActorCritic: Module + Clone + Send + 'static {
    /// Logits of `π(·|s)` and values `V(s)`. `[N, features] → [N, actions], [N]`.
    ///
    /// Call [`ActorCritic::check_features`] once where a network meets its encoder; a wrong width here is
    /// a shape panic of the tensor library.
    fn forward(&self, features: Tensor<2>) -> (Tensor<2>, Tensor<1>);

    /// Features per state.
    fn feature_count(&self) -> usize;

    /// Actions per state.
    fn action_count(&self) -> usize;

    /// Which kind of network this is, for messages.
    fn kind(&self) -> &'static str;

    /// Whether an encoder of `found` features fits.
    fn check_features(&self, found: usize) -> Result<(), PolicyError> {
        let expected = self.feature_count();
        if found == expected {
            return Ok(());
        }
        Err(PolicyError::FeatureCount { network: self.kind(), expected, found })
    }
}

/// The network that a configuration asked for.
#[derive(Module, Debug)]
#[allow(clippy::large_enum_variant, reason = "one network a run: boxing would save nothing that matters")]
pub enum Network {
    /// Fully connected towers.
    Mlp(Mlp),
    /// Convolutions over MiniGrid's 7×7 view.
    Cnn(MinigridCnn),
    /// A table.
    Tabular(TabularSoftmax),
}

macro_rules! each {
    ($self:ident, $network:ident => $body:expr) => {
        match $self {
            Network::Mlp($network) => $body,
            Network::Cnn($network) => $body,
            Network::Tabular($network) => $body,
        }
    };
}

impl ActorCritic for Network {
    fn forward(&self, features: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        each!(self, network => network.forward(features))
    }
    fn feature_count(&self) -> usize {
        each!(self, network => network.feature_count())
    }
    fn action_count(&self) -> usize {
        each!(self, network => network.action_count())
    }
    fn kind(&self) -> &'static str {
        each!(self, network => network.kind())
    }
}
