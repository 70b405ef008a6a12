use burn::{module::Module, tensor::Tensor};

use super::Velocity;
use crate::{PerRow, Prompts};

/// A frozen field plus a learned correction, `v = v_raw + v_δ`: what low-rank adapters are to a large model. With a
/// correction that starts at 0 the reference policy is the raw field alone.
#[derive(Module, Debug)]
pub struct RawPlusDelta<R: Module, D: Module> {
    /// The frozen part; make it so with `no_grad`, or use one without parameters.
    pub raw: R,
    /// The learned part.
    pub delta: D,
}

impl<R: Module + Velocity, D: Module + Velocity> Velocity for RawPlusDelta<R, D> {
    fn velocity(&self, x: Tensor<2>, sigma: &PerRow, prompts: &Prompts) -> Tensor<2> {
        self.raw.velocity(x.clone(), sigma, prompts) + self.delta.velocity(x, sigma, prompts)
    }

    fn dimension(&self) -> usize {
        self.raw.dimension()
    }

    fn prompts(&self) -> usize {
        self.raw.prompts()
    }

    fn calls(&self) -> u64 {
        self.raw.calls() + self.delta.calls()
    }
}
