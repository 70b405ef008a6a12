use burn::tensor::Tensor;

use super::Velocity;
use crate::{PerRow, Prompts};

/// Classifier-free guidance, `v_∅ + w(v_c − v_∅)` (Ho and Salimans 2022, arXiv 2207.12598): twice the network
/// evaluations.
#[derive(Debug, Clone)]
pub struct Cfg<V> {
    /// The field.
    pub inner: V,
    /// `w`: 0 for the empty prompt's field, 1 for the prompt's own.
    pub scale: f64,
}

impl<V: Velocity> Velocity for Cfg<V> {
    fn velocity(&self, x: Tensor<2>, sigma: &PerRow, prompts: &Prompts) -> Tensor<2> {
        let empty = self.inner.velocity(x.clone(), sigma, &Prompts::none(prompts.len()));
        let own = self.inner.velocity(x, sigma, prompts);
        empty.clone() + (own - empty).mul_scalar(self.scale)
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn prompts(&self) -> usize {
        self.inner.prompts()
    }

    fn calls(&self) -> u64 {
        2 * self.inner.calls()
    }
}
