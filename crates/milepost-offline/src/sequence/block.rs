use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData, activation::relu},
};
use milepost_core::Stream;
use milepost_policies::fused::{self, Heads};

use crate::nets::Dropout;

/// `y = x W + b`.
#[derive(Module, Debug)]
pub(super) struct Layer {
    /// `[inputs, outputs]`.
    weight: Param<Tensor<2>>,
    /// `[1, outputs]`.
    bias: Param<Tensor<2>>,
}

/// Where initial weights come from: one stream, read in the order of construction.
pub(super) struct Draw<'a> {
    pub(super) stream: Stream,
    pub(super) device: &'a Device,
}

impl Draw<'_> {
    /// Normal with standard deviation 0.02, as GPT-2.
    pub(super) fn normal(&mut self, shape: [usize; 2]) -> Param<Tensor<2>> {
        let values: Vec<f32> =
            (0..shape[0] * shape[1]).map(|_| (0.02 * self.stream.normal()) as f32).collect();
        Param::from_data(TensorData::new(values, shape), self.device)
    }

    fn filled(&self, value: f32, width: usize) -> Param<Tensor<1>> {
        Param::from_data(TensorData::new(vec![value; width], [width]), self.device)
    }
}

impl Layer {
    pub(super) fn new(inputs: usize, outputs: usize, draw: &mut Draw<'_>) -> Self {
        let bias = Param::from_data(TensorData::new(vec![0f32; outputs], [1, outputs]), draw.device);
        Self { weight: draw.normal([inputs, outputs]), bias }
    }

    /// `[r, inputs] → [r, outputs]`
    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        fused::linear(x, self.weight.val()) + self.bias.val()
    }
}

/// Layer normalisation.
#[derive(Module, Debug)]
pub(super) struct Norm {
    gain: Param<Tensor<1>>,
    bias: Param<Tensor<1>>,
}

impl Norm {
    pub(super) fn new(width: usize, draw: &Draw<'_>) -> Self {
        Self { gain: draw.filled(1.0, width), bias: draw.filled(0.0, width) }
    }

    pub(super) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        fused::layer_norm(x, self.gain.val(), self.bias.val(), 1e-5)
    }
}

/// `x ← x + attention(norm(x))`, then `x ← x + W₂ relu(W₁ norm(x))`, with the decision transformer's ReLU.
#[derive(Module, Debug)]
pub(super) struct Block {
    attention_norm: Norm,
    qkv: Layer,
    output: Layer,
    feed_forward_norm: Norm,
    up: Layer,
    down: Layer,
}

impl Block {
    pub(super) fn new(width: usize, draw: &mut Draw<'_>) -> Self {
        Self {
            attention_norm: Norm::new(width, draw),
            qkv: Layer::new(width, 3 * width, draw),
            output: Layer::new(width, width, draw),
            feed_forward_norm: Norm::new(width, draw),
            up: Layer::new(width, 4 * width, draw),
            down: Layer::new(4 * width, width, draw),
        }
    }

    /// `[n · length, width] → [n · length, width]`
    pub(super) fn forward(
        &self,
        x: Tensor<2>,
        heads: Heads,
        length: usize,
        dropout: &mut Option<&mut Dropout>,
    ) -> Tensor<2> {
        let mut drop = |x: Tensor<2>| match dropout {
            Some(dropout) => dropout.apply(x),
            None => x,
        };
        let qkv = self.qkv.forward(self.attention_norm.forward(x.clone()));
        let x = x + drop(self.output.forward(fused::causal_attention(qkv, heads, length)));
        let hidden = relu(self.up.forward(self.feed_forward_norm.forward(x.clone())));
        x + drop(self.down.forward(hidden))
    }
}
