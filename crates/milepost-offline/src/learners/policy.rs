use burn::tensor::{Tensor, TensorData};
use milepost_core::Stream;
use milepost_policies::ftanh;

use crate::nets::Stack;

/// What a policy network's outputs mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// The first so many outputs, squashed by tanh, are the action (or its law's centre).
    Squashed(usize),
    /// One logit for each choice; the action is the one-hot row of the largest.
    Choice,
}

/// A frozen policy that does what it thinks best.
#[derive(Debug, Clone)]
pub struct Greedy {
    net: Stack,
    head: Head,
}

impl Greedy {
    pub(crate) const fn new(net: Stack, head: Head) -> Self {
        Self { net, head }
    }

    /// `[n, state width] → [n, action width]`
    #[must_use]
    pub fn act(&self, states: Tensor<2>) -> Tensor<2> {
        let outputs = self.net.forward_one(states);
        match self.head {
            Head::Squashed(width) => ftanh(outputs.narrow(1, 0, width)),
            Head::Choice => {
                let choices = outputs.dims()[1];
                outputs.argmax(1).squeeze_dim::<1>(1).one_hot::<2>(choices).float()
            }
        }
    }
}

/// The centre and log standard deviation in a network's two halves of outputs; the latter is clamped to
/// `[−5, 2]`. `[n, 2a] → [n, a], [n, a]`
pub(crate) fn centre_and_log_std(outputs: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let width = outputs.dims()[1] / 2;
    let mean = outputs.clone().narrow(1, 0, width);
    (mean, outputs.narrow(1, width, width).clamp(-5.0, 2.0))
}

/// Standard normal draws on the host, as a tensor like `like`'s device without gradients.
pub(crate) fn standard_normal<const D: usize>(
    shape: [usize; D],
    stream: &mut Stream,
    device: &burn::tensor::Device,
) -> Tensor<D> {
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| stream.normal() as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}
