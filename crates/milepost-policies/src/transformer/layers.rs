use burn::{
    module::{Module, Param},
    tensor::Tensor,
};

use super::config::NormKind;
use crate::{fused, initial::Initializer};

/// `y = x W + b`, the bias optional.
#[derive(Module, Debug)]
pub struct Affine {
    /// `[inputs, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Affine {
    pub(crate) fn new(
        [inputs, outputs]: [usize; 2],
        deviation: f64,
        bias: bool,
        initializer: &mut Initializer,
    ) -> Self {
        Self {
            weight: initializer.normal([inputs, outputs], deviation),
            bias: bias.then(|| initializer.zeros([outputs])),
        }
    }

    /// `[r, inputs] → [r, outputs]`
    #[must_use]
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let y = fused::linear(x, self.weight.val());
        match &self.bias {
            Some(bias) => y + bias.val().unsqueeze(),
            None => y,
        }
    }
}

/// RMSNorm, or LayerNorm with a bias.
#[derive(Module, Debug)]
pub struct Norm {
    /// `[width]`.
    pub gain: Param<Tensor<1>>,
    /// `[width]`, LayerNorm only.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    epsilon: f64,
}

impl Norm {
    pub(crate) fn new(kind: NormKind, width: usize, initializer: &mut Initializer) -> Self {
        let (bias, epsilon) = match kind {
            NormKind::RmsNorm { epsilon } => (false, epsilon),
            NormKind::LayerNorm { epsilon } => (true, epsilon),
        };
        Self { gain: initializer.ones([width]), bias: bias.then(|| initializer.zeros([width])), epsilon }
    }

    /// `[r, width] → [r, width]`
    #[must_use]
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.bias {
            Some(bias) => fused::layer_norm(x, self.gain.val(), bias.val(), self.epsilon),
            None => fused::rms_norm(x, self.gain.val(), self.epsilon),
        }
    }
}
