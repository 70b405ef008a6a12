use burn::{
    module::{Module, Param},
    tensor::{Device, Int, Tensor, TensorData},
};
use milepost_core::{ParameterCheck, Purpose, Stream, StreamKey};
use milepost_policies::{Dense, ftanh};
use serde::{Deserialize, Serialize};

use super::Velocity;
use crate::{FlowError, PerRow, Prompts};

/// Sizes of a [`VelocityMlp`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct VelocityMlpConfig {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
    /// Frequencies of the time features; each gives a sine and a cosine.
    pub frequencies: usize,
    /// Width of the prompt embedding.
    pub embedding: usize,
    /// Scale of the last layer's initial weights; 0 for a field that starts at 0, as the learned part of a
    /// [`RawPlusDelta`](super::RawPlusDelta) does.
    pub output_gain: f64,
}

impl Default for VelocityMlpConfig {
    fn default() -> Self {
        Self { hidden: vec![128; 3], frequencies: 8, embedding: 16, output_gain: 1.0 }
    }
}

/// A fully connected velocity field: `[x, sin(πiσ), cos(πiσ), e_c]`, `i = 1..frequencies`, through SiLU layers.
///
/// Weights are normal with variance `2/inputs` in hidden layers and `gain²/inputs` in the last, biases 0, embeddings
/// standard normal; all drawn on the host from streams keyed by run seed and layer, so the device does not matter.
#[derive(Module, Debug)]
pub struct VelocityMlp {
    /// `[prompts + 1, embedding]`; the last row is the empty prompt's.
    embedding: Param<Tensor<2>>,
    layers: Vec<Dense>,
    #[module(skip)]
    frequencies: usize,
}

impl VelocityMlp {
    /// A network for points of `dimension` coordinates and `prompts` prompts.
    pub fn new(
        config: &VelocityMlpConfig,
        dimension: usize,
        prompts: usize,
        run_seed: u64,
        device: &Device,
    ) -> Result<Self, FlowError> {
        let check = ParameterCheck("velocity network");
        check.that(
            !config.hidden.contains(&0),
            "hidden",
            format!("{:?}", config.hidden),
            "widths of at least 1",
        )?;
        check.that(config.embedding > 0, "embedding", config.embedding, "at least 1")?;
        check.that(dimension > 0, "dimension", dimension, "at least 1")?;
        check.not_negative("output_gain", config.output_gain)?;
        let draw = |index: u64, shape: [usize; 2], deviation: f64| -> Param<Tensor<2>> {
            let key =
                StreamKey { task: index, ..StreamKey::new(run_seed, Purpose::named("velocity weights")) };
            let mut stream = Stream::new(key);
            let values: Vec<f32> =
                (0..shape[0] * shape[1]).map(|_| (deviation * stream.normal()) as f32).collect();
            Param::from_data(TensorData::new(values, shape), device)
        };
        let inputs = dimension + 2 * config.frequencies + config.embedding;
        let widths: Vec<usize> =
            [inputs].into_iter().chain(config.hidden.iter().copied()).chain([dimension]).collect();
        let layer = |(index, pair): (usize, &[usize])| {
            let gain = if index + 2 < widths.len() { 2f64.sqrt() } else { config.output_gain };
            Dense {
                weight: draw(index as u64 + 1, [pair[0], pair[1]], gain / (pair[0] as f64).sqrt()),
                bias: Param::from_data(TensorData::new(vec![0f32; pair[1]], [pair[1]]), device),
            }
        };
        Ok(Self {
            embedding: draw(0, [prompts + 1, config.embedding], 1.0),
            layers: widths.windows(2).enumerate().map(layer).collect(),
            frequencies: config.frequencies,
        })
    }

    /// `[N, 2·frequencies]`.
    fn time_features(&self, sigma: &PerRow, rows: usize, device: &Device) -> Tensor<2> {
        let features = |sigma: f64| -> Vec<f32> {
            let angles = (1..=self.frequencies).map(|i| std::f64::consts::PI * i as f64 * sigma);
            angles.flat_map(|angle| [libm::sin(angle) as f32, libm::cos(angle) as f32]).collect()
        };
        let width = 2 * self.frequencies;
        match sigma {
            PerRow::All(sigma) => {
                Tensor::<2>::from_data(TensorData::new(features(*sigma), [1, width]), device)
                    .repeat_dim(0, rows)
            }
            PerRow::Rows(sigmas) => {
                let values: Vec<f32> = sigmas.iter().flat_map(|sigma| features(*sigma)).collect();
                Tensor::from_data(TensorData::new(values, [rows, width]), device)
            }
        }
    }
}

/// `x·sigmoid(x) = ½x(1 + tanh(½x))`.
fn silu(x: Tensor<2>) -> Tensor<2> {
    let half = x.mul_scalar(0.5);
    ftanh(half.clone()).add_scalar(1.0) * half
}

impl Velocity for VelocityMlp {
    fn velocity(&self, x: Tensor<2>, sigma: &PerRow, prompts: &Prompts) -> Tensor<2> {
        let (rows, device) = (x.dims()[0], x.device());
        let time = self.time_features(sigma, rows, &device);
        let index = prompts.index(self.prompts());
        let index = Tensor::<1, Int>::from_data(TensorData::new(index, [rows]), &device);
        let embedded = self.embedding.val().select(0, index);
        // Tensors that are put side by side must all track gradients, or none.
        let tracked = embedded.is_autodiff() || x.is_autodiff();
        let lift = |part: Tensor<2>| if tracked { Tensor::from_inner(part) } else { part };
        let input = Tensor::cat(vec![lift(x), lift(time), lift(embedded)], 1);
        let last = self.layers.len() - 1;
        self.layers.iter().enumerate().fold(input, |x, (index, layer)| {
            let y = layer.forward(x);
            if index < last { silu(y) } else { y }
        })
    }

    fn dimension(&self) -> usize {
        self.layers[self.layers.len() - 1].outputs()
    }

    fn prompts(&self) -> usize {
        self.embedding.lazy_shape()[0] - 1
    }
}
