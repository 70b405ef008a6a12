use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::Stream;

use crate::{FlowError, PerRow, Prompts, Velocity};

/// Noisy data with their targets, `M` rows.
#[derive(Debug, Clone)]
pub struct MatchingBatch {
    noisy: Tensor<2>,
    target: Tensor<2>,
    sigma: PerRow,
    prompts: Prompts,
}

impl MatchingBatch {
    /// Mixes data with noise at levels uniform in `[0, 1)`: `x_σ = (1−σ)x₀ + σε`, target `ε − x₀`.
    ///
    /// # Errors
    /// No data, or points of different dimensions.
    pub fn new(
        data: &[Vec<f64>],
        prompts: Prompts,
        stream: &mut Stream,
        device: &Device,
    ) -> Result<Self, FlowError> {
        let dimension = data.first().map_or(0, Vec::len);
        if data.is_empty() || prompts.len() != data.len() {
            let what = "prompts and data points, at least one";
            return Err(FlowError::Size { what, expected: prompts.len().max(1), found: data.len() });
        }
        let (mut noisy, mut target, mut sigmas) = (Vec::new(), Vec::new(), Vec::new());
        for point in data {
            if point.len() != dimension {
                return Err(FlowError::Size {
                    what: "coordinates of a point",
                    expected: dimension,
                    found: point.len(),
                });
            }
            let sigma = stream.uniform();
            sigmas.push(sigma);
            for x in point {
                let epsilon = stream.normal();
                noisy.push(((1.0 - sigma) * x + sigma * epsilon) as f32);
                target.push((epsilon - x) as f32);
            }
        }
        let shape = [data.len(), dimension];
        Ok(Self {
            noisy: Tensor::from_data(TensorData::new(noisy, shape), device),
            target: Tensor::from_data(TensorData::new(target, shape), device),
            sigma: PerRow::Rows(sigmas),
            prompts,
        })
    }

    /// `E‖v_θ(x_σ, σ, c) − (ε − x₀)‖²` (flow matching, arXiv 2210.02747), whose minimiser is `E[ε − x₀ | x_σ]`. `[1]`
    #[must_use]
    pub fn loss(&self, velocity: &impl Velocity) -> Tensor<1> {
        let v = velocity.velocity(self.noisy.clone(), &self.sigma, &self.prompts);
        (v - self.target.clone()).square().sum_dim(1).mean()
    }
}
