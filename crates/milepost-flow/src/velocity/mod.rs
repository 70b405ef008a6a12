//! Velocity fields `v(x, σ, c)`.

mod delta;
mod guidance;
mod mixture;
mod mlp;

use burn::tensor::Tensor;

use crate::{FlowError, PerRow, Prompts};
pub use delta::RawPlusDelta;
pub use guidance::Cfg;
pub use mixture::{AnalyticMixture, Blocks};
pub use mlp::{VelocityMlp, VelocityMlpConfig};

/// A velocity field under the interpolant `x_σ = (1−σ)x₀ + σε`: what the network of a flow predicts, `E[ε − x₀ | x_σ]`
/// for a base model.
pub trait Velocity {
    /// `v(x, σ, c)` of each row. `[N, D] → [N, D]`.
    ///
    /// Sizes are checked once where a batch is made ([`check`](Velocity::check)); a wrong width here is a shape panic
    /// of the tensor library.
    fn velocity(&self, x: Tensor<2>, sigma: &PerRow, prompts: &Prompts) -> Tensor<2>;

    /// Coordinates of a point, `D`.
    fn dimension(&self) -> usize;

    /// Prompts that it knows.
    fn prompts(&self) -> usize;

    /// Network evaluations of one row.
    fn calls(&self) -> u64 {
        1
    }

    /// Whether rows of this width and these prompts fit.
    fn check(&self, width: usize, prompts: &Prompts) -> Result<(), FlowError> {
        if width != self.dimension() {
            return Err(FlowError::Size {
                what: "coordinates of a point",
                expected: self.dimension(),
                found: width,
            });
        }
        prompts.check(self.prompts())
    }
}

/// `x̂₀ = x − σv`: the data that the field expects behind a noisy point. `[N, D], [N, D] → [N, D]`.
#[must_use]
pub fn clean_prediction(x: Tensor<2>, velocity: Tensor<2>, sigma: &PerRow) -> Tensor<2> {
    let column = sigma.column(x.dims()[0], &x.device());
    x - velocity * column
}
