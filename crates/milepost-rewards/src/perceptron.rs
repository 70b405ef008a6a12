use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData, activation::relu},
};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::Dense;

/// A fully connected network with ReLU between its layers.
#[derive(Module, Debug)]
pub(crate) struct Perceptron {
    layers: Vec<Dense>,
}

impl Perceptron {
    /// Weights are normal with variance `2 / inputs` (He et al. 2015), biases 0. They are drawn on the
    /// host from streams keyed by run seed, `name` and layer, so the device does not matter.
    pub(crate) fn new(name: &str, widths: &[usize], run_seed: u64, device: &Device) -> Self {
        let purpose = Purpose::named(name);
        let layer = |(index, pair): (usize, &[usize])| {
            let (inputs, outputs) = (pair[0], pair[1]);
            let key = StreamKey { task: index as u64, ..StreamKey::new(run_seed, purpose) };
            let mut stream = Stream::new(key);
            let sd = (2.0 / inputs as f64).sqrt();
            let weights: Vec<f32> = (0..inputs * outputs).map(|_| (sd * stream.normal()) as f32).collect();
            Dense {
                weight: Param::from_data(TensorData::new(weights, [inputs, outputs]), device),
                bias: Param::from_data(TensorData::new(vec![0f32; outputs], [outputs]), device),
            }
        };
        Self { layers: widths.windows(2).enumerate().map(layer).collect() }
    }

    /// `[batch, features] → [batch, outputs]`.
    pub(crate) fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(features, |x, (index, layer)| {
            let y = layer.forward(x);
            if index < last { relu(y) } else { y }
        })
    }
}
