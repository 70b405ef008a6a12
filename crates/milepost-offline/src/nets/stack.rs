use burn::{
    module::{Module, Param},
    tensor::{Device, Tensor, TensorData, activation::relu},
};
use milepost_core::{Purpose, Stream, StreamKey};

use super::Dropout;

/// `E` fully connected networks of one shape with ReLU between layers, evaluated in one batched product per
/// layer: twin critics, ensembles of models, or a single network.
#[derive(Module, Debug)]
pub struct Stack {
    /// `[E, inputs, outputs]` for each layer.
    weights: Vec<Param<Tensor<3>>>,
    /// `[E, 1, outputs]` for each layer.
    biases: Vec<Param<Tensor<3>>>,
}

impl Stack {
    /// Weights and biases are uniform in `±1/√inputs`, PyTorch's default for linear layers. They are drawn on
    /// the host from streams keyed by seed, `name`, member and layer, so the device does not matter and a
    /// member does not depend on how many there are.
    #[must_use]
    pub fn new(name: &str, members: usize, widths: &[usize], seed: u64, device: &Device) -> Self {
        let purpose = Purpose::named(name);
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for (layer, pair) in widths.windows(2).enumerate() {
            let (inputs, outputs) = (pair[0], pair[1]);
            let bound = 1.0 / (inputs as f64).sqrt();
            let (mut weight, mut bias) = (Vec::new(), Vec::new());
            for member in 0..members {
                let (task, step) = (member as u64, layer as u32);
                let mut stream = Stream::new(StreamKey { task, step, ..StreamKey::new(seed, purpose) });
                let mut draw = || (bound * (2.0 * stream.uniform() - 1.0)) as f32;
                weight.extend((0..inputs * outputs).map(|_| draw()));
                bias.extend((0..outputs).map(|_| draw()));
            }
            weights.push(Param::from_data(TensorData::new(weight, [members, inputs, outputs]), device));
            biases.push(Param::from_data(TensorData::new(bias, [members, 1, outputs]), device));
        }
        Self { weights, biases }
    }

    /// Networks.
    #[must_use]
    pub fn members(&self) -> usize {
        self.weights[0].lazy_shape()[0]
    }

    /// Numbers in an input row.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.weights[0].lazy_shape()[1]
    }

    /// The networks at these places, as a stack of its own that shares no parameters and is not trained.
    #[must_use]
    pub fn members_at(&self, places: &[usize]) -> Self {
        let pick = |part: &Param<Tensor<3>>| {
            let value = part.val().inner();
            let rows = places.iter().map(|place| value.clone().narrow(0, *place, 1)).collect();
            Param::from_tensor(Tensor::cat(rows, 0))
        };
        let weights = self.weights.iter().map(pick).collect();
        Self { weights, biases: self.biases.iter().map(pick).collect() }
    }

    /// `[E, inputs, outputs]` for each layer.
    pub(crate) fn weights(&self) -> &[Param<Tensor<3>>] {
        &self.weights
    }

    /// Each member sees its own rows. `[E, n, inputs] → [E, n, outputs]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.run(x, None)
    }

    /// All members see the same rows. `[n, inputs] → [E, n, outputs]`
    #[must_use]
    pub fn forward_shared(&self, x: Tensor<2>) -> Tensor<3> {
        let [n, inputs] = x.dims();
        self.run(x.unsqueeze_dim::<3>(0).expand([self.members(), n, inputs]), None)
    }

    /// The only member's output. `[n, inputs] → [n, outputs]`
    #[must_use]
    pub fn forward_one(&self, x: Tensor<2>) -> Tensor<2> {
        self.run(x.unsqueeze_dim::<3>(0), None).squeeze_dim::<2>(0)
    }

    /// With dropout after each hidden layer. `[E, n, inputs] → [E, n, outputs]`
    #[must_use]
    pub(crate) fn forward_dropped(&self, x: Tensor<3>, dropout: &mut Dropout) -> Tensor<3> {
        self.run(x, Some(dropout))
    }

    fn run(&self, x: Tensor<3>, mut dropout: Option<&mut Dropout>) -> Tensor<3> {
        let last = self.weights.len() - 1;
        let layers = self.weights.iter().zip(&self.biases).enumerate();
        layers.fold(x, |x, (layer, (weight, bias))| {
            let y = x.matmul(weight.val()) + bias.val();
            if layer == last {
                return y;
            }
            let y = relu(y);
            match &mut dropout {
                Some(dropout) => dropout.apply(y),
                None => y,
            }
        })
    }
}
