//! Adam with global-norm clipping. An optimizer of our own because Burn's clips each tensor by itself,
//! keys its state by random ids, and restores it to the process-wide default device.

mod config;
#[cfg(test)]
mod tests;

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};

use crate::{
    CheckpointError,
    archive::{self, Archive},
    parameters::{self, Slot},
};
pub use config::AdamConfig;

/// Adam (Kingma and Ba, 2015) as PyTorch computes it, after clipping the gradient's global norm:
///
/// g ← g · min(1, max_norm / (‖g‖ + 10⁻⁶)); m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²;
/// θ ← θ − α/(1−β₁ᵗ) · m / (√v / √(1−β₂ᵗ) + ε)
///
/// All parameters are one flat vector in visiting order: a handful of tensor operations for a whole
/// network instead of a dozen for each parameter, and nothing is read back. A parameter that the loss
/// did not reach has gradient 0; a frozen one is left as it is.
#[derive(Debug, Clone)]
pub struct Adam {
    config: AdamConfig,
    step: u64,
    moments: Option<Moments>,
}

#[derive(Debug, Clone)]
struct Moments {
    slots: Vec<Slot>,
    first: Tensor<1>,
    second: Tensor<1>,
}

const FIRST: &str = "first_moment.";
const SECOND: &str = "second_moment.";
const STEP: &str = "step";

impl Adam {
    /// An optimizer that has taken no step. See [`AdamConfig::check`].
    #[must_use]
    pub const fn new(config: AdamConfig) -> Self {
        Self { config, step: 0, moments: None }
    }

    /// The settings, with the learning rate last set.
    #[must_use]
    pub const fn config(&self) -> &AdamConfig {
        &self.config
    }

    /// Steps taken.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.step
    }

    /// Changes the learning rate of the steps to come.
    pub const fn set_learning_rate(&mut self, learning_rate: f64) {
        self.config.learning_rate = learning_rate;
    }

    /// One step. Returns the updated model and, as a tensor `[1]` on its device, the global norm of the
    /// gradient before clipping; `None` if there was no gradient, and then nothing changes.
    ///
    /// # Panics
    /// If earlier steps were taken with a model of another size.
    pub fn step<M: Module>(&mut self, model: M, grads: GradientsParams) -> (M, Option<Tensor<1>>) {
        if grads.is_empty() {
            return (model, None);
        }
        let gradient = flatten(&model, grads);
        let norm = gradient.clone().square().sum().sqrt();
        let update = self.update(&model, gradient, &norm);
        (model.map(&mut Subtract { update, offset: 0 }), Some(norm))
    }

    /// What to subtract from the flat parameters.
    fn update<M: Module>(&mut self, model: &M, gradient: Tensor<1>, norm: &Tensor<1>) -> Tensor<1> {
        let AdamConfig { learning_rate, beta1, beta2, epsilon, max_grad_norm } = self.config;
        let Moments { slots, first, second } = self.moments.take().unwrap_or_else(|| Moments {
            slots: parameters::slots(model),
            first: gradient.zeros_like(),
            second: gradient.zeros_like(),
        });
        assert_eq!(first.dims(), gradient.dims(), "an optimizer belongs to one model");
        let g = match max_grad_norm {
            Some(max) => gradient * norm.clone().add_scalar(1e-6).recip().mul_scalar(max).clamp_max(1.0),
            None => gradient,
        };
        self.step += 1;
        let t = self.step as f64;
        let (correction1, correction2) = (1.0 - beta1.powf(t), 1.0 - beta2.powf(t));
        let first = first.mul_scalar(beta1) + g.clone().mul_scalar(1.0 - beta1);
        let second = second.mul_scalar(beta2) + g.square().mul_scalar(1.0 - beta2);
        let scale = second.clone().sqrt().mul_scalar(correction2.sqrt().recip()).add_scalar(epsilon);
        let update = first.clone().mul_scalar(learning_rate / correction1) / scale;
        self.moments = Some(Moments { slots, first, second });
        update
    }

    /// The optimizer's state as safetensors bytes, moments named by parameter path.
    pub fn to_bytes(&self) -> Result<Vec<u8>, CheckpointError> {
        let mut tensors = Vec::new();
        if let Some(moments) = &self.moments {
            for (prefix, flat) in [(FIRST, &moments.first), (SECOND, &moments.second)] {
                let values = flat.clone().try_into_vec_as::<f32>().map_err(|error| {
                    CheckpointError::Device { path: prefix.to_owned(), reason: error.to_string() }
                })?;
                let mut rest = values.as_slice();
                for slot in &moments.slots {
                    let (head, tail) = rest.split_at(slot.len());
                    tensors.push((slot.under(prefix), head.to_vec()));
                    rest = tail;
                }
            }
        }
        archive::write(&tensors, Some((STEP, self.step.to_string())))
    }

    /// The optimizer that wrote `bytes`, for `model`, on `model`'s device. Continues bit for bit.
    pub fn from_bytes<M: Module>(
        config: AdamConfig,
        model: &M,
        bytes: &[u8],
    ) -> Result<Self, CheckpointError> {
        let mut archive = Archive::read(bytes)?;
        let step = archive.note(STEP).and_then(|text| text.parse().ok()).ok_or_else(|| {
            CheckpointError::Damaged { reason: "it does not say how many steps were taken".to_owned() }
        })?;
        let mut moments = None;
        if step > 0 {
            let slots = parameters::slots(model);
            let device = model.devices().first().cloned().unwrap_or_else(burn::tensor::Device::flex).inner();
            let mut read = |prefix| -> Result<Tensor<1>, CheckpointError> {
                let mut flat = Vec::new();
                for slot in &slots {
                    flat.extend(archive.take(&slot.under(prefix))?);
                }
                let len = flat.len();
                Ok(Tensor::from_data(TensorData::new(flat, [len]), &device))
            };
            let (first, second) = (read(FIRST)?, read(SECOND)?);
            moments = Some(Moments { slots, first, second });
        }
        archive.finish()?;
        Ok(Self { config, step, moments })
    }
}

/// All gradients as one vector, in the model's visiting order.
fn flatten<M: Module>(model: &M, grads: GradientsParams) -> Tensor<1> {
    struct Flatten {
        grads: GradientsParams,
        parts: Vec<Tensor<1>>,
    }
    impl ModuleVisitor for Flatten {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let len = param.lazy_shape().num_elements();
            self.parts.push(match self.grads.remove::<D>(param.id) {
                Some(gradient) => gradient.reshape([len]),
                None => Tensor::zeros([len], &param.lazy_device().inner()),
            });
        }
    }
    let mut flatten = Flatten { grads, parts: Vec::new() };
    model.visit(&mut flatten);
    Tensor::cat(flatten.parts, 0)
}

/// Subtracts each parameter's part of a flat update.
struct Subtract {
    update: Tensor<1>,
    offset: usize,
}

impl ModuleMapper for Subtract {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape();
        let start = self.offset;
        self.offset += shape.num_elements();
        if !param.is_require_grad() {
            return param;
        }
        let update = self.update.clone().narrow(0, start, shape.num_elements()).reshape(shape);
        parameters::with_value(param, |value| value - update)
    }
}
