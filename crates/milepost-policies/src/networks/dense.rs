use burn::{
    module::{Module, Param},
    tensor::{Tensor, module::linear},
};

use crate::initial::Initializer;

/// An affine layer, `y = x W + b`.
#[derive(Module, Debug)]
pub struct Dense {
    /// `[inputs, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub bias: Param<Tensor<1>>,
}

impl Dense {
    pub(crate) fn new(inputs: usize, outputs: usize, gain: f64, initializer: &mut Initializer) -> Self {
        Self { weight: initializer.orthogonal(inputs, outputs, gain), bias: initializer.zeros([outputs]) }
    }

    /// `[.., inputs] → [.., outputs]`.
    #[must_use]
    pub fn forward<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        linear(x, self.weight.val(), Some(self.bias.val()))
    }

    /// Width of the input.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.weight.lazy_shape()[0]
    }

    /// Width of the output.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.weight.lazy_shape()[1]
    }
}
