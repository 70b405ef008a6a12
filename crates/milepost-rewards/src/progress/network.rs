use burn::{
    module::Module,
    tensor::{Device, Tensor, activation::relu},
};
use milepost_policies::ftanh;

use crate::perceptron::Perceptron;

/// Embeds the first frame, the goal, and the frames before and after, and reads the hop from all four.
///
/// `e(x) = relu(Σ_views W_v [x_v, 1 if the view is there] + b_v)`, `hop = tanh(head([e(init), e(goal), e(before),
/// e(after)]))`. The frames before and after share their weights, and so do the two references.
#[derive(Module, Debug)]
pub(super) struct HopNetwork {
    views: Vec<Perceptron>,
    reference: Perceptron,
    head: Perceptron,
}

/// The inputs of a batch: one row for each pair.
pub(super) struct Inputs {
    /// `[batch, width + 1]` of the first frame and of the goal.
    pub(super) references: [Tensor<2>; 2],
    /// `[batch, width + 1]` of each view of the frames before and after.
    pub(super) pairs: [Vec<Tensor<2>>; 2],
}

impl HopNetwork {
    pub(super) fn new(
        widths: &[usize],
        reference: usize,
        [embedding, hidden]: [usize; 2],
        run_seed: u64,
        device: &Device,
    ) -> Self {
        let view = |(index, width): (usize, &usize)| {
            Perceptron::new(&format!("hop-view-{index}"), &[width + 1, embedding], run_seed, device)
        };
        Self {
            views: widths.iter().enumerate().map(view).collect(),
            reference: Perceptron::new("hop-reference", &[reference + 1, embedding], run_seed, device),
            head: Perceptron::new("hop-head", &[4 * embedding, hidden, 1], run_seed, device),
        }
    }

    /// One hop for each row, `[batch]`.
    pub(super) fn forward(&self, inputs: Inputs) -> Tensor<1> {
        let Inputs { references: [init, goal], pairs } = inputs;
        let [before, after] = pairs.map(|views| {
            let layers = self.views.iter().zip(views).map(|(layer, x)| layer.forward(x));
            layers.reduce(|sum, view| sum + view).map(relu)
        });
        let references = [init, goal].map(|x| Some(relu(self.reference.forward(x))));
        let all: Vec<Tensor<2>> = references.into_iter().chain([before, after]).flatten().collect();
        ftanh(self.head.forward(Tensor::cat(all, 1))).squeeze_dim(1)
    }
}
