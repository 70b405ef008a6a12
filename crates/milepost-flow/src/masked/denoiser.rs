use burn::{
    module::{Module, Param},
    tensor::{
        Device, Tensor, TensorData,
        activation::{log_softmax, relu},
    },
};
use milepost_core::{ParameterCheck, Purpose, Stream, StreamKey};
use milepost_policies::Dense;
use serde::{Deserialize, Serialize};

use crate::{FlowError, PerRow, rows::host};

/// Predicts the clean token of every position.
pub trait Denoiser {
    /// `log p(x₀ = y | x_t)`, normalised over `y`. `x` holds weights over tokens and mask, `[N, L, V + 1]`: one-hot, or
    /// soft where a relaxation needs it; `t` the time of each row. `→ [N, L, V]`.
    fn log_probs(&self, x: Tensor<3>, t: &PerRow) -> Tensor<3>;
}

/// What stands for `log 0` where a zero would have to be multiplied with it.
pub(crate) const LOG_ZERO: f32 = -1e9;

/// The SUBS parameterisation (MDLM, arXiv 2406.07524): a mask is never predicted, and a revealed token is itself with
/// certainty. From logits `[N, L, V]` and inputs `[N, L, V + 1]`; `log 0` is −10⁹.
#[must_use]
pub fn subs(logits: Tensor<3>, x: &Tensor<3>) -> Tensor<3> {
    let [rows, length, classes] = logits.dims();
    let tokens = x.clone().narrow(2, 0, classes);
    let masked = x.clone().narrow(2, classes, 1).greater_elem(0.5).repeat_dim(2, classes);
    let certain = Tensor::full([rows, length, classes], LOG_ZERO, &logits.device()) * (tokens.neg() + 1.0);
    certain.mask_where(masked, log_softmax(logits, 2))
}

/// Sizes of a [`DenoiserMlp`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct DenoiserMlpConfig {
    /// Widths of the hidden layers.
    pub hidden: Vec<usize>,
}

impl Default for DenoiserMlpConfig {
    fn default() -> Self {
        Self { hidden: vec![128; 2] }
    }
}

/// A fully connected denoiser of the whole sequence. It does not read the time: under masking the posterior does not
/// depend on it.
#[derive(Module, Debug)]
pub struct DenoiserMlp {
    layers: Vec<Dense>,
    #[module(skip)]
    vocabulary: usize,
}

impl DenoiserMlp {
    /// For sequences of `length` tokens from `vocabulary`. Hidden weights are normal with variance `2/inputs`, the last
    /// layer's are 0: the first prediction is uniform.
    pub fn new(
        config: &DenoiserMlpConfig,
        length: usize,
        vocabulary: usize,
        run_seed: u64,
        device: &Device,
    ) -> Result<Self, FlowError> {
        let check = ParameterCheck("denoiser");
        check.that(
            !config.hidden.contains(&0),
            "hidden",
            format!("{:?}", config.hidden),
            "widths of at least 1",
        )?;
        check.that(
            length > 0 && vocabulary > 0,
            "length and vocabulary",
            length.min(vocabulary),
            "at least 1",
        )?;
        let (inputs, outputs) = (length * (vocabulary + 1), length * vocabulary);
        let widths: Vec<usize> =
            [inputs].into_iter().chain(config.hidden.iter().copied()).chain([outputs]).collect();
        let layer = |(index, pair): (usize, &[usize])| {
            let gain = if index + 2 < widths.len() { 2f64.sqrt() } else { 0.0 };
            let key = StreamKey {
                task: index as u64,
                ..StreamKey::new(run_seed, Purpose::named("denoiser weights"))
            };
            let mut stream = Stream::new(key);
            let deviation = gain / (pair[0] as f64).sqrt();
            let weights: Vec<f32> =
                (0..pair[0] * pair[1]).map(|_| (deviation * stream.normal()) as f32).collect();
            Dense {
                weight: Param::from_data(TensorData::new(weights, [pair[0], pair[1]]), device),
                bias: Param::from_data(TensorData::new(vec![0f32; pair[1]], [pair[1]]), device),
            }
        };
        Ok(Self { layers: widths.windows(2).enumerate().map(layer).collect(), vocabulary })
    }
}

impl Denoiser for DenoiserMlp {
    fn log_probs(&self, x: Tensor<3>, _t: &PerRow) -> Tensor<3> {
        let [rows, length, classes] = x.dims();
        let last = self.layers.len() - 1;
        let flat: Tensor<2> = x.clone().reshape([rows, length * classes]);
        let out = self.layers.iter().enumerate().fold(flat, |h, (index, layer)| {
            let y = layer.forward(h);
            if index < last { relu(y) } else { y }
        });
        subs(out.reshape([rows, length, self.vocabulary]), &x)
    }
}

/// A denoiser that knows the posterior: `posterior(revealed tokens) → P(x₀ = y)` for every position, `[L][V]`.
#[derive(Debug, Clone, Copy)]
pub struct ExactDenoiser<F> {
    posterior: F,
}

impl<F: Fn(&[Option<usize>]) -> Vec<Vec<f64>>> ExactDenoiser<F> {
    /// From the posterior.
    pub const fn new(posterior: F) -> Self {
        Self { posterior }
    }

    fn rows(&self, x: Tensor<3>) -> Result<Vec<f32>, FlowError> {
        let [_, length, classes] = x.dims();
        let values = host(x)?;
        let token = |weights: &[f32]| {
            let best = (0..classes).fold(0, |best, i| if weights[i] > weights[best] { i } else { best });
            (best + 1 < classes).then_some(best)
        };
        let row = |weights: &[f32]| -> Vec<f32> {
            let revealed: Vec<Option<usize>> = weights.chunks(classes).map(token).collect();
            let log = |p: f64| if p > 0.0 { libm::log(p) as f32 } else { LOG_ZERO };
            (self.posterior)(&revealed).into_iter().flatten().map(log).collect()
        };
        Ok(values.chunks(length * classes).flat_map(row).collect())
    }
}

impl<F: Fn(&[Option<usize>]) -> Vec<Vec<f64>>> Denoiser for ExactDenoiser<F> {
    fn log_probs(&self, x: Tensor<3>, _t: &PerRow) -> Tensor<3> {
        let ([rows, length, classes], device) = (x.dims(), x.device());
        // A tensor that cannot be read, or a posterior of another size, is a fault that the results must show.
        let size = rows * length * (classes - 1);
        let values =
            self.rows(x).ok().filter(|values| values.len() == size).unwrap_or_else(|| vec![f32::NAN; size]);
        Tensor::from_data(TensorData::new(values, [rows, length, classes - 1]), &device)
    }
}
