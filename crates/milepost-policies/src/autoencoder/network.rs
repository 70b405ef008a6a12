use burn::{
    module::Module,
    tensor::{
        Device, Tensor,
        activation::{relu, selu, sigmoid},
    },
};

use crate::{Dense, fused, initial::Initializer};

/// What an autoencoder says about a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Encoding {
    /// Its code.
    pub code: Vec<f32>,
    /// The mean squared error of its reconstruction.
    pub error: f32,
}

#[derive(Module, Debug)]
pub(super) struct Layers {
    encoder: Vec<Dense>,
    decoder: Vec<Dense>,
}

impl Layers {
    /// Orthogonal weights of gain 1 (of gain √2 into the code, which is rectified), biases 0.
    pub(super) fn new(widths: &[usize], run_seed: u64, device: &Device) -> Self {
        let mut initializer = Initializer::new(run_seed, device);
        let last = widths.len() - 2;
        let gain = |layer| if layer == last { std::f64::consts::SQRT_2 } else { 1.0 };
        let encoder = widths
            .windows(2)
            .enumerate()
            .map(|(layer, pair)| Dense::new(pair[0], pair[1], gain(layer), &mut initializer))
            .collect();
        let decoder =
            widths.windows(2).rev().map(|pair| Dense::new(pair[1], pair[0], 1.0, &mut initializer)).collect();
        Self { encoder, decoder }
    }

    /// `[rows, inputs] → [rows, code]`.
    pub(super) fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        through(&self.encoder, x, relu)
    }

    /// `[rows, code] → [rows, inputs]`.
    pub(super) fn decode(&self, code: Tensor<2>) -> Tensor<2> {
        through(&self.decoder, code, sigmoid)
    }
}

/// SELU between the layers, `finish` behind the last. The product is Milepost's own: its rows do not depend on the
/// rows beside them.
fn through(layers: &[Dense], x: Tensor<2>, finish: impl Fn(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
    let last = layers.len() - 1;
    layers.iter().enumerate().fold(x, |x, (index, layer)| {
        let y = fused::linear(x, layer.weight.val()) + layer.bias.val().unsqueeze();
        if index < last { selu(y) } else { finish(y) }
    })
}
