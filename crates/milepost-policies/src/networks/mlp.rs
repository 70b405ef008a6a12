use burn::{module::Module, tensor::Tensor};

use super::{ActorCritic, Dense};
use crate::{Activation, initial::Initializer};

/// Separate fully connected towers for policy and value, as Stable-Baselines3's `MlpPolicy`.
///
/// Weights are orthogonal with gain √2 in hidden layers, 0.01 before the logits (an almost uniform first
/// policy) and 1 before the value; biases are 0.
#[derive(Module, Debug)]
pub struct Mlp {
    policy: Tower,
    value: Tower,
    #[module(skip)]
    activation: Activation,
}

#[derive(Module, Debug)]
struct Tower {
    hidden: Vec<Dense>,
    head: Dense,
}

impl Tower {
    fn new(
        features: usize,
        hidden: &[usize],
        outputs: usize,
        gain: f64,
        initializer: &mut Initializer,
    ) -> Self {
        let mut width = features;
        let hidden = hidden
            .iter()
            .map(|next| Dense::new(std::mem::replace(&mut width, *next), *next, 2f64.sqrt(), initializer))
            .collect();
        Self { hidden, head: Dense::new(width, outputs, gain, initializer) }
    }

    fn forward(&self, features: Tensor<2>, activation: Activation) -> Tensor<2> {
        let last = self.hidden.iter().fold(features, |x, layer| activation.apply(layer.forward(x)));
        self.head.forward(last)
    }
}

impl Mlp {
    pub(crate) fn new(
        features: usize,
        hidden: &[usize],
        actions: usize,
        activation: Activation,
        initializer: &mut Initializer,
    ) -> Self {
        Self {
            policy: Tower::new(features, hidden, actions, 0.01, initializer),
            value: Tower::new(features, hidden, 1, 1.0, initializer),
            activation,
        }
    }
}

impl ActorCritic for Mlp {
    fn forward(&self, features: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        let logits = self.policy.forward(features.clone(), self.activation);
        let values = self.value.forward(features, self.activation);
        (logits, values.squeeze_dim(1))
    }

    fn feature_count(&self) -> usize {
        self.policy.hidden.first().unwrap_or(&self.policy.head).inputs()
    }

    fn action_count(&self) -> usize {
        self.policy.head.outputs()
    }

    fn kind(&self) -> &'static str {
        "mlp"
    }
}
